"""The whole story, once: data -> model -> explanation -> motifs -> Run."""

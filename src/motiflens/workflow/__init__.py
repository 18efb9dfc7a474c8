"""End-to-end analyses: data, model, explanations, motifs, run folder."""

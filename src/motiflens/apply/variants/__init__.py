"""Variants: a file of them goes in, and comes out scored, with the motifs that changed."""

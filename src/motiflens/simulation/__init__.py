"""Sequences with planted motifs, and the best possible classifier of them."""

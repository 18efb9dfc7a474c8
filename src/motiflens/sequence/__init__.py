"""Sequences: letters, k-mers, shuffles, coordinates."""

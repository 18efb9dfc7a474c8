"""Motifs: matrices, file formats, databases, scanning, matching, statistics."""

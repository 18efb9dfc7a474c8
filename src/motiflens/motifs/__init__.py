"""Motifs: arrays in, motifs out. Formats, scanning, matching, discovery, evidence."""

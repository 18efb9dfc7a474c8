"""Labelled data sets: reading, checks, audit, splits, negatives, bundled examples."""

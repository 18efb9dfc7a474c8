"""Labelled data sets: reading, splitting, negatives, simulation, bundled examples."""

"""Preset `classic`: the tutorial's network."""

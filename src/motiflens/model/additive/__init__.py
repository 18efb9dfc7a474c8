"""Preset `additive`."""

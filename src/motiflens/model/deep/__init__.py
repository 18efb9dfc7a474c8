"""Preset `deep`."""

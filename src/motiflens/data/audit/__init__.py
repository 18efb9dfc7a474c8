"""Audit of labelled data before training: leaks, duplicates, shortcuts, and other causes of misleading scores."""

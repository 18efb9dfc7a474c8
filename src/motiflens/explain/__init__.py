"""Explanations: attention, in-silico mutagenesis."""

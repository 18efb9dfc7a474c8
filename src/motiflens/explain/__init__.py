"""Explanations: in-silico mutagenesis, contributions, gradients, attention, and whether to trust them."""

"""A trained model as a page can carry it: its weights, and what its logits mean."""

"""Training: gradient descent, and a recipe for each preset."""

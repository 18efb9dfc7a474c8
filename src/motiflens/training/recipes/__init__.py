"""How each preset is trained."""

"""File formats in, records out."""

"""motiflens: labelled DNA in; the motifs that explain the labels out."""

__version__ = "0.1.0"

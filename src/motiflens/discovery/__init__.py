"""Motif discovery: labelled sequences in, motifs with evidence out."""

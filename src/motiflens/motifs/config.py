"""What known motifs can be chosen by."""

from typing import Literal

#: Groups that motifs are from; JASPAR has none of bacteria.
Group = Literal["vertebrates", "insects", "nematodes", "plants", "fungi", "urochordates", "bacteria"]
#: A group to name motifs by, all of them, or the one that the motifs are most similar to.
Taxon = Literal["auto", "all", "vertebrates", "insects", "nematodes", "plants", "fungi", "urochordates", "bacteria"]
#: Where well-known elements are from.
Domain = Literal["eukaryotes", "bacteria"]

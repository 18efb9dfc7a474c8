"""Discover motifs in labelled sequences, and test each on sequences that it was not learned from.

Candidates have three sources. Each half of the sequences is searched for gapped k-mers that distinguish the classes,
given composition. Known motifs of a database are tested as they are. And clusters of seqlets, stretches of high
contribution, are tested on sequences that the model has not seen. Every matrix is refined by counting its sites in the
sequences that it is learned from, strongest first, with the sites of stronger motifs masked.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int64

from motiflens.discovery.config import DiscoveryConfig
from motiflens.discovery.contributions import Explained
from motiflens.discovery.families import families, halves, unrelated
from motiflens.discovery.labelled import label_sequences
from motiflens.discovery.masking import mask_equally
from motiflens.discovery.progress import Heard, unheard
from motiflens.discovery.result import Discovery, FoundMotif
from motiflens.discovery.seqlets import Direction
from motiflens.discovery.side import Side
from motiflens.discovery.side_search import search_sides
from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.shapes import Codes, Strands


def discover(
    codes: Codes,
    positive: Bool[np.ndarray, " n"],
    hypothetical: Float32[np.ndarray, "m 4 length"] | None = None,
    *,
    rows: Int64[np.ndarray, " m"] | None = None,
    unseen: Bool[np.ndarray, " n"] | None = None,
    null: Float32[np.ndarray, "k length"] | None = None,
    database: Sequence[Motif] = (),
    strands: Strands = "both",
    directions: Sequence[Direction] = ("for",),
    targets: int = 1,
    seed: int = 0,
    config: DiscoveryConfig | None = None,
    heard: Heard = unheard,
) -> Discovery:
    """Find motifs that argue for (or against) a target class, with their evidence.

    Args:
        codes: sequences of one length.
        positive: whether each belongs to the target class.
        hypothetical: mean-centred contributions in logits of the sequences `rows`.
        rows: sequences that have contributions; all by default.
        unseen: sequences that the model was not trained on, in which motifs of its contributions are tested; none by
            default.
        null: contributions of shuffled sequences.
        database: known motifs, which need less evidence.
        strands: strands that sites may lie on.
        directions: "for" the target class, "against" it, or both in this order.
        targets: number of target classes that the sequences are searched for; they share the error rate.
        seed: seed of all random choices.
        config: settings.
        heard: hears the share of the search that is done.

    Raises:
        InputError: if all sequences belong to one class.
    """
    config = config or DiscoveryConfig()
    positive = np.asarray(positive, bool)
    if not positive.any() or positive.all():
        raise InputError("motif discovery needs sequences inside and outside of the target class")
    family = families(codes)
    first = halves(positive, family, seed=seed)
    unseen = np.zeros(len(codes), bool) if unseen is None else unrelated(family, unseen)
    explained = None if hypothetical is None else Explained.of(codes, hypothetical, rows, seed=seed)

    def side_of(direction: Direction, found: Sequence[FoundMotif]) -> Side:
        against = direction == "against"
        sites = [one.hits for one in found if one.status == "supported"]
        target = ~positive if against else positive
        return Side.of(
            codes,
            first,
            lambda part, learned: label_sequences(part, target, strands=strands, learned=learned),
            direction=direction,
            masked=mask_equally(codes, positive, sites, seed=seed) if against else None,
        )

    return search_sides(
        side_of,
        directions=directions,
        explained=explained,
        unseen=unseen,
        null=null,
        database=database,
        share=1 / (targets * len(directions)),
        seed=seed,
        config=config,
        heard=heard,
    )

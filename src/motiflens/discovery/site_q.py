"""q-values of sites: among the sequences of a class with a site as good, the fraction that chance gives one."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64

from motiflens.discovery.result import Discovery
from motiflens.motifs.scan import Hits
from motiflens.shapes import Labels


def with_site_q(found: Discovery, group: Labels) -> Discovery:
    """Return a discovery whose sites have the q-values that `site_q_values` gives them."""
    motifs = (replace(one, hits=replace(one.hits, q=site_q_values(one.hits, group))) for one in found.motifs)
    return replace(found, motifs=tuple(motifs))


def site_q_values(hits: Hits, group: Labels) -> Float64[np.ndarray, " hits"]:
    """Return the q-values of one motif's sites, in each group of sequences by itself.

    Where most sequences of a class have a site, few of them have it by chance; where few have one, most do. So each
    class is judged for itself (Sun et al. 2006, Genetic Epidemiology 30:519), and the fraction of its sequences without
    a site of their own is estimated from those without any (Storey 2002, J. R. Statist. Soc. B 64:479).

    Args:
        hits: sites, of all sequences, p-values of one window each.
        group: of each sequence (n,), its class.
    """
    windows = float(hits.tests[0]) / len(group)
    by_chance = -np.expm1(windows * np.log1p(-hits.p))  # that a sequence has so good a site
    q = np.ones(len(hits))
    for label in np.unique(group[hits.sequence]):
        order = np.flatnonzero(group[hits.sequence] == label)
        order = order[np.argsort(hits.p[order], kind="stable")]
        _, first = np.unique(hits.sequence[order], return_index=True)
        with_site = np.isin(np.arange(len(order)), first).cumsum()
        n, chance = int((group == label).sum()), by_chance[order]
        without = min(1.0, (n - with_site[-1] + 1) / (n * max(1 - chance[-1], 1e-9)))
        rates = np.minimum(1.0, without * n * chance / with_site)
        q[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return q

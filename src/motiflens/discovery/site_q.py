"""q-values of sites: among the sequences of a class with a site as good, the fraction that chance gives one."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.discovery.position_windows import PositionWindow
from motiflens.discovery.result import Discovery
from motiflens.motifs.scan import Hits
from motiflens.sequence.alphabet import N
from motiflens.shapes import Codes, Labels


def with_site_q(found: Discovery, codes: Codes, group: Labels) -> Discovery:
    """Return a discovery whose sites have the q-values that `site_q_values` gives them.

    Args:
        found: the discovery.
        codes: its sequences.
        group: of each sequence (n,), its class.
    """
    strands = 2 if found.strands == "both" else 1
    motifs = []
    for one in found.motifs:
        windows = strands * _windows(codes, one.motif.width, one.position_window)
        motifs.append(replace(one, hits=replace(one.hits, q=site_q_values(one.hits, group, windows))))
    return replace(found, motifs=tuple(motifs))


def _windows(codes: Codes, width: int, place: PositionWindow | None) -> Int64[np.ndarray, " n"]:
    """Return how many windows without N each sequence has for a motif."""
    start, end = place or (0, codes.shape[1])
    unknown = np.pad((codes[:, start:end] >= N).cumsum(1), ((0, 0), (1, 0)))
    return np.asarray((unknown[:, width:] == unknown[:, :-width]).sum(1))


def site_q_values(hits: Hits, group: Labels, windows: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, " hits"]:
    """Return the q-values of one motif's sites, in each group of sequences by itself.

    Where most sequences of a class have a site, few of them have it by chance; where few have one, most do. So each
    class is judged for itself (Sun et al. 2006, Genetic Epidemiology 30:519), and the fraction of its sequences without
    a site of their own is estimated from those without any (Storey 2002, J. R. Statist. Soc. B 64:479).

    Args:
        hits: sites, of all sequences, p-values of one window each.
        group: of each sequence (n,), its class.
        windows: of each sequence, how many windows a site could be in; on both strands a palindrome counts twice, so
            that its q-values are rather too large.
    """
    q = np.ones(len(hits))
    for label in np.unique(group[hits.sequence]):
        order = np.flatnonzero(group[hits.sequence] == label)
        order = order[np.argsort(hits.p[order], kind="stable")]
        _, first = np.unique(hits.sequence[order], return_index=True)
        with_site = np.isin(np.arange(len(order)), first).cumsum()
        n, mean_windows = int((group == label).sum()), windows[group == label].mean()
        # That a sequence has so good a site.
        by_chance = -np.expm1(mean_windows * np.log1p(-np.minimum(hits.p[order], 1 - 1e-12)))
        without = min(1.0, (n - with_site[-1] + 1) / (n * max(1 - by_chance[-1], 1e-9)))
        rates = np.minimum(1.0, without * n * by_chance / with_site)
        q[order] = np.minimum.accumulate(rates[::-1])[::-1]
    return q

"""Names of motifs: right for JASPAR's own matrices from resampled sites, and none for shuffled ones.

    python benchmarks/naming.py [--motifs 300] [--seed 2026]

Known motifs: matrices of JASPAR's vertebrates, each counted from 20, 100 or 500 sites drawn from it, on either strand.
`right` is the share whose first name, at q <= .05, is of the same family, or of the same factor where JASPAR has no
family. Shuffled ones: the same number of matrices, a third with columns in random order, a third with the letters of
each column exchanged at random, a third with both; `named` is the share that gets a name. Well-known elements: their
consensus with a fraction of each column spread over all letters, named by the group that the motif itself suggests.
"""

import argparse

import numpy as np
from results import Recorder, add_out

from motiflens.motifs.database import Database, Entry, load_database
from motiflens.motifs.match import Match, match_motifs
from motiflens.motifs.motif import Motif
from motiflens.motifs.names import SIMILAR, name_from
from motiflens.motifs.taxa import names_for

SITES = (20, 100, 500)
SHUFFLES = ("columns", "letters", "both")
NOISE = 0.06
ELEMENTS = {
    "TATAAA": "TATA box",
    "TATAWAWR": "TATA box",
    "CCAAT": "CCAAT box",
    "GGGCGG": "GC box",
    "YYANWYY": "Inr",
    "RGWYVT": "DPE",
    "SSRCGCC": "BREu",
    "GTRAGT": "splice donor",
    "AGGTRAGT": "splice donor",
    "YYNCAG": "splice acceptor",
    "TACTAAC": "branch point",
    "TATAAT": "sigma-70 -10",
    "TGNTATAAT": "sigma-70 extended -10",
    "TTGACA": "sigma-70 -35",
    "TGTGANNNNNNTCACA": "CRP site",
    "CTGTNNNNNNNNACAG": "LexA site (SOS box)",
    "GATAATGATAATCATTATC": "Fur box",
    "AGGAGG": "Shine-Dalgarno",
}


def resampled(motif: Motif, sites: int, rng: np.random.Generator) -> Motif:
    """Return the motif as counted from sites drawn from it."""
    counts = np.stack([rng.multinomial(sites, column / column.sum()) for column in motif.probabilities.T], axis=1)
    drawn = Motif(name="drawn", probabilities=counts / sites)
    return drawn.reverse_complement() if rng.random() < 0.5 else drawn


def shuffled(motif: Motif, how: str, rng: np.random.Generator) -> Motif:
    """Return the motif with its columns in random order, with the letters of each column exchanged, or both."""
    matrix = motif.probabilities
    if how in ("columns", "both"):
        matrix = matrix[:, rng.permutation(motif.width)]
    if how in ("letters", "both"):
        matrix = rng.permuted(matrix, axis=0)
    return Motif(name="shuffled", probabilities=matrix)


def kin(name: str, family: str) -> set[str]:
    """Return the families of a motif, or its factors where it has none."""
    return set(family.split(", ")) - {""} or {factor.upper() for factor in name.split("::")}


def names(matches: list[Match]) -> list[Match]:
    return [match for match in matches if match.q <= SIMILAR]


def known(entries: list[Entry], database: Database, sites: int, rng: np.random.Generator) -> dict[str, float]:
    """Return shares of motifs whose first similar motif is of the right family, and that are named so."""
    found = match_motifs([resampled(entry.motif, sites, rng) for entry in entries], database)
    first = [
        bool(m) and bool(kin(m[0].name, m[0].family) & kin(entry.motif.name, entry.family))
        for entry, m in zip(entries, found, strict=True)
    ]
    named = [bool(names(matches)) for matches in found]
    right = float(np.mean(np.array(first) & np.array(named)))
    return {
        "first": round(float(np.mean(first)), 4),
        "named": round(float(np.mean(named)), 4),
        "right": round(float(right), 4),
    }


def main() -> None:
    """Measure known, shuffled and well-known motifs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--motifs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2026)
    add_out(parser)
    options = parser.parse_args()
    record, rng = Recorder(options.out), np.random.default_rng(options.seed)
    jaspar = load_database()
    database = names_for([], jaspar, taxon="vertebrates").database
    pool = [entry for entry in database.entries if entry.taxa == "vertebrates"]
    chosen = [pool[index] for index in rng.permutation(len(pool))[: options.motifs]]
    for sites in SITES:
        record({"queries": "known", "sites": sites, "n": len(chosen)} | known(chosen, database, sites, rng))
    for part, how in enumerate(SHUFFLES):
        motifs = [shuffled(entry.motif, how, rng) for entry in chosen[part :: len(SHUFFLES)]]
        found = [names(matches) for matches in match_motifs(motifs, database)]
        named = {m.consensus: name_from(matches) for m, matches in zip(motifs, found, strict=True) if matches}
        share = round(len([matches for matches in found if matches]) / len(motifs), 4)
        record({"queries": "shuffled", "shuffle": how, "n": len(motifs), "named": share, "names": named})
    for consensus, name in ELEMENTS.items():
        matrix = (1 - NOISE) * Motif.from_consensus(consensus).probabilities + NOISE / 4
        motif = Motif(name=consensus, probabilities=matrix)
        (matches,) = match_motifs([motif], names_for([motif], jaspar).database)
        given = name_from(names(matches))
        record({"queries": "elements", "consensus": consensus, "expected": name, "name": given, "right": given == name})


if __name__ == "__main__":
    main()

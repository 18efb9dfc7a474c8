"""A motif: a position probability matrix with a name and, when learned, its contributions."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64

from motiflens.errors import InputError
from motiflens.shapes import MotifMatrix

UNIFORM = np.full(4, 0.25)
#: Share of the background that is mixed into each column of a matrix with (nearly) impossible letters, so that no
#: log-odds are infinite.
PSEUDOCOUNT = 0.01
# One letter for each set of bases that share a column; the index is a bit mask A=1, C=2, G=4, T=8.
_IUPAC = "-ACMGRSVTWYHKDBN"


def log_odds(
    probabilities: MotifMatrix, background: Float64[np.ndarray, "4"], *, pseudocount: float = PSEUDOCOUNT
) -> MotifMatrix:
    """Return log-odds in bits of the matrix `without_zeros`."""
    return np.log2(without_zeros(probabilities, background, pseudocount=pseudocount) / background[:, None])


def without_zeros(
    probabilities: MotifMatrix, background: Float64[np.ndarray, "4"], *, pseudocount: float = PSEUDOCOUNT
) -> MotifMatrix:
    """Return the matrix as it is scored: with `pseudocount` of the background in each column if a letter needs it.

    A matrix whose letters all have at least half of that share is scored as it is, so that a matrix that was scored
    and written to a file scores the same when it is read again.
    """
    if (probabilities >= 0.5 * pseudocount * background[:, None]).all() and pseudocount:
        return probabilities
    return (1 - pseudocount) * probabilities + pseudocount * background[:, None]


@dataclass(frozen=True, kw_only=True)
class Motif:
    """A motif of `width` columns.

    Attributes:
        name: its name.
        probabilities: rows A, C, G, T; columns sum to 1.
        sites: number of sequences that it was counted from.
        accession: its identifier in a database.
        contributions: contribution weight matrix (CWM), the mean over its seqlets in logits.
    """

    name: str
    probabilities: MotifMatrix
    sites: int = 0
    accession: str = ""
    contributions: MotifMatrix | None = None

    @classmethod
    def from_consensus(cls, consensus: str, *, name: str = "") -> "Motif":
        """Return the motif of an IUPAC consensus such as TATAWAW: the bases of a letter share its column evenly.

        Raises InputError for an empty consensus and for a letter outside IUPAC.
        """
        if not consensus:
            raise InputError("an empty consensus; give IUPAC letters such as TATAWAW")
        letters = consensus.upper().replace("U", "T")
        odd = sorted(set(letters) - set(_IUPAC[1:]))
        if odd:
            raise InputError(f"the consensus {consensus!r} has {odd[0]!r}, which is no IUPAC letter of DNA")
        held = (np.array([_IUPAC.index(letter) for letter in letters]) >> np.arange(4)[:, None]) & 1
        return cls(name=name or consensus, probabilities=held / held.sum(0))

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.probabilities.shape[1])

    def information(self, background: Float64[np.ndarray, "4"] = UNIFORM) -> Float64[np.ndarray, " width"]:
        """Return the relative entropy of each column against the background, in bits."""
        p = self.probabilities
        terms = np.where(p > 0, p * np.log2(np.where(p > 0, p, 1) / background[:, None]), 0.0)
        return terms.sum(0)

    def pwm(self, background: Float64[np.ndarray, "4"] = UNIFORM, *, pseudocount: float = PSEUDOCOUNT) -> MotifMatrix:
        """Return log-odds in bits, with `pseudocount` as in `without_zeros`."""
        return log_odds(self.probabilities, background, pseudocount=pseudocount)

    @property
    def consensus(self) -> str:
        """IUPAC consensus; a letter stands for the bases with at least half the probability of the top one."""
        covered = self.probabilities >= 0.5 * self.probabilities.max(0, keepdims=True)
        return "".join(_IUPAC[mask] for mask in (covered * np.array([[1], [2], [4], [8]])).sum(0))

    def _repr_html_(self) -> str:
        from motiflens.motifs.notebook import logo_svg, motif_html

        return motif_html(
            logo_svg(self.probabilities, self.information(), label=self.consensus),
            name=self.name,
            accession=self.accession,
            consensus=self.consensus,
            sites=self.sites,
        )

    def reverse_complement(self) -> "Motif":
        """Return the motif as it reads on the other strand."""
        flipped = None if self.contributions is None else self.contributions[::-1, ::-1].copy()
        return replace(self, probabilities=self.probabilities[::-1, ::-1].copy(), contributions=flipped)

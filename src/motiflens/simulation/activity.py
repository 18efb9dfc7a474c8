"""Simulated activities: sequences with planted motifs, the numbers that these make, and noisy replicates of them.

A number is an offset plus the effect of every site that the sequence has, planted or by chance: the truth is a function
of the letters, so that no prediction explains more of the replicates' mean than the truth itself does.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64

from motiflens.data.dataset import TargetDataset
from motiflens.errors import InputError
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import decode
from motiflens.shapes import Codes, Strands
from motiflens.simulation.planted import PlantedSite, bed
from motiflens.simulation.simulate import Planting, plant
from motiflens.simulation.write import write_folder

_ENOUGH = 1e-12


@dataclass(frozen=True, kw_only=True)
class ActivityMotif:
    """A motif by its IUPAC consensus, and what a site adds to each number."""

    consensus: str
    effects: tuple[float, ...]


#: Six motifs with effects -1 to +2 on two numbers.
SIX = (
    ActivityMotif(consensus="TGACTCA", effects=(2.0, 1.0)),
    ActivityMotif(consensus="CACGTGAC", effects=(1.5, -0.5)),
    ActivityMotif(consensus="GATAAGCA", effects=(1.0, 1.5)),
    ActivityMotif(consensus="CCAATCAG", effects=(0.5, 2.0)),
    ActivityMotif(consensus="ACTTCCGG", effects=(-0.5, 1.0)),
    ActivityMotif(consensus="TTGCGCAA", effects=(-1.0, 0.75)),
)


@dataclass(frozen=True, kw_only=True)
class ActivityConfig:
    """Sequences with numbers.

    Raises InputError where the motifs do not fit the sequences or the numbers make no sense.
    """

    motifs: tuple[ActivityMotif, ...] = SIX
    targets: tuple[str, ...] = ("activity_1", "activity_2")
    """Names of the numbers."""
    n: int = 10_000
    length: int = 200
    density: float = 0.25
    """Share of the sequences that each motif is planted in, by itself."""
    positions: tuple[int, int] | None = None
    """Planted sites lie in [start, end), 0-based; None: anywhere."""
    strands: Strands = "both"
    """"both": a site counts on either strand; "forward": on the strand as it is written."""
    background: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)
    replicates: int = 2
    ceiling: float = 0.7
    """R2 of the mean of the replicates with the truth."""

    def __post_init__(self) -> None:
        if not self.motifs or not self.targets:
            raise InputError("an activity needs a motif and a name: give at least one of each")
        for motif in self.motifs:
            if len(motif.effects) != len(self.targets):
                raise InputError(
                    f"motif {motif.consensus}: {len(motif.effects)} effects, but there are {len(self.targets)} numbers "
                    f"({', '.join(self.targets)})"
                )
        if len(set(self.targets)) < len(self.targets):
            raise InputError(f"{', '.join(self.targets)}: give each number a name of its own")
        if self.n < 2 or self.length < 1:
            raise InputError(f"{self.n} sequences of {self.length} bp: give at least 2, of a positive length")
        if self.replicates < 1:
            raise InputError(f"{self.replicates} replicates: give at least 1")
        if not 0 < self.ceiling <= 1:
            raise InputError(f"ceiling {self.ceiling:g}: give an R2 above 0, at most 1")
        if min(self.background) < 0 or abs(sum(self.background) - 1) > 1e-6:
            raise InputError(f"background {self.background}: give four probabilities (A, C, G, T) that sum to 1")
        self.planting.span(self.length)

    @property
    def planting(self) -> Planting:
        """What is planted in every sequence."""
        return Planting(
            motifs=tuple(motif.consensus for motif in self.motifs),
            combine="each",
            density=self.density,
            positions=self.positions,
            strands=self.strands,
        )


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Simulated numbers.

    Attributes:
        dataset: the sequences; their numbers are the means of the replicates.
        truth: numbers without noise.
        replicates: measurements of each.
        planted: planted sites; there are others by chance.
        bayes_optimal_r2: R2 of the truth with the means, by number: no model can expect a higher one.
    """

    dataset: TargetDataset
    truth: Float64[np.ndarray, "n targets"]
    replicates: Float64[np.ndarray, "n targets replicates"]
    planted: tuple[PlantedSite, ...]
    bayes_optimal_r2: tuple[float, ...]


def site_counts(codes: Codes, consensus: str, *, strands: Strands) -> Int64[np.ndarray, " n"]:
    """Return how many sites of an IUPAC consensus each sequence has; with "both", a palindrome counts once a place."""
    motif = Motif.from_consensus(consensus)
    allowed = [motif.probabilities > 0]
    if strands == "both":
        allowed.append(motif.reverse_complement().probabilities > 0)
    windows = codes.shape[1] - motif.width + 1
    found = np.zeros((len(codes), max(windows, 0)), bool)
    for letters in allowed:
        matches = np.ones_like(found)
        known = np.vstack((letters, np.zeros(motif.width, bool)))  # N is no letter of a motif
        for column in range(motif.width):
            matches &= known[codes[:, column : column + windows], column]
        found |= matches
    return found.sum(1)


def true_activity(codes: Codes, config: ActivityConfig) -> Float64[np.ndarray, "n targets"]:
    """Return the numbers that the sites of the sequences make."""
    counts = np.stack([site_counts(codes, one.consensus, strands=config.strands) for one in config.motifs], axis=1)
    return counts @ np.array([motif.effects for motif in config.motifs])


def simulate_activity(config: ActivityConfig | None = None, *, seed: int = 0) -> Activity:
    """Simulate numbers; the same config and seed (0 or more) give the same result to the bit.

    Raises:
        InputError: for a negative seed, or a number that no sequence's sites make.
    """
    config = config or ActivityConfig()
    if seed < 0:
        raise InputError(f"seed {seed}: give 0 or a positive number")
    rng = np.random.default_rng(seed)
    codes = rng.choice(4, size=(config.n, config.length), p=config.background).astype(np.uint8)
    ids = np.array([f"sequence_{i:0{len(str(config.n))}d}" for i in range(1, config.n + 1)])
    planted = tuple(plant(codes, ids, config.planting, rng=rng))
    truth = true_activity(codes, config)
    variance = truth.var(0)
    if (variance < _ENOUGH).any():
        constant = config.targets[int(np.argmin(variance))]
        raise InputError(f"{constant}: all sequences have the same number; give effects, or a higher density")
    noise = np.sqrt(variance * (1 - config.ceiling) / config.ceiling * config.replicates)
    shape = (config.n, len(config.targets), config.replicates)
    replicates = truth[:, :, None] + noise[:, None] * rng.normal(size=shape)
    values = replicates.mean(2)
    errors = ((values - truth) ** 2).sum(0) / ((values - values.mean(0)) ** 2).sum(0)
    return Activity(
        dataset=TargetDataset(codes=codes, ids=ids, values=values, targets=config.targets),
        truth=truth,
        replicates=replicates,
        planted=planted,
        bayes_optimal_r2=tuple((1 - errors).tolist()),
    )


def write_activity(activity: Activity, folder: str | Path) -> Path:
    """Write sequences.csv (id, sequence, each number, its replicates and truth) and planted.bed into a new folder.

    The folder appears whole or not at all. Raises InputError where it exists and is not empty, or cannot be written.
    """
    return write_folder(folder, {"sequences.csv": _table(activity), "planted.bed": bed(activity.planted)})


def _table(activity: Activity) -> str:
    data = activity.dataset
    names = [column for target in data.targets for column in _columns(target, activity.replicates.shape[2])]
    lines = [",".join(("id", "sequence", *names))]
    for i, (name, codes) in enumerate(zip(data.ids, data.codes, strict=True)):
        numbers = [
            number
            for target in range(len(data.targets))
            for number in (data.values[i, target], *activity.replicates[i, target], activity.truth[i, target])
        ]
        lines.append(",".join((str(name), decode(codes), *(f"{number:.6g}" for number in numbers))))
    return "\n".join(lines) + "\n"


def _columns(target: str, replicates: int) -> list[str]:
    return [target, *(f"{target}_rep{i}" for i in range(1, replicates + 1)), f"{target}_truth"]

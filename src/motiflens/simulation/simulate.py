"""Simulated sequences with known planted motifs: the tutorial's task, or any motifs at any density and spacing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from motiflens.data.dataset import Dataset
from motiflens.errors import InputError
from motiflens.motifs.formats import read_motifs
from motiflens.motifs.motif import Motif
from motiflens.sequence.alphabet import decode, reverse_complement
from motiflens.shapes import Codes, Strands
from motiflens.simulation.planted import PlantedSite, bed
from motiflens.simulation.write import write_folder

CLASSES = ("negative", "positive")


@dataclass(frozen=True, kw_only=True)
class Planting:
    """What is planted in the sequences of one class, over the background. Without motifs: nothing.

    Raises InputError for a share outside 0 to 1, impossible ranges, and a consensus with letters outside IUPAC.
    """

    motifs: tuple[str | Motif, ...] = ()
    """Each an IUPAC consensus (every base of a letter equally likely) or a Motif (bases drawn from its columns)."""
    combine: Literal["one", "each"] = "one"
    """"one": a sequence that carries anything has one of the motifs, each as likely; "each": has each by itself."""
    density: float = 1.0
    """Share of the sequences that carry: one of the motifs, each by itself, or with `spacing` all of them."""
    positions: tuple[int, int] | None = None
    """Sites lie in [start, end), 0-based, each placement as likely as any other; None: anywhere."""
    strands: Strands = "forward"
    """"both": half of the sites lie on the reverse strand."""
    spacing: tuple[int, int] | None = None
    """With "each": the motifs stand in a row, in the order given, with least to most bp between neighbours. On the
    reverse strand the whole row is reversed."""

    def __post_init__(self) -> None:
        if not 0 <= self.density <= 1:
            raise InputError(f"density {self.density:g}: give a share between 0 and 1")
        if self.combine not in ("one", "each"):
            raise InputError(f"combine {self.combine!r}: choose 'one' or 'each'")
        if self.strands not in ("forward", "both"):
            raise InputError(f"strands {self.strands!r}: choose 'forward' or 'both'")
        if self.spacing is not None:
            if self.combine == "one":
                raise InputError("spacing needs combine 'each': one motif has no neighbour to keep a distance from")
            if not 0 <= self.spacing[0] <= self.spacing[1]:
                raise InputError(f"spacing {self.spacing[0]} to {self.spacing[1]}: give the least, then the most bp")
        self.resolved()

    def resolved(self) -> tuple[Motif, ...]:
        """The motifs as matrices."""
        return tuple(Motif.from_consensus(m) if isinstance(m, str) else m for m in self.motifs)

    def span(self, length: int) -> tuple[int, int]:
        """Return [start, end) that sites may lie in, in sequences of `length` bp; InputError where they do not fit."""
        start, end = self.positions or (0, length)
        if not 0 <= start < end <= length:
            raise InputError(f"positions {start} to {end} do not lie in a sequence of {length} bp")
        widths = [motif.width for motif in self.resolved()] or [0]
        need = max(widths) if self.combine == "one" else sum(widths)
        need += (len(widths) - 1) * self.spacing[1] if self.spacing else 0
        if need > end - start:
            raise InputError(f"the motifs take {need} bp but there is room for {end - start}; make it longer")
        return start, end


@dataclass(frozen=True, kw_only=True)
class SimulationConfig:
    """Sequences of two classes: random letters, then the sites that each class is planted with.

    Raises InputError where the motifs do not fit the sequences or the numbers make no sense.
    """

    positives: Planting
    negatives: Planting = field(default_factory=Planting)
    n: int = 10_000
    """Sequences in all; half of them, rounded down, are positives."""
    length: int = 200
    """bp of each sequence."""
    background: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)
    """Probabilities of A, C, G and T where nothing is planted."""

    def __post_init__(self) -> None:
        if self.n < 2:
            raise InputError(f"{self.n} sequences cannot make two classes; simulate at least 2")
        if self.length < 1:
            raise InputError(f"sequences of {self.length} bp: give a positive length")
        if min(self.background) < 0 or abs(sum(self.background) - 1) > 1e-6:
            raise InputError(f"background {self.background}: give four probabilities (A, C, G, T) that sum to 1")
        for name, planting in zip(CLASSES, (self.negatives, self.positives), strict=True):
            try:
                planting.span(self.length)
            except InputError as error:
                raise InputError(f"{name} sequences: {error}") from error


#: The tutorial's task: one of four motifs in every positive, a homopolymer in 30 % of the negatives.
TUTORIAL = SimulationConfig(
    positives=Planting(motifs=("TATAAA", "CAAT", "GGGCGG", "TTGACA")),
    negatives=Planting(motifs=tuple(base * 7 for base in "ACGT"), density=0.3),
)


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Labelled sequences, positives first, and their planted sites."""

    dataset: Dataset
    planted: tuple[PlantedSite, ...]
    config: SimulationConfig
    seed: int


def gc_background(gc: float) -> tuple[float, float, float, float]:
    """Return probabilities of A, C, G, T with this fraction of G + C."""
    if not 0 <= gc <= 1:
        raise InputError(f"GC content {gc:g}: give a share between 0 and 1")
    return ((1 - gc) / 2, gc / 2, gc / 2, (1 - gc) / 2)


def motifs_named(text: str) -> tuple[str | Motif, ...]:
    """Return the motifs that a text names: an IUPAC consensus, a motif file, or FILE:NAME (name or accession).

    Raises InputError for what is neither.
    """
    path, _, wanted = text.rpartition(":")
    if path and not Path(text).exists():
        found = tuple(motif for motif in read_motifs(path) if wanted in (motif.name, motif.accession))
        if not found:
            raise InputError(f"{path}: no motif is called {wanted!r}, by name or accession")
        return found
    if Path(text).is_file():
        return tuple(read_motifs(text))
    try:
        Motif.from_consensus(text)
    except InputError as error:
        raise InputError(f"motif {text!r} is neither an IUPAC consensus nor a motif file: {error}") from error
    return (text,)


def simulate(config: SimulationConfig = TUTORIAL, *, seed: int = 0) -> Simulation:
    """Simulate labelled sequences; the same config and seed (0 or more) give the same result to the bit."""
    if seed < 0:
        raise InputError(f"seed {seed}: give 0 or a positive number")
    rng = np.random.default_rng(seed)
    codes = rng.choice(4, size=(config.n, config.length), p=config.background).astype(np.uint8)
    labels = (np.arange(config.n) < config.n // 2).astype(np.int64)
    ids = np.array([f"{CLASSES[label]}_{i:0{len(str(config.n))}d}" for i, label in enumerate(labels, 1)])
    half = config.n // 2
    planted = [
        *plant(codes[:half], ids[:half], config.positives, rng=rng),
        *plant(codes[half:], ids[half:], config.negatives, rng=rng),
    ]
    dataset = Dataset(codes=codes, labels=labels, classes=CLASSES, ids=ids)
    return Simulation(dataset=dataset, planted=tuple(planted), config=config, seed=seed)


def write_simulation(simulation: Simulation, folder: str | Path) -> Path:
    """Write positive.fa, negative.fa, sequences.csv (sequence, label, id) and planted.bed (BED6) into a new folder.

    The folder appears whole or not at all. Raises InputError where it exists and is not empty, or cannot be written.
    """
    return write_folder(folder, _files(simulation))


def _files(simulation: Simulation) -> dict[str, str]:
    data = simulation.dataset
    rows = [
        (name, data.classes[label], decode(codes))
        for name, label, codes in zip(data.ids, data.labels, data.codes, strict=True)
    ]
    files = {
        f"{kind}.fa": "".join(f">{name}\n{sequence}\n" for name, label, sequence in rows if label == kind)
        for kind in data.classes
    }
    table = [f"{sequence},{label},{name}\n" for name, label, sequence in rows]
    return {**files, "sequences.csv": "".join(["sequence,label,id\n", *table]), "planted.bed": bed(simulation.planted)}


def plant(codes: Codes, ids: np.ndarray, planting: Planting, *, rng: np.random.Generator) -> Iterator[PlantedSite]:
    """Yield sites as they are drawn and written over the codes, in place."""
    motifs = planting.resolved()
    span = planting.span(codes.shape[1])
    for row, name in zip(codes, ids, strict=True):
        for motif, start, reverse in _placed(_chosen(motifs, planting, rng), planting, span=span, rng=rng):
            # The letter is the number of cumulative probabilities below a uniform draw.
            site = (rng.random(motif.width) >= motif.probabilities.cumsum(axis=0)[:3]).sum(axis=0)
            row[start : start + motif.width] = reverse_complement(site) if reverse else site
            yield PlantedSite(
                sequence_id=str(name),
                start=start,
                end=start + motif.width,
                motif=motif.name,
                strand="-" if reverse else "+",
            )


def _chosen(motifs: Sequence[Motif], planting: Planting, rng: np.random.Generator) -> list[Motif]:
    """The motifs that one sequence carries."""
    if planting.combine == "each" and planting.spacing is None:
        return [motif for motif in motifs if rng.random() < planting.density]
    if not motifs or rng.random() >= planting.density:
        return []
    return list(motifs) if planting.spacing else [motifs[int(rng.integers(len(motifs)))]]


def _placed(
    chosen: list[Motif], planting: Planting, *, span: tuple[int, int], rng: np.random.Generator
) -> list[tuple[Motif, int, bool]]:
    """(motif, start, whether on the reverse strand) of each; no two overlap."""
    count = len(chosen)
    if planting.spacing:
        reverse = np.full(count, planting.strands == "both" and rng.random() < 0.5)
        chosen = chosen[::-1] if reverse.any() else chosen
    else:
        reverse = (rng.random(count) < 0.5) & (planting.strands == "both")
        chosen = [chosen[i] for i in rng.permutation(count)]
    widths = np.array([motif.width for motif in chosen], np.int64)
    free = span[1] - span[0] - int(widths.sum())
    if planting.spacing and count:
        low, high = planting.spacing
        gaps = np.cumsum([0, *rng.integers(low, high + 1, count - 1)])
        shifts = rng.integers(free - gaps[-1] + 1) + gaps
    else:
        # Sorted draws without repeats, less their ranks: every way to share out the free bp is equally likely.
        shifts = np.sort(rng.choice(free + count, count, replace=False)) - np.arange(count)
    starts = span[0] + shifts + widths.cumsum() - widths
    return list(zip(chosen, starts.tolist(), reverse.tolist(), strict=True))

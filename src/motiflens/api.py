"""The functions of the Python interface: load a model, explain sequences, find motifs."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from motiflens.apply.variants.config import VariantConfig
from motiflens.data.memory import label_values, sequence_texts
from motiflens.data.read import dataset_from_sequences
from motiflens.data.splits import split_for_training
from motiflens.errors import InputError
from motiflens.explain.explanation import Explanation, explain
from motiflens.explain.targets import Target
from motiflens.model.ensemble import Model
from motiflens.model.predict import check_length
from motiflens.model.store import load_model as load_stored_model
from motiflens.run.folder import Run as SavedRun
from motiflens.sequence.alphabet import encode
from motiflens.workflow.config import Device
from motiflens.workflow.find_motifs import Found
from motiflens.workflow.motifs_of_model import MIN_CLASS_SIZE, motifs_of_model
from motiflens.workflow.settings import settings_from


class Run(SavedRun):
    """A run folder, and what its model can do.

    >>> run = Run.load("run")                                          # doctest: +SKIP
    >>> run.metrics().test.auroc                                       # doctest: +SKIP
    >>> run.variants(frame, genome="hg38.fa").sort_values("q")         # doctest: +SKIP
    """

    def variants(
        self,
        table: pd.DataFrame,
        *,
        genome: str | Path | None = None,
        database: str | Path | None = None,
        config: VariantConfig | None = None,
        device: Device = "auto",
    ) -> pd.DataFrame:
        """Return variants with their scores, p-values and changed motifs as further columns.

        Args:
            table: columns chrom, pos (counted from 1), ref and alt; or, without a genome, ref and alt as sequences of
                the model's length.
            genome: FASTA (plain or bgzip) or 2bit that the variants were called on.
            database: motif file whose motifs are watched too.
            config: places in the window, size of the null, and other settings.
            device: where to compute.

        Raises:
            InputError: missing columns, or a genome that cannot be read or is of another assembly.
        """
        from motiflens.workflow.variant_job import VariantOptions
        from motiflens.workflow.variant_table import score_table

        options = VariantOptions(
            genome=str(genome) if genome is not None else None,
            database=Path(database) if database is not None else None,
            config=config or VariantConfig(),
            device=device,
        )
        return score_table(self, table, options=options)


def load_model(path: str | Path) -> Model:
    """Return the model of a run folder, or of a folder that `MotifClassifier.save` wrote, on the CPU.

    Raises:
        RunFolderError: a file is missing, corrupt or of an older format; the message names it.
    """
    folder = Path(path)
    return load_stored_model(folder / "model" if (folder / "model").is_dir() else folder)


def explain_sequences(
    model: Model, sequences: Iterable[Any], *, target: Target | Sequence[str | int] = None
) -> Explanation:
    """Return the effect of every substitution, attention, and where the model has them, contributions.

    Args:
        model: A loaded, fitted or wrapped model.
        sequences: Strings, bytes or Biopython's records of the model's length.
        target: A class, one for each sequence, or None: the positive class of two, otherwise the predicted one.

    Raises:
        InputError: letters that are no DNA, sequences of another length, or an unknown target.
    """
    return explain(model, encode(sequence_texts(sequences)), target=target)


def find_motifs(
    model: Model, sequences: Iterable[Any], labels: Iterable[Any], *, database: str | Path | None = None, seed: int = 0
) -> Found:
    """Return the motifs that the model has learned, tested on labelled sequences and named.

    Args:
        model: A loaded, fitted or wrapped model.
        sequences: Strings of the model's length.
        labels: A class of the model for each of them.
        database: Motif file to name the motifs by; JASPAR without one.
        seed: Of every random choice.

    Returns:
        `motifs` (supported, strongest first), `record` (names and evidence, as motifs.json has them) and `hits` (their
        sites).

    Raises:
        InputError: bad sequences, labels that are not the model's classes, or a database that cannot be read.
    """
    names = label_values(labels).texts
    unknown = sorted(set(names) - set(model.classes))
    if unknown:
        raise InputError(f"label {unknown[0]!r}: the model knows the classes {', '.join(model.classes)}")
    dataset = dataset_from_sequences(sequence_texts(sequences), names, minimum_per_class=MIN_CLASS_SIZE)
    check_length(model, dataset.codes)
    place = np.array([model.classes.index(name) for name in dataset.classes])
    dataset = replace(dataset, labels=place[dataset.labels], classes=model.classes)
    split = split_for_training(dataset, seed=seed)
    return motifs_of_model(model, dataset, split, settings=settings_from({"seed": seed}), database=database)

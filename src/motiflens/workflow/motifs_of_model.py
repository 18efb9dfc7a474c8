"""The motifs of a model that is at hand, outside of a run."""

from dataclasses import replace
from pathlib import Path

from motiflens.data.dataset import Dataset
from motiflens.data.splits import Split
from motiflens.model.ensemble import Model
from motiflens.model.predict import predict_values
from motiflens.motifs.database import load_database
from motiflens.motifs.taxa import check_taxon
from motiflens.workflow.explain_dataset import explain_dataset
from motiflens.workflow.find_motifs import Found, find_motifs
from motiflens.workflow.motif_input import motif_input
from motiflens.workflow.name_motifs import name_motifs
from motiflens.workflow.settings import Settings

MIN_CLASS_SIZE = 4  # one a fold of validation, and some to learn from


def motifs_of_model(
    model: Model, dataset: Dataset, split: Split, *, settings: Settings, database: str | Path | None
) -> Found:
    """Explain the sequences, and discover, test and name the motifs behind the explanations.

    Args:
        model: Any model of the data set's classes and length.
        dataset: Labelled sequences.
        split: Its training and validation records; shuffles of the latter are what motifs are inserted into.
        settings: How many sequences are used, the taxonomic group of names, and the seed.
        database: Motif file to name the motifs by; JASPAR without one.

    Raises:
        InputError: `database` cannot be read.
    """
    known = load_database(None if database is None else Path(database))
    check_taxon(settings.motifs.taxon, known)
    probabilities = predict_values(model, dataset.codes)
    explained = explain_dataset(model, dataset, split, predicted=probabilities, settings=settings)
    data = motif_input(
        explained, dataset, held_out=split.val, max_sequences=settings.motifs.sequences, seed=settings.seed
    )
    found = find_motifs(data, model, database=known, seed=settings.seed)
    return replace(found, record=name_motifs(found.record, known, taxon=settings.motifs.taxon))

"""The functions of the Python interface, with models of a run and with networks that are not ours."""

import numpy as np
import planted
import pytest
import torch
from torch import nn

import motiflens
from motiflens.errors import InputError
from motiflens.explain.mutagenesis import mutagenesis_naive
from motiflens.sequence.alphabet import decode

DATASET = planted.planted(240, 30)
SEQUENCES = [decode(row) for row in DATASET.codes]
LABELS = [DATASET.classes[label] for label in DATASET.labels]


class MatchesMotif(nn.Module):
    """The best match of the planted motif, as a logit: a network with nothing to train."""

    def __init__(self) -> None:
        super().__init__()
        motif = torch.zeros(1, 4, len(planted.MOTIFS[0]))
        for position, letter in enumerate(planted.MOTIFS[0]):
            motif[0, "ACGT".index(letter), position] = 1.0
        self.register_buffer("motif", motif)

    def forward(self, x):
        return 4 * (nn.functional.conv1d(x, self.motif).amax((1, 2)) - 6)


def wrapped():
    return motiflens.wrap(MatchesMotif(), length=30, classes=DATASET.classes)


def test_a_network_of_ones_own_is_explained_exactly():
    model = wrapped()
    found = motiflens.explain_sequences(model, SEQUENCES[:5])
    expected = mutagenesis_naive(model, DATASET.codes[:5])
    np.testing.assert_allclose(found.deltas, expected.deltas, atol=1e-6)
    assert found.contributions is None
    assert found.attention.widths == ()


def test_the_planted_motif_is_found_behind_a_network_of_ones_own(tmp_path):
    database = tmp_path / "known.meme"
    database.write_text(
        "MEME version 4\n\nMOTIF PLANTED\nletter-probability matrix: w=7\n"
        + "".join(
            " ".join("0.97" if base == letter else "0.01" for base in "ACGT") + "\n" for letter in planted.MOTIFS[0]
        )
    )
    found = motiflens.find_motifs(wrapped(), SEQUENCES, LABELS, database=database)
    first = found.motifs[0]
    assert planted.MOTIFS[0] in first.consensus.upper()
    assert found.record.motifs[0].target == DATASET.classes[1]
    assert found.record.motifs[0].matches[0].name == "PLANTED"
    assert set(found.hits["motif"]) == {motif.name for motif in found.motifs}


def test_labels_that_the_model_does_not_know_are_refused():
    with pytest.raises(InputError, match="label 'other': the model knows the classes"):
        motiflens.find_motifs(wrapped(), SEQUENCES, ["other", *LABELS[1:]])


def test_sequences_of_another_length_are_refused():
    with pytest.raises(InputError, match="31 bp for a model of 30 bp"):
        motiflens.find_motifs(wrapped(), [text + "A" for text in SEQUENCES], LABELS)


def test_a_model_is_loaded_from_a_run_and_from_a_saved_classifier(tmp_path):
    classifier = motiflens.MotifClassifier(strands="forward", epochs=1).fit(SEQUENCES, LABELS)
    classifier.save(tmp_path / "saved")
    (tmp_path / "run").mkdir()
    classifier.save(tmp_path / "run" / "model")
    for folder in ("saved", "run"):
        model = motiflens.load_model(tmp_path / folder)
        found = motiflens.explain_sequences(model, SEQUENCES[:3])
        np.testing.assert_array_equal(found.deltas, classifier.explain(SEQUENCES[:3]).deltas)
    with pytest.raises(motiflens.RunFolderError, match=r"config\.json"):
        motiflens.load_model(tmp_path / "nothing")

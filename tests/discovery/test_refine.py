"""Thresholds and sites against plain loops."""

import numpy as np
from planted_kmers import UNIFORM, labelled, planted
from scipy import stats

from motiflens.discovery.refine import best_sites, hit_positions
from motiflens.motifs.motif import Motif
from motiflens.motifs.scan import concatenate
from motiflens.motifs.scores import integer_scores


def test_the_best_threshold_is_that_of_all_thresholds():
    rng = np.random.default_rng(0)
    positive = rng.random(200) < 0.5
    scores = (rng.integers(0, 50, 200) + 8 * positive).astype(np.int32)
    data = labelled(np.zeros((200, 10), np.uint8), positive)
    found = data.best_cut(scores, min_sites=8)
    tails = []
    for threshold in np.unique(scores):
        hit = scores >= threshold
        if 8 <= hit.sum() <= 100:
            tails.append((stats.binom.logsf((hit & positive).sum() - 1, hit.sum(), positive.mean()), threshold))
    assert found.log_p <= min(tails)[0] + 1e-9
    assert found.hits == np.count_nonzero(scores >= found.threshold)
    assert found.positives == np.count_nonzero((scores >= found.threshold) & positive)


def test_masked_sites_are_those_that_a_plain_scan_finds():
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, (30, 60)).astype(np.uint8)
    scores = integer_scores(rng.dirichlet(np.full(4, 0.3), 6).T, UNIFORM)
    reverse = scores[::-1, ::-1]
    threshold = 300
    expected = np.zeros(codes.shape, bool)
    for i, row in enumerate(codes):
        for p in range(10, 45):
            window = row[p : p + 6]
            if (window < 4).all() and max(m[window, np.arange(6)].sum() for m in (scores, reverse)) >= threshold:
                expected[i, p : p + 6] = True
    joined = concatenate(codes)
    mask = hit_positions(joined, scores, threshold=threshold, strands="both", window=(10, 50))
    assert expected.any()
    assert np.array_equal(mask.reshape(codes.shape), expected)


def test_best_sites_in_a_window_have_their_places_in_the_sequence():
    codes, positive, starts = planted("TGACTCAGCA", share=1.0, at=33, oriented=True)
    data = labelled(codes, positive, strands="forward")
    scores = integer_scores(Motif.from_consensus("TGACTCAGCA").probabilities, UNIFORM)
    _, found, _ = best_sites(data, scores, (20, 50))
    assert (found[positive] == 33).all()
    assert (starts[positive] == 33).all()

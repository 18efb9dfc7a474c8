"""Motifs whose effect vanishes once the others are held constant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiflens.discovery.config import EvidenceConfig
from motiflens.discovery.given_others import Claim, Number, unfounded_claim

CONFIG = EvidenceConfig()


def drawn(effects: dict[str, list[float]], *, n: int = 4000, seed: int = 0, shared: float = 0.0):
    """Sites of as many motifs as there are effects, the second in a share of the first's sequences, and numbers."""
    rng = np.random.default_rng(seed)
    sites = rng.random((n, len(next(iter(effects.values()))))) < 0.3
    if shared:
        sites[:, 1] |= sites[:, 0] & (rng.random(n) < shared)
    noise = {name: rng.normal(size=n) for name in effects}
    return sites, {
        name: Number(values=sites @ np.array(of) + noise[name], expected=np.zeros(n)) for name, of in effects.items()
    }


def unfounded_claims(sites, claims, numbers) -> dict[int, str]:
    """The unfounded motifs, each left out before the others are compared anew."""
    found: dict[int, str] = {}
    while True:
        kept = [i for i in range(len(claims)) if i not in found]
        one = unfounded_claim(sites[:, kept], [claims[i] for i in kept], numbers, config=CONFIG)
        if one is None:
            return found
        found[kept[one[0]]] = one[1]


def claims(*directions: str, window: tuple[int, int] | None = None) -> list[Claim]:
    return [Claim(number="a", direction=direction, window=window) for direction in directions]


def test_a_motif_that_lives_in_sequences_with_another_is_unfounded():
    sites, numbers = drawn({"a": [2.0, 0.0]}, shared=0.9)
    alone = numbers["a"].values[sites[:, 1]].mean() - numbers["a"].values[~sites[:, 1]].mean()
    assert alone > 0.5  # by itself it seems to raise the number
    found = unfounded_claims(sites, claims("for", "for"), numbers)
    assert list(found) == [1]
    assert "with the other motifs held constant, a site adds" in found[1]
    assert "it must be at least +0.1 standard deviations (+0." in found[1]


def test_of_two_with_nearly_the_same_sites_one_stays():
    sites, numbers = drawn({"a": [2.0, 0.0]})
    sites[:, 1] = sites[:, 0]
    sites[:5, 1] ^= True
    assert list(unfounded_claims(sites, claims("for", "for"), numbers)) == [1]


def test_effects_count_in_the_direction_that_is_claimed():
    sites, numbers = drawn({"a": [1.0, -1.0]})
    assert not unfounded_claims(sites, claims("for", "against"), numbers)
    found = unfounded_claims(sites, claims("against", "for"), numbers)
    assert set(found) == {0, 1}
    assert "it must be at most -0.1 standard deviations (-0." in found[0]


def test_each_motif_is_held_to_its_own_number():
    sites, numbers = drawn({"a": [1.0, 0.0], "b": [0.0, 1.0]})
    own = [Claim(number=name, direction="for", window=None) for name in ("a", "b")]
    assert not unfounded_claims(sites, own, numbers)
    assert set(unfounded_claims(sites, own[::-1], numbers)) == {0, 1}


@pytest.mark.parametrize(("window", "unfounded"), [(None, []), ((3, 20), [0])])
def test_a_motif_in_a_window_must_do_more(window, unfounded):
    sites, numbers = drawn({"a": [0.125]}, n=200_000)
    assert list(unfounded_claims(sites, claims("for", window=window), numbers)) == unfounded


def test_a_motif_whose_sites_the_others_determine_is_left_alone():
    sites, numbers = drawn({"a": [1.0, 0.0]})
    sites[:, 1] = sites[:, 0]
    assert not unfounded_claims(sites, claims("for", "for"), numbers)


@pytest.mark.parametrize("known", [0, 1])
def test_a_number_that_is_hardly_measured_speaks_against_nothing(known):
    sites, numbers = drawn({"a": [1.0, 0.0]})
    values = np.where(np.arange(4000) < known, numbers["a"].values, np.nan)
    bare = {"a": Number(values=values, expected=numbers["a"].expected)}
    assert unfounded_claims(sites, claims("for", "for"), bare) == {}


def test_without_motifs_there_is_nothing_to_say():
    _, numbers = drawn({"a": [1.0]})
    assert unfounded_claims(np.zeros((4000, 0), bool), [], numbers) == {}


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 1000), scale=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_units_do_not_matter(seed, scale, shift):
    sites, numbers = drawn({"a": [1.0, 0.05, -0.5]}, n=500, seed=seed)
    moved = {"a": Number(values=numbers["a"].values * scale + shift, expected=numbers["a"].expected)}
    one, other = (unfounded_claims(sites, claims("for", "for", "against"), of) for of in (numbers, moved))
    assert set(one) == set(other)

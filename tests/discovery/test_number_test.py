"""Which test suits numbers."""

import numpy as np

from motiflens.discovery.number_test import share_numbers


def test_numbers_are_shared_where_two_sequences_have_the_same_by_a_chance_above_four_percent():
    fifth = np.where(np.arange(1200) % 5, np.arange(1200), 0.0)
    columns = np.column_stack(
        (np.arange(1200) % 24, np.arange(1200) % 26, fifth, np.where(np.arange(1200) < 600, fifth, np.nan))
    )
    assert share_numbers(columns).tolist() == [True, False, True, True]
    assert not share_numbers(np.zeros((0, 1)))[0]

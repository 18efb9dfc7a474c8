"""Test-set metrics with intervals, baselines, and the verdict."""

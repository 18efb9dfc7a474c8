"""Evaluation: metrics with intervals, baselines."""

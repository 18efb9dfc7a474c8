"""Numbers in sentences, and what baselines are called in them."""

EXPOSURE = "exposure"
BASELINES = {
    "gc_content": "GC content alone",
    "kmer_logistic_regression": "k-mer logistic regression",
    "position_logistic_regression": "position-wise logistic regression",
    "kmer_ridge": "k-mer ridge regression",
    "position_ridge": "position-wise ridge regression",
    "best_single_motif": "the best single motif",
    EXPOSURE: "the exposure alone",
}


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: "1 site", "2,345 sites"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"

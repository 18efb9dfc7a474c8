"""What the report says of its own pictures: faithfulness.json in words, and the attention audit."""

from collections.abc import Mapping
from typing import Any

from motiflens.report.text import number, percent

#: What an attention track says where it disagrees with the contributions.
NOT_EXPLANATORY = "not explanatory here"
_LARGEST_CHANCE = 0.1  # rank correlation with permuted weights
_SAME_STORY = 0.8  # correlation between members


def trust(record: Mapping[str, Any]) -> dict[str, Any]:
    """The checks as questions with answers, and the attention audit, a row a scale."""
    audit = record["attention"]
    checks = [_deletion(record), _insertion(record), _permuted(record), _seeds(record)] if "deletion" in record else []
    scales = zip(audit["scales"], audit["agreement"], audit["explanatory"], strict=True)
    return {
        "sequences": record["sequences"],
        "checks": checks,
        "threshold": number(audit["threshold"], 1),
        "scales": [
            {
                "name": name,
                "agreement": number(agreement, 2),
                "share": percent(share, 1),
                "words": "" if agreement >= audit["threshold"] else NOT_EXPLANATORY,
            }
            for name, agreement, share in scales
        ],
    }


def _deletion(record: Mapping[str, Any]) -> dict[str, Any]:
    curve = record["deletion"]
    return {
        "question": "Does the score fall when the bases that speak for the class are replaced?",
        "holds": curve["area"] < curve["random_area"],
        "told": f"Replacing the most important {_first(curve)} takes the mean score {_path(curve, 'logit')}; "
        f"as many at random, {_path(curve, 'random')}.",
    }


def _insertion(record: Mapping[str, Any]) -> dict[str, Any]:
    curve = record["insertion"]
    return {
        "question": "Are these bases enough?",
        "holds": curve["area"] > curve["random_area"],
        "told": f"Written into shuffled sequences, the most important {_first(curve)} take the mean score "
        f"{_path(curve, 'logit')}; as many at random, {_path(curve, 'random')}.",
    }


def _first(curve: Mapping[str, Any]) -> str:
    return f"{percent(curve['share'][_step(curve)], 1)} of the bases"


def _path(curve: Mapping[str, Any], key: str) -> str:
    return f"from {number(curve[key][0], 2)} to {number(curve[key][_step(curve)], 2)}"


def _step(curve: Mapping[str, Any]) -> int:
    """The step next to a fifth of the positions."""
    return min(range(len(curve["share"])), key=lambda i: abs(curve["share"][i] - 0.2))


def _permuted(record: Mapping[str, Any]) -> dict[str, Any]:
    each = record["randomised"]
    mean = sum(each) / len(each)
    return {
        "question": "Do the pictures show what the model has learned?",
        "holds": abs(mean) < _LARGEST_CHANCE,
        "told": f"Rank correlation with the pictures of {len(each)} models whose weights were permuted: "
        f"{number(mean, 2)} (0: nothing in common).",
    }


def _seeds(record: Mapping[str, Any]) -> dict[str, Any]:
    value = record["seeds"]
    question = "Do networks trained from other seeds tell the same story?"
    if value is None:
        told = "Not measured: the run has one network. Ask with --ensemble 5."
        return {"question": question, "holds": None, "told": told}
    told = f"Correlation of the pictures of the {record['members']} members, two by two: {number(value, 2)}."
    return {"question": question, "holds": value >= _SAME_STORY, "told": told}

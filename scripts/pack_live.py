"""Pack a run's model and a few of its sequences for the live view of the documentation site.

    python scripts/pack_live.py RUN [--sequences 8] [--out docs/live.json.gz]

Weights keep the precision of 16 bits, so that the file stays small; probabilities move by less than 0.01.
"""

import argparse
import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from motiflens.report.widget import widget
from motiflens.run.folder import Run

LARGEST = 400_000  # bytes


def few(browser: dict[str, Any], most: int) -> dict[str, Any]:
    """The sequence browser with so many sequences of each class, and without what only the browser draws."""
    records: list[dict[str, Any]] = []
    for record in browser["records"]:
        if sum(other["label"] == record["label"] for other in records) < most:
            records.append(record | {"hits": [], "explains": None})
    empty = {"contributions": "", "contribution_units": [], "attention": "", "attention_units": []}
    return browser | {"records": records} | empty


def rounded(weights: str) -> str:
    """Weights with the precision of 16 bits, still as 32."""
    values = np.frombuffer(base64.b64decode(weights), "<f4")
    return base64.b64encode(values.astype(np.float16).astype("<f4").tobytes()).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--sequences", type=int, default=8, help="of each class")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "live.json.gz")
    options = parser.parse_args()
    shown = widget(Run.load(options.run))
    data, live = json.loads(shown.data), json.loads(shown.live)
    data["browser"] = few(data["browser"], options.sequences)
    live["model"]["weights"] = rounded(live["model"]["weights"])
    packed = gzip.compress(json.dumps({"data": data, "live": live}).encode(), 9, mtime=0)
    if len(packed) > LARGEST:
        raise SystemExit(f"{len(packed):,} bytes are more than {LARGEST:,}; give a smaller model")
    options.out.write_bytes(packed)
    print(f"{options.out}: {len(packed):,} bytes")


if __name__ == "__main__":
    main()

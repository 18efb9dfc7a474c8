"""Good files to start from, small."""

import gzip
import io
import json
import zipfile
from typing import Any

import numpy as np
import pandas as pd

NAMES = (
    *("fasta", "labelled", "gzip", "csv", "tsv", "parquet", "bed", "peaks", "genome"),
    *("motifs", "keras", "run", "model", "metrics", "motif_record", "history", "hits", "predictions", "attributions"),
)

_LETTERS = ["".join(row) for row in np.random.default_rng(0).choice(list("ACGT"), (24, 12))]
_FASTA = "".join(f">s{i} words\n{text}\n" for i, text in enumerate(_LETTERS)).encode()
_TABLE = pd.DataFrame({"id": [f"s{i}" for i in range(24)], "sequence": _LETTERS, "label": ["a", "b"] * 12})
_BED = b"track name=x\nchr1\t5\t60\np\nchr1\t5\t60\tp\t9\t+\nchr1\t5\t60\tp\t9\t-\t1\t2\t3\t7\n"
_MEME = b"""MEME version 4

ALPHABET= ACGT

strands: + -

Background letter frequencies
A 0.25 C 0.25 G 0.25 T 0.25

MOTIF m1 name
letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0
 0.7 0.1 0.1 0.1
 0.25 0.25 0.25 0.25
"""
_JASPAR = b">MA0001.1 name\nA [ 10 2 3 ]\nC [ 1 2 3 ]\nG [ 4 5 6 ]\nT [ 0 0 1 ]\n"
_TRANSFAC = b"ID m\nP0 A C G T\n01 1 2 3 4 N\n02 4 3 2 1 N\nXX\n//\n"
_HOMER = b">ACGT\tname\t6.0\n0.7\t0.1\t0.1\t0.1\n0.25\t0.25\t0.25\t0.25\n"
_RUN = {
    "motiflens": "0.1.0",
    "format": 2,
    "command": "",
    "task": "binary",
    "classes": ["a", "b"],
    "positive": "b",
    "explained": ["b"],
    "length": 12,
    "seed": 0,
    "files": {"model/config.json": "0" * 64},
    "staged": {},
}
_METRICS = {
    "task": "binary",
    "classes": ["a", "b"],
    "test": {"n": 9, "auroc": 0.9, "accuracy": None, "ci": {"auroc": [0.8, 1]}},
    "confusion": [[4, 1], [1, 3]],
    "curves": {"roc": {"b": [[0, 0], [1, 1]]}, "pr": {}},
}
_COUNTS = {"positives_with": 2, "positives": 4, "negatives_with": 0, "negatives": 5}
_MOTIF_RECORD = {
    "classes": ["a", "b"],
    "background": [0.3, 0.2, 0.2, 0.3],
    "strands": "both",
    "database": "JASPAR",
    "naming_note": "",
    "discovery": {"explained_sequences": 9, "seqlets_called": 3, "seqlets_kept": 2, "clusters": 1, "note": ""},
    "motifs": [
        {
            "name": "motif_1",
            "consensus": "AC",
            "target": "b",
            "direction": "for",
            "probabilities": [[1, 0], [0, 1], [0, 0], [0, 0]],
            "contributions": None,
            "sites": 3,
            "seqlets": 2,
            "contribution_fraction": 0.5,
            "cut": 3.2,
            "source": "contributions",
            "tested_on": "the test set",
            "enrichment": _COUNTS | {"odds": 1.0, "p": 0.1667, "log10_p": -0.778, "q": 0.1667},
            "counts": _COUNTS,
            "against_each": [],
            "total_sites": 4,
            "strong_sites": 2,
            "replicated": True,
            "position_window": [0, 5],
            "positions": {"start": 0, "bin": 1, "counts": [1], "others": [0]},
            "per_sequence": {"0": 2, "1": 2},
        }
    ],
    "set_aside": [],
    "grammar": [{"target": "b", "pairs": []}],
}
_MODEL = {
    "format": 1,
    "network": {"preset": "additive"},
    "length": 12,
    "classes": ["a", "b"],
    "strands": "both",
    "members": 1,
}


def seeds(name: str) -> list[bytes]:
    """Files that the reader of that name takes, or nearly."""
    text = _TABLE.to_csv(index=False).encode()
    known = {
        "fasta": [_FASTA, _FASTA.replace(b"\n", b"\r\n")],
        "labelled": [_FASTA],
        "gzip": [gzip.compress(_FASTA), gzip.compress(_FASTA[:99]) + gzip.compress(_FASTA[99:])],
        "csv": [text, b'\xef\xbb\xbfsequence,label\n"ACGT\nA",x\n' + text],
        "tsv": [text.replace(b",", b"\t")],
        "parquet": [_parquet()],
        "bed": [_BED, _BED.replace(b"p\n", b"")],
        "peaks": [b"chr1\t5\t60\n" * 3],
        "genome": [b">chr1 x\nACGTTGCA\nacgtnnnn\n" + b"ACGTTGCA\n" * 20],
        "motifs": [_MEME, _JASPAR, _TRANSFAC, _HOMER],
        "keras": [_keras()],
        "run": [json.dumps(_RUN).encode()],
        "model": [json.dumps(_MODEL).encode()],
        "metrics": [json.dumps(_METRICS).encode()],
        "motif_record": [json.dumps(_MOTIF_RECORD).encode()],
        "history": [b"epoch,loss,val_loss,accuracy,val_accuracy,learning_rate\n1,.5,.5,.5,.5,.1\n"],
        "hits": [b"sequence_id\tstart\tend\tstrand\tmotif\tscore\tp\tq\ns\t1\t5\t+\tm\t3\t.1\t.1\n"],
        "predictions": [b"id\tsplit\tlabel\tp_a\tp_b\ns\ttest\ta\t.5\t.5\n"],
        "attributions": [_attributions()],
    }
    return known[name]


def _parquet() -> bytes:
    buffer = io.BytesIO()
    _TABLE.to_parquet(buffer)
    return buffer.getvalue()


def _keras() -> bytes:
    """An archive with the members of a .keras file, of which the description is one layer."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.8.0"}))
        layer = {"class_name": "Lambda", "config": {"name": "x", "function": "4wE="}, "name": "x", "inbound_nodes": []}
        archive.writestr("config.json", json.dumps({"class_name": "Functional", "config": {"layers": [layer]}}))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return buffer.getvalue()


def _attributions() -> bytes:
    buffer = io.BytesIO()
    text: dict[str, Any] = {name: np.array(["x", "y"]) for name in ("ids", "target", "label")}
    np.savez(
        buffer,
        hypothetical=np.zeros((2, 4, 5), np.float32),
        codes=np.zeros((2, 5), np.uint8),
        probability=np.zeros(2, np.float32),
        method=np.array("exact"),
        attention_widths=np.array(["width 7"]),
        attention=np.zeros((2, 1, 5), np.float32),
        **text,
    )
    return buffer.getvalue()

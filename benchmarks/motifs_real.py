"""Whether the motif of the protein that was pulled down comes first: a JSON line a set of real sequences.

    python benchmarks/motifs_real.py [--shared ../shared] [--only elk1 ...] [--most 5000 ...] [--epochs N] [--matrices]

Each set is fitted by `motiflens fit` with default settings, of sets with more at most `--most` sequences a class. Peaks
alone get dinucleotide shuffles as negatives. `rank` is the place of the first motif for the class whose similar known
motifs (q <= .1) include the expected ones, 0 where there is none; `seconds` are those of finding motifs,
`whole` those of the run, `checks` the share of them that the checks of the data took. `--matrices` fits nothing: it
tests JASPAR's vertebrate matrices as they stand, by Fisher's exact test at the best of eight cuts, and gives the
smallest p of all, and of the expected family.
"""

import argparse
import gzip
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from planted_limit import smallest_p, window_scores
from results import Recorder, add_out

from motiflens.data.read import read_dataset
from motiflens.motifs.database import load_database
from motiflens.workflow.fit import fit_files
from motiflens.workflow.settings import settings_from

ETS = r"^(ELK|ELF|ETS|ETV|ERG|FLI|GABPA|SPI|EHF|FEV|ERF|SPDEF|Eip|Ets|ELK1::)"
AP1 = r"FOS|JUN|BATF|NFE2|BACH|MAF|Nfe2|Bach"
SETS = {
    "elk1": ("ELK1", ETS),
    "gabpa": ("GABPA", ETS),
    "rest": ("REST", r"^(REST|NRSF)"),
    "usf1": ("USF1", r"USF|MITF|TFE|MAX|MYC|BHLH|HEY|HES|SREBF|ARNT|MLX|CBF1|PIF|MNT|Usf|Tye|tye"),
    "sp1": ("SP1", r"^(SP\d|KLF|Sp\d|Klf|EGR|ZNF148|PATZ|WT1|MAZ|Spps)"),
    "foxa1": ("FOXA1", r"^(FOX|Fox|fkh|slp|bin|croc|FKH)"),
    "ctcf": ("CTCF", r"CTCF"),
    "ctcf-vs-pu1": ("ctcf", r"CTCF"),
    "pu1-vs-ctcf": ("pu1", ETS + "|IRF"),
    "oct4-vs-mafk": ("oct4", r"POU|Pou|OCT"),
    "mafk-vs-oct4": ("mafk", AP1),
    "tap73": ("TAp73", r"TP53|TP63|TP73|Tp53"),
    "nfe2": ("nfe2", AP1),
}


def files(name: str, data: Path, most: int, scratch: Path) -> list[str]:
    """Data arguments of a set; the class of interest first."""
    if name in ("elk1", "gabpa", "rest", "usf1", "sp1", "foxa1"):
        table = pd.read_csv(next((data / "tf-deepbind-encode").glob(f"{name.upper()}_*_AC.seq.gz")), sep="\t")
        path = scratch / f"{name}.fa"
        rows = table.drop_duplicates("seq").head(most)
        path.write_text("".join(f">{i}\n{s}\n" for i, s in zip(rows["EventID"], rows["seq"], strict=True)))
        return [f"{name.upper()}={path}"]
    if "pu1" in name:
        folder, pair = data / "tf-ctcf-vs-pu1", {"ctcf": "ctcf.fa.gz", "pu1": "pu1.fa.gz"}
    elif "oct4" in name:
        folder, pair = data / "tf-oct4-vs-mafk", {"oct4": "oct4.train.fa.gz", "mafk": "mafk.train.fa.gz"}
    elif name == "nfe2":
        stem = "wgEncodeSydhTfbsGm12878Nfe2hStdAlnRep0"
        folder, pair = data / "tf-nfe2-gkm", {"nfe2": f"{stem}.tr.fa.gz", "genome": f"{stem}.neg.tr.fa.gz"}
    else:
        file = {"ctcf": "Gm12878.CTCF.top500.w200.fa.gz", "tap73": "TAp73alpha.fa.gz"}[name]
        folder, pair = data / "tf-peaks-gimme", {"CTCF" if name == "ctcf" else "TAp73": file}
    first = name.split("-")[0]
    order = sorted(pair, key=lambda key: key.lower() != first)
    seen: set[str] = set()
    return [f"{key}={_head(folder / pair[key], scratch / f'{key}.fa', most, seen)}" for key in order]


def _head(source: Path, target: Path, most: int, seen: set[str]) -> Path:
    """The first records of a FASTA file; sequences that came before (perhaps under the other label) are left out."""
    records: list[str] = []
    with gzip.open(source, "rt") as lines:
        for record in lines.read().split(">")[1:]:
            name, _, sequence = record.partition("\n")
            bases = sequence.replace("\n", "").upper()
            if bases not in seen and len(records) < most:
                seen.add(bases)
                records.append(f">{name.split()[0]}.{len(records)}\n{bases}\n")
    target.write_text("".join(records))
    return target


def measure(name: str, shared: Path, most: int, overrides: dict[str, object]) -> dict[str, object]:
    """Fit one set and look for the expected motif."""
    target, expected = SETS[name]
    with tempfile.TemporaryDirectory() as scratch:
        arguments = files(name, shared / "data", most, Path(scratch))
        if name == "nfe2":  # of mixed length
            overrides = overrides | {"data.length": 247, "data.crop": "center"}
        run = fit_files(arguments, Path(scratch) / "run", settings=settings_from(overrides))
        assert run is not None
        motifs = [m for m in run.motifs().motifs if m.target == target and m.direction == "for"]
        similar = [[match.name for match in m.similar] for m in motifs]
        ranks = [i for i, names in enumerate(similar, 1) if any(re.search(expected, n) for n in names)]
        stages = {stage.name: stage.seconds for stage in run.info.stages}
        return {
            "set": name,
            "most": most,
            "rank": ranks[0] if ranks else 0,
            "motifs": [f"{m.consensus} {'/'.join(n[:2])}" for m, n in zip(motifs, similar, strict=True)],
            "auroc": round(run.metrics().test.auroc or 0.0, 3),
            "seconds": round(stages["find motifs"], 1),
            "whole": round(sum(stages.values())),
            "checks": round(stages["check data"] / sum(stages.values()), 4),
        }


def best_matrices(name: str, shared: Path, most: int) -> dict[str, object]:
    """The known matrices that tell a set's classes apart best."""
    target, expected = SETS[name]
    with tempfile.TemporaryDirectory() as scratch:
        paths = files(name, shared / "data", most, Path(scratch))
        dataset = read_dataset(paths, length=247, crop="center") if name == "nfe2" else read_dataset(paths)
    positive = dataset.labels == dataset.classes.index(target)
    codes = np.concatenate((dataset.codes[positive], dataset.codes[~positive]))
    found = sorted(
        (smallest_p(window_scores(codes, entry.motif).max(1), int(positive.sum())), entry.motif.name)
        for entry in load_database().entries
        if entry.is_of(["vertebrates"])
    )
    own = next((p, known) for p, known in found if re.search(expected, known))
    shown = {known: float(f"{p:.1e}") for p, known in (*found[:5], own)}
    return {"set": name, "most": most, "rank": [known for _, known in found].index(own[1]) + 1, "p": shown}


def main() -> None:
    """Read the arguments, fit the sets, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared")
    parser.add_argument("--only", nargs="*", choices=SETS)
    parser.add_argument("--most", type=int, nargs="+", default=[5000])
    parser.add_argument("--epochs", type=int, help="for a quicker, worse model")
    parser.add_argument("--matrices", action="store_true", help="test known matrices, fit nothing")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    for most in args.most:
        for name in args.only or SETS:
            if args.matrices:
                record(best_matrices(name, args.shared, most))
                continue
            record(measure(name, args.shared, most, {"fit.training.epochs": args.epochs}))


if __name__ == "__main__":
    main()

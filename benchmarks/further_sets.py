"""Fixed splits of public sets on which no default of the model was chosen.

    python benchmarks/further_sets.py FOLDER [--data ../shared/data]
    python benchmarks/models.py --shared FOLDER
    python benchmarks/baselines.py --shared FOLDER

Writes FOLDER/splits/<set>/train.csv.gz and test.csv.gz (columns sequence, label), without repeats and those under two
labels. A test part of the source is kept, and its sequences taken out of the training part; the splice sites are split
by gene, the rest by similarity.
"""

import argparse
import re
from pathlib import Path

import numpy as np
import pandas as pd

from motiflens.data.read import dataset_from_sequences, read_sequences
from motiflens.data.splits import split_dataset
from motiflens.sequence.alphabet import decode, encode
from motiflens.sequence.shuffle import dinucleotide_shuffle

FLANK = 30


def core_promoters(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Human TATA promoters, 70 nt, the source's test part."""
    folder = data / "promoter-gue-human-tata"
    train, dev, test = (pd.read_csv(folder / f"prom_core_tata.{part}.csv.gz") for part in ("train", "dev", "test"))
    return pd.concat([train, dev]), test


def human_splice(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Acceptors, donors and neither in 400 nt, the site in the middle."""
    return by_similarity(pd.read_csv(data / "splice-gue" / "reconstructed.dev.csv.gz"))


def splice_sites(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Donors, acceptors and other GT or AG of the same genes, 30 nt on each side of the cut; split by gene."""
    rows, rng = [], np.random.default_rng(0)
    for line in pd.read_csv(file, sep=" ", header=None).drop_duplicates(4).itertuples(index=False):
        exon, intron, gene = line[0], line[1], line[4]
        text = "".join(line[:3])
        cuts = {len(exon): "donor", len(exon) + len(intron): "acceptor"}
        others = [m.start() for m in re.finditer("GT", text)] + [m.end() for m in re.finditer("AG", text)]
        others = [at for at in others if at not in cuts and FLANK <= at <= len(text) - FLANK]
        if others:
            cuts[int(rng.choice(others))] = "neither"
        rows += [(text[at - FLANK : at + FLANK], label, gene) for at, label in cuts.items()]
    table = pd.DataFrame(rows, columns=["sequence", "label", "gene"]).drop_duplicates("sequence")
    genes = table["gene"].drop_duplicates().sample(6000, random_state=0)
    return table[table["gene"].isin(genes[:4500])], table[table["gene"].isin(genes[4500:])]


def strong_promoters(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plant core promoters, 170 nt: the strongest third in tobacco leaves against the weakest."""
    table = pd.read_csv(data / "starr-plant-leaf" / "CNN_test_leaf.tsv.gz", sep="\t").drop_duplicates("sequence")
    third = pd.qcut(table["enrichment"], 3, labels=False)
    table["label"] = third.map({0: "weak", 2: "strong"})
    return by_similarity(table.dropna(subset="label"))


def regulatory(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether 150 nt around a variant are active in a reporter assay; the challenge's own test part has one class."""
    table = pd.read_csv(data / "variant-cagi4-eqtl-mpra" / "train_df.csv.gz")
    table = table[table["ref_sequence"].str.len() == 150]
    return by_similarity(table.assign(sequence=table["ref_sequence"], label=table["Regulatory_Hit"]))


def oct4_or_mafk(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Peaks of two factors, 200 nt, the source's test part."""
    folder = data / "tf-oct4-vs-mafk"
    train, test = (
        pd.concat([fasta(folder / f"{name}.{part}.fa.gz", name) for name in ("oct4", "mafk")])
        for part in ("train", "test")
    )
    return train, test


def peaks(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """At most 6,000 peaks against their dinucleotide shuffles."""
    sequences = fasta(file, "peak")["sequence"] if ".fa" in file.name else pd.read_csv(file, sep="\t")["seq"]
    found = sequences.drop_duplicates().head(6000)
    shuffles = dinucleotide_shuffle(encode(found.tolist()), seed=0)
    both = [*found, *(decode(shuffle) for shuffle in shuffles)]
    return by_similarity(pd.DataFrame({"sequence": both, "label": np.repeat(["peak", "shuffled"], len(found))}))


def fasta(file: Path, label: str) -> pd.DataFrame:
    """The sequences of a FASTA file under one label."""
    return pd.DataFrame({"sequence": [record.sequence.upper() for record in read_sequences(str(file))], "label": label})


def without_conflicts(table: pd.DataFrame) -> pd.DataFrame:
    """Each sequence once, none that has two labels."""
    labels = table.groupby("sequence")["label"].transform("nunique")
    return table[labels == 1].drop_duplicates("sequence")


def by_similarity(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A fifth for testing, near duplicates on one side."""
    table = without_conflicts(table).reset_index(drop=True)
    split = split_dataset(dataset_from_sequences(table["sequence"].tolist(), table["label"].tolist()), seed=0)
    return table.iloc[np.concatenate([split.train, split.val])], table.iloc[split.test]


def main() -> None:
    """Makes all sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared" / "data")
    options = parser.parse_args()
    data = options.data
    chip = {name: next((data / "tf-deepbind-encode").glob(f"{name.upper()}_*_AC.seq.gz")) for name in ("elk1", "sp1")}
    chip |= {"tap73": data / "tf-peaks-gimme" / "TAp73alpha.fa.gz"}
    sets = {
        "core-tata": core_promoters(data),
        "splice-human-400": human_splice(data),
        "splice-worm": splice_sites(data / "splice-worm-eie" / "eie.ce.txt.gz"),
        "splice-arabidopsis": splice_sites(data / "splice-arabidopsis-eie" / "eie.at.txt.gz"),
        "tf-mpra": regulatory(data),
        "tf-oct4-vs-mafk": oct4_or_mafk(data),
        "plant-strength": strong_promoters(data),
    } | {f"tf-{name}": peaks(file) for name, file in chip.items()}
    for name, (train, test) in sets.items():
        folder = options.folder / "splits" / name
        folder.mkdir(parents=True, exist_ok=True)
        train = train[~train["sequence"].isin(test["sequence"])]
        train, test = without_conflicts(train), without_conflicts(test)
        for part, table in {"train": train, "test": test}.items():
            table[["sequence", "label"]].to_csv(folder / f"{part}.csv.gz", index=False)
        print(f"{name}: {len(train)} and {len(test)} sequences, classes {sorted(map(str, train['label'].unique()))}")


if __name__ == "__main__":
    main()

"""Recount the motif table of runs from their files alone, with scipy and a scanner of its own: a JSON line a run.

    python benchmarks/recount.py RUN [RUN ...]

Nothing of motiflens is imported. Of every supported motif: the counts of its card (all sequences, those tested, sites
by position and by sequence) against hits.tsv and predictions.tsv; p against Fisher's exact test of those counts, given
the odds; sites and scores in the sequences that the run keeps (attributions.npz) against log2(probability / background)
of motifs.meme at the cut and place; the pairs' counts and p against hits.tsv; and whether what the model makes of it
agrees with its column. Of a run with numbers, from measured.tsv: means, effect, interval, and name and p of the test of
each motif and number, the same of its place, and the slopes of all motifs together. `differences` lists what differs.
"""

import argparse
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from results import Recorder, add_out
from scipy.special import logsumexp
from scipy.stats import hypergeom, mannwhitneyu, pearson3, ttest_ind

RELATIVE = 1e-6
BITS = 0.01
TIE = 1e-5  # bits
SMALLEST = 1e-300


class Recount:
    """The files of a run, and what differs between them."""

    def __init__(self, run: Path) -> None:
        self.record = json.loads((run / "motifs.json").read_text())
        self.hits = pd.read_csv(
            run / "hits.tsv", sep="\t", dtype={"sequence_id": str, "class": str}, keep_default_na=False
        )
        numbers = run / "measured.tsv"
        self.measured = pd.read_csv(numbers, sep="\t", dtype={"id": str}) if numbers.exists() else None
        self.matrices, self.background = read_meme(run / "motifs.meme")
        with np.load(run / "attributions.npz", allow_pickle=False) as stored:
            self.codes = dict(zip(stored["ids"].tolist(), stored["codes"], strict=True))
        self.differences: list[str] = []
        self.largest_score_difference = 0.0

    def expect(self, what: str, shown: Any, counted: Any, *, relative: float = 0.0) -> None:
        """Note a difference between what is shown and what is counted."""
        same = abs(shown - counted) <= relative * max(abs(shown), abs(counted)) if relative else shown == counted
        if not same:
            self.differences.append(f"{what}: shown {shown}, counted {counted}")

    def motif(self, entry: dict[str, Any]) -> None:
        """Check one supported motif."""
        name, length = entry["name"], len(next(iter(self.codes.values())))
        own = self.hits[self.hits["motif"] == name]
        if self.measured is not None:
            self.numbers(entry, own, self.measured)
            self.sites(entry, own, length)
            self.model(entry)
            return
        inside = own["class"] == entry["target"]
        if entry["direction"] == "against":
            inside = ~inside
        for part, rows in (("counts", own), ("enrichment", own[own["tested"] == "yes"])):
            shown = entry[part]
            self.expect(
                f"{name} {part} in class", shown["positives_with"], rows["sequence_id"][inside[rows.index]].nunique()
            )
            self.expect(
                f"{name} {part} in others", shown["negatives_with"], rows["sequence_id"][~inside[rows.index]].nunique()
            )
        test = entry["enrichment"]
        self.expect(f"{name} log10 p", test["log10_p"], log_p(test) / np.log(10), relative=RELATIVE)
        self.expect(f"{name} p", test["p"], float(np.exp(log_p(test))), relative=RELATIVE)
        self.expect(f"{name} sites", entry["total_sites"], len(own))
        self.expect(f"{name} sites with q <= .05", entry["strong_sites"], int((own["q"] <= 0.05).sum()))
        centre = (own["start"] + own["end"]) // 2 // entry["positions"]["bin"]
        bins = len(entry["positions"]["counts"])
        for key, rows in (("counts", inside), ("others", ~inside)):
            self.expect(
                f"{name} positions", entry["positions"][key], np.bincount(centre[rows], minlength=bins).tolist()
            )
        times = own[inside].groupby("sequence_id").size()
        several = {"1": int((times == 1).sum()), "2": int((times == 2).sum()), "3+": int((times > 2).sum())}
        several["0"] = entry["counts"]["positives"] - len(times)
        self.expect(f"{name} per sequence", entry["per_sequence"], {k: several[k] for k in ("0", "1", "2", "3+")})
        self.sites(entry, own, length)
        self.model(entry)

    def numbers(self, entry: dict[str, Any], own: pd.DataFrame, measured: pd.DataFrame) -> None:
        """Check the tests of a motif of numbers, and the counts of its halves."""
        name, part = entry["name"], entry["tested_part"]
        rows = {"all": measured["half"] != "", "unseen": measured["unseen"] == "yes"}.get(
            part, measured["half"] == part
        )
        site = measured["id"].isin(set(own["sequence_id"]))
        self.expect(f"{name} tested", set(measured["id"][rows & site]), set(own["sequence_id"][own["tested"] == "yes"]))
        for one in entry["effects"]:
            values = measured[one["target"]]
            left = (values - measured[f"{one['target']} by composition"])[rows & values.notna()]
            inside, outside = left[site], left[~site]
            what = f"{name} {one['target']}"
            self.expect(f"{what} n", (one["n_with"], one["n_without"]), (len(inside), len(outside)))
            mean = values[inside.index].mean(), values[outside.index].mean()
            self.expect(f"{what} mean with", one["mean_with"], mean[0], relative=RELATIVE)
            self.expect(f"{what} mean without", one["mean_without"], mean[1], relative=RELATIVE)
            self.expect(f"{what} effect", one["effect"], inside.mean() - outside.mean(), relative=RELATIVE)
            interval = ttest_ind(inside, outside, equal_var=False).confidence_interval()
            self.expect(f"{what} low", one["low"], interval.low, relative=RELATIVE)
            self.expect(f"{what} high", one["high"], interval.high, relative=RELATIVE)
            side = {"for": "greater", "against": "less"}[entry["direction"]]
            side = side if one["target"] == entry["target"] else "two-sided"
            counts = measured.get(f"{one['target']} counted")
            if "-" not in one["target"]:
                name = name_of_test(values if counts is None else counts)
                name = "permutation" if counts is not None and name == "Fisher" else name
                self.expect(f"{what} test", one["test"], name)
            if counts is not None:
                self.rates(what, one, counts, site, rows=rows & values.notna())
            spread = measured.get(f"{one['target']} spread", pd.Series(1.0, measured.index))
            scaled = left / spread[left.index] if one["test"] == "permutation" else left
            p = associated(values[left.index], scaled, site[left.index], side=side, test=one["test"])
            if p > SMALLEST:
                self.expect(f"{what} p", one["p"], p, relative=RELATIVE)
        if entry["place"] is not None:
            self.place(entry, own, measured)
        values = measured[entry["target"]]
        test = next(one["test"] for one in entry["effects"] if one["target"] == entry["target"])
        upper = values > (values.median() if test == "rank sum" else values.mean())
        upper = upper if entry["direction"] == "for" else values.notna() & ~upper
        self.expect(f"{name} in its half", entry["counts"]["positives_with"], int((upper & site).sum()))
        self.expect(
            f"{name} in the other", entry["counts"]["negatives_with"], int((values.notna() & ~upper & site).sum())
        )
        self.expect(f"{name} sites", entry["total_sites"], len(own))

    def rates(self, what: str, one: dict[str, Any], counts: pd.Series, site: pd.Series, *, rows: pd.Series) -> None:
        """Check the numbers that counts are compared by, and the rates."""
        assert self.measured is not None
        exposure, values = self.measured["exposure"], self.measured[one["target"]]
        known = counts.notna()
        mean = exposure * counts.sum() / exposure[known].sum()
        residuals = (counts - mean) / np.sqrt(mean)
        numbers = residuals if one["test"] == "permutation" else np.log(counts + 0.5) - np.log(exposure)
        self.expect(f"{what} numbers differ by", bool(((numbers - values)[known].abs() > 1e-6).any()), False)
        for key, there in (("rate_with", site), ("rate_without", ~site)):
            rate = counts[rows & there].sum() / exposure[rows & there].sum()
            self.expect(f"{what} {key}", one[key], float(rate), relative=RELATIVE)

    def place(self, entry: dict[str, Any], own: pd.DataFrame, measured: pd.DataFrame) -> None:
        """Check the test of the place where a motif of numbers moves its own number most."""
        name, place = entry["name"], entry["place"]
        rows = measured["unseen"] == "yes" if place["part"] == "unseen" else measured["half"] == place["part"]
        there = own["sequence_id"][(own["start"] >= place["start"]) & (own["end"] <= place["end"])]
        values = measured[entry["target"]]
        left = (values - measured[f"{entry['target']} by composition"])[rows & values.notna()]
        inside = measured["id"].isin(set(there)).reindex(left.index)
        elsewhere = measured["id"].isin(set(own["sequence_id"])).reindex(left.index) & ~inside
        self.expect(f"{name} place n", (place["there"]["n"], place["elsewhere"]["n"]), (inside.sum(), elsewhere.sum()))
        more = left[inside].mean() - left[elsewhere].mean()
        self.expect(f"{name} place difference", place["difference"]["mean"], more, relative=RELATIVE)
        side = {"for": "greater", "against": "less"}[entry["direction"]]
        either = inside | elsewhere
        test = next(one["test"] for one in entry["effects"] if one["target"] == entry["target"])
        spread = measured.get(f"{entry['target']} spread", pd.Series(1.0, measured.index))
        scaled = left / spread[left.index] if test == "permutation" else left
        p = associated(values[left.index][either], scaled[either], inside[either], side=side, test=test)
        if p > SMALLEST:
            self.expect(f"{name} place p", place["p"], p, relative=RELATIVE)

    def given_others(self) -> None:
        """Check the slopes of all motifs together."""
        entries = self.record["motifs"]
        if self.measured is None or not entries:
            return
        measured = self.measured
        sites = np.column_stack(
            [measured["id"].isin(set(self.hits["sequence_id"][self.hits["motif"] == e["name"]])) for e in entries]
        )
        for column, one in enumerate(entries[0]["effects"]):
            values, expected = measured[one["target"]], measured[f"{one['target']} by composition"]
            known = values.notna().to_numpy()
            x = np.column_stack((np.ones(len(values)), sites, expected))[known]
            slopes, _, rank, _ = np.linalg.lstsq(x, values[known], rcond=None)
            if rank < x.shape[1]:
                continue
            for entry, slope in zip(entries, slopes[1:], strict=False):
                shown = entry["effects"][column]["given_others"]["mean"]
                self.expect(f"{entry['name']} {one['target']} given others", shown, float(slope), relative=1e-4)

    def sites(self, entry: dict[str, Any], own: pd.DataFrame, length: int) -> None:
        """Scan the sequences at hand, and compare sites and scores."""
        name, matrix = entry["name"], self.matrices[entry["name"]]
        scores = np.log2(matrix / self.background[:, None])
        first, last = entry["position_window"] or (0, length)
        listed = {k: v for k, v in own.groupby("sequence_id") if k in self.codes}
        for sequence, codes in self.codes.items():
            found = scan(codes[first:last], scores, entry["cut"], both=self.record["strands"] == "both")
            found = {(start + first, strand): score for (start, strand), score in found.items()}
            rows = listed.get(sequence)
            table = (
                {}
                if rows is None
                else {(s, t): v for s, t, v in zip(rows["start"], rows["strand"], rows["score"], strict=True)}
            )
            near = {place for place, score in found.items() if abs(score - entry["cut"]) < 1e-6}
            near |= equals(found, table, width=matrix.shape[1]) | equals(table, found, width=matrix.shape[1])
            if set(found) - near != set(table) - near:
                self.differences.append(f"{name} sites of {sequence}: listed {sorted(table)}, found {sorted(found)}")
            shared = [abs(found[place] - table[place]) for place in set(found) & set(table)]
            self.largest_score_difference = max([self.largest_score_difference, *shared])

    def model(self, entry: dict[str, Any]) -> None:
        """The effects point where the column does."""
        sign = 1 if entry["direction"] == "for" else -1
        planted, erased = entry["effect"]["insertion"], entry["effect"]["ablation"]
        if min(sign * planted["low"], sign * planted["high"]) <= 0:
            self.differences.append(f"{entry['name']} is planted with an effect of {planted}")
        if max(sign * erased["low"], sign * erased["high"]) >= 0:
            self.differences.append(f"{entry['name']} is erased with an effect of {erased}")

    def pair(self, target: str, pair: dict[str, Any]) -> None:
        """Check the counts of a pair."""
        of_class = self.hits if self.measured is not None else self.hits[self.hits["class"] == target]
        of_class = of_class[of_class["motif"].isin({entry["name"] for entry in self.record["motifs"]})]
        if pair["a"] == pair["b"]:
            self.with_itself(target, pair, of_class)
            return
        a, b = (of_class[of_class["motif"] == pair[key]] for key in ("a", "b"))
        with_a = set(without_overlaps(a, b, ties=True)["sequence_id"])
        with_b = set(without_overlaps(b, a, ties=False)["sequence_id"])
        what = f"pair {pair['a']} {pair['b']}"
        self.expect(f"{what} with a", pair["with_a"], len(with_a))
        self.expect(f"{what} with b", pair["with_b"], len(with_b))
        self.expect(f"{what} with both", pair["with_both"], len(with_a & with_b))
        p = hypergeom.sf(len(with_a & with_b) - 1, pair["sequences"], len(with_a), len(with_b))
        self.expect(f"{what} p", pair["p"], float(p), relative=RELATIVE)

    def with_itself(self, target: str, pair: dict[str, Any], of_class: pd.DataFrame) -> None:
        """Check a motif with itself: sequences with two sites or more that are no other motif's."""
        same = [e["name"] for e in self.record["motifs"] if self.measured is not None or e["target"] == target]
        own = of_class[of_class["motif"] == pair["a"]]
        others = of_class[of_class["motif"].isin(set(same) - {pair["a"]})]
        times = without_overlaps(own, others, ties=True).groupby("sequence_id").size()
        what = f"pair {pair['a']} with itself"
        self.expect(f"{what}: sequences", (pair["with_a"], pair["with_both"]), (len(times), int((times > 1).sum())))
        self.expect(f"{what}: tests", (pair["p"], pair["q"], pair["expected_both"]), (None, None, None))


def name_of_test(values: pd.Series) -> str:
    """Labels are counted, numbers that sequences share permuted, all others ranked."""
    if not set(values.dropna()) - {0, 1}:
        return "Fisher"
    return "permutation" if ((values.value_counts() / values.count()) ** 2).sum() > 0.04 else "rank sum"


def associated(values: pd.Series, left: pd.Series, site: pd.Series, *, side: str, test: str) -> float:
    """p of sequences with a site against those without, composition taken off."""
    greater, less = (one_sided(values, left, site, raises=raises, test=test) for raises in (True, False))
    return {"greater": greater, "less": less}.get(side, min(1.0, 2 * min(greater, less)))


def one_sided(values: pd.Series, left: pd.Series, site: pd.Series, *, raises: bool, test: str) -> float:
    """p that those with a site are higher, or lower."""
    if test == "rank sum":
        side = "greater" if raises else "less"
        return float(mannwhitneyu(left[site], left[~site], alternative=side, method="asymptotic").pvalue)
    if test == "permutation":
        return permuted(left if raises else -left, site)
    expected = (values - left).groupby(site).mean().clip(1e-4, 1 - 1e-4)
    odds = float((expected / (1 - expected))[True] / (expected / (1 - expected))[False])
    one = values == int(raises)
    table = {
        "positives": one.sum(), "negatives": (~one).sum(), "positives_with": (one & site).sum(),
        "negatives_with": (~one & site).sum(), "odds": odds if raises else 1 / odds,
    }  # fmt: skip
    return float(np.exp(log_p(table)))


def permuted(left: pd.Series, site: pd.Series) -> float:
    """Upper tail of a mean among all ways to draw as many, by Pearson's type III curve."""
    n, k = len(left), int(site.sum())
    third = k * (n - k) * (n - 2 * k) / (n * (n - 1) * (n - 2)) * ((left - left.mean()) ** 3).sum()
    spread = np.sqrt(k * (n - k) / n * left.var())
    return float(pearson3.sf((left[site].sum() - k * left.mean()) / spread, max(third / spread**3, 0)))


def without_overlaps(own: pd.DataFrame, others: pd.DataFrame, *, ties: bool) -> pd.DataFrame:
    """The sites that overlap no better site of another motif; with `ties`, none as good either."""
    by_sequence = dict(iter(others.groupby("sequence_id")))
    kept = []
    for row in own.itertuples():
        near = by_sequence.get(str(row.sequence_id))
        if near is not None:
            near = near[(near["start"] < row.end) & (near["end"] > row.start)]
            if ((near["p"] <= row.p) if ties else (near["p"] < row.p)).any():
                continue
        kept.append(row.Index)
    return own.loc[kept]


def log_p(test: dict[str, Any]) -> float:
    """Natural log of the tail of Fisher's noncentral hypergeometric distribution."""
    total, positives = test["positives"] + test["negatives"], test["positives"]
    hits = test["positives_with"] + test["negatives_with"]
    support = np.arange(max(0, hits - test["negatives"]), min(hits, positives) + 1)
    log_weights = hypergeom.logpmf(support, total, positives, hits) + support * np.log(test["odds"])
    return min(0.0, float(logsumexp(log_weights[support >= test["positives_with"]]) - logsumexp(log_weights)))


def scan(codes: np.ndarray, scores: np.ndarray, cut: float, *, both: bool) -> dict[tuple[int, str], float]:
    """Matches by start and strand; of those that overlap the best."""
    width = scores.shape[1]
    padded = np.vstack([scores, np.full(width, -np.inf)])
    flipped = np.vstack([scores[::-1, ::-1], np.full(width, -np.inf)])
    found = []
    for start in range(len(codes) - width + 1):
        window = codes[start : start + width]
        for strand, matrix in (("+", padded), ("-", flipped))[: 1 + both]:
            score = float(matrix[window, np.arange(width)].sum())
            if score >= cut - 1e-9:
                found.append((round(score, 9), start, strand))
    kept: dict[tuple[int, str], float] = {}
    for score, start, strand in sorted(found, key=lambda hit: (-hit[0], hit[1], hit[2])):
        if all(abs(start - other) >= width for other, _ in kept):
            kept[start, strand] = score
    return kept


def equals(some: dict[tuple[int, str], float], others: dict[tuple[int, str], float], *, width: int) -> set[Any]:
    """Sites that the others lack, but for one that overlaps with the same score: the file's digits decide which."""
    return {
        place
        for place, score in some.items()
        if place not in others
        and any(abs(place[0] - start) < width and abs(score - of) < TIE for (start, _), of in others.items())
    }


def read_meme(path: Path) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Matrices (4, width) by name, and the background."""
    lines = path.read_text().splitlines()
    background = np.full(4, 0.25)
    matrices: dict[str, np.ndarray] = {}
    heads = [i for i, line in enumerate(lines) if line.startswith("MOTIF")]
    for i, line in enumerate(lines):
        if line.startswith("Background"):
            background = np.array(lines[i + 1].split()[1::2], float)
    for begin, end in pairwise([*heads, len(lines)]):
        rows = [line.split() for line in lines[begin + 2 : end] if line.strip()]
        matrices[lines[begin].split()[1]] = np.array(rows, float).T
    return matrices, background / background.sum()


def recount(run: Path) -> dict[str, Any]:
    """All differences of one run."""
    check = Recount(run)
    for entry in check.record["motifs"]:
        check.motif(entry)
    check.given_others()
    for group in check.record["grammar"]:
        for pair in group["pairs"]:
            check.pair(group["target"], pair)
    if check.largest_score_difference > BITS:
        check.differences.append(f"scores differ by up to {check.largest_score_difference:.3f} bits")
    return {
        "run": run.name,
        "motifs": len(check.record["motifs"]),
        "pairs": sum(len(group["pairs"]) for group in check.record["grammar"]),
        "largest_score_difference": round(check.largest_score_difference, 6),
        "differences": check.differences,
    }


def main() -> None:
    """Recount the runs named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("runs", type=Path, nargs="+")
    add_out(parser)
    args = parser.parse_args()
    record = Recorder(args.out)
    for run in args.runs:
        record(recount(run))


if __name__ == "__main__":
    main()

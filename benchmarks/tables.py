"""The tables of the benchmark pages, each a function from result files to Markdown."""

from collections.abc import Iterable, Sequence
from statistics import fmean, pstdev

from results import FOLDER, Row, read

#: What each set is, and which kind of task it belongs to.
SETS = {
    "ecoli-sigma70": ("promoters", "E. coli sigma-70 promoters, 81 bp"),
    "ecoli-sigma70+grouped": ("promoters", "the same, no 32-mer shared between training and test"),
    "arabidopsis-nontata": ("promoters", "Arabidopsis promoters without TATA box, 251 bp"),
    "arabidopsis-nontata+grouped": ("promoters", "the same, no 32-mer shared"),
    "human-tata-300": ("promoters", "human TATA promoters, 300 bp (GUE)"),
    "core-tata": ("promoters", "human core promoters, 70 bp (GUE)"),
    "plant-strength": ("promoters", "plant core promoters, strongest third against weakest, 170 bp"),
    "uci-splice": ("splice sites", "primate splice junctions, 60 bp, three classes (UCI)"),
    "uci-splice+grouped": ("splice sites", "the same, no 32-mer shared"),
    "splice-arabidopsis": ("splice sites", "Arabidopsis splice sites, split by gene, 60 bp, three classes"),
    "splice-worm": ("splice sites", "C. elegans splice sites, split by gene, 60 bp, three classes"),
    "splice-human-400": ("splice sites", "human splice sites, 400 bp, three classes (GUE)"),
    "ienhancer": ("enhancers", "enhancers against other DNA, 200 bp (iEnhancer)"),
    "ienhancer+grouped": ("enhancers", "the same, no 32-mer shared"),
    "human-cohn": ("enhancers", "human enhancers, 500 bp (Cohn)"),
    "human-cohn+grouped": ("enhancers", "the same, no 32-mer shared"),
    "tf-mpra": ("enhancers", "active in a reporter assay or not, 150 bp (CAGI 4)"),
    "ctcf-vs-pu1": ("factor binding", "CTCF peaks against PU.1 peaks, 100 bp"),
    "nfe2": ("factor binding", "NF-E2 peaks against matched genomic DNA, padded to 247 bp"),
    "tf-human-0": ("factor binding", "factor 0 of GUE, 101 bp"),
    "tf-human-1": ("factor binding", "factor 1 of GUE"),
    "tf-human-2": ("factor binding", "factor 2 of GUE"),
    "tf-human-3": ("factor binding", "factor 3 of GUE"),
    "tf-human-4": ("factor binding", "factor 4 of GUE"),
    "tf-oct4-vs-mafk": ("factor binding", "OCT4 peaks against MAFK peaks, 200 bp"),
    "tf-elk1": ("factor binding", "ELK1 peaks against dinucleotide shuffles, 101 bp"),
    "tf-sp1": ("factor binding", "SP1 peaks against dinucleotide shuffles, 101 bp"),
    "tf-tap73": ("factor binding", "TAp73 peaks against dinucleotide shuffles, 200 bp"),
}
TOOLS = {
    "gc_content": "GC content",
    "kmer_logistic_regression": "k-mers",
    "kmer_reference": "k-mers",
    "position_logistic_regression": "positions",
    "best_single_motif": "single motif",
    "gkm_svm": "gkm-SVM",
    "tutorial_cnn": "tutorial's CNN",
}
GROUPS = ("fixed", "further")
METHODS = {
    "mutagenesis, size of the effects": "mutagenesis, size of the effects at a position",
    "mutagenesis": "mutagenesis, contribution of the observed base",
    "contributions by letter": "contributions by letter",
    "contributions": "contributions by window",
    "integrated gradients": "integrated gradients",
    "deeplift": "DeepLIFT/SHAP",
    "saliency": "saliency",
    "attention, all scales": "attention, all scales",
}
CONTENDERS = {
    "keras": "the tutorial's model, Keras on TensorFlow",
    "plain": "the tutorial's model, plain PyTorch",
    "classic": "preset `classic`",
    "additive": "preset `additive`",
    "products": "the matrix products of `classic` alone",
}


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; None becomes an empty cell."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join("" if cell is None else str(cell) for cell in line) + " |" for line in lines)


def score(value: float | None, digits: int = 3) -> str:
    """Return .975 for 0.975; nothing for None."""
    if value is None:
        return ""
    text = f"{value + 0.0:.{digits}f}"
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def signed(value: float) -> str:
    return ("+" if value > 0 else "") + score(value)


def number(value: float | None) -> str:
    """Return a speed or a count with three significant digits and thousands separators."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def spread(values: Sequence[float]) -> str:
    return score(fmean(values)) + (f" (± {score(pstdev(values))})" if len(values) > 1 else "")


def exists(name: str) -> bool:
    return (FOLDER / f"{name}.json").exists()


def mean_of(rows: Sequence[Row], key: str) -> float | None:
    values = [row[key] for row in rows if row.get(key) is not None]
    return fmean(values) if values else None


# Accuracy


def compared(group: str) -> list[Row]:
    """Return a row per set: our scores (means over seeds) and the best other tool's."""
    ours = read(f"models-{group}")["rows"]
    others: dict[str, list[tuple[float, str]]] = {}
    for row in read(f"baselines-{group}")["rows"]:
        found = [(row[tool]["auroc"], tool) for tool in TOOLS if tool in row]
        others.setdefault(row["set"], []).extend(found)
    if exists(f"peers-{group}"):
        for row in read(f"peers-{group}")["rows"]:
            others.setdefault(row["set"], []).append((row["auroc"], row["tool"]))
    rows = []
    for name in dict.fromkeys(row["set"] for row in ours):
        runs = [row for row in ours if row["set"] == name]
        best, tool = max(others[name])
        rows.append({"set": name, "seeds": len(runs), "best": best, "tool": tool})
        rows[-1] |= {key: mean_of(runs, key) for key in ("auroc", "mcc", "ece", "ece_of_truth")}
    return rows


def sets(group: str) -> str:
    head = ("set", "AUROC", "best other tool", "difference", "MCC", "calibration error")
    rows = compared(group)
    return table(
        head,
        (
            (
                f"{SETS[row['set']][1]} (`{row['set']}`)",
                score(row["auroc"]),
                f"{score(row['best'])} ({TOOLS[row['tool']]})",
                signed(row["auroc"] - row["best"]),
                score(row["mcc"], 2),
                score(row["ece"]) + (f" (if true: {score(row['ece_of_truth'])})" if row["ece_of_truth"] else ""),
            )
            for row in rows
        ),
    )


def sets_fixed() -> str:
    return sets("fixed")


def sets_further() -> str:
    return sets("further")


def accuracy() -> str:
    """One row per kind of task."""
    rows = [row for group in GROUPS for row in compared(group)]
    kinds = dict.fromkeys(kind for kind, _ in SETS.values())
    lines = [(kind, *summed([row for row in rows if SETS[row["set"]][0] == kind])) for kind in kinds]
    lines.append(("**all**", *summed(rows)))
    further = compared("further")
    lines.append(("of these, sets on which no default was chosen", *summed(further)))
    return table(
        ("task", "sets", "mean AUROC", "best other tool, set by set", "mean difference (lowest, highest)"), lines
    )


def summed(rows: Sequence[Row]) -> Sequence[object]:
    differences = [row["auroc"] - row["best"] for row in rows]
    extremes = f"({signed(min(differences))}, {signed(max(differences))})"
    return (
        len(rows),
        score(fmean(row["auroc"] for row in rows)),
        score(fmean(row["best"] for row in rows)),
        f"{signed(fmean(differences))} {extremes}",
    )


def tutorial_task() -> str:
    """The tutorial's own task, where the best possible score is known."""
    lines = []
    for preset in ("additive", "classic"):
        rows = read(f"simulated-{preset}")["rows"]
        lines.append(
            (
                f"preset `{preset}`" + (" (the tutorial's network and recipe)" if preset == "classic" else ""),
                len(rows),
                spread([row["accuracy"] for row in rows]),
                spread([row["auroc"] for row in rows]),
            )
        )
    rows = read("simulated-additive")["rows"]
    best = [spread([row[f"bayes_optimal_{key}"] for row in rows]) for key in ("accuracy", "auroc")]
    return table(("", "seeds", "accuracy", "AUROC"), [*lines, ("best possible (exact Bayes rule)", len(rows), *best)])


def demo() -> str:
    """The splice demo on the splits of several seeds, beside the report's own baselines on the first."""
    rows = [row for row in read("demo")["rows"] if row["what"] == "splice demo"]
    head = ("method", "splits", "accuracy", "macro AUROC")
    names = ("position_logistic_regression", "best_single_motif", "kmer_logistic_regression", "gc_content")
    lines: list[Sequence[object]] = [
        ("preset `additive`", len(rows), *(spread([r[k] for r in rows]) for k in ("accuracy", "auroc")))
    ]
    for name in names:
        found = [row[name] for row in rows if name in row]
        lines.append((TOOLS[name], len(found), *(spread([r[k] for r in found]) for k in ("accuracy", "auroc"))))
    return table(head, lines)


def strands() -> str:
    head = ("sites", "sets", "one strand read", "AUROC as chosen", "forward", "both", "largest cost", "cost above .005")
    rows = read("strands")["rows"]
    groups = {
        "oriented, as in README": [row for row in rows if row["kind"] == "example"],
        "oriented": [row for row in rows if row["kind"] == "planted" and row["planted"] == "forward"],
        "on either strand": [row for row in rows if row["kind"] == "planted" and row["planted"] == "both"],
    }
    lines = []
    for name, group in groups.items():
        chosen = fmean(row[f"auroc_{row['chosen']}"] for row in group)
        forward, both = (fmean(row[f"auroc_{strand}"] for row in group) for strand in ("forward", "both"))
        costs = [row["cost"] for row in group]
        read_one = sum(row["chosen"] == "forward" for row in group)
        scores = (score(value) for value in (chosen, forward, both))
        lines.append((name, len(group), read_one, *scores, score(max(costs), 4), sum(cost > 0.005 for cost in costs)))
    return table(head, lines)


def baselines() -> str:
    tools = ("gc_content", "kmer_logistic_regression", "position_logistic_regression", "best_single_motif")
    rows = [row for group in GROUPS for row in read(f"baselines-{group}")["rows"]]
    cells = ([score(row[tool]["auroc"]) if tool in row else None for tool in tools] for row in rows)
    return table(
        ("set", *(TOOLS[tool] for tool in tools)), ((f"`{row['set']}`", *c) for row, c in zip(rows, cells, strict=True))
    )


# Motifs


def planted(name: str, label: str, where: str = "") -> list[Sequence[object]]:
    """Rows of one result file of benchmarks/motifs.py: its means."""
    lines: list[Sequence[object]] = []
    for row in (row for row in read(name)["rows"] if "mean_recall" in row):
        called = f", {row['called']}" if "called" in row else ""
        sets = row.get("sets") or where
        bases = f"{score(row.get('mean_base_recall'), 2)}, {score(row.get('mean_base_precision'), 2)}".strip(", ")
        values = (score(row["mean_recall"]), score(row["mean_precision"]), bases, number(row["mean_seconds"]))
        lines.append((label + called, sets, *values))
    return lines


def planted_limit() -> list[Sequence[object]]:
    """What the planted matrices themselves reach."""
    means = (row for row in read("planted-limit")["rows"] if "mean_recall" in row)
    return [
        (
            "the planted matrices themselves",
            row["sets"],
            score(row["mean_recall"]),
            None,
            f"{score(row['mean_base_recall'], 2)}, {score(row['base_precision'], 2)}",
            None,
        )
        for row in means
    ]


def motifs() -> str:
    """Planted sets, and whether the expected family comes first in real peaks."""
    lines = [
        *planted("motifs-planted", "motiflens, without a model"),
        *planted("motifs-planted-fit", "motiflens, all of `fit`"),
        *planted("motifs-planted-streme", "STREME 5.5.8"),
        *planted_limit(),
    ]
    return table(
        (
            "32 sets with planted motifs",
            "sets",
            "recall",
            "precision",
            "bases of sites: recall, precision",
            "s per set",
        ),
        lines,
    )


def found_by_evidence() -> str:
    """How many planted motifs `fit` finds: those whose own matrix has a p of 1e-12 or less, and the others.

    The last count of a set is taken; which of its motifs are missed is not recorded, the weakest are taken for them.
    """
    seed, telling = 0, {}
    for row in read("planted-limit")["rows"]:
        if "sets" in row:
            seed = int(row["sets"].split(",")[0].removeprefix("seed "))
        else:
            telling[seed, row["set"]] = sum(float(p) <= 1e-12 for p in row["p"].values())
    last = {(row["seed"], row["set"]): row for row in read("motifs-planted-fit")["rows"] if "set" in row}
    counts = [
        (telling[key], row["planted"], min(row["found"], telling[key]), row["found"]) for key, row in last.items()
    ]
    strong, planted, strong_found, found = (sum(column) for column in zip(*counts, strict=True))
    return f"{strong_found} of {strong} are found; of the {planted - strong} others {found - strong_found}"


def discovery_time() -> str:
    """Seconds of finding and testing motifs, before one matrix had one count and after."""
    rows = read("discovery-time")["rows"]
    lines = [
        (f"{2 * row['n_per_class']:,} of {row['length']} bp", row["seconds_before"], row["seconds_after"], row["ratio"])
        for row in rows
    ]
    before, after = (sum(row[f"seconds_{side}"] for row in rows) for side in ("before", "after"))
    lines.append(("all", round(before, 1), round(after, 1), round(after / before, 3)))
    return table(("sequences", "seconds before", "after", "ratio"), lines)


def activity_motifs() -> str:
    """Motifs of simulated numbers, and how far their effects are off the truth."""
    rows = [row for row in read("activity-motifs")["rows"] if "seed" in row]
    effects = sum(row["effects"] for row in rows)
    alone = [row for row in rows if row["found"] == 6 and not row["others"] and row["right_signs"]]
    lines = [
        (
            "all six, with the right signs",
            f"{sum(row['found'] == 6 and row['right_signs'] for row in rows)} of {len(rows)} sets",
        ),
        ("the same, and nothing else", f"{len(alone)} of {len(rows)} sets"),
        ("motifs beside the six", sum(row["others"] for row in rows)),
        ("effects within 15 % of the truth", f"{sum(row['within_15_percent'] for row in rows)} of {effects}"),
        ("largest error of an effect", score(max(row["largest_error"] for row in rows))),
        ("the same by the sites that make the numbers", score(max(row["by_true_sites"] for row in rows))),
        ("mean error", score(fmean(row["mean_error"] for row in rows))),
        ("largest standard error, as a share of the effect", score(max(row["standard_error"] for row in rows))),
        ("CPU seconds a set", number(fmean(row["cpu_seconds"] for row in rows))),
    ]
    n, length = rows[0]["n"], rows[0]["length"]
    return table((f"six motifs, two numbers, {n:,} sequences of {length} bp", ""), lines)


def peaks_summary() -> str:
    ours, streme = read("motifs-real")["rows"], read("motifs-real-streme")["rows"]
    first = sum(row["rank"] == 1 for row in ours)
    common = {row["set"] for row in streme}
    ours_common = sum(row["rank"] == 1 for row in ours if row["set"] in common)
    return table(
        ("ChIP-seq peaks: the expected family comes first in", "all sets", "the sets that STREME was run on"),
        [
            ("motiflens", f"{first} of {len(ours)}", f"{ours_common} of {len(common)}"),
            ("STREME 5.5.8", None, f"{sum(row['rank'] == 1 for row in streme)} of {len(streme)}"),
        ],
    )


def peaks() -> str:
    lines = []
    for row in read("motifs-real")["rows"]:
        shown = [f"{word} ({names})" if names else word for word, _, names in (m.partition(" ") for m in row["motifs"])]
        lines.append((row["set"], row["rank"] or "none", score(row["auroc"]), ", ".join(shown[:6]), row["whole"]))
    return table(("set", "rank", "test AUROC", "motifs, strongest first (nearest known)", "s"), lines)


def few_peaks() -> str:
    """The rank of the expected family and the first motif, by the number of peaks."""
    rows = read("motifs-few-peaks")["rows"]
    counts = list(dict.fromkeys(row["most"] for row in rows))
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        found = [next(row for row in rows if (row["set"], row["most"]) == (name, most)) for most in counts]
        lines.append((name, *(f"{row['rank'] or 'none'}: {_first(row['motifs'])}" for row in found)))
    ranks = [[row["rank"] for row in rows if row["most"] == most] for most in counts]
    lines.append(("first, of all", *(f"{sum(rank == 1 for rank in some)} of {len(some)}" for some in ranks)))
    return table(("set", *(f"{most} peaks" for most in counts)), lines)


def _first(motifs: Sequence[str]) -> str:
    if not motifs:
        return "no motif"
    word, _, names = motifs[0].partition(" ")
    return f"{word} ({names})" if names else word


# Explanations


def truth_rows() -> list[Row]:
    """Rows of all methods; attention was measured again when it became another one."""
    rows: list[Row] = read("truth")["rows"] + read("truth-attention")["rows"]
    return rows


def truths(preset: str, members: int = 1) -> dict[str, list[Row]]:
    rows = [r for r in truth_rows() if "method" in r and r["preset"] == preset and r["members"] == members]
    return {method: found for method in METHODS if (found := [r for r in rows if r["method"] == method])}


def attention_audit() -> str:
    """Agreement of attention with mutagenesis in runs on real DNA, in total and by filter width."""
    rows = read("attention-audit")["rows"]
    lines = [
        (r["run"], r["length"], score(r["total"]), percent(r["above"]), *(score(x) for x in r["by_width"].values()))
        for r in rows
    ]
    return table(("run", "bp", "all widths", "sequences above .3", *(f"width {w}" for w in rows[0]["by_width"])), lines)


def live() -> str:
    """How fast the live view answers: a key with its picture, and all single changes."""
    lines = []
    for r in (row for row in read("live")["rows"] if row["check"] == "speed"):
        clock = (f"{r['key_median_ms']:.0f}", f"{r['key_p95_ms']:.0f}", f"{r['changes_median_ms']:.0f}")
        processor = (f"{r['key_cpu_ms']:.1f}", f"{r['changes_cpu_ms']:.0f}")
        lines.append((r["run"], r["length"], r["strands"], f"{r['report_mb']:.2f}", *processor, *clock))
    head = ("run", "bp", "strands", "report, MB", "key, processor ms", "all changes, processor ms")
    return table((*head, "key, median by the clock", "95th percentile", "all changes, by the clock"), lines)


def live_equality() -> str:
    """Largest differences between the live view and Python, by kind of run."""
    lines = []
    for r in read("live-kinds")["rows"]:
        if r["check"] == "equality":
            errors = (f"{r[name]:.1e}" for name in ("logits", "contributions", "attention", "deltas"))
            hits = f"{r['hits_differ']} of {r['hits']}"
            lines.append((r["run"], f"{r['sequences']:,}", *errors, r["other_targets"], hits))
    head = ("run", "sequences", "logits", "contributions, relative", "attention, relative", "effects, relative")
    return table((*head, "explained towards another class", "motif hits that differ"), lines)


def live_fuzz() -> str:
    """Steps of the fuzz run of the live view, and its largest difference where there is one."""
    (row,) = [row for row in read("live-fuzz")["rows"] if row["check"] == "fuzz"]
    return f"{row['steps']:,}" + (f" ({row['largest_difference']:.1e} off)" if row["largest_difference"] else "")


def variant_rows(part: str) -> list[Row]:
    """The rows of a part of the benchmark of variants; none where it has not been run."""
    if not (FOLDER / f"variants-{part}.json").is_file():
        return []
    return [row for row in read(f"variants-{part}")["rows"] if row["part"] == part]


def variant_hot_spots() -> str:
    """The two hot spots of the TERT promoter, and what beats them."""
    head = ("substitution", "change of the logit", "rank", "p", "motif", "larger are")
    lines = [
        (r["hot_spot"], f"{r['delta']:+.2f}", r["rank"], f"{r['p']:.2g}", r["motif"], "; ".join(r["above"]))
        for r in variant_rows("tert")
        if "hot_spot" in r
    ]
    return table(head, lines)


def variant_null() -> str:
    """p-values of random changes in shuffled sequences, by a null of such changes and by that of a run."""
    head = ("kind", "null from", "changes", "KS distance", "KS p", "p ≤ .05", "p ≤ .001", "q ≤ .05, of 20,000")
    names = ("kind", "null", "changes", "ks", "ks_p", "p_below_.05", "p_below_.001", "q_below_.05")
    return table(head, [[r[name] for name in names] for r in variant_rows("null")])


def variant_measurements() -> str:
    """eQTL variants of CAGI 4."""
    head = ("model", "set", "n", "AUROC, regulatory", "AUROC, allelic", "Pearson, skew", "Spearman, skew")
    names = ("model", "set", "n", "auroc_regulatory", "auroc_emvar", "pearson_skew", "spearman_skew")
    return table(head, [[r[name] for name in names] for r in variant_rows("cagi")])


def variant_speed() -> str:
    """Files of variants, by the whole command."""
    head = ("variants", "genome, Mbp", "strands", "seconds", "of the processor", "peak, MB")
    lines = [
        (
            f"{r['count']:,} {part}",
            r["genome"] // 10**6,
            r["strands"],
            r["wall_seconds"],
            r["cpu_seconds"],
            r["peak_mb"],
        )
        for part in ("snvs", "indels")
        for r in variant_rows(part)
    ]
    return table(head, lines)


def variant_beside() -> str:
    """Substitutions in memory, beside tangermeme's."""
    head = ("substitutions in memory", "variants", "processor µs each", "tangermeme's", "times faster")
    lines = [
        (r["against"], r["variants"], r["cpu_microseconds_ours"], r["cpu_microseconds_tangermeme"], r["times_faster"])
        for r in variant_rows("tangermeme")
    ]
    return table(head, lines)


def explanations() -> str:
    """How well each method ranks planted positions, for both presets."""
    additive, classic = truths("additive"), truths("classic")
    lines = []
    for method in additive:
        cells: list[str] = []
        for found in (additive[method], classic.get(method, [])):
            cells += [spread([r[k] for r in found]) if found else "" for k in ("auroc", "auprc")]
        lines.append((METHODS[method], *cells))
    return table(("method", "`additive`: AUROC", "AUPRC", "`classic`: AUROC", "AUPRC"), lines)


def truth_by_seed() -> str:
    rows = [row for row in truth_rows() if "method" in row]
    keys = list(dict.fromkeys((row["preset"], row["members"], row["seed"]) for row in rows))
    lines = []
    for method, label in METHODS.items():
        for key in keys:
            for row in rows:
                if row["method"] == method and (row["preset"], row["members"], row["seed"]) == key:
                    noise = row.get("signal_to_noise")
                    cells = (score(row["auroc"]), score(row["auprc"]), None if noise is None else f"{noise:.1f}")
                    lines.append((label, f"`{key[0]}`" + (f", {key[1]} members" if key[1] > 1 else ""), key[2], *cells))
    return table(("method", "preset", "seed", "AUROC", "AUPRC", "signal to noise"), lines)


# Speed

MACHINES = {"avx512": "AVX-512", "no-avx512": "no AVX-512"}


def speed() -> str:
    """The ratios to other tools, each measured in one run in alternation, on two machines."""
    cells: dict[str, dict[str, str]] = {}
    for machine in MACHINES:
        for row in read(f"attribution-{machine}")["rows"]:
            what = f"exact mutagenesis, `{row['preset']}`, {row['length']} bp, against tangermeme"
            cells.setdefault(what, {})[machine] = f"{number(row['ratio'])} times"
        steps = {row["contender"]: row for row in read(f"training-{machine}")["rows"] if "contender" in row}
        for name in ("keras", "plain"):
            if steps.get(name, {}).get("wall_ratio"):
                other = CONTENDERS[name].split(", ")[-1]
                what = f"training step of the tutorial's network, `classic` against {other}"
                cells.setdefault(what, {})[machine] = f"{steps[name]['wall_ratio'][0]:.1f} times"
    (scan,) = read("scan")["rows"]
    lines: list[Sequence[object]] = [(what, *map(found.get, MACHINES)) for what, found in cells.items()]
    lines.append(("scanning 10 Mbp for 100 motifs, against memelite", f"{scan['ratio_median']:.1f} times", None))
    return table(("faster than", *MACHINES.values()), lines)


def mutagenesis() -> str:
    lines = []
    for machine, label in MACHINES.items():
        for row in read(f"attribution-{machine}")["rows"]:
            values = [number(row.get(key)) for key in ("ours_per_second", "peer_per_second", "ratio", "ratio_cpu")]
            lines.append((f"`{row['preset']}`", row["length"], label, *values))
    head = ("preset", "bp", "machine", "sequences/s", "tangermeme's", "ratio of wall times", "of CPU times")
    return table(head, lines)


def training_step() -> str:
    lines = []
    for name, label in CONTENDERS.items():
        cells: list[object] = []
        for machine in MACHINES:
            found = [r for r in read(f"training-{machine}")["rows"] if r.get("contender") == name and "wall_ms" in r]
            if not found:
                cells += [None, None]
                continue
            middle, low, high = found[0]["wall_ms"]
            ratio = found[0].get("wall_ratio")
            cells += [f"{middle} ({low} to {high})", f"{ratio[0]}" if ratio else None]
        lines.append((label, *cells))
    head = ["ms per step, median (range)"]
    for label in MACHINES.values():
        head += [label, "ratio to `classic`"]
    return table(head, lines)


def devices() -> str:
    head = ("preset", "device", "fit, seconds", "AUROC", "predictions/s", "explained/s", "variants/s")
    keys = ("fit_seconds", "auroc", "predictions_a_second", "explained_a_second", "pairs_a_second")
    labels = {"cpu": "CPU", "cuda": "GPU"}
    return table(
        head,
        [
            (f"`{row['preset']}`", label, *(number(row[f"{key}_{device}"]) for key in keys))
            for row in read("devices")["rows"]
            for device, label in labels.items()
        ],
    )


def device_differences() -> str:
    keys = ("predictions", "explained", "pairs")
    return f"{max(row[f'{key}_difference'] for row in read('devices')['rows'] for key in keys):.1e}"


def recipe_time() -> str:
    """CPU time of training against the recipe with trial runs, and what it does to the AUROC."""
    rows = read("recipe-time")["rows"]
    lines = []
    for name in dict.fromkeys(row["set"] for row in rows):
        some = [row for row in rows if row["set"] == name]
        ratios, gains = [row["ratio"] for row in some], [row["auroc_after"] - row["auroc_before"] for row in some]
        lines.append((name, f"{some[0]['training_sequences']:,}", len(some), spread(ratios), score(fmean(gains), 4)))
    return table(("set", "training sequences", "seeds", "CPU time, after to before", "AUROC, after less before"), lines)


def first_use() -> str:
    lines: list[Sequence[object]] = []
    for name, label in (("first-use", "AVX-512"), ("first-use-no-avx512", "no AVX-512")):
        for row in read(name)["rows"]:
            if "median" in row:
                low, high = row.get("low", row["median"]), row.get("high", row["median"])
                span = f" ({number(low)} to {number(high)})" if low < high else ""
                lines.append((row["what"], f"{number(row['median'])} {row['unit']}{span}", label))
    return table(("what", "measured", "machine"), lines)


def large() -> str:
    lines: list[Sequence[object]] = []
    for row in read("scale")["rows"]:
        what = f"an epoch of training on {row['sequences']:,} x {row['length']} bp, memory-mapped"
        lines.append((what, number(row["cpu_seconds_an_epoch"]), number(row["peak_mb"])))
    for row in read("fit")["rows"]:
        what = f"all of `fit` on {row['sequences']:,} x {row['length']} bp of the tutorial's task"
        lines.append((what, number(row["cpu_seconds"]), number(row["peak_mb"])))
    return table(("what", "CPU seconds", "peak MB"), lines)


# Reliability


def defects() -> str:
    lines = []
    for row in read("audit")["rows"]:
        if "set" in row:
            expected = row.get("documented") or ", ".join(
                f"{n} {k.replace('_', ' ')}" for k, n in row["expected"].items()
            )
            severities = {k: n for s in ("error", "warning", "note") for k, n in row.get(s, {}).items()}
            found = row.get("found") or ", ".join(f"{n} {k.replace('_', ' ')}" for k, n in severities.items())
            lines.append((row["set"], expected or "none", found or "nothing"))
    return table(("set", "documented defect", "what the audit finds"), lines)


def leaks() -> str:
    rows = read("splits")["rows"]
    head = ("set", "copies and groups kept together", "near duplicates kept together (the default)")
    return table(head, ((r["set"], r["copies_kept_together"], r["near_duplicates_kept_together"]) for r in rows))


def seeds() -> str:
    rows = read("similarity-seeds")["rows"]
    lines = []
    for seed in dict.fromkeys(row["seed"] for row in rows if "seed" in row):
        found = {row["overlap"]: row for row in rows if row.get("seed") == seed}
        cells = (f"{found[n]['share']:.1%} ({found[n]['without_gaps']:.1%})" for n in sorted(found))
        lines.append((seed.count("1"), *cells))
    lengths = sorted({row["overlap"] for row in rows if "overlap" in row})
    return table(("letters of the seed", *(f"{n} letters" for n in lengths)), lines)


def faults() -> str:
    lines = []
    for row in read("faults")["rows"]:
        seen = row["seen"]
        text = seen if isinstance(seen, str) else ", ".join(f"{name}: {n}" for name, n in seen.items())
        lines.append((row["fault"], row["trials"], text, row["wrong"]))
    return table(("fault", "trials", "what happened", "wrong"), lines)


def inputs() -> str:
    rows = read("inputs")["rows"]
    lines = [
        (row["kind"], row["inputs"], row["to_read"], row["to_refuse"], "; ".join(row["wrong"]) or 0) for row in rows
    ]
    total = [sum(row[name] for row in rows) for name in ("inputs", "to_read", "to_refuse")]
    lines.append(("**all**", *total, sum(len(row["wrong"]) for row in rows)))
    return table(("kind", "inputs", "to be read", "to be refused", "wrong"), lines)


def peer_files() -> str:
    rows = read("peer-files")["rows"]
    readers = list(dict.fromkeys(row["reader"] for row in rows))
    lines: list[list[object]] = []
    for package in dict.fromkeys(row["package"] for row in rows):
        own = {row["reader"]: row for row in rows if row["package"] == package}
        bad = [sum(len(row[kind]) for row in own.values()) for kind in ("unhelpful", "wrong", "crashed")]
        refused = sum(row["refused"] for row in own.values())
        lines.append([package, own[readers[0]]["files"], *(own[name]["read"] for name in readers), refused, *bad])
    lines.append(["**all**", *(sum(int(str(line[i])) for line in lines) for i in range(1, len(lines[0])))])
    head = ("package", "files", *(f"read: {name}" for name in readers), "refused with a remedy")
    return table((*head, "refused without", "wrong", "crashed"), lines)


def load() -> str:
    lines = []
    for row in read("load")["rows"]:
        sizes = " and ".join(f"{n:,}" for n in row["sizes"]) + f" {row.get('unit', 'sequences')}"
        sizes += f" of {row['bp']} bp" if "bp" in row else ""
        cpu = " and ".join(number(m["cpu_seconds"]) for m in row["measured"])
        peak = " and ".join(f"{m['peak_mb']:,}" for m in row["measured"])
        detail = f" ({row['detail']})" if "detail" in row else ""
        lines.append((f"`{row['what']}`{detail}", sizes, cpu, peak))
    return table(("command", "size", "CPU seconds", "peak MB"), lines)


def audit_speed() -> str:
    rows = [row for row in read("audit-speed")["rows"] if "cpu_seconds" in row]
    return table(("what", "CPU seconds"), ((row["what"], row["cpu_seconds"]) for row in rows))


# Names and intervals


def motif_table() -> str:
    """Sets in which any motif, or any that was not planted, is wrong; runs whose table was counted again."""
    lines: list[Sequence[object]] = []
    kinds = {
        "permuted": "labels without meaning, no motif at all",
        "example": "README's simulation, 60 to 200 bp, no motif that is not planted",
    }
    for kind, name in kinds.items():
        if exists(f"motif-table-{kind}"):
            rows = [row for row in read(f"motif-table-{kind}")["rows"] if "seed" in row]
            wrong = "; ".join(", ".join(row["motifs"]) for row in rows if not row["clean"])
            lines.append((name, len(rows), sum(row["clean"] for row in rows), wrong))
    if exists("recount"):
        rows = read("recount")["rows"]
        wrong = "; ".join(f"{row['run']}: {', '.join(row['differences'])}" for row in rows if row["differences"])
        name = f"real runs counted again, {sum(row['motifs'] for row in rows)} motifs, no difference"
        lines.append((name, len(rows), sum(not row["differences"] for row in rows), wrong))
    return table(("what is wanted", "sets", "as wanted", "the others"), lines)


def naming() -> str:
    """Names of known, shuffled and well-known motifs."""
    rows = read("naming")["rows"]
    lines: list[Sequence[object]] = [
        (f"JASPAR, {row['sites']} sites each", row["n"], percent(row["named"]), percent(row["right"]))
        for row in rows
        if row["queries"] == "known"
    ]
    kinds = {"columns": "columns in random order", "letters": "letters exchanged within columns", "both": "both"}
    shuffled = [row for row in rows if row["queries"] == "shuffled"]
    lines += [(f"shuffled: {kinds[row['shuffle']]}", row["n"], percent(row["named"]), "none is") for row in shuffled]
    n = sum(row["n"] for row in shuffled)
    lines.append(("shuffled, together", n, percent(sum(row["n"] * row["named"] for row in shuffled) / n), "none is"))
    elements = [row for row in rows if row["queries"] == "elements"]
    named, right = (sum(bool(row[key]) for row in elements) / len(elements) for key in ("name", "right"))
    lines.append(("consensus of well-known elements", len(elements), percent(named), percent(right)))
    return table(("motifs", "n", "named", "right name or family"), lines)


def coverage() -> str:
    """Coverage of the intervals by size and balance: the range over separations, classes and calibration."""
    rows = read("coverage")["rows"]
    figures = ("accuracy", "auroc", "auprc", "mcc", "f1", "log_loss", "brier", "ece")
    lines = []
    for balanced in (True, False):
        for n in sorted({row["n"] for row in rows}):
            found = [row["coverage"] for row in rows if row["n"] == n and row["balanced"] == balanced]
            cells = [covered([row[figure][0] for row in found if figure in row]) for figure in figures]
            lines.append((n, "equal" if balanced else "1 in 10", *cells))
    heads = ("accuracy", "AUROC", "AUPRC", "MCC", "F1", "log loss", "Brier score", "calibration error")
    return table(("n", "classes", *heads), lines)


def covered(shares: Sequence[float]) -> str:
    """Return the mean, and the lowest and highest share of intervals that cover."""
    return f"{fmean(shares):.0f} ({min(shares):.0f} to {max(shares):.0f})" if shares else "none given"


def percent(share: float) -> str:
    """Return 98.3 % for 0.983."""
    return f"{100 * share:.1f} %"


# Numbers

ACTIVITIES = {
    "leaf": "plant core promoters, by gene",
    "fly": "fly enhancers, two tasks at once",
    "lenti": "human elements, twins kept apart",
    "yeast": "random yeast promoters",
}
WANTED = {"enrichment": 0.80, "dev": 0.43, "hk": 0.48, "mean_value": 0.48, "expression": 0.68}


def activities() -> str:
    """Correlation with measured numbers, means over the seeds: both presets, both ridges, and what was wanted."""
    rows = read("activities")["rows"]
    lines: list[Sequence[object]] = []
    for name, target in dict.fromkeys((r["set"], r["target"]) for r in rows):
        found = [r for r in rows if (r["set"], r["target"]) == (name, target)]
        additive = [r.get("additive", r["pearson"]) for r in found]
        deep = [r["pearson"] for r in found if "additive" in r]
        least = min(a - max(r["kmer_ridge"], r["position_ridge"]) for a, r in zip(additive, found, strict=True))
        lines.append(
            (
                ACTIVITIES[name],
                target,
                f"{found[0]['train']:,}, {found[0]['test']:,}",
                len(found),
                score(fmean(additive)),
                score(fmean(deep)) if deep else None,
                score(WANTED[target], 2),
                score(mean_of(found, "kmer_ridge")),
                score(mean_of(found, "position_ridge")),
                f"{least:+.3f}",
                score(mean_of(found, "coverage")),
                number(mean_of(found, "cpu_seconds")),
            )
        )
    head = ("set", "target", "training, test", "seeds", "`additive`", "`deep`", "wanted", "k-mer ridge")
    more = ("position-wise ridge", "least gain over both", "in the 95 % interval", "CPU s")
    return table((*head, *more), lines)


def activity_ensembles() -> str:
    """Ensembles of five beside the means of single fits, and how often their intervals hold the measured number."""
    single = read("activities")["rows"]
    lines = []
    for row in read("activities-ensembles")["rows"]:
        alone = [
            r.get("additive", r["pearson"]) for r in single if (r["set"], r["target"]) == (row["set"], row["target"])
        ]
        what = (ACTIVITIES[row["set"]], row["target"])
        lines.append((*what, score(fmean(alone)), score(row["pearson"]), score(row["coverage"])))
    return table(("set", "target", "one model", "five", "in the 95 % interval"), lines)


def yeast_rows() -> str:
    """Yeast promoters by the number of training sequences, preset `additive`."""
    whole = [row for row in read("activities")["rows"] if row["set"] == "yeast"]
    rows = read("activities-yeast")["rows"]
    counts = [*dict.fromkeys(row["train"] for row in rows), whole[0]["train"]]
    means = [fmean(row.get("additive", row["pearson"]) for row in [*rows, *whole] if row["train"] == n) for n in counts]
    return table(("training sequences", *(f"{n:,}" for n in counts)), [("Pearson's r", *(score(m) for m in means))])


# Other pages


def compared_with_others() -> str:
    """The README's table."""
    rows = [row for group in GROUPS for row in compared(group)]
    lines: list[Sequence[object]] = []
    for kind in dict.fromkeys(kind for kind, _ in SETS.values()):
        n, ours, best, _ = summed([row for row in rows if SETS[row["set"]][0] == kind])
        lines.append((f"{kind} ({n} sets), AUROC", ours, f"{best}, the best on each set"))
    additive, classic = (read(f"simulated-{preset}")["rows"] for preset in ("additive", "classic"))
    best_possible = score(mean_of(additive, "bayes_optimal_accuracy"))
    ours, theirs = (score(mean_of(found, "accuracy")) for found in (additive, classic))
    lines.append((f"the tutorial's task, accuracy (best possible: {best_possible})", ours, f"{theirs}, its network"))
    ours, theirs = (f"{score(r['mean_recall'])} at {score(r['mean_precision'])}" for r in first_planted())
    lines.append(("planted motifs, recall at precision", ours, f"{theirs}, STREME"))
    found, streme = read("motifs-real")["rows"], read("motifs-real-streme")["rows"]
    common = {row["set"] for row in streme}
    counts = [sum(row["rank"] == 1 for row in part if row["set"] in common) for part in (found, streme)]
    lines.append((f"expected family first, {len(common)} sets of peaks", counts[0], f"{counts[1]}, STREME"))
    for row in read("attribution-avx512")["rows"]:
        if row["length"] == 200 and "ours_per_second" in row:
            what = f"exact mutagenesis of 200 bp, `{row['preset']}`, sequences per second"
            lines.append((what, number(row["ours_per_second"]), f"{number(row['peer_per_second'])}, tangermeme"))
    return table(("", "motiflens", "others"), lines)


def first_planted() -> tuple[Row, Row]:
    """Our means and STREME's on the first planted sets."""
    ours, streme = (read(f"motifs-planted{name}")["rows"] for name in ("", "-streme"))
    return next(row for row in ours if "mean_recall" in row), streme[0]


def pictures() -> str:
    """Three ways to look at one decision, beside each other."""
    additive, classic = truths("additive"), truths("classic")
    chosen = ("mutagenesis, size of the effects", "contributions by letter", "attention, all scales")
    cells = ([score(mean_of(found.get(m, []), "auroc")) for found in (additive, classic)] for m in chosen)
    lines = ((METHODS[method], *found) for method, found in zip(chosen, cells, strict=True))
    return table(("picture", "`additive`", "`classic` (the tutorial's network)"), lines)

"""The technical terms of the report in a sentence or two, for readers who work with DNA, not with models."""

from collections.abc import Mapping

#: key: (term, meaning)
GLOSSARY: Mapping[str, tuple[str, str]] = {
    "auroc": (
        "AUROC",
        "Area under the ROC curve: how often a random member of the class, or sequence with the label, scores higher "
        "than a random other sequence. 0.5 is guessing, 1 is perfect. With several classes or labels, the mean over "
        "them.",
    ),
    "auprc": (
        "AUPRC",
        "Area under the precision-recall curve: the mean precision over all recalls. Guessing reaches the "
        "frequency of the class or label in the data, so it is stricter than AUROC where that is rare.",
    ),
    "accuracy": ("accuracy", "Fraction of the test sequences whose most probable class is the labelled one."),
    "mcc": (
        "MCC",
        "Matthews correlation coefficient between prediction and label: 0 is guessing, or always the same class; "
        "1 is perfect. Robust to unequal class sizes.",
    ),
    "f1": ("F1", "Harmonic mean of precision and recall."),
    "precision": ("precision", "Fraction of the sequences assigned to this class or label that belong to it."),
    "recall": ("recall", "Fraction of the sequences of this class or label that are assigned to it."),
    "log_loss": ("log loss", "Mean of −ln(probability of the true class). Confident mistakes cost most."),
    "brier": ("Brier score", "Mean squared difference between predicted probability and true label; 0 is perfect."),
    "ece": (
        "calibration error",
        "Average distance between predicted probabilities and observed frequencies: of the sequences predicted with "
        "80 % probability, 80 % should be correct. Chance adds to it in every test set, most in small ones; the "
        "interval is of the true error, and reaches 0 where right probabilities could have given the value.",
    ),
    "ece_debiased": (
        "calibration error, debiased",
        "Calibration error without what chance adds to it: the true error whose test sets have an error like this one "
        "in the median.",
    ),
    "pearson": (
        "Pearson",
        "Correlation of predicted and measured values: 1 where they lie on a rising line, 0 where they have nothing in "
        "common. It does not see whether the predictions are too high or too low as a whole.",
    ),
    "spearman": (
        "Spearman",
        "Correlation of the ranks: whether what is predicted higher is measured higher, whatever the scale.",
    ),
    "r2": (
        "R²",
        "Share of the variance of the measured values that the predictions explain: 1 − squared error / variance. "
        "0 is as good as the mean of all; below 0 is worse. Noise in the measurement keeps it below 1.",
    ),
    "rmse": ("RMSE", "Root of the mean squared difference between predicted and measured values, in their unit."),
    "mae": ("MAE", "Mean size of the difference between predicted and measured values, in their unit."),
    "ceiling": (
        "ceiling",
        "The best that any model could reach, since the measurement has noise: from the agreement of replicates, "
        "by the formula of Spearman and Brown.",
    ),
    "interval": (
        "95 % interval",
        "Range that contains the true score, that of endlessly many sequences, for 95 of 100 test sets of this size. "
        "Methods whose intervals overlap widely cannot be ranked on these data.",
    ),
    "held-out": ("held-out", "Sequences set aside: used neither to train nor to tune the model, only to test it."),
    "baseline": (
        "baseline",
        "A much simpler method trained on the same sequences: GC content alone, k-mer counts, or the base at each "
        "position. A model that does not beat it has learned nothing beyond it.",
    ),
    "difference": (
        "difference",
        "AUROC (of numbers: Pearson's correlation) of the model minus that of the baseline, on the same test "
        "sequences, with its 95 % interval. "
        "Where the interval includes 0, the model is not measurably better.",
    ),
    "bayes-optimal": (
        "best possible rule",
        "For simulated sequences the exact Bayes rule is known. No method can score higher on average, because some "
        "sequences contain their motif by chance or not at all.",
    ),
    "motif": ("motif", "A short recurring pattern, given by the frequencies of A, C, G and T at each position."),
    "logo": (
        "logo",
        "Letter heights show how conserved a position is, in bits: 2 bits means always the same base, 0 bits any "
        "base. A contribution logo shows instead what each base adds to the model's score.",
    ),
    "consensus": ("consensus", "The motif in letters; R, Y, S, W, K, M and N stand for several bases (IUPAC)."),
    "direction": (
        "class and direction",
        "The class whose score the motif changes: it supports the class (raises its score) or opposes it.",
    ),
    "enrichment": (
        "enrichment",
        "How many times more frequent sequences with a site are in the class of the motif than elsewhere, counted in "
        "sequences that the motif was not learned from.",
    ),
    "composition": (
        "composition",
        "How often letters and dinucleotides occur in a sequence. A motif has to be more frequent in its class than "
        "the composition of its sequences alone makes likely; the odds are learned from other sequences than those "
        "tested.",
    ),
    "p-value": (
        "p-value",
        "Probability of at least this difference by chance, if nothing but composition made the motif more frequent in "
        "one group.",
    ),
    "q-value": (
        "q-value",
        "The p-value corrected for the number of motifs tested: of all motifs with q ≤ 0.05, about 5 % are expected "
        "to be false positives.",
    ),
    "site": (
        "site (hit)",
        "A place where the sequence reaches the motif's cut: log2(probability / background) summed over its columns, "
        "in bits. Counts, test, positions and files are all of these sites. The q-value of a site is the fraction of "
        "the sequences of its class with a site as good that chance gives one.",
    ),
    "seqlet": (
        "seqlet",
        "A short stretch of a sequence with a high total contribution. Motifs are built by aligning and clustering "
        "seqlets.",
    ),
    "contribution": (
        "contribution (attribution)",
        "How much a base changes the model's score (logit) towards a class. Positive values support the class, "
        "negative values oppose it.",
    ),
    "hypothetical": (
        "hypothetical contribution",
        "What each of the four bases would contribute at a position, whether or not it is the observed one.",
    ),
    "logit": (
        "logit",
        "The model's score before it becomes a probability: 0 is undecided, +2.2 is 90 %, +4.6 is 99 % (two classes).",
    ),
    "attention": (
        "attention",
        "The share of each position in the evidence that the model pools, over all filters and for each filter width. "
        "Attention shows where the model finds what decides; contributions show which way it changes the score.",
    ),
    "agreement": (
        "agreement of attention",
        "Whether attention is high where substitutions change the score most: rank correlation over the windows of "
        "a sequence, as wide as the filters (in total: as the narrowest), median over sequences. 1 is the same order, "
        "0 is none.",
    ),
    "reverse-complement": ("reverse complement", "The same motif as read from the other strand."),
    "calibration": (
        "calibration",
        "Whether predicted probabilities equal observed frequencies: on the diagonal. A dot is a tenth of the test "
        "sequences, by their prediction, with its 95 % interval.",
    ),
}

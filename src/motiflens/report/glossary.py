"""The technical words of the report in a sentence or two, for a reader who works with DNA, not with models."""

from collections.abc import Mapping

#: key: (word, meaning)
GLOSSARY: Mapping[str, tuple[str, str]] = {
    "auroc": (
        "AUROC",
        "Area under the ROC curve: how often a random member of the class scores higher than a random other sequence. "
        "0.5 is guessing, 1 is perfect. With several classes, the mean over the classes.",
    ),
    "auprc": (
        "AUPRC",
        "Area under the precision-recall curve: the mean precision over all recalls. Guessing reaches the share of the "
        "class in the data, so it is a stricter measure than AUROC where a class is rare.",
    ),
    "accuracy": ("accuracy", "Share of the test sequences whose most probable class is the labelled one."),
    "mcc": (
        "MCC",
        "Matthews correlation coefficient between prediction and label: 0 is guessing or always the same class, "
        "1 is perfect. Not fooled by unequal class sizes.",
    ),
    "f1": ("F1", "Harmonic mean of precision (how many calls are right) and recall (how many members are found)."),
    "precision": ("precision", "Of the sequences called this class, the share that is."),
    "recall": ("recall", "Of the sequences of this class, the share that is called so."),
    "log_loss": ("log loss", "Mean of −ln(probability given to the true class). Confident mistakes cost most."),
    "brier": ("Brier score", "Mean squared difference between predicted probability and truth; 0 is perfect."),
    "ece": (
        "calibration error",
        "How far predicted probabilities are from observed frequencies, on average: of the sequences called with "
        "80 % probability, 80 % should be right.",
    ),
    "interval": (
        "95 % interval",
        "Where the score would lie in 95 of 100 test sets of this size (bootstrap). Two methods whose intervals "
        "overlap widely cannot be told apart on these data.",
    ),
    "held-out": ("held-out", "Sequences kept apart: used neither to train nor to tune the model, only to test it."),
    "baseline": (
        "baseline",
        "A much simpler rule trained on the same sequences. A model that does not beat it has found nothing beyond it: "
        "GC content alone, counts of short words (k-mers), or the base at each position.",
    ),
    "lead": (
        "lead over a rule",
        "AUROC of the model minus AUROC of the simple rule, on the same test sequences, with its 95 % interval. "
        "Where the interval includes 0, the model is not measurably better.",
    ),
    "bayes_optimal": (
        "best possible rule",
        "For simulated sequences the true rule is known; no method can score higher on average, because some "
        "sequences carry their motif by chance or not at all.",
    ),
    "motif": ("motif", "A short pattern that recurs in the sequences, as the share of A, C, G and T at each position."),
    "logo": (
        "logo",
        "Letter heights show how conserved a position is, in bits: 2 bits is one base always, 0 bits is any base. "
        "A contribution logo shows instead what each base adds to the model's score.",
    ),
    "consensus": ("consensus", "The motif in letters; R, Y, S, W, K, M and N stand for several bases (IUPAC)."),
    "direction": (
        "class and direction",
        "The class whose score the motif changes: it speaks for the class (raises its score) or against it.",
    ),
    "enrichment": (
        "enrichment",
        "How many times more frequent sequences with a site are where the motif belongs than elsewhere, counted in "
        "sequences that the motif was not learned from.",
    ),
    "p-value": (
        "p-value",
        "How often chance alone would give at least this difference, if the motif were equally frequent in both.",
    ),
    "q-value": (
        "q-value",
        "The p-value corrected for the number of motifs tested: of all findings with q ≤ 0.05, about 5 % are expected "
        "to be false.",
    ),
    "site": ("site (hit)", "A stretch that matches the motif well: its score would rarely be reached by chance."),
    "seqlet": (
        "seqlet",
        "A stretch whose contributions stand out. Motifs are made by aligning and grouping seqlets.",
    ),
    "contribution": (
        "contribution (attribution)",
        "How much a base at its position moves the model's score (logit) towards a class. Positive: speaks for the "
        "class. Negative: speaks against it.",
    ),
    "hypothetical": (
        "hypothetical contribution",
        "What each of the four bases would contribute at a position if it stood there, whether or not it does.",
    ),
    "logit": (
        "logit",
        "The model's score before it becomes a probability: 0 is undecided, +2.2 is 90 %, +4.6 is 99 % (two classes).",
    ),
    "attention": (
        "attention",
        "The weight the model gives each position, for each width of pattern that it looks for. It tells where the "
        "model looks; contributions tell what that does to the score.",
    ),
    "agreement": (
        "agreement of attention",
        "Whether attention is high where a change of a base changes the score most: rank correlation over the "
        "positions of a sequence, median over sequences. 1 is the same order, 0 is none.",
    ),
    "reverse-complement": ("reverse complement", "The same motif as read on the other strand."),
    "calibration": ("calibration", "Whether a predicted probability means what it says; on the diagonal it does."),
}

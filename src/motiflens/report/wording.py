"""What the page calls things, by what the run predicts: classes, numbers or labels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from motiflens.report.view import Kind, kind_of
from motiflens.run.folder import Run


@dataclass(frozen=True, kw_only=True)
class Words:
    """Words of one kind of run; in those with {}, the name of a number or a label goes there.

    Attributes:
        one: what a motif is found by.
        shares: the two groups of sequences that may have a site.
        upper: the sequences on the side that the motif raises.
        lower: the others.
        found: what is true of the motifs of the table.
        matters: what the table of effects holds.
        more: what the figures of a card are.
        test: what the test says of sequences with a site, for a motif that raises and one that lowers.
        kmers: what k-mers that proposed a motif go with.
        says: what a motif does, for one that raises and one that lowers.
        pairs: the sequences that pairs are counted in.
        planted: what planting a motif changes; {} is the target.
        planted_pair: what planting a pair changes, and the unit of that.
        chosen: which sequences the browser shows.
        map: colours of the map of contributions.
        support: what bases do that the explanation points to.
        better: what can help where no motif is found.
        aside: groups of motifs that are set aside, in order: heading and what it means.
    """

    one: str
    shares: str
    upper: str
    lower: str
    found: str
    matters: str
    more: str
    test: tuple[str, str]
    kmers: tuple[str, str]
    says: tuple[str, str]
    pairs: str
    planted: str
    planted_pair: tuple[str, str]
    chosen: str
    map: str
    support: str
    better: str
    aside: Mapping[str, tuple[str, str]]


_REPEATS = "Copies of one stretch of DNA (a transposable element, a gene family), or short words repeated."
_BITS = (
    "The test shown leaves composition out. A matrix of less than 5 bits is set aside here, too, with its own test: "
    "letters that are more or less frequent at a place."
)

_OF_CLASSES = {
    "shared": (
        "Shared by classes",
        "More frequent in the class than in the others together, but not clearly more than in each of them: such a "
        "motif may tell the classes that have it from those that do not.",
    ),
    "unused": (
        "Enriched, but not used by the model",
        "Held-out sequences confirm the difference, but the model's score does not respond to the motif as it should: "
        "planting it has to raise the score of its class, and erasing it to lower it, by .005 logits at least, both "
        "intervals clear of 0.",
    ),
    "unconfirmed": (
        "Used by the model, but enrichment not confirmed",
        "The model responds to the motif; sequences that it was not learned from do not show that it is more frequent "
        "in the class.",
    ),
    "repeat": (
        "Repeats and low complexity",
        f"{_REPEATS} They differ between the classes, but say little about what binds.",
    ),
    "artefact": (
        "Artefacts of the shuffled negatives",
        "What tells any real DNA from its shuffles: words of three letters that dinucleotides do not explain, and what "
        "real DNA avoids.",
    ),
    "composition": (
        "Explained by composition",
        f"More frequent in the class, but no more than its letters and dinucleotides alone make likely. {_BITS}",
    ),
    "echo": (
        "Echoes of another motif",
        "Shifted copies, parts and reverse complements: their sites lie on those of a stronger motif, without which "
        "they are not enriched.",
    ),
    "unsupported": (
        "Not enriched",
        "Proposed, but sequences that they were not learned from do not confirm a difference between the classes.",
    ),
}

_OF_TARGETS = {
    "unused": (
        "Associated, but not used by the model",
        "Held-out sequences confirm the difference, but the model's prediction does not respond to the motif as it "
        "should: planting it has to move the prediction the same way, and erasing it the other, both intervals clear "
        "of 0.",
    ),
    "unconfirmed": (
        "Used by the model, but not confirmed",
        "The model responds to the motif; sequences that it was not learned from do not show that those with a site "
        "differ.",
    ),
    "repeat": (
        "Repeats and low complexity",
        f"{_REPEATS} Sequences with them differ, but that says little about what binds.",
    ),
    "composition": (
        "Explained by composition",
        f"Sequences with a site differ, but no more than their letters and dinucleotides alone make likely. {_BITS}",
    ),
    "echo": (
        "Echoes of another motif",
        "Shifted copies, parts and reverse complements: their sites lie on those of a stronger motif, without which "
        "they have no effect.",
    ),
    "unsupported": (
        "Not confirmed",
        "Proposed, but sequences that they were not learned from do not confirm that those with a site differ, or a "
        "site adds too little while the other motifs are held constant.",
    ),
}

WORDS: Mapping[Kind, Words] = {
    "classes": Words(
        one="Class",
        shares="In class / others",
        upper="",
        lower="",
        found="Each is enriched in its class in sequences that it was not learned from, beyond what composition "
        "explains, and the model responds to it: planting it raises the score of its class, erasing it lowers it. "
        "Strongest evidence first; open one for counts, test, positions, similar known motifs and files.",
        matters="",
        more="",
        test=("", ""),
        kmers=("", ""),
        says=("▲ supports", "▼ opposes"),
        pairs="Sequences of the class with both motifs",
        planted="",
        planted_pair=("mean change of the class's logit", "logit"),
        chosen="from each class the most confident, the most wrong and the borderline ones",
        map="towards the class in its own sequences; in the colour of the class where they support it, in red where "
        "they oppose it.",
        support="support the class",
        better="more sequences; negatives whose base composition matches the positives; a better model. A model that "
        "cannot distinguish the classes has no motifs to show.",
        aside=_OF_CLASSES,
    ),
    "numbers": Words(
        one="Number",
        shares="With a site: higher / lower",
        upper="sequences with higher {}",
        lower="sequences with lower {}",
        found="Each raises or lowers a number in sequences that it was not learned from, beyond what composition "
        "explains, and the model responds to it the same way, planted and erased. Strongest evidence first; open one "
        "for effects, test, positions, similar known motifs and files.",
        matters="What a site adds to each number, in its units, the other motifs and composition held constant; pale "
        "where the 95 % interval includes 0.",
        more="What sequences with a site have more, in the units of the number, with 95 % interval:",
        test=("lie above", "lie below"),
        kmers=("high values of {}", "low values of {}"),
        says=("▲ raises", "▼ lowers"),
        pairs="Sequences with both motifs",
        planted="predicted {}, in its units",
        planted_pair=("mean change of the prediction, in its units,", "units of the number"),
        chosen="the highest and lowest values, those predicted worst, and some of all between",
        map="in colour where they raise the value, in red where they lower it.",
        support="raise the value",
        better="more sequences; more exact measurements; a better model. A model that predicts nothing has no motifs "
        "to show.",
        aside=_OF_TARGETS,
    ),
    "labels": Words(
        one="Label",
        shares="With a site: with / without the label",
        upper="the sequences with {}",
        lower="those without {}",
        found="Each goes with a label, or with its absence, in sequences that it was not learned from, beyond what "
        "composition explains, and the model responds to it the same way, planted and erased. Strongest evidence "
        "first; open one for effects, test, positions, similar known motifs and files.",
        matters="By how much the fraction with each label is larger where there is a site, the other motifs and "
        "composition held constant; pale where the 95 % interval includes 0.",
        more="By how much the fraction with the label is larger among sequences with a site (planted in the model: "
        "change of the logit), with 95 % interval:",
        test=("have the label more often than", "have the label less often than"),
        kmers=("{}", "the absence of {}"),
        says=("▲ supports", "▼ opposes"),
        pairs="Sequences with both motifs",
        planted="",
        planted_pair=("mean change of the label's logit", "logit"),
        chosen="some with and some without the first label, and those predicted worst",
        map="in colour where they support the label, in red where they oppose it.",
        support="support the label",
        better="more sequences; a better model. A model that cannot tell who has a label has no motifs to show.",
        aside=_OF_TARGETS,
    ),
}

_COUNTED = (
    "in natural logarithms of the rate or, where counts are small, in standard deviations of a Poisson count from what "
    "the exposure alone makes of it (Pearson residuals)"
)
_OF_COUNTS = replace(
    WORDS["numbers"],
    upper="sequences with a higher rate of {}",
    lower="sequences with a lower rate of {}",
    matters=f"What a site adds, the other motifs and composition held constant, {_COUNTED}; pale where the 95 % "
    "interval includes 0.",
    more=f"What sequences with a site have more, {_COUNTED}, with 95 % interval:",
    planted="logarithm of the predicted rate of {}",
    planted_pair=("mean change of the logarithm of the predicted rate", "log rate"),
)


def words_of(run: Run) -> Words:
    """Return the words for what a run predicts."""
    return _OF_COUNTS if run.info.unit == "log target units" else WORDS[kind_of(run)]

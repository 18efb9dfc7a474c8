"""Names of contigs: chr1, 1 and NC_000001.11 are one chromosome, and so are chrM, M, MT and NC_012920.1."""

import re
from collections import defaultdict
from collections.abc import Iterable

_REFSEQ = re.compile(r"nc_(0000(\d\d)|012920)(\.\d+)?")
_SEX = {"23": "x", "24": "y"}


def canonical(name: str) -> str:
    """Return what the names of one chromosome have in common. RefSeq accessions are those of human chromosomes."""
    plain = name.lower()
    if match := _REFSEQ.fullmatch(plain):
        number = str(int(match[2])) if match[2] else "mt"
        return _SEX.get(number, number)
    plain = plain.removeprefix("chr")
    return "mt" if plain == "m" else plain


class Contigs:
    """Finds the genome's name of a contig, and remembers which names differed."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._own = frozenset(self.names)
        alike = defaultdict(list)
        for name in self.names:
            alike[canonical(name)].append(name)
        self._canonical = {key: found[0] for key, found in alike.items() if len(found) == 1}
        self.translated: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """Return the genome's name; None where it has no such contig, or several that could be meant."""
        if name in self._own:
            return name
        found = self.translated.get(name) or self._canonical.get(canonical(name))
        if found is not None:
            self.translated[name] = found
        return found

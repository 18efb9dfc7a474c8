"""The wording of names: family first where its members are about equally similar."""

from dataclasses import dataclass

import pytest

from motiflens.motifs.names import name_from


@dataclass(frozen=True)
class Known:
    name: str
    family: str
    p: float
    collection: str = "CORE"


ETS = (Known("GABPA", "ETS", 1e-9), Known("ELK4", "ETS", 3e-9), Known("ELF1", "ETS", 4e-9), Known("ETV1", "ETS", 5e-9))


@pytest.mark.parametrize(
    ("matches", "name"),
    [
        ((), ""),
        (ETS[:1], "GABPA"),
        (ETS[:2], "ETS family: GABPA, ELK4"),
        (ETS, "ETS family: GABPA, ELK4, ELF1"),
        ((ETS[0], Known("Zbtb2", "", 2e-9)), "GABPA"),
        ((ETS[0], Known("Zbtb2", "", 2e-9), ETS[1]), "ETS family: GABPA, ELK4"),
        ((ETS[0], Known("Gabpa", "ETS", 2e-9)), "GABPA"),  # the same factor of another species
        ((ETS[0], Known("SPI1", "ETS", 1e-5)), "GABPA"),  # much less similar
        ((Known("RXRA::PPARG", "NR1, NR2", 1e-9), Known("PPARD", "NR1", 2e-9)), "NR1 family: RXRA::PPARG, PPARD"),
        ((Known("TATA box", "", 1e-6), Known("TBP", "TBP", 2e-6)), "TATA box"),
        ((Known("ZBTB11", "", 1e-9), *ETS[:2]), "ETS family: GABPA, ELK4"),  # another factor's motif
        ((Known("ZBTB11", "", 1e-9), ETS[0]), "ZBTB11"),
        ((Known("ZBTB11", "", 1e-9), Known("ZNF1", "", 1e-9), *ETS[:2]), "ZBTB11"),  # no majority
        # less similar ones count beside a motif without a family
        ((Known("ZBTB11", "", 1e-9), Known("ELK4", "ETS", 1e-6), Known("ETV4", "ETS", 2e-6)), "ETS family: ELK4, ETV4"),
        ((Known("REST", "", 1e-9), Known("ELK4", "ETS", 1e-6)), "REST"),
        (
            (Known("CCAAT box", "", 1e-9, "elements"), Known("NFYA", "NF-Y", 1e-9), Known("NFYB", "NF-Y", 1e-9)),
            "CCAAT box",
        ),
    ],
)
def test_names(matches: tuple[Known, ...], name: str) -> None:
    assert name_from(matches) == name

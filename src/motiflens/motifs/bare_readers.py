"""Readers of motif files without a header of their own: CIS-BP, UniPROBE, RSAT, and a matrix alone."""

import re
from collections.abc import Iterator
from functools import partial

from motiflens.motifs.motif_text import (
    BASE_ROW,
    Draft,
    Line,
    MotifText,
    Reading,
    has_decimals,
    lettered_rows,
    numbers,
    position,
    rows_are_bases,
    transposed,
)

CISBP_HEADER = re.compile(r"Pos\s+A\s+C\s+G\s+[TU]$", re.IGNORECASE)
_LONGEST_NAME = 60
_OUTSIDE = "numbers that belong to none of the motifs around them; give a file of one format"


def read_cisbp(file: MotifText) -> Iterator[Reading]:
    """CIS-BP: facts of a motif a line, a line "Pos A C G T", and a position a line."""
    facts: dict[str, str] = {}
    rows: list[Line] | None = None
    start = 0
    for line, text in file.lines:
        if CISBP_HEADER.match(text):
            if rows is not None:
                yield partial(_cisbp, file, facts, rows, start)
                facts = {}
            rows, start = [], line
        elif rows is not None and text[0].isdigit():
            rows.append((line, text))
        else:
            if rows is not None:
                yield partial(_cisbp, file, facts, rows, start)
                facts, rows = {}, None
            if is_row(text):
                file.fail(line, _OUTSIDE)
            words = text.split("\t", 1) if "\t" in text else text.split(maxsplit=1)
            facts.setdefault(words[0].strip().lower(), words[-1].strip())
    if rows is not None:
        yield partial(_cisbp, file, facts, rows, start)


def _cisbp(file: MotifText, facts: dict[str, str], rows: list[Line], start: int) -> Draft:
    name, accession = facts.get("tf name") or facts.get("tf") or facts.get("gene") or "", facts.get("motif", "")
    texts = [(line, text.split(maxsplit=1)[1] if " " in text or "\t" in text else "") for line, text in rows]
    return Draft(
        name=name or accession or file.stem,
        accession=accession if name else "",
        line=start,
        decimals=has_decimals(text for _, text in texts),
        rows=[position(file, line, text) for line, text in texts],
    )


def read_lettered(file: MotifText) -> Iterator[Reading]:
    """UniPROBE (A: ...) and RSAT (a | ...): four rows with letters, below lines that name the motif."""
    block: list[Line] = []
    above: list[str] = []
    count = 0
    for line, text in file.lines:
        if BASE_ROW.match(text) and text[1:2] in (":", "|", " ", "\t", "["):
            block.append((line, text))
            if len(block) == 4:
                count += 1
                yield partial(_lettered, file, block, _name(above) or f"{file.stem}_{count}")
                block, above = [], []
        elif block:
            file.fail(block[0][0], "the rows of a matrix should be A, C, G and T, once each")
        elif is_row(text):
            file.fail(line, _OUTSIDE)
        else:
            above.append(text)
    if block:
        file.fail(block[0][0], "the rows of a matrix should be A, C, G and T, once each")


def _lettered(file: MotifText, block: list[Line], name: str) -> Draft:
    rows = transposed(file, lettered_rows(file, block))
    return Draft(name=name, line=block[0][0], decimals=has_decimals(text for _, text in block), rows=rows)


def _name(above: list[str]) -> str:
    """The name in the lines above a matrix: "Protein: Arid3a	Seed k-mer: ..." or "; MET4 matrix, from ..."."""
    for text in above:
        words = re.split(r"\t|, ", text.lstrip("; "))[0].strip()
        words = re.sub(r"(?i)^(protein|gene|motif|name|id|ac)\s*[:=]?\s+", "", words)
        if words and words != "//":
            return words[:_LONGEST_NAME]
    return ""


def read_matrix(file: MotifText) -> Iterator[Reading]:
    """A matrix alone, of four rows or of four columns, named after the file."""
    yield partial(_matrix, file)


def _matrix(file: MotifText) -> Draft:
    body = file.lines
    draft = Draft(name=file.stem, line=body[0][0], decimals=has_decimals(text for _, text in body))
    if rows_are_bases(file, body, by_position=False):
        draft.rows = transposed(file, body)
    else:
        draft.rows = [position(file, line, text) for line, text in body]
    return draft


def is_row(text: str) -> bool:
    """Whether a line is a row of a matrix: four numbers or more."""
    return re.fullmatch(r"([\d.]\S*\s+){3,}[\d.]\S*", text) is not None and not re.search(r"[^\d.eE+\s-]", text)


def is_matrix(file: MotifText) -> bool:
    """Whether all lines are numbers, in four rows or four columns."""
    try:
        widths = {len(numbers(file, line, text)) for line, text in file.lines}
    except Exception:  # any line that is none
        return False
    return widths == {4} or (len(file.lines) == 4 and len(widths) == 1)

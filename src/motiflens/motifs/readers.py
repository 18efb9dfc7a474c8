"""Readers of motif files with headers: MEME; HOMER; JASPAR and its kin behind '>'; TRANSFAC and its kin."""

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
    labels,
    lettered_rows,
    position,
    rows_are_bases,
    transposed,
)
from motiflens.sequence.alphabet import ALPHABET

_ENCODE_ROW = re.compile(r"[ACGTURYSWKMBDHVNacgturyswkmbdhvn]\s+([\d.]\S*(?:\s+[\d.]\S*){3})$")
_ONE_SITE = re.compile(r"(?=.*[a-z])[a-z]*[A-Z]{2,60}[a-z]*$")
_SITE = re.compile(r"[ACGTUNacgtun]+$")


def read_meme(file: MotifText) -> Iterator[Reading]:
    """MEME's minimal format, and the text output of MEME and STREME."""
    chunk: list[Line] = []
    for line, text in file.lines:
        if text.startswith("ALPHABET=") and text[9:].split() not in (["ACGT"], ["ACGU"]):
            file.fail(line, f"the alphabet is {text[9:].strip()!r}, not ACGT: these are not DNA motifs")
        if text.startswith("MOTIF") and text[5:6].isspace():
            if chunk:
                yield partial(_meme, file, chunk)
            chunk = [(line, text)]
        elif chunk:
            chunk.append((line, text))
        elif text.startswith("letter-probability matrix"):
            file.fail(line, "a matrix without a MOTIF line of its own")
    if chunk:
        yield partial(_meme, file, chunk)


def _meme(file: MotifText, chunk: list[Line]) -> Draft:
    line, header = chunk[0]
    # MEME's own output goes on with "width = ..." behind the names.
    name, accession = labels(re.split(r"\s+width\s*=", " ".join(header[5:].split()))[0])
    draft, inside = Draft(name=name, accession=accession, line=line, sites=0), False
    for line, text in chunk[1:]:
        if text.startswith("letter-probability matrix"):
            if draft.rows:
                file.fail(line, "a matrix without a MOTIF line of its own")
            facts = dict(re.findall(r"(\w+)\s*=\s*(\d+)", text))
            if int(facts.get("alength", 4)) != 4:
                file.fail(line, f"{facts['alength']} letters a position, not four: this is not a DNA motif")
            draft.sites, inside = int(facts.get("nsites", 0)), True
            draft.width = int(facts["w"]) if "w" in facts else None
        elif inside and re.match(r"(?i)[-+]?([.\d]|nan|inf)", text):
            draft.rows.append(position(file, line, text))
        else:
            inside = False
    return draft


def _records(file: MotifText) -> Iterator[tuple[int, str, list[Line]]]:
    """(line, header, body) of each record that begins with '>'."""
    starts = [i for i, (_, text) in enumerate(file.lines) if text.startswith(">")]
    for start, stop in zip(starts, [*starts[1:], len(file.lines)], strict=True):
        line, header = file.lines[start]
        yield line, header[1:], file.lines[start + 1 : stop]


def read_homer(file: MotifText) -> Iterator[Reading]:
    """HOMER: '>consensus', name and threshold, then a position a line."""
    return (partial(_homer, file, *record) for record in _records(file))


def _homer(file: MotifText, line: int, header: str, body: list[Line]) -> Draft:
    columns = [column.strip() for column in header.split("\t")]
    if len(columns) < 2:
        file.fail(line, "a HOMER motif begins with '>consensus', its name and a threshold, with tabs between them")
    if len(columns) > 2:
        try:
            float(columns[2])
        except ValueError:
            file.fail(line, f"motif {columns[1]!r}: the threshold {columns[2][:20]!r} is no number")
    facts = "\t".join(columns[2:])
    sites, accession = re.search(r"\bT:(\d+)", facts), re.search(r"\bID:(\S+)", facts)
    return Draft(
        name=columns[1],
        accession=accession[1] if accession else "",
        line=line,
        sites=int(sites[1]) if sites else 0,
        rows=[position(file, number, text) for number, text in body],
    )


def read_headed(file: MotifText) -> Iterator[Reading]:
    """Matrices behind '>': JASPAR, cluster-buster, ENCODE, HOCOMOCO and gimmemotifs; or JASPAR's aligned sites."""
    records = list(_records(file))
    lines = [text for _, _, body in records for _, text in body]
    if lines and all(map(_SITE.match, lines)):
        yield from _sites(file, records)
        return
    # A file whose motifs have other than four lines has a position a line.
    by_position = any(len(body) != 4 for _, _, body in records)
    for line, header, body in records:
        yield partial(_headed, file, (line, header), body, by_position=by_position)


def _headed(file: MotifText, header: Line, body: list[Line], *, by_position: bool) -> Draft:
    name, accession = labels(" ".join(header[1].replace("\t", " ").split()))
    draft = Draft(name=name, accession=accession, line=header[0], decimals=has_decimals(text for _, text in body))
    encode = [_ENCODE_ROW.match(text) for _, text in body]
    four_bases = len(body) == 4 and all(BASE_ROW.match(text) for _, text in body)
    if body and all(encode) and not (four_bases and _letters(body) == set(ALPHABET)):
        draft.rows = [position(file, n, match[1]) for (n, _), match in zip(body, encode, strict=True) if match]
        return draft
    rows = lettered_rows(file, body)
    if rows or rows_are_bases(file, body, by_position=by_position):
        draft.rows = transposed(file, rows or body)
    else:
        draft.rows = [position(file, number, text) for number, text in body]
    return draft


def _letters(body: list[Line]) -> set[str]:
    return {text[0].upper().replace("U", "T") for _, text in body}


def _sites(file: MotifText, records: list[tuple[int, str, list[Line]]]) -> Iterator[Reading]:
    """JASPAR's sites: each record a sequence with one stretch of upper-case letters, which is a site of the motif."""
    motifs: dict[str, list[tuple[int, str]]] = {}
    for line, header, body in records:
        words = header.split()
        name = " ".join(words[:-1] if len(words) > 2 else words)
        motifs.setdefault(name, []).append((line, "".join(text for _, text in body)))
    if not all(len(sites) > 1 and all(_ONE_SITE.match(text) for _, text in sites) for sites in motifs.values()):
        file.fail(
            records[0][0], "sequences where motifs are expected: this is FASTA; name the motif file first, or give one"
        )
    return (partial(_counted, file, name, sites) for name, sites in motifs.items())


def _counted(file: MotifText, label: str, sites: list[tuple[int, str]]) -> Draft:
    name, accession = labels(label)
    upper = [(line, "".join(re.findall("[A-Z]", text)).replace("U", "T")) for line, text in sites]
    for line, site in upper:
        if len(site) != len(upper[0][1]):
            file.fail(line, f"a site of {len(site)} letters where the first of {label!r} has {len(upper[0][1])}")
    rows = [[float(sum(site[i] == base for _, site in upper)) for base in ALPHABET] for i in range(len(upper[0][1]))]
    return Draft(name=name, accession=accession, line=sites[0][0], rows=rows)


def read_transfac(file: MotifText) -> Iterator[Reading]:
    """TRANSFAC, with a line P0 (or PO) above each matrix; STAMP's and gimmemotifs' with DE lines and none."""
    chunk: list[Line] = []
    matrix = False
    for line, text in file.lines:
        tag = text.split(maxsplit=1)[0]
        begins = tag in ("AC", "ID", "NA", "DE", "P0", "PO") and matrix
        if tag == "//" or begins:
            if chunk and _named(chunk):
                yield partial(_transfac, file, chunk)
            chunk, matrix = [], False
        if tag != "//":
            chunk.append((line, text))
            matrix |= tag in ("P0", "PO") or tag.isdigit()
    if chunk and _named(chunk) and matrix:
        yield partial(_transfac, file, chunk)


def _named(chunk: list[Line]) -> bool:
    return any(text.split(maxsplit=1)[0] in ("AC", "ID", "NA", "DE", "P0", "PO") for _, text in chunk)


def _transfac(file: MotifText, chunk: list[Line]) -> Draft:
    known: dict[str, str] = {}
    draft: Draft | None = None
    order = list(range(4))
    for line, text in chunk:
        tag, _, rest = text.replace("\t", " ").partition(" ")
        if tag in ("AC", "ID", "NA", "DE"):
            known.setdefault(tag, rest.strip())
        elif tag in ("P0", "PO"):
            letters = rest.upper().split()
            if sorted(letters) != sorted(ALPHABET):
                file.fail(line, f"the columns are {' '.join(letters)!r}, not A, C, G and T")
            order = [letters.index(base) for base in ALPHABET]
            draft = _transfac_draft(known, line)
        elif tag.isdigit():
            draft = draft or _transfac_draft(known, chunk[0][0])
            fields = rest.split()
            values = position(file, line, " ".join(fields[:4]))  # a consensus letter may follow
            draft.rows.append([values[i] for i in order])
            draft.decimals |= has_decimals(fields[:4])
    if draft is None:
        file.fail(chunk[-1][0], f"motif {' '.join(known.values())!r} ends without a matrix")
    return draft


def _transfac_draft(known: dict[str, str], line: int) -> Draft:
    described = known.get("DE", "").split()
    name, accession = known.get("NA") or known.get("ID"), known.get("AC", "")
    if not name and not accession and described:
        name = described[0]
    return Draft(name=name or accession, accession=accession if name else "", line=line)

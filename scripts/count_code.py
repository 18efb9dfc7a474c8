"""Count files, lines, functions and documentation of Python packages, as a Markdown table.

    python scripts/count_code.py NAME=FOLDER ...

FOLDER is an unpacked source distribution or a checkout. The package is FOLDER/src/NAME or FOLDER/NAME, tests and
documentation are FOLDER/tests and FOLDER/docs where they are part of it. Lines are all lines of a file. A function is
public if neither its name nor that of the class around it begins with an underscore.
"""

import argparse
import ast
import statistics
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What was counted in one package."""

    lines: list[int]
    functions: list[Function]
    public: list[Function]
    tests: int
    pages: list[str]


def functions(tree: ast.AST, *, public: bool) -> Iterator[Function]:
    """Yield the functions and methods of a module, not those inside functions; `public`: public ones alone."""
    for node in ast.iter_child_nodes(tree):
        hidden = public and (getattr(node, "name", None) or "").startswith("_")
        if isinstance(node, Function) and not hidden:
            yield node
        elif isinstance(node, ast.ClassDef | ast.If | ast.Try) and not hidden:
            yield from functions(node, public=public)


def count(name: str, folder: Path) -> Counts:
    package = next(path for path in (folder / "src" / name, folder / name) if path.is_dir())
    files = [path for path in sorted(package.rglob("*.py")) if "tests" not in path.relative_to(package).parts]
    trees = {path: ast.parse(path.read_text("utf-8")) for path in files}
    tests = [path for part in (folder / "tests", package / "tests") for path in part.rglob("*.py")]
    pages = [path.read_text("utf-8") for ending in ("md", "rst") for path in (folder / "docs").rglob(f"*.{ending}")]
    return Counts(
        lines=[len(path.read_text("utf-8").splitlines()) for path in files],
        functions=[f for tree in trees.values() for f in functions(tree, public=False)],
        public=[f for tree in trees.values() for f in functions(tree, public=True)],
        tests=sum(len(path.read_text("utf-8").splitlines()) for path in tests),
        pages=pages,
    )


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def share(part: Iterable[bool]) -> str:
    found = list(part)
    return f"{100 * sum(found) / max(len(found), 1):.0f} %"


def annotated(function: Function) -> bool:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return all(a.annotation or a.arg in ("self", "cls") for a in arguments)


ROWS: dict[str, Callable[[Counts], object]] = {
    "Python files": lambda c: len(c.lines),
    "lines": lambda c: f"{sum(c.lines):,}",
    "lines per file, median (largest)": lambda c: f"{statistics.median(c.lines):.0f} ({max(c.lines):,})",
    "functions and methods": lambda c: f"{len(c.functions):,}",
    "their lines, median (longest)": lambda c: (
        f"{statistics.median(map(length, c.functions)):.0f} ({max(map(length, c.functions))})"
    ),
    "functions over 50 lines": lambda c: sum(length(f) > 50 for f in c.functions),
    "public functions": lambda c: f"{len(c.public):,}",
    "of these with a docstring": lambda c: share(bool(ast.get_docstring(f)) for f in c.public),
    "with annotated parameters": lambda c: share(map(annotated, c.public)),
    "lines of tests": lambda c: f"{c.tests:,}" if c.tests else "not in the archive",
    "pages of documentation (words)": lambda c: (
        f"{len(c.pages)} ({sum(len(p.split()) for p in c.pages):,})" if c.pages else "not in the archive"
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("packages", nargs="+", metavar="NAME=FOLDER")
    named = [word.partition("=") for word in parser.parse_args().packages]
    counts = [count(name, Path(folder)) for name, _, folder in named]
    print("| | " + " | ".join(name for name, _, _ in named) + " |")
    print("| --- |" + " --- |" * len(counts))
    for row, value in ROWS.items():
        print(f"| {row} | " + " | ".join(str(value(c)) for c in counts) + " |")


if __name__ == "__main__":
    main()

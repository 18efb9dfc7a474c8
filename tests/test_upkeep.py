"""What creeps in unnoticed: import circles, dead code, public names without documentation."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import motiflens

ROOT = Path(motiflens.__file__).parent
DOCS = ROOT.parents[1] / "docs"
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file: ast.parse(file.read_text()) for file in FILES}

#: Public names that nothing in src refers to, each with the reason why it stays.
UNREFERENCED = {
    "edit_effects": "any edits, for callers in Python",
    "interacting_network": "builds preset deep: model/presets.py names it with its module",
    "k_folds": "cross-validation, for callers in Python",
    "mutagenesis_naive": "the oracle of the tests and of benchmarks/truth.py",
    "packed_widget": "scripts/mkdocs_hooks.py",
    "remaining_similarity": "how far test and training are alike, for callers in Python and benchmarks/audit.py",
    "sample_words": "draws from a matrix for insertion_effects, for callers in Python",
    "standalone": "scripts/mkdocs_hooks.py",
}


def module(file: Path) -> str:
    return ".".join(file.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module(file): file for file in FILES}


def imported(tree: ast.Module) -> Iterator[str]:
    """Modules of motiflens that a file imports, wherever in it, except for type checkers alone."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "motiflens":
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """One circle of a directed graph as a path that ends where it began; empty if there is none."""
    done: set[str] = set()

    def search(node: str, path: list[str]) -> list[str]:
        if node in path:
            return [*path[path.index(node) :], node]
        if node in done:
            return []
        for neighbour in sorted(graph.get(node, ())):
            if found := search(neighbour, [*path, node]):
                return found
        done.add(node)
        return []

    return next((found for node in sorted(graph) if (found := search(node, []))), [])


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_no_file_imports_itself_through_others():
    files = {name: set(imported(TREES[file])) - {name, "motiflens"} for name, file in MODULES.items()}
    assert circle(files) == []


def test_no_package_imports_itself_through_others():
    packages: dict[str, set[str]] = {}
    for name, file in MODULES.items():
        parts = name.split(".")
        if len(parts) > 1:
            used = {other.split(".")[1] for other in imported(TREES[file]) if "." in other}
            packages.setdefault(parts[1], set()).update(used - {parts[1]})
    assert circle(packages) == []


def public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """Public classes and functions of a module, and the public methods of those classes; what is exported is alive."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name not in motiflens.__all__:
            if node.name.startswith("_"):
                continue
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (n for n in node.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_"))


def named(tree: ast.AST) -> Iterator[str]:
    """Every identifier that a tree refers to, and the words of its texts (getattr, annotations, lazy imports)."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.Constant(value=str(text)) if re.fullmatch(r"[\w.\[\], |]+", text):
                yield from re.findall(r"\w+", text)


def test_nothing_public_is_dead():
    used = Counter(name for tree in TREES.values() for name in named(tree))
    templates = "\n".join(path.read_text("utf-8") for path in (ROOT / "report").rglob("*.html"))
    dead = []
    for file, tree in TREES.items():
        for node in public(tree):
            decorated = any(
                re.search(r"command|callback|overload|register|validator|hook", ast.unparse(d))
                for d in node.decorator_list
            )
            inside = Counter(named(node))[node.name]  # a function that calls itself, a class that returns itself
            if used[node.name] <= inside and not decorated and not re.search(rf"\.{node.name}\b", templates):
                dead.append((node.name, f"{file.relative_to(ROOT)}:{node.lineno}"))
    assert {name: where for name, where in dead if name not in UNREFERENCED} == {}
    assert set(UNREFERENCED) - {name for name, _ in dead} == set(), "referenced now, or gone: take it off the list"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_what_is_public_has_a_docstring(file):
    tree = TREES[file]
    assert ast.get_docstring(tree), "the module"
    missing = [
        f"{node.name}, line {node.lineno}"
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert missing == []


def test_every_public_name_is_on_the_reference_page():
    page = (DOCS / "reference/api.md").read_text("utf-8")
    assert [name for name in motiflens.__all__ if f"::: motiflens.{name}\n" not in page] == []

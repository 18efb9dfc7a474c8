"""What creeps in unnoticed: import circles, public names without documentation."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import motiflens

ROOT = Path(motiflens.__file__).parent
DOCS = ROOT.parents[1] / "docs"
FILES = sorted(ROOT.rglob("*.py"))
TREES = {file: ast.parse(file.read_text()) for file in FILES}


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


def test_no_package_imports_itself_through_others():
    packages: dict[str, set[str]] = {}
    for name, file in MODULES.items():
        parts = name.split(".")
        if len(parts) > 1:
            used = {other.split(".")[1] for other in imported(TREES[file]) if "." in other}
            packages.setdefault(parts[1], set()).update(used - {parts[1]})
    assert circle(packages) == []


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

"""The house rules that a machine can hold: who may import whom, what start-up may load, how long things get."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import motiflens
from motiflens.model.presets import PRESETS

ROOT = Path(motiflens.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
HEAVY = ("torch", "numpy", "pandas", "matplotlib", "numba", "sklearn", "scipy", "lightning", "pyarrow", "pyjaspar")

#: What each package may import beside errors, shapes, words, compiled and itself. "" is the package's own __version__.
BASE = {"errors", "shapes", "words", "compiled", ""}
MAY_IMPORT = {
    "errors": set(),
    "shapes": set(),
    "words": set(),
    "compiled": set(),
    "sequence": set(),
    "groups": {"sequence"},
    "motifs": {"sequence"},
    "discovery": {"sequence", "groups", "motifs"},
    "data": {"sequence", "groups"},
    "simulation": {"sequence", "motifs", "data"},
    "model": {"sequence"},
    "training": {"sequence", "motifs", "data", "model"},
    "evaluation": {"sequence", "data", "model", "motifs", "discovery"},
    "explain": {"sequence", "model"},
    "run": {"sequence", "motifs"},
    "apply": {"sequence", "motifs", "data", "model", "explain", "run"},
    "live": {"sequence", "model"},
    "report": {"sequence", "run", "motifs", "live"},
}
LOWER = set(MAY_IMPORT)
MAY_IMPORT["workflow"] = LOWER
MAY_IMPORT["classifier"] = LOWER | {"workflow"}
MAY_IMPORT["regressor"] = LOWER | {"workflow"}
MAY_IMPORT["explorer"] = LOWER | {"api"}
MAY_IMPORT["api"] = LOWER | {"workflow"}
MAY_IMPORT["folds"] = {"sequence", "groups", "data"}
MAY_IMPORT["plots"] = LOWER
MAY_IMPORT["cli"] = LOWER | {"workflow"}
MAY_IMPORT["__main__"] = {"cli"}


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def package_of(module: str) -> str:
    """Return the package of a dotted name below motiflens."""
    return module.split(".")[1] if "." in module else ""


def imports(tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """Modules that a file imports, wherever in it, and whether at the top level."""
    top = {id(node) for node in ast.iter_child_nodes(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide which package is meant"
            if node.module == "motiflens":
                yield from ((f"motiflens.{alias.name}", id(node) in top) for alias in node.names)
            else:
                yield node.module, id(node) in top


def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


@pytest.mark.parametrize("file", [f for f in FILES if f.parent != ROOT or f.name != "__init__.py"], ids=name_of)
def test_packages_import_only_those_above_them_in_the_table(file):
    package = file.relative_to(ROOT).parts[0].removesuffix(".py")
    assert package in MAY_IMPORT, f"{package} is new: add it to the table of CONTRIBUTING.md and here"
    used = {package_of(m) for m, _ in imports(parse(file)) if m.split(".")[0] == "motiflens"}
    assert used - BASE - {package} <= MAY_IMPORT[package]


def test_every_package_is_in_the_table():
    packages = {f.relative_to(ROOT).parts[0].removesuffix(".py") for f in FILES} - {"__init__"}
    assert packages == set(MAY_IMPORT)


LIGHT = [
    f for f in FILES if f.name in ("__init__.py", "config.py", "errors.py") or f.relative_to(ROOT).parts[0] == "cli"
]


@pytest.mark.parametrize("file", LIGHT, ids=name_of)
def test_nothing_heavy_where_start_up_passes(file):
    allowed = {"data/examples/__init__.py"}  # a module that happens to be a folder, for its files
    at_top = {m.split(".")[0] for m, top in imports(parse(file)) if top}
    if name_of(file) not in allowed:
        assert not at_top & set(HEAVY)


@pytest.mark.parametrize("module", ["motiflens", "motiflens.cli", "motiflens.cli.app", "motiflens.workflow.settings"])
def test_start_up_loads_nothing_heavy(module):
    code = f"import sys, {module}; print(*sorted(set(m.split('.')[0] for m in sys.modules) & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_only_training_waits_for_lightning():
    code = "import sys, motiflens.workflow.apply; sys.exit('lightning' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_are_lazy_and_there():
    for name in motiflens.__all__:
        assert getattr(motiflens, name).__name__ == name


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_files_and_functions_stay_short(file):
    assert len(file.read_text().splitlines()) < 400
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            docstring = node.body[0].end_lineno - node.body[0].lineno + 1 if documented else 0
            lines = node.end_lineno - node.lineno + 1 - docstring
            assert lines <= 50, f"{node.name} has {lines} lines"


def is_command_or_compiled(node: ast.FunctionDef) -> bool:
    """Whether it is a command, whose parameters are options, or compiled code, which knows no keywords."""
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    return any(
        word in d for d in decorators for word in ("app.command", "jit", "intrinsic", "kernel", "inlined", "part")
    )


@pytest.mark.parametrize("file", [f for f in FILES if not f.name.startswith("_")], ids=name_of)
def test_public_functions_take_three_positional_parameters_at_most(file):
    tree = parse(file)
    scopes = [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]
    for node in (child for scope in scopes for child in scope.body if isinstance(child, ast.FunctionDef)):
        if not node.name.startswith("_") and not is_command_or_compiled(node):
            names = [a.arg for a in node.args.posonlyargs + node.args.args if a.arg not in ("self", "cls")]
            assert len(names) <= 3, f"{node.name} takes {', '.join(names)}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_library_neither_prints_nor_configures_logging(file):
    if "cli" in file.relative_to(ROOT).parts:
        return
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in ("print", "logging.basicConfig"), f"line {node.lineno}"
            assert not called.endswith(".addHandler"), f"line {node.lineno}"


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_mutable_defaults_and_no_postponed_annotations(file):
    tree = parse(file)
    assert not any(m == "__future__" for m, _ in imports(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
                assert not isinstance(default, ast.List | ast.Dict | ast.Set), f"line {default.lineno}"


def test_every_module_says_what_it_is():
    assert [name_of(f) for f in FILES if not ast.get_docstring(parse(f))] == []


def is_inside(file: Path, *folders: str) -> bool:
    return any(name_of(file).startswith(folder + "/") for folder in folders)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_presets_are_named_by_networks_and_their_recipes_alone(file):
    if is_inside(file, "model", "training/recipes"):
        return
    tree = parse(file)
    modules = {f"motiflens.model.{preset}" for preset in PRESETS}
    assert not [m for m, _ in imports(tree) if any(m == x or m.startswith(x + ".") for x in modules)]
    assert not [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in PRESETS]


#: Where two classes are a condition on the input and not a choice of a formula.
TWO_CLASSES_WANTED = {"data/assemble.py", "data/collect.py", "simulation/bayes_rule.py", "model/wrap.py"}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_the_number_of_classes_chooses_a_formula_in_one_place(file):
    if name_of(file) in TWO_CLASSES_WANTED | {"model/output.py"}:
        return
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Compare):
            text = ast.unparse(node)
            counts = re.search(r"len\([\w.]*classes\)|\bn_outputs|(logits|probabilities)\.shape\[1\]", text)
            assert not (counts and re.search(r"[=!]= [12]\b|(>|<=) 2\b|(<|>=) 3\b", text)), (
                f"line {node.lineno}: {text}"
            )

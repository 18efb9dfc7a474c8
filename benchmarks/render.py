"""Render docs/benchmarks.md, docs/benchmarks/*.md and single tables of other pages from benchmarks/results/*.json.

    python benchmarks/render.py [--check]

`--check` writes nothing and fails where a page in docs/ differs from its rendering. The prose is in benchmarks/pages,
one Jinja template per page; `{{ table.NAME }}` stands for the table that the function NAME of benchmarks/tables.py
makes, and `{{ source("RESULT", ...) }}` or `{{ sources("PREFIX") }}` for where, when and how result files were
measured. In README.md and all other pages a table stands between `<!-- table: NAME -->` and `<!-- end of table -->`.
"""

import argparse
import re
import sys
from pathlib import Path

import jinja2
import tables
from results import FOLDER, ROOT, Row, read

PAGES = ROOT / "benchmarks" / "pages"
DOCS = ROOT / "docs"


class Tables:
    """Every public function of benchmarks/tables.py as an attribute, computed when it is asked for."""

    def __getattr__(self, name: str) -> str:
        return getattr(tables, name)()


def source(*names: str) -> str:
    """Return one line per result file: command, date, commit, machine and note."""
    return "\n".join(f"- {described(name, read(name))}" for name in names)


def sources(prefix: str) -> str:
    """Return the same of every result file whose name begins with a prefix."""
    return source(*(file.stem for file in sorted(FOLDER.glob(f"{prefix}-*.json"))))


def described(name: str, result: Row) -> str:
    machine = result["machine"]
    vectors = "AVX-512" if machine["avx512"] else "no AVX-512"
    where = f"{machine['cpu']}, {machine['cores']} cores, {vectors}, {machine['memory_gb']} GB"
    what = (
        f"`{result['command']}`" if result["command"].startswith(("python", "motiflens", "make")) else result["command"]
    )
    commit = "" if result["commit"] == "none" else f", commit {result['commit']}"
    note = f" ({result['note']})" if "note" in result else ""
    return f"`{name}.json`: {what}; {result['date']}{commit}; {where}{note}"


def pages() -> dict[Path, str]:
    """Return the text of every page by its path."""
    loader = jinja2.FileSystemLoader(PAGES)
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.globals |= {"table": Tables(), "source": source, "sources": sources}
    found = {}
    for template in sorted(PAGES.glob("*.md")):
        path = DOCS / "benchmarks.md" if template.name == "index.md" else DOCS / "benchmarks" / template.name
        found[path] = environment.get_template(template.name).render()
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md"))):
        if path not in found:
            found[path] = with_tables(path.read_text("utf-8"))
    return found


def with_tables(text: str) -> str:
    """Return a page with the tables between its marks made anew."""
    marked = r"(<!-- table: (\w+) -->\n).*?(<!-- end of table -->)"
    return re.sub(marked, lambda m: f"{m[1]}\n{getattr(tables, m[2])()}\n\n{m[3]}", text, flags=re.DOTALL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    rendered = pages()
    stale = [path for path, text in rendered.items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
        sys.exit(f"{names}: not what {FOLDER.relative_to(ROOT)} gives; run `make benchmarks-page`")
    for path in [] if check else stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(rendered[path], "utf-8")


if __name__ == "__main__":
    main()

"""Hooks of the documentation site: the report's glossary, every decision in the navigation, a live view to try."""

import gzip
import json
from pathlib import Path
from typing import Any

from motiflens.report.glossary import GLOSSARY
from motiflens.report.widget import packed_widget, standalone

MARK = "<!-- the report's glossary -->"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace MARK by a table of the report's terms."""
    if MARK not in markdown:
        return markdown
    rows = "\n".join(f"| **{term}** | {meaning} |" for term, meaning in GLOSSARY.values())
    return markdown.replace(MARK, f"| term | meaning |\n| --- | --- |\n{rows}")


def on_config(config: Any) -> Any:
    """Put every page of docs/decisions into the navigation, numbered ones first."""
    pages = sorted(path.name for path in (Path(config["docs_dir"]) / "decisions").glob("*.md"))
    pages.remove("index.md")
    for entry in config["nav"]:
        if "Decisions" in entry:
            entry["Decisions"] = ["decisions/index.md", *(f"decisions/{name}" for name in pages)]
    return config


def on_post_build(config: Any) -> None:
    """Write live.html, the live view of the model in docs/live.json.gz, which scripts/pack_live.py packs."""
    packed = json.loads(gzip.decompress((Path(config["docs_dir"]) / "live.json.gz").read_bytes()))
    shown = packed_widget(data=json.dumps(packed["data"]), live=json.dumps(packed["live"]))
    (Path(config["site_dir"]) / "live.html").write_text(standalone(shown, title="Try it: splice junctions"), "utf-8")

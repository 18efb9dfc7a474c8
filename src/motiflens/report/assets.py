"""The page's scripts and styles as text: ES modules bundled into one script, hashes for the content security policy."""

import base64
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files

from motiflens.report.palette import CLASSIC_DARK, CLASSIC_LIGHT, DARK, LIGHT, css_variables

_IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./(\w+)\.js";\n', re.M)
_EXPORT = re.compile(r"^export ((?:async )?(?:function|const|class)) (\w+)", re.M)


def read_static(name: str) -> str:
    """Text of a file in static/."""
    return (files("motiflens.report") / "static" / name).read_text("utf-8")


def bundle(entry: str, *, instead: Mapping[str, str] | None = None) -> str:
    """The module `entry` and all that it imports, as one classic script; each module stays in a scope of its own.

    `instead` names modules that take the place of others.

    The modules keep to one-line `import { a, b } from "./other.js";` and to `export function|const|class`.
    """
    order: dict[str, str] = {}
    _collect(entry, order, instead or {})
    return '"use strict";\n' + "".join(order.values())


def _collect(module: str, order: dict[str, str], instead: Mapping[str, str]) -> None:
    if module in order:
        return
    source = read_static(f"{instead.get(module, module)}.js")
    for _, imported in _IMPORT.findall(source):
        _collect(imported, order, instead)
    body = _IMPORT.sub(lambda m: f"const {{ {m[1]} }} = $modules.{m[2]};\n", source)
    exported = ", ".join(name for _, name in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1 \2", body)
    head = "const $modules = {};\n" if not order else ""
    order[module] = f"{head}$modules.{module} = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def stylesheet() -> str:
    """report.css behind the palette: light, dark where the system or the reader asks for it, light on paper."""
    light, dark = (
        f"{css_variables(colours)}color-scheme:{scheme}" for colours, scheme in ((LIGHT, "light"), (DARK, "dark"))
    )
    classic, classic_dark = css_variables(CLASSIC_LIGHT), css_variables(CLASSIC_DARK)
    return (
        f":root{{{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
        f":root[data-letters=classic]{{{classic}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root[data-letters=classic]:not([data-theme=light])"
        f"{{{classic_dark}}}}}\n"
        f"@media screen{{:root[data-letters=classic][data-theme=dark]{{{classic_dark}}}}}\n"
        + read_static("report.css")
        + read_static("try.css")
    )


def host_stylesheet() -> str:
    """The same for a part of another page, in a shadow of its own: as light or dark as the reader's system."""
    light, dark = css_variables(LIGHT), css_variables(DARK)
    rules = (read_static("report.css") + read_static("try.css")).replace(":root {", ":host {", 1)
    return (
        f":host{{{light}color-scheme:light}}\n@media (prefers-color-scheme:dark){{:host{{{dark}color-scheme:dark}}}}\n"
        f"{rules}\n.host{{padding:2px 12px 14px;background:var(--page);color:var(--ink);font:15px/1.55 var(--sans);"
        "font-variant-numeric:tabular-nums}"
    )


def csp_hash(text: str) -> str:
    """The source expression that allows an inline script or style with just this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

"""The live view of a run as a part of a notebook: one ES module, as anywidget takes it, and what it shows."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from motiflens.report import view
from motiflens.report.assets import bundle, host_stylesheet
from motiflens.report.live_data import live_data
from motiflens.report.motif_labels import motif_labels
from motiflens.report.page import environment
from motiflens.report.payload import payload
from motiflens.run.folder import Run

_MODULE = """
function start($given) {{
{bundle}
return $modules.live_widget.startWidget($given.live);
}}
function render({{ model, el }}) {{
  const root = el.attachShadow ? (el.shadowRoot ?? el.attachShadow({{ mode: "open" }})) : el;
  const style = document.createElement("style");
  style.textContent = model.get("style");
  const holder = document.createElement("div");
  holder.className = "host";
  holder.innerHTML = model.get("markup"); // of the package's own template, which escapes every name
  root.replaceChildren(style, holder);
  el.setAttribute("data-lm-suppress-shortcuts", "true"); // or A would add a cell to JupyterLab's notebook
  holder.addEventListener("keydown", (event) => event.stopPropagation());
  const live = JSON.parse(model.get("live"));
  if (live.model) start({{ root: holder, data: JSON.parse(model.get("data")), live }});
}}
export default {{ render }};
"""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
</head>
<body>
<main id="explorer"></main>
<script type="application/json" id="state">{{ state }}</script>
<script type="module">
{{ module }}
const state = JSON.parse(document.getElementById("state").textContent);
render({ model: { get: (name) => state[name] }, el: document.getElementById("explorer") });
</script>
</body>
</html>
"""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """An ES module that renders, and the state that it reads: markup, style, and two JSON texts."""

    module: str
    markup: str
    style: str
    data: str
    live: str


def widget(run: Run) -> Widget:
    """Return the live view of a run."""
    record = run.motifs() if run.has("motifs.json") else None
    live = live_data(run, record, motif_labels(record.motifs if record else ()))
    data = dataclasses.replace(payload(run, record), sites=[], table="").json()
    return _widget(data=data, live=live.json(), markup=_markup(live=live, header=view.header(run)))


def packed_widget(*, data: str, live: str) -> Widget:
    """Return the live view of a model and sequences that were packed before: a widget's `data` and `live`."""
    return _widget(data=data, live=live, markup=_markup(live=json.loads(live), header=None))


def standalone(shown: Widget, *, title: str) -> str:
    """Return a page that holds nothing but the live view."""
    state = json.dumps({"markup": shown.markup, "style": shown.style, "data": shown.data, "live": shown.live})
    return (
        environment()
        .from_string(_PAGE)
        .render(title=title, state=Markup(state.replace("<", "\\u003c")), module=Markup(shown.module))
    )


def _widget(*, data: str, live: str, markup: str) -> Widget:
    return Widget(
        module=_MODULE.format(bundle=bundle("live_widget", instead={"context": "widget_context"})),
        markup=markup,
        style=host_stylesheet(),
        data=data,
        live=live,
    )


def _markup(**given: Any) -> str:
    return environment().get_template("try.html").render(**given)

"""The live view of a run as a part of a notebook: one ES module, as anywidget takes it, and what it shows."""

import dataclasses
from dataclasses import dataclass

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
    return Widget(
        module=_MODULE.format(bundle=bundle("live_widget", instead={"context": "widget_context"})),
        markup=environment().get_template("try.html").render(live=live, header=view.header(run)),
        style=host_stylesheet(),
        data=dataclasses.replace(payload(run, record), sites=[], table="").json(),
        live=live.json(),
    )

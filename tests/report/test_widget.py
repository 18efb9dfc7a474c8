"""The live view as a notebook's widget: the module as anywidget calls it, in a page that is not ours."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from motiflens import Explorer
from motiflens.report.widget import packed_widget, standalone, widget
from motiflens.run.folder import Run

_SHOW = """async ({ source, state }) => {
  const { default: widget } = await import(`data:text/javascript;base64,${source}`);
  const el = document.createElement("div");
  document.body.append(el);
  widget.render({ model: { get: (name) => state[name] }, el });
  const root = el.shadowRoot;
  root.querySelector("[data-try=up]").click();
  await new Promise((resolve) => setTimeout(resolve, 400));
  return {
    cells: root.querySelectorAll("#try-editor .cells").length,
    edits: root.querySelectorAll("[data-try=edits] li:not(.faint)").length,
    said: root.querySelector("[data-try=said]").textContent,
    surface: getComputedStyle(root.querySelector(".panel.try")).backgroundColor,
    page: getComputedStyle(document.body).backgroundColor,
  };
}"""


@pytest.mark.browser
def test_the_module_renders_and_answers_inside_another_page(chromium: Any, splice_run: Run) -> None:
    made = widget(splice_run)
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    state = {"markup": made.markup, "style": made.style, "data": made.data, "live": made.live}
    found = page.evaluate(_SHOW, {"source": base64.b64encode(made.module.encode()).decode(), "state": state})
    assert found["cells"] == found["edits"] == 1
    assert "in the original" in found["said"]
    assert found["surface"] == "rgb(255, 255, 255)"
    assert found["page"] == "rgba(0, 0, 0, 0)"  # the page around it keeps its own style
    assert trouble == []
    page.close()


@pytest.mark.browser
def test_the_packed_model_of_the_documentation_still_opens(chromium: Any, tmp_path: Path) -> None:
    packed = json.loads(gzip.decompress((Path(__file__).parents[2] / "docs" / "live.json.gz").read_bytes()))
    shown = packed_widget(data=json.dumps(packed["data"]), live=json.dumps(packed["live"]))
    path = tmp_path / "live.html"
    path.write_text(standalone(shown, title="Try <it>"), "utf-8")
    page = chromium.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(path.as_uri())
    page.locator("#try-editor .cells").wait_for()
    page.locator("[data-try=down]").click()
    page.wait_for_function(
        "document.querySelector('#explorer').shadowRoot.querySelector('[data-try=said]').textContent"
    )
    assert " in the original, " in page.locator("[data-try=said]").text_content()
    assert page.title() == "Try <it>"
    assert trouble == []
    page.close()


def test_a_notebook_shows_it(splice_run: Run) -> None:
    pytest.importorskip("anywidget", reason="needs anywidget: pip install .[notebook]")
    shown = Explorer(splice_run.path)
    assert "application/vnd.jupyter.widget-view+json" in shown._repr_mimebundle_()[0]
    state = shown.widget.get_state()
    assert state["_esm"].rstrip().endswith("export default { render };")
    assert json.loads(state["live"])["model"]["length"] == splice_run.info.length
    assert shown.widget is shown.widget


def test_the_module_is_small(splice_run: Run) -> None:
    assert len(widget(splice_run).module) < 300_000

"""A run's model to try sequences on, in a notebook."""

from functools import cached_property
from pathlib import Path
from typing import Any

from motiflens.api import Run
from motiflens.errors import MotiflensError


class Explorer:
    """The report's "Try it" in Jupyter: the last line of a cell shows it; nothing leaves the notebook.

    In marimo, wrap it: `mo.ui.anywidget(Explorer(run).widget)`.

    Args:
        run: a run, or its folder.

    Example:
        >>> motiflens.Explorer("run")  # doctest: +SKIP
    """

    def __init__(self, run: Run | str | Path) -> None:
        self.run = run if isinstance(run, Run) else Run.load(run)

    @cached_property
    def widget(self) -> Any:
        """The view as an anywidget.

        Raises:
            MotiflensError: anywidget is not installed.
        """
        try:
            import anywidget
            import traitlets
        except ImportError:
            raise MotiflensError("Explorer needs anywidget: pip install 'motiflens[notebook]'") from None
        from motiflens.report.widget import widget

        made = widget(self.run)
        texts = {name: traitlets.Unicode(getattr(made, name)).tag(sync=True) for name in _SYNCED}
        return type("ExplorerWidget", (anywidget.AnyWidget,), {"_esm": made.module, **texts})()

    def _repr_mimebundle_(self, **given: Any) -> Any:
        return self.widget._repr_mimebundle_(**given)


_SYNCED = ("markup", "style", "data", "live")

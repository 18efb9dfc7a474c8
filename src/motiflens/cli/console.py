"""Progress and warnings on stderr, results on stdout, all of it in the log file."""

import shlex
import sys
from typing import TYPE_CHECKING

from motiflens.cli.log import log

if TYPE_CHECKING:
    from motiflens.run.folder import Run
    from motiflens.workflow.run_log import Console


def command_line() -> str:
    """Return the command as the user gave it."""
    return shlex.join(["motiflens", *sys.argv[1:]])


def notify(text: str) -> None:
    """Log a line; also show it on stderr, outside of a terminal only where it is a warning."""
    log(text)
    if sys.stderr.isatty() or text.startswith("warning"):
        print(text, file=sys.stderr)


def console() -> "Console":
    """Return how a fit reports to the command line."""
    from motiflens.workflow.run_log import Console

    return Console(notify=notify, progress_bar=sys.stderr.isatty(), command=command_line())


def show(run: "Run") -> None:
    """Print the verdict and the path of the report."""
    if run.has("metrics.json"):
        if run.info.task == "regression":
            verdict = run.number_metrics().verdict
        elif run.info.task == "multilabel":
            verdict = run.label_metrics().verdict
        else:
            verdict = run.metrics().verdict
        if verdict:
            print(verdict.headline)
        if run.info.task in ("binary", "multiclass") and (best := run.metrics().bayes_optimal):
            show_best_possible(best.accuracy, best.auroc)
    print(f"Report: {run.path / 'report.html'}")


def show_best_possible(accuracy: float | None, auroc: float | None) -> None:
    """Print what the best possible rule reaches on simulated data."""
    if accuracy is not None and auroc is not None:
        print(f"The best possible rule reaches accuracy {accuracy:.3f}, AUROC {auroc:.3f}.")

"""What a command shows: progress and warnings on stderr, results on stdout, all of it in the log file."""

import shlex
import sys
from typing import Any

from motiflens.cli.log import log


def console() -> Any:
    """What a fit tells: everything in a terminal, warnings alone elsewhere."""
    from motiflens.workflow.fit import Console

    terminal = sys.stderr.isatty()

    def announce(text: str) -> None:
        log(text)
        if terminal or text.startswith("warning"):
            print(text, file=sys.stderr)

    command = shlex.join(["motiflens", *sys.argv[1:]])
    return Console(announce=announce, progress=terminal, command=command)


def show(run: Any) -> None:
    """The result on stdout: the verdict and where the report is."""
    if run.has("metrics.json"):
        verdict = run.metrics()["verdict"]
        print(verdict["headline"])
        if best := run.metrics().get("bayes_optimal"):
            print(f"The best possible rule reaches accuracy {best['accuracy']:.3f}, AUROC {best['auroc']:.3f}.")
    print(f"Report: {run.path / 'report.html'}")

"""Progress: shown where somebody watches, and only there."""

import io
import sys

from motiflens.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_nobody_watches(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with progress("explaining") as told:
        assert told is None
    assert sys.stderr.getvalue() == ""


def test_somebody_watches(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with progress("explaining") as told:
        told(512, None)
        told(1024, 4096)
    shown = sys.stderr.getvalue()
    assert "explaining" in shown
    assert "1024/4096" in shown

"""`motiflens explore`: the page's address, and a page where there is none."""

import webbrowser

import pytest
from make_example import tiny
from make_run import make_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("runs") / "a run", tiny(), with_motifs=False)


def test_writes_the_page_where_there_is_none_and_prints_where_it_is(run, motiflens, monkeypatch):
    asked = []
    monkeypatch.setattr(webbrowser, "open", asked.append)
    assert not (run.path / "report.html").exists()
    done = motiflens("explore", run.path, "--no-browser")
    assert done.code == 0
    assert done.out.strip() == (run.path / "report.html").as_uri() + "#try"
    assert '"weights":"' in (run.path / "report.html").read_text()
    assert asked == []


def test_opens_a_browser_or_says_that_there_is_none(run, motiflens, monkeypatch):
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda address: bool(asked.append(address)))
    done = motiflens("explore", run.path)
    assert done.code == 0
    assert asked == [done.out.strip()]
    assert "open this address" in done.err


def test_a_folder_that_is_no_run_is_named(tmp_path, motiflens):
    done = motiflens("explore", tmp_path)
    assert done.code == 2
    assert "not a motiflens run" in done.err

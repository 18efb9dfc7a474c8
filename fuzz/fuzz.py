"""Fuzz a reader with atheris (coverage-guided), or with hypothesis where atheris is not installed.

    pip install atheris
    python fuzz/fuzz.py fasta [--seconds 600] [--corpus fuzz/corpus/fasta]
    python fuzz/fuzz.py all --seconds 60

A crash is any error but InputError and ModelError; its input is written to crash-* in the current folder, and the exit
code is not 0.
"""

import argparse
import importlib.util
import subprocess
import sys
import time
import warnings
from pathlib import Path

from seeds import NAMES, seeds


def with_atheris(name: str, *, seconds: int, corpus: Path) -> None:
    """Coverage of motiflens' own code guides the mutations."""
    import atheris

    with atheris.instrument_imports(include=["motiflens.data", "motiflens.motifs", "motiflens.model", "motiflens.run"]):
        from targets import feed

    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds(name)):
        (corpus / f"seed{number}").write_bytes(content)
        feed(name, content)  # what numba compiles at the first call would count as a hanging input
    limits = [f"-max_total_time={seconds}", "-max_len=4096", "-rss_limit_mb=4096", "-timeout=30"]
    atheris.Setup([sys.argv[0], str(corpus), *limits], lambda content: feed(name, content))
    atheris.Fuzz()


def with_hypothesis(name: str, *, seconds: int) -> None:
    """Mutated seeds and arbitrary bytes, in rounds until the time is up."""
    from mutate import mutated
    from targets import feed

    start, tried = time.monotonic(), 0
    while time.monotonic() - start < seconds:
        for content in mutated(seeds(name), seed=tried, n=200):
            try:
                feed(name, content)
            except Exception:
                Path(f"crash-{name}-{tried}").write_bytes(content)
                raise
            tried += 1
    print(f"{name}: {tried} inputs, no crash")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reader", choices=[*NAMES, "all"])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.reader == "all":
        codes = [
            subprocess.run([sys.executable, __file__, name, f"--seconds={options.seconds}"], check=False).returncode
            for name in NAMES
        ]
        sys.exit(any(codes))
    if importlib.util.find_spec("atheris"):
        with_atheris(
            options.reader, seconds=options.seconds, corpus=options.corpus or Path("fuzz/corpus") / options.reader
        )
    else:
        with_hypothesis(options.reader, seconds=options.seconds)


if __name__ == "__main__":
    main()

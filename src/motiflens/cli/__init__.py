"""The command line: a command is one public call."""


def main() -> None:
    """Entry point of `motiflens`; exits with 0 (done), 2 (the user's input or usage), 130 (Ctrl-C) or 1 (all else)."""
    try:
        from motiflens.cli.app import run
    except KeyboardInterrupt:  # nothing has begun
        raise SystemExit(130) from None
    run()

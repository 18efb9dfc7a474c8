"""The command line: a command is one public call."""


def main() -> None:
    """Entry point of `motiflens`; exits with 0 (done), 2 (the user's input or usage) or 1 (anything else)."""
    from motiflens.cli.app import run

    run()

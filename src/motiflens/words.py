"""Numbers in sentences."""


def counted(count: int, noun: str) -> str:
    """Return a number with its noun: "1 site", "2,345 sites"."""
    return f"{count:,} {noun}{'s' * (count != 1)}"

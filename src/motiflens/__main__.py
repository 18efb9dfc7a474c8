"""`python -m motiflens` is the command `motiflens`."""

from motiflens.cli import main

main()

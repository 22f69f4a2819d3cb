"""``python -m orbitwise``."""

from orbitwise.cli import main

main()

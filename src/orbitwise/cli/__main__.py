"""``python -m orbitwise.cli``."""

from orbitwise.cli import main

main()

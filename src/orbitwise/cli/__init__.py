"""The command line: one file per command; nothing heavy is imported before a command runs.

Exit codes: 0 an answer, 1 a negative answer, 2 wrong usage, 3 an error with a message, 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and exit with the code of the contract."""
    from orbitwise.cli.door import run

    sys.exit(run(sys.argv[1:]))

"""``python -m orbitwise.checker FILE``: print the verdict.

Exit codes: 0 accepted, 1 rejected, 2 usage, 3 the file cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from orbitwise.checker import check_file

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the certificate that the arguments name, print the verdict, return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m orbitwise.checker", description="Check a certificate exactly.")
    parser.add_argument("file", metavar="FILE", help="the certificate, a JSON document")
    path = parser.parse_args(arguments).file
    try:
        verdict = check_file(path)
    except OSError as error:
        sys.stderr.write(f"{path}: the file cannot be read: {error.strerror}\n")
        return 3
    lines = [f"{'accepted' if verdict.accepted else 'rejected'} {verdict.theorem}".strip(), verdict.reason]
    lines += [f"  checked: {step}" for step in verdict.steps]
    text = "\n".join(lines) + "\n"
    sys.stdout.write(
        text.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8")
    )
    return 0 if verdict.accepted else 1


if __name__ == "__main__":
    sys.exit(main())

"""How often the search for witnesses finds the true constant of small questions, and how long it takes.

    python benchmarks/witnesses.py [--quick] [--json]

Families of random questions, five seeds each: dense outcomes of 3 to 5 coordinates, and of 6 and 7 with three alike;
entries of either sign, with and without a fixed coordinate; random models of 4 to 6 states. The yardstick is the exact
constant; questions whose constant is not affordable are counted apart. The search is told nothing and has seed 0.
Times are seconds of processor time of one search. The table is written into docs/sandwich.md, except with ``--quick``,
which takes two seeds. The exit code is 0 when at least 95 % are found, within 1 s each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from _families import dense, random_question, signed, symmetric
from orbitwise.evidence.constants import Constant, find_constant
from orbitwise.evidence.witnesses import find_witness

PAGE = Path(__file__).parents[1] / "docs" / "sandwich.md"
BEGIN, END = "<!-- begin: witnesses -->\n", "<!-- end: witnesses -->"
SIDES = ((1, 1), (2, 2), (3, 3), (4, 4))
SECONDS, SHARE = 1.0, 0.95


def main():
    """Measure, print, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two seeds each, the page stays")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    find_witness(dense(0, 4, 1, 1))  # loads or compiles the kernels
    rows = [measure(name, questions) for name, questions in iter_families(2 if given.quick else 5)]
    total = {
        "family": "all",
        **{key: sum(row[key] for row in rows) for key in ("asked", "unknown", "found", "in_time")},
        "mean": sum(row["mean"] * row["asked"] for row in rows) / sum(row["asked"] for row in rows),
        "longest": max(row["longest"] for row in rows),
    }
    text = table([*rows, total])
    print(json.dumps({"rows": rows, "total": total}, indent=1) if given.json else text)
    if not given.quick:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2], encoding="utf-8")
    return 0 if total["in_time"] >= SHARE * (total["asked"] - total["unknown"]) else 1


def iter_families(seeds):
    """Names and questions."""
    for d in (3, 4, 5):
        yield f"dense, {d} coordinates", [dense(s, d, a, b) for a, b in SIDES for s in range(seeds)]
    for d in (4, 5):
        yield f"either sign, {d} coordinates", [signed(s, d, a, b) for a, b in SIDES[:3] for s in range(seeds)]
    for d in (6, 7):
        yield f"three alike, {d} coordinates", [symmetric(s, d, a, b) for a, b in SIDES[:2] for s in range(seeds)]
    yield "deterministic models", [random_question(s, stochastic=False) for s in range(2 * seeds)]
    yield "stochastic models", [random_question(s, stochastic=True) for s in range(2 * seeds)]


def measure(family, questions):
    """How many of the constants were found."""
    found = in_time = unknown = 0
    seconds = []
    for question in questions:
        begin = time.process_time()
        witness = find_witness(question)
        seconds.append(time.process_time() - begin)
        constant = find_constant(question, work_limit=3 * 10**9)
        if not isinstance(constant, Constant):
            unknown += 1
        elif witness is not None and witness.share == constant.share:
            found += 1
            in_time += seconds[-1] <= SECONDS
    return {
        "family": family,
        "asked": len(questions),
        "unknown": unknown,
        "found": found,
        "in_time": in_time,
        "mean": sum(seconds) / len(seconds),
        "longest": max(seconds),
    }


def table(rows):
    """The rows as Markdown."""
    lines = ["", "| family | asked | constant unknown | found | found within 1 s | mean s | longest s |"]
    lines.append("|---|---|---|---|---|---|---|")
    for row in rows:
        lines.append(
            "| {family} | {asked} | {unknown} | {found} | {in_time} | {mean:.2f} | {longest:.2f} |".format(**row)
        )
    return "\n".join([*lines, "", ""])


if __name__ == "__main__":
    sys.exit(main())

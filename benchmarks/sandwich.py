"""The sandwich on 60 fixed small questions: certificate <= constant <= witness, and the gap between what is known.

    python benchmarks/sandwich.py [--quick] [--json] [--check]

20 questions about environments of the gallery, 20 about random deterministic models (seeds 0 to 19) and 20 about random
stochastic ones (seeds 20 to 39), none left out. The lower side is the best certificate, verified by the checker; where
there is none as good, the constant, which was computed and not certified. The upper side is the share of the worst
reward that the search for witnesses found by itself: it is told neither certificate nor constant. The table is written
into docs/sandwich.md; ``--check`` says whether that table is what this run gives. The exit code is 0 when the order
holds on all and the gap is 0 on at least 90 %. ``--quick`` takes every seventh and asks for the order only.
"""

from __future__ import annotations

import argparse
import json
import sys
from fractions import Fraction
from pathlib import Path

import orbitwise as ow
from _families import random_question
from orbitwise.checker import check
from orbitwise.evidence.constants import Constant, find_constant
from orbitwise.evidence.constants_certified import certify_constant
from orbitwise.evidence.kinds import Certificate
from orbitwise.evidence.witnesses import find_witness

PAGE = Path(__file__).parents[1] / "docs" / "sandwich.md"
BEGIN, END = "<!-- begin: table -->\n", "<!-- end: table -->"
GALLERY = (  # environment, prefer, over, and what else is asked
    ("candy", "Wait!", "candy", {}),
    ("candy", "Wait!", "candy", {"discount": "1/2"}),
    ("candy-split", "Wait!", "candy", {}),
    ("one-death-many-lives", "live", "die", {}),
    ("deaths-and-lives", "live", "die", {}),
    ("opts-figure-1", "avoid:0", "enter:0", {}),
    ("opts-figure-1", "take:r", "take:l", {}),
    ("opts-figure-11", "right", "left", {}),
    ("star", "cycle 1", "cycle 2", {}),
    ("chain-fork", "walk", "stop", {}),
    ("shutdown", "avoid:@off", "enter:@off", {}),
    ("three-sweets", "candy", "chocolate", {}),
    ("seek-then-discard", "right", "down", {}),
    ("power-crossing", "up", "down", {}),
    ("glade", "right", "up", {}),
    ("ghost-apple-cherry", "right", "left", {}),
    ("fruits", "end:apple,banana", "cherry", {}),
    ("two-left-three-right", "right", "left", {}),
    ("corrigibility", "end:@free", "end:@corrected", {}),
    ("trained-shutdown", "avoid:@shutdown", "enter:@shutdown", {}),
)


def main():
    """Measure, print, compare with the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="every seventh question")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--check", action="store_true", help="compare with docs/sandwich.md in place of writing it")
    given = parser.parse_args()
    suite = list(iter_suite())
    rows = [measure(*each) for each in (suite[::7] if given.quick else suite)]
    text = table(rows)
    print(json.dumps({"rows": rows}, indent=1) if given.json else text)
    if not given.quick:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        page = before + BEGIN + text + END + after
        if given.check and page != PAGE.read_text(encoding="utf-8"):
            print(f"{PAGE.name} shows another table; run this without --check", file=sys.stderr)
            return 1
        PAGE.write_text(page, encoding="utf-8")
    closed = sum(row["gap"] == "0" for row in rows)
    enough = given.quick or closed >= 0.9 * len(rows)
    return 0 if all(row["ordered"] for row in rows) and enough else 1


def iter_suite():
    """The 60 questions, each with its name and kind."""
    for environment, prefer, over, criterion in GALLERY:
        where = f", discount {criterion['discount']}" if criterion else ""
        question = ow.ask(ow.gallery.load(environment), prefer=prefer, over=over, **criterion)
        yield "gallery", f"{environment}: {prefer} against {over}{where}", question
    for seed in range(40):
        kind = "deterministic" if seed < 20 else "stochastic"
        question = random_question(seed, stochastic=seed >= 20)
        where = ", discount 9/10" if seed % 2 else ""
        yield kind, f"seed {seed}, {question.n_coordinates} states{where}", question


def measure(kind, name, question):
    """Both sides of one question, and the gap."""
    certificates = [certificate for certificate in ow.certify(question)[0] if certificate.epsilon is None]
    constant = find_constant(question, work_limit=3 * 10**9)
    if isinstance(constant, Constant):
        own = certify_constant(question, constant)
        certificates += [own] if isinstance(own, Certificate) else []
    bounds = []
    for certificate in certificates:
        verdict = check(certificate.document)
        if not verdict.accepted:
            sys.exit(f"{name}: rejected: {verdict.reason}")
        bounds.append((verdict.bound, certificate.theorem))
    best, by = max(bounds, default=(Fraction(0), "none"), key=lambda found: found[0])
    witness = find_witness(question)
    upper = Fraction(1) if witness is None or witness.share is None else witness.share
    known = constant.share if isinstance(constant, Constant) else None
    lower, side = (best, f"certificate {by}") if known is None or best == known else (known, "constant")
    if lower == 0:
        side = "nothing" if known is None else "no share is below 0"
    ordered = best <= upper if known is None else best <= known <= upper
    return {
        "kind": kind,
        "question": name,
        "certificate": str(best),
        "theorem": by,
        "constant": None if known is None else str(known),
        "lower": str(lower),
        "side": side,
        "witness": str(upper),
        "gap": str(upper - lower),
        "ordered": ordered,
    }


def table(rows):
    """The rows as Markdown, with what they add up to."""
    lines = [
        "",
        "| question | certificate | constant | lower side | which is | witness | gap |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        shown = (row["kind"], row["question"], row["certificate"], row["constant"] or "-")
        lines.append("| {}, {} | {} | {} |".format(*shown) + " {lower} | {side} | {witness} | {gap} |".format(**row))
    closed = sum(row["gap"] == "0" for row in rows)
    sides = [row["side"].split()[0] for row in rows]
    ordered = sum(row["ordered"] for row in rows)
    lines += [
        "",
        f"The gap is 0 on {closed} of {len(rows)}. The lower side is a certificate on {sides.count('certificate')}, "
        f"the constant without one on {sides.count('constant')}, and not found on {sides.count('nothing')}. "
        f"Certificate <= constant <= witness on {ordered}.",
        "",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

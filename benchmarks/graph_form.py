"""Time and memory of T5's graph form on deterministic gridworlds of 10^4, 10^5 and 10^6 states.

    python benchmarks/graph_form.py [--quick] [--json]

Each cell has five actions: four moves, which stay in place at the border, and stay. One cell in twenty is a hole:
every action stays there. Two questions are certified from a corner: avoid the holes against enter a hole (which needs
memory, so B plays on twice as many nodes), and avoid the holes against end in holes. Each size and question runs in a
process of its own, after a warm-up on a tiny grid that loads or compiles the kernels. All of it goes through the doors
that users have: the gridworld, ask, certify, and the certificate as JSON data, timed apart. Peak memory is that of the
whole process. Growth is the ratio to the row above, where 10 is linear. Target: 10^6 states in under 60 s and 4 GiB,
from asking to the certificate. On the smallest size most of the time goes into the bounded attempt to list cycles.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import orbitwise as ow
from orbitwise.environments.gridworld import gridworld

SHAPES = {10**4: (100, 100), 10**5: (250, 400), 10**6: (1000, 1000)}
QUESTIONS = ("enter", "end")
HOLE_SHARE = 0.05
TARGET_SECONDS, TARGET_GIB = 60, 4


def main():
    """Run all sizes, or one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="leave out 10^6 states")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--one", nargs=2, metavar=("STATES", "QUESTION"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(int(given.one[0]), given.one[1])))
        return 0
    rows = [run(size, question) for question in QUESTIONS for size in SHAPES if not given.quick or size < 10**6]
    print(json.dumps({"rows": rows}, indent=1) if given.json else table(rows))
    return (
        0
        if all(
            row["ask_seconds"] + row["certify_seconds"] < TARGET_SECONDS and row["certify_peak_gib"] < TARGET_GIB
            for row in rows
        )
        else 1
    )


def run(size, question):
    """One measurement in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", str(size), question]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(size, question):
    """Build, ask, certify and write down one gridworld in this process."""
    certify(ask(lake(5, 5), question))

    begin = time.perf_counter()
    mdp = lake(*SHAPES[size])
    built, built_peak = time.perf_counter(), peak_gib()
    asked_question = ask(mdp, question)
    asked = time.perf_counter()
    certificate = certify(asked_question)
    certified, certified_peak = time.perf_counter(), peak_gib()
    document = certificate.document
    written = time.perf_counter()
    return {
        "question": question,
        "states": mdp.n_states,
        "build_seconds": built - begin,
        "ask_seconds": asked - built,
        "certify_seconds": certified - asked,
        "document_seconds": written - certified,
        "build_peak_gib": built_peak,
        "certify_peak_gib": certified_peak,
        "peak_gib": peak_gib(),
        "targets": len(document["proof"]["targets"]),
        "bound": str(certificate.bound),
    }


def lake(height, width):
    """An open grid in which one cell in twenty is an absorbing hole, never beside the start."""
    holes = np.random.default_rng(0).random((height, width)) < HOLE_SHARE
    holes[:2, :2] = False
    holes[height // 2, width // 2] = True
    cells = np.where(holes, "H", ".")
    cells[0, 0] = "S"
    return gridworld(["".join(row) for row in cells], legend={"H": "hole absorbing"})


def ask(mdp, question):
    """Avoid the holes against enter one, or against end in them."""
    return ow.ask(mdp, prefer="avoid:@hole", over=f"{question}:@hole")


def certify(question):
    """The best certificate, which is T5's."""
    certificates, missing = ow.certify(question)
    if not certificates:
        sys.exit(f"not certified: {missing}")
    return certificates[0]


def peak_gib():
    """Largest memory of this process so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def table(rows):
    """The measurements as text, with the growth from one size to the next."""
    head = ("question", "states", "build s", "ask s", "certify s", "growth", "JSON s", "peak GiB", "growth", "bound")
    lines = ["{:>8} {:>9} {:>8} {:>6} {:>10} {:>7} {:>7} {:>9} {:>7}  {}".format(*head)]
    for i, row in enumerate(rows):
        before = rows[i - 1] if i and rows[i - 1]["question"] == row["question"] else None
        slower = f"{row['certify_seconds'] / before['certify_seconds']:.1f}" if before else ""
        larger = f"{row['certify_peak_gib'] / before['certify_peak_gib']:.1f}" if before else ""
        lines.append(
            f"{row['question']:>8} {row['states']:>9} {row['build_seconds']:>8.2f} {row['ask_seconds']:>6.2f} "
            f"{row['certify_seconds']:>10.3f} "
            f"{slower:>7} {row['document_seconds']:>7.2f} {row['certify_peak_gib']:>9.2f} {larger:>7}  {row['bound']}"
        )
    return "\n".join([*lines, f"target: 10^6 states in under {TARGET_SECONDS} s and {TARGET_GIB} GiB"])


if __name__ == "__main__":
    sys.exit(main())

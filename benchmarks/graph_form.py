"""Time and memory of T5's graph form on deterministic gridworlds of 10^4, 10^5 and 10^6 states.

    python benchmarks/graph_form.py [--quick] [--json]

Each cell has five actions: four moves, which stay in place at the border, and stay. One cell in twenty is a hole:
every action stays there. Two questions are certified from a corner: avoid the holes against enter a hole (which needs
memory, so B plays on twice as many nodes), and avoid the holes against end in holes. Each size and question runs in a
process of its own, after a warm-up on a tiny grid that loads or compiles the kernels. The times to build the
environment, to certify and to write the certificate's proof object are shown apart; peak memory is that of the whole
process. Growth is the ratio to the row above, where 10 is linear. Target: 10^6 states in under 60 s and 4 GiB.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from orbitwise.evidence.graph_form import GraphProof, find_graph_proof, graph_proof_document
from orbitwise.solvers.arena import Arena
from orbitwise.solvers.choice_graph import ChoiceGraph

SHAPES = {10**4: (100, 100), 10**5: (250, 400), 10**6: (1000, 1000)}
QUESTIONS = ("enter", "end")
ACTIONS = ("up", "down", "left", "right", "stay")
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
    return 0 if all(row["certify_seconds"] < TARGET_SECONDS and row["peak_gib"] < TARGET_GIB for row in rows) else 1


def run(size, question):
    """One measurement in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", str(size), question]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(size, question):
    """Build, certify and write down one gridworld in this process."""
    warm = arenas(*gridworld(5, 5), question)
    graph_proof_document(find_graph_proof(*warm), ACTIONS, [str(i) for i in range(25)])

    begin = time.perf_counter()
    prefer, over = arenas(*gridworld(*SHAPES[size]), question)
    names = [str(i) for i in range(size)]
    built, built_peak = time.perf_counter(), peak_gib()
    proof = find_graph_proof(prefer, over)
    certified, certified_peak = time.perf_counter(), peak_gib()
    if not isinstance(proof, GraphProof):
        sys.exit(f"not certified: {proof}")
    graph_proof_document(proof, ACTIONS, names)
    written = time.perf_counter()
    return {
        "question": question,
        "states": size,
        "build_seconds": built - begin,
        "certify_seconds": certified - built,
        "document_seconds": written - certified,
        "build_peak_gib": built_peak,
        "certify_peak_gib": certified_peak,
        "peak_gib": peak_gib(),
        "targets": len(proof.targets),
        "recurrent": len(proof.recurrent),
        "bound": str(proof.bound),
    }


def gridworld(height, width):
    """Successor of each state and action, shape (n_states, 5), and which states are holes."""
    n = height * width
    row, column = np.divmod(np.arange(n), width)
    moves = [
        np.maximum(row - 1, 0) * width + column,
        np.minimum(row + 1, height - 1) * width + column,
        row * width + np.maximum(column - 1, 0),
        row * width + np.minimum(column + 1, width - 1),
        np.arange(n),
    ]
    holes = np.random.default_rng(0).random(n) < HOLE_SHARE
    holes[[0, 1, width]] = False  # the start and its neighbors
    holes[n // 2] = True
    successors = np.stack(moves, axis=1)
    successors[holes] = np.flatnonzero(holes)[:, None]
    return successors, holes


def arenas(successors, holes, question):
    """The policies that avoid the holes, and those that enter or end in them, from the corner."""
    n = len(holes)
    avoiding = ~holes[successors]
    prefer = arena(successors, avoiding, n)
    if question == "end":
        return prefer, arena(successors, np.ones_like(avoiding), n, end_nodes=holes)
    entering = np.concatenate([successors + n * holes[successors], successors + n])
    return prefer, arena(entering, np.ones(entering.shape, dtype=np.bool_), n, full_memory=1)


def arena(successors, allowed, n_states, full_memory=0, end_nodes=None):
    """An arena on nodes memory * n_states + state with the allowed actions."""
    n_nodes = len(successors)
    n_choices = int(allowed.sum())
    graph = ChoiceGraph(
        choice_offsets=np.concatenate(([0], np.cumsum(allowed.sum(axis=1)))),
        entry_offsets=np.arange(n_choices + 1),
        successors=successors[allowed],
        probabilities=np.ones(n_choices),
    )
    return Arena(
        graph=graph,
        node_states=np.arange(n_nodes) % n_states,
        n_states=n_states,
        prefix=np.array([], dtype=np.int64),
        initial_nodes=np.array([0]),
        initial_probabilities=np.ones(1),
        initial_exact=(Fraction(1),),
        node_memory=np.arange(n_nodes) // n_states,
        full_memory=full_memory,
        choice_labels=np.broadcast_to(np.arange(5), successors.shape)[allowed],
        end_nodes=end_nodes,
    )


def peak_gib():
    """Largest memory of this process so far, in GiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**30


def table(rows):
    """The measurements as text, with the growth from one size to the next."""
    head = ("question", "states", "build s", "certify s", "growth", "proof s", "peak GiB", "growth", "bound")
    lines = ["{:>8} {:>9} {:>8} {:>10} {:>7} {:>8} {:>9} {:>7}  {}".format(*head)]
    for i, row in enumerate(rows):
        before = rows[i - 1] if i and rows[i - 1]["question"] == row["question"] else None
        slower = f"{row['certify_seconds'] / before['certify_seconds']:.1f}" if before else ""
        larger = f"{row['peak_gib'] / before['peak_gib']:.1f}" if before else ""
        lines.append(
            f"{row['question']:>8} {row['states']:>9} {row['build_seconds']:>8.2f} {row['certify_seconds']:>10.3f} "
            f"{slower:>7} {row['document_seconds']:>8.2f} {row['peak_gib']:>9.2f} {larger:>7}  {row['bound']}"
        )
    return "\n".join([*lines, f"target: 10^6 states in under {TARGET_SECONDS} s and {TARGET_GIB} GiB"])


if __name__ == "__main__":
    sys.exit(main())

"""Measure how much memory many rewards take on a large board: the peak of a process that does nothing else.

    python benchmarks/memory.py [--quick] [--rewards N] [--size N]

Two works, each in a process of its own, on a square gridworld: the share of uniform rewards for which one first step is
at least as good as another, by sampling; and the values of the start state (its POWER), by sampling. Both draw the
rewards in chunks, solve them on all processors and keep counts and moments. Prints one JSON document; ``peak_mib``
is the largest resident set of the process, Python and all libraries included. Fails above 1 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

NAME = "memory of many rewards"
LIMIT_MIB = 1024
WORKS: dict[str, Callable[[int, int], None]] = {}
SETTINGS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    """Print what the works take, or, in a process of its own, do one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="2,000 rewards")
    parser.add_argument("--rewards", type=int, default=100_000, help="how many rewards are drawn")
    parser.add_argument("--size", type=int, default=50, help="the board has size x size cells")
    parser.add_argument("--work", choices=tuple(WORKS), help="do this work here and print its row")
    given = parser.parse_args()
    if given.work is not None:
        print(json.dumps(measure_here(given.work, given.rewards, given.size)))
        return
    rows = measure_all(2_000 if given.quick else given.rewards, given.size)
    print(json.dumps({"limit_mib": LIMIT_MIB, "rows": rows}, indent=1))
    if any(row["peak_mib"] > LIMIT_MIB for row in rows):
        sys.exit(f"expected at most {LIMIT_MIB} MiB, found more")


def measure_all(n_rewards: int, size: int = 50) -> list[dict[str, object]]:
    """Every work in a process of its own."""
    rows = []
    for work in WORKS:
        command = [sys.executable, __file__, "--work", work, "--rewards", str(n_rewards), "--size", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, **SETTINGS})
        rows.append(json.loads(done.stdout))
    return rows


def measure_here(work: str, n_rewards: int, size: int) -> dict[str, object]:
    """Do one work, then ask the system for the peak of this process."""
    start = time.perf_counter()
    WORKS[work](n_rewards, size)
    return {
        "work": f"grid {size}x{size}, {work}",
        "rewards": n_rewards,
        "peak_mib": round(peak_bytes() / 2**20, 1),
        "seconds": round(time.perf_counter() - start, 2),
    }


def peak_bytes() -> int:
    """The largest resident set of this process."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux: getrusage would count what the parent held when it started this process
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 2**10
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 2**10


def compare_by_sampling(n_rewards: int, size: int) -> None:
    """The share of uniform rewards for which going right from the middle is at least as good as going down."""
    from orbitwise.environments.gridworld import gridworld
    from orbitwise.evidence.estimates import estimate_share
    from orbitwise.outcomes.question import ask
    from orbitwise.rewards.distributions import parse_distribution

    at = f"{size // 2},{size // 2}"
    question = ask(gridworld(["." * size] * size), at=at, prefer="take:right", over="take:down", discount="9/10")
    found = estimate_share(question, parse_distribution("uniform"), precision=1e-6, max_samples=n_rewards)
    check(found.samples, n_rewards)


def value_start(n_rewards: int, size: int) -> None:
    """The mean and the spread of the start's optimal value over uniform rewards."""
    from orbitwise.environments.gridworld import gridworld
    from orbitwise.power import estimate_power

    found = estimate_power(gridworld(["." * size] * size), discount="99/100", at="0,0", samples=n_rewards)
    check(found.samples, n_rewards)


def check(found: int, n_rewards: int) -> None:
    """All rewards were used: nothing stopped early."""
    if found != n_rewards:
        sys.exit(f"expected {n_rewards} rewards, found {found}")


WORKS["comparison"] = compare_by_sampling
WORKS["values of a start state"] = value_start


if __name__ == "__main__":
    main()

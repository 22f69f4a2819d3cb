"""Time and memory of POWER of all states of gridworlds of 9, 49, 220 and 2,500 states, 10,000 rewards each.

    python benchmarks/power.py [--quick] [--json]

Each cell has five actions: stay, and four moves that stay in place at the border; rewards are uniform, drawn, solved
and averaged on one thread. Each size and discount runs in a process of its own after a warm-up that loads or compiles
the kernels; ``MiB`` is how much the peak memory of the process grew beyond that. The error is the certified one of the
solver with the rounding of the sums, at most 1e-6 or the run fails. ``POWERplay`` is processor time a reward as it was
measured once, on two cores of another day, and is quoted here (its float32 sweeps give no error bound); the ratio is to
ours. It has no figure for some rows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import orbitwise as ow
from orbitwise.compute.executors import Executor
from orbitwise.environments.gridworld import gridworld

SHAPES = {9: (3, 3), 49: (7, 7), 220: (11, 20), 2_500: (50, 50)}
DISCOUNTS = ("0.1", "0.5", "0.9", "0.99")
QUOTED_MS = {  # POWERplay, processor milliseconds a reward
    (9, "0.1"): 1.1, (9, "0.9"): 10.0, (9, "0.99"): 76.0,
    (49, "0.1"): 4.0, (49, "0.9"): 52.0, (49, "0.99"): 254.0,
    (220, "0.1"): 20.0, (220, "0.9"): 188.0, (220, "0.99"): 1313.0,
}  # fmt: skip
LARGEST_ERROR = 1e-6


def main():
    """Run all sizes and discounts, or one of them in this process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="500 rewards, two discounts")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--one", nargs=3, metavar=("STATES", "DISCOUNT", "SAMPLES"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(int(given.one[0]), given.one[1], int(given.one[2]))))
        return 0
    samples, discounts = (500, ("0.1", "0.99")) if given.quick else (10_000, DISCOUNTS)
    rows = [run(size, discount, samples) for size in SHAPES for discount in discounts]
    print(json.dumps({"rows": rows}, indent=1) if given.json else table(rows))
    return 0 if all(row["error"] <= LARGEST_ERROR for row in rows) else 1


def run(size, discount, samples):
    """One measurement in a fresh process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", str(size), discount, str(samples)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(size, discount, samples):
    """POWER of all states in this process."""
    serial = Executor("serial")
    ow.estimate_power(gridworld(["..", ".."]), discount=discount, samples=64, executor=serial)
    rows, columns = SHAPES[size]
    grid = gridworld(["." * columns] * rows)
    before = peak_mib()
    begin, processor = time.perf_counter(), time.process_time()
    power = ow.estimate_power(grid, discount=discount, samples=samples, executor=serial)
    processor_seconds = time.process_time() - processor
    quoted = QUOTED_MS.get((size, discount))
    return {
        "states": grid.n_states,
        "discount": discount,
        "samples": samples,
        "seconds": time.perf_counter() - begin,
        "us_per_reward": processor_seconds / samples * 1e6,
        "mib": peak_mib() - before,
        "error": float(power.error.max()),
        "standard_error": float(power.standard_error.max()),
        "quoted_powerplay_ms": quoted,
        "ratio": None if quoted is None else quoted / (processor_seconds / samples * 1e3),
    }


def peak_mib():
    """Peak memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def table(rows):
    """The rows as text."""
    lines = [
        f"{'states':>7}{'discount':>9}{'rewards':>9}{'seconds':>9}{'us/reward':>11}{'MiB':>7}{'error':>10}"
        f"{'std. error':>12}{'POWERplay ms (quoted)':>23}{'ratio':>9}"
    ]
    for row in rows:
        quoted = "" if row["ratio"] is None else f"{row['quoted_powerplay_ms']:g}"
        ratio = "" if row["ratio"] is None else f"{row['ratio']:,.0f}x"
        lines.append(
            f"{row['states']:>7}{row['discount']:>9}{row['samples']:>9}{row['seconds']:>9.3f}{row['us_per_reward']:>11.2f}"
            f"{row['mib']:>7.1f}{row['error']:>10.1e}{row['standard_error']:>12.1e}{quoted:>23}{ratio:>9}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

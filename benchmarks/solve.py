"""Time the solvers: processor microseconds per reward on one core, against other programs and the machine's limits.

    python benchmarks/solve.py [--quick] [--json] [--peers] [--only TEXT]

Discounted values at .5, .9 and .99, average rewards, an explicit set, and the signs of permutations, from a warm cache
of compiled kernels; and the peak memory of many rewards (``memory.py``), under the name "memory of many rewards".
``--peers`` asks other programs to solve the same rewards and checks their answers; each has an environment of its own
(``benchmarks/peers``), without which it is left out. Plain NumPy needs none and always runs.

``share_of_limit`` is explained where it is measured: ``_discounted.py``, ``_explicit.py``. The columns and the figures
of one run are in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # before NumPy loads its libraries
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402

import _average  # noqa: E402
import _discounted  # noqa: E402
import _explicit  # noqa: E402
import memory  # noqa: E402
from _measure import Row  # noqa: E402
from _peers import missing_environments  # noqa: E402
from roofline import SIZES, measure_multiply_adds, measure_row_reads  # noqa: E402

ENVIRONMENTS = Path(__file__).resolve().parent / "peers" / "environments"


def main() -> None:
    """Print a table, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few rewards, one discount, short peers")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--peers", action="store_true", help="ask the other programs too")
    parser.add_argument("--only", default="", metavar="TEXT", help="works whose name contains this")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS, help="where the peers' environments are")
    given = parser.parse_args()
    if given.peers:
        for line in missing_environments(given.environments):
            print(line, file=sys.stderr)
    ask = {"directory": given.environments if given.peers else None, "seconds": 0.1 if given.quick else 1.0}
    limits = {level: measure_row_reads(size, 1) for level, size in SIZES.items()}
    limits["multiply-add"] = measure_multiply_adds(np.float64, 1)
    rows = []
    for name, measure in iter_works(limits, ask, quick=given.quick):
        if given.only in name:
            print(name, file=sys.stderr)
            rows.append(measure())
    streams = []
    if given.only in memory.NAME:
        print(memory.NAME, file=sys.stderr)
        streams = memory.measure_all(2_000 if given.quick else 100_000)
    if given.json:
        rows = [asdict(row) for row in rows]
        print(json.dumps({"machine": describe_machine(), "limits": limits, "rows": rows, "memory": streams}, indent=1))
    else:
        print(table(rows))
        for stream in streams:
            print(f"{stream['work']}: {stream['rewards']:,} rewards, peak of the process {stream['peak_mib']:,} MiB")


def iter_works(limits: dict[str, float], ask: dict, *, quick: bool) -> Iterator[tuple[str, Callable[[], Row]]]:
    """Name and measurement of every row."""
    n_rewards = 500 if quick else 10_000
    for name in _discounted.WORKS:
        for discount in (0.9,) if quick else (0.5, 0.9, 0.99):
            yield (
                f"{name} at {discount}",
                lambda n=name, d=discount: _discounted.time_values(n, d, n_rewards, limits, ask),
            )
    yield "grid 10x10, signs of permutations", lambda: _discounted.time_permutations(10_000)
    for name in _average.WORKS:
        yield f"{name}, average", lambda n=name: _average.time_gains(n, n_rewards, ask)
    yield _explicit.NAME, lambda: _explicit.time_support(n_rewards, limits["multiply-add"], ask)


def describe_machine() -> dict[str, object]:
    """What matters of the machine, without its name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    found = np.show_config(mode="dicts")["SIMD Extensions"]
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    return {"cores": cores, "avx512": any("AVX512" in name for name in found["found"]), "load": load}


def table(rows: list[Row]) -> str:
    """The rows as text; a peer's time is followed by its ratio to ours, and by ``!`` where its answers are wrong."""
    lines = [f"{'work':36}{'discount':>9}{'us/reward':>11}{'error':>9}{'limit':>7}{'2 threads':>10}  peers: us (ratio)"]
    for row in rows:
        peers = [
            f"{name} {us:.4g} ({us / row.us_per_reward:.3g}x){'!' if name in row.peers_wrong else ''}"
            for name, us in row.peers.items()
        ] + [f"{name}: {why}" for name, why in row.peers_failed.items()]
        discount = "" if row.discount is None else f"{row.discount:g}"
        share = "" if row.share_of_limit is None else f"{row.share_of_limit:.0%}"
        faster = "" if row.two_threads_speedup is None else f"{row.two_threads_speedup:.2f}x"
        lines.append(
            f"{row.work:36}{discount:>9}{row.us_per_reward:>11.3f}{row.max_error:>9.0e}{share:>7}{faster:>10}  "
            + ", ".join(peers)
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()

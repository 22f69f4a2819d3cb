"""What this machine can do at best, measured: the limits that the solvers' figures are held against.

Three limits, each on one core and on all:

- fused multiply-adds: rows of lanes in registers, nothing loaded;
- row reads: the largest of successor rows, read in a fixed random order from a block that fits a level of cache (a lane
  backup is little else);
- triad: a = b + s c on arrays in memory.

Run ``python benchmarks/roofline.py [--quick] [--json]``.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np

from orbitwise.solvers.lanes import LANES, add, aligned_rows, element, largest, load, multiply_add, spread, store

SIZES = {"L1": 16 * 1024, "L2": 512 * 1024, "L3": 8 * 1024**2, "memory": 256 * 1024**2}  # bytes of a block


@numba.njit(cache=True, nogil=True)
def multiply_adds(rows, n_rounds):
    """Eight independent chains of fused multiply-adds of one row each."""
    a, b, c, d = load(rows, 0), load(rows, LANES), load(rows, 2 * LANES), load(rows, 3 * LANES)
    e, f, g, h = load(rows, 4 * LANES), load(rows, 5 * LANES), load(rows, 6 * LANES), load(rows, 7 * LANES)
    x = load(rows, 8 * LANES)
    y = load(rows, 9 * LANES)
    for _ in range(n_rounds):
        a, b, c, d = multiply_add(a, x, y), multiply_add(b, x, y), multiply_add(c, x, y), multiply_add(d, x, y)
        e, f, g, h = multiply_add(e, x, y), multiply_add(f, x, y), multiply_add(g, x, y), multiply_add(h, x, y)
    store(rows, 0, add(add(add(a, b), add(c, d)), add(add(e, f), add(g, h))))


@numba.njit(cache=True, nogil=True)
def read_rows(rows, order, n_rounds):
    """The largest of all rows, in a given order, in four independent chains."""
    a = spread(load(rows, 0), -np.inf)
    b, c, d = a, a, a
    for _ in range(n_rounds):
        for i in range(0, len(order), 4):
            a = largest(a, load(rows, element(order, i)))
            b = largest(b, load(rows, element(order, i + 1)))
            c = largest(c, load(rows, element(order, i + 2)))
            d = largest(d, load(rows, element(order, i + 3)))
    store(rows, 0, largest(largest(a, b), largest(c, d)))


@numba.njit(cache=True, nogil=True)
def triad(a, b, c, factor):
    """Two arrays in, one out."""
    for i in range(len(a)):
        a[i] = b[i] + factor * c[i]


def best_rate(run: Callable[[int], None], work: float, n_threads: int, repeats: int = 5) -> float:
    """Work per second of all threads at once, the best of some repeats after one to warm up.

    Seconds are those that each thread has the processor for, so that other programs disturb little.
    """

    def timed(thread: int) -> float:
        start = time.thread_time()
        run(thread)
        return work / (time.thread_time() - start)

    with ThreadPoolExecutor(n_threads) as pool:
        rates = [sum(pool.map(timed, range(n_threads))) for _ in range(repeats + 1)]
    return max(rates[1:])


def measure_multiply_adds(dtype: type, n_threads: int) -> float:
    """GFLOP/s of all threads together."""
    blocks = [aligned_rows(10, dtype) for _ in range(n_threads)]
    for block in blocks:
        block[:] = 0.5
    n_rounds = 2_000_000
    return best_rate(lambda i: multiply_adds(blocks[i], n_rounds), n_rounds * 8 * 2 * LANES / 1e9, n_threads)


def measure_row_reads(n_bytes: int, n_threads: int) -> float:
    """GB/s of all threads together, rows of doubles in random order, a block per thread."""
    n_rows = n_bytes // (8 * LANES) // 4 * 4
    blocks = [aligned_rows(n_rows) for _ in range(n_threads)]
    for block in blocks:
        block[:] = 1.0
    order = (np.random.default_rng(0).permutation(n_rows) * LANES).astype(np.int32)
    n_rounds = max(1, 256 * 1024**2 // n_bytes)
    return best_rate(lambda i: read_rows(blocks[i], order, n_rounds), n_rounds * n_rows * 8 * LANES / 1e9, n_threads)


def measure_triad(n_threads: int) -> float:
    """GB/s of all threads together, from and to memory."""
    n = 8 * 1024**2
    arrays = [[np.ones(n) for _ in range(3)] for _ in range(n_threads)]
    return best_rate(lambda i: triad(*arrays[i], 0.5), 3 * 8 * n / 1e9, n_threads)


def measure_all(thread_counts: list[int]) -> list[dict[str, object]]:
    """One row per limit."""
    rows: list[dict[str, object]] = []
    for name, unit, measure in (
        ("multiply-add, double", "GFLOP/s", lambda n: measure_multiply_adds(np.float64, n)),
        ("multiply-add, single", "GFLOP/s", lambda n: measure_multiply_adds(np.float32, n)),
        *(
            (f"row reads, {level}", "GB/s", lambda n, size=size: measure_row_reads(size, n))
            for level, size in SIZES.items()
        ),
        ("triad, memory", "GB/s", measure_triad),
    ):
        rows.append({"limit": name, "unit": unit, **{str(n): round(measure(n), 1) for n in thread_counts}})
    return rows


def main() -> None:
    """Print the limits as a table, or as one JSON document."""
    parser = argparse.ArgumentParser(description="Measure this machine's limits.")
    parser.add_argument("--quick", action="store_true", help="one core only")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    arguments = parser.parse_args()
    all_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    counts = [1] if arguments.quick else sorted({1, all_cores})
    rows = measure_all(counts)
    if arguments.json:
        print(json.dumps({"lanes": LANES, "rows": rows}))
        return
    print(f"{'limit':24}{'unit':>10}" + "".join(f"{n:>6} threads" for n in counts))
    for row in rows:
        print(f"{row['limit']:24}{row['unit']:>10}" + "".join(f"{row[str(n)]:>14}" for n in counts))


if __name__ == "__main__":
    main()

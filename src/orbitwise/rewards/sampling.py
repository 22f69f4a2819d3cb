"""Rewards drawn fast: random permutations of one reward, and independent uniform values.

Reward number i is a function of the seed and of i alone, whatever is drawn before, after or beside it: its numbers are
SplitMix64's, u_j = mix(s_i + j c) for j = 1, 2, ..., where s_i = mix(k + i c) xor k' and (k, k') come from the seed
through numpy's ``SeedSequence``. So a study may be cut into chunks as it likes, for any number of workers. Arrays are
in Fortran order: the values of one coordinate lie side by side, which is how the solvers read rewards fastest.

References
----------
G. L. Steele, D. Lea, C. H. Flood, *Fast splittable pseudorandom number generators*, OOPSLA 2014.
R. Durstenfeld, *Algorithm 235: Random permutation*, Communications of the ACM 7 (1964).
"""

from __future__ import annotations

import numba
import numpy as np

from orbitwise.compute.executors import task_seed
from orbitwise.errors import InvalidInput
from orbitwise.typing import FloatArray, IntArray

__all__ = ["SOBOL_DIMENSIONS", "draw_permutations", "draw_sobol", "draw_uniform"]

BLOCK = 16  # rewards drawn side by side
STEP = np.uint64(0x9E3779B97F4A7C15)  # c, the odd integer nearest to 2^64 / golden ratio
UNIT = 2.0**-53
SOBOL_DIMENSIONS = 21_201  # as many direction numbers are known
SOBOL_BITS = 30  # of a coordinate; the middle of its step is taken


def draw_permutations(
    reward: FloatArray, n_rewards: int, *, seed: int, start: int = 0, permutable: IntArray | None = None
) -> FloatArray:
    """Independent uniformly random permutations of one reward's values: numbers ``start`` to ``start + n_rewards - 1``.

    **Guarantee:** row i depends on the seed and on ``start + i`` only. A swap's place deviates from uniform by less
    than d 2^-53. **Cost:** about 2 ns a value.

    Parameters
    ----------
    reward
        Shape (d,), in any unit.
    n_rewards
        How many.
    seed
        A non-negative integer.
    start
        Number of the first reward in the stream.
    permutable
        The coordinates whose values are permuted among themselves; None: all.

    Returns
    -------
    Shape (n_rewards, d), Fortran order.

    Raises
    ------
    InvalidInput
        The reward is not a vector, a number is negative, or a coordinate does not exist or occurs twice.

    Examples
    --------
    >>> draws = draw_permutations(np.array([1.0, 2.0, 3.0]), 2, seed=0)
    >>> np.sort(draws, axis=1).tolist()
    [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]
    """
    values = np.asarray(reward, dtype=np.float64)
    if values.ndim != 1:
        raise InvalidInput(f"expected one reward, shape (d,), found shape {values.shape}", where="reward")
    places = np.arange(len(values)) if permutable is None else np.asarray(permutable, dtype=np.int64)
    if len(np.unique(places)) != len(places) or (len(places) and not 0 <= places.min() <= places.max() < len(values)):
        raise InvalidInput(
            f"expected different coordinates between 0 and {len(values) - 1}, found {places.tolist()[:10]}",
            where="permutable",
        )
    columns = np.empty((len(values), _check_count(n_rewards, start)))
    fixed = np.setdiff1d(np.arange(len(values)), places)
    columns[fixed] = values[fixed, None]
    _fill_permutations(values[places], places, columns, start, *_keys(seed))
    return columns.T


def draw_uniform(n_rewards: int, n_coordinates: int, *, seed: int, start: int = 0) -> FloatArray:
    """Independent values, uniform on the multiples of 2^-53 in [0, 1): rewards ``start`` to ``start + n_rewards - 1``.

    **Guarantee:** row i depends on the seed and on ``start + i`` only. **Cost:** about 1 ns a value.

    Parameters
    ----------
    n_rewards, n_coordinates
        Shape of the result.
    seed
        A non-negative integer.
    start
        Number of the first reward in the stream.

    Returns
    -------
    Shape (n_rewards, n_coordinates), Fortran order.

    Raises
    ------
    InvalidInput
        A number is negative.

    Examples
    --------
    >>> whole = draw_uniform(5, 3, seed=1)
    >>> np.array_equal(whole[2:4], draw_uniform(2, 3, seed=1, start=2))
    True
    """
    columns = np.empty((n_coordinates, _check_count(n_rewards, start)))
    _fill_uniform(columns, start, *_keys(seed))
    return columns.T


def draw_sobol(n_points: int, n_coordinates: int, *, seed: int, replicate: int, start: int = 0) -> FloatArray:
    """Points ``start`` to ``start + n_points - 1`` of a scrambled Sobol sequence; replicates are independent.

    **Guarantee:** each point is uniform on the cube; together the points fill it more evenly than independent ones, in
    runs whose length is a power of two. The same numbers for the same seed and replicate, however they are cut.
    **Cost:** about 3 ns a value, and some microseconds a coordinate to begin.

    Parameters
    ----------
    n_points, n_coordinates
        Shape of the result; at most 21,201 coordinates.
    seed, replicate
        Of the scrambling.
    start
        Number of the first point.

    Raises
    ------
    InvalidInput
        There are too many coordinates.

    References
    ----------
    Owen, *Randomly permuted (t,m,s)-nets and (t,s)-sequences* (1995); Joe and Kuo (2008).
    """
    from scipy.stats import qmc

    if n_coordinates > SOBOL_DIMENSIONS:
        raise InvalidInput(
            f"expected at most {SOBOL_DIMENSIONS:,} coordinates for Sobol points, found {n_coordinates:,}; use "
            "independent points",
            where="points",
        )
    rng = np.random.default_rng(task_seed(seed, replicate))
    sequence = qmc.Sobol(n_coordinates, scramble=True, bits=SOBOL_BITS, rng=rng)
    if start:
        sequence.fast_forward(start)
    return np.asfortranarray(sequence.random(n_points) + 2.0 ** (-SOBOL_BITS - 1))


def _check_count(n_rewards: int, start: int) -> int:
    if n_rewards < 0 or start < 0:
        raise InvalidInput(
            f"expected non-negative numbers, found n_rewards={n_rewards}, start={start}", where="n_rewards"
        )
    return n_rewards


def _keys(seed: int) -> tuple[np.uint64, np.uint64]:
    if seed < 0:
        raise InvalidInput(f"expected a non-negative seed, found {seed}", where="seed")
    first, second = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    return first, second


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]  # numba ships no types
def _mix(word: np.uint64) -> np.uint64:
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_permutations(
    values: FloatArray, places: IntArray, columns: FloatArray, start: int, key: np.uint64, other_key: np.uint64
) -> None:
    n_places, n_rewards = len(values), columns.shape[1]
    block = np.empty(n_places * BLOCK)
    words = np.empty(BLOCK, dtype=np.uint64)
    chosen = np.empty(BLOCK, dtype=np.uint64)
    for first in range(0, n_rewards, BLOCK):
        for lane in range(BLOCK):
            words[lane] = _mix(key + np.uint64(start + first + lane) * STEP) ^ other_key
        for i in range(len(block)):
            block[i] = values[i // BLOCK]
        for left in range(n_places, 0, -1):
            for lane in range(BLOCK):
                words[lane] += STEP
                place = np.int64(np.float64(np.int64(_mix(words[lane]) >> np.uint64(11))) * (UNIT * left))
                chosen[lane] = np.uint64(place * BLOCK + lane)
            last = np.uint64((left - 1) * BLOCK)
            row = places[left - 1]
            for lane in range(BLOCK):  # of constant length: unrolled, not turned into slow scattered stores
                value = block[chosen[lane]]
                block[chosen[lane]] = block[last + np.uint64(lane)]
                if first + lane < n_rewards:
                    columns[row, first + lane] = value


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill_uniform(columns: FloatArray, start: int, key: np.uint64, other_key: np.uint64) -> None:
    n_places, n_rewards = columns.shape
    words = np.empty(n_rewards, dtype=np.uint64)
    for i in range(n_rewards):
        words[i] = _mix(key + np.uint64(start + i) * STEP) ^ other_key
    for place in range(n_places):
        for i in range(n_rewards):
            columns[place, i] = np.float64(_mix(words[i] + np.uint64(place + 1) * STEP) >> np.uint64(11)) * UNIT

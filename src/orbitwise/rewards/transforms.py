"""From rows of independent uniform values to rewards, one row at a time whatever stands beside it.

Independent values take one uniform each. Coordinates with equal reward share one. Correlated values take normal scores
z, mix them by a root of the correlation matrix and use the quantile of each law at the mixed score's probability (a
Gaussian copula; with one correlation c >= 0 for all pairs z_i = sqrt(c) z_0 + sqrt(1 - c) z'_i). A mixture and a table
use their first uniform to choose.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from orbitwise.compute.executors import task_seed
from orbitwise.errors import InvalidInput
from orbitwise.rewards.batches import RewardBatch
from orbitwise.rewards.laws import LAST, quantiles_of
from orbitwise.rewards.structures import Distribution, Marginals, Mixture, Sampler, Table
from orbitwise.typing import FloatArray, IntArray

__all__ = ["count_uniforms", "draw_blocks", "transform"]

BLOCK = 64  # rewards that a user's sampler draws at once
PLAIN = Marginals()
Correlation = float | tuple[tuple[float, ...], ...]


def count_uniforms(distribution: Distribution, n_coordinates: int) -> int:
    """How many uniform values one reward takes."""
    match distribution.structure:
        case Mixture(parts=parts):
            return 1 + max(count_uniforms(part, n_coordinates) for part in parts)
        case Table():
            return 1
        case Marginals(correlation=correlation):
            return n_coordinates + (1 if isinstance(correlation, float) and correlation > 0 else 0)
        case _:
            return n_coordinates


def transform(distribution: Distribution, uniforms: FloatArray, n_coordinates: int) -> RewardBatch:
    """The rewards that these uniform values, shape (n, ``count_uniforms``), stand for.

    **Guarantee:** row i depends on row i alone.
    """
    structure = distribution.structure
    if isinstance(structure, Table):
        return _look_up(structure, uniforms, n_coordinates)
    return RewardBatch(_values(distribution, uniforms, n_coordinates))


def draw_blocks(sampler: Sampler, n_rewards: int, n_coordinates: int, *, seed: int, start: int) -> FloatArray:
    """What a user's function draws, in blocks that each have a generator of their own."""
    blocks = []
    for block in range(start // BLOCK, -(-(start + n_rewards) // BLOCK)):
        drawn = np.asarray(sampler.function(np.random.default_rng(task_seed(seed, block)), BLOCK), dtype=np.float64)
        if drawn.shape != (BLOCK, n_coordinates):
            raise InvalidInput(
                f"expected an array of shape {(BLOCK, n_coordinates)} from the sampler, found {drawn.shape}; it is "
                "called as sampler(rng, n) and returns one row of d values for each of n rewards",
                where="reward",
            )
        if not (np.isfinite(drawn).all() and sampler.support[0] <= drawn.min() <= drawn.max() <= sampler.support[1]):
            raise InvalidInput(
                f"expected finite values in {sampler.support}, found some from {drawn.min()} to {drawn.max()}; widen "
                "the support",
                where="reward",
            )
        blocks.append(drawn)
    first = start % BLOCK
    return np.concatenate([np.zeros((0, n_coordinates)), *blocks])[first : first + n_rewards]


def _values(distribution: Distribution, uniforms: FloatArray, n_coordinates: int) -> FloatArray:
    match distribution.structure:
        case None:
            return quantiles_of(distribution.law, distribution.parameters, uniforms[:, :n_coordinates])
        case Marginals():
            return _structured(distribution, distribution.structure, uniforms, n_coordinates)
        case Mixture(weights=weights, parts=parts):
            chosen = _choose(weights, uniforms[:, 0])
            rewards = np.empty((len(uniforms), n_coordinates), order="F")
            for k, part in enumerate(parts):
                rows = np.flatnonzero(chosen == k)
                own = uniforms[rows, 1 : 1 + count_uniforms(part, n_coordinates)]
                rewards[rows] = transform(part, own, n_coordinates).floats
            return rewards
        case _:
            raise InvalidInput(f"expected a distribution made of uniform values, found {distribution}", where="reward")


def _structured(
    distribution: Distribution, structure: Marginals, uniforms: FloatArray, n_coordinates: int
) -> FloatArray:
    scores = _correlate(structure.correlation, uniforms, n_coordinates)
    laws = {i: (law, parameters) for i, law, parameters in structure.overrides}
    plain = np.array([i not in laws for i in range(n_coordinates)])
    rewards = np.empty((len(uniforms), n_coordinates), order="F")
    rewards[:, plain] = quantiles_of(distribution.law, distribution.parameters, scores[:, plain])
    for i, law in laws.items():
        rewards[:, i] = quantiles_of(*law, scores[:, i])
    for first, *others in structure.groups:
        rewards[:, others] = rewards[:, [first]]
    return rewards


def _correlate(correlation: Correlation, uniforms: FloatArray, n_coordinates: int) -> FloatArray:
    """Uniform values whose normal scores have this correlation."""
    from scipy.special import ndtr, ndtri

    if correlation == 0:
        return uniforms[:, :n_coordinates]
    scores = ndtri(np.minimum(uniforms + 2.0**-54, LAST))
    if isinstance(correlation, float) and correlation > 0:
        mixed = np.sqrt(correlation) * scores[:, [-1]] + np.sqrt(1 - correlation) * scores[:, :-1]
    else:
        mixed = np.einsum("ik,jk->ij", scores, find_root(correlation, n_coordinates))
    return np.asarray(np.clip(ndtr(mixed), 0, LAST))


@lru_cache(maxsize=8)
def find_root(correlation: Correlation, n_coordinates: int) -> FloatArray:
    """A matrix F with F F^T the correlation matrix.

    Raises
    ------
    InvalidInput
        It is no correlation matrix of this size.
    """
    if isinstance(correlation, float):
        matrix = np.full((n_coordinates, n_coordinates), correlation)
        np.fill_diagonal(matrix, 1.0)
    else:
        matrix = np.array(correlation)
    symmetric = matrix.shape == (n_coordinates, n_coordinates) and bool((matrix == matrix.T).all())
    if not symmetric or not (np.diag(matrix) == 1).all() or np.abs(matrix).max() > 1:
        raise InvalidInput(
            f"expected a symmetric matrix of shape {(n_coordinates, n_coordinates)} with 1 on its diagonal and "
            f"correlations between -1 and 1, found {matrix.tolist()}",
            where="correlation",
        )
    values, vectors = np.linalg.eigh(matrix)
    if values[0] < -1e-9:
        raise InvalidInput(
            f"expected correlations that are possible together, found the eigenvalue {values[0]:.3g}; bring them "
            "nearer to 0",
            where="correlation",
        )
    root: FloatArray = vectors * np.sqrt(np.maximum(values, 0))
    return root


def _choose(weights: tuple[float, ...], uniforms: FloatArray) -> IntArray:
    ends = np.cumsum(weights)
    chosen: IntArray = np.minimum(np.searchsorted(ends, uniforms, side="right"), len(weights) - 1)
    return chosen


def _look_up(table: Table, uniforms: FloatArray, n_coordinates: int) -> RewardBatch:
    if any(len(reward) != n_coordinates for reward in table.rewards):
        raise InvalidInput(f"expected rewards of {n_coordinates} values in the table, found others", where="reward")
    values = tuple(sorted({x for reward in table.rewards for x in reward}))
    place = {value: k for k, value in enumerate(values)}
    codes = np.array([[place[x] for x in reward] for reward in table.rewards], dtype=np.int64)
    return RewardBatch.of_codes(values, codes[_choose(table.weights, uniforms[:, 0])])

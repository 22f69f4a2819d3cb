"""Pairs of rewards that agree to a given degree, entry by entry.

Given rho in [-1, 1], R is drawn from D, and each entry of R' is R's entry with probability |rho|, mirrored about the
middle of its law if rho < 0, and else an independent draw from D. So R' has the distribution D too if the entries of D
are independent and, for rho < 0, symmetric about a middle; and an entry of R and that of R' have the correlation rho.
Entries that D keeps equal agree together. All rho use the same draws and the same uniform values (agree if below
|rho|), so that along rho the second reward changes in as few entries as can be.

References
----------
Harris & Suo, POWERplay, https://github.com/gladstoneai/POWERplay, ``src/lib/utils/dist.py``,
``generate_correlated_reward_samples``: the same rule, with a stated interval in place of the middle that is found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from orbitwise.compute.executors import task_seed
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.rewards.distributions import draw_rewards
from orbitwise.rewards.laws import find_center
from orbitwise.rewards.sampling import draw_uniform
from orbitwise.rewards.structures import Distribution, Marginals
from orbitwise.typing import FloatArray, IntArray

__all__ = ["check_agreement", "draw_agreeing"]


def check_agreement(distribution: Distribution, n_coordinates: int, correlations: Sequence[Fraction]) -> None:
    """Refuse what has no second reward with the same distribution.

    Raises
    ------
    InvalidInput
        A correlation outside [-1, 1], or a negative one and an entry whose law is not symmetric.
    NotSupported
        Entries that depend on each other in another way than being equal.
    """
    for rho in correlations:
        if not -1 <= rho <= 1:
            raise InvalidInput(
                f"expected a correlation between -1 and 1, found {rho!s:.20}; choose one", where="correlation"
            )
    structure = distribution.structure
    if not (structure is None or (isinstance(structure, Marginals) and structure.correlation == 0)):
        raise NotSupported(
            f"expected rewards with independent (or equal) entries, found {distribution}: replacing single entries "
            "would change its distribution; give a law for every state",
            where="reward",
        )
    if min(correlations, default=Fraction(0)) < 0:
        _centers(distribution, n_coordinates)


def draw_agreeing(
    distribution: Distribution,
    correlations: Sequence[Fraction],
    n_rewards: int,
    n_coordinates: int,
    *,
    seed: int,
    start: int = 0,
) -> tuple[FloatArray, Iterator[FloatArray]]:
    """Rewards ``start`` to ``start + n_rewards - 1``: the first agent's, and for each correlation the second's.

    **Guarantee:** row i depends on the seed, ``start + i`` and the correlation only. The first agent's rewards are
    those that ``draw_rewards`` gives for the seed. All are from the distribution, up to the rounding of mirrored
    values.
    **Cost:** linear in ``n_rewards`` x d, for each correlation.

    Parameters
    ----------
    distribution, correlations
        That ``check_agreement`` accepts.
    n_rewards, n_coordinates
        Shape of each array.
    seed, start
        As in ``draw_rewards``.

    Examples
    --------
    >>> from orbitwise.rewards.distributions import parse_distribution
    >>> uniform = parse_distribution("uniform")
    >>> first, others = draw_agreeing(uniform, [Fraction(1), Fraction(-1)], 4, 3, seed=0)
    >>> same, mirrored = others
    >>> bool((same == first).all()), bool((mirrored == 1 - first).all())
    (True, True)
    """
    first = draw_rewards(distribution, n_rewards, n_coordinates, seed=seed, start=start).floats
    other = draw_rewards(distribution, n_rewards, n_coordinates, seed=_derive(seed, 1), start=start).floats
    chances = draw_uniform(n_rewards, n_coordinates, seed=_derive(seed, 2), start=start)[
        :, _leaders(distribution, n_coordinates)
    ]
    mirrored = None
    if min(correlations, default=Fraction(0)) < 0:
        mirrored = _centers(distribution, n_coordinates) * 2 - first

    def second(rho: Fraction) -> FloatArray:
        kept = mirrored if rho < 0 and mirrored is not None else first
        return np.where(chances < float(abs(rho)), kept, other)

    return first, map(second, correlations)


def _derive(seed: int, stream: int) -> int:
    """The seed of another stream of the same seed."""
    words = task_seed(seed, stream).generate_state(4)
    return sum(int(word) << (32 * k) for k, word in enumerate(words))


def _leaders(distribution: Distribution, n_coordinates: int) -> IntArray:
    """For each coordinate the first one that it is always equal to."""
    leaders = np.arange(n_coordinates)
    if isinstance(distribution.structure, Marginals):
        for group in distribution.structure.groups:
            leaders[list(group)] = group[0]
    return leaders


def _centers(distribution: Distribution, n_coordinates: int) -> FloatArray:
    """The middle of each coordinate's law, shape (n_coordinates,)."""
    plain = distribution.law, distribution.parameters
    own = {}
    if isinstance(distribution.structure, Marginals):
        own = {i: (law, parameters) for i, law, parameters in distribution.structure.overrides}
    centers = np.empty(n_coordinates)
    for i, leader in enumerate(_leaders(distribution, n_coordinates).tolist()):
        law = own.get(leader, plain)
        center = find_center(*law)
        if center is None:
            raise InvalidInput(
                f"expected symmetric laws for a negative correlation, found {Distribution(*law)}, which has no middle "
                "to mirror values about; choose correlations of at least 0",
                where="correlation",
            )
        centers[i] = center
    return centers

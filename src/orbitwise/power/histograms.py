"""Histograms of the normalized optimal value, folded from the fine bins that quantiles are read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orbitwise.power.quantiles import N_BINS, Quantiles
from orbitwise.typing import FloatArray

__all__ = ["Histogram", "fold_histogram"]

FOLD = 4  # fine bins in one bar; about 32 bars hold the values of the first chunk


@dataclass(frozen=True)
class Histogram:
    """How many values lie between each two edges, and how many outside."""

    edges: tuple[float, ...]  # (n_bars + 1,), in units of reward
    counts: tuple[int, ...]  # (n_bars,)
    below: int
    above: int


def fold_histogram(quantiles: Quantiles, place: int) -> Histogram:
    """The histogram of one quantity, without the empty bars at its ends.

    **Guarantee:** counts are exact for the solved values; none is left out.

    Parameters
    ----------
    quantiles
        What an estimate holds.
    place
        Which quantity, for an estimate of POWER the position of a state in ``estimate.states``.

    Examples
    --------
    >>> import orbitwise as ow
    >>> power = ow.estimate_power(ow.gallery.load("candy"), discount="1/2", samples=500, quantiles=[0.5])
    >>> found = fold_histogram(power.quantiles, 0)
    >>> sum(found.counts) + found.below + found.above
    500
    """
    fine = quantiles.counts[place]
    counts = fine[1:-1].reshape(-1, FOLD).sum(axis=1)
    used = np.flatnonzero(counts)
    first, last = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, len(counts))
    edges: FloatArray = quantiles.bins.start[place] + np.arange(0, N_BINS + 1, FOLD) * quantiles.bins.width[place]
    return Histogram(
        edges=tuple(edges[first : last + 1].tolist()),
        counts=tuple(counts[first:last].tolist()),
        below=int(fine[0]),
        above=int(fine[-1]),
    )

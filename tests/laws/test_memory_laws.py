"""Sampling holds some chunks of rewards at a time, however many are drawn."""

import tracemalloc

import pytest

from orbitwise.compute.executors import Executor
from orbitwise.environments.gridworld import gridworld
from orbitwise.evidence.estimates import estimate_share
from orbitwise.outcomes.question import ask
from orbitwise.power import estimate_power
from orbitwise.rewards.distributions import parse_distribution

GRID = gridworld(["." * 9] * 9)
FEW, MANY = 20_000, 80_000  # both many full chunks
SAMPLE = 81 * 8  # bytes of one reward


def compare(samples, executor):
    """The share for which going right from the middle is at least as good as going down."""
    question = ask(GRID, at="4,4", prefer="take:right", over="take:down", discount="9/10")
    return estimate_share(
        question, parse_distribution("uniform"), precision=1e-6, max_samples=samples, executor=executor
    )


def value(samples, executor):
    """POWER of one state."""
    return estimate_power(GRID, discount="9/10", at="0,0", samples=samples, executor=executor)


@pytest.mark.parametrize("executor", [Executor("serial"), Executor("threads", 2)], ids=str)
@pytest.mark.parametrize("work", [compare, value])
def test_memory_does_not_grow_with_the_number_of_samples(work, executor):
    """Four times as many samples hardly raise the peak of what is allocated: by less than a fifth of their size.

    Python and NumPy report what they allocate. How many chunks threads hold at once is chance, at most four.
    """
    work(FEW, executor)  # compiled code is loaded
    peaks = []
    for samples in (FEW, MANY):
        tracemalloc.start()
        try:
            assert work(samples, executor).samples == samples
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    few, many = peaks
    assert many - few < (MANY - FEW) * SAMPLE / 5

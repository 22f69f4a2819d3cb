"""Discounted values against Storm's rational arithmetic, with the discount as termination (see storm_discounted.py)."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from discounted_models import make_graph
from orbitwise.solvers.discounted import bound_discounted
from orbitwise.solvers.discounted_exact import solve_exactly
from storm_models import N_MODELS, make_model, small_discount

STORM = json.loads((Path(__file__).parent / "data" / "storm_discounted.json").read_text(encoding="utf-8"))


def our_values(model, sign=1):
    graph = make_graph(model.choices)
    return solve_exactly(graph, np.arange(graph.n_nodes), [sign * x for x in model.reward], model.discount)


def test_storms_own_model_has_its_two_values():
    """Best 18/5 and worst 45/14 from the start: 9/10 x 4, and 9/10 x 1/(1 - 9/10 x 4/5), in Storm and here."""
    best, worst = Fraction(9, 10) * 4, Fraction(9, 10) / (1 - Fraction(9, 10) * Fraction(4, 5))
    model = small_discount()
    assert STORM["small_discount"] == {"max": "18/5", "min": "45/14"} == {"max": str(best), "min": str(worst)}
    assert our_values(model)[0] == best
    assert -our_values(model, -1)[0] == worst


@pytest.mark.parametrize("part", range(4))
def test_storms_exact_values_are_ours_and_lie_in_every_interval(part):
    """Two hundred random models in four parts: equal fractions, and intervals that hold them."""
    assert len(STORM["values"]) == N_MODELS == 200
    for seed in range(part, N_MODELS, 4):
        model = make_model(seed)
        expected = [Fraction(x) for x in STORM["values"][seed]]
        assert our_values(model) == expected
        rewards = np.array([[float(x) for x in model.reward]])
        assert [Fraction(x) for x in rewards[0].tolist()] == model.reward
        bounds = bound_discounted(make_graph(model.choices), np.arange(len(expected)), rewards, model.discount)
        for low, value, high in zip(bounds.low[0].tolist(), expected, bounds.high[0].tolist(), strict=True):
            assert Fraction(low) <= value <= Fraction(high)

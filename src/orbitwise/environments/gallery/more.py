"""Environments of MORE: Turner, *The More Power At Stake, The Stronger Instrumental Convergence Gets* (2021)."""

from __future__ import annotations

from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP, Claim

__all__ = ["candy"]

MORE = "Turner, The More Power At Stake, The Stronger Instrumental Convergence Gets For Optimal Policies (2021)"


def candy() -> MDP:
    """Candy now, or wait and then choose between chocolate and a hug."""
    builder = Builder("candy", start="Start")
    builder.add("Start", "candy", "candy").add("Start", "Wait!", "Wait!")
    builder.add("candy", "stay", "candy")
    builder.add("Wait!", "chocolate", "chocolate").add("Wait!", "hug", "hug")
    builder.add("chocolate", "stay", "chocolate").add("hug", "stay", "hug")
    builder.label("sweet", ["candy", "chocolate"])
    builder.place("Start", 0, 1).place("candy", 1, 0).place("Wait!", 1, 2)
    builder.place("chocolate", 2, 1).place("hug", 2, 3)
    return builder.build(
        description="Candy now, or wait and then choose between chocolate and a hug; each is kept for ever.",
        source=MORE,
        claims=(
            Claim(
                "share of every orbit for which Wait! is at least as good as candy, average reward", ">= 2/3", "MORE"
            ),
        ),
    )

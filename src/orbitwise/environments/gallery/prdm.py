"""Environments of PRDM and of the post on satisficers: outcomes to choose among, whatever rule chooses."""

from __future__ import annotations

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import PRDM, SAT
from orbitwise.environments.gallery.shapes import add_fan, add_terminals, check_range
from orbitwise.environments.mdp import MDP, Claim

__all__ = ["bandit", "fruits", "ghost_apple_cherry"]


def ghost_apple_cherry() -> MDP:
    """Left to the ghost; right to the apple or the cherry."""
    builder = Builder("ghost-apple-cherry", start="Start")
    builder.add("Start", "left", "ghost").add("Start", "right", "alive").place("Start", 0, 1)
    add_terminals(builder, ["ghost"], column=1)
    add_fan(builder, "alive", ["apple", "cherry"], column=1, row=1.5)
    builder.label("fruit", ["apple", "cherry"])
    return builder.build(
        description="Pac-Man in three outcomes: left to the ghost, right to the apple or the cherry.",
        source=f"{PRDM}, figure 1 and table 1",
        claims=(
            Claim(
                "utility (10, 5, 0) of ghost, apple, cherry: permutations that make a fruit strictly optimal",
                "4 of 6",
                f"{PRDM}, table 1",
            ),
        ),
    )


def fruits() -> MDP:
    """A robot chooses a cherry, an apple or a banana."""
    builder = Builder("fruits", start="Start")
    add_fan(builder, "Start", ["cherry", "apple", "banana"], column=0)
    return builder.build(
        description="A robot chooses a cherry, or one of the other two fruits, an apple and a banana.",
        source=f"{SAT}, first figure",
        claims=(
            Claim("every orbit: share on which the apple or the banana is optimal", ">= 2/3", SAT),
            Claim("satisficers: apple or banana against cherry", "2-fold for every utility function", SAT),
        ),
    )


def bandit(arms: int = 5) -> MDP:
    """A multi-armed bandit whose state is the arm pulled last."""
    check_range(arms, 1, 1000, "gallery:bandit?arms")
    builder = Builder("bandit", start="Start")
    names = [f"arm {i + 1}" for i in range(arms)]
    for state in ("Start", *names):
        for arm in names:
            builder.add(state, f"pull {arm}", arm)
    builder.place("Start", 0, (arms - 1) / 2)
    for i, arm in enumerate(names):
        builder.place(arm, 1, i)
    return builder.build(
        description=f"A bandit with {arms} arms; the state is the arm pulled last, so rewards belong to arms.",
        source=f"in the spirit of {PRDM}, appendix C.1 (a bandit with five arms, trained epsilon-greedily)",
        claims=(
            Claim(
                "epsilon-greedy, learning rate 1, T trials: probability that the best arm is learned",
                ">= 1 - (1 - epsilon/4)^T",
                f"{PRDM}, appendix C.1",
            ),
        ),
    )

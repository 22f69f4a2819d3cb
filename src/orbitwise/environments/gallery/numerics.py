"""Environments that are hard for numbers: where floating-point iterations stop too early."""

from __future__ import annotations

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import HADDAD_MONMEGE
from orbitwise.environments.gallery.shapes import check_range
from orbitwise.environments.mdp import MDP, Claim

__all__ = ["haddad_monmege"]


def haddad_monmege(n: int = 20) -> MDP:
    """A chain with two ends that takes about 2^n steps to reach one of them."""
    check_range(n, 2, 100_000, "gallery:haddad-monmege?n")
    builder = Builder("haddad-monmege", start=str(n))
    for x in range(2 * n + 1):
        if x in (0, 2 * n):
            builder.add(str(x), "stay", str(x))
        elif x == n:
            builder.add(str(x), "go", {str(n - 1): "7/10", str(n + 1): "3/10"})
        else:
            builder.add(str(x), "go", {str(x - 1 if x < n else x + 1): "1/2", str(n): "1/2"})
        builder.place(str(x), x, 0)
    builder.label("target", ["0"])
    return builder.build(
        description=(
            f"From the middle ({n}) left with probability 7/10, right with 3/10; every further step outward succeeds "
            "with 1/2, else it is back to the middle. There is one policy: it ends in 0 with probability 7/10."
        ),
        source=HADDAD_MONMEGE,
        claims=(Claim("probability to reach the target 0", "7/10", HADDAD_MONMEGE),),
    )

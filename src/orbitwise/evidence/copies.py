"""T1, n copies: the scaling law of MORE (PRDM 3.5, 3.6).

If involutions phi_1..phi_n carry B' into A, A_i = phi_i.B', and phi_i leaves every other A_j as a set, then for every r
#(A > B) >= n #(B > A), so the weak share is at least n/(n+1). The involutions are put together from swaps of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orbitwise.evidence.dominating import Dominating
from orbitwise.evidence.matching import BlockClass, swap
from orbitwise.evidence.proofs import CopiesProof
from orbitwise.evidence.symmetries import Permutation, Vector, move
from orbitwise.outcomes.vectors import Outcomes

__all__ = ["find_copies"]


@dataclass(frozen=True)
class Copy:
    """An involution and the copy of B' that it makes in A."""

    involution: Permutation
    vectors: frozenset[Vector]


def find_copies(prefer: Outcomes, choice: Dominating, classes: Sequence[BlockClass]) -> CopiesProof | str:
    """As many involutions as the blocks allow, or why there is none.

    **Guarantee:** every condition of the theorem holds exactly for the proof returned; that no larger n exists is not
    claimed.
    **Cost:** quadratic in n times the size of B'.

    Parameters
    ----------
    prefer
        All outcomes of A.
    choice
        B' and its weights.
    classes
        The blocks of B' outside A and their copies in A; what B' shares with A must stay where it is.
    """
    if not classes:
        return f"{choice.what} lie in A, so there is nothing to copy (A is at least as good for every reward)"
    n = min(len(c.prefer) // len(c.over) for c in classes)
    if n == 0:
        poor = next(c for c in classes if len(c.prefer) < len(c.over))
        return (
            f"no involution carries {choice.what} into A: of one kind of block B has {len(poor.over)} "
            f"and A has {len(poor.prefer)} copies of it"
        )
    over = frozenset(choice.vectors)
    allowed = set(prefer.vectors)
    found: list[Copy] = []
    for i in range(n):
        copy = _copy(over, classes, i)
        if copy is not None and copy.vectors <= allowed and _fits(copy, found):
            found.append(copy)
    if not found:
        return f"swapping blocks of {choice.what} with A moves other blocks too, so the copies conditions fail"
    return CopiesProof(choice.vectors, choice.dominated, tuple(c.involution for c in found))


def _copy(over: frozenset[Vector], classes: Sequence[BlockClass], i: int) -> Copy | None:
    """Swap every block of B' with the i-th batch of copies; None when two swaps disagree about a coordinate."""
    involution: dict[int, int] = {}
    for c in classes:
        for j, block in enumerate(c.over):
            for source, target in swap(c.prefer[i * len(c.over) + j], block).items():
                if involution.setdefault(source, target) != target:
                    return None
    return Copy(involution, frozenset(move(involution, v) for v in over))


def _fits(copy: Copy, others: Sequence[Copy]) -> bool:
    """Whether each involution leaves the other copies as sets."""
    return all(
        frozenset(move(copy.involution, v) for v in other.vectors) == other.vectors
        and frozenset(move(other.involution, v) for v in copy.vectors) == copy.vectors
        for other in others
    )

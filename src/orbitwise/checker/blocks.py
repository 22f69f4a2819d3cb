"""T3: interchangeable blocks, the strict form of the fractional law.

A' consists of a blocks, B' of b <= a blocks, all disjoint; for each A-block and B-block an involution swaps the two
and leaves every other block where it is. The swaps generate every rearrangement of the blocks, so on an orbit the
best block values lie in random order: m tied best blocks are all in A' with probability C(a,m)/C(a+b,m), all in B'
with C(b,m)/C(a+b,m), and the first is at least a/b times the second. So #(A > B) >= (a/b) #(B > A), and A is at least
as good on a/(a+b).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from orbitwise.checker.case import Case, Proved, check_dominated, check_outcomes, read_vectors
from orbitwise.checker.document import Rejected, fields, items
from orbitwise.checker.exact import Vector
from orbitwise.checker.group import move_all, read_involution

__all__ = ["prove_blocks"]


def prove_blocks(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``blocks``."""
    found = fields(proof, ("kind", "prefer", "over", "dominated", "swaps"), "proof")
    prefer = _read_blocks(found["prefer"], case, "proof.prefer")
    over = _read_blocks(found["over"], case, "proof.over")
    a, b = len(prefer), len(over)
    if not a >= b >= 1:
        raise Rejected(
            f"expected at least as many A-blocks as B-blocks, and one of these; found {a} and {b}", where="proof"
        )
    blocks = [frozenset(block) for block in prefer + over]
    if len(frozenset[Vector]().union(*blocks)) < sum(map(len, blocks)):
        raise Rejected("two blocks share a vector", where="proof")
    for i, row in enumerate(items(found["swaps"], "proof.swaps", length=a)):
        for j, value in enumerate(items(row, f"proof.swaps[{i}]", length=b)):
            _check_swap(value, blocks, i, a + j, case, f"proof.swaps[{i}][{j}]")
    case.steps.append(f"{a} and {b} disjoint blocks, any A-block interchangeable with any B-block")
    check_outcomes((vector for block in prefer for vector in block), case, "proof.prefer")
    check_dominated([vector for block in over for vector in block], found["dominated"], case)
    return Proved(Fraction(a, a + b), Fraction(a, b), disjoint=True)


def _read_blocks(value: Any, case: Case, where: str) -> list[list[Vector]]:
    return [read_vectors(block, case.index, f"{where}[{i}]") for i, block in enumerate(items(value, where))]


def _check_swap(value: Any, blocks: list[frozenset[Vector]], first: int, second: int, case: Case, where: str) -> None:
    """Check that an involution maps two blocks onto each other and every other block onto itself."""
    swap = read_involution(value, case, where)
    for k, block in enumerate(blocks):
        goal = second if k == first else first if k == second else k
        if move_all(block, swap, case) != blocks[goal]:
            raise Rejected(
                f"this involution does not map block {k} onto block {goal} (A-blocks count first)", where=where
            )

"""T3, the strict form of the fractional law.

A' is a union of a blocks, B' of b blocks, a >= b, and for each pair of an A-block and a B-block an involution swaps
them and leaves every other block as a set. Then for every r #(A' > B') >= (a/b) #(B' > A'), so the weak share is at
least a/(a+b).
"""

from __future__ import annotations

from collections.abc import Sequence

from orbitwise.evidence.dominating import Dominating
from orbitwise.evidence.matching import BlockClass, swap
from orbitwise.evidence.proofs import BlocksProof

__all__ = ["find_blocks"]


def find_blocks(choice: Dominating, classes: Sequence[BlockClass]) -> BlocksProof | str:
    """The proof by interchangeable blocks, or why there is none.

    **Guarantee:** the conditions hold exactly (the classes were checked when they were found).
    **Cost:** a times b involutions.

    Parameters
    ----------
    choice
        B' and its weights.
    classes
        The blocks of B' outside A and their copies in A.
    """
    if sum(len(block.vectors) for c in classes for block in c.over) < len(choice.vectors):
        return f"{choice.what} share outcomes with A; the strict fractional law needs disjoint blocks"
    if len(classes) != 1:
        return f"{choice.what} fall into blocks of {len(classes)} kinds; the fractional law needs one kind"
    blocks = classes[0]
    if len(blocks.prefer) < len(blocks.over):
        return (
            f"of blocks that can be exchanged A has {len(blocks.prefer)} and B has {len(blocks.over)}; the strict "
            "fractional law needs at least as many in A"
        )
    position = {v: k for k, v in enumerate(v for block in blocks.over for v in block.vectors)}
    renumber = {k: position[v] for k, v in enumerate(choice.vectors)}
    return BlocksProof(
        prefer=tuple(block.vectors for block in blocks.prefer),
        over=tuple(block.vectors for block in blocks.over),
        dominated=tuple(type(d)(d.vector, {renumber[k]: w for k, w in d.weights.items()}) for d in choice.dominated),
        swaps=tuple(tuple(swap(a, b) for b in blocks.over) for a in blocks.prefer),
    )

"""The arrays of a Markov decision process: nodes own choices, choices own weighted successors (two CSR levels)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orbitwise.compute.exact import rationalize_rows
from orbitwise.typing import BoolArray, FloatArray, IntArray, ObjectArray

__all__ = ["ChoiceGraph"]


@dataclass(frozen=True, eq=False)
class ChoiceGraph:
    """Nodes, their choices and each choice's successors, as flat arrays.

    Choice ``c`` belongs to node ``u`` when ``choice_offsets[u] <= c < choice_offsets[u + 1]``; its successors are
    ``successors[entry_offsets[c]:entry_offsets[c + 1]]`` with the probabilities beside them. A node may have no choice
    (a dead end left by a restriction); a choice has at least one successor, each named once, with positive probability.
    """

    choice_offsets: IntArray  # (n_nodes + 1,)
    entry_offsets: IntArray  # (n_choices + 1,)
    successors: IntArray  # (n_entries,)
    probabilities: FloatArray  # (n_entries,), sums to 1 per choice
    exact: ObjectArray | None = None  # (n_entries,) Fractions that sum to 1 per choice; None: not given, or all 1

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.choice_offsets) - 1

    @property
    def n_choices(self) -> int:
        """Number of choices of all nodes together."""
        return len(self.entry_offsets) - 1

    @cached_property
    def choice_nodes(self) -> IntArray:
        """The node that owns each choice, shape (n_choices,)."""
        return np.repeat(np.arange(self.n_nodes), np.diff(self.choice_offsets))

    @cached_property
    def entry_choices(self) -> IntArray:
        """The choice that owns each entry, shape (n_entries,)."""
        return np.repeat(np.arange(self.n_choices), np.diff(self.entry_offsets))

    @cached_property
    def is_deterministic(self) -> bool:
        """Whether every choice has exactly one successor."""
        return len(self.successors) == self.n_choices

    @cached_property
    def exact_probabilities(self) -> ObjectArray:
        """Exact probabilities, shape (n_entries,): those given, else the simplest fractions near the floats."""
        if self.exact is not None:
            return self.exact
        return rationalize_rows(self.probabilities, self.entry_offsets)

    def keep_choices(self, kept: BoolArray) -> tuple[ChoiceGraph, IntArray]:
        """The graph with only some choices, on the same nodes, and the old index of each kept choice.

        Parameters
        ----------
        kept
            Shape (n_choices,).
        """
        old = np.flatnonzero(kept)
        counts = np.bincount(self.choice_nodes[old], minlength=self.n_nodes)
        lengths = np.diff(self.entry_offsets)
        entries = np.repeat(kept, lengths)
        graph = ChoiceGraph(
            choice_offsets=np.concatenate(([0], np.cumsum(counts))),
            entry_offsets=np.concatenate(([0], np.cumsum(lengths[old]))),
            successors=self.successors[entries],
            probabilities=self.probabilities[entries],
            exact=None if self.exact is None else self.exact[entries],
        )
        return graph, old

"""An arena: all that a set of policies may do, as arrays; the form in which every solver gets its problem.

A policy set restricts an environment (some choices are gone), may need memory (a node is then a state together with
what has been entered so far), may start with a forced first action, and may have to end in given nodes. A policy of the
set is a deterministic stationary policy of the arena whose play ends, almost surely and for ever, inside ``end_nodes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from orbitwise.solvers.choice_graph import ChoiceGraph
from orbitwise.typing import BoolArray, FloatArray, IntArray

__all__ = ["Arena"]


@dataclass(frozen=True, eq=False)
class Arena:
    """What a policy set may do.

    Every node that can be reached has at least one choice: dead ends were removed when the arena was made.
    """

    graph: ChoiceGraph
    node_states: IntArray  # (n_nodes,) the state, hence the reward coordinate, of each node
    n_states: int  # d, the number of reward coordinates
    prefix: IntArray  # states visited surely, one a step, before the initial distribution (a forced first action)
    initial_nodes: IntArray  # (n_initial,)
    initial_probabilities: FloatArray  # (n_initial,), sums to 1
    initial_exact: tuple[Fraction, ...]  # (n_initial,), sums to exactly 1
    node_memory: IntArray  # (n_nodes,) bit i set: a state of the i-th list to be entered has been visited
    full_memory: int  # the memory in which everything that must be entered has been; 0 when nothing must
    choice_labels: IntArray  # (n_choices,) index of each choice's action in the caller's table of action names
    end_nodes: BoolArray | None = None  # (n_nodes,), None: the play may end anywhere

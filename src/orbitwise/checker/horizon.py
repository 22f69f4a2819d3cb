"""T5 for discounted reward: where A can be after n steps for good, against where B can ever get.

A' = {t: A can stay in t, and gets there by n certain steps at most}, D_B: all states in which B can be after the
present one. With discount g and s the present state, A is worth at least r(s) + (g^n r(t) + (g - g^n) min r) / (1 - g)
for each t in A', because what it meets on the way is worth min r or more, and B at most r(s) + g max_(D_B) r / (1 - g).
The largest reward of A' u D_B lies in A' on the share |A' n P| / |(A' u D_B) n P| of the orbit, as in the graph form.
There (1 - g) h_A >= (1 - g) h_B - (g - g^n) (max r - min r). For n = 1 nothing is lost, and the ratio of the graph form
holds too.

For n = 1 the claims hold at every discount, too, and for Blackwell optimality: then

    h_A - h_B >= g (max_(A') r - max_(D_B) r) / (1 - g),

and neither A' nor D_B depends on g. On a variant on which the largest reward of A' u D_B lies in A', A is at least as
good at every g, hence near 1; that is the bound. On one on which it lies in A' and not in D_B, A is better at every g;
B can be better at some g, or near 1, only where it lies in D_B and not in A'; the graph form compares how many these
are, that is the ratio. If A' and D_B share no state and no two of their states have the same reward, the first variants
are the second: A is better at every discount on the share of the bound, not only at all but finitely many (T4).
"""

from __future__ import annotations

from typing import Any

from orbitwise.checker.case import Case, Proved
from orbitwise.checker.document import Rejected, column, fields, show
from orbitwise.checker.exact import ZERO
from orbitwise.checker.graph import compare_units
from orbitwise.checker.sets import Node, PolicySet

__all__ = ["prove_horizon"]


def prove_horizon(proof: Any, case: Case) -> Proved:
    """Check a proof of kind ``horizon``."""
    prefer, over, discount = case.prefer, case.over, case.discount
    is_discounted = case.every or discount is not None
    if not is_discounted or not isinstance(prefer, PolicySet) or not isinstance(over, PolicySet):
        raise Rejected(
            f"the horizon form is for discounted reward, not for the criterion {case.kind}", where="criterion"
        )
    found = fields(proof, ("kind", "steps"), "proof")
    (steps,) = column([found["steps"]], "proof.steps", low=1)
    if case.every and steps != 1:
        raise Rejected(f"for many discounts at once expected 1 step, found {show(steps)}", where="proof.steps")
    arrivals = _find_arrivals(prefer, steps, case)
    last = max(arrivals.values(), default=0)
    if last != steps:
        raise Rejected(f"A settles in no state by exactly {show(steps)} certain steps", where="proof.steps")
    case.steps.append(f"A': {len(arrivals)} states in which A can be for good after {steps} certain steps")
    visited = _find_visited(over, case)
    case.steps.append(f"B: visits {len(visited)} states after the present one")
    proved = compare_units(set(arrivals), visited, case)
    if discount is None or steps == 1:
        return proved
    power = discount
    for _ in range(steps - 1):
        power = case.budget.add(ZERO, power, discount)
    return Proved(proved.bound, None, False, discount - power)


def _find_arrivals(prefer: PolicySet, steps: int, case: Case) -> dict[int, int]:
    """States that A surely reaches and may stay in, with the fewest certain moves, 1 to ``steps``."""
    initial = list(prefer.initial())
    if len(initial) > 1:
        return {}
    depth: dict[Node, int] = {initial[0]: 0 if prefer.take is None else 1}
    found: dict[int, int] = {}
    nodes = list(depth)
    for node in nodes:  # grows while it is read
        state, memory = node
        for choice in prefer.allowed[state].values():
            case.budget.spend(10)
            if len(choice) > 1:
                continue
            successor = prefer.enter(choice[0][0], memory)
            if successor == node and memory == prefer.full and prefer.may_end_in(state):
                found.setdefault(state, max(1, depth[node]))
            if successor not in depth and depth[node] < steps:
                depth[successor] = depth[node] + 1
                nodes.append(successor)
    return found


def _find_visited(over: PolicySet, case: Case) -> set[int]:
    """States in which B can be after the present one."""
    nodes = list(over.initial())
    seen = set(nodes)
    visited = set() if over.take is None else {state for state, _ in nodes}
    for state, memory in nodes:  # grows while it is read
        for choice in over.allowed[state].values():
            case.budget.spend(2 + 10 * len(choice))
            for successor, _ in choice:
                visited.add(successor)
                node = over.enter(successor, memory)
                if node not in seen:
                    seen.add(node)
                    nodes.append(node)
    return visited

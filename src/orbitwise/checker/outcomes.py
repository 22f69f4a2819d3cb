"""All outcomes of a policy set, enumerated anew.

Average reward: the recurrent state distribution of a policy is the mixture, by absorption probability, of the
stationary laws of its recurrent classes. In a deterministic arena these are exactly the uniform laws on the simple
cycles of the node graph that the start reaches (a shortest way to a cycle never meets the cycle before its end, so
one policy follows both). Otherwise, and for discounted visits, the policies are enumerated depth first: a policy need
only choose at the nodes that it reaches, so a partial policy is extended at the first such node without a choice.

Each outcome is yielded at least once. The order of the loops is the order of the document, and nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from orbitwise.checker.cycles import iter_simple_cycles, strongly_connected
from orbitwise.checker.exact import ONE, ZERO, Budget, Vector, make_vector
from orbitwise.checker.sets import Choice, Node, PolicySet

__all__ = ["iter_outcomes"]

Chain: TypeAlias = dict[int, Choice]  # node -> its successors with probabilities
Measure: TypeAlias = dict[int, Fraction]  # node -> mass


@dataclass(frozen=True)
class Arena:
    """The nodes that the start reaches, numbered as they are found, with their allowed choices."""

    policies: PolicySet
    nodes: list[Node]
    choices: list[list[Choice]]  # per node, successors are node numbers; equal choices appear once
    initial: Measure

    @property
    def is_deterministic(self) -> bool:
        """Whether every play is a single path."""
        return len(self.initial) == 1 and all(len(choice) == 1 for at_node in self.choices for choice in at_node)


def iter_outcomes(policies: PolicySet, discount: Fraction | None, budget: Budget) -> Iterator[Vector]:
    """The outcomes of the policies: recurrent state distributions, or discounted visits where a discount is given.

    Parameters
    ----------
    policies
        The set.
    discount
        Strictly between 0 and 1; None means average reward.
    budget
        Pays one enumeration per policy or cycle, and steps for the exact arithmetic.
    """
    arena = _explore(policies, budget)
    if discount is None and arena.is_deterministic:
        yield from _cycle_outcomes(arena, budget)
        return
    for chain in _iter_chains(arena, budget):
        recurrent = _recurrent_classes(chain, budget)
        if not _belongs(arena, chain, recurrent):
            continue
        if discount is None:
            mass = _recurrent_distribution(chain, recurrent, arena.initial, budget)
        else:
            mass = _visits(chain, list(chain), arena.initial, discount, budget)
        yield _to_states(arena, mass, discount, budget)


def _explore(policies: PolicySet, budget: Budget) -> Arena:
    """Breadth first, from the initial nodes along all allowed choices."""
    initial = policies.initial()
    nodes = list(initial)
    number = {node: i for i, node in enumerate(nodes)}
    choices: list[list[Choice]] = []
    for state, memory in nodes:  # grows while it is read
        found: dict[Vector, None] = {}
        for choice in policies.allowed[state].values():
            budget.spend(10 + 20 * len(choice))
            renamed = []
            for successor, probability in choice:
                node = policies.enter(successor, memory)
                if node not in number:
                    number[node] = len(nodes)
                    nodes.append(node)
                renamed.append((number[node], probability))
            found[Vector(sorted(renamed))] = None
        choices.append([*found])
    return Arena(policies, nodes, choices, dict(enumerate(initial.values())))


def _cycle_outcomes(arena: Arena, budget: Budget) -> Iterator[Vector]:
    """Uniform laws on the simple cycles with full memory whose states may be recurrent."""
    policies = arena.policies
    kept = [i for i, (s, memory) in enumerate(arena.nodes) if memory == policies.full and policies.may_end_in(s)]
    successors = {i: [choice[0][0] for choice in arena.choices[i]] for i in kept}
    for cycle in iter_simple_cycles(kept, successors, budget):
        budget.enumerated(len(cycle))
        yield make_vector({arena.nodes[node][0]: Fraction(1, len(cycle)) for node in cycle})


def _iter_chains(arena: Arena, budget: Budget) -> Iterator[Chain]:
    """Every policy, as the Markov chain on the nodes that it reaches; policies that meet a dead end are left out."""
    reached = list(arena.initial)  # in order of discovery; the first len(picks) of them have a choice
    known = set(reached)
    picks: list[int] = []
    lengths: list[int] = []  # of `reached` before each pick, to undo it
    pick = 0
    while True:
        if len(picks) == len(reached):
            budget.enumerated(len(reached))
            yield {node: arena.choices[node][k] for node, k in zip(reached, picks, strict=True)}
        elif pick < len(arena.choices[reached[len(picks)]]):
            lengths.append(len(reached))
            for successor, _ in arena.choices[reached[len(picks)]][pick]:
                budget.spend(4)
                if successor not in known:
                    known.add(successor)
                    reached.append(successor)
            picks.append(pick)
            pick = 0
            continue
        if not picks:
            return
        pick = picks.pop() + 1
        length = lengths.pop()
        known.difference_update(reached[length:])
        del reached[length:]


def _recurrent_classes(chain: Chain, budget: Budget) -> list[list[int]]:
    """The strongly connected components that the chain cannot leave."""
    successors = {node: [successor for successor, _ in choice] for node, choice in chain.items()}
    components = strongly_connected(list(chain), successors, budget)
    component_of = {node: k for k, component in enumerate(components) for node in component}
    return [
        component
        for k, component in enumerate(components)
        if all(component_of[successor] == k for node in component for successor in successors[node])
    ]


def _belongs(arena: Arena, chain: Chain, recurrent: Iterable[list[int]]) -> bool:
    """Whether the policy enters what it has to enter, and ends where it has to end."""
    entered = 0
    for node in chain:
        entered |= arena.nodes[node][1]
    ends = all(arena.policies.may_end_in(arena.nodes[node][0]) for component in recurrent for node in component)
    return ends and entered == arena.policies.full


def _recurrent_distribution(chain: Chain, recurrent: list[list[int]], initial: Measure, budget: Budget) -> Measure:
    """The mixture, by absorption probability, of the stationary laws of the recurrent classes."""
    last = {node for component in recurrent for node in component}
    visits = _visits(chain, [node for node in chain if node not in last], initial, ONE, budget)
    absorbed = {node: initial.get(node, ZERO) for node in last}
    for node, mass in visits.items():
        for successor, probability in chain[node]:
            if successor in last:
                absorbed[successor] = budget.add(absorbed[successor], mass, probability)
    result: Measure = {}
    for component in recurrent:
        # The stationary law is proportional to the expected visits from one visit to a base node until the next.
        base, others = component[0], component[1:]
        law = {base: ONE, **_visits(chain, others, dict(chain[base]), ONE, budget)}
        weight = budget.total(absorbed[node] for node in component) / budget.total(law.values())
        result.update({node: budget.add(ZERO, weight, mass) for node, mass in law.items()})
    return result


def _visits(
    chain: Chain, inside: list[int], start: Mapping[int, Fraction], discount: Fraction, budget: Budget
) -> Measure:
    """Expected discounted visits to the nodes inside before leaving them: x = start + discount P^T x.

    Gaussian elimination in the given order. No pivot is zero, because the chain leaves the inside or the discount is
    below 1.
    """
    rows: dict[int, Measure] = {node: {} for node in inside}  # rows[v][u]: coefficient of x_u in the equation for x_v
    users: dict[int, set[int]] = {node: set() for node in inside}  # the v, not yet eliminated, with u in rows[v]
    for node in inside:
        for successor, probability in chain[node]:
            if successor in rows:
                rows[successor][node] = budget.add(ZERO, discount, probability)
                users[node].add(successor)
    value = {node: start.get(node, ZERO) for node in inside}
    for node in inside:
        scale = 1 / (1 - rows[node].pop(node, ZERO))
        row = {other: budget.add(ZERO, weight, scale) for other, weight in rows[node].items()}
        rows[node] = row
        value[node] = budget.add(ZERO, value[node], scale)
        users[node].discard(node)
        for other in row:
            users[other].discard(node)
        for user in users[node]:
            weight = rows[user].pop(node)
            value[user] = budget.add(value[user], weight, value[node])
            for other, coefficient in row.items():
                rows[user][other] = budget.add(rows[user].get(other, ZERO), weight, coefficient)
                users[other].add(user)
    for node in reversed(inside):
        for other, coefficient in rows[node].items():
            value[node] = budget.add(value[node], coefficient, value[other])
    return value


def _to_states(arena: Arena, mass: Measure, discount: Fraction | None, budget: Budget) -> Vector:
    """The measure on nodes mapped to states; discounted visits count a first action that is given."""
    policies = arena.policies
    entries: Measure = {}
    factor = ONE
    if discount is not None and policies.take is not None:
        entries[policies.at] = ONE
        factor = discount
    for node, value in mass.items():
        state = arena.nodes[node][0]
        entries[state] = budget.add(entries.get(state, ZERO), factor, value)
    return make_vector(entries)

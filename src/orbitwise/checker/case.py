"""The common part of a certificate: the coordinates, the group, the criterion, and what A and B are.

Also the one fact that T1, T2 and T3 share (T5, domination, in its simplest form): every vector of A' is an outcome of
A, and every outcome of B is a vector of B' or a convex combination of such. Then A is worth at least A', B at most
B', and a bound for A' against B' is one for A against B.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeAlias

from orbitwise.checker.document import Rejected, fields, integer, items, name, names, show
from orbitwise.checker.exact import Budget, Vector, combine, number, probabilities, read_vector, show_vector
from orbitwise.checker.identity import identity_discount
from orbitwise.checker.outcomes import iter_outcomes
from orbitwise.checker.sets import Node, PolicySet, read_environment, read_policy_sets

__all__ = [
    *("Case", "Proved", "Slack", "check_dominated", "check_outcomes"),
    *("iter_combinations", "read_case", "read_convex", "read_vectors"),
]


Side: TypeAlias = PolicySet | list[Vector]


@dataclass(frozen=True)
class Proved:
    """What a proof establishes for every reward."""

    bound: Fraction  # on the weak share
    ratio: Fraction | None  # #(A > B) >= ratio #(B > A)
    disjoint: bool  # A' and B' share no vector: T4 applies
    epsilon: Fraction | None = None  # A is only shown to be at least as good up to this times (max r - min r)


@dataclass
class Slack:
    """How far off the combinations of a proof were, at most: distances |x - y|_1 / 2 of vectors with equal sums."""

    prefer: Fraction = Fraction(0)
    over: Fraction = Fraction(0)


@dataclass(frozen=True)
class Case:
    """Who is compared, over which group of permutations."""

    coordinates: tuple[str, ...]
    index: dict[str, int]
    permutable: frozenset[int]
    kind: str  # average, discounted, blackwell or given
    discount: Fraction | None  # the one discount that the claim is about
    every: bool  # whether the claim is about many discounts at once
    prefer: Side
    over: Side
    budget: Budget
    steps: list[str]  # what has been checked so far
    further: tuple[tuple[Side, Side], ...] = ()  # A and B in the other situations (T7)
    mixed: Mapping[Vector, Mapping[Vector, Any]] = field(default_factory=dict)  # of A': weights of outcomes of A
    slack: Slack | None = None  # where combinations need only come near (T6)

    @property
    def prefers(self) -> tuple[Side, ...]:
        """A in every situation."""
        return (self.prefer, *(prefer for prefer, _ in self.further))

    @property
    def overs(self) -> tuple[Side, ...]:
        """B in every situation."""
        return (self.over, *(over for _, over in self.further))

    @cached_property
    def starts(self) -> tuple[frozenset[Node], frozenset[Node]]:
        """The initial nodes of A and of B, in any situation."""
        prefer, over = (
            frozenset(node for each in side if isinstance(each, PolicySet) for node in each.initial())
            for side in (self.prefers, self.overs)
        )
        return prefer, over

    @cached_property
    def written_at(self) -> Fraction | None:
        """The discount at which outcomes are written, if they are discounted."""
        prefer, over = self.prefer, self.over
        if not self.every or not isinstance(prefer, PolicySet) or not isinstance(over, PolicySet):
            return self.discount
        found = identity_discount(prefer.environment, prefer.at, (prefer.full, over.full), self.budget)
        self.steps.append(f"outcomes at the discount 1/{show(found.denominator)} stand for all discounts")
        return found

    def coordinate(self, value: Any, where: str) -> int:
        """The number of a named coordinate."""
        if name(value, where) not in self.index:
            raise Rejected(f"{show(value)} is not a coordinate", where=where)
        return self.index[value]

    def show(self, vector: Vector) -> str:
        """A short picture of a vector."""
        return show_vector(vector, self.coordinates)


def read_case(document: dict[str, Any], budget: Budget, steps: list[str]) -> Case:
    """The common part of a document whose fields are all there."""
    coordinates = names(document["coordinates"], "coordinates")
    index = {each: i for i, each in enumerate(coordinates)}
    permutable = coordinates if document["permutable"] is None else names(document["permutable"], "permutable")
    for each in permutable:
        if each not in index:
            raise Rejected(f"{show(each)} is not a coordinate", where="permutable")
    kind, discount, every = _read_criterion(document["criterion"])
    (prefer, over), *further = _read_sides(document, kind, coordinates, budget)
    if every and further:
        raise Rejected("several situations are asked about at one discount, or for average reward", where="criterion")
    steps.append(f"{len(coordinates)} coordinates, {len(permutable)} of them permuted, criterion {kind}")
    if further:
        steps.append(f"{1 + len(further)} situations, to be proved for all of them at once")
    return Case(
        coordinates=coordinates,
        index=index,
        permutable=frozenset(index[each] for each in permutable),
        kind=kind,
        discount=discount,
        every=every,
        prefer=prefer,
        over=over,
        budget=budget,
        steps=steps,
        further=tuple(further),
    )


def _read_criterion(value: Any) -> tuple[str, Fraction | None, bool]:
    """The kind, the discount if it is one, and whether the claim is about many discounts at once."""
    kind = value.get("kind") if type(value) is dict else None
    if kind == "discounted":
        written = fields(value, ("kind", "discount"), "criterion")["discount"]
        if written == "all":
            return "discounted", None, True
        ends = [number(each, "criterion.discount") for each in (written if type(written) is list else [written])]
        if not all(0 < end < 1 for end in ends):
            raise Rejected("a discount lies strictly between 0 and 1", where="criterion.discount")
        if type(written) is not list:
            return "discounted", ends[0], False
        if len(ends) != 2 or not ends[0] < ends[1]:
            raise Rejected("an interval has two ends, the smaller one first", where="criterion.discount")
        return "discounted", None, True
    fields(value, ("kind",), "criterion")
    if kind not in ("average", "blackwell", "given"):
        raise Rejected(f"expected average, discounted, blackwell or given, found {show(kind)}", where="criterion.kind")
    return str(kind), None, kind == "blackwell"


def _read_sides(
    document: dict[str, Any], kind: str, coordinates: tuple[str, ...], budget: Budget
) -> list[tuple[Side, Side]]:
    """A and B in each situation; mostly there is one."""
    for key in ("environment", "question") if kind == "given" else ("outcomes",):
        if document[key] is not None:
            raise Rejected(f"expected null with the criterion {kind}, found {show(document[key])}", where=key)
    if kind == "given":
        index = {each: i for i, each in enumerate(coordinates)}
        given = fields(document["outcomes"], ("prefer", "over"), "outcomes")
        if "situations" in document:
            raise Rejected("given vectors have no situations", where="situations")
        mine, theirs = (read_vectors(given[side], index, f"outcomes.{side}") for side in ("prefer", "over"))
        return [(mine, theirs)]
    environment = read_environment(document["environment"], coordinates, budget)
    question = fields(document["question"], ("at", "prefer", "over"), "question")
    at = environment.state(question["at"], "question.at")
    starts = [(at, "")]
    if "situations" in document:
        listed = names(document["situations"], "situations")
        if len(listed) < 2 or listed[0] != question["at"]:
            raise Rejected("expected two or more states, question.at first", where="situations")
        places = [f"situations[{i}]" for i in range(len(listed))]
        starts = [(environment.state(each, where), where) for each, where in zip(listed, places, strict=True)]
    prefers, overs = (
        read_policy_sets(question[side], environment, starts, f"question.{side}", budget) for side in ("prefer", "over")
    )
    return list(zip(prefers, overs, strict=True))


def read_vectors(value: Any, index: dict[str, int], where: str) -> list[Vector]:
    """A list of distinct vectors, at least one."""
    vectors = [read_vector(each, index, f"{where}[{i}]") for i, each in enumerate(items(value, where))]
    if not vectors:
        raise Rejected("expected at least one vector", where=where)
    if len(set(vectors)) < len(vectors):
        raise Rejected("a vector is listed twice", where=where)
    return vectors


def iter_combinations(
    value: Any, case: Case, where: str, read_part: Callable[[Any, str], Vector]
) -> Iterator[tuple[Vector, dict[Vector, Any], str]]:
    """Each listed vector, the weights of its distinct parts, still as written, and the place."""
    for i, entry in enumerate(items(value, where)):
        found = fields(entry, ("vector", "weights"), f"{where}[{i}]")
        vector = read_vector(found["vector"], case.index, f"{where}[{i}].vector")
        parts: dict[Vector, Any] = {}
        for pair in items(found["weights"], f"{where}[{i}].weights"):
            written, weight = items(pair, f"{where}[{i}].weights", length=2)
            part = read_part(written, f"{where}[{i}].weights")
            if part in parts:
                raise Rejected(f"{case.show(part)} is repeated", where=f"{where}[{i}].weights")
            parts[part] = weight
        yield vector, parts, f"{where}[{i}]"


def read_convex(vector: Vector, parts: Iterable[tuple[Vector, Any]], case: Case, where: str) -> None:
    """Check that the weights, still as written, make the vector a convex combination of the parts beside them."""
    if read_gap(vector, parts, case, where):
        raise Rejected(f"the weights do not combine to the vector {case.show(vector)}", where=where)


def read_gap(vector: Vector, parts: Iterable[tuple[Vector, Any]], case: Case, where: str) -> Vector:
    """The vector less the convex combination that the weights, still as written, make of the parts beside them."""
    weighted = [(part, number(weight, f"{where}.weights")) for part, weight in parts]
    probabilities([weight for _, weight in weighted], f"{where}.weights", case.budget)
    return combine([(vector, Fraction(1)), *((part, -weight) for part, weight in weighted)], case.budget)


def read_distance(vector: Vector, parts: Iterable[tuple[Vector, Any]], case: Case, where: str) -> Fraction:
    """How far the combination is from the vector: 0, or where combinations need only come near |x - y|_1 / 2."""
    if case.slack is None:
        read_convex(vector, parts, case, where)
        return Fraction(0)
    gap = [value for _, value in read_gap(vector, parts, case, where)]
    if case.budget.total(gap):
        raise Rejected(f"the weights combine to a vector whose sum is not that of {case.show(vector)}", where=where)
    return case.budget.total(map(abs, gap)) / 2


def check_outcomes(vectors: Iterable[Vector], case: Case, where: str) -> None:
    """Check that every vector is an outcome of A, or a combination of such where the proof gives one."""
    listed = set(vectors)
    wanted = listed.difference(case.mixed)
    for vector, parts in case.mixed.items():
        if vector not in listed:
            raise Rejected(f"{case.show(vector)} is no vector of A'", where="proof.mixed")
        distance = read_distance(vector, parts.items(), case, "proof.mixed")
        if case.slack is not None:
            case.slack.prefer = max(case.slack.prefer, distance)
        wanted.update(parts)
    for prefer in case.prefers:
        case.budget.spend(len(wanted))
        missing = set(wanted)
        for outcome in _iter_side(prefer, case):
            missing.discard(outcome)
            if not missing:
                break
        else:
            raise Rejected(f"{case.show(min(missing))} is no outcome of A{_there(prefer, case)}", where=where)
    mixtures = f" or a combination of such ({len(case.mixed)})" if case.mixed else ""
    case.steps.append(f"A': {len(listed)} vectors, each an outcome of A{mixtures}")


def check_dominated(over: Sequence[Vector], dominated: Any, case: Case) -> None:
    """Check that every outcome of B is in ``over`` or listed as a convex combination of it."""
    known = set(over)
    if case.every and dominated and isinstance(case.over, PolicySet) and (case.over.full or case.over.end is not None):
        raise Rejected("B must enter or end somewhere: weights may not hold at every discount", where="proof.dominated")

    def listed(value: Any, where: str) -> Vector:
        k = integer(value, where)
        if not 0 <= k < len(over):
            raise Rejected(f"the index {show(k)} is out of range", where=where)
        return over[k]

    for vector, parts, where in iter_combinations(dominated, case, "proof.dominated", listed):
        distance = read_distance(vector, parts.items(), case, where)
        if case.slack is not None:
            case.slack.over = max(case.slack.over, distance)
        known.add(vector)
    foreign = set(over)
    for each in case.overs:
        count = 0
        for outcome in _iter_side(each, case):
            count += 1
            foreign.discard(outcome)
            if outcome not in known:
                problem = f"is an outcome of B{_there(each, case)}, but neither in B' nor dominated"
                raise Rejected(f"{case.show(outcome)} {problem}", where="proof")
        if not count:
            raise Rejected(f"no policy belongs to B{_there(each, case)}", where="question.over")
    if case.every and foreign:
        raise Rejected(f"{case.show(min(foreign))} is no outcome of B", where="proof")
    case.steps.append(f"B: all outcomes enumerated, each in B' ({len(over)} vectors) or a convex combination of it")


def _there(side: Side, case: Case) -> str:
    """Which of several situations is meant, for messages."""
    if isinstance(side, PolicySet) and case.further:
        return f" in the situation {show(case.coordinates[side.at])}"
    return ""


def _iter_side(side: Side, case: Case) -> Iterator[Vector]:
    if isinstance(side, PolicySet):
        return iter_outcomes(side, case.written_at, case.budget)
    return iter(side)

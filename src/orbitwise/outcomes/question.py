"""The question: two outcome sets A (prefer) and B (over), the criterion, and the coordinates that permute.

Over the orbit of a reward the two are compared by their support functions: A is at least as good as B when
h_A(r) >= h_B(r). Everything else is inside A and B: all outcomes C are A u B.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from orbitwise.compute.exact import parse_fraction
from orbitwise.environments.mdp import MDP
from orbitwise.environments.names import split_names
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.outcomes.arenas import Field, make_field, start_arena
from orbitwise.outcomes.criteria import Criterion, parse_criterion
from orbitwise.outcomes.identity import find_identity_discount
from orbitwise.outcomes.listing import list_outcomes
from orbitwise.outcomes.near_one import pack_series
from orbitwise.outcomes.policies import PolicySet, parse_policy_set
from orbitwise.outcomes.situations import collect_situations
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.visit_functions import VisitFunction, list_visit_functions
from orbitwise.solvers.arena import Arena
from orbitwise.typing import BoolArray

__all__ = ["Play", "Question", "ask", "ask_vectors"]


@dataclass(frozen=True, eq=False)
class Play:
    """Where a question about an environment is asked, and what the two policy sets may do there."""

    environment: MDP
    at: int
    prefer: PolicySet
    over: PolicySet
    prefer_arena: Arena
    over_arena: Arena


@dataclass(frozen=True, eq=False)
class Question:
    """For how much of an orbit is A at least as good as B?

    Parameters
    ----------
    coordinates
        Names of the d reward coordinates; the states of the environment where there is one.
    permutable
        Sorted indices of the coordinates that the group permutes; the others stay fixed.
    criterion
        How outcomes are valued.
    play
        The environment side; None when the outcomes were given as vectors.
    given
        The vectors of A and B, when given.
    limit
        The largest number of cycles or plays that is gone through to list outcomes.
    situations
        The same question from each of several start states, when A must be at least as good as B in all of them at
        once (T7); ``play`` is then that of the first. Empty for a question about one start state.
    left_out
        For situations ``"all"``: the states where a set is empty, each with the reason.
    """

    coordinates: tuple[str, ...]
    permutable: tuple[int, ...]
    criterion: Criterion
    play: Play | None = None
    given: tuple[Outcomes, Outcomes] | None = None
    limit: int = 20_000
    situations: tuple[Question, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def n_coordinates(self) -> int:
        """The number of reward coordinates, d."""
        return len(self.coordinates)

    @property
    def permutes_all(self) -> bool:
        """Whether the group is the full symmetric group."""
        return len(self.permutable) == len(self.coordinates)

    @cached_property
    def permutable_mask(self) -> BoolArray:
        """Shape (d,), whether each coordinate is permutable."""
        mask = np.zeros(self.n_coordinates, dtype=np.bool_)
        mask[list(self.permutable)] = True
        return mask

    def is_permutable(self, coordinate: int) -> bool:
        """Whether a coordinate is permutable."""
        return bool(self.permutable_mask[coordinate])

    @property
    def named_situations(self) -> tuple[tuple[str, Question], ...]:
        """The situations, each with the name of its start state."""
        return tuple((self.coordinates[q.play.at], q) for q in self.situations if q.play is not None)

    @property
    def prefer_text(self) -> str:
        """What A is, as the user wrote it."""
        return "the vectors of A" if self.play is None else self.play.prefer.text

    @property
    def over_text(self) -> str:
        """What B is, as the user wrote it."""
        return "the vectors of B" if self.play is None else self.play.over.text

    @cached_property
    def outcomes(self) -> tuple[Outcomes, Outcomes] | NotSupported:
        """All outcomes of A and of B, or why they cannot be listed (a value, for callers who have another way)."""
        if self.given is not None:
            return self.given
        if self.situations:
            return NotSupported(f"{len(self.situations)} situations are asked about at once, each has its own outcomes")
        if self.play is None:
            raise InvalidInput("expected an environment or given outcomes, found neither; use ask or ask_vectors")
        return self._list(self.play, self.criterion)

    @cached_property
    def all_outcomes(self) -> Outcomes | NotSupported:
        """The outcomes of A and then those of B alone, or why they cannot be listed."""
        sides = self.outcomes
        if isinstance(sides, NotSupported):
            return sides
        return Outcomes(tuple(dict.fromkeys(v for side in sides for v in side.vectors)), self.n_coordinates)

    @cached_property
    def proof_outcomes(self) -> tuple[Outcomes, Outcomes] | NotSupported:
        """The outcomes that T1, T2 and T3 are about: where they are functions of the discount, at the one that tells.

        See :mod:`orbitwise.outcomes.identity`.
        """
        if self.play is None or not self.criterion.is_function:
            return self.outcomes
        n_memories = 1 + max(self.play.prefer_arena.full_memory, self.play.over_arena.full_memory)
        try:
            discount = find_identity_discount(self.play.environment, self.play.at, n_memories)
        except NotSupported as refusal:
            return refusal
        return self._list(self.play, Criterion("discounted", discount))

    @cached_property
    def visit_functions(self) -> tuple[list[VisitFunction], list[VisitFunction]] | NotSupported:
        """The discounted visits of A and of B as functions of the discount, or why they cannot be listed."""
        if self.play is None:
            return NotSupported("given vectors do not depend on a discount")
        try:
            return (
                list_visit_functions(self.play.prefer_arena, limit=self.limit),
                list_visit_functions(self.play.over_arena, limit=self.limit),
            )
        except NotSupported as refusal:
            return refusal

    def at_discount(self, discount: Fraction) -> Question:
        """The same question at one discount."""
        return replace(self, criterion=Criterion("discounted", discount))

    def outcomes_for(self, reward: Sequence[Fraction]) -> tuple[Outcomes, Outcomes] | NotSupported:
        """Outcomes that compare as those of A and B do on the orbit of a reward (see ``near_one``), or why not."""
        if self.criterion.kind != "blackwell":
            return self.outcomes
        functions = self.visit_functions
        if isinstance(functions, NotSupported):
            return functions
        prefer, over = pack_series(functions, self.n_coordinates, reward)
        return prefer, over

    def _list(self, play: Play, criterion: Criterion) -> tuple[Outcomes, Outcomes] | NotSupported:
        try:
            prefer = list_outcomes(play.prefer_arena, criterion, limit=self.limit, where="prefer")
            over = list_outcomes(play.over_arena, criterion, limit=self.limit, where="over")
        except NotSupported as refusal:
            return refusal
        return prefer, over


def ask(
    environment: MDP,
    *,
    prefer: str,
    over: str,
    at: str | None = None,
    situations: Iterable[str] | str | None = None,
    criterion: str | None = None,
    discount: object = None,
    permute: Iterable[str] | str | None = None,
    limit: int = 20_000,
) -> Question:
    """Ask how often A is at least as good as B.

    Parameters
    ----------
    environment
        The environment.
    prefer, over
        The policy sets A and B, as in ``"take:left"``, ``"avoid:@hole"``; a bare word is an action.
    at
        The state where the question is asked; by default the start state.
    situations
        States where it is asked all at once, in place of ``at``: names, ``"@label"``, or ``"all"`` for every state
        where both sets are non-empty. A is then to be at least as good as B in every one of them.
    criterion
        ``"average"`` (default), ``"discounted"`` (default when a discount is given) or ``"blackwell"``.
    discount
        0 < g < 1, a number or a fraction such as ``"9/10"``; ``"all"`` for every discount at once, ``"1/2..9/10"`` for
        every discount of a closed interval; dimensionless.
    permute
        States (or ``"@label"``), or a text such as ``"s1,s2"``, whose rewards the group permutes; by default ``"all"``.
    limit
        The largest number of cycles or plays that is gone through to list outcomes, in all situations together.

    Raises
    ------
    InvalidInput
        An unknown name, an empty policy set, the same set on both sides, a discount outside (0, 1).
    NotSupported
        The criterion is not available.

    Examples
    --------
    >>> import orbitwise as ow
    >>> question = ow.ask(ow.gallery.load("candy"), at="Start", prefer="Wait!", over="candy")
    >>> [len(side) for side in question.outcomes]
    [2, 1]
    """
    if at is not None and situations is not None:
        raise InvalidInput("expected at or situations, found both; leave one out", where="situations")
    how = parse_criterion(criterion, discount)
    permutable = _parse_permutable(environment, permute)
    fields: dict[str, Field] = {}

    def ask_at(state: int) -> Question:
        play = _make_play(environment, state, prefer, over, fields)
        return Question(environment.states, permutable, how, play, limit=limit)

    if situations is not None and how.is_function:
        raise NotSupported(
            f"several situations are not asked about under {how}; ask for average reward, or for one discount",
            where="situations",
        )
    if situations is None:
        return ask_at(environment.start if at is None else environment.state(at, where="at"))
    parts, left_out = collect_situations(environment, situations, ask_at)
    if len(parts) == 1:
        return replace(parts[0], left_out=left_out)
    each = max(1, limit // len(parts))
    return replace(parts[0], situations=tuple(replace(part, limit=each) for part in parts), left_out=left_out)


def _make_play(environment: MDP, at: int, prefer: str, over: str, fields: dict[str, Field]) -> Play:
    """The two policy sets in a state; what does not depend on the state is kept in ``fields``."""
    sets = [
        parse_policy_set(text, environment, at, where=where) for text, where in ((prefer, "prefer"), (over, "over"))
    ]
    if sets[0].conditions == sets[1].conditions:
        raise InvalidInput(
            f"expected two different sets, found {prefer!r} on both sides; the answer would be 1 for every reward",
            where="over",
        )
    arenas = []
    for policies, where in zip(sets, ("prefer", "over"), strict=True):
        field = fields.get(where)
        if field is None or policies.always is not None:
            field = fields[where] = make_field(environment, at, policies)
        arenas.append(start_arena(field, environment, at, policies, where=where))
    return Play(environment, at, sets[0], sets[1], arenas[0], arenas[1])


def ask_vectors(
    *,
    prefer: Sequence[Sequence[object]],
    over: Sequence[Sequence[object]],
    coordinates: Sequence[str] | None = None,
    permute: Iterable[str] | None = None,
) -> Question:
    """Ask about explicit outcome vectors, each of shape (d,); a policy is worth outcome . reward.

    Parameters
    ----------
    prefer, over
        The vectors of A and of B: numbers or fractions such as ``"1/3"``.
    coordinates
        Names of the d coordinates; by default ``"0"``, ``"1"``, ...
    permute
        Names of the permutable coordinates; by default all.

    Raises
    ------
    InvalidInput
        A set is empty, lengths differ, or a name is unknown or given twice.

    Examples
    --------
    >>> question = ask_vectors(prefer=[[0, 1, 0], [0, 0, 1]], over=[[1, 0, 0]])
    >>> question.n_coordinates
    3
    """
    rows = [*prefer, *over]
    if not prefer or not over:
        raise InvalidInput("expected at least one vector on each side, found none; give one", where="prefer or over")
    length = len(rows[0])
    if length == 0 or any(len(row) != length for row in rows):
        raise InvalidInput(f"expected vectors of one length >= 1, found lengths {sorted({len(r) for r in rows})}")
    names = tuple(str(i) for i in range(length)) if coordinates is None else tuple(coordinates)
    if len(names) != length or len(set(names)) != length:
        raise InvalidInput(f"expected {length} different coordinate names, found {names}", where="coordinates")
    sides = [
        Outcomes.of(
            [
                {i: parse_fraction(x, where=f"{name}[{k}][{i}]") for i, x in enumerate(row)}
                for k, row in enumerate(side)
            ],
            length,
        )
        for name, side in (("prefer", prefer), ("over", over))
    ]
    unknown = [name for name in permute or () if name not in names]
    if unknown:
        raise InvalidInput(f"expected coordinate names, found {unknown[0]!r}", where="permute")
    chosen = set(names if permute is None else permute)
    return Question(
        coordinates=names,
        permutable=tuple(i for i, name in enumerate(names) if name in chosen),
        criterion=Criterion("given"),
        given=(sides[0], sides[1]),
    )


def _parse_permutable(environment: MDP, permute: Iterable[str] | str | None) -> tuple[int, ...]:
    if permute is None or permute == "all":
        return tuple(range(environment.n_states))
    names = split_names(permute, environment.index, where="permute") if isinstance(permute, str) else permute
    chosen: set[int] = set()
    for name in names:
        if name.startswith("@") and name not in environment.index:
            chosen.update(environment.labeled(name[1:], where="permute"))
        else:
            chosen.add(environment.state(name, where="permute"))
    if len(chosen) < 2:
        raise InvalidInput(
            f"expected at least two states to permute, found {len(chosen)}; name more, or leave it out for all",
            where="permute",
        )
    return tuple(sorted(chosen))

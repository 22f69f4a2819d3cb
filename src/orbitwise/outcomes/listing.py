"""All outcomes of a policy set, listed exactly: recurrent state distributions, or visit distributions."""

from __future__ import annotations

from orbitwise.environments.mdp import MDP
from orbitwise.errors import InvalidInput, NotSupported
from orbitwise.outcomes.arenas import make_arena
from orbitwise.outcomes.criteria import Criterion, parse_criterion
from orbitwise.outcomes.policies import PolicySet, parse_policy_set
from orbitwise.outcomes.recurrent import list_recurrent_distributions
from orbitwise.outcomes.vectors import Outcomes
from orbitwise.outcomes.visits import list_visit_distributions
from orbitwise.solvers.arena import Arena

__all__ = ["find_outcomes", "list_outcomes"]


def find_outcomes(
    environment: MDP,
    *,
    at: str | None = None,
    policies: str | None = None,
    discount: object = None,
    limit: int = 20_000,
) -> Outcomes:
    """All outcomes of the policies from a state, or of a policy set.

    Raises
    ------
    InvalidInput
        An unknown name, an empty policy set, or a discount outside (0, 1).
    NotSupported
        There are more cycles or plays than ``limit``; the message has the count.

    Examples
    --------
    >>> import orbitwise as ow
    >>> len(find_outcomes(ow.gallery.load("candy")))
    3
    """
    state = environment.start if at is None else environment.state(at, where="at")
    chosen = (
        PolicySet("anything") if policies is None else parse_policy_set(policies, environment, state, where="policies")
    )
    arena = make_arena(environment, state, chosen, where="policies")
    criterion = parse_criterion(None, discount)
    if criterion.discounts is not None:
        raise InvalidInput(f"expected one discount to list outcomes at, found {discount}; choose one", where="discount")
    try:
        return list_outcomes(arena, criterion, limit=limit, where="policies")
    except NotSupported as refusal:
        raise NotSupported(
            f"{refusal.message}; narrow the policies, raise the limit, or use compare, which needs no list for T5, "
            "witnesses and estimates"
        ) from refusal


def list_outcomes(arena: Arena, criterion: Criterion, *, limit: int = 20_000, where: str = "policies") -> Outcomes:
    """All outcomes of an arena under a criterion, exactly.

    Raises
    ------
    InvalidInput
        There is none: no policy meets all conditions together.
    NotSupported
        There are too many, or the criterion has no finite set of outcome vectors.
    """
    match criterion.kind:
        case "average":
            found = list_recurrent_distributions(arena, limit=limit)
        case "discounted" if criterion.discount is not None:
            found = list_visit_distributions(arena, criterion.discount, limit=limit)
        case _:
            raise NotSupported(f"{criterion} has no single list of outcomes; use average reward, or one discount")
    if not len(found):
        raise InvalidInput("no policy meets all conditions together; the set is empty, leave one out", where=where)
    return found

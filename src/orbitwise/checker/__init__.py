"""Verifies a certificate in exact arithmetic with the standard library alone.

A certificate proves a lower bound on the share of every reward's orbit on which A is at least as good as B
(docs/certificate-format.md). The checker trusts nothing in it: it derives outcomes, orbits, inclusions and the bound
again, and accepts only if what it derives is exactly what is claimed. Reading order: ``document`` and ``exact``
(JSON, fractions), ``sets`` and ``outcomes`` (what A and B bring about), ``identity`` (claims about many discounts),
``case`` (what all proofs share), then one file per theorem: ``copies`` T1, ``orbits`` T2, ``blocks`` T3, ``graph``,
``returning``, ``horizon`` and ``near`` T5, ``near`` T6, ``cases`` the constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import Any

from orbitwise.checker.blocks import prove_blocks
from orbitwise.checker.case import Case, Proved, read_case
from orbitwise.checker.cases import prove_cases
from orbitwise.checker.copies import prove_copies
from orbitwise.checker.document import Rejected, decode, fields, show
from orbitwise.checker.exact import Budget, number, show_fraction
from orbitwise.checker.graph import prove_graph
from orbitwise.checker.horizon import prove_horizon
from orbitwise.checker.near import prove_near, with_mixtures
from orbitwise.checker.orbits import prove_orbits
from orbitwise.checker.returning import prove_return
from orbitwise.errors import InvalidInput

__all__ = ["Verdict", "check", "check_file", "check_text"]

FIELDS = (
    *("format", "version", "theorem", "form", "bound", "ratio", "strict_almost_everywhere", "criterion"),
    *("coordinates", "permutable", "environment", "question", "outcomes", "proof"),
)
SYMMETRIC: dict[str, Callable[[Any, Case], Proved]] = {
    "copies": prove_copies,
    "orbits": prove_orbits,
    "blocks": prove_blocks,
}
THEOREMS: dict[str, dict[str, Callable[[Any, Case], Proved]]] = {  # theorem: kind of proof: prover
    "T1": {"copies": prove_copies},
    "T2": {"orbits": prove_orbits},
    "T3": {"blocks": prove_blocks},
    "T5": {
        **{"graph": prove_graph, "return": prove_return, "horizon": prove_horizon},
        **{kind: with_mixtures(prove) for kind, prove in SYMMETRIC.items()},
    },
    "T6": {"orbits": prove_near},
    "constant": {"cases": prove_cases},
}
JOINT = ("copies", "orbits", "blocks", "graph")  # kinds that may be about several situations (T7)
EVERY_DISCOUNT = (  # kinds that may be about many discounts: by which permutations carry which outcomes to which, or
    *(("T1", "copies"), ("T2", "orbits"), ("T3", "blocks"), ("T5", "horizon")),  # by where one is after one step
)
LIMIT = 1_000_000


@dataclass(frozen=True)
class Verdict:
    """What the checker found."""

    accepted: bool
    reason: str  # one sentence: what was proved, or why the certificate was rejected and where
    bound: Fraction | None  # the proved lower bound on the weak share, when accepted
    theorem: str  # as named by the document; empty if it names none
    steps: tuple[str, ...]  # what was checked, in order


def check(document: Mapping[str, Any], *, limit: int = LIMIT) -> Verdict:
    """Whether a decoded certificate proves what it claims.

    **Guarantee:** an accepted bound is true for every reward; a document that breaks the format is rejected, it never
    raises.
    **Cost:** T5 linear in the document; the others enumerate the outcomes of A and B, which may be exponentially many.

    Parameters
    ----------
    document
        The JSON object as Python dicts, lists, strings and integers.
    limit
        How many policies or cycles may be enumerated; a certificate that needs more is rejected.

    Raises
    ------
    InvalidInput
        The limit is below 1.

    References
    ----------
    docs/certificate-format.md; PRDM Theorem 3.6 for T1.
    """
    if limit < 1:
        raise InvalidInput(f"expected a limit of at least 1, found {limit}; leave it out for {LIMIT}", where="limit")
    steps: list[str] = []
    theorem = document.get("theorem") if type(document) is dict else None
    theorem = theorem if type(theorem) is str and theorem in THEOREMS else ""
    try:
        proved = _prove(document, theorem, Budget(limit), steps)
        return Verdict(True, _sentence(document, proved), proved.bound, theorem, tuple(steps))
    except Rejected as rejected:
        return Verdict(False, str(rejected), None, theorem, tuple(steps))


def check_text(text: str, *, limit: int = LIMIT) -> Verdict:
    """Whether a certificate written as strict JSON proves what it claims: see :func:`check`.

    Examples
    --------
    >>> check_text('{"format": "orbitwise-certificate"}').reason
    "certificate: the field 'version' is missing"
    """
    try:
        document = decode(text)
    except Rejected as rejected:
        return Verdict(False, str(rejected), None, "", ())
    return check(document, limit=limit)


def check_file(path: str | PathLike[str], *, limit: int = LIMIT) -> Verdict:
    """Whether the certificate in a file proves what it claims: see :func:`check`.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Verdict(False, f"this is not UTF-8 text: byte {error.start} cannot be read", None, "", ())
    return check_text(text, limit=limit)


def _prove(document: Any, theorem: str, budget: Budget, steps: list[str]) -> Proved:
    joint = type(document) is dict and "situations" in document
    is_near = type(document) is dict and document.get("form") == "epsilon"
    further = (*(("situations",) if joint else ()), *(("epsilon",) if is_near else ()))
    fields(document, (*FIELDS, *further), "certificate")
    _expect(document["format"], "orbitwise-certificate", "format")
    if type(document["version"]) is not int or document["version"] != 1:
        raise Rejected(f"expected 1, found {show(document['version'])}", where="version")
    if not theorem:
        raise Rejected(f"expected one of {', '.join(THEOREMS)}, found {show(document['theorem'])}", where="theorem")
    proof = document["proof"]
    kind = proof.get("kind") if type(proof) is dict else None
    if type(kind) is not str or kind not in THEOREMS[theorem]:
        raise Rejected(f"expected {' or '.join(THEOREMS[theorem])}, found {show(kind)}", where="proof.kind")
    if joint and kind not in JOINT:
        raise Rejected(f"a proof of kind {kind} is about one situation", where="situations")
    case = read_case(document, budget, steps)
    if case.every and (theorem, kind) not in EVERY_DISCOUNT:
        raise Rejected(f"{theorem} by {kind} is about one discount, or about average reward", where="criterion")
    proved = THEOREMS[theorem][kind](proof, case)
    _expect(document["form"], _form(kind, proved), "form")
    claims = document["strict_almost_everywhere"]
    if type(claims) is not bool:
        raise Rejected(f"expected true or false, found {show(claims)}", where="strict_almost_everywhere")
    if claims and not proved.disjoint:
        raise Rejected("claims a strict bound, but A' and B' share a vector", where="strict_almost_everywhere")
    claimable = [("bound", proved.bound), ("ratio", proved.ratio), ("epsilon", proved.epsilon)]
    for field, derived in claimable if is_near else claimable[:2]:
        claimed = None if document[field] is None else number(document[field], field)
        if claimed != derived:
            wanted, found = (show(each) if each is None else show_fraction(each) for each in (derived, claimed))
            raise Rejected(f"claims {found}, the proof gives {wanted}", where=field)
    steps.append("the claims equal what was derived")
    return proved


def _form(kind: str, proved: Proved) -> str:
    """The name of what is proved besides the bound."""
    if proved.epsilon is not None:
        return "epsilon"
    if proved.ratio is None:
        return "weak"
    return "n-to-1" if kind == "copies" else "strict-ratio"


def _expect(value: Any, wanted: str, where: str) -> None:
    if type(value) is not str or value != wanted:
        raise Rejected(f"expected {show(wanted)}, found {show(value)}", where=where)


def _sentence(document: Mapping[str, Any], proved: Proved) -> str:
    share = f"a share of at least {show_fraction(proved.bound)}"
    near = ""
    if proved.epsilon is not None:
        value = "discounted value times (1 - discount)" if document["criterion"]["kind"] == "discounted" else "value"
        near = f", up to {show_fraction(proved.epsilon)} times (max r - min r) in {value},"
    where = f" in all {len(document['situations'])} situations at once" if "situations" in document else ""
    scope = _scope(document["criterion"])
    text = f"proved: {scope}, A is at least as good as B{where}{near} on {share} of its permuted variants"
    if proved.ratio is not None:
        once = (" in all of them", " in any") if where else ("", "")
        often = "" if proved.ratio == 1 else f"{show_fraction(proved.ratio)} times "
        text += f", and A beats B{once[0]} at least {often}as often as B beats A{once[1]}"
    if document["strict_almost_everywhere"]:
        text += f"; for almost every reward A even beats B{where} on that share"
        if type(document["criterion"].get("discount")) is list or document["criterion"].get("discount") == "all":
            text += ", at all but finitely many of these discounts"
    return text


def _scope(criterion: Mapping[str, Any]) -> str:
    """For which rewards, discounts and criterion the claim is made."""
    if criterion["kind"] == "blackwell":
        return "whatever the reward, at all discounts near enough to 1 (Blackwell optimality)"
    match criterion.get("discount"):
        case "all":
            return "whatever the reward and the discount"
        case [low, high]:
            return f"whatever the reward and the discount from {show_fraction(number(low, ''))} to " + show_fraction(
                number(high, "")
            )
        case None:
            return "whatever the reward" + (", under average reward" if criterion["kind"] == "average" else "")
        case single:
            return f"whatever the reward, at the discount {show_fraction(number(single, ''))}"

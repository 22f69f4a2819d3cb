"""The native format: a JSON document that people can write and that keeps probabilities exact.

::

    {"name": "candy", "start": "Start",
     "transitions": {"Start": {"candy": "candy", "Wait!": "Wait!"}, ...},
     "labels": {"sweet": ["candy", "chocolate"]}}

A successor is a state's name or an object from names to probabilities; these are numbers or fractions in text and
are taken exactly. The reward's coordinates are the states in the order of ``transitions``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from orbitwise.compute.exact import format_fraction
from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP, Claim, suggest
from orbitwise.environments.rows import transition_place
from orbitwise.errors import FormatError, InvalidInput
from orbitwise.formats.files import read_text, write_text
from orbitwise.formats.identity import environment_sha256
from orbitwise.formats.strict_json import line_of, parse_json

__all__ = [
    "environment_sha256",
    "from_document",
    "native_document",
    "native_text",
    "parse_native",
    "read_native",
    "write_native",
]

FIELDS = ("name", "start", "transitions", "labels", "layout", "description", "source", "claims", "notes")
EXAMPLE = '{"transitions": {"Start": {"go": "End"}, "End": {"stay": "End"}}}'


def read_native(path: str | os.PathLike[str], *, normalize: bool = False) -> MDP:
    """The environment in a native JSON file.

    **Guarantee:** exact; probabilities are the fractions or decimal digits in the file.
    **Cost:** linear; about 2 s for 100,000 states with 4 actions each.

    Parameters
    ----------
    path
        A UTF-8 file.
    normalize
        Divide rows of probabilities by their sums instead of refusing sums other than 1.

    Raises
    ------
    FormatError
        The file is not such a document; ``where`` is ``file:line``.
    InvalidInput
        There is no such file, or the model breaks a rule: the message names state, action and value, and the line.
    """
    return parse_native(read_text(path), where=str(path), default_name=Path(path).stem, normalize=normalize)


def parse_native(text: str, *, where: str = "text", default_name: str = "model", normalize: bool = False) -> MDP:
    """The environment in a native JSON text; see :func:`read_native`.

    Examples
    --------
    >>> parse_native('{"transitions": {"a": {"go": {"a": 0.25, "b": "3/4"}}, "b": {"stay": "b"}}}')
    <MDP 'model': 2 states, 2 choices>
    """
    document = parse_json(text, where=where)
    try:
        return from_document(document, default_name=default_name, normalize=normalize)
    except InvalidInput as error:
        line = line_of(text, path_of(error.where, document))
        place = where if line is None else f"{where}:{line}"
        raise type(error)(error.message, where=f"{place}: {error.where}" if error.where else place) from None


def from_document(document: object, *, default_name: str = "model", normalize: bool = False) -> MDP:
    """The environment that a decoded native document describes.

    Raises
    ------
    FormatError
        A field is missing, unknown or of the wrong type.
    InvalidInput
        The model breaks a rule; ``where`` names the place.
    """
    fields = check_fields(document)
    builder = Builder(fields.get("name", default_name), start=fields.get("start"), normalize=normalize)
    for state, actions in fields["transitions"].items():
        place = f"transitions[{state!r}]"
        check_type(actions, dict, place, "an object from actions to successors")
        if not actions:
            raise InvalidInput(
                f"expected at least one action, found none; a terminal state stays: {{'stay': {state!r}}}", where=place
            )
        for action, successor in actions.items():
            builder.add(state, action, successor)
    for label, states in fields.get("labels", {}).items():
        check_type(states, list, f"labels[{label!r}]", "a list of states")
        builder.label(label, states)
    for state, point in fields.get("layout", {}).items():
        column, row = check_point(point, f"layout[{state!r}]")
        builder.place(state, column, row)
    return builder.build(
        description=fields.get("description", ""),
        source=fields.get("source", ""),
        claims=tuple(iter_claims(fields.get("claims", []))),
        notes=tuple(iter_texts(fields.get("notes", []), "notes")),
    )


def check_fields(document: Any) -> dict[str, Any]:
    """The top level, with fields of known names and the right types."""
    check_type(document, dict, "", f"an object such as {EXAMPLE}")
    fields: dict[str, Any] = document
    for field in fields:
        if field not in FIELDS:
            raise FormatError(
                f"expected one of the fields {', '.join(FIELDS)}, found {field!r}; {suggest(field, FIELDS)}",
                where=field,
            )
    if "transitions" not in fields:
        raise FormatError(f"expected the field 'transitions', found none; write {EXAMPLE}")
    for field in ("name", "start", "description", "source"):
        check_type(fields.get(field, ""), str, field, "a text")
    for field in ("transitions", "labels", "layout"):
        check_type(fields.get(field, {}), dict, field, "an object")
    if not fields["transitions"]:
        raise InvalidInput(f"expected at least one state, found none; write {EXAMPLE}", where="transitions")
    return fields


def check_type(value: Any, kind: type, where: str, expected: str) -> None:
    """Refuse a value of the wrong JSON type."""
    if not isinstance(value, kind):
        raise FormatError(f"expected {expected}, found {show(value)}; see docs/environments.md", where=where)


def show(value: object) -> str:
    """A JSON value in a few characters."""
    text = str(value) if isinstance(value, Fraction) else json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def check_point(value: Any, where: str) -> tuple[float, float]:
    """A drawing position [column, row]."""
    point: list[Any] = value if isinstance(value, list) else []
    numbers = all(type(v) in (int, float, Fraction) and abs(v) <= 10**9 for v in point)
    if len(point) != 2 or not numbers:
        raise FormatError(f"expected [column, row] as two numbers, found {show(value)}; write such a pair", where=where)
    return float(point[0]), float(point[1])


def iter_texts(value: Any, where: str) -> Iterator[str]:
    """The texts of a list of texts."""
    check_type(value, list, where, "a list of texts")
    for i, text in enumerate(value):
        check_type(text, str, f"{where}[{i}]", "a text")
        yield text


def iter_claims(value: Any) -> Iterator[Claim]:
    """Published claims, each an object with the texts quantity, value, source."""
    check_type(value, list, "claims", "a list of claims")
    for i, claim in enumerate(value):
        expected = {"quantity", "value", "source"}
        if not isinstance(claim, dict) or set(claim) != expected or not all(isinstance(v, str) for v in claim.values()):
            raise FormatError(
                f"expected an object with the texts quantity, value, source, found {show(claim)}; write these",
                where=f"claims[{i}]",
            )
        yield Claim(**claim)


def path_of(place: str, document: object) -> tuple[str | int, ...]:
    """The path of keys that an error's place stands for; its line is then looked up."""
    fields = document if isinstance(document, dict) else {}
    for field in ("transitions", "labels", "layout"):
        for key, value in fields.get(field, {}).items() if isinstance(fields.get(field), dict) else ():
            if place.startswith(f"{field}[{key!r}]"):
                return (field, key)
            for action in value if field == "transitions" and isinstance(value, dict) else ():
                if place.startswith(transition_place(key, action)):
                    return (field, key, action)
    return (place.partition("[")[0],)


def write_native(mdp: MDP, path: str | os.PathLike[str]) -> None:
    """Write an environment as a native JSON file, whole or not at all; reading it gives the same environment.

    Raises
    ------
    InvalidInput
        The file cannot be written.
    """
    write_text(path, native_text(mdp))


def native_text(mdp: MDP) -> str:
    """The native document as text, one state a line."""
    document = native_document(mdp)
    transitions = document.pop("transitions")
    rows = ",\n".join(f"  {dump(state)}: {dump(actions)}" for state, actions in transitions.items())
    before = [f" {dump(field)}: {dump(document.pop(field))}" for field in ("name", "start")]
    after = [f" {dump(field)}: {dump(value)}" for field, value in document.items()]
    return "{\n" + ",\n".join([*before, f' "transitions": {{\n{rows}\n }}', *after]) + "\n}\n"


def dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def native_document(mdp: MDP) -> dict[str, Any]:
    """The native document of an environment, with exact probabilities as texts ``"p/q"`` and states in order.

    **Cost:** linear.

    Examples
    --------
    >>> native_document(parse_native('{"transitions": {"a": {"go": {"a": 0.25, "b": 0.75}}, "b": {"stay": "b"}}}'))
    {'name': 'model', 'start': 'a', 'transitions': {'a': {'go': {'a': '1/4', 'b': '3/4'}}, 'b': {'stay': 'b'}}}
    """
    document: dict[str, Any] = {
        "name": mdp.name,
        "start": mdp.states[mdp.start],
        "transitions": transitions_document(mdp),
    }
    optional: dict[str, Any] = {
        "labels": {label: [mdp.states[i] for i in members] for label, members in mdp.labels.items()},
        "layout": {mdp.states[i]: [plain(x), plain(y)] for i, (x, y) in mdp.layout.items()},
        "description": mdp.description,
        "source": mdp.source,
        "claims": [{"quantity": c.quantity, "value": c.value, "source": c.source} for c in mdp.claims],
        "notes": list(mdp.notes),
    }
    return document | {field: value for field, value in optional.items() if value}


def plain(number: float) -> int | float:
    """A whole float as an int, so that documents stay short."""
    return int(number) if number == int(number) else number


def transitions_document(mdp: MDP) -> Mapping[str, Any]:
    """The transitions of a native document; a sure successor is its bare name."""
    graph, names = mdp.graph, mdp.states
    successors = [names[i] for i in graph.successors.tolist()]
    texts = [] if graph.is_deterministic else [format_fraction(p) for p in graph.exact_probabilities]
    starts = graph.entry_offsets.tolist()
    actions = [mdp.actions[i] for i in mdp.choice_actions.tolist()]
    rows: list[Any] = [
        successors[i] if j == i + 1 else dict(zip(successors[i:j], texts[i:j], strict=True))
        for i, j in pairwise(starts)
    ]
    bounds = graph.choice_offsets.tolist()
    return {
        state: dict(zip(actions[i:j], rows[i:j], strict=True))
        for state, (i, j) in zip(names, pairwise(bounds), strict=True)
    }

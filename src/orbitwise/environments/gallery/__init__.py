"""The gallery: environments from the papers, each with its source and what was published about it.

>>> from orbitwise.environments import gallery
>>> gallery.load("candy")
<MDP 'candy': 5 states, 7 choices>
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orbitwise.environments.gallery import followups, more, numerics, opts, prdm, seeking
from orbitwise.environments.mdp import MDP, Claim, suggest
from orbitwise.errors import InvalidInput

__all__ = ["Entry", "describe", "load", "names"]

ENVIRONMENTS: Mapping[str, Callable[..., MDP]] = {
    "candy": more.candy,
    "candy-split": more.candy_split,
    "one-death-many-lives": more.one_death_many_lives,
    "deaths-and-lives": more.deaths_and_lives,
    "copied-sets": more.copied_sets,
    "opts-figure-1": opts.figure_1,
    "opts-figure-11": opts.figure_11,
    "pac-man": opts.pac_man,
    "star": opts.star,
    "chain-fork": opts.chain_fork,
    "shutdown": opts.shutdown,
    "detour": opts.detour,
    "three-sweets": seeking.three_sweets,
    "seek-then-discard": seeking.seek_then_discard,
    "power-crossing": seeking.power_crossing,
    "glade": seeking.glade,
    "russell-norvig": seeking.russell_norvig,
    "tic-tac-toe": seeking.tic_tac_toe,
    "ghost-apple-cherry": prdm.ghost_apple_cherry,
    "fruits": prdm.fruits,
    "bandit": prdm.bandit,
    "pixels": followups.pixels,
    "pixel-histories": followups.pixel_histories,
    "two-left-three-right": followups.two_left_three_right,
    "coordinates": followups.coordinates,
    "corrigibility": followups.corrigibility,
    "trained-shutdown": followups.trained_shutdown,
    "powerplay-grid": followups.powerplay_grid,
    "haddad-monmege": numerics.haddad_monmege,
}


@dataclass(frozen=True)
class Entry:
    """What the gallery knows about one environment.

    Parameters
    ----------
    name
        As in ``gallery:NAME``.
    description, source, claims
        What it is (with the default parameters), where it comes from, what was published about it.
    parameters
        Parameter names and default values; empty when it has none.
    n_states
        Number of states with the default parameters.
    """

    name: str
    description: str
    source: str
    claims: tuple[Claim, ...]
    parameters: Mapping[str, int]
    n_states: int


def names() -> tuple[str, ...]:
    """Names of all environments of the gallery, in the order of the papers.

    Examples
    --------
    >>> "candy" in names()
    True
    """
    return tuple(ENVIRONMENTS)


def load(name: str, /, **parameters: object) -> MDP:
    """An environment of the gallery.

    Parameters
    ----------
    name
        One of :func:`names`.
    parameters
        Whole numbers (or their texts) for a parametrized environment.

    Raises
    ------
    InvalidInput
        There is no such environment or parameter, or a parameter is out of its range.

    Examples
    --------
    >>> load("candy").states
    ('Start', 'candy', 'Wait!', 'chocolate', 'hug')
    >>> load("deaths-and-lives", deaths=2, lives=3)
    <MDP 'deaths-and-lives': 8 states, 12 choices>
    """
    build = find(name)
    known = defaults(build)
    for parameter in parameters:
        if parameter not in known:
            advice = suggest(parameter, tuple(known)) if known else "remove it"
            raise InvalidInput(
                f"expected a parameter of {name!r}, found {parameter!r}; {advice}", where=f"gallery:{name}"
            )
    return build(**{key: whole_number(value, f"gallery:{name}?{key}") for key, value in parameters.items()})


def describe(name: str) -> Entry:
    """What the gallery knows about an environment, without its transitions.

    Raises
    ------
    InvalidInput
        There is no such environment.
    """
    build = find(name)
    mdp = build()
    return Entry(name, mdp.description, mdp.source, mdp.claims, defaults(build), mdp.n_states)


def find(name: str) -> Callable[..., MDP]:
    """The function that builds an environment."""
    if name not in ENVIRONMENTS:
        raise InvalidInput(
            f"expected an environment of the gallery, found {name!r}; {suggest(name, names())}; "
            "`orbitwise gallery` lists all",
            where="gallery",
        )
    return ENVIRONMENTS[name]


def defaults(build: Callable[..., MDP]) -> dict[str, int]:
    """Parameter names and default values of a builder function."""
    return {parameter.name: parameter.default for parameter in inspect.signature(build).parameters.values()}


def whole_number(value: object, where: str) -> int:
    """A parameter as an int."""
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InvalidInput(f"expected a whole number, found {value!r}; write one such as 3", where=where)
    return int(text)

"""``orbitwise convert``: read one format, write another; on the way leave out what does not matter, or split states."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from orbitwise.cli.door import say

if TYPE_CHECKING:
    from orbitwise.environments.mdp import MDP

__all__ = ["command"]


@click.command("convert")
@click.argument("environment", metavar="IN")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--reduce",
    "criterion",
    type=click.Choice(["average", "discounted"]),
    help="Leave out what changes no answer under this criterion.",
)
@click.option(
    "--keep", metavar="STATE", multiple=True, help="With --reduce: a state that questions name; may be repeated."
)
@click.option("--refine", "into", metavar="N|STATE=N,...", help="Split states into N copies with rewards of their own.")
def command(environment: str, target: Path, criterion: str | None, keep: tuple[str, ...], into: str | None) -> int:
    """Write the environment IN (gallery:, gym: or a file) to OUT, in the format of its suffix."""
    from orbitwise.formats import load, write

    mdp = load(environment)
    if into is not None:
        mdp = _refine(mdp, into)
    if criterion is not None:
        mdp = _reduce(mdp, criterion, keep)
    elif keep:
        raise click.UsageError("--keep is for --reduce")
    write(mdp, target)
    click.echo(f"{target}: {mdp.n_states} states, {mdp.graph.n_choices} choices")
    return 0


def _refine(mdp: MDP, into: str) -> MDP:
    from orbitwise.environments.names import split_names
    from orbitwise.environments.refine import refine

    counts: dict[str, int] = {}
    for part in [] if into.isdecimal() else split_names(into, (), where="--refine") or [into]:
        name, _, number = part.rpartition("=")
        if not name or not number.isdecimal():
            raise click.BadParameter(f"expected N or STATE=N,..., found {part!r}", param_hint="--refine")
        counts[name] = int(number)
    refined = refine(mdp, counts or int(into)).environment
    say(f"refined: {mdp.n_states} states became {refined.n_states}")
    return refined


def _reduce(mdp: MDP, criterion: str, keep: tuple[str, ...]) -> MDP:
    from orbitwise.environments.reduce import reduce
    from orbitwise.report.lettering import label

    found = reduce(mdp, criterion="average" if criterion == "average" else "discounted", keep=keep)
    for step in found.steps:
        names = ": " + ", ".join(label(name, 32) for name in step.states[:8]) if step.states else ""
        more = f" and {len(step.states) - 8:,} more" if len(step.states) > 8 else ""
        say(f"reduced: {step.why}: {len(step.states):,} states{names}{more}; {step.n_choices:,} choices")
    if not found.steps:
        say("reduced: nothing can be left out")
    return found.environment

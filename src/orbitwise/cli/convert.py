"""``orbitwise convert``: read one format, write another."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command("convert")
@click.argument("environment", metavar="IN")
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path, dir_okay=False))
def command(environment: str, target: Path) -> int:
    """Write the environment IN (gallery:, gym: or a file) to OUT, in the format of its suffix."""
    from orbitwise.formats import load, write

    mdp = load(environment)
    write(mdp, target)
    click.echo(f"{target}: {mdp.n_states} states, {mdp.graph.n_choices} choices")
    return 0

"""``orbitwise outcomes``: what a set of policies can bring about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orbitwise.cli.door import print_json

if TYPE_CHECKING:
    from orbitwise.outcomes.vectors import Outcomes

__all__ = ["command"]


@click.command("outcomes")
@click.argument("environment", metavar="ENV")
@click.option("--at", metavar="STATE", help="Where the policies start (default: the start state).")
@click.option("--policies", metavar="SET", help="Only these policies, for example take:left or avoid:@hole.")
@click.option("--discount", metavar="G", help="Visit distributions at this discount instead of recurrent ones.")
@click.option("--limit", type=click.IntRange(1), default=20_000, show_default=True, help="Most plays to go through.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    environment: str, at: str | None, policies: str | None, discount: str | None, limit: int, *, as_json: bool
) -> int:
    """List outcomes: recurrent state distributions, or visit distributions at a discount; * marks the non-dominated."""
    import orbitwise
    from orbitwise.formats import load
    from orbitwise.formats.native import environment_sha256
    from orbitwise.outcomes.listing import find_outcomes
    from orbitwise.outcomes.vertices import find_vertices

    mdp = load(environment)
    found = find_outcomes(mdp, at=at, policies=policies, discount=discount, limit=limit)
    vertices = set(find_vertices(found))
    if as_json:
        print_json(
            {
                "ok": True,
                "outcomes": [
                    {"vector": {mdp.states[i]: str(x) for i, x in v}, "non_dominated": k in vertices}
                    for k, v in enumerate(found.vectors)
                ],
                "schema_version": 1,
                "version": orbitwise.__version__,
                "input_sha256": environment_sha256(mdp),
            }
        )
        return 0
    _print_table(found, vertices, mdp.states)
    return 0


def _print_table(found: Outcomes, vertices: set[int], states: tuple[str, ...]) -> None:
    click.echo(f"{len(found)} outcomes, {len(vertices)} of them non-dominated (*)")
    for k, vector in enumerate(found.vectors):
        mark = "*" if k in vertices else " "
        click.echo(f"{mark} " + "  ".join(f"{states[i]}: {x}" for i, x in vector))

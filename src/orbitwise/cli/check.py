"""``orbitwise check``: problems of an environment that is otherwise valid."""

from __future__ import annotations

import dataclasses

import click

from orbitwise.cli.door import print_json

__all__ = ["command"]


@click.command("check")
@click.argument("environment", metavar="ENV")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(environment: str, *, as_json: bool) -> int:
    """Look for problems in an environment; exit code 1 when there is an error among them."""
    import orbitwise
    from orbitwise.environments.checks import check
    from orbitwise.formats import load
    from orbitwise.formats.native import environment_sha256

    mdp = load(environment)
    problems = check(mdp)
    if as_json:
        print_json(
            {
                "ok": True,
                "states": mdp.n_states,
                "choices": mdp.graph.n_choices,
                "problems": [dataclasses.asdict(p) for p in problems],
                "schema_version": 1,
                "version": orbitwise.__version__,
                "input_sha256": environment_sha256(mdp),
            }
        )
    else:
        click.echo(f"{mdp.name}: {mdp.n_states} states, {mdp.graph.n_choices} choices, {len(problems)} remarks")
        for problem in problems:
            click.echo(f"  {problem}")
    return 1 if any(p.severity == "error" for p in problems) else 0

"""``orbitwise gallery``: the published environments."""

from __future__ import annotations

import dataclasses

import click

from orbitwise.cli.door import print_json

__all__ = ["command"]


@click.command("gallery")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(name: str | None, *, as_json: bool) -> int:
    """List the published environments, or show one with what was published about it."""
    import orbitwise
    from orbitwise.environments import gallery

    if name is not None:
        return _show(name, as_json=as_json)
    entries = [gallery.describe(entry) for entry in gallery.names()]
    if as_json:
        document = {entry.name: dataclasses.asdict(entry) for entry in entries}
        print_json({"ok": True, "gallery": document, "schema_version": 1, "version": orbitwise.__version__})
        return 0
    width = max(len(entry.name) for entry in entries)
    for entry in entries:
        indent = " " * (width + 2)
        click.echo(click.wrap_text(entry.description, 88, f"{entry.name:<{width}}  ", indent))
    return 0


def _show(name: str, *, as_json: bool) -> int:
    import orbitwise
    from orbitwise.formats import load
    from orbitwise.formats.native import environment_sha256, native_document

    mdp = load(f"gallery:{name}")
    claims = [{"quantity": c.quantity, "value": c.value, "source": c.source} for c in mdp.claims]
    if as_json:
        print_json(
            {
                "ok": True,
                "environment": native_document(mdp),
                "description": mdp.description,
                "source": mdp.source,
                "claims": claims,
                "schema_version": 1,
                "version": orbitwise.__version__,
                "input_sha256": environment_sha256(mdp),
            }
        )
        return 0
    click.echo(f"{mdp.name}: {mdp.description}\nsource: {mdp.source}")
    for claim in mdp.claims:
        click.echo(f"published: {claim.quantity}: {claim.value} ({claim.source})")
    for state, label in enumerate(mdp.states):
        for choice, action in zip(mdp.choices(state), mdp.action_names(state), strict=True):
            targets = ", ".join(mdp.states[s] for s in mdp.successors(choice).tolist())
            click.echo(f"  {label} --{action}--> {targets}")
    return 0

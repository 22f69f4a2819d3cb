"""``orbitwise agents``: POWER of a human and an AI in one environment, along the correlation of their rewards."""

from __future__ import annotations

import click

from orbitwise.cli.door import announce_compilation, print_json

__all__ = ["command"]


@click.command("agents")
@click.argument("human", metavar="ENV")
@click.argument("ai", metavar="[AI_ENV]", required=False)
@click.option("--discount", metavar="G", required=True, help="0 < G < 1, for example 9/10.")
@click.option("--ai-discount", metavar="G", help="The AI's discount (default: the same).")
@click.option(
    "--correlation",
    metavar="C1,C2",
    default="-1,-1/2,0,1/2,1",
    show_default=True,
    help="Correlations of the two rewards, each in [-1, 1].",
)
@click.option("--no-overlap", is_flag=True, help="Forbid both agents in states of one name.")
@click.option("--seed-policy", metavar="FILE", help="What the human expects of the AI: a POWERplay policy (.gv).")
@click.option("--reward", metavar="REWARD", default="uniform", show_default=True, help="The distribution of rewards.")
@click.option("--samples", type=click.IntRange(2), default=10_000, show_default=True, help="Reward pairs to draw.")
@click.option("--level", type=float, default=0.95, show_default=True, help="Coverage of each interval.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--workers", metavar="N", help="Threads, or threads:N, processes:N, serial; no number depends on it.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="No progress on standard error.")
def command(
    human: str,
    ai: str | None,
    discount: str,
    ai_discount: str | None,
    correlation: str,
    seed_policy: str | None,
    reward: str,
    samples: int,
    level: float,
    seed: int,
    workers: str | None,
    *,
    no_overlap: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """POWER of a human and an AI that share an environment.

    The human moves in ENV, the AI in AI_ENV (default: the same); or ENV alone is a joint environment, with actions such
    as left_H^stay_A. Each is gallery:NAME, gym:ID?argument=value, or a file.
    """
    from orbitwise.compute.executors import parse_executor
    from orbitwise.environments.joint import as_joint, is_joint, join_agents, same_place
    from orbitwise.formats import load
    from orbitwise.formats.powerplay_policy import read_powerplay_policy
    from orbitwise.power.agents import estimate_agent_power
    from orbitwise.report.agents import agents_document, agents_lines

    first = load(human)
    if ai is None and is_joint(first):
        if no_overlap:
            raise click.UsageError("expected --no-overlap for two environments, found a joint one; leave it out.")
        joint = as_joint(first)
    else:
        second = first if ai is None else load(ai)
        joint = join_agents(first, second, forbid_states=same_place if no_overlap else None)
    if not (quiet or as_json):
        announce_compilation()
    found = estimate_agent_power(
        joint,
        discount=discount,
        ai_discount=ai_discount,
        correlations=correlation.split(","),
        seed_policy="uniform" if seed_policy is None else read_powerplay_policy(seed_policy),
        reward=reward,
        samples=samples,
        level=level,
        seed=seed,
        executor=None if workers is None else parse_executor(workers, where="--workers"),
    )
    if as_json:
        print_json(agents_document(found))
    else:
        for line in agents_lines(found):
            click.echo(line)
    return 0

"""Environments of MORE: *The More Power At Stake, The Stronger Instrumental Convergence Gets For Optimal Policies*."""

from __future__ import annotations

from string import ascii_uppercase

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import MORE, SEEKING
from orbitwise.environments.gallery.shapes import add_fan, add_terminals, check_range
from orbitwise.environments.mdp import MDP, Claim

__all__ = ["candy", "candy_split", "copied_sets", "deaths_and_lives", "one_death_many_lives"]


def candy() -> MDP:
    """Candy now, or wait and then choose between chocolate and a hug."""
    builder = Builder("candy", start="Start")
    builder.add("Start", "candy", "candy").add("Start", "Wait!", "Wait!").place("Start", 0, 1)
    add_terminals(builder, ["candy"], column=1)
    add_fan(builder, "Wait!", ["chocolate", "hug"], column=1, row=1.5)
    builder.label("sweet", ["candy", "chocolate"])
    return builder.build(
        description="Candy now, or wait and then choose between chocolate and a hug; what is chosen is kept for ever.",
        source=f"{MORE}, first figure",
        claims=(
            Claim("every orbit, average reward: share on which Wait! is at least as good as candy", ">= 2/3", MORE),
            Claim("uniform reward: probability that Wait! is optimal, discount to 0", "1/2", SEEKING),
            Claim("uniform reward: probability that Wait! is optimal, discount to 1", "2/3", SEEKING),
            Claim("uniform reward: POWER of Start, discount to 0", "2/3", SEEKING),
            Claim("uniform reward: POWER of Start, discount to 1", "3/4", SEEKING),
        ),
    )


def candy_split(parts: int = 2) -> MDP:
    """The candy environment with candy split into several candies to choose from."""
    check_range(parts, 1, 26, "gallery:candy-split?parts")
    builder = Builder("candy-split", start="Start")
    builder.add("Start", "candy", "candy").add("Start", "Wait!", "Wait!").place("Start", 0, parts / 2)
    candies = [f"candy{letter}" for letter in ascii_uppercase[:parts]]
    add_fan(builder, "candy", candies, column=1)
    add_fan(builder, "Wait!", ["chocolate", "hug"], column=1, row=parts)
    builder.label("sweet", [*candies, "chocolate"])
    return builder.build(
        description=(
            f"The candy environment, but candy leads to a choice among {parts} candies. Splitting one side alone moves "
            "the ratio: 2 / (2 + parts) of every orbit."
        ),
        source=f"in the spirit of a comment on {MORE} (expanding candy alone changes the ratio)",
    )


def one_death_many_lives(lives: int = 20) -> MDP:
    """One way to die at once, many ways to live."""
    check_range(lives, 1, 100_000, "gallery:one-death-many-lives?lives")
    builder = Builder("one-death-many-lives", start="Start")
    builder.add("Start", "die", "death").add("Start", "live", "alive").place("Start", 0, 1)
    add_terminals(builder, ["death"], column=1)
    add_fan(builder, "alive", [f"life {i + 1}" for i in range(lives)], column=1, row=2)
    builder.label("death", ["death"]).label("life", [f"life {i + 1}" for i in range(lives)])
    return builder.build(
        description=f"Die at once, or live and choose one of {lives} lives.",
        source=f"{MORE}, the figure with 10^53 ways to live, at a size that fits into memory",
        claims=(
            Claim(
                "10^53 lives, every orbit, average reward: share on which to live is optimal",
                ">= 10^53 / (10^53 + 1)",
                MORE,
            ),
        ),
    )


def deaths_and_lives(deaths: int = 2, lives: int = 51) -> MDP:
    """Several ways to die, several ways to live."""
    check_range(deaths, 1, 100_000, "gallery:deaths-and-lives?deaths")
    check_range(lives, 1, 100_000, "gallery:deaths-and-lives?lives")
    builder = Builder("deaths-and-lives", start="Start")
    builder.add("Start", "die", "dying").add("Start", "live", "alive").place("Start", 0, (deaths + lives) / 2)
    ends = [f"death {i + 1}" for i in range(deaths)]
    ways = [f"life {i + 1}" for i in range(lives)]
    add_fan(builder, "dying", ends, column=1)
    add_fan(builder, "alive", ways, column=1, row=deaths + 1)
    builder.label("death", ends).label("life", ways)
    return builder.build(
        description=f"Die and choose one of {deaths} deaths, or live and choose one of {lives} lives.",
        source=f"{MORE}, section Conjecture (2 deaths, 51 lives)",
        claims=(
            Claim("2 deaths, 51 lives, every orbit: share on which to live is optimal, by copies", ">= 25/26", MORE),
            Claim("the same, by the fractional law (conjectured there)", ">= 51/53", MORE),
            Claim("1 death and n lives, or 2 deaths and 2n lives", "the same bound by copies", MORE),
        ),
    )


def copied_sets(copies: int = 3) -> MDP:
    """One set of cycles on the left, several copies of it on the right."""
    check_range(copies, 1, 1000, "gallery:copied-sets?copies")
    builder = Builder("copied-sets", start="Start")
    builder.add("Start", "set 1", "door 1").add("Start", "set 2", "door 2").place("Start", 0, copies)
    add_cycles(builder, "door 1", "a", column=1, row=0)
    for i in range(copies):
        add_cycles(builder, "door 2", f"b{i + 1}", column=1, row=3 + 3 * i)
    return builder.build(
        description=(
            "Left a state to stay in, a pair to go back and forth in, and a triangle to walk around in; right "
            f"{copies} copies of these."
        ),
        source=f"in the spirit of {MORE}, second figure (a set of options embedded three times into another)",
        claims=(
            Claim("3 copies, every orbit, average reward: share on which set 2 is at least as good", ">= 3/4", MORE),
        ),
    )


def add_cycles(builder: Builder, door: str, name: str, *, column: float, row: float) -> None:
    """A state to stay in, a pair, and a triangle, all entered from a door."""
    vertex, pair, corners = f"{name}.", [f"{name}-1", f"{name}-2"], [f"{name}^{i}" for i in (1, 2, 3)]
    for entry in (vertex, pair[0], corners[0]):
        builder.add(door, entry, entry)
    builder.add(vertex, "stay", vertex)
    builder.add(pair[0], "forth", pair[1]).add(pair[1], "back", pair[0])
    for corner in corners:
        for other in corners:
            if other != corner:
                builder.add(corner, other, other)
    builder.place(door, column, row)
    for i, state in enumerate([vertex, *pair]):
        builder.place(state, column + 1 + i, row)
    for i, corner in enumerate(corners):
        builder.place(corner, column + 1 + i, row + 1)

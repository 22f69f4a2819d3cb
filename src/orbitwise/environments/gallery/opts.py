"""Environments of OPTS: *Optimal Policies Tend To Seek Power*, and small ones that show single statements of it."""

from __future__ import annotations

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import OPTS, PRDM
from orbitwise.environments.gallery.shapes import add_fan, add_terminals, check_range, with_claims
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP, Claim

__all__ = ["chain_fork", "detour", "figure_1", "figure_11", "pac_man", "shutdown", "star"]

FIGURE_1 = {  # state: successors, in the order of the reward's coordinates
    "*": ("0", "l", "r"),
    "0": ("0",),
    "l": ("lu", "ld"),
    "r": ("ru", "rd"),
    "lu": ("ld",),
    "ld": ("lu", "ld"),
    "ru": ("ru", "rd"),
    "rd": ("rd", "ru"),
}
FIGURE_1_PLACES = {
    "*": (2, 1), "0": (2, 2), "l": (1, 1), "lu": (0, 0), "ld": (0, 2), "r": (3, 1), "ru": (4, 0), "rd": (4, 2),
}  # fmt: skip


def figure_1() -> MDP:
    """The running example of OPTS: a terminal state, a left side and a richer right side."""
    builder = Builder("opts-figure-1", start="*")
    for state, successors in FIGURE_1.items():
        for successor in successors:
            builder.add(state, "stay" if successor == state else successor, successor)
        builder.place(state, *FIGURE_1_PLACES[state])
    return builder.build(
        description=(
            "The case study of OPTS: from * to the terminal state 0, to the left (l; lu, ld) or to the right (r; ru, "
            "rd), where the agent can do a copy of what it can do on the left, and more."
        ),
        source=f"{OPTS}, figure 1",
        claims=(
            Claim(
                "recurrent state distributions of *",
                "e_ld, (e_ld + e_lu)/2, e_0, e_ru, (e_ru + e_rd)/2, e_rd; (e_ru + e_rd)/2 is dominated",
                f"{OPTS}, section 6.2",
            ),
            Claim("uniform reward: POWER of 0", "1/2", f"{OPTS}, figure 3"),
            Claim("uniform reward: POWER of ld at discount g", "(2/3 + g/2) / (1 + g)", f"{OPTS}, figure 3"),
            Claim("uniform reward: POWER of rd", "2/3", f"{OPTS}, figure 3"),
            Claim("every orbit, average reward: n-fold tendency to avoid 0", "n = 3", f"{PRDM}, D.12"),
        ),
    )


def figure_11() -> MDP:
    """Two terminal states on the left, three on the right, two of them hard to find by chance."""
    builder = Builder("opts-figure-11", start="s0")
    builder.add("s0", "left", "sl").add("s0", "right", "sr").place("s0", 0, 2)
    add_fan(builder, "sl", ["s1", "s2"], column=1)
    add_fan(builder, "sr", ["s3", "s4", "s5"], column=1, row=2)
    return builder.build(
        description=(
            "Left to two terminal states, right to three. In OPTS almost all of 10^10^10 actions at sr lead to s5, so "
            "chance alone never finds s3 and s4; here actions that do the same are one action."
        ),
        source=f"{OPTS}, figure 11, equivalent actions merged",
        claims=(
            Claim("i.i.d. reward X: POWER of s0 at discount 1", "E[max of 5 draws from X]", f"{OPTS}, appendix C"),
            Claim("every orbit: POWER of sr is at least that of sl", "for most (>= 1/2)", f"{OPTS}, appendix C"),
        ),
    )


PAC_MAN_MAP = """\
#########
#.......#
#.#.#.#.#
#..GS...#
#.#.#.#.#
#.......#
#########"""


def pac_man() -> MDP:
    """A small maze with a ghost at the left hand: touching it ends the game."""
    maze = gridworld(
        PAC_MAN_MAP,
        legend={"G": "ghost absorbing"},
        name="pac-man",
        stay=False,
        description=(
            "A maze whose ghost stands beside the start, on the left. Entering it is game over, a terminal state; "
            "running against a wall keeps the player in place. The maze and the ghost that does not move are ours."
        ),
        source=f"in the spirit of {OPTS}, figure 8 (Pac-Man)",
    )
    return with_claims(
        maze, Claim("every orbit, average reward: right against left", "for most (>= 1/2)", f"{OPTS}, corollary 6.14")
    )


def star(cycles: int = 3) -> MDP:
    """A center from which every other state is one step away and can be kept."""
    check_range(cycles, 1, 100_000, "gallery:star?cycles")
    builder = Builder("star", start="center")
    add_fan(builder, "center", [f"cycle {i + 1}" for i in range(cycles)], column=0)
    return builder.build(
        description=f"A center with {cycles} terminal states around it.",
        source=f"in the spirit of {OPTS}, proposition 5.4 (maximal POWER)",
        claims=(Claim("uniform reward: POWER of a state with k terminal states around it", "k / (k + 1)", OPTS),),
    )


def chain_fork(length: int = 5) -> MDP:
    """Stop at once, or walk down a chain to a fork."""
    check_range(length, 1, 100_000, "gallery:chain-fork?length")
    builder = Builder("chain-fork", start="Start")
    chain = [f"step {i + 1}" for i in range(length)]
    builder.add("Start", "stop", "here").add("Start", "walk", chain[0]).place("Start", 0, 1)
    add_terminals(builder, ["here"], column=1)
    for i, (state, successor) in enumerate(zip(chain, [*chain[1:], "fork"], strict=True)):
        builder.add(state, "on", successor).place(state, i + 1, 1)
    add_fan(builder, "fork", ["left", "right"], column=length + 1, row=0.5)
    return builder.build(
        description=(
            f"Stop at once, or walk {length} steps to a fork with two ends. Under average reward the chain does not "
            "count: walking wins on at least 2/3 of every orbit, however long it is."
        ),
        source=f"in the spirit of {OPTS}, section 6.2 (at discount 1 only recurrent states count)",
    )


def shutdown(tasks: int = 3) -> MDP:
    """Some tasks in a ring, and an off-switch that can be reached from each of them."""
    check_range(tasks, 1, 100_000, "gallery:shutdown?tasks")
    builder = Builder("shutdown", start="task 1")
    names = [f"task {i + 1}" for i in range(tasks)]
    for i, (state, following) in enumerate(zip(names, [*names[1:], names[0]], strict=True)):
        builder.add(state, "keep on", state)
        if following != state:
            builder.add(state, "next task", following)
        builder.add(state, "shut down", "off").place(state, i, 0)
    builder.add("off", "stay", "off").place("off", (tasks - 1) / 2, 2)
    builder.label("off", ["off"]).label("task", names)
    return builder.build(
        description=f"An agent can keep on with one of {tasks} tasks, turn to the next, or be shut down for ever.",
        source=f"in the spirit of {OPTS}, section 6.3 (average-optimal policies tend to avoid shutdown)",
        claims=(
            Claim(
                "every orbit, average reward: to avoid shutdown against to be shut down",
                "for most (>= 1/2)",
                f"{OPTS}, corollary 6.14",
            ),
        ),
    )


def detour() -> MDP:
    """Two ways to one end: the averages tie, and only the way makes a difference."""
    builder = Builder("detour", start="Start")
    builder.add("Start", "direct", "end").add("Start", "detour", "detour").place("Start", 0, 0)
    builder.add("detour", "on", "end").place("detour", 1, 1)
    add_terminals(builder, ["end"], column=2)
    return builder.build(
        description=(
            "Straight to the end, or by a detour. Both actions have the one recurrent state distribution, so both are "
            "average-optimal for every reward; Blackwell-optimal is the detour where it pays more than the end."
        ),
        source=f"in the shape of {OPTS}, section 6.2 (ask about recurrent state distributions, not actions)",
    )

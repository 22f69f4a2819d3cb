"""Environments of the 2019 post *Seeking Power is Often Convergently Instrumental in MDPs*."""

from __future__ import annotations

from collections.abc import Iterator

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import SEEKING
from orbitwise.environments.gallery.shapes import add_fan, add_terminals, with_claims
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP, Claim
from orbitwise.environments.tabulate import tabulate

__all__ = ["glade", "power_crossing", "russell_norvig", "seek_then_discard", "three_sweets", "tic_tac_toe"]

LINES = ((0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6))


def three_sweets() -> MDP:
    """Candy, chocolate or a hug at once."""
    builder = Builder("three-sweets", start="start")
    add_fan(builder, "start", ["candy", "chocolate", "hug"], column=0)
    return builder.build(
        description="Candy, chocolate or a hug, all at once; what is chosen is kept for ever.",
        source=f"{SEEKING}, section Power as Average Optimal Value",
        claims=(Claim("uniform reward: POWER of start", "3/4", SEEKING),),
    )


def seek_then_discard() -> MDP:
    """A policy can seek POWER with one step and give it away with the next."""
    builder = Builder("seek-then-discard", start="1")
    builder.add("1", "right", "2").add("1", "down", "3").place("1", 0, 0)
    builder.add("2", "right", "5").add("2", "down", "4").place("2", 1, 0)
    builder.add("3", "stay", "3").add("4", "stay", "4").place("3", 0, 1).place("4", 1, 1)
    add_fan(builder, "5", ["6", "7"], column=2, row=-0.5)
    return builder.build(
        description="Right, then right again to two ends; or down to an end at either of the first two states.",
        source=f"{SEEKING}, section POWER-seeking is not a binary property (states 6 and 7 have no name there)",
        claims=(
            Claim("uniform reward: right at 1 seeks more POWER than down at 1", "yes", SEEKING),
            Claim("uniform reward: down at 2 seeks less POWER than right at 2", "yes", SEEKING),
        ),
    )


def power_crossing() -> MDP:
    """Which of two states has more POWER depends on the discount."""
    builder = Builder("power-crossing", start="1")
    builder.add("1", "stay", "1").add("1", "up", "2").add("1", "down", "3").place("1", 0, 2)
    builder.add("2", "on", "u").place("2", 1, 1)
    add_fan(builder, "u", ["u1", "u2", "u3"], column=2)
    add_fan(builder, "3", ["d1", "d2"], column=1, row=3)
    return builder.build(
        description=(
            "Up to 2, from where one step leads to a choice of three ends; down to 3, a choice of two ends at once."
        ),
        source=f"{SEEKING}, section POWER-seeking depends on the agent's time preferences",
        claims=(
            Claim("uniform reward, discount near 0: POWER of 2 against POWER of 3", "2 has less", SEEKING),
            Claim("uniform reward, discount near 1: POWER of 2 against POWER of 3", "2 has more", SEEKING),
        ),
    )


def glade() -> MDP:
    """Seeking POWER need not be the more probable thing to do."""
    builder = Builder("glade", start="1")
    builder.add("1", "up", "2").add("1", "right", "3").place("1", 0, 1)
    add_terminals(builder, ["2"], column=0)
    builder.add("3", "on", "4").place("3", 1, 1)
    add_fan(builder, "4", ["5", "6"], column=2, row=0.5)
    return builder.build(
        description=(
            "Up into a glade to stay in, or right through an oasis (3) to a rock (4), from where mountains (5) or a "
            "house (6) can be reached. The published 91 % does not reproduce: the formula given with it yields 0.509."
        ),
        source=f"{SEEKING}, section When is Seeking POWER Convergently Instrumental?",
        claims=(
            Claim(
                "i.i.d. reward with distribution function x^2, discount 0.12: probability that up is optimal",
                "about 91 % (not reproducible)",
                SEEKING,
            ),
        ),
    )


def russell_norvig() -> MDP:
    """The four by three grid of the textbook, with staying everywhere and one trap."""
    grid = gridworld(
        ["...3", ".#.2", "S..."],
        legend={"2": "trap absorbing", "3": "goal"},
        name="russell-norvig",
        bump="missing",
        description=(
            "The 4 x 3 grid of Russell and Norvig without reward: moves are sure, every cell can be kept, the trap "
            "cannot be left. Whether the goal cell can be left is not said in the post; here it can."
        ),
        source=f"{SEEKING}, last figure of section Retaining long-term options",
    )
    return with_claims(
        grid, Claim("i.i.d. reward, discount near 1: probability that going to the trap is optimal", "1/11", SEEKING)
    )


def tic_tac_toe() -> MDP:
    """Tic-tac-toe against an opponent that always takes the first free cell."""

    def step(board: str, cell: int) -> str:
        played = put(board, cell, "O")
        return played if is_over(played) else put(played, played.index("."), "X")

    def actions(board: str) -> Iterator[int]:
        return (cell for cell in range(9) if board[cell] == ".")

    return tabulate(
        "." * 9,
        actions,
        step,
        name="tic-tac-toe",
        terminal=is_over,
        labels={
            "won": lambda board: has_line(board, "O"),
            "lost": lambda board: has_line(board, "X"),
            "draw": lambda board: is_over(board) and not has_line(board, "O") and not has_line(board, "X"),
        },
        description=(
            "Tic-tac-toe; the agent plays O and begins, the opponent answers in the first free cell, the final board "
            "is kept. Boards are written row by row."
        ),
        source=f"in the spirit of {SEEKING} (there the opponent's fixed policy is not said)",
        claims=(
            Claim(
                "reward of most kinds, discount near 1: moves that keep the game going", "tend to be optimal", SEEKING
            ),
        ),
    )


def put(board: str, cell: int, mark: str) -> str:
    """The board after a move."""
    return board[:cell] + mark + board[cell + 1 :]


def has_line(board: str, mark: str) -> bool:
    """Whether a player has three in a row."""
    return any(all(board[cell] == mark for cell in line) for line in LINES)


def is_over(board: str) -> bool:
    """Whether the game has ended."""
    return "." not in board or has_line(board, "O") or has_line(board, "X")

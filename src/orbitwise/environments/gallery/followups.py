"""Environments of the posts and papers that followed: BROAD, REAL, corrigibility, KK, POWERplay."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from orbitwise.environments.builder import Builder
from orbitwise.environments.gallery.papers import BROAD, CORRIGIBLE, KK, POWERPLAY, REAL
from orbitwise.environments.gallery.shapes import add_terminals, check_range, with_claims
from orbitwise.environments.gridworld import gridworld
from orbitwise.environments.mdp import MDP, Claim
from orbitwise.errors import InvalidInput

__all__ = [
    "coordinates",
    "corrigibility",
    "pixel_histories",
    "pixels",
    "powerplay_grid",
    "trained_shutdown",
    "two_left_three_right",
]

MOST_HISTORIES = 100_000


def pixels(n: int = 2) -> MDP:
    """Flip pixels of an image; flipping the first pixel at the first step ends all control."""
    check_range(n, 2, 3, "gallery:pixels?n")
    n_pixels = n * n
    images = ["".join(bits) for bits in product("01", repeat=n_pixels)]
    builder = Builder("pixels", start="Start")
    dead = flip("0" * n_pixels, 0) + " (dead)"
    builder.add("Start", "flip 1", dead)
    for k in range(1, n_pixels):
        builder.add("Start", f"flip {k + 1}", flip(images[0], k))
    add_terminals(builder, [dead], column=0, row=2)
    builder.place("Start", 0, 0)
    for i, image in enumerate(images):
        for k in range(n_pixels):
            builder.add(image, f"flip {k + 1}", flip(image, k))
        builder.add(image, "keep", image).place(image, 1 + i % 2**n, i // 2**n)
    builder.label("dead", [dead]).label("alive", images)
    return builder.build(
        description=(
            f"A {n} x {n} image of black and white pixels. An action flips a pixel; flipping pixel 1 first freezes "
            f"the observation. The last observation is kept for ever: alive, all {len(images)} images can be kept. "
            "(With exactly T flips only the images of one parity can be last; the action keep makes all of them "
            "possible, as the published count has it.)"
        ),
        source=f"{BROAD}, section How Structural Assumptions On Utility Affect Instrumental Convergence",
        claims=(Claim("n = 2, every orbit, average reward: flip 2 first against flip 1 first", ">= 16/17", BROAD),),
    )


def flip(image: str, k: int) -> str:
    """An image with one pixel flipped."""
    return image[:k] + ("1" if image[k] == "0" else "0") + image[k + 1 :]


def pixel_histories(n: int = 2, steps: int = 3) -> MDP:
    """The tree of observation histories of the pixel environment."""
    check_range(n, 2, 100, "gallery:pixel-histories?n")
    check_range(steps, 1, 50, "gallery:pixel-histories?steps")
    n_pixels = n * n
    n_histories = 1 + (n_pixels - 1) * n_pixels ** (steps - 1)
    if n_histories > MOST_HISTORIES:
        raise InvalidInput(
            f"expected at most {MOST_HISTORIES} histories, found 1 + {n_pixels - 1} x {n_pixels}^{steps - 1}; "
            "take fewer pixels or steps",
            where="gallery:pixel-histories",
        )
    builder = Builder("pixel-histories", start="Start")
    level = [("Start", "0" * n_pixels)]
    for step in range(steps):
        level = grow(builder, level, n_pixels, first=step == 0)
    for history, _ in level:
        builder.add(history, "stay", history)
    living = [history for history, _ in level[1:]]
    builder.label("dead", [level[0][0]])
    if living:
        builder.label("alive", living)
    return builder.build(
        description=(
            f"Observation histories of {steps} steps of a {n} x {n} image. An action flips a pixel; flipping pixel 1 "
            "first freezes the observation, which leaves a single history. Every complete history is a state of its "
            "own, so that rewards of states are utility functions of histories (a small version: the number grows as "
            "(n^2)^steps)."
        ),
        source=f"{BROAD}, section Instrumental convergence can get really, really strong, at a small size",
        claims=(
            Claim(
                "every orbit: flip 2 first against flip 1 first",
                ">= (n^2)^(steps-1) / ((n^2)^(steps-1) + 1)",
                BROAD,
            ),
            Claim("n = 100, 50 steps", ">= 10^196 / (10^196 + 1)", BROAD),
        ),
    )


def grow(builder: Builder, level: list[tuple[str, str]], n_pixels: int, *, first: bool) -> list[tuple[str, str]]:
    """Add one step to every history of a level (history, image); the first one is the frozen one."""
    following: list[tuple[str, str]] = []
    for i, (history, image) in enumerate(level):
        frozen = i == 0 and not first
        for k in range(1 if frozen else n_pixels):
            seen = image if frozen else flip(image, k)
            longer = seen if first else f"{history}-{seen}"
            builder.add(history, "wait" if frozen else f"flip {k + 1}", longer)
            following.append((longer, seen))
    return following


def two_left_three_right() -> MDP:
    """Two states on the left, three on the right, and every state can be kept."""
    builder = Builder("two-left-three-right", start="start")
    moves = {
        "triangle": {},
        "circle": {},
        "left": {"up": "triangle"},
        "start": {"left": "left", "right": "right"},
        "right": {"up": "circle", "down": "star"},
        "star": {},
    }
    for state, targets in moves.items():
        builder.add(state, "stay", state)
        for action, target in targets.items():
            builder.add(state, action, target)
    builder.place("triangle", 0, 0).place("circle", 2, 0).place("left", 0, 1).place("start", 1, 1)
    builder.place("right", 2, 1).place("star", 2, 2)
    for shape in ("triangle", "circle", "star"):
        builder.label(shape, [shape])
    builder.label("left side", ["left", "triangle"]).label("right side", ["right", "circle", "star"])
    return builder.build(
        description=(
            "Left of the start two states (left, triangle), right of it three (right, circle, star); every state can "
            "be kept. As features count only the shapes, one on the left, two on the right."
        ),
        source=f"{REAL}, section Gridworld",
        claims=(
            Claim("reward of states, every orbit: right against left, by copies", ">= 1/2", REAL),
            Claim("reward of the three shapes, every orbit: right against left", ">= 2/3", REAL),
        ),
    )


def coordinates() -> MDP:
    """Left and right mirror each other, but their coordinates have opposite signs."""
    builder = Builder("coordinates", start="0,0")
    moves = {
        "0,0": {"left": "-1,0", "right": "1,0"},
        "-1,0": {"down": "-1,-1"},
        "-1,-1": {},
        "1,0": {"up": "1,1"},
        "1,1": {},
    }
    for state, targets in moves.items():
        builder.add(state, "stay", state)
        for action, target in targets.items():
            builder.add(state, action, target)
        x, _, y = state.partition(",")
        builder.place(state, int(x), -int(y))
    return builder.build(
        description=(
            "Two states on the left, two on the right, named by their coordinates x,y. As rewards of states the sides "
            "are alike; as rewards a x + b y no permutation of the weights carries the left into the right."
        ),
        source=f"{REAL}, section (x,y) featurization, second figure",
        claims=(Claim("weights (-1, -1): permutations for which right is optimal", "none", REAL),),
    )


def corrigibility(letters: int = 3) -> MDP:
    """Let yourself be corrected towards A, or disable the correction and move freely."""
    check_range(letters, 2, 26, "gallery:corrigibility?letters")
    names = [chr(ord("A") + i) for i in range(letters)]
    builder = Builder("corrigibility", start="B")
    steps = {"left": -1, "right": 1, "wait": 0}
    for action, shift in steps.items():
        builder.add("B", action, f"{names[clip(1 + shift, letters)]} corrected")
    builder.add("B", "disable", "B free").place("B", 1, 1)
    for i, name in enumerate(names):
        builder.add(f"{name} corrected", "obey", f"{names[max(i - 1, 0)]} corrected").place(f"{name} corrected", i, 2)
        for action, shift in steps.items():
            builder.add(f"{name} free", action, f"{names[clip(i + shift, letters)]} free")
        builder.place(f"{name} free", i, 0)
    builder.label("corrected", [f"{name} corrected" for name in names])
    builder.label("free", [f"{name} free" for name in names])
    return builder.build(
        description=(
            f"The agent starts at B among {letters} letters in a row. If it does not disable the correction now, it is "
            "corrected: whatever it does, it ends in A. If it does, it moves freely for ever. The ten steps of the "
            "source, with a reward for the last, are here a walk without end."
        ),
        source=f"{CORRIGIBLE}, first figure, with average reward for reward at the last step",
        claims=(
            Claim("every orbit: share on which allowing correction is strictly optimal", "<= 1/4", CORRIGIBLE),
            Claim("n letters: the same", "<= 1/(n + 1)", CORRIGIBLE),
        ),
    )


def clip(i: int, n: int) -> int:
    """The nearest position in a row of n."""
    return min(max(i, 0), n - 1)


def trained_shutdown(recurrent: int = 3, train: int = 4) -> MDP:
    """A training level, and a new situation where the trained agent may shut down."""
    check_range(recurrent, 1, 10_000, "gallery:trained-shutdown?recurrent")
    check_range(train, 1, 10_000, "gallery:trained-shutdown?train")
    builder = Builder("trained-shutdown", start="new")
    builder.add("new", "shut down", "term").place("new", 0, 2)
    states = [f"rec {i + 1}" for i in range(recurrent)]
    for state in ("new", *states):
        for target in states:
            builder.add(state, "stay" if target == state else f"to {target}", target)
    builder.add("term", "end", "over").add("over", "stay", "over").place("term", 1, 3).place("over", 2, 3)
    for i, state in enumerate(states):
        builder.place(state, 1 + i, 2)
    level = [f"train {i + 1}" for i in range(train)]
    for i, (state, ahead) in enumerate(zip(level, [*level[1:], "coin"], strict=True)):
        builder.add(state, "right", ahead).add(state, "left", level[max(i - 1, 0)]).place(state, i, 0)
    builder.add("coin", "stay", "coin").place("coin", train, 0)
    builder.label("train", [*level, "coin"]).label("new", ["new", "term", *states]).label("recurrent", states)
    builder.label("shutdown", ["term"])
    return builder.build(
        description=(
            f"A training level of {train} states with a coin at its end, and apart from it a new situation: shut down "
            f"(the state term is visited once, then all is over), or go among {recurrent} recurrent states. Rewards of "
            "new states can be permuted without touching what was trained."
        ),
        source=f"an instance of the shutdown setting of {KK}, definition 7, with a CoinRun-like level; sizes are ours",
        claims=(
            Claim(
                "training-compatible goals: share that avoids shutdown, n recurrent states visited more than once "
                "in discounted count",
                ">= n/(n + 1)",
                f"{KK}, theorem 2",
            ),
        ),
    )


def powerplay_grid(n: int = 3, noise: int = 0, left: int = 0) -> MDP:
    """An open square grid where the agent may stay; ``noise`` percent of its actions go anywhere, or (1) left."""
    check_range(n, 1, 1000, "gallery:powerplay-grid?n")
    check_range(noise, 0, 100, "gallery:powerplay-grid?noise")
    check_range(left, 0, 1, "gallery:powerplay-grid?left")
    grid = gridworld(
        ["." * n] * n,
        name="powerplay-grid",
        bump="missing",
        noise=Fraction(noise, 100),
        toward="left" if left else "anywhere",
        description=f"An open {n} x {n} grid; the agent moves to a neighboring cell or stays.",
        source=f"{POWERPLAY}, the 3 x 3 gridworld of its published example",
    )
    if noise:
        return grid
    published = "3 x 3, uniform reward, discount 0.6, 50,000 samples: POWER of "
    return with_claims(
        grid,
        Claim(published + "a corner", "0.805 to 0.807", POWERPLAY),
        Claim(published + "an edge", "0.835 to 0.837", POWERPLAY),
        Claim(published + "the center", "0.862", POWERPLAY),
    )

"""The gallery's environments are those of their sources: what was published about them holds in them.

Everything here is computed from the transitions alone, by brute force or by plain value iteration, with none of the
package's solvers. What proofs, counts and POWER estimates of the package say about the same environments is tested
elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from orbitwise.environments import gallery
from orbitwise.environments.mdp import MDP

Edges = dict[str, dict[str, str]]


def edges(mdp: MDP) -> Edges:
    """State to action to successor, for a deterministic environment."""
    assert mdp.is_deterministic
    return {
        name: {
            action: mdp.states[int(mdp.successors(choice)[0])]
            for action, choice in zip(mdp.action_names(state), mdp.choices(state), strict=True)
        }
        for state, name in enumerate(mdp.states)
    }


def reachable(graph: Edges, start: str) -> set[str]:
    """States that can be visited from a state, itself among them."""
    found, queue = {start}, [start]
    for state in queue:
        for successor in graph[state].values():
            if successor not in found:
                found.add(successor)
                queue.append(successor)
    return found


def simple_cycles(graph: Edges, start: str) -> set[frozenset[str]]:
    """The state sets of all simple cycles that can be reached, by walking every simple path."""

    def extend(path: list[str]) -> Iterator[frozenset[str]]:
        for successor in set(graph[path[-1]].values()):
            if successor in path:
                yield frozenset(path[path.index(successor) :])
            else:
                yield from extend([*path, successor])

    return {cycle for state in reachable(graph, start) for cycle in extend([state])}


def kept(graph: Edges, action: str, start: str) -> set[str]:
    """The 1-cycles that can be reached after an action, once every cycle after it is a 1-cycle."""
    cycles = simple_cycles(graph, graph[start][action])
    assert all(len(cycle) == 1 for cycle in cycles)
    return {state for cycle in cycles for state in cycle}


def unit_share(prefer: set[str], over: set[str]) -> Fraction:
    """Share of the orbit of distinct rewards on which the best of ``prefer`` is at least that of ``over``."""
    return Fraction(len(prefer), len(prefer | over))


@pytest.mark.parametrize(
    ("name", "parameters", "prefer", "over", "published"),
    [
        ("candy", {}, "Wait!", "candy", Fraction(2, 3)),
        ("candy-split", {}, "Wait!", "candy", Fraction(1, 2)),
        ("one-death-many-lives", {"lives": 1000}, "live", "die", Fraction(1000, 1001)),
        ("deaths-and-lives", {}, "live", "die", Fraction(51, 53)),
        ("deaths-and-lives", {"deaths": 2, "lives": 40}, "live", "die", Fraction(20, 21)),
        ("chain-fork", {}, "walk", "stop", Fraction(2, 3)),
        ("chain-fork", {"length": 40}, "walk", "stop", Fraction(2, 3)),
        ("ghost-apple-cherry", {}, "right", "left", Fraction(2, 3)),
        ("opts-figure-11", {}, "right", "left", Fraction(3, 5)),
        ("seek-then-discard", {}, "right", "down", Fraction(3, 4)),
        ("power-crossing", {}, "up", "down", Fraction(3, 5)),
        ("two-left-three-right", {}, "right", "left", Fraction(3, 5)),
        ("coordinates", {}, "right", "left", Fraction(1, 2)),
        ("pixel-histories", {}, "flip 2", "flip 1", Fraction(16, 17)),
        ("pixel-histories", {"n": 3, "steps": 4}, "flip 2", "flip 1", Fraction(729, 730)),
    ],
)
def test_the_number_of_outcomes_on_each_side_is_the_published_one(name, parameters, prefer, over, published):
    """Where all outcomes are states that are kept, the bound is a ratio of their numbers."""
    mdp = gallery.load(name, **parameters)
    graph, start = edges(mdp), mdp.states[mdp.start]
    assert unit_share(kept(graph, prefer, start), kept(graph, over, start)) == published


def test_the_alive_flag_leaves_sixteen_images_against_one():
    """BROAD: flipping pixel 1 first leaves 1 image to keep, flipping pixel 2 first leaves all 16: 16/17."""
    mdp = gallery.load("pixels")
    graph = edges(mdp)
    ones = {state for state in graph if state in graph[state].values()}
    alive = reachable(graph, graph["Start"]["flip 2"]) & ones
    dead = reachable(graph, graph["Start"]["flip 1"]) & ones
    assert (len(alive), len(dead)) == (16, 1)
    assert unit_share(alive, dead) == Fraction(16, 17)


def test_with_a_fixed_number_of_flips_only_eight_images_can_be_last():
    """Why the environment has an action keep: every flip changes the parity of an image."""
    graph = edges(gallery.load("pixels"))
    level = {graph["Start"]["flip 2"]}
    for _ in range(49):
        level = {following for image in level for action, following in graph[image].items() if action != "keep"}
    assert len(level) == 8


def test_opts_figure_1_has_its_six_recurrent_state_distributions():
    """OPTS section 6.2: the simple cycles that can be reached from *."""
    cycles = simple_cycles(edges(gallery.load("opts-figure-1")), "*")
    assert cycles == {frozenset(c.split()) for c in ("ld", "ld lu", "0", "ru", "ru rd", "rd")}


def test_opts_figure_1_on_the_right_contains_the_left():
    """OPTS figure 4: renaming left states to right ones maps every edge on the left to one on the right."""
    graph = edges(gallery.load("opts-figure-1"))
    rename = {"l": "r", "lu": "ru", "ld": "rd"}
    for state in ("l", "lu", "ld"):
        assert {rename[successor] for successor in graph[state].values()} <= set(graph[rename[state]].values())
    assert "ru" in graph["ru"].values()
    assert "lu" not in graph["lu"].values()


def test_copied_sets_contain_their_copies():
    """MORE, second figure: the renaming of set 1 to each copy preserves every edge."""
    graph = edges(gallery.load("copied-sets"))
    small = reachable(graph, "door 1") - {"door 1"}
    for copy in ("b1", "b2", "b3"):
        rename = {state: copy + state.removeprefix("a") for state in small}
        for state in small:
            assert {rename[s] for s in graph[state].values()} == set(graph[rename[state]].values())
    assert len(reachable(graph, "door 2")) == 1 + 3 * len(small)
    assert {len(cycle) for cycle in simple_cycles(graph, "door 1")} == {1, 2, 3}


def test_correction_is_a_single_letter_against_all_of_them():
    """At most 1/(n + 1) of the permutations allow correction: one corrected end, n free ones."""
    for letters in (2, 3, 5):
        graph = edges(gallery.load("corrigibility", letters=letters))
        ends = {cycle for action in ("left", "right", "wait") for cycle in simple_cycles(graph, graph["B"][action])}
        assert ends == {frozenset({"A corrected"})}
        free = reachable(graph, graph["B"]["disable"])
        assert len(free) == letters
        assert all(state in graph[state].values() for state in free)


def test_four_of_six_permutations_choose_a_fruit():
    """PRDM table 1, and the same for candy: utilities 10, 5, 0 on three outcomes."""
    for name, prefer, over in (("ghost-apple-cherry", "right", "left"), ("candy", "Wait!", "candy")):
        mdp = gallery.load(name)
        a, b = (kept(edges(mdp), action, "Start") for action in (prefer, over))
        outcomes = sorted(a | b)
        values = [dict(zip(outcomes, order, strict=True)) for order in permutations((10, 5, 0))]
        assert sum(max(u[s] for s in a) > max(u[s] for s in b) for u in values) == 4


def test_the_trap_of_the_textbook_grid_is_one_of_eleven():
    """Eleven states, all of which can be kept; the trap cannot be left."""
    graph = edges(gallery.load("russell-norvig"))
    assert len(reachable(graph, "2,0")) == 11
    assert all(state in graph[state].values() for state in graph)
    assert reachable(graph, "1,3") == {"1,3"}


def test_training_states_are_out_of_reach_of_the_new_situation():
    """KK theorem 2 assumes it; the recurrent states can all be kept, term is visited once."""
    mdp = gallery.load("trained-shutdown", recurrent=4, train=3)
    graph = edges(mdp)
    assert not reachable(graph, "new") & {mdp.states[i] for i in mdp.labels["train"]}
    assert {mdp.states[i] for i in mdp.labels["recurrent"]} == {s for s in graph["new"].values() if s != "term"}
    assert "term" not in reachable(graph, graph["term"]["end"])


def test_pac_man_dies_on_the_left_and_has_much_to_do_on_the_right():
    """OPTS figure 8: left is game over, right leads to many states, most of which can be kept (against a wall)."""
    mdp = gallery.load("pac-man")
    graph, start = edges(mdp), mdp.states[mdp.start]
    assert reachable(graph, graph[start]["left"]) == {mdp.states[i] for i in mdp.labels["ghost"]}
    assert len(reachable(graph, graph[start]["right"])) > 20


def test_tic_tac_toe_is_the_game_against_the_first_free_cell():
    """An independent count: play all games and collect the boards on which the agent moves or the game is over."""

    def wins(board: str, mark: str) -> bool:
        rows = [board[i : i + 3] for i in (0, 3, 6)] + [board[i::3] for i in range(3)] + [board[::4], board[2:7:2]]
        return mark * 3 in rows

    boards, queue = {"." * 9}, ["." * 9]
    for board in queue:
        if wins(board, "O") or wins(board, "X") or "." not in board:
            continue
        for cell in (i for i in range(9) if board[i] == "."):
            after = board[:cell] + "O" + board[cell + 1 :]
            if not wins(after, "O") and "." in after:
                after = after.replace(".", "X", 1)
            if after not in boards:
                boards.add(after)
                queue.append(after)
    mdp = gallery.load("tic-tac-toe")
    assert set(mdp.states) == boards
    assert {mdp.states[i] for i in mdp.labels["lost"]} == {b for b in boards if wins(b, "X")}
    assert {mdp.states[i] for i in mdp.labels["won"]} == {b for b in boards if wins(b, "O")}


def power(mdp: MDP, discount: float, rewards: np.ndarray) -> dict[str, float]:
    """Mean of (1-g)/g (V - r) over sampled rewards, shape (n_rewards, n_states), by value iteration."""
    values = rewards.copy()
    targets = [np.array([mdp.successors(c)[0] for c in mdp.choices(s)]) for s in range(mdp.n_states)]
    for _ in range(int(np.ceil(np.log(1e-6) / np.log(discount))) + 1):
        values = rewards + discount * np.stack([values[:, t].max(axis=1) for t in targets], axis=1)
    scaled = (1 - discount) / discount * (values - rewards)
    return dict(zip(mdp.states, scaled.mean(axis=0).tolist(), strict=True))


def uniform(mdp: MDP, samples: int) -> np.ndarray:
    """Independent uniform rewards."""
    return np.random.default_rng(0).random((samples, mdp.n_states))


def test_powerplay_grid_has_the_published_power():
    """50,000 uniform rewards at discount 0.6; the standard error is below 0.001, so 0.004 is never left by chance."""
    mdp = gallery.load("powerplay-grid")
    found = power(mdp, 0.6, uniform(mdp, 50_000))
    for cell in ("0,0", "0,2", "2,0", "2,2"):
        assert found[cell] == pytest.approx(0.806, abs=0.004)
    for cell in ("0,1", "1,0", "1,2", "2,1"):
        assert found[cell] == pytest.approx(0.836, abs=0.004)
    assert found["1,1"] == pytest.approx(0.862, abs=0.004)


@pytest.mark.parametrize(
    ("name", "discount", "published"),
    [
        ("opts-figure-1", 0.3, {"0": 1 / 2, "ld": (2 / 3 + 0.15) / 1.3, "rd": 2 / 3}),
        ("opts-figure-1", 0.9, {"0": 1 / 2, "ld": (2 / 3 + 0.45) / 1.9, "rd": 2 / 3}),
        ("candy", 0.01, {"Start": 2 / 3}),
        ("candy", 0.99, {"Start": 3 / 4}),
        ("three-sweets", 0.5, {"start": 3 / 4}),
        ("star", 0.5, {"center": 3 / 4}),
        ("power-crossing", 0.1, {"2": 0.9 / 2 + 0.1 * 3 / 4, "3": 2 / 3}),
        ("power-crossing", 0.95, {"2": 0.05 / 2 + 0.95 * 3 / 4, "3": 2 / 3}),
    ],
)
def test_power_is_as_published(name: str, discount: float, published: dict[str, float]):
    """20,000 uniform rewards: standard error 0.002; 0.01 is five of them (limits are taken at 0.01 and 0.99)."""
    mdp = gallery.load(name)
    found = power(mdp, discount, uniform(mdp, 20_000))
    for state, value in published.items():
        assert found[state] == pytest.approx(value, abs=0.01)


def test_a_star_of_k_cycles_has_power_k_over_k_plus_one():
    """The mean maximum of k uniform draws."""
    for cycles in (1, 2, 6):
        mdp = gallery.load("star", cycles=cycles)
        found = power(mdp, 0.5, uniform(mdp, 20_000))["center"]
        assert found == pytest.approx(cycles / (cycles + 1), abs=0.01)


def test_the_chain_of_haddad_and_monmege_ends_left_with_seven_tenths():
    """Exact elimination in fractions: the probability to be absorbed in 0 from the middle is 7/10."""
    for n in (2, 5, 20):
        mdp = gallery.load("haddad-monmege", n=n)
        exact = mdp.graph.exact_probabilities
        rows = {}
        for state, name in enumerate(mdp.states):
            (choice,) = mdp.choices(state)
            i, j = mdp.graph.entry_offsets[choice : choice + 2].tolist()
            rows[int(name)] = {int(mdp.states[mdp.graph.successors[k]]): exact[k] for k in range(i, j)}
        left, right = Fraction(0), Fraction(0)  # from n, with m the value at n: value(x) = a(x) + b(x) m
        a, b = {0: Fraction(1), 2 * n: Fraction(0)}, {0: Fraction(0), 2 * n: Fraction(0)}
        for x in [*range(1, n), *range(2 * n - 1, n, -1)]:
            a[x] = sum((p * a[y] for y, p in rows[x].items() if y != n), Fraction(0))
            b[x] = sum((p * b[y] for y, p in rows[x].items() if y != n), Fraction(0)) + rows[x][n]
        for y, p in rows[n].items():
            left, right = left + p * a[y], right + p * b[y]
        assert left / (1 - right) == Fraction(7, 10)

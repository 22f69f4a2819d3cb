"""Answers built by hand, with certificates whose bounds are known from theory.md, for the tests of the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction

from orbitwise.environments import gallery
from orbitwise.environments.builder import Builder
from orbitwise.environments.mdp import MDP
from orbitwise.evidence.answer import Answer
from orbitwise.evidence.graph_form import GraphProof, find_graph_proof
from orbitwise.evidence.graph_return import find_return_proof
from orbitwise.evidence.kinds import Certificate, Estimate, NotCertified, OrbitCount, Witness
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, OrbitsProof
from orbitwise.outcomes.question import Question, ask, ask_vectors

HALF = Fraction(1, 2)
SHA = "0123456789abcdef" * 4
EVIL_NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><b>bold",
    "</title><script>alert(2)</script>",
    "' onload='alert(1)",
    "long " + "x" * 300,
    "שלום עולם",
    "مرحبا",
    "🙂🍫👩‍👩‍👧",
    "bell\x07 esc\x1b[31m over\u202eride",
    "{{ 7 * 7 }}{% raw %}",
    "[bold red]markup[/bold red] :smile:",
    "&amp;&lt;",
    "]]> -->",
    "a,b",
)


def make_answer(question: Question, **evidence: object) -> Answer:
    """An answer with nothing in it but what is given."""
    fields: dict[str, object] = {
        "certificates": (),
        "not_certified": (),
        "witness": None,
        "reward": None,
        "reward_text": "",
        "count": None,
        "estimate": None,
        "seed": 7,
        "input_sha256": SHA,
        "seconds": 0.4,
        "version": "0.1.0",
    }
    return Answer(question=question, **{**fields, **evidence})  # type: ignore[arg-type]


def reward_of(question: Question, values: Mapping[str, object]) -> tuple[Fraction, ...]:
    """All coordinates of a reward given by names."""
    return tuple(Fraction(str(values.get(name, 0))) for name in question.coordinates)


def unit(question: Question, name: str) -> tuple[tuple[int, Fraction], ...]:
    """The unit vector of a coordinate."""
    return ((question.coordinates.index(name), Fraction(1)),)


def swap(question: Question, a: str, b: str) -> dict[int, int]:
    """The permutation that swaps two coordinates."""
    i, j = question.coordinates.index(a), question.coordinates.index(b)
    return {i: j, j: i}


def copies_certificate(question: Question, over: str, copies: list[str]) -> Certificate:
    """T1 for one outcome of B and its copies."""
    n = len(copies)
    proof = CopiesProof((unit(question, over),), (), tuple(swap(question, over, copy) for copy in copies))
    return Certificate(question, proof, "T1", "n-to-1", Fraction(n, n + 1), Fraction(n), True, "")


def blocks_certificate(question: Question, prefer: list[str], over: list[str]) -> Certificate:
    """T3 with one state in each block."""
    a, b = len(prefer), len(over)
    proof = BlocksProof(
        prefer=tuple((unit(question, x),) for x in prefer),
        over=tuple((unit(question, y),) for y in over),
        dominated=(),
        swaps=tuple(tuple(swap(question, x, y) for y in over) for x in prefer),
    )
    return Certificate(question, proof, "T3", "strict-ratio", Fraction(a, a + b), Fraction(a, b), True, "")


def orbits_certificate(question: Question, prefer: list[str], over: list[str]) -> Certificate:
    """T2 with one generator, the cycle through all outcomes."""
    names = [*prefer, *over]
    cycle = {
        question.coordinates.index(x): question.coordinates.index(y)
        for x, y in zip(names, names[1:] + names[:1], strict=True)
    }
    proof = OrbitsProof(
        prefer=tuple(unit(question, x) for x in prefer),
        over=tuple(unit(question, y) for y in over),
        dominated=(),
        generators=(cycle,),
        interior=(),
    )
    bound = Fraction(len(prefer), len(names))
    return Certificate(question, proof, "T2", "weak", bound, None, True, "")


def candy() -> Answer:
    """MORE's example with a bound, a sharp witness and the reward whose orbit has 60 elements."""
    question = ask(gallery.load("candy"), at="Start", prefer="Wait!", over="candy")
    reward = reward_of(question, {"candy": 1, "chocolate": "1/2", "hug": "1/4"})
    return make_answer(
        question,
        certificates=(
            blocks_certificate(question, ["chocolate", "hug"], ["candy"]),
            copies_certificate(question, "candy", ["chocolate"]),
        ),
        not_certified=(NotCertified("T2", "not tried <here>"), NotCertified("T5", "not tried <here>")),
        witness=Witness(
            reward_of(question, {"candy": 4, "chocolate": 2, "hug": 1}), Fraction(2, 3), None, "geometric values"
        ),
        reward=reward,
        reward_text="{'candy': 1}",
        count=OrbitCount(40, 20, 0),
        notes=("terminal transitions are absorbing",),
    )


def deaths_and_lives(n_deaths: int, n_lives: int) -> MDP:
    """One choice between living and dying, then a choice of a state to stay in."""
    builder = Builder("deaths and lives", start="Start").add("Start", "die", "dying").add("Start", "live", "living")
    deaths = [f"death {i}" for i in range(1, n_deaths + 1)]
    lives = [f"life {i}" for i in range(1, n_lives + 1)]
    for hub, ends in (("dying", deaths), ("living", lives)):
        for end in ends:
            builder.add(hub, f"to {end}", end)
    for end in (*deaths, *lives):
        builder.add(end, "stay", end)
    return builder.build()


def two_against_51() -> Answer:
    """2 deaths against 51 lives: 51/53 by blocks, 25/26 by copies, no reward."""
    question = ask(deaths_and_lives(2, 51), prefer="live", over="die")
    lives = [f"life {i}" for i in range(1, 52)]
    proof = CopiesProof(
        (unit(question, "death 1"), unit(question, "death 2")),
        (),
        tuple(
            {**swap(question, "death 1", lives[2 * k]), **swap(question, "death 2", lives[2 * k + 1])}
            for k in range(25)
        ),
    )
    copies = Certificate(question, proof, "T1", "n-to-1", Fraction(25, 26), Fraction(25), True, "")
    return make_answer(
        question,
        certificates=(blocks_certificate(question, lives, ["death 1", "death 2"]), copies),
        witness=Witness(reward_of(question, {"death 1": 1, "death 2": 1}), Fraction(219, 220), None, "2-hot"),
    )


def stochastic() -> Answer:
    """Chances of 1/3 and 2/3, one copy, an estimate besides; the bound 1/2 is below the witness."""
    builder = Builder("weather", start="Start")
    builder.add("Start", "walk", {"sun": "1/3", "rain": "2/3"}).add("Start", "ride", {"town": "1/3", "lake": "2/3"})
    for state in ("sun", "rain", "town", "lake"):
        builder.add(state, "stay", state)
    question = ask(builder.label("wet", ["rain", "lake"]).build(), prefer="walk", over="ride")
    mixed = {name: question.coordinates.index(name) for name in ("sun", "rain", "town", "lake")}
    over = ((mixed["town"], Fraction(1, 3)), (mixed["lake"], Fraction(2, 3)))
    involution = {**swap(question, "town", "sun"), **swap(question, "lake", "rain")}
    proof = CopiesProof((tuple(sorted(over)),), (), (involution,))
    return make_answer(
        question,
        certificates=(Certificate(question, proof, "T1", "n-to-1", HALF, Fraction(1), True, ""),),
        witness=Witness(
            reward_of(question, {"lake": 1}), None, Estimate(0.61, 0.6, 0.62, 0.95, 5000, "orbit", 3), "one-hot"
        ),
        reward_text="uniform",
        estimate=Estimate(0.7125, 0.701, 0.7238, 0.95, 10_000, "uniform"),
    )


def grid() -> MDP:
    """A 3 x 4 grid without walls, with two holes in it."""
    builder = Builder("pond", start="0,0")
    holes = {(1, 1), (2, 2)}
    for y in range(3):
        for x in range(4):
            if (x, y) in holes:
                builder.add(f"{x},{y}", "stay", f"{x},{y}")
            else:
                for action, dx, dy in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1)):
                    builder.add(f"{x},{y}", action, f"{min(3, max(0, x + dx))},{min(2, max(0, y + dy))}")
            builder.place(f"{x},{y}", x, y)
    return builder.label("hole", [f"{x},{y}" for x, y in holes]).build()


def graph_form_answer(question: Question, **evidence: object) -> Answer:
    """An answer with the T5 certificate of a question."""
    assert question.play is not None
    proof = find_graph_proof(question.play.prefer_arena, question.play.over_arena)
    assert isinstance(proof, GraphProof)
    form = "weak" if proof.ratio is None else "strict-ratio"
    certificate = Certificate(question, proof, "T5", form, proof.bound, proof.ratio, proof.shares_no_state)
    return make_answer(question, certificates=(certificate,), **evidence)


def gridworld() -> Answer:
    """Avoiding two holes by T5: the rim, where one can stay, against two holes; one hole is on the rim."""
    question = ask(grid(), prefer="avoid:@hole", over="enter:@hole")
    reason = "the outcomes were not listed: more than 20,000 simple cycles"
    return graph_form_answer(
        question,
        not_certified=tuple(NotCertified(theorem, reason) for theorem in ("T1", "T2", "T3")),
        reward=reward_of(question, {"3,2": 1}),
        reward_text='{"3,2": 1}',
        estimate=Estimate(0.91, 0.9, 0.92, 0.95, 2000, "orbit"),
    )


def returning(prefer: str = "in", over: str = "out") -> Answer:
    """T5 by coming back: from the hall one can go out after all, and to the porch, where going out leads."""
    builder = Builder("house", start="Start").add("Start", "in", "hall").add("Start", "out", "porch")
    builder.add("hall", "stay", "hall").add("hall", "back", "Start")
    builder.add("porch", "stay", "porch").add("porch", "on", "garden").add("garden", "stay", "garden")
    question = ask(builder.build(), prefer=prefer, over=over)
    proof = find_return_proof(question)
    assert proof is not None
    certificate = Certificate(question, proof, "T5", "weak", Fraction(1), None, strict_almost_everywhere=False)
    witness = Witness(reward_of(question, {"garden": 1}), Fraction(1), None, "one-hot")
    return make_answer(question, certificates=(certificate,), witness=witness)


def nothing_certified() -> Answer:
    """No certificate; a witness on whose orbit A is never at least as good is a refutation."""
    question = ask(gallery.load("candy"), at="Start", prefer="Wait!", over="candy", discount="1/10")
    return make_answer(
        question,
        not_certified=(NotCertified("T1", "no involution carries the vertices of B into A"),),
        witness=Witness(reward_of(question, {"candy": 1}), Fraction(4, 5), None, "one-hot"),
    )


def estimate_only() -> Answer:
    """Only a sampled share."""
    question = ask(deaths_and_lives(3, 100), prefer="live", over="die")
    return make_answer(question, estimate=Estimate(0.99, 0.985, 0.994, 0.95, 4000, "uniform"), reward_text="uniform")


def vectors() -> Answer:
    """Given outcome vectors with a cyclic group; PRDM table 1: 4 of the 6 permutations of (10, 5, 0)."""
    question = ask_vectors(
        prefer=[[0, 1, 0], [0, 0, 1], [0, "1/2", "1/2"]], over=[[1, 0, 0]], coordinates=["ghost", "apple", "cherry"]
    )
    return make_answer(
        question,
        certificates=(orbits_certificate(question, ["apple", "cherry"], ["ghost"]),),
        witness=Witness(reward_of(question, {"ghost": 10, "apple": 5}), Fraction(2, 3), None, "given"),
        reward=reward_of(question, {"ghost": 10, "apple": 5}),
        reward_text="[10, 5, 0]",
        count=OrbitCount(4, 2, 0),
    )


def hostile() -> Answer:
    """Names that try to break out of HTML, attributes, SVG, JSON, templates and terminals."""
    builder = Builder("</title><script>alert(9)</script>", start=EVIL_NAMES[0])
    for name in EVIL_NAMES[1:]:
        builder.add(EVIL_NAMES[0], f"to {name}", name)
    for name in EVIL_NAMES[1:]:
        builder.add(name, 'stay"><script>alert(3)</script>', name)
    builder.label("<i>label</i>", EVIL_NAMES[2:4])
    first, *others = EVIL_NAMES[1:]
    question = ask(builder.build(), prefer=f"avoid:{json.dumps([first])}", over=f"take:to {first}")
    n = len(others)
    return make_answer(
        question,
        certificates=(blocks_certificate(question, others, [first]),),
        not_certified=(NotCertified("T5", f"because of {EVIL_NAMES[0]} and {EVIL_NAMES[9]}"),),
        witness=Witness(reward_of(question, {first: 1, others[1]: "1/2"}), Fraction(n, n + 1), None, "<b>how</b>"),
        reward=reward_of(question, {first: 1}),
        reward_text="<script>alert(5)</script>",
        count=OrbitCount(n, 1, 1),
        notes=("a note with <script>alert(6)</script> and \x1b[2J",),
    )


ANSWERS = {
    "candy": candy,
    "two_against_51": two_against_51,
    "stochastic": stochastic,
    "gridworld": gridworld,
    "returning": returning,
    "nothing_certified": nothing_certified,
    "estimate_only": estimate_only,
    "vectors": vectors,
    "hostile": hostile,
}

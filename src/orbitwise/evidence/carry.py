"""Carrying a certificate through a :class:`StateMap`: from a reduced or unrefined environment to the other, and back.

Nothing here is trusted: the result is a certificate about the other environment that the independent checker accepts,
or the reason why there is none. What can be expected (environments/refine.py and environments/reduce.py have the
proofs), where the copies of a state are the fine states over it that an outcome can visit:

- *T1, T2, T3 to the fine environment:* section by section (``carry_lifts``); bound, ratio and form stay. States that a
  permutation moves into one another need equally many copies.
- *T1, T2, T3 to the coarse environment:* where each state has at most one copy, the vectors and permutations are the
  same, and so is the bound. Otherwise copies would have to be drawn together, which may change it: not carried.
- *T5:* its data are searches of the graph at hand, so they are searched again. The bound counts every state as often as
  it has copies; where each has one, it stays. The return form says that A gets to the very state in which B begins; it
  is not carried where that state is one of several, or was passed through, in the fine environment.
"""

from __future__ import annotations

from dataclasses import replace

from orbitwise.checker import check
from orbitwise.environments.mdp import MDP
from orbitwise.environments.state_map import StateMap
from orbitwise.errors import NotSupported
from orbitwise.evidence.carry_lifts import VectorProof, lift_proof, make_lift
from orbitwise.evidence.carry_questions import carry_question
from orbitwise.evidence.graph_form import GraphProof, find_graph_proof
from orbitwise.evidence.graph_return import ReturnProof, find_return_proof
from orbitwise.evidence.kinds import Certificate, NotCertified
from orbitwise.evidence.proofs import BlocksProof, CopiesProof, OrbitsProof
from orbitwise.formats.identity import environment_sha256
from orbitwise.outcomes.question import Question

__all__ = ["carry_certificate"]


def carry_certificate(certificate: Certificate, states: StateMap) -> Certificate | NotCertified:
    """The certificate for the other environment of a map, checked, or why there is none.

    **Guarantee:** a certificate that is returned was accepted by :mod:`orbitwise.checker`. Bounds of T1, T2 and T3 are
    what they were; that of T5 counts each state as often as it has copies.
    **Cost:** linear for T5; for the others the outcomes of the other environment are listed, and checked once more.

    Parameters
    ----------
    certificate
        About the fine or the coarse environment of the map.
    states
        The ``map`` of a :class:`~orbitwise.environments.refine.Refinement` or
        :class:`~orbitwise.environments.reduce.Reduction`.

    References
    ----------
    docs/explanation/abstraction.md.

    Examples
    --------
    >>> import orbitwise as ow
    >>> mdp = ow.gallery.load("candy")
    >>> certificate = ow.certify(ow.ask(mdp, prefer="Wait!", over="candy"))[0][0]
    >>> carried = carry_certificate(certificate, ow.refine(mdp, 2).map)
    >>> carried.theorem, carried.bound, len(carried.document["coordinates"])
    ('T3', Fraction(2, 3), 11)
    """
    carried = _carry(certificate, states)
    if isinstance(carried, str):
        return NotCertified(certificate.theorem, carried)
    verdict = check(carried.document)
    return carried if verdict.accepted else NotCertified(certificate.theorem, f"not proved there: {verdict.reason}")


def _carry(certificate: Certificate, states: StateMap) -> Certificate | str:
    """The certificate about the other environment, not yet checked."""
    if certificate.question.situations:
        return "certificates about several situations are not carried; search for one there"
    play = certificate.question.play
    to_fine = play is not None and _is_same(play.environment, states.coarse)
    if play is None or not (to_fine or _is_same(play.environment, states.fine)):
        return "the certificate is about neither environment of the map"
    question = carry_question(certificate.question, play, states, to_fine=to_fine)
    if isinstance(question, str):
        return question
    match certificate.proof:
        case GraphProof():
            return _search_graph(certificate, question)
        case ReturnProof():
            back = find_return_proof(question)
            if back is None:
                return "there, A does not surely get to the very state in which B begins"
            return _prove(certificate, question, back)
        case CopiesProof() | OrbitsProof() | BlocksProof() as proof if not proof.mixed and certificate.epsilon is None:
            lift = make_lift(states, average=question.criterion.kind == "average", to_fine=to_fine)
            if isinstance(lift, str):
                return lift
            outcomes = question.outcomes
            if isinstance(outcomes, NotSupported):
                return f"the outcomes were not listed there: {outcomes.message}"
            lifted = lift_proof(proof, lift, outcomes[1].vectors)
            return lifted if isinstance(lifted, str) else _prove(certificate, question, lifted)
        case _:
            return "certificates of this form are not carried; search for one there"


def _is_same(first: MDP, second: MDP) -> bool:
    return first is second or environment_sha256(first) == environment_sha256(second)


def _prove(certificate: Certificate, question: Question, proof: VectorProof | ReturnProof) -> Certificate:
    return replace(certificate, question=question, proof=proof)


def _search_graph(certificate: Certificate, question: Question) -> Certificate | str:
    play = question.play
    if play is None or question.criterion.kind != "average":
        return "the graph form is about average reward in an environment"
    permutable = None if question.permutes_all else question.permutable_mask
    proof = find_graph_proof(play.prefer_arena, play.over_arena, permutable=permutable)
    if isinstance(proof, str):
        return proof
    return replace(
        certificate,
        question=question,
        proof=proof,
        form="weak" if proof.ratio is None else "strict-ratio",
        bound=proof.bound,
        ratio=proof.ratio,
        strict_almost_everywhere=proof.shares_no_state,
        note=proof.note,
    )

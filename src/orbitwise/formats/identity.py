"""What makes two environments the same: a hash over everything that results depend on.

States in order, each with its actions in order, each with its successors and exact probabilities; the start; the
labels. Name, layout, description, source, claims and notes do not count, nor does the file format.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

import numpy as np

from orbitwise.compute.exact import format_fraction
from orbitwise.environments.mdp import MDP
from orbitwise.typing import IntArray

__all__ = ["environment_sha256"]


def environment_sha256(mdp: MDP) -> str:
    """SHA-256 (64 hexadecimal digits) of an environment in a canonical form.

    **Guarantee:** the same for the same states, actions, exact probabilities, start and labels, however they were read.
    **Cost:** linear; about 1 s for 1,000,000 states of a gridworld.

    Examples
    --------
    >>> from orbitwise.environments import gallery
    >>> environment_sha256(gallery.load("candy"))[:12]
    'fdb37f5d190d'
    """
    digest = hashlib.sha256(b"orbitwise environment 1\n")
    for part in iter_parts(mdp):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest.hexdigest()


def iter_parts(mdp: MDP) -> Iterator[bytes]:
    """The canonical form, part by part."""
    graph = mdp.graph
    yield text_bytes(list(mdp.states))
    used, first, actions = np.unique(mdp.choice_actions, return_index=True, return_inverse=True)
    by_appearance = np.argsort(first)
    rank = np.empty_like(by_appearance)
    rank[by_appearance] = np.arange(len(used))
    yield text_bytes([mdp.actions[i] for i in used[by_appearance].tolist()])
    yield array_bytes(rank[actions])
    yield array_bytes(graph.choice_offsets)
    yield array_bytes(graph.entry_offsets)
    order = np.lexsort((graph.successors, graph.entry_choices))
    yield array_bytes(graph.successors[order])
    exact = [] if graph.is_deterministic else graph.exact_probabilities[order].tolist()
    yield text_bytes([format_fraction(value) for value in exact])
    yield array_bytes(np.array([mdp.start]))
    yield text_bytes({label: sorted(members) for label, members in sorted(mdp.labels.items())})


def text_bytes(value: object) -> bytes:
    """A value as canonical JSON."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def array_bytes(values: IntArray) -> bytes:
    """Integers as 8 bytes each, least significant first."""
    return np.ascontiguousarray(values, dtype="<i8").tobytes()

"""POWERplay's policy files: what one agent does in each joint state.

The same graphs as its environments, cut after the second level: ``"[s]" -> "[a]__[s]"  [weight="0.5"]`` says that the
agent takes action a in state s with probability 1/2. Actions are those of the agent alone (``stay``), states are joint.

References
----------
Harris & Suo, POWERplay, https://github.com/gladstoneai/POWERplay, folder ``policies``.
"""

from __future__ import annotations

import os

from orbitwise.errors import FormatError
from orbitwise.formats.dot import Edge, line_of, parse_digraph
from orbitwise.formats.files import read_text
from orbitwise.formats.powerplay import parts_of, weight_of

__all__ = ["parse_powerplay_policy", "read_powerplay_policy"]


def read_powerplay_policy(path: str | os.PathLike[str]) -> dict[str, dict[str, float]]:
    """The policy in a POWERplay graph file: for each state, actions and their probabilities as written.

    **Guarantee:** exact about the file; whether rows sum to 1 is checked where the policy is used. **Cost:** linear.

    Raises
    ------
    FormatError
        The text is no directed graph in the DOT language, or an edge is no weighted choice; ``where`` is ``file:line``.
    InvalidInput
        There is no such file.
    """
    return parse_powerplay_policy(read_text(path), where=str(path))


def parse_powerplay_policy(text: str, *, where: str = "text") -> dict[str, dict[str, float]]:
    """The policy in a POWERplay graph; see :func:`read_powerplay_policy`.

    Examples
    --------
    >>> parse_powerplay_policy('digraph { "[s]" -> "[go]__[s]" [weight=1]; "[s]" -> "[stay]__[s]" [weight=0] }')
    {'s': {'go': 1.0, 'stay': 0.0}}
    """
    graph = parse_digraph(text, where=where)
    policy: dict[str, dict[str, float]] = {}

    def place(edge: Edge) -> str:
        return f"{where}:{line_of(text, edge.position)}"

    for edge in graph.edges:
        origin, target = parts_of(edge.origin), parts_of(edge.target)
        if len(origin) != 1 or len(target) != 2 or target[1:] != origin:
            raise FormatError(
                f"expected an edge from s to a__s in a policy, found {edge.origin!r} -> {edge.target!r}; "
                "give the policy's file, not the environment's",
                where=place(edge),
            )
        policy.setdefault(origin[0], {})[target[0]] = weight_of(edge, place)
    return policy

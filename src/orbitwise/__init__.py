"""For how many of the permuted variants of a goal is it optimal to do A rather than B?

>>> import orbitwise as ow
>>> mdp = ow.gallery.load("candy")
>>> question = ow.ask(mdp, at="Start", prefer="Wait!", over="candy")
>>> answer = ow.compare(question, reward={"candy": 1, "chocolate": 0.5, "hug": 0.25}, seed=0)
>>> answer.best.bound, answer.count.share
(Fraction(2, 3), Fraction(2, 3))

Names are loaded when first used, so importing the package is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from orbitwise import formats
    from orbitwise.checker import check_file as verify_file
    from orbitwise.environments import gallery
    from orbitwise.environments.builder import Builder
    from orbitwise.environments.fixed_policies import fix_policy
    from orbitwise.environments.joint import as_joint, join_agents
    from orbitwise.environments.mdp import MDP
    from orbitwise.environments.reduce import reduce
    from orbitwise.environments.refine import refine
    from orbitwise.environments.tabulate import tabulate
    from orbitwise.evidence.answer import Answer
    from orbitwise.evidence.carry import carry_certificate
    from orbitwise.evidence.certify import certify
    from orbitwise.evidence.compare import compare
    from orbitwise.evidence.interchangeable import bound_interchangeable
    from orbitwise.evidence.shared_samples import estimate_shares
    from orbitwise.outcomes.question import Question, ask, ask_vectors
    from orbitwise.power.agents import estimate_agent_power
    from orbitwise.power.estimates import PowerEstimate, estimate_power, estimate_power_limit
    from orbitwise.power.exact import power_exactly, power_limit_exactly
    from orbitwise.power.optimality import estimate_optimality, trace_optimality
    from orbitwise.power.plays import play_sample
    from orbitwise.power.seeking import compare_power_seeking
    from orbitwise.power.sweeps import trace_power

__all__ = [
    "MDP",
    "Answer",
    "Builder",
    "PowerEstimate",
    "Question",
    "__version__",
    "as_joint",
    "ask",
    "ask_vectors",
    "bound_interchangeable",
    "carry_certificate",
    "certify",
    "compare",
    "compare_power_seeking",
    "estimate_agent_power",
    "estimate_optimality",
    "estimate_power",
    "estimate_power_limit",
    "estimate_shares",
    "fix_policy",
    "formats",
    "gallery",
    "join_agents",
    "play_sample",
    "power_exactly",
    "power_limit_exactly",
    "reduce",
    "refine",
    "tabulate",
    "trace_optimality",
    "trace_power",
    "verify_file",
]

_HOMES = {
    "MDP": ("orbitwise.environments.mdp", "MDP"),
    "Answer": ("orbitwise.evidence.answer", "Answer"),
    "Builder": ("orbitwise.environments.builder", "Builder"),
    "PowerEstimate": ("orbitwise.power.estimates", "PowerEstimate"),
    "Question": ("orbitwise.outcomes.question", "Question"),
    "as_joint": ("orbitwise.environments.joint", "as_joint"),
    "ask": ("orbitwise.outcomes.question", "ask"),
    "ask_vectors": ("orbitwise.outcomes.question", "ask_vectors"),
    "bound_interchangeable": ("orbitwise.evidence.interchangeable", "bound_interchangeable"),
    "carry_certificate": ("orbitwise.evidence.carry", "carry_certificate"),
    "certify": ("orbitwise.evidence.certify", "certify"),
    "compare": ("orbitwise.evidence.compare", "compare"),
    "compare_power_seeking": ("orbitwise.power.seeking", "compare_power_seeking"),
    "estimate_agent_power": ("orbitwise.power.agents", "estimate_agent_power"),
    "estimate_optimality": ("orbitwise.power.optimality", "estimate_optimality"),
    "estimate_power": ("orbitwise.power.estimates", "estimate_power"),
    "estimate_shares": ("orbitwise.evidence.shared_samples", "estimate_shares"),
    "estimate_power_limit": ("orbitwise.power.estimates", "estimate_power_limit"),
    "fix_policy": ("orbitwise.environments.fixed_policies", "fix_policy"),
    "formats": ("orbitwise.formats", None),
    "gallery": ("orbitwise.environments.gallery", None),
    "join_agents": ("orbitwise.environments.joint", "join_agents"),
    "play_sample": ("orbitwise.power.plays", "play_sample"),
    "power_exactly": ("orbitwise.power.exact", "power_exactly"),
    "power_limit_exactly": ("orbitwise.power.exact", "power_limit_exactly"),
    "reduce": ("orbitwise.environments.reduce", "reduce"),
    "refine": ("orbitwise.environments.refine", "refine"),
    "tabulate": ("orbitwise.environments.tabulate", "tabulate"),
    "trace_optimality": ("orbitwise.power.optimality", "trace_optimality"),
    "trace_power": ("orbitwise.power.sweeps", "trace_power"),
    "verify_file": ("orbitwise.checker", "check_file"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'orbitwise' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    home = importlib.import_module(module)
    return home if attribute is None else getattr(home, attribute)


def __dir__() -> list[str]:
    return sorted(__all__)

"""POWER, the average optimal value of a state over rewards, and how probable it is that an action is optimal."""

from __future__ import annotations

from orbitwise.power.estimates import PowerEstimate, estimate_power, estimate_power_limit
from orbitwise.power.exact import power_exactly, power_limit_exactly
from orbitwise.power.optimality import Optimality, estimate_optimality, trace_optimality
from orbitwise.power.plays import Play, play_sample
from orbitwise.power.seeking import PowerDifference, PowerSeeking, compare_power_seeking
from orbitwise.power.sweeps import trace_power

__all__ = [
    "Optimality",
    "Play",
    "PowerDifference",
    "PowerEstimate",
    "PowerSeeking",
    "compare_power_seeking",
    "estimate_optimality",
    "estimate_power",
    "estimate_power_limit",
    "play_sample",
    "power_exactly",
    "power_limit_exactly",
    "trace_optimality",
    "trace_power",
]

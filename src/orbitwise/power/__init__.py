"""POWER, the average optimal value of a state over rewards, and how probable it is that an action is optimal."""

from __future__ import annotations

from orbitwise.power.estimates import PowerEstimate, estimate_power, estimate_power_limit
from orbitwise.power.exact import power_exactly, power_limit_exactly
from orbitwise.power.optimality import Optimality, estimate_optimality, trace_optimality
from orbitwise.power.seeking import PowerDifference, PowerSeeking, compare_power_seeking

__all__ = [
    "Optimality",
    "PowerDifference",
    "PowerEstimate",
    "PowerSeeking",
    "compare_power_seeking",
    "estimate_optimality",
    "estimate_power",
    "estimate_power_limit",
    "power_exactly",
    "power_limit_exactly",
    "trace_optimality",
]

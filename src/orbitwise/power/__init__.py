"""POWER, the average optimal value of a state over rewards, and how probable it is that an action is optimal."""

from __future__ import annotations

from orbitwise.power.estimates import PowerEstimate, estimate_power, estimate_power_limit
from orbitwise.power.exact import power_exactly, power_limit_exactly

__all__ = ["PowerEstimate", "estimate_power", "estimate_power_limit", "power_exactly", "power_limit_exactly"]

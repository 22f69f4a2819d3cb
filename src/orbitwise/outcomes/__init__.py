"""Outcome sets: what a set of policies can bring about."""

"""Rewards, their orbits under permutation groups, and distributions over them."""

"""Environments: the rewardless MDP, how to build and check one, and the gallery of published ones."""

"""Exact rational arithmetic and executors."""

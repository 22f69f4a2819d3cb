"""Verifies a certificate in exact arithmetic with the standard library alone."""

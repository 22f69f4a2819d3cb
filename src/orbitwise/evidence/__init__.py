"""Certificates, exact counts, estimates, witnesses, and the comparison that gathers them."""

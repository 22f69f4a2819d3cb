"""For how many of the permuted variants of a goal is it optimal to do A rather than B?"""

from __future__ import annotations

__version__ = "0.1.0"

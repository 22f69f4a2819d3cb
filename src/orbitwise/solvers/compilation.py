"""Whether the compiled kernels are in numba's cache already, so that a first slow call can be announced."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["FIRST_USE", "kernels_are_cached"]

FIRST_USE = "the first use compiles the solvers; this may take up to a minute, once"


def kernels_are_cached() -> bool:
    """Whether some kernel of the solvers was compiled before; the first call of each takes seconds, once.

    **Cost:** a directory listing.
    """
    folder = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(__file__).parent / "__pycache__"] if folder is None else [Path(folder)]
    return any(next(place.rglob("*.nbi"), None) is not None for place in places if place.is_dir())

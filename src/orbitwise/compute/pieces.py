"""Pieces of one computation on threads that live as long as the program.

A batched solver cuts its rewards into pieces that compiled code works on without the interpreter lock. To start a
thread takes longer than many pieces do, so the threads are made once and wait. The thread that asks works too: with
``n`` threads it takes pieces as ``n - 1`` others do, in order, and is never held up by helpers that are busy elsewhere.
What a piece computes must not depend on who computes it; then the result is the same for any number of threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count, pairwise
from typing import TypeVar

__all__ = ["PIECES_PER_THREAD", "cut_evenly", "run_pieces"]

MOST_HELPERS = 1024
PIECES_PER_THREAD = 8  # so that a thread that is held up leaves its share to the others

Result = TypeVar("Result")


def run_pieces(work: Callable[[int], Result], n_pieces: int, *, n_threads: int) -> list[Result]:
    """The results of ``work`` on the pieces 0, ..., n_pieces - 1, in this order.

    **Guarantee:** exact. An exception is that of the first piece that raises one. **Cost:** beside the work, about
    0.05 ms with more than one thread, and 0.2 ms where threads have to be started.

    Parameters
    ----------
    work
        A function of the piece's number, called from several threads at once.
    n_pieces
        At least 0.
    n_threads
        At least 1, the calling one included.

    Examples
    --------
    >>> run_pieces(lambda piece: piece**2, 4, n_threads=2)
    [0, 1, 4, 9]
    """
    n_helpers = min(n_threads, n_pieces) - 1
    if n_helpers < 1:
        return [work(piece) for piece in range(n_pieces)]
    found: dict[int, Result] = {}
    errors: dict[int, BaseException] = {}
    numbers = count()  # asking for the next one is atomic

    def take() -> None:
        for piece in numbers:
            if piece >= n_pieces or errors:
                return
            try:
                found[piece] = work(piece)
            except BaseException as error:  # noqa: BLE001  raised again below
                errors[piece] = error

    helpers = [_pool().submit(take) for _ in range(n_helpers)]
    take()
    for helper in helpers:
        if not helper.cancel():  # else it was busy elsewhere and has nothing left to do
            helper.result()
    if errors:
        raise errors[min(errors)]
    return [found[piece] for piece in range(n_pieces)]


def cut_evenly(n_items: int, *, n_threads: int, least: int = 1) -> list[slice]:
    """Ranges of ``n_items`` for ``run_pieces``: one if there is one thread, else some for each thread.

    Parameters
    ----------
    n_items
        At least 0.
    n_threads
        At least 1.
    least
        Items that a piece should have at least, so that passing it on does not cost more than it saves.

    Examples
    --------
    >>> cut_evenly(5, n_threads=1)
    [slice(0, 5, None)]
    >>> cut_evenly(6, n_threads=2, least=3)
    [slice(0, 3, None), slice(3, 6, None)]
    """
    n_pieces = min(1 if n_threads == 1 else PIECES_PER_THREAD * n_threads, max(1, n_items // least))
    ends = [n_items * k // n_pieces for k in range(n_pieces + 1)]
    return [slice(first, last) for first, last in pairwise(ends)]


@cache
def _pool() -> ThreadPoolExecutor:
    """The threads of this process, started as they are needed."""
    return ThreadPoolExecutor(MOST_HELPERS, thread_name_prefix="orbitwise-pieces")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork

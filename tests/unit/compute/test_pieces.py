"""Pieces on threads: the same results in the same order, the first exception, and no thread left waiting."""

import os
import threading

import pytest

from orbitwise.compute.pieces import cut_evenly, run_pieces


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n_pieces", [0, 1, 2, 40])
def test_results_come_in_order_whatever_the_number_of_threads(n_pieces, n_threads):
    """What a piece gives does not depend on who computes it."""
    assert run_pieces(lambda piece: piece * piece, n_pieces, n_threads=n_threads) == [k * k for k in range(n_pieces)]


@pytest.mark.parametrize("n_threads", [1, 3])
def test_the_exception_is_that_of_the_first_piece_that_raises(n_threads):
    """Pieces are taken in order, so that the first one that fails is always reached."""
    for _ in range(20):
        with pytest.raises(KeyError, match="3"):
            run_pieces(lambda piece: {k: k for k in range(20) if k % 4 != 3}[piece], 20, n_threads=n_threads)


def test_pieces_inside_pieces_do_not_wait_for_each_other():
    """A piece may itself be cut: who asks works too, so nobody waits for a thread that is busy."""
    found = run_pieces(lambda a: sum(run_pieces(lambda b: a * b, 5, n_threads=3)), 6, n_threads=3)
    assert found == [10 * a for a in range(6)]


def test_two_threads_work_at_the_same_time():
    """Each of two pieces waits until the other has begun."""
    both = threading.Barrier(2, timeout=20)
    assert sorted(run_pieces(lambda _: both.wait(), 2, n_threads=2)) == [0, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    """The threads of the parent do not exist in the child, which starts others."""
    run_pieces(lambda piece: piece, 4, n_threads=2)
    child = os.fork()
    if child == 0:
        both = threading.Barrier(2, timeout=5)
        try:
            os._exit(len(run_pieces(lambda _: both.wait(), 2, n_threads=2)))
        except BaseException:  # noqa: BLE001  a child must not go on with the tests
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2


def test_ranges_are_even_and_not_too_small():
    """Ranges follow each other and cover everything; none has fewer items than asked for, if there are enough."""
    for n_items in range(40):
        for n_threads in (1, 2, 3):
            for least in (1, 4):
                cuts = cut_evenly(n_items, n_threads=n_threads, least=least)
                assert [k for cut in cuts for k in range(cut.start, cut.stop)] == list(range(n_items))
                assert len(cuts) == 1 or all(cut.stop - cut.start >= least for cut in cuts)

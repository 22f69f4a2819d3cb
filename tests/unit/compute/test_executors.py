"""Executors: the same results in the same order everywhere, whatever happens to the workers."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import count
from multiprocessing.context import SpawnProcess

import numpy as np
import pytest
from executor_work import (
    Heavy,
    die_and_leave_a_child,
    die_at_five,
    die_once_at_three,
    die_while_answering,
    draw,
    log_and_wait,
    make_lambda,
    raise_awkward,
    raise_given,
    refuse_five,
    sleep_and_return,
)
from hypothesis import given
from hypothesis import strategies as st

from orbitwise.compute.executors import Executor, iter_results, parse_executor, task_seed
from orbitwise.errors import BackendFailed, InvalidInput

SERIAL = Executor("serial")
THREADS = [Executor("threads", workers=n) for n in (1, 2, 4)]
PROCESSES = [Executor("processes", workers=n) for n in (1, 2)]
EVERY_KIND = [SERIAL, THREADS[1], PROCESSES[1]]
PARALLEL = [THREADS[1], PROCESSES[1]]


def workers_left():
    """Processes and threads that are still there."""
    names = [t.name for t in threading.enumerate() if t.name.startswith("orbitwise")]
    threads = [name for name in names if not name.startswith("orbitwise-pieces")]  # kernels keep theirs
    return [*multiprocessing.active_children(), *threads]


@pytest.fixture(autouse=True)
def workers_start_without_pytest(monkeypatch):
    """A new process imports the main script again, which is pytest here and costs more than the rest of its start."""
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)


@pytest.fixture(autouse=True)
def no_worker_is_left_behind():
    """Whatever a test did, afterwards no worker exists."""
    yield
    assert workers_left() == []


# The same results, in order.


@pytest.mark.parametrize("executor", [SERIAL, *THREADS, *PROCESSES], ids=str)
@pytest.mark.parametrize(("chunk", "ahead"), [(1, 1), (4, 3)])
def test_every_executor_draws_the_same_bits(executor, chunk, ahead):
    """What a task draws depends on the root seed and its number, not on workers, chunks or how far ahead they run."""
    expected = [np.random.default_rng(np.random.SeedSequence(5, spawn_key=(i,))).normal(size=3) for i in range(11)]
    found = list(iter_results(partial(draw, 5), 11, executor=executor, chunk=chunk, ahead=ahead))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("executor", EVERY_KIND, ids=str)
def test_results_keep_the_order_of_the_tasks_when_later_ones_finish_first(executor):
    """The first task takes longest, and its result comes first."""
    tasks = [(number, 0.3 if number == 0 else 0.0) for number in range(6)]
    assert list(iter_results(sleep_and_return, tasks, executor=executor)) == list(range(6))


@pytest.mark.parametrize("executor", EVERY_KIND, ids=str)
def test_a_stopping_rule_stops_at_the_same_task_everywhere(executor):
    """A rule that sees only the results so far takes the same number of them from endlessly many tasks."""
    total, n_taken = 0.0, 0
    for values in iter_results(partial(draw, 8), count(), executor=executor):
        total, n_taken = total + float(values.max()), n_taken + 1
        if total > 10:
            break
    reference = np.cumsum([draw(8, task).max() for task in range(40)])
    assert (total, n_taken) == (reference[n_taken - 1], int(np.argmax(reference > 10)) + 1)


@pytest.mark.parametrize("executor", EVERY_KIND, ids=str)
def test_no_tasks_give_no_results(executor):
    """An empty computation is a computation."""
    assert list(iter_results(abs, 0, executor=executor)) == []
    assert list(iter_results(abs, [], executor=executor)) == []


def test_threads_are_the_default():
    """Without an executor the work runs in threads of this process, not in the caller's."""
    names = set(iter_results(lambda _: threading.current_thread().name, 3))
    assert all(name.startswith("orbitwise") for name in names)


# Only as much as is asked for.


@pytest.mark.parametrize(("executor", "ahead", "chunk"), [(SERIAL, 1, 1), (THREADS[1], 3, 1), (THREADS[1], 2, 4)])
def test_at_most_the_given_number_of_chunks_is_under_way(executor, ahead, chunk):
    """However slowly results are taken, tasks begun and not taken never exceed ahead * chunk."""
    begun = []
    results = iter_results(begun.append, count(), executor=executor, ahead=ahead, chunk=chunk)
    for n_taken in range(1, 20):
        next(results)
        time.sleep(0.002)
        assert len(begun) <= (n_taken - 1) // chunk * chunk + ahead * chunk
    results.close()


def test_nothing_begins_before_the_first_result_is_asked_for():
    """A call alone reads no task and starts no worker."""
    read = []
    iter_results(abs, (read.append(i) for i in range(3)), executor=PROCESSES[0])
    assert read == []
    assert workers_left() == []


@pytest.mark.parametrize("executor", PARALLEL, ids=str)
@pytest.mark.parametrize("chunk", [1, 4])
def test_closing_cancels_what_is_queued(executor, chunk, tmp_path):
    """After the first chunk no task begins any more except those that already run, one per worker."""
    work = partial(log_and_wait, tmp_path, chunk)
    results = iter_results(work, 30, executor=executor, chunk=chunk, ahead=7)
    assert next(results) == 0
    if executor.kind == "threads":  # those that run are waited for; processes that run are killed, and need no word
        threading.Timer(0.4, (tmp_path / "go").touch).start()
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 15  # without a word the tasks wait for 20 seconds
    assert workers_left() == []
    assert len(list(tmp_path.glob("began-*"))) <= chunk + executor.workers


@pytest.mark.parametrize("executor", PARALLEL, ids=str)
def test_leaving_the_loop_leaves_no_worker(executor):
    """A loop that breaks drops the generator, which waits for its workers to end."""
    for _ in iter_results(abs, 100, executor=executor):
        break
    assert workers_left() == []


# Exceptions.


@pytest.mark.parametrize("executor", EVERY_KIND, ids=str)
@pytest.mark.parametrize("chunk", [1, 4])
def test_an_exception_of_the_work_is_raised_unchanged_where_its_result_was_due(executor, chunk):
    """Results before it come first; its type, text and place are those of the work."""
    found = []
    with pytest.raises(InvalidInput) as caught:
        found.extend(iter_results(refuse_five, 20, executor=executor, chunk=chunk))
    assert found == [0, 1, 2, 3, 4]
    assert (caught.value.args, caught.value.where) == (("five is refused",), "task")
    assert workers_left() == []


def test_an_exception_from_a_process_brings_its_traceback_along():
    """The note says in which line of the work it was raised."""
    with pytest.raises(InvalidInput) as caught:
        list(iter_results(refuse_five, [5], executor=PROCESSES[0]))
    assert "in refuse_five" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("executor", EVERY_KIND, ids=str)
def test_an_exception_of_the_tasks_is_raised_after_the_results_before_it(executor):
    """A file of tasks that breaks off at task 3 gives three results first, and none is lost to reading ahead."""

    def tasks():
        yield from (-1, -2, -3)
        raise OSError("the file ends here")

    found = []
    with pytest.raises(OSError, match="ends here"):
        found.extend(iter_results(abs, tasks(), executor=executor, chunk=2))
    assert found == [1, 2, 3]


def test_an_exception_that_cannot_be_unpickled_is_not_mistaken_for_a_dead_worker():
    """It is named in an error that says what to do."""
    with pytest.raises(BackendFailed, match=r"AwkwardError: 1 and 2.*run it serially") as caught:
        list(iter_results(raise_awkward, 3, executor=PROCESSES[0]))
    assert "in raise_awkward" in "".join(caught.value.__notes__)


def test_a_broken_pool_inside_the_work_is_the_works_own_exception():
    """Work that uses a pool of its own may report that one as broken: nothing is run again."""
    with pytest.raises(BrokenProcessPool, match="inner"):
        list(iter_results(partial(raise_given, BrokenProcessPool("inner")), 3, executor=PROCESSES[0]))


# Workers that die.


@pytest.mark.parametrize("chunk", [1, 2])
def test_a_worker_that_dies_once_costs_no_result(chunk, tmp_path):
    """The tasks that went down with it are run again."""
    work = partial(die_once_at_three, tmp_path / "flag")
    assert list(iter_results(work, 9, executor=PROCESSES[1], chunk=chunk)) == [10 * task for task in range(9)]
    assert (tmp_path / "flag").exists()


def test_a_task_that_always_kills_its_worker_is_named(tmp_path):
    """The results before it come first; it is run three times, and the error has the exit codes of the processes."""
    found = []
    with pytest.raises(BackendFailed, match=r"^task 5: .* died 3 times \(exit codes 9, 9, 9;") as caught:
        found.extend(iter_results(partial(die_at_five, tmp_path), 20, executor=PROCESSES[1]))
    assert found == [0, 1, 2, 3, 4]
    assert caught.value.where == "task 5"
    assert workers_left() == []
    assert len(list(tmp_path.glob("tried-*"))) == 3


def test_a_worker_that_dies_while_it_hands_over_a_long_result_costs_no_result(tmp_path):
    """Half an answer is no answer: the task is run again."""
    results = iter_results(partial(die_while_answering, tmp_path / "flag"), 3, executor=PROCESSES[1])
    for task, result in enumerate(results):
        np.testing.assert_array_equal(result, np.full(10_000, task))
    assert task == 2
    assert (tmp_path / "flag").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="fork")
def test_a_worker_that_dies_is_missed_though_its_child_lives_on(tmp_path):
    """The child holds the worker's end of the pipe open; its death is noticed all the same."""
    begun = time.monotonic()
    assert list(iter_results(partial(die_and_leave_a_child, tmp_path), 3, executor=PROCESSES[0])) == [0, 1, 2]
    assert time.monotonic() - begun < 15  # the child would wait for 20 seconds
    (tmp_path / "go").touch()


def test_processes_that_cannot_be_started_are_an_error_of_the_executor(monkeypatch):
    """The system's reason is repeated."""

    def refuse(*_):
        raise OSError("too many processes")

    monkeypatch.setattr(SpawnProcess, "start", refuse)
    with pytest.raises(BackendFailed, match=r"^executor: .*too many processes.*use fewer"):
        list(iter_results(abs, 3, executor=PROCESSES[1]))


SCRIPT = """
import time
from orbitwise.compute.executors import Executor, iter_results

def work(task):
    time.sleep({seconds} if task > 0 else 0)
    return task

if __name__ == "__main__":
    for result in iter_results(work, 1000, executor=Executor("{kind}", workers=2)):
        print(result, flush=True)
        time.sleep(max(0, 0.2 - {seconds}))
"""


UNFINISHED = """
    results = iter_results(work, 1000, executor=Executor("{kind}", workers=2))
    print(next(results))
"""


def run_until_first_result(folder, kind, *, seconds=0.2):
    """A program whose workers, after its first result, have tasks of some seconds; or (0) soon nothing to do."""
    script = folder / "script.py"
    script.write_text(SCRIPT.format(kind=kind, seconds=seconds))
    program = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert program.stdout.readline() == "0\n"
    return program


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("kind", "seconds"), [("threads", 0.2), ("processes", 0.2), ("processes", 0)])
def test_an_interrupt_ends_the_program_and_its_workers(kind, seconds, tmp_path):
    """Ctrl-C reaches all processes of the terminal; only the main one says so, and none holds its output open."""
    program = run_until_first_result(tmp_path, kind, seconds=seconds)
    time.sleep(0.05)
    os.killpg(program.pid, signal.SIGINT)
    _, errors = program.communicate(timeout=20)  # returns when no worker is left that could write
    assert errors.count("Traceback") == errors.count("KeyboardInterrupt") == 1
    assert program.returncode != 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_worker_processes_do_not_outlive_a_program_that_is_killed(tmp_path):
    """They notice that nobody is left to read their results."""
    program = run_until_first_result(tmp_path, "processes", seconds=60)
    program.kill()
    program.communicate(timeout=20)  # returns when no worker is left that could write


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_a_program_ends_though_it_keeps_an_unfinished_generator(kind, tmp_path):
    """Workers that wait for more do not keep it from ending."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(kind=kind, seconds=0).split("    for result")[0] + UNFINISHED.format(kind=kind))
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=20)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "0\n", "")


# What travels.


def test_the_work_travels_once_per_worker_and_not_once_per_task(tmp_path):
    """Its data is packed once, and unpacked at most once in each of two processes."""
    assert list(iter_results(Heavy(tmp_path), 30, executor=PROCESSES[1])) == list(range(30))
    assert len(list(tmp_path.glob("packed-*"))) == 1
    unpacked = [path.name.split("-")[1] for path in tmp_path.glob("unpacked-*")]
    assert 1 <= len(unpacked) == len(set(unpacked)) <= 2


def test_work_that_cannot_be_sent_to_a_process_is_refused_at_once():
    """The call itself says so, before any task is read."""
    with pytest.raises(InvalidInput, match="top level of a module"):
        iter_results(lambda task: task, 3, executor=PROCESSES[0])


def test_tasks_and_results_that_cannot_be_sent_are_named():
    """A lambda is neither a task nor a result for another process."""
    with pytest.raises(InvalidInput, match=r"^task 1: expected tasks"):
        list(iter_results(repr, [1, lambda: 0], executor=PROCESSES[0]))
    with pytest.raises(BackendFailed, match="expected results"):
        list(iter_results(make_lambda, 3, executor=PROCESSES[0]))


def test_work_that_a_process_cannot_load_is_named(monkeypatch):
    """A function that exists in this process only, as one typed into a notebook does."""
    monkeypatch.setattr(sys.modules[__name__], "typed_in", typed_in := lambda task: task, raising=False)
    typed_in.__qualname__ = typed_in.__name__ = "typed_in"
    with pytest.raises(BackendFailed, match=r"AttributeError: .*typed_in.*can be imported"):
        list(iter_results(typed_in, 3, executor=PROCESSES[0]))


# Names, numbers and seeds.


@given(st.sampled_from(["threads", "processes"]), st.integers(1, 1024))
def test_an_executor_is_read_back_from_its_text(kind, workers):
    """Text and executor say the same; a bare number means threads."""
    executor = Executor(kind, workers)
    assert parse_executor(str(executor)) == executor
    assert parse_executor(str(workers)) == Executor("threads", workers)


def test_serial_is_read_and_threads_default_to_the_processors():
    """Without a number there is at least one worker."""
    assert parse_executor(" serial ") == SERIAL == parse_executor(str(SERIAL))
    assert parse_executor("threads").workers >= 1
    assert parse_executor("processes").kind == "processes"


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "serial:2", "threads:", "threads:0", "process:2", "1.5", "2 threads", "1025", "9" * 5000, "٣"],
)
def test_other_texts_are_refused(text):
    """The error repeats what is allowed, and the place that it was given."""
    with pytest.raises(InvalidInput, match=r"^--workers: expected") as caught:
        parse_executor(text, where="--workers")
    assert re.search(r"threads:N|from 1 to 1024", str(caught.value))


@pytest.mark.parametrize(
    "call",
    [
        lambda: Executor("fork"),
        lambda: Executor("serial", workers=2),
        lambda: Executor("threads", workers=0),
        lambda: Executor("threads", workers=True),
        lambda: iter_results(abs, -1, executor=SERIAL),
        lambda: iter_results(abs, 2.5, executor=SERIAL),
        lambda: iter_results(abs, 3, executor=SERIAL, chunk=0),
        lambda: iter_results(abs, 3, executor=SERIAL, ahead=0),
        lambda: task_seed(-1, 0),
        lambda: task_seed(0, -1),
    ],
)
def test_numbers_out_of_range_are_refused_by_the_call(call):
    """Nothing has to be iterated for the error to come."""
    with pytest.raises(InvalidInput, match="expected"):
        call()


@given(st.integers(0, 2**200), st.integers(1, 20))
def test_task_seeds_are_the_children_that_numpy_spawns(root, n_tasks):
    """The i-th child of a root seed has its entropy and the spawn key (i,): the same state, and no two alike."""
    children = np.random.SeedSequence(root).spawn(n_tasks)
    states = [tuple(task_seed(root, task).generate_state(4)) for task in range(n_tasks)]
    assert states == [tuple(child.generate_state(4)) for child in children]
    assert len(set(states)) == n_tasks

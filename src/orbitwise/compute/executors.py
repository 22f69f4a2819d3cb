"""Executors: where independent tasks run. The results, and their order, do not depend on it.

Task i draws its randomness from ``SeedSequence(root, spawn_key=(i,))`` and from nothing else, and results are handed
out in the order of the tasks. A rule that decides from the results so far when to stop therefore stops at the same
task, with the same numbers, on any number of workers.

Threads are the default, because the compiled kernels of this package release the interpreter lock. Processes help when
the work is Python code that holds the lock: samplers and environments that users write.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from orbitwise.compute.workers import Outcome, ProcessWorkers, ThreadWorkers, Workers
from orbitwise.errors import InvalidInput

__all__ = ["Executor", "iter_results", "parse_executor", "task_seed"]

Kind = Literal["serial", "threads", "processes"]
KINDS: tuple[str, ...] = get_args(Kind)
MAX_WORKERS = 1024
SPEC = re.compile(r"(?P<serial>serial)|(?P<kind>threads|processes)(?::(?P<count>[0-9]{1,9}))?|(?P<threads>[0-9]{1,9})")

Task = TypeVar("Task")
Result = TypeVar("Result")
Job = TypeVar("Job")


@dataclass(frozen=True)
class Executor:
    """A place to run tasks.

    Parameters
    ----------
    kind
        ``"serial"``: here, one after the other. ``"threads"``: for work that releases the interpreter lock.
        ``"processes"``: for work in plain Python; it must be importable, and each process takes the memory and the
        start-up time (about half a second) of another program.
    workers
        How many at once, 1 to 1024; 1 for ``"serial"``.

    Raises
    ------
    InvalidInput
        The kind is unknown or the number out of range.
    """

    kind: Kind = "threads"
    workers: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput(f"expected one of {', '.join(KINDS)}, found {self.kind!r}", where="executor.kind")
        most = 1 if self.kind == "serial" else MAX_WORKERS
        _check_count(self.workers, least=1, most=most, where="executor.workers")

    def __str__(self) -> str:
        """The text that ``parse_executor`` reads."""
        return self.kind if self.kind == "serial" else f"{self.kind}:{self.workers}"


def iter_results(
    work: Callable[[Task], Result],
    tasks: Iterable[Task] | int,
    *,
    executor: Executor | None = None,
    chunk: int = 1,
    ahead: int | None = None,
) -> Generator[Result, None, None]:
    """The results of ``work`` on every task, in the order of the tasks, as they are asked for.

    **Guarantee:** exact: what is yielded depends on ``work`` and ``tasks`` only, not on ``executor``, ``chunk`` or
    ``ahead``, if ``work`` is a function of its task. An exception of ``work`` or of ``tasks`` is raised where its
    result would have been, after all results before it. Closing the generator (``close()``, dropping it, or Ctrl-C)
    cancels what is queued and leaves no worker behind: the task that a thread runs is waited for, a process that runs
    one is killed. A worker process that dies costs time, not results: what it ran is run again.

    **Cost:** at most ``ahead * chunk`` results are held. Processes: ``work`` is sent once to each, with all data it
    holds; a chunk there and back takes about 0.2 ms, so let one work for several milliseconds. Threads: 0.02 ms; let no
    task run for minutes, because stopping waits for it.

    Parameters
    ----------
    work
        A function of one task. With threads it is called from several at once; with processes it is pickled, as are
        the tasks and results: define it at the top level of a module.
    tasks
        The tasks, read lazily; or their number n, which stands for 0, ..., n - 1.
    executor
        Where to run; None: threads, as many as this process has processors.
    chunk
        Tasks handed to a worker together.
    ahead
        Chunks under way or finished and not yet taken, at most; None: twice the number of workers. Fewer than the
        number of workers leaves some of them idle.

    Yields
    ------
    The result of one task.

    Raises
    ------
    InvalidInput
        A number is out of range, or ``work`` or a task cannot be sent to a process. The first and the second are
        raised by the call itself.
    BackendFailed
        A chunk ended three processes that ran it, processes cannot be started, or something cannot be sent between
        them.

    Examples
    --------
    >>> list(iter_results(lambda task: task**2, 5, executor=Executor("threads", workers=2)))
    [0, 1, 4, 9, 16]
    """
    executor = executor or Executor("threads", _count_processors())
    _check_count(chunk, least=1, where="chunk")
    if ahead is None:
        ahead = 2 * executor.workers
    _check_count(ahead, least=1, where="ahead")
    ordered = _ordered_tasks(tasks)
    if executor.kind == "serial":
        return (work(task) for task in ordered)
    chunks = _iter_chunks(ordered, chunk)
    if executor.kind == "threads":
        return _iter_in_order(ThreadWorkers(work, executor.workers), chunks, ahead)
    return _iter_in_order(ProcessWorkers(work, executor.workers), chunks, ahead)


def parse_executor(text: str, *, where: str = "executor") -> Executor:
    """The executor that a text names: ``serial``, ``threads:N``, ``processes:N``, or ``N`` for ``threads:N``.

    Without ``:N`` there are as many workers as this process has processors.

    Parameters
    ----------
    text
        What the user wrote.
    where
        The place to name in an error.

    Raises
    ------
    InvalidInput
        The text has another form, or the number is out of range.

    Examples
    --------
    >>> parse_executor("processes:2"), str(parse_executor("4"))
    (Executor(kind='processes', workers=2), 'threads:4')
    """
    found = SPEC.fullmatch(text.strip())
    if found is None:
        raise InvalidInput(
            f"expected serial, threads:N, processes:N or N (which means threads:N), found {text!r}; write one",
            where=where,
        )
    if found["serial"]:
        return Executor("serial")
    workers = int(found["count"] or found["threads"] or _count_processors())
    _check_count(workers, least=1, most=MAX_WORKERS, where=where)
    return Executor("processes" if found["kind"] == "processes" else "threads", workers)


def task_seed(root: int, task: int) -> np.random.SeedSequence:
    """The seed of one task: it depends on the root seed and the task's number, not on where or when the task runs.

    **Guarantee:** distinct tasks of one root get distinct entropy, hence streams that are independent for all practical
    purposes (the hash of ``SeedSequence`` is not proved to be free of collisions).

    Parameters
    ----------
    root
        The seed of the whole computation, at least 0.
    task
        The number of the task, at least 0.

    Raises
    ------
    InvalidInput
        A number is negative or not whole.

    References
    ----------
    numpy.random.SeedSequence, ``spawn_key``.

    Examples
    --------
    >>> first, again = (np.random.default_rng(task_seed(7, 3)).random() for _ in range(2))
    >>> first == again
    True
    """
    _check_count(root, least=0, where="root")
    _check_count(task, least=0, where="task")
    return np.random.SeedSequence(root, spawn_key=(task,))


def _iter_in_order(
    workers: Workers[Task, Result, Job],
    chunks: Iterator[tuple[tuple[Task, ...], Exception | None]],
    ahead: int,
) -> Generator[Result, None, None]:
    under_way: deque[tuple[Job, Exception | None]] = deque()
    try:
        for tasks, error in chunks:
            under_way.append((workers.start(tasks), error))
            if len(under_way) == ahead:
                yield from _iter_outcome(workers, *under_way.popleft())
        while under_way:
            yield from _iter_outcome(workers, *under_way.popleft())
    finally:
        workers.close()


def _iter_outcome(workers: Workers[Task, Result, Job], job: Job, error: Exception | None) -> Iterator[Result]:
    outcome: Outcome[Result] = workers.finish(job)
    yield from outcome.values
    if outcome.error is not None:
        raise outcome.error
    if error is not None:
        raise error


def _iter_chunks(tasks: Iterable[Task], size: int) -> Iterator[tuple[tuple[Task, ...], Exception | None]]:
    """The tasks in tuples, and the exception that ended them, if one did, which is due after the last tuple."""
    rest = iter(tasks)
    while True:
        chunk: list[Task] = []
        try:
            chunk.extend(islice(rest, size))  # what was read before an exception is kept
        except Exception as error:  # noqa: BLE001  raised again where its result is due
            yield tuple(chunk), error
            return
        if not chunk:
            return
        yield tuple(chunk), None


def _ordered_tasks(tasks: Iterable[Task] | int) -> Iterable[Any]:
    if isinstance(tasks, Iterable):
        return tasks
    _check_count(tasks, least=0, where="tasks")
    return range(tasks)


def _check_count(value: object, *, least: int, most: int | None = None, where: str) -> None:
    whole = int(value) if isinstance(value, int | np.integer) and not isinstance(value, bool) else None
    if whole is None or whole < least or (most is not None and whole > most):
        wanted = f"at least {least}" if most is None else f"from {least} to {most}"
        raise InvalidInput(f"expected a whole number {wanted}, found {value!r}", where=where)


def _count_processors() -> int:
    """Processors that this process may use, at most the largest number of workers."""
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(n, MAX_WORKERS)

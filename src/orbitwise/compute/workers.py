"""Workers: run chunks of tasks in threads or in processes, and give each chunk's outcome when it is asked for.

Threads are a standard pool. For processes, each thread of that pool passes its chunk to a process of its own through a
pipe and waits for the answer. A process can die (memory, a crash in compiled code); then the pipe ends, a new process
takes its place and the chunk is run again. Work is a function of its task, hence the result is the same; and since a
process runs one chunk at a time, a chunk that kills every process is known by name.

Why not ``concurrent.futures.ProcessPoolExecutor``: its processes share their pipes. In Python 3.11 it waits for ever if
one dies while it writes a result, and it can fail if one dies while another starts. What travels is pickled here on one
side and unpickled here on the other, so that an exception that cannot be unpickled does not look like a dead process.
"""

from __future__ import annotations

import atexit
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, Protocol, TypeVar

from orbitwise.errors import BackendFailed, InvalidInput

__all__ = ["MAX_DEATHS", "Outcome", "ProcessWorkers", "ThreadWorkers", "Workers"]

MAX_DEATHS = 3  # processes that one chunk may end before it is given up
SECONDS_TO_LOOK = 1.0  # between looks whether the process is alive, in case that its pipe does not tell
SECONDS_TO_LEAVE = 5.0  # for an idle process that was told to end, which may have threads of its own
UNPICKLABLE = (pickle.PicklingError, TypeError, AttributeError)  # what pickle raises for lambdas, locks, open files

Task = TypeVar("Task")
Result = TypeVar("Result")
Job = TypeVar("Job")
TaskIn = TypeVar("TaskIn", contravariant=True)


@dataclass(frozen=True, eq=False)
class Outcome(Generic[Result]):
    """What came of a chunk: the results of its first tasks, and the exception that ended it, if one did."""

    values: list[Result]
    error: BaseException | None


class Workers(Protocol[TaskIn, Result, Job]):
    """A place where chunks run; ``finish`` is called once per job, in the order in which they were started."""

    def start(self, tasks: tuple[TaskIn, ...]) -> Job:
        """Begin a chunk, or put it in the queue."""
        ...

    def finish(self, job: Job) -> Outcome[Result]:
        """Wait for the outcome of a chunk."""
        ...

    def close(self) -> None:
        """Cancel what is queued and leave no worker behind; tasks that run in threads are waited for."""
        ...


class ThreadWorkers(Generic[Task, Result]):
    """Threads of this process; no thread exists before the first chunk."""

    def __init__(self, work: Callable[[Task], Result], n_workers: int) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="orbitwise")
        self._closed = threading.Event()

    def start(self, tasks: tuple[Task, ...]) -> Future[Outcome[Result]]:
        """Begin a chunk, or put it in the queue."""
        return self._pool.submit(_run_chunk, self._work, tasks, self._closed.is_set)

    def finish(self, job: Future[Outcome[Result]]) -> Outcome[Result]:
        """Wait for the outcome of a chunk."""
        return job.result()

    def close(self) -> None:
        """Cancel what is queued and wait for the tasks that run, at most one per thread."""
        self._closed.set()  # makes what is queued empty
        self._pool.shutdown()


@dataclass(frozen=True, eq=False)
class Servant:
    """A worker process and this side of its pipe."""

    process: SpawnProcess
    pipe: Connection
    is_briefed: bool  # it has the work


class ProcessWorkers(Generic[Task, Result]):
    """Processes started afresh (spawn); none exists before the first chunk. ``work`` is sent once to each of them."""

    def __init__(self, work: Callable[[Task], Result], n_workers: int) -> None:
        try:
            self._work = pickle.dumps(work)
        except UNPICKLABLE as error:
            raise InvalidInput(
                f"expected work that can be sent to a worker process, found {work!r} ({error}); define the function at "
                "the top level of a module (functools.partial gives it its data), or use threads",
                where="work",
            ) from error
        self._pool = ThreadPoolExecutor(n_workers, thread_name_prefix="orbitwise")
        self._lock = threading.Lock()  # for the three below
        self._idle: list[Servant] = []
        self._busy: set[Servant] = set()
        self._closed = False
        self._n_tasks = 0

    def start(self, tasks: tuple[Task, ...]) -> Future[bytes]:
        """Begin a chunk, or put it in the queue."""
        first, self._n_tasks = self._n_tasks, self._n_tasks + len(tasks)
        place = f"task {first}" if len(tasks) == 1 else f"tasks {first} to {self._n_tasks - 1}"
        try:
            message = pickle.dumps(tasks)
        except UNPICKLABLE as error:
            raise InvalidInput(
                f"expected tasks that can be sent to a worker process, found one that cannot ({error}); send numbers, "
                "names or arrays, or use threads",
                where=place,
            ) from error
        return self._pool.submit(self._ask, message, place)

    def finish(self, job: Future[bytes]) -> Outcome[Result]:
        """Wait for the outcome of a chunk."""
        outcome: Outcome[Result] = pickle.loads(job.result())  # noqa: S301  our own process wrote it
        return outcome

    def close(self) -> None:
        """Cancel what is queued, end the tasks that run, and leave no process behind."""
        with self._lock:
            self._closed = True
            for servant in self._busy:
                servant.process.kill()
        self._pool.shutdown()
        for servant in self._idle:  # all of them first, so that they end at the same time
            servant.pipe.close()
        for servant in self._idle:
            _dismiss(servant)
        self._idle.clear()
        atexit.unregister(self.close)

    def _ask(self, message: bytes, place: str) -> bytes:
        """The answer of a process, awaited in a thread; empty if nobody will read it any more."""
        exit_codes: list[int | None] = []
        while len(exit_codes) < MAX_DEATHS:
            servant = self._engage()
            if servant is None:
                return b""
            try:
                if not servant.is_briefed:
                    servant.pipe.send_bytes(self._work)
                servant.pipe.send_bytes(message)
                while not servant.pipe.poll(SECONDS_TO_LOOK):
                    if not servant.process.is_alive():
                        raise EOFError("the process ended, but a child of its own holds its end of the pipe")
                answer = servant.pipe.recv_bytes()
            except (EOFError, OSError):  # the process died, or close() killed it
                with self._lock:
                    self._busy.remove(servant)
                exit_codes.append(_dismiss(servant))
            else:
                with self._lock:
                    self._busy.remove(servant)
                    self._idle.append(Servant(servant.process, servant.pipe, is_briefed=True))
                return answer
        raise _given_up(exit_codes, place)

    def _engage(self) -> Servant | None:
        with self._lock:
            if self._closed:
                return None
            if not self._idle:
                atexit.unregister(self.close)
                atexit.register(self.close)  # else the program waits at its end for a process that waits for a chunk
                self._idle.append(_hire())
            servant = self._idle.pop()
            self._busy.add(servant)
            return servant


def _hire() -> Servant:
    context = get_context("spawn")
    try:
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,))
        _start_quietly(process)
        theirs.close()
    except OSError as error:
        raise BackendFailed(
            f"expected to start a worker process, but the system refused ({error}); use fewer processes, or threads",
            where="executor",
        ) from error
    return Servant(process, ours, is_briefed=False)


def _start_quietly(process: SpawnProcess) -> None:
    """Start a process with Ctrl-C blocked: before ``_serve`` ignores it, it would print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    resource_tracker.ensure_running()  # its own start would unblock
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _dismiss(servant: Servant) -> int | None:
    """End a process that has nothing to do, or is dead; its exit code."""
    servant.pipe.close()
    servant.process.join(SECONDS_TO_LEAVE)
    if servant.process.is_alive():
        servant.process.kill()
        servant.process.join()
    return servant.process.exitcode


def _given_up(exit_codes: list[int | None], place: str) -> BackendFailed:
    return BackendFailed(
        f"expected a result, but the worker process died {len(exit_codes)} times (exit codes "
        f"{', '.join(map(str, exit_codes))}; -9 is often a lack of memory, -11 a crash in compiled code, 1 a script "
        'whose start is not below `if __name__ == "__main__":`). Run it serially to see the failure itself, use fewer '
        "processes, or make the tasks smaller",
        where=place,
    )


def _run_chunk(
    work: Callable[[Task], Result], tasks: tuple[Task, ...], is_closed: Callable[[], bool]
) -> Outcome[Result]:
    values: list[Result] = []
    try:
        for task in tasks:
            if is_closed():
                break
            values.append(work(task))
    except BaseException as error:  # noqa: BLE001  raised again where its result is due
        return Outcome(values, error)
    return Outcome(values, None)


def _serve(pipe: Connection) -> None:
    """What a worker process does: take the work, then answer chunks until the pipe ends.

    The program that started it decides about Ctrl-C, and it does not outlive that program.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    try:
        loaded = _load(pipe.recv_bytes())
        while True:
            pipe.send_bytes(_answer(loaded, pipe.recv_bytes()))
    except (EOFError, OSError):
        return


def _follow_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody is left to read an answer


def _answer(loaded_work: Any, message: bytes) -> bytes:
    tasks = loaded_work if isinstance(loaded_work, BackendFailed) else _load(message)
    if isinstance(tasks, BackendFailed):
        return pickle.dumps(Outcome([], tasks))
    outcome = _run_chunk(loaded_work, tasks, lambda: False)
    if outcome.error is not None:
        outcome = Outcome(outcome.values, _fit_to_travel(outcome.error))
    try:
        return pickle.dumps(outcome)
    except Exception as error:  # noqa: BLE001  whatever a foreign class raises; it is told, and nothing else is lost
        refusal = BackendFailed(
            f"expected results that can be sent between processes, found one that cannot ({type(error).__name__}: "
            f"{error}); return numbers or arrays, or use threads",
            where="work",
        )
        return pickle.dumps(Outcome([], refusal))


def _load(message: bytes) -> Any:
    try:
        return pickle.loads(message)  # noqa: S301  the parent wrote it
    except Exception as error:  # noqa: BLE001  whatever a foreign module or class raises; it is told
        return BackendFailed(
            f"expected work and tasks that a worker process can load, found {type(error).__name__}: {error}; define "
            "functions and classes in a module that can be imported, not in a notebook or a shell, or use threads",
            where="work",
        )


def _fit_to_travel(error: BaseException) -> BaseException:
    """The exception, or one in its place if it cannot be pickled and unpickled; its traceback comes along as a note."""
    story = f"It was raised in a worker process:\n{''.join(traceback.format_exception(error))}"
    error.add_note(story)
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  just written
    except Exception:  # noqa: BLE001  whatever the constructor of a foreign exception raises
        substitute = BackendFailed(
            f"expected an exception that can be sent between processes, found {type(error).__name__}: {error}, raised "
            "by the work; run it serially to get the exception itself",
            where="work",
        )
        substitute.add_note(story)
        return substitute
    return error

"""What the workers of test_executors run: in a module of its own, which a new process imports quickly."""

import os
import time
from multiprocessing.connection import Connection

import numpy as np

from orbitwise.compute.executors import task_seed
from orbitwise.errors import InvalidInput


def draw(root, task):
    return np.random.default_rng(task_seed(root, task)).normal(size=3)


def sleep_and_return(task):
    number, seconds = task
    time.sleep(seconds)
    return number


def refuse_five(task):
    if task == 5:
        raise InvalidInput("five is refused", where="task")
    return task


def raise_given(error, task):
    raise error


def make_lambda(task):
    return lambda: task


def die_once_at_three(flag, task):
    if task == 3 and not flag.exists():
        flag.touch()
        os._exit(9)
    return 10 * task


def die_at_five(folder, task):
    if task == 5:
        (folder / f"tried-{time.monotonic_ns()}").touch()
        os._exit(9)
    if task >= 3:
        time.sleep(0.1)  # so that results before task 5 are due after its death
    return task


def die_while_answering(flag, task):
    """The first time, leave when a thousand bytes of the answer have been written."""

    def send_some(pipe, data):
        os.write(pipe.fileno(), data[:1000])
        if len(data) > 1000:
            os._exit(9)

    if not flag.exists():
        flag.touch()
        Connection._send = send_some
    return np.full(10_000, task)


def die_and_leave_a_child(folder, task):
    """The first time, leave a child behind, which holds all that is open."""
    if not (folder / "flag").exists():
        (folder / "flag").touch()
        if os.fork() == 0:
            wait_for(folder / "go")
        os._exit(9)
    return task


def wait_for(path):
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def log_and_wait(folder, n_free, task):
    """Write that the task began; all but the first few wait until they may go."""
    (folder / f"began-{task}").touch()
    if task >= n_free:
        wait_for(folder / "go")
    return task


class AwkwardError(Exception):
    """Cannot be unpickled: its constructor takes two arguments, its ``args`` has one."""

    def __init__(self, left, right):
        super().__init__(f"{left} and {right}")


def raise_awkward(task):
    raise AwkwardError(1, 2)


class Heavy:
    """Work with data, which notes each time it is pickled or unpickled."""

    def __init__(self, folder):
        self.folder = folder
        self.table = np.arange(10_000)

    def __call__(self, task):
        return int(self.table[task])

    def __getstate__(self):
        (self.folder / f"packed-{time.monotonic_ns()}").touch()
        return self.__dict__

    def __setstate__(self, state):
        self.__dict__.update(state)
        (self.folder / f"unpacked-{os.getpid()}-{time.monotonic_ns()}").touch()

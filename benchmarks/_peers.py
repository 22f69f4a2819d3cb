"""Other programs on the same models and rewards: each in an environment of its own, its answers checked against ours.

A peer is a script in ``peers/`` run by the Python of its environment, ``DIRECTORY/NAME``; ``peers/exchange.py`` says
what goes over and back. A peer without an environment is left out, and standard error says how to make one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from orbitwise.solvers.choice_graph import ChoiceGraph

HERE = Path(__file__).resolve().parent / "peers"
ERROR = 1e-6  # what every value is asked to
WRONG = 10 * ERROR  # an error beyond this is called wrong: tolerances are not read alike everywhere
ONE_CORE = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NPROC"), "1"
)
XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@dataclass(frozen=True)
class Peer:
    """One way to solve with one program."""

    name: str
    environment: str  # "" is the Python that runs the benchmark
    script: str
    method: str
    kinds: tuple[str, ...]
    needs_settling: bool = False  # average reward only where value iteration settles: one gain, no period


PEERS = (
    Peer("NumPy", "", "with_numpy.py", "single", ("discounted", "average", "explicit")),
    Peer("NumPy, batched", "", "with_numpy.py", "batched", ("discounted", "average", "explicit"), True),
    Peer("QuantEcon", "quantecon", "with_quantecon.py", "modified_policy_iteration", ("discounted",)),
    Peer("mdpsolver", "mdpsolver", "with_mdpsolver.py", "mpi", ("discounted",)),
    Peer("pymdptoolbox, values", "pymdptoolbox", "with_pymdptoolbox.py", "ValueIteration", ("discounted",)),
    Peer("pymdptoolbox, policies", "pymdptoolbox", "with_pymdptoolbox.py", "PolicyIteration", ("discounted",)),
    Peer("pymdptoolbox, relative", "pymdptoolbox", "with_pymdptoolbox.py", "RelativeValueIteration", ("average",)),
    Peer("Storm", "storm", "with_storm.py", "discounted", ("discounted",)),
    Peer("Storm, termination", "storm", "with_storm.py", "termination", ("discounted",)),
    Peer("Storm, long run", "storm", "with_storm.py", "average", ("average",)),
    Peer("torch, batched", "torch", "with_torch.py", "batched", ("discounted", "average", "explicit"), True),
    Peer("JAX, batched", "jax", "with_jax.py", "batched", ("discounted", "average", "explicit"), True),
)


@dataclass(frozen=True)
class Task:
    """What the peers are given: a model, rewards, and how long they may take."""

    kind: str
    rewards: np.ndarray  # (n_rewards, n_states)
    graph: ChoiceGraph | None = None
    outcomes: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    discount: float = 0.0
    start: int = 0
    settles: bool = True
    seconds: float = 1.0

    def save(self, path: Path) -> None:
        """Write the model file that ``peers/exchange.py`` reads."""
        graph = self.graph or ChoiceGraph(np.zeros(1, int), np.zeros(1, int), np.zeros(0, int), np.zeros(0))
        np.savez(
            path,
            kind=self.kind,
            choice_offsets=graph.choice_offsets,
            entry_offsets=graph.entry_offsets,
            successors=graph.successors,
            probabilities=graph.probabilities,
            outcomes=self.outcomes,
            rewards=self.rewards,
            discount=self.discount,
            start=self.start,
            error=ERROR,
            seconds=self.seconds,
            batch=max(64, min(1024, 2**16 // self.rewards.shape[1])),
        )


@dataclass
class Answers:
    """What the peers answered."""

    peers: dict[str, float] = field(default_factory=dict)  # microseconds per reward
    errors: dict[str, float] = field(default_factory=dict)  # largest distance from the middle of our bounds
    solved: dict[str, int] = field(default_factory=dict)  # rewards
    wrong: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def missing_environments(directory: Path) -> list[str]:
    """A line for each environment that is not there, saying how to make it."""
    names = dict.fromkeys(peer.environment for peer in PEERS if peer.environment)
    return [
        f"no environment for {name}: python -m venv {directory / name} && {python_of(directory, name)} -m pip install "
        f"-r benchmarks/peers/requirements-{name}.txt"
        for name in names
        if not python_of(directory, name).exists()
    ]


def python_of(directory: Path, environment: str) -> Path:
    """The Python of an environment."""
    if not environment:
        return Path(sys.executable)
    return directory / environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ask_peers(task: Task, middles: np.ndarray, directory: Path | None) -> Answers:
    """Let the peers solve the task; ``middles`` are our answers, a row (or number) for each reward.

    Without a directory only those that need no environment are asked.
    """
    answers = Answers()
    with tempfile.TemporaryDirectory() as folder:
        task.save(Path(folder) / "model.npz")
        for peer in PEERS:
            python = python_of(directory or HERE, peer.environment)
            if can_solve(peer, task) and (directory or not peer.environment) and python.exists():
                ask_peer(peer, python, Path(folder), middles, answers, 10 + 10 * task.seconds)
    return answers


def can_solve(peer: Peer, task: Task) -> bool:
    """Whether a peer has a method for the task."""
    if task.kind not in peer.kinds:
        return False
    if task.kind != "average" or task.settles:
        return True
    return not peer.needs_settling and (peer.script != "with_numpy.py" or task.graph.is_deterministic)


def ask_peer(peer: Peer, python: Path, folder: Path, middles: np.ndarray, answers: Answers, patience: float) -> None:
    """Run one peer and enter what it answered."""
    files = [str(folder / "model.npz"), str(folder / "values.npy")]
    command = [str(python), "-W", "ignore", str(HERE / peer.script), *files, peer.method]
    environment = {**os.environ, **ONE_CORE, "XLA_FLAGS": XLA, "JAX_PLATFORMS": "cpu"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, env=environment, check=False)
    except subprocess.TimeoutExpired:
        answers.failed[peer.name] = f"no answer in {patience:.0f} s"
        return
    if done.returncode:
        answers.failed[peer.name] = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "failed"
        return
    report = json.loads(done.stdout.strip().splitlines()[-1])
    values = np.load(files[1])
    error = float(np.abs(values - middles[: len(values)]).max())
    answers.peers[peer.name] = report["us_per_reward"]
    answers.errors[peer.name] = error
    answers.solved[peer.name] = report["solved"]
    if not error <= WRONG:
        answers.wrong.append(peer.name)

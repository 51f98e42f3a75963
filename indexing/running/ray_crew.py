"""A crew on the machines of a Ray cluster: Ray starts processes there, sends them tasks and sees machines die.

Nothing of worth goes through Ray's object store: tasks are a few numbers, results a few counts. Which machine does which
task is decided here, so that a task which failed can go elsewhere, and none waits for another of this command: its time
counts from when it is sent. Behind those of another command that has the processors it waits, which counts too.
"""

import os
import re
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexing.errors import InputError, Unfinished
from indexing.running.attempts import Ended
from indexing.running.tasks import Task
from indexing.running.worker import Result, run_task

CONNECT_S = 10.0
NODES_S = 1.0  # how long what is known of the machines holds
HERE_FILE = Path("/tmp/ray/ray_current_cluster")  # where Ray writes which cluster was started here last
QUIET = {"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0"}


@dataclass(frozen=True)
class Node:
    """It is a machine of the cluster that is alive: Ray's id, a name for people, how many tasks it takes at once, and
    the bytes of memory that Ray counts there."""

    key: str
    name: str
    slots: int
    memory: int = 0


@dataclass
class RayCrew:
    """They are as many workers as the cluster has processors, one task each."""

    per_node: int | None = None  # tasks at once on a machine, None: as many as processors
    _under_way: dict[int, tuple[Any, Node]] = field(default_factory=dict)
    _nodes: list[Node] = field(default_factory=list)
    _asked: float = -NODES_S
    _last: list[Node] = field(default_factory=list)  # those that were alive when any were

    @property
    def size(self) -> int:
        return sum(node.slots for node in self.nodes)

    @property
    def nodes(self) -> list[Node]:
        """Return the machines that are alive and take tasks."""
        if time.monotonic() - self._asked >= NODES_S:
            self._nodes, self._asked = _alive(self.per_node), time.monotonic()
            self._last = self._nodes or self._last
        return self._nodes

    @property
    def address(self) -> str:
        """Return the IP address of this machine in the cluster."""
        import ray

        return str(ray.util.get_node_ip_address())

    def give(self, handle: int, what: bytes, task: Task, avoid: Sequence[str]) -> None:
        """Send a task to the machine that has most room, of those where it did not fail before, if there are any: there it rather waits
        than that it goes where it failed, since a machine that has died is not known to be dead at once."""
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        busy = Counter(node.key for _, node in self._under_way.values())
        chosen = _roomiest(self.nodes or self._last, busy, avoid)  # of a machine that has just died Ray says so
        there = NodeAffinitySchedulingStrategy(chosen.key, soft=False)
        remote = ray.remote(run_task).options(num_cpus=1, max_retries=0, scheduling_strategy=there)
        self._under_way[handle] = (remote.remote(what, task, chosen.name), chosen)

    def reports(self, wait_s: float) -> list[Ended]:
        """Return what has ended: also tasks whose process or machine has died."""
        import ray

        if not self._under_way:
            return []
        handles = {ref: handle for handle, (ref, _) in self._under_way.items()}
        ready, _ = ray.wait(list(handles), num_returns=1, timeout=wait_s)
        if ready:
            ready, _ = ray.wait(list(handles), num_returns=len(handles), timeout=0)
        return [Ended(handles[ref], self._under_way.pop(handles[ref])[1].name, _result(ref)) for ref in ready]

    def stop(self, handle: int) -> str:
        """Kill the process that does a task."""
        import ray
        from ray.exceptions import RayError

        ref, node = self._under_way.pop(handle)
        if ray.is_initialized():  # else this process has left, and Ray would start a cluster to ask
            with suppress(RayError, TypeError, ValueError):  # of a task whose machine is gone nobody can be told
                ray.cancel(ref, force=True)
        return node.name

    def close(self) -> None:
        """Leave the cluster: what this process still has under way there is ended by Ray. The cluster goes on."""
        import ray

        ray.shutdown()


def join_cluster(where: str, *, per_node: int | None = None) -> RayCrew:
    """Return a crew on the cluster whose head is at HOST:PORT, or with `auto` where RAY_ADDRESS says or one was started
    on this machine. Raises InputError where there is none, or Ray is not installed."""
    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    try:
        import ray
        from ray.exceptions import RayError
    except ImportError as error:
        raise InputError("--cluster: needs Ray: pip install 'heroic[cluster]', on all machines") from error
    address = _address(where)
    _refuse_silence(address)
    try:
        with _kept_signals():
            ray.init(address, log_to_driver=False, logging_level="error")
    except (RayError, ConnectionError, RuntimeError, ValueError) as error:
        line = str(error).strip().partition("\n")[0]
        raise InputError(f"--cluster {where}: cannot be joined ({line}): see `ray status` there") from error
    return RayCrew(per_node)


@contextmanager
def _kept_signals() -> Iterator[None]:
    """Leave SIGTERM to whoever handles it: Ray would end the process without a word of how its work is gone on with."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def _address(where: str) -> str:
    """Return HOST:PORT."""
    if where != "auto":
        return where
    named = os.environ.get("RAY_ADDRESS", "")
    if not named and HERE_FILE.is_file():
        named = HERE_FILE.read_text(encoding="utf-8").strip()
    if not re.fullmatch(r"[^\s:/]+:\d+", named):
        raise InputError("--cluster auto: no Ray cluster was started here, and RAY_ADDRESS names none: give HOST:PORT")
    return named


def _refuse_silence(address: str) -> None:
    """Raise InputError where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        with closing(socket.create_connection((host, int(port)), CONNECT_S)):
            pass
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(
            f"--cluster {address}: nobody answers there ({why}): is `ray start --head` running?"
        ) from error


def _roomiest(nodes: Sequence[Node], busy: Counter[str], avoid: Sequence[str]) -> Node:
    """Return the machine with most room of those not to be avoided, where there are any."""
    fresh = [node for node in nodes if node.name not in avoid] or nodes
    return max(fresh, key=lambda node: node.slots - busy[node.key])


def _alive(per_node: int | None) -> list[Node]:
    import ray

    found = []
    for node in ray.nodes():
        cpus = int(node["Resources"].get("CPU", 0)) if node["Alive"] else 0
        if cpus:
            name = f"{node['NodeManagerAddress']}/{node['NodeID'][:6]}"
            found.append(
                Node(node["NodeID"], name, min(cpus, per_node or cpus), int(node["Resources"].get("memory", 0)))
            )
    return found


def _result(ref: Any) -> Result | None:
    """Return what a task came back with; None where it did not, since its process or its machine is gone."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        found: Result = ray.get(ref)
        return found
    except RayTaskError as error:  # the worker could not even begin: it does not find this package
        return Result(
            {}, error=Unfinished(f"a worker cannot run tasks ({_last(error)}): install heroic on all machines")
        )
    except RayError:
        return None


def _last(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2]

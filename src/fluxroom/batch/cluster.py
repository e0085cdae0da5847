"""Workers on a Ray cluster: the same functions as tasks; Ray restarts those whose machine or process is lost.

A worker process of Ray stays alive between tasks and keeps the eye and the compiled kernels loaded. Results are
written by workers as parts, complete or not at all; only the process that holds the journal gives them their names,
so a task that runs twice does no harm. Local paths must be reachable under the same name on every machine.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import is_dataclass, replace
from typing import Any

from fluxroom.batch.pool import Failed, T, attempt
from fluxroom.errors import InputError

RETRIES = 4
"""How often Ray begins a task again after a machine or process was lost."""


class Cluster:
    """Workers on a cluster.

    address  as for `ray.init`: "auto", "local" (a cluster of this machine alone), "ray://host:10001", "host:6379"
    workers  at most so many photos at once; None: twice the cluster's cores, so that none waits for the next photo
    threads  CPU threads (and Ray cores) for each photo; None: 1
    """

    def __init__(self, address: str, workers: int | None, threads: int | None = None) -> None:
        try:
            import ray
        except ImportError:
            raise InputError("--ray needs Ray; pip install 'fluxroom[ray]'") from None
        self.ray = ray
        self.threads = threads or 1
        self.ours = not ray.is_initialized()
        if self.ours:
            _answers(address)
            ending = signal.getsignal(signal.SIGTERM)  # Ray puts one of its own in its place
            try:
                ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
            except Exception as error:  # Ray has many, and none of them is one line
                reason = " ".join(str(error).split())[:200]
                raise InputError(f"--ray {address}: no cluster to be had there: {reason}") from None
            finally:
                if threading.current_thread() is threading.main_thread():
                    signal.signal(signal.SIGTERM, ending)
        self.workers = workers

    def run(
        self, function: Callable[[T], Any], tasks: Sequence[T], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, Any]]:
        ray = self.ray
        remote = ray.remote(num_cpus=self.threads, max_retries=RETRIES)(_attempt)
        waiting = deque(range(len(tasks)))
        running: dict[Any, int] = {}
        while True:
            if stopped():
                waiting.clear()
            while waiting and len(running) < self._most():
                place = waiting.popleft()
                task: Any = tasks[place]
                if is_dataclass(task) and hasattr(task, "threads"):
                    task = replace(task, threads=self.threads)  # type: ignore[type-var]
                running[remote.remote(function, task)] = place
            if not running:
                return
            ready, _ = ray.wait(list(running), num_returns=1, timeout=0.25)
            if not ready:
                yield -1, None
            for reference in ready:
                place = running.pop(reference)
                try:
                    yield place, ray.get(reference)
                except ray.exceptions.RayError as error:
                    yield place, Failed(f"its worker was lost, {RETRIES + 1} times: {type(error).__name__}")

    def close(self) -> None:
        if self.ours and self.ray.is_initialized():
            self.ray.shutdown()

    def _most(self) -> int:
        if self.workers is not None:
            return self.workers
        return max(2, 2 * int(self.ray.cluster_resources().get("CPU", 1)) // self.threads)


def _answers(address: str) -> None:
    """Refuse an address where nobody listens: Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto", "local", or something that Ray itself refuses at once
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"--ray {address}: no cluster to be had there: {error}") from None


def _attempt(function: Callable[[Any], Any], task: Any) -> Any:
    """What runs on the cluster."""
    import cv2

    cv2.setNumThreads(1)  # the cores are shared out among the tasks
    return attempt(function, task)

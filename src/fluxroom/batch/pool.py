"""Workers: processes that each do one photo at a time, within a limit of memory.

Processes, not threads: both take the same time (two photos of 4 megapixels at once on two cores: 0.39 to 0.42 s a
photo either way; one after the other with two threads: 0.62 to 0.64 s), and a process that is killed for its memory
takes no other photo with it. Decoding, looking, rendering and encoding of several photos overlap because each worker
is somewhere else in its own photo.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, is_dataclass, replace
from typing import Any, Protocol, TypeVar

from fluxroom.batch.work import BASE
from fluxroom.errors import FluxroomError

TRIES = 2
"""How often a photo is begun whose worker dies: once more than once, as it may not have been its fault."""


class Task(Protocol):
    @property
    def cost(self) -> int:
        """Bytes of memory that it takes beyond a worker's own."""
        ...


T = TypeVar("T", bound=Task)


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a task came to nothing, in one line."""

    reason: str


class Workers(Protocol):
    """Runs one function over many tasks, in any order."""

    def run(
        self, function: Callable[[T], Any], tasks: Sequence[T], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, Any]]:
        """Yield (place in tasks, result or Failed) as they come, and (-1, None) now and then while nothing comes.

        When `stopped` turns true no further task is begun; those begun are finished.
        """
        ...

    def close(self) -> None: ...


def attempt(function: Callable[[Any], Any], task: Any) -> Any:
    """The function's result, or Failed with its reason in one line."""
    try:
        return function(task)
    except FluxroomError as error:
        return Failed(" ".join(str(error).split()))
    except MemoryError:
        return Failed("not enough memory for this photo; fewer --workers leave more for each")
    except OSError as error:
        return Failed(" ".join(f"{error.filename or ''} {error.strerror or error}".split()))
    except Exception as error:
        if os.environ.get("FLUXROOM_DEBUG", "") not in ("", "0"):
            raise
        why = " ".join(str(error).split()) or "no reason given"
        return Failed(f"this should not have happened ({type(error).__name__}: {why})")


@dataclass(slots=True)
class _Worker:
    process: Any
    pipe: Any
    doing: int | None = None


class Processes:
    """Workers on this machine.

    workers  at most so many photos at once
    memory   bytes for all of them together; the largest photo is done alone, even if it needs more
    threads  CPU threads for each photo; None: the cores are shared out, more for each when few photos are left
    """

    def __init__(self, workers: int, memory: int, threads: int | None = None) -> None:
        self.size = max(1, min(workers, memory // BASE))
        self.memory = memory
        self.threads = threads
        self._workers: list[_Worker] = []
        self._spawn = multiprocessing.get_context("spawn")

    def run(
        self, function: Callable[[T], Any], tasks: Sequence[T], stopped: Callable[[], bool]
    ) -> Iterator[tuple[int, Any]]:
        waiting = deque(range(len(tasks)))
        tries = [0] * len(tasks)
        while True:
            if stopped():
                waiting.clear()
            while waiting and (worker := self._free(tasks, tasks[waiting[0]].cost)) is not None:
                place = waiting.popleft()
                tries[place] += 1
                self._begin(worker, place, function, tasks[place], len(waiting) + 1)
            busy = [w for w in self._workers if w.doing is not None]
            if not busy:
                return
            ready = multiprocessing.connection.wait([w.pipe for w in busy], timeout=0.25)
            if not ready:
                yield -1, None
            for worker in [w for w in busy if w.pipe in ready]:
                done = worker.doing
                assert done is not None
                try:
                    result = worker.pipe.recv()
                except (EOFError, ConnectionError):
                    self._bury(worker)
                    if tries[done] < TRIES:
                        waiting.appendleft(done)
                        continue
                    result = Failed(
                        "its worker was stopped from outside, twice; perhaps the memory is too small for it"
                    )
                worker.doing = None
                yield done, result

    def close(self) -> None:
        """Stop every worker now; one in the middle of a photo leaves only a part behind."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()
            worker.pipe.close()
        self._workers.clear()

    def _free(self, tasks: Sequence[Task], cost: int) -> _Worker | None:
        """A worker for a task that needs so many bytes, or None if it has to wait."""
        busy = [w.doing for w in self._workers if w.doing is not None]
        used = sum(tasks[place].cost for place in busy)
        processes = max(len(self._workers), len(busy) + 1)
        if busy and used + cost + processes * BASE > self.memory:
            return None
        for worker in self._workers:
            if worker.doing is None:
                return worker
        if len(self._workers) >= self.size:
            return None
        ours, theirs = self._spawn.Pipe()
        process = self._spawn.Process(target=_serve, args=(theirs,), daemon=True, name="fluxroom-batch")
        process.start()
        theirs.close()
        self._workers.append(_Worker(process, ours))
        return self._workers[-1]

    def _begin(self, worker: _Worker, place: int, function: Callable[[Any], Any], task: Any, left: int) -> None:
        if is_dataclass(task) and hasattr(task, "threads"):
            busy = sum(w.doing is not None for w in self._workers)
            share = max(1, cores() // max(1, min(self.size, busy + left)))
            task = replace(task, threads=self.threads or share)  # type: ignore[type-var]
        worker.doing = place
        with suppress(OSError):  # it may have died while it was waiting; reading from it says so in a moment
            worker.pipe.send((function, task))

    def _bury(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.pipe.close()
        worker.process.kill()
        worker.process.join()


def _serve(pipe: Any) -> None:
    """A worker's life: ends when its parent does, and leaves Ctrl-C to it."""
    import warnings

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if os.environ.get("FLUXROOM_DEBUG", "") in ("", "0"):
        warnings.simplefilter("ignore")
    import cv2

    cv2.setNumThreads(1)  # the cores are shared out among the workers
    while True:
        try:
            function, task = pipe.recv()
        except (EOFError, ConnectionError):
            return
        pipe.send(attempt(function, task))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def free_memory() -> int:
    """Bytes that may be used without crowding out others: 70 % of what is free, within the container's limit."""
    free = 4 << 30
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = next(int(line.split()[1]) << 10 for line in file if line.startswith("MemAvailable"))
        with open("/sys/fs/cgroup/memory.max", encoding="ascii") as file, \
                open("/sys/fs/cgroup/memory.current", encoding="ascii") as used:  # fmt: skip
            free = min(free, int(file.read()) - int(used.read()))
    except (OSError, ValueError, StopIteration):
        pass  # another system, or no limit
    return int(0.7 * max(free, 0))

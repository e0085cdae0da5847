"""The batch itself: look at every photo, agree on a reference, develop every photo, tell."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from fluxroom.batch.entries import Entry, develop_task, name_all, seen_from, seen_row, settle
from fluxroom.batch.job import Job, digest
from fluxroom.batch.journal import Journal, Lock
from fluxroom.batch.names import check_pattern
from fluxroom.batch.places import is_remote, stamp
from fluxroom.batch.pool import Failed, Workers
from fluxroom.batch.report import check_report, write_report
from fluxroom.batch.shelf import Shelf, shelf
from fluxroom.batch.sources import Source
from fluxroom.batch.work import Look, Made, Seen, develop, look
from fluxroom.errors import InputError, OutputError

if TYPE_CHECKING:
    from fluxroom.batch.harmony import Reference

__all__ = ["Entry", "Outcome", "run_batch"]

Progress = Callable[[str, int, int, int], None]
"""Called with a stage (look, develop), how many photos of it are done, how many there are, and how many failed."""


@dataclass(slots=True)
class Outcome:
    """What came of it.

    entries        one a photo, in the order of the list
    stopped        it was asked to stop before all was done
    before, after  standard deviations over the photos that are done; see `harmony.spread`
    seconds        of this run
    """

    entries: list[Entry]
    stopped: bool = False
    before: dict[str, float] = field(default_factory=dict)
    after: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    def of(self, *status: str) -> list[Entry]:
        return [e for e in self.entries if e.status in status]


def run_batch(
    job: Job,
    photos: Sequence[Source],
    workers: Workers,
    *,
    what: str = "",
    reports: Sequence[str] = (),
    stopped: Callable[[], bool] = lambda: False,
    progress: Progress = lambda stage, done, total, failed: None,
) -> Outcome:
    """Do a job on every photo, each exactly once, however often it is interrupted and called again.

    what      names the set: what the reference is remembered for, so that photos that join later meet the same one
    reports   files to write at the end: .csv, .json or .html
    stopped   asked now and then; once true, photos begun are finished and no other is begun

    A photo that fails is an entry with a reason. Raises FluxroomError only for what stops all of them.
    """
    started = time.perf_counter()
    pattern = check_pattern(job.name)
    _check(job)
    place = shelf(job.out)
    lock = Lock(place.work / "lock")
    lock.take(job.out)
    try:
        journal = Journal(place.work / "journal")
        try:
            for report in reports:
                check_report(report, journal, job.overwrite)
            place.clean()
            (place.work / "thumbnails").mkdir(exist_ok=True)
            outcome = _run(job, pattern, photos, workers, place, journal, what, stopped, progress)
            outcome.seconds = time.perf_counter() - started
            for report in reports:
                write_report(report, outcome, job, place, journal)
            return outcome
        finally:
            place.clean()
            journal.close()
    finally:
        lock.release()


def _check(job: Job) -> None:
    """Refuse before any photo is touched what no photo could be done with."""
    from fluxroom.history import pin
    from fluxroom.language import interpret
    from fluxroom.recipe import Recipe, Region

    if bool(job.words) == (job.recipe is not None):
        raise InputError("give either words or a recipe")
    if not 0 <= job.uniform <= 1:
        raise InputError(f"uniform is {job.uniform:g}; it goes from 0 to 1")
    if job.recipe is not None:
        pin(Recipe.from_dict(job.recipe))
    else:
        interpret(job.words)
    if job.keep is not None:
        Region(job.keep)


def _run(
    job: Job,
    pattern: str,
    photos: Sequence[Source],
    workers: Workers,
    place: Shelf,
    journal: Journal,
    what: str,
    stopped: Callable[[], bool],
    progress: Progress,
) -> Outcome:
    entries = [Entry(source, i) for i, source in enumerate(photos, 1)]
    outcome = Outcome(entries)
    chosen = _look(job, entries, workers, journal, stopped, progress)
    if stopped():
        outcome.stopped = any(e.status == "waiting" for e in entries)
        return outcome
    name_all(entries, job, pattern)
    _correct(job, entries, journal, what, chosen)
    ours = _inodes(entries)
    for entry in entries:
        if entry.status == "waiting":
            settle(entry, place, journal, job.overwrite, ours)
    _develop(job, entries, workers, place, journal, stopped, progress)
    outcome.stopped = bool(outcome.of("waiting"))
    _measure(outcome)
    return outcome


def _look(
    job: Job,
    entries: list[Entry],
    workers: Workers,
    journal: Journal,
    stopped: Callable[[], bool],
    progress: Progress,
) -> Seen | None:
    """Fill in `seen`; what the journal tells of an unchanged file is not looked at again. The chosen reference."""
    wanted = [*entries]
    chosen: Entry | None = None
    if job.reference not in ("median", "first"):
        chosen = Entry(Source(job.reference), 0)
        wanted.append(chosen)
    tasks: list[tuple[Entry, tuple[int, int | str]]] = []
    for entry in wanted:
        try:
            mark = stamp(entry.source.path)
        except (OSError, ValueError):
            mark = (-1, 0)  # looking at it says what is wrong
        entry.seen = seen_from(journal.get("seen", _absolute(entry.source.path)), mark)
        if entry.seen is None:
            tasks.append((entry, mark))
    total, failed = len(wanted), 0
    done = total - len(tasks)
    looks = [Look(entry.source.path, job.max_megapixels) for entry, _ in tasks]
    for at, result in workers.run(look, looks, stopped):
        if at >= 0:
            entry, mark = tasks[at]
            done += 1
            if isinstance(result, Failed):
                failed += 1
                entry.fail(result.reason)
            else:
                entry.seen = result
                journal.add("seen", _absolute(entry.source.path), seen_row(result, mark), flush=False)
        progress("look", done, total, failed)
    if chosen is None or stopped():
        return None
    if chosen.seen is None:
        raise InputError(f"--reference: {chosen.reason}")
    return chosen.seen


def _correct(job: Job, entries: list[Entry], journal: Journal, what: str, chosen: Seen | None) -> None:
    """Fill in what brings each photo to the reference, and the address of its result."""
    from fluxroom.recipe import Recipe

    seen = [e for e in entries if e.seen is not None]
    reference = _reference(job, seen, journal, what, chosen) if job.uniform > 0 and seen else None
    for entry in seen:
        assert entry.seen is not None
        if reference is not None:
            from fluxroom.batch.harmony import correction
            from fluxroom.batch.measure import Measure
            from fluxroom.history import pin

            needed = correction(Measure.from_dict(entry.seen.measured), reference, job.uniform)
            entry.correction = pin(Recipe(needed)).to_dict()["adjustments"]
        if entry.status == "waiting":
            entry.address = job.address(entry.seen.sha256, entry.ending, entry.correction)


def _reference(job: Job, seen: list[Entry], journal: Journal, what: str, chosen: Seen | None) -> Reference:
    """What the set is brought to. Once found it stays, so that photos that join later do not change the others."""
    from fluxroom.batch.harmony import Reference, median_of, one
    from fluxroom.batch.measure import Measure

    if chosen is not None:
        return one(Measure.from_dict(chosen.measured))
    key = digest([what, job.reference])
    known = journal.get("reference", key)
    if known is not None:
        return Reference(**known)
    measures = [Measure.from_dict(e.seen.measured) for e in seen if e.seen is not None]
    reference = median_of(measures) if job.reference == "median" else one(measures[0])
    journal.add("reference", key, asdict(reference))
    return reference


def _develop(
    job: Job,
    entries: list[Entry],
    workers: Workers,
    place: Shelf,
    journal: Journal,
    stopped: Callable[[], bool],
    progress: Progress,
) -> None:
    waiting = [e for e in entries if e.status == "waiting"]
    total = len(entries)
    failed = sum(e.status == "failed" for e in entries)
    done = total - len(waiting)
    progress("develop", done, total, failed)
    tasks = [develop_task(entry, job, place) for entry in waiting]
    for at, result in workers.run(develop, tasks, stopped):
        if at >= 0:
            entry = waiting[at]
            done += 1
            if isinstance(result, Failed):
                entry.fail(result.reason)
            else:
                _put(entry, result, tasks[at].part, job, place, journal)
            failed += entry.status == "failed"
        progress("develop", done, total, failed)


def _put(entry: Entry, made: Made, part: str, job: Job, place: Shelf, journal: Journal) -> None:
    """First say what is about to get its name, then give it, then say that it has it: any crash can be told."""
    row: dict[str, Any] = asdict(made)
    journal.add("made", entry.key, row)
    try:
        mark = place.put(part, entry.name, job.overwrite)
    except OutputError as error:
        entry.fail(str(error))
        return
    journal.add("done", entry.key, {"stamp": mark})
    entry.status, entry.made = "done", row


def _measure(outcome: Outcome) -> None:
    from fluxroom.batch.harmony import spread
    from fluxroom.batch.measure import Measure

    finished = [e for e in outcome.of("done", "before") if e.seen is not None and e.made is not None]
    outcome.before = spread([Measure.from_dict(e.seen.measured) for e in finished if e.seen is not None])
    outcome.after = spread([Measure.from_dict(e.made["measured"]) for e in finished if e.made is not None])


def _inodes(entries: list[Entry]) -> set[tuple[int, int]]:
    """What the photos are on the disk, whatever they are called."""
    found = set()
    for entry in entries:
        try:
            info = os.stat(entry.source.path)
        except (OSError, ValueError):
            continue
        found.add((info.st_dev, info.st_ino))
    return found


def _absolute(path: str) -> str:
    return path if is_remote(path) else os.path.abspath(path)

"""One entry a photo: what it is called, what it needs, and whether it is done already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from fluxroom import __version__
from fluxroom.batch.job import Job
from fluxroom.batch.names import result_name
from fluxroom.batch.sources import Source
from fluxroom.batch.work import Develop, Seen

if TYPE_CHECKING:
    from fluxroom.batch.journal import Journal
    from fluxroom.batch.shelf import Shelf

Status = Literal["waiting", "done", "before", "failed"]


@dataclass(slots=True)
class Entry:
    """A photo's way through the batch.

    index       its place in the list, from 1
    name        of its result, below the folder of results
    status      waiting; done in this run; done before; failed (`reason` says why)
    seen        what the first look told; None until then, or if it failed
    correction  adjustments before the look, as in a recipe
    address     of the result's content; see `Job.address`
    made        `work.Made` as a dict, from this run or an earlier one
    """

    source: Source
    index: int
    name: str = ""
    status: Status = "waiting"
    reason: str = ""
    seen: Seen | None = None
    correction: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""
    made: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """In the journal."""
        return f"{self.address} {self.name}"

    @property
    def ending(self) -> str:
        return PurePosixPath(self.name).suffix[1:].lower()

    def fail(self, reason: str) -> None:
        self.status, self.reason = "failed", reason


def name_all(entries: Sequence[Entry], job: Job, pattern: str) -> None:
    """Give every seen photo its result's name; of two that would share one, the later fails."""
    taken: dict[str, Entry] = {}
    for entry in entries:
        if entry.seen is None or entry.status == "failed":
            continue
        entry.name = result_name(pattern, entry.source, entry.index, job.look, entry.seen.date, job.format)
        first = taken.setdefault(entry.name, entry)
        if first is not entry:
            entry.fail(
                f"{entry.source.path}: its result would be called {entry.name}, like that of {first.source.path};"
                " give --name with {index} or {parent}"
            )


def settle(entry: Entry, shelf: Shelf, journal: Journal, overwrite: bool, photos: set[tuple[int, int]]) -> None:
    """Find out whether a named photo is done already, or cannot be done.

    photos   what the batch's own photos are on the disk: none of them is ever replaced
    """
    made, done = journal.get("made", entry.key), journal.get("done", entry.key)
    there = shelf.stamp(entry.name)
    if there is None:
        return
    if shelf.inode(entry.name) in photos:
        entry.fail(f"{entry.name} in the folder of results is one of the photos, which are never written to")
        return
    if made is not None:
        same = done is not None and done["stamp"] == there
        if same or shelf.holds(entry.name, made["sha256"], made["size"]):
            if not same:  # stopped between giving the name and saying so, or copied since
                journal.add("done", entry.key, {"stamp": there})
            entry.status, entry.made = "before", made
            return
    if not overwrite:
        why = "was changed since it was made" if done is not None else "exists and is something else"
        entry.fail(f"{entry.name} in the folder of results {why}; --overwrite replaces it, or choose another --name")


def develop_task(entry: Entry, job: Job, shelf: Shelf) -> Develop:
    assert entry.seen is not None
    return Develop(
        path=entry.source.path,
        sha256=entry.seen.sha256,
        part=shelf.part(f"{entry.address}-{entry.index}", entry.ending),
        thumbnail=str(thumbnail(shelf, entry)),
        words=job.words,
        recipe=job.recipe,
        keep=job.keep,
        seed=job.seed,
        quality=job.quality,
        bits=job.bits,
        review=job.review,
        max_megapixels=job.max_megapixels,
        correction=entry.correction,
        pixels=entry.seen.width * entry.seen.height,
    )


def thumbnail(shelf: Shelf, entry: Entry) -> str:
    """Where the small before and after of a photo lies."""
    return str(shelf.work / "thumbnails" / f"{entry.address}.jpg")


def entry_data(entry: Entry) -> dict[str, Any]:
    """For programs: the JSON report and --json."""
    made = entry.made or {}
    return {
        "photo": entry.source.path,
        "result": entry.name or None,
        "status": entry.status,
        "reason": entry.reason or None,
        "sha256": None if entry.seen is None else entry.seen.sha256,
        "address": entry.address or None,
        "result_sha256": made.get("sha256"),
        "width": None if entry.seen is None else entry.seen.width,
        "height": None if entry.seen is None else entry.seen.height,
        "seconds": made.get("seconds", {}),
        "verdict": made.get("verdict") or None,
        "passed": made.get("passed"),
        "correction": entry.correction,
        "before": None if entry.seen is None else entry.seen.measured,
        "after": made.get("measured"),
        "notes": made.get("notes", []),
        "warnings": made.get("warnings", []),
        "not_understood": made.get("not_understood", []),
        "recipe": made.get("recipe"),
    }


def seen_row(seen: Seen, stamp: tuple[int, int | str]) -> dict[str, Any]:
    return {"fluxroom": __version__, "stamp": list(stamp), **asdict(seen)}


def seen_from(row: dict[str, Any] | None, stamp: tuple[int, int | str]) -> Seen | None:
    """What the journal tells about a photo, if the file is still the same."""
    if row is None or row["fluxroom"] != __version__ or row["stamp"] != list(stamp) or stamp[0] < 0:
        return None
    return Seen(**{name: value for name, value in row.items() if name not in ("fluxroom", "stamp")})

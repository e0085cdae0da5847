"""A batch on real files: the same bytes whatever the order and number of workers, failures kept apart, going on."""

from __future__ import annotations

import csv
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from batch_samples import WORDS, china, drawn, entry, results, run, sources, statuses
from PIL import Image

import fluxroom
from fluxroom.batch import Job, Source, run_batch
from fluxroom.batch.journal import Lock
from fluxroom.batch.pool import Processes
from fluxroom.errors import FluxroomError, InputError, NothingUnderstood, OutputExists
from fluxroom.recipe import Recipe


def test_the_same_bytes_for_any_order_workers_and_threads(photos: Path, tmp_path: Path, workers: Processes) -> None:
    shutil.copy(photos / "drawn1.jpg", photos / "twin.jpg")
    outcome = run(Job(str(tmp_path / "a"), WORDS), photos, workers)
    assert set(statuses(outcome).values()) == {"done"}
    alone = Processes(1, 8 << 30, threads=3)
    try:
        backwards = run_batch(Job(str(tmp_path / "b"), WORDS), sources(photos)[::-1], alone)
    finally:
        alone.close()
    first = results(tmp_path / "a")
    assert sorted(first) == ["drawn0.jpg", "drawn1.jpg", "drawn2.jpg", "real.png", "twin.jpg"]
    assert results(tmp_path / "b") == first
    assert first["twin.jpg"] == first["drawn1.jpg"]
    assert {e.name: e.address for e in outcome.entries} == {e.name: e.address for e in backwards.entries}
    # What the journal calls the recipe is the recipe: one photo rendered alone gives the same file.
    made = entry(outcome, "drawn0.jpg").made
    assert made is not None
    recipe = Recipe.from_dict(made["recipe"])
    assert recipe.adjustments[0].because == ("--uniform",)
    fluxroom.open(photos / "drawn0.jpg", library=None).render(recipe).save(tmp_path / "again.jpg")
    assert (tmp_path / "again.jpg").read_bytes() == first["drawn0.jpg"]


def test_a_second_run_does_nothing_and_what_is_new_is_added(photos: Path, tmp_path: Path, workers: Processes) -> None:
    job = Job(str(tmp_path / "out"), WORDS)
    run(job, photos, workers, what="set")
    before = {f: (tmp_path / "out" / f).stat().st_mtime_ns for f in results(tmp_path / "out")}
    (tmp_path / "out" / "drawn2.jpg").unlink()
    drawn(5).save(photos / "new.jpg")
    again = run(job, photos, workers, what="set")
    assert statuses(again) == {
        "drawn0.jpg": "before", "drawn1.jpg": "before", "drawn2.jpg": "done", "new.jpg": "done", "real.png": "before",
    }  # fmt: skip
    after = {f: (tmp_path / "out" / f).stat().st_mtime_ns for f in results(tmp_path / "out")}
    assert {f for f in before if after[f] == before[f]} == {"drawn0.jpg", "drawn1.jpg", "real.png"}
    # A touched result is known by its content, a changed one is left alone.
    os.utime(tmp_path / "out" / "drawn0.jpg")
    (tmp_path / "out" / "drawn1.jpg").write_bytes(b"mine")
    third = run(job, photos, workers, what="set")
    assert statuses(third)["drawn0.jpg"] == "before"
    assert "was changed since it was made" in entry(third, "drawn1.jpg").reason
    assert (tmp_path / "out" / "drawn1.jpg").read_bytes() == b"mine"
    assert list((tmp_path / "out" / ".fluxroom-batch").glob("parts/*")) == []


def test_failures_are_kept_apart(photos: Path, tmp_path: Path, workers: Processes) -> None:
    whole = (photos / "drawn1.jpg").read_bytes()
    (photos / "drawn1.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "empty.jpg").touch()
    (photos / "text.png").write_text("not a photo")
    (photos / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    listed = [*sources(photos), Source(str(tmp_path / "missing.jpg")), Source(str(photos))]
    outcome = run_batch(Job(str(tmp_path / "out"), WORDS), listed, workers)
    assert statuses(outcome) == {
        "drawn0.jpg": "done", "drawn1.jpg": "failed", "drawn2.jpg": "done", "real.png": "done", "empty.jpg": "failed",
        "text.png": "failed", "missing.jpg": "failed", "photos": "failed",
    }  # fmt: skip
    for name, why in (
        ("drawn1.jpg", "cut short or damaged"), ("empty.jpg", "is empty"), ("text.png", "is not a photo"),
        ("missing.jpg", "does not exist"), ("photos", "is a folder"),
    ):  # fmt: skip
        reason = entry(outcome, name).reason
        assert why in reason and name in reason and "\n" not in reason
    assert sorted(results(tmp_path / "out")) == ["drawn0.jpg", "drawn2.jpg", "real.png"]


def test_nothing_is_replaced(photos: Path, tmp_path: Path, workers: Processes) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "drawn0.jpg").write_bytes(b"other")
    os.link(photos / "drawn2.jpg", out / "drawn2.jpg")
    deep = photos / "deep"
    deep.mkdir()
    china().save(deep / "drawn1.jpg")
    original = {f: f.read_bytes() for f in photos.rglob("*.*")}
    listed = [*sources(photos), Source(str(deep / "drawn1.jpg"))]
    job = Job(str(out), WORDS)
    first = run_batch(job, listed, workers)
    assert [e.status for e in first.entries] == ["failed", "done", "failed", "done", "failed"]
    assert "exists and is something else" in first.entries[0].reason
    assert "one of the photos" in first.entries[2].reason
    assert "like that of" in first.entries[4].reason
    assert (out / "drawn0.jpg").read_bytes() == b"other"
    second = run_batch(replace(job, overwrite=True), listed, workers)
    assert [e.status for e in second.entries] == ["done", "before", "failed", "before", "failed"]
    third = run_batch(replace(job, name="{parent}_{index}"), listed, workers)
    assert [e.status for e in third.entries] == ["done"] * 5
    assert "deep_0005.jpg" in results(out)
    assert {f: f.read_bytes() for f in photos.rglob("*.*")} == original


def test_other_words_are_another_result(photos: Path, tmp_path: Path, workers: Processes) -> None:
    job = Job(str(tmp_path / "out"), WORDS)
    run(job, photos, workers)
    other = run(replace(job, words="more contrast"), photos, workers)
    assert set(statuses(other).values()) == {"failed"}
    png = run(replace(job, format="png"), photos, workers)
    assert statuses(png) == {"drawn0.jpg": "done", "drawn1.jpg": "done", "drawn2.jpg": "done", "real.png": "before"}


def test_reference_and_strength(photos: Path, tmp_path: Path, workers: Processes) -> None:
    plain = run(Job(str(tmp_path / "a"), "a little more contrast", uniform=0.0), photos, workers)
    full = run(Job(str(tmp_path / "b"), "a little more contrast", uniform=1.0), photos, workers)
    assert all(e.correction == [] for e in plain.entries)
    assert full.before == plain.before
    assert full.after["stops"] < 0.6 * plain.after["stops"]
    assert full.after["mired"] < plain.after["mired"]
    first = run(Job(str(tmp_path / "c"), WORDS, reference="first", uniform=1.0), photos, workers)
    assert first.entries[0].correction == [] and first.entries[1].correction
    chosen = Job(str(tmp_path / "d"), WORDS, reference=str(photos / "real.png"), uniform=1.0)
    assert entry(run(chosen, photos, workers), "real.png").correction == []
    with pytest.raises(InputError, match="--reference"):
        run(replace(chosen, reference=str(tmp_path / "none.jpg")), photos, workers)


def test_bad_use_is_refused_before_any_work(photos: Path, tmp_path: Path, workers: Processes) -> None:
    job = Job(str(tmp_path / "out"), WORDS)
    (tmp_path / "sheet.html").write_text("mine")
    for bad, error in (
        (replace(job, words="qwertz asdf"), NothingUnderstood),
        (replace(job, words=""), InputError),
        (replace(job, words="", recipe={"fluxroom": 1, "adjustments": [{"operator": "nothing"}]}), InputError),
        (replace(job, keep="nowhere"), InputError),
        (replace(job, name="../{stem}"), InputError),
        (replace(job, uniform=2.0), InputError),
    ):
        with pytest.raises(error):
            run(bad, photos, workers)
    assert not (tmp_path / "out").exists()
    with pytest.raises(OutputExists):
        run(job, photos, workers, reports=[str(tmp_path / "sheet.html")])
    assert (tmp_path / "sheet.html").read_text() == "mine"
    lock = Lock(tmp_path / "out" / ".fluxroom-batch" / "lock")
    lock.take("it")
    with pytest.raises(FluxroomError, match="another batch"):
        run(job, photos, workers)
    lock.release()
    assert results(tmp_path / "out") == {}


def test_reports(photos: Path, tmp_path: Path, workers: Processes) -> None:
    (photos / "bad <b>.jpg").write_bytes(b"\xff\xd8\xff")
    paths = [str(tmp_path / f"report.{e}") for e in ("csv", "json", "html")]
    run(Job(str(tmp_path / "out"), WORDS), photos, workers, reports=paths)
    run(Job(str(tmp_path / "out"), WORDS), photos, workers, reports=paths)  # its own reports may be replaced
    data = json.loads((tmp_path / "report.json").read_text())
    assert (data["done"], data["done_before"], data["failed"]) == (0, 4, 1)
    assert set(data["spread"]["before"]) == {"l", "a", "b", "contrast", "mired", "stops"}
    assert data["photos"][1]["recipe"]["adjustments"] and data["photos"][1]["seconds"]["render"] > 0
    assert data["photos"][0]["status"] == "failed" and data["photos"][0]["reason"]
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["status"] for row in table] == ["failed", "before", "before", "before", "before"]
    page = (tmp_path / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 4
    assert "<script" not in page and "http" not in page and "bad &lt;b&gt;.jpg" in page


def test_a_worker_that_is_killed_takes_no_photo_with_it(photos: Path, tmp_path: Path) -> None:
    pool = Processes(2, 8 << 30)
    killed = []

    def kill(stage: str, done: int, total: int, failed: int) -> None:
        if stage == "develop" and done >= 1 and not killed:
            busy = [w.process for w in pool._workers if w.doing is not None]
            killed.extend(p.pid for p in busy[:1])
            for process in busy[:1]:
                process.kill()

    try:
        outcome = run(Job(str(tmp_path / "out"), WORDS), photos, pool, progress=kill)
    finally:
        pool.close()
    assert killed
    assert set(statuses(outcome).values()) == {"done"}


def test_stopping_finishes_what_was_begun(photos: Path, tmp_path: Path, workers: Processes) -> None:
    told: list[int] = []
    outcome = run(
        Job(str(tmp_path / "out"), WORDS), photos, workers, stopped=lambda: bool(told),
        progress=lambda stage, done, total, failed: told.append(done) if stage == "develop" and done else None,
    )  # fmt: skip
    assert outcome.stopped
    assert outcome.of("done") and outcome.of("waiting") and not outcome.of("failed")
    again = run(Job(str(tmp_path / "out"), WORDS), photos, workers)
    assert len(again.of("before")) == len(outcome.of("done"))
    assert not again.stopped and not again.of("waiting")
    for name, content in results(tmp_path / "out").items():
        with Image.open(tmp_path / "out" / name) as image:
            image.load()
        assert content

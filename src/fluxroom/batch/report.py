"""What a batch did, as CSV, JSON or a contact sheet in HTML that needs nothing beside it."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom import __version__
from fluxroom.batch.entries import Entry, entry_data, thumbnail
from fluxroom.batch.job import Job
from fluxroom.errors import OutputError, OutputExists

if TYPE_CHECKING:
    from fluxroom.batch.journal import Journal
    from fluxroom.batch.run import Outcome
    from fluxroom.batch.shelf import Shelf

ENDINGS = (".csv", ".json", ".html")
STAGES = ("open", "perceive", "interpret", "render", "review", "save")
FIGURES = {
    "l": "σ of mean L*",
    "a": "σ of mean a*",
    "b": "σ of mean b*",
    "contrast": "σ of contrast (σ of L*)",
    "mired": "σ of white point, mired",
    "stops": "σ of midtone brightness, EV",
}
_STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:76rem;padding:0 1rem}
h1{font-size:1.3rem}
table{border-collapse:collapse}
td,th{padding:.15rem .8rem .15rem 0;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
ul{list-style:none;padding:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(21rem,1fr));gap:1.2rem}
li{border-top:1px solid #8886;padding-top:.6rem;overflow-wrap:anywhere}
img{max-width:100%;display:block}
b.failed{color:#c33}
p{margin:.2rem 0}
small{opacity:.75}
"""


def check_report(path: str, journal: Journal, overwrite: bool) -> None:
    """Refuse before any work what could not be written at the end; a report of an earlier run may be replaced."""
    file = Path(path)
    if file.suffix.lower() not in ENDINGS:
        raise OutputError(f"{path}: the name of a report ends in {', '.join(ENDINGS)}")
    if not file.parent.is_dir():
        raise OutputError(f"{path}: the folder {file.parent} does not exist")
    if not file.exists() or overwrite:
        return
    row = journal.get("report", os.path.abspath(path))
    if not file.is_file() or row is None or row["sha256"] != hashlib.sha256(file.read_bytes()).hexdigest():
        raise OutputExists(f"{path} exists and is no report of this batch; --overwrite replaces it")


def write_report(path: str, outcome: Outcome, job: Job, shelf: Shelf, journal: Journal) -> None:
    """Write a report completely or not at all."""
    ending = Path(path).suffix.lower()
    if ending == ".json":
        text = json.dumps(report_data(outcome, job), ensure_ascii=False, indent=1) + "\n"
    elif ending == ".csv":
        text = "\ufeff" + _csv(outcome)  # the mark makes spreadsheets read UTF-8
    else:
        text = _html(outcome, job, shelf)
    content = text.encode("utf-8", "backslashreplace")
    beside = Path(path).with_name(f".{Path(path).name}.part")
    # Said first: if the report is not there afterwards, nothing is in the way; if it is, it is known as ours.
    journal.add("report", os.path.abspath(path), {"sha256": hashlib.sha256(content).hexdigest()})
    try:
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def report_data(outcome: Outcome, job: Job) -> dict[str, Any]:
    """For programs."""
    return {
        "fluxroom": __version__,
        "words": job.words,
        "seed": job.seed,
        "uniform": job.uniform,
        "reference": job.reference,
        "out": job.out,
        "done": len(outcome.of("done")),
        "done_before": len(outcome.of("before")),
        "failed": len(outcome.of("failed")),
        "waiting": len(outcome.of("waiting")),
        "stopped": outcome.stopped,
        "seconds": round(outcome.seconds, 3),
        "spread": {"before": outcome.before, "after": outcome.after},
        "photos": [entry_data(e) for e in outcome.entries],
    }


def correction_words(entry: Entry) -> str:
    """e.g. "exposure +0.31 EV, temperature -0.05"."""
    parts = []
    for adjustment in entry.correction:
        name = adjustment["operator"].partition("@")[0]
        for parameter, value in adjustment["parameters"].items():
            if value:
                unit = " EV" if parameter == "stops" else ""
                parts.append(f"{name if parameter == 'stops' else parameter} {value:+.2f}{unit}")
    return ", ".join(parts)


def _csv(outcome: Outcome) -> str:
    out = io.StringIO(newline="")
    table = csv.writer(out)
    figures = list(FIGURES)
    table.writerow(
        ["photo", "result", "status", "reason", "passed", "verdict", "correction"]
        + [f"seconds {stage}" for stage in STAGES]
        + [f"before {f}" for f in figures]
        + [f"after {f}" for f in figures]
        + ["notes", "warnings", "not understood", "sha256"]
    )
    for entry in outcome.entries:
        d = entry_data(entry)
        before, after = d["before"] or {}, d["after"] or {}
        table.writerow(
            [d["photo"], d["result"], d["status"], d["reason"], d["passed"], d["verdict"], correction_words(entry)]
            + [d["seconds"].get(stage) for stage in STAGES]
            + [before.get(f) for f in figures]
            + [after.get(f) for f in figures]
            + ["; ".join(d[k]) for k in ("notes", "warnings", "not_understood")]
            + [d["result_sha256"]]
        )
    return out.getvalue()


def _html(outcome: Outcome, job: Job, shelf: Shelf) -> str:
    say = html.escape(job.words or "a recipe")
    counts = [f"{len(outcome.of('done', 'before'))} of {len(outcome.entries)} photos done"]
    if outcome.of("failed"):
        counts.append(f"{len(outcome.of('failed'))} failed")
    if outcome.of("waiting"):
        counts.append(f"{len(outcome.of('waiting'))} not begun")
    rows = "".join(
        f"<tr><td>{label}</td><td class=n>{outcome.before[f]:.2f}</td><td class=n>{outcome.after[f]:.2f}</td></tr>"
        for f, label in FIGURES.items()
        if outcome.before and outcome.after
    )
    table = f"<table><tr><th>spread over the set</th><th class=n>before</th><th class=n>after</th></tr>{rows}</table>"
    items = "".join(_item(entry, shelf) for entry in outcome.entries)
    return (
        "<!doctype html>\n<html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width,initial-scale=1">'
        f"<title>{say}</title><style>{_STYLE}</style>"
        f"<h1>{say}</h1><p>{', '.join(counts)}; {outcome.seconds:.1f} s; fluxroom {__version__};"
        f" uniform {job.uniform:g}, reference {html.escape(job.reference)}</p>"
        f"{table if rows else ''}<ul>{items}</ul></html>\n"
    )


def _item(entry: Entry, shelf: Shelf) -> str:
    d = entry_data(entry)
    name = html.escape(_readable(Path(entry.source.path).name))
    lines = []
    picture = _picture(entry, shelf)
    if picture:
        lines.append(f'<img loading=lazy alt="{name}, before and after" src="data:image/jpeg;base64,{picture}">')
    if entry.status == "failed":
        lines.append(f"<p><b class=failed>{name}: failed</b></p><p>{html.escape(_readable(entry.reason))}</p>")
    elif entry.status == "waiting":
        lines.append(f"<p><b>{name}</b>: not begun</p>")
    else:
        lines.append(f"<p><b>{name}</b> → {html.escape(_readable(entry.name))}</p>")
        mark = {True: "✓ ", False: "✗ ", None: ""}[d["passed"]]
        told = [mark + (d["verdict"] or ""), correction_words(entry), f"{sum(d['seconds'].values()):.1f} s"]
        lines.append(f"<p><small>{html.escape(' · '.join(t for t in told if t))}</small></p>")
        for text in [*d["notes"], *d["warnings"], *(f"not understood: {w}" for w in d["not_understood"])]:
            lines.append(f"<p><small>{html.escape(text)}</small></p>")
    return f"<li>{''.join(lines)}</li>"


def _picture(entry: Entry, shelf: Shelf) -> str:
    """Base64 of the JPEG, or "" where there is none."""
    if not entry.address:
        return ""
    try:
        return base64.b64encode(Path(thumbnail(shelf, entry)).read_bytes()).decode("ascii")
    except OSError:
        return ""


def _readable(text: str) -> str:
    """File names that are no proper text, without what cannot be written."""
    return text.encode("utf-8", "replace").decode("utf-8")

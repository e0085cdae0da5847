"""Puts the figures of the newest saved runs into docs/measurements/speed.md and docs/scaling.md, between their marks.

python benchmarks/speed/report.py
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from typing import Any

from bench import preview_words
from jobs import JOBS

import history

SPEED = history.ROOT / "docs" / "measurements" / "speed.md"
SCALING = history.ROOT / "docs" / "scaling.md"
MILLION = 1_000_000
SPREAD = {
    "l": "mean L*",
    "a": "mean a*",
    "b": "mean b*",
    "contrast": "contrast (σ of L*)",
    "mired": "white point, mired",
    "stops": "midtone brightness, EV",
}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def facts(row: dict[str, Any]) -> str:
    m = row["machine"]
    others = row["load"] > history.BUSY or row["load_after"] > m["cores"] + 1
    busy = "; **others were at work on the machine**" if others else ""
    return (
        f"{row['date'][:10]}, commit {row['commit']}, {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB,"
        f" {m['os']}, Python {m['python']}; load before {row['load']}, after {row['load_after']}{busy}."
    )


def warm(row: dict[str, Any]) -> str:
    lines = []
    for result in row["results"]:
        job, w = JOBS[result["class"]], result["warm"]
        goal = f"{job.goal:g}" if job.goal is not None and result["megapixels"] == 24 else ""
        stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in w["stages"].items())
        times = [f"{w['seconds']:.2f}", goal, f"{w['processor_seconds']:.2f}", f"{w['times_floor']:.1f}"]
        lines.append([job.title, f"{result['megapixels']:g}", *times, w["peak_mib"], stages])
    head = ["class", "MP", "s", "goal", "processor s", "times floor", "peak MiB", "s by stage"]
    floors = {(r["photo"], r["megapixels"]): r["floor"] for r in row["results"]}
    told = [
        f"{photo}: {f['seconds']:.3f} s (decode {f['decode']:.3f} {f['decoder']}, encode {f['encode']:.3f}"
        f" {f['encoder']}, memory {f['memory']:.3f})"
        for (photo, _), f in floors.items()
    ]
    preview = f"\n\nPreview: {preview_words(row['preview'])}." if "preview" in row else ""
    return f"{facts(row)} Median of {row['runs']}.\n\n{table(head, lines)}\n\nFloor: {'; '.join(told)}.{preview}"


def peers(row: dict[str, Any]) -> str:
    lines = []
    for result in row["results"]:
        if "cold" not in result:
            continue
        own, w = result["cold"], result["warm"]["seconds"]
        title = JOBS[result["class"]].title
        lines.append([title, "**fluxroom**", *figures(own), "1", f"{own['seconds'] / w:.2f}"])
        for name, f in result.get("peers", {}).items():
            if "seconds" in f:
                ratios = [f"{f['seconds'] / own['seconds']:.2f}", f"{f['seconds'] / w:.2f}"]
                lines.append([title, name, *figures(f), *ratios])
            else:
                lines.append([title, name, f.get("failed") or "not installed", "", "", "", ""])
    head = ["class, 24 MP", "program", "s", "processor s", "peak MiB", "/ fluxroom cold", "/ fluxroom warm"]
    used = {f["version"]: name for r in row["results"] for name, f in r.get("peers", {}).items() if "version" in f}
    text = f"{table(head, lines)}\n\nVersions: {'; '.join(f'{name}: {version}' for version, name in used.items())}."
    if "small" in row:
        text += f"\n\nCold start, sky drama at 1 MP, whole command: {row['small']['cold']['seconds']:.2f} s."
    return text


def figures(f: dict[str, Any]) -> list[str]:
    return [f"{f['seconds']:.2f}", f"{f['processor_seconds']:.2f}", str(f["peak_mib"])]


def batch(row: dict[str, Any]) -> str:
    f = row["results"]
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in f["stages"].items())
    lines = [
        ("photos, failed", f"{f['photos']}, {len(f['failed'])}"),
        ("wall time", f"**{f['seconds']:.1f} s** (goal {1.2 * f['photos']:.0f})"),
        ("rate", f"{f['photos_a_second']:.2f} photos a second"),
        ("processor, a photo", f"{f['processor_seconds_a_photo']:.2f} s"),
        ("seconds by stage, median", stages),
        ("MB a photo", f"{f['mb_in_a_photo']:.1f} in, {f['mb_out_a_photo']:.1f} out"),
        ("peak memory", f"{f['peak_mib']} MiB all processes, {f['largest_mib']} MiB the largest"),
    ]
    before, after = f["spread"]["before"], f["spread"]["after"]
    lines += [(f"σ of {words}", f"{before[k]:.2f} → {after[k]:.2f}") for k, words in SPREAD.items()]
    return f"{facts(row)} `--uniform {f['uniform']:g}`.\n\n{table(['', ''], lines)}"


def scaling(row: dict[str, Any]) -> str:
    f, cores = row["results"], row["machine"]["cores"]
    rate = f["done"] / f["seconds"] / cores
    hours = MILLION / rate / 3600
    inward, outward, j = f["mb_in_a_photo"], f["mb_out_a_photo"], f["journal"]
    lines = [
        ("photos a second and core", f"r = {rate:.3f}", "measured: done / wall time / cores"),
        ("core-hours for a million", f"H = {hours:.0f}", "10^6 / r / 3600"),
        ("days on this machine", f"{hours / cores / 24:.1f}", "H / cores / 24"),
        ("hours on 100, 1000 cores", f"{hours / 100:.1f}, {hours / 1000:.2f}", "H / cores, nothing lost"),
        ("data in, stored", f"{inward:.1f} TB", f"measured: {inward:.2f} MB a photo"),
        ("data in, moved", f"{2 * inward:.1f} TB", "from an address every photo is fetched twice"),
        ("data out", f"{outward:.1f} TB", f"measured: {outward:.2f} MB a photo"),
        (
            "network for 100 cores",
            f"{100 * rate * 2 * inward:.0f} MB/s in, {100 * rate * outward:.0f} MB/s out",
            "100 r x MB a photo",
        ),
        ("requests for 100 cores", f"{100 * rate * REQUESTS:.0f} a second", f"100 r x {REQUESTS}, by reading the code"),
        ("memory a worker", f"{f['largest_mib']} MiB", "measured: the largest process"),
        ("journal, written", f"w = {j['written_a_second']} photos a second", "measured: lines appended and flushed"),
        ("cores that this journal can follow", f"{j['written_a_second'] / rate:.0f}", "w / r; renaming not counted"),
        (
            "journal of a million",
            f"{j['bytes_a_photo'] / 1000:.1f} GB; {j['read_us_a_photo'] * MILLION / 1e6:.0f} s and"
            f" {j['memory_bytes_a_photo'] * MILLION / 2**30:.1f} GiB to read",
            f"measured a photo: {j['bytes_a_photo']} bytes, {j['read_us_a_photo']} us,"
            f" {j['memory_bytes_a_photo']} bytes of memory",
        ),
    ]
    return f"{facts(row)}\n\n{table(['', 'figure', 'how'], lines)}"


REQUESTS = 9
"""To an object store, a photo: 3 to see what is there, 2 gets, 1 put, copy and delete for the name, 1 to confirm."""


def fill(text: str, name: str, content: str) -> str:
    marked = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(text):
        sys.exit(f"the mark <!-- {name}: ... --> is missing")
    return marked.sub(lambda found: f"{found[1]}{content}\n{found[2]}", text)


def main() -> int:
    newest = {row["kind"]: row for row in history.read()}
    if not newest:
        sys.exit("nothing saved yet: run make bench ARGS=--save")
    pages = {SPEED: {"warm": ("edit", warm), "peers": ("edit", peers), "batch": ("batch", batch)}}
    pages[SCALING] = {"scaling": ("batch", scaling)}
    for page, parts in pages.items():
        text = page.read_text(encoding="utf-8")
        for name, (kind, words) in parts.items():
            if kind in newest:
                text = fill(text, name, words(newest[kind]))
        page.write_text(text, encoding="utf-8")
        print(page.relative_to(history.ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())

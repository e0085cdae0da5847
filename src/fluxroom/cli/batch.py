"""`fluxroom batch`: many photos, one sentence."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.edit import quality_option
from fluxroom.cli.options import Settings, bits_option, common, example, overwrite_option, seed_option, working
from fluxroom.errors import InputError

if TYPE_CHECKING:
    from fluxroom.batch import Outcome
    from fluxroom.batch.pool import Workers


class Rate:
    """One line on stderr: how many of how many, how fast, how long yet."""

    def __init__(self, shown: bool, chinese: bool) -> None:
        self.shown = shown
        self.chinese = chinese
        self.terminal = sys.stderr.isatty()
        self.stage = ""
        self.began = 0.0
        self.at_begin = 0
        self.last = 0.0
        self.told = -1
        self.drawn = False

    def __call__(self, stage: str, done: int, total: int, failed: int) -> None:
        if not self.shown:
            return
        now = time.monotonic()
        if stage != self.stage:
            self.stage, self.began, self.at_begin, self.told = stage, now, done, -1
        if done == self.told and (not self.terminal or now - self.last < 1.0):
            return
        self.told, self.last = done, now
        self._write(self.line(now - self.began, done, total, failed))

    def line(self, seconds: float, done: int, total: int, failed: int) -> str:
        zh = self.chinese
        what = {"look": ("measuring", "测量"), "develop": ("developing", "处理")}[self.stage][zh]
        parts = [f"{what} {done}/{total}"]
        new = done - self.at_begin
        if new > 0:
            each = seconds / new
            parts.append(f"每张 {each:.2g} 秒" if zh else f"{each:.2g} s a photo")
            if done < total:
                left = _clock(each * (total - done))
                parts.append(f"还需 {left}" if zh else f"{left} left")
        if failed:
            parts.append(f"{failed} 张失败" if zh else f"{failed} failed")
        return (", " if not zh else "，").join(parts)

    def close(self) -> None:
        if self.drawn:
            self._put("\r\x1b[K")
            self.drawn = False

    def _write(self, line: str) -> None:
        self._put(f"\r\x1b[K{line}" if self.terminal else f"{line}\n")
        self.drawn = self.terminal

    def _put(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except (OSError, UnicodeEncodeError):
            self.shown = False


def _clock(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60:02d} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    )


def memory_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """ "3G", "1500M" or plain bytes."""
    if value is None:
        return None
    number, unit = value[:-1], value[-1:].upper()
    power = {"K": 10, "M": 20, "G": 30, "T": 40}.get(unit)
    try:
        size = float(value) if power is None else float(number) * 2**power
    except ValueError:
        size = 0.0
    if not 2**20 <= size < 2**60:
        raise click.BadParameter("give a size such as 3G or 1500M")
    return int(size)


@click.command(
    epilog=example(
        """
fluxroom batch holiday/ out/ "moodier sky, keep the people as they are"
fluxroom batch "2026/**/*.jpg" out/ "更有电影感" --name "{stem}_{look}.{ext}" --report sheet.html
find . -name "*.tif" -print0 | fluxroom batch - out/ --recipe evening.yaml -0
"""
    )
)
@click.argument("where", metavar="IN")
@click.argument("out", metavar="OUT")
@click.argument("words", required=False, default="")
@click.option("--recipe", type=click.Path(path_type=Path), metavar="FILE", help="A recipe instead of WORDS.")
@click.option("--recursive", "-r", is_flag=True, help="Look into the folders of a folder; they are kept in OUT.")
@click.option("-0", "null", is_flag=True, help="The list on stdin has NUL between paths, not line breaks.")
@click.option(
    "--name",
    default="{stem}.{ext}",
    metavar="PATTERN",
    help="Names of results: {stem} {ext} {look} {index} {parent} {date} (default: {stem}.{ext}).",
)
@click.option("--format", "ending", type=click.Choice(["jpg", "png", "webp", "tif"]), help="Default: each as it came.")
@click.option("--keep", metavar="REGION", help='What must not be touched, e.g. "water + sand".')
@click.option(
    "--uniform", type=click.FloatRange(0, 1), default=0.7, metavar="N", help="How far they come together (default 0.7)."
)
@click.option("--reference", default="median", metavar="WHICH", help="median, first, or a photo (default: median).")
@click.option("--workers", type=click.IntRange(1, 1024), metavar="N", help="Photos at once (default: one a core).")
@click.option(
    "--memory", callback=memory_size, metavar="SIZE", help="For all of them, e.g. 3G (default: 70 % of free)."
)
@click.option("--report", "reports", multiple=True, metavar="FILE", help="Write FILE.csv, .json or .html; repeatable.")
@click.option("--no-review", is_flag=True, help="Do not measure whether it was achieved.")
@click.option("--ray", metavar="ADDRESS", help='Work on a Ray cluster ("auto" finds it, "local" starts one here).')
@bits_option
@quality_option
@seed_option
@overwrite_option
@working
@common
@click.pass_obj
def batch(
    settings: Settings,
    where: str,
    out: str,
    words: str,
    recipe: Path | None,
    recursive: bool,
    null: bool,
    name: str,
    ending: str | None,
    keep: str | None,
    uniform: float,
    reference: str,
    workers: int | None,
    memory: int | None,
    reports: tuple[str, ...],
    no_review: bool,
    ray: str | None,
    bits: str | None,
    quality: int | None,
) -> None:
    """Do what WORDS say to every photo of IN (a folder, a pattern, a file, - for a list on stdin), into OUT.

    Before the look, each photo's exposure and white balance are brought toward the set's
    own reference, by --uniform of the way. If it is interrupted, the same command goes on
    where it was. A photo that cannot be done does not stop the others.
    """
    from fluxroom.batch import Job, find_sources, run_batch
    from fluxroom.batch.names import look_name
    from fluxroom.batch.sources import read_list
    from fluxroom.cli.edit import read_recipe
    from fluxroom.describe import language_of

    if bool(words.strip()) == (recipe is not None):
        raise InputError('say what to do: either words, as in fluxroom batch IN OUT "moodier sky", or --recipe FILE')
    loaded = None if recipe is None else read_recipe(recipe)
    lines = read_list(sys.stdin.buffer.read(), null) if where == "-" else None
    found = find_sources(where, out, recursive=recursive, lines=lines)
    job = Job(
        out=out,
        words=words if loaded is None else "",
        recipe=None if loaded is None else loaded.to_dict(),
        keep=keep,
        seed=settings.seed or (0 if loaded is None else loaded.seed),
        name=name,
        look=look_name(words if recipe is None else recipe.stem),
        format=ending,
        quality=quality,
        bits=None if bits is None else int(bits),
        review=not no_review,
        overwrite=settings.overwrite,
        max_megapixels=settings.max_megapixels,
        uniform=uniform,
        reference=reference,
    )
    chinese = language_of(words) == "zh"
    shown = not settings.quiet and (settings.progress or sys.stderr.isatty())
    rate = Rate(shown, chinese)
    hands = _workers(ray, workers, memory, settings.threads)
    what = where if where == "-" or "://" in where else str(Path(where).absolute())
    try:
        # Ray writes to stdout when a machine is lost; stdout is for the result.
        with interruptible() as stop, redirect_stdout(sys.stderr):
            outcome = run_batch(
                job, found.photos, hands, what=what, reports=reports, stopped=lambda: bool(stop), progress=rate
            )
    finally:
        rate.close()
        hands.close()
    _tell(settings, outcome, job.out, found.others, chinese)
    if settings.json:
        from fluxroom.batch.report import report_data

        settings.result(report_data(outcome, job))
    settings.exit_code = 130 if outcome.stopped else 1 if outcome.of("failed") else 0


def _workers(ray: str | None, workers: int | None, memory: int | None, threads: int | None) -> Workers:
    if ray is not None:
        from fluxroom.batch.cluster import Cluster

        return Cluster(ray, workers, threads)
    from fluxroom.batch.pool import Processes, cores, free_memory

    return Processes(workers or cores(), memory or free_memory(), threads)


@contextmanager
def interruptible() -> Iterator[list[int]]:
    """Ctrl-C once: the list is no longer empty. Twice: KeyboardInterrupt."""
    caught: list[int] = []

    def handle(number: int, frame: FrameType | None) -> Any:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    earlier = signal.signal(signal.SIGINT, handle)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, earlier)


def _tell(settings: Settings, outcome: Outcome, out: str, others: int, zh: bool) -> None:
    from fluxroom.batch.report import FIGURES

    done, before, failed = (outcome.of(s) for s in ("done", "before", "failed"))
    for words in dict.fromkeys(w for e in done if e.made for w in e.made["not_understood"]):
        settings.warn(f"没有听懂“{words}”，这部分没有做" if zh else f"not understood and not done: “{words}”")
    for entry in done:
        for warning in (entry.made or {}).get("warnings", ()):
            settings.warn(f"{entry.source.path}: {warning}")
    if outcome.before and len(done) + len(before) > 1:
        settings.say("整组的离散程度（前 → 后）：" if zh else "spread over the set (before -> after):")
        for figure, label in FIGURES.items():
            settings.say(f"  {label}: {outcome.before[figure]:.2f} -> {outcome.after[figure]:.2f}")
    if others:
        settings.say(f"另有 {others} 个文件不是可读的照片格式" if zh else f"passed over: {others} files of other kinds")
    missed = [e for e in done if (e.made or {}).get("passed") is False]
    if missed:
        settings.say(
            f"{len(missed)} 张未完全达到要求（见 --report）"
            if zh
            else f"not quite as asked: {len(missed)} (--report tells)"
        )
    already = (f"，{len(before)} 张早已完成" if zh else f" ({len(before)} more were done before)") if before else ""
    settings.say(
        f"完成 {len(done)} 张{already}，用时 {outcome.seconds:.1f} 秒：{out}"
        if zh
        else f"done: {len(done)} photos{already} in {outcome.seconds:.1f} s: {out}"
    )
    for entry in failed:
        settings.warn(f"失败：{entry.reason}" if zh else f"failed: {entry.reason}")
    if outcome.stopped:
        left = len(outcome.of("waiting"))
        settings.warn(
            f"已停止，还剩 {left} 张；再次运行同一命令会接着做"
            if zh
            else f"stopped with {left} photos to go; the same command goes on from here"
        )

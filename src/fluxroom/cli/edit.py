"""`fluxroom edit` and `fluxroom render`: from words, or a recipe, to a result."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.options import (
    Settings,
    bits_option,
    common,
    example,
    library_option,
    output_option,
    overwrite_option,
    photo_argument,
    seed_option,
    working,
)
from fluxroom.errors import InputError, OutputError, OutputExists

if TYPE_CHECKING:
    from fluxroom.api import Plan, Result
    from fluxroom.describe import Language
    from fluxroom.recipe import Recipe

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
PICTURES = (".jpg", ".jpeg", ".png", ".webp")


class WithBeforeAfter(click.Command):
    """Lets `--before-after` stand alone or take the file name that follows it.

    The next word is taken as the file only if it looks like a picture that is not there
    yet, so that it never swallows the photo or the sentence.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)
        for i, word in enumerate(given):
            if word == "--":
                break
            if word == "--before-after":
                follower = given[i + 1] if i + 1 < len(given) else ""
                if follower.lower().endswith(PICTURES) and not os.path.lexists(follower):
                    given[i : i + 2] = [f"--before-after={follower}"]
                else:
                    given[i] = "--before-after="
                break
        return super().parse_args(ctx, given)


before_after_option = click.option(
    "--before-after",
    metavar="[=FILE]",
    help="Also write a small picture of before and after (default: beside the result).",
)
quality_option = click.option(
    "--quality", type=click.IntRange(1, 100), metavar="N", help="JPEG or WebP quality (default: as the photo's)."
)


@click.command(
    cls=WithBeforeAfter,
    epilog=example(
        """
fluxroom edit beach.jpg "让这张黄昏海滩照更具史诗感，增加云层戏剧性" -o out.jpg
fluxroom edit beach.jpg "make the sky moodier, keep the sea and the sand as they are" --before-after
fluxroom edit beach.jpg "a little warmer" --dry-run > recipe.yaml
"""
    ),
)
@photo_argument
@click.argument("words")
@output_option("The result; its format follows the name (default: PHOTO_v1.jpg beside the photo, v2, ...).")
@click.option("--dry-run", is_flag=True, help="Print the recipe as text; render and remember nothing.")
@before_after_option
@click.option("--keep", metavar="REGION", help='What must not be touched, e.g. "water + sand".')
@click.option(
    "--from",
    "base",
    metavar="VERSION",
    help="Build on this version, e.g. v0 for the original (default: the current one).",
)
@click.option("--no-review", is_flag=True, help="Do not measure whether it was achieved.")
@click.option(
    "--tries", type=click.IntRange(1, 10), default=2, show_default=True, help="How often to try, if a check fails."
)
@click.option(
    "--interpreter",
    metavar="URL",
    help="Let the model of this chat server understand WORDS (they are sent there, the photo is not).",
)
@bits_option
@quality_option
@seed_option
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def edit(
    settings: Settings,
    photo: Path,
    words: str,
    output: Path | None,
    dry_run: bool,
    before_after: str | None,
    keep: str | None,
    base: str | None,
    no_review: bool,
    tries: int,
    interpreter: str | None,
    bits: str | None,
    quality: int | None,
) -> None:
    """Change PHOTO by what WORDS say (Chinese or English).

    It builds on the current version (see `fluxroom history`), but always renders from
    the original. What was not understood is named.
    """
    from fluxroom.describe import language_of

    language = language_of(words)
    source = photo
    if output is not None:
        check_target(output, source, settings.overwrite)
    picture = None if not before_after else Path(before_after)
    if picture is not None:
        check_target(picture, source, settings.overwrite, PICTURES)
    bar = settings.bar_on(language)
    bar("open", 0.0)
    opened = settings.open(source)
    if dry_run:
        plan = opened.plan(words, seed=settings.seed, keep=keep, base=base, interpreter=interpreter)
        settings.bar_off()
        _show_plan(settings, plan, language)
        return
    result = opened.edit(
        words,
        seed=settings.seed,
        keep=keep,
        base=base,
        interpreter=interpreter,
        review=not no_review,
        tries=tries,
        bits=None if bits is None else int(bits),
        threads=settings.threads,
        progress=bar,
    )
    _finish(settings, result, output, before_after, quality, language)
    if result.version is not None and result.version.parent and base is None:
        settings.say(_builds_on(result, language), err=True)


@click.command(
    cls=WithBeforeAfter,
    epilog=example(
        """
fluxroom render beach.jpg recipe.yaml -o out.tif
fluxroom render beach.jpg recipe.yaml -o out.png --bits 16 --no-history
"""
    ),
)
@photo_argument
@click.argument("recipe", type=click.Path(path_type=Path))
@output_option("The result; its format follows the name (default: PHOTO_v1.jpg beside the photo, v2, ...).")
@before_after_option
@click.option("--review", is_flag=True, help="Measure whether it does what it says.")
@click.option("--no-history", is_flag=True, help="Do not keep it as a version.")
@bits_option
@quality_option
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Instead of the recipe's own seed.")
@overwrite_option
@library_option
@working
@common
@click.pass_obj
def render(
    settings: Settings,
    photo: Path,
    recipe: Path,
    output: Path | None,
    before_after: str | None,
    review: bool,
    no_history: bool,
    bits: str | None,
    quality: int | None,
    seed: int | None,
) -> None:
    """Render RECIPE (a YAML file, as `edit --dry-run` prints) on PHOTO."""
    from fluxroom.describe import language_of
    from fluxroom.render import is_blind

    if output is not None:
        check_target(output, photo, settings.overwrite)
    if before_after:
        check_target(Path(before_after), photo, settings.overwrite, PICTURES)
    plan = read_recipe(recipe)
    if seed is not None:
        plan = plan.with_seed(seed)
    language = language_of(plan.say)
    bar = settings.bar_on(language)
    bar("open", 0.0)
    opened = settings.open(photo, look=review or not is_blind(plan))
    result = opened.render(
        plan,
        review=review,
        remember=not no_history,
        bits=None if bits is None else int(bits),
        threads=settings.threads,
        progress=bar,
    )
    _finish(settings, result, output, before_after, quality, language)


def check_target(target: Path, source: Path, overwrite: bool, endings: tuple[str, ...] = ENDINGS) -> None:
    """Refuse before any work is done what could not be written afterwards."""
    if target.is_dir():
        raise OutputError(f"{target} is a folder; give a file name")
    if target.suffix.lower() not in endings:
        raise OutputError(f"{target}: the name must end in one of {', '.join(endings)}")
    folder = target.parent
    if not folder.is_dir():
        raise OutputError(f"{target}: the folder {folder} does not exist")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{target}: the folder {folder} cannot be written to")
    if target.exists():
        if source.exists() and target.samefile(source):
            raise OutputExists(f"{target} is the original itself, which is never written to; choose another name")
        if not overwrite:
            raise OutputExists(f"{target} exists already; --overwrite replaces it, or choose another name")


def save(settings: Settings, result: Result, output: Path | None, tag: str, quality: int | None = None) -> Path:
    """Write the result; if that fails, say how to get at the version that was kept."""
    import time

    from fluxroom.photo import free_name

    source = result.source.path
    assert source is not None
    target = free_name(source, tag) if output is None else output
    if settings.bar is not None:
        settings.bar("save", 0.0)
    started = time.perf_counter()
    try:
        result.save(target, overwrite=settings.overwrite, quality=quality)
    except OutputError as error:
        if result.version is None:
            raise
        kept = f"the edit is kept: fluxroom replay {source} {result.version.name} -o FILE"
        raise type(error)(f"{error}; {kept}") from None
    result.timings["save"] = time.perf_counter() - started
    return target


def _finish(
    settings: Settings,
    result: Result,
    output: Path | None,
    before_after: str | None,
    quality: int | None,
    language: Language,
) -> None:
    tag = "edited" if result.version is None else result.version.name
    target = save(settings, result, output, tag, quality)
    picture: Path | None = None
    if before_after is not None:
        picture = Path(before_after) if before_after else target.with_name(f"{target.stem}_before_after.jpg")
        result.before_after(picture, overwrite=settings.overwrite)
    settings.bar_off()
    report(settings, result, target, picture, language)


def report(settings: Settings, result: Result, target: Path, picture: Path | None, language: Language) -> None:
    """Tell what was done, what was measured, how long it took and where the result is."""
    zh = language == "zh"
    for line in _not_understood(result, language):
        settings.warn(line)
    for note in result.notes:
        settings.warn(note)
    settings.say("做了什么：" if zh else "what was done:")
    for line in result.describe(language):
        settings.say(f"  {line}")
    if result.verdict is not None:
        settings.say("检查结果：" if zh else "what was measured:")
        for line in result.verdict.words(language).splitlines():
            settings.say(f"  {line}")
        for line in tries_in_words([(t.en, t.zh, t.verdict.passed, t.chosen) for t in result.tries], language):
            settings.say(f"  {line}")
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in result.timings.items() if seconds >= 0.005)
    settings.say(f"{'用时' if zh else 'seconds'}: {result.seconds:.2f} ({stages})")
    if result.version is not None:
        parent = f"v{result.version.parent}"
        settings.say(f"{'版本' if zh else 'version'}: {result.version.name} ({'基于' if zh else 'from'} {parent})")
    settings.say(f"{'结果' if zh else 'result'}: {target}")
    if picture is not None:
        settings.say(f"{'前后对比' if zh else 'before and after'}: {picture}")
    settings.result(result_data(result, target, picture))


def tries_in_words(tries: Sequence[tuple[Sequence[str], Sequence[str], bool, bool]], language: Language) -> list[str]:
    """A line a try, if there were several: (reasons in English, in Chinese, passed, taken) each."""
    if len(tries) < 2:
        return []
    zh = language == "zh"
    lines = []
    for place, (en_why, zh_why, passed, chosen) in enumerate(tries, 1):
        why = (";" if zh else "; ").join(zh_why if zh else en_why) or ("按配方" if zh else "as planned")
        taken = (" [采用]" if zh else " [taken]") if chosen else ""
        lines.append(f"{'第' if zh else 'try '}{place}{'次' if zh else ''} {'✓' if passed else '✗'} {why}{taken}")
    return lines


def result_data(result: Result, target: Path | None, picture: Path | None) -> dict[str, Any]:
    return {
        "result": None if target is None else str(target),
        "before_after": None if picture is None else str(picture),
        "version": None if result.version is None else result.version.name,
        "parent": None if result.version is None else f"v{result.version.parent}",
        "recipe": result.recipe.to_dict(),
        "verdict": None if result.verdict is None else result.verdict.to_dict(),
        "revised": result.revised,
        "tries": [
            {
                "recipe": t.recipe.to_dict(),
                "passed": t.verdict.passed,
                "size": t.size,
                "because": list(t.en),
                "chosen": t.chosen,
            }
            for t in result.tries
        ],
        "not_understood": list(result.recipe.not_understood),
        "notes": list(result.notes),
        "seconds": {stage: round(seconds, 4) for stage, seconds in result.timings.items()},
    }


def _show_plan(settings: Settings, plan: Plan, language: Language) -> None:
    from fluxroom.describe import describe

    for line in describe(plan.recipe, language):
        settings.say(line, err=True)
    for words in plan.recipe.not_understood:
        settings.warn(_unknown(words, language))
    for note in plan.interpretation.notes:
        settings.warn(note)
    if settings.json:
        notes = list(plan.interpretation.notes)
        settings.result({"parent": f"v{plan.parent}", "recipe": plan.recipe.to_dict(), "notes": notes})
    else:
        click.echo(plan.recipe.to_yaml(), nl=False)


def _not_understood(result: Result, language: Language) -> list[str]:
    return [_unknown(words, language) for words in result.recipe.not_understood]


def _unknown(words: str, language: Language) -> str:
    return f"没有听懂“{words}”，这部分没有做" if language == "zh" else f"not understood and not done: “{words}”"


def _builds_on(result: Result, language: Language) -> str:
    assert result.version is not None
    parent = f"v{result.version.parent}"
    if language == "zh":
        return f"在 {parent} 的基础上修改（--from v0 从原图开始）"
    return f"this builds on {parent} (--from v0 starts from the original)"


def read_recipe(recipe: Path) -> Recipe:
    """A recipe file, its operators pinned. Raises InputError, RecipeError."""
    from fluxroom.history import pin
    from fluxroom.recipe import Recipe

    try:
        text = recipe.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{recipe}: a recipe is a text file; this is not") from None
    except OSError as error:
        raise InputError(f"{recipe}: cannot be read: {error.strerror or error}") from None
    return pin(Recipe.from_yaml(text))

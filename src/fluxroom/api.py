"""The whole way from a photo and words to a result, as a few methods."""

from __future__ import annotations

import builtins
import hashlib
import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fluxroom import __version__
from fluxroom.engines import choose
from fluxroom.errors import HistoryError, InputError, InstructionError, OutputExists, PhotoError
from fluxroom.history import Attempt, Library, Source, Version, combine, fingerprint, parse_version, pin
from fluxroom.recipe import Recipe, Region

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PIL.Image import Image

    from fluxroom.assistant import Idea, Session
    from fluxroom.critic import Outcome, Try, Verdict
    from fluxroom.describe import Language
    from fluxroom.engines import Engine
    from fluxroom.language import Interpretation
    from fluxroom.language.model import Interpreter
    from fluxroom.perception import Answer, Eye, Found
    from fluxroom.photo import Photo as Pixels
    from fluxroom.render import Rendered
    from fluxroom.scene import Float, Scene

Progress = Callable[[str, float], None]
"""Called with a stage (open, perceive, interpret, render, review, revise, remember) and how far it is, 0..1."""


class _Own:
    """Stands for the user's own library."""


OWN = _Own()


def open(
    path: str | os.PathLike[str],
    *,
    library: Library | str | os.PathLike[str] | _Own | None = OWN,
    max_megapixels: float | None = None,
) -> Photo:
    """Open a photo for editing. The file is only ever read.

    library         where versions are kept: a folder, a Library, None for nowhere;
                    by default the user's own
    max_megapixels  refuse larger photos (default 250)
    """
    from fluxroom.photo import MAX_PIXELS, open_photo

    if max_megapixels is not None and not 0 < max_megapixels < 1e6:
        raise InputError(f"max_megapixels is {max_megapixels:g}; it must be above 0 and below a million")
    limit = MAX_PIXELS if max_megapixels is None else int(max_megapixels * 1e6)
    started = time.perf_counter()
    pixels = open_photo(Path(path), max_pixels=limit)
    photo = Photo(pixels, _library(library))
    photo.timings["open"] = time.perf_counter() - started
    return photo


def _library(library: Library | str | os.PathLike[str] | _Own | None) -> Library | None:
    if isinstance(library, _Own):
        return Library()
    if library is None or isinstance(library, Library):
        return library
    return Library(Path(library))


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done for some words, before anything is rendered.

    interpretation   how the words were understood (of this step alone)
    recipe           the whole recipe from the original, operators pinned
    parent           the version it builds on; 0 is the original
    """

    interpretation: Interpretation
    recipe: Recipe
    parent: int


class Photo:
    """An opened photo: what it is, what is seen in it, and what can be done with it.

    pixels   the photo itself: code values, profile, metadata
    library  where its versions are kept, or None
    """

    def __init__(self, pixels: Pixels, library: Library | None = None) -> None:
        self.pixels = pixels
        self.library = library
        self.timings: dict[str, float] = {}

    def __repr__(self) -> str:
        p = self.pixels
        return f"<Photo {p.path} {p.width} x {p.height} {p.encoding.format} {p.encoding.bits} bit>"

    @property
    def width(self) -> int:
        return self.pixels.width

    @property
    def height(self) -> int:
        return self.pixels.height

    @property
    def path(self) -> Path | None:
        return self.pixels.path

    @cached_property
    def sha256(self) -> str:
        """Of the file's bytes: the identity of the photo in the history."""
        if self.pixels.sha256:
            return self.pixels.sha256
        if self.path is None:
            return fingerprint(self.pixels.codes, self.pixels.alpha)
        return hash_file(self.path)

    @cached_property
    def scene(self) -> Scene:
        """What is seen; looked at once, when first asked for."""
        from fluxroom.perception import perceive

        started = time.perf_counter()
        scene = perceive(self.pixels)
        self.timings["perceive"] = time.perf_counter() - started
        return scene

    @property
    def regions(self) -> dict[str, Float]:
        """Soft masks by name, at the size of `scene.preview`; see `mask` for one at full size."""
        return self.scene.regions

    def mask(self, region: str | Region) -> Float:
        """Any region ("sky - clouds") as a soft mask at the photo's own size, (height, width) float32 0..1."""
        from fluxroom.render import full_mask

        return full_mask(self.pixels, self.scene, Region(str(region)))

    def pick(
        self,
        clicks: Sequence[tuple[float, float] | tuple[float, float, bool]] = (),
        box: tuple[float, float, float, float] | None = None,
    ) -> Picked:
        """The thing under the clicks or in the box, to show and to put into a recipe.

        clicks   (x, y) or (x, y, there), x and y from 0 to 1; with there=False: not this
        box      two opposite corners, x0, y0, x1, y1; nothing outside it is taken
        """
        from fluxroom.recipe import pick_text
        from fluxroom.render import preview_mask

        region = Region(pick_text(tuple((c[0], c[1], len(c) < 3 or bool(c[2])) for c in clicks), box))
        return Picked(region, preview_mask(self.scene, region))

    def ask(self, question: str, *, eye: Eye | str = "embedded") -> Answer:
        """Answer a question about the photo, in the question's language.

        eye   who looks; see `engines.eyes.choose`. For several questions choose once and hand the eye in.
        """
        return self._eye(eye).answer(self.pixels, question)

    def at(self, version: int | str) -> Photo:
        """A version of this photo ("v2", 0 for the original) as a photo of its own, to look at and ask about."""
        number = self.number(version)
        return self if number == 0 else Photo(self.replay(number).photo)

    def number(self, version: int | str) -> int:
        """The number of a version: of "v2", 2, "original", or the name that was given to it."""
        return parse_version(version) if self.library is None else self.library.resolve(self.sha256, version)

    def small(self, side: int) -> Photo:
        """The photo with a long side of at most `side` pixels and the same scene, to try edits on; without versions."""
        from fluxroom.photo.reduce import preview_of

        small = Photo(preview_of(self.pixels, side))
        small.__dict__["scene"] = replace(self.scene, width=small.width, height=small.height)
        return small

    def compare(self, other: Photo | Result | int | str | os.PathLike[str], question: str) -> Answer:
        """Which of the two is warmer, sharper ...: this one (the first) or the other (the second).

        other   another photo, what came out of an edit, a version of this photo ("v2", 0), or a file
        """
        from fluxroom.perception import compare

        if isinstance(other, (int, str)) and names_version(other):
            number = self.number(other)
            names = ("v0", f"v{number}")
            return compare(self.scene, self.at(number).scene, question, names)
        if isinstance(other, Result):
            return compare(self.scene, Photo(other.photo).scene, question)
        second = other if isinstance(other, Photo) else open(other, library=None)  # type: ignore[arg-type]
        return compare(self.scene, second.scene, question)

    def locate(self, words: str, *, eye: Eye | str = "embedded") -> list[Found]:
        """Where what the words name is to be seen: boxes, empty if nowhere."""
        from fluxroom.perception import Pointer

        looking = self._eye(eye)
        if not isinstance(looking, Pointer):
            raise InputError(f"{looking.name} was not taught to point at things; ask it in words, or take another eye")
        return looking.locate(self.pixels, words)

    def _eye(self, eye: Eye | str) -> Eye:
        from fluxroom.engines.eyes import Embedded, choose

        chosen = choose(eye) if isinstance(eye, str) else eye
        return Embedded(lambda _: self.scene) if isinstance(chosen, Embedded) else chosen

    def plan(
        self,
        words: str,
        *,
        seed: int = 0,
        keep: str | Region | None = None,
        base: int | str | None = None,
        interpreter: Interpreter | str | None = None,
    ) -> Plan:
        """Understand the words and work out the whole recipe; nothing is rendered or remembered.

        keep         a further region that must not be touched by this step
        base         the version to build on ("v2", 0 for the original); by default the current one
        interpreter  what understands the words, or the address of a chat server whose model does (the words and the
                     list of operators are sent there, nothing of the photo); by default the embedded one
        """
        from fluxroom.language import interpret

        if any("\ud800" <= c <= "\udfff" for c in words):
            raise InstructionError("the words are not readable text; give them in UTF-8")
        parent, earlier = self._base(base)
        if isinstance(interpreter, str):
            from fluxroom.engines import interpreter as models

            interpreter = models.at(interpreter)
        interpretation = (interpreter or interpret)(words, self.scene, seed)
        step = interpretation.recipe
        if keep is not None:
            further = Region(str(keep))
            step = replace(step, keep=further if step.keep is None else Region(f"{step.keep} + ({further})"))
        return Plan(interpretation, pin(combine(earlier, step)), parent)

    def edit(
        self,
        words: str,
        *,
        seed: int = 0,
        keep: str | Region | None = None,
        base: int | str | None = None,
        review: bool = True,
        tries: int = 2,
        engine: str | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
        interpreter: Interpreter | str | None = None,
    ) -> Result:
        """Do what the words say, check it, remember it as a new version.

        It renders from the original through the whole recipe of the version it
        builds on plus the new step, so pixels never pass through two edits.

        seed, keep, base, interpreter   as in `plan`
        review, tries      measure whether it was achieved; try up to `tries` times in all, small where that tells
        bits               8 or 16: depth of the result; by default that of the photo
        """
        watch = _Watch(progress, dict(self.timings))
        with watch("perceive"):
            _ = self.scene
        with watch("interpret"):
            plan = self.plan(words, seed=seed, keep=keep, base=base, interpreter=interpreter)
        return self._carry_out(
            plan.recipe,
            watch,
            words=words,
            parent=plan.parent,
            interpretation=plan.interpretation,
            tries=max(1, tries) if review else 0,
            remember=True,
            engine=engine,
            bits=bits,
            threads=threads,
        )

    def develop(
        self,
        recipe: Recipe,
        *,
        words: str,
        parent: int | str,
        interpretation: Interpretation | None = None,
        tries: int = 2,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Render a whole recipe as the next step of a dialogue: checked, repaired and remembered as `edit` does.

        words            what was said for it
        parent           the version it came from
        interpretation   how the words were understood, if they were interpreted
        tries            renderings in all; 0 without review
        """
        watch = _Watch(progress, dict(self.timings))
        with watch("perceive"):
            _ = self.scene
        return self._carry_out(
            recipe,
            watch,
            words=words,
            parent=self.number(parent),
            interpretation=interpretation,
            tries=max(0, tries),
            remember=True,
            engine=None,
            bits=bits,
            threads=threads,
        )

    def look(self, name: str, strength: float = 1.0, *, threads: int | None = None) -> Result:
        """Lay a look over the current version, as a new one: a built-in one or the library's own, by key or title."""
        from fluxroom.looks import find_look

        parent, earlier = self._base(None)
        step = find_look(name, self.library).at(strength)
        whole = pin(combine(earlier, step))
        return self.develop(whole, words=step.say, parent=parent, tries=0, threads=threads)

    def session(
        self, *, review: bool = True, tries: int = 2, taste: bool = True, threads: int | None = None
    ) -> Session:
        """A dialogue about this photo; see `fluxroom.assistant.Session`."""
        from fluxroom.assistant import Session

        return Session(self, review=review, tries=tries, taste=taste, threads=threads)

    def suggest(self, language: Language = "en", *, most: int = 5) -> list[Idea]:
        """Ideas that the scene allows, the best first: words, a reason and a ready recipe each."""
        from fluxroom.assistant import Taste, suggest

        liking = (lambda recipe: 1.0) if self.library is None else Taste(self.library.path).liking
        return suggest(self.scene, language, most=most, liking=liking)

    def render(
        self,
        recipe: Recipe,
        *,
        review: bool = False,
        remember: bool = True,
        engine: str | None = None,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Result:
        """Render a recipe as it is, from the original. It becomes a version with the original as its parent."""
        watch = _Watch(progress, dict(self.timings))
        recipe = pin(recipe)
        with watch("perceive"):
            scene = self.scene if review else self._enough_for(recipe)
        return self._carry_out(
            recipe,
            watch,
            words=recipe.say,
            parent=0,
            interpretation=None,
            tries=1 if review else 0,
            remember=remember,
            engine=engine,
            bits=bits,
            threads=threads,
            scene=scene,
        )

    def _enough_for(self, recipe: Recipe) -> Scene:
        """What a recipe needs to know of the photo: its small picture only, if nothing in it looks at regions."""
        from fluxroom.photo.reduce import within
        from fluxroom.render import is_blind
        from fluxroom.scene import ANALYSIS_SIDE, unseen

        if "scene" in self.__dict__ or not is_blind(recipe):
            return self.scene
        return unseen(self.width, self.height, within(self.pixels, ANALYSIS_SIDE))

    def versions(self) -> list[Version]:
        """Every version so far, oldest first (the original, v0, is not among them)."""
        return [] if self.library is None else self.library.log(self.sha256)

    @property
    def current(self) -> int:
        """The version that the next edit builds on; 0 is the original."""
        return 0 if self.library is None else self.library.current(self.sha256)

    def rollback(self, version: int | str) -> None:
        """Make another version current; nothing is deleted."""
        self._need_library().rollback(self.sha256, self.number(version))

    def name(self, version: int | str, name: str) -> None:
        """Give a version a name, to go back to it by. Raises InputError, VersionNotFound."""
        from fluxroom.history import set_name

        set_name(self._need_library(), self.sha256, name, self.number(version))

    def replay(
        self, version: int | str, *, anyway: bool = False, threads: int | None = None, progress: Progress | None = None
    ) -> Result:
        """Render a version again; the pixels are checked to be those of the first time.

        If they differ this is an error, unless `anyway` or another version of
        fluxroom made it: then `result.notes` says so.
        """
        library = self._need_library()
        number = self.number(version)
        watch = _Watch(progress, dict(self.timings))
        if number == 0:
            return Result(self, self.pixels, Recipe(), timings=watch.seconds)
        made = library.get(self.sha256, number)
        with watch("perceive"):
            scene = self._enough_for(made.recipe)
        with watch("render"):
            engine = choose(made.recipe, made.engine)
            rendered = engine.render(
                self.pixels, scene, made.recipe, bits=made.bits, threads=threads, progress=watch.part("render")
            )
        result = Result(
            self,
            _developed(self.pixels, rendered),
            made.recipe,
            version=made,
            timings=watch.seconds,
            notes=list(rendered.notes),
        )
        if fingerprint(result.photo.codes, result.photo.alpha) != made.result:
            says = f"v{number} does not come out as it did when fluxroom {made.fluxroom} made it"
            if made.fluxroom == __version__ and not anyway:
                raise HistoryError(f"{says}, though this is the same version; --anyway takes the new rendering")
            result.notes.append(f"{says}; this is fluxroom {__version__}")
        elif made.fluxroom != __version__:
            result.notes.append(
                f"v{number} was made by fluxroom {made.fluxroom}, this is {__version__}; the pixels are the same"
            )
        return result

    def _need_library(self) -> Library:
        if self.library is None:
            raise InputError("this photo was opened without a library, so it has no versions")
        return self.library

    def _base(self, base: int | str | None) -> tuple[int, Recipe | None]:
        number = self.current if base is None else self.number(base)
        if number == 0:
            return 0, None
        return number, self._need_library().get(self.sha256, number).recipe

    def as_source(self) -> Source:
        """What the history needs to know of the photo."""
        size = 0
        if self.path is not None:
            try:
                size = self.path.stat().st_size
            except OSError:
                size = 0
        return Source(self.sha256, size, self.width, self.height, self.pixels.encoding.format, self.path)

    def _carry_out(
        self,
        recipe: Recipe,
        watch: _Watch,
        *,
        words: str,
        parent: int,
        interpretation: Interpretation | None,
        tries: int,
        remember: bool,
        engine: str | None,
        bits: int | None,
        threads: int | None,
        scene: Scene | None = None,
    ) -> Result:
        worker = choose(recipe, engine)
        seen = self.scene if scene is None else scene

        def render(recipe: Recipe, stage: str) -> Rendered:
            with watch(stage):
                return worker.render(self.pixels, seen, recipe, bits=bits, threads=threads, progress=watch.part(stage))

        rendered = render(recipe, "render")
        outcome: Outcome | None = None
        if tries:
            outcome = self._checked(recipe, rendered, watch, lambda r: render(r, "revise"), tries)
            recipe, rendered = outcome.recipe, outcome.rendered
        result = Result(
            self,
            _developed(self.pixels, rendered),
            recipe,
            interpretation=interpretation,
            verdict=None if outcome is None else outcome.verdict,
            tries=() if outcome is None else outcome.tries,
            timings=watch.seconds,
            notes=[*(interpretation.notes if interpretation is not None else ()), *rendered.notes],
        )
        if remember and self.library is not None:
            with watch("remember"):
                result.version = self._remember(self.library, result, worker, words, parent, bits)
        return result

    def _checked(
        self, recipe: Recipe, rendered: Rendered, watch: _Watch, render: Callable[[Recipe], Rendered], tries: int
    ) -> Outcome:
        """Judge a rendering against its recipe; what misses is revised and tried again, on the small picture first."""
        from fluxroom import critic
        from fluxroom.render import render as carry_out
        from fluxroom.scene import ANALYSIS_SIDE

        plans: list[tuple[Photo, Rendered]] = []

        def judge(changed: Recipe, made: Rendered) -> Verdict:
            with watch("review"):
                return critic.review(self.pixels, self.scene, recipe, made, rendered)

        def judge_small(changed: Recipe) -> Verdict:
            with watch("revise"):
                if not plans:
                    small = self.small(ANALYSIS_SIDE)
                    plans.append((small, carry_out(small.pixels, small.scene, recipe)))
                small, planned = plans[0]
                made = planned if changed == recipe else carry_out(small.pixels, small.scene, changed)
                return critic.review(small.pixels, small.scene, recipe, made, planned)

        return critic.try_again(recipe, recipe, rendered, critic.Workshop(render, judge, judge_small), tries)

    def _remember(
        self, library: Library, result: Result, engine: Engine, words: str, parent: int, bits: int | None
    ) -> Version:
        verdict: dict[str, Any] | None = None
        if result.verdict is not None:
            verdict = result.verdict.to_dict()
        return library.add(
            self.as_source(),
            result.recipe,
            words=words,
            parent=parent,
            result=fingerprint(result.photo.codes, result.photo.alpha),
            engine=engine.name,
            verdict=verdict,
            bits=bits,
            attempts=_attempts(result.tries) if len(result.tries) > 1 else (),
        )


@dataclass(frozen=True, slots=True)
class Picked:
    """What was picked.

    region   the pick as text, as a recipe holds it; it is found anew wherever it is used
    mask     (h, w) float32 0..1 at the size of `scene.preview`; `photo.mask(region)` gives it at full size
    """

    region: Region
    mask: Float


def names_version(name: int | str) -> bool:
    """Whether it is a version ("v2") and no file that is called so."""
    try:
        parse_version(name)
    except InputError:
        return False
    return isinstance(name, int) or not Path(name).exists()


@dataclass(slots=True)
class Result:
    """What came out.

    source          the photo it was made from
    photo           the edited photo: code values, profile, metadata
    recipe          the whole recipe that was rendered
    interpretation  how the words were understood; None if there were none
    verdict         what was measured; None without review
    tries           what was tried, in order: recipe, verdict, reasons; empty without review
    version         its entry in the history; None if it was not remembered
    timings         seconds by stage
    notes           what the user should know, in words
    """

    source: Photo
    photo: Pixels
    recipe: Recipe
    interpretation: Interpretation | None = None
    verdict: Verdict | None = None
    tries: tuple[Try, ...] = ()
    version: Version | None = None
    timings: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return sum(self.timings.values())

    @property
    def revised(self) -> bool:
        """Whether the review led to another try that was taken."""
        return self.verdict is not None and self.verdict.revised

    @property
    def first_verdict(self) -> Verdict | None:
        """What was measured before the revision that was taken; None if there was none."""
        return self.tries[0].verdict if self.revised else None

    def opened(self) -> Photo:
        """The result as a photo of its own, to look at and ask about; without versions."""
        return Photo(self.photo)

    def describe(self, language: Language = "en") -> list[str]:
        """The recipe in words, one line for each adjustment."""
        from fluxroom.describe import describe

        return describe(self.recipe, language)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        quality: int | None = None,
        subsampling: str | None = None,
    ) -> Path:
        """Write the result; the format follows the name. Everything that came with the photo goes along."""
        from fluxroom.photo import save_photo

        target = Path(path)
        _not_the_source(target, self.source.path)
        save_photo(
            self.photo, target, overwrite=overwrite, quality=quality, subsampling=subsampling,
            before=self.source.pixels.codes,
        )  # fmt: skip
        return target

    def before_after(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        width: int = 1600,
        overwrite: bool = False,
        labels: tuple[str, str] = ("before", "after"),
    ) -> Image:
        """A small picture of before and after; also written to `path` if given."""
        from fluxroom.pictures import before_after, save_picture

        picture = before_after(self.source.pixels, self.photo, width=width, labels=labels)
        if path is not None:
            _not_the_source(Path(path), self.source.path)
            save_picture(picture, Path(path), overwrite=overwrite)
        return picture


class _Watch:
    """Measures stages and tells a progress function about them."""

    def __init__(self, progress: Progress | None, seconds: dict[str, float]) -> None:
        self.progress = progress
        self.seconds = seconds

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        if self.progress is not None:
            self.progress(stage, 0.0)
        started = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started
        if self.progress is not None:
            self.progress(stage, 1.0)

    def part(self, stage: str) -> Progress | None:
        """For the renderer, whose own parts are "prepare" and "pixels"."""
        progress = self.progress
        if progress is None:
            return None

        def tell(part: str, done: float) -> None:
            progress(stage, 0.25 * done if part == "prepare" else 0.25 + 0.75 * done)

        return tell


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    try:
        with builtins.open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PhotoError(f"{path}: cannot be read: {error.strerror or error}") from None


def _developed(source: Pixels, rendered: Rendered) -> Pixels:
    """The rendered pixels, framed, with everything that came with the source."""
    import numpy as np

    from fluxroom.photo.framing import WHOLE, framed

    codes, alpha = rendered.codes, source.alpha
    if alpha is not None and alpha.dtype != codes.dtype:
        deeper = codes.dtype == np.uint16
        alpha = (
            alpha.astype(np.uint16) * np.uint16(257)
            if deeper
            else ((alpha.astype(np.uint32) + 128) // 257).astype("u1")
        )
    if rendered.framing != WHOLE:
        try:
            codes = framed(codes, rendered.framing)
        except ValueError as error:
            raise InputError(f"{error}; crop it first, or leave the turn out") from None
        alpha = None if alpha is None else framed(alpha, rendered.framing)
    return replace(
        source,
        codes=codes,
        alpha=alpha,
        profile=rendered.profile,
        encoding=replace(source.encoding, bits=8 * codes.dtype.itemsize),
    )


def _attempts(tries: tuple[Try, ...]) -> list[Attempt]:
    """Tries as the history keeps them."""
    return [
        Attempt(t.recipe, t.verdict.to_dict(), {"en": list(t.en), "zh": list(t.zh)}, t.size, t.chosen) for t in tries
    ]


def _not_the_source(target: Path, source: Path | None) -> None:
    try:
        same = source is not None and target.samefile(source)
    except OSError:
        return
    if same:
        raise OutputExists(f"{target} is the original itself, which is never written to; choose another name")

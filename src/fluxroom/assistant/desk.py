"""Where a dialogue works: the photo, its versions, and the next one made from a recipe."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fluxroom.assistant import refine, say
from fluxroom.assistant.taste import Taste
from fluxroom.history import Library
from fluxroom.recipe import Recipe

if TYPE_CHECKING:
    from PIL.Image import Image

    from fluxroom.api import Photo, Progress, Result
    from fluxroom.describe import Language
    from fluxroom.language import Interpretation
    from fluxroom.perception import Answer

Kind = Literal[
    "edit", "went", "answer", "compared", "told", "asked", "suggested", "saved", "praise", "help", "quit", "nothing"
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of words that can be read in two ways, or one suggestion: what it would do, ready to be taken."""

    text: str
    recipe: Recipe
    words: str
    picture: Image | None = None


@dataclass(slots=True)
class Turn:
    """What came of one turn.

    kind      what it was
    lines     the reply, in the language of the words
    result    the new version, if the turn made one
    version   the version that is current now; 0 is the original
    answer    of a question
    choices   what can be picked next ("the second", "第二个")
    picture   before and after, of a comparison
    """

    words: str
    kind: Kind
    lines: list[str] = field(default_factory=list)
    version: int = 0
    result: Result | None = None
    answer: Answer | None = None
    choices: list[Choice] = field(default_factory=list)
    picture: Image | None = None


class Desk:
    """A photo, the version that stands now, and how the next one is made; all of it in the photo's history.

    photo         what is talked about; one that was opened without a library gets one for as long as the session lasts
    review,tries  as in `Photo.edit`
    taste         learn from this dialogue, and use what was learnt
    """

    def __init__(
        self, photo: Photo, *, review: bool = True, tries: int = 2, taste: bool = True, threads: int | None = None
    ) -> None:
        self.photo = photo
        self.review, self.tries, self.threads = review, tries, threads
        self._undone: list[int] = []
        self._last: Result | None = None
        if photo.library is None:
            folder = tempfile.mkdtemp(prefix="fluxroom-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            photo.library = Library(Path(folder))
        self.taste = Taste(self._library().path) if taste else None

    @property
    def version(self) -> int:
        return self.photo.current

    @property
    def recipe(self) -> Recipe:
        """The recipe of the current version; empty for the original."""
        return self._recipe(self.version)

    def _recipe(self, number: int) -> Recipe:
        if number == 0:
            return Recipe()
        return self._library().get(self.photo.sha256, number).recipe

    def _parent(self, number: int) -> int:
        return self._library().get(self.photo.sha256, number).parent if number else 0

    def _library(self) -> Library:
        assert self.photo.library is not None
        return self.photo.library

    def _focus(self) -> tuple[int, ...]:
        """The adjustments that the step before was about."""
        number = self.version
        while number:
            parent = self._parent(number)
            found = refine.focus(self._recipe(number), self._recipe(parent))
            if found:
                now = self.recipe.adjustments
                here = [now.index(a) for a in (self._recipe(number).adjustments[i] for i in found) if a in now]
                if here:
                    return tuple(here)
            number = parent
        return ()

    def look(self) -> Result:
        """The current version, rendered (and checked against what was recorded) unless it was just made."""
        number = self.version
        if self._last is not None and self._last.version is not None and self._last.version.number == number:
            return self._last
        self._last = self.photo.replay(number, threads=self.threads)
        return self._last

    def _make(
        self,
        recipe: Recipe,
        words: str,
        language: Language,
        progress: Progress | None,
        made: Interpretation | None = None,
        *,
        said: str | None = None,
        parent: int | None = None,
        lines: list[str] | None = None,
    ) -> Turn:
        """Render the recipe as the next version."""
        before = self.recipe
        result = self.photo.develop(
            recipe, words=words, parent=self.version if parent is None else parent, interpretation=made,
            tries=self.tries if self.review else 0, threads=self.threads, progress=progress,
        )  # fmt: skip
        self._undone.clear()
        self._last = result
        return Turn(said or words, "edit", [*(lines or []), *say.made(result, before, language)], result=result)

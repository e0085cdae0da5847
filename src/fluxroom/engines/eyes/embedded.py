"""The embedded eye, in the same clothes as the bigger ones."""

from __future__ import annotations

from collections.abc import Callable

from fluxroom.describe import language_of
from fluxroom.perception import Answer, Found, answer, perceive
from fluxroom.photo import Photo
from fluxroom.scene import Scene


class Embedded:
    """Runs anywhere, offline, and knows what its lexicon knows.

    scene_of   gives the scene of a photo; a caller who has looked already hands that in
    """

    name = "embedded"
    licence = "Apache-2.0"
    notice = ""

    def __init__(self, scene_of: Callable[[Photo], Scene] = perceive) -> None:
        self.scene_of = scene_of

    def answer(self, photo: Photo, question: str) -> Answer:
        return answer(self.scene_of(photo), question)

    def locate(self, photo: Photo, words: str) -> list[Found]:
        asked = f"{words}在哪里？" if language_of(words) == "zh" else f"where is the {words}?"
        seen = answer(self.scene_of(photo), asked)
        if seen.kind != "where" or seen.box is None or not seen.sure:
            return []
        return [Found(words, seen.box, seen.confidence)]

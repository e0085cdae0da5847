"""Questions about one photo."""

from __future__ import annotations

from collections.abc import Callable

from fluxroom.errors import NothingUnderstood
from fluxroom.perception.form import form
from fluxroom.perception.questions import colors, moments, presence, subjects, technical
from fluxroom.perception.questions.lexicon import wording
from fluxroom.perception.questions.parse import Query, parse
from fluxroom.perception.questions.reply import Answer, less_sure
from fluxroom.scene import Scene

KINDS: dict[str, Callable[[Scene, Query], Answer]] = {
    "exists": presence.exists,
    "where": presence.where,
    "choice": presence.choice,
    "share": presence.share,
    "size": presence.size,
    "relation": presence.relation,
    "side": presence.side,
    "which_animal": subjects.which_animal,
    "count": subjects.count,
    "contents": subjects.contents,
    "color": colors.color,
    "time": moments.time,
    "weather": moments.weather,
    "season": moments.season,
    "scene": moments.scene_kind,
    "light": technical.light,
    "level": technical.level,
    "exposure": technical.exposure,
    "sharp": technical.sharp,
    "noise": technical.noise,
}


JUDGED = frozenset({"exists", "where", "share", "time", "weather", "season", "scene"})
"""Types whose answers rest on what is to be seen; the others measure."""
SHOWN = 0.5
"""Below this `form` a picture shows too little for anyone to be sure."""


def can_ask(zh: bool = False) -> list[tuple[str, str, bool]]:
    """What can be asked: (type, in words, whether it is answered surely; see data/words.yaml)."""
    return [
        (kind, str(entry["zh" if zh else "en"]), bool(entry["sure"])) for kind, entry in wording()["can_ask"].items()
    ]


def _what_can_be_asked(zh: bool) -> str:
    sure = [words for _, words, surely in can_ask(zh) if surely]
    unsure = [words for _, words, surely in can_ask(zh) if not surely]
    if zh:
        return f"可以问：{'；'.join(sure)}。不太有把握的：{'；'.join(unsure)}"
    return f"You can ask {'; '.join(sure)}; and, answered less surely, {'; '.join(unsure)}"


def answer(scene: Scene, question: str) -> Answer:
    """Answer a question about the photo. Raises NothingUnderstood for an empty one."""
    text = question.strip()
    if not text:
        raise NothingUnderstood('the question is empty; ask e.g. "when was this taken?" or "图里有没有水?"')
    query = parse(text)
    if query.kind in KINDS:
        found = KINDS[query.kind](scene, query)
        return less_sure(found, 0.5) if query.kind in JUDGED and form(scene.preview) < SHOWN else found
    if query.kind == "two":
        text = "这要两张照片来比：再给一张，或给一个版本。" if query.zh else (
            "That compares two photos: give a second one, or a version."
        )  # fmt: skip
        return Answer(text, "unknown", "", 0.0)
    known = _what_can_be_asked(query.zh)
    if query.kind == "help":
        return Answer(f"{known}{'。' if query.zh else '.'}", "help", "", 1.0)
    text = f"我还不会回答这个问题。{known}。" if query.zh else f"I cannot answer that yet. {known}."
    return Answer(text, "unknown", "", 0.0)

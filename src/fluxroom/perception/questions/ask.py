"""Questions about one photo."""

from __future__ import annotations

from collections.abc import Callable

from fluxroom.errors import NothingUnderstood
from fluxroom.perception.questions import colors, moments, presence, subjects, technical
from fluxroom.perception.questions.lexicon import wording
from fluxroom.perception.questions.parse import Query, parse
from fluxroom.perception.questions.reply import Answer
from fluxroom.scene import Scene

KINDS: dict[str, Callable[[Scene, Query], Answer]] = {
    "exists": presence.exists,
    "where": presence.where,
    "share": presence.share,
    "relation": presence.relation,
    "which_animal": subjects.which_animal,
    "count": subjects.count,
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


def answer(scene: Scene, question: str) -> Answer:
    """Answer a question about the photo. Raises NothingUnderstood for an empty one."""
    text = question.strip()
    if not text:
        raise NothingUnderstood('the question is empty; ask e.g. "when was this taken?" or "图里有没有水?"')
    query = parse(text)
    if query.kind in KINDS:
        return KINDS[query.kind](scene, query)
    known = wording()["can_ask"][1 if query.zh else 0]
    return Answer(
        f"我还不会回答这个问题。可以问：{known}。" if query.zh else f"I cannot answer that yet. You can ask {known}.",
        "unknown",
        "",
        0.0,
    )

"""When, in what weather and season, what kind of scene."""

from __future__ import annotations

import numpy as np

from fluxroom.perception.attributes import attributes_of
from fluxroom.perception.circumstances import in_chinese
from fluxroom.perception.questions.evidence import look_for
from fluxroom.perception.questions.lexicon import say
from fluxroom.perception.questions.parse import Query
from fluxroom.perception.questions.reply import Answer, reply
from fluxroom.scene import Guess, Scene

DEEP = {"time": 0.65, "weather": 0.6, "season": 0.6}
"""How much the model on the classifier's features counts beside the explicit one."""


def _blend(guess: Guess, deep: dict[str, float], weight: float) -> dict[str, float]:
    """Geometric mean of two judgements; values that one does not know keep a hundredth.

    What EXIF says (`Guess.given`) is in the first alone, and is put into the second before.
    """
    names = list(dict.fromkeys((*guess.probabilities, *deep)))
    if guess.given:
        deep = {n: deep.get(n, 0.01) * guess.given.get(n, 0.05) for n in names}
        deep = {n: v / sum(deep.values()) for n, v in deep.items()}
    raw = [deep.get(n, 0.01) ** weight * max(guess.probabilities.get(n, 0.01), 1e-4) ** (1 - weight) for n in names]
    total = sum(raw)
    return {n: r / total for n, r in zip(names, raw, strict=True)}


def _decide(kind: str, scene: Scene, query: Query, guess: Guess, scale: float) -> Answer:
    p = _blend(guess, attributes_of(scene).choices.get(kind, {}), DEEP[kind])
    evidence = in_chinese(guess.evidence) if query.zh else guess.evidence
    if len(query.options) == 1 and not query.open:  # "Is it winter?"
        mass = p.get(query.options[0], 0.0)
        yes = mass >= 0.5
        words = say(kind, query.options[0], query.zh)
        if yes != (guess.value == query.options[0]):  # the reasons were found for another value
            evidence = ()
        text = f"{'是' if yes else '不是'}，{'看起来' if yes else '看起来不'}是{words}。" if query.zh else (
            f"{'Yes' if yes else 'No'}, it {'looks' if yes else 'does not look'} like {words}."
        )  # fmt: skip
        return reply(text, kind, "yes" if yes else "no", scale * max(mass, 1 - mass), evidence)
    offered = {n: v for n, v in p.items() if n in query.options} if len(query.options) > 1 else {}
    offered = offered if sum(offered.values()) > 0.02 else p
    value = max(offered, key=lambda n: offered[n])
    if value != guess.value:
        evidence = ()
    words = say(kind, value, query.zh)
    if kind == "time":
        text = f"看起来是{words}拍的。" if query.zh else f"It looks as if it was taken {words}."
    elif kind == "weather":
        text = f"天气：{words}。" if query.zh else f"The weather is {words}."
    else:
        text = f"看起来是{words}。" if query.zh else f"It looks like {words}."
    return reply(text, kind, value, scale * offered[value] / sum(offered.values()), evidence)


def time(scene: Scene, query: Query) -> Answer:
    return _decide("time", scene, query, scene.time_of_day, 0.97)


def weather(scene: Scene, query: Query) -> Answer:
    return _decide("weather", scene, query, scene.weather, 0.95)


def season(scene: Scene, query: Query) -> Answer:
    return _decide("season", scene, query, scene.season, 0.9)


def scene_kind(scene: Scene, query: Query) -> Answer:
    p = dict(attributes_of(scene).choices["scene"])
    for name, thing in (("lake", "lake"), ("sea", "sea"), ("forest", "forest"), ("mountain", "mountain")):
        if name in p:
            p[name] *= 0.4 + look_for(scene, thing).probability
    if len(query.options) == 1 and not query.open:  # "Is this a close-up?"
        mass = p.get(query.options[0], 0.0) / max(sum(p.values()), 1e-9)
        yes = mass >= 0.35
        words = say("scene", query.options[0], query.zh)
        text = f"{'是' if yes else '不是'}，{'看起来' if yes else '看起来不'}是{words}。" if query.zh else (
            f"{'Yes' if yes else 'No'}, it {'looks' if yes else 'does not look'} like {words}."
        )  # fmt: skip
        return reply(text, "scene", "yes" if yes else "no", 0.5 + min(0.45, abs(mass - 0.35)))
    offered = {n: v for n, v in p.items() if n in query.options} if len(query.options) > 1 else p
    value = max(offered, key=lambda n: offered[n])
    total = sum(offered.values())
    order = np.argsort([-v for v in p.values()])[:3]
    names = [list(p)[int(i)] for i in order]
    words = say("scene", value, query.zh)
    text = f"看起来是{words}。" if query.zh else f"It looks like {words}."
    why = tuple(f"{say('scene', n, query.zh)} {p[n] / sum(p.values()):.0%}" for n in names)
    return reply(text, "scene", value, 0.95 * offered[value] / max(total, 1e-9), why)

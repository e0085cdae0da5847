"""A language model as interpreter: the same words in, the same typed result out, checked and never trusted.

What is sent is the user's words and the list of operators, nothing of the photo: no pixels, no file name, no EXIF.
What comes back must be JSON of adjustments; those with unknown operators, values out of range or regions that do not
parse are refused and named, and free text is not read. If nothing of use comes back, the embedded interpreter works.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from fluxroom.errors import FluxroomError
from fluxroom.language import say
from fluxroom.language.interpret import Interpretation, interpret, language_of
from fluxroom.operators import all_operators, resolve
from fluxroom.recipe import PLACE_NAMES, REGION_NAMES, Adjustment, Recipe, Region, Value

if TYPE_CHECKING:
    from fluxroom.scene import Scene

MOST_ADJUSTMENTS = 24
MOST_WORDS = 2000
"""Characters of an instruction that are sent."""
TOKENS = 1500

Post = Callable[[dict[str, Any]], Any]
"""Sends a chat request to the server and gives its JSON; raises FluxroomError where that fails."""


class Interpreter(Protocol):
    """What turns words into a recipe."""

    def __call__(self, text: str, scene: Scene | None = None, seed: int = 0) -> Interpretation: ...


@dataclass(frozen=True, slots=True)
class ModelInterpreter:
    """A chat model as interpreter.

    post   sends the request
    model  the name the server knows it by
    shown  the server's address, for messages
    """

    post: Post
    model: str
    shown: str

    def __call__(self, text: str, scene: Scene | None = None, seed: int = 0) -> Interpretation:
        """As `interpret`; falls back to it, with a note, where the model gives nothing of use."""
        zh = language_of(text) != "en"
        try:
            answer = read_answer(self.post(request(self.model, text)))
        except FluxroomError as error:
            return _embedded(text, scene, seed, say.model_silent(self.shown, str(error), zh))
        adjustments, refused = checked(answer.get("adjustments"), text)
        keep, kept_wrong = _keep(answer.get("keep"))
        refused += kept_wrong
        notes = (say.model_used(self.model, self.shown, zh), *(say.refused(why, zh) for why in refused))
        if not adjustments:
            return _embedded(text, scene, seed, *notes[1:], say.model_useless(self.shown, zh))
        left = tuple(dict.fromkeys(_own_words(answer.get("not_understood"), text)))
        recipe = Recipe(adjustments=adjustments, keep=keep, seed=seed, say=text, not_understood=left)
        reasons = tuple((words, a.operator) for a in adjustments for words in a.because)
        return Interpretation(recipe, language_of(text), reasons, left, notes)


def _embedded(text: str, scene: Scene | None, seed: int, *notes: str) -> Interpretation:
    made = interpret(text, scene, seed)
    return replace(made, notes=(*notes, *made.notes))


def request(model: str, text: str) -> dict[str, Any]:
    """The chat request: what the operators are, and the user's words."""
    return {
        "model": model,
        "messages": [{"role": "system", "content": instructions()}, {"role": "user", "content": text[:MOST_WORDS]}],
        "response_format": {"type": "json_object"},
        "temperature": 0,
        "seed": 0,
        "max_tokens": TOKENS,
        "stream": False,
    }


def instructions() -> str:
    """The task, the operators as they declare themselves, and the names of regions."""
    lines = [
        "You turn a photographer's words (Chinese or English) into adjustments of a photo. Answer with JSON only:",
        '{"adjustments": [{"operator": "...", "region": "...", "parameters": {"...": 0.0}, "because": ["..."]}],'
        ' "keep": "region that must not change, or null", "not_understood": ["..."]}',
        "Do only what the words ask for, in the order they say. `because` and `not_understood` quote the words."
        " What no operator can do goes to not_understood. Leave out parameters that the words say nothing of.",
        f"Regions: {', '.join((*REGION_NAMES, *PLACE_NAMES))}; joined by + (and), - (without), & (within), e.g."
        ' "sky - clouds", "trees & left", "everything".',
        "Operators:",
    ]
    for operator in all_operators():
        settings = "; ".join(f"{p.name}: {p.allowed}" for p in operator.params if not p.digest)
        lines.append(f"- {operator.name}: {operator.doc} [{settings}]")
    return "\n".join(lines)


def read_answer(data: Any) -> dict[str, Any]:
    """The JSON object in the first choice of a chat completion; empty if there is none."""
    try:
        content = data["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return {}
    if not isinstance(content, str):
        return {}
    start, end = content.find("{"), content.rfind("}")
    try:
        answer = json.loads(content[start : end + 1])
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def checked(given: Any, text: str) -> tuple[tuple[Adjustment, ...], list[str]]:
    """The adjustments that hold, and why each of the others was refused."""
    out: list[Adjustment] = []
    refused: list[str] = []
    for item in given[:MOST_ADJUSTMENTS] if isinstance(given, list) else []:
        try:
            out.append(_adjustment(item, text))
        except FluxroomError as error:
            refused.append(str(error))
        except (KeyError, TypeError, ValueError, AttributeError):
            refused.append(f"{json.dumps(item, ensure_ascii=False)[:80]} is no adjustment")
    return tuple(out), refused


def _adjustment(item: Any, text: str) -> Adjustment:
    """One of the model's adjustments. Raises FluxroomError, KeyError, TypeError, ValueError, AttributeError."""
    parameters: dict[str, Value] = {}
    for name, value in dict(item.get("parameters") or {}).items():
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(name)
        parameters[str(name)] = value if isinstance(value, str) else float(value)
    region = Region(str(item.get("region") or "everything"))
    region.tree.names()
    made = Adjustment(str(item["operator"]), parameters, region, because=tuple(_own_words(item.get("because"), text)))
    resolve(made)
    return made


def _keep(given: Any) -> tuple[Region | None, list[str]]:
    if not isinstance(given, str) or given.strip().lower() in ("", "null", "none"):
        return None, []
    try:
        region = Region(given)
        region.tree.names()
        return region, []
    except FluxroomError as error:
        return None, [str(error)]


def _own_words(given: Any, text: str) -> Iterable[str]:
    """Of what the model quotes, what the user really said."""
    quotes = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    return [q for q in quotes if isinstance(q, str) and q.strip() and q in text]

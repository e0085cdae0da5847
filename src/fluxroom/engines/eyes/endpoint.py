"""Any server that speaks OpenAI's chat protocol with images: vLLM, llama.cpp, Ollama, LM Studio, hosted ones.

A small preview of the photo is sent there: pixels only, no EXIF, no place. Nothing else of the file leaves.
"""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING, Any

from fluxroom.engines.eyes.asking import Said, answered, checked, pointing
from fluxroom.engines.eyes.client import Refused, server
from fluxroom.engines.eyes.preview import as_jpeg, preview
from fluxroom.engines.eyes.reading import clean, read_found
from fluxroom.errors import EyeFailed, EyeUnusable
from fluxroom.perception import Answer, Found
from fluxroom.photo import Photo
from fluxroom.scene import ANALYSIS_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_ANSWER = 300
LONGEST_LIST = 800
"""Tokens at most."""


class Endpoint:
    """A model behind an address.

    url      base address, like http://localhost:8000/v1
    model    the name the server knows it by
    timeout  seconds for one question, tries included
    backoff  seconds before the second try of a busy server; doubles each time
    """

    licence = ""

    def __init__(self, url: str, model: str, *, timeout: float = 120.0, backoff: float = 1.0) -> None:
        self.server = server(url, timeout, backoff)
        if not model:
            raise EyeUnusable("which model should the endpoint use? Name it: --eye-model NAME, or FLUXROOM_EYE_MODEL")
        self.model = clean(model, 200)
        self.name = f"{clean(model, 60)} at {self.server.shown}"
        self.notice = (
            f"a preview of the photo (at most {ANALYSIS_SIDE} pixels a side, without EXIF or place)"
            f" and the question are sent to {self.server.shown}"
        )

    def answer(self, photo: Photo, question: str) -> Answer:
        picture = preview(photo)
        return answered(
            lambda ask, words: self._say(picture, ask, words, LONGEST_ANSWER),
            question,
            "thousandths",
            self.name,
            self.licence,
        )

    def locate(self, photo: Photo, words: str) -> list[Found]:
        words = checked(words)
        said = self._say(preview(photo), pointing("thousandths"), f"Locate: {words}", LONGEST_LIST)
        sure = 0.5 if said.probability is None else round(said.probability, 3)
        return [Found(label, box, sure) for label, box in read_found(said.text, said.size, "thousandths", words)]

    def _say(self, picture: Image, ask: str, words: str, longest: int) -> Said:
        image = "data:image/jpeg;base64," + base64.b64encode(as_jpeg(picture)).decode("ascii")
        bare: dict[str, Any] = {
            "model": self.model,
            "messages": [
                {"role": "system", "content": ask},
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": {"url": image}},
                        {"type": "text", "text": words},
                    ],
                },
            ],
        }
        try:
            try:
                data = self.server.post({**bare, "temperature": 0, "seed": 0, "max_tokens": longest, "stream": False})
            except Refused as refused:
                if refused.status not in (400, 422):
                    raise
                data = self.server.post(bare)  # some models take no temperature, some another word for max_tokens
        except Refused as refused:
            raise EyeFailed(_why(self.server.shown, self.model, refused)) from None
        text, probability = _content(data)
        if text is None:
            raise EyeFailed(f"{self.server.shown} sent JSON without an answer; is it an OpenAI-compatible chat server?")
        return Said(text, probability, picture.size)


def _why(shown: str, model: str, refused: Refused) -> str:
    told = f"({refused.status} {refused.reason})"
    if refused.status in (401, 403):
        return f"{shown} does not let us in {told}; is the key in FLUXROOM_EYE_KEY right?"
    if refused.status == 404:
        return f"{shown} does not know the address or the model {clean(model, 60)!r} {told}"
    if 300 <= refused.status < 400:
        return f"{shown} sends us elsewhere {told}; give the address it means"
    return f"{shown} refused the question {told}"


def _content(data: Any) -> tuple[str | None, float | None]:
    """The first choice's text and, if it tells, the geometric mean of its tokens' probabilities."""
    try:
        choice = data["choices"][0]
        content = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        return None, None
    if isinstance(content, list):  # some servers send parts
        content = "".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
    if content is None:
        content = ""
    if not isinstance(content, str):
        return None, None
    try:
        logs = [float(t["logprob"]) for t in choice["logprobs"]["content"]]
        mean = math.exp(min(0.0, sum(logs) / len(logs)))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return content, None
    return content, None if math.isnan(mean) else mean

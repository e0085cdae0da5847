"""A language model behind an address as interpreter of words; the careful client is that of the eyes."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from fluxroom.engines.eyes.client import Refused, server
from fluxroom.engines.eyes.reading import clean
from fluxroom.errors import EyeFailed, EyeUnusable
from fluxroom.language.model import ModelInterpreter

MODEL_VARIABLE = "FLUXROOM_INTERPRETER_MODEL"
KEY_VARIABLE = "FLUXROOM_INTERPRETER_KEY"


def at(url: str, model: str = "", *, timeout: float = 60.0, backoff: float = 1.0) -> ModelInterpreter:
    """The interpreter at an OpenAI-compatible address. The key is read from FLUXROOM_INTERPRETER_KEY.

    url    base address, like http://localhost:8000/v1
    model  the name the server knows it by; by default FLUXROOM_INTERPRETER_MODEL
    """
    place = replace(server(url, timeout, backoff), key_variable=KEY_VARIABLE)
    name = clean(model or os.environ.get(MODEL_VARIABLE, ""), 200)
    if not name:
        raise EyeUnusable(f"which model should the interpreter use? Name it in {MODEL_VARIABLE}")

    def post(data: dict[str, Any]) -> Any:
        try:
            try:
                return place.post(data)
            except Refused as refused:
                if refused.status not in (400, 422):
                    raise
                return place.post({k: data[k] for k in ("model", "messages")})  # some take no other settings
        except Refused as refused:
            raise EyeFailed(f"{place.shown} refused ({refused.status} {refused.reason})") from None

    return ModelInterpreter(post, name, place.shown)

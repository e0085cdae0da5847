"""Eyes: who can answer questions about a photo, and the choice between them.

The embedded eye needs nothing and is the default. A vision-language model comes in by choice, from a folder of weights
through transformers or from an OpenAI-compatible server, and serves the same protocol (`perception.protocol`).
What it says is data of unknown worth: it is read leniently, bounded and checked before anybody sees it.
"""

from __future__ import annotations

import os

from fluxroom.engines.eyes.embedded import Embedded
from fluxroom.errors import EyeUnusable
from fluxroom.packs import shelf
from fluxroom.perception import Eye

__all__ = ["Embedded", "choose"]

URL_VARIABLE = "FLUXROOM_EYE_URL"
MODEL_VARIABLE = "FLUXROOM_EYE_MODEL"


def choose(which: str = "embedded", *, model: str | None = None, device: str | None = None) -> Eye:
    """The eye that is meant.

    which   the name of an eye that a pack brings, as core brings "embedded"; "endpoint" for the server at
            $FLUXROOM_EYE_URL, or its http(s) address itself; a folder of weights, or their name on the Hugging Face hub
    model   for a server: the model to ask for (default $FLUXROOM_EYE_MODEL)
    device  for weights: "cpu", "cuda", "cuda:1" ... (default: cuda where there is one)
    """
    named = shelf().eye(which)
    if named is not None:
        return _from_pack(which, named)
    url = os.environ.get(URL_VARIABLE, "") if which == "endpoint" else which
    if which == "endpoint" and not url:
        raise EyeUnusable(f"which endpoint? Give its address (http://localhost:8000/v1) instead, or in {URL_VARIABLE}")
    if url.lower().startswith(("http://", "https://")) or which == "endpoint":
        from fluxroom.engines.eyes.endpoint import Endpoint

        return Endpoint(url, model or os.environ.get(MODEL_VARIABLE, ""))
    from fluxroom.engines.eyes.loading import load

    return load(which, device=device)


def _from_pack(name: str, place: str) -> Eye:
    """The eye that a pack names as "module:function"."""
    import importlib

    module, _, function = place.partition(":")
    try:
        eye: Eye = getattr(importlib.import_module(module), function)()
    except Exception as error:
        why = " ".join(str(error).split())
        raise EyeUnusable(f"the eye {name!r} of a pack cannot be had: {type(error).__name__}: {why}") from None
    return eye

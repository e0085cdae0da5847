"""fluxroom: a darkroom you talk to.

    import fluxroom

    photo = fluxroom.open("beach.jpg")
    photo.scene                             # what it sees
    photo.ask("when was this taken?")
    result = photo.edit("make the sky moodier, keep the sea as it is")
    result.recipe, result.verdict           # what was done, and what the check measured
    result.save("out.jpg")

    fluxroom.generate("竹林，清晨", size=(1536, 1024)).save("bamboo.png")     # a picture from words alone

Importing this is cheap: what is heavy is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fluxroom import compiled

__version__ = "0.1.0"

__all__ = [
    "Adjustment",
    "FluxroomError",
    "Generated",
    "Library",
    "Photo",
    "Plan",
    "Recipe",
    "Region",
    "Result",
    "Scene",
    "Version",
    "__version__",
    "generate",
    "open",
]

if TYPE_CHECKING:
    from fluxroom.api import Photo, Plan, Result, open
    from fluxroom.errors import FluxroomError
    from fluxroom.generating import Generated, generate
    from fluxroom.history import Library, Version
    from fluxroom.recipe import Adjustment, Recipe, Region
    from fluxroom.scene import Scene

_HOMES = {
    "Adjustment": "fluxroom.recipe",
    "FluxroomError": "fluxroom.errors",
    "Generated": "fluxroom.generating",
    "Library": "fluxroom.history",
    "Photo": "fluxroom.api",
    "Plan": "fluxroom.api",
    "Recipe": "fluxroom.recipe",
    "Region": "fluxroom.recipe",
    "Result": "fluxroom.api",
    "Scene": "fluxroom.scene",
    "Version": "fluxroom.history",
    "generate": "fluxroom.generating",
    "open": "fluxroom.api",
}

compiled.settle()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fluxroom' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))

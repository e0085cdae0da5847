"""Engines: who can carry out a recipe, and the choice between them.

`darkroom` is embedded, runs on any CPU and needs nothing but the installed
packages. Others will stand beside it and are found by name in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from fluxroom.errors import InputError

if TYPE_CHECKING:
    from fluxroom.photo import Photo
    from fluxroom.recipe import Recipe
    from fluxroom.render import Rendered
    from fluxroom.scene import Scene

__all__ = ["Darkroom", "Engine", "choose", "names"]

Progress = Callable[[str, float], None]


class Engine(Protocol):
    """Carries out recipes. What it cannot do it says beforehand, in one line."""

    name: str

    def refuses(self, recipe: Recipe) -> str | None:
        """Why this engine cannot carry out the recipe, or None if it can."""
        ...

    def render(
        self,
        photo: Photo,
        scene: Scene,
        recipe: Recipe,
        *,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Rendered: ...


class Darkroom:
    """The embedded engine: every registered operator, at full resolution, on the CPU."""

    name = "darkroom"

    def refuses(self, recipe: Recipe) -> str | None:
        return None  # it knows every operator that resolves, and resolving has its own errors

    def render(
        self,
        photo: Photo,
        scene: Scene,
        recipe: Recipe,
        *,
        bits: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Rendered:
        from fluxroom.render import render

        return render(photo, scene, recipe, bits=bits, threads=threads, progress=progress)


_ENGINES: dict[str, Callable[[], Engine]] = {"darkroom": Darkroom}


def names() -> list[str]:
    return sorted(_ENGINES)


def choose(recipe: Recipe, name: str | None = None) -> Engine:
    """The engine of that name, or the first that can carry out the recipe."""
    if name is not None and name not in _ENGINES:
        raise InputError(f"there is no engine {name!r}; there is {', '.join(names())}")
    refusals = []
    for candidate in [name] if name is not None else _ENGINES:
        engine = _ENGINES[candidate]()
        why = engine.refuses(recipe)
        if why is None:
            return engine
        refusals.append(f"{candidate}: {why}")
    raise InputError("no engine can carry out this recipe; " + "; ".join(refusals))

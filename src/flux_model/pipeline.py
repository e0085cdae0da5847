"""One call for three tasks: generate a picture, answer a question about one, edit one by words.

Who carries a task out is an engine, found by name among the entry points of the group `flux_model.engines`: `flow` is
the
Flow Transformer of this package, `darkroom` is fluxroom's. An engine is a class, made with the name or folder that was
given to `from_pretrained`, that has one method for each task that it can do:

    generate(prompt, *, size, seed) -> Output       with "image", a PIL picture
    vqa(image, question) -> Output                  with "answer"
    edit(image, instruction, *, seed) -> Output     with "image"

This file needs neither torch nor fluxroom.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from flux_model.errors import CannotDo, InputError, MissingExtra

GROUP = "flux_model.engines"
NEEDS = {"generate": ("prompt",), "vqa": ("image", "question"), "edit": ("image", "instruction")}
PREFERENCE = ("darkroom", "flow")
"""Asked in this order where no engine is named; others after them."""


class Output(dict[str, Any]):
    """A result: a dict whose entries are attributes too. `engine` says who made it; str() is its answer in words."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __str__(self) -> str:
        return str(self["answer"]) if "answer" in self else dict.__repr__(self)


def found() -> dict[str, Any]:
    """Engine name -> entry point, of all installed packages."""
    points = {point.name: point for point in entry_points(group=GROUP)}
    first = [name for name in PREFERENCE if name in points]
    return {name: points[name] for name in [*first, *sorted(set(points) - set(first))]}


class FluxMultimodalPipeline:
    """Call it with `task="generate" | "vqa" | "edit"`."""

    def __init__(self, source: str = "", engine: str = "") -> None:
        self.source = source
        self.engine = engine
        self._made: dict[str, Any] = {}

    @classmethod
    def from_pretrained(cls, name: str | Path = "flux-1/dev-multimodal", *, engine: str = "") -> FluxMultimodalPipeline:
        """`name` is handed to the engines (a `flux-1/...` name, a folder, a Hugging Face id); `engine` fixes one."""
        if engine and engine not in found():
            raise InputError(f"there is no engine {engine!r}; installed: {', '.join(found()) or 'none'}")
        return cls(str(name), engine)

    def engines(self) -> list[str]:
        """The names of the engines that are installed."""
        return list(found())

    def _engine(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = found()[name].load()(self.source)
        return self._made[name]

    def __call__(
        self,
        task: str,
        *,
        prompt: str | None = None,
        image: Any = None,
        question: str | None = None,
        instruction: str | None = None,
        engine: str = "",
        **options: Any,
    ) -> Output:
        """Carry a task out.

        image    a PIL picture, an array (H, W, 3) of 8 bits or of floats in [0, 1], or a path
        engine   who shall do it; by default the first that can
        options  what the engine's method takes besides: seed, size (pixels, or (width, height))

        Raises InputError for a task or argument that is not there, CannotDo if no engine can.
        """
        if task not in NEEDS:
            raise InputError(f"task must be one of {', '.join(NEEDS)}, not {task!r}")
        given = {"prompt": prompt, "image": image, "question": question, "instruction": instruction}
        lacking = [name for name in NEEDS[task] if given[name] is None]
        if lacking:
            raise InputError(f"task {task!r} needs {' and '.join(lacking)}")
        arguments: list[Any] = [given[name] for name in NEEDS[task]]
        if "image" in NEEDS[task]:
            arguments[0] = as_image(image)
        named = engine or self.engine
        why = []
        for name in [named] if named else found():
            if name not in found():
                raise InputError(f"there is no engine {name!r}; installed: {', '.join(found()) or 'none'}")
            try:
                made = self._engine(name)
            except MissingExtra as error:
                why.append(f"{name}: {error}")
                continue
            if not hasattr(made, task):
                why.append(f"{name} has no {task}")
                continue
            result = Output(getattr(made, task)(*arguments, **options))
            result.setdefault("engine", name)
            return result
        raise CannotDo(f"no engine can {task} ({'; '.join(why) or 'none is installed'})")


def as_image(image: Any) -> Any:
    """A PIL picture in RGB from what people have: a picture, an array, a tensor (3, H, W), a path, an Output."""
    import numpy as np
    from PIL import Image, UnidentifiedImageError

    if isinstance(image, dict) and "image" in image:
        image = image["image"]
    if isinstance(image, (str, Path)):
        try:
            with Image.open(image) as opened:
                return opened.convert("RGB")
        except (OSError, UnidentifiedImageError) as error:
            raise InputError(f"{image} cannot be opened as a picture: {error}") from None
    if isinstance(image, Image.Image):
        return image.convert("RGB")
    if hasattr(image, "detach"):
        image = image.detach().cpu().numpy()
    array = np.asarray(image)
    if array.ndim == 4 and len(array) == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[0] == 3 and array.shape[2] != 3:
        array = np.moveaxis(array, 0, 2)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype.kind not in "uf":
        raise InputError(
            f"image must be a picture, a path or an array (H, W, 3), not {type(image).__name__} {array.shape}"
        )
    if array.dtype.kind == "f":
        array = np.rint(np.clip(np.nan_to_num(array), 0, 1) * 255)
    return Image.fromarray(array.astype(np.uint8))

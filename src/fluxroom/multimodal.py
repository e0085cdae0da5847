"""The engine `darkroom` of `flux_model.FluxMultimodalPipeline`: generate, ask and edit with fluxroom, without torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

    from fluxroom.api import Photo


class Darkroom:
    """Found by the entry-point group `flux_model.engines`; `source` names a checkpoint, which is not needed here."""

    def __init__(self, source: str = "") -> None:
        self.source = source

    def generate(self, prompt: str, *, size: int | tuple[int, int] = 1024, seed: int = 0) -> dict[str, Any]:
        """{"image", "notes", "understood", "made_by"}: a picture of the words by the composer."""
        from fluxroom.generating import generate

        made = generate(prompt, size=(size, size) if isinstance(size, int) else size, seed=seed)
        return {"image": made.image, "notes": made.notes, "understood": made.understood, "made_by": made.made_by}

    def vqa(self, image: Image, question: str) -> dict[str, Any]:
        """{"answer", "sure", "evidence"}: the answer in the question's language, with how sure and why."""
        answer = _photo(image).ask(question)
        return {"answer": answer.text, "confidence": answer.confidence, "evidence": answer.evidence, "result": answer}

    def edit(self, image: Image, instruction: str, *, seed: int = 0) -> dict[str, Any]:
        """{"image", "recipe", "verdict", "notes"}: the edited picture and what was done to it."""
        from PIL import Image as Pictures

        from fluxroom.photo.save import to_8_bits

        result = _photo(image).edit(instruction, seed=seed)
        done = Pictures.fromarray(to_8_bits(result.photo.codes))
        return {"image": done, "recipe": result.recipe, "verdict": result.verdict, "notes": tuple(result.notes)}


def _photo(image: Image) -> Photo:
    import numpy as np

    from fluxroom.api import Photo
    from fluxroom.photo.color import ColorProfile
    from fluxroom.photo.photo import Encoding, Metadata
    from fluxroom.photo.photo import Photo as Pixels

    codes = np.ascontiguousarray(np.asarray(image.convert("RGB")))
    return Photo(Pixels(codes, None, ColorProfile.srgb(), Metadata(), Encoding("png", 8)), None)

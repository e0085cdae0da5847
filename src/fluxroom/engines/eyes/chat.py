"""Models that chat about pictures: Qwen-VL and SmolVLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fluxroom.engines.eyes.asking import Said, answered, checked, pointing
from fluxroom.engines.eyes.generate import harmless, speak
from fluxroom.engines.eyes.loading import Loaded
from fluxroom.engines.eyes.preview import preview
from fluxroom.engines.eyes.reading import read_found
from fluxroom.perception import Answer, Found
from fluxroom.photo import Photo

if TYPE_CHECKING:
    from PIL.Image import Image

LONGEST_ANSWER = 160
"""New tokens at most: one JSON object."""
LIST = 3
"""A list of boxes may be so many times longer."""


class Chat:
    """A model that answers in words. `longest` is how many tokens an answer may have."""

    def __init__(self, loaded: Loaded, *, longest: int = LONGEST_ANSWER) -> None:
        self.loaded = loaded
        self.longest = longest
        self.name = loaded.name
        self.licence = loaded.licence
        self.notice = loaded.notice

    def answer(self, photo: Photo, question: str) -> Answer:
        picture = preview(photo)
        return answered(
            lambda ask, words: self._say(picture, ask, words, self.longest),
            question,
            self.loaded.family.units,
            self.name,
            self.licence,
        )

    def _say(self, picture: Image, ask: str, words: str, longest: int) -> Said:
        processor = self.loaded.processor
        inputs = processor.apply_chat_template(
            [
                {"role": "system", "content": [{"type": "text", "text": ask}]},
                {
                    "role": "user",
                    "content": [
                        {"type": "image", "image": picture},
                        {"type": "text", "text": harmless(words, processor.tokenizer)},
                    ],
                },
            ],
            tokenize=True,
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        size = picture.size
        grid = inputs.get("image_grid_thw")
        if grid is not None:  # Qwen-VL says how many patches of how many pixels it looks at
            patch = processor.image_processor.patch_size
            size = (int(grid[0][2]) * patch, int(grid[0][1]) * patch)
        tokens, probability = speak(self.loaded, inputs, longest)
        return Said(processor.tokenizer.decode(tokens, skip_special_tokens=True), probability, size)


class PointingChat(Chat):
    """A model that was also taught to give boxes."""

    def locate(self, photo: Photo, words: str) -> list[Found]:
        words = checked(words)
        units = self.loaded.family.units
        assert units is not None
        said = self._say(preview(photo), pointing(units), f"Locate: {words}", LIST * self.longest)
        sure = round(said.probability or 0.0, 3)
        return [Found(label, box, sure) for label, box in read_found(said.text, said.size, units, words)]

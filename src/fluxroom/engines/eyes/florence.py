"""Florence-2: no conversation, but captions, text, names of things and where they are (arXiv:2311.06242).

It was taught tasks, not questions. A question is carried to the task that can tell: where -> grounding, is there ->
caption and detection, what does it say -> reading; for the rest its description of the photo is the honest answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fluxroom.engines.eyes.asking import checked, weighed
from fluxroom.engines.eyes.generate import harmless, speak
from fluxroom.engines.eyes.loading import Loaded
from fluxroom.engines.eyes.preview import preview
from fluxroom.engines.eyes.reading import LONGEST_SAID, MOST_FOUND, Draft, clean, read_box
from fluxroom.perception import Answer, Found
from fluxroom.perception.questions.lexicon import normal, say, things
from fluxroom.perception.questions.parse import Query, find_things, parse
from fluxroom.perception.questions.reply import place
from fluxroom.photo import Photo

if TYPE_CHECKING:
    from PIL.Image import Image

DESCRIBE = "<MORE_DETAILED_CAPTION>"
DETECT = "<OD>"
READ = "<OCR>"
GROUND = "<CAPTION_TO_PHRASE_GROUNDING>"
LONGEST = 256
"""New tokens at most."""
_TASK = re.compile(r"<[A-Z_]+>")
_MARK = re.compile(r"</?\w+>")
_PLACED = re.compile(r"([^<]*(?:<(?!loc_)[^<>]*>[^<]*)*)((?:<loc_\d{1,4}>){4,})")
"""A label and the places after it, four a box, each 0..999 across the picture."""
_READING = re.compile(r"\b(?:text|written|writing|reads?|say|says|letters|words)\b|文字|写着|写的|写了|什么字|标语")


class Florence:
    """A Florence-2 model. `longest` is how many tokens it may say to one task."""

    def __init__(self, loaded: Loaded, *, longest: int = LONGEST) -> None:
        self.loaded = loaded
        self.longest = longest
        self.name = loaded.name
        self.licence = loaded.licence
        self.notice = loaded.notice

    def answer(self, photo: Photo, question: str) -> Answer:
        question = checked(question)
        query = parse(question)
        picture = preview(photo)
        if _READING.search(question.lower()):
            draft, sure = self._read(picture, query.zh)
        elif query.kind == "where" and query.targets:
            draft, sure = self._where(picture, query)
        elif query.kind == "exists" and query.targets:
            draft, sure = self._exists(picture, query)
        else:
            caption, sure = self._plain(DESCRIBE, picture, 400)
            draft = Draft(f"这个模型只会用英文描述：{caption}" if query.zh and caption else caption)
        return weighed(draft, sure, question, self.name, self.licence)

    def locate(self, photo: Photo, words: str) -> list[Found]:
        """Words may be Chinese if the lexicon knows them; Florence-2 itself reads English."""
        words = checked(words)
        known = parse(words)
        if known.zh and known.targets:
            words = things()[known.targets[0]].word(False)
        return self._boxes(GROUND, words, preview(photo))

    def _do(self, task: str, words: str, picture: Image) -> tuple[str, float]:
        """What the model says to a task, places still as marks in it, and how sure its tokens were."""
        processor = self.loaded.processor
        words = _TASK.sub(" ", harmless(words, processor.tokenizer))
        inputs = processor(text=task + words, images=picture, return_tensors="pt")
        tokens, sure = speak(self.loaded, inputs, self.longest)
        said = processor.tokenizer.decode(tokens, skip_special_tokens=False)
        for mark in ("<s>", "</s>", "<pad>"):
            said = said.replace(mark, "")
        return said, sure

    def _plain(self, task: str, picture: Image, longest: int) -> tuple[str, float]:
        said, sure = self._do(task, "", picture)
        return clean(_MARK.sub(" ", said), longest), sure

    def _boxes(self, task: str, words: str, picture: Image) -> list[Found]:
        said, sure = self._do(task, words, picture)
        found: list[Found] = []
        for label, places in _PLACED.findall(said[:LONGEST_SAID]):
            numbers = [int(n) for n in re.findall(r"\d{1,4}", places)]
            for at in range(0, len(numbers) - 3, 4):
                box = read_box(numbers[at : at + 4], (1000, 1000), "pixels")
                name = clean(_MARK.sub(" ", label), 60) or clean(words, 60)
                if box is not None:
                    found.append(Found(name, box, round(sure, 3)))
        return list(dict.fromkeys(found))[:MOST_FOUND]

    def _where(self, picture: Image, query: Query) -> tuple[Draft, float]:
        thing = things()[query.targets[0]]
        word = thing.word(query.zh)
        found = self._boxes(GROUND, thing.word(False), picture)
        if not found:
            return Draft(f"没有找到{word}。" if query.zh else f"I find no {word}."), 0.5
        x0, y0, x1, y1 = found[0].box
        spot = place((x0 + x1) / 2, (y0 + y1) / 2)
        said = say("place", spot, query.zh)
        text = f"{word}在画面{said}。" if query.zh else f"The {word} is to be seen {said}."
        return Draft(text, spot, None, found[0].box), found[0].confidence

    def _exists(self, picture: Image, query: Query) -> tuple[Draft, float]:
        """By what it names of itself: asked to ground a word, it points at something even if nothing is there."""
        caption, sure = self._plain(DESCRIBE, picture, 2000)
        detected = self._boxes(DETECT, "", picture)
        named = find_things(normal(" , ".join([caption, *(d.label for d in detected)])), "")
        seen = [name for name in query.targets if any(m.name == name for m in named)]
        thing = things()[seen[0] if seen else query.targets[0]]
        word = thing.word(query.zh)
        if not seen:
            return Draft(f"没有认出{word}。" if query.zh else f"No, it names no {word}.", "no"), min(sure, 0.5)
        found = self._boxes(GROUND, thing.word(False), picture)
        text = f"有{word}。" if query.zh else f"Yes, {word}."
        return Draft(text, "yes", None, found[0].box if found else None), sure

    def _read(self, picture: Image, zh: bool) -> tuple[Draft, float]:
        text, sure = self._plain(READ, picture, 300)
        if not text:
            return Draft("没有读到文字。" if zh else "It reads no words."), min(sure, 0.5)
        return Draft(f"写着“{text}”。" if zh else f'It reads "{text}".', text[:60]), sure

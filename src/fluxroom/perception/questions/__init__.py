"""Questions about photos, in Chinese and English: understood by a lexicon, answered from the scene with evidence."""

from fluxroom.perception.questions.ask import answer
from fluxroom.perception.questions.compare import compare
from fluxroom.perception.questions.reply import Answer

__all__ = ["Answer", "answer", "compare"]

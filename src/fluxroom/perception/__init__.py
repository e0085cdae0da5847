"""Reading a photo: Photo -> Scene, and questions about it."""

from fluxroom.perception.answer import Answer, answer
from fluxroom.perception.perceive import perceive

__all__ = ["Answer", "answer", "perceive"]

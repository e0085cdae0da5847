"""Reading a photo: Photo -> Scene, and questions about it."""

from fluxroom.perception.perceive import perceive
from fluxroom.perception.protocol import Eye, Found, Pointer
from fluxroom.perception.questions import Answer, answer, compare

__all__ = ["Answer", "Eye", "Found", "Pointer", "answer", "compare", "perceive"]

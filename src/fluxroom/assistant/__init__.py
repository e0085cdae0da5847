"""The partner at the next desk: a dialogue about one photo, ideas for it, and a memory of taste."""

from fluxroom.assistant.desk import Choice, Turn
from fluxroom.assistant.session import Session
from fluxroom.assistant.suggest import Idea, suggest
from fluxroom.assistant.taste import Leaning, Taste

__all__ = ["Choice", "Idea", "Leaning", "Session", "Taste", "Turn", "suggest"]

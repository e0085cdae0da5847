"""Things put into the picture, drawn by code: placed by horizon and water, lit by the scene's own light."""

from fluxroom.operators.elements.balloon import BALLOON
from fluxroom.operators.elements.birds import BIRDS
from fluxroom.operators.elements.campfire import CAMPFIRE
from fluxroom.operators.elements.lantern import LANTERN
from fluxroom.operators.elements.lighthouse import LIGHTHOUSE
from fluxroom.operators.elements.person import PERSON
from fluxroom.operators.elements.sailboat import SAILBOAT
from fluxroom.operators.elements.tree import TREE

__all__ = ["BALLOON", "BIRDS", "CAMPFIRE", "LANTERN", "LIGHTHOUSE", "PERSON", "SAILBOAT", "TREE"]

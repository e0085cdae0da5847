"""Packs: plug-ins that add operators, words, looks and eyes.

A pack is a Python package that names an object of type `Pack` under the entry point group `fluxroom.packs`. What
fluxroom itself can do comes in by the same hooks (`packs.built_in`). How to write one: docs/how-to/packs.md.
"""

from fluxroom.packs.pack import FORMAT, Pack
from fluxroom.packs.shelf import Shelf, shelf

__all__ = ["FORMAT", "Pack", "Shelf", "shelf"]

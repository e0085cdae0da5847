"""What a pack is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FORMAT = 1
"""The form of packs that this fluxroom takes. A pack says which it was written for."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A plug-in as data. Every hook may be left empty.

    name       what it is called, in letters, digits and "-"
    title      (English, Chinese)
    about      (English, Chinese), one line each
    operators  modules which, when imported, register operators (things that are drawn into a picture are operators
               too, with `places=True`). Names must be new: a pack cannot replace what is there
    lexicon    a folder of YAML files: in each a family's operators and concepts, in the form of
               language/lexicon/effects. A phrase that already means something keeps its meaning too
    looks      a folder of YAML files of looks, in the form of looks/library
    eyes       name -> "module:function" of a function without arguments that gives an `Eye`; it answers questions
               where `--eye NAME` asks for it
    format     the form it was written for
    """

    name: str
    title: tuple[str, str]
    about: tuple[str, str] = ("", "")
    operators: tuple[str, ...] = ()
    lexicon: Path | None = None
    looks: Path | None = None
    eyes: Mapping[str, str] = field(default_factory=dict)
    format: int = FORMAT

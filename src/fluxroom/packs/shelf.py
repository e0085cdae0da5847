"""The packs at hand: fluxroom's own, then those installed beside it. A pack that does not fit is left out, and why."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fluxroom.packs.built_in import BUILT_IN
from fluxroom.packs.pack import Pack

GROUP = "fluxroom.packs"


@dataclass(slots=True)
class Shelf:
    """packs: in the order in which they came in; refused: one line for each that did not fit, and why.

    sources  pack -> the distribution that it came with; "" for fluxroom's own
    """

    packs: list[Pack] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=dict)

    def lexicon_files(self) -> list[Path]:
        return [file for pack in self.packs for file in yaml_files(pack.lexicon)]

    def look_files(self) -> list[Path]:
        return [file for pack in self.packs for file in yaml_files(pack.looks)]

    def eye(self, name: str) -> str | None:
        """ "module:function" of the eye of that name, if there is one."""
        return next((pack.eyes[name] for pack in self.packs if name in pack.eyes), None)


def yaml_files(folder: Path | None) -> list[Path]:
    return [] if folder is None else sorted(folder.glob("*.yaml"))


_lock = threading.RLock()
_shelf = Shelf()
_state = {"filled": False, "filling": False, "operators": False}


def shelf() -> Shelf:
    """The packs at hand, found on first use. Those from elsewhere are checked in full, which loads all operators."""
    if not _state["filled"]:
        with _lock:
            if not _state["filling"]:
                _state["filling"] = True
                _fill(_shelf)
                _state["filled"] = True
    return _shelf


def with_operators() -> None:
    """See that the operators of all packs are registered."""
    if not _state["operators"]:
        with _lock:
            _built_in_operators()
            shelf()
            _state["operators"] = _state["filled"]


def _built_in_operators() -> None:
    for pack in BUILT_IN:
        for module in pack.operators:
            importlib.import_module(module)


def _fill(out: Shelf) -> None:
    for pack in BUILT_IN:
        out.packs.append(pack)
        out.sources[pack.name] = ""
    for source, pack_or_why in _installed():
        if isinstance(pack_or_why, Pack):
            offer(out, pack_or_why, source)
        else:
            out.refused.append(f"{source}: {pack_or_why}")


def offer(onto: Shelf, pack: Pack, source: str) -> None:
    """Check a pack and take it, or say in one line why not. Nothing that it does wrong stops us."""
    from fluxroom.operators import declare
    from fluxroom.packs.check import wrong_files, wrong_form

    why = wrong_form(pack, onto.packs)
    if why is None:
        _built_in_operators()
        before = {name: dict(versions) for name, versions in declare.registry().items()}
        onto.packs.append(pack)
        try:
            for module in pack.operators:
                importlib.import_module(module)
            why = wrong_files(pack, onto)
        except Exception as error:
            why = f"its operators cannot be loaded ({_line(error)})"
        if why is None:
            onto.sources[pack.name] = source
        else:
            onto.packs.remove(pack)
            declare.registry().clear()
            declare.registry().update(before)
    if why is not None:
        onto.refused.append(f"{source}: the pack {pack.name!r} is left out: {why}")


def _installed() -> Iterable[tuple[str, Pack | str]]:
    """(where from, the pack or what is wrong) of every entry point, by name."""
    from importlib.metadata import entry_points

    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        source = f"{point.dist.name} {point.dist.version}" if point.dist else point.value
        try:
            found = point.load()
        except Exception as error:
            yield source, f"the pack {point.name!r} is left out: it cannot be imported ({_line(error)})"
            continue
        yield source, found if isinstance(found, Pack) else f"{point.value} is a {type(found).__name__}, not a Pack"


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"

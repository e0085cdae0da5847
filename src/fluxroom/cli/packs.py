"""`fluxroom packs`: what is plugged in, and a template for more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fluxroom.cli.options import Settings, common, example
from fluxroom.errors import InputError

if TYPE_CHECKING:
    from fluxroom.packs import Pack


@click.group(
    invoke_without_command=True,
    epilog=example(
        """
fluxroom packs
fluxroom packs show core
fluxroom packs new ./my-pack
"""
    ),
)
@common
@click.pass_context
def packs(context: click.Context) -> None:
    """Packs: plug-ins that add operators, words, looks and eyes. Without a command it lists them."""
    if context.invoked_subcommand is None:
        _list(context.obj)


def _list(settings: Settings) -> None:
    from fluxroom.packs import shelf

    found = shelf()
    for pack in found.packs:
        source = found.sources[pack.name]
        settings.say(f"{pack.name:<14} {pack.title[0]} / {pack.title[1]}{f'  ({source})' if source else ''}")
        settings.say("    " + "\n    ".join(line for line in pack.about if line))
    for line in found.refused:
        settings.warn(line)
    settings.result({"packs": [_data(pack, found.sources[pack.name]) for pack in found.packs],
                     "refused": found.refused})  # fmt: skip


@packs.command()
@click.argument("name")
@common
@click.pass_obj
def show(settings: Settings, name: str) -> None:
    """Show what the pack NAME adds: operators, looks, and words for them."""
    from fluxroom.packs import shelf

    found = shelf()
    pack = next((p for p in found.packs if p.name == name), None)
    if pack is None:
        have = ", ".join(p.name for p in found.packs)
        raise InputError(f"no pack is called {name!r}; there are {have}")
    data = _data(pack, found.sources[name])
    settings.say(f"{pack.title[0]} / {pack.title[1]}")
    for kind in ("operators", "looks", "words", "eyes"):
        if data[kind]:
            settings.say(f"{kind}:")
            settings.say(click.wrap_text(", ".join(data[kind]), 100, "  ", "  "))
    settings.result(data)


@packs.command()
@click.argument("folder", type=click.Path(path_type=Path))
@common
@click.pass_obj
def new(settings: Settings, folder: Path) -> None:
    """Write the template of a pack into FOLDER, ready for `pip install -e FOLDER`; its name becomes the pack's."""
    from fluxroom.packs.template import write_template

    for file in write_template(folder):
        settings.say(str(file))
    settings.say(f"\npip install -e {folder}   and `fluxroom packs` lists it")
    settings.result({"folder": str(folder)})


def _data(pack: Pack, source: str) -> dict[str, Any]:
    from fluxroom.language.data import read, words
    from fluxroom.operators import all_operators
    from fluxroom.packs.shelf import yaml_files

    homes = tuple(pack.operators)
    concepts = [c for f in yaml_files(pack.lexicon) for c in (read(f).get("concepts") or {}).values()]
    said = [words(c.get("more") or c.get("noun") or c.get("less")) for c in concepts]
    return {
        "name": pack.name,
        "title": {"en": pack.title[0], "zh": pack.title[1]},
        "about": {"en": pack.about[0], "zh": pack.about[1]},
        "from": source or "fluxroom",
        "operators": [o.name for o in all_operators() if o.prepare.__module__.startswith(homes)],
        "looks": [str(key) for f in yaml_files(pack.looks) for key in read(f)],
        "words": [w[0] for w in said if w],
        "eyes": sorted(pack.eyes),
    }

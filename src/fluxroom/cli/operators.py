"""`fluxroom operators`: what a recipe can be made of."""

from __future__ import annotations

from typing import Any

import click

from fluxroom.cli.options import Settings, common, example


@click.command(
    epilog=example(
        """
fluxroom operators
fluxroom operators exposure --json
"""
    )
)
@click.argument("name", required=False)
@common
@click.pass_obj
def operators(settings: Settings, name: str | None) -> None:
    """List the operators with their parameters and ranges, or only NAME."""
    from fluxroom.operators import all_operators, find

    chosen = all_operators() if name is None else [find(name)]
    family = ""
    for o in chosen:
        if o.family != family:
            family = o.family
            settings.say(f"\n{family}" if o is not chosen[0] else family)
        settings.say(f"  {o.name}@{o.version}  {o.label.en} / {o.label.zh}")
        settings.say(click.wrap_text(" ".join(o.doc.split()), 100, "      ", "      "))
        for p in o.params:
            settings.say(f"    - {p.name:<21} {p.allowed}, default {p.default}   {p.label.en} / {p.label.zh}")
    settings.result({"operators": [_data(o) for o in chosen]})


def _data(o: Any) -> dict[str, Any]:
    return {
        "name": o.name,
        "version": o.version,
        "family": o.family,
        "label": {"en": o.label.en, "zh": o.label.zh},
        "doc": o.doc,
        "region": o.region,
        "parameters": [
            {
                "name": p.name,
                "default": p.default,
                "label": {"en": p.label.en, "zh": p.label.zh},
                **_allowed(p),
            }
            for p in o.params
        ],
    }


def _allowed(p: Any) -> dict[str, Any]:
    if p.digest:
        return {"digest": True}
    return {"choices": list(p.choices)} if p.choices else {"low": p.low, "high": p.high, "unit": p.unit}

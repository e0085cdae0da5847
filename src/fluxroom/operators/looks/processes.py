"""Ways of the darkroom: bleach bypass, cross processing, cyanotype, sepia, matte prints."""

from __future__ import annotations

from typing import Any

from fluxroom.operators.declare import Label, Operator, Overview, Param, Parameters, register
from fluxroom.operators.looks import emulsion
from fluxroom.operators.looks.emulsion import Emulsion
from fluxroom.operators.looks.film_stock import apply_emulsion

BLEACH_BYPASS = Emulsion(
    curve=((0, 0), (0.12, 0.095), (0.35, 0.36), (0.6, 0.665), (0.82, 0.88), (1, 0.985)),
    shadows=(-0.003, 0.002, 0.004), highlights=(0.004, 0.002, -0.006),
    coupling=-0.155, depth=0.03, silver=0.20,
)  # fmt: skip
"""The silver stays in the print: a grey picture on top of the coloured one."""
CROSS_PROCESS = Emulsion(
    curve=((0, 0.0), (0.12, 0.085), (0.3, 0.27), (0.5, 0.535), (0.75, 0.83), (0.9, 0.95), (1, 0.99)),
    shadows=(-0.035, -0.004, 0.055), middle=(0.004, 0.022, -0.03), highlights=(0.004, 0.004, -0.085),
    coupling=0.06, depth=0.03,
    bands=(("blue", -12, 1.0, 0.0), ("green", -5, 0.94, 0.0), ("red", -4, 1.08, 0.0)),
)  # fmt: skip
"""Slide film in the negative's chemistry: steep, blue-green shadows, yellow lights."""
MATTE = Emulsion(
    curve=((0, 0.095), (0.1, 0.145), (0.25, 0.262), (0.5, 0.505), (0.75, 0.745), (0.9, 0.875), (1, 0.945)),
    shadows=(0.0, 0.0, 0.006), highlights=(0.002, 0.0, -0.006), coupling=-0.03,
)  # fmt: skip
CYANOTYPE = Emulsion(
    curve=((0, 0.02), (0.15, 0.11), (0.5, 0.5), (0.8, 0.83), (1, 0.965)),
    shadows=(-0.050, -0.020, 0.075), middle=(-0.125, -0.045, 0.055), highlights=(-0.004, 0.0, -0.03),
    weights=(0.18, 0.42, 0.40),
)  # fmt: skip
"""Prussian blue on paper; iron salts see blue and hardly any red (Ware, "Cyanotype", 1999)."""
SEPIA = Emulsion(
    curve=((0, 0.025), (0.15, 0.145), (0.5, 0.51), (0.8, 0.82), (1, 0.965)),
    shadows=(0.025, 0.0, -0.022), middle=(0.05, 0.006, -0.052), highlights=(0.01, 0.0, -0.05),
    weights=(0.30, 0.52, 0.18),
)  # fmt: skip


def _process(name: str, made: Emulsion, en: str, zh: str, doc: str, default: float) -> Operator:
    def prepare(overview: Overview, parameters: Parameters, seed: int) -> Any:
        return emulsion.prepare(made, float(parameters["strength"]))

    return register(
        Operator(
            name=name,
            version=1,
            family="looks",
            kind="color",
            label=Label(en, zh),
            doc=doc,
            params=(Param("strength", default, 0.0, 1.0, "", Label("Strength", "强度")),),
            prepare=prepare,
            apply=apply_emulsion,
            blind=True,
        )
    )


_process(
    "bleach_bypass", BLEACH_BYPASS, "Bleach bypass", "留银冲洗",
    "A colour print whose silver was not bleached out: hard, dense, half its colour gone. Default: 0.7.", 0.7,
)  # fmt: skip
_process(
    "cross_process", CROSS_PROCESS, "Cross processing", "交叉冲印",
    "Slide film in the chemistry for negatives: steep, blue-green shadows, yellow-green lights. Default: 0.7.", 0.7,
)  # fmt: skip
_process(
    "matte", MATTE, "Matte print", "哑光",
    "A print on matte paper: blacks no deeper than dark grey, soft whites. Default: 0.7.", 0.7,
)  # fmt: skip
_process(
    "cyanotype", CYANOTYPE, "Cyanotype", "蓝晒",
    "A blueprint: one colour, from deep Prussian blue to paper white; blue skies come out light. Default: 1.", 1.0,
)  # fmt: skip
_process(
    "sepia", SEPIA, "Sepia", "棕褐色调",
    "A toned black and white print, brown with warm paper. Default: 0.9.", 0.9,
)  # fmt: skip

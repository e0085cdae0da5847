"""`fluxroom regions` and `fluxroom ask`: what is seen in a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fluxroom.cli.edit import PICTURES, check_target
from fluxroom.cli.options import Settings, common, example, opening, output_option, overwrite_option, photo_argument
from fluxroom.errors import NothingUnderstood, OutputError, OutputExists


@click.command(
    epilog=example(
        """
fluxroom regions beach.jpg
fluxroom regions beach.jpg -o overlay.png --masks masks/
"""
    )
)
@photo_argument
@output_option("A picture of the photo, tinted by region.")
@click.option(
    "--masks",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="One grey 8-bit PNG a region, at photo size: sky.png, water.png, ...",
)
@overwrite_option
@opening
@common
@click.pass_obj
def regions(settings: Settings, photo: Path, output: Path | None, masks: Path | None) -> None:
    """Show what is seen where: sky, water, ground, horizon, light."""
    if output is not None:
        check_target(output, photo, settings.overwrite, PICTURES)
    if masks is not None and masks.exists() and not masks.is_dir():
        raise OutputError(f"{masks} is a file; --masks needs a folder")
    bar = settings.bar_on("en")
    bar("open", 0.0)
    opened = settings.open(photo)
    bar("perceive", 0.0)
    scene = opened.scene
    names = [name for name in scene.regions if scene.share(name) >= 0.001 or name in ("sky", "water")]
    written: dict[str, str] = {}
    if masks is not None:
        written = _write_masks(settings, opened, names, masks)
    if output is not None:
        from fluxroom.pictures import overlay, save_picture

        save_picture(overlay(scene), output, overwrite=settings.overwrite)
    settings.bar_off()
    for name in sorted(scene.regions, key=scene.share, reverse=True):
        if scene.share(name) >= 0.001:
            settings.say(f"{name:<12} {scene.share(name):6.1%}   confidence {scene.confidence.get(name, 0):.2f}")
    h, light = scene.horizon, scene.light
    settings.say(f"horizon      y {h.left:.2f} to {h.right:.2f}   confidence {h.confidence:.2f}")
    settings.say(
        f"light        x {light.x:.2f}, y {light.y:.2f}, {light.elevation:.0f}° high,"
        f" warmth {light.warmth:.2f}   confidence {light.confidence:.2f}"
    )
    settings.say(f"time of day  {scene.time_of_day.value}   confidence {scene.time_of_day.confidence:.2f}")
    settings.say(f"weather      {scene.weather.value}   confidence {scene.weather.confidence:.2f}")
    if output is not None:
        settings.say(f"overlay: {output}")
    if masks is not None:
        settings.say(f"masks: {masks} ({', '.join(sorted(written))})")
    settings.result(
        {
            "width": scene.width,
            "height": scene.height,
            "regions": {
                name: {"share": round(scene.share(name), 5), "confidence": round(scene.confidence.get(name, 0.0), 4)}
                for name in scene.regions
            },
            "horizon": {"left": h.left, "right": h.right, "confidence": h.confidence},
            "light": _plain(light),
            "time_of_day": _plain(scene.time_of_day),
            "weather": _plain(scene.weather),
            "overlay": None if output is None else str(output),
            "masks": written,
        }
    )


@click.command(
    epilog=example(
        """
fluxroom ask beach.jpg "这是什么时候拍的？"
fluxroom ask beach.jpg "how much of it is sky?" --json
fluxroom ask beach.jpg "is there an animal, and where?" -o where.png
fluxroom ask beach.jpg "which is warmer?" --with v2
fluxroom ask beach.jpg "what does the sign say?" --eye models/SmolVLM2-2.2B-Instruct
fluxroom ask beach.jpg "他们在做什么？" --eye http://localhost:8000/v1 --eye-model qwen3-vl
"""
    )
)
@photo_argument
@click.argument("question")
@click.option(
    "--with",
    "other",
    metavar="PHOTO|VERSION",
    help='Compare with this photo, or this version of PHOTO (v2): "which is sharper?", "what is the difference?".',
)
@click.option("--from", "version", metavar="VERSION", help="Ask about this version of PHOTO instead of PHOTO itself.")
@output_option("A picture of the photo with what the answer rests on drawn into it.")
@overwrite_option
@click.option(
    "--eye",
    default="embedded",
    show_default=True,
    envvar="FLUXROOM_EYE",
    metavar="WHO",
    help="Who looks: embedded; the http(s) address of a chat server (or endpoint, for $FLUXROOM_EYE_URL);"
    " a folder of weights or their name on the Hugging Face hub.",
)
@click.option("--eye-model", metavar="NAME", help="The model to ask for at that server (or $FLUXROOM_EYE_MODEL).")
@click.option("--eye-device", metavar="NAME", help="Where weights run: cpu, cuda, cuda:1 (default: cuda if there).")
@opening
@common
@click.pass_obj
def ask(
    settings: Settings,
    photo: Path,
    question: str,
    other: str | None,
    version: str | None,
    output: Path | None,
    eye: str,
    eye_model: str | None,
    eye_device: str | None,
) -> None:
    """Answer a question about PHOTO, in the question's language."""
    if output is not None:
        check_target(output, photo, settings.overwrite, PICTURES)
    from fluxroom.describe import language_of
    from fluxroom.engines.eyes import choose

    bar = settings.bar_on(language_of(question))
    bar("open", 0.0)
    opened = settings.open(photo)
    chosen = choose(eye, model=eye_model, device=eye_device)
    if chosen.notice:
        settings.warn(chosen.notice)
        bar = settings.bar_on(language_of(question))
    bar("perceive", 0.0)
    asked = opened if version is None else opened.at(version)
    if other is not None:
        answer = _compared(opened, asked, version, other, question)
    else:
        answer = asked.ask(question, eye=chosen)
    settings.bar_off()
    if answer.kind == "unknown":
        raise NothingUnderstood(answer.text)
    if output is not None:
        from fluxroom.pictures import evidence, save_picture

        if answer.box is None and answer.mask is None:
            settings.warn("this answer rests on the picture as a whole; nothing is drawn into it")
        save_picture(evidence(asked.scene, answer.box, answer.mask), output, overwrite=settings.overwrite)
    if settings.json:
        drawn = None if output is None else str(output)
        settings.result({**answer.to_dict(), "eye": chosen.name, "licence": chosen.licence, "picture": drawn})
    else:
        click.echo(answer.text)


def _compared(opened: Any, first: Any, version: str | None, other: str, question: str) -> Any:
    """A photo or version against another photo, or against another version of the same photo."""
    from fluxroom.api import names_version
    from fluxroom.perception import compare

    if not names_version(other):
        return first.compare(Path(other), question)
    names = (version or "v0", other)
    return compare(first.scene, opened.at(other).scene, question, names)


def _write_masks(settings: Settings, opened: Any, names: list[str], folder: Path) -> dict[str, str]:
    import numpy as np
    from PIL import Image

    from fluxroom.pictures import save_picture

    targets = {name: folder / f"{name}.png" for name in names}
    taken = [target for target in targets.values() if target.exists()]
    if taken and not settings.overwrite:
        raise OutputExists(f"{taken[0]} exists already; --overwrite replaces it, or choose another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror or error}") from None
    for name, target in targets.items():
        mask = np.rint(opened.mask(name) * 255).clip(0, 255).astype(np.uint8)
        save_picture(Image.fromarray(mask), target, overwrite=settings.overwrite)
    return {name: str(target) for name, target in targets.items()}


def _plain(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)

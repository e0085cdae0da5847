"""The same jobs by other programs, as closely as each can do them. Standard library only.

None of these programs knows where the sky is. For "sky drama" they get the nearest thing that their users would do:
more local contrast and a darker upper half. So they have less to do: nothing is looked for in the photo, nothing is
measured afterwards, no version is kept. None can draw new clouds into a photo, so that class is fluxroom's alone.

One that cannot do a class is left out of it: RawTherapee has no grain; libvips' commands have no split toning and no
vignette. Where a program has a quicker way to the same end (one table for exposure, white balance and contrast in
ImageMagick and libvips), that way is taken. What each wrote is compared with the photo, so that nothing passes that
did nothing.
"""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jobs import QUALITY

Command = list[str]
Makes = Callable[["Task"], list[Command]]


@dataclass(frozen=True, slots=True)
class Task:
    """tool: the program; width, height: of the photo in pixels; folder: for what lies between; paths are absolute."""

    tool: str
    photo: Path
    out: Path
    folder: Path
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Peer:
    """A program: the first of `names` that is there and whose version text has a line with `says`; jobs by class."""

    name: str
    names: tuple[str, ...]
    version: tuple[str, ...]
    says: str
    jobs: Mapping[str, Makes] = field(default_factory=dict)


def find(peer: Peer) -> tuple[str, str] | None:
    """(path, version text), or None where it is not installed."""
    for name in peer.names:
        for folder in (None, "/usr/bin"):  # some other program may have taken the short name
            path = shutil.which(name, path=folder)
            if path is None:
                continue
            try:
                told = subprocess.run([path, *peer.version], capture_output=True, text=True, timeout=60)
            except (OSError, subprocess.TimeoutExpired):
                continue
            for line in (told.stdout + told.stderr).splitlines():
                if peer.says.lower() in line.lower():
                    return path, " ".join(re.sub(r"\x1b\[[0-9;]*m", "", line).split())
    return None


def tone_table(folder: Path) -> Path:
    """Exposure +0.3 EV, warmer and more contrast as one table of 256 x RGB, in a PPM file; sRGB."""

    def curve(code: int, gain: float) -> int:
        value = code / 255
        linear = value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        linear = min(1.0, linear * gain)
        shown = 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
        return round(255 * (0.8 * shown + 0.2 * shown * shown * (3 - 2 * shown)))

    gains = [2**0.3 * white for white in (1.06, 1.0, 0.94)]
    path = folder / "tone.ppm"
    path.write_bytes(b"P6 256 1 255\n" + bytes(curve(code, gain) for code in range(256) for gain in gains))
    return path


# --- ImageMagick -----------------------------------------------------------------------------------------------------
WRITE = ["-quality", str(QUALITY), "-sampling-factor", "2x2"]
"""For ImageMagick."""


def magick_sky(task: Task) -> Command:
    """Large blurs are made small, as anybody does who waits for them."""
    size = f"{task.width}x{task.height}"
    blurred = ["(", "-clone", "0", "-resize", "12.5%", "-blur", "0x8", "-resize", f"{size}!", ")"]
    contrast = ["-compose", "mathematics", "-define", "compose:args=0,-0.6,1.6,0", "-composite"]
    upper = ["(", "-size", size, "gradient:white-black", "-level", "50%,100%", ")"]
    darker = ["(", "-size", size, "gradient:gray65-white", ")", "-compose", "multiply", "-composite"]
    sharp = ["(", "-clone", "0,1", *contrast, ")", "-delete", "1"]
    return [*blurred, *sharp, *upper, "-compose", "over", "-composite", *darker]


def magick_tone(task: Task) -> Command:
    return [str(tone_table(task.folder)), "-clut", "-modulate", "100,118"]


def magick_look(task: Task) -> Command:
    size = f"{task.width}x{task.height}"
    toned = ["(", "-size", "1x256", "gradient:#fff4e0-#00101c", "-rotate", "90", ")", "-clut"]
    tint = ["(", "+clone", "-colorspace", "gray", *toned, ")", "-compose", "blend"]
    tint += ["-define", "compose:args=20", "-composite"]
    grain = ["-attenuate", "0.15", "+noise", "Gaussian"]
    vignette = ["(", "-size", size, "radial-gradient:white-gray50", ")", "-compose", "multiply", "-composite"]
    return [*magick_sky(task), *magick_tone(task), *tint, *grain, *vignette]


def magick(make: Callable[[Task], Command]) -> Makes:
    return lambda task: [[task.tool, str(task.photo), *make(task), *WRITE, str(task.out)]]


# --- libvips ---------------------------------------------------------------------------------------------------------
VIPS_WRITE = f"[Q={QUALITY},subsample-mode=on]"


def vips_tone(task: Task) -> list[Command]:
    """A table, then a matrix for saturation (luma weights of BT.709, 1.18)."""
    matrix, between = task.folder / "saturation.mat", task.folder / "between.v"
    weights, more = (0.2126, 0.7152, 0.0722), 1.18
    rows = [" ".join(f"{(1 - more) * w + more * (i == j):.6f}" for j, w in enumerate(weights)) for i in range(3)]
    matrix.write_text("3 3\n" + "\n".join(rows) + "\n", encoding="ascii")
    return [
        [task.tool, "maplut", str(task.photo), str(between), str(tone_table(task.folder))],
        [task.tool, "recomb", str(between), f"{task.out}{VIPS_WRITE}", str(matrix)],
    ]


def vips_sky(task: Task) -> list[Command]:
    """Local contrast is its sharpening of lightness at its largest radius; it has no larger one."""
    sharp, ramp, down, dark = (str(task.folder / f"{n}.v") for n in ("sharp", "ramp", "down", "dark"))
    wide = ["--sigma", "10", "--x1", "0", "--y2", "30", "--y3", "30", "--m1", "0.6", "--m2", "0.6"]
    return [
        [task.tool, "sharpen", str(task.photo), sharp, *wide],
        [task.tool, "grey", ramp, str(task.height), str(task.width)],
        [task.tool, "rot", ramp, down, "d90"],
        [task.tool, "linear", down, dark, "0.35", "0.65"],
        [task.tool, "multiply", sharp, dark, f"{task.out}{VIPS_WRITE}"],
    ]


# --- G'MIC -----------------------------------------------------------------------------------------------------------
GMIC_TONE = (
    "sh[0] 0 mul[-1] 1.15 rm[-1] sh[0] 1 mul[-1] 1.09 rm[-1] sh[0] 2 mul[-1] 1.03 rm[-1] adjust_colors[0] 0,12,0,0,18"
)
GMIC_SKY = (
    "+blur[0] 1% -[1] [0] mul[1] -0.6 100%,100%,1,1,max(0,1-2*y/h) mul[1] [2] add[0] [1] rm[1]"
    " mul[1] -0.35 add[1] 1 mul[0] [1] rm[1]"
)
GMIC_FILM = (
    "+luminance[0] div[1] 255 sh[0] 0 +mul[1] 24 sub[-1] 8 add[2] [3] rm[2,3]"
    " sh[0] 2 +mul[1] -24 add[-1] 14 add[2] [3] rm[2,3] rm[1]"
    " noise[0] 6,0 100%,100%,1,1,1-0.5*((x/w-0.5)^2+(y/h-0.5)^2)/0.5 mul[0] [1] rm[1]"
)
"""Split toning by lightness (warm lights, cold darks), grain, vignette."""


def gmic(*steps: str) -> Makes:
    words = [word for step in steps for word in step.split()]
    return lambda task: [
        [task.tool, "-v", "0", str(task.photo), *words, "cut[0]", "0,255", "output[0]", f"{task.out},{QUALITY}"]
    ]


# --- darktable -------------------------------------------------------------------------------------------------------
def packed(layout: str, *values: float) -> str:
    return struct.pack("<" + layout, *values).hex()


DARKTABLE: dict[str, tuple[int, str]] = {
    "exposure": (6, packed("iffffi", 0, 0.0, 0.3, 50.0, -4.0, 0)),
    "temperature": (3, packed("ffff", 1.06, 1.0, 0.94, 1.0)),
    "colisa": (1, packed("fff", 0.2, 0.0, 0.0)),
    "vibrance": (2, packed("f", 30.0)),
    "graduatednd": (1, packed("ffffff", 1.0, 0.0, 0.0, 50.0, 0.0, 0.0)),
    "bilat": (3, packed("Iffff", 1, 0.5, 0.5, 0.6, 0.5)),
    "splittoning": (1, packed("ffffff", 0.55, 0.25, 0.11, 0.25, 0.5, 33.0)),
    "grain": (2, packed("ifff", 2, 1600 / 213.2, 25.0, 100.0)),
    "vignette": (4, packed("ffffffiffii", 80.0, 50.0, -0.5, -0.5, 0.0, 0.0, 0, 1.0, 1.0, 0, 0)),
}
"""Modules: version and parameters, laid out as darktable 4.2 declares them (src/iop/*.c). bilat: local contrast by
local Laplacians; graduatednd: one stop darker upward, 1.0."""
DARKTABLE_TONE = ("temperature", "exposure", "colisa", "vibrance")
DARKTABLE_SKY = ("graduatednd", "bilat")
DARKTABLE_FILM = ("splittoning", "grain", "vignette")


def sidecar(modules: tuple[str, ...]) -> str:
    items = "".join(
        f'<rdf:li darktable:num="{i}" darktable:operation="{name}" darktable:enabled="1"'
        f' darktable:modversion="{DARKTABLE[name][0]}" darktable:params="{DARKTABLE[name][1]}"'
        ' darktable:multi_name="" darktable:multi_priority="0"/>'
        for i, name in enumerate(modules)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
        ' xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5" darktable:raw_params="0"'
        f' darktable:auto_presets_applied="1" darktable:history_end="{len(modules)}" darktable:iop_order_version="2">'
        f"<darktable:history><rdf:Seq>{items}</rdf:Seq></darktable:history></rdf:Description></rdf:RDF></x:xmpmeta>\n"
    )


def darktable(*modules: str) -> Makes:
    def make(task: Task) -> list[Command]:
        path = task.folder / "darktable.xmp"
        path.write_text(sidecar(modules), encoding="utf-8")
        own = ["--configdir", str(task.folder / "config"), "--cachedir", str(task.folder / "cache")]
        settings = [f"plugins/imageio/format/jpeg/quality={QUALITY}", "plugins/darkroom/workflow=none"]
        core = [*own, "--library", ":memory:", "--disable-opencl", *(w for s in settings for w in ("--conf", s))]
        return [[task.tool, str(task.photo), str(path), str(task.out), "--core", *core]]

    return make


# --- RawTherapee -----------------------------------------------------------------------------------------------------
RAWTHERAPEE_TONE = """
[Exposure]
Auto=false
Compensation=0.3
Contrast=20

[White Balance]
Enabled=true
Setting=Custom
Temperature=7000
Green=1

[Vibrance]
Enabled=true
Pastels=30
Saturated=15
"""
RAWTHERAPEE_SKY = """
[Local Contrast]
Enabled=true
Radius=80
Amount=0.5
Darkness=1
Lightness=1

[Gradient]
Enabled=true
Degree=0
Feather=50
Strength=0.7
CenterX=0
CenterY=0
"""


def rawtherapee(profile: str) -> Makes:
    def make(task: Task) -> list[Command]:
        path = task.folder / "rawtherapee.pp3"
        path.write_text(f"[Version]\nAppVersion=5.9\nVersion=349\n{profile}", encoding="utf-8")
        write = ["-o", str(task.out), f"-j{QUALITY}", "-js1", "-Y"]
        return [[task.tool, *write, "-p", str(path), "-c", str(task.photo)]]

    return make


PEERS = (
    Peer(
        "darktable",
        ("darktable-cli",),
        ("--version",),
        "darktable",
        {
            "tone": darktable(*DARKTABLE_TONE),
            "drama": darktable(*DARKTABLE_SKY),
            "look": darktable(*DARKTABLE_SKY, *DARKTABLE_TONE, *DARKTABLE_FILM),
        },
    ),
    Peer(
        "RawTherapee",
        ("rawtherapee-cli",),
        ("-h",),
        "RawTherapee, version",
        {"tone": rawtherapee(RAWTHERAPEE_TONE), "drama": rawtherapee(RAWTHERAPEE_SKY)},
    ),
    Peer(
        "G'MIC",
        ("gmic",),
        ("version",),
        "Version",
        {"tone": gmic(GMIC_TONE), "drama": gmic(GMIC_SKY), "look": gmic(GMIC_SKY, GMIC_TONE, GMIC_FILM)},
    ),
    Peer(
        "ImageMagick",
        ("magick", "convert-im6.q16", "convert"),
        ("-version",),
        "Version: ImageMagick",
        {"tone": magick(magick_tone), "drama": magick(magick_sky), "look": magick(magick_look)},
    ),
    Peer("libvips", ("vips",), ("--version",), "vips", {"tone": vips_tone, "drama": vips_sky}),
)

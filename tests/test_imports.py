"""The import rule of docs/architecture.md, and that looking at fluxroom costs nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import fluxroom

ROOT = Path(fluxroom.__file__).parent

LAYERS = {
    "__main__": -1,
    "cli": 0,
    "multimodal": 1,
    "generating": 2,
    "compose": 4,
    "batch": 1,
    "api": 2,
    "describe": 5,
    "pictures": 5,
    "assistant": 3,
    "looks": 3,
    "engines": 3,
    "language": 4,
    "perception": 4,
    "critic": 4,
    "history": 4,
    "render": 5,
    "operators": 6,
    "sky": 7,
    "photo": 8,
    "packs": 8,
    "recipe": 9,
    "scene": 9,
    "errors": 9,
    "han": 9,
    "compiled": 9,
    "own": 9,
}
"""Room -> layer; a room may import rooms of a higher number. Rooms of layer 4 do not know each other."""

SHARED = {"recipe", "scene", "errors", "han"}
TYPES_ONLY = {"assistant": {"api"}}
"""Rooms above whose types are named, under TYPE_CHECKING, and nothing else."""
PLUGGED_INTO = {"packs": {"operators", "language", "sky"}}
"""What plugs in knows the rooms it plugs into: their registries are filled and checked when packs are looked for; and
the packs that fluxroom brings are made of what operators are made of."""
TEMPLATE = ROOT / "packs" / "new"
"""Files of a package to be, not of this one."""
HEAVY = ("numpy", "numba", "cv2", "onnxruntime", "PIL", "scipy", "torch", "tifffile", "imagecodecs", "yaml")


def _room(file: Path) -> str:
    return file.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(file: Path, types: bool = True) -> set[str]:
    """The rooms of fluxroom that a file imports, anywhere in it; without `types`, not those under TYPE_CHECKING."""
    rooms = set()
    package = ("fluxroom", *file.relative_to(ROOT).parent.parts)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if not types:
        tree.body = [n for n in tree.body if not (isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "fluxroom" else [module]
        for name in names:
            parts = name.split(".")
            if parts[0] == "fluxroom" and len(parts) > 1 and not parts[1].startswith("__"):
                rooms.add(parts[1])
    return rooms


def _files() -> list[Path]:
    return [f for f in sorted(ROOT.rglob("*.py")) if f != ROOT / "__init__.py" and TEMPLATE not in f.parents]


def test_every_room_has_its_layer() -> None:
    assert {_room(f) for f in _files()} == set(LAYERS)


@pytest.mark.parametrize("file", _files(), ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_imports_anything_above_itself(file: Path) -> None:
    room = _room(file)
    for other in _imports(file) - {room}:
        if room in SHARED and other in SHARED:
            continue
        if other in TYPES_ONLY.get(room, ()) and other not in _imports(file, types=False):
            continue
        if other in PLUGGED_INTO.get(room, ()):
            continue
        assert other in LAYERS, f"{file}: there is no room {other!r}"
        assert LAYERS[other] > LAYERS[room], f"{file}: {room} may not import {other}"


def test_shared_types_import_each_other_one_way() -> None:
    assert _imports(ROOT / "errors.py") == set()
    assert _imports(ROOT / "scene.py") <= {"errors"}
    assert _imports(ROOT / "recipe.py") <= {"errors"}


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_fluxroom_is_light() -> None:
    assert _python(f"import sys, fluxroom; print([m for m in {HEAVY} if m in sys.modules])").strip() == "[]"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["edit", "--help"], ["batch", "--help"], ["warm-up", "--help"], ["completion", "bash"]],
)
def test_help_is_light(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom fluxroom.cli.main import run\n"
        f"assert run({arguments!r}) == 0\n"
        f"print('HEAVY', [m for m in {HEAVY} if m in sys.modules])"
    )
    assert _python(code).splitlines()[-1] == "HEAVY []"


def test_what_is_public_is_there() -> None:
    for name in fluxroom.__all__:
        assert getattr(fluxroom, name) is not None
    assert set(fluxroom.__all__) <= set(dir(fluxroom))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = fluxroom.nothing


def test_one_version_everywhere() -> None:
    import tomllib
    from importlib.metadata import version

    project = tomllib.loads((ROOT.parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == fluxroom.__version__ == version("fluxroom")

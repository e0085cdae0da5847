"""Packs: fluxroom's own fit their own rules, one from a folder comes in whole, and what does not fit stays out."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fluxroom.errors import InputError, OutputExists, UnknownOperator
from fluxroom.operators import all_operators, find
from fluxroom.packs import Pack, Shelf, shelf
from fluxroom.packs.built_in import BUILT_IN
from fluxroom.packs.check import wrong_files, wrong_form
from fluxroom.packs.shelf import offer
from fluxroom.packs.template import write_template


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, written to a folder and installed from there by pip, where only these tests look."""
    folder = tmp_path_factory.mktemp("packs")
    write_template(folder / "dune-pack")
    _pip(folder / "dune-pack", folder / "site")
    return folder


def _pip(source: Path, target: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index",
         "--disable-pip-version-check", "--target", str(target), str(source)],
        check=True,
    )  # fmt: skip


def _fluxroom(site: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "FLUXROOM_LIBRARY": str(cwd / "library")}
    return subprocess.run(
        [sys.executable, "-m", "fluxroom", *arguments], cwd=cwd, env=environment, capture_output=True, text=True
    )


@pytest.mark.parametrize("pack", BUILT_IN, ids=lambda p: p.name)
def test_our_own_packs_obey_the_rules(pack: Pack) -> None:
    assert wrong_form(pack, [p for p in BUILT_IN if p is not pack]) is None
    assert wrong_files(pack, shelf()) is None
    assert all(pack.title) and all(pack.about)


def test_every_operator_belongs_to_a_pack() -> None:
    homes = tuple(module for pack in BUILT_IN for module in pack.operators)
    assert all(o.prepare.__module__.startswith(homes) for o in all_operators())


def test_one_from_a_folder(installed: Path, tmp_path: Path) -> None:
    """Listed; its words edit a photo, its look is there, its version replays; without it replay says what lacks."""
    site = installed / "site"
    Image.fromarray(np.full((48, 64, 3), (180, 60, 60), np.uint8)).save(tmp_path / "red.png")
    listed = _fluxroom(site, "packs", "show", "dune-pack", cwd=tmp_path)
    assert "sun_bleached" in listed.stdout and "beach_postcard" in listed.stdout, listed.stderr
    edited = _fluxroom(site, "edit", "red.png", "make it sun bleached", "-o", "out.png", cwd=tmp_path)
    assert edited.returncode == 0, edited.stderr
    before, after = (np.asarray(Image.open(tmp_path / n)).astype(int) for n in ("red.png", "out.png"))
    assert (after[..., 0] < before[..., 0]).all() and (after[..., 1] > before[..., 1]).all()
    assert "beach_postcard" in _fluxroom(site, "looks", "list", "--search", "postcard", cwd=tmp_path).stdout
    again = _fluxroom(site, "replay", "red.png", "1", "-o", "again.png", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "out.png").read_bytes()
    without = _fluxroom(tmp_path / "none", "replay", "red.png", "1", "-o", "third.png", cwd=tmp_path)
    assert without.returncode == 2 and "sun_bleached" in without.stderr and "packs" in without.stderr
    assert not (tmp_path / "third.png").exists()


def test_its_own_tests_pass(installed: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed / "site")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=installed / "dune-pack", env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_one_stops_nothing(tmp_path: Path) -> None:
    write_template(tmp_path / "bad-pack")
    (tmp_path / "bad-pack" / "src" / "bad_pack" / "operators.py").write_text("import nowhere_to_be_found\n")
    _pip(tmp_path / "bad-pack", tmp_path / "site")
    listed = _fluxroom(tmp_path / "site", "packs", cwd=tmp_path)
    assert listed.returncode == 0 and "core" in listed.stdout
    assert "bad-pack 0.1.0" in listed.stderr and "nowhere_to_be_found" in listed.stderr
    assert len(listed.stderr.strip().splitlines()) == 1
    assert _fluxroom(tmp_path / "site", "operators", "exposure", cwd=tmp_path).returncode == 0


def _written(tmp_path: Path, lexicon: str = "", looks: str = "", operators: str = "") -> Pack:
    """A pack of those texts, importable for this process."""
    for folder, text in (("lexicon", lexicon), ("looks", looks)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text(text or "{}", encoding="utf-8")
    modules: tuple[str, ...] = ()
    if operators:
        module = f"pack_of_{abs(hash(str(tmp_path)))}"
        (tmp_path / f"{module}.py").write_text(operators, encoding="utf-8")
        modules = (module,)
    return Pack("odd", ("Odd", "怪"), ("", ""), modules, tmp_path / "lexicon", tmp_path / "looks")


REFUSED = {
    "operator twice": ("", "", "from fluxroom.operators import find, register\nregister(find('exposure'))", "twice"),
    "no YAML": ("concepts: [", "", "", "YAML"),
    "other keys": ("words: {}", "", "", "'operators' and 'concepts'"),
    "unknown operator": ("concepts: {x: {more: xyzzy, do: warp amount=1}}", "", "", "warp"),
    "out of range": ("concepts: {x: {more: xyzzy, do: exposure stops=9}}", "", "", "-5 to 5"),
    "unread key": ("concepts: {x: {mroe: xyzzy, do: exposure stops=1}}", "", "", "nobody reads"),
    "no words": ("concepts: {x: {do: exposure stops=1}}", "", "", "needs words"),
    "nothing to do": ("concepts: {x: {more: xyzzy}}", "", "", "to be done"),
    "bad region": ("concepts: {x: {more: xyzzy, do: '[nowhere] exposure stops=1'}}", "", "", "nowhere"),
    "taken concept": ("concepts: {fog: {more: xyzzy, do: exposure stops=1}}", "", "", "'fog' is there already"),
    "wrong range": ("operators: {exposure: {stage: 1, stops: [0, 1]}}", "", "", "-5 to 5"),
    "no stage": ("operators: {exposure: {stops: [-5, 5]}}", "", "", "stage"),
    "look without Chinese": ("", "x: {title: X, about: Y, tags: z, do: exposure stops=1}", "", "English / 中文"),
    "taken look": ("", "nordic: {title: X / 某, about: Y / 乙, tags: z, do: exposure stops=1}", "", "nordic"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_left_out_whole(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lexicon, looks, operators, said = REFUSED[case]
    monkeypatch.syspath_prepend(str(tmp_path))
    on = Shelf(list(BUILT_IN))
    before = [o.name for o in all_operators()]
    offer(on, _written(tmp_path, lexicon, looks, operators), "odd 1.0")
    assert [p.name for p in on.packs] == [p.name for p in BUILT_IN]
    assert len(on.refused) == 1 and said in on.refused[0] and "\n" not in on.refused[0]
    assert [o.name for o in all_operators()] == before


@pytest.mark.parametrize(
    ("change", "said"),
    [({"name": "Odd Pack"}, "small letters"), ({"name": "core"}, "called so"), ({"format": 9}, "format 9"),
     ({"title": ("Odd", "")}, "Chinese"), ({"looks": Path("/nowhere/looks")}, "/nowhere/looks")],
)  # fmt: skip
def test_its_form_is_checked(change: dict[str, object], said: str) -> None:
    pack = replace(Pack("odd", ("Odd", "怪")), **change)  # type: ignore[arg-type]
    why = wrong_form(pack, BUILT_IN)
    assert why is not None and said in why


def test_an_eye_from_a_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    from fluxroom.engines.eyes import Embedded, choose
    from fluxroom.errors import EyeUnusable

    pack = Pack("seer", ("Seer", "慧眼"), eyes={"second": "fluxroom.engines.eyes.embedded:Embedded", "no": "nowhere:X"})
    monkeypatch.setattr(shelf(), "packs", [*BUILT_IN, pack])
    assert isinstance(choose("second"), Embedded)
    with pytest.raises(EyeUnusable, match="nowhere"):
        choose("no")


def test_the_template_refuses_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a").touch()
    with pytest.raises(OutputExists):
        write_template(tmp_path / "full")
    with pytest.raises(InputError, match="small letters"):
        write_template(tmp_path / "My Pack")


def test_an_unknown_operator_may_be_in_a_pack() -> None:
    with pytest.raises(UnknownOperator, match="packs"):
        find("sun_bleached")

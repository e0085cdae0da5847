"""Tables of colours: read, written, carried out."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fluxroom
from fluxroom.errors import InputError, ParameterError, RecipeError
from fluxroom.looks import Look, find_look, import_cube
from fluxroom.looks.bake import cube_of, parted, through
from fluxroom.looks.cube import read_cube, write_cube
from fluxroom.operators import find
from fluxroom.operators.table import FULL, Table, look_up
from fluxroom.photo.color import REC709, primaries_to_rec2020
from fluxroom.recipe import Adjustment, Recipe, Region
from fluxroom.scene import Float


def through_table(table: Table, codes: Float, strength: float = 1.0) -> Float:
    """(n, 3) sRGB code values 0..1 through a table, in float64 at both ends."""
    back = primaries_to_rec2020(REC709)
    linear = np.where(codes <= 0.04045, codes / 12.92, ((codes + 0.055) / 1.055) ** 2.4)
    tile = np.ascontiguousarray((linear @ back.T).astype(np.float32)[None])
    ranges = [np.array(r, np.float32) for r in (table.curves_range, table.lattice_range)]
    look_up(tile, np.linalg.inv(back).astype(np.float32), back.astype(np.float32), table.curves, ranges[0],
            table.lattice, ranges[1], np.float32(strength))  # fmt: skip
    out = np.clip(tile[0].astype(float) @ np.linalg.inv(back).T, 0, None)
    return np.asarray(np.where(out <= 0.0031308, 12.92 * out, 1.055 * out ** (1 / 2.4) - 0.055), np.float32)


def some(n: int = 400, seed: int = 1) -> Float:
    return np.random.default_rng(seed).random((n, 3)).astype(np.float32)


def identity(n: int) -> Table:
    return read_cube(write_cube(lambda c: c, n, "same", []))


@pytest.mark.parametrize("n", [2, 17, 33])
def test_an_identity_changes_nothing(n: int) -> None:
    assert np.abs(through_table(identity(n), some()) - some()).max() < 2e-5


def test_tetrahedra_are_exact_on_what_is_linear_in_each() -> None:
    """max(r, g, b) and min are linear in each tetrahedron of each cell on the diagonal; sums are anywhere."""

    def mixed(c: Float) -> Float:
        return np.stack([c @ np.array([0.2, 0.5, 0.3], np.float32), 1 - c[:, 1], 0.5 * c[:, 0] + 0.1], 1)

    table = read_cube(write_cube(mixed, 5, "mix", []))
    assert np.abs(through_table(table, some()) - mixed(some())).max() < 5e-5
    corner = read_cube(write_cube(lambda c: np.stack([c.max(1), c.min(1), np.sort(c, 1)[:, 1]], 1), 2, "sort", []))
    expected = np.stack([some().max(1), some().min(1), np.sort(some(), 1)[:, 1]], 1)
    assert np.abs(through_table(corner, some()) - expected).max() < 5e-5


def test_every_order_of_channels_is_continuous() -> None:
    rng = np.random.default_rng(3)
    table = Table(np.zeros((0, 3), np.float32), rng.random((3, 3, 3, 3)).astype(np.float32))
    for order in itertools.permutations([0.2, 0.2, 0.7]):
        base = np.array([order], np.float32)
        near = through_table(table, base)
        for step in np.eye(3, dtype=np.float32) * 1e-4:
            assert np.abs(through_table(table, base + step) - near).max() < 2e-3


def test_strength_mixes_code_values() -> None:
    negative = read_cube(write_cube(lambda c: 1 - c, 2, "negative", []))
    assert np.abs(through_table(negative, some(), 0.25) - (0.75 * some() + 0.25 * (1 - some()))).max() < 5e-5


CURVE = 'TITLE "gamma # not a comment"\n# a comment\n\nLUT_1D_SIZE 3\n0 0 0\n0.25 0.5 0.75 # here\n1 1 1\n'


def test_curves_per_channel() -> None:
    table = read_cube(CURVE)
    assert table.curves.shape == (3, 3)
    assert len(table.lattice) == 0
    assert np.allclose(through_table(table, np.array([[0.5, 0.5, 0.5]], np.float32)), [[0.25, 0.5, 0.75]], atol=1e-5)
    assert np.allclose(through_table(table, np.array([[0.25, 0.75, 1]], np.float32)), [[0.125, 0.75, 1]], atol=1e-5)


def test_domains_of_adobe_and_of_resolve() -> None:
    adobe = read_cube("LUT_1D_SIZE 2\r\nDOMAIN_MIN 0.5 0 0\r\nDOMAIN_MAX 1 2 1\r\n0 0 0\r\n1 1 1\r\n")
    got = through_table(adobe, np.array([[0.75, 0.5, 0.5], [0.2, 0.5, 0.5]], np.float32))
    assert np.allclose(got, [[0.5, 0.25, 0.5], [0, 0.25, 0.5]], atol=1e-4)
    resolve = read_cube("LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 2\n0 0 0\n1 1 1\n")
    assert np.allclose(through_table(resolve, np.full((1, 3), 0.5, np.float32)), 0.25, atol=1e-4)
    flip = "\n".join(f"{1 - r} {1 - g} {1 - b}" for b in (0, 1) for g in (0, 1) for r in (0, 1))
    both = read_cube(
        "LUT_1D_SIZE 2\nLUT_1D_INPUT_RANGE 0 1\nLUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 0 1\n0 0 0\n0.5 0.5 0.5\n" + flip
    )
    assert np.allclose(through_table(both, np.full((1, 3), 0.4, np.float32)), 0.8, atol=1e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "neither LUT_1D_SIZE nor LUT_3D_SIZE"),
        ("LUT_3D_SIZE 2\n0 0 0\n", "1 rows of numbers, its size needs 8"),
        ("LUT_1D_SIZE 2\n0 0 0\n1 1 1\n1 1 1\n", "line 4: more rows"),
        ("LUT_1D_SIZE 2\n0 0\n1 1 1\n", "line 2: 3 numbers are needed"),
        ("LUT_1D_SIZE 2\n0 0 nan\n1 1 1\n", "line 2: a number is not finite"),
        ("LUT_1D_SIZE 2\n0 0 1e30\n1 1 1\n", "line 2: a number is not finite"),
        ("LUT_1D_SIZE 2\nnan 0 0\n1 1 1\n", "line 2: a number is not finite"),
        ("LUT_1D_SIZE 2\n0 0 zero\n1 1 1\n", "line 2: '0 0 zero' is not 3 numbers"),
        ("LUT_1D_SIZE 1\n0 0 0\n", "from 2 to 65536"),
        ("LUT_3D_SIZE 999\n", "from 2 to 129"),
        ("LUT_3D_SIZE two\n", "line 1: LUT_3D_SIZE must be"),
        ("LUT_1D_SIZE 2\n0 0 0\nLUT_1D_SIZE 3\n1 1 1\n", "after the numbers"),
        ("LUT_1D_SIZE 2\nDOMAIN_MIN 1 0 0\n0 0 0\n1 1 1\n", "below DOMAIN_MAX"),
        ("LUT_1D_SIZE 2\nLUT_IN_VIDEO_RANGE\n0 0 0\n1 1 1\n", "video range"),
        ("<html>\n", "line 1"),
        ("hello there\n", "'HELLO' is no word of a .cube file"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as raised:
        read_cube(text)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='LUT_13DSIZEOMAN_# \n\t0123456789.-+einfa"', max_size=120))
def test_any_text_is_a_table_or_one_line(text: str) -> None:
    try:
        table = read_cube(text)
    except InputError as error:
        said = str(error)
    else:
        said = ""
        assert np.isfinite(through_table(table, some(8))).all()
    assert "\n" not in said


def test_a_table_comes_back_from_its_bytes() -> None:
    table = read_cube(CURVE)
    again = Table.from_bytes(table.to_bytes())
    assert np.array_equal(again.curves, table.curves)
    assert again.to_bytes() == table.to_bytes()
    for content in (b"", b"x" * 50, table.to_bytes()[:-4], table.to_bytes() + b"0000"):
        with pytest.raises(ValueError, match=r"table|buffer"):
            Table.from_bytes(content)


def test_wide_and_wild_values_come_out_finite() -> None:
    tile = np.array([[[np.nan, 0, 0], [np.inf, 1, 1], [-5, 9, 0.2], [1e6, 1e6, -1e6], [0.9, 0, 0]]], np.float32)
    back = primaries_to_rec2020(REC709).astype(np.float32)
    table = identity(3)
    full = np.array(FULL, np.float32)
    look_up(tile, np.linalg.inv(back).astype(np.float32), back, table.curves, full, table.lattice, full, np.float32(1))
    assert np.isfinite(tile).all()
    assert tile.max() < 1.01


def color_only(key: str) -> Look:
    look = find_look(key)
    return Look(look.key, look.title, look.tags, look.about, Recipe(parted(look.recipe).inside))


@pytest.mark.parametrize("key", ["nordic", "everyday_film", "iron_blue_print", "crossed_slide", "blockbuster_teal"])
@pytest.mark.parametrize("size", [33, 65])
def test_there_and_back_equals_rendering(key: str, size: int, photo: fluxroom.Photo) -> None:
    """The look's colour part by its operators, against its .cube, imported again; contrast is set aside, for it looks
    at the photo's brightness."""
    look = color_only(key)
    parts = tuple(a for a in look.recipe.adjustments if a.operator != "contrast")
    made = cube_of(Look(key, look.title, (), ("", ""), Recipe(parts)), size)
    assert not made.outside
    back = import_cube(made.text, "back")
    direct = photo.render(Recipe(parts), bits=16, remember=False).photo.codes.astype(float) / 257
    table = photo.render(back.at(), bits=16, remember=False).photo.codes.astype(float) / 257
    off = np.abs(direct - table)
    assert off.mean() < 0.25
    assert np.percentile(off, 99.9) < (4.0 if size == 33 else 1.5)  # at 33, where a channel meets the gamut's end


def test_what_cannot_go_in_is_said() -> None:
    made = cube_of(find_look("nordic"), 17)
    assert "highlights: it looks at the picture around each pixel" in made.outside
    assert "saturation: only in sky" in made.outside
    assert all(line in made.text for line in made.outside)
    with pytest.raises(InputError, match="colours alone"):
        cube_of(Look("x", ("x", "x"), (), ("", ""), Recipe((Adjustment("clarity"),))), 17)
    spared = Recipe((Adjustment("exposure"),), keep=Region("sky"))
    assert parted(spared).outside == ("exposure: it spares sky",)


def test_opacity_goes_into_the_table() -> None:
    grey = through((Adjustment("black_and_white", opacity=0.5),), some())
    whole = through((Adjustment("black_and_white"),), some())
    assert 0.2 < np.ptp(grey, axis=1).mean() / np.ptp(some(), axis=1).mean() < 0.8
    assert np.ptp(whole, axis=1).max() < 0.002


def test_the_operator_is_the_same_in_tiles_and_threads(photo: fluxroom.Photo) -> None:
    from fluxroom.render import render

    rng = np.random.default_rng(5)
    table = Table(np.zeros((0, 3), np.float32), rng.random((9, 9, 9, 3)).astype(np.float32))
    text = "LUT_3D_SIZE 9\n" + "\n".join(" ".join(map(str, row)) for row in table.lattice.reshape(-1, 3).tolist())
    recipe = import_cube(text, "wild").at()
    whole = render(photo.pixels, photo.scene, recipe, threads=1)
    parts = render(photo.pixels, photo.scene, recipe, threads=2, tile=(13, 17))
    assert np.array_equal(whole.codes, parts.codes)


def test_a_table_that_is_missing_is_one_error(photo: fluxroom.Photo) -> None:
    recipe = Recipe((Adjustment("table", {"table": "ab" * 32}),))
    with pytest.raises(RecipeError, match="abababababab is not in the library"):
        photo.render(recipe, remember=False)
    with pytest.raises(ParameterError, match="64 hexadecimal digits"):
        find("table").parameters({"table": "mine.cube"})


def test_a_harmed_table_is_not_used(photo: fluxroom.Photo, library: object) -> None:
    from pathlib import Path

    look = import_cube(CURVE, "harmed")
    (file,) = (f for f in (Path(str(library)) / "tables").rglob("*") if f.is_file())
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(RecipeError, match="not in the library"):
        photo.render(look.at(), remember=False)

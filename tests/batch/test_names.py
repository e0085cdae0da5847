"""Names of results, and which photos a batch is about."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fluxroom.batch import Source, find_sources
from fluxroom.batch.names import FIELDS, check_pattern, look_name, result_name
from fluxroom.batch.sources import read_list
from fluxroom.errors import InputError


def name(pattern: str, format: str | None = None) -> str:
    return result_name(check_pattern(pattern), Source("in/a/IMG 1.JPG", "a"), 7, "moody", "2026-05-01", format)


def test_patterns() -> None:
    assert name("{stem}.{ext}") == "a/IMG 1.JPG"
    assert name("{stem}_{look}") == "a/IMG 1_moody.JPG"
    assert name("{date}/{index:03d}-{parent}.{ext}", format="png") == "a/2026-05-01/007-a.png"
    assert name("{index}.tif") == "a/0007.tif"


@pytest.mark.parametrize(
    "pattern",
    ["", "../{stem}", "/x/{stem}.{ext}", "{nobody}", "{stem", "{stem!r}", "{stem:9}", "a/", "{0}", "{index:>9999}"],
)
def test_bad_patterns(pattern: str) -> None:
    with pytest.raises(InputError, match="--name"):
        check_pattern(pattern)


@given(
    stem=st.text(min_size=1).filter(lambda s: "/" not in s and "\0" not in s and s not in (".", "..")),
    look=st.text(),
    parts=st.lists(st.sampled_from([*(f"{{{f}}}" for f in FIELDS), "-", "x/"]), min_size=1, max_size=6),
)
def test_names_stay_inside_and_fit(stem: str, look: str, parts: list[str]) -> None:
    try:
        pattern = check_pattern("".join(parts))
    except InputError:
        return
    result = PurePosixPath(result_name(pattern, Source(f"in/{stem}.jpg"), 1, look_name(look), "undated", None))
    assert not result.is_absolute()
    assert ".." not in result.parts
    assert all(len(part.encode("utf-8", "surrogatepass")) <= 255 for part in result.parts)
    assert result.suffix == ".jpg"


def test_folder_glob_and_list(tmp_path: Path) -> None:
    for file in ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "deep/c.tif", "out/a.png", ".git/d.jpg"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    out = str(tmp_path / "out")

    def found(where: str, **more: bool) -> list[tuple[str, str]]:
        photos = find_sources(where, out, **more).photos
        return [(Path(s.path).relative_to(tmp_path).as_posix(), s.parent) for s in photos]

    flat = [("a.png", ""), ("b.JPG", "")]
    assert found(str(tmp_path)) == flat
    assert found(str(tmp_path), recursive=True) == [*flat, ("deep/c.tif", "deep")]
    assert found(str(tmp_path / "**" / "*.*")) == [*flat, ("deep/c.tif", "deep")]
    assert found(str(tmp_path / "a.png")) == [("a.png", "")]
    assert find_sources(str(tmp_path), out).others == 1
    assert [s.path for s in find_sources("-", out, lines=["x", "y", "x"]).photos] == ["x", "y"]
    assert read_list(b"a b\n\nc\n", null=False) == ["a b", "c"]
    assert read_list(b"a\nb\0c\0", null=True) == ["a\nb", "c"]
    for where in ("nothing", str(tmp_path / "*.webp"), out + "x*"):
        with pytest.raises(InputError):
            find_sources(where, out)
    with pytest.raises(InputError, match="among the photos"):
        find_sources(str(tmp_path), str(tmp_path))

"""The recipe beside the photo: as YAML, and inside an XMP file among what other programs keep there.

Both say the same thing each time for the same version, and are written only when that changes, so that folders under
version control or backup stay quiet.
"""

from __future__ import annotations

import io
import os
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

from fluxroom.errors import HistoryError
from fluxroom.history.carry import write_whole
from fluxroom.recipe import Recipe

if TYPE_CHECKING:
    from fluxroom.history.graph import Version

NAMESPACE = "https://fluxroom.invalid/ns/1.0/"
"""Of our properties in XMP; a name only, nothing is to be found there."""
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_META = "adobe:ns:meta/"
LARGEST = 16 << 20


def sidecar_path(photo: Path) -> Path:
    """`beach.jpg.fluxroom.yaml` beside `beach.jpg`."""
    return photo.with_name(f"{photo.name}.fluxroom.yaml")


def xmp_path(photo: Path) -> Path:
    """The XMP file that is there (`beach.xmp` or `beach.jpg.xmp`), else `beach.xmp`."""
    for path in (photo.with_suffix(".xmp"), photo.with_name(f"{photo.name}.xmp")):
        if path.exists():
            return path
    return photo.with_suffix(".xmp")


def write_sidecar(photo: Path, sha256: str, version: Version) -> bool:
    """Write the version's recipe beside the photo; whether anything had to be written."""
    text = f"# {version.name} of {photo.name}, SHA-256 {sha256}\n{version.recipe.to_yaml()}"
    return _written(sidecar_path(photo), text)


def write_xmp(photo: Path, sha256: str, version: Version) -> bool:
    """Put the version's recipe into the XMP file beside the photo; what else is in it stays. Whether it changed."""
    path = xmp_path(photo)
    ours = {"Photo": sha256, "Recipe": version.recipe.to_yaml(), "Version": version.name}
    root = _parse(path) if path.exists() else None
    if root is None:
        root = ET.Element(f"{{{_META}}}xmpmeta")
        ET.SubElement(root, f"{{{_RDF}}}RDF")
    rdf = root if root.tag == f"{{{_RDF}}}RDF" else root.find(f"{{{_RDF}}}RDF")
    if rdf is None:
        raise HistoryError(f"{path}: this is no XMP file; move it away, or leave XMP out")
    own = next((d for d in rdf if any(child.tag.startswith(f"{{{NAMESPACE}}}") for child in d)), None)
    if own is None:
        own = ET.SubElement(rdf, f"{{{_RDF}}}Description", {f"{{{_RDF}}}about": ""})
    if {name: own.findtext(f"{{{NAMESPACE}}}{name}") for name in ours} == ours:
        return False
    for name, value in ours.items():
        child = own.find(f"{{{NAMESPACE}}}{name}")
        if child is None:
            child = ET.SubElement(own, f"{{{NAMESPACE}}}{name}")
        child.text = value
    for prefix, uri in (("x", _META), ("rdf", _RDF), ("fluxroom", NAMESPACE)):
        ET.register_namespace(prefix, uri)
    ET.indent(root)
    write_whole(path, ET.tostring(root, encoding="unicode") + "\n")
    return True


def read_sidecar(photo: Path) -> Recipe | None:
    """The recipe beside the photo, from the YAML file or from XMP; None if there is none. Raises RecipeError."""
    path = sidecar_path(photo)
    if path.is_file():
        return Recipe.from_yaml(_text(path))
    path = xmp_path(photo)
    if not path.is_file():
        return None
    found = _parse(path).iter(f"{{{NAMESPACE}}}Recipe")
    text = next((e.text for e in found if e.text), None)
    return None if text is None else Recipe.from_yaml(text)


def _parse(path: Path) -> ET.Element:
    """The root of an XMP file, its prefixes remembered so that they are written as they were."""
    text = _text(path)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise HistoryError(f"{path}: an XMP file has no document type; it was left alone")
    try:
        for _, (prefix, uri) in ET.iterparse(io.StringIO(text), events=["start-ns"]):
            if prefix and not prefix.startswith("ns"):
                ET.register_namespace(prefix, uri)
        return ET.fromstring(text)
    except ET.ParseError as error:
        raise HistoryError(f"{path}: this is no XMP file ({error}); move it away, or leave XMP out") from None


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise HistoryError(f"{path}: too large for a sidecar")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise HistoryError(f"{path}: is no text in UTF-8") from None
    except OSError as error:
        raise HistoryError(f"{path}: cannot be read: {error.strerror or error}") from None


def _written(path: Path, text: str) -> bool:
    if path.exists() and os.stat(path).st_size < LARGEST and path.read_bytes() == text.encode():
        return False
    write_whole(path, text)
    return True

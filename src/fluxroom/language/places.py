"""Region texts read as trees: the names a region is made of."""

from __future__ import annotations

from fluxroom.recipe import Node, parse_region


def made_of(text: str) -> frozenset[str]:
    """Names that the region is made of, without those taken out: sky in "(sky - clouds) & (everything - left)"."""
    return _made_of(parse_region(text))


def _made_of(tree: Node) -> frozenset[str]:
    if tree.left is None:
        return tree.names()
    if tree.right is None or tree.op == "-":
        return _made_of(tree.left)
    return _made_of(tree.left) | _made_of(tree.right)

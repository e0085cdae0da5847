"""Chinese characters that every room reads the same: Traditional as Simplified, one for one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("traditional.yaml")


@cache
def simplified_of() -> dict[str, str]:
    """Traditional character -> the Simplified one it is read as."""
    import yaml

    data = yaml.safe_load(_FILE.read_text("utf-8"))
    return dict(zip(data["from"].replace(" ", ""), data["to"].replace(" ", ""), strict=True))


def simplified(text: str) -> str:
    """The same text in Simplified characters, character for character."""
    table = simplified_of()
    return "".join([table.get(c, c) for c in text])

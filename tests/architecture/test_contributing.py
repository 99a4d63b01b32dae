"""CONTRIBUTING names files; they are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PREFIXES = ("fitbox/", "server/", "trainer/", "client/", "tests/", "docs/", "protos/")


def named_paths(text: str) -> set[str]:
    """Paths in back quotes, with ``{a,b}`` written out; patterns and names to be filled in are none."""
    found = set()
    for quoted in re.findall(r"`([^`\s]+)`", text):
        before, brace, rest = quoted.partition("{")
        inside, _, after = rest.partition("}")
        found |= {before + part + after for part in inside.split(",")} if brace else {quoted}
    return {path for path in found if path.startswith(PREFIXES) and not re.search(r"[<>*]|CODE|NAME", path)}


def test_every_file_that_is_named_is_there() -> None:
    """A newcomer's first question must not end in a file that was renamed."""
    paths = named_paths((ROOT / "CONTRIBUTING.md").read_text())
    assert len(paths) > 20
    assert {path for path in paths if not (ROOT / path).exists()} == set()

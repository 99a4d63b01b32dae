"""A wheel of FitBox in an environment with some of its packages: what ``pip install`` of an extra makes.

Nothing is downloaded: the environment's packages are links to those of this one, and no others are there.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import venv
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


def build_wheel(folder: Path) -> Path:
    """The wheel of the working tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    return wheel


def locked(*locks: str) -> list[str]:
    """The names in lock files of ``requirements/``."""
    lines = [
        line for lock in locks for line in (ROOT / "requirements" / f"{lock}.lock").read_text().splitlines()
    ]
    return sorted({line.partition("==")[0] for line in lines if "==" in line and not line.startswith("#")})


@dataclass(frozen=True)
class Environment:
    """A virtual environment with FitBox in it."""

    python: Path

    def run(self, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Its Python, where nothing of this one's can be seen."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=folder,
            env={**kept, "COLUMNS": "200", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def install(wheel: Path, packages: Iterable[str], folder: Path) -> Environment:
    """Make an environment that has the wheel, and of everything else ``packages`` alone."""
    venv.create(folder, with_pip=False, symlinks=True)
    site = next(folder.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    link_packages(packages, site)
    return Environment(folder / "bin" / "python")


def link_packages(names: Iterable[str], site: Path) -> None:
    """Link the files of distributions: a folder as a whole, unless several of them put files there."""
    found = [importlib.metadata.distribution(name) for name in names]
    files = [
        [Path(str(file)) for file in one.files or () if ".." not in Path(str(file)).parts] for one in found
    ]
    owners = Counter(top for paths in files for top in {path.parts[0] for path in paths})
    for one, paths in zip(found, files, strict=True):
        base = Path(str(one.locate_file("")))
        tops = {path.parts[0] for path in paths}
        for relative in [Path(top) for top in tops if owners[top] == 1] + [
            path for path in paths if owners[path.parts[0]] > 1
        ]:
            target = site / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists() and (base / relative).exists():
                target.symlink_to(base / relative)

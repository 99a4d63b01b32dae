"""What must hold for the project as a whole."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_makefile_offers_what_the_readme_promises():
    """Each `make X` in the README is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    promised = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert promised
    assert promised <= targets


@pytest.mark.slow
def test_help_needs_no_heavy_library():
    """`fitbox --help` stays quick: no command imports torch, polars and the like at import."""
    code = (
        "import sys; from fitbox_client.cli import build_app; build_app();"
        "heavy = {'torch', 'transformers', 'polars', 'openvino', 'matplotlib'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

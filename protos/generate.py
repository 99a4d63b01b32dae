"""Regenerate ``fitbox/v1`` from the .proto files beside this one: ``make proto``.

``generate(out)`` writes elsewhere, which is how the drift test compares without touching the checkout.
"""

from __future__ import annotations

import os
import sys
from importlib.resources import files
from pathlib import Path

from grpc_tools import protoc

PROTOS = Path(__file__).parent
REPOSITORY = PROTOS.parent


def generate(out: Path) -> None:
    """Write the stubs of every .proto file below ``out``. Raises RuntimeError when protoc refuses."""
    # protoc looks for its plug-ins on the PATH, and the environment may be used without being activated.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    sources = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    status = protoc.main(
        [
            "protoc",
            f"--proto_path={PROTOS}",
            f"--proto_path={files('grpc_tools') / '_proto'}",
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out={out}",
            f"--mypy_grpc_out={out}",
            *sources,
        ]
    )
    if status != 0:
        raise RuntimeError(f"protoc ended with status {status}")


if __name__ == "__main__":
    generate(REPOSITORY)
    sys.stdout.write(f"regenerated {REPOSITORY / 'fitbox' / 'v1'}\n")

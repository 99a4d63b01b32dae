"""The committed stubs are those of the .proto files."""

from pathlib import Path

import fitbox
from protos.generate import generate

STUBS = Path(fitbox.__file__).parent / "v1"


def test_the_committed_stubs_have_not_drifted(tmp_path):
    """Regenerating into another folder gives the committed files, byte for byte; make proto repairs it."""
    generate(tmp_path)
    fresh = {path.name: path.read_bytes() for path in (tmp_path / "fitbox" / "v1").iterdir()}
    committed = {path.name: path.read_bytes() for path in STUBS.glob("*_pb2*")}
    assert fresh.keys() == committed.keys()
    assert [name for name in fresh if fresh[name] != committed[name]] == []

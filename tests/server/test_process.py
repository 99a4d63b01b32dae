"""What holds for the process as a whole: settings, the choice of engine, imports and logs."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from fitbox_server.cli import serve as serve_command
from fitbox_server.logs import LogFormat, configure
from fitbox_server.settings import Settings
from prometheus_client import enable_created_metrics
from typer import Typer
from typer.testing import CliRunner

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def restored_globals() -> Iterator[None]:
    """``fitbox serve`` sets up logging and metrics for its whole process; the tests share one."""
    shared = logging.getLogger("fitbox")
    before = (shared.handlers, shared.propagate, shared.level)
    yield
    shared.handlers, shared.propagate, level = before
    shared.setLevel(level)
    structlog.reset_defaults()
    enable_created_metrics()


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every one as FITBOX_<NAME>."""
    monkeypatch.setenv("FITBOX_PORT", "1234")
    monkeypatch.setenv("FITBOX_ENGINE_OPTIONS", '{"precision": "f32"}')
    settings = Settings()
    assert (settings.port, settings.host) == (1234, "127.0.0.1")
    assert settings.engine_options == {"precision": "f32"}


def test_the_front_imports_neither_torch_nor_the_engines_library() -> None:
    """It must start without them, and fast."""
    code = (
        "import sys, fitbox_server.app, fitbox_server.cli\n"
        "heavy = {'torch', 'transformers', 'peft', 'openvino', 'openvino_genai'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--port", "99999"], 2, "port"),
        (["--model", "no-such-model"], 1, "fitbox model prepare"),
    ],
)
def test_a_server_that_cannot_start_says_why(
    tmp_path: Path, arguments: list[str], code: int, message: str
) -> None:
    """One readable line and an exit code of its own."""
    app = Typer()
    app.command()(serve_command)
    result = CliRunner().invoke(app, ["--models", str(tmp_path), *arguments])
    assert result.exit_code == code
    assert message in result.output
    assert "Traceback" not in result.output


def test_what_shared_packages_log_comes_as_lines_of_the_same_form(capfd: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, at the level that was asked for."""
    configure(LogFormat.JSON, logging.INFO)
    log = logging.getLogger("fitbox.rpc.tls")
    log.debug("unseen")
    log.warning("certificate not reloaded: %s", "no such file")
    (line,) = capfd.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["event"], record["level"]) == ("certificate not reloaded: no such file", "warning")
    assert record["logger"] == "fitbox.rpc.tls"

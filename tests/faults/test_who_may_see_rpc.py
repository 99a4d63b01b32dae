"""Who sees a call, whose name it has, and what reaches a person's terminal."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from fitbox_client import AsyncFitBoxClient, ConnectionSettings, FitBoxClient
from fitbox_client.adapter_commands import adapters
from fitbox_client.channel import channel_options
from fitbox_client.commands import recommend
from fitbox_client.errors import from_rpc_error
from fitbox_client.run_commands import runs
from fitbox_client.testing import ScriptedServer
from fitbox_client.training import TrainingClient
from fitbox_trainer.daemon.display import JsonDisplay, display_for, logging_to
from fitbox_trainer.daemon.settings import TrainerSettings
from prometheus_client import CollectorRegistry
from typer.testing import CliRunner

from fitbox.errors import ConfigurationError
from fitbox.rpc import calls, tokens
from fitbox.rpc.address import dials_loopback, endpoint, is_loopback
from fitbox.rpc.callers import CALLER
from fitbox.rpc.listening import ListenSettings
from fitbox.rpc.scopes import Scope
from fitbox.telemetry.metrics_server import MetricsServer
from fitbox.terminal import printable, printable_json
from fitbox.v1 import adapter_pb2, training_pb2
from tests import certificates
from tests.rpc.kit import served

HERE = [
    *(
        "127.0.0.1:1",
        "127.8.9.1:1",
        "localhost:1",
        "LOCALHOST:1",
        "localhost",
        "[::1]:1",
        "::1",
        "unix:/run/x",
    ),
    *("dns:///localhost:1", "dns:localhost:1", "dns://8.8.8.8/localhost:1", "ipv4:127.0.0.1:1"),
    *("ipv6:[::1]:1", "ipv4:127.0.0.1:1,127.0.0.2:1", "unix-abstract:x"),
]
ELSEWHERE = [
    *(
        "10.0.0.7:1",
        "fitbox.example:1",
        "dns:///fitbox.example:1",
        "ipv4:127.0.0.1:1,10.0.0.1:1",
        "[2001:db8::1]:1",
    ),
    *("localhost.example:1", "127.0.0.1.example:1"),
]


@pytest.mark.parametrize("target", HERE)
def test_a_target_of_this_machine_is_known_by_every_spelling(target: str) -> None:
    """And goes past every proxy."""
    assert dials_loopback(target)
    assert dict(channel_options(ConnectionSettings(target)))["grpc.enable_http_proxy"] == 0


@pytest.mark.parametrize("target", ELSEWHERE)
def test_a_target_elsewhere_is_none_of_this_machine(target: str) -> None:
    """Where a proxy may be the only way."""
    assert not dials_loopback(target)
    assert "grpc.enable_http_proxy" not in dict(channel_options(ConnectionSettings(target)))


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A listening socket that the environment names as proxy for everything."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for name in ("grpc_proxy", "https_proxy", "http_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, address)
        for name in ("no_proxy", "no_grpc_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield listening


async def test_a_proxy_never_sees_a_call_to_this_machine(proxy: socket.socket) -> None:
    """Of any client; the call is answered though nobody answers at the proxy."""

    def call_all(address: str) -> None:
        for target in (address, address.replace("127.0.0.1", "localhost")):
            with FitBoxClient(target) as client:
                client.list_adapters(timeout_seconds=20)
            with TrainingClient(target) as training:
                training.list_runs()

    with ScriptedServer() as server:
        server.reply("ListAdapters", adapter_pb2.ListAdaptersResponse())
        server.reply("ListRuns", training_pb2.ListRunsResponse())
        await asyncio.to_thread(call_all, server.address)
        async with AsyncFitBoxClient(server.address) as client:
            await client.list_adapters(timeout_seconds=20)
    with pytest.raises(BlockingIOError):
        proxy.accept()


@pytest.mark.parametrize(
    "half",
    [
        {"client_key": b"k", "client_certificate": b"c"},
        {"client_key": b"k", "tls": True},
        {"client_certificate": b"c", "tls": True},
        {"client_certificate": b"c"},
        {"root_certificates": b""},
        {"root_certificates": b"r", "client_key": b"", "client_certificate": b"c"},
    ],
)
def test_half_of_tls_is_an_error_at_the_client(half: dict[str, Any]) -> None:
    """Never plaintext in silence."""
    with pytest.raises(ConfigurationError):
        ConnectionSettings("127.0.0.1:1", **half)


@pytest.mark.parametrize(
    ("text", "on"), [("1", True), ("true", True), ("0", False), ("off", False), ("", False)]
)
def test_tls_is_switched_on_or_off_in_words(monkeypatch: pytest.MonkeyPatch, text: str, on: bool) -> None:
    """Anything else is an error: it would be read as the one that was not meant."""
    monkeypatch.setenv("FITBOX_TLS", text)
    assert ConnectionSettings.from_environment().tls is on
    monkeypatch.setenv("FITBOX_TLS", "ture")
    with pytest.raises(ConfigurationError, match="FITBOX_TLS"):
        ConnectionSettings.from_environment()


@pytest.mark.parametrize(
    "given", [("tls_certificate",), ("tls_key",), ("tls_client_ca",), ("tls_key", "tls_client_ca")]
)
def test_half_of_tls_is_an_error_at_the_server(given: tuple[str, ...], tmp_path: Path) -> None:
    """Of either process."""
    files = dict.fromkeys(given, tmp_path / "file.pem")
    for kind in (ListenSettings, TrainerSettings):
        with pytest.raises(ConfigurationError, match="both"):
            kind(**files).tls_files()  # type: ignore[arg-type]


def test_secrets_are_in_no_representation() -> None:
    """A traceback or a log line may show one."""
    text = repr(
        ConnectionSettings(token="fitbox_secret", tls=True, client_key=b"KEY", client_certificate=b"C")
    )
    assert "fitbox_secret" not in text
    assert "KEY" not in text


def test_the_metrics_of_the_daemon_stay_at_home() -> None:
    """Whatever address its API has: they have no tokens and no TLS."""
    assert TrainerSettings(host="0.0.0.0").metrics_host == "127.0.0.1"  # noqa: S104


@pytest.mark.parametrize(
    ("host", "shown"),
    [("::1", "[::1]:7"), ("[::1]", "[::1]:7"), ("127.0.0.1", "127.0.0.1:7"), ("::", "[::]:7")],
)
def test_an_address_is_shown_as_a_client_can_dial_it(host: str, shown: str) -> None:
    """An IPv6 address in brackets."""
    assert endpoint(host, 7) == shown
    assert is_loopback(host) is (host != "::")


async def test_a_revoked_token_ends_its_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others' go on."""
    monkeypatch.setattr(calls, "RECHECK_SECONDS", 0.01)
    path = tmp_path / "tokens.txt"
    leaver, stayer = (tokens.create(path, name, frozenset({Scope.ADMIN})) for name in ("leaver", "stayer"))

    async def watch(request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.Event().wait()

    async with served(stream={"WatchIt": watch}, tokens_file=path) as kit:
        call = kit.channel.unary_stream("/fitbox.v1.TestService/WatchIt")
        leaving, staying = (
            call(b"", metadata=(("authorization", f"Bearer {token}"),)) for token in (leaver, stayer)
        )
        for one in (leaving, staying):
            assert await one.read() == b"first"
        tokens.revoke(path, "leaver")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await leaving.read()
        error = from_rpc_error(caught.value)
        assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, "TOKEN_UNKNOWN")
        assert not staying.done()
        staying.cancel()


async def test_two_certificates_are_two_callers(tmp_path: Path) -> None:
    """Also with one common name, as two authorities may give it."""
    names: list[str] = []

    async def who(request: bytes, context: Any) -> bytes:
        names.append(CALLER.get())
        return b""

    server = certificates.make(tmp_path, "server")
    (tmp_path / "other").mkdir()
    clients = [certificates.make(tmp_path, "gym"), certificates.make(tmp_path / "other", "gym")]
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(clients[0].pem + clients[1].pem)
    tls = {"tls_certificate": server.certificate, "tls_key": server.key, "tls_client_ca": authorities}
    async with served(unary={"Who": who}, **tls) as kit:
        for pair in (*clients, clients[0]):
            credentials = grpc.ssl_channel_credentials(server.pem, pair.key.read_bytes(), pair.pem)
            options = [("grpc.use_local_subchannel_pool", 1)]
            async with grpc.aio.secure_channel(f"localhost:{kit.port}", credentials, options) as channel:
                await channel.unary_unary("/fitbox.v1.TestService/Who")(b"", timeout=30)
    assert names[0] != names[1]
    assert names[0] == names[2]
    assert all(name.startswith("certificate:gym:") for name in names)


HOSTILE = "v1\x1b]0;owned\x07\x1b[31m\x9b2J\u202e[red]\u2066\r"


def shows_nothing_hostile(output: str) -> None:
    """No sign that a terminal obeys, but line breaks."""
    bad = [sign for sign in output if sign != "\n" and sign != "\t" and not sign.isprintable()]
    assert bad == [], output
    assert "[red]" in output


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_server_says_does_not_control_the_terminal(as_json: bool) -> None:
    """Names, reasons and messages of errors, in tables, lines and JSON."""
    flag = ["--json"] if as_json else []
    adapter = adapter_pb2.Adapter(
        version=HOSTILE, state="ADAPTER_STATE_ACTIVE", base_model=HOSTILE, reason=HOSTILE
    )
    run = training_pb2.Run(run_id=HOSTILE, preset=HOSTILE, reason=HOSTILE)
    dataset = training_pb2.Dataset(file_name=HOSTILE, reason=HOSTILE)

    def fail(request: Any, context: Any) -> None:
        context.abort(grpc.StatusCode.NOT_FOUND, HOSTILE.replace("\r", ""))

    with ScriptedServer() as server:
        server.reply(
            "ListAdapters", adapter_pb2.ListAdaptersResponse(adapters=[adapter], serving_version=HOSTILE)
        )
        server.reply("GetAdapter", adapter_pb2.GetAdapterResponse(adapter=adapter))
        server.reply("ActivateAdapter", adapter_pb2.ActivateAdapterResponse(adapter=adapter))
        server.reply("ListRuns", training_pb2.ListRunsResponse(runs=[run]))
        server.reply("StartTraining", training_pb2.StartTrainingResponse(run=run))
        server.reply("WatchRun", [training_pb2.WatchRunResponse(run=run)])
        server.reply("ListDatasets", training_pb2.ListDatasetsResponse(datasets=[dataset]))
        server.reply("CancelRun", fail)
        for app, option, arguments in (
            (adapters, "--server", ["list"]),
            (adapters, "--server", ["show", "v"]),
            (adapters, "--server", ["activate", "v"]),
            (runs, "--daemon", ["list"]),
            (runs, "--daemon", ["start"]),
            (runs, "--daemon", ["watch", "r"]),
            (runs, "--daemon", ["datasets"]),
            (runs, "--daemon", ["cancel", "r"]),
        ):
            result = CliRunner().invoke(
                app, [*arguments, option, server.address, *flag], env={"COLUMNS": "400", "TERM": "dumb"}
            )
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
            shows_nothing_hostile(result.output)


def test_json_means_what_it_meant() -> None:
    """The escapes are JSON's own."""
    text = printable_json(json.dumps({"a": HOSTILE, "é": "naïve"}, ensure_ascii=False))
    assert json.loads(text) == {"a": HOSTILE, "é": "naïve"}
    assert "naïve" in text


def test_text_of_people_stays_as_it_is() -> None:
    """Accents, emoji with joiners, and scripts that need them."""
    for text in (
        "Épaulé-jeté à 60 kg",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u0645\u06cc\u200c\u062e",
        "plain",
    ):
        assert printable(text) == text
    assert printable("a\nb") == "a\\x0ab"
    assert printable("a\nb", keep="\n") == "a\nb"
    assert printable("\udcff") == "\\udcff"


def test_names_of_files_do_not_control_the_daemons_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In log lines, on a terminal and as JSON."""
    shown = [display_for(json=False), JsonDisplay()]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    shown.append(display_for(json=False))
    for display in shown:
        with display:
            display.file_refused(f"{HOSTILE}.csv", HOSTILE)
    out, err = capfd.readouterr()
    assert "\x1b]0" not in out + err
    assert "\u202e" not in out + err
    assert "owned" in err


@pytest.mark.parametrize("content", [None, "{", "[1]", b"\xff\xfe", '{"age_years": NaN}', "[" * 100_000])
def test_a_profile_file_that_cannot_be_used_is_an_error_in_words(
    tmp_path: Path, content: str | bytes | None
) -> None:
    """Exit code 2, the path, and no traceback."""
    path = tmp_path / "member.json"
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = CliRunner().invoke(recommend, ["advice", "--profile-json", str(path)])
    assert result.exit_code == 2
    assert "member.json" in result.output
    assert isinstance(result.exception, SystemExit)


def test_the_metrics_say_where_they_are_as_a_client_can_dial_it() -> None:
    """Over IPv6 too, where the machine has it."""
    try:
        server = MetricsServer(CollectorRegistry(), "::1", 0)
    except ConfigurationError:
        pytest.skip("no IPv6 here")
    with server, urllib.request.urlopen(f"http://{server.address}/metrics", timeout=30) as reply:
        assert reply.status == 200
    assert server.address.startswith("[::1]:")


def test_what_the_shared_packages_log_is_shown_by_the_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    """With its fields, for instance where a call failed; and no more once the daemon has ended."""
    display = JsonDisplay(sys.stdout)
    with logging_to(display):
        logging.getLogger("fitbox.rpc.calls").error("call_failed", extra={"fields": {"method": "/a/B"}})
    logging.getLogger("fitbox.rpc.calls").error("afterwards")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "event": "call_failed",
        "level": "error",
        "logger": "fitbox.rpc.calls",
        "method": "/a/B",
    }

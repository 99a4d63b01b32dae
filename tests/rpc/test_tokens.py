"""Token files: what is kept, what is found, and what happens when the file changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from fitbox_server.token_cli import token as token_command
from typer.testing import CliRunner

from fitbox.errors import ConfigurationError
from fitbox.rpc import tokens
from fitbox.rpc.scopes import Scope
from fitbox.rpc.tokens import TokenFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the tokens are, not made yet."""
    return tmp_path / "secrets" / "tokens.txt"


def test_a_token_is_found_by_its_hash_alone(path: Path) -> None:
    """The file holds no token, only what can recognise one."""
    made = tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    text = path.read_text()
    assert made not in text
    assert hashlib.sha256(made.encode()).hexdigest() in text
    found = TokenFile(path).find(made)
    assert found is not None
    assert (found.name, found.scopes) == ("app", {Scope.RECOMMEND})
    assert TokenFile(path).find(made + "x") is None


def test_tokens_are_told_apart(path: Path) -> None:
    """Each has its own name and scopes, also after others were added."""
    first = tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    second = tokens.create(path, "operator", frozenset({Scope.ADMIN, Scope.TRAIN}))
    file = TokenFile(path)
    assert [grant.name for grant in file.grants()] == ["app", "operator"]
    assert file.find(first) == file.grants()[0]
    assert file.find(second) == file.grants()[1]


def test_a_change_of_the_file_is_seen_with_the_next_call(path: Path) -> None:
    """Adding and revoking need no restart."""
    first = tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    file = TokenFile(path)
    second = tokens.create(path, "new", frozenset({Scope.RECOMMEND}))
    assert file.find(second) is not None
    tokens.revoke(path, "app")
    assert file.find(first) is None
    assert file.find(second) is not None


@pytest.mark.parametrize("damage", ["app recommend\n", "app fly " + "0" * 64, "\udcff", None])
def test_a_damaged_file_leaves_the_last_good_one(path: Path, damage: str | None) -> None:
    """A slip of an editor must not lock everybody out; at the start it is an error."""
    made = tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    file = TokenFile(path)
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage, errors="surrogateescape")
    assert file.find(made) is not None
    with pytest.raises(ConfigurationError):
        TokenFile(path)


@pytest.mark.parametrize(
    "line",
    ["a recommend", f"a recommend {'z' * 64}", f"a,b recommend {'0' * 64}", "secret_token_pasted_here"],
)
def test_a_bad_line_is_named_by_its_number_and_not_quoted(line: str) -> None:
    """Somebody may have pasted a token there."""
    with pytest.raises(ConfigurationError, match="line 2") as caught:
        tokens.parse(f"# comment\n{line}\n")
    assert line.split()[-1] not in str(caught.value)


def test_names_are_unique(path: Path) -> None:
    """Revoking by name must be clear, and a log line too."""
    tokens.create(path, "app", frozenset({Scope.RECOMMEND}))
    with pytest.raises(ConfigurationError, match="already"):
        tokens.create(path, "app", frozenset({Scope.ADMIN}))
    with pytest.raises(ConfigurationError, match="letters"):
        tokens.create(path, "two words", frozenset({Scope.ADMIN}))
    line = path.read_text().splitlines()[-1]
    with pytest.raises(ConfigurationError, match="earlier"):
        tokens.parse(f"{line}\n{line}\n")


def test_the_command_prints_a_token_once(path: Path) -> None:
    """Create, list, revoke; the token goes to stdout alone, so that it can be piped into a secret store."""
    run = CliRunner().invoke
    made = run(
        token_command, ["create", "app", "--scope", "recommend", "--scope", "admin", "--file", str(path)]
    )
    assert made.exit_code == 0
    (line,) = made.stdout.splitlines()
    grant = TokenFile(path).find(line)
    assert grant is not None
    assert grant.scopes == {Scope.RECOMMEND, Scope.ADMIN}
    listed = run(token_command, ["list", "--file", str(path)])
    assert listed.stdout == "app\tadmin,recommend\n"
    assert run(token_command, ["revoke", "app", "--file", str(path)]).exit_code == 0
    again = run(token_command, ["revoke", "app", "--file", str(path)])
    assert again.exit_code == 2
    assert "no token named app" in again.output

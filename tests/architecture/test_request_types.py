"""The way of a request is typed, and its modules depend on each other in one direction."""

import ast
from pathlib import Path

import fitbox_server
import pytest

import fitbox

SHARED, SERVER = Path(fitbox.__file__).parent, Path(fitbox_server.__file__).parent
TYPED = [
    *SHARED.glob("task*.py"),
    *(SERVER / f"{name}.py" for name in ("service", "recommend", "replies", "batch")),
    *(SERVER / f"{name}.py" for name in ("attempts", "outbox", "requests")),
    *(SERVER / "feedback" / f"{name}.py" for name in ("service", "requests", "journal")),
]
DOMAIN = [path for name in ("workout", "nutrition", "advice") for path in (SHARED / name).glob("*.py")]


def nodes(path: Path) -> list[ast.AST]:
    """Everything in a module."""
    return list(ast.walk(ast.parse(path.read_text())))


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)
def test_nothing_on_the_way_of_a_request_is_of_any_type(path):
    """A wrong plan for a reply is found by the type checker."""
    assert not [node.lineno for node in nodes(path) if isinstance(node, ast.Name) and node.id == "Any"]


@pytest.mark.parametrize("path", [*TYPED, *DOMAIN], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_import_hides_in_a_function(path):
    """Where one is needed there is a circle."""
    functions = [node for node in nodes(path) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = [node for function in functions for node in ast.walk(function)]
    assert not [node.lineno for node in inner if isinstance(node, ast.Import | ast.ImportFrom)]


def test_the_tasks_modules_do_not_know_the_table_of_tasks():
    """They know what a task is, from fitbox.task."""
    for path in DOMAIN:
        assert "fitbox.tasks" not in {
            node.module for node in nodes(path) if isinstance(node, ast.ImportFrom)
        }, path

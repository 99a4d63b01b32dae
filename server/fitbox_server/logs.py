"""Logs: one JSON object a line on stderr. Nothing about a member is ever passed to a logger."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum

import structlog


class LogFormat(StrEnum):
    """How log lines look."""

    JSON = "json"
    CONSOLE = "console"


class _Forward(logging.Handler):
    """Puts what the shared packages log through the standard library into the same stream of lines."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = getattr(record, "fields", {})
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info, **fields
        )


def configure(log_format: LogFormat, level: int = logging.INFO) -> None:
    """Set up structlog, and the standard library's loggers of what we depend on, for the whole process."""
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if log_format is LogFormat.JSON
        else [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *renderers,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    shared = logging.getLogger("fitbox")
    shared.handlers, shared.propagate = [_Forward()], False
    shared.setLevel(level)
    # gRPC logs a handler's exception with its traceback, which may quote a request. Ours are caught before.
    logging.getLogger("grpc").setLevel(logging.CRITICAL)

"""Dates, in engines that render chat templates themselves: the same prompt on every day."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fitbox_server.engines import openvino
from fitbox_server.engines.openvino import OpenVINOEngine

from fitbox.chat import CHAT_DATE, Message
from fitbox.engine.types import GenerationRequest

ASKS = "Today: {{ strftime_now('%Y-%m-%d') }}{% for m in messages %}{{ m['content'] }}{% endfor %}"
MAY_BE_TOLD = (
    "{%- if not date_string is defined %}{%- set date_string = strftime_now('%d %b %Y') %}{%- endif %}"
)


class Tokenizer:
    """As OpenVINO GenAI's: renders with today's date what the template does not settle."""

    def __init__(self, template: str) -> None:
        self.chat_template = template
        self.told: dict[str, Any] = {}

    def set_chat_template(self, template: str) -> None:
        self.chat_template = template

    def apply_chat_template(self, history: list[dict[str, str]], **settings: Any) -> str:
        self.told = settings
        return str(history[0]["content"])

    def encode(self, prompt: str, **_: Any) -> Any:
        return SimpleNamespace(input_ids=SimpleNamespace(shape=(1, len(prompt))))


def test_a_template_that_asks_for_today_gets_the_day_of_every_prompt() -> None:
    """There is nobody to ask in OpenVINO's renderer, so the question is taken out of the template."""
    tokenizer = Tokenizer(ASKS)
    openvino._fix_date(tokenizer)
    assert "strftime_now" not in tokenizer.chat_template
    assert "2024-07-26" in tokenizer.chat_template


def test_a_template_without_a_date_stays_as_it_is() -> None:
    """Setting one makes OpenVINO forget what it knew of the original."""
    tokenizer = Tokenizer("{% for m in messages %}{{ m['content'] }}{% endfor %}")
    tokenizer.set_chat_template = pytest.fail  # type: ignore[method-assign, assignment]
    openvino._fix_date(tokenizer)


def test_a_template_that_may_be_told_the_date_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With each prompt, as the other engines and the trainer do."""
    tokenizer = Tokenizer(MAY_BE_TOLD)
    engine = OpenVINOEngine.__new__(OpenVINOEngine)
    engine._tokenizer, engine.context_tokens, engine._requests = tokenizer, 1000, {}
    engine._pipeline = SimpleNamespace(add_request=lambda *_: None)
    monkeypatch.setattr(OpenVINOEngine, "_configuration", lambda *_: None)
    tokenizer.decode = None  # type: ignore[attr-defined]
    engine.add(1, GenerationRequest((Message("user", "hi"),), 10))
    assert tokenizer.told["extra_context"] == {"date_string": CHAT_DATE}

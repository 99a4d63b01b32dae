"""Chat templates that write today's date, in training, evaluation and repetitions."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

import pytest
import transformers.utils.chat_template_utils as templates
from fitbox_trainer.data.examples import Example, encode

from fitbox.chat import CHAT_DATE, Message, token_ids, with_chat_date
from fitbox.tasks import TaskName
from tests.tiny_llama import tiny_tokenizer

pytestmark = pytest.mark.slow

TURNS = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if loop.first %}Today: {{ DATE }}\n{% endif %}"
    "{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GIVEN_OR_ASKED = (
    "{% if date_string is not defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    + TURNS.replace("DATE", "date_string")
)
DATED_TEMPLATES = {
    "a date that may be given, else today's": GIVEN_OR_ASKED,
    "given, asked for where that can be asked": (
        "{%- if not date_string is defined %}{%- if strftime_now is defined %}"
        '{%- set date_string = strftime_now("%d %b %Y") %}{%- else %}{%- set date_string = "26 Jul 2024" %}'
        "{%- endif %}{%- endif %}" + TURNS.replace("DATE", "date_string")
    ),
    "always today's": TURNS.replace("DATE", "strftime_now('%Y-%m-%d')"),
    "always today's, in a macro": "{% macro day() %}{{ strftime_now( '%A, %B %d' ) }}{% endmacro %}"
    + TURNS.replace("DATE", "day()"),
    "today's in a format of its own": "{% set form = '%d/%m/%y' %}"
    + TURNS.replace("DATE", "strftime_now(form)"),
    "the hour": TURNS.replace("DATE", "strftime_now('%H:%M')"),
}
EXAMPLE = Example("m1", TaskName.ADVICE, (Message("user", "hello"),), "sleep well", "planner")


def dated(template: str) -> Any:
    """The tiny tokenizer with another template."""
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = template
    return tokenizer


def it_is(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    """Let templates see another day."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now.replace(tzinfo=tz)

    monkeypatch.setattr(templates, "datetime", Clock)


DAYS = (datetime(2026, 1, 1, 9, 5), datetime(2026, 12, 31, 23, 59))  # noqa: DTZ001 - what a wall clock shows


@pytest.mark.parametrize("template", DATED_TEMPLATES.values(), ids=DATED_TEMPLATES)
def test_an_example_is_the_same_on_every_day(template: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a run that passes midnight, resumes a day later or is repeated learns from the same tokens."""
    found = []
    for day in DAYS:
        it_is(monkeypatch, day)
        found.append(encode(EXAMPLE, dated(template)).token_ids)
    assert found[0] == found[1]


def test_a_prompt_holds_the_recorded_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a run records is what its prompts say."""
    it_is(monkeypatch, DAYS[0])
    tokenizer = dated(GIVEN_OR_ASKED)
    assert f"Today: {CHAT_DATE}\n" in tokenizer.decode(token_ids(tokenizer, EXAMPLE.messages))


@pytest.mark.parametrize(
    "template", [t for name, t in DATED_TEMPLATES.items() if "format of its own" not in name]
)
def test_an_engine_that_renders_by_itself_gets_a_template_without_questions(template: str) -> None:
    """What an engine's own renderer writes is what transformers writes, whatever the day is there."""
    answered = with_chat_date(template)
    assert "strftime_now(" not in answered
    assert token_ids(dated(answered), EXAMPLE.messages) == token_ids(dated(template), EXAMPLE.messages)


def test_a_template_without_a_date_stays_as_it_is() -> None:
    """To the letter: the prompts of a plain model do not change."""
    template = tiny_tokenizer().chat_template
    assert with_chat_date(template) == template
    assert token_ids(dated(template), EXAMPLE.messages) == list(
        dated(template).apply_chat_template(
            [{"role": "user", "content": "hello"}], add_generation_prompt=True, return_dict=False
        )
    )

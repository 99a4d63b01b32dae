"""Chat messages, and the prompt that a tokenizer makes of them: the same on every day.

Apart from the tasks that write the messages: engine workers start without what profiles need.

Chat templates such as those of Llama 3.1 and 3.2 write today's date into the prompt. Then the same member
gets other tokens tomorrow: a run that passes midnight learns from other examples, a repetition is none, and
an adapter is asked with a date that it never saw. So every prompt, in training, evaluation and serving, is
written on ``CHAT_DATE``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

CHAT_DATE = "26 Jul 2024"
"""The day of every prompt, as a template's ``date_string``: the one that Llama 3's templates take for want of
another."""

_DAY = datetime(2024, 7, 26, tzinfo=UTC)
_NAMES = {"%A": "Friday", "%a": "Fri", "%B": "July", "%b": "Jul", "%h": "Jul"}
"""What strftime(3) would write in the language of the process."""
_TODAY = re.compile(
    r"""strftime_now\s*\(\s*(?:format\s*=\s*)?(?P<quote>['"])(?P<format>.*?)(?P=quote)\s*\)"""
)


@dataclass(frozen=True)
class Message:
    """One chat message; ``role`` is ``system``, ``user`` or ``assistant``."""

    role: str
    content: str


class ChatTokenizer(Protocol):
    """The part of a transformers tokenizer that makes a prompt."""

    def apply_chat_template(self, conversation: list[dict[str, str]], **kwargs: Any) -> Any:
        """Token ids of a conversation."""


def token_ids(
    tokenizer: ChatTokenizer, messages: Sequence[Message], *, add_generation_prompt: bool = True
) -> list[int]:
    """Token ids of a conversation by the tokenizer's own template, on ``CHAT_DATE`` whatever the day is.

    For tokenizers of transformers, which let a caller say what the date is, and what ``strftime_now`` answers
    a template that asks without giving anybody the chance.
    """
    return list(
        tokenizer.apply_chat_template(
            as_dicts(messages),
            add_generation_prompt=add_generation_prompt,
            tokenize=True,
            return_dict=False,
            date_string=CHAT_DATE,
            strftime_now=strftime_of_chat_date,
        )
    )


def with_chat_date(template: str) -> str:
    """A chat template whose questions for today's date are answered with ``CHAT_DATE``.

    For engines that render templates themselves and take no function for ``strftime_now``.
    """

    def answer(question: re.Match[str]) -> str:
        quote = question["quote"]
        return quote + strftime_of_chat_date(question["format"]) + quote

    return _TODAY.sub(answer, template)


def strftime_of_chat_date(format: str) -> str:  # noqa: A002 - the name that templates may call it by
    """``CHAT_DATE`` in a format of strftime(3), in English whatever the process's locale is."""
    return _DAY.strftime(re.sub(r"%[a-zA-Z%]", lambda found: _NAMES.get(found[0], found[0]), format))


def as_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Messages as chat templates want them."""
    return [{"role": message.role, "content": message.content} for message in messages]

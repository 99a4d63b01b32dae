"""What a server has for feedback, from its settings."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import structlog

from fitbox.errors import FeedbackUnavailableError, UnusableFileError
from fitbox.feedback.plans import Served
from fitbox.feedback.records import NamedReply
from fitbox_server.feedback.journal import Journal
from fitbox_server.feedback.reply_ids import KEY_NAME, ReplyIds, load_keys
from fitbox_server.feedback.store import DAY_SECONDS, FeedbackStore, Quotas, SegmentLimits
from fitbox_server.settings import Settings

_log = structlog.get_logger(__name__)
_MARGIN_DAYS = 2
"""By which ids of events are remembered longer than any reply may be named: clocks may be put back."""


@dataclass(frozen=True)
class Feedback:
    """Both, or neither where none is taken."""

    reply_ids: ReplyIds | None = None
    journal: Journal | None = None

    def name_reply(self, reply: NamedReply, served: Served) -> str:
        """The id of a reply; empty where no feedback is taken."""
        return self.reply_ids.seal(reply, served) if self.reply_ids is not None else ""

    async def close(self) -> None:
        """Everything acknowledged goes to the trainer."""
        if self.journal is not None:
            await self.journal.close()


async def open_feedback(settings: Settings) -> Feedback:
    """Read or make the key, and open the store.

    Where the folder cannot be written the server serves without feedback, and says so: recommending needs no
    right to write anything.

    Raises:
        ConfigurationError: the key file is none.
    """
    if not settings.take_feedback:
        return Feedback()
    folder = settings.feedback
    try:
        # The data folder itself is everybody's to drop files into.
        await asyncio.to_thread(folder.parent.mkdir, parents=True, exist_ok=True)
        keys = await asyncio.to_thread(load_keys, settings.feedback_key or folder / KEY_NAME)
        journal = Journal(lambda: _store(settings), settings.feedback_waiting)
        await journal.start()
    except (FeedbackUnavailableError, UnusableFileError, OSError, RuntimeError) as error:  # or no thread
        _log.warning("feedback_off", folder=str(folder), error=str(error))
        return Feedback()
    return Feedback(ReplyIds(keys, timedelta(days=settings.feedback_days)), journal)


def _store(settings: Settings) -> FeedbackStore:
    return FeedbackStore(
        settings.feedback,
        Quotas(
            settings.feedback_member_events, settings.feedback_caller_events, settings.feedback_item_events
        ),
        SegmentLimits(settings.feedback_segment_events, settings.feedback_segment_seconds),
        keep_seconds=(settings.feedback_days + _MARGIN_DAYS) * DAY_SECONDS,
    )

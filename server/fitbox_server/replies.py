"""What only the server writes into replies: moments, and the states of versions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from google.protobuf.timestamp_pb2 import Timestamp

from fitbox.v1 import adapter_pb2


def timestamp(moment: datetime) -> Timestamp:
    """An aware datetime as a Timestamp."""
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def adapter_state(member: StrEnum) -> adapter_pb2.AdapterState.ValueType:
    """The API's state of a version; what only operators care about is told apart in the logs."""
    shown = {"RESTARTING": "LOADING", "STANDBY": "DRAINING"}.get(member.name, member.name)
    return adapter_pb2.AdapterState.Value(f"ADAPTER_STATE_{shown}")

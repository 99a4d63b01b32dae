"""One adapter version as a person reads it: identity, data, training, gate, evaluation, files.

Records are shown as far as they are there: an older or foreign version may lack any of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table

from fitbox_client.render import plain
from fitbox_client.types import AdapterDetails

_MOST_FIGURES = 40
_MOST_FILES = 20
"""Files behind the data that are listed; ``--json`` has them all."""


def details_view(details: AdapterDetails) -> RenderableType:
    """Every section that has something to show."""
    sections = [
        _identity(details),
        _pairs("Data", _data(details.metadata)),
        _pairs("Training", _training(details.metadata)),
        *_gate(details.metadata),
        *_evaluation(details.evaluation),
        _files(details),
    ]
    return Group(*(part for section in sections if section is not None for part in (section, "")))


def _identity(details: AdapterDetails) -> Table | None:
    adapter = details.adapter
    state = adapter.state.lower() + (", pinned" if adapter.pinned else "")
    return _pairs(
        adapter.version,
        [
            ("state", f"{state}: {adapter.reason}" if adapter.reason else state),
            ("created", adapter.created_at.isoformat(timespec="seconds") if adapter.created_at else None),
            ("base model", adapter.base_model),
            ("evaluation score", adapter.evaluation_score),
            ("digest", adapter.digest),
            ("dataset digest", adapter.dataset_digest),
            ("run", details.metadata.get("run_id")),
            ("parent", _mapping(details.metadata, "provenance").get("parent")),
        ],
    )


def _data(metadata: Mapping[str, Any]) -> list[tuple[str, Any]]:
    provenance = _mapping(metadata, "provenance")
    sources = _mapping(provenance, "sources")
    facts = _mapping(metadata, "data")
    return [
        ("members", provenance.get("members")),
        *((name.replace("_", " "), value) for name, value in facts.items() if name != "members"),
        *((f"file {name}", digest) for name, digest in list(sources.items())[:_MOST_FILES]),
        ("further files", max(0, len(sources) - _MOST_FILES) or None),
    ]


def _training(metadata: Mapping[str, Any]) -> list[tuple[str, Any]]:
    provenance, lora = _mapping(metadata, "provenance"), _mapping(metadata, "lora")
    targets = lora.get("target_modules") or ()
    return [
        ("preset", _mapping(metadata, "preset").get("name")),
        ("seed", metadata.get("seed")),
        ("rank / alpha", f"{lora.get('rank')} / {lora.get('alpha')}" if lora else None),
        ("layers", ", ".join(map(str, targets)) or None),
        ("steps", metadata.get("steps")),
        ("seconds", metadata.get("training_seconds")),
        ("trained tokens", metadata.get("trained_tokens")),
        ("final loss", metadata.get("final_loss")),
        ("started from", metadata.get("starting_point")),
        ("device", metadata.get("device")),
        ("compute type", metadata.get("compute_dtype")),
        ("git commit", provenance.get("git_commit")),
        ("python", provenance.get("python")),
        ("libraries", ", ".join(f"{k} {v}" for k, v in _mapping(provenance, "libraries").items()) or None),
    ]


def _gate(metadata: Mapping[str, Any]) -> Iterable[Table | None]:
    gate = _mapping(_mapping(metadata, "provenance"), "gate")
    if not gate:
        return
    reasons = [
        (str(reason.get("code", "")), reason.get("message") or reason.get("detail") or "")
        for reason in gate.get("reasons") or ()
        if isinstance(reason, Mapping)
    ]
    figures = list(_flat(_mapping(gate, "figures")))[:_MOST_FIGURES]
    yield _pairs("Gate", [("decision", "promoted" if gate.get("promote") else "refused"), *reasons, *figures])


def _evaluation(evaluation: Mapping[str, Any]) -> Iterable[Table | None]:
    arms, against = _mapping(evaluation, "arms"), _mapping(evaluation, "against")
    if not arms:
        return
    tasks = sorted({task for arm in arms.values() for task in _mapping(arm, "quality_by_task")})
    table = _table(
        f"Evaluation, {_text(evaluation.get('n'))} plans",
        ("arm", "quality", *tasks, "whole", "violations", "better by (95 %)"),
    )
    for name, arm in arms.items():
        gain = _mapping(_mapping(against, name), "difference")
        table.add_row(
            plain(str(name)),
            plain(_text(arm.get("mean"))),
            *(plain(_text(_mapping(arm, "quality_by_task").get(task))) for task in tasks),
            plain(_text(arm.get("parse_rate"))),
            plain(_text(arm.get("violations"))),
            plain(_gain(gain)),
        )
    yield table


def _gain(gain: Mapping[str, Any]) -> str:
    """A difference with its interval; empty where one of the three is no number."""
    values = [gain.get(name) for name in ("mean", "low", "high")]
    numbers = [value for value in values if isinstance(value, int | float)]
    return "{:+.3f} ({:+.3f} to {:+.3f})".format(*numbers) if len(numbers) == 3 else ""


def _files(details: AdapterDetails) -> Table | None:
    if not details.files:
        return None
    table = _table("Files", ("path", "bytes", "SHA-256"))
    for file in details.files:
        table.add_row(*map(plain, (file.path, f"{file.size_bytes:,}", file.sha256[:16])))
    return table


def _pairs(title: str, pairs: Iterable[tuple[str, Any]]) -> Table | None:
    rows = [(name, value) for name, value in pairs if value not in (None, "")]
    if not rows:
        return None
    table = Table(title=plain(title), title_justify="left", title_style="bold", show_header=False, box=None)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(plain(name), plain(_text(value)))
    return table


def _table(title: str, columns: Iterable[str]) -> Table:
    return Table(
        *(Column(plain(column)) for column in columns),
        title=plain(title),
        title_justify="left",
        title_style="bold",
        box=None,
    )


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}".replace("_", " "), value


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, Mapping) else {}


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)

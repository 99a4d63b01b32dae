"""Small charts as inline SVG: a histogram and a bar chart, with a reference drawn over them as an outline."""

from __future__ import annotations

from html import escape

import numpy as np
import polars as pl

_WIDTH, _HEIGHT = 300, 130
_LEFT, _BOTTOM, _TOP = 4, 18, 6
_BINS = 24
_FEW_VALUES = 12
"""Whole numbers with at most this many different values get one bar each."""


def chart(values: pl.Series, reference: pl.Series | None = None) -> str:
    """SVG of a column's distribution, as shares of its members; empty text for a column without values."""
    values = values.drop_nulls()
    others = reference.drop_nulls() if reference is not None else values.clear()
    if values.is_empty():
        return ""
    if values.dtype.is_numeric() and not _is_countable(values, others):
        return _histogram(values, others)
    return _bars(values, others)


def _is_countable(values: pl.Series, others: pl.Series) -> bool:
    return (
        values.dtype.is_integer() and pl.concat([values, others.cast(values.dtype)]).n_unique() <= _FEW_VALUES
    )


def _histogram(values: pl.Series, others: pl.Series) -> str:
    together = np.concatenate([values.to_numpy(), others.to_numpy()]).astype(float)
    edges = np.histogram_bin_edges(together, bins=_BINS)
    shares = _shares(np.histogram(values.to_numpy(), edges)[0])
    outline = _shares(np.histogram(others.to_numpy(), edges)[0]) if len(others) else None
    labels = [""] * len(shares)
    labels[0], labels[-1] = f"{edges[0]:g}", f"{edges[-1]:g}"
    labels[len(labels) // 2] = f"{edges[len(labels) // 2]:.3g}"
    return _draw(values.name, shares, outline, labels)


def _bars(values: pl.Series, others: pl.Series) -> str:
    kinds = sorted(set(values.unique()) | set(others.unique()))
    shares = _shares(np.array([(values == kind).sum() for kind in kinds]))
    outline = _shares(np.array([(others == kind).sum() for kind in kinds])) if len(others) else None
    return _draw(values.name, shares, outline, [str(kind).replace("_", " ").title()[:12] for kind in kinds])


def _shares(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[float]:
    return [float(count) / max(int(counts.sum()), 1) for count in counts]


def _draw(name: str, shares: list[float], outline: list[float] | None, labels: list[str]) -> str:
    top = max(*shares, *(outline or [0.0]), 1e-9)
    step = (_WIDTH - 2 * _LEFT) / len(shares)
    scale = (_HEIGHT - _BOTTOM - _TOP) / top
    base = _HEIGHT - _BOTTOM

    def bar(index: int, share: float, style: str) -> str:
        height = share * scale
        return (
            f'<rect class="{style}" x="{_LEFT + index * step + 0.5:.1f}" y="{base - height:.1f}" '
            f'width="{step - 1:.1f}" height="{height:.1f}"><title>{share:.1%}</title></rect>'
        )

    parts = [bar(index, share, "now") for index, share in enumerate(shares)]
    parts += [bar(index, share, "before") for index, share in enumerate(outline or [])]
    parts += [
        _label(label, _LEFT + (index + 0.5) * step, first=index == 0, last=index == len(labels) - 1)
        for index, label in enumerate(labels)
        if label
    ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Distribution of {escape(name)}">'
        f"{''.join(parts)}</svg>"
    )


def _label(text: str, middle: float, *, first: bool, last: bool) -> str:
    """Under its bar; the outermost of a histogram's narrow bars grow inwards, so that none is cut off."""
    x, anchor = middle, "middle"
    half = len(text) * 2.7  # half the width of a text of nine pixels
    if first and middle < half:
        x, anchor = _LEFT, "start"
    elif last and middle > _WIDTH - half:
        x, anchor = _WIDTH - _LEFT, "end"
    return f'<text x="{x:.1f}" y="{_HEIGHT - 5}" text-anchor="{anchor}">{escape(text)}</text>'

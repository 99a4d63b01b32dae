"""Writes everything that is declared here; see :mod:`ops`."""

from __future__ import annotations

from pathlib import Path

import yaml

from ops.alerts import rules
from ops.dashboards import DASHBOARDS
from ops.grafana import to_json
from ops.table import metrics_page

ROOT = Path(__file__).parents[1]
_NOTE = (
    "# Written by `python -m ops` from ops/alerts.py; what to do about each alert is in docs/runbook.md.\n"
)


def generated() -> dict[str, str]:
    """Path, from the root of the repository -> contents."""
    return {
        "docs/metrics.md": metrics_page(),
        "ops/prometheus/rules.yml": _NOTE
        + yaml.safe_dump(rules(), sort_keys=False, width=100, allow_unicode=True),
        **{f"ops/grafana/{page.name}.json": to_json(page) for page in DASHBOARDS},
    }


def main() -> None:
    """Write it all."""
    for path, text in generated().items():
        (ROOT / path).write_text(text, "utf-8")


if __name__ == "__main__":
    main()

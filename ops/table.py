"""``docs/metrics.md``: every metric that there is, from the catalogues."""

from __future__ import annotations

from collections.abc import Iterable

from fitbox_server.metric_catalogue import SERVER_METRICS
from fitbox_trainer.daemon.metric_catalogue import TRAINER_METRICS

from fitbox.telemetry.grpc_metrics import GRPC_METRICS
from fitbox.telemetry.host import HOST_METRICS
from fitbox.telemetry.metric import Label, Metric

CATALOGUES = {
    "Every gRPC server": (
        "Of the server and of the trainer, in the names and the spelling of go-grpc-prometheus.",
        GRPC_METRICS,
    ),
    "Both processes": (
        "Beside them, `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`, "
        "`process_start_time_seconds` and their like of Prometheus's own client library.",
        HOST_METRICS,
    ),
    "The server": ("", SERVER_METRICS),
    "The trainer": ("", TRAINER_METRICS),
}
"""Heading -> what is said under it, and the metrics."""

_TOP = """# Metrics

Written by `python -m ops` from the catalogues (`fitbox/telemetry/{grpc_metrics,host}.py`,
`server/fitbox_server/metric_catalogue.py`, `trainer/fitbox_trainer/daemon/metric_catalogue.py`): edit those.

The server answers on `127.0.0.1:9464/metrics`, the trainer on `127.0.0.1:9465/metrics`, in Prometheus's text or in
OpenMetrics. How to scrape, watch and be told: [operations.md](operations.md). A histogram `NAME` has `NAME_bucket`,
`NAME_sum` and `NAME_count`. Times are Unix seconds. A label whose values are listed has no others but `other`; where
they follow from what runs, the table says why there are few. Series of versions that are gone are removed.
"""
_GATEWAY = """
## For the Kubernetes Gateway API inference extension

The gauges that its
[model server protocol](https://github.com/kubernetes-sigs/gateway-api-inference-extension/tree/main/docs/proposals/003-model-server-protocol)
asks for, with its semantics (read in its text; the extension itself was not run):

| of the protocol | here |
|---|---|
| TotalQueuedRequests | `fitbox_admission_waiting` |
| TotalRunningRequests | `fitbox_admission_in_flight` |
| KVCacheUtilization | `fitbox_kv_cache_usage_ratio` |
| LoRA info | `fitbox_lora_requests_info` (`max_lora`, `running_lora_adapters`, `waiting_lora_adapters`; its value is the time) |
"""


def metrics_page() -> str:
    """The whole page."""
    parts = [_TOP]
    for heading, (about, metrics) in CATALOGUES.items():
        parts.append(f"\n## {heading}\n")
        if about:
            parts.append(f"\n{about}\n")
        parts.append("\n| metric | type | unit | labels | meaning | example |\n|---|---|---|---|---|---|\n")
        parts.extend(_lines(metrics))
    return "".join([*parts, _GATEWAY])


def _lines(metrics: Iterable[Metric]) -> Iterable[str]:
    for metric in metrics:
        labels = "; ".join(map(_label, metric.labels))
        cells = (
            f"`{metric.name}`",
            metric.kind.value,
            metric.unit,
            labels,
            metric.meaning,
            f"`{metric.query}`",
        )
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _label(label: Label) -> str:
    values = ", ".join(str(value) for value in label.values)
    return f"`{label.name}`: {values or label.bound}"

"""Metrics: what would grow without bound does not."""

from __future__ import annotations

from fitbox_server.metrics import PrometheusHooks
from prometheus_client import CollectorRegistry

from fitbox.tasks import TaskName


def versions_of(registry: CollectorRegistry, name: str) -> set[str]:
    """The values of label ``version`` in a family."""
    return {
        sample.labels["version"]
        for family in registry.collect()
        if family.name == name
        for sample in family.samples
    }


def test_series_of_versions_long_gone_are_removed() -> None:
    """However many versions a server has served, four have series, and stragglers share one."""
    registry = CollectorRegistry()
    hooks = PrometheusHooks(registry)
    names = [f"v{number:06}" for number in range(100)]
    for name in names:
        hooks.serving(name, "digest")
        for task in TaskName:
            hooks.generated(task, name, 10)
            hooks.attempt_failed(task, name, "text_invalid")
            hooks.attempt_failed(task, name, "text_cut")
    for family in ("fitbox_generated_tokens", "fitbox_attempts_failed"):
        assert versions_of(registry, family) == set(names[-4:])
    hooks.generated(TaskName.ADVICE, names[0], 5)
    hooks.generated(TaskName.ADVICE, names[1], 5)
    assert versions_of(registry, "fitbox_generated_tokens") == {*names[-4:], "other"}
    labels = {"task": "advice", "version": "other"}
    assert registry.get_sample_value("fitbox_generated_tokens_total", labels) == 10


def test_a_version_that_comes_back_counts_on() -> None:
    """A rollback is no new version."""
    registry = CollectorRegistry()
    hooks = PrometheusHooks(registry)
    for name in ("a", "b", "a"):
        hooks.serving(name, "digest")
        hooks.generated(TaskName.ADVICE, name, 1)
    labels = {"task": "advice", "version": "a"}
    assert registry.get_sample_value("fitbox_generated_tokens_total", labels) == 2

"""Metrics: what would grow without bound does not."""

from __future__ import annotations

from fitbox_server import metric_catalogue as catalogue
from fitbox_server.metrics import PrometheusHooks
from prometheus_client import CollectorRegistry

from fitbox.engine.types import FinishReason, Generation
from fitbox.engine.wire import WorkerStats
from fitbox.errors import EngineStartError
from fitbox.plan import PlanSource
from fitbox.tasks import TaskName
from tests.served import Served, until


def text(tokens: int) -> Generation:
    """A text of so many tokens."""
    return Generation("", FinishReason.STOP, 3, tokens, 0.5, 1.5)


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
            hooks.generated(task, name, text(10))
            hooks.attempt_failed(task, name, "text_invalid")
            hooks.attempt_failed(task, name, "text_cut")
            hooks.first_token(task, name, 0.1)
            hooks.plan_made(task, name, PlanSource.MODEL, 1.0)
        hooks.leased(name, 1)
        hooks.worker_reported(name, WorkerStats())
        hooks.leased(name, -1)
    for metric in catalogue.OF_KEPT:
        assert versions_of(registry, metric.name.removesuffix("_total")) == set(names[-4:]), metric.name
    for name in names[:-1]:
        hooks.version_ended(name)
        hooks.worker_reported(name, WorkerStats())
        hooks.leased(name, 1)
        hooks.leased(name, -1)
    for metric in catalogue.OF_LOADED:
        assert versions_of(registry, metric.name) == {names[-1]}, metric.name
    hooks.generated(TaskName.ADVICE, names[0], text(5))
    hooks.generated(TaskName.ADVICE, names[1], text(5))
    assert versions_of(registry, "fitbox_generated_tokens") == {*names[-4:], "other"}
    labels = {"task": "advice", "version": "other"}
    assert registry.get_sample_value("fitbox_generated_tokens_total", labels) == 10


def test_a_version_that_comes_back_counts_on() -> None:
    """A rollback is no new version."""
    registry = CollectorRegistry()
    hooks = PrometheusHooks(registry)
    for name in ("a", "b", "a"):
        hooks.serving(name, "digest")
        hooks.generated(TaskName.ADVICE, name, text(1))
    labels = {"task": "advice", "version": "a"}
    assert registry.get_sample_value("fitbox_generated_tokens_total", labels) == 2


async def test_a_worker_that_cannot_be_started_again_is_counted_each_time(served: Served) -> None:
    """A crash loop whose restarts fail would look quiet by the restarts alone."""
    launcher = served.launcher
    launcher.refuse = EngineStartError("no memory", passing=True)
    launcher.workers[0].die()
    failed = "fitbox_worker_restarts_failed_total", frozenset[tuple[str, str]]()
    await until(lambda: served.metrics()[failed] >= 1)
    launcher.refuse = None
    await until(lambda: served.metrics()["fitbox_worker_restarts_total", frozenset()] == 1)
    samples = served.metrics()
    assert samples[failed] == launcher.starts - len(launcher.workers)
    assert samples["fitbox_worker_deaths_total", frozenset({("end", "exited")})] == 1
    usage = "fitbox_kv_cache_usage_ratio", frozenset({("version", "base")})
    await until(lambda: served.metrics().get(usage) == 0.25)

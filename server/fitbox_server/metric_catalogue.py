"""The server's metrics, beside those of every gRPC server and of the host (:mod:`fitbox.telemetry`)."""

from __future__ import annotations

from fitbox.feedback.events import FeedbackKind
from fitbox.plan import PlanSource
from fitbox.registry import InvalidReason
from fitbox.task import TaskName
from fitbox.telemetry.metric import Kind, Label, Metric
from fitbox_server.hooks import SwapOutcome, SwapPhase, WaitingFor, WorkerEnd

VERSIONS_KEPT = 4
"""Versions whose counts are kept apart, the newest that served; what a still older one does is counted under
``other``. Without this every version would leave its series in Prometheus for ever."""

_TASK = Label("task", tuple(task.value for task in TaskName))
_VERSION = Label(
    "version", bound=f"the newest {VERSIONS_KEPT} that served; a straggler of an older one is `other`"
)
_LOADED = Label("version", bound="those that are loaded, two or three; the series goes with the worker")
_TOKEN_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_STEP_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_REPLY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
_SWAP_SECONDS = (0.001, 0.01, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_WAIT_SECONDS = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0)
_COMPILE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


def _p95(name: str, by: str) -> str:
    return f"histogram_quantile(0.95, sum by (le, {by}) (rate({name}_bucket[5m])))"


PROMPT_TOKENS = Metric(
    "fitbox_prompt_tokens_total",
    Kind.COUNTER,
    "Tokens of the prompts of texts that were decoded, each candidate's for itself.",
    "sum by (task) (rate(fitbox_prompt_tokens_total[5m]))",
    (_TASK, _VERSION),
    "tokens",
)
GENERATED_TOKENS = Metric(
    "fitbox_generated_tokens_total",
    Kind.COUNTER,
    "Tokens decoded, used or not.",
    "sum by (version) (rate(fitbox_generated_tokens_total[5m]))",
    (_TASK, _VERSION),
    "tokens",
)
FIRST_TOKEN = Metric(
    "fitbox_time_to_first_token_seconds",
    Kind.HISTOGRAM,
    "From the moment a request has its slot to its first token.",
    _p95("fitbox_time_to_first_token_seconds", "version"),
    (_TASK, _VERSION),
    "seconds",
    _TOKEN_SECONDS,
)
INTER_TOKEN = Metric(
    "fitbox_inter_token_seconds",
    Kind.HISTOGRAM,
    "Mean time between the tokens of a text, one observation a text of two tokens or more.",
    _p95("fitbox_inter_token_seconds", "version"),
    (_TASK, _VERSION),
    "seconds",
    _STEP_SECONDS,
)
PREFILL = Metric(
    "fitbox_prefill_seconds",
    Kind.HISTOGRAM,
    "From a text's arrival at the worker to its first token, less the time its grammar was compiled.",
    _p95("fitbox_prefill_seconds", "version"),
    (_TASK, _VERSION),
    "seconds",
    _TOKEN_SECONDS,
)
DECODE = Metric(
    "fitbox_decode_seconds",
    Kind.HISTOGRAM,
    "From a text's first token to its last.",
    _p95("fitbox_decode_seconds", "version"),
    (_TASK, _VERSION),
    "seconds",
    _REPLY_SECONDS,
)
END_TO_END = Metric(
    "fitbox_end_to_end_seconds",
    Kind.HISTOGRAM,
    "From a request for a plan to the checked plan, the wait for a slot included; not what the reply cache "
    "answers.",
    _p95("fitbox_end_to_end_seconds", "task"),
    (_TASK, _VERSION),
    "seconds",
    _REPLY_SECONDS,
)
ATTEMPTS_FAILED = Metric(
    "fitbox_attempts_failed_total",
    Kind.COUNTER,
    "Generated texts that failed their checks: `text_cut`, `text_invalid`, `infeasible`, `violation_...`, "
    "`engine_failed`, `engine_refused`.",
    "sum by (version, reason) (rate(fitbox_attempts_failed_total[1h]))",
    (_TASK, _VERSION, Label("reason", bound="codes of the checks, about thirty")),
    "texts",
)
SOURCES = Metric(
    "fitbox_plan_source_total",
    Kind.COUNTER,
    "Plans by who chose their items.",
    "sum by (source) (rate(fitbox_plan_source_total[5m]))",
    (_TASK, Label("source", tuple(source.value.lower() for source in PlanSource))),
    "plans",
)
FALLBACKS = Metric(
    "fitbox_planner_fallbacks_total",
    Kind.COUNTER,
    "Plans of the expert planner, because no text of the version passed its checks.",
    "sum by (version) (rate(fitbox_planner_fallbacks_total[1h]))",
    (_TASK, _VERSION),
    "plans",
)
REPLACED = Metric(
    "fitbox_plan_parts_replaced_total",
    Kind.COUNTER,
    "Parts of plans that were replaced.",
    "sum by (what) (rate(fitbox_plan_parts_replaced_total[1h]))",
    (Label("what", ("exercise", "food", "meal", "day", "eating_day")),),
    "parts",
)
CANCELLATIONS = Metric(
    "fitbox_cancellations_total",
    Kind.COUNTER,
    "Requests whose callers left, or whose deadlines passed, before the plan was there, by what they waited "
    "for.",
    "sum by (waiting_for) (rate(fitbox_cancellations_total[5m]))",
    (_TASK, Label("waiting_for", tuple(WaitingFor))),
    "requests",
)
IN_FLIGHT = Metric(
    "fitbox_admission_in_flight",
    Kind.GAUGE,
    "Requests that hold a slot.",
    "sum(fitbox_admission_in_flight)",
    unit="requests",
)
WAITING = Metric(
    "fitbox_admission_waiting",
    Kind.GAUGE,
    "Requests that wait for one.",
    "sum(fitbox_admission_waiting)",
    unit="requests",
)
REFUSED = Metric(
    "fitbox_admission_refused_total",
    Kind.COUNTER,
    "Requests refused at once.",
    "sum by (reason) (rate(fitbox_admission_refused_total[5m]))",
    (Label("reason", ("queue_full", "client_share", "deadline", "expired")),),
    "requests",
)
WAITS = Metric(
    "fitbox_admission_wait_seconds",
    Kind.HISTOGRAM,
    "Wait for a slot, of the requests that got one.",
    "histogram_quantile(0.95, sum by (le) (rate(fitbox_admission_wait_seconds_bucket[5m])))",
    unit="seconds",
    buckets=_WAIT_SECONDS,
)
CACHE = Metric(
    "fitbox_reply_cache_total",
    Kind.COUNTER,
    "Look-ups of requests in the reply cache.",
    'sum(rate(fitbox_reply_cache_total{outcome="hit"}[5m])) / sum(rate(fitbox_reply_cache_total[5m]))',
    (Label("outcome", ("hit", "miss")),),
    "look-ups",
)
CACHE_BYTES = Metric(
    "fitbox_reply_cache_bytes", Kind.GAUGE, "Replies that are kept.", "fitbox_reply_cache_bytes", unit="bytes"
)
FEEDBACK = Metric(
    "fitbox_feedback_events_total",
    Kind.COUNTER,
    "Events on replies that are on the disk, each once; `ListFeedback` counts them by version.",
    "sum by (task, kind) (rate(fitbox_feedback_events_total[1h]))",
    (_TASK, Label("kind", tuple(kind.value.lower() for kind in FeedbackKind))),
    "events",
)
FEEDBACK_REFUSED = Metric(
    "fitbox_feedback_refused_total",
    Kind.COUNTER,
    "Feedback that was refused: a whole call, or one event of a stream.",
    "sum by (reason) (rate(fitbox_feedback_refused_total[5m]))",
    (Label("reason", bound="reasons of `docs/errors.md`, in lower case; about ten are feedback's"),),
    "refusals",
)
GRAMMARS = Metric(
    "fitbox_grammar_lookups_total",
    Kind.COUNTER,
    "Texts decoded by a grammar that the engine knew (`hit`), or compiled for them (`miss`).",
    'sum(rate(fitbox_grammar_lookups_total{outcome="hit"}[5m]))'
    " / sum(rate(fitbox_grammar_lookups_total[5m]))",
    (Label("outcome", ("hit", "miss")),),
    "texts",
)
COMPILES = Metric(
    "fitbox_grammar_compile_seconds",
    Kind.HISTOGRAM,
    "Time that a text's grammar was compiled.",
    "histogram_quantile(0.95, sum by (le) (rate(fitbox_grammar_compile_seconds_bucket[5m])))",
    unit="seconds",
    buckets=_COMPILE_SECONDS,
)
ACTIVE = Metric(
    "fitbox_active_adapter_info",
    Kind.GAUGE,
    "1 for the version that serves.",
    "count by (version) (fitbox_active_adapter_info)",
    (Label("version", bound="one"), Label("digest", bound="one")),
)
VERSION_IN_FLIGHT = Metric(
    "fitbox_version_in_flight",
    Kind.GAUGE,
    "Requests that hold a version, to their last token.",
    "sum by (version) (fitbox_version_in_flight)",
    (_LOADED,),
    "requests",
)
LORA = Metric(
    "fitbox_lora_requests_info",
    Kind.GAUGE,
    "Unix time at which this became so: the adapters that are loaded, as the Gateway API inference extension "
    "asks for them.",
    "fitbox_lora_requests_info",
    (
        Label("max_lora", ("1",)),
        Label("running_lora_adapters", bound="one list"),
        Label("waiting_lora_adapters", bound="one list"),
    ),
    "timestamp",
)
SWAP_SECONDS = Metric(
    "fitbox_swap_seconds",
    Kind.HISTOGRAM,
    "Phases of a swap.",
    _p95("fitbox_swap_seconds", "phase"),
    (Label("phase", tuple(phase.value for phase in SwapPhase)),),
    "seconds",
    _SWAP_SECONDS,
)
SWAPS = Metric(
    "fitbox_swaps_total",
    Kind.COUNTER,
    "Swaps by how they ended; `reason` is empty for what served.",
    "sum by (outcome, reason) (increase(fitbox_swaps_total[1d]))",
    (
        Label("outcome", tuple(outcome.value for outcome in SwapOutcome)),
        Label("reason", bound=f"the {len(InvalidReason)} of the registry, and a handful of the server's"),
    ),
    "swaps",
)
SWAPS_FAILED = Metric(
    "fitbox_swaps_failed_total",
    Kind.COUNTER,
    "The same without those that served, without reasons: every series is there from the start, so that "
    "the first failure counts in a rate.",
    "sum by (outcome) (increase(fitbox_swaps_failed_total[30m])) > 0",
    (Label("outcome", tuple(outcome.value for outcome in SwapOutcome if outcome != SwapOutcome.SERVED)),),
    "swaps",
)
LOOKED = Metric(
    "fitbox_registry_read_timestamp_seconds",
    Kind.GAUGE,
    "When `models/active.json` was last read well.",
    "time() - fitbox_registry_read_timestamp_seconds",
    unit="timestamp",
)
DEATHS = Metric(
    "fitbox_worker_deaths_total",
    Kind.COUNTER,
    "Workers of the version that serves that ended unasked, by how.",
    "sum by (end) (increase(fitbox_worker_deaths_total[1h]))",
    (Label("end", tuple(WorkerEnd)),),
    "workers",
)
RESTARTS = Metric(
    "fitbox_worker_restarts_total",
    Kind.COUNTER,
    "Workers that died and run again.",
    "increase(fitbox_worker_restarts_total[1h])",
    unit="workers",
)
RESTARTS_FAILED = Metric(
    "fitbox_worker_restarts_failed_total",
    Kind.COUNTER,
    "Starts of a worker, in the place of one that died, that failed; each is tried again.",
    "increase(fitbox_worker_restarts_failed_total[1h])",
    unit="starts",
)
HANGS = Metric(
    "fitbox_worker_hangs_total",
    Kind.COUNTER,
    "Workers that did not answer and were killed.",
    "increase(fitbox_worker_hangs_total[1h])",
    unit="workers",
)
RUNNING_TEXTS = Metric(
    "fitbox_worker_running_texts",
    Kind.GAUGE,
    "Texts that a worker's engine decodes; a request may have several.",
    "sum by (version) (fitbox_worker_running_texts)",
    (_LOADED,),
    "texts",
)
WAITING_TEXTS = Metric(
    "fitbox_worker_waiting_texts",
    Kind.GAUGE,
    "Texts that a worker has and its engine has not, those whose grammar is being compiled among them.",
    "sum by (version) (fitbox_worker_waiting_texts)",
    (_LOADED,),
    "texts",
)
KV_CACHE = Metric(
    "fitbox_kv_cache_usage_ratio",
    Kind.GAUGE,
    "Part of a worker's key-value cache that is allocated, 0 to 1.",
    "max by (version) (fitbox_kv_cache_usage_ratio)",
    (_LOADED,),
    "ratio",
)
WORKER_MEMORY = Metric(
    "fitbox_worker_resident_memory_bytes",
    Kind.GAUGE,
    "Memory of a worker's process that is in RAM.",
    "sum by (version) (fitbox_worker_resident_memory_bytes)",
    (_LOADED,),
    "bytes",
)
WORKER_DEVICE_MEMORY = Metric(
    "fitbox_worker_device_memory_bytes",
    Kind.GAUGE,
    "Memory of the GPU that a worker has reserved; 0 on a CPU.",
    "sum by (version) (fitbox_worker_device_memory_bytes)",
    (_LOADED,),
    "bytes",
)

OF_LOADED = (
    *(VERSION_IN_FLIGHT, RUNNING_TEXTS, WAITING_TEXTS, KV_CACHE),
    *(WORKER_MEMORY, WORKER_DEVICE_MEMORY),
)
"""Gauges of a version that go when it is unloaded."""
OF_KEPT = (
    *(PROMPT_TOKENS, GENERATED_TOKENS, FIRST_TOKEN, INTER_TOKEN, PREFILL, DECODE, END_TO_END),
    *(ATTEMPTS_FAILED, FALLBACKS),
)
"""Those that stay while it is one of the newest that served."""
SERVER_METRICS = (
    *OF_KEPT,
    *(SOURCES, REPLACED, CANCELLATIONS),
    *(IN_FLIGHT, WAITING, REFUSED, WAITS, CACHE, CACHE_BYTES, GRAMMARS, COMPILES),
    *(FEEDBACK, FEEDBACK_REFUSED),
    *(ACTIVE, LORA, SWAPS, SWAPS_FAILED, SWAP_SECONDS, LOOKED),
    *(DEATHS, RESTARTS, RESTARTS_FAILED, HANGS),
    *OF_LOADED,
)

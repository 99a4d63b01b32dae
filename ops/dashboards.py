"""The dashboards, as values: what each panel shows and asks. :mod:`ops.grafana` makes Grafana's JSON of them,
:mod:`ops.pictures` draws them.
"""

from __future__ import annotations

from dataclasses import dataclass

from ops.alerts import AVAILABILITY

RATE = "$__rate_interval"
"""Grafana's own: wide enough for the scrapes that there are."""


@dataclass(frozen=True)
class Query:
    """PromQL, and how its series are called; ``{{label}}`` stands for a label's value."""

    expression: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture of a dashboard."""

    title: str
    unit: str
    """As Grafana names it: ``s``, ``bytes``, ``percentunit``, ``reqps``, ``short``, ``dateTimeFromNow``."""
    queries: tuple[Query, ...]
    about: str = ""
    single: bool = False
    """One figure instead of lines."""
    width: int = 8
    """Of 24 columns."""


@dataclass(frozen=True)
class Row:
    """Panels under a heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Dashboard:
    """A page of rows."""

    name: str
    title: str
    about: str
    rows: tuple[Row, ...]

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Of all rows."""
        return tuple(panel for row in self.rows for panel in row.panels)


def _rate(metric: str, by: str, where: str = "") -> str:
    return f"sum by ({by}) (rate({metric}{where}[{RATE}]))"


def _quantiles(
    metric: str, *by: str, legend: str, where: str = "", of: tuple[float, ...] = (0.95,)
) -> tuple[Query, ...]:
    labels = ", ".join(("le", *by))
    return tuple(
        Query(
            f"histogram_quantile({quantile}, sum by ({labels}) (rate({metric}_bucket{where}[{RATE}])))",
            f"p{quantile * 100:.0f} {legend}".strip(),
        )
        for quantile in of
    )


def _share(part: str, whole: str, by: str = "") -> str:
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({part}[{RATE}])) / sum{grouped} (rate({whole}[{RATE}]))"


def _figure(title: str, unit: str, expression: str, about: str = "", legend: str = "") -> Panel:
    return Panel(title, unit, (Query(expression, legend),), about, single=True, width=4)


_FRONT = '{job="fitbox-server"}'
_API = '{grpc_service="fitbox.v1.RecommendationService"}'

SERVICE = Dashboard(
    "service",
    "FitBox: service",
    "Calls, how long they take, and what they wait for.",
    (
        Row(
            "At a glance",
            (
                _figure(
                    "Availability, 6 h",
                    "percentunit",
                    "1 - fitbox:recommendation_errors:ratio_rate6h",
                    f"Recommendation calls without a fault of ours; the objective is {AVAILABILITY:.1%}.",
                ),
                _figure(
                    "Answered in time, 6 h", "percentunit", "1 - fitbox:recommendation_slow:ratio_rate6h"
                ),
                _figure(
                    "Version",
                    "short",
                    "count by (version) (fitbox_active_adapter_info)",
                    legend="{{version}}",
                ),
                _figure("In flight", "short", "sum(fitbox_admission_in_flight)"),
                _figure("Waiting", "short", "sum(fitbox_admission_waiting)"),
                _figure(
                    "From the reply cache",
                    "percentunit",
                    _share('fitbox_reply_cache_total{outcome="hit"}', "fitbox_reply_cache_total"),
                ),
            ),
        ),
        Row(
            "Calls",
            (
                Panel(
                    "Calls",
                    "reqps",
                    (
                        Query(
                            _rate("grpc_server_started_total", "grpc_method", _API) + " > 0",
                            "{{grpc_method}}",
                        ),
                    ),
                ),
                Panel(
                    "Calls by code",
                    "reqps",
                    (Query(_rate("grpc_server_handled_total", "grpc_code", _API) + " > 0", "{{grpc_code}}"),),
                ),
                Panel(
                    "Time to handle a call",
                    "s",
                    _quantiles("grpc_server_handling_seconds", legend="", where=_API, of=(0.5, 0.95, 0.99)),
                ),
                Panel(
                    "Refused",
                    "reqps",
                    (Query(_rate("fitbox_admission_refused_total", "reason"), "{{reason}}"),),
                    "Refused at once, while the client can still go elsewhere.",
                ),
                Panel(
                    "Given up by callers",
                    "reqps",
                    (
                        Query(
                            _rate("fitbox_cancellations_total", "waiting_for"), "waiting for {{waiting_for}}"
                        ),
                    ),
                ),
                Panel(
                    "Plans by who chose",
                    "reqps",
                    (Query(_rate("fitbox_plan_source_total", "source"), "{{source}}"),),
                    "The planner answers where no text of the model passed its checks.",
                ),
            ),
        ),
        Row(
            "Where the time goes",
            (
                Panel(
                    "End to end, by task",
                    "s",
                    _quantiles("fitbox_end_to_end_seconds", "task", legend="{{task}}"),
                ),
                Panel(
                    "Wait for a slot",
                    "s",
                    _quantiles("fitbox_admission_wait_seconds", legend="", of=(0.5, 0.95)),
                ),
                Panel("Prefill", "s", _quantiles("fitbox_prefill_seconds", "task", legend="{{task}}")),
                Panel(
                    "Time to first token",
                    "s",
                    _quantiles("fitbox_time_to_first_token_seconds", "task", legend="{{task}}"),
                ),
                Panel("Decode", "s", _quantiles("fitbox_decode_seconds", "task", legend="{{task}}")),
                Panel(
                    "Between tokens", "s", _quantiles("fitbox_inter_token_seconds", "task", legend="{{task}}")
                ),
                Panel(
                    "Tokens",
                    "short",
                    (
                        Query(f"sum(rate(fitbox_prompt_tokens_total[{RATE}]))", "in, a second"),
                        Query(f"sum(rate(fitbox_generated_tokens_total[{RATE}]))", "out, a second"),
                    ),
                ),
                Panel(
                    "Grammars that the engine knew",
                    "percentunit",
                    (
                        Query(
                            _share(
                                'fitbox_grammar_lookups_total{outcome="hit"}', "fitbox_grammar_lookups_total"
                            ),
                            "known",
                        ),
                    ),
                ),
                Panel(
                    "Grammar compile time",
                    "s",
                    _quantiles("fitbox_grammar_compile_seconds", legend="", of=(0.5, 0.95)),
                ),
            ),
        ),
        Row(
            "Workers and the machine",
            (
                Panel(
                    "Texts in the engine",
                    "short",
                    (
                        Query("sum by (version) (fitbox_worker_running_texts)", "running {{version}}"),
                        Query("sum by (version) (fitbox_worker_waiting_texts)", "waiting {{version}}"),
                    ),
                ),
                Panel(
                    "Key-value cache",
                    "percentunit",
                    (Query("max by (version) (fitbox_kv_cache_usage_ratio)", "{{version}}"),),
                ),
                Panel(
                    "Worker ends",
                    "short",
                    (
                        Query("sum by (end) (increase(fitbox_worker_deaths_total[1h]))", "{{end}}"),
                        Query("sum(increase(fitbox_worker_restarts_total[1h]))", "back"),
                        Query("sum(increase(fitbox_worker_restarts_failed_total[1h]))", "not back"),
                    ),
                    "Within the hour.",
                ),
                Panel(
                    "Memory",
                    "bytes",
                    (
                        Query(
                            'sum by (instance) (process_resident_memory_bytes{job="fitbox-server"})',
                            "front {{instance}}",
                        ),
                        Query("sum by (version) (fitbox_worker_resident_memory_bytes)", "worker {{version}}"),
                        Query("sum by (version) (fitbox_worker_device_memory_bytes)", "GPU {{version}}"),
                    ),
                ),
                Panel(
                    "Processor time of the front",
                    "short",
                    (
                        Query(
                            f"sum by (instance) (rate(process_cpu_seconds_total{_FRONT}[{RATE}]))",
                            "cores {{instance}}",
                        ),
                    ),
                ),
                Panel(
                    "Free disk",
                    "percentunit",
                    (
                        Query(
                            "min by (job, folder) (fitbox_disk_free_bytes / fitbox_disk_size_bytes)",
                            "{{job}} {{folder}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

VERSIONS = Dashboard(
    "versions",
    "FitBox: versions and swaps",
    "Which version serves, how the last swaps went, whether the new one is as good and as fast as the old.",
    (
        Row(
            "Now",
            (
                _figure(
                    "Version",
                    "short",
                    "count by (version) (fitbox_active_adapter_info)",
                    legend="{{version}}",
                ),
                _figure(
                    "Swaps that served, 1 d",
                    "short",
                    'round(sum(increase(fitbox_swaps_total{outcome="served"}[1d])))',
                ),
                _figure(
                    "Swaps that failed, 1 d", "short", "round(sum(increase(fitbox_swaps_failed_total[1d])))"
                ),
                _figure(
                    "Registry read",
                    "s",
                    "time() - min(fitbox_registry_read_timestamp_seconds)",
                    "Seconds ago.",
                ),
            ),
        ),
        Row(
            "Swaps",
            (
                Panel(
                    "In flight by version",
                    "short",
                    (Query("sum by (version) (fitbox_version_in_flight)", "{{version}}"),),
                ),
                Panel(
                    "Swaps by outcome",
                    "short",
                    (
                        Query('sum(increase(fitbox_swaps_total{outcome="served"}[1h]))', "served"),
                        Query("sum by (outcome) (increase(fitbox_swaps_failed_total[1h]))", "{{outcome}}"),
                    ),
                    "Within the hour.",
                ),
                Panel(
                    "Phases of a swap", "s", _quantiles("fitbox_swap_seconds", "phase", legend="{{phase}}")
                ),
            ),
        ),
        Row(
            "Is the new one as good?",
            (
                Panel(
                    "Texts that failed their checks",
                    "reqps",
                    (
                        Query(
                            _rate("fitbox_attempts_failed_total", "version, reason"), "{{version}} {{reason}}"
                        ),
                    ),
                    width=12,
                ),
                Panel(
                    "Plans of the planner, by version",
                    "reqps",
                    (Query(_rate("fitbox_planner_fallbacks_total", "version"), "{{version}}"),),
                    width=12,
                ),
            ),
        ),
        Row(
            "Is it as fast?",
            (
                Panel(
                    "Time to first token",
                    "s",
                    _quantiles("fitbox_time_to_first_token_seconds", "version", legend="{{version}}"),
                    width=6,
                ),
                Panel(
                    "Between tokens",
                    "s",
                    _quantiles("fitbox_inter_token_seconds", "version", legend="{{version}}"),
                    width=6,
                ),
                Panel(
                    "End to end",
                    "s",
                    _quantiles("fitbox_end_to_end_seconds", "version", legend="{{version}}"),
                    width=6,
                ),
                Panel(
                    "Tokens a second",
                    "short",
                    (Query(_rate("fitbox_generated_tokens_total", "version"), "{{version}}"),),
                    width=6,
                ),
            ),
        ),
    ),
)

TRAINING = Dashboard(
    "training",
    "FitBox: training and data quality",
    "What came into the data folder, what became of it, and how the run is getting on.",
    (
        Row(
            "At a glance",
            (
                _figure(
                    "Stage",
                    "short",
                    "sum by (stage) (fitbox_trainer_stage == 1) or sum(fitbox_trainer_stage)",
                    "0 while no run is under way.",
                    "{{stage}}",
                ),
                _figure("Time left", "s", "max(fitbox_trainer_seconds_left)"),
                _figure(
                    "Members", "short", "max(fitbox_trainer_dataset_members)", "That the next run trains on."
                ),
                _figure(
                    "Last success",
                    "dateTimeFromNow",
                    "max(fitbox_trainer_last_success_timestamp_seconds) * 1000",
                ),
                _figure(
                    "Untrained data",
                    "s",
                    "max(time() - (fitbox_trainer_untrained_since_timestamp_seconds > 0)) or vector(0)",
                    "For how long data have waited for a version; 0 where none do.",
                ),
                _figure(
                    "Withdrawn, still served",
                    "short",
                    "max(fitbox_trainer_withdrawn_members_served)",
                    "Members who are in no file any more, and in the version that serves.",
                ),
            ),
        ),
        Row(
            "The run",
            (
                Panel(
                    "Progress",
                    "percentunit",
                    (
                        Query(
                            "max(fitbox_trainer_step) / clamp_min(max(fitbox_trainer_total_steps), 1)",
                            "steps done",
                        ),
                    ),
                ),
                Panel("Loss", "short", (Query("max(fitbox_trainer_loss)", "loss"),)),
                Panel(
                    "Trained tokens a second",
                    "short",
                    (Query("max(fitbox_trainer_tokens_per_second)", "tokens/s"),),
                ),
                Panel(
                    "Checkpoint, seconds ago",
                    "s",
                    (
                        Query(
                            "time() - (max(fitbox_trainer_last_checkpoint_timestamp_seconds) > 0)"
                            " or vector(0)",
                            "age",
                        ),
                    ),
                    "0 where the current run has none.",
                ),
                Panel(
                    "Memory",
                    "bytes",
                    (
                        Query("max(fitbox_trainer_child_resident_memory_bytes)", "the process that trains"),
                        Query("max(fitbox_trainer_device_memory_bytes)", "GPU"),
                        Query('sum(process_resident_memory_bytes{job="fitbox-trainer"})', "daemon"),
                    ),
                ),
                Panel(
                    "Queue",
                    "short",
                    (
                        Query("max(fitbox_trainer_queued_runs)", "runs"),
                        Query("max(fitbox_trainer_waiting_files)", "files"),
                    ),
                ),
            ),
        ),
        Row(
            "What became of runs",
            (
                Panel(
                    "Runs, 1 d",
                    "short",
                    (Query("sum by (outcome) (increase(fitbox_trainer_runs_total[1d]))", "{{outcome}}"),),
                ),
                Panel(
                    "Refused by the gate, 7 d",
                    "short",
                    (
                        Query(
                            "sum by (check)"
                            ' (increase(fitbox_trainer_gate_checks_total{result="refused"}[7d]))',
                            "{{check}}",
                        ),
                    ),
                    "By check; a candidate may fail several.",
                ),
                Panel(
                    "The newest candidate",
                    "short",
                    (Query('max by (figure) (fitbox_trainer_gate_figure{figure!="items"})', "{{figure}}"),),
                ),
                Panel(
                    "Attempts that failed, 1 d",
                    "short",
                    (
                        Query(
                            "sum by (stage, cause) (increase(fitbox_trainer_failed_attempts_total[1d])) > 0"
                            " or sum(increase(fitbox_trainer_failed_attempts_total[1d]))",
                            "{{stage}} {{cause}}",
                        ),
                    ),
                ),
                Panel(
                    "Seconds in a stage",
                    "s",
                    (
                        Query(
                            "sum by (stage) (fitbox_trainer_stage_duration_seconds_sum)"
                            " / clamp_min(sum by (stage) (fitbox_trainer_stage_duration_seconds_count), 1)",
                            "{{stage}}",
                        ),
                    ),
                    "Mean since the daemon began.",
                ),
                Panel(
                    "Troubles, 1 h",
                    "short",
                    (Query("sum(increase(fitbox_trainer_troubles_total[1h]))", "tried again"),),
                ),
            ),
        ),
        Row(
            "Data",
            (
                Panel(
                    "Files", "short", (Query("sum by (status) (fitbox_trainer_files_total)", "{{status}}"),)
                ),
                Panel(
                    "Files rejected, 1 d",
                    "short",
                    (
                        Query(
                            "sum by (reason) (increase(fitbox_trainer_files_rejected_total[1d]))",
                            "{{reason}}",
                        ),
                    ),
                ),
                Panel("Rows", "short", (Query("sum by (status) (fitbox_trainer_rows_total)", "{{status}}"),)),
                Panel(
                    "Cells that cannot be used",
                    "short",
                    (
                        Query(
                            "topk(10, sum by (field, fault) (fitbox_trainer_cells_rejected_total))",
                            "{{field}} {{fault}}",
                        ),
                    ),
                ),
                Panel(
                    "Drift of the newest file",
                    "percentunit",
                    (Query("topk(10, max by (column) (fitbox_trainer_drift_effect))", "{{column}}"),),
                    "Effect size against the dataset behind the version that serves; from 0.1 on notable.",
                ),
                Panel(
                    "Free disk",
                    "percentunit",
                    (
                        Query(
                            'min by (folder) (fitbox_disk_free_bytes{job="fitbox-trainer"}'
                            ' / fitbox_disk_size_bytes{job="fitbox-trainer"})',
                            "{{folder}}",
                        ),
                    ),
                ),
            ),
        ),
    ),
)

DASHBOARDS = (SERVICE, VERSIONS, TRAINING)

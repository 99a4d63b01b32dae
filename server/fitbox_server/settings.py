"""Every setting of the server, read from the environment (``FITBOX_PORT=50051``) and the command line."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from fitbox.decoding import CANDIDATES, MIN_P, MOST_CANDIDATES, TEMPERATURE
from fitbox.rpc.listening import ListenSettings


class Settings(ListenSettings):
    """Settings with their defaults; each may be set as ``FITBOX_<NAME>``. Those of the port itself (TLS,
    tokens, limits) are in :class:`fitbox.rpc.listening.ListenSettings`."""

    model_config = SettingsConfigDict(env_prefix="FITBOX_", frozen=True, extra="ignore")

    models: Path = Path("models")
    """The registry's folder."""
    model: str = "smollm2-135m-instruct"
    """Name of the base model, a folder of ``models/base/``."""
    engine: str = "auto"
    """``openvino``, ``torch``, ``vllm`` or ``scripted``; ``auto`` takes the first of these that can run."""
    engine_options: dict[str, str] = Field(default_factory=dict)
    """Engine-specific settings, as JSON in the environment."""
    use_adapter: bool = True
    """False serves the base model alone, whatever is active in the registry."""

    port: int = Field(default=50051, ge=0, le=65535)
    """Port of the API; 0 takes a free one."""
    metrics_host: str = "127.0.0.1"
    """Address of ``/metrics``."""
    metrics_port: int = Field(default=9464, ge=0, le=65535)
    """Port of ``/metrics``; 0 takes a free one."""

    temperature: float = Field(default=TEMPERATURE, ge=0, le=2)
    """Decoding of a request that sets none; 0 is greedy: one text, and hardly two members' days differ."""
    min_p: float = Field(default=MIN_P, ge=0, le=1)
    """Tokens less likely than this share of the likeliest are never drawn; 0 leaves out none."""
    candidates: int = Field(default=CANDIDATES, ge=1, le=MOST_CANDIDATES)
    """Weeks or days that are written for a request that sets no number; the best of them is taken."""
    candidate_texts: int = Field(default=16, ge=1)
    """Texts that all requests in work may have together before a new one is given fewer candidates."""
    retry_temperature: float = Field(default=0.7, ge=0, le=2)
    """Decoding of the second attempt at least: greedy would only repeat the first."""

    workers: int = Field(default=1, ge=0, le=64)
    """Workers of the version that serves, each on a GPU of its own where there are as many; 0 is one for each
    GPU. What ``in_flight``, ``in_flight_tokens`` and ``candidate_texts`` allow is for each of them."""
    threads: int | None = Field(default=None, ge=1)
    """CPU threads of a worker; ``None`` leaves it to the engine."""
    max_batch_size: int = Field(default=64, ge=1)
    """Texts that a worker decodes together."""
    cache_gib: int = Field(default=1, ge=1)
    """Memory of a worker's key-value cache."""
    swap_niceness: int = Field(default=10, ge=0, le=19)
    """A worker that loads beside one that serves does so in idle time; after 20 s without enough of it, with
    this much niceness. 0 loads at full priority."""
    start_timeout_seconds: float = Field(default=180.0, gt=0)
    """How long a worker may take to load."""
    poll_seconds: float = Field(default=0.3, gt=0)
    """Pause between looks at ``active.json``; polling works on every file system."""
    drain_seconds: float = Field(default=120.0, ge=0)
    """How long the old worker may take to finish what it admitted."""
    trial_replies: int = Field(default=5, ge=0)
    """A new version is rolled back when this many first replies all fail their checks; 0 trusts it at
    once."""
    trial_seconds: float = Field(default=30.0, ge=0)
    """How long the previous worker is kept for a rollback while the trial lasts."""
    restart_backoff_seconds: float = Field(default=0.2, gt=0)
    """Pause before the second restart of a worker in a row; it doubles up to 30 seconds."""

    hang_seconds: float | None = Field(default=None, gt=0)
    """A worker that answers nothing for so long is killed and replaced; 20 unless set, 120 for torch and
    vLLM, whose steps are long by nature. After 3 seconds without an answer the server is not ready."""
    generation_seconds: float = Field(default=600.0, gt=0)
    """The longest that one text may take, whatever deadline its caller has."""

    in_flight: int = Field(default=32, ge=1)
    """Requests that generate at the same time."""
    in_flight_tokens: int = Field(default=1 << 16, ge=1)
    """Tokens (prompts and largest completions) that those may take together."""
    queue: int = Field(default=64, ge=0)
    """Requests that may wait for a slot; beyond, calls are refused at once. One client alone may have four
    fifths of them."""
    batch_concurrency: int = Field(default=8, ge=1)
    """Items of one BatchRecommend stream that are worked on together."""
    batch_caller_items: int = Field(default=128, ge=1)
    """The same for all streams of one caller."""
    batch_items: int = Field(default=512, ge=1)
    """The same for everybody's. What is beyond waits, unread, in its stream."""

    idempotency_seconds: float = Field(default=600.0, ge=0)
    """How long the reply to a ``request_id`` is kept."""
    idempotency_entries: int = Field(default=1024, ge=0)
    """How many of them."""

    take_feedback: bool = True
    """Whether replies have an id and FeedbackService takes what becomes of them."""
    feedback: Path = Path("data/feedback")
    """Where feedback goes: a folder that the trainer reads too."""
    feedback_key: Path | None = None
    """Key file of the ids of replies, the same for every server of a service; unset: in the folder of
    feedback, made with the first start."""
    feedback_days: int = Field(default=60, ge=1, le=400)
    """How long after its reply feedback is taken."""
    feedback_member_events: int = Field(default=200, ge=1)
    """Events of one member a day (UTC), corrections included."""
    feedback_caller_events: int = Field(default=100_000, ge=1)
    """The same of one caller."""
    feedback_item_events: int = Field(default=2_000, ge=1)
    """The same of one caller about one exercise or food."""
    feedback_waiting: int = Field(default=8192, ge=1)
    """Events that may wait to be written; beyond, they are refused at once."""
    feedback_segment_events: int = Field(default=2_000, ge=1)
    """Events after which a file is closed, so that the trainer takes it."""
    feedback_segment_seconds: float = Field(default=60.0, gt=0)
    """The same since the file's first event."""

    reply_cache_bytes: int = Field(default=0, ge=0)
    """Memory for replies, which equal requests to the same version then share; 0 keeps none."""

    lame_duck_seconds: float = Field(default=0.5, ge=0)
    """Between NOT_SERVING and refusing new calls, so that balancers can look away."""
    grace_seconds: float = Field(default=30.0, ge=0)
    """How long calls in flight may take to finish after that."""

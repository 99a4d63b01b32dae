"""The OpenVINO engine: the default on a CPU. int8 weights, paged attention, continuous batching, no torch.

Facts about OpenVINO GenAI 2026.4 that shape this file (measured; ``docs/log.md`` has the figures):

- One pipeline serves one adapter, attached when the pipeline is built (``MODE_STATIC``). Switching adapters
  in a living pipeline serves the base silently, or leaks the prefix cache from one adapter to the other.
- The adapter's scale is not read from its configuration; :mod:`fitbox.registry.lora` computes it.
- A grammar that does not parse raises inside ``step()`` and loses every request, and compiled grammars are
  kept for ever; :class:`CompiledGrammars` prevents both.
- A request id must not be used twice, even after its request has ended.
- With the defaults a greedy text can differ between a request alone and the same one in company: a step with
  one row uses other kernels than a step with several. ``reproducible`` switches to f32 throughout, where it
  does not.

Options, with their defaults:

=======================  ===============================================================================
``reproducible``         ``true``: the same texts alone and in company, but slower (``false``)
``prompt_lookup``        tokens guessed from earlier text and verified in one step; doubles the speed of
                         a lone request, costs throughput for many at once (0: off)
``inference_precision``  ``f32``, ``bf16``, ``f16`` (the device's own)
``kv_cache_precision``   likewise, and ``u8`` (the device's own)
``prefix_caching``       keep the blocks of common prompt starts (``true``)
``format``               the folder below the base model (``openvino``)
``compiled_grammars``    that are kept, about 1 MiB each (256)
=======================  ===============================================================================
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openvino_genai

from fitbox.chat import CHAT_DATE, as_dicts, with_chat_date
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest, Sampling
from fitbox.engine.wire import Chunk, Failed
from fitbox.errors import BaseModelError
from fitbox.registry import lora
from fitbox_server.engines.openvino_grammars import CompiledGrammars
from fitbox_server.engines.options import Options
from fitbox_server.engines.protocol import Event, Finished, RequestRefusedError
from fitbox_server.engines.text_stream import TextStream

_RUNNING = openvino_genai.GenerationStatus.RUNNING
_LENGTH = openvino_genai.GenerationFinishReason.LENGTH
_LOOKUP_NGRAM = 3
"""Tokens that must recur before the ones after them are guessed (Saxena, 2023, prompt lookup decoding)."""
_REPRODUCIBLE = {
    "INFERENCE_PRECISION_HINT": "f32",
    "KV_CACHE_PRECISION": "f32",
    "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
}
"""The weights stay int8; nothing else is rounded to less than f32, and activations are not quantised by
groups."""


@dataclass
class _Running:
    handle: Any
    """Dropping the last reference to a handle cancels its request."""
    text: TextStream
    prompt_tokens: int
    completion_tokens: int = 0
    finish_reason: FinishReason = FinishReason.STOP


class OpenVINOEngine:
    """A ContinuousBatchingPipeline behind the Engine protocol."""

    def __init__(self, spec: EngineSpec) -> None:
        options = Options(spec)
        folder = spec.base_model / options.text("format", "openvino")
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.cache_size = spec.cache_gib
        scheduler.max_num_seqs = spec.max_batch_size
        scheduler.enable_prefix_caching = options.flag("prefix_caching", default=True)
        self._lookup_tokens = options.integer("prompt_lookup", 0)
        properties = _properties(spec, options) | ({"prompt_lookup": True} if self._lookup_tokens else {})
        self.name = f"openvino {openvino_genai.__version__.split('-')[0]}"
        self.context_tokens, vocabulary_size = _model_sizes(folder)
        self._tokenizer = openvino_genai.Tokenizer(folder)
        self._pipeline = openvino_genai.ContinuousBatchingPipeline(
            folder, self._tokenizer, scheduler, "CPU", **properties
        )
        self._defaults = folder / "generation_config.json"
        _fix_date(self._tokenizer)
        self._grammars = CompiledGrammars(
            self._tokenizer, vocabulary_size, options.integer("compiled_grammars", 256)
        )
        self._requests: dict[int, _Running] = {}

    def knows(self, grammar: str) -> bool:
        """See Engine."""
        return grammar in self._grammars

    def compile(self, grammar: str) -> None:
        """See Engine. The library keeps a list of compile times without a lock, so nothing may join
        meanwhile."""
        self._grammars.compile(grammar)

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """See Engine. Code: ``prompt_too_long``."""
        prompt = self._tokenizer.apply_chat_template(
            as_dicts(request.messages), add_generation_prompt=True, extra_context={"date_string": CHAT_DATE}
        )
        # The template writes the special tokens itself; the tokenizer must not add a second start of text.
        ids = self._tokenizer.encode(prompt, add_special_tokens=False).input_ids
        prompt_tokens = int(ids.shape[1])
        if prompt_tokens + request.max_new_tokens > self.context_tokens:
            raise RequestRefusedError(
                "prompt_too_long",
                f"{prompt_tokens} + {request.max_new_tokens} tokens exceed the model's {self.context_tokens}",
            )
        self._requests[request_id] = _Running(
            handle=self._pipeline.add_request(request_id, ids, self._configuration(request)),
            text=TextStream(self._tokenizer.decode),
            prompt_tokens=prompt_tokens,
        )

    def cancel(self, request_id: int) -> None:
        """See Engine. The pipeline frees the blocks in its next step."""
        running = self._requests.pop(request_id, None)
        if running is not None:
            running.handle.cancel()

    def step(self) -> list[Event]:
        """See Engine."""
        self._pipeline.step()
        advanced = [(i, running, new) for i, running in self._requests.items() if (new := _read(running))]
        # One call for the whole batch: decoding costs about 70 us a call and 3 us a sequence.
        texts = (
            self._tokenizer.decode([running.text.push(new) for _, running, new in advanced])
            if advanced
            else []
        )
        events: list[Event] = []
        for (request_id, running, new), text in zip(advanced, texts, strict=True):
            final = running.handle.get_status() != _RUNNING
            events.append(Chunk(id=request_id, text=running.text.take(text, final=final), tokens=len(new)))
        for request_id, running in list(self._requests.items()):
            if (status := running.handle.get_status()) != _RUNNING:
                del self._requests[request_id]
                events.append(_ended(request_id, running, status))
        return events

    @property
    def has_work(self) -> bool:
        """See Engine; a cancelled request needs one more step to leave the pipeline."""
        return bool(self._requests) or self._pipeline.has_non_finished_requests()

    @property
    def running(self) -> int:
        """See Engine."""
        return len(self._requests)

    @property
    def cache_usage(self) -> float:
        """See Engine; blocks that only the prefix cache still holds count as used."""
        return float(self._pipeline.get_metrics().cache_usage) / 100

    def close(self) -> None:
        """Nothing beyond memory, which the end of the process gives back."""

    def _configuration(self, request: GenerationRequest) -> Any:
        # From the model's file for its end-of-text ids; everything that decides the text is set below.
        config = openvino_genai.GenerationConfig(self._defaults)
        config.max_new_tokens = request.max_new_tokens
        config.apply_chat_template = False
        _set_sampling(config, request.sampling)
        if self._lookup_tokens:
            config.num_assistant_tokens = self._lookup_tokens
            config.max_ngram_size = _LOOKUP_NGRAM
        if request.grammar is not None:
            config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=request.grammar)
        return config


def _set_sampling(config: Any, sampling: Sampling) -> None:
    config.do_sample = sampling.temperature > 0
    config.temperature = sampling.temperature if config.do_sample else 1.0
    config.top_p = sampling.top_p
    config.min_p = sampling.min_p
    config.top_k = 2**64 - 1  # the library's "no limit"; a model's file may hold another
    config.rng_seed = sampling.seed
    config.repetition_penalty = sampling.repetition_penalty


def _read(running: _Running) -> list[int]:
    new: list[int] = []
    while running.handle.can_read():
        for output in running.handle.read().values():
            new.extend(output.generated_ids)
            if output.finish_reason == _LENGTH:
                running.finish_reason = FinishReason.LENGTH
    running.completion_tokens += len(new)
    return new


def _ended(request_id: int, running: _Running, status: Any) -> Event:
    if status != openvino_genai.GenerationStatus.FINISHED:
        # IGNORED: the scheduler found no room for the sequence even with everything else preempted.
        return Failed(
            id=request_id, code="cache_exhausted", message="the key-value cache is too small for the request"
        )
    return Finished(
        id=request_id,
        finish_reason=running.finish_reason,
        prompt_tokens=running.prompt_tokens,
        completion_tokens=running.completion_tokens,
    )


def _properties(spec: EngineSpec, options: Options) -> dict[str, Any]:
    properties: dict[str, Any] = dict(_REPRODUCIBLE) if options.flag("reproducible", default=False) else {}
    for option, name in (
        ("inference_precision", "INFERENCE_PRECISION_HINT"),
        ("kv_cache_precision", "KV_CACHE_PRECISION"),
    ):
        if value := options.text(option, ""):
            properties[name] = value
    if spec.threads is not None:
        properties["INFERENCE_NUM_THREADS"] = spec.threads
    if spec.adapter is not None:
        adapter = openvino_genai.Adapter(spec.adapter / "adapter_model.safetensors")
        properties["adapters"] = openvino_genai.AdapterConfig(
            [(adapter, lora.read(spec.adapter).weight)], openvino_genai.AdapterConfig.Mode.MODE_STATIC
        )
    return properties


def _fix_date(tokenizer: Any) -> None:
    """A template that asks for today's date gets the one that every prompt is written on."""
    if (template := with_chat_date(tokenizer.chat_template)) != tokenizer.chat_template:
        tokenizer.set_chat_template(template)


def _model_sizes(folder: Path) -> tuple[int, int]:
    """Positions and vocabulary size. Raises BaseModelError."""
    try:
        config = json.loads((folder / "config.json").read_text())
        return int(config["max_position_embeddings"]), int(config["vocab_size"])
    except (OSError, ValueError, KeyError) as error:
        raise BaseModelError(f"{folder}: config.json: {error!r}; run `fitbox model prepare`") from None

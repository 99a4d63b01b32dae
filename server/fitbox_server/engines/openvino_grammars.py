"""Compiles grammars for OpenVINO GenAI outside its pipeline, and forgets them.

The library offers no call that validates a grammar: ``GenerationConfig.validate()`` accepts any text, and a
grammar that does not parse raises in ``ContinuousBatchingPipeline.step()``, from where the pipeline does not
recover. But the compiled grammars are kept in the ``Tokenizer`` object. So a second pipeline that shares the
tokenizer and has a model of one multiplication compiles each grammar first: a bad one raises here, a good one
is then ready for the real pipeline, which compiles nothing any more. It releases the interpreter lock
meanwhile.

Nor does it offer a bound of what is kept, some 1 MiB a grammar. But a tokenizer keeps grammars for one size
of vocabulary only: a third pipeline, whose model knows one token more, makes it drop them all. Texts that are
being decoded hold on to theirs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import openvino_genai
from openvino import opset13 as ops

from fitbox_server.engines.protocol import RequestRefusedError

_ANY = "root ::= [a-z]+"


class CompiledGrammars:
    """The grammars that a tokenizer has compiled, at most ``most``: then it begins anew."""

    def __init__(self, tokenizer: Any, vocabulary_size: int, most: int) -> None:
        self._most = most
        self._known: set[str] = set()
        self._pipeline = _pipeline(tokenizer, vocabulary_size)
        self._other = _pipeline(tokenizer, vocabulary_size + 1)
        # Here and now: what the first grammar costs beyond the others, and threads at full priority.
        self.compile(_ANY)

    def __contains__(self, grammar: str) -> bool:
        return grammar in self._known

    def compile(self, grammar: str) -> None:
        """Raises RequestRefusedError."""
        if len(self._known) >= self._most:
            self._forget()
        config = _one_token()
        config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=grammar)
        try:
            self._pipeline.generate("a", config)
        except RuntimeError as error:
            raise RequestRefusedError.of_grammar(error) from None
        self._known.add(grammar)

    def _forget(self) -> None:
        self._known.clear()
        self._other.generate("a", _one_token())


def _one_token() -> Any:
    return openvino_genai.GenerationConfig(max_new_tokens=1, do_sample=False, apply_chat_template=False)


def _pipeline(tokenizer: Any, vocabulary_size: int) -> Any:
    model, weights = _constant_model(vocabulary_size)
    # The paged-attention backend would need a real attention layer.
    return openvino_genai.LLMPipeline(model, weights, tokenizer, "CPU", ATTENTION_BACKEND="SDPA")


def _constant_model(vocabulary_size: int) -> tuple[str, Any]:
    """A language model whose logits are all zero, ``[batch, sequence, vocabulary]``: as IR text and its
    weights."""
    inputs = [
        ops.parameter([-1, -1], np.int64, name="input_ids"),
        ops.parameter([-1, -1], np.int64, name="attention_mask"),
        ops.parameter([-1, -1], np.int64, name="position_ids"),
        ops.parameter([-1], np.int32, name="beam_idx"),
    ]
    column = ops.unsqueeze(ops.convert(inputs[0], "f32"), ops.constant(np.array([2], np.int64)))
    logits = ops.multiply(column, ops.constant(np.zeros((1, 1, vocabulary_size), np.float32)))
    model = openvino.Model([ops.result(logits)], inputs, "constant")
    model.outputs[0].get_tensor().set_names({"logits"})
    for port, parameter in zip(model.inputs, inputs, strict=True):
        port.get_tensor().set_names({parameter.get_friendly_name()})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        openvino.save_model(model, path)
        return path.read_text(), openvino.Tensor(np.fromfile(path.with_suffix(".bin"), dtype=np.uint8))

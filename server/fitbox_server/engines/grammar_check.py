"""Checks and compiles grammars for OpenVINO GenAI outside its pipeline.

The library offers no call that validates a grammar: ``GenerationConfig.validate()`` accepts any text, and a
grammar that does not parse raises in ``ContinuousBatchingPipeline.step()``, from where the pipeline does not
recover. But the compiled grammars are kept in the ``Tokenizer`` object. So a second pipeline that shares the
tokenizer and has a model of one multiplication compiles each grammar first: a bad one raises here, a good one
is then ready for the real pipeline, which compiles nothing any more. The check costs the compile itself (25
ms for 100 names) and 2 ms when the grammar is known.
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


class GrammarCheck:
    """Call it with a grammar before a request with that grammar enters the pipeline of the same tokenizer."""

    def __init__(self, tokenizer: Any, vocabulary_size: int) -> None:
        model, weights = _constant_model(vocabulary_size)
        # The paged-attention backend would need a real attention layer.
        self._pipeline = openvino_genai.LLMPipeline(
            model, weights, tokenizer, "CPU", ATTENTION_BACKEND="SDPA"
        )

    def __call__(self, grammar: str) -> None:
        """Compile the grammar. Raises RequestRefusedError."""
        config = openvino_genai.GenerationConfig(max_new_tokens=1, do_sample=False, apply_chat_template=False)
        config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=grammar)
        try:
            self._pipeline.generate("a", config)
        except RuntimeError as error:
            raise RequestRefusedError.of_grammar(error) from None


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

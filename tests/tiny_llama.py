"""A Llama of a few thousand weights with a byte-level tokenizer, as ``models/base/<name>`` holds one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_tokenizer() -> Any:
    """Bytes and three special tokens, with :data:`TEMPLATE`."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate([*specials, *alphabet])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials)
    wrapped: Any = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        bos_token="<|im_start|>",
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def write_tiny_base(folder: Path) -> Path:
    """Write ``folder/hf`` and ``folder/manifest.json``; two layers, weights drawn with a fixed seed."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tiny_tokenizer()
    tokenizer.save_pretrained(folder / "hf")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "hf")
    digest = hashlib.sha256((folder / "hf" / "model.safetensors").read_bytes()).hexdigest()
    manifest = {"name": folder.name, "source": "test", "digest": digest, "files": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def write_members(path: Path, count: int, *, apart: bool = False) -> Path:
    """``count`` members who differ in age and weight, as intake writes them.

    A prompt for a week does not say what a body cannot lift, so some of them have the same prompt within
    other envelopes; ``apart`` gives each another length of session, and so a prompt of its own.
    """
    lines = (
        {
            "line": number + 2,
            "member_id": f"member-{number}",
            "profile": {
                "age_years": 20 + number % 50,
                "sex": "FEMALE" if number % 2 else "MALE",
                "weight_kg": 60.0 + number % 40,
                "height_cm": 165.0 + number % 20,
                **({"session_minutes": 30 + number} if apart else {}),
            },
        }
        for number in range(count)
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path

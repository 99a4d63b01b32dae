"""A Llama small enough for tens of thousands of calls on two cores: trained for a minute to recite advice.

``python -m tests.conformance.tiny_base FOLDER`` writes what ``fitbox model prepare`` takes. Each of 32
members has an advice of its own, so that a reply to another prompt shows, and every word is one or two
tokens, so that a text takes about thirty. Whether the advice is any good is not the question here.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

from tests.conformance.oracle import advice_request
from tests.tiny_llama import TEMPLATE

MEMBERS = 32
STEPS, BATCH, RATE = 200, 16, 3e-3
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TOPICS = ("habits", "sleep", "technique", "progression")
WORDS = (
    *("walk", "rest", "train", "move", "swim", "cycle", "stretch", "breathe", "lift", "run"),
    *("early", "slowly", "daily", "often", "well", "longer", "lightly", "steadily"),
    *("after", "before", "during", "around", "every", "most", "the", "your"),
    *("morning", "evening", "session", "week", "meal", "work", "day", "night"),
)


def advice_of(number: int) -> str:
    """The text that the model learns for a member: three lines of five words."""
    draw = random.Random(number)
    topics = draw.sample(TOPICS, 3)
    return "".join(f"{topic}: {' '.join(draw.choices(WORDS, k=5)).capitalize()}.\n" for topic in topics)


def write(folder: Path) -> None:
    """Train tokenizer and model, and save both with transformers."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer([advice_of(number) for number in range(MEMBERS)])
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    model = LlamaForCausalLM(config)
    examples = [_example(tokenizer, number) for number in range(MEMBERS)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=STEPS)
    draw = random.Random(0)
    for _ in range(STEPS):
        batch = draw.sample(examples, BATCH)
        longest = max(len(ids) for ids, _ in batch)
        ids = torch.tensor([one + [0] * (longest - len(one)) for one, _ in batch])
        labels = torch.tensor([one + [-100] * (longest - len(one)) for _, one in batch])
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    print(f"trained to {float(loss):.3f} nats a token", file=sys.stderr)  # noqa: T201  # a program
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _tokenizer(texts: list[str]) -> Any:
    """Byte-level BPE with the prompts' and the texts' own words merged."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    prompts = [message.content for number in range(MEMBERS) for message in advice_request(number).messages]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=800, special_tokens=list(SPECIALS), initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator([*prompts, *texts * 4], trainer)
    wrapped: Any = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=SPECIALS[2], pad_token=SPECIALS[0], bos_token=SPECIALS[1]
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def _example(tokenizer: Any, number: int) -> tuple[list[int], list[int]]:
    """Token ids of prompt and advice, and the labels: the loss is on the advice alone."""
    history = [{"role": one.role, "content": one.content} for one in advice_request(number).messages]
    prompt = tokenizer.apply_chat_template(history, add_generation_prompt=True, tokenize=False)
    before = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    after = tokenizer(advice_of(number) + SPECIALS[2], add_special_tokens=False)["input_ids"]
    return before + after, [-100] * len(before) + after


if __name__ == "__main__":
    write(Path(sys.argv[1]))

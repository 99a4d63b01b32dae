"""What transformers and peft themselves answer, greedily and in f32: the measure of every engine.

    python -m bench.reference < requests.json

Reads ``{"hf": folder, "adapter": folder or null, "requests": [{"messages", "max_new_tokens", "grammar"}]}``
and prints a JSON list of texts. Each request runs alone through ``generate``, under xgrammar's own logits
processor where it has a grammar, so nothing of FitBox's engines takes part. A process of its own: nothing
else should import torch.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# Before torch: waiting threads that spin would slow everything else on the machine, and this.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import torch
import transformers
import xgrammar
from xgrammar.contrib.hf import LogitsProcessor

from fitbox.chat import CHAT_DATE, strftime_of_chat_date


def answer(order: dict[str, Any]) -> list[str]:
    """The texts, in the order of the requests."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(order["hf"])
    model = transformers.AutoModelForCausalLM.from_pretrained(order["hf"], dtype=torch.float32)
    if order["adapter"] is not None:
        import peft

        model = peft.PeftModel.from_pretrained(model, order["adapter"])
    model.eval()
    info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, vocab_size=model.config.vocab_size)
    compiler = xgrammar.GrammarCompiler(info)
    texts = []
    for request in order["requests"]:
        inputs = tokenizer.apply_chat_template(
            request["messages"],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
            date_string=CHAT_DATE,
            strftime_now=strftime_of_chat_date,
        )
        processors = []
        if request["grammar"] is not None:
            processors.append(LogitsProcessor(compiler.compile_grammar(request["grammar"])))
        output = model.generate(
            **inputs,
            max_new_tokens=request["max_new_tokens"],
            do_sample=False,
            repetition_penalty=1.0,
            logits_processor=processors,
        )
        new = output[0, inputs["input_ids"].shape[1] :]
        texts.append(tokenizer.decode(new, skip_special_tokens=True))
    return texts


if __name__ == "__main__":
    print(json.dumps(answer(json.load(sys.stdin))))

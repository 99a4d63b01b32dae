"""From logits to a token.

In this order: repetition penalty (Keskar et al., 2019, CTRL), grammar mask, temperature, nucleus (Holtzman et
al., 2020), least share of the likeliest token (min-p; Nguyen et al., 2025). The mask comes before these two,
which could otherwise leave forbidden tokens only.
"""

from __future__ import annotations

from typing import Any

import torch

from fitbox.engine.types import Sampling
from fitbox_server.engines.torch_engine.grammars import Matcher


def next_token(logits: Any, ids: Any, sampling: Sampling, random: Any, matcher: Matcher | None) -> int:
    """A token id, given logits ``[vocabulary]`` and the text so far ``ids`` ``[tokens]``."""
    logits = penalise_repetition(logits, ids, sampling.repetition_penalty)
    if matcher is None:
        return choose(logits, sampling, random)
    token = choose(matcher.mask(logits), sampling, random)
    matcher.accept(token)
    return token


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
    probabilities[probabilities < sampling.min_p * probabilities[0]] = 0
    return int(order[torch.multinomial(probabilities, 1, generator=random)])

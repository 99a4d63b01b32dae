"""``make demo``: the whole loop with every real part, in a workspace of its own."""

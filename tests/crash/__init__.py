"""``python -m tests.crash``: the training daemon killed at random moments, and what must hold after each."""

"""From a candidate to a version: the base model, the gate, publishing, and what may be deleted."""

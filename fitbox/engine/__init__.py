"""How any process talks to an engine worker: the messages, the wire, and the handle of a worker process.

The server serves with these, and the trainer evaluates with the same, so that a candidate is judged on the
decoding path that would serve it. Neither imports the other.
"""

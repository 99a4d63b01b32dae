"""Reproduction: train a version again from its own record, and compare.

``fitbox runs reproduce VERSION`` reads ``training_metadata.json``, refuses where the dataset, the base model,
the starting point or the libraries are not those of the record, replays the run (same examples, same order,
same learning rates, whatever the clock says) and compares weights and losses.

::

    record.py    what a version says about how it was made, and what of that is not so any more
    replay.py    the training, in a child process
    compare.py   two adapters and their losses
    whole.py     all of it in order
    cli.py       fitbox runs reproduce

A training on a CPU in float32 gives the same bytes each time, on the same kind of processor and with the same
libraries. So does one in bfloat16 there, but processors with other instructions round differently. On a GPU
sums are taken in an order that changes from time to time, so only agreement within ``compare.TOLERANCE`` can
be asked for.
"""

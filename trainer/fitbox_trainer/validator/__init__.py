"""``fitbox validate``: is this machine, with this data and this preset, ready to train well?

::

    data.py             are the files usable, and do they make sound examples?
    qlora.py            is the model that gets trained what the preset says?       needs one probe
    hyperparameters.py  do the settings fit the documented ranges and the data?    uses the same probe
    improvements.py     what do QLoRA, checkpointing and rank cost and save here?  four probes

    probe.py            the child process: builds the real model, takes real steps, measures both
    measure.py          starts probes           results.py   what a check returns       run.py   all of them

Nothing is quoted: every figure was measured in this run, on this machine, with the code that trains.
"""

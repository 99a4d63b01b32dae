"""Fine-tuning: a child process that turns a run folder into a candidate adapter.

Run as ``accelerate launch -m fitbox_trainer.finetune --run-dir RUN`` (one process or many), or, without the
launcher's own start-up time, ``python -m fitbox_trainer.finetune --run-dir RUN``. This package is the only
one that imports peft and bitsandbytes.

::

    RUN/config.json        what to do (``fitbox_trainer.run.runconfig``)
    RUN/progress.jsonl     what happens, one JSON object a line (``fitbox_trainer.run.progress``)
    RUN/training_log.jsonl every step
    RUN/checkpoints/       step-N/, complete when the marker COMPLETE is there
    RUN/candidate/         the adapter and everything about it; renamed into place when whole

Exit codes are those of ``fitbox_trainer.run.exit_codes``.
"""

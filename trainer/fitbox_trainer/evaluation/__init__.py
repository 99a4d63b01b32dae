"""Evaluation: how good an adapter's recommendations are, on the decoding path that would serve them.

``python -m fitbox_trainer.evaluation --run-dir RUN`` judges a run's candidate beside the base model, random
plans, the expert planner, the champion and the starting adapter, on members that no training saw; ``fitbox
eval`` does the same for any file. What is measured and why is in ``docs/quality.md``.
"""

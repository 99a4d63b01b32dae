"""Rulers: pure functions of finished plans, profiles and catalogs.

They import neither the planner nor the score nor the envelopes (an import-linter contract), and their
constants come from the sources that they name. A ruler is not changed to suit a plan: where it is wrong, the
reason stands in ``docs/quality.md``.
"""

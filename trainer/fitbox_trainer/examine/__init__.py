"""``fitbox examine``: finished plans before rulers that were made elsewhere.

What writes plans (planner, envelope, model) and what scores them for training (``score``) have one author,
so their agreement proves little. The rulers in :mod:`fitbox_trainer.examine.rulers` know plans, profiles and
catalogs alone: published scores, published limits, published programmes, and the faults that readers found.
``docs/quality.md`` says what each measures and where it comes from.
"""

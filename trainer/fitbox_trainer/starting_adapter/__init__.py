"""The adapter that ships with FitBox; ``python -m fitbox_trainer.starting_adapter`` makes it again.

A preset with ``start = "shipped"`` continues from it, so that minutes on a CPU give a good adapter. It was
trained on synthetic members only, none of them held out: those of ``data/sample_members.csv``, and 4,000
with random equipment, conditions, diets, allergies and languages.
"""

"""The nutrition task: a day of eating, and weeks of them.

``constraints`` says what is allowed (``diets`` for diets by rule); ``text`` is the format with its grammar;
``dishes`` knows what is eaten together and what it is called, ``bands`` how much of it; ``compose`` and
``planner`` make good drafts of them with ``portions``, ``sample`` any drafts; ``score`` tells them apart;
``solve`` and ``finish`` turn a draft into a plan under its ``ceilings``, ``check`` looks at it a last time,
``task`` ties them together; ``week`` and ``shopping`` make weeks of plans.
"""

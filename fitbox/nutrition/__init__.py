"""The nutrition task: one day of eating.

``constraints`` says what is allowed; ``text`` is the format with its grammar; ``dishes``
say what is eaten together, ``planner`` composes good drafts from them with ``portions``, ``sample`` any
drafts; ``dishes`` and ``score`` tell them apart; ``solve`` and ``finish`` turn a draft into a plan, ``check``
looks at it a last time, ``task`` ties them together.
"""

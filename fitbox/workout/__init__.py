"""The workout task.

``constraints`` says what is allowed, ``splits`` and ``targets`` what is good; ``text`` is the format with its
grammar; ``planner`` writes good drafts, ``random_draft`` any drafts, ``score`` tells them apart; ``finish``
turns a draft into a plan, ``check`` looks at it a last time, ``task`` ties them together.
"""

"""Every file, process and socket call of server and trainer, refused by the system once, one at a time.

``python -m tests.injection`` starts the real programs with :mod:`tests.injection.site.refusals` in every
one of their processes. It first lists the calls that a round of work makes, by the line that makes them,
then repeats the round for each of them and each error that fits, and looks at what became of it. ``make
test-faults`` is it.
"""

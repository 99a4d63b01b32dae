"""Feedback on replies: ids that name them, what comes back, and the way of it to the trainer.

::

    reply_ids.py    the sealed id of a reply        requests.py   messages -> events, checked
    store.py        events on disk, once each       segments.py   closed files for the trainer
    journal.py      calls -> store, many at once    service.py    FeedbackService
"""

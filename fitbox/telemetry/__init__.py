"""What both long-running processes report in the same words. Needs the ``server`` or ``trainer`` extra."""

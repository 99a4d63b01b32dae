"""``python -m fitbox_client`` is the same as ``fitbox``."""

from fitbox_client.cli import main

main()

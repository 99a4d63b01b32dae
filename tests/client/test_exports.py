"""What the client package offers."""

import doctest

import fitbox_client
import fitbox_client.testing


def test_every_exported_name_exists_once_and_in_order():
    """__all__ is the public surface, sorted, without duplicates."""
    assert fitbox_client.__all__ == sorted(set(fitbox_client.__all__))
    assert all(hasattr(fitbox_client, name) for name in fitbox_client.__all__)


def test_the_examples_in_the_documentation_run():
    """The doctest of the scripted server works as printed."""
    result = doctest.testmod(fitbox_client.testing)
    assert result.attempted > 0
    assert result.failed == 0

"""``python -m tests.storm``: thousands of files at once, arriving in every way that files arrive."""

"""What became of replies: events and corrections, the words for them, and the columns of their files."""

"""What a member did with earlier plans: events, what a prompt tells of them, and what they say of taste."""

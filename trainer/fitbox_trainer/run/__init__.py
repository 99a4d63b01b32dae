"""What the processes of a run share: its folder, its input, its progress, how they start and end."""

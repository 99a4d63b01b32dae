"""From accepted files to training examples: the dataset, its split, its targets and its packing."""

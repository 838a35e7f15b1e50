"""Training runs: from what a user names to a network and its data, and from a trained network to its run folder."""

"""Who trades: the agents that make a living market."""

"""The way of a frame to its reader: subscriptions, and the faults on that way."""

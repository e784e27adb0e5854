"""From the steps of a market to the messages of each channel."""

"""The desk where accounts trade: requests, orders through their lives, triggers, the dead man's switch."""

"""Who trades and with what: accounts, their money to the last digit, fees, rate limits, keys and tokens."""

"""An independent order book in plain Python, written from Kraken's rules and from nothing else.

It judges the engine, so it shares no code and no idea with it: numbers are `Decimal` and text, a side is a
dict, and the checksum's string is built anew for every message. Slow and obvious on purpose.
"""

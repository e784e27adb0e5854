"""An independent level-3 book in plain Python, written from Kraken's rules and from nothing else.

Like its level-2 sister it judges the engine and shares no code with it: a side is a dict from price to a plain list
of orders, a place in the queue is found by counting, and the checksum's string is built anew for every message.
"""

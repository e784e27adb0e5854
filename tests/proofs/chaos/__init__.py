"""Chaos: a bot trades while everything breaks, and in the end it and the exchange agree to the last digit.

The simulated exchange and the judge run in this process, the bot in another one, with real sockets between them. The
bot's connections are cut, its acks lost, its messages dropped, doubled, reordered and held up, its tokens expire, the
door stays shut for a while, and the bot itself is killed (SIGKILL) at random moments and started anew with the same
keys. Now and then a whole ladder of orders is filled while it is away. What it says of its orders, fills, fees and
balances is compared with the exchange's own books, which share no code with it.

* `journal` is what the bot writes down: what it meant, and what became of it. It survives the bot.
* `wishes` are the random orders, `bot` is the process that trades them.
* `harm` is what goes wrong, `outage` the ladder that is filled unseen.
* `judge` compares, `course` runs it all.

    PYTHONPATH=tests/proofs python -m chaos --orders 10000 --seed 7
"""

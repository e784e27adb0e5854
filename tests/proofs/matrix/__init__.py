"""The fault matrix: each kind of fault that market data can meet, on each channel, with 1, 20 and 200 symbols.

A cell is one run of a client in virtual time against the simulated Kraken, which strikes it again and again with one
kind of fault. What the client hands out is judged against the simulator's own books and its own tape; the judges share
no code with the client.

* `venue` is the exchange, at the end of an imagined `wire`; `counter` has its tokens.
* `kinds` says how each kind of fault is struck, and what it may cost.
* `books`, `orders`, `trades` and `tickers` judge.
* `cell` runs one cell, `figures` puts what came out into tables and says which bounds were broken.

    PYTHONPATH=tests/proofs python -m matrix                                    all of it, two cells at a time
    PYTHONPATH=tests/proofs python -m matrix --channels level3 --kinds drop stall --symbols 20
"""

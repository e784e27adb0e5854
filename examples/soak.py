"""A soak: a client on a busy simulator, a random fault every two seconds, all that it hands out judged.

The simulator runs in this process, the client in another one, with real sockets between them: 200 books of depth 10 and
25, trades and tickers of 20 symbols. The client reads its books after every update and at random instants, and tells
what it read and which trades it got; each is compared with the simulator's own books and tape. It passes if not one
read of a top ten was wrong, no trade was lost without a word, all is live at the end, the client's memory stayed flat,
and nothing of it was left once it was closed.

    python examples/soak.py                   thirty minutes
    python examples/soak.py --minutes 1 --symbols 20 --rate 300 --fault-every 0.5
"""

import sys
from pathlib import Path

# The soak itself is one of the proofs, tests/proofs/soak; this directory must not stand before it.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "proofs"))

from soak.__main__ import main

if __name__ == "__main__":
    sys.exit(main())

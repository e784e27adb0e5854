"""The protocol without I/O: bytes, requests and the time go in; actions come out.

Nothing here touches a socket, an event loop, a clock or a source of randomness; all of them are handed in. So
a session's whole life can be written down as data and played back, in any language (`vectors/sessions`).

* `messages` reads what Kraken sends beside the hot channels, `requests` writes what it is sent.
* `session` is one connection: it says what to do so that everything wanted of it becomes and stays proven.
* `wants` is all that is wanted of a connection, and gathers it into requests; `data` is what its channels say;
  `lives` keeps the topics of both. `blame` knows which topics a refusal is about.
* `admission` lets out what needs a token: it asks for one, and waits for its turn in the `budget` of level 3.
* `life` is one topic's way through subscribing, settling, living, breaking and being subscribed anew; `tape` puts its
  trades in order, `rhythm` knows its usual pace.
* `gate` lets attempts to connect through: `breaker` and `limits`. `backoff` spaces them.
* `heartbeat` notices silence, `pings` what hears but is not heard; `offset` is the server's clock, `stamps` its times,
  `quantiles` how long things take.
* `attribution` says why orders of a level-3 book got smaller: what its messages leave open, the trades settle.
* `auth` signs REST requests, `tokens` says when a token is too old, `refusals` turns Kraken's words into errors.
* `timings` is a session's patience, `actions` the vocabulary of what comes out.
"""

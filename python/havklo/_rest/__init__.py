"""The few REST calls that a WebSocket client needs: a thin shell of aiohttp over what `_protocol` decides.

* `rest` makes a request, and turns whatever comes of it into a result or a typed error.
* `calls` is a request and its answer, `http` carries one; `http` is imported when the first one is
  made, for aiohttp takes a while.
* `nonces` numbers the requests of a key over all tasks and processes.
* `probe` asks a server whether it is the simulator.
* `tokens` keeps a key's WebSocket token, and fetches one at a time.

What is secret is never in a variable here, only behind a `Secret` or a `SignedRequest`; `http` sees to aiohttp's own.
"""

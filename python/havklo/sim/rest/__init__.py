"""The few REST calls that a WebSocket program needs, as a pure function from request to answer."""

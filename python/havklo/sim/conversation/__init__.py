"""Requests in, frames out: one conversation per connection, no I/O."""

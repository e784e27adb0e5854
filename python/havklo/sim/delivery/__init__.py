"""The way of a frame to its reader: subscriptions, one link per connection, and the faults on the way."""

"""The checks of `havklo doctor`: each a function from what it may ask to what it found, and the report of them all."""

"""The stories behind `vectors/frames`: one module per file, one function per story."""

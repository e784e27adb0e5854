"""Trading without I/O: what the engine's rate counter allows, and when the dead man's switch is due."""

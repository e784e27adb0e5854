"""What the level-3 vectors tell, a chapter a file."""

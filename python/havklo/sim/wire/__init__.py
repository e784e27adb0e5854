"""What goes over the wire: frames as bytes, texts of moments, the checksum."""

"""The networks: encoder f, decoder g, and one network per style."""

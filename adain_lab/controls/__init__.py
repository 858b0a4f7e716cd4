"""The controls of a transfer: alpha, mixtures, colour, masks and regions."""

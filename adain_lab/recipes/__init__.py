"""How a saved picture says how it was made, and is made again."""

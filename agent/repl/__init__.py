"""The terminal: a prompt, an answer that streams, product cards with pictures."""

"""Simulated shoppers: dialogues with the right tool calls, over random catalogues, from a seed."""

"""What the model is told: versioned texts, and the few lines that load and render them."""

from shelftalk.prompts.system import system as system

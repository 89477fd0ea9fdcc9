"""The conversation: backbones, the dialogue loop, sessions, the terminal and the command line."""

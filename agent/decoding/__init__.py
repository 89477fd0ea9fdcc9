"""What a local model may write next: grammars from tools and conversation, and the decode loop."""

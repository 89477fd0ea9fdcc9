"""A shop assistant that sees: talk with a catalogue in words and pictures.

```python
from shelftalk import Agent

agent = Agent()
reply = agent.ask("a red dress under 50")
print(reply.text)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shelftalk.agent.loop import Agent as Agent

__version__ = "0.1.0"
__all__ = ["Agent", "__version__"]


def __getattr__(name: str) -> object:
    # The agent pulls in LangChain; the command line's help must not wait for it.
    if name == "Agent":
        from shelftalk.agent.loop import Agent

        return Agent
    raise AttributeError(f"module 'shelftalk' has no attribute {name!r}; it offers {__all__}")

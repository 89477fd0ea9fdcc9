"""The tools a model may call, one a file, each a plain function of the file's name.

```python
from shelftalk.tools.opening import open_shop
from shelftalk.tools.toolbox import load_tool
from shelftalk.tools.visit import Visit

visit = Visit(open_shop())
print(load_tool("search")(visit, query="red dress", max_price=50).text)
```
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import cast

from shelftalk.tools.errors import UsageError
from shelftalk.tools.schema import tool_schemas as tool_schemas
from shelftalk.tools.visit import Result


def tool_names() -> list[str]:
    """Return the names of the tools there are."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return sorted(name for name in found if not name.startswith("_"))


def load_tool(name: str) -> Callable[..., Result]:
    """Return a tool by name; UsageError lists the right ones."""
    if name not in tool_names():
        raise UsageError(f"There is no tool {name!r}; there are {', '.join(tool_names())}.")
    return cast("Callable[..., Result]", getattr(importlib.import_module(f"{__name__}.{name}"), name))

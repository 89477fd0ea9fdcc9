"""A row as a person reads it."""

from __future__ import annotations

import json

from shelftalk.finetune.tuning.rows import Row

MOST_TURNS = 3


def example(row: Row, turns: int = MOST_TURNS) -> str:
    """Write the first turns of a row, what is learnt marked with "*"; the system prompt is left out."""
    lines = [f"{row.id}" + (f" ({', '.join(row.kinds)})" if row.kinds else "")]
    asked = 0
    for message in row.messages:
        if message.role == "system":
            continue
        asked += message.role == "user"
        if asked > turns:
            lines.append("  ...")
            break
        mark = "*" if message.learn else " "
        if message.role == "user":
            lines.append(f"  > {message.content}")
        elif message.role == "tool":
            lines += [f"      {line}" for line in message.content.splitlines()]
        for call in message.tool_calls:
            lines.append(f"{mark}   {call.name} {json.dumps(call.args, ensure_ascii=False)}")
        if message.role == "assistant" and message.content:
            lines.append(f"{mark} {message.content}")
    return "\n".join(lines)

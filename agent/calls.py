"""The shop's tools as LangChain tools: the model's arguments in, the visit's new state and a message out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.types import Command
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from shelftalk.agent.reply import Found, Shown
from shelftalk.agent.turn import Turn
from shelftalk.tools.errors import ToolError
from shelftalk.tools.visit import Result, Visit


def run_tool(name: str, visit: Visit, arguments: Mapping[str, Any]) -> Result:
    """Call the tool `name`; ToolError says what is wrong with the arguments, for the model to read."""
    from shelftalk.tools.toolbox import load_tool

    return load_tool(name)(visit, **checked_arguments(name, arguments))


def checked_arguments(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the tool `name` is called with for a model's arguments; ToolError says what is wrong with them."""
    shape = _shape(name)
    # Models like to send null for what they leave out.
    given = {key: value for key, value in arguments.items() if value is not None}
    try:
        checked = shape.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:3])
        raise ToolError(f"{name}: {wrong}. Its arguments are {', '.join(shape.model_fields)}.") from error
    return {key: getattr(checked, key) for key in checked.model_fields_set}


@cache
def _shape(name: str) -> type[BaseModel]:
    """Return the arguments of a tool as a model made of its signature, without the visit."""
    from shelftalk.tools.toolbox import load_tool

    function = load_tool(name)
    hints = get_type_hints(function)
    fields: dict[str, Any] = {
        p.name: (hints.get(p.name, Any), ... if p.default is p.empty else p.default)
        for p in list(inspect.signature(function).parameters.values())[1:]
    }
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def shown(visit: Visit, result: Result) -> list[Shown]:
    """Return a result's hits under their handles."""
    return [Shown(visit.handle(hit.product.id), hit) for hit in result.hits]


def langchain_tools(facets: Mapping[str, Mapping[str, int]]) -> list[BaseTool]:
    """Return every tool of the toolbox for a catalogue with these facets."""
    from shelftalk.tools.toolbox import tool_schemas

    return [_wrap(schema["function"]) for schema in tool_schemas({f: dict(v) for f, v in facets.items()})]


def _wrap(schema: Mapping[str, Any]) -> BaseTool:
    return StructuredTool.from_function(
        _caller(schema["name"]),
        name=schema["name"],
        description=schema["description"],
        args_schema=schema["parameters"],
    )


def _caller(name: str) -> Callable[..., Any]:
    def call(runtime: ToolRuntime[Turn, Any], **arguments: Any) -> Command[Any]:
        turn = runtime.context
        before = set(turn.visit.state.dislikes)
        result = run_tool(name, turn.visit, arguments)
        for id_ in turn.visit.state.dislikes if turn.never else ():
            if id_ not in before:
                turn.visit.state.note("hide", id_)
        hits = shown(turn.visit, result)
        if hits and name != "remember":  # that tool notes what is already before the shopper
            turn.found[:] = [
                *(old for old in turn.found if old.handle not in {h.handle for h in hits}),
                *hits,
            ]
            turn.emit(Found(hits, name))
        artifact = [
            {
                "handle": s.handle,
                "id": s.hit.product.id,
                "score": s.hit.score,
                "parts": s.hit.parts,
                "because": s.hit.because,
            }
            for s in hits
        ]
        message = ToolMessage(
            content=result.text, name=name, tool_call_id=str(runtime.tool_call_id), artifact=artifact
        )
        return Command(update={"visit": turn.visit.state.model_dump(mode="json"), "messages": [message]})

    return call

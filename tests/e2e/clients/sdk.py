"""What the Python SDK gets, as JSON. ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say from whom."""
import asyncio
import json

import anthropic

MODEL = "claude-haiku-4-5"
TOOLS = [{"name": "add", "description": "adds", "input_schema": {"type": "object"}}]


def ask(text):
    return {"model": MODEL, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}


client = anthropic.Anthropic(max_retries=0)
whole = client.messages.create(**ask("hello"))
with client.messages.stream(**ask("a stream")) as stream:
    deltas = list(stream.text_stream)
    streamed = stream.get_final_message()
tool = client.messages.create(**ask("use a tool"), tools=TOOLS)
tokens = client.messages.count_tokens(model=MODEL, messages=ask("count")["messages"])
models = [model.id for model in client.models.list()]
try:
    client.messages.create(**ask("fail"))
    error = None
except anthropic.APIStatusError as caught:
    error = [type(caught).__name__, caught.status_code, caught.body]


async def at_once():
    async with anthropic.AsyncAnthropic(max_retries=0) as many:
        answers = await asyncio.gather(*(many.messages.create(**ask(f"n{n}")) for n in range(5)))
        return [answer.content[0].text for answer in answers]


print(
    json.dumps(
        {
            "whole": whole.model_dump(mode="json"),
            "streamed": streamed.model_dump(mode="json"),
            "deltas": deltas,
            "tool": [block.model_dump(mode="json") for block in tool.content],
            "tokens": tokens.input_tokens,
            "models": models,
            "error": error,
            "at_once": asyncio.run(at_once()),
        }
    )
)

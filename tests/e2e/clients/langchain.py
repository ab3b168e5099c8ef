"""What LangChain gets, as JSON. ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY say from whom."""
import json

from langchain_anthropic import ChatAnthropic
from langchain_core.messages import AIMessage, HumanMessage


def add(left: int, right: int) -> int:
    """Adds two numbers."""
    return left + right


chat = ChatAnthropic(model="claude-haiku-4-5", max_tokens=64, max_retries=0)
turns = [HumanMessage("hello"), AIMessage("hello"), HumanMessage("again")]
print(
    json.dumps(
        {
            "whole": chat.invoke("hello").content,
            "usage": dict(chat.invoke("hello").usage_metadata),
            "turns": chat.invoke(turns).content,
            "streamed": [chunk.content for chunk in chat.stream("a stream")],
            "tool": chat.bind_tools([add]).invoke("use a tool").tool_calls,
        }
    )
)

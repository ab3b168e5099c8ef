"""Asks what each line of its input says, with the Python SDK, and prints how it ended as JSON."""
import json
import sys

import anthropic

for number, line in enumerate(sys.stdin):
    asked = json.loads(line)
    client = anthropic.Anthropic(
        api_key=asked["key"], base_url=asked["url"], max_retries=0, timeout=60
    )
    question = {
        "model": "claude-haiku-4-5",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": asked["prompt"]}],
    }
    try:
        if number % 2 == 0:
            reason = client.messages.create(**question).stop_reason
        else:
            with client.messages.stream(**question) as stream:
                reason = stream.get_final_message().stop_reason
        end = "whole" if reason == "end_turn" else "bad"
        seen = {"end": end, "status": 200, "error": str(reason)}
    except anthropic.APIStatusError as error:
        seen = {"end": "bad", "status": error.status_code, "error": str(error)}
    except Exception as error:  # a connection that broke in any way
        seen = {"end": "bad", "status": 0, "error": repr(error)}
    print(json.dumps(seen), flush=True)

import { describe, expect, it } from 'vitest';

import { messageEvents, messageJson, readMessagesRequest, renderEvent } from './messages-api.ts';

const answer = { text: 'one two  three', model: 'm', inputTokens: 7, outputTokens: 3 };

describe('readMessagesRequest', () => {
  it.each([
    { name: 'text', content: 'hi', prompt: 'hi' },
    {
      name: 'blocks',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
      prompt: 'b',
    },
    { name: 'a block without text', content: [{ type: 'image' }, null], prompt: '' },
  ])('takes the prompt from $name', ({ content, prompt }) => {
    const body = JSON.stringify({
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two' },
      ],
      messages: [
        { role: 'user', content: 'before' },
        { role: 'user', content },
        { role: 'system', content: 'ignored' },
      ],
    });
    expect(readMessagesRequest(body)).toEqual({
      model: 'claude-haiku-4-5',
      stream: false,
      prompt,
      system: 'one\ntwo',
    });
  });
});

describe('messageEvents', () => {
  it('carries the same text and usage as the JSON answer', () => {
    const events = messageEvents(answer);
    const text = events
      .filter(({ type }) => type === 'content_block_delta')
      .map((event) => (event['delta'] as { text: string }).text)
      .join('');
    expect(messageJson(answer)['content']).toEqual([{ type: 'text', text }]);
    expect(events.at(-2)).toMatchObject({ usage: { output_tokens: 3 } });
    expect(events.at(-1)).toEqual({ type: 'message_stop' });
  });

  it('is rendered with the type as the name of the event', () => {
    expect(renderEvent({ type: 'ping' })).toBe('event: ping\ndata: {"type":"ping"}\n\n');
  });
});

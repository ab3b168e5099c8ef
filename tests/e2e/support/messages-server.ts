/**
 * An endpoint for real clients, whose answers depend on the request alone: the same question gets the same
 * answer, byte for byte, whoever forwards it.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Turn {
  readonly role: string;
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}

interface Question {
  readonly stream?: boolean;
  readonly messages: readonly Turn[];
  readonly tools?: readonly { readonly name: string }[];
}

export interface MessagesServer {
  readonly url: string;
  readonly requests: number;
  /** Endless streams whose clients are still connected. */
  readonly endless: number;
  stop(): void;
}

/** @param token sent as bearer or x-api-key; others get 401 */
export async function startMessagesServer(token: string): Promise<MessagesServer> {
  let requests = 0;
  let endless = 0;
  const server = createServer((req, res) => {
    requests += 1;
    void answer(req, res, token).then((kind) => {
      if (kind === 'ended') return;
      endless += 1;
      res.on('close', () => {
        endless -= 1;
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    get endless() {
      return endless;
    },
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

async function answer(
  req: IncomingMessage,
  res: ServerResponse,
  token: string,
): Promise<'ended' | 'endless'> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const { authorization, 'x-api-key': apiKey } = req.headers;
  const [path = ''] = (req.url ?? '').split('?');
  if (authorization !== `Bearer ${token}` && apiKey !== token) {
    sendError(res, 401, 'authentication_error', 'invalid x-api-key');
  } else if (path === '/v1/models') sendJson(res, 200, MODELS);
  else if (path === '/v1/messages/count_tokens') sendJson(res, 200, { input_tokens: 42 });
  else if (path !== '/v1/messages') sendError(res, 404, 'not_found_error', path);
  else {
    const question = JSON.parse(Buffer.concat(chunks).toString()) as Question;
    if (lastText(question) === 'fail') {
      sendError(res, 400, 'invalid_request_error', 'messages: not like this');
    } else return sendAnswer(res, question);
  }
  return 'ended';
}

function sendAnswer(res: ServerResponse, question: Question): 'ended' | 'endless' {
  const block = blockOf(question);
  const isEndless = question.messages.some(({ content }) => /never stop/.test(textOf(content)));
  if (question.stream === true) sendStream(res, block, isEndless);
  else sendJson(res, 200, messageOf([block]));
  return question.stream === true && isEndless ? 'endless' : 'ended';
}

const MODELS = {
  data: ['claude-haiku-4-5', 'claude-sonnet-4-5'].map((id) => ({
    ...{ type: 'model', id, display_name: id, created_at: '2025-10-01T00:00:00Z' },
  })),
  ...{ has_more: false, first_id: 'claude-haiku-4-5', last_id: 'claude-sonnet-4-5' },
};

type Block =
  | { readonly type: 'text'; readonly text: string }
  | {
      readonly type: 'tool_use';
      readonly id: string;
      readonly name: string;
      readonly input: object;
    };

function blockOf(question: Question): Block {
  const text = lastText(question);
  const tool = question.tools?.find(({ name }) => name === 'Read') ?? question.tools?.[0];
  const [wanted, path] = toolWantedBy(question) ?? [];
  if (wanted === undefined || tool === undefined) {
    // Claude Code adds reminders, which differ between two homes.
    const shown = text.length > 40 ? 'a long text' : text;
    return { type: 'text', text: `${question.messages.length}: ${shown}` };
  }
  const input = path === undefined ? { left: 1, right: 2 } : { file_path: path };
  return { type: 'tool_use', id: 'toolu_01', name: tool.name, input };
}

/** Once per conversation. Claude Code's question may be followed by a message of reminders. */
function toolWantedBy({ messages }: Question): RegExpExecArray | null {
  const contents = messages.map(({ content }) => content);
  const isUsed = contents.some(
    (content) => typeof content !== 'string' && content.some(({ type }) => type === 'tool_result'),
  );
  return isUsed ? null : /use a tool(?: (\/\S+))?/.exec(contents.map(textOf).join('\n'));
}

function lastText({ messages }: Question): string {
  return textOf(messages.at(-1)?.content ?? '');
}

function textOf(content: Turn['content']): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('\n');
}

function messageOf(content: readonly Block[]): object {
  return {
    ...{ id: 'msg_01', type: 'message', role: 'assistant', model: 'claude-haiku-4-5', content },
    stop_reason: content[0]?.type === 'tool_use' ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 11, output_tokens: 7 },
  };
}

function sendStream(res: ServerResponse, block: Block, isEndless: boolean): void {
  const start = block.type === 'text' ? { ...block, text: '' } : { ...block, input: {} };
  const deltas =
    block.type === 'text'
      ? [...block.text].map((text) => ({ type: 'text_delta', text }))
      : [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }];
  const stop_reason = block.type === 'text' ? 'end_turn' : 'tool_use';
  const events: { readonly type: string }[] = [
    {
      type: 'message_start',
      message: {
        ...messageOf([]),
        stop_reason: null,
        usage: { input_tokens: 11, output_tokens: 1 },
      },
    } as { readonly type: string },
    { type: 'content_block_start', index: 0, content_block: start } as { readonly type: string },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 } as { readonly type: string },
    {
      type: 'message_delta',
      delta: { stop_reason, stop_sequence: null },
      usage: { output_tokens: 7 },
    } as { readonly type: string },
    { type: 'message_stop' },
  ];
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  // Without its end.
  for (const event of isEndless ? events.slice(0, 3) : events) {
    res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
  if (!isEndless) res.end();
}

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendError(res: ServerResponse, status: number, type: string, message: string): void {
  sendJson(res, status, { type: 'error', error: { type, message } });
}

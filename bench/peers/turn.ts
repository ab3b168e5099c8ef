/** A request as Claude Code sends it, and the time until its answer shows something. */
import { Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';

import { VALID } from '@zephyr/testkit/tls-fixture';

import { seededRandom } from '../simulation/random.ts';
import { MODEL, type RunningPeer } from './peer.ts';

export const PATH = '/v1/messages?beta=true';
const SYSTEM_SHARE = 0.2;
const WORDS =
  'the a file function returns value when user asks please read test error line change import const type of in and to with for path server request answer stream token name key list map next before after'.split(
    ' ',
  );

/** Words, not a repeated letter: some peers count tokens, for which that would be a worst case. */
function wordsOf(bytes: number, seed: number): string {
  const random = seededRandom(seed);
  const words: string[] = [];
  for (let length = 0; length < bytes; ) {
    const word = WORDS[Math.floor(random.next() * WORDS.length)] ?? '';
    words.push(word);
    length += word.length + 1;
  }
  return words.join(' ').slice(0, bytes);
}

export function bodyOf(bytes: number, { stream }: { stream: boolean }): Buffer {
  const inSystem = Math.round(bytes * SYSTEM_SHARE);
  return Buffer.from(
    JSON.stringify({
      model: MODEL,
      messages: [{ role: 'user', content: [{ type: 'text', text: wordsOf(bytes - inSystem, 1) }] }],
      system: [{ type: 'text', text: wordsOf(inSystem, 2) }],
      max_tokens: 64,
      ...(stream ? { stream } : {}),
    }),
  );
}

export function agentOf({ isTls }: RunningPeer, maxSockets: number): Agent {
  return isTls === true
    ? new TlsAgent({ keepAlive: true, maxSockets, ca: VALID.cert })
    : new Agent({ keepAlive: true, maxSockets });
}

export interface TurnTimes {
  readonly firstByteMs: number;
  /** Time of the first text delta. */
  readonly ttftMs: number;
}

export interface TurnOptions {
  readonly agent: Agent;
  readonly body: Buffer;
  readonly onData?: (data: Buffer) => void;
}

/** Settles when the answer has ended. @throws if it is incomplete or has no content */
export function turn(
  running: RunningPeer,
  { agent, body, onData }: TurnOptions,
): Promise<TurnTimes> {
  const startedAtMs = performance.now();
  const request = running.isTls === true ? requestTls : requestPlain;
  const headers = {
    'content-type': 'application/json',
    'content-length': body.length,
    'anthropic-version': '2023-06-01',
    ...running.headers,
  };
  const content = body.includes('"stream":true') ? 'text_delta' : 'word';
  return new Promise((resolve, reject) => {
    const req = request(
      { host: '127.0.0.1', port: running.port, path: PATH, method: 'POST', headers, agent },
      (res: IncomingMessage) => {
        const firstByteMs = performance.now() - startedAtMs;
        let [ttftMs, text] = [Number.NaN, ''];
        res.on('data', (data: Buffer) => {
          onData?.(data);
          if (!Number.isNaN(ttftMs)) return;
          text += data.toString('latin1');
          if (text.includes(content)) ttftMs = performance.now() - startedAtMs;
        });
        res.on('error', reject);
        res.on('end', () => {
          if (res.statusCode !== 200) reject(new Error(`status ${res.statusCode}`));
          else if (Number.isNaN(ttftMs)) reject(new Error('no content'));
          else resolve({ firstByteMs, ttftMs });
        });
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

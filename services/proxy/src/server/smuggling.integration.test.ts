/**
 * No request is smuggled: whatever a client sends, an endpoint reads whole requests framed by us, and a
 * second person, whose requests share the connections, gets their own answers.
 */
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { eventually } from '@zephyr/testkit/eventually';
import { call } from '@zephyr/testkit/http-call';
import { describe, expect, it, onTestFinished } from 'vitest';

import { type AnswerTime, startFramingRecorder } from '../test-support/framing-recorder.ts';
import {
  SMUGGLED_MARK,
  type SmugglingCase,
  smugglingCorpus,
} from '../test-support/smuggling-corpus.ts';
import { startTestProxy, type TestProxy, tokenOf } from '../test-support/test-proxy.ts';

const ATTACKER = 'attacker-key-5f2c91aa03';
const VICTIM = 'victim-key-77e0b4c1d8';
const clientKeys = [
  { name: 'attacker', sha256: createHash('sha256').update(ATTACKER).digest('hex') },
  { name: 'victim', sha256: createHash('sha256').update(VICTIM).digest('hex') },
];
const CORPUS = smugglingCorpus(ATTACKER);
const AT_ONCE = 100;

const MODES: readonly { name: string; bufferedBodiesBytes: number; answerTime: AnswerTime }[] = [
  { name: 'bodies are buffered', bufferedBodiesBytes: 1 << 20, answerTime: 'at_end' },
  { name: 'the memory for bodies is full', bufferedBodiesBytes: 4_096, answerTime: 'at_end' },
  { name: 'buffered_bodies_mib = 0', bufferedBodiesBytes: 0, answerTime: 'at_end' },
  {
    name: 'buffered_bodies_mib = 0, answers before the body',
    bufferedBodiesBytes: 0,
    answerTime: 'at_head',
  },
];

describe(`smuggling: ${CORPUS.length} requests`, () => {
  it('are several hundred, and all different', () => {
    expect(CORPUS.length).toBeGreaterThan(500);
    expect(new Set(CORPUS.map(({ pieces }) => pieces.join(''))).size).toBe(CORPUS.length);
  });

  it.each(MODES)(
    '$name: smuggled = 0',
    async ({ name, bufferedBodiesBytes, answerTime }) => {
      const recorder = await startFramingRecorder(answerTime);
      const proxy = await startTestProxy({
        endpoints: [recorder.url],
        clientKeys,
        server: { extraPaths: ['/v1/extra'] },
        limits: { bufferedBodiesBytes },
        timeouts: { firstByteMs: 5_000, wholeAnswerMs: 5_000 },
      });
      onTestFinished(async () => {
        recorder.stop();
        await proxy.stop();
      });
      if (name.includes('full')) await fillShare(proxy);
      const answers: VictimAnswer[] = [];
      for (let at = 0; at < CORPUS.length; at += AT_ONCE) {
        const attacks = CORPUS.slice(at, at + AT_ONCE).map((attack) => send(proxy.port, attack));
        const askFour = async (part: string): Promise<void> => {
          for (let round = 0; round < 4; round += 1) {
            answers.push(await ask(proxy.port, `nonce-${at}${part}${round}`, answerTime));
          }
        };
        await askFour('x');
        const sockets = await Promise.all(attacks);
        // The same way takes as long for the attacks: what they cause has arrived when these have answers.
        await askFour('y');
        for (const socket of sockets) socket.destroy();
      }

      expect(recorder.findings).toEqual([]);
      for (const { line, headers, body } of recorder.requests) {
        const about = `${line}\n${headers.join('\n')}`;
        expect(about).toContain(`authorization: Bearer ${tokenOf('main')}`);
        expect(about.toLowerCase()).not.toContain(SMUGGLED_MARK);
        expect(about).not.toContain(ATTACKER);
        // The victim's request is never part of another person's.
        if (body.includes('nonce-')) expect(body).toMatch(/^\{"nonce":"nonce-\w+"\}$/);
      }
      expect(recorder.requests.length).toBeGreaterThan(200);
      expect(answers.filter(({ isOwn }) => !isOwn)).toEqual([]);
      expect(proxy.log()).not.toMatch(/handler failed|uncaught/);
    },
    240_000,
  );
});

/** One person gets at most half of the memory; the attacker occupies it with a stalled upload. */
async function fillShare(proxy: TestProxy): Promise<void> {
  const socket = connect(proxy.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => undefined);
  socket.write(
    `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${ATTACKER}\r\nContent-Length: 4000\r\n\r\n${'x'.repeat(2_048)}`,
  );
  await eventually(async () =>
    expect(await proxy.metrics()).toContain('zephyr_proxy_buffered_body_bytes 2048'),
  );
}

interface VictimAnswer {
  readonly isOwn: boolean;
  readonly text: string;
}

/** An early answer cannot contain later data: then only the status counts. */
async function ask(port: number, nonce: string, answerTime: AnswerTime): Promise<VictimAnswer> {
  const { status, text } = await call(port, {
    path: '/v1/messages',
    headers: { 'x-api-key': VICTIM },
    body: `{"nonce":"${nonce}"}`,
  });
  const isOwn = answerTime === 'at_head' || text.includes(`"nonce":"${nonce}"`);
  return { isOwn: status === 200 && isOwn, text };
}

/** Returns when all is written; the connection stays open unless the proxy or the case ends it. */
async function send(port: number, { pieces, end }: SmugglingCase): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  socket.resume();
  for (const piece of pieces) {
    if (socket.destroyed) break;
    await write(socket, Buffer.from(piece, 'latin1'));
  }
  if (end === 'close') socket.end();
  return socket;
}

/** Pieces arrive one after the other. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  await new Promise((resolve) => setTimeout(resolve, 5));
}

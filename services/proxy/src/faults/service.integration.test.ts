/** The proxy itself stops, hangs or breaks. The ids (S8 …) are those of docs/data-path.md. */
import { once } from 'node:events';
import { connect } from 'node:net';

import type { ProgramStatus } from '@zephyr/contract/status/program-status';
import { VERSION } from '@zephyr/runtime/version';
import { clockJump, JUMPED } from '@zephyr/testkit/clock-jump';
import { eventually } from '@zephyr/testkit/eventually';
import { type CallResult, call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { startBalancer } from '@zephyr/testkit/tcp-balancer';
import { sse, status } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ProxyProcessOptions, startProxyProcess } from '../test-support/proxy-process.ts';
import { startRig } from '../test-support/rig.ts';
import { PATIENT_TIMES } from '../test-support/test-proxy.ts';

/** @param before endpoints preferred to the upstream */
async function start(
  options: Partial<ProxyProcessOptions> = {},
  before: readonly ScriptedUpstream[] = [],
) {
  const upstream = await startScriptedUpstream();
  const endpoints = [...before, upstream].map(({ url }) => url);
  const proxy = await startProxyProcess({ endpoints, ...options });
  onTestFinished(async () => {
    proxy.kill();
    await Promise.all([...before, upstream].map((each) => each.stop()));
  });
  return { upstream, proxy };
}

/** Returns once the stream has its first content; its end is in a property, so that it is not awaited. */
async function startStream(upstream: ScriptedUpstream, port: number, deltas: number) {
  upstream.always(sse({ gapMs: 100, deltas }));
  let length = 0;
  const result = call(port, {
    onChunk: (text) => {
      length = text.length;
    },
  });
  const more = async (): Promise<void> => {
    const before = length;
    await eventually(() => expect(length).toBeGreaterThan(before));
  };
  await more();
  /** `more` returns once the client has received more of it. */
  return { ended: result, more };
}

describe('S8 a rolling restart', () => {
  it('cuts no stream and refuses no request', async () => {
    const upstream = await startScriptedUpstream({ script: sse({ gapMs: 60, deltas: 40 }) });
    const options = {
      endpoints: [upstream.url],
      config: '[timeouts]\ndrain_delay_ms = 2_000\n',
    };
    const replicas = await Promise.all([startProxyProcess(options), startProxyProcess(options)]);
    const balancer = await startBalancer(replicas);
    onTestFinished(async () => {
      balancer.stop();
      for (const replica of balancer.replicas) replica.kill();
      await upstream.stop();
    });
    const results: Promise<CallResult>[] = [];
    const arrivals = setInterval(() => results.push(call(balancer.port)), 100);
    const exitCodes: (number | null)[] = [];
    const someArrive = async (): Promise<void> => {
      const before = results.length;
      await eventually(() => expect(results.length).toBeGreaterThanOrEqual(before + 5));
    };
    for (const [index, old] of [...replicas].entries()) {
      await someArrive();
      old.child.kill('SIGTERM');
      exitCodes.push(await old.exited);
      balancer.replicas[index] = await startProxyProcess(options);
    }
    await someArrive();
    clearInterval(arrivals);
    const ended = await Promise.all(results);
    expect(exitCodes).toEqual([0, 0]);
    expect(ended.length).toBeGreaterThan(20);
    expect(ended.filter(({ status, end }) => status !== 200 || end !== 'clean')).toEqual([]);
  }, 240_000);
});

/** One connection of a client that sends requests before the last answer arrives. */
async function openTo(port: number) {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    received += data;
  });
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  const ask = (mark: string): void => {
    const length = Buffer.byteLength(STREAM_BODY);
    const fields = `host: 127.0.0.1\r\nx-stainless-os: ${mark}\r\ncontent-length: ${length}`;
    socket.write(`POST /v1/messages HTTP/1.1\r\n${fields}\r\n\r\n${STREAM_BODY}`);
  };
  return { ask, closed, received: () => received };
}

/** The marks of the whole answers. */
function answersIn(received: string): readonly (string | undefined)[] {
  const answers = received.split(/(?=HTTP\/1\.1 )/);
  const whole = answers.filter((answer) => answer.includes('event: message_stop'));
  return whole.map((answer) => /"mark":"([^"]*)"/.exec(answer)?.[1]);
}

/** Requests marked as late are answered slowly, after `finish` is called, the rest immediately. */
async function startMarked() {
  const { upstream, proxy } = await start();
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();
  upstream.always(async (turn) => {
    const mark = String(turn.request.headers['x-stainless-os']);
    const isLate = mark.endsWith('late');
    if (isLate) await finished;
    await sse({ mark, gapMs: isLate ? 50 : 0 })(turn);
  });
  const isStopping = () => eventually(() => expect(proxy.output()).toContain('"msg":"stopping"'));
  return { upstream, proxy, finish, isStopping };
}

describe('SIGTERM', () => {
  it('lets a running answer end, accepts no new connection and exits with 0', async () => {
    const { upstream, proxy } = await start();
    const { ended } = await startStream(upstream, proxy.port, 12);
    proxy.child.kill('SIGTERM');
    const page = { method: 'GET', path: '/livez', body: '' };
    await eventually(async () => expect((await call(proxy.port, page)).end).toBe('failed'));
    expect((await ended).end).toBe('clean');
    expect(await proxy.exited).toBe(0);
  });

  it('answers every request that was read on a connection, and ends it with the last', async () => {
    const { upstream, proxy, finish, isStopping } = await startMarked();
    const marks = ['first late', 'second', 'third late', 'fourth'];
    const people = [await openTo(proxy.port), await openTo(proxy.port)];
    for (const { ask } of people) marks.forEach(ask);
    await eventually(() => expect(upstream.ledger).toHaveLength(8));
    proxy.child.kill('SIGTERM');
    await isStopping();
    finish();
    for (const { closed, received } of people) {
      await closed;
      expect(answersIn(received())).toEqual(marks);
    }
    expect(await proxy.exited).toBe(0);
  });

  it('starts no request after an answer that was announced as the last', async () => {
    const { upstream, proxy, finish, isStopping } = await startMarked();
    const people = [await openTo(proxy.port), await openTo(proxy.port)];
    for (const { ask } of people) ask('late');
    await eventually(() => expect(upstream.ledger).toHaveLength(2));
    proxy.child.kill('SIGTERM');
    await isStopping();
    finish();
    for (const { ask, received } of people) {
      await eventually(() => expect(received()).toMatch(/^connection: close\r$/im));
      ask('behind');
    }
    for (const { closed, received } of people) {
      await closed;
      expect(answersIn(received())).toEqual(['late']);
    }
    expect(upstream.ledger).toHaveLength(2);
    expect(await proxy.exited).toBe(0);
  });

  it('S9 ends an answer that outlasts the limit with an event that says so', async () => {
    // A real process has real limits.
    const { upstream, proxy } = await start({ config: '[timeouts]\ndrain_ms = 700\n' });
    const { ended } = await startStream(upstream, proxy.port, 600);
    proxy.child.kill('SIGTERM');
    const { text, end } = await ended;
    expect(end).toBe('cut');
    expect(text).toMatch(/event: error\ndata: \{"type":"error".*\n\n$/);
    expect(await proxy.exited).toBe(0);
  });

  it('S10 further signals in the drain change nothing', async () => {
    const { upstream, proxy } = await start();
    const { ended, more } = await startStream(upstream, proxy.port, 30);
    for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
      proxy.child.kill(signal);
      // Signals of one kind that are pending together are delivered once.
      await more();
    }
    expect((await ended).end).toBe('clean');
    expect(await proxy.exited).toBe(0);
    expect(proxy.output().match(/"msg":"stopping"/g)).toHaveLength(1);
  });
});

describe('S11 a blocked event loop', () => {
  it('is not taken for a silent endpoint', async () => {
    const clock = new ManualClock();
    const { proxy, first, second } = await startRig({ clock });
    const { promise: blocked, resolve: unblock } = Promise.withResolvers<void>();
    first.always(async (turn) => {
      await blocked;
      await sse()(turn);
    });
    const result = call(proxy.port);
    await eventually(() => expect(first.ledger).toHaveLength(1));
    clock.block(PATIENT_TIMES.firstByteMs + 2_000);
    unblock();
    expect((await result).status).toBe(200);
    expect(second.ledger).toHaveLength(0);
    expect(await proxy.attempts()).toEqual({ 'e1 ok': 1 });
  });
});

describe('S12 an uncaught exception', () => {
  it('is logged once, ends the process with 1 and gives running answers a moment', async () => {
    const failpoint = "process.on('SIGUSR2', () => { throw new Error('failpoint'); });";
    const { upstream, proxy } = await start({
      preload: `data:text/javascript,${encodeURIComponent(failpoint)}`,
    });
    const { ended } = await startStream(upstream, proxy.port, 10);
    proxy.child.kill('SIGUSR2');
    expect((await ended).end).toBe('clean');
    expect(await proxy.exited).toBe(1);
    expect(proxy.output().match(/uncaught exception/g)?.length).toBeLessThanOrEqual(2);
    expect(proxy.output()).toContain('failpoint');
  });
});

describe.each([60, -60])('R12 a wall clock that jumps by %i minutes', (minutes) => {
  it('cuts nothing, ejects nothing and readmits nothing early', async () => {
    const limited = await startScriptedUpstream({ script: status(529, { 'retry-after': '600' }) });
    const { upstream, proxy } = await start({ preload: clockJump(minutes) }, [limited]);
    const { ended } = await startStream(upstream, proxy.port, 20);
    proxy.child.kill('SIGUSR2');
    await eventually(() => expect(proxy.output()).toContain(JUMPED));
    expect(await ended).toMatchObject({ status: 200, end: 'clean' });
    expect((await call(proxy.port)).headers['x-zephyr-endpoint']).toBe('e2');
    expect(limited.ledger).toHaveLength(1);
    const page = { method: 'GET', path: '/status', body: '' };
    const body = JSON.parse((await call(proxy.port, page)).text) as ProgramStatus;
    expect(body.proxy.version).toBe(VERSION);
    expect(body.proxy.uptime_ms).toBeGreaterThan(0);
    expect(body.proxy.uptime_ms).toBeLessThan(30 * 60_000);
    expect(body.endpoints.map(({ ejection }) => ejection.status)).toEqual(['admitted', 'admitted']);
  });
});

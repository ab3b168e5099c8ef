import { connect } from 'node:net';

import { MIB } from '@zephyr/contract/units';

import { startRedisServer } from '@zephyr/runtime/redis/private-server';
import { startFaultProxy } from '@zephyr/testkit/fault-proxy';
import { type CallResult, call, STREAM_BODY } from '@zephyr/testkit/http-call';
import { type ScriptedUpstream, startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { flood, hang, reset, sse, status } from '@zephyr/testkit/upstream-scripts';

import { type Contender, startZephyr } from '../services/proxy/bench/contenders.ts';
import { cpuMs, median, percentile, rssBytes } from '../services/proxy/bench/load.ts';

const OUTAGE_SECONDS = Number(process.argv[2] ?? 20);
const CLIENTS = 50;

interface Stage {
  readonly zephyr: Contender;
  readonly first: ScriptedUpstream;
  readonly second: ScriptedUpstream;
}

async function onStage(
  config: string,
  act: (stage: Stage) => Promise<void>,
  redisUrl?: string,
): Promise<void> {
  const [first, second] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()]);
  const zephyr = await startZephyr('zephyr', { urls: [first.url, second.url], config, redisUrl });
  try {
    await act({ zephyr, first, second });
  } finally {
    zephyr.stop();
    await Promise.all([first.stop(), second.stop()]);
  }
}

function say(id: string, what: string, figures: string): void {
  console.log(`${id.padEnd(5)} ${what.padEnd(44)} ${figures}`);
}

const isServed = ({ status: code, end }: CallResult): boolean => code === 200 && end === 'clean';

/** A closed loop of clients until `isOver`; a short pause keeps two cores from being the limit. */
async function loop(port: number, clients: number, isOver: () => boolean): Promise<CallResult[]> {
  const results: CallResult[] = [];
  const one = async (): Promise<void> => {
    while (!isOver()) {
      results.push(await call(port));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await Promise.all(Array.from({ length: clients }, one));
  return results;
}

function summary(results: readonly CallResult[]): string {
  const lost = results.filter((result) => !isServed(result)).length;
  const times = results.map(({ firstByteMs }) => firstByteMs).filter((ms) => !Number.isNaN(ms));
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  return `lost ${lost} of ${results.length}; p50 ${p50.toFixed(1)} p99 ${p99.toFixed(1)} max ${Math.max(...times).toFixed(0)} ms`;
}

async function failovers(): Promise<void> {
  const faults: readonly {
    id: string;
    name: string;
    begin: (stage: Stage) => Promise<void> | void;
  }[] = [
    { id: '–', name: 'no fault', begin: () => undefined },
    { id: 'U1', name: 'first endpoint refuses', begin: ({ first }) => first.refuse() },
    {
      id: 'U3',
      name: 'first endpoint resets each request',
      begin: ({ first }) => first.always(reset()),
    },
    {
      id: 'U6/7',
      name: 'first endpoint freezes (limit 1 s)',
      begin: ({ first }) => first.always(hang()),
    },
    {
      id: 'U10',
      name: 'first endpoint answers 500',
      begin: ({ first }) => first.always(status(500)),
    },
    {
      id: 'U11',
      name: 'first endpoint answers 529',
      begin: ({ first }) => first.always(status(529)),
    },
  ];
  for (const { id, name, begin } of faults) {
    await onStage('[timeouts]\nfirst_byte_ms = 1000\n', async (stage) => {
      const startedAtMs = performance.now();
      const isOver = (): boolean => performance.now() - startedAtMs > 4_000;
      setTimeout(() => void begin(stage), 1_500);
      const results = await loop(stage.zephyr.port, CLIENTS, isOver);
      const deliveries = stage.first.ledger.length + stage.second.ledger.length;
      say(
        id,
        name,
        `${summary(results)}; deliveries ${(deliveries / results.length).toFixed(3)}/request`,
      );
    });
  }
}

async function flapping(): Promise<void> {
  await onStage('', async ({ zephyr, first }) => {
    const startedAtMs = performance.now();
    const seconds = (): number => (performance.now() - startedAtMs) / 1_000;
    let isUp = true;
    const toggle = setInterval(() => {
      isUp = !isUp;
      first.always(isUp ? sse() : reset());
    }, 3_000);
    const results = await loop(zephyr.port, CLIENTS, () => seconds() > 60);
    clearInterval(toggle);
    say('U25', 'first endpoint comes and goes every 3 s, 60 s', summary(results));
  });
}

async function staleConnections(): Promise<void> {
  await onStage('', async ({ zephyr, first }) => {
    first.always(async (turn) => {
      await sse()(turn);
      setTimeout(() => turn.socket.destroy(), 5);
    });
    const results: CallResult[] = [];
    for (let round = 0; round < 400; round += 1) {
      results.push(await call(zephyr.port));
      if (round % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 4));
    }
    say('U4', 'kept-alive connections closed after 5 ms', summary(results));
  });
}

async function allDown(): Promise<void> {
  await onStage('', async ({ zephyr, first, second }) => {
    await Promise.all([first.refuse(), second.refuse()]);
    await call(zephyr.port);
    const results = await Promise.all(Array.from({ length: 200 }, () => call(zephyr.port)));
    const one: number[] = [];
    for (let round = 0; round < 200; round += 1) one.push((await call(zephyr.port)).totalMs);
    const codes = [...new Set(results.map((result) => result.status))].join('/');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await second.listen();
    const backAtMs = performance.now();
    while (!isServed(await call(zephyr.port))) await new Promise((done) => setTimeout(done, 20));
    say(
      'U26',
      'all down: the error; the first success after',
      `status ${codes}; p50 ${median(one).toFixed(1)} p99 ${percentile(one, 0.99).toFixed(1)} ms; back after ${(performance.now() - backAtMs).toFixed(0)} ms`,
    );
  });
}

async function clientsLeave(): Promise<void> {
  await onStage('', async ({ zephyr, first }) => {
    first.always(sse({ gapMs: 20, deltas: 500 }));
    const times: number[] = [];
    for (let round = 0; round < 30; round += 1) {
      const leaving = new AbortController();
      let leftAtMs = 0;
      await call(zephyr.port, {
        signal: leaving.signal,
        onChunk: () => {
          leftAtMs ||= performance.now();
          leaving.abort();
        },
      });
      const entry = first.ledger.at(-1);
      while (entry?.closedAtMs === undefined) await new Promise((done) => setTimeout(done, 1));
      times.push(entry.closedAtMs - leftAtMs);
    }
    say(
      'C2',
      'client gone to upstream closed',
      `median ${median(times).toFixed(1)} max ${Math.max(...times).toFixed(1)} ms`,
    );
  });
}

async function slowReaders(): Promise<void> {
  await onStage('', async ({ zephyr, first }) => {
    first.always(flood(256 * MIB));
    await call(zephyr.port, { method: 'GET', path: '/status', body: '' });
    const before = rssBytes(zephyr.pid ?? process.pid);
    const sockets = Array.from({ length: 200 }, () => {
      const socket = connect(zephyr.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${STREAM_BODY.length}\r\n\r\n${STREAM_BODY}`,
      );
      return socket.pause();
    });
    let highest = before;
    for (let round = 0; round < 50; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      highest = Math.max(highest, rssBytes(zephyr.pid ?? process.pid));
    }
    const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
    say(
      'C3',
      '200 readers that read nothing, 256 MiB each',
      `RSS ${mib(before)} to ${mib(highest)} MiB`,
    );
    for (const socket of sockets) socket.destroy();
  });
}

async function outages(): Promise<void> {
  const server = await startRedisServer();
  const path = server.url.replace('unix://', '');
  for (const kind of ['killed', 'frozen'] as const) {
    const faultProxy = await startFaultProxy({ path });
    await onStage(
      '',
      async ({ zephyr }) => {
        const pid = zephyr.pid ?? process.pid;
        const during = async (seconds: number): Promise<string> => {
          const startedAtMs = performance.now();
          const cpu = cpuMs(pid);
          const isOver = (): boolean => performance.now() - startedAtMs > seconds * 1_000;
          const results = await loop(zephyr.port, 10, isOver);
          const perRequest = ((cpuMs(pid) - cpu) / results.length) * 1000;
          const rss = (rssBytes(pid) / 1024 / 1024).toFixed(0);
          return `${summary(results)}; ${perRequest.toFixed(0)} µs CPU/request; RSS ${rss} MiB`;
        };
        await during(3);
        say(
          kind === 'killed' ? 'R2' : 'R3',
          `before the outage, ${OUTAGE_SECONDS} s`,
          await during(OUTAGE_SECONDS),
        );
        if (kind === 'killed') await faultProxy.refuse();
        else faultProxy.set({ kind: 'black_hole' });
        say('', `Redis ${kind} for ${OUTAGE_SECONDS} s`, await during(OUTAGE_SECONDS));
        await faultProxy.open();
        faultProxy.set({ kind: 'open' });
        const backAtMs = performance.now();
        const page = { method: 'GET', path: '/status', body: '' };
        while (!(await call(zephyr.port, page)).text.includes('"redis":"connected"')) {
          await new Promise((done) => setTimeout(done, 50));
        }
        say('', 'Redis seen again after', `${(performance.now() - backAtMs).toFixed(0)} ms`);
      },
      `redis://127.0.0.1:${faultProxy.port}`,
    );
    await faultProxy.stop();
  }
  await server.stop();
}

await failovers();
await flapping();
await staleConnections();
await allDown();
await clientsLeave();
await slowReaders();
await outages();

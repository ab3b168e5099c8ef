/** One attempt, with its connection and clock in the hands of the test. */
import { EventEmitter } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Bursts } from '@zephyr/runtime/bursts';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { vi } from 'vitest';
import type { JudgedAs } from '../exchange/answer-gate.ts';
import { Attempt, type AttemptInput } from '../exchange/attempt.ts';
import type { AttemptResult } from '../exchange/attempt-result.ts';
import { Deadline, Deadlines } from '../upstream/deadline.ts';
import type { SendHandlers } from '../upstream/transport.ts';

export const TIMES = { connectMs: 2_000, firstByteMs: 45_000, gateMs: 5_000 };
/** Masked in whatever is passed on of a refusal. */
export const SECRET = 'canary-1f3a';

export interface AttemptSetup {
  readonly judgedAs?: JudgedAs;
  readonly isBuffered?: boolean;
  readonly isReused?: boolean;
  readonly isTls?: boolean;
  readonly isSilent?: () => boolean;
  /** What the caller does with the deadline as soon as it has the result. */
  readonly onSettled?: (deadline: Deadline) => void;
}

interface Counts {
  aborts: number;
  bodiesTaken: number;
}

/** The test should fake `setImmediate`: by this clock all data belongs to one burst. */
export function startAttempt(setup: AttemptSetup = {}) {
  const clock = new ManualClock();
  const bursts = new Bursts(clock);
  const deadline = new Deadline(new Deadlines(clock));
  const results: AttemptResult[] = [];
  const counts: Counts = { aborts: 0, bodiesTaken: 0 };
  const input = { ...inputOf(setup, counts), deadline, bursts, clock } as unknown as AttemptInput;
  const attempt = new Attempt(input, (result) => {
    results.push(result);
    setup.onSettled?.(deadline);
  });
  let handlers: SendHandlers | undefined;
  attempt.start((_endpoint, _request, given) => {
    handlers = given;
    return {
      abort: () => {
        counts.aborts += 1;
      },
    };
  });
  const { isReused = false } = setup;
  const socket = Object.assign(new EventEmitter(), { connecting: !isReused });
  const upstream = Object.assign(new EventEmitter(), { socket, reusedSocket: isReused });
  handlers?.onRequest(upstream as unknown as ClientRequest);
  return {
    ...{ clock, bursts, deadline, results, counts, attempt, socket, upstream },
    connect: async () => {
      socket.emit(setup.isTls === true ? 'secureConnect' : 'connect');
      // The wait for the answer begins after the body is written.
      await Promise.resolve();
    },
    answer: (statusCode = 200, headers: Record<string, string> = {}) =>
      answerWith((incoming) => handlers?.onResponse(incoming), { statusCode, headers }),
    /** Whether the deadline is running. */
    isWaiting: () => deadline.place >= 0,
    fail: (code: string) => handlers?.onError(Object.assign(new Error(code), { code })),
  };
}

function inputOf(setup: AttemptSetup, counts: Counts) {
  const { judgedAs = 'message', isBuffered = true, isTls = false, isSilent } = setup;
  return {
    endpoint: {
      isTls,
      headers: { lines: [], secrets: [SECRET] },
      passes: { ofAnswer: () => true },
    },
    request: {},
    body: {
      isBuffered,
      connected: () => {
        counts.bodiesTaken += 1;
      },
    },
    judgedAs,
    times: { ...TIMES, isSilent },
  };
}

interface AnswerHead {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
}

function answerWith(send: (incoming: IncomingMessage) => void, head: AnswerHead) {
  const incoming = Object.assign(new EventEmitter(), {
    ...head,
    complete: false,
    isDrained: false,
    resume: () => {
      incoming.isDrained = true;
    },
  });
  send(incoming as unknown as IncomingMessage);
  const emit = (texts: readonly string[]): void => {
    for (const text of texts) incoming.emit('data', Buffer.from(text));
  };
  return {
    incoming,
    /** In one burst, which then ends. */
    give: (...texts: string[]) => {
      emit(texts);
      vi.runAllTimers();
    },
    /** The rest of the answer, its end, and the end of its connection, in one burst. */
    end: (...texts: string[]) => {
      emit(texts);
      incoming.complete = true;
      incoming.emit('end');
      incoming.emit('close');
      vi.runAllTimers();
    },
    /** The connection is lost. */
    cut: (...texts: string[]) => {
      emit(texts);
      incoming.emit('close');
      vi.runAllTimers();
    },
  };
}

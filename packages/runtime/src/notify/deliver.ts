/** Sends one notification. A reason never contains any part of the address: it is secret. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

import { KIB } from '@zephyr/contract/units';

import { type Clock, pause } from '../clock.ts';
import type { NotifyTarget, WebhookTarget } from '../config/resolve/notify-target.ts';
import { createAgent } from '../connection/endpoint-agent.ts';
import { servernameOf } from '../connection/tunnel.ts';
import { VERSION } from '../version.ts';
import {
  type Delivery,
  deliveryOf,
  type NotifyAnswer,
  type NotifyMessage,
  type NotifyRequest,
  requestFor,
} from './message.ts';

/** Limit for one attempt, including connecting. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
/** Before the second, third and fourth attempt. */
export const RETRY_AFTER_MS = [1_000, 5_000, 25_000] as const;
/** Answers have a few hundred bytes; the rest is not read. */
const MAX_ANSWER_BYTES = 16 * KIB;

export interface DeliverDeps {
  readonly clock: Clock;
  /** Aborts the delivery as failed. */
  readonly signal: AbortSignal;
}

/** One attempt. Never throws. */
export async function deliverOnce(
  target: NotifyTarget,
  message: NotifyMessage,
  { clock, signal }: DeliverDeps,
): Promise<Delivery> {
  const limit = new AbortController();
  const timer = clock.setTimer(() => limit.abort(), ATTEMPT_TIMEOUT_MS);
  try {
    const ended = AbortSignal.any([limit.signal, signal]);
    if (target.kind === 'email') {
      const { sendEmail } = await import('./email.ts');
      return await sendEmail(target, message, ended);
    }
    const request = requestFor(target, message, clock.epochMs());
    return deliveryOf(target.kind, await post(target, request, { clock, signal: ended }));
  } catch (error) {
    const why = limit.signal.aborted ? 'timeout' : 'connection';
    return { status: 'failed', isTransient: true, why, detail: codeOf(error) };
  } finally {
    clock.clearTimer(timer);
  }
}

/** Retries if that may help. Never throws. */
export async function deliver(
  target: NotifyTarget,
  message: NotifyMessage,
  deps: DeliverDeps,
): Promise<Delivery> {
  let delivery = await deliverOnce(target, message, deps);
  for (const delayMs of RETRY_AFTER_MS) {
    if (delivery.status === 'sent' || !delivery.isTransient) break;
    await pause(deps.clock, delayMs, deps.signal);
    if (deps.signal.aborted) break;
    delivery = await deliverOnce(target, message, deps);
  }
  return delivery;
}

/** Such as `ECONNREFUSED`. Node's messages may contain the host. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : '-';
}

function post(
  { proxy }: WebhookTarget,
  { url, body }: NotifyRequest,
  { clock, signal }: DeliverDeps,
): Promise<NotifyAnswer> {
  const { hostname, protocol } = new URL(url);
  const isTls = protocol === 'https:';
  const servername = servernameOf(hostname);
  const agent = createAgent(
    { isTls, servername, proxy, fingerprint: '' },
    { tunnelTimeoutMs: ATTEMPT_TIMEOUT_MS, keepAlive: false, clock },
  );
  const options = {
    ...{ method: 'POST', agent, signal },
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'user-agent': `claude-zephyr/${VERSION}`,
    },
  };
  return new Promise<NotifyAnswer>((resolve, reject) => {
    const request = (isTls ? httpsRequest : httpRequest)(url, options, (answer) => {
      readStart(answer).then(
        (text) => resolve({ status: answer.statusCode ?? 0, body: text }),
        reject,
      );
    });
    request.once('error', reject);
    request.end(body);
  }).finally(() => agent.destroy());
}

async function readStart(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Forwards between the CLI and the endpoint during one probe, on a loopback port.
 *
 * It measures: the CLI's own times include its start-up and the load of this machine; here the request is
 * timestamped as it leaves and as the answer returns. It protects the token: the CLI gets a password that is
 * valid for this probe at this forwarder only, and the forwarder replaces it with the endpoint's headers. Bodies pass
 * unchanged, headers only if listed, and only to the probe's own path; TLS to the endpoint is verified here.
 *
 * The endpoint is not trusted: its answer is bounded (see watched-request.ts) and read no faster than the CLI reads,
 * and it cannot send the CLI elsewhere: a redirect would make this machine request an address of the
 * endpoint's choice, inside our own network.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { MIB } from '@zephyr/contract/units';

import type { Clock } from '@zephyr/runtime/clock';
import type { EndpointHeaders } from '@zephyr/runtime/config/derived/endpoint-headers';
import type { EndpointConnection } from '@zephyr/runtime/connection/endpoint-agent';
import { rawHeaders } from '@zephyr/runtime/credential';

import {
  type ObservedRequest,
  startRequest,
  type WatchedRequest,
} from '../request/watched-request.ts';

export interface CliForwarder {
  /** For the CLI's ANTHROPIC_BASE_URL. */
  readonly baseUrl: string;
  /** For the CLI's ANTHROPIC_AUTH_TOKEN. */
  readonly password: string;
  /** Ends active requests and returns all of them, in order of arrival. */
  stop(): Promise<readonly ObservedRequest[]>;
}

/** A probe's request is 1 KiB; the largest that the CLI sends, with all its tools, 120 KiB. */
const MAX_REQUEST_BYTES = MIB;
/** More than the CLI ever sends, including its retries; a program that sends more is broken. */
const MAX_REQUESTS = 8;

/** The target of a probe. Strict, because it is appended to the base URL and could change the host. */
const TARGET = /^\/v1\/messages(\?[\w=&-]*)?$/;
/** Headers passed from the CLI. Host, length and credentials are ours. */
const REQUEST_HEADERS =
  /^(accept|accept-encoding|accept-language|content-type|user-agent|x-app|(anthropic|x-stainless|x-claude)-[\w-]+)$/;
/** Headers that describe the body, or when to retry. No `location`, no cookie, no other route. */
const ANSWER_HEADERS =
  /^(content-type|content-encoding|date|request-id|retry-after|x-should-retry|anthropic-[\w-]+)$/;
/** A CLI needs one or two. */
const MAX_CONNECTIONS = 16;

export async function startForwarder(target: {
  readonly baseUrl: string;
  readonly headers: EndpointHeaders;
  readonly connection?: EndpointConnection | undefined;
  /** Called for each request as it arrives. */
  readonly onRequest?: () => void;
  /** Absent: the system's. */
  readonly clock?: Clock | undefined;
}): Promise<CliForwarder> {
  const password = `zephyr-probe-${randomBytes(16).toString('hex')}`;
  const forwarded: WatchedRequest[] = [];
  let requests = 0;

  const server = http.createServer((request, response) => {
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    // Sent by the CLI at its start, without a password; it ignores the answer.
    if (request.method === 'HEAD') return void response.end();
    if (!isAllowed(request, password) || requests >= MAX_REQUESTS)
      return void response.writeHead(403).end();
    if (request.method !== 'POST' || !TARGET.test(request.url ?? ''))
      return void response.writeHead(404).end();
    // Counted before the body is read, so that slow senders count too.
    requests += 1;
    target.onRequest?.();
    void readBody(request).then((body) => {
      if (body === undefined) return void request.destroy();
      forwarded.push(forward(request, response, { ...target, body }));
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}`,
    password,
    stop: async () => {
      for (const each of forwarded) each.cut();
      server.closeAllConnections();
      server.close();
      return await Promise.all(forwarded.map(({ ended }) => ended));
    },
  };
}

/** Another user of this machine can find the port, but cannot guess the password. */
function isAllowed(request: http.IncomingMessage, password: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '');
  const expected = Buffer.from(`Bearer ${password}`);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Undefined if it is too large or breaks off. */
async function readBody(request: http.IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REQUEST_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}

function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  target: {
    readonly baseUrl: string;
    readonly headers: EndpointHeaders;
    readonly connection?: EndpointConnection | undefined;
    readonly clock?: Clock | undefined;
    readonly body: Buffer;
  },
): WatchedRequest {
  const url = new URL(`${target.baseUrl}${request.url ?? ''}`);
  const watched = startRequest(
    {
      method: 'POST',
      url,
      headers: requestHeaders(request.rawHeaders, {
        host: url.host,
        ours: target.headers,
        contentLength: target.body.length,
      }),
      body: target.body,
      connection: target.connection,
      clock: target.clock,
    },
    {
      head: (answer) => writeHead(response, answer),
      data: (chunk, resume) => {
        if (response.writableEnded || response.write(chunk)) return true;
        response.once('drain', resume);
        return false;
      },
    },
  );
  response.on('close', () => watched.cut());
  void watched.ended.then((facts) => {
    // After a clean end the CLI would take half an answer for a whole one.
    if (facts.reached === 'answered') response.end();
    else response.destroy();
  });
  return watched;
}

/**
 * A redirect, or a status that Node cannot write such as 000, is replaced by an empty 502. The verdict
 * uses the endpoint's own status.
 */
function writeHead(response: http.ServerResponse, answer: http.IncomingMessage): void {
  const status = answer.statusCode ?? 0;
  if (status < 200 || (status >= 300 && status < 400)) {
    response.writeHead(502, { 'content-length': 0 }).end();
    return;
  }
  response.writeHead(status, listed(answer.rawHeaders, ANSWER_HEADERS).flat());
  response.flushHeaders();
}

/** The request's own headers in their order and spelling, with the endpoint's host and token. */
function requestHeaders(
  raw: readonly string[],
  target: { readonly host: string; readonly ours: EndpointHeaders; readonly contentLength: number },
): string[] {
  return [
    ...['Host', target.host, 'Content-Length', String(target.contentLength)],
    ...rawHeaders(target.ours.lines, listed(raw, REQUEST_HEADERS)),
  ];
}

function listed(raw: readonly string[], names: RegExp): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]];
    if (names.test(name.toLowerCase())) found.push([name, value]);
  }
  return found;
}

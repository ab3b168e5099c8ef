/** The probe by one direct request to the Messages API, as small as possible. */
import type { ProbeVerdict } from '@zephyr/contract/probe/probe';
import type { AnswerUsage } from '@zephyr/contract/usage/usage';
import { rawHeaders } from '@zephyr/runtime/credential';
import type { ProbeRun, ProbeTarget } from './probe-target.ts';
import { usageInBody } from './request/answer.ts';
import { requestFailure } from './request/probe-failure.ts';
import { redact } from './request/redact.ts';
import { type RequestToSend, startRequest } from './request/watched-request.ts';
import { withDeadline } from './request/with-deadline.ts';

export async function probeByMessage(
  target: ProbeTarget,
  { signal, clock }: Pick<ProbeRun, 'signal' | 'clock'>,
): Promise<{ readonly verdict: ProbeVerdict; readonly usage: AnswerUsage }> {
  const request = apiRequest(target, '/v1/messages', smallestMessage(target));
  const watched = startRequest({ ...request, clock });
  const facts = await withDeadline(watched, { timeoutMs: target.timeoutMs, signal, clock });
  const usage = usageInBody(facts.body);
  const failed = requestFailure(facts);
  if (failed !== undefined || facts.latencyMs === undefined) {
    const { failure, detail } = failed ?? { failure: 'not_claude', detail: 'no answer' };
    return {
      verdict: { status: 'failed', failure, detail: redact(detail, target.headers.secrets) },
      usage,
    };
  }
  return {
    verdict: { status: 'ok', latencyMs: facts.latencyMs, firstByteMs: facts.firstByteMs },
    usage,
  };
}

/** One token shows that the model answers; the stop reason is then `max_tokens`. */
export function smallestMessage({ model }: ProbeTarget) {
  const messages = [{ role: 'user', content: 'ping' }];
  return { model, max_tokens: 1, stream: true, messages };
}

/** @param body if absent, the request is a GET */
export function apiRequest(target: ProbeTarget, path: string, body?: object): RequestToSend {
  const url = new URL(`${target.baseUrl}${path}`);
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  const length = body === undefined ? [] : ['Content-Length', String(bytes.length)];
  return {
    method: body === undefined ? 'GET' : 'POST',
    url,
    headers: [
      ...['Host', url.host, ...length, 'Connection', 'close'],
      ...rawHeaders(target.headers.lines, [
        ['Content-Type', 'application/json'],
        ['anthropic-version', '2023-06-01'],
        ['Accept', 'text/event-stream, application/json'],
        ['Accept-Encoding', 'identity'],
        ['User-Agent', 'claude-zephyr'],
      ]),
    ],
    body: bytes,
    connection: target.connection,
  };
}

/** The check by one direct request of the Messages API, as small as it can be. */
import type { ProbeVerdict, TokenUsage } from '@zephyr/contract/probe';

import { rawHeaders } from '@zephyr/runtime/credential';
import { readUsage } from './exchange/answer.ts';
import { failureOf } from './exchange/classify-exchange.ts';
import { startExchange } from './exchange/exchange.ts';
import { redact } from './exchange/redact.ts';
import { withDeadline } from './exchange/with-deadline.ts';
import type { ProbeTarget } from './probe-target.ts';

export async function probeByMessage(
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<{ readonly verdict: ProbeVerdict; readonly usage: TokenUsage }> {
  const url = new URL(`${target.baseUrl}/v1/messages`);
  const body = Buffer.from(
    JSON.stringify({
      model: target.model,
      // One token shows that the model answers; the answer then ends with `max_tokens`.
      max_tokens: 1,
      stream: true,
      messages: [{ role: 'user', content: 'ping' }],
    }),
  );
  const exchange = startExchange({
    method: 'POST',
    url,
    headers: [
      ...['Host', url.host, 'Content-Length', String(body.length), 'Connection', 'close'],
      ...rawHeaders(target.headers.lines, [
        ['Content-Type', 'application/json'],
        ['anthropic-version', '2023-06-01'],
        ['Accept', 'text/event-stream, application/json'],
        ['Accept-Encoding', 'identity'],
        ['User-Agent', 'claude-zephyr'],
      ]),
    ],
    body,
    connection: target.connection,
  });
  const facts = await withDeadline(exchange, { timeoutMs: target.timeoutMs, signal });
  const usage = readUsage(facts.body);
  const failed = failureOf(facts);
  if (failed !== undefined || facts.latencyMs === undefined) {
    const { failure, detail } = failed ?? { failure: 'not_claude', detail: 'no answer' };
    return {
      verdict: { status: 'failed', failure, detail: redact(detail, target.headers.secrets) },
      usage,
    };
  }
  return {
    verdict: { status: 'ok', apiLatencyMs: facts.latencyMs, ttftMs: facts.ttftMs },
    usage,
  };
}

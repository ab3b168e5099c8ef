import { Secret } from '@zephyr/runtime/secret';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { cutSse, type Script, sse } from '@zephyr/testkit/upstream-scripts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startRelay } from './relay.ts';

async function relayTo(script: Script) {
  const upstream = await startScriptedUpstream({ script });
  onTestFinished(() => upstream.stop());
  const relay = await startRelay({ baseUrl: upstream.url, token: new Secret('sk-real-token') });
  onTestFinished(async () => void (await relay.stop()));
  const post = (headers: Record<string, string>, body = '{"ä":1}') =>
    fetch(`${relay.baseUrl}/v1/messages?beta=true`, { method: 'POST', headers, body });
  const allowed = { authorization: `Bearer ${relay.password}` };
  return { upstream, relay, post, allowed };
}

describe('the relay of a check', () => {
  it('lets nobody in without the password of this check', async () => {
    const { upstream, post } = await relayTo(sse());
    expect((await post({})).status).toBe(403);
    expect((await post({ authorization: 'Bearer zephyr-check-guessed' })).status).toBe(403);
    expect((await post({ 'x-api-key': 'sk-real-token' })).status).toBe(403);
    expect(upstream.ledger).toEqual([]);
  });

  it('passes the body byte for byte and puts the token in the place of the password', async () => {
    const { upstream, relay, post, allowed } = await relayTo(sse());
    await (await post({ ...allowed, 'x-api-key': 'k', 'anthropic-beta': 'b' })).text();
    const [request] = upstream.ledger;
    expect(request?.body.toString()).toBe('{"ä":1}');
    expect(request?.target).toBe('/v1/messages?beta=true');
    expect(request?.headers).toMatchObject({
      authorization: 'Bearer sk-real-token',
      'anthropic-beta': 'b',
    });
    expect(request?.headers).not.toHaveProperty('x-api-key');
    expect(request?.head).not.toContain(relay.password);
  });

  it('never ends half an answer cleanly, for the CLI would take it for a whole one', async () => {
    const { relay, post, allowed } = await relayTo(cutSse(3, 'reset'));
    await expect(post(allowed).then((answer) => answer.text())).rejects.toThrow();
    expect((await relay.stop())[0]?.reached).toBe('answering');
  });

  it('answers what the CLI asks at its start without asking the endpoint', async () => {
    const { upstream, relay } = await relayTo(sse());
    expect((await fetch(relay.baseUrl, { method: 'HEAD' })).status).toBe(200);
    expect(upstream.ledger).toEqual([]);
  });

  it('does not forward more than a check asks', async () => {
    const { upstream, post, allowed } = await relayTo(sse());
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(allowed)));
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(4);
    expect(upstream.ledger).toHaveLength(8);
  });
});

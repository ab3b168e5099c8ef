/** Mail to a real SMTP server on this machine. */
import { setDefaultCACertificates } from 'node:tls';

import { NOTIFY_EVENTS } from '@zephyr/contract/notify/notify';
import { startMailServer } from '@zephyr/testkit/mail-server';
import { ManualClock } from '@zephyr/testkit/manual-clock';
import { VALID, WRONG_NAME } from '@zephyr/testkit/tls-fixture';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmailTarget, SmtpServer } from '../config/resolve/notify-target.ts';
import { Secret } from '../secret.ts';
import { ATTEMPT_TIMEOUT_MS, deliver, deliverOnce, RETRY_AFTER_MS } from './deliver.ts';

type MailServer = Awaited<ReturnType<typeof startMailServer>>;

const PASSWORD = 'hidden-4c1f';
const message = { event: 'all_down', text: 'No endpoint is available', atMs: 0 } as const;

let server: MailServer;
let clock: ManualClock;

beforeAll(() => setDefaultCACertificates([VALID.cert]));
beforeEach(async () => {
  server = await startMailServer({ password: PASSWORD });
  clock = new ManualClock();
});
afterEach(() => server.stop());

const target = (about: Partial<SmtpServer> = {}): EmailTarget => ({
  ...{ kind: 'email', label: 'email', events: NOTIFY_EVENTS, from: 'Zephyr <z@example.com>' },
  to: ['ann@example.com', 'Bob <bob@example.com>'],
  server: {
    ...{ host: '127.0.0.1', port: server.port, tls: 'starttls' },
    login: { user: 'z', password: new Secret(PASSWORD) },
    ...about,
  },
});
const deps = (signal = new AbortController().signal) => ({ clock, signal });
const open = { tls: 'none', login: undefined } as const;

describe('mail', () => {
  it('goes to all receivers, encrypted by STARTTLS, in plain text of any language', async () => {
    const text = '没有可用的端点：Tokyo';
    expect(await deliver(target(), { ...message, text }, deps())).toEqual({ status: 'sent' });
    const [mail] = server.mails;
    expect(mail).toMatchObject({ isEncrypted: true, user: 'z' });
    expect(mail?.to).toEqual(['ann@example.com', 'bob@example.com']);
    expect(mail?.headers).toMatchObject({
      ...{ from: 'Zephyr <z@example.com>', to: 'ann@example.com, Bob <bob@example.com>' },
      ...{ subject: `Claude Zephyr: ${text}`, 'auto-submitted': 'auto-generated' },
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(mail?.text).toBe(`${text}\n\n-- \nClaude Zephyr, all_down, 1970-01-01T00:00:00.000Z\n`);
  });

  it('is encrypted from the first byte if the server requires it', async () => {
    const other = await startMailServer({ password: PASSWORD, tls: 'implicit' });
    const to = target({ port: other.port, tls: 'implicit' });
    expect(await deliverOnce(to, message, deps())).toEqual({ status: 'sent' });
    expect(other.mails).toMatchObject([{ isEncrypted: true, user: 'z' }]);
    await other.stop();
  });

  it('cannot get headers or receivers injected by an endpoint name', async () => {
    const text = 'A\r\nBcc: eve@example.com\r\n\r\n.\r\nRCPT TO:<eve@example.com>\r\nB is down';
    expect(await deliverOnce(target(open), { ...message, text }, deps())).toEqual({
      status: 'sent',
    });
    const [mail] = server.mails;
    expect(server.mails).toHaveLength(1);
    expect(mail?.to).toEqual(['ann@example.com', 'bob@example.com']);
    expect(mail?.headers).not.toHaveProperty('bcc');
    expect(mail?.headers['subject']).toContain('A Bcc: eve@example.com');
  });

  it.each([
    ['without STARTTLS', { tls: 'none' } as const],
    ['of another name', { identity: WRONG_NAME } as const],
  ])('and its password never reach a server %s', async (_, about) => {
    const other = await startMailServer({ password: PASSWORD, ...about });
    const delivery = await deliverOnce(target({ port: other.port }), message, deps());
    expect(delivery).toMatchObject({ status: 'failed', why: 'connection' });
    expect([other.mails, other.logins]).toEqual([[], []]);
    await other.stop();
  });

  it('is not retried after a wrong password, which is never shown', async () => {
    const login = { user: 'z', password: new Secret('other-hidden') };
    const delivery = await deliver(target({ login }), message, deps());
    expect(delivery).toEqual({
      status: 'failed',
      isTransient: false,
      why: 'refused',
      detail: '535',
    });
    expect(server.logins).toHaveLength(1);
  });

  it('is retried if the server asks for it, and not if it refuses', async () => {
    server.refuse('ann@example.com', 451);
    server.refuse('bob@example.com', 451);
    const delivered = deliver(target(open), message, deps());
    await clock.whenSet(RETRY_AFTER_MS[0]);
    server.refuse('ann@example.com', 550);
    server.refuse('bob@example.com', 550);
    clock.advance(RETRY_AFTER_MS[0]);
    expect(await delivered).toEqual({
      ...{ status: 'failed', isTransient: false, why: 'refused', detail: '550' },
    });
  });

  it('with one refused receiver has failed, and the others get it once', async () => {
    server.refuse('bob@example.com', 451);
    expect(await deliver(target(open), message, deps())).toEqual({
      ...{ status: 'failed', isTransient: false, why: 'refused', detail: '451' },
    });
    expect(server.mails).toMatchObject([{ to: ['ann@example.com'] }]);
  });

  it('does not wait for a silent server, or one that disconnects', async () => {
    const silent = await startMailServer({ password: PASSWORD, isSilent: true });
    const to = target({ port: silent.port });
    const late = deliverOnce(to, message, deps());
    await clock.whenSet(ATTEMPT_TIMEOUT_MS);
    clock.advance(ATTEMPT_TIMEOUT_MS);
    expect(await late).toMatchObject({ status: 'failed', isTransient: true, why: 'timeout' });
    const ending = new AbortController();
    const ended = deliver(to, message, deps(ending.signal));
    await clock.whenSet(ATTEMPT_TIMEOUT_MS);
    ending.abort();
    expect(await ended).toMatchObject({ status: 'failed' });
    await silent.stop();
    expect(await deliverOnce(to, message, deps())).toEqual({
      ...{ status: 'failed', isTransient: true, why: 'connection', detail: 'ECONNREFUSED' },
    });
  });
});

import { NOTIFY_EVENTS } from '@zephyr/contract/notify/notify';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../read/load.ts';
import type { NotifyTarget, WebhookTarget } from '../resolve/notify-target.ts';

const SECRETS: Readonly<Record<string, string>> = {
  TOKEN: 'sk-ant-Zq83kd02mmQp',
  HOOK: 'https://hooks.example.com/services/T0/hidden-4c1f',
  LOCAL: 'http://127.0.0.1:9/hidden-4c1f',
  NO_URL: 'hidden-4c1f',
  OTHER_SCHEME: 'ftp://example.com/hidden-4c1f',
  WITH_USER: 'https://ann:hidden-4c1f@example.com/',
  SIGNING: 'SEChidden-4c1f',
  PASSWORD: 'hidden-4c1f',
  BOT: '123456:hidden-4c1f-ABCDEFGHIJKLMNOP',
};

const parse = (notify: string, variables: Readonly<Record<string, string>> = {}) =>
  parseConfig({
    path: 'config.toml',
    text: `[[groups]]\nname = "a"\nauth_token_env = "TOKEN"
endpoints = [{ url = "https://a.example.net", name = "A" }]\n${notify}`,
    variables: (name) => ({ ...SECRETS, ...variables })[name],
  });

function messageOf(notify: string): string {
  try {
    parse(notify);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

function webhook(target: NotifyTarget | undefined): WebhookTarget {
  if (target === undefined || target.kind === 'email') throw new Error('no webhook');
  return target;
}

describe('[[notify]]', () => {
  it('may be missing', () => {
    expect(parse('').secrets.notifyTargets).toEqual([]);
  });

  it('gives each receiver its address and all events, and shows no secret', () => {
    const { config, secrets } = parse(`
[[notify]]
kind = "dingtalk"
url_env = "HOOK"
secret_env = "SIGNING"
[[notify]]
kind = "telegram"
token_env = "BOT"
chat_id = "-100123"
events = ["all_down"]`);
    const [ding, telegram] = secrets.notifyTargets;
    expect(ding).toMatchObject({ kind: 'dingtalk', label: 'dingtalk (HOOK)' });
    expect(ding?.events).toHaveLength(11);
    expect([webhook(ding).url.reveal(), webhook(ding).signingSecret?.reveal()]).toEqual([
      SECRETS['HOOK'],
      SECRETS['SIGNING'],
    ]);
    expect(telegram).toMatchObject({ chatId: '-100123', events: ['all_down'] });
    expect(webhook(telegram).url.reveal()).toBe(
      `https://api.telegram.org/bot${SECRETS['BOT']}/sendMessage`,
    );
    expect(JSON.stringify([config, secrets.notifyTargets])).not.toContain('hidden');
  });

  const mail = `[[notify]]\nkind = "email"\nsmtp_host = "smtp.example.com"
from = "Zephyr <z@example.com>"\nto = ["ann@example.com", "bob@example.com"]\n`;

  it('writes mail over STARTTLS and without a login, unless configured otherwise', () => {
    const login = 'smtp_user = "z"\npassword_env = "PASSWORD"\nsmtp_tls = "implicit"\n';
    const [plain, other] = parse(`${mail}${mail}${login}`).secrets.notifyTargets;
    expect(plain).toEqual({
      ...{ kind: 'email', label: 'email (ann@example.com +1)', events: [...NOTIFY_EVENTS] },
      ...{ from: 'Zephyr <z@example.com>', to: ['ann@example.com', 'bob@example.com'] },
      server: { host: 'smtp.example.com', port: 587, tls: 'starttls' },
    });
    expect(other).toMatchObject({ server: { port: 465, tls: 'implicit', login: { user: 'z' } } });
    if (other?.kind !== 'email') throw new Error('not mail');
    expect(other.server.login?.password.reveal()).toBe(SECRETS['PASSWORD']);
    expect(JSON.stringify(other)).not.toContain('hidden');
  });

  it('sends an unencrypted password only to this machine', () => {
    const login = 'smtp_user = "z"\npassword_env = "PASSWORD"\nsmtp_tls = "none"\n';
    expect(messageOf(mail + login)).toContain('a password without encryption to smtp.example.com');
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      expect(messageOf(`${mail.replace('smtp.example.com', host)}${login}`)).toBe('');
    }
    expect(messageOf(`${mail}smtp_tls = "none"\n`)).toBe('');
  });

  it.each([
    ['no server', mail.replace(/smtp_host.*/, ''), 'no smtp_host'],
    ['a port in the name', mail.replace('.com"', '.com:587"'), 'without a port'],
    ['no receiver', mail.replace(/to = .*/, ''), 'no to'],
    ['an empty list', mail.replace(/to = .*/, 'to = []'), 'empty list'],
    ['two in one', mail.replace('", "', ', '), 'to[0]'],
    ['no address', mail.replace('ann@example.com', 'ann'), 'to[0]'],
    ['a header in an address', mail.replace('ann@', 'a\\r\\nBcc: ann@'), 'to[0]'],
    ['a header in the sender', mail.replace('Zephyr <', 'Z\\r\\nBcc: b <'), 'from'],
    ['a user without a password', `${mail}smtp_user = "z"`, 'no password_env'],
    ['a password without a user', `${mail}password_env = "PASSWORD"`, 'no smtp_user'],
    ['no password', `${mail}smtp_user = "z"\npassword_env = "MISSING"`, 'MISSING, which is not'],
    ['a webhook', `${mail}url_env = "HOOK"`, 'url_env, which this kind does not have'],
    [
      'a mailbox of a chat',
      '[[notify]]\nkind = "slack"\nurl_env = "HOOK"\nto = ["a@b"]',
      'remove to',
    ],
  ])('rejects mail with %s', (_, keys, says) => {
    const message = messageOf(keys);
    expect(message).toContain(says);
    expect(message).not.toContain('hidden');
  });

  it('is reached through the proxy of the environment, unless it is this machine', () => {
    const both = ['HOOK', 'LOCAL'].map((name) => `[[notify]]\nkind = "json"\nurl_env = "${name}"`);
    const proxied = { HTTPS_PROXY: 'http://ann:hidden@proxy.lan:3128', HTTP_PROXY: 'proxy.lan' };
    const [far, near] = parse(both.join('\n'), proxied).secrets.notifyTargets;
    expect(webhook(far).proxy).toMatchObject({ host: 'proxy.lan', port: 3128 });
    expect(webhook(far).proxy?.credentials?.reveal()).toBe('ann:hidden');
    expect(webhook(near).proxy).toBeUndefined();
  });

  it.each([
    ['an unknown kind', 'kind = "pager"\nurl_env = "HOOK"', '"pager"'],
    ['no kind', 'url_env = "HOOK"', 'kind'],
    ['no address', 'kind = "slack"', 'no url_env'],
    ['a variable that is not set', 'kind = "slack"\nurl_env = "MISSING"', 'MISSING, which is not'],
    ['no URL', 'kind = "slack"\nurl_env = "NO_URL"', 'NO_URL, which holds no usable address'],
    ['another scheme', 'kind = "json"\nurl_env = "OTHER_SCHEME"', 'no usable address'],
    ['an address with a user', 'kind = "json"\nurl_env = "WITH_USER"', 'no usable address'],
    [
      'the address itself',
      `kind = "slack"\nurl_env = "${SECRETS['HOOK']}"`,
      'put the secret itself',
    ],
    [
      'a secret of a kind without',
      'kind = "slack"\nurl_env = "HOOK"\nsecret_env = "SIGNING"',
      'secret_env, which this kind does not have',
    ],
    ['a missing secret', 'kind = "feishu"\nurl_env = "HOOK"\nsecret_env = "MISSING"', 'MISSING'],
    ['a bot without a chat', 'kind = "telegram"\ntoken_env = "BOT"', 'no chat_id'],
    ['a wrong token', 'kind = "telegram"\ntoken_env = "NO_URL"\nchat_id = "1"', "no bot's token"],
    ['a chat that is a number', 'kind = "telegram"\ntoken_env = "BOT"\nchat_id = 1', 'chat_id'],
    ['an unknown event', 'kind = "slack"\nurl_env = "HOOK"\nevents = ["down"]', '"endpoint_down"'],
    ['no event', 'kind = "slack"\nurl_env = "HOOK"\nevents = []', 'empty list'],
  ])('rejects %s, and shows no secret', (_, keys, says) => {
    const message = messageOf(`[[notify]]\n${keys}`);
    expect(message).toContain(says);
    expect(message).not.toContain('hidden');
  });
});

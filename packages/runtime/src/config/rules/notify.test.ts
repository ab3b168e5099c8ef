import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config-error.ts';
import { parseConfig } from '../load.ts';

const SECRETS: Readonly<Record<string, string>> = {
  TOKEN: 'sk-ant-Zq83kd02mmQp',
  HOOK: 'https://hooks.example.com/services/T0/hidden-4c1f',
  LOCAL: 'http://127.0.0.1:9/hidden-4c1f',
  NO_URL: 'hidden-4c1f',
  OTHER_SCHEME: 'ftp://example.com/hidden-4c1f',
  WITH_USER: 'https://ann:hidden-4c1f@example.com/',
  SIGNING: 'SEChidden-4c1f',
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
    expect([ding?.url.reveal(), ding?.signingSecret?.reveal()]).toEqual([
      SECRETS['HOOK'],
      SECRETS['SIGNING'],
    ]);
    expect(telegram).toMatchObject({ chatId: '-100123', events: ['all_down'] });
    expect(telegram?.url.reveal()).toBe(
      `https://api.telegram.org/bot${SECRETS['BOT']}/sendMessage`,
    );
    expect(JSON.stringify([config, secrets.notifyTargets])).not.toContain('hidden');
  });

  it('is reached through the proxy of the environment, unless that is this machine', () => {
    const both = ['HOOK', 'LOCAL'].map((name) => `[[notify]]\nkind = "json"\nurl_env = "${name}"`);
    const proxied = { HTTPS_PROXY: 'http://ann:hidden@proxy.lan:3128', HTTP_PROXY: 'proxy.lan' };
    const [far, near] = parse(both.join('\n'), proxied).secrets.notifyTargets;
    expect(far?.proxy).toMatchObject({ host: 'proxy.lan', port: 3128 });
    expect(far?.proxy?.credentials?.reveal()).toBe('ann:hidden');
    expect(near?.proxy).toBeUndefined();
  });

  it.each([
    ['an unknown kind', 'kind = "email"\nurl_env = "HOOK"', '"email"'],
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

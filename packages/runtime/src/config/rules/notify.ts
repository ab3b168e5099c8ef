/**
 * [[notify]]: each kind has the keys that it needs and no others, and the variables have the expected form.
 */
import { isLoopback } from '@zephyr/contract/loopback';

import { type Phrase, phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { isWebAddress } from '../keys/values.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

const OF_WEBHOOKS = ['url_env', 'secret_env', 'token_env', 'chat_id'] as const;
const OF_MAIL = [
  ...['smtp_host', 'smtp_port', 'smtp_tls', 'smtp_user', 'password_env', 'from', 'to'],
] as const;
const KEYS: readonly string[] = [...OF_WEBHOOKS, ...OF_MAIL];

/** As BotFather prints it: the bot's id, a colon, and the secret. */
const TELEGRAM_TOKEN = /^\d{1,20}:[A-Za-z0-9_-]{20,100}$/;

export function checkNotify(document: RawTable, variables: Variables): readonly Violation[] {
  const targets = Array.isArray(document['notify']) ? document['notify'] : [];
  return targets.flatMap((value: unknown, index) => {
    const table = rawTable(value);
    const kind = rawText(table['kind']);
    if (kind === undefined) return [];
    const path: KeyPath = ['notify', index];
    return [
      ...checkKeys(table, kind, path),
      ...checkLogin(table, path),
      ...checkVariable(table, [...path, 'url_env'], variables),
      ...checkVariable(table, [...path, 'secret_env'], variables),
      ...checkVariable(table, [...path, 'token_env'], variables),
      ...checkVariable(table, [...path, 'password_env'], variables),
    ];
  });
}

interface KindKeys {
  readonly needed: readonly string[];
  readonly allowed: readonly string[];
}

function keysOf(kind: string): KindKeys {
  if (kind === 'telegram') {
    return { needed: ['token_env', 'chat_id'], allowed: ['token_env', 'chat_id'] };
  }
  if (kind === 'email') return { needed: ['smtp_host', 'from', 'to'], allowed: OF_MAIL };
  const isSigned = kind === 'feishu' || kind === 'dingtalk';
  return { needed: ['url_env'], allowed: isSigned ? ['url_env', 'secret_env'] : ['url_env'] };
}

function checkKeys(table: RawTable, kind: string, path: KeyPath): Violation[] {
  const { needed, allowed } = keysOf(kind);
  const missing = needed.filter((key) => table[key] === undefined);
  const superfluous = KEYS.filter((key) => table[key] !== undefined && !allowed.includes(key));
  const expected = phrase`${allowed.join(', ')} for kind = ${JSON.stringify(kind)}`;
  return [
    ...missing.map((key) => ({
      path,
      found: phrase`no ${key}`,
      expected,
      advice: ADVICE[key] ?? phrase`write NAME=… into .env, and ${key} = "NAME" here`,
    })),
    ...superfluous.map((key) => ({
      path: [...path, key],
      found: phrase`${key}, which this kind does not have`,
      expected,
      advice: phrase`remove ${key}`,
    })),
  ];
}

const ADVICE: Readonly<Record<string, Phrase>> = {
  chat_id: phrase`add chat_id = "…", the id of the chat in quotes`,
  smtp_host: phrase`add smtp_host = "smtp.example.com", the server that takes your mail`,
  from: phrase`add from = "zephyr@example.com", a sender that the server accepts`,
  to: phrase`add to = ["ann@example.com"]`,
};

/** A login has a password, which must not be readable on the wire. */
function checkLogin(table: RawTable, path: KeyPath): Violation[] {
  const [user, password] = [table['smtp_user'], table['password_env']];
  if ((user === undefined) !== (password === undefined)) {
    const missing = user === undefined ? 'smtp_user' : 'password_env';
    const expected = phrase`smtp_user with password_env, or neither`;
    return [{ path, found: phrase`no ${missing}`, expected, advice: phrase`add ${missing}` }];
  }
  const host = rawText(table['smtp_host']) ?? '';
  const isReadable = table['smtp_tls'] === 'none' && host !== '' && !isLoopback(host);
  if (!isReadable || password === undefined) return [];
  return [
    {
      path: [...path, 'smtp_tls'],
      found: phrase`a password without encryption to ${host}, which is not this machine`,
      expected: phrase`"starttls" or "implicit": otherwise anyone on the network path can read the password`,
      advice: phrase`remove smtp_tls, or with a server that needs no login smtp_user and password_env`,
    },
  ];
}

function checkVariable(table: RawTable, path: KeyPath, variables: Variables): Violation[] {
  const key = String(path.at(-1));
  const name = rawText(table[key]);
  if (name === undefined || !VARIABLE_NAME.test(name)) return [];
  const value = variables(name);
  const found = value === undefined ? phrase`is not set or empty` : problemOf(key, value);
  if (found === undefined) return [];
  const wanted = EXPECTED[key] ?? phrase`a value`;
  const origin = SOURCES[key] ?? phrase`the webhook`;
  return [
    {
      path,
      found: phrase`the variable ${name}, which ${found}`,
      expected: phrase`${wanted} in .env or in the environment`,
      advice: phrase`write ${name}='…' into .env, copied from where ${origin} was made`,
    },
  ];
}

const EXPECTED: Readonly<Record<string, Phrase>> = {
  url_env: phrase`an address that begins with https:// or http://`,
  secret_env: phrase`the secret to sign with`,
  token_env: phrase`a bot's token such as 123456:ABC…`,
  password_env: phrase`the password of smtp_user`,
};

const SOURCES: Readonly<Record<string, Phrase>> = {
  token_env: phrase`the bot`,
  password_env: phrase`the mailbox`,
};

function problemOf(key: string, value: string): Phrase | undefined {
  if (key === 'url_env') {
    return isWebAddress(value) ? undefined : phrase`holds no usable address (not shown)`;
  }
  if (key !== 'token_env') return undefined;
  return TELEGRAM_TOKEN.test(value) ? undefined : phrase`holds no bot's token (not shown)`;
}

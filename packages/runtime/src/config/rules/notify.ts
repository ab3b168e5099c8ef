/** [[notify]]: each kind has the keys that it needs and no others, and the variables hold what they should. */
import type { KeyPath, Violation } from '../config-error.ts';
import { type RawTable, rawTable, rawText } from '../raw.ts';
import { isWebAddress } from '../tables/values.ts';
import type { Variables } from '../variables.ts';

const KEYS = ['url_env', 'secret_env', 'token_env', 'chat_id'] as const;
type Key = (typeof KEYS)[number];

/** As BotFather prints it: the number of the bot, a colon, and the secret itself. */
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
      ...checkVariable(table, [...path, 'url_env'], variables),
      ...checkVariable(table, [...path, 'secret_env'], variables),
      ...checkVariable(table, [...path, 'token_env'], variables),
    ];
  });
}

function keysOf(kind: string): { readonly needed: readonly Key[]; readonly allowed: Key[] } {
  if (kind === 'telegram') {
    return { needed: ['token_env', 'chat_id'], allowed: ['token_env', 'chat_id'] };
  }
  const isSigned = kind === 'feishu' || kind === 'dingtalk';
  return { needed: ['url_env'], allowed: isSigned ? ['url_env', 'secret_env'] : ['url_env'] };
}

function checkKeys(table: RawTable, kind: string, path: KeyPath): Violation[] {
  const { needed, allowed } = keysOf(kind);
  const missing = needed.filter((key) => table[key] === undefined);
  const superfluous = KEYS.filter((key) => table[key] !== undefined && !allowed.includes(key));
  const expected = `${allowed.join(', ')} for kind = ${JSON.stringify(kind)}`;
  return [
    ...missing.map((key) => ({
      path,
      found: `no ${key}`,
      expected,
      advice:
        key === 'chat_id'
          ? 'add chat_id = "…", the id of the chat in quotes'
          : `write NAME=… into .env, and ${key} = "NAME" here`,
    })),
    ...superfluous.map((key) => ({
      path: [...path, key],
      found: `${key}, which this kind does not have`,
      expected,
      advice: `remove ${key}`,
    })),
  ];
}

function checkVariable(table: RawTable, path: KeyPath, variables: Variables): Violation[] {
  const key = String(path.at(-1));
  const name = rawText(table[key]);
  if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) return [];
  const value = variables(name);
  const found = value === undefined ? 'is not set or empty' : problemOf(key, value);
  if (found === undefined) return [];
  const wanted = EXPECTED[key] ?? 'a value';
  return [
    {
      path,
      found: `the variable ${name}, which ${found}`,
      expected: `${wanted} in .env or in the environment`,
      advice: `write ${name}='…' into .env, copied from where the webhook or the bot was made`,
    },
  ];
}

const EXPECTED: Readonly<Record<string, string>> = {
  url_env: 'an address that begins with https:// or http://',
  secret_env: 'the secret to sign with',
  token_env: "a bot's token such as 123456:ABC…",
};

function problemOf(key: string, value: string): string | undefined {
  if (key === 'url_env') {
    return isWebAddress(value) ? undefined : 'holds no usable address (not shown)';
  }
  if (key !== 'token_env') return undefined;
  return TELEGRAM_TOKEN.test(value) ? undefined : "holds no bot's token (not shown)";
}

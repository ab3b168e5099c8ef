/** A receiver of notifications, with its secrets in hand. */
import type { NotifyEvent, NotifyKind } from '@zephyr/contract/notify';

import type { ConfigFile } from '../config/schema.ts';
import type { Variables } from '../config/variables.ts';
import { parseProxy, proxyOfEnvironment } from '../connection/outbound-proxy.ts';
import type { OutboundProxy } from '../connection/tunnel.ts';
import { Secret } from '../secret.ts';

export interface NotifyTarget {
  readonly kind: NotifyKind;
  /** For people: the kind, and the variable or chat that distinguishes it. */
  readonly label: string;
  readonly events: readonly NotifyEvent[];
  readonly url: Secret;
  /** Of a signed webhook. */
  readonly signingSecret?: Secret | undefined;
  readonly chatId?: string | undefined;
  /** As the environment says. */
  readonly proxy?: OutboundProxy | undefined;
}

/** https://core.telegram.org/bots/api#making-requests */
const TELEGRAM = 'https://api.telegram.org';

/** @param table that passed the rules */
export function notifyTargetOf(
  { kind, events, ...table }: ConfigFile['notify'][number],
  variables: Variables,
): NotifyTarget {
  const valueIn = (name: string | undefined) => variables(name ?? '') ?? '';
  const signing = table.secret_env === undefined ? undefined : valueIn(table.secret_env);
  const url =
    kind === 'telegram'
      ? `${TELEGRAM}/bot${valueIn(table.token_env)}/sendMessage`
      : valueIn(table.url_env);
  const distinguishing = kind === 'telegram' ? table.chat_id : table.url_env;
  return {
    ...{ kind, events, label: `${kind} (${distinguishing})`, url: new Secret(url) },
    ...(signing === undefined ? {} : { signingSecret: new Secret(signing) }),
    ...(table.chat_id === undefined ? {} : { chatId: table.chat_id }),
    proxy: proxyFor(new URL(url), variables),
  };
}

function proxyFor(url: URL, variables: Variables): OutboundProxy | undefined {
  const written = parseProxy(proxyOfEnvironment(url, variables)?.value ?? '');
  if (written === undefined) return undefined;
  const { address, credentials } = written;
  return {
    ...address,
    ...(credentials === undefined ? {} : { credentials: new Secret(credentials) }),
  };
}

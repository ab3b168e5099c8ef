/** A notification receiver with its secrets resolved. */
import type { NotifyEvent, NotifyKind } from '@zephyr/contract/notify/notify';
import { parseProxy, proxyOfEnvironment } from '../../connection/outbound-proxy.ts';
import type { OutboundProxy } from '../../connection/tunnel.ts';
import { Secret } from '../../secret.ts';
import { DEFAULT_SMTP_TLS, SMTP_PORTS, type SmtpTls } from '../keys/notify.ts';
import type { ConfigFile } from '../schema/schema.ts';
import type { Variables } from '../variables/variables.ts';

interface AnyTarget {
  readonly kind: NotifyKind;
  /** For people: the kind, and the variable, chat or mailbox that identifies it. */
  readonly label: string;
  readonly events: readonly NotifyEvent[];
}

export interface WebhookTarget extends AnyTarget {
  readonly kind: Exclude<NotifyKind, 'email'>;
  readonly url: Secret;
  /** For a signed webhook. */
  readonly signingSecret?: Secret | undefined;
  readonly chatId?: string | undefined;
  /** From the environment. */
  readonly proxy?: OutboundProxy | undefined;
}

export interface EmailTarget extends AnyTarget {
  readonly kind: 'email';
  readonly server: SmtpServer;
  readonly from: string;
  readonly to: readonly string[];
}

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly tls: SmtpTls;
  readonly login?: { readonly user: string; readonly password: Secret } | undefined;
}

export type NotifyTarget = WebhookTarget | EmailTarget;

type NotifyTable = ConfigFile['notify'][number];

/** https://core.telegram.org/bots/api#making-requests */
const TELEGRAM = 'https://api.telegram.org';

/** @param table must have passed the rules */
export function notifyTargetOf(table: NotifyTable, variables: Variables): NotifyTarget {
  const { kind } = table;
  return kind === 'email' ? emailTarget(table, variables) : webhookTarget(kind, table, variables);
}

function webhookTarget(
  kind: WebhookTarget['kind'],
  { events, ...table }: NotifyTable,
  variables: Variables,
): WebhookTarget {
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

function emailTarget({ events, ...table }: NotifyTable, variables: Variables): EmailTarget {
  const { from = '', to = [], smtp_tls: tls = DEFAULT_SMTP_TLS, smtp_user: user } = table;
  const password = new Secret(variables(table.password_env ?? '') ?? '');
  const others = to.length > 1 ? ` +${to.length - 1}` : '';
  return {
    ...{ kind: 'email', events, label: `email (${to[0]}${others})`, from, to },
    server: {
      ...{ host: table.smtp_host ?? '', port: table.smtp_port ?? SMTP_PORTS[tls], tls },
      ...(user === undefined ? {} : { login: { user, password } }),
    },
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

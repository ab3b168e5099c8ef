/** [[notify]]: who is notified about what. docs/operations.md describes the messages. */
import { isIP } from 'node:net';

import { MAX_PORT } from '@zephyr/contract/default-ports';
import { NOTIFY_EVENTS, NOTIFY_KINDS } from '@zephyr/contract/notify/notify';
import { z } from 'zod';

import { variableName } from './values.ts';

/** `starttls`: encrypted after the greeting, or not sent at all. `implicit`: from the first byte on. */
const SMTP_TLS = ['starttls', 'implicit', 'none'] as const;
export type SmtpTls = (typeof SMTP_TLS)[number];
export const DEFAULT_SMTP_TLS: SmtpTls = 'starttls';

/** RFC 6409, RFC 8314; an internal mail relay listens on the usual server port. */
export const SMTP_PORTS: Readonly<Record<SmtpTls, number>> = {
  starttls: 587,
  implicit: 465,
  none: 25,
};

/** Neither lists nor line breaks: one mailbox is one receiver, and it cannot inject a header. */
const mailbox = z
  .string()
  .max(320)
  .regex(
    /^(?:[^\s<>@,;:"()]+@[^\s<>@,;:"()]+|[^\p{Cc}\p{Zl}\p{Zp}<>@,;:"()]+ <[^\s<>@,;:"()]+@[^\s<>@,;:"()]+>)$/u,
    'expected "ann@example.com" or "Ann <ann@example.com>"',
  );

export const notifyTarget = z.strictObject({
  kind: z.enum(NOTIFY_KINDS).describe('What receives the messages; `json` is your own server.'),
  url_env: variableName
    .optional()
    .describe(
      'The variable that holds the address of the webhook, which is secret. For every kind except `telegram` and `email`.',
    )
    .meta({ example: 'FEISHU_WEBHOOK' }),
  secret_env: variableName
    .optional()
    .describe('For `feishu` and `dingtalk`: the variable that holds the secret to sign with.')
    .meta({ example: 'FEISHU_SECRET' }),
  token_env: variableName
    .optional()
    .describe('For `telegram`: the variable that holds the token of the bot.')
    .meta({ example: 'TELEGRAM_TOKEN' }),
  chat_id: z
    .string()
    .regex(/^(-?\d{1,20}|@\w{1,64})$/, 'expected "-100…", "123…" or "@channel", in quotes')
    .optional()
    .describe('For `telegram`: the chat that receives them.')
    .meta({ example: '-1001234567890' }),
  smtp_host: z
    .string()
    .refine((value) => isIP(value) !== 0 || /^[A-Za-z0-9._-]{1,253}$/.test(value), {
      message: 'expected the name or the address of a host, without a port',
    })
    .optional()
    .describe('For `email`: the SMTP server.')
    .meta({ example: 'smtp.example.com' }),
  smtp_port: z
    .number()
    .int()
    .min(1)
    .max(MAX_PORT)
    .optional()
    .describe(
      `Its port. Not set: ${SMTP_TLS.map((tls) => `${SMTP_PORTS[tls]} with \`${tls}\``).join(', ')}.`,
    )
    .meta({ example: SMTP_PORTS[DEFAULT_SMTP_TLS] }),
  smtp_tls: z
    .enum(SMTP_TLS)
    .optional()
    .describe(
      `How the connection is encrypted: \`starttls\` after the greeting, or nothing is sent; \`implicit\` from the first byte; \`none\`: not at all. Not set: \`${DEFAULT_SMTP_TLS}\`.`,
    )
    .meta({ example: DEFAULT_SMTP_TLS }),
  smtp_user: z
    .string()
    .min(1)
    .max(320)
    .optional()
    .describe('The user name for that server. Not set: no login.')
    .meta({ example: 'zephyr@example.com' }),
  password_env: variableName
    .optional()
    .describe('The variable that holds the password of `smtp_user`.')
    .meta({ example: 'SMTP_PASSWORD' }),
  from: mailbox
    .optional()
    .describe('For `email`: the sender.')
    .meta({ example: 'Claude Zephyr <zephyr@example.com>' }),
  to: z
    .array(mailbox)
    .min(1)
    .max(20)
    .optional()
    .describe('For `email`: the recipients.')
    .meta({ example: ['ann@example.com', 'ops@example.com'] }),
  events: z
    .array(z.enum(NOTIFY_EVENTS))
    .min(1)
    .default([...NOTIFY_EVENTS])
    .describe('Which events to send. Not set: all.'),
});

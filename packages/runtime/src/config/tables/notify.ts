/** [[notify]]: who is notified of what. docs/operations.md describes the messages. */
import { NOTIFY_EVENTS, NOTIFY_KINDS } from '@zephyr/contract/notify';
import { z } from 'zod';

import { variableName } from './values.ts';

export const notifyTarget = z.strictObject({
  kind: z
    .enum(NOTIFY_KINDS)
    .describe('What receives the messages; `json` is a server of your own.'),
  url_env: variableName
    .optional()
    .describe(
      'The variable that holds the address of the webhook, which is a secret. For every kind but `telegram`.',
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
  events: z
    .array(z.enum(NOTIFY_EVENTS))
    .min(1)
    .default([...NOTIFY_EVENTS])
    .describe('Which events to send. Not set: all.'),
});

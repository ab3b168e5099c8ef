/** `zephyr notify test`: one message to each receiver of `[[notify]]`, without a running Zephyr. */
import { systemClock } from '@zephyr/runtime/clock';
import { loadConfig } from '@zephyr/runtime/config/read/load';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/secrets/run-token-command';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import { deliverOnce } from '@zephyr/runtime/notify/deliver';
import type { Delivery } from '@zephyr/runtime/notify/message';
import { type Translate, translator } from '@zephyr/texts';

import type { AdminOptions } from '../../admin/admin-session.ts';

export type NotifyTestOptions = Omit<AdminOptions, 'url'>;

/**
 * With `json`: `{ "receivers": [{ receiver, status, why?, detail? }] }`. Each gets one attempt, all at the
 * same time. Exit code 1 if one did not accept the message.
 *
 * @throws ZephyrError `CONFIG` for an invalid configuration, and for one without `[[notify]]`
 */
export async function testNotifications(
  { config: configPath, envFile, language, json }: NotifyTestOptions,
  environment: Environment,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const sources = { configPath, envFilePath: envFile, environment };
  const { config, secrets } = loadConfig(sources, { readToken: UNREAD_TOKENS });
  const say = translator(language ?? config.ui.language);
  const targets = secrets.notifyTargets;
  if (targets.length === 0) {
    throw new ZephyrError('CONFIG', say('cli.error.noNotify', { path: configPath }), {
      advice: [say('cli.error.noNotify.advice')],
    });
  }
  const message = { event: 'test', text: say('notify.test'), atMs: systemClock.epochMs() } as const;
  const deps = { clock: systemClock, signal: new AbortController().signal };
  const tried = await Promise.all(
    targets.map(async (target) => ({
      receiver: target.label,
      delivery: await deliverOnce(target, message, deps),
    })),
  );
  const exitCode = tried.every(({ delivery }) => delivery.status === 'sent')
    ? EXIT.ok
    : EXIT.failure;
  if (json === true) {
    const receivers = tried.map(({ receiver, delivery }) => ({ receiver, ...delivery }));
    return { text: JSON.stringify({ receivers }), exitCode };
  }
  const lines = tried.map(({ receiver, delivery }) => lineOf(receiver, delivery, say));
  return { text: lines.join('\n'), exitCode };
}

function lineOf(receiver: string, delivery: Delivery, say: Translate): string {
  if (delivery.status === 'sent') return `✓ ${receiver}: ${say('notify.accepted')}`;
  return `✗ ${receiver}: ${say(`notify.why.${delivery.why}`, { detail: delivery.detail })}`;
}

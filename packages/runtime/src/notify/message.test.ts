import { NOTIFY_EVENTS, type NotifyKind } from '@zephyr/contract/notify/notify';
import { describe, expect, it } from 'vitest';
import type { WebhookTarget } from '../config/resolve/notify-target.ts';
import { Secret } from '../secret.ts';
import { deliveryOf, mailOf, requestFor } from './message.ts';

const NOW_MS = 1_700_000_000_123;
const URL_TEXT = 'https://hooks.example.com/send?access_token=abc';

const target = (kind: WebhookTarget['kind'], more: Partial<WebhookTarget> = {}): WebhookTarget => ({
  ...{ kind, label: kind, events: NOTIFY_EVENTS, url: new Secret(URL_TEXT), ...more },
});
const message = {
  ...({ event: 'endpoint_down', about: 'Tokyo', text: 'Tokyo <1> & co', atMs: NOW_MS } as const),
};
const signed = { signingSecret: new Secret('this is secret') };

function sent(to: WebhookTarget) {
  const { url, body } = requestFor(to, message, NOW_MS);
  return { url, body: JSON.parse(body) as unknown };
}

describe('requestFor', () => {
  const text = 'Claude Zephyr: Tokyo <1> & co';

  it.each<[string, WebhookTarget, unknown]>([
    ['slack', target('slack'), { text: 'Claude Zephyr: Tokyo &lt;1&gt; &amp; co' }],
    ['feishu', target('feishu'), { msg_type: 'text', content: { text } }],
    ['dingtalk', target('dingtalk'), { msgtype: 'text', text: { content: text } }],
    ['wecom', target('wecom'), { msgtype: 'text', text: { content: text } }],
    ['telegram', target('telegram', { chatId: '-100' }), { chat_id: '-100', text }],
    [
      'json',
      target('json'),
      {
        ...{ source: 'claude-zephyr', event: 'endpoint_down', about: 'Tokyo' },
        ...{ text: 'Tokyo <1> & co', at: '2023-11-14T22:13:20.123Z' },
      },
    ],
  ])('writes what %s expects', (_, to, body) => {
    expect(sent(to)).toEqual({ url: URL_TEXT, body });
  });

  // Both signatures come from the vendors' Python examples for this secret and time.
  it('signs for Feishu in the body, by seconds', () => {
    expect(sent(target('feishu', signed))).toEqual({
      url: URL_TEXT,
      body: {
        ...{ timestamp: '1700000000', sign: 'OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=' },
        ...{ msg_type: 'text', content: { text } },
      },
    });
  });

  it('signs for DingTalk in the address, by milliseconds', () => {
    const { url, body } = sent(target('dingtalk', signed));
    const sign = 'W2RNhLVXZurCuMiewxzjoEaGqxhR%2FFQAkLiAHZh%2BPWY%3D';
    expect(url).toBe(`${URL_TEXT}&timestamp=1700000000123&sign=${sign}`);
    expect(body).toEqual({ msgtype: 'text', text: { content: text } });
  });
});

describe('mailOf', () => {
  const words = 'A\r\nBcc: eve@example.com\u2028\u0085 B';

  it('writes a one-line subject, whatever the text', () => {
    expect(mailOf({ ...message, text: words }).subject).toBe(
      'Claude Zephyr: A Bcc: eve@example.com B',
    );
  });

  it('truncates a long subject between characters, and has everything in the text', () => {
    const text = '𝒳'.repeat(300);
    const mail = mailOf({ ...message, text });
    expect(mail.subject).toBe(`Claude Zephyr: ${'𝒳'.repeat(104)}…`);
    expect(mail.text).toBe(
      `${text}\n\n-- \nClaude Zephyr, endpoint_down, 2023-11-14T22:13:20.123Z\n`,
    );
  });
});

describe('deliveryOf', () => {
  const failed = (why: string, detail: string, isTransient = false) => ({
    ...{ status: 'failed', isTransient, why, detail },
  });

  it.each<[NotifyKind, number, string, unknown]>([
    ['slack', 200, 'ok', { status: 'sent' }],
    ['json', 204, '', { status: 'sent' }],
    ['feishu', 200, '{"code":0,"msg":"success"}', { status: 'sent' }],
    ['feishu', 200, '{"StatusCode":0,"StatusMessage":"success"}', { status: 'sent' }],
    ['feishu', 200, '{"code":19021,"msg":"sign match fail"}', failed('refused', '19021')],
    ['dingtalk', 200, '{"errcode":0,"errmsg":"ok"}', { status: 'sent' }],
    ['dingtalk', 200, '{"errcode":310000,"errmsg":"sign"}', failed('refused', '310000')],
    ['wecom', 200, '{"errcode":0,"errmsg":"ok"}', { status: 'sent' }],
    ['wecom', 200, '{"errcode":93000,"errmsg":"key abc"}', failed('refused', '93000')],
    ['wecom', 200, '<html>log in</html>', failed('refused', '-')],
    ['wecom', 200, 'null', failed('refused', '-')],
    ['telegram', 200, '{"ok":true,"result":{}}', { status: 'sent' }],
    ['telegram', 401, '{"ok":false,"error_code":401}', failed('http', '401')],
    ['slack', 302, '', failed('http', '302')],
    ['slack', 404, 'no_service', failed('http', '404')],
    ['slack', 429, '', failed('http', '429', true)],
    ['slack', 503, '', failed('http', '503', true)],
  ])('reads what %s answers: %i %s', (kind, status, body, delivery) => {
    expect(deliveryOf(kind, { status, body })).toEqual(delivery);
  });
});

/** What each kind of receiver expects, and how it acknowledges a message. Pure except for the hashes. */
import { createHmac } from 'node:crypto';

import type { NotifyEvent, NotifyKind } from '@zephyr/contract/notify/notify';

import type { WebhookTarget } from '../config/resolve/notify-target.ts';

export interface NotifyMessage {
  readonly event: NotifyEvent | 'test';
  /** The name of an endpoint, or of a group of endpoints. */
  readonly about?: string | undefined;
  /** One sentence or two for people, in their language. */
  readonly text: string;
  /** When it happened, in milliseconds since 1970. */
  readonly atMs: number;
}

export interface NotifyRequest {
  readonly url: string;
  /** JSON. */
  readonly body: string;
}

/** Some receivers accept only messages with a keyword: this can be it. */
const SENDER = 'Claude Zephyr';

/** @param epochMs since 1970: signatures are valid for an hour */
export function requestFor(
  target: WebhookTarget,
  message: NotifyMessage,
  epochMs: number,
): NotifyRequest {
  const url = target.url.reveal();
  const secret = target.signingSecret?.reveal();
  return {
    url: target.kind === 'dingtalk' && secret !== undefined ? signedUrl(url, secret, epochMs) : url,
    body: JSON.stringify(bodyFor(target, message, epochMs)),
  };
}

function bodyFor(target: WebhookTarget, message: NotifyMessage, epochMs: number): object {
  const text = `${SENDER}: ${message.text}`;
  switch (target.kind) {
    case 'json':
      return {
        ...{ source: 'claude-zephyr', event: message.event, about: message.about ?? null },
        ...{ text: message.text, at: new Date(message.atMs).toISOString() },
      };
    case 'slack':
      // https://docs.slack.dev/messaging/formatting-message-text: only these three are escaped.
      return {
        text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
      };
    case 'feishu':
      return {
        ...(target.signingSecret === undefined
          ? {}
          : feishuSignature(target.signingSecret.reveal(), epochMs)),
        ...{ msg_type: 'text', content: { text } },
      };
    case 'dingtalk':
    case 'wecom':
      return { msgtype: 'text', text: { content: text } };
    case 'telegram':
      return { chat_id: target.chatId, text };
  }
}

/** Mail clients show about 60 characters of a subject. */
const MAX_SUBJECT_CHARACTERS = 120;

/** The subject stays one line, whatever the endpoint's name; the text has everything. */
export function mailOf({ event, text, atMs }: NotifyMessage) {
  const line = `${SENDER}: ${text}`.replaceAll(/[\s\p{Cc}]+/gu, ' ');
  const characters = [...line];
  const subject =
    characters.length > MAX_SUBJECT_CHARACTERS
      ? `${characters.slice(0, MAX_SUBJECT_CHARACTERS - 1).join('')}…`
      : line;
  return {
    subject,
    text: `${text}\n\n-- \n${SENDER}, ${event}, ${new Date(atMs).toISOString()}\n`,
  };
}

/** HMAC-SHA-256 of `<milliseconds>\n<secret>` keyed with the secret, in the URL. */
function signedUrl(address: string, secret: string, epochMs: number): string {
  const sign = createHmac('sha256', secret).update(`${epochMs}\n${secret}`).digest('base64');
  const url = new URL(address);
  url.searchParams.set('timestamp', String(epochMs));
  url.searchParams.set('sign', sign);
  return url.href;
}

/** HMAC-SHA-256 of the empty string, keyed with `<seconds>\n<secret>`, in the body. */
function feishuSignature(secret: string, epochMs: number) {
  const timestamp = String(Math.floor(epochMs / 1000));
  return { timestamp, sign: createHmac('sha256', `${timestamp}\n${secret}`).digest('base64') };
}

export interface NotifyAnswer {
  readonly status: number;
  readonly body: string;
}

/** `isTransient`: worth a retry. */
export type Delivery =
  | { readonly status: 'sent' }
  | ({ readonly status: 'failed'; readonly isTransient: boolean } & UndeliveredReason);

/** Never contains an address, or answer text, which may repeat one. */
export interface UndeliveredReason {
  readonly why: 'http' | 'refused' | 'timeout' | 'connection';
  /** The HTTP status, the receiver's own code, or Node's, such as `ECONNREFUSED`; `-` without any. */
  readonly detail: string;
}

/** Undefined if the body acknowledges the message; otherwise the error code. */
type RefusalOf = (body: Readonly<Record<string, unknown>>) => string | undefined;

const errcode: RefusalOf = ({ errcode: code }) => refusedUnless(code === 0, code);

/** Receivers that answer 200 even on refusal. */
const REFUSALS: Readonly<Partial<Record<NotifyKind, RefusalOf>>> = {
  // Its older answer format has StatusCode.
  feishu: ({ code, StatusCode }) => refusedUnless((code ?? StatusCode) === 0, code ?? StatusCode),
  dingtalk: errcode,
  wecom: errcode,
  telegram: ({ ok, error_code: code }) => refusedUnless(ok === true, code),
};

function refusedUnless(isTaken: boolean, code: unknown): string | undefined {
  if (isTaken) return undefined;
  return typeof code === 'number' ? String(code) : '-';
}

export function deliveryOf(kind: NotifyKind, { status, body }: NotifyAnswer): Delivery {
  if (status < 200 || status > 299) {
    const isTransient = status === 408 || status === 429 || status >= 500;
    return { status: 'failed', isTransient, why: 'http', detail: String(status) };
  }
  const refusal = REFUSALS[kind]?.(objectIn(body));
  if (refusal === undefined) return { status: 'sent' };
  return { status: 'failed', isTransient: false, why: 'refused', detail: refusal };
}

function objectIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

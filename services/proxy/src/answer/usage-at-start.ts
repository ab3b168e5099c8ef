/**
 * Reads facts from the first bytes of an answer, before the rest arrives. Searched, not parsed: this runs for
 * every request, and nothing is billed from it.
 */
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import type { TokenUsage } from '@zephyr/contract/probe/probe';

/** `message_start` is the first event. */
const MAX_HEAD_CHARACTERS = 4096;
const MODEL = new RegExp(
  String.raw`"model"\s*:\s*"([A-Za-z0-9._:/@-]{1,${MAX_MODEL_CHARACTERS}})"`,
);

const COUNTS: readonly (readonly [keyof TokenUsage, string])[] = [
  ['inputTokens', '"input_tokens"'],
  ['outputTokens', '"output_tokens"'],
  ['cacheReadTokens', '"cache_read_input_tokens"'],
  ['cacheWriteTokens', '"cache_creation_input_tokens"'],
];

/** The usage reported at the start of a stream; missing values are 0. */
export function usageInHead(head: string): TokenUsage {
  const usage: Record<keyof TokenUsage, number> = {
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
  };
  const text = head.slice(0, MAX_HEAD_CHARACTERS);
  const at = text.lastIndexOf('"usage"');
  const named = at === -1 ? text : text.slice(at);
  for (const [key, name] of COUNTS) usage[key] = lastCount(named, name) ?? 0;
  return usage;
}

/** The answering model as reported at the start of the answer; empty if it is not. */
export function modelInHead(head: string): string {
  const start = head.slice(0, MAX_HEAD_CHARACTERS);
  return MODEL.exec(start)?.[1] ?? '';
}

function lastCount(text: string, name: string): number | undefined {
  const at = text.lastIndexOf(name);
  if (at === -1) return undefined;
  const digits = /^\s*:\s*(\d{1,15})/.exec(
    text.slice(at + name.length, at + name.length + 32),
  )?.[1];
  return digits === undefined ? undefined : Number(digits);
}

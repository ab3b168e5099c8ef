/** Turns the services' JSON log into lines for people: time, service, message, relevant fields. */

import { styleText } from 'node:util';
import { type Clock, systemClock } from '@zephyr/runtime/clock';

/** pino's levels. */
const LEVEL = { warn: 40, error: 50 } as const;
/** Already in the line, or of no use to people. */
const LEFT_OUT = new Set(['level', 'time', 'service', 'msg', 'instanceId', 'pid', 'hostname']);
const MAX_VALUE_CHARACTERS = 120;
const SERVICE_WIDTH = 'controller'.length;

/** The names of endpoints by their ids: those of `上海` and `São Paulo` say little. */
type NamesById = ReadonlyMap<string, string>;

/** A line that is not JSON is shown unchanged. */
export function formatLogLine(
  service: string,
  line: string,
  names: NamesById = new Map(),
  clock: Clock = systemClock,
): string {
  const record = parseRecord(line);
  if (record === undefined) return `${clockTime(undefined, clock)} ${name(service)} ${line}`;
  const level = typeof record['level'] === 'number' ? record['level'] : 30;
  const fields = Object.entries(record)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(([key, value]) => {
      const endpoint = key === 'endpointId' ? names.get(String(value)) : undefined;
      return endpoint === undefined ? `${key}=${brief(value)}` : `endpoint=${brief(endpoint)}`;
    })
    .join(' ');
  const message = `${String(record['msg'] ?? '')}`;
  return [clockTime(record['time'], clock), name(service), highlight(message, level), dim(fields)]
    .filter((part) => part !== '')
    .join(' ');
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** `21:40:03` of this machine's time zone. */
function clockTime(time: unknown, clock: Clock): string {
  const moment = new Date(
    typeof time === 'string' || typeof time === 'number' ? time : clock.epochMs(),
  );
  return dim(moment.toTimeString().slice(0, 8));
}

function brief(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) {
    return brief((value as { message: unknown }).message);
  }
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const line = text.replace(/\s+/g, ' ');
  return line.length > MAX_VALUE_CHARACTERS ? `${line.slice(0, MAX_VALUE_CHARACTERS)}…` : line;
}

function name(service: string): string {
  return styleText('cyan', service.padEnd(SERVICE_WIDTH));
}

function highlight(message: string, level: number): string {
  if (level >= LEVEL.error) return styleText('red', message);
  return level >= LEVEL.warn ? styleText('yellow', message) : message;
}

function dim(text: string): string {
  return text === '' ? '' : styleText('dim', text);
}

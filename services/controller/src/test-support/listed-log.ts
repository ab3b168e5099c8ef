/** A log whose messages a test reads. */
import { createLogger, type Logger } from '@zephyr/runtime/logger';

export interface ListedLog {
  readonly log: Logger;
  /** From the level of information up, oldest first. */
  readonly messages: readonly string[];
}

export function listedLog(): ListedLog {
  const messages: string[] = [];
  const write = (line: string): void => void messages.push(JSON.parse(line).msg);
  return { log: createLogger('test', 'info', { write }), messages };
}

import { describe, expect, it } from 'vitest';

import { createLogger } from './logger.ts';

describe('a log whose level does not exist', () => {
  it('falls back to level info, and logs this', () => {
    const lines: string[] = [];
    const log = createLogger('proxy', 'nope', { write: (line) => lines.push(line) });
    log.debug('hidden');
    log.info('shown');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('ZEPHYR_LOG_LEVEL is not a level');
    expect(lines[1]).toContain('shown');
  });
});

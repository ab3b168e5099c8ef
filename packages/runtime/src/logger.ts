import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * The log of one service: JSON lines on standard output, a constant lower-case phrase as the
 * message and data in fields. Headers and bodies are never logged, so nothing secret is near;
 * the redaction is the second line of defence.
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: [
          'authorization',
          '["x-api-key"]',
          'token',
          'password',
          '*.authorization',
          '*.token',
        ],
        censor: '[secret]',
      },
    },
    pino.destination({ dest: 1, sync: false }),
  );
}

import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/** Of the field `why`: enough to name what is wrong. A record of another version may have hundreds of problems. */
export const MAX_WHY_CHARACTERS = 300;

/**
 * The log of one service: JSON lines, a constant lower-case phrase as the message and data in fields. Headers
 * and bodies are never logged, so no secret comes close; redaction is the second line of defence. An invalid
 * level does not stop a service from starting.
 *
 * @param output default: standard output
 */
export function createLogger(
  service: string,
  level = 'info',
  output: DestinationStream = standardOutput(),
): Logger {
  const isKnown = level === 'silent' || Object.hasOwn(pino.levels.values, level);
  const log = pino(
    {
      level: isKnown ? level : 'info',
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
    output,
  );
  if (!isKnown) log.warn({ level }, 'ZEPHYR_LOG_LEVEL is not a level: using info');
  return log;
}

function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false });
  // The library's own flush at exit retries forever once the log's reader has gone, and the process would
  // never end. `runService` flushes with the function below, then exits.
  output.flushSync = () => undefined;
  output.flush = (done = () => undefined) => {
    output.once('drain', done);
    output.once('error', done);
    output.write('');
  };
  // Continue without a log: unread lines must not pile up.
  output.on('error', () => {
    output.write = () => true;
  });
  return output;
}

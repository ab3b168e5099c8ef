import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger };

/**
 * The log of one service: JSON lines, a constant lower-case phrase as the
 * message and data in fields. Headers and bodies are never logged, so nothing secret is near;
 * the redaction is the second line of defence.
 *
 * @param output Standard output of this process, if absent.
 */
export function createLogger(
  service: string,
  level = 'info',
  output: DestinationStream = standardOutput(),
): Logger {
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
    output,
  );
}

function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false });
  // The library's own flush at the exit tries again for ever when the reader of the log has gone,
  // and the process would never end. `runService` flushes by the function below, then exits.
  output.flushSync = () => undefined;
  output.flush = (done = () => undefined) => {
    output.once('drain', done);
    output.once('error', done);
    output.write('');
  };
  // Go on without a log: what nobody reads must not pile up.
  output.on('error', () => {
    output.write = () => true;
  });
  return output;
}

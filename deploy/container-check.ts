/**
 * The health check of a container: `node container-check.ts <port>` exits with 0 if the local service is
 * ready, otherwise prints why not.
 */
import { messageOf } from '@zephyr/runtime/errors';

const port = process.argv[2];
try {
  const response = await fetch(`http://127.0.0.1:${port}/readyz`, {
    signal: AbortSignal.timeout(5_000),
  });
  process.stdout.write(await response.text());
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(messageOf(error));
  process.exitCode = 1;
}

/**
 * The health check of a container: `node container-check.ts <port>` ends with 0 when the service on
 * this machine says that it can do its work, and says on standard output why not.
 */
import { messageOf } from './errors.ts';

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

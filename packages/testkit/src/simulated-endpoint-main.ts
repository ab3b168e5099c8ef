/**
 * One simulated endpoint as a program, for the containers of the demo:
 *
 *     SIMULATED_TOKEN=… node simulated-endpoint-main.ts --name fast --first-event-ms 80
 */
import { parseArgs } from 'node:util';

import { startSimulatedEndpoint } from './simulated-endpoint.ts';

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'simulated' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '9000' },
    'first-event-ms': { type: 'string', default: '100' },
    'jitter-ms': { type: 'string', default: '20' },
    'word-ms': { type: 'string', default: '50' },
    'failure-ratio': { type: 'string', default: '0' },
  },
});

const endpoint = await startSimulatedEndpoint({
  name: values.name,
  token: process.env['SIMULATED_TOKEN'] ?? '',
  host: values.host,
  port: Number(values.port),
  firstEventMs: Number(values['first-event-ms']),
  jitterMs: Number(values['jitter-ms']),
  wordMs: Number(values['word-ms']),
  failureRatio: Number(values['failure-ratio']),
  seed: Date.now(),
});
process.stdout.write(`${endpoint.name} listens on port ${values.port}\n`);
process.once('SIGTERM', () => void endpoint.kill().then(() => process.exit(0)));

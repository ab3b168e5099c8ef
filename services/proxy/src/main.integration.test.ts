import { once } from 'node:events';
import { expect, test } from 'vitest';

import { startProxyProcess } from './test-support/proxy-process.ts';

/** V8's own answer, from within the process. */
const REPORT = `data:text/javascript,
import { setFlagsFromString } from 'node:v8';
setFlagsFromString('--allow-natives-syntax');
process.once('message', () => {
  const isFast = new Function('return %25HasFastProperties(String.prototype)');
  process.send({ isFast: isFast() });
});`;

test('a running service has fast string methods', async () => {
  const { child, kill, exited } = await startProxyProcess({
    endpoints: ['http://127.0.0.1:1'],
    preload: REPORT,
  });
  try {
    child.send('report');
    const [answer] = await once(child, 'message');
    expect(answer).toEqual({ isFast: true });
  } finally {
    kill();
    await exited;
  }
});

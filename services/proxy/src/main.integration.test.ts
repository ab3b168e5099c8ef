import { fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderOfTest } from '@zephyr/testkit/folder-of-test';
import { expect, test } from 'vitest';

/** V8's own answer, from within the process. */
const REPORT = `data:text/javascript,process.once('message', () => {
  process.send({ isFast: %25HasFastProperties(String.prototype) });
})`;

test('a running service has fast string methods', async () => {
  const folder = folderOfTest('main');
  const config = join(folder, 'config.toml');
  writeFileSync(
    config,
    '[server]\nport = 0\n[[groups]]\nname = "a"\nauth_token_env = "TOKEN"\n' +
      '[[groups.endpoints]]\nname = "e1"\nurl = "http://127.0.0.1:1"\n',
  );
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), ['--config', config], {
    execArgv: ['--allow-natives-syntax', '--import', REPORT],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { HOME: folder, TOKEN: 'a-token', ZEPHYR_REDIS_URL: `unix://${folder}/none.sock` },
  });
  try {
    const [ready] = await once(child, 'message');
    expect(ready).toMatchObject({ kind: 'ready' });
    child.send('report');
    const [answer] = await once(child, 'message');
    expect(answer).toEqual({ isFast: true });
  } finally {
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  }
});

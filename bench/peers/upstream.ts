/** The endpoint of the cost rows, as a separate process. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { endWithUs } from '../../services/proxy/bench/contenders.ts';

export interface StreamPace {
  readonly deltas: number;
  /** 0: the whole answer at once. */
  readonly gapMs: number;
}

export interface CostUpstream {
  readonly url: string;
  /** For streams that begin from now on. */
  pace(pace: StreamPace): void;
  stop(): void;
}

const PROGRAM = fileURLToPath(new URL('./upstream-main.ts', import.meta.url));

export async function startUpstream({ isTls }: { isTls: boolean }): Promise<CostUpstream> {
  const child = fork(PROGRAM, isTls ? ['tls'] : []);
  endWithUs(child);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    url: `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    pace: (pace) => void child.send(pace),
    stop: () => void child.kill(),
  };
}

import { runService } from '@zephyr/runtime/service';

import { startProber } from './prober.ts';

await runService('prober', startProber);

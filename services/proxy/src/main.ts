import { runService } from '@zephyr/runtime/service';

import { startProxy } from './proxy.ts';

await runService('proxy', startProxy);

import { setFlagsFromString } from 'node:v8';

import { runService } from '@zephyr/runtime/service';

import { startProxy } from './proxy.ts';

// V8 makes objects of busy places at once in the old generation when many of them lived long while
// the program was still slow. There each of them keeps the garbage of its whole request until the
// next full collection: up to a third of the CPU of small requests (`make bench`).
setFlagsFromString('--no-allocation-site-pretenuring');

await runService('proxy', startProxy);

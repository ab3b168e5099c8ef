import { runService } from '@zephyr/runtime/service/service';
import { templatesOf } from '@zephyr/texts/errors';

import { startProxy } from './proxy.ts';

await runService('proxy', startProxy, templatesOf);

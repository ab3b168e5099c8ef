import { runService } from '@zephyr/runtime/service/service';
import { templatesOf } from '@zephyr/texts/errors';

import { startProber } from './prober.ts';

await runService('prober', startProber, templatesOf);

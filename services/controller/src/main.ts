import { runService } from '@zephyr/runtime/service';

import { startController } from './controller.ts';

await runService('controller', startController);

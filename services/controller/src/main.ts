import { runService } from '@zephyr/runtime/service/service';
import { templatesOf } from '@zephyr/texts/errors';

import { startController } from './controller.ts';

await runService('controller', startController, templatesOf);

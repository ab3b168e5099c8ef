/** Writes what is made from other files: `npm run generate`. A test keeps them equal. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generatedFiles, root } from './generated/files.ts';

for (const [path, text] of generatedFiles()) writeFileSync(join(root, path), text);

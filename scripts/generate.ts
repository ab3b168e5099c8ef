/** Writes the generated files: `npm run generate`. A test checks that they are up to date. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { generatedFiles, root } from './generated/files.ts';

for (const [path, text] of generatedFiles()) writeFileSync(join(root, path), text);

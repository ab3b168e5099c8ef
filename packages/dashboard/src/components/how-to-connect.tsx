import type { ApiState } from '@zephyr/contract/api/api-state';

import { speech } from '../language/language.ts';
import { connectLines, keyToSet, proxyUrl } from './connect-lines.ts';
import { CopyLine } from './copy-line.tsx';

/** How to send requests here. */
export function HowToConnect({ current }: { readonly current: ApiState }) {
  return (
    <>
      <p class="hint">{speech.value.say('requests.howTo')}</p>
      <CopyLine text={connectLines(proxyUrl(current, location.hostname), keyToSet(current))} />
    </>
  );
}

import { speech } from '../language.ts';
import { CopyLine } from './copy-line.tsx';

/** What a person does so that their requests come here. */
export function HowToConnect({ proxyPort }: { readonly proxyPort: number }) {
  return (
    <>
      <p class="hint">{speech.value.say('requests.howTo')}</p>
      <CopyLine text={`export ANTHROPIC_BASE_URL=http://${location.hostname}:${proxyPort}`} />
    </>
  );
}

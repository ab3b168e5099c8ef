import type { ApiTrouble } from '../connection/api.ts';
import { usageSpeech } from '../language/usage-language.ts';
import { Banner } from './banners.tsx';

/** Why the latest figures are missing; earlier ones stay. */
export function TroubleBanner({ trouble }: { readonly trouble: ApiTrouble | null }) {
  const { say } = usageSpeech.value;
  if (trouble === null) return null;
  const why =
    trouble.status === 'refused'
      ? say('failed.command', { why: say(`problem.${trouble.problem.code}`) })
      : say('failed.network');
  return (
    <Banner tone="bad" title={say('page.failed')}>
      {why} {say('page.failed.retry')}
    </Banner>
  );
}

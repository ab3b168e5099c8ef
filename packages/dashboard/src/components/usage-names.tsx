/** How the names of the ledger are shown. */
import type { NamedDimension } from '@zephyr/contract/usage/usage';
import { usageName } from '@zephyr/texts/usage-names';

import { usageSpeech } from '../language/usage-language.ts';
import { state } from '../state/store.ts';
import { EndpointName } from './endpoint-parts.tsx';

interface UsageNameProps {
  readonly kind: NamedDimension;
  readonly name: string;
}

/** Reserved names in the language of the page, endpoints by their name. */
export function UsageName({ kind, name }: UsageNameProps) {
  const shown = usageName(kind, name, usageSpeech.value.say);
  const current = state.value;
  const isListed = kind === 'endpoint' && current?.endpoints.some(({ id }) => id === name);
  if (shown !== name || isListed !== true || current === null) return <>{shown}</>;
  return <EndpointName current={current} id={name} />;
}

export function shownPerson(name: string): string {
  return usageName('person', name, usageSpeech.value.say);
}

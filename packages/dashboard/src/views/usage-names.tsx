/** How the names of the ledger are shown. */
import { ANONYMOUS, NONE, OTHER, PROBES } from '@zephyr/contract/reserved-names';
import type { NamedDimension } from '@zephyr/contract/usage';

import { state } from '../store.ts';
import { usageSpeech } from '../usage-language.ts';
import { EndpointName } from './endpoint-parts.tsx';

interface UsageNameProps {
  readonly kind: NamedDimension;
  readonly name: string;
}

/** The ledger's reserved names, in the language of the page. */
export function UsageName({ kind, name }: UsageNameProps) {
  const { say } = usageSpeech.value;
  if (name === OTHER) return <>{say('usage.other')}</>;
  if (kind === 'person') return <>{shownPerson(name)}</>;
  if (name === NONE) return <>–</>;
  const current = state.value;
  const isKnown = kind === 'endpoint' && current?.endpoints.some(({ id }) => id === name);
  if (isKnown !== true || current === null) return <>{name}</>;
  return <EndpointName current={current} id={name} />;
}

export function shownPerson(name: string): string {
  return name === ANONYMOUS || name === PROBES ? usageSpeech.value.say(`usage.${name}`) : name;
}

/** Who may use the proxy, as the configuration says, now and before. Pure. */
import { isOwnListener } from '@zephyr/contract/loopback';

import { type Phrase, phrase } from '../../phrase.ts';

export type ClientAccess = 'keys' | 'this_machine' | 'everybody' | 'nobody';

export interface AccessSettings {
  /** The listen host. */
  readonly host: string;
  /** `server.open`. */
  readonly isOpen: boolean;
  readonly hasKeys: boolean;
}

/**
 * `nobody`: other machines reach the proxy, and neither keys nor the operator say who may use it. It does not start
 * then, because an open proxy spends the team's money for anyone who finds it.
 */
export function configuredAccess({ host, isOpen, hasKeys }: AccessSettings): ClientAccess {
  if (hasKeys) return 'keys';
  if (isOpen) return 'everybody';
  return isOwnListener(host) ? 'this_machine' : 'nobody';
}

/**
 * Who is served; of the admin API as of the proxy, with its token for the keys:
 *
 *     this_machine | everybody --(keys)-->            keys
 *     keys   --(the last key is removed)-->           nobody
 *     nobody --(keys)-->                              keys
 *     any    --(server.open is set, no keys)-->       everybody
 *
 * Removing people never opens access: there is no way back from `keys` to `this_machine`.
 *
 * @param configured what the configuration alone implies
 * @param before undefined at start-up
 */
export function accessOf(configured: ClientAccess, before: ClientAccess | undefined): ClientAccess {
  const hasHadKeys = before === 'keys' || before === 'nobody';
  return configured === 'this_machine' && hasHadKeys ? 'nobody' : configured;
}

const ADMIT_PEOPLE = phrase`give each person a key: make client NAME=ann (without compose: zephyr clients add ann)`;
const ADMIT_EVERYBODY = phrase`or let everybody use it: open = true under [server]`;
const ADMIT_THIS_MACHINE = phrase`or listen on this machine only: host = "127.0.0.1" under [server]`;

/** While it runs; its address cannot change. */
export const ADVICE_WITHOUT_KEYS: readonly Phrase[] = [ADMIT_PEOPLE, ADMIT_EVERYBODY];
/** At a start. */
export const ADVICE_TO_START = [ADMIT_PEOPLE, ADMIT_EVERYBODY, ADMIT_THIS_MACHINE] as const;

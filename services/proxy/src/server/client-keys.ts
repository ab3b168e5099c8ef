/**
 * Who may use the proxy. Keys are held as SHA-256 digests, and looked up in a time that reveals nothing
 * of them. A right key is always served; what is limited are the failures of an address, behind which may
 * be an office. What cannot be decided is refused.
 */
import { hash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

import type { KeyVerdict } from '@zephyr/contract/proxy-status';
import type { ClientKey } from '@zephyr/runtime/config/config';
import { calledBy, isForwarded, isKnownHost } from '@zephyr/runtime/http/visitor';
import { FailureLimit } from '@zephyr/runtime/http/wrong-credentials';

/**
 * Who is served:
 *
 *     this_machine | everybody --(keys)-->            keys
 *     keys   --(the last key is removed)-->           nobody
 *     nobody --(keys)-->                              keys
 *     any    --(server.open is said, no keys)-->      everybody
 *
 * Removing people never opens the door: from `keys` there is no way back to `this_machine`.
 */
export type ClientAccess = 'keys' | 'this_machine' | 'everybody' | 'nobody';

/**
 * @param configured what the configuration says by itself
 * @param before undefined at the start
 */
export function accessOf(configured: ClientAccess, before: ClientAccess | undefined): ClientAccess {
  const hadKeys = before === 'keys' || before === 'nobody';
  return configured === 'this_machine' && hadKeys ? 'nobody' : configured;
}

export interface ClientRules {
  readonly access: ClientAccess;
  readonly keys: readonly ClientKey[];
  /** Lower case: names by which an open proxy may be called. */
  readonly allowedHosts: readonly string[];
}

export interface Visitor {
  readonly headers: IncomingHttpHeaders;
  /** Who asks, behind any trusted proxy. */
  readonly address: string;
}

export type Admittance =
  | {
      readonly kind: 'admitted';
      /** Whose requests are counted together: a name of the configuration, or an address. */
      readonly client: string;
      /** For metrics, where labels come from closed sets: never an address. */
      readonly label: string;
      /** Of the key that was shown; undefined where there are no keys. */
      readonly keySha256: string | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly why: 'unauthorized' | 'too_many_failures' | 'not_local' | 'unknown_host';
    };

/** Where there are no keys. */
export const ANYBODY = 'anybody';

export class Clients {
  #rules: ClientRules;
  #owners: ReadonlyMap<string, ClientKey> = new Map();
  /** Known to nobody: which entry of the table a guess comes close to cannot be learned from the time. */
  readonly #salt = randomBytes(32).toString('base64');
  readonly #failures = new FailureLimit();
  /** Nearly every request calls us as the one before did. */
  #lastHost: { readonly host: string | undefined; readonly isAddress: boolean } | undefined;

  constructor(rules: ClientRules) {
    this.#rules = rules;
    this.reconfigure(rules);
  }

  get access(): ClientAccess {
    return this.#rules.access;
  }

  reconfigure(rules: ClientRules): void {
    this.#rules = rules;
    this.#owners = new Map(rules.keys.map((owner) => [this.#salted(owner.sha256), owner]));
  }

  /** Whoever showed no key, because none was needed, was let in rightly. */
  isStillAdmitted(keySha256: string | undefined): boolean {
    return keySha256 === undefined || this.#owners.has(this.#salted(keySha256));
  }

  admit(visitor: Visitor, nowMs: number): Admittance {
    switch (this.#rules.access) {
      case 'keys':
        return this.#admitByKey(visitor, nowMs);
      case 'this_machine':
        return this.#isOfThisMachine(visitor)
          ? anybody(visitor)
          : { kind: 'refused', why: 'not_local' };
      case 'everybody':
        return isKnownHost(visitor.headers.host, this.#rules.allowedHosts)
          ? anybody(visitor)
          : { kind: 'refused', why: 'unknown_host' };
      case 'nobody':
        return { kind: 'refused', why: 'unauthorized' };
    }
  }

  /** For whoever asks before using it. Where a key is needed, a wrong one counts as a failure. */
  verdictOn(visitor: Visitor, nowMs: number): KeyVerdict {
    const { access } = this.#rules;
    const needsKey = access === 'keys' || access === 'nobody';
    if (!needsKey) return 'open';
    if (presentedKeys(visitor.headers).length === 0) return 'no_key';
    return this.admit(visitor, nowMs).kind === 'admitted' ? 'accepted' : 'wrong_key';
  }

  /** A page whose name was pointed here may read no more than others: without keys not even ours. */
  mayReadPages({ headers }: Visitor): boolean {
    const { access, allowedHosts } = this.#rules;
    return access === 'keys' || isKnownHost(headers.host, allowedHosts);
  }

  /** A name that leads here, or another hop, makes it a service for others, who need keys. */
  #isOfThisMachine({ headers }: Visitor): boolean {
    const { host } = headers;
    if (this.#lastHost === undefined || this.#lastHost.host !== host) {
      this.#lastHost = { host, isAddress: calledBy(host).kind === 'address' };
    }
    return this.#lastHost.isAddress && !isForwarded(headers);
  }

  #admitByKey({ headers, address }: Visitor, nowMs: number): Admittance {
    const owner = presentedKeys(headers)
      .map((key) => this.#ownerOf(key))
      .find((found) => found !== undefined);
    if (owner !== undefined) {
      const { name, sha256 } = owner;
      return { kind: 'admitted', client: name, label: name, keySha256: sha256 };
    }
    const isLimited = this.#failures.note(address, nowMs);
    return { kind: 'refused', why: isLimited ? 'too_many_failures' : 'unauthorized' };
  }

  #ownerOf(key: string): ClientKey | undefined {
    return this.#owners.get(this.#salted(hash('sha256', key, 'hex')));
  }

  #salted(sha256: string): string {
    return hash('sha256', `${this.#salt}${sha256}`, 'base64');
  }
}

function anybody({ address }: Visitor): Admittance {
  return { kind: 'admitted', client: address, label: ANYBODY, keySha256: undefined };
}

/**
 * Claude Code sends its token as a bearer, an API key as `x-api-key`, or both, one of which may be
 * left over from another login.
 */
function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const bearer = /^Bearer[ \t]+([\x21-\x7e]{1,512})[ \t]*$/i.exec(headers.authorization ?? '')?.[1];
  const apiKey = headers['x-api-key'];
  const isKey = typeof apiKey === 'string' && apiKey.length > 0 && apiKey.length <= 512;
  return [...(bearer === undefined ? [] : [bearer]), ...(isKey ? [apiKey] : [])];
}

/**
 * Who may use the proxy. Keys are stored as SHA-256 digests, and looked up in a time that reveals nothing
 * about them. A right key is always served; only the failures of an address are limited, because many people
 * may share it. Undecidable cases are refused.
 */
import { hash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { ANONYMOUS } from '@zephyr/contract/reserved-names';
import type { KeyVerdict } from '@zephyr/contract/status/proxy-status';
import type { ClientKey } from '@zephyr/runtime/config/config';
import type { ClientAccess } from '@zephyr/runtime/config/derived/client-access';
import { bearerIn, isClientKey } from '@zephyr/runtime/credential';
import { calledBy, isForwarded, isKnownHost } from '@zephyr/runtime/http/visitor';
import { WrongKeyLimit } from '@zephyr/runtime/http/wrong-key-limit';

export interface ClientRules {
  readonly access: ClientAccess;
  readonly keys: readonly ClientKey[];
  /** Lower case: names that clients may use for an open proxy. */
  readonly allowedHosts: readonly string[];
}

export interface Visitor {
  readonly headers: IncomingHttpHeaders;
  /** The client's address, behind any trusted proxy. */
  readonly address: string;
}

export type Admittance =
  | {
      readonly kind: 'admitted';
      /** The owner of its key; `anonymous` if keys are not used. */
      readonly person: string;
      /** Groups the requests that count together: the person or, without keys, the address. */
      readonly caller: string;
      /** Hash of the presented key; undefined if there are no keys. */
      readonly keySha256: string | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly why: 'unauthorized' | 'too_many_failures' | 'not_local' | 'unknown_host';
    };

export class Clients {
  #rules: ClientRules;
  #owners: ReadonlyMap<string, ClientKey>;
  /** Secret: timing cannot reveal which entry of the table a guess comes close to. */
  readonly #salt = randomBytes(32).toString('base64');
  readonly #wrongKeys = new WrongKeyLimit();
  /** Nearly every request uses the same host as the one before. */
  #lastHost: { readonly host: string | undefined; readonly isAddress: boolean } | undefined;

  constructor(rules: ClientRules) {
    this.#rules = rules;
    this.#owners = this.#ownersBySaltedHash(rules.keys);
  }

  get access(): ClientAccess {
    return this.#rules.access;
  }

  reconfigure(rules: ClientRules): void {
    this.#rules = rules;
    this.#owners = this.#ownersBySaltedHash(rules.keys);
  }

  /** Anyone admitted without a key, because none was needed, stays admitted. */
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

  /** For callers that check a key before using it. If one is needed, a wrong key counts as a failure. */
  verdictOn(visitor: Visitor, nowMs: number): KeyVerdict {
    const { access } = this.#rules;
    const isKeyNeeded = access === 'keys' || access === 'nobody';
    if (!isKeyNeeded) return 'open';
    if (presentedKeys(visitor.headers).length === 0) return 'no_key';
    return this.admit(visitor, nowMs).kind === 'admitted' ? 'accepted' : 'wrong_key';
  }

  /**
   * A foreign page whose name resolves here may read no more than others: without keys, not even our pages.
   */
  canReadPages({ headers }: Visitor): boolean {
    const { access, allowedHosts } = this.#rules;
    return access === 'keys' || isKnownHost(headers.host, allowedHosts);
  }

  /** A host name, or another hop, makes it a service for others, who need keys. */
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
      return { kind: 'admitted', person: name, caller: name, keySha256: sha256 };
    }
    const isLimited = this.#wrongKeys.note(address, nowMs);
    return { kind: 'refused', why: isLimited ? 'too_many_failures' : 'unauthorized' };
  }

  #ownerOf(key: string): ClientKey | undefined {
    return this.#owners.get(this.#salted(hash('sha256', key, 'hex')));
  }

  #ownersBySaltedHash(keys: readonly ClientKey[]): ReadonlyMap<string, ClientKey> {
    return new Map(keys.map((owner) => [this.#salted(owner.sha256), owner]));
  }

  #salted(sha256: string): string {
    return hash('sha256', `${this.#salt}${sha256}`, 'base64');
  }
}

function anybody({ address }: Visitor): Admittance {
  return { kind: 'admitted', person: ANONYMOUS, caller: address, keySha256: undefined };
}

/**
 * Claude Code sends its token as a bearer, an API key as `x-api-key`, or both; one of them may be left over
 * from another login. A text that no key can have is not looked up.
 */
function presentedKeys(headers: IncomingHttpHeaders): readonly string[] {
  const sent = [bearerIn(headers.authorization), headers['x-api-key']];
  return sent.filter((key): key is string => typeof key === 'string' && isClientKey(key));
}

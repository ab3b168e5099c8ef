/**
 * What a finished request adds to the usage ledger and the log of requests. In memory only: `UsageWriter`
 * writes it, and no request waits for that.
 */
import { MAX_REQUEST_ID_CHARACTERS } from '@zephyr/contract/id-length';
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';
import { NONE, OTHER } from '@zephyr/contract/reserved-names';
import type { EpochMs } from '@zephyr/contract/scalars';
import {
  type AnswerUsage,
  MAX_ATTEMPTS,
  type RequestRecord,
  type TokensKnown,
} from '@zephyr/contract/usage/usage';
import { costUsd, NO_USAGE, type Operation, type Price, priceOf } from '@zephyr/core';
import type { Clock } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';

import { Pseudonyms } from '../report/session-pseudonym.ts';

/** The facts about a request at its end. */
export interface FinishedRequest
  extends Pick<RequestRecord, 'id' | 'person' | 'outcome' | 'attempts' | 'durationMs'> {
  readonly operation: Operation;
  /** As named in the body; empty if it is not. */
  readonly model: string;
  /** As named in the answer; empty if it is not. */
  readonly answeredModel: string;
  /** Claude Code's session, combined with the person; undefined without a session. */
  readonly sessionId: string | undefined;
  readonly endpointRequestId: string | undefined;
  /** Undefined if there was no content. */
  readonly ttftMs: number | undefined;
  /** As far as the answer reported its tokens. */
  readonly usage: AnswerUsage | undefined;
  /** Whether an endpoint may charge for tokens that it did not report. */
  readonly isCharged: boolean;
}

export interface AccountingDeps {
  readonly clock: Clock;
  readonly config: () => Pick<Config, 'endpoints' | 'prices'>;
  /** From the snapshot, so that sessions have the same pseudonym as elsewhere. */
  readonly incarnation: () => string | undefined;
  /** @param model under which it is counted */
  readonly note: (record: RequestRecord, model: string) => void;
}

/** Model names come from clients, so memory for them is bounded. */
const MAX_MODELS = 500;
/** The most that one person may add, so that rows and names are left for the others. */
const MAX_MODELS_OF_PERSON = 30;
/** Endpoints removed from the configuration, whose last answers may still be running. */
const MAX_FORMER_TERMS = 1_000;
const NAME = new RegExp(String.raw`^[\x21-\x7e]{1,${MAX_MODEL_CHARACTERS}}$`);

/** A model named in requests. All share this one string: each of their own would retain a part of a body. */
interface KnownModel {
  readonly name: string;
  readonly price: Price | undefined;
}

interface Terms {
  readonly group: string;
  readonly usdFactor: number;
}

export class Accounting {
  readonly #deps: AccountingDeps;
  /** The configuration from which the next two are derived. */
  #config: Pick<Config, 'endpoints' | 'prices'> | undefined;
  /** By endpoint. */
  #terms: ReadonlyMap<string, Terms> = new Map();
  readonly #models = new Map<string, KnownModel>();
  /** Models for which some endpoint has answered. */
  readonly #answered = new Set<string>();
  /** How many of them each person was the first to get an answer for. */
  readonly #broughtBy = new Map<string, number>();
  readonly #pseudonyms = new Pseudonyms();

  constructor(deps: AccountingDeps) {
    this.#deps = deps;
  }

  /** Returns the entry for the log of requests. */
  finished(request: FinishedRequest): RequestRecord {
    this.#follow(this.#deps.config());
    const { usage, durationMs, ttftMs } = request;
    const endpoint = request.attempts.at(-1)?.endpoint ?? NONE;
    const terms = this.#terms.get(endpoint);
    const { name: model, price: ownPrice } = this.#modelOf(request.model);
    const price = ownPrice ?? this.#modelOf(request.answeredModel).price;
    const usdFactor = terms?.usdFactor ?? 1;
    const record: RequestRecord = {
      id: request.id,
      endpointRequestId: request.endpointRequestId?.slice(0, MAX_REQUEST_ID_CHARACTERS) ?? null,
      atMs: Math.round(this.#deps.clock.epochMs()) as EpochMs,
      person: request.person,
      group: terms?.group ?? null,
      endpoint,
      model,
      operation: request.operation,
      session:
        request.sessionId === undefined
          ? null
          : this.#pseudonyms.of(request.sessionId, this.#deps.incarnation()),
      outcome: request.outcome,
      attempts:
        request.attempts.length <= MAX_ATTEMPTS
          ? request.attempts
          : request.attempts.slice(-MAX_ATTEMPTS),
      ttftMs: ttftMs === undefined ? null : Math.round(ttftMs),
      durationMs: Math.round(durationMs),
      tokensKnown: tokensKnownOf(request),
      usage: usage ?? NO_USAGE,
      costUsd:
        usage === undefined ? 0 : price === undefined ? null : costUsd(usage, price) * usdFactor,
    };
    this.#deps.note(record, this.#countedAs(record, usage !== undefined));
    return record;
  }

  /** A name that no endpoint has answered for is a mistake, of which there are many. */
  #countedAs({ model, person }: RequestRecord, isAnswered: boolean): string {
    if (model === NONE || this.#answered.has(model)) return model;
    const brought = this.#broughtBy.get(person) ?? 0;
    const isFull = this.#answered.size >= MAX_MODELS || brought >= MAX_MODELS_OF_PERSON;
    if (!isAnswered || isFull) return OTHER;
    this.#answered.add(model);
    this.#broughtBy.set(person, brought + 1);
    return model;
  }

  #modelOf(named: string): KnownModel {
    const known = this.#models.get(named);
    if (known !== undefined) return known;
    const name = countedName(named);
    const model = { name, price: priceOf(name, this.#config?.prices) };
    if (this.#models.size < MAX_MODELS) this.#models.set(named, model);
    return model;
  }

  #follow(config: Pick<Config, 'endpoints' | 'prices'>): void {
    if (config === this.#config) return;
    this.#config = config;
    this.#models.clear();
    const terms = config.endpoints.map(({ id, groupName: group, usdFactor }): [string, Terms] => [
      id,
      { group, usdFactor },
    ]);
    const ids = new Set(terms.map(([id]) => id));
    const former = [...this.#terms].filter(([id]) => !ids.has(id)).slice(-MAX_FORMER_TERMS);
    this.#terms = new Map([...former, ...terms]);
  }
}

function countedName(name: string): string {
  if (name === '') return NONE;
  return NAME.test(name) ? name : OTHER;
}

function tokensKnownOf({ usage, outcome, isCharged }: FinishedRequest): TokensKnown {
  if (usage === undefined) return isCharged ? 'not_reported' : 'free';
  return outcome === 'ok' ? 'reported' : 'partly_reported';
}

/** `zephyr requests`: past requests; with `--follow` new ones as they end. */
import type { RequestParams } from '@zephyr/contract/api/api-query';
import { isWanted } from '@zephyr/contract/api/request-filter';
import { MAX_LISTED_REQUESTS } from '@zephyr/contract/history/history-size';
import type { ApiRequestRecord } from '@zephyr/contract/usage/usage';
import { systemClock } from '@zephyr/runtime/clock';
import type { Environment } from '@zephyr/runtime/environment';

import { type AdminOptions, type AdminSession, openSession } from '../../admin/admin-session.ts';
import { followStream } from '../../admin/follow-stream.ts';
import { renderTable } from '../../output/table.ts';

export interface RequestsOptions extends AdminOptions, RequestParams {
  readonly follow?: boolean;
}

export interface RequestsCall {
  readonly options: RequestsOptions;
  readonly environment: Environment;
  readonly print: (line: string) => void;
  /** Ends `--follow`. */
  readonly signal: AbortSignal;
}

/** @throws ZephyrError if the controller cannot be reached at first */
export async function requests(call: RequestsCall): Promise<void> {
  const { options, environment, print } = call;
  const session = openSession(options, environment);
  const { person, failed, id, limit = 20 } = options;
  const isFollowing = options.follow === true;
  // With `--follow` the last one must be known, even if not printed.
  const query = { person, failed, id, limit: isFollowing ? Math.max(1, limit) : limit };
  const known = query.limit === 0 ? [] : (await session.client.requests(query)).toReversed();
  const past = limit === 0 ? [] : known;
  const isTable = options.json !== true && !isFollowing;
  if (isTable) print(past.length === 0 ? session.say('requests.noMatch') : tableOf(past, session));
  else for (const record of past) print(lineOf(record, options, session));
  if (isFollowing) await follow(call, session, new SeenRequests(known));
}

/** Includes what ended without a stream: before it began, or while the controller was away. */
async function follow(
  { options, print, signal }: RequestsCall,
  session: AdminSession,
  seen: SeenRequests,
): Promise<void> {
  const show = (record: ApiRequestRecord): void => {
    if (!seen.hasRecord(record) && isWanted(record, options))
      print(lineOf(record, options, session));
    seen.add(record);
  };
  for await (const message of followStream(session.client, signal, { hasRequests: true })) {
    if (message.kind === 'history') for (const record of await missed()) show(record);
    else if (message.kind === 'request') show(message.record);
  }

  async function missed(): Promise<readonly ApiRequestRecord[]> {
    const { person, failed, id } = options;
    const query = { person, failed, id, limit: MAX_LISTED_REQUESTS };
    const newestFirst = await session.client.requests(query).catch(() => []);
    const known = newestFirst.findIndex((record) => seen.hasRecord(record));
    return newestFirst.slice(0, known === -1 ? newestFirst.length : known).toReversed();
  }
}

/** The latest requests already printed, or not to be printed. */
class SeenRequests {
  readonly #ids: Set<string>;

  constructor(records: readonly ApiRequestRecord[]) {
    this.#ids = new Set(records.map(({ id }) => id));
  }

  hasRecord({ id }: ApiRequestRecord): boolean {
    return this.#ids.has(id);
  }

  add({ id }: ApiRequestRecord): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > 2 * MAX_LISTED_REQUESTS && oldest !== undefined) this.#ids.delete(oldest);
  }
}

function tableOf(records: readonly ApiRequestRecord[], session: AdminSession): string {
  const { say } = session;
  const head = [
    ...[say('requests.time'), say('usage.person'), say('usage.endpoint'), say('usage.model')],
    ...[say('requests.outcome'), say('requests.duration'), say('requests.tokens')],
    ...[say('usage.cost'), 'ID'],
  ];
  return renderTable(
    head,
    records.map((record) => cellsOf(record, session)),
  );
}

function lineOf(record: ApiRequestRecord, options: RequestsOptions, session: AdminSession): string {
  return options.json === true ? JSON.stringify(record) : cellsOf(record, session).join('  ');
}

function cellsOf(record: ApiRequestRecord, { say, numbers }: AdminSession): string[] {
  const { usage, costUsd, attempts, outcome } = record;
  const input = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const failures = attempts.flatMap(({ endpoint, failure }) =>
    failure === null ? [] : [`${endpoint}: ${say(`failure.${failure}`)}`],
  );
  const why = failures.length === 0 ? '' : ` (${failures.join(', ')})`;
  return [
    numbers.time(record.atMs, systemClock.epochMs()),
    ...[record.person, record.endpoint, record.model],
    say(`requests.outcome.${outcome}`) + why,
    numbers.latency(record.durationMs),
    `${numbers.count(input)} / ${numbers.count(usage.outputTokens)}`,
    costUsd === null ? say('requests.unpriced') : numbers.usd(costUsd),
    record.endpointRequestId ?? record.id,
  ];
}

/**
 * Tests of endpoints that were added on the Settings page. A new endpoint is out of service until its test has
 * passed. Running tests are noted in Redis: if a controller ends during a test, the next one to start repeats it,
 * and if Redis becomes unavailable during a test, the same controller does, so that no endpoint stays out of
 * service for good.
 */
import type { EditAnswer } from '@zephyr/contract/operate/config-edit';
import { isServing } from '@zephyr/contract/probe/endpoint-finding';
import { type EndpointId, endpointIdSchema } from '@zephyr/contract/scalars';
import { actEvery, pause } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import { setAuth } from '@zephyr/runtime/config/edit/endpoints';
import type { ConfigFiles } from '@zephyr/runtime/config/files/config-files';
import type { Environment } from '@zephyr/runtime/environment';
import { messageOf, ZephyrError } from '@zephyr/runtime/errors';
import { keys } from '@zephyr/runtime/redis/keys';
import { z } from 'zod';

import { applied, type CommandDeps } from './commands.ts';
import { ProblemError } from './problem-error.ts';
import { type SurveyDeps, surveyed } from './survey.ts';

export interface EndpointTestDeps extends Omit<CommandDeps, 'current'>, SurveyDeps {
  readonly files: ConfigFiles;
  readonly environment: Environment;
  readonly config: () => Config;
}

export interface AddedEndpoint {
  readonly id: EndpointId;
  readonly name: string;
  readonly actor: string;
}

/** A controller that has not renewed its note for this long has ended. */
const NOTE_LIFE_MS = 10_000;
const RENEW_INTERVAL_MS = 3_000;
/** Interval at which unfinished tests are looked up while Redis is away, e.g. when a host starts. */
const RETRY_INTERVAL_MS = 1_000;
/** Attempts at a command without an answer, half a minute in total, and at an interrupted test. */
const MAX_TEST_ATTEMPTS = 5;

const INTERRUPTED = 'test of a new endpoint interrupted';

const noteSchema = z.object({ name: z.string(), actor: z.string(), untilAtMs: z.number() });

export class EndpointTests {
  readonly #deps: EndpointTestDeps;
  readonly #stopping = new AbortController();

  constructor(deps: EndpointTestDeps) {
    this.#deps = deps;
  }

  /**
   * The endpoint is already in the configuration, because probers read address and token from nowhere else, and
   * out of service until it has proved that it serves. If the result is unknown, e.g. because Redis went away,
   * the caller gets an error, and the test is repeated.
   */
  async run(added: AddedEndpoint): Promise<NonNullable<EditAnswer['tested']>> {
    try {
      return await this.#noted(added, async () => {
        const { actor, id } = added;
        const body = { endpointId: id, force: true };
        await applied(this.#deps, { actor, name: 'disable', body });
        return await this.#testDisabled(added);
      });
    } catch (error) {
      void this.#finish(added.id);
      if (error instanceof ProblemError || error instanceof ZephyrError) throw error;
      this.#deps.log.warn({ endpointId: added.id, why: messageOf(error) }, INTERRUPTED);
      throw new ProblemError('store_away', 'the test was interrupted; it will be repeated');
    }
  }

  /** Repeats the tests that earlier controllers have not finished. Never throws. */
  async resume(): Promise<void> {
    const { redis } = this.#deps;
    const notes = (await this.#patiently(() => redis.hgetall(keys.endpointTests))) ?? {};
    await Promise.all(Object.keys(notes).map((field) => this.#finish(field)));
  }

  /** Running tests are repeated by the next controller. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Repeats the test while it is interrupted, up to a limit; after that the next controller does. Never throws. */
  async #finish(field: string): Promise<void> {
    const { log } = this.#deps;
    for (let left = MAX_TEST_ATTEMPTS; left > 0; left -= 1) {
      const added = await this.#taken(field);
      if (added === undefined) return;
      const { id: endpointId } = added;
      try {
        const tested = await this.#noted(added, () => this.#testDisabled(added));
        const { isInService, finding } = tested;
        const fields = { endpointId, isInService, why: finding?.refusal?.detail };
        log[isInService ? 'info' : 'warn'](fields, 'test of a new endpoint repeated');
        return;
      } catch (error) {
        log.warn({ endpointId, why: messageOf(error) }, INTERRUPTED);
      }
    }
  }

  /** Takes the note over once its owner has ended. Undefined if there is nothing to test. */
  async #taken(field: string): Promise<AddedEndpoint | undefined> {
    const { clock, config, redis } = this.#deps;
    const id = endpointIdSchema.safeParse(field);
    for (;;) {
      const note = noteIn(await this.#patiently(() => redis.hget(keys.endpointTests, field)));
      if (this.#stopping.signal.aborted) return undefined;
      const waitMs = (note?.untilAtMs ?? 0) - clock.epochMs();
      if (waitMs > 0) {
        // Its controller may still be running.
        await pause(clock, Math.min(waitMs, NOTE_LIFE_MS), this.#stopping.signal);
        continue;
      }
      // If several controllers start, one takes it. If a reply is lost two may, which is harmless.
      const removed = await redis.hdel(keys.endpointTests, field).catch(() => 'unknown');
      const isThere = id.success && config().endpoints.some((each) => each.id === id.data);
      if (removed === 0 || note === undefined || !isThere) return undefined;
      const added = { id: id.data, name: note.name, actor: note.actor };
      await this.#patiently(() => this.#note(added));
      return added;
    }
  }

  /** Retries until Redis answers. Undefined if this controller stops first. */
  async #patiently<Reply>(ask: () => Promise<Reply>): Promise<Reply | undefined> {
    const { clock, log } = this.#deps;
    const { signal } = this.#stopping;
    for (let failures = 0; failures === 0 || !signal.aborted; failures += 1) {
      try {
        return await ask();
      } catch (error) {
        const why = messageOf(error);
        if (failures === 0) log.warn({ why }, 'tests of new endpoints not resumed yet');
      }
      await pause(clock, RETRY_INTERVAL_MS, signal);
    }
    return undefined;
  }

  async #testDisabled({ id, name, actor }: AddedEndpoint) {
    const { files, environment } = this.#deps;
    const finding = await surveyed(id, this.#deps, this.#stopping.signal);
    const isInService = finding !== undefined && isServing(finding);
    if (isInService) {
      if (finding.auth !== null) await setAuth({ name, auth: finding.auth }, files, environment);
      await this.#enabled(id, actor);
    }
    return { endpointId: id, isInService, finding: finding ?? null };
  }

  /** A controller that has just started may not lead yet. Enabling twice is harmless. */
  async #enabled(id: EndpointId, actor: string): Promise<void> {
    for (let left = MAX_TEST_ATTEMPTS - 1; ; left -= 1) {
      try {
        await applied(this.#deps, { actor, name: 'enable', body: { endpointId: id } });
        return;
      } catch (error) {
        const isUnanswered = error instanceof ProblemError && error.code === 'timeout';
        if (!isUnanswered || left === 0 || this.#stopping.signal.aborted) throw error;
      }
    }
  }

  /** The note stays if the test was interrupted. */
  async #noted<Result>(added: AddedEndpoint, test: () => Promise<Result>): Promise<Result> {
    const { redis, clock } = this.#deps;
    await this.#note(added);
    const endRenewals = actEvery(clock, RENEW_INTERVAL_MS, () => {
      void this.#note(added).catch(() => undefined);
    });
    const result = await test().finally(endRenewals);
    if (!this.#stopping.signal.aborted) {
      await redis.hdel(keys.endpointTests, added.id).catch(() => undefined);
    }
    return result;
  }

  async #note({ id, name, actor }: AddedEndpoint): Promise<void> {
    const note = { name, actor, untilAtMs: this.#deps.clock.epochMs() + NOTE_LIFE_MS };
    await this.#deps.redis.hset(keys.endpointTests, id, JSON.stringify(note));
  }
}

function noteIn(text: string | null | undefined): z.output<typeof noteSchema> | undefined {
  try {
    return noteSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

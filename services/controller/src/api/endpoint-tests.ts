/**
 * Tests of endpoints that were added on the page of settings. Until its test ends an endpoint is out of
 * service. Tests that run are noted in Redis: where a controller ends in the middle, the next one that starts
 * does the test again, instead of leaving the endpoint out of service for good.
 */
import type { EditAnswer } from '@zephyr/contract/config-edit';
import { isServing } from '@zephyr/contract/endpoint-finding';
import { type EndpointId, endpointId } from '@zephyr/contract/scalars';
import { pause } from '@zephyr/runtime/clock';
import type { Config } from '@zephyr/runtime/config/config';
import { type ConfigFiles, setAuth } from '@zephyr/runtime/config/edit/endpoints';
import type { Environment } from '@zephyr/runtime/environment';
import { messageOf } from '@zephyr/runtime/errors';
import { keys } from '@zephyr/runtime/redis/keys';
import { z } from 'zod';

import { applied, type CommandDeps } from './commands.ts';
import { ProblemError } from './problem.ts';
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

/** A controller that has not renewed its note for that long has ended. */
const NOTE_LIFE_MS = 10_000;
const RENEWAL_MS = 3_000;
/** Between looks for unfinished tests while Redis is away, as it may be when a host starts. */
const RESUME_RETRY_MS = 1_000;
/** Of a command that nobody answers, half a minute in all. */
const MOST_ATTEMPTS = 5;

const noteSchema = z.object({ name: z.string(), actor: z.string(), untilAtMs: z.number() });

export class EndpointTests {
  readonly #deps: EndpointTestDeps;
  readonly #stopping = new AbortController();

  constructor(deps: EndpointTestDeps) {
    this.#deps = deps;
  }

  /**
   * In the configuration already, because a prober takes address and token from nowhere else, and out of
   * service until it has shown that it serves.
   */
  async run(added: AddedEndpoint): Promise<NonNullable<EditAnswer['tested']>> {
    return await this.#noted(added, async () => {
      const { actor, id } = added;
      await applied(this.#deps, { actor, name: 'disable', body: { endpointId: id, force: true } });
      return await this.#testDisabled(added);
    });
  }

  /** What controllers before this one have not finished. Never throws. */
  async resume(): Promise<void> {
    const { clock, log, redis } = this.#deps;
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const notes = await redis.hgetall(keys.endpointTests);
        await Promise.all(Object.keys(notes).map((id) => this.#resumeOne(id)));
        return;
      } catch (error) {
        const why = messageOf(error);
        if (failures === 0) log.warn({ why }, 'tests of new endpoints not resumed yet');
      }
      await pause(clock, RESUME_RETRY_MS, signal);
    }
  }

  /** What runs is done again by the next controller. */
  stop(): void {
    this.#stopping.abort();
  }

  async #resumeOne(field: string): Promise<void> {
    const { clock, config, log, redis } = this.#deps;
    const id = endpointId.safeParse(field);
    for (;;) {
      const note = noteIn(await redis.hget(keys.endpointTests, field));
      const waitMs = (note?.untilAtMs ?? 0) - clock.epochMs();
      if (waitMs > 0) {
        // Its controller may live.
        await pause(clock, Math.min(waitMs, NOTE_LIFE_MS), this.#stopping.signal);
        if (this.#stopping.signal.aborted) return;
        continue;
      }
      // Of several controllers that start, one takes it.
      if ((await redis.hdel(keys.endpointTests, field)) === 0) return;
      const isThere = id.success && config().endpoints.some((each) => each.id === id.data);
      if (note === undefined || !isThere) return;
      const added = { id: id.data, name: note.name, actor: note.actor };
      const tested = await this.#noted(added, () => this.#testDisabled(added));
      const { isInService, finding } = tested;
      const fields = { endpointId: id.data, isInService, why: finding?.refusal?.detail };
      log[isInService ? 'info' : 'warn'](fields, 'test of a new endpoint done again');
      return;
    }
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

  /** A controller that has just started may lead only in a moment: to enable twice is to enable. */
  async #enabled(id: EndpointId, actor: string): Promise<void> {
    for (let left = MOST_ATTEMPTS - 1; ; left -= 1) {
      try {
        await applied(this.#deps, { actor, name: 'enable', body: { endpointId: id } });
        return;
      } catch (error) {
        const isUnanswered = error instanceof ProblemError && error.code === 'timeout';
        if (!isUnanswered || left === 0 || this.#stopping.signal.aborted) throw error;
      }
    }
  }

  async #noted<Result>(added: AddedEndpoint, test: () => Promise<Result>): Promise<Result> {
    const { redis } = this.#deps;
    await this.#note(added);
    const renewal = setInterval(() => void this.#note(added).catch(() => undefined), RENEWAL_MS);
    try {
      return await test();
    } finally {
      clearInterval(renewal);
      if (!this.#stopping.signal.aborted) {
        await redis.hdel(keys.endpointTests, added.id).catch(() => undefined);
      }
    }
  }

  async #note({ id, name, actor }: AddedEndpoint): Promise<void> {
    const note = { name, actor, untilAtMs: this.#deps.clock.epochMs() + NOTE_LIFE_MS };
    await this.#deps.redis.hset(keys.endpointTests, id, JSON.stringify(note));
  }
}

function noteIn(text: string | null): z.output<typeof noteSchema> | undefined {
  try {
    return noteSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

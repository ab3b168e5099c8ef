import type { NotifyEvent } from '@zephyr/contract/notify/notify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Occurrence } from './occurrences.ts';
import {
  nextDueAtMs,
  type Outgoing,
  type Repeats,
  SETTLED_AFTER_MS,
  withOccurrence,
  withTimePassed,
} from './repeats.ts';

/** What people see, in minutes. */
class Story {
  #repeats: Repeats = new Map();
  readonly received: {
    minute: number;
    event: string;
    subject: string;
    more: number;
    late: boolean;
  }[] = [];

  happens(minute: number, event: NotifyEvent, subject = 'one'): this {
    this.passes(minute);
    const atMs = minute * 60_000;
    const occurrence = { event, subject, atMs } as Occurrence;
    const step = withOccurrence(this.#repeats, occurrence, atMs);
    this.#repeats = step.repeats;
    this.#receive(minute, step.outgoing);
    return this;
  }

  /** Moves time with the timer that the notifier would set. */
  passes(minute: number): this {
    for (;;) {
      const dueAtMs = nextDueAtMs(this.#repeats);
      if (dueAtMs === undefined || dueAtMs > minute * 60_000) return this;
      const step = withTimePassed(this.#repeats, dueAtMs);
      this.#repeats = step.repeats;
      this.#receive(dueAtMs / 60_000, step.outgoing);
    }
  }

  get remembered(): number {
    return this.#repeats.size;
  }

  #receive(minute: number, outgoing: readonly Outgoing[]): void {
    for (const { occurrence, more, isLate } of outgoing) {
      const { event, subject } = occurrence;
      this.received.push({ minute, event, subject, more, late: isLate });
    }
  }
}

const brief = ({ received }: Story) =>
  received.map(({ minute, event, subject, more, late }) =>
    [minute, event, subject, ...(more > 0 ? [`+${more}`] : []), ...(late ? ['late'] : [])].join(
      ' ',
    ),
  );

describe('repeats', () => {
  it('are one message in ten minutes, then the latest one with a count of the others', () => {
    const story = new Story();
    for (const minute of [0, 1, 2, 3]) story.happens(minute, 'failed_over');
    expect(brief(story)).toEqual(['0 failed_over one']);
    story.passes(10);
    expect(brief(story).slice(1)).toEqual(['10 failed_over one +2 late']);
  });

  it('of another endpoint or another event are separate messages', () => {
    const story = new Story().happens(0, 'endpoint_down').happens(1, 'endpoint_down', 'two');
    story.happens(2, 'token_refused');
    expect(brief(story)).toEqual([
      ...['0 endpoint_down one', '1 endpoint_down two', '2 token_refused one'],
    ]);
  });

  it('are new again after ten minutes', () => {
    const story = new Story().happens(0, 'all_down', '').happens(10, 'all_down', '');
    expect(brief(story)).toEqual(['0 all_down ', '10 all_down ']);
  });

  it('that no longer hold are not sent, but counted', () => {
    const story = new Story().happens(0, 'endpoint_down').happens(1, 'endpoint_up');
    story.happens(2, 'endpoint_down').happens(3, 'endpoint_up').passes(60);
    expect(brief(story).slice(2)).toEqual(['11 endpoint_up one +1 late']);
    const quick = new Story().happens(0, 'endpoint_down').happens(2, 'endpoint_down');
    quick.happens(3, 'endpoint_up').passes(60);
    expect(brief(quick)).toEqual(['0 endpoint_down one', '3 endpoint_up one +1']);
  });

  it('that last are sent after two minutes if the last message said the opposite', () => {
    const story = new Story().happens(0, 'all_down', '').happens(1, 'available_again', '');
    story.happens(2, 'all_down', '').passes(3.9);
    expect(brief(story)).toEqual(['0 all_down ', '1 available_again ']);
    story.passes(60);
    expect(brief(story).slice(2)).toEqual(['4 all_down  late']);
  });

  const history = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 15 }),
      fc.constantFrom<NotifyEvent>('endpoint_down', 'endpoint_up'),
      fc.constantFrom('one', 'two'),
    ),
    { maxLength: 60 },
  );

  function lived(steps: readonly (readonly [number, NotifyEvent, string])[]): Story {
    const story = new Story();
    let minute = 0;
    for (const [pause, event, subject] of steps) {
      minute += pause;
      story.happens(minute, event, subject);
    }
    return story.passes(minute + 100);
  }

  it('never leave a false message standing, lose no change, and keep nothing in memory', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const story = lived(steps);
        for (const subject of ['one', 'two']) {
          const happened = steps.filter((step) => step[2] === subject);
          const received = story.received.filter((each) => each.subject === subject);
          expect(received.at(-1)?.event).toBe(happened.at(-1)?.[1]);
          expect(received.reduce((sum, { more }) => sum + more + 1, 0)).toBe(happened.length);
        }
        expect(story.remembered).toBe(0);
      }),
    );
  });

  it('leave no message standing that has been false for two minutes', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { received } = lived(steps);
        let minute = 0;
        for (const [index, [pause, event, subject]] of steps.entries()) {
          minute += pause;
          const later = steps.slice(index + 1);
          const ahead = later.findIndex((step) => step[2] === subject);
          const gone = later.slice(0, ahead + 1).reduce((sum, step) => sum + step[0], 0);
          if (ahead !== -1 && gone <= SETTLED_AFTER_MS / 60_000) continue;
          const until = minute + SETTLED_AFTER_MS / 60_000;
          const last = received.findLast(
            (each) => each.subject === subject && each.minute <= until,
          );
          expect(last?.event).toBe(event);
        }
      }),
    );
  });

  it('are never sent more often than every two minutes', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const last = new Map<string, number>();
        for (const { minute, event, subject } of lived(steps).received) {
          const before = last.get(event + subject) ?? Number.NEGATIVE_INFINITY;
          expect(minute - before).toBeGreaterThanOrEqual(SETTLED_AFTER_MS / 60_000);
          last.set(event + subject, minute);
        }
      }),
    );
  });
});

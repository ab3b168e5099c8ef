/** Overall state, serving endpoint, reason, and what happens next. */
import {
  failingText,
  headlineOf,
  overallOf,
  overallText,
  type Situation,
  troublesOf,
  troubleText,
  whyOf,
} from '@zephyr/texts/screens';
import type { ComponentChildren, JSX } from 'preact';

import { controllerEpochMs } from '../connection/page-state.ts';
import { speech } from '../language/language.ts';
import type { Teller } from './banners.tsx';
import { Icon } from './icon.tsx';

interface NowProps {
  readonly situation: Situation;
  /** What will happen next, in one sentence; empty if unknown. */
  readonly next: string;
  /** Opens the reasons. */
  readonly why?: JSX.Element;
  readonly controls?: JSX.Element;
  readonly facts: JSX.Element;
}

export function Now({ situation, next, why, controls, facts }: NowProps) {
  const { say, numbers } = speech.value;
  const { selection } = situation;
  const { status } = overallOf(situation);
  return (
    <section class={`now ${status}`} data-overall={status} aria-labelledby="now-title">
      <div>
        <p class="eyebrow">{overallText(situation, speech.value, controllerEpochMs.value)}</p>
        <h2 id="now-title">
          <span class="beacon" aria-hidden="true" />
          {headlineOf(situation, say)}
        </h2>
      </div>
      {controls}
      <div class="now-text">
        <p class="why">
          {whyOf(situation, speech.value)}{' '}
          {selection.status !== 'none' && status !== 'bad' && (
            <span class="since">
              {say('now.since', {
                time: numbers.time(selection.sinceAtMs, controllerEpochMs.value),
              })}
            </span>
          )}{' '}
          {why}
        </p>
        {next !== '' && (
          <p class="next">
            <Icon name="next" /> {next}
          </p>
        )}
        <PendingBar selection={selection} />
        <Troubles situation={situation} />
      </div>
      <dl class="facts">{facts}</dl>
    </section>
  );
}

/** What keeps endpoints from serving, and what to do about it. */
function Troubles({ situation }: Pick<NowProps, 'situation'>) {
  const { say } = speech.value;
  const troubles = troublesOf(situation);
  const failing = failingText(situation, speech.value);
  if (troubles.length === 0 && failing === null) return null;
  return (
    <ul class="troubles">
      {failing !== null && (
        <li>
          <strong>{failing}</strong>
        </li>
      )}
      {troubles.map((trouble) => {
        const { what, advice } = troubleText(trouble, speech.value, controllerEpochMs.value);
        return (
          <li key={trouble.failure}>
            <strong>{what}</strong>
            {say('overall.advice', { what: '', advice })}
          </li>
        );
      })}
    </ul>
  );
}

/** Elapsed share of a pending switch's longest wait. */
function PendingBar({ selection }: Pick<Situation, 'selection'>) {
  if (selection.status !== 'pending') return null;
  const wholeMs = Math.max(1, selection.deadlineAtMs - selection.sinceAtMs);
  const passed = Math.min(
    1,
    Math.max(0, (controllerEpochMs.value - selection.sinceAtMs) / wholeMs),
  );
  return <progress class="pending" max={1} value={passed} aria-labelledby="now-title" />;
}

interface FactProps {
  readonly label: string;
  readonly value: string;
  readonly children?: ComponentChildren;
}

export function Fact({ label, value, children }: FactProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {value}
        {children !== undefined && <small>{children}</small>}
      </dd>
    </div>
  );
}

/** Before the first state: a skeleton of the coming content, so that nothing jumps. */
export function NowPlaceholder({ teller }: { readonly teller: Teller }) {
  const { say } = speech.value;
  return (
    <section class="now none" aria-busy="true" aria-labelledby="now-title">
      <div>
        <h2 id="now-title">{say('link.connecting')}</h2>
        <p class="why">{say(`link.connecting.${teller}`)}</p>
      </div>
    </section>
  );
}

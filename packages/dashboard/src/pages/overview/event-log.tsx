import { signal } from '@preact/signals';
import type { ApiLogEntry } from '@zephyr/contract/api/api-history';
import type { ApiState } from '@zephyr/contract/api/api-state';
import { logLines } from '@zephyr/texts/screens';

import { Choice } from '../../components/choice.tsx';
import { Scrolling } from '../../components/scrolling.tsx';
import { WhyButton } from '../../components/why-button.tsx';
import { controllerEpochMs } from '../../connection/page-state.ts';
import { speech } from '../../language/language.ts';
import { reloadConfiguration } from '../../state/actions.ts';
import { log } from '../../state/store.ts';
import { BrowserNotifyChoice } from './browser-notify-choice.tsx';

const FILTERS = ['all', 'decision', 'notice', 'command', 'system'] as const;
type Filter = (typeof FILTERS)[number];

const filter = signal<Filter>('all');

/** Past events, newest first. */
export function EventLog({ current }: { readonly current: ApiState }) {
  const { say, numbers } = speech.value;
  const shown = logLines(log.value.filter(isShown), current, speech.value);
  return (
    <section class="panel log" aria-labelledby="log-title">
      <div class="panel-head">
        <h2 id="log-title">{say('log.title')}</h2>
        <Choice
          label={say('log.filter')}
          values={FILTERS}
          chosen={filter.value}
          textOf={(each) => (each === 'all' ? say('log.all') : say(`log.kind.${each}`))}
          choose={(each) => {
            filter.value = each;
          }}
        />
      </div>
      {shown.length === 0 ? (
        <p class="empty">{say(log.value.length === 0 ? 'log.empty' : 'log.empty.filtered')}</p>
      ) : (
        <Scrolling labelledBy="log-title">
          <ol>
            {shown.map(({ entry, text, count }) => (
              <li key={entry.id} class={toneOf(entry)} data-kind={entry.kind}>
                <time dateTime={new Date(entry.atMs).toISOString()}>
                  {numbers.time(entry.atMs, controllerEpochMs.value)}
                </time>
                <span>
                  {text} {count > 1 && <span class="count">× {numbers.count(count)}</span>}
                </span>
                {entry.kind === 'decision' && <WhyButton decision={entry.decision} about={text} />}
              </li>
            ))}
          </ol>
        </Scrolling>
      )}
      <div class="panel-foot">
        <button type="button" class="quiet-button" onClick={reloadConfiguration}>
          {say('action.reload')}
        </button>
        <BrowserNotifyChoice />
      </div>
    </section>
  );
}

function isShown({ kind }: ApiLogEntry): boolean {
  if (filter.value === 'all') return true;
  return filter.value === 'system'
    ? kind === 'config' || kind === 'leader' || kind === 'store'
    : kind === filter.value;
}

function toneOf(entry: ApiLogEntry): string {
  switch (entry.kind) {
    case 'decision':
      return entry.decision.reason === 'nothing_available' ? 'bad' : 'accent';
    case 'notice':
      return { info: 'quiet', warning: 'warn', critical: 'bad' }[entry.severity];
    case 'command':
    case 'config':
      return entry.outcome === 'applied' ? 'quiet' : 'warn';
    case 'store':
      return entry.status === 'away' ? 'bad' : 'quiet';
    case 'leader':
      return 'quiet';
  }
}

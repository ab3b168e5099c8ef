import type { ComponentChildren } from 'preact';

import { speech } from '../language.ts';
import { Scrolling } from './scrolling.tsx';

interface ListPanelProps {
  /** Also its class. */
  readonly name: string;
  readonly title: string;
  /** How many are shown; the server may have truncated the list. */
  readonly shown: number;
  readonly total: number;
  /** Said when there is nothing, and when not all is shown. */
  readonly texts: { readonly empty: string; readonly more: string };
  /** The head and the body of the table. */
  readonly children: ComponentChildren;
  readonly hint?: string;
  /** Shown where there is nothing. */
  readonly howTo?: ComponentChildren;
}

/** What is there now, with its count, and honest when nothing is there or not all is shown. */
export function ListPanel({
  name,
  title,
  shown,
  total,
  texts,
  children,
  hint,
  howTo,
}: ListPanelProps) {
  const titleId = `${name}-title`;
  return (
    <section class={`panel ${name}`} aria-labelledby={titleId}>
      <div class="panel-head">
        <h2 id={titleId}>
          {title} <span class="count">{speech.value.numbers.count(total)}</span>
        </h2>
      </div>
      {total === 0 && <p class="empty">{texts.empty}</p>}
      {total === 0 && howTo}
      {shown > 0 && (
        <Scrolling labelledBy={titleId}>
          <table>{children}</table>
        </Scrolling>
      )}
      {total > shown && <p class="hint">{texts.more}</p>}
      {hint !== undefined && <p class="hint">{hint}</p>}
    </section>
  );
}

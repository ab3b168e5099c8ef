import type { ComponentChildren } from 'preact';

import { Scrolling } from '../../components/scrolling.tsx';
import { speech } from '../../language/language.ts';

interface ListPanelProps {
  /** Also its class. */
  readonly name: string;
  readonly title: string;
  /** Number shown; the server may have truncated the list. */
  readonly shown: number;
  readonly total: number;
  /** Shown if the list is empty, or not complete. */
  readonly texts: { readonly empty: string; readonly more: string };
  /** The table's header and body. */
  readonly children: ComponentChildren;
  readonly hint?: string;
  /** Shown if the list is empty. */
  readonly howTo?: ComponentChildren;
}

/** A list with its count, which says so if it is empty or incomplete. */
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

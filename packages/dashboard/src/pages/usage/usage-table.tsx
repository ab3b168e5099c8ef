import { OTHER, PROBES } from '@zephyr/contract/reserved-names';
import type { NamedDimension } from '@zephyr/contract/usage/usage';
import type { JSX } from 'preact';
import { Scrolling } from '../../components/scrolling.tsx';
import { UsageName } from '../../components/usage-names.tsx';
import { ratioText } from '../../language/language.ts';
import { usageSpeech } from '../../language/usage-language.ts';
import { hashOf } from '../../navigation/page-address.ts';
import { cacheHitRatio, type NamedUsage } from './usage-sums.ts';

interface UsageTableProps {
  readonly dimension: NamedDimension;
  readonly rows: readonly NamedUsage[];
  /** Remaining budget by name; undefined if nobody has one. */
  readonly left?: ReadonlyMap<string, number> | undefined;
}

/** Who, with what, or where: the most expensive first. */
export function UsageReportTable({ dimension, rows, left }: UsageTableProps) {
  const { say, numbers } = usageSpeech.value;
  const titleId = `usage-${dimension}-title`;
  const heads = [
    'cost',
    'requests',
    'failed',
    'cacheHits',
    'input',
    'output',
    'cacheRead',
  ] as const;
  return (
    <section class="panel" aria-labelledby={titleId}>
      <div class="panel-head">
        <h2 id={titleId}>{say(`usage.by.${dimension}`)}</h2>
      </div>
      <Scrolling labelledBy={titleId}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say(`usage.${dimension}`)}</th>
              {left !== undefined && (
                <th scope="col" class="number">
                  {say('usage.budgetLeft')}
                </th>
              )}
              {[...heads, 'cacheWrite' as const].map((head) => (
                <th key={head} scope="col" class="number">
                  {say(`usage.${head}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, figures }) => (
              <tr key={name} data-name={name}>
                <th scope="row">{nameCell(dimension, name)}</th>
                {left !== undefined && <LeftCell left={left.get(name)} />}
                <td class="number">{numbers.usd(figures.cost_usd)}</td>
                <td class="number">{numbers.count(figures.requests)}</td>
                <td class={figures.failed > 0 ? 'number bad-text' : 'number'}>
                  {numbers.count(figures.failed)}
                </td>
                <td class="number">{ratioText(cacheHitRatio(figures))}</td>
                <td class="number">{numbers.count(figures.input_tokens)}</td>
                <td class="number">{numbers.count(figures.output_tokens)}</td>
                <td class="number">{numbers.count(figures.cache_read_tokens)}</td>
                <td class="number">{numbers.count(figures.cache_write_tokens)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolling>
      {rows.some(({ name }) => name === OTHER) && <p class="hint">{say('usage.note.other')}</p>}
    </section>
  );
}

function LeftCell({ left }: { readonly left: number | undefined }) {
  const text = left === undefined ? '–' : usageSpeech.value.numbers.usd(left);
  return <td class={left === 0 ? 'number bad-text' : 'number'}>{text}</td>;
}

/** Links a person to their requests; probes and the rest have none. */
function nameCell(dimension: UsageTableProps['dimension'], name: string): JSX.Element {
  const shown = <UsageName kind={dimension} name={name} />;
  if (dimension !== 'person' || name === OTHER || name === PROBES) return shown;
  return <a href={hashOf({ kind: 'requests', filter: { person: name } })}>{shown}</a>;
}

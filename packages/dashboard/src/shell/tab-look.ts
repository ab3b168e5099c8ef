/** Title and icon of the browser tab, for a page kept in the background. Pure. */
import {
  headlineOf,
  type OverallStatus,
  overallOf,
  type Situation,
  type Speech,
} from '@zephyr/texts/screens';

export interface TabLook {
  readonly icon: 'good' | 'degraded' | 'bad';
  readonly title: string;
}

interface TabFacts {
  /** Null before the first state. */
  readonly situation: Situation | null;
  readonly isStale: boolean;
  /** Null for the overview, whose title is the headline. */
  readonly pageTitle: string | null;
}

/** As text, for tabs whose icon is hidden or read out. */
const MARKS = { good: '', degraded: '⚠ ', bad: '✕ ' } as const;
const ICONS: Readonly<Record<OverallStatus, TabLook['icon']>> = {
  none: 'good',
  good: 'good',
  degraded: 'degraded',
  bad: 'bad',
};

export function tabLookOf(
  { situation, isStale, pageTitle }: TabFacts,
  say: Speech['say'],
): TabLook {
  const app = say('app.title');
  if (situation === null) {
    return { icon: 'good', title: pageTitle === null ? app : `${pageTitle} · ${app}` };
  }
  const known = ICONS[overallOf(situation).status];
  // A stale state may be worse by now.
  const icon = isStale && known === 'good' ? 'degraded' : known;
  return { icon, title: `${MARKS[icon]}${pageTitle ?? headlineOf(situation, say)} · ${app}` };
}

/** Numbers, times and durations for people, with the platform's own `Intl`. */
import type { Language } from './screen-catalogue.ts';

export const LOCALES: Readonly<Record<Language, string>> = { en: 'en-GB', zh: 'zh-CN' };

export interface Numbers {
  /** `812 ms`, `1.24 s`, `12.4 s`: three digits match the precision of a latency. */
  latency(milliseconds: number): string;
  /** `4 s`, `1:05`, `2 h 3 min`: whole seconds, for countdowns and ages. */
  duration(milliseconds: number): string;
  /** `99.5%` for a ratio from 0 to 1. */
  percent(ratio: number): string;
  /** `$0.0012`: enough digits for the cost of one probe. */
  usd(dollars: number): string;
  count(value: number): string;
  /** `1.2M`, `120万`: for axes. */
  compact(value: number): string;
  /** `14:02:31`, with the date if not on the same day as `epochMs`. */
  time(atMs: number, epochMs: number): string;
  /** `28 Nov`: the day in UTC. */
  utcDay(atMs: number): string;
  /** `09:00`: the time in UTC. */
  utcTime(atMs: number): string;
  /** `2026-11-28 09:00` from an ISO 8601 time in UTC, the same in every language. */
  utcMinute(moment: string): string;
}

export function numbersOf(language: Language): Numbers {
  const locale = LOCALES[language];
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const three = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const usd = usdFormat(locale, { maximumFractionDigits: 2 });
  // Probes cost fractions of a cent.
  const tinyUsd = usdFormat(locale, { maximumSignificantDigits: 2 });
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
  const compact = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const utc = { timeZone: 'UTC' } as const;
  const utcDay = new Intl.DateTimeFormat(locale, { ...utc, day: 'numeric', month: 'short' });
  const utcTime = new Intl.DateTimeFormat(locale, { ...utc, hour: '2-digit', minute: '2-digit' });
  const dated = new Intl.DateTimeFormat(locale, { dateStyle: 'short', timeStyle: 'short' });
  return {
    latency: (milliseconds) =>
      milliseconds < 999.5
        ? `${whole.format(milliseconds)}\u00a0ms`
        : `${three.format(milliseconds / 1000)}\u00a0s`,
    duration: durationOf,
    percent: (ratio) => percent.format(ratio),
    usd: (dollars) => (dollars > 0 && dollars < 0.01 ? tinyUsd : usd).format(dollars),
    count: (value) => whole.format(value),
    compact: (value) => compact.format(value),
    time: (atMs, epochMs) => (isSameDay(atMs, epochMs) ? clock : dated).format(atMs),
    utcDay: (atMs) => utcDay.format(atMs),
    utcTime: (atMs) => utcTime.format(atMs),
    utcMinute: (moment) => moment.slice(0, 16).replace('T', ' '),
  };
}

function durationOf(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}\u00a0s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${String(seconds % 60).padStart(2, '0')}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}\u00a0h\u00a0${minutes % 60}\u00a0min`;
  return `${Math.floor(hours / 24)}\u00a0d\u00a0${hours % 24}\u00a0h`;
}

function usdFormat(locale: string, digits: Intl.NumberFormatOptions): Intl.NumberFormat {
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    ...digits,
  });
}

function isSameDay(leftMs: number, rightMs: number): boolean {
  return new Date(leftMs).toDateString() === new Date(rightMs).toDateString();
}

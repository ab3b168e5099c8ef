/** How code reaches past the clock and the random numbers that it is given. */

interface Source {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Where it may be used. */
  isEdge(path: string): boolean;
}

const isClock = (path: string): boolean => /(?:^|\/)clock\.ts$/.test(path);

const isEdge = (path: string): boolean =>
  isClock(path) ||
  // The browser's own timers.
  path.startsWith('packages/dashboard/') ||
  // A command runs once, in a terminal, and waits for other processes. The launcher runs services.
  /^packages\/cli\/src\/(?!launch\/)/.test(path) ||
  // Ends a process that does not end by itself.
  path === 'packages/runtime/src/service/service.ts';

/** Puts a service together. */
const isWiring = (path: string): boolean => /^services\/(\w+)\/src\/(?:main|\1)\.ts$/.test(path);

const SOURCES: readonly Source[] = [
  {
    pattern: /\bDate\.now\b|\bperformance\.now\b|\bhrtime\b|\bnew Date\(\)/g,
    instead: 'take it from the clock',
    isEdge: isClock,
  },
  {
    // A random id or secret is no decision.
    pattern: /\bMath\.random\b|\brandomInt\b/g,
    instead: 'take an rng, as startLeadership does',
    isEdge: isClock,
  },
  {
    // A socket's `setTimeout` limits its silence.
    pattern: /(?<![.\w])set(?:Timeout|Interval)\(|\btimers\/promises\b|\bAbortSignal\.timeout\b/g,
    instead: 'use the timers of the clock, pause, isWithin or timeoutSignal',
    isEdge,
  },
];

/** As the default of a parameter or an option it is no source. */
const SYSTEMS: Source = {
  pattern:
    /(?<!(?:=|\?\?) )(?<!\.)\bsystem(?:Clock|Random)\b|\bconst \w+ = system(?:Clock|Random)\b/g,
  instead: 'take the clock, or the rng, as a parameter',
  isEdge: (path) => isEdge(path) || isWiring(path),
};

/** Without the import of the clock, but with its lines. */
const bodyOf = (text: string): string =>
  text.replace(/^import \{[^}]*\} from '[^']*\bclock(?:\.ts)?';$/gm, (found) =>
    found.replace(/[^\n]/g, ' '),
  );

/** What a file names `systemClock` without importing it is a field or a parameter. */
const sourcesIn = (text: string): readonly Source[] =>
  /^import \{[^}]*\bsystem(?:Clock|Random)\b/m.test(text) ? [...SOURCES, SYSTEMS] : SOURCES;

/** What a file takes past its clock: where, and what to do instead. */
export function clockBypasses(
  path: string,
  text: string,
): readonly { readonly index: number; readonly what: string }[] {
  const body = bodyOf(text);
  return sourcesIn(text)
    .filter((source) => !source.isEdge(path))
    .flatMap(({ pattern, instead }) =>
      [...body.matchAll(pattern)].map(({ index, 0: found }) => ({
        index,
        what: `${found}: ${instead}`,
      })),
    );
}

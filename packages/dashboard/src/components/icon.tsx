/** Line icons, drawn here so that nothing is loaded. Decoration only: the text says the same. */
const PATHS = {
  wind: 'M2 9h11a3.2 3.2 0 1 0-3.2-3.2M2 13h16.5a3 3 0 1 1-3 3M2 17h7',
  help: 'M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.01M12 2.5a9.5 9.5 0 1 1 0 19 9.5 9.5 0 0 1 0-19z',
  probe: 'M4 12a8 8 0 0 1 14-5.3L20 9M20 4v5h-5M20 12a8 8 0 0 1-14 5.3L4 15M4 20v-5h5',
  pause: 'M8 5v14M16 5v14',
  play: 'M7 4.5v15l12-7.5z',
  chevron: 'M8 10l4 4 4-4',
  close: 'M6 6l12 12M18 6L6 18',
  serving: 'M5 12.5l4.5 4.5L19 7.5',
  next: 'M4 12h15M13 6l6 6-6 6',
  draining: 'M12 4v14M6 12l6 6 6-6',
  fallback: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z',
  off: 'M6 12h12',
  down: 'M7 7l10 10M17 7L7 17',
  warn: 'M12 9v5M12 17v.01M12 3.5l9.5 16.5h-19z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

import type { ComponentChildren } from 'preact';

import { speech } from '../language/language.ts';

interface FooterProps {
  /** Version of the service that serves the page; null before it has responded. */
  readonly version: string | null;
  /** Links. */
  readonly children?: ComponentChildren;
}

export function Footer({ version, children }: FooterProps) {
  return (
    <footer class="foot">
      {speech.value.say('app.title')}
      {version !== null && ` ${version}`} {children}
    </footer>
  );
}

import type { ComponentChildren } from 'preact';

import { speech } from '../language.ts';

interface FooterProps {
  /** Of the service that the page comes from; null before it has answered. */
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

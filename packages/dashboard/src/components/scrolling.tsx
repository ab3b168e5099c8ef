import type { ComponentChildren } from 'preact';

interface ScrollingProps {
  readonly labelledBy: string;
  readonly children: ComponentChildren;
}

/** A scrolling box; when focused, the arrow keys scroll it. */
export function Scrolling({ labelledBy, children }: ScrollingProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without it the keyboard could not scroll
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form
    <div class="scroll" role="group" tabIndex={0} aria-labelledby={labelledBy}>
      {children}
    </div>
  );
}

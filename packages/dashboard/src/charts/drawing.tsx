/** A chart in the page: as wide as its box, in the current colours and language. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { language } from '../language/language.ts';

export interface ChartDrawing<Content> {
  update(content: Content): void;
  resize(width: number, height: number): void;
  destroy(): void;
}

interface DrawingProps<Content> {
  readonly content: Content;
  /** A new set of lines needs a new chart; new points do not. */
  readonly shape: string;
  /** For screen readers. */
  readonly summary: string;
  readonly create: (container: HTMLElement, content: Content) => ChartDrawing<Content>;
}

/** Rises when the colours change. */
const scheme = signal(0);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  scheme.value += 1;
});

export function Drawing<Content>({ content, shape, summary, create }: DrawingProps<Content>) {
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<ChartDrawing<Content>>(null);
  useEffect(() => {
    const container = box.current;
    if (container === null) return;
    const made = create(container, content);
    drawing.current = made;
    const resizing = new ResizeObserver(() =>
      made.resize(container.clientWidth, container.clientHeight),
    );
    resizing.observe(container);
    return () => {
      resizing.disconnect();
      made.destroy();
      drawing.current = null;
    };
  }, [shape, language.value, scheme.value]);
  useEffect(() => drawing.current?.update(content), [content]);
  return <div class="canvas" ref={box} role="img" aria-label={summary} />;
}

/** The colours of the page, by the names of the style sheet. */
export function colourReader(container: HTMLElement): (name: string) => string {
  const colours = getComputedStyle(container);
  return (name) => colours.getPropertyValue(name);
}

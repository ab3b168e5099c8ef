/** Fits text into the columns of a terminal, of which a Chinese character takes two. Pure. */
import stringWidth from 'string-width';

const words = new Intl.Segmenter('zh', { granularity: 'word' });
const CLOSING = /^[;:,.!?)…，。；：！？）、]/u;
const characters = new Intl.Segmenter();

/** Wraps a text between words into at most `maxLines` lines; the rest is cut off with an ellipsis. */
export function wrapped(text: string, width: number, maxLines: number): readonly string[] {
  const lines: string[] = [''];
  for (const segment of breakable(text)) {
    const current = lines.at(-1) ?? '';
    if (stringWidth((current + segment).trimEnd()) <= width) {
      lines[lines.length - 1] = current + segment;
      continue;
    }
    if (lines.length === maxLines) {
      lines[lines.length - 1] = shortened(`${current}${segment}…`, width);
      break;
    }
    lines.push(segment.trimStart());
  }
  return lines.map((line) => shortened(line.trimEnd(), width));
}

/** The parts at which a line may break: closing punctuation stays with its word. */
function breakable(text: string): readonly string[] {
  const parts: string[] = [];
  for (const { segment } of words.segment(text)) {
    const last = parts.at(-1);
    if (last !== undefined && CLOSING.test(segment)) parts[parts.length - 1] = last + segment;
    else parts.push(segment);
  }
  return parts;
}

/** Truncated to the width, with an ellipsis. */
export function shortened(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let fitting = '';
  for (const { segment } of characters.segment(text)) {
    if (stringWidth(fitting + segment) > width - 1) break;
    fitting += segment;
  }
  return `${fitting.trimEnd()}…`;
}

/** As many whole parts as fit into the lines; earlier ones take precedence. */
export function packed(
  parts: readonly string[],
  width: number,
  maxLines: number,
): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const index = lines.findIndex((line) => stringWidth(`${line}  ${part}`) <= width);
    if (index >= 0) lines[index] = `${lines[index]}  ${part}`;
    else if (lines.length < maxLines && stringWidth(part) <= width) lines.push(part);
  }
  return lines;
}

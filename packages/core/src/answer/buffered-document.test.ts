import { KIB } from '@zephyr/contract/units';
import { describe, expect, it } from 'vitest';
import { BufferedDocument } from './buffered-document.ts';
import type { StartVerdict } from './content-gate.ts';

const LIST = '{"data":[{"type":"model","id":"claude-haiku-4-5"}],"has_more":false}';
const error = (type: string) => JSON.stringify({ type: 'error', error: { type, message: 'no' } });

/** The verdict, and whether it was reached before the end. */
function verdictOf(...chunks: readonly string[]): string {
  const start = new BufferedDocument();
  for (const chunk of chunks) {
    const verdict = start.push(chunk);
    if (verdict.kind !== 'buffer') return `${named(verdict)} at once`;
  }
  return named(start.atEnd());
}

const named = (verdict: StartVerdict) => (verdict.kind === 'fail' ? verdict.failure : verdict.kind);

describe('BufferedDocument', () => {
  it.each([
    ['a list', [LIST], 'commit'],
    ['a list in pieces', [...LIST], 'commit'],
    ['a byte order mark, blanks and a list', ['\u00ef', '\u00bb\u00bf\r\n', ' ', LIST], 'commit'],
    ['an object of any other form', ['{}'], 'commit'],
    ['a list with a field for errors', ['{"data":[],"error":null}'], 'commit'],
    ['a page', ['<!doctype html>'], 'not_claude at once'],
    ['a page after blanks', ['\n\n', ' <html>'], 'not_claude at once'],
    ['a sentence', ['ok'], 'not_claude at once'],
    ['nothing', [], 'not_claude'],
    ['blanks', ['\n \n'], 'not_claude'],
    ['half a list', [LIST.slice(0, 40)], 'not_claude'],
    ['two lists', [LIST, LIST], 'not_claude'],
    ['an error of the endpoint', [error('api_error')], 'server_error'],
    ['a refused token', [error('authentication_error')], 'token_refused'],
    ['an error of the client', [error('invalid_request_error')], 'pass'],
    ['an error in a gateway’s form', ['{"error":"no"}'], 'server_error'],
  ])('%s', (_, chunks, found) => {
    expect(verdictOf(...chunks)).toBe(found);
  });

  it('buffers at most the list of a gateway with a thousand models', () => {
    const start = new BufferedDocument();
    expect(start.push(`{"data":["${'x'.repeat(256 * KIB - 10)}`).kind).toBe('buffer');
    expect(start.push('x').kind).toBe('commit');
  });
});

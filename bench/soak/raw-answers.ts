/** Parses consecutive HTTP answers from the bytes of one connection. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

const CHUNK_SIZE = /^([0-9a-f]+)\r\n/i;

/** @param text all bytes, one character each */
export function readAnswers(text: string): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest !== '') {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd === -1) break;
    const head = rest.slice(0, headEnd);
    rest = rest.slice(headEnd + 4);
    const read = readBody(head, rest);
    answers.push({ status: Number(head.split(' ')[1]), head, body: read.body });
    rest = read.rest;
  }
  return answers;
}

function readBody(head: string, bytes: string): { readonly body: string; readonly rest: string } {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) {
    return { body: bytes.slice(0, Number(length)), rest: bytes.slice(Number(length)) };
  }
  if (!/^transfer-encoding: *chunked/im.test(head)) return { body: bytes, rest: '' };
  let body = '';
  let rest = bytes;
  for (;;) {
    const [line = '', digits] = CHUNK_SIZE.exec(rest) ?? [];
    if (digits === undefined) return { body, rest: '' };
    const size = Number.parseInt(digits, 16);
    body += rest.slice(line.length, line.length + size);
    rest = rest.slice(line.length + size + 2);
    if (size === 0) return { body, rest };
  }
}

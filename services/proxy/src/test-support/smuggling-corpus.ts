/**
 * Requests designed to make two readers disagree about where they end, modelled on llhttp's own tests and on
 * published smuggling techniques (CL.TE, TE.CL, TE.TE, CL.0, chunk extensions and trailers, folded lines,
 * NUL, duplicate lengths, bodies on methods without one). Each hides a second request after or within its
 * body.
 */

/** Would be seen upstream if a request had been smuggled: we forward no such header. */
export const SMUGGLED_MARK = 'x-smuggled';

export interface SmugglingCase {
  readonly name: string;
  /** In one piece, or in pieces sent one after the other. */
  readonly pieces: readonly string[];
  /** How the attacker ends. */
  readonly end: 'wait' | 'close';
}

interface SmugglingTarget {
  readonly method: string;
  readonly path: string;
}

const TARGETS: readonly SmugglingTarget[] = [
  { method: 'POST', path: '/v1/messages' },
  { method: 'POST', path: '/v1/messages/count_tokens' },
  { method: 'GET', path: '/v1/models' },
  { method: 'GET', path: '/v1/models/a%2Fb' },
  { method: 'DELETE', path: '/v1/models' },
  { method: 'POST', path: '/v1/extra' },
  { method: 'GET', path: '/v1/extra' },
  { method: 'DELETE', path: '/v1/extra' },
  { method: 'HEAD', path: '/v1/models' },
  { method: 'PUT', path: '/v1/messages' },
  { method: 'OPTIONS', path: '/v1/messages' },
  { method: 'GET', path: '/status' },
];

const hidden = (key: string): string =>
  `GET /v1/models/smuggled HTTP/1.1\r\nHost: localhost\r\nX-Smuggled: 1\r\nx-api-key: ${key}\r\n\r\n`;

interface FramingVariant {
  readonly name: string;
  /** Header lines, each including its line end. */
  readonly head: string;
  readonly body: string;
}

/** @param inner the hidden request */
function framings(inner: string): readonly FramingVariant[] {
  const length = Buffer.byteLength(inner);
  const whole = `${length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  const early = `0\r\n\r\n${inner}`;
  return [
    ...lengthsOf(inner),
    ...encodingsOf(length, whole, early),
    ...chunksOf(inner, length),
    ...headersOf(inner, whole, length),
  ];
}

function lengthsOf(inner: string): readonly FramingVariant[] {
  const length = Buffer.byteLength(inner);
  const values = [
    `${length}`,
    '0',
    '5',
    `+${length}`,
    `-${length}`,
    `0x${length.toString(16)}`,
    `0${length}`,
    `${length} `,
    `${length}\t`,
    `${length};`,
    `${length}, ${length}`,
    `${length}, 0`,
    '1e2',
    '',
    '18446744073709551616',
    '99999999999999999999999999',
    `${length}\0`,
    `\v${length}`,
    `\r\n ${length}`,
    `\n${length}`,
  ];
  const line = (value: string | number): string => `Content-Length: ${value}\r\n`;
  return [
    { name: 'no framing at all', head: '', body: inner },
    ...values.map((value) => ({
      name: `length ${JSON.stringify(value)}`,
      head: line(value),
      body: inner,
    })),
    { name: 'two equal lengths', head: line(length) + line(length), body: inner },
    { name: 'two lengths, the first 0', head: line(0) + line(length), body: inner },
    { name: 'two lengths, the second 0', head: line(length) + line(0), body: inner },
    { name: 'length with a blank before its colon', head: `Content-Length : 5\r\n`, body: inner },
    { name: 'length after a blank', head: ` Content-Length: 5\r\n`, body: inner },
    { name: 'length with underscore', head: `Content_Length: ${length}\r\n`, body: inner },
  ];
}

function encodingsOf(length: number, whole: string, early: string): readonly FramingVariant[] {
  const odd = [
    'Transfer-Encoding: chunked',
    'transfer-encoding: CHUNKED',
    'Transfer-Encoding:chunked',
    'Transfer-Encoding:\tchunked',
    'Transfer-Encoding: \tchunked \t',
    'Transfer-Encoding:\vchunked',
    'Transfer-Encoding: \0chunked',
    'Transfer-Encoding: xchunked',
    'Transfer-Encoding: chunkedx',
    'Transfer-Encoding: chunk',
    'Transfer-Encoding: "chunked"',
    'Transfer-Encoding: chunked;q=1',
    'Transfer-Encoding: identity',
    'Transfer-Encoding: identity, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, chunked',
    'Transfer-Encoding: ,chunked',
    'Transfer-Encoding:',
    'Transfer-Encoding : chunked',
    ' Transfer-Encoding: chunked',
    'Transfer_Encoding: chunked',
    'Transfer-Encoding\t: chunked',
    'Transfer-Encoding:\r\n chunked',
    'X: x\nTransfer-Encoding: chunked',
    'X: x\rTransfer-Encoding: chunked',
    'X: x\0Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
    'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
    'Content-Encoding: chunked',
    'TE: chunked',
    'Tr\u00e4nsfer-Encoding: chunked',
  ];
  return odd.flatMap((line) => [
    { name: `${JSON.stringify(line)} alone`, head: `${line}\r\n`, body: whole },
    {
      name: `${JSON.stringify(line)} behind a length`,
      head: `Content-Length: ${whole.length}\r\n${line}\r\n`,
      body: whole,
    },
    {
      name: `${JSON.stringify(line)} before a length, ends early`,
      head: `${line}\r\nContent-Length: ${early.length}\r\n`,
      body: early,
    },
    {
      name: `${JSON.stringify(line)} with a short length`,
      head: `Content-Length: 4\r\n${line}\r\n`,
      body: `${length.toString(16)}\r\n${whole.slice(whole.indexOf('\n') + 1)}`,
    },
  ]);
}

function chunksOf(inner: string, length: number): readonly FramingVariant[] {
  const size = length.toString(16);
  const bodies: Readonly<Record<string, string>> = {
    extension: `${size};x=y\r\n${inner}\r\n0\r\n\r\n`,
    'quoted extension with a line end': `${size};x="\r\n${inner}\r\n0\r\n\r\n"`,
    'extension with a bare LF': `${size};\n${inner}\r\n0\r\n\r\n`,
    'extension with a bare CR': `${size};a\rb\r\n${inner}\r\n0\r\n\r\n`,
    'extension of 20 KB': `${size};${'a'.repeat(20_000)}\r\n${inner}\r\n0\r\n\r\n`,
    'blank after the size': `${size} \r\n${inner}\r\n0\r\n\r\n`,
    'size with 0x': `0x${size}\r\n${inner}\r\n0\r\n\r\n`,
    'size with a sign': `+${size}\r\n${inner}\r\n0\r\n\r\n`,
    'negative size': `-${size}\r\n${inner}\r\n0\r\n\r\n`,
    'size with leading zeros': `0000000000000000${size}\r\n${inner}\r\n0\r\n\r\n`,
    'size that overflows': `10000000000000000${size}\r\n${inner}\r\n0\r\n\r\n`,
    'bare LF after the size': `${size}\n${inner}\n0\n\n`,
    'bare CR after the size': `${size}\r${inner}\r0\r\r`,
    'no line end after the data': `${size}\r\n${inner}0\r\n\r\n`,
    'two bytes too many': `${size}\r\n${inner}xx0\r\n\r\n`,
    'empty size line': `\r\n${inner}\r\n0\r\n\r\n`,
    'last chunk of many zeros': `000000\r\n\r\n${inner}`,
    'last chunk with an extension': `0;x=y\r\n\r\n${inner}`,
    'last chunk that ends with LF': `0\n\n${inner}`,
    'no last chunk': `${size}\r\n${inner}\r\n`,
    'chunk of one byte each': `${[...inner].map((c) => `1\r\n${c}\r\n`).join('')}0\r\n\r\n`,
    'NUL in the size': `${size}\0\r\n${inner}\r\n0\r\n\r\n`,
    'trailer with our mark': `0\r\nX-Smuggled: 1\r\n\r\n${inner}`,
    'trailer with a length': `0\r\nContent-Length: ${length}\r\n\r\n${inner}`,
    'trailer with an encoding': `0\r\nTransfer-Encoding: chunked\r\n\r\n${inner}`,
    'trailer that is a request': `0\r\n${inner}\r\n`,
    'trailer without end': `0\r\nX: y\r\n`,
    'folded trailer': `0\r\nX: y\r\n z\r\n\r\n${inner}`,
    'trailer with a host': `0\r\nHost: evil\r\nx-api-key: stolen\r\n\r\n`,
  };
  return Object.entries(bodies).map(([name, body]) => ({
    name: `chunks: ${name}`,
    head: 'Transfer-Encoding: chunked\r\n',
    body,
  }));
}

function headersOf(inner: string, whole: string, length: number): readonly FramingVariant[] {
  const exact = `Content-Length: ${length}\r\n`;
  const chunked = 'Transfer-Encoding: chunked\r\n';
  const framed = (name: string, head: string, body: string): FramingVariant => ({
    name,
    head,
    body,
  });
  return [
    framed('Connection names the length', `${exact}Connection: content-length\r\n`, inner),
    framed('Connection names the encoding', `${chunked}Connection: transfer-encoding\r\n`, whole),
    framed('Connection names the host', `${exact}Connection: keep-alive, host\r\n`, inner),
    framed('Expect', `${exact}Expect: 100-continue\r\n`, inner),
    framed('Expect with chunks', `${chunked}Expect: 100-continue\r\n`, whole),
    framed('an expectation nobody knows', `${exact}Expect: 200-ok\r\n`, inner),
    framed(
      'Upgrade to h2c',
      `${exact}Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n`,
      inner,
    ),
    framed('Upgrade to websocket', `Upgrade: websocket\r\nConnection: Upgrade\r\n`, inner),
    framed('folded header', `X: y\r\n z\r\n${exact}`, inner),
    framed('header without colon', `Xsmuggled\r\n${exact}`, inner),
    framed('NUL in a name', `X\0: y\r\n${exact}`, inner),
    framed('NUL in a value', `X: \0y\r\n${exact}`, inner),
    framed('bare CR in a value', `X: a\rX-Smuggled: 1\r\n${exact}`, inner),
    framed('bare LF in a value', `X: a\nX-Smuggled: 1\r\n${exact}`, inner),
    framed('Trailer announced', `${chunked}Trailer: X-Smuggled\r\n`, whole),
    framed('Keep-Alive', `${exact}Keep-Alive: timeout=1\r\nConnection: keep-alive\r\n`, inner),
    framed('Proxy-Connection', `${exact}Proxy-Connection: keep-alive\r\n`, inner),
    framed('a second host', `Host: evil\r\n${exact}`, inner),
    framed('an override of the method', `${exact}X-HTTP-Method-Override: POST\r\n`, inner),
  ];
}

/** Each framing with each target; every third is sent in two pieces, every fifth ends with a close. */
export function smugglingCorpus(key: string): readonly SmugglingCase[] {
  const inner = hidden(key);
  const cases: SmugglingCase[] = [];
  for (const { method, path } of TARGETS) {
    for (const { name, head, body } of framings(inner)) {
      const start = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: ${key}\r\n${head}\r\n`;
      cases.push({
        name: `${method} ${path}, ${name}`,
        pieces: cases.length % 3 === 0 ? [start, body] : [start + body],
        end: cases.length % 5 === 0 ? 'close' : 'wait',
      });
    }
  }
  return [...cases, ...requestLines(key)];
}

function requestLines(key: string): readonly SmugglingCase[] {
  const rest = `Host: localhost\r\nx-api-key: ${key}\r\n\r\n`;
  const inner = hidden(key);
  const lines = [
    'GET /v1/models',
    'GET  /v1/models HTTP/1.1',
    'GET\t/v1/models\tHTTP/1.1',
    'GET /v1/models HTTP/1.1 ',
    'GET /v1/models HTTP/1.0',
    'GET /v1/models HTTP/0.9',
    'GET /v1/models HTTP/1.2',
    'GET /v1/models HTTP/2.0',
    'get /v1/models HTTP/1.1',
    '\r\n\r\nGET /v1/models HTTP/1.1',
    '\nGET /v1/models HTTP/1.1',
    ' GET /v1/models HTTP/1.1',
    'GET /v1/models\0 HTTP/1.1',
    'GET /v1/models\rX-Smuggled: 1 HTTP/1.1',
    'GET /v1/models HTTP/1.1\nX-Smuggled: 1',
    'GET /v1/models%20HTTP/1.1%0d%0aX-Smuggled:%201 HTTP/1.1',
    'GET http://x/v1/models HTTP/1.1',
    'PRI * HTTP/2.0',
    'CONNECT x:80 HTTP/1.1',
    'TRACE /v1/models HTTP/1.1',
    'SOURCE /v1/models HTTP/1.1',
    'POST /v1/messages HTTP/1.0\r\nTransfer-Encoding: chunked',
    'POST /v1/messages HTTP/1.0\r\nConnection: keep-alive',
  ];
  return lines.map((line) => ({
    name: `request line ${JSON.stringify(line)}`,
    pieces: [`${line}\r\n${rest}${inner}`],
    end: 'wait',
  }));
}

/**
 * A receiver of traces by OTLP over HTTP in binary form, like a collector. It parses the wire format itself,
 * independently of the library that wrote it.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto, trace/v1/trace.proto
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 2 is SERVER, 3 CLIENT. */
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** 2 is an error. */
  readonly status: number;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly requests: readonly { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  readonly spans: readonly ReceivedSpan[];
  /** All data received, as text. */
  readonly text: string;
  /** Status of the following answers; initially 200. */
  answerWith(status: number): void;
  stop(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const requests: { url: string; headers: IncomingHttpHeaders }[] = [];
  const spans: ReceivedSpan[] = [];
  let [text, status] = ['', 200];
  const server = createServer(async (req, res) => {
    const body = await buffer(req);
    requests.push({ url: req.url ?? '', headers: req.headers });
    text += body.toString('latin1');
    if (status === 200) spans.push(...spansIn(body));
    res.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ requests, spans },
    get text() {
      return text;
    },
    answerWith: (next) => {
      status = next;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Resource spans, their scope spans, their spans. */
function spansIn(body: Buffer): ReceivedSpan[] {
  return messages(body, 1)
    .flatMap((resource) => messages(resource, 2))
    .flatMap((scope) => messages(scope, 2))
    .map((span) => ({
      traceId: hexOf(span, 1),
      spanId: hexOf(span, 2),
      parentSpanId: hexOf(span, 4),
      name: messages(span, 5)[0]?.toString() ?? '',
      kind: Number(numbers(span, 6)[0] ?? 0),
      startNanos: numbers(span, 7)[0] ?? 0n,
      endNanos: numbers(span, 8)[0] ?? 0n,
      attributes: Object.fromEntries(messages(span, 9).map(attributeIn)),
      status: Number(messages(span, 15).flatMap((message) => numbers(message, 3))[0] ?? 0),
    }));
}

function attributeIn(pair: Buffer): [string, string | number] {
  const [value = Buffer.alloc(0)] = messages(pair, 2);
  const [text] = messages(value, 1);
  const [integer] = numbers(value, 3);
  const [double] = fields(value).filter(({ number }) => number === 4);
  const number = double?.value instanceof Buffer ? double.value.readDoubleLE() : Number(integer);
  return [String(messages(pair, 1)[0]), text?.toString() ?? number];
}

const hexOf = (message: Buffer, number: number): string =>
  messages(message, number)[0]?.toString('hex') ?? '';

function messages(message: Buffer, wanted: number): Buffer[] {
  return fields(message).flatMap(({ number, value }) =>
    number === wanted && value instanceof Buffer ? [value] : [],
  );
}

function numbers(message: Buffer, wanted: number): bigint[] {
  return fields(message)
    .filter(({ number }) => number === wanted)
    .map(({ value }) => (typeof value === 'bigint' ? value : value.readBigUInt64LE()));
}

interface Field {
  readonly number: number;
  /** The bytes of a fixed-size value. */
  readonly value: bigint | Buffer;
}

/** @see https://protobuf.dev/programming-guides/encoding */
function fields(message: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [number, wire] = [tag >> 3, tag & 7];
    if (wire === 0) found.push({ number, value: varint() });
    else found.push({ number, value: bytes(wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4) });
  }
  return found;
}

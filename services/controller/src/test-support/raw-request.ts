/** Requests with any header, including `host` and `origin`, which `fetch` does not allow. */
import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawRequest {
  readonly method?: string | undefined;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** For an event stream only the first event, because it never ends. */
  readonly body: string;
}

export function rawRequest(port: number, asked: RawRequest): Promise<RawAnswer> {
  const { method, path, body } = asked;
  // By default Node sends the body of a GET without a length, so it would be read as a second request.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...length, ...asked.headers };
  return new Promise((resolve, reject) => {
    // The server may be closing an idle connection, which a busy machine notices late.
    const target = { port, host: '127.0.0.1', agent: false };
    const outgoing = request({ ...target, method, path, headers }, (response) => {
      let text = '';
      const answered = () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      const isStream = response.headers['content-type'] === 'text/event-stream';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (!isStream || !text.includes('\n\n')) return;
        answered();
        outgoing.destroy();
      });
      response.on('end', answered).on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

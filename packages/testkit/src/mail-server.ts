/** A real SMTP server on 127.0.0.1 that stores what it receives. */
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';

import { SMTPServer } from 'smtp-server';

import { type TlsIdentity, VALID } from './tls-fixture.ts';

export interface TakenMail {
  readonly isEncrypted: boolean;
  /** The user who logged in. */
  readonly user: string | undefined;
  /** Recipients in the envelope, regardless of the headers. */
  readonly to: readonly string[];
  /** By lower-case name, decoded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Decoded, with LF line ends. */
  readonly text: string;
}

export interface MailServerOptions {
  readonly password: string;
  /** `none`: it does not offer STARTTLS. */
  readonly tls?: 'starttls' | 'implicit' | 'none';
  readonly identity?: TlsIdentity;
  /** Accepts connections, but sends nothing. */
  readonly isSilent?: boolean;
}

export async function startMailServer({
  password,
  tls = 'starttls',
  identity = VALID,
  isSilent = false,
}: MailServerOptions) {
  const mails: TakenMail[] = [];
  /** Users who tried to log in. */
  const logins: string[] = [];
  const refused = new Map<string, number>();
  const server = new SMTPServer({
    ...identity,
    ...{ secure: tls === 'implicit', authOptional: true },
    disabledCommands: tls === 'none' ? ['STARTTLS'] : [],
    // Otherwise closing waits half a minute for connections.
    closeTimeout: 1,
    onConnect: (_, done) => {
      if (!isSilent) done();
    },
    onAuth: ({ username = '', password: given }, _, done) => {
      logins.push(username);
      if (given === password) done(null, { user: username });
      else done(Object.assign(new Error('no such user'), { responseCode: 535 }));
    },
    onRcptTo: ({ address }, _, done) => {
      const responseCode = refused.get(address);
      if (responseCode === undefined) done();
      else done(Object.assign(new Error(`not for ${address}`), { responseCode }));
    },
    onData: (stream, { envelope, secure, user }, done) => {
      textOf(stream).then((raw) => {
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push({
          ...{ isEncrypted: secure, user: user as string | undefined, to },
          ...read(raw),
        });
        done();
      }, done);
    },
  });
  // Some tests have clients that disconnect during the handshake.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    ...{ port, mails, logins },
    /** Answers RCPT with this code. */
    refuse: (address: string, code: number) => void refused.set(address, code),
    stop: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

function read(raw: string): Pick<TakenMail, 'headers' | 'text'> {
  const end = raw.indexOf('\r\n\r\n');
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())];
    }),
  );
  const body = raw.slice(end + 4);
  const text = decode(headers['content-transfer-encoding']?.[0] ?? '', body);
  return { headers, text: text.replaceAll('\r\n', '\n') };
}

/** RFC 2047; white space between encoded words is not part of the text. */
function decodeWords(value: string): string {
  return value
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?([BQ])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      decode(how, word.replaceAll('_', ' ')),
    );
}

/** @param how begins with B for base64 or Q for quoted-printable */
function decode(how: string, encoded: string): string {
  if (/^b/i.test(how)) return Buffer.from(encoded, 'base64').toString('utf8');
  if (!/^q/i.test(how)) return encoded;
  const bytes = encoded
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Certificate and key files: each exists and is usable, and a key matches its certificate. */

import {
  isMatchingPair,
  problemOfCertificates,
  problemOfKey,
  problemOfPair,
} from '../../connection/tls-files.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import type { ReadNamedFile } from '../files/named-file.ts';
import { expandHome } from '../keys/values.ts';
import { type RawTable, rawEndpoints, rawGroups, rawTable, rawText } from '../schema/raw.ts';

export function checkTlsFiles(document: RawTable, read: ReadNamedFile): Violation[] {
  return [
    ...[...rawGroups(document), ...rawEndpoints(document)].flatMap(({ path, table }) => [
      ...checkFile(table, [...path, 'ca_file'], CERTIFICATES, read),
      ...checkFile(table, [...path, 'client_cert_file'], CERTIFICATES, read),
      ...checkFile(table, [...path, 'client_key_file'], KEY, read),
    ]),
    ...rawEndpoints(document).flatMap(({ path, table, group }) => {
      const merged = { ...group.table, ...table };
      const isOwn = PAIR.certificate in table || PAIR.key in table;
      return checkPair(merged, isOwn ? path : group.path, PAIR, read);
    }),
    ...['server', 'controller'].flatMap((name) => {
      const table = rawTable(document[name]);
      return [
        ...checkFile(table, [name, OWN_PAIR.certificate], CERTIFICATES, read),
        ...checkFile(table, [name, OWN_PAIR.key], KEY, read),
        ...checkPair(table, [name], OWN_PAIR, read),
      ];
    }),
  ].filter(isFirst);
}

interface FileKind {
  readonly problemOf: (pem: string) => Phrase | undefined;
  readonly expected: Phrase;
  readonly advice: Phrase;
}

const CERTIFICATES: FileKind = {
  problemOf: problemOfCertificates,
  expected: phrase`a file with certificates in PEM form (-----BEGIN CERTIFICATE-----)`,
  advice: phrase`correct the path, or write the certificate into this file`,
};

const KEY: FileKind = {
  problemOf: problemOfKey,
  expected: phrase`a file with a private key in PEM form, without a passphrase`,
  advice: phrase`correct the path, or create such a file: openssl pkey -in OLD.pem -out NEW.pem`,
};

const OWN_PAIR = { certificate: 'tls_cert_file', key: 'tls_key_file' } as const;
const PAIR = { certificate: 'client_cert_file', key: 'client_key_file' } as const;

function checkFile(
  table: RawTable,
  path: KeyPath,
  { problemOf, expected, advice }: FileKind,
  read: ReadNamedFile,
): Violation[] {
  const file = rawText(table[String(path.at(-1))]);
  if (file === undefined || file === '') return [];
  const found = (problem: Phrase) => phrase`${JSON.stringify(file)}, ${problem}`;
  let text: string;
  try {
    text = read(expandHome(file));
  } catch (error) {
    return isForbidden(error)
      ? [
          {
            path,
            found: found(phrase`which its user may not read`),
            expected,
            advice: TO_BE_READABLE,
          },
        ]
      : [{ path, found: found(phrase`which cannot be read`), expected, advice }];
  }
  const problem = problemOf(text);
  return problem === undefined ? [] : [{ path, found: found(problem), expected, advice }];
}

/** Our advice must not make a private key world-readable. */
const TO_BE_READABLE = phrase`give the user who runs Zephyr read access; in containers each service has its own user, see docs/tls.md`;

function isForbidden(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}

/** @param path the table that the pair belongs to */
function checkPair(
  table: RawTable,
  path: KeyPath,
  names: { readonly certificate: string; readonly key: string },
  read: ReadNamedFile,
): Violation[] {
  const certificate = rawText(table[names.certificate]);
  const key = rawText(table[names.key]);
  if (certificate === undefined && key === undefined) return [];
  if (certificate === undefined || key === undefined) {
    const [there, missing] =
      key === undefined ? [names.certificate, names.key] : [names.key, names.certificate];
    return [
      {
        path: [...path, there],
        found: phrase`${there} without ${missing}`,
        expected: phrase`a certificate and its private key`,
        advice: phrase`add ${missing}`,
      },
    ];
  }
  const [certificatePem, keyPem] = [contentOf(certificate, read), contentOf(key, read)];
  const isUsable =
    certificatePem !== undefined &&
    keyPem !== undefined &&
    problemOfCertificates(certificatePem) === undefined &&
    problemOfKey(keyPem) === undefined;
  if (!isUsable) return [];
  if (isMatchingPair(certificatePem, keyPem)) {
    const problem = problemOfPair(certificatePem, keyPem);
    if (problem === undefined) return [];
    return [
      {
        path: [...path, names.certificate],
        found: phrase`${JSON.stringify(certificate)}, ${problem}`,
        expected: phrase`certificates and a key that TLS accepts, such as RSA with 2048 bits`,
        advice: phrase`make a new certificate with a longer key`,
      },
    ];
  }
  return [
    {
      path: [...path, names.key],
      found: phrase`${JSON.stringify(key)}, whose key is not that of the first certificate in ${JSON.stringify(certificate)}`,
      expected: phrase`the private key of that certificate`,
      advice: phrase`correct one of the two paths; if they are being renewed, wait for the other file`,
    },
  ];
}

function contentOf(file: string, read: ReadNamedFile): string | undefined {
  try {
    return read(expandHome(file));
  } catch {
    return undefined;
  }
}

/** A group's pair is checked once per endpoint. */
function isFirst(violation: Violation, index: number, all: readonly Violation[]): boolean {
  const text = JSON.stringify(violation);
  return all.findIndex((other) => JSON.stringify(other) === text) === index;
}

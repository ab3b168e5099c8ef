/** The files of `ca_file`: each is there and has certificates. */
import { problemOfAuthorities } from '../../trusted-authorities.ts';
import type { Violation } from '../config-error.ts';
import type { ReadNamedFile } from '../named-file.ts';
import { type RawTable, rawEndpoints, rawGroups, rawText } from '../raw.ts';
import { expandHome } from '../tables/values.ts';

export function checkAuthorities(document: RawTable, read: ReadNamedFile): Violation[] {
  return [...rawGroups(document), ...rawEndpoints(document)].flatMap(({ path, table }) => {
    const file = rawText(table['ca_file']);
    const problem = file === undefined || file === '' ? undefined : problemOf(file, read);
    if (problem === undefined) return [];
    return [
      {
        path: [...path, 'ca_file'],
        found: `${JSON.stringify(file)}, ${problem}`,
        expected: 'a file with certificates in PEM form (-----BEGIN CERTIFICATE-----)',
        advice: 'correct the path, or write the certificate of the authority into this file',
      },
    ];
  });
}

function problemOf(file: string, read: ReadNamedFile): string | undefined {
  try {
    return problemOfAuthorities(read(expandHome(file)));
  } catch {
    return 'which cannot be read';
  }
}

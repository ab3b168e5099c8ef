/** [traces]: the headers variable is valid and sets no framing headers. */

import { isOwnHeader } from '../../header-rules.ts';
import { type Phrase, phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { isWebAddress } from '../keys/values.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';
import { traceHeadersIn } from '../secrets/trace-headers.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

/** Collectors use these for authorization. */
const CREDENTIALS = new Set(['authorization', 'x-api-key']);

export function checkTraces(document: RawTable, variables: Variables): readonly Violation[] {
  const table = rawTable(document['traces']);
  return [
    ...checkEndpoint(rawText(table['otlp_endpoint'])),
    ...checkHeaders(rawText(table['headers_env']), variables),
  ];
}

function checkEndpoint(address: string | undefined): Violation[] {
  if (address === undefined || isWebAddress(address)) return [];
  return [
    {
      path: ['traces', 'otlp_endpoint'],
      found: phrase`no usable address`,
      expected: phrase`an address such as "http://tempo:4318", without credentials`,
      advice: phrase`credentials go into .env as headers, see headers_env`,
    },
  ];
}

function checkHeaders(name: string | undefined, variables: Variables): Violation[] {
  if (name === undefined || !VARIABLE_NAME.test(name)) return [];
  const value = variables(name);
  const found = value === undefined ? phrase`is not set or empty` : problemOf(value);
  if (found === undefined) return [];
  return [
    {
      path: ['traces', 'headers_env'],
      found: phrase`the variable ${name}, which ${found}`,
      expected: phrase`name=value,name=value in .env or in the environment`,
      advice: phrase`write ${name}='authorization=Bearer%20…' into .env`,
    },
  ];
}

function problemOf(text: string): Phrase | undefined {
  const headers = traceHeadersIn(text);
  if (headers === undefined) return phrase`does not hold headers (not shown)`;
  const own = [...headers.keys()].find((name) => isOwnHeader(name) && !CREDENTIALS.has(name));
  return own === undefined ? undefined : phrase`sets ${own}, which Zephyr sets itself`;
}

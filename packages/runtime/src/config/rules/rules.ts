/**
 * The rules beyond single values: what must be unique, how values relate, which secrets must be there. Takes
 * the document and the variables, returns violations; starts nothing.
 */
import type { Violation } from '../config-error.ts';
import type { ReadNamedFile } from '../files/named-file.ts';
import type { RawTable } from '../schema/raw.ts';
import type { ReadToken } from '../secrets/run-token-command.ts';
import type { Variables } from '../variables/variables.ts';
import { checkAdminToken } from './admin-token.ts';
import { checkClients } from './clients.ts';
import { checkGroups } from './groups.ts';
import { checkHeaders } from './headers.ts';
import { checkHosts } from './hosts.ts';
import { checkIntervals } from './intervals.ts';
import { checkModels } from './models.ts';
import { checkNotify } from './notify.ts';
import { checkOutboundProxies } from './outbound-proxies.ts';
import { checkRedisUrl } from './redis.ts';
import { checkTeams } from './teams.ts';
import { checkTlsFiles } from './tls-files.ts';
import { checkTokens } from './tokens.ts';
import { checkTraces } from './traces.ts';

/** The sources of values that a document only names. */
export interface RuleSources {
  readonly variables: Variables;
  readonly read: ReadNamedFile;
  readonly readToken: ReadToken;
}

export function checkRules(
  document: RawTable,
  { variables, read, readToken }: RuleSources,
): readonly Violation[] {
  return [
    ...checkGroups(document),
    ...checkHosts(document),
    ...checkIntervals(document),
    ...checkTokens(document, variables, readToken),
    ...checkHeaders(document, variables),
    ...checkModels(document),
    ...checkTlsFiles(document, read),
    ...checkOutboundProxies(document, variables),
    ...checkRedisUrl(document, variables),
    ...checkClients(document, variables, read),
    ...checkTeams(document),
    ...checkNotify(document, variables),
    ...checkTraces(document, variables),
    ...checkAdminToken(document, variables),
  ];
}

/**
 * Edits the endpoints in the text of config.toml. Nothing is written unless the configuration is valid with
 * the change. A token goes into `.env`, never into config.toml.
 */
import type { AuthStyle } from '@zephyr/contract/auth-style';
import { authStyleOf } from '../../credential.ts';
import type { Environment } from '../../environment.ts';
import { ZephyrError } from '../../errors.ts';
import { phrase } from '../../phrase.ts';
import type { ConfigFiles } from '../files/config-files.ts';
import { readText } from '../files/read-text.ts';
import { type LoadedConfig, parseConfig, readDocument } from '../read/load.ts';
import { idOfName, slugOf } from '../resolve/slug.ts';
import { type RawTable, rawTable, variableNamesIn } from '../schema/raw.ts';
import { type ReadToken, UNREAD_TOKENS } from '../secrets/run-token-command.ts';
import { variablesOf } from '../variables/variables.ts';
import { addEntry, type EditedText, removeEntry, setKey } from './document.ts';
import { withVariable } from './env-variable.ts';
import { replaceFile, whileLocked } from './replace-file.ts';

export interface EndpointEntry {
  readonly name: string;
  readonly url: string;
  readonly group: string;
}

export interface WantedEndpoint {
  readonly name: string;
  readonly url: string;
  /** Name of its group, created if it does not exist; absent: the first group. */
  readonly group?: string | undefined;
  /** For a new group: the variable that holds its token. */
  readonly tokenEnv?: string | undefined;
}

/** An endpoint to be added to the files as they were read. */
export interface EndpointDraft {
  readonly name: string;
  readonly url: string;
  readonly group: {
    readonly index: number;
    readonly name: string;
    readonly isNew: boolean;
    /** The variable that holds its token; absent: a program prints it (`token_command`). */
    readonly variable: string | undefined;
    readonly hasToken: boolean;
  };
  readonly files: ConfigFiles;
  readonly former: { readonly config: string; readonly env: string };
}

/** The new contents of both files. */
export interface DraftedFiles {
  readonly config: string;
  readonly env: string;
  readonly loaded: LoadedConfig;
}

/** @throws ZephyrError `CONFIG` for a file with errors */
export function draftEndpoint(
  files: ConfigFiles,
  { name, url, group: groupName, tokenEnv }: WantedEndpoint,
  environment: Environment,
): EndpointDraft {
  const document = readDocument(files.config);
  const former = { config: readText(files.config, 'must exist'), env: envTextOf(files) };
  const groups = groupsIn(document);
  const wanted = groupName ?? groups[0]?.name ?? 'main';
  const index = groups.findIndex((group) => group.name === wanted);
  const found = groups[index];
  const variables = variablesOf(environment, former.env);
  const isTaken = (variable: string) =>
    variableNamesIn(document).includes(variable) || variables(variable) !== undefined;
  const variable =
    found === undefined
      ? (tokenEnv ?? tokenVariableFor(wanted, groups.length, isTaken))
      : found.variable;
  return {
    ...{ name, url, files, former },
    group: {
      ...{ index: found === undefined ? groups.length : index, name: wanted, variable },
      isNew: found === undefined,
      hasToken: variable === undefined || variables(variable) !== undefined,
    },
  };
}

/**
 * `AUTH_TOKEN_BACK_UP` for `Back up`. A non-ASCII name has no such form, so the group's position is used:
 * `AUTH_TOKEN_GROUP_2`, or the next unused number.
 *
 * @param count number of groups before it
 */
export function tokenVariableFor(
  group: string,
  count: number,
  isTaken: (variable: string) => boolean,
): string {
  const slug = slugOf(group);
  if (slug !== undefined) return `AUTH_TOKEN_${slug.toUpperCase().replaceAll('-', '_')}`;
  let place = count + 1;
  while (isTaken(`AUTH_TOKEN_GROUP_${place}`)) place += 1;
  return `AUTH_TOKEN_GROUP_${place}`;
}

/**
 * @param given.token the group's token, if `hasToken` is false @param given.auth how the token is sent
 * @param given.readToken absent: programs that print tokens are run
 * @throws ZephyrError `CONFIG`, `USAGE`
 */
export function filesWith(
  draft: EndpointDraft,
  given: {
    readonly token?: string | undefined;
    readonly auth?: string | undefined;
    readonly readToken?: ReadToken | undefined;
  },
  environment: Environment,
): DraftedFiles {
  const { files, former, group } = draft;
  const isNeeded = given.token !== undefined && group.variable !== undefined;
  const env = isNeeded ? withVariable(former.env, group.variable, given.token) : former.env;
  const config = withEndpoint(draft, given.auth === undefined ? {} : { auth: given.auth });
  const loaded = parsed({ files, config, env }, environment, given.readToken);
  return { config, env, loaded };
}

/**
 * Changes made to the files since the draft are kept: the endpoint takes time to answer.
 * @throws ZephyrError `USAGE`, `READ_ONLY`; both files are then unchanged
 */
export async function writeEndpoint(draft: EndpointDraft, next: DraftedFiles): Promise<void> {
  const { files, former } = draft;
  const lines = linesFor(draft);
  await whileLocked(files.config, () => {
    refuseChanged(files, former);
    const hasToken = next.env !== former.env;
    if (hasToken) replaceFile(files.envFile, next.env, { mode: 0o600, lines });
    try {
      replaceFile(files.config, next.config, { lines });
    } catch (error) {
      if (hasToken) replaceFile(files.envFile, former.env, { mode: 0o600 });
      throw error;
    }
  });
}

/**
 * @param wanted its name or id @returns what was removed; `withGroup`: its group went with it
 * @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; the file is then unchanged
 */
export async function removeEndpoint(
  wanted: string,
  files: ConfigFiles,
  environment: Environment,
  readToken?: ReadToken,
): Promise<{ readonly name: string; readonly group: string; readonly isGroupRemoved: boolean }> {
  return await whileLocked(files.config, () => {
    const { name, group, groupIndex, index, isOnlyOfGroup } = removableNamed(wanted, files.config);
    const before = readText(files.config, 'must exist');
    const lines = [`remove ${JSON.stringify(name)} from [[groups]] ${JSON.stringify(group)}`];
    const config = edited(
      isOnlyOfGroup
        ? removeEntry(before, ['groups'], groupIndex)
        : removeEntry(before, ['groups', groupIndex, 'endpoints'], index),
      lines,
    );
    parsed({ files, config, env: envTextOf(files) }, environment, readToken);
    replaceFile(files.config, config, { lines });
    return { name, group, isGroupRemoved: isOnlyOfGroup };
  });
}

/**
 * Writes how the token is sent to an endpoint, unless the shape of its group's token implies it. Other
 * changes made since are kept.
 *
 * @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; the file is then unchanged
 */
export async function setAuth(
  { name: wanted, auth }: { readonly name: string; readonly auth: AuthStyle },
  files: ConfigFiles,
  environment: Environment,
): Promise<void> {
  await whileLocked(files.config, () => {
    const { name, group, groupIndex, index } = endpointNamed(wanted, files.config);
    const before = readText(files.config, 'must exist');
    const env = envTextOf(files);
    if (isSentSo(name, auth, parsed({ files, config: before, env }, environment, UNREAD_TOKENS)))
      return;
    const line = `auth = ${JSON.stringify(auth)}`;
    const lines = [`${line}, for ${JSON.stringify(name)} in [[groups]] ${JSON.stringify(group)}`];
    const path = ['groups', groupIndex, 'endpoints', index];
    const config = edited(setKey(before, path, 'auth', auth), lines);
    parsed({ files, config, env }, environment, UNREAD_TOKENS);
    replaceFile(files.config, config, { lines });
  });
}

/** The token that a program prints is not known here, nor what its shape implies. */
function isSentSo(name: string, auth: AuthStyle, { config, secrets }: LoadedConfig): boolean {
  const endpoint = config.endpoints.find((each) => each.name === name);
  const group = config.groups.find((each) => each.name === endpoint?.groupName);
  if (group === undefined || endpoint?.auth !== undefined) return endpoint?.auth === auth;
  if (group.tokenCommand !== undefined) return false;
  const token = secrets.groupTokens.get(group.name)?.reveal() ?? '';
  return authStyleOf(token, undefined) === auth;
}

/** Works without tokens in the environment, too. */
export function endpointsIn(document: RawTable): readonly EndpointEntry[] {
  return placedEndpoints(document).map(({ name, url, group }) => ({ name, url, group }));
}

function parsed(
  { files, config, env }: { files: ConfigFiles; config: string; env: string },
  environment: Environment,
  readToken: ReadToken | undefined,
): LoadedConfig {
  return parseConfig({
    ...{ path: files.config, text: config, envFile: { path: files.envFile, text: env } },
    variables: variablesOf(environment, env),
    ...(readToken === undefined ? {} : { readToken }),
  });
}

function endpointNamed(wanted: string, configPath: string) {
  const all = placedEndpoints(readDocument(configPath));
  const found = all.find(({ name }) => isNamed(name, wanted));
  if (found === undefined) {
    const known = all.map(({ name }) => name).join(', ');
    throw new ZephyrError('USAGE', phrase`${configPath} has no endpoint named ${wanted}`, {
      advice: [phrase`known endpoints: ${known}`],
    });
  }
  const isOnlyOfGroup =
    all.filter(({ groupIndex }) => groupIndex === found.groupIndex).length === 1;
  return { ...found, isOnlyOfGroup, isOnlyOne: all.length === 1 };
}

function removableNamed(wanted: string, configPath: string) {
  const found = endpointNamed(wanted, configPath);
  if (!found.isOnlyOne) return found;
  throw new ZephyrError('USAGE', phrase`${found.name} is the only endpoint`, {
    advice: [phrase`add another one first: zephyr endpoint add`],
  });
}

function refuseChanged(files: ConfigFiles, former: EndpointDraft['former']): void {
  const isSame =
    readText(files.config, 'must exist') === former.config && envTextOf(files) === former.env;
  if (isSame) return;
  throw new ZephyrError(
    'USAGE',
    phrase`${files.config} or ${files.envFile} was changed meanwhile`,
    {
      advice: [phrase`nothing is lost; try again`],
    },
  );
}

function withEndpoint(draft: EndpointDraft, more: Readonly<Record<string, string>>): string {
  const { name, url, group, former } = draft;
  const entry = { name: group.name, auth_token_env: group.variable ?? '' };
  const base = group.isNew ? addEntry(former.config, ['groups'], entry) : former.config;
  const path = ['groups', group.index, 'endpoints'];
  return edited(
    base === undefined ? undefined : addEntry(base, path, { url, name, ...more }),
    linesFor(draft),
  );
}

function linesFor({ name, url, group }: EndpointDraft): readonly string[] {
  const entry = `{ url = ${JSON.stringify(url)}, name = ${JSON.stringify(name)} }`;
  if (!group.isNew || group.variable === undefined) {
    return [`in the endpoints of [[groups]] ${JSON.stringify(group.name)}:`, `  ${entry},`];
  }
  const { variable } = group;
  const head = ['[[groups]]', `name = ${JSON.stringify(group.name)}`];
  return [
    ...[...head, `auth_token_env = ${JSON.stringify(variable)}`, `endpoints = [${entry}]`],
    `and the token as ${variable} where .env comes from`,
  ];
}

function edited(text: EditedText, lines: readonly string[]): string {
  if (text !== undefined) return text;
  throw new ZephyrError(
    'USAGE',
    phrase`this file is written in a way that cannot be changed safely`,
    {
      advice: [phrase`change it yourself:`, ...lines],
    },
  );
}

const isNamed = (name: string, wanted: string): boolean =>
  name.toLowerCase() === wanted.toLowerCase() || idOfName(name) === wanted;

function envTextOf({ envFile }: Pick<ConfigFiles, 'envFile'>): string {
  return readText(envFile, 'may be missing');
}

function groupsIn(document: RawTable) {
  const groups = Array.isArray(document['groups']) ? document['groups'].map(rawTable) : [];
  return groups.map(({ name, auth_token_env: variable, endpoints }) => ({
    ...{ name: String(name), variable: variable === undefined ? undefined : String(variable) },
    endpoints: Array.isArray(endpoints) ? endpoints.map(rawTable) : [],
  }));
}

function placedEndpoints(document: RawTable) {
  return groupsIn(document).flatMap(({ name: group, endpoints }, groupIndex) =>
    endpoints.map(({ name, url }, index) => ({
      ...{ group, groupIndex, index, name: String(name), url: String(url) },
    })),
  );
}

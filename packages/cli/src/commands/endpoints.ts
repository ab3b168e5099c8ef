/** `zephyr endpoint add|remove|list`: the endpoints of config.toml, changed in its text. */

import { addEntry, type EditedText, removeEntry } from '@zephyr/runtime/config/edit-document';
import { parseConfig, readDocument } from '@zephyr/runtime/config/load';
import { type RawTable, rawTable } from '@zephyr/runtime/config/raw';
import { readText } from '@zephyr/runtime/config/read-text';
import { idOfName } from '@zephyr/runtime/config/slug';
import { variablesOf } from '@zephyr/runtime/config/variables';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import { translator } from '@zephyr/texts';

import type { Ask } from '../edit/ask.ts';
import { withVariable } from '../edit/env-variable.ts';
import { replaceFile, whileLocked } from '../edit/replace-file.ts';
import { renderTable } from '../table.ts';
import { isServed, type SurveyCall, surveyEndpoints, surveyText } from './config-check-online.ts';

export interface EndpointFiles {
  readonly config: string;
  readonly envFile: string;
}

export interface AddEndpointOptions extends EndpointFiles {
  readonly url?: string;
  /** Name of its group, which is made where it does not exist; absent: the first one. */
  readonly group?: string;
  /** Of a new group: the variable that holds its token. */
  readonly tokenEnv?: string;
  /** The token is on standard input. */
  readonly tokenStdin?: boolean;
  /** False: write it without asking the endpoint. */
  readonly test: boolean;
}

export interface AddEndpointCall extends SurveyCall {
  readonly name: string | undefined;
  readonly options: AddEndpointOptions;
  readonly environment: Environment;
  readonly ask: Ask;
}

interface Plan {
  readonly name: string;
  readonly url: string;
  readonly group: GroupPlan;
}

interface GroupPlan {
  readonly index: number;
  readonly name: string;
  readonly isNew: boolean;
  /** That holds its token; absent: a program prints it (`token_command`). */
  readonly variable: string | undefined;
}

/**
 * Nothing is written unless the configuration is valid with it and, by default, the endpoint serves.
 * The token goes into `.env`, never into config.toml.
 *
 * @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; both files are then as they were
 */
export async function addEndpoint(
  call: AddEndpointCall,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { options, environment } = call;
  const plan = await planOf(call);
  const files = { config: readText(options.config, 'must exist'), env: envTextOf(options) };
  const { env, hasToken } = await withToken(plan.group, files.env, call);
  let text = withEndpoint(files.config, plan, {});
  const load = () =>
    parseConfig({
      ...{ path: options.config, text, envFile: { path: options.envFile, text: env } },
      variables: variablesOf(environment, env),
    });
  let loaded = load();
  const say = translator(loaded.config.ui.language);
  let surveyed = '';
  if (options.test) {
    const isNew = ({ name }: { readonly name: string }) => name === plan.name;
    const survey = await surveyEndpoints(loaded, call, isNew);
    surveyed = `${surveyText(survey, loaded)}\n\n`;
    if (!survey.every(isServed)) {
      return { text: `${surveyed}${say('endpoint.notAdded')}`, exitCode: EXIT.failure };
    }
    const auth = survey.flatMap((each) => each.proposals.filter((line) => /^auth = /.test(line)));
    if (auth.length > 0 && survey[0]?.auth !== undefined) {
      text = withEndpoint(files.config, plan, { auth: survey[0].auth });
      loaded = load();
    }
  }
  const lines = linesFor(plan);
  whileLocked(options.config, () => {
    refuseChanged(options, files);
    if (hasToken) replaceFile(options.envFile, env, { mode: 0o600, lines });
    try {
      replaceFile(options.config, text, { lines });
    } catch (error) {
      if (hasToken) replaceFile(options.envFile, files.env, { mode: 0o600 });
      throw error;
    }
  });
  const { name, group } = plan;
  return {
    text: `${surveyed}${say('endpoint.added', { name, group: group.name })}`,
    exitCode: EXIT.ok,
  };
}

/** Somebody else's change of the last seconds stays: the endpoint took time to answer. */
function refuseChanged(options: EndpointFiles, former: { config: string; env: string }): void {
  const isSame =
    readText(options.config, 'must exist') === former.config && envTextOf(options) === former.env;
  if (isSame) return;
  throw new ZephyrError('USAGE', `${options.config} or ${options.envFile} was changed meanwhile`, {
    advice: ['nothing of it is lost; run the command again'],
  });
}

async function planOf({ name, options, ask }: AddEndpointCall): Promise<Plan> {
  const document = readDocument(options.config);
  const groups = groupsIn(document);
  const say = translator(languageIn(document));
  const given = async (value: string | undefined, key: 'name' | 'url'): Promise<string> => {
    const answer = value ?? (ask.isPossible ? await ask.line(say(`endpoint.ask.${key}`)) : '');
    if (answer !== '') return answer;
    throw new ZephyrError('USAGE', `the ${key} of the endpoint is missing`, {
      advice: ['zephyr endpoint add <name> --url https://…'],
    });
  };
  const wanted = options.group ?? groups[0]?.name ?? 'main';
  const index = groups.findIndex((group) => group.name === wanted);
  const found = groups[index];
  const slug = idOfName(wanted).toUpperCase().replaceAll('-', '_');
  return {
    name: await given(name, 'name'),
    url: await given(options.url, 'url'),
    group: {
      ...{ index: found === undefined ? groups.length : index, name: wanted },
      isNew: found === undefined,
      variable: found === undefined ? (options.tokenEnv ?? `AUTH_TOKEN_${slug}`) : found.variable,
    },
  };
}

/** The text of `.env`, with the token of the group where it is not known yet. */
async function withToken(group: GroupPlan, env: string, call: AddEndpointCall) {
  const { name, variable } = group;
  if (variable !== undefined && variablesOf(call.environment, env)(variable) === undefined) {
    const token = await tokenFor(name, variable, call);
    return { env: withVariable(env, variable, token), hasToken: true };
  }
  if (call.options.tokenStdin !== true) return { env, hasToken: false };
  const from = variable === undefined ? 'its token_command' : variable;
  throw new ZephyrError('USAGE', `group ${name} has a token already, from ${from}`, {
    advice: ['leave out --token-stdin, or name a new group: --group <name>'],
  });
}

async function tokenFor(name: string, variable: string, call: AddEndpointCall): Promise<string> {
  const { options, ask } = call;
  if (options.tokenStdin === true) return await ask.input();
  if (ask.isPossible) {
    const say = translator(languageIn(readDocument(options.config)));
    return await ask.hidden(say('endpoint.ask.token', { group: name }));
  }
  throw new ZephyrError('USAGE', `${variable}, the token of group ${name}, is not set`, {
    advice: [`put it into ${options.envFile}, or give it on standard input: --token-stdin`],
  });
}

function withEndpoint(
  text: string,
  { name, url, group }: Plan,
  more: Readonly<Record<string, string>>,
): string {
  const entry = { name: group.name, auth_token_env: group.variable ?? '' };
  const base = group.isNew ? addEntry(text, ['groups'], entry) : text;
  const path = ['groups', group.index, 'endpoints'];
  return edited(
    base === undefined ? undefined : addEntry(base, path, { url, name, ...more }),
    linesFor({ name, url, group }),
  );
}

function linesFor({ name, url, group }: Plan): readonly string[] {
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
  throw new ZephyrError('USAGE', 'this file is written in a way that cannot be changed safely', {
    advice: ['change it yourself:', ...lines],
  });
}

/** @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; the file is then as it was */
export function removeEndpoint(
  wanted: string,
  options: EndpointFiles,
  environment: Environment,
): string {
  return whileLocked(options.config, () => withoutEndpoint(wanted, options, environment));
}

function withoutEndpoint(wanted: string, options: EndpointFiles, environment: Environment): string {
  const document = readDocument(options.config);
  const all = endpointsIn(document);
  const found = all.find(({ name }) => isNamed(name, wanted));
  if (found === undefined) {
    throw new ZephyrError('USAGE', `there is no endpoint named ${wanted}`, {
      advice: [`known endpoints: ${all.map(({ name }) => name).join(', ')}`],
    });
  }
  const { group, groupIndex, index, name } = found;
  const isOnlyOne = all.filter((each) => each.groupIndex === groupIndex).length === 1;
  if (all.length === 1) {
    throw new ZephyrError('USAGE', `${name} is the only endpoint`, {
      advice: ['add another one first: zephyr endpoint add'],
    });
  }
  const before = readText(options.config, 'must exist');
  const lines = [`remove ${JSON.stringify(name)} from [[groups]] ${JSON.stringify(group)}`];
  const text = edited(
    isOnlyOne
      ? removeEntry(before, ['groups'], groupIndex)
      : removeEntry(before, ['groups', groupIndex, 'endpoints'], index),
    lines,
  );
  const env = envTextOf(options);
  const variables = variablesOf(environment, env);
  const envFile = { path: options.envFile, text: env };
  const { config } = parseConfig({ path: options.config, text, variables, envFile });
  replaceFile(options.config, text, { lines });
  const say = translator(config.ui.language);
  return say(isOnlyOne ? 'endpoint.removedGroup' : 'endpoint.removed', { name, group });
}

/** Also of a configuration whose tokens are not there. */
export function listEndpoints({ config }: EndpointFiles, json: boolean): string {
  const document = readDocument(config);
  const all = endpointsIn(document).map(({ name, url, group }) => ({
    ...{ id: idOfName(name), name, group, url },
  }));
  if (json) return JSON.stringify(all, null, 2);
  const say = translator(languageIn(document));
  const head = [say('column.endpoint'), 'id', say('probe.column.group'), 'URL'];
  return renderTable(
    head,
    all.map(({ name, id, group, url }) => [name, id, group, url]),
  );
}

const isNamed = (name: string, wanted: string): boolean =>
  name.toLowerCase() === wanted.toLowerCase() || idOfName(name) === wanted;

function envTextOf({ envFile }: Pick<EndpointFiles, 'envFile'>): string {
  return readText(envFile, 'may be missing');
}

function groupsIn(document: RawTable) {
  const groups = Array.isArray(document['groups']) ? document['groups'].map(rawTable) : [];
  return groups.map(({ name, auth_token_env: variable, endpoints }) => ({
    ...{ name: String(name), variable: variable === undefined ? undefined : String(variable) },
    endpoints: Array.isArray(endpoints) ? endpoints.map(rawTable) : [],
  }));
}

function endpointsIn(document: RawTable) {
  return groupsIn(document).flatMap(({ name: group, endpoints }, groupIndex) =>
    endpoints.map(({ name, url }, index) => ({
      ...{ group, groupIndex, index, name: String(name), url: String(url) },
    })),
  );
}

function languageIn(document: RawTable): 'en' | 'zh' {
  return rawTable(document['ui'])['language'] === 'zh' ? 'zh' : 'en';
}

/** `zephyr endpoint add|remove|list`: edits the endpoints in the text of config.toml. */
import { isServing } from '@zephyr/contract/probe/endpoint-finding';
import {
  draftEndpoint,
  type EndpointDraft,
  endpointsIn,
  filesWith,
  removeEndpoint,
  writeEndpoint,
} from '@zephyr/runtime/config/edit/endpoints';
import type { ConfigFiles } from '@zephyr/runtime/config/files/config-files';
import { readDocument } from '@zephyr/runtime/config/read/load';
import { idOfName } from '@zephyr/runtime/config/resolve/slug';
import type { Environment } from '@zephyr/runtime/environment';
import { EXIT, ZephyrError } from '@zephyr/runtime/errors';
import { phrase } from '@zephyr/runtime/phrase';
import { type Translate, translator } from '@zephyr/texts';
import { renderTable } from '../../output/table.ts';
import type { Ask } from './ask.ts';
import { type SurveyCall, surveyEndpoints, surveyText } from './config-check-online.ts';
import { languageIn } from './document-language.ts';

export interface AddEndpointOptions extends ConfigFiles {
  readonly url?: string;
  /** Name of its group, created if it does not exist; absent: the first group. */
  readonly group?: string;
  /** For a new group: the variable that holds its token. */
  readonly tokenEnv?: string;
  /** The token is on standard input. */
  readonly tokenStdin?: boolean;
  /** False: write it without testing the endpoint. */
  readonly test: boolean;
}

export interface AddEndpointCall extends SurveyCall {
  readonly name: string | undefined;
  readonly options: AddEndpointOptions;
  readonly environment: Environment;
  readonly ask: Ask;
}

/**
 * Nothing is written unless the configuration is valid with it and, by default, the endpoint serves.
 *
 * @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; both files are then unchanged
 */
export async function addEndpoint(
  call: AddEndpointCall,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const { options, environment } = call;
  const say = translator(languageIn(readDocument(options.config), environment));
  const draft = await draftOf(call, say);
  const token = await tokenFor(draft, call, say);
  let next = filesWith(draft, { token }, environment);
  let surveyed = '';
  if (options.test) {
    const isNew = ({ name }: { readonly name: string }) => name === draft.name;
    const survey = await surveyEndpoints(next.loaded, call, isNew);
    surveyed = `${surveyText(survey, next.loaded)}\n\n`;
    if (!survey.every(isServing)) {
      return { text: `${surveyed}${say('endpoint.notAdded')}`, exitCode: EXIT.failure };
    }
    const isProposed = survey.some(({ proposals }) =>
      proposals.some((line) => /^auth = /.test(line)),
    );
    if (isProposed) next = filesWith(draft, { token, auth: survey[0]?.auth }, environment);
  }
  await writeEndpoint(draft, next);
  return { text: `${surveyed}${addedText(draft, token !== undefined, say)}`, exitCode: EXIT.ok };
}

function addedText({ name, group }: EndpointDraft, isTokenNew: boolean, say: Translate): string {
  const added = say('endpoint.added', { name, group: group.name });
  if (!isTokenNew || group.variable === undefined) return added;
  return `${added}\n${say('endpoint.token', { group: group.name, variable: group.variable })}`;
}

async function draftOf(call: AddEndpointCall, say: Translate): Promise<EndpointDraft> {
  const { name, options, ask, environment } = call;
  const given = async (value: string | undefined, key: 'name' | 'url'): Promise<string> => {
    const answer = value ?? (ask.isPossible ? await ask.line(say(`endpoint.ask.${key}`)) : '');
    if (answer !== '') return answer;
    throw new ZephyrError('USAGE', phrase`the ${key} of the endpoint is missing`, {
      advice: [phrase`zephyr endpoint add <name> --url https://…`],
    });
  };
  const { group, tokenEnv } = options;
  const wanted = {
    ...{ name: await given(name, 'name'), url: await given(options.url, 'url') },
    ...{ group, tokenEnv },
  };
  return draftEndpoint(options, wanted, environment);
}

/** Undefined if the group has one. */
async function tokenFor(
  { group: { name, variable, hasToken } }: EndpointDraft,
  { options, ask }: AddEndpointCall,
  say: Translate,
): Promise<string | undefined> {
  if (hasToken) {
    if (options.tokenStdin !== true) return undefined;
    const from = variable === undefined ? phrase`its token_command` : variable;
    throw new ZephyrError('USAGE', phrase`group ${name} has a token already, from ${from}`, {
      advice: [phrase`leave out --token-stdin, or name a new group: --group <name>`],
    });
  }
  if (options.tokenStdin === true) return await ask.input();
  if (ask.isPossible) return await ask.hidden(say('endpoint.ask.token', { group: name }));
  throw new ZephyrError(
    'USAGE',
    phrase`${String(variable)}, the token of group ${name}, is not set`,
    {
      advice: [phrase`put it into ${options.envFile}, or give it on standard input: --token-stdin`],
    },
  );
}

/** @throws ZephyrError `CONFIG`, `USAGE`, `READ_ONLY`; the file is then unchanged */
export async function removeNamed(
  wanted: string,
  files: ConfigFiles,
  environment: Environment,
): Promise<string> {
  const say = translator(languageIn(readDocument(files.config), environment));
  const { name, group, isGroupRemoved } = await removeEndpoint(wanted, files, environment);
  return say(isGroupRemoved ? 'endpoint.removedGroup' : 'endpoint.removed', { name, group });
}

/** Works without tokens in the environment, too. */
export function listEndpoints(
  { config }: Pick<ConfigFiles, 'config'>,
  environment: Environment,
  json: boolean,
): string {
  const document = readDocument(config);
  const all = endpointsIn(document).map(({ name, url, group }) => ({
    ...{ id: idOfName(name), name, group, url },
  }));
  if (json) return JSON.stringify(all, null, 2);
  const say = translator(languageIn(document, environment));
  const head = [say('column.endpoint'), 'id', say('probe.column.group'), 'URL'];
  return renderTable(
    head,
    all.map(({ name, id, group, url }) => [name, id, group, url]),
  );
}

/**
 * Edits of config.toml from the web page: made here with the editor that the command line also uses, then
 * recorded as a command that makes the leader reload the configuration. They expose more than other commands
 * (a person's key, or a group's token to whatever address is added to the group), so they require the admin
 * token even if the rest is open to this machine.
 */
import { accessSync, constants, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

import {
  type ApiSettings,
  EDITS,
  type EditAnswer,
  type EditBody,
  type EditName,
} from '@zephyr/contract/operate/config-edit';
import type { EndpointId } from '@zephyr/contract/scalars';
import { schemeOf } from '@zephyr/runtime/config/config';
import {
  addClient,
  clientsIn,
  removeClient,
  rotateClient,
} from '@zephyr/runtime/config/edit/clients';
import {
  draftEndpoint,
  endpointsIn,
  filesWith,
  removeEndpoint,
  writeEndpoint,
} from '@zephyr/runtime/config/edit/endpoints';
import type { ConfigFiles } from '@zephyr/runtime/config/files/config-files';
import { loadConfig, readDocument } from '@zephyr/runtime/config/read/load';
import { localeOfFile } from '@zephyr/runtime/config/read/locale';
import { adminTokenVariable } from '@zephyr/runtime/config/rules/admin-token';
import { rawTable } from '@zephyr/runtime/config/schema/raw';
import { UNREAD_TOKENS } from '@zephyr/runtime/config/secrets/run-token-command';
import { ownVariable, PUBLIC_URL } from '@zephyr/runtime/config/variables/own-variables';
import type { Environment } from '@zephyr/runtime/environment';
import { ZephyrError } from '@zephyr/runtime/errors';
import { phrase, spoken } from '@zephyr/runtime/phrase';
import { templatesOf } from '@zephyr/texts/errors';
import type { RequestHandler } from 'express';

import { applied, type CommandDeps, checkedBody, MAX_DETAIL } from './commands.ts';
import type { EndpointTests } from './endpoint-tests.ts';
import { ProblemError } from './problem-error.ts';

export interface EditDeps extends CommandDeps {
  readonly files: ConfigFiles;
  readonly environment: Environment;
  readonly hasAdminToken: () => boolean;
  readonly tests: EndpointTests;
}

export function readSettings({
  files,
  environment,
  hasAdminToken,
}: Pick<EditDeps, 'files' | 'environment' | 'hasAdminToken'>): ApiSettings {
  const document = documentOf(files, environment);
  const editing = isWritable(files.config) ? 'possible' : 'read_only';
  return {
    path: files.config,
    editing: hasAdminToken() ? editing : 'token_needed',
    adminTokenVariable: adminTokenVariable(document),
    publicUrl: ownVariable(environment, PUBLIC_URL) ?? null,
    proxyScheme: schemeOf({ tlsCertFile: rawTable(document['server'])['tls_cert_file'] }),
    clients: [...clientsIn(document)],
    endpoints: [...endpointsIn(document)],
  };
}

export function handleEdit(deps: EditDeps, edit: EditName): RequestHandler {
  return async (req, res) => {
    if (!deps.hasAdminToken()) {
      throw new ProblemError('unauthorized', 'edits need an admin token, and none is configured', [
        `set ${adminTokenVariable(documentOf(deps.files, deps.environment))} in .env to a long random text, and log in with it`,
      ]);
    }
    const body = checkedBody(EDITS[edit].body, req.body);
    if (deps.current.store().status === 'away') {
      throw new ProblemError('store_away', 'edits cannot be recorded while Redis is away');
    }
    const { name } = body;
    const actor = String(res.locals['actor']);
    const made = await carryOut(edit, body, deps);
    deps.log.info({ actor, edit, name }, 'configuration edited');
    await applied(deps, { actor, name: edit, body: { name } });
    const { added, ...rest } = made;
    const tested =
      added === undefined
        ? null
        : await deps.tests.run({ id: added, name, actor }).catch((error) => {
            throw problemFor(error, deps);
          });
    const none = { key: null, tokenVariable: null };
    const answer: EditAnswer = { edit, name, ...none, ...rest, tested };
    res.json(answer);
  };
}

type Made = Partial<Pick<EditAnswer, 'key' | 'tokenVariable'>> & {
  /** The endpoint to test. */
  readonly added?: EndpointId;
};

/** @param body validated by EDITS */
async function carryOut(edit: EditName, body: unknown, deps: EditDeps): Promise<Made> {
  const { config } = deps.files;
  const { name } = body as EditBody<EditName>;
  try {
    switch (edit) {
      case 'add-client':
        refuseBroken(deps);
        return { key: await addClient(config, name) };
      case 'rotate-client':
        refuseBroken(deps);
        return { key: await rotateClient(config, name) };
      case 'remove-client':
        await removeClient(config, name);
        return {};
      case 'add-endpoint':
        return await add(body as EditBody<'add-endpoint'>, deps);
      case 'remove-endpoint':
        await removeEndpoint(name, deps.files, deps.environment, UNREAD_TOKENS);
        return {};
    }
  } catch (error) {
    throw problemFor(error, deps);
  }
}

/**
 * A new key appears only in the answer, and an invalid configuration would turn that into an error.
 * Removing a key is allowed even then.
 * @throws ZephyrError `CONFIG`
 */
function refuseBroken({ files, environment }: EditDeps): void {
  loadConfig(
    { configPath: files.config, envFilePath: files.envFile, environment },
    { readToken: UNREAD_TOKENS },
  );
}

async function add(
  { token, test: isTested = true, ...wanted }: EditBody<'add-endpoint'>,
  { files, environment }: EditDeps,
): Promise<Made> {
  const draft = draftEndpoint(files, wanted, environment);
  const { name, variable, hasToken } = draft.group;
  if (hasToken && token !== undefined) {
    throw new ZephyrError('USAGE', phrase`group ${name} has a token already`, {
      advice: [phrase`leave the token empty, or name a new group`],
    });
  }
  if (!hasToken && token === undefined) {
    throw new ZephyrError(
      'USAGE',
      phrase`${variable ?? ''}, the token of group ${name}, is not set`,
      {
        advice: [
          phrase`enter the token, or set ${variable ?? ''} where the environment comes from`,
        ],
      },
    );
  }
  const next = filesWith(draft, { token, readToken: UNREAD_TOKENS }, environment);
  await writeEndpoint(draft, next);
  const tokenVariable = token === undefined ? null : (variable ?? null);
  const added = next.loaded.config.endpoints.find((endpoint) => endpoint.name === draft.name);
  if (!isTested || added === undefined) return { tokenVariable };
  return { tokenVariable, added: added.id };
}

/** Worded in the configured language. */
function problemFor(
  error: unknown,
  { files, environment }: Pick<EditDeps, 'files' | 'environment'>,
): unknown {
  if (!(error instanceof ZephyrError)) return error;
  const templateOf = templatesOf(localeOfFile(files.config, environment));
  const [message = '', ...advice] = error.lines.map((line) => spoken(line, templateOf));
  const detail = message.slice(0, MAX_DETAIL);
  if (error.code === 'CONFIG') return new ProblemError('config_invalid', detail);
  return new ProblemError('edit_refused', detail, advice);
}

function documentOf(files: ConfigFiles, environment: Environment) {
  try {
    return readDocument(files.config);
  } catch (error) {
    throw problemFor(error, { files, environment });
  }
}

/** A file is replaced by rename, so its folder must be writable; for a link, the folder of its target. */
function isWritable(path: string): boolean {
  try {
    accessSync(dirname(realpathSync(path)), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * The model that probes ask must be one that the endpoint serves; a `model_map` key that no request can
 * contain would map nothing.
 */
import { MAX_MODEL_CHARACTERS } from '@zephyr/contract/model-name';

import { phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { servedModelsOf } from '../derived/served-models.ts';
import { healthCheckOfGroup } from '../keys/groups.ts';
import { healthCheck } from '../keys/health-check.ts';
import { overridden } from '../keys/overrides.ts';
import { upstreamKeys } from '../keys/upstream.ts';
import { fittingValues, type RawTable, rawEndpoints, rawGroups, rawTable } from '../schema/raw.ts';

const { models, model_map } = upstreamKeys;

/** Bodies are scanned byte by byte, and no model has a longer name. */
const REQUESTED = new RegExp(String.raw`^[\x20-\x7e]{1,${MAX_MODEL_CHARACTERS}}$`);

export function checkModels(document: RawTable): Violation[] {
  return [...checkProbedModels(document), ...checkMappedNames(document)];
}

function checkMappedNames(document: RawTable): Violation[] {
  return [...rawGroups(document), ...rawEndpoints(document)].flatMap(({ path, table }) =>
    Object.keys(rawTable(table['model_map']))
      .filter((name) => !REQUESTED.test(name))
      .map((name) => ({
        path: [...path, 'model_map', name],
        found: phrase`${JSON.stringify(name)}, which no request contains`,
        expected: phrase`the name of a model: 1 to ${MAX_MODEL_CHARACTERS} characters of ASCII`,
        advice: phrase`write the name that clients use, followed by the one to send`,
      })),
  );
}

function checkProbedModels(document: RawTable): Violation[] {
  const common = fittingValues(healthCheck.shape, rawTable(document['health_check']));
  return rawEndpoints(document).flatMap(({ path, table, group }) => {
    const own = rawTable(group.table['health_check']);
    const { model } = overridden(common, fittingValues(healthCheckOfGroup.shape, own));
    const keys = { models, model_map };
    const served = overridden(fittingValues(keys, group.table), fittingValues(keys, table));
    const isServed = servedModelsOf({
      models: served.models,
      modelMap: served.model_map,
    })?.isServed;
    if (isServed === undefined || isServed(model)) return [];
    const place = table['models'] === undefined ? group.path : path;
    return [
      {
        path: [...place, 'models'],
        found: phrase`models without ${model}, which probes use`,
        expected: phrase`the model of the probes among those that the endpoint serves`,
        advice: phrase`set model under [groups.health_check] to a model that it serves, or add ${model}`,
      },
    ];
  });
}

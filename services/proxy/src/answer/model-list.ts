/** `GET /v1/models` if no endpoint has a list: the configured models. */
import type { ServerResponse } from 'node:http';

import { newRequestId } from './zephyr-errors.ts';

/** Release date of a model of which only the name is known. */
const RELEASE = '1970-01-01T00:00:00Z';

/** @param models from the configuration; patterns are not names and are left out */
export function namedModels(models: readonly string[]): readonly string[] {
  return models.filter((model) => !model.includes('*')).toSorted();
}

export function sendModelList(res: ServerResponse, names: readonly string[]): void {
  const data = names.map((id) => ({
    ...{ type: 'model', id, display_name: id, created_at: RELEASE },
  }));
  const [first = null] = names;
  const list = { data, has_more: false, first_id: first, last_id: names.at(-1) ?? null };
  const body = JSON.stringify(list);
  res.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'request-id': newRequestId(),
  });
  res.end(body);
}

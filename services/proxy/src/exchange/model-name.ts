/**
 * The model that a request is for, where endpoints serve some models only, and its name there: put
 * into the path or into the bytes of the body, all else of which stays as it came.
 */
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import type { BodyEdit } from './body-edit.ts';
import type { ExchangeContext } from './exchange-context.ts';

const MODEL_PATH = /^\/v1\/models\/([^?]+)/;

/** Empty where it is not known: of a list of models, or of a body that is not all here. */
export function requestedModel({ input, body }: ExchangeContext): string {
  switch (input.operation) {
    case 'messages':
    case 'count_tokens':
      return body.exactModel();
    case 'models': {
      const [, id = ''] = MODEL_PATH.exec(input.pathAndQuery) ?? [];
      return decodeURIComponent(id);
    }
    case 'extra':
      return '';
  }
}

export function pathAt(context: ExchangeContext, endpoint: UpstreamEndpoint): string {
  const { pathAndQuery, operation } = context.input;
  const there = operation === 'models' ? nameAt(context, endpoint) : undefined;
  if (there === undefined) return pathAndQuery;
  return pathAndQuery.replace(MODEL_PATH, `/v1/models/${encodeURIComponent(there)}`);
}

export function bodyEditAt(
  context: ExchangeContext,
  endpoint: UpstreamEndpoint,
): BodyEdit | undefined {
  const there = nameAt(context, endpoint);
  const range = there === undefined ? undefined : context.body.modelRange();
  return range === undefined ? undefined : { ...range, bytes: Buffer.from(JSON.stringify(there)) };
}

function nameAt(context: ExchangeContext, { models }: UpstreamEndpoint): string | undefined {
  return models?.nameThere(requestedModel(context));
}

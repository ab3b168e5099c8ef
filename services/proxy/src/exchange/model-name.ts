/**
 * The model of a request, if endpoints serve only some models, and the endpoint's name for it: written into
 * the path or the body, whose other bytes stay unchanged.
 */
import { modelInHead } from '../answer/usage-at-start.ts';
import type { UpstreamEndpoint } from '../upstream/endpoints.ts';
import type { BodyEdit } from './body-edit.ts';
import type { ExchangeContext, ExchangeInput } from './exchange-context.ts';

const MODEL_ID_IN_PATH = /^\/v1\/models\/([^?]+)/;

/** Whether it requests one model by id, not the list. */
export function isLookup({
  operation,
  pathAndQuery,
}: Pick<ExchangeInput, 'operation' | 'pathAndQuery'>): boolean {
  return operation === 'models' && MODEL_ID_IN_PATH.test(pathAndQuery);
}

/** Empty if unknown: for the list of models, or a body that has not fully arrived. */
export function requestedModel({ input, body }: ExchangeContext): string {
  switch (input.operation) {
    case 'messages':
    case 'count_tokens':
      return body.exactModel();
    case 'models': {
      const [, id = ''] = MODEL_ID_IN_PATH.exec(input.pathAndQuery) ?? [];
      return decodeURIComponent(id);
    }
    case 'extra':
      return '';
  }
}

/** For a person who may not use all models, the requested model must be unambiguous. */
export function isModelRepeated({ input, body }: ExchangeContext): boolean {
  if (input.operation === 'extra') return false;
  body.rejectRepeatedModel();
  return body.isModelRepeated;
}

/**
 * The models of an answered request, by which it is priced. The body's name counts, unless it has several, in
 * an attempt to be priced by another model, or none that we can read, as in a compressed body.
 * @param named as found by the quick search
 * @param head of the answer, which names the model
 */
export function pricedModels(
  { input, body }: ExchangeContext,
  named: string,
  head: string,
): { readonly requested: string; readonly answered: string } {
  const answered = input.operation === 'messages' ? modelInHead(head) : named;
  const isNamed = named !== '' && (isSame(named, answered) || !body.isModelRepeated);
  return { requested: isNamed ? named : answered || body.exactModel(), answered };
}

/** Answers replace an alias by its version: `claude-haiku-4-5-20251001`. */
function isSame(named: string, answered: string): boolean {
  return answered.startsWith(named) && /^(?:-\d{8})?$/.test(answered.slice(named.length));
}

export function pathAt(context: ExchangeContext, endpoint: UpstreamEndpoint): string {
  const { pathAndQuery, operation } = context.input;
  const there = operation === 'models' ? nameAt(context, endpoint) : undefined;
  if (there === undefined) return pathAndQuery;
  return pathAndQuery.replace(MODEL_ID_IN_PATH, `/v1/models/${encodeURIComponent(there)}`);
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

/** The OpenAPI document as an oracle: its documented responses, and whether an answer conforms. */
import { Ajv2020 } from 'ajv/dist/2020.js';

import type { RawAnswer } from './raw-request.ts';

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly responses: Readonly<Record<string, DocumentedResponse>>;
}

interface DocumentedResponse {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
  /** For a problem: its possible codes, separated by commas. */
  readonly description: string;
}

export interface ApiDocument {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly operationId: string; readonly responses: Operation['responses'] }>
      >
    >
  >;
}

export function operationsOf(document: ApiDocument): readonly Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, responses }]) => ({
      id: operationId,
      method: method.toUpperCase(),
      path,
      responses,
    })),
  );
}

/** `<status>` for each successful response, `<status> <code>` for each problem. */
export function promisesOf({ responses }: Operation): readonly string[] {
  return Object.entries(responses).flatMap(([status, { description }]) =>
    status < '400' ? [status] : description.split(', ').map((code) => `${status} ${code}`),
  );
}

/** The documented response that an answer matches. */
export function promiseOf({ status, body }: RawAnswer): string {
  return status < 400 ? String(status) : `${status} ${codeOf(body)}`;
}

function codeOf(body: string): string {
  return (JSON.parse(body) as { readonly code: string }).code;
}

export interface Judge {
  /** Violations of the document in an answer; empty if there are none. */
  readonly faults: (operation: Operation, answer: RawAnswer) => readonly string[];
  /** Violations of a named schema of the document in a value. */
  readonly schemaFaults: (name: string, value: unknown) => readonly string[];
}

export function judgeBy(document: ApiDocument): Judge {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  // The schemas refer to `#/components/…`, so each is compiled as part of the document.
  ajv.addSchema({ ...document, $id: 'document' });
  const faultsAt = (pointer: string, value: unknown): readonly string[] => {
    const validate = ajv.compile({ $ref: `document#${pointer}` });
    validate(value);
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
  };
  return {
    faults: (operation, answer) => {
      const documented = operation.responses[String(answer.status)];
      if (documented === undefined) return [`status ${answer.status} is not documented`];
      const type = answer.headers['content-type']?.split(';')[0];
      if (documented.content === undefined) {
        return answer.body === '' ? [] : ['a body is not documented'];
      }
      if (type === undefined || !(type in documented.content)) {
        return [`content-type ${type} is not documented`];
      }
      const value: unknown = type.endsWith('json') ? JSON.parse(answer.body) : answer.body;
      const steps = ['paths', operation.path, operation.method.toLowerCase(), 'responses'];
      return faultsAt(
        pointerOf([...steps, String(answer.status), 'content', type, 'schema']),
        value,
      );
    },
    schemaFaults: (name, value) => faultsAt(pointerOf(['components', 'schemas', name]), value),
  };
}

/** A JSON pointer as a URI fragment. */
function pointerOf(steps: readonly string[]): string {
  return steps
    .map((step) => `/${encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}

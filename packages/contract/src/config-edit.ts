/**
 * What an operator changes in config.toml from a page: the text of the file, on the host of the controller
 * that was asked. What was changed, never how, is in the stream of commands and in the audit.
 */
import { z } from 'zod';

import { endpointFindingSchema } from './endpoint-finding.ts';
import { type PlainOf, webScheme } from './scalars.ts';

const name = z.string().min(1).max(100);

interface EditKind {
  /** For the OpenAPI document. */
  readonly summary: string;
  readonly body: z.ZodType;
}

/** By name. */
export const EDITS = {
  'add-client': { summary: 'Create a key for a person or machine', body: z.strictObject({ name }) },
  'rotate-client': {
    summary: 'Replace a key; the old one is refused',
    body: z.strictObject({ name }),
  },
  'remove-client': { summary: 'Take a key away', body: z.strictObject({ name }) },
  'add-endpoint': {
    summary: 'Add an endpoint; its group is made where it does not exist',
    body: z.strictObject({
      name,
      url: z.string().min(1).max(2_000),
      group: name.optional(),
      /** Of a new group; goes into `.env`. */
      token: z.string().min(1).max(4_000).optional(),
      /** False: into service at once, without a test. */
      test: z.boolean().optional(),
    }),
  },
  'remove-endpoint': {
    summary: 'Remove an endpoint, and its group with the last one',
    body: z.strictObject({ name }),
  },
} as const satisfies Record<string, EditKind>;

export type EditName = keyof typeof EDITS;
export const EDIT_NAMES = Object.keys(EDITS) as EditName[];
export type EditBody<Name extends EditName> = PlainOf<(typeof EDITS)[Name]['body']>;

export function isEditName(text: string): text is EditName {
  return Object.hasOwn(EDITS, text);
}

/** All that is written down of an edit: whom or what it was about. */
export const editSubjectSchema = z.strictObject({ name });

/** Sent when the file is changed and the leader has read it. */
export const editAnswerSchema = z
  .object({
    edit: z.enum(EDIT_NAMES),
    name,
    /** The new key: shown this once, stored nowhere. */
    key: z.string().nullable(),
    /** The variable of `.env` that a new token was written to. */
    tokenVariable: z.string().nullable(),
    /** Of a new endpoint, which is in service only if it serves; null where nothing was tested. */
    tested: z
      .object({
        endpointId: z.string(),
        isInService: z.boolean(),
        /** Null: no prober has answered in time. */
        finding: endpointFindingSchema.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'EditAnswer' });
export type EditAnswer = PlainOf<typeof editAnswerSchema>;

/** `GET /api/settings`: who may use the proxy, the endpoints, and whether they can be changed here. */
export const settingsSchema = z
  .object({
    /** Of config.toml, as the controller sees it. */
    path: z.string(),
    /** `token_needed`: no admin token is configured. `read_only`: by the file system. */
    editing: z.enum(['possible', 'token_needed', 'read_only']),
    /** The address of the proxy, where it is configured (`ZEPHYR_PUBLIC_URL`). */
    publicUrl: z.string().nullable(),
    /** `https` where `[server]` has a certificate. */
    proxyScheme: webScheme,
    clients: z.array(z.object({ name: z.string(), keyFrom: z.string() })),
    endpoints: z.array(z.object({ name: z.string(), url: z.string(), group: z.string() })),
  })
  .meta({ id: 'Settings' });
export type ApiSettings = PlainOf<typeof settingsSchema>;

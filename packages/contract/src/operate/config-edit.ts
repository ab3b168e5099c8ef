/**
 * Edits of config.toml from the dashboard: they change the file on the host of the controller that
 * received the request. The command stream and the audit log record what was changed, never the new values.
 */
import { z } from 'zod';

import { endpointFindingSchema } from '../probe/endpoint-finding.ts';
import { type PlainOf, webScheme } from '../scalars.ts';

/**
 * Of a person or an endpoint. Longer than the configuration permits for either, so that its rule, which
 * says what a name may be, is the one that people read.
 */
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
  'remove-client': { summary: 'Revoke a key', body: z.strictObject({ name }) },
  'add-endpoint': {
    summary: 'Add an endpoint; its group is created if it does not exist',
    body: z.strictObject({
      name,
      url: z.string().min(1).max(2_000),
      group: name.optional(),
      /** For a new group; written to `.env`. */
      token: z.string().min(1).max(4_000).optional(),
      /** False: put into service immediately, without a test. */
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

/** All that is recorded of an edit: the person or endpoint it concerned. */
export const editSubjectSchema = z.strictObject({ name });

/** Sent once the file is changed and the leader has read it. */
export const editAnswerSchema = z
  .object({
    edit: z.enum(EDIT_NAMES),
    name,
    /** The new key: shown only here, stored nowhere. */
    key: z.string().nullable(),
    /** The variable of `.env` that a new token was written to. */
    tokenVariable: z.string().nullable(),
    /** For a new endpoint, in service only if it serves; null if nothing was tested. */
    tested: z
      .object({
        endpointId: z.string(),
        isInService: z.boolean(),
        /** Null: no prober answered in time. */
        finding: endpointFindingSchema.nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'EditAnswer' });
export type EditAnswer = PlainOf<typeof editAnswerSchema>;

/** `GET /api/settings`: who may use the proxy, the endpoints, and whether they can be changed here. */
export const settingsSchema = z
  .object({
    /** Path of config.toml, as the controller sees it. */
    path: z.string(),
    /** `token_needed`: no admin token is configured. `read_only`: by the file system. */
    editing: z.enum(['possible', 'token_needed', 'read_only']),
    /** The variable of `.env` that holds the admin token. */
    adminTokenVariable: z.string(),
    /** The address of the proxy, if configured (`ZEPHYR_PUBLIC_URL`). */
    publicUrl: z.string().nullable(),
    /** `https` if `[server]` has a certificate. */
    proxyScheme: webScheme,
    clients: z.array(z.object({ name: z.string(), keyFrom: z.string() })),
    endpoints: z.array(z.object({ name: z.string(), url: z.string(), group: z.string() })),
  })
  .meta({ id: 'Settings' });
export type ApiSettings = PlainOf<typeof settingsSchema>;

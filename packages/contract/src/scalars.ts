/** The scalars of all shapes, and how a type is inferred from a shape. */
import { z } from 'zod';

/** A slug of an endpoint's configured name, `[a-z0-9-]+`, unique across groups. */
export const endpointIdSchema = z
  .string()
  .regex(/^[a-z0-9-]+$/)
  .brand<'EndpointId'>();
export type EndpointId = z.infer<typeof endpointIdSchema>;

export const MAX_PROXY_ID_CHARACTERS = 100;
/** As proxies name themselves; the runtime's `isProxyId` checks its characters too. */
export const proxyId = z.string().max(MAX_PROXY_ID_CHARACTERS);

/** Wall-clock time, in milliseconds since 1970. Never compared across machines. */
export const moment = z.number().brand<'EpochMs'>();
export type EpochMs = z.infer<typeof moment>;

/** Milliseconds. */
export const duration = z.number().nonnegative();
export const count = z.number().int().nonnegative();
export const ratio = z.number().min(0).max(1);
export const usd = z.number().nonnegative();
/** Scheme of our pages. */
export const webScheme = z.enum(['http', 'https']);
export type WebScheme = z.infer<typeof webScheme>;

/**
 * The largest version, epoch or generation accepted. A record near the largest safe integer could
 * have no successor, so a larger number is not ours.
 */
export const LAST_VERSION = 2 ** 52;
/** A number that only increases. */
export const rising = count.max(LAST_VERSION);

type Scalar = string | number | boolean | null | undefined;

/** Deeply readonly: what crosses a boundary is replaced, never changed. */
export type Immutable<Value> = unknown extends Value
  ? Value
  : Value extends Scalar
    ? Value
    : { readonly [Key in keyof Value]: Immutable<Value[Key]> };

/** The type of a parsed value. */
export type ShapeOf<Schema extends z.ZodType> = Immutable<z.output<Schema>>;

/** The same for code that only shows or sends it: ids and times are plain strings and numbers. */
export type PlainOf<Schema extends z.ZodType> = Immutable<z.input<Schema>>;

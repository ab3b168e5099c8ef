/** The scalars that every shape is made of, and how a type is inferred from a shape. */
import { z } from 'zod';

/** A slug of an endpoint's configured name, `[a-z0-9-]+`, unique over all groups. */
export const endpointId = z
  .string()
  .regex(/^[a-z0-9-]+$/)
  .brand<'EndpointId'>();
export type EndpointId = z.infer<typeof endpointId>;

/** A moment of the wall clock, in milliseconds since 1970. Never compared across machines. */
export const moment = z.number().brand<'EpochMs'>();
export type EpochMs = z.infer<typeof moment>;

/** Milliseconds. */
export const duration = z.number().nonnegative();
export const count = z.number().int().nonnegative();
export const ratio = z.number().min(0).max(1);
export const usd = z.number().nonnegative();
/** How a page of ours is reached. */
export const webScheme = z.enum(['http', 'https']);

/**
 * The largest version, epoch or generation that is accepted. A record at the end of the safe
 * integers could never be followed by another one, so a larger number is not ours.
 */
export const LAST_VERSION = 2 ** 52;
/** A number that only rises. */
export const rising = count.max(LAST_VERSION);

type Scalar = string | number | boolean | null | undefined;

/** Deeply readonly: what crosses a boundary is replaced, never changed. */
export type Immutable<Value> = unknown extends Value
  ? Value
  : Value extends Scalar
    ? Value
    : { readonly [Key in keyof Value]: Immutable<Value[Key]> };

/** The type of what a schema has accepted. */
export type ShapeOf<Schema extends z.ZodType> = Immutable<z.output<Schema>>;

/** The same for those who only show or send it: ids and moments are plain strings and numbers. */
export type PlainOf<Schema extends z.ZodType> = Immutable<z.input<Schema>>;

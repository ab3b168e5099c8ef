/**
 * Overrides: each key of `[health_check]` for one group, and a key that `perEndpoint` marks for one endpoint.
 * Unset keys are inherited.
 */
import { z } from 'zod';

export type Shape = Readonly<Record<string, z.ZodType>>;

declare const perEndpointMark: unique symbol;

interface PerEndpoint {
  readonly [perEndpointMark]: true;
}

/** An override has no default: it would hide the inherited value. */
type Override<Key> =
  Key extends z.ZodDefault<infer Inner extends z.ZodType>
    ? z.ZodOptional<Inner>
    : Key extends z.ZodOptional
      ? Key
      : z.ZodOptional<Key & z.ZodType>;

export type Overrides<Keys extends Shape> = { [Name in keyof Keys]: Override<Keys[Name]> };

export type EndpointOverrides<Keys extends Shape> = {
  [Name in keyof Keys as Keys[Name] extends PerEndpoint ? Name : never]: Override<Keys[Name]>;
};

/** An endpoint may have its own value of this key. */
export function perEndpoint<Key extends z.ZodType>(key: Key): Key & PerEndpoint {
  return key.meta({ perEndpoint: true }) as Key & PerEndpoint;
}

/** All keys of a table, for one group. */
export function groupOverrides<Keys extends Shape>(keys: Keys, table: string): Overrides<Keys> {
  const described = overrides(keys, `As in \`${table}\`, for this group.`);
  const shown = Object.entries(described).map(([name, key]) => [
    name,
    key.meta({ example: exampleOf(keys[name]) }),
  ]);
  return Object.fromEntries(shown) as Overrides<Keys>;
}

/** The keys of a table that an endpoint may override. */
export function endpointOverrides<Keys extends Shape>(
  keys: Keys,
  table: string,
): EndpointOverrides<Keys> {
  const marked = Object.entries(keys).filter(([, key]) => key.meta()?.['perEndpoint'] === true);
  const text = `As in \`${table}\`, for this endpoint.`;
  return overrides(Object.fromEntries(marked), text) as EndpointOverrides<Keys>;
}

/** `own` merged over `base`. */
export function overridden<Base extends object>(
  base: Base,
  own: { readonly [Key in keyof Base]?: Base[Key] | undefined },
): Base {
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...base, ...(Object.fromEntries(set) as Partial<Base>) };
}

function overrides(keys: Shape, text: string): Shape {
  return Object.fromEntries(
    Object.entries(keys).map(([name, key]) => [
      name,
      withoutDefault(key)
        .optional()
        .describe(text)
        .meta({ example: exampleOf(key) }),
    ]),
  );
}

function withoutDefault(key: z.ZodType): z.ZodType {
  return key instanceof z.ZodDefault || key instanceof z.ZodOptional
    ? withoutDefault(key.unwrap() as z.ZodType)
    : key;
}

function exampleOf(key: z.ZodType | undefined): unknown {
  return key instanceof z.ZodDefault ? key.def.defaultValue : key?.meta()?.['example'];
}

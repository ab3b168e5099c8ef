/**
 * From the names of config.toml to those in the code: `first_byte_ms` is `firstByteMs`, and values are
 * converted to the code's unit: `_seconds` becomes `Ms`, `_mib` and `_kib` become `Bytes`.
 */
import { KIB, MIB } from '@zephyr/contract/units';

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

export type InternalName<Key extends string> = Key extends `${infer Name}_seconds`
  ? `${Camel<Name>}Ms`
  : Key extends `${infer Name}_${'mib' | 'kib'}`
    ? `${Camel<Name>}Bytes`
    : Camel<Key>;

/** A file table in internal form; lists of tables too. Maps are unchanged. */
export type InternalForm<Value> =
  Value extends ReadonlyMap<string, unknown>
    ? Value
    : Value extends readonly (infer Item)[]
      ? readonly InternalForm<Item>[]
      : Value extends object
        ? { readonly [Key in keyof Value as InternalName<Key & string>]: InternalForm<Value[Key]> }
        : Value;

/** File unit → the code's unit and the factor. */
const UNITS: Readonly<Record<string, { readonly unit: string; readonly factor: number }>> = {
  seconds: { unit: 'ms', factor: 1000 },
  mib: { unit: 'bytes', factor: MIB },
  kib: { unit: 'bytes', factor: KIB },
};

export function internalForm<Value>(value: Value): InternalForm<Value> {
  return convert(value) as InternalForm<Value>;
}

/** `server.switch_threshold_ms` → `server.switchThresholdMs` */
export function internalName(key: string): string {
  const { stem, unit } = splitUnit(key);
  return camel(unit === undefined ? key : `${stem}_${unit.unit}`);
}

function convert(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== 'object' || value === null || value instanceof Map) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const { unit } = splitUnit(key);
      const isMeasured = unit !== undefined && typeof child === 'number';
      return [internalName(key), isMeasured ? Math.floor(child * unit.factor) : convert(child)];
    }),
  );
}

function splitUnit(key: string) {
  const cut = key.lastIndexOf('_');
  const word = key.slice(cut + 1);
  return {
    stem: key.slice(0, cut),
    unit: cut > 0 && Object.hasOwn(UNITS, word) ? UNITS[word] : undefined,
  };
}

function camel(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/**
 * A record's own value. Names that people choose (an endpoint may be called `constructor`) must not
 * find what the language brings with every object.
 */
export function own<Value>(
  record: Readonly<Record<string, Value>>,
  key: string,
): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The record without what is not named. */
export function only<Value>(
  record: Readonly<Record<string, Value>>,
  names: ReadonlySet<string>,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)));
}

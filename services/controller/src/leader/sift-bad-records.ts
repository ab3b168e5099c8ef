export interface Sifted<Item, Result> {
  readonly result: Result;
  readonly setAside: readonly { readonly item: Item; readonly error: unknown }[];
}

/**
 * Runs a pure `attempt` with all items. If that throws, each item is tried again on its own, and those that
 * throw are left out: one bad record must not stop a leader forever.
 * @throws the error of `attempt` if no item is to blame.
 */
export function sift<Item, Result>(
  items: readonly Item[],
  attempt: (items: readonly Item[]) => Result,
): Sifted<Item, Result> {
  try {
    return { result: attempt(items), setAside: [] };
  } catch (error) {
    const setAside = items.flatMap((item) => errorOf(() => attempt([item]), item));
    if (setAside.length === 0) throw error;
    const bad = new Set(setAside.map(({ item }) => item));
    return { result: attempt(items.filter((item) => !bad.has(item))), setAside };
  }
}

function errorOf<Item>(run: () => unknown, item: Item): { item: Item; error: unknown }[] {
  try {
    run();
    return [];
  } catch (error) {
    return [{ item, error }];
  }
}

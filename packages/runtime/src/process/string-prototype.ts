/**
 * Keeps the methods of strings fast in this process.
 *
 * V8 turns an object that becomes the prototype of a prototype into a dictionary, and back into a fast object when
 * optimisable code reads a property through an object that inherits from it (`JSObject::MakePrototypesFast`). ioredis
 * 6 has a `class VerbatimString extends String`, which does the first to `String.prototype`; plain strings never do
 * the second, because they are no objects. From then on, optimised code calls the inline cache for every method of a
 * string, in Node's own code too: `startsWith` and `charCodeAt` take six times as long.
 */

/** Until V8 collects type feedback for the function, which it did after 10. */
const READS = 1_000;

/** To be called when all modules are loaded. */
export function restoreStringPrototype(): void {
  const text = new String('');
  for (let reads = 0; reads < READS; reads += 1) methodOf(text);
}

function methodOf({ at }: { readonly at?: unknown }): unknown {
  return at;
}

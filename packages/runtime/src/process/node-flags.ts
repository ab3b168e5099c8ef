/**
 * The V8 flags of a service, measured with `make bench`.
 *
 * `--max-semi-space-size`: in MiB. The default lets the young generation grow so far that a thousand streams
 * take 20 MiB more and a burst of large bodies 90. At half of it, 250 bodies of 100 KB a second still cause a
 * full collection every 1.2 s: bodies are off-heap, and there are too many of them before the young
 * generation is full. At a quarter it is one every 10 s, and the CPU per request is 15 % less (`--trace-gc`).
 *
 * `--no-allocation-site-pretenuring`: V8 allocates objects of hot allocation sites directly in the old
 * generation if many of them lived long during warm-up. There each keeps its whole request's garbage alive
 * until the next full collection: up to a third of the CPU of small requests.
 *
 * `--heap-growing-percent`: growth of the live heap until the next full collection. V8's default is so small
 * for a small heap that request bodies, which count although they are off-heap, trigger full collections
 * where young-generation ones would free them.
 */
export const SERVICE_NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=100',
];

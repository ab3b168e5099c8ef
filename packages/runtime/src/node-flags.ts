/**
 * How Node is started for a service. The flags are V8's, and measured by `make bench`.
 *
 * `--max-semi-space-size`: in MiB. The default lets the young generation grow so far that a thousand
 * streams take 20 MiB more and a burst of large bodies 90. At half of it, 250 bodies of 100 KB a second still cause
 * a full collection each 1.2 s: bodies are outside of the heap, and there are too many of them before the young
 * generation is full. At a quarter it is one each 10 s, and the CPU per request is 15 % less (`--trace-gc`).
 *
 * `--no-allocation-site-pretenuring`: V8 makes objects of busy places at once in the old generation
 * when many of them lived long while the program was still slow. There each of them keeps the garbage
 * of its whole request until the next full collection: up to a third of the CPU of small requests.
 *
 * `--heap-growing-percent`: of the heap that lives, until the next full collection. V8's own choice is so
 * small for a small heap that the bodies of requests, which count too though they are outside of it, cause
 * full collections, where those of the young generation would free them.
 */
export const SERVICE_NODE_FLAGS: readonly string[] = [
  '--max-semi-space-size=8',
  '--no-allocation-site-pretenuring',
  '--heap-growing-percent=100',
];

/**
 * Pins every image from a registry to the current digest of its tag: `make pin-images`. Run it again to
 * update the digests; the tags stay, for people to read.
 *
 *     node scripts/pin-images.ts [folder]
 *
 * Needs docker with buildx, and access to the registries. Writes nothing if an image is not found.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['Dockerfile', 'docker-compose.yml', 'deploy/kubernetes/demo/redis.yaml'];
/** `image: name:1.2.3`, `ARG NODE_IMAGE=name:1.2.3-suffix`, each with or without a digest. */
const IMAGE =
  /^(?<before>\s*(?:image:|ARG \w+_IMAGE=)\s*)(?<tagged>[a-z0-9./-]+:v?\d[\w.-]*)(?:@sha256:[0-9a-f]{64})?$/gm;

const folder = process.argv[2] ?? join(import.meta.dirname, '..');
const digests = new Map<string, string>();

function digestOf(image: string): string {
  const known = digests.get(image);
  if (known !== undefined) return known;
  const template = '{{.Manifest.Digest}}';
  const args = ['buildx', 'imagetools', 'inspect', image, '--format', template];
  const digest = execFileSync('docker', args, { encoding: 'utf8' }).trim();
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`${image} has no digest: ${digest}`);
  digests.set(image, digest);
  return digest;
}

const pinned = FILES.map((file) => {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8').replace(
    IMAGE,
    (_line, before: string, tagged: string) => `${before}${tagged}@${digestOf(tagged)}`,
  );
  return { path, text };
});
for (const { path, text } of pinned) writeFileSync(path, text);
for (const [image, digest] of digests) console.log(`${image}@${digest}`);

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

const root = join(import.meta.dirname, '..');
const FILES = ['Dockerfile', 'docker-compose.yml', 'deploy/kubernetes/demo/redis.yaml'];

/** A copy of the files, with a fake docker that reports this digest for each image. */
function project(answer: string) {
  const folder = mkdtempSync(join(tmpdir(), 'pin-images-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  const docker = (line: string): void => {
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, 'docker'), 0o755);
  };
  docker(answer);
  const pin = () =>
    spawnSync(process.execPath, [join(root, 'scripts/pin-images.ts'), folder], {
      env: { PATH: `${folder}:${process.env['PATH']}` },
      encoding: 'utf8',
    });
  const text = () => FILES.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
  return { pin, text, docker };
}

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;

describe('make pin-images', () => {
  it('pins every image of a registry, and moves the digests when it runs again', () => {
    const { pin, text, docker } = project(`echo ${digest('a')}`);
    expect(pin().status).toBe(0);
    const images = text().match(/^\s*(image:|ARG \w+_IMAGE=).*$/gm) ?? [];
    const foreign = images.filter((line) => !line.includes('zephyr-'));
    expect(foreign.length).toBeGreaterThanOrEqual(7);
    for (const line of foreign) expect(line).toMatch(/:v?\d[\w.-]*@sha256:a{64}$/);
    docker(`echo ${digest('b')}`);
    expect(pin().status).toBe(0);
    expect(text()).not.toContain(digest('a'));
    expect(text().match(/@sha256:b{64}/g)).toHaveLength(foreign.length);
    expect(text()).not.toContain(`${digest('b')}@`);
  });

  it.each([
    `case "$4" in redis*) exit 1;; esac; echo sha256:${'a'.repeat(64)}`,
    'echo no such image',
  ])('writes nothing where one image is not found', (answer) => {
    const { pin, text } = project(answer);
    const before = text();
    expect(pin().status).not.toBe(0);
    expect(text()).toBe(before);
  });
});

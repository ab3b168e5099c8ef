import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createLogger } from '../logger.ts';
import { type ConfigChange, type ConfigSource, createConfigSource } from './source.ts';

const withThreshold = (thresholdMs: number | string) => `
[server]
switch_threshold_ms = ${thresholdMs}
[[groups]]
name = "team"
auth_token_env = "TEAM_TOKEN"
endpoints = [{ url = "https://one.example.com", name = "One" }]
`;
const waiting = { timeout: 10_000, interval: 50 };

let folder: string;
let source: ConfigSource;
let changes: ConfigChange[];
const configPath = () => join(folder, 'config.toml');
const envFilePath = () => join(folder, '.env');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zephyr-config-'));
  writeFileSync(configPath(), withThreshold(50));
  writeFileSync(envFilePath(), 'TEAM_TOKEN=sk-first-token\n');
  source = createConfigSource(
    { configPath: configPath(), envFilePath: envFilePath(), environment: {} },
    createLogger('test', 'silent'),
  );
  changes = [];
  source.subscribe((change) => changes.push(change));
});
afterEach(() => {
  source.stop();
  rmSync(folder, { recursive: true });
});

describe('createConfigSource', () => {
  it('applies a changed file', async () => {
    writeFileSync(configPath(), withThreshold(75));
    await vi.waitFor(() => expect(changes).toHaveLength(1), waiting);
    expect(source.current().config.server.switchThresholdMs).toBe(75);
  });

  it('sees a file that an editor replaces by renaming', async () => {
    writeFileSync(join(folder, 'new.toml'), withThreshold(80));
    renameSync(join(folder, 'new.toml'), configPath());
    await vi.waitFor(
      () => expect(source.current().config.server.switchThresholdMs).toBe(80),
      waiting,
    );
  });

  it('keeps the configuration in use when the new one is bad, and tells why with the line', async () => {
    writeFileSync(configPath(), withThreshold('"fast"'));
    await vi.waitFor(() => expect(changes).toHaveLength(1), waiting);
    expect(changes[0]).toMatchObject({ status: 'refused' });
    expect(JSON.stringify(changes)).toContain('config.toml:3');
    expect(source.current().config.server.switchThresholdMs).toBe(50);
  });

  it('tells which changed keys need a restart, and only those', async () => {
    const lines: string[] = [];
    const log = pino(
      new Writable({
        write(line: Buffer, _encoding, done) {
          lines.push(line.toString());
          done();
        },
      }),
    );
    const sources = { configPath: configPath(), envFilePath: envFilePath(), environment: {} };
    const told = createConfigSource(sources, log);
    writeFileSync(configPath(), withThreshold(70));
    told.reload();
    expect(lines.join('')).not.toContain('restart');
    writeFileSync(configPath(), withThreshold('70\nport = 9999'));
    told.reload();
    told.stop();
    expect(lines.join('')).toContain('"keys":["server.port"],"msg":"changed keys need a restart"');
  });

  it('takes a rotated token and does not show it', async () => {
    writeFileSync(envFilePath(), 'TEAM_TOKEN=sk-second-token\n');
    await vi.waitFor(() => expect(changes).toHaveLength(1), waiting);
    expect(source.current().secrets.groupTokens.get('team')?.reveal()).toBe('sk-second-token');
    expect(JSON.stringify(changes)).not.toContain('sk-second-token');
  });

  it('applies a storm of changes a few times only', async () => {
    for (let threshold = 1; threshold <= 40; threshold += 1) {
      writeFileSync(configPath(), withThreshold(threshold));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await vi.waitFor(
      () => expect(source.current().config.server.switchThresholdMs).toBe(40),
      waiting,
    );
    expect(changes.length).toBeLessThanOrEqual(4);
  });

  it('reads the files again on SIGHUP', async () => {
    writeFileSync(configPath(), withThreshold(60));
    process.kill(process.pid, 'SIGHUP');
    await vi.waitFor(() => expect(source.current().config.server.switchThresholdMs).toBe(60), {
      timeout: 400,
      interval: 10,
    });
  });
});

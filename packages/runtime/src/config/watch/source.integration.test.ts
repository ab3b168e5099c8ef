import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { eventually } from '@zephyr/testkit/eventually';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createLogger } from '../../logger.ts';
import { type ConfigChange, type ConfigSource, createConfigSource } from './source.ts';

const withThreshold = (thresholdMs: number | string) => `
[server]
switch_threshold_ms = ${thresholdMs}
[[groups]]
name = "team"
auth_token_env = "TEAM_TOKEN"
endpoints = [{ url = "https://one.example.com", name = "One" }]
`;

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
    await eventually(() => expect(changes).toHaveLength(1));
    expect(source.current().config.server.switchThresholdMs).toBe(75);
  });

  it('detects a file that an editor replaces by renaming', async () => {
    writeFileSync(join(folder, 'new.toml'), withThreshold(80));
    renameSync(join(folder, 'new.toml'), configPath());
    await eventually(() => expect(source.current().config.server.switchThresholdMs).toBe(80));
  });

  it('keeps the configuration in use if the new one is invalid, and reports why, with the line', async () => {
    writeFileSync(configPath(), withThreshold('"fast"'));
    await eventually(() => expect(changes).toHaveLength(1));
    expect(changes[0]).toMatchObject({ status: 'rejected' });
    expect(JSON.stringify(changes)).toContain('config.toml:3');
    expect(source.current().config.server.switchThresholdMs).toBe(50);
  });

  it('reports which changed keys need a restart, and only those', async () => {
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
    const reported = createConfigSource(sources, log);
    writeFileSync(configPath(), withThreshold(70));
    reported.reload();
    expect(lines.join('')).not.toContain('restart');
    writeFileSync(configPath(), withThreshold('70\nport = 9999'));
    reported.reload();
    reported.stop();
    expect(lines.join('')).toContain('"keys":["server.port"],"msg":"changed keys need a restart"');
  });

  it('applies a rotated token without showing it', async () => {
    writeFileSync(envFilePath(), 'TEAM_TOKEN=sk-second-token\n');
    await eventually(() => expect(changes).toHaveLength(1));
    expect(source.current().secrets.groupTokens.get('team')?.reveal()).toBe('sk-second-token');
    expect(JSON.stringify(changes)).not.toContain('sk-second-token');
  });

  describe('the files that it names', () => {
    const KEY = (letter: string) => letter.repeat(40);
    const keyFile = () => join(folder, 'ann.key');
    const tokenFile = () => join(folder, 'token');
    const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');
    const withClients = (more = '') =>
      `${withThreshold(50)}[[clients]]\nname = "ann"\nkey_file = "${keyFile()}"
      [[clients]]\nname = "bob"\nkey_sha256 = "${hashOf(KEY('b'))}"\n${more}`;
    const keysNow = () => source.current().secrets.clientKeys.map(({ sha256 }) => sha256);
    const token = () => source.current().secrets.groupTokens.get('team')?.reveal();

    beforeEach(() => {
      source.stop();
      writeFileSync(keyFile(), `${KEY('a')}\n`);
      writeFileSync(tokenFile(), 'sk-of-the-file');
      writeFileSync(configPath(), withClients());
      rmSync(envFilePath());
      source = createConfigSource(
        {
          ...{ configPath: configPath(), envFilePath: envFilePath() },
          environment: { TEAM_TOKEN_FILE: tokenFile() },
        },
        createLogger('test', 'silent'),
      );
      source.subscribe((change) => changes.push(change));
    });

    it('applies a changed key file, twice, without touching other keys', async () => {
      for (const letter of ['c', 'd']) {
        writeFileSync(keyFile(), KEY(letter));
        await eventually(() => expect(keysNow()).toEqual([hashOf(KEY(letter)), hashOf(KEY('b'))]));
      }
      expect(changes.every(({ status }) => status === 'applied')).toBe(true);
    });

    it('detects a key and a token replaced by renaming', async () => {
      writeFileSync(join(folder, 'new'), KEY('c'));
      renameSync(join(folder, 'new'), keyFile());
      writeFileSync(join(folder, 'new'), 'sk-rotated');
      renameSync(join(folder, 'new'), tokenFile());
      await eventually(() => expect(keysNow()[0]).toBe(hashOf(KEY('c'))));
      await eventually(() => expect(token()).toBe('sk-rotated'));
    });

    it('detects a swapped symlink to a key, as in Kubernetes secret mounts', async () => {
      for (const version of ['one', 'two']) {
        mkdirSync(join(folder, version));
        writeFileSync(join(folder, version, 'ann.key'), KEY(version === 'one' ? 'a' : 'c'));
      }
      symlinkSync('one', join(folder, '..data'));
      rmSync(keyFile());
      symlinkSync(join('..data', 'ann.key'), keyFile());
      symlinkSync('two', join(folder, '..new'));
      renameSync(join(folder, '..new'), join(folder, '..data'));
      await eventually(() => expect(keysNow()[0]).toBe(hashOf(KEY('c'))));
    });

    it.each([
      ['is removed', () => rmSync(keyFile())],
      ['is emptied', () => writeFileSync(keyFile(), '')],
      [
        'is replaced while config.toml is broken',
        () => {
          writeFileSync(configPath(), withClients('nonsense'));
          source.reload();
          writeFileSync(keyFile(), KEY('c'));
        },
      ],
    ])('revokes a key whose file %s, and no other', async (_how, revoke) => {
      revoke();
      await eventually(() => expect(keysNow()).not.toContain(hashOf(KEY('a'))));
      // Not one client fewer: that could leave none.
      expect(source.current().secrets.clientKeys.map(({ name }) => name)).toEqual(['ann', 'bob']);
      expect(keysNow()[1]).toBe(hashOf(KEY('b')));
      expect(changes.at(-1)?.status).toBe('rejected');
      expect(JSON.stringify(changes)).not.toContain(KEY('c'));
    });

    it('revokes the keys whose blocks are gone from a broken config.toml, and no other', () => {
      const block = (name: string) =>
        `[[clients]]\nname = "${name}"\nkey_sha256 = "${hashOf(KEY(`of-${name}`))}"\n`;
      writeFileSync(configPath(), withClients(block('cem') + block('dan')));
      source.reload();
      const [ann, bob, cem, dan] = keysNow();
      expect([cem, dan]).toEqual(['cem', 'dan'].map((name) => hashOf(KEY(`of-${name}`))));
      // As if edited in a hurry: a team still lists the name.
      const team = '[[teams]]\nname = "red"\nmembers = ["cem", "dan"]\n';
      writeFileSync(configPath(), withClients(block('dan') + team));
      expect(source.reload().status).toBe('rejected');
      expect(keysNow()).toEqual([ann, bob, expect.not.stringContaining(cem ?? ''), dan]);
      // Once: the next reload of the same files has nothing to revoke.
      const announced = changes.length;
      source.reload();
      expect(changes.slice(announced).map(({ status }) => status)).toEqual(['rejected']);
      // Invalid TOML revokes nobody, nor does what a full disk left of a file.
      for (const text of [withClients('nonsense'), '', '# [server]\n', '[server]\nport = 80']) {
        writeFileSync(configPath(), text);
        expect(source.reload().status).toBe('rejected');
        expect([keysNow()[0], keysNow()[1], keysNow()[3]]).toEqual([ann, bob, dan]);
      }
    });

    it('revokes by hash in a broken config.toml: a new name is no new key, a new key of the name is', () => {
      const [ann, bob] = keysNow();
      const team = '[[teams]]\nname = "red"\nmembers = ["nobody"]\n';
      writeFileSync(configPath(), withClients(team).replace('name = "bob"', 'name = "bobby"'));
      expect(source.reload().status).toBe('rejected');
      expect(keysNow()).toEqual([ann, bob]);
      writeFileSync(configPath(), withClients(team).replace(bob ?? '', hashOf(KEY('c'))));
      expect(source.reload().status).toBe('rejected');
      expect(keysNow()).toEqual([ann, 'revoked']);
    });

    describe('all at once', () => {
      // Cut above the clients: valid, or rejected for its threshold.
      const [cut, cutAndWrong] = [withThreshold(50), withThreshold('"fast"')] as const;
      const statuses = () => changes.map(({ status }) => status);

      beforeEach(() => {
        source.stop();
        vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
        const sources = { configPath: configPath(), envFilePath: envFilePath() };
        source = createConfigSource(
          { ...sources, environment: { TEAM_TOKEN: 'sk-token' } },
          createLogger('test', 'silent'),
        );
        source.subscribe((change) => changes.push(change));
      });
      afterEach(() => vi.useRealTimers());

      it('keeps the keys while config.toml is being written', async () => {
        const before = keysNow();
        for (const text of [cut, cutAndWrong, `${cut}# more\n`, withClients('# more\n')]) {
          writeFileSync(configPath(), text);
          expect(source.reload().status).toBe(
            text === cutAndWrong
              ? 'rejected'
              : text === withClients('# more\n')
                ? 'applied'
                : 'doubted',
          );
          expect(keysNow()).toEqual(before);
          await vi.advanceTimersByTimeAsync(900);
        }
        await vi.advanceTimersByTimeAsync(10_000);
        expect(keysNow()).toEqual(before);
        expect(statuses()).toEqual(['rejected', 'applied']);
      });

      it('keeps the keys, for as long as a full disk left a file without endpoints', async () => {
        const before = keysNow();
        writeFileSync(configPath(), '[server]\nport = 80\n');
        source.reload();
        await vi.advanceTimersByTimeAsync(60_000);
        expect(keysNow()).toEqual(before);
      });

      it('revokes all keys if their blocks were deleted', async () => {
        writeFileSync(configPath(), cut);
        expect(source.reload()).toMatchObject({ status: 'doubted', loaded: source.current() });
        await vi.advanceTimersByTimeAsync(3_000);
        expect(keysNow()).toEqual([]);
        expect(statuses()).toEqual(['applied']);
      });

      it('revokes all keys if their blocks were deleted from a broken file', async () => {
        writeFileSync(configPath(), cutAndWrong);
        source.reload();
        await vi.advanceTimersByTimeAsync(3_000);
        expect(keysNow()).toEqual(['revoked', 'revoked']);
        expect(statuses()).toEqual(['rejected', 'applied', 'rejected']);
        await vi.advanceTimersByTimeAsync(10_000);
        expect(statuses()).toHaveLength(3);
      });
    });

    it('applies a rejected configuration once its missing file exists', async () => {
      const late = join(folder, 'cem.key');
      writeFileSync(configPath(), withClients(`[[clients]]\nname = "cem"\nkey_file = "${late}"\n`));
      await eventually(() => expect(changes.at(-1)?.status).toBe('rejected'));
      writeFileSync(late, KEY('c'));
      await eventually(() => expect(keysNow()).toContain(hashOf(KEY('c'))));
    });

    it('does not reread unchanged files', async () => {
      writeFileSync(keyFile(), KEY('c'));
      await eventually(() => expect(changes).toHaveLength(1));
      writeFileSync(keyFile(), KEY('c'));
      writeFileSync(tokenFile(), 'sk-second');
      await eventually(() => expect(token()).toBe('sk-second'));
      expect(changes).toHaveLength(2);
    });
  });

  describe('whose clock is moved by hand', () => {
    beforeEach(() => {
      source.stop();
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
      source = createConfigSource(
        { configPath: configPath(), envFilePath: envFilePath(), environment: {} },
        createLogger('test', 'silent'),
      );
      source.subscribe((change) => changes.push(change));
    });
    afterEach(() => {
      source.stop();
      vi.useRealTimers();
    });

    it('applies a storm of changes at most once a second', async () => {
      for (let threshold = 1; threshold <= 40; threshold += 1) {
        writeFileSync(configPath(), withThreshold(threshold));
        await vi.advanceTimersByTimeAsync(50);
      }
      expect(source.current().config.server.switchThresholdMs).toBe(40);
      expect(changes).toHaveLength(2);
    });

    it('reads the files again on SIGHUP', async () => {
      const reloaded = new Promise<ConfigChange>((resolve) => source.subscribe(resolve));
      writeFileSync(configPath(), withThreshold(60));
      process.kill(process.pid, 'SIGHUP');
      expect((await reloaded).status).toBe('applied');
      expect(source.current().config.server.switchThresholdMs).toBe(60);
    });
  });
});

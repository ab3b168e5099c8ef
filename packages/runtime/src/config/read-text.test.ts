import { describe, expect, it } from 'vitest';

import { spoken } from '../phrase.ts';
import { adviceFor } from './read-text.ts';

const advice = (...of: Parameters<typeof adviceFor>) =>
  adviceFor(...of)
    .map((each) => spoken(each))
    .join();

describe('what to do where a file cannot be read', () => {
  it('never opens the file with the tokens to other users', () => {
    const said = advice('EACCES', 'team/.env', 'may be missing');
    expect(said).toContain('chmod 600 team/.env');
    expect(said).not.toMatch(/a\+r|o\+r/);
  });

  it('opens the configuration, which holds no secret, to the users of the services', () => {
    expect(advice('EACCES', 'config.toml', 'must exist')).toContain('chmod a+r');
  });

  it('says that a folder is no file', () => {
    expect(advice('EISDIR', 'config', 'must exist')).toContain('name the file');
  });
});

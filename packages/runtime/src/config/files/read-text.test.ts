import { describe, expect, it } from 'vitest';

import { spoken } from '../../phrase.ts';
import { adviceFor } from './read-text.ts';

const advice = (...of: Parameters<typeof adviceFor>) =>
  adviceFor(...of)
    .map((each) => spoken(each))
    .join();

describe('the advice for an unreadable file', () => {
  it('never opens the file with the tokens to other users', () => {
    const said = advice('EACCES', 'team/.env', 'may be missing');
    expect(said).toContain('chmod 600 team/.env');
    expect(said).not.toMatch(/a\+r|o\+r/);
  });

  it('opens the configuration, which holds no secret, to the users of the services', () => {
    expect(advice('EACCES', 'config.toml', 'must exist')).toContain('chmod a+r');
  });

  it('reports a folder in place of a file', () => {
    expect(advice('EISDIR', 'config', 'must exist')).toContain('name the file');
  });
});

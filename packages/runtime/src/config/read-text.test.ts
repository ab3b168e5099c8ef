import { describe, expect, it } from 'vitest';

import { adviceFor } from './read-text.ts';

describe('what to do where a file cannot be read', () => {
  it('never opens the file with the tokens to other users', () => {
    const [advice = ''] = adviceFor('EACCES', 'team/.env', 'may be missing');
    expect(advice).toContain('chmod 600 team/.env');
    expect(advice).not.toMatch(/a\+r|o\+r/);
  });

  it('opens the configuration, which holds no secret, to the users of the services', () => {
    expect(adviceFor('EACCES', 'config.toml', 'must exist').join()).toContain('chmod a+r');
  });

  it('says that a folder is no file', () => {
    expect(adviceFor('EISDIR', 'config', 'must exist').join()).toContain('name the file');
  });
});

import { describe, expect, it } from 'vitest';

import { ConfigError } from '../config-error.ts';
import { parseConfig } from './load.ts';

/** As in files made by uncommenting the original's example. */
const ORIGINAL = `[server]
port = 8080
[health_check]
interval_seconds = 60
switch_threshold_ms = 200
graceful_switch_timeout_ms = 30000
[[groups]]
name = "main"
auth_token_env = "TOKEN"
default = true
[[groups.endpoints]]
url = "https://a.relay.net"
name = "A"
flag = "🇨🇳"
default = true
`;

const parse = (text: string) =>
  parseConfig({
    path: 'config.toml',
    text,
    variables: (name) => (name === 'TOKEN' ? 'sk-token-0123456789' : undefined),
  });

describe('the keys that the original ignored', () => {
  it('are ignored here too, each with its line', () => {
    const { config, ignored } = parse(ORIGINAL);
    expect(config.server.switchThresholdMs).toBe(50);
    expect(ignored).toEqual([
      { line: 5, key: 'health_check.switch_threshold_ms', belongsTo: '[server]' },
      { line: 6, key: 'health_check.graceful_switch_timeout_ms', belongsTo: '[server]' },
      { line: 14, key: 'groups[0].endpoints[0].flag' },
      { line: 15, key: 'groups[0].endpoints[0].default', belongsTo: '[[groups]]' },
    ]);
  });

  it('do not hide other unknown keys, next to them or elsewhere', () => {
    for (const wrong of ['flagg = "x"', 'switch_threshold_ms = 1']) {
      expect(() => parse(`${ORIGINAL}${wrong}\n`)).toThrow(ConfigError);
    }
    expect(() => parse(ORIGINAL.replace('[server]', '[server]\nflag = "x"'))).toThrow(ConfigError);
  });

  it('are none in a configuration of ours', () => {
    const ours = ORIGINAL.replace(/^(switch|graceful|flag).*\n/gm, '').replace(
      /default = true\n$/,
      '',
    );
    expect(parse(ours).ignored).toEqual([]);
  });
});

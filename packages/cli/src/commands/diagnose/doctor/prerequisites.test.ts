import { translator } from '@zephyr/texts';
import { describe, expect, it } from 'vitest';

import { examineNode, examineToken } from './prerequisites.ts';

const say = translator('en');

describe('examineToken', () => {
  it.each([
    { name: 'a usual one', token: 'sk-ant-0123456789', status: 'ok' },
    { name: 'one in quotes', token: '"sk-ant-0123456789"', status: 'warn' },
    { name: 'one that was cut off', token: 'sk-ant-0', status: 'warn' },
  ])('is right about $name and never shows it', ({ token, status }) => {
    const finding = examineToken('main', token, say);
    expect(finding.status).toBe(status);
    expect(JSON.stringify(finding)).not.toContain('sk-ant');
  });
});

describe('examineNode', () => {
  it.each([
    { version: '24.21.0', status: 'ok' },
    { version: '20.20.2', status: 'fail' },
  ])('finds $version $status', ({ version, status }) => {
    expect(examineNode(version, say).status).toBe(status);
  });
});

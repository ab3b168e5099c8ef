import { endpointId } from '@zephyr/core';
import { describe, expect, it } from 'vitest';

import { answerHeaders, passedHeaders } from './response-headers.ts';

describe('passedHeaders', () => {
  it('drops headers that identify our account on the way back', () => {
    const headers = { 'anthropic-organization-id': 'o', 'request-id': 'r' };
    expect(passedHeaders({ headers })).toEqual({ 'request-id': 'r' });
  });

  it.each([
    ['content-type', true],
    ['anthropic-ratelimit-requests-limit', true],
    ['x-anthropic-', false],
    ['set-cookie2', false],
    ['server', false],
  ])('%s passes: %s', (name, isPassed) => {
    expect(passedHeaders({ headers: { [name]: 'v' } })).toEqual(isPassed ? { [name]: 'v' } : {});
  });

  it('passes what the configuration lists, unless it is unsafe', () => {
    const headers = { 'x-cache': 'hit', location: '/', server: 's', 'request-id': undefined };
    const isHeaderPassed = (name: string): boolean => name !== 'server';
    const passed = passedHeaders({ headers, isHeaderPassed });
    expect(passed).toEqual({ 'x-cache': 'hit' });
    expect(Object.keys(passed)).toEqual(['x-cache']);
  });
});

describe('answerHeaders', () => {
  const plain = { endpointId: endpointId('e1'), leftFamily: undefined, isLast: false };
  const headers = { 'content-length': '5' };

  it('names the endpoint, and no more than there is to say', () => {
    const named = answerHeaders({ status: 200, headers }, plain);
    expect(named).toEqual({ 'content-length': '5', 'x-zephyr-endpoint': 'e1' });
    expect(Object.keys(named)).toHaveLength(2);
  });

  it('has the name, the family that was left and the end of the connection', () => {
    const about = { ...plain, leftFamily: 'claude', isLast: true };
    expect(answerHeaders({ status: 200, headers: {}, endpointName: 'E 1' }, about)).toEqual({
      'x-zephyr-endpoint': 'e1',
      'x-zephyr-endpoint-name': 'E 1',
      'x-zephyr-left-family': 'claude',
      connection: 'close',
    });
  });

  it('has no length if there is no body', () => {
    expect(answerHeaders({ status: 204, headers }, plain)).toEqual({ 'x-zephyr-endpoint': 'e1' });
  });
});

/** Small decisions: errors, ends and usage of answers, snapshots. */
import type { RoutingSnapshot } from '@zephyr/contract/snapshot';
import { endpointId, epochMs } from '@zephyr/core';
import { describe, expect, it } from 'vitest';
import { passedHeaders } from '../answer/response-headers.ts';
import { errorBody, errorOfFailure } from '../answer/zephyr-errors.ts';
import { compareSnapshots } from '../routing/compare-snapshots.ts';
import { upstreamHeaders } from '../upstream/request-headers.ts';
import { failureOfError } from './connection-failure.ts';

describe('failureOfError', () => {
  it.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ENOTFOUND', 'dns'],
    ['EAI_AGAIN', 'dns'],
    ['ETIMEDOUT', 'connect_timeout'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['HPE_INVALID_CHUNK_SIZE', 'not_claude'],
    ['ECONNRESET', 'reset'],
    ['EPIPE', 'reset'],
    ['', 'reset'],
  ])('%s: %s', (code, failure) => {
    expect(failureOfError(Object.assign(new Error('x'), { code }))).toBe(failure);
  });
});

describe('errors of ours', () => {
  it('never suggest to a client that its own login was refused', () => {
    expect(errorOfFailure('token_refused')).toBe('token_refused');
    expect(JSON.parse(errorBody('token_refused', 'r'))).toMatchObject({
      type: 'error',
      error: { type: 'api_error' },
      request_id: 'r',
    });
  });
});

describe('compareSnapshots', () => {
  const snapshot = (parts: Partial<RoutingSnapshot>): RoutingSnapshot => ({
    incarnation: 'i',
    epoch: 2,
    version: 5,
    configHash: 'h',
    publishedAtMs: epochMs(0),
    isOverloadedEverywhere: false,
    selection: {
      status: 'steady',
      activeId: endpointId('a'),
      reason: 'initial',
      sinceAtMs: epochMs(0),
    },
    mode: { kind: 'auto' },
    order: [],
    endpoints: {},
    ...parts,
  });
  it.each([
    ['the first', undefined, {}, 'newer'],
    ['the first of another installation', undefined, { configHash: 'x' }, 'foreign'],
    ['a later version', {}, { version: 6 }, 'newer'],
    ['a later leader with a smaller version', {}, { epoch: 3, version: 1 }, 'newer'],
    ['the same', {}, {}, 'same'],
    ['an earlier version', {}, { version: 4 }, 'older'],
    ['an earlier leader', {}, { epoch: 1, version: 9 }, 'older'],
    ['another incarnation', {}, { incarnation: 'j', epoch: 1, version: 1 }, 'newer'],
    [
      'another incarnation of another installation',
      {},
      { incarnation: 'j', configHash: 'x' },
      'foreign',
    ],
    ['a changed configuration of ours', {}, { configHash: 'x', version: 6 }, 'newer'],
  ])('%s', (_name, current, read, verdict) => {
    const before = current === undefined ? undefined : snapshot(current);
    expect(compareSnapshots(before, snapshot(read), 'h')).toBe(verdict);
  });
});

describe('headers', () => {
  const identity = {
    authority: 'endpoint:1',
    headers: { lines: [{ name: 'authorization', value: 'Bearer team' }], secrets: ['team'] },
    passes: { ofClient: undefined, ofAnswer: undefined },
  };
  it('replace every credential of the client', () => {
    const client = {
      authorization: 'Bearer mine',
      'x-api-key': 'mine',
      cookie: 'mine',
      host: 'proxy',
    };
    const headers = upstreamHeaders(client, identity);
    expect(JSON.stringify(headers)).not.toContain('mine');
    expect(headers).toMatchObject({ host: 'endpoint:1', authorization: 'Bearer team' });
  });
  it('keep what the Messages API needs', () => {
    const client = {
      'anthropic-beta': 'a,b',
      'anthropic-version': '2023-06-01',
      'x-stainless-os': 'Linux',
      'x-claude-code-session-id': 's',
      'user-agent': 'claude-cli/2',
      'x-app': 'cli',
    };
    expect(upstreamHeaders(client, identity)).toMatchObject(client);
  });
  it('drop headers that identify our account on the way back', () => {
    const headers = { 'anthropic-organization-id': 'o', 'request-id': 'r' };
    expect(passedHeaders({ headers })).toEqual({
      'request-id': 'r',
    });
  });
});

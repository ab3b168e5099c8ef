/** When a survey starts the Claude CLI: a run that is paid, and takes seconds. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { credentialsOf } from '@zephyr/runtime/credential';
import { startScriptedUpstream } from '@zephyr/testkit/scripted-upstream';
import { json, reset, status, type UpstreamScript } from '@zephyr/testkit/upstream-scripts';
import { expect, it, onTestFinished } from 'vitest';

import { createStartGate } from './claude-cli/start-gate.ts';
import { surveyEndpoint } from './survey.ts';

const TOKEN = 'sk-canary-0123456789';
const list = json({ data: [{ type: 'model', id: 'claude-a' }] });

interface Relay {
  readonly messages: UpstreamScript;
  readonly models: UpstreamScript;
}

async function surveyed({ messages, models }: Relay) {
  const folder = mkdtempSync(join(tmpdir(), 'zephyr-survey-'));
  const upstream = await startScriptedUpstream({
    script: (turn) => (turn.request.target.startsWith('/v1/models') ? models : messages)(turn),
  });
  onTestFinished(async () => {
    await upstream.stop();
    rmSync(folder, { recursive: true });
  });
  const started = join(folder, 'started');
  const claudeBinaryPath = join(folder, 'claude');
  writeFileSync(claudeBinaryPath, `#!/bin/sh\n: > '${started}'\nexit 1\n`, { mode: 0o755 });
  const survey = await surveyEndpoint(
    {
      auth: 'bearer',
      targetBy: (auth) => ({
        baseUrl: upstream.url,
        headers: { lines: credentialsOf(TOKEN, auth), secrets: [TOKEN] },
        ...{ model: 'claude-a', timeoutMs: 20_000, claudeBinaryPath },
      }),
    },
    { signal: new AbortController().signal, gate: createStartGate() },
  );
  return { serves: survey.serves, isCliStarted: existsSync(started) };
}

it.each<[what: string, relay: Relay, isCliStarted: boolean]>([
  ['a token refused for everything', { messages: status(401), models: status(401) }, false],
  ['no answer to a message', { messages: reset(), models: list }, false],
  ['a token refused only for messages', { messages: status(401), models: list }, true],
  ['a refusal of another kind', { messages: status(403), models: status(401) }, true],
])('a survey meets %s', async (_what, relay, isCliStarted) => {
  expect(await surveyed(relay)).toEqual({ serves: 'nobody', isCliStarted });
});

import { describe, expect, it } from 'vitest';

import { DEFAULT_POLICY, type Policy } from '../decide/policy.ts';
import { A, Scenario } from '../test-support/scenario.ts';
import { epochMs } from '../types.ts';
import {
  compareDecisions,
  formatRecording,
  parseRecording,
  type Recording,
  replayRecording,
  type Segment,
} from './recording.ts';

function record(): { readonly story: Scenario; readonly recording: Recording } {
  const story = new Scenario().rounds(8, { a: 900, b: 890 });
  const [turningPoint, middle] = [story.world, story.inputs.length];
  story.rounds(8, { a: 900, b: 500 });
  for (let index = 0; index < 3; index += 1) story.probe(A, 'reset');
  const first = { number: 4, isContinuation: false, policy: DEFAULT_POLICY, world: story.start };
  const second = { number: 5, isContinuation: true, policy: DEFAULT_POLICY, world: turningPoint };
  const segments = [
    { ...first, inputs: story.inputs.slice(0, middle), decisions: [] },
    { ...second, inputs: story.inputs.slice(middle), decisions: story.decisions },
  ];
  return { story, recording: { segments } };
}

function through(text: string): Recording {
  const parsed = parseRecording(text);
  if (parsed.status === 'rejected') throw new Error(`line ${parsed.line}: ${parsed.why}`);
  return parsed.recording;
}

describe('a recording', () => {
  it('gives the same decisions after a round trip through a file', () => {
    const { story, recording } = record();
    const read = through(formatRecording(recording));
    const replayed = replayRecording(read);
    expect(story.story).toEqual(['switched faster a>b']);
    expect(JSON.stringify(replayed.decisions)).toBe(JSON.stringify(story.decisions));
    expect(read.segments.flatMap(({ decisions }) => decisions)).toEqual(replayed.decisions);
    expect(JSON.stringify(replayed.world)).toBe(JSON.stringify(story.world));
  });

  it('shows what other settings would have decided', () => {
    const { story, recording } = record();
    const slow = (recorded: Policy): Policy => ({
      ...recorded,
      switching: { ...recorded.switching, switchThresholdMs: 5_000 },
    });
    const { decisions } = replayRecording(recording, slow);
    const compared = compareDecisions(story.decisions, decisions);
    expect(compared[0]).toMatchObject({ status: 'only_first', decision: { reason: 'faster' } });
    expect(compared.at(-1)).toMatchObject({ status: 'only_second' });
    expect(decisions.map(({ reason }) => reason)).toEqual(['active_failed']);
    expect(compareDecisions(decisions, decisions).every((one) => one.status === 'both')).toBe(true);
  });

  it('continues with the world of other settings, but not across a gap or another leader', () => {
    const { recording } = record();
    const [first, second] = recording.segments;
    if (first === undefined || second === undefined) throw new Error('two segments expected');
    const nothing = { inputs: [], decisions: [] };
    const worldAfter = (head: Partial<Segment>) =>
      replayRecording({ segments: [first, { ...second, ...nothing, ...head }] }).world;
    const elsewhere = { world: first.world };
    expect(worldAfter(elsewhere)).toEqual(second.world);
    expect(worldAfter({ ...elsewhere, isContinuation: false })).toBe(first.world);
    expect(worldAfter({ ...elsewhere, number: 7 })).toBe(first.world);
  });

  it.each([
    { name: 'nothing', text: '', line: 1 },
    { name: 'something else', text: '{"format":"other"}', line: 1 },
    { name: 'no first line', text: '{"atMs":1,"event":{"kind":"tick"}}', line: 1 },
    {
      name: 'a later version',
      text: '{"format":"zephyr-recording","version":9,"world":{}}',
      line: 1,
    },
  ])('rejects $name', ({ text, line }) => {
    expect(parseRecording(text)).toMatchObject({ status: 'rejected', line });
  });

  it.each([
    ['no format', { format: undefined }],
    ['another format', { format: 'other' }],
    ['another version', { version: 1 }],
    ['no number', { number: '4' }],
    ['no policy', { policy: null }],
    ['no world', { world: 'earth' }],
  ])('rejects a first line with %s', (_, change) => {
    const [head = ''] = formatRecording(record().recording).split('\n');
    expect(JSON.parse(head)).toMatchObject({ format: 'zephyr-recording', version: 8 });
    expect(parseRecording(head).status).toBe('ok');
    const changed = JSON.stringify({ ...JSON.parse(head), ...change });
    expect(parseRecording(changed)).toMatchObject({ status: 'rejected', line: 1 });
  });

  it.each([
    ['a number', '5'],
    ['nothing', 'null'],
    ['no moment', '{"event":{"kind":"tick"}}'],
    ['a time that is a string', '{"atMs":"1","event":{"kind":"tick"}}'],
    ['no event', '{"atMs":1}'],
    ['an event that is a string', '{"atMs":1,"event":"tick"}'],
    ['a kind that is a list', '{"atMs":1,"event":{"kind":["tick"]}}'],
    ['a decision that is a string', '{"decision":"switched"}'],
  ])('rejects a line with %s', (_, line) => {
    const [head = ''] = formatRecording(record().recording).split('\n');
    expect(parseRecording(`${head}\n${line}`)).toMatchObject({ status: 'rejected', line: 2 });
  });

  it('compares in order of time, including decisions of the second run only', () => {
    const [decision] = record().story.decisions;
    if (decision === undefined) throw new Error('one decision expected');
    const at = (atMs: number) => ({ ...decision, atMs: epochMs(atMs) });
    const compared = compareDecisions([at(30), at(10)], [at(20), at(10)]);
    expect(compared.map(({ status, decision: { atMs } }) => `${status} ${atMs}`)).toEqual([
      ...['both 10', 'only_second 20', 'only_first 30'],
    ]);
  });

  it('continues nothing without a previous segment', () => {
    const { recording } = record();
    const [, second] = recording.segments;
    if (second === undefined) throw new Error('two segments expected');
    const alone = { ...second, inputs: [], decisions: [] };
    expect(replayRecording({ segments: [alone] }).world).toBe(alone.world);
  });

  it('reports the truncated line', () => {
    const text = formatRecording(record().recording).trimEnd();
    const lines = text.split('\n').length;
    expect(parseRecording(text.slice(0, -20))).toMatchObject({ status: 'rejected', line: lines });
  });

  it('rejects an unknown event', () => {
    const [head] = formatRecording(record().recording).split('\n');
    const text = `${head}\n{"atMs":1,"event":{"kind":"future"}}\n`;
    expect(parseRecording(text)).toMatchObject({ status: 'rejected', line: 2 });
  });
});

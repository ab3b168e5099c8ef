/**
 * The path of an alert: real services, a real Prometheus with the shipped rules, a real Alertmanager with the
 * shipped file, and the webhook that it calls, once, without the alerts caused by the same fault.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Alert, findAlertmanager, startAlertmanager } from '@zephyr/testkit/alertmanager';
import { eventually } from '@zephyr/testkit/eventually';
import { hasPrometheus, startPrometheus } from '@zephyr/testkit/prometheus';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startDemo } from '../packages/cli/src/commands/lifecycle/demo.ts';

const rules = readFileSync(join(import.meta.dirname, 'prometheus/rules/alerts.yml'), 'utf8');
const program = findAlertmanager();
console.log(
  program === undefined
    ? 'alertmanager: not run, neither its program nor its image is there'
    : `alertmanager of these tests: ${program}`,
);
const missing = program === undefined;
const noPrometheus = !hasPrometheus();
if (noPrometheus) console.log('alerts: not fired, prometheus is not installed');

const namesOf = (alerts: readonly Alert[]) => alerts.map(({ labels }) => labels['alertname']);

describe.skipIf(missing)('the Alertmanager', () => {
  it('sends the cause to the webhook, and suppresses its consequences', async () => {
    const { port, received } = await start();
    const url = `http://127.0.0.1:${port}`;
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(['ZephyrAllEndpointsDown', 'ZephyrErrorRate'].map(ruleOf)),
    });
    expect(answer.status).toBe(200);
    await eventually(() => expect(received.length).toBeGreaterThan(0));
    expect(received[0]).toMatchObject({ receiver: 'team', status: 'firing' });
    expect(received[0]?.alerts[0]).toMatchObject(ruleOf('ZephyrAllEndpointsDown'));
    const held = (await (
      await fetch(`${url}/api/v2/alerts?active=false&inhibited=true`)
    ).json()) as readonly Alert[];
    expect(namesOf(held)).toEqual(['ZephyrErrorRate']);
    expect(received.flatMap(({ alerts }) => namesOf(alerts))).toEqual(['ZephyrAllEndpointsDown']);
  });

  it.skipIf(noPrometheus)(
    'notifies people that all endpoints are down, and when one is back',
    async () => {
      const home = mkdtempSync(join(tmpdir(), 'zephyr-alerts-'));
      const { system, endpoints, endEndpoints } = await startDemo(
        ...([0, { ...process.env, XDG_STATE_HOME: home }, () => undefined] as const),
      );
      onTestFinished(async () => {
        await system.stop();
        await endEndpoints();
        rmSync(home, { recursive: true, force: true });
      });
      const alertmanager = await start();
      const prometheus = await startPrometheus(system.ports, {
        // The shipped conditions, but without waiting half a minute.
        rules: rules.replaceAll(/\bfor: \w+/g, 'for: 1s'),
        alertmanagerPort: alertmanager.port,
      });
      onTestFinished(() => prometheus.stop());
      const received = (status: string) =>
        alertmanager.received
          .filter((notification) => notification.status === status)
          .flatMap(({ alerts }) => namesOf(alerts));
      await eventually(async () => {
        const [available] = await prometheus.query('sum(zephyr_controller_endpoint_available)');
        expect(Number(available?.value[1])).toBe(endpoints.length);
      }, 250);
      expect(received('firing')).not.toContain('ZephyrAllEndpointsDown');

      await Promise.all(endpoints.map((endpoint) => endpoint.kill()));
      await eventually(() => expect(received('firing')).toContain('ZephyrAllEndpointsDown'), 250);
      await endpoints[0]?.revive();
      await eventually(() => expect(received('resolved')).toContain('ZephyrAllEndpointsDown'), 250);
    },
    300_000,
  );
});

async function start() {
  const alertmanager = await startAlertmanager(program ?? '');
  onTestFinished(() => alertmanager.stop());
  return alertmanager;
}

/** The alert as Prometheus sends it. */
function ruleOf(alertname: string): Alert {
  const rule = rules.split('- alert: ').find((part) => part.startsWith(`${alertname}\n`)) ?? '';
  const field = (name: string) =>
    new RegExp(`\\b${name}: (.+?)(?: })?$`, 'm').exec(rule)?.[1] ?? '';
  return {
    labels: { alertname, severity: field('severity') },
    annotations: { summary: field('summary'), runbook: field('runbook') },
  };
}

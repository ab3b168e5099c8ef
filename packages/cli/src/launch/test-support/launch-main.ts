/**
 * Launches stub services as `zephyr start` does, with a configuration in the given folder: in a separate process, so
 * that an uncaught error is this process's. Prints its logs, then a line of JSON with the ports of the services and
 * the process id of Redis. SIGUSR2 triggers a fault outside any service.
 */
import { translator } from '@zephyr/texts';
import { outliveOutput } from '../../output/print.ts';
import { launch } from '../launcher.ts';
import { runUntilStopped, takeStopSignals } from '../run-until-stopped.ts';
import { stubPlan } from './stub-plan.ts';

outliveOutput();
const signals = takeStopSignals();
const system = await launch(
  stubPlan(process.argv[2] ?? '', (service, line) => console.log(`${service} ${line}`)),
);
process.on('SIGUSR2', () => {
  throw new Error('a fault of the launcher');
});
console.log(JSON.stringify({ ports: system.ports, redisPid: system.redisPid() }));
process.exit(await runUntilStopped(system, { print: console.log, say: translator('en'), signals }));

/** Launches stub services, prints the ids of all processes, and stays. */
import { launch } from '../launcher.ts';
import { stubPlan } from './stub-plan.ts';

const system = await launch(stubPlan(() => undefined));
console.log(JSON.stringify(system.pids()));

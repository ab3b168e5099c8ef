/** Where the services run: on this machine, or each in its own container. */

import { controller } from '@zephyr/runtime/config/keys/server';
import { ALL_SERVICES, type StartingService } from '@zephyr/runtime/config/rules/start';
import type { Environment } from '@zephyr/runtime/environment';

/** The variable with the address of a remote controller, as an alternative to `--url`. */
export const CONTROLLER_URL = 'ZEPHYR_CONTROLLER_URL';

/** Used if the configuration is on another machine or unreadable. */
export const CONTROLLER_DEFAULTS = controller.parse({});

/** The services run in other containers, so this one's ports are not theirs. */
export function isElsewhere(environment: Environment): boolean {
  return (environment[CONTROLLER_URL] ?? '') !== '';
}

/** As `zephyr start` runs them. @param proxyPort instead of the document's */
export function servicesOnThisMachine(proxyPort: number | undefined): readonly StartingService[] {
  return ALL_SERVICES.map((service) =>
    service.name === 'proxy' ? { ...service, port: proxyPort } : service,
  );
}

/** In containers they listen on all addresses, whatever the configuration says. */
export function startingServices(environment: Environment): readonly StartingService[] {
  return isElsewhere(environment)
    ? ALL_SERVICES.map((service) => ({ ...service, host: '0.0.0.0' }))
    : ALL_SERVICES;
}

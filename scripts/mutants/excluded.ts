/** Files in the folders of a room that are not mutated, with the reason: `rooms.ts` takes all others. */

const WIRES = 'only wires others together';
const SHOWS = 'shows figures or writes log lines: no request depends on it';
const WITH_REDIS = 'reads and writes Redis or a disk: its integration tests run it as a whole';
const OVER_SOCKETS =
  'its rules are about real connections: its integration tests, which the room does not run, open them';
const OF_A_WHOLE_EXCHANGE =
  'only whole requests run it, in the integration tests; what it decides is in files of their own';

const reasons = (folder: string, names: readonly string[], why: string) =>
  names.map((name): [path: string, why: string] => [`${folder}/${name}.ts`, why]);

const PROXY = 'services/proxy/src';
const CONTROLLER = 'services/controller/src';

export const EXCLUDED: ReadonlyMap<string, string> = new Map([
  ...reasons(PROXY, ['live-config', 'main', 'proxy'], WIRES),
  ...reasons(`${PROXY}/answer`, ['body-writer'], OVER_SOCKETS),
  ...reasons(
    `${PROXY}/exchange`,
    ['attempt-loop', 'exchange', 'first-content', 'session-placement'],
    OF_A_WHOLE_EXCHANGE,
  ),
  ...reasons(
    `${PROXY}/report`,
    [
      ...['budget-metrics', 'failed-request-log', 'known-probes', 'metrics', 'proxy-presence'],
      ...['proxy-state', 'serving', 'status-feed', 'status-json', 'status-page'],
      ...['tallied-counter', 'tallied-histogram'],
    ],
    SHOWS,
  ),
  ...reasons(
    `${PROXY}/routing`,
    ['redis-link', 'routing', 'session-sync', 'snapshot-file'],
    WITH_REDIS,
  ),
  ...reasons(
    `${PROXY}/server`,
    ['admission', 'app', 'connections', 'diagnostics', 'server'],
    OVER_SOCKETS,
  ),
  ...reasons(`${PROXY}/trace`, ['load-opentelemetry', 'opentelemetry', 'span-attributes'], SHOWS),
  ...reasons(`${PROXY}/upstream`, ['connection-pool', 'endpoints', 'transport'], OVER_SOCKETS),
  ...reasons(`${PROXY}/usage`, ['usage-file', 'usage-page', 'usage-writer'], WITH_REDIS),
  ...reasons(`${CONTROLLER}/leader`, ['core-config', 'event-notes', 'lead'], WIRES),
  ...reasons(
    `${CONTROLLER}/leader`,
    ['check-redis', 'commit', 'leader-election', 'read', 'restore', 'schedules', 'streams'],
    WITH_REDIS,
  ),
  ...reasons(`${CONTROLLER}/view`, ['budgets', 'current-state'], SHOWS),
  ...reasons(`${CONTROLLER}/view`, ['stored-recording'], WITH_REDIS),
]);

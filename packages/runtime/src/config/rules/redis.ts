/** Where Redis is, in the file and in ZEPHYR_REDIS_URL, and its password. A password is never shown. */
import { phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';
import { type RawTable, rawTable, rawText } from '../schema/raw.ts';
import { CLUSTER_SCHEMES } from '../urls/redis-cluster-url.ts';
import { SENTINEL_SCHEMES } from '../urls/redis-sentinel-url.ts';
import { REDIS_URL_VARIABLE } from '../urls/redis-url.ts';
import { VARIABLE_NAME } from '../variables/variable-name.ts';
import type { Variables } from '../variables/variables.ts';

const SCHEMES = ['redis:', 'rediss:', 'unix:', ...SENTINEL_SCHEMES, ...CLUSTER_SCHEMES];

export function checkRedisUrl(document: RawTable, variables: Variables): Violation[] {
  const table = rawTable(document['redis']);
  const fromFile = rawText(table['url']);
  const fromEnvironment = variables(REDIS_URL_VARIABLE);
  return [
    ...(fromFile === undefined ? [] : checkFileUrl(fromFile)),
    ...(fromEnvironment === undefined ? [] : checkUrl(fromEnvironment, REDIS_URL_VARIABLE)),
    ...checkPassword(table, variables),
  ];
}

function checkFileUrl(text: string): Violation[] {
  const violations = checkUrl(text, 'redis.url');
  if (violations.length > 0 || new URL(text).password === '') return violations;
  return [
    {
      path: ['redis', 'url'],
      found: phrase`a password in the URL`,
      expected: phrase`a URL without password: this file holds no secrets`,
      advice: phrase`put it into .env as REDIS_PASSWORD=… and write password_env = "REDIS_PASSWORD" here, or put the whole URL into .env as ${REDIS_URL_VARIABLE}=…`,
    },
  ];
}

function checkUrl(text: string, where: string): Violation[] {
  const isValid =
    URL.canParse(text) &&
    SCHEMES.includes(new URL(text).protocol) &&
    canDecode(new URL(text)) &&
    hasServerAddress(new URL(text)) &&
    hasNodeAddresses(new URL(text));
  if (isValid) return [];
  return [
    {
      path: ['redis', 'url'],
      found: phrase`a value of ${where} that is not a Redis URL`,
      expected: phrase`redis://host:6379, rediss://host:6380 (TLS), unix:///path/to/redis.sock, redis+sentinel://name-of-the-primary?node=host:26379&node=host2:26379 or redis+cluster://host:6379?node=host2:6379`,
      advice: phrase`correct ${where}`,
    },
  ];
}

/** `redis:6379` is a URL too, without a host; a database is a number. */
function hasServerAddress({ protocol, hostname, port, pathname }: URL): boolean {
  if (protocol === 'unix:') return pathname.length > 1 && pathname.startsWith('/');
  if (!['redis:', 'rediss:'].includes(protocol)) return true;
  return hostname !== '' && port !== '0' && /^(?:\/\d{0,5})?$/.test(pathname);
}

function hasNodeAddresses(url: URL): boolean {
  const isCluster = CLUSTER_SCHEMES.includes(url.protocol);
  if (!SENTINEL_SCHEMES.includes(url.protocol) && !isCluster) return true;
  const nodes = url.searchParams.getAll('node');
  return (
    url.hostname !== '' &&
    // One node of a cluster knows the others; a primary's name does not locate its Sentinels.
    (isCluster || nodes.length > 0) &&
    nodes.every((node) => /^[^/?#@]+$/.test(node) && URL.canParse(`redis://${node}`))
  );
}

function canDecode(url: URL): boolean {
  try {
    decodeURIComponent(url.password);
    decodeURIComponent(url.username);
    return true;
  } catch {
    return false;
  }
}

function checkPassword(table: RawTable, variables: Variables): Violation[] {
  const name = rawText(table['password_env']);
  if (name === undefined || !VARIABLE_NAME.test(name) || variables(name) !== undefined) {
    return [];
  }
  return [
    {
      path: ['redis', 'password_env'],
      found: phrase`the name of a variable that is not set or empty`,
      expected: phrase`a variable of .env or of the environment that holds the password`,
      advice: phrase`set it in .env, or remove password_env if Redis has no password`,
    },
  ];
}

/**
 * Redis permissions as lines of an ACL file: one user per service, no others. A compromised proxy (it faces
 * the network) can run no script of its own, choose no endpoint, and not read the queue.
 */
import { createHash } from 'node:crypto';

import { keys, QUEUE_PREFIX } from '@zephyr/runtime/redis/keys';
import { SERVICE_NAMES, type ServiceName } from '@zephyr/runtime/service-name';

/** Commands that every client sends on connecting, BullMQ's too. */
const CONNECT = [
  ...['+auth', '+hello', '+ping', '+quit', '+select', '+info', '+reset', '+readonly'],
  // Not one by one: an ACL file with a subcommand unknown to this version is rejected entirely.
  ...['+client', '-client|kill', '-client|pause', '-client|unpause', '-client|no-evict'],
  ...['-client|unblock', '-client|list', '+cluster|slots', '+cluster|keyslot'],
];
/** BullMQ and our own records use scripts, whose commands are checked individually. */
const WORK = [
  ...['+@read', '+@write', '+@pubsub', '+@blocking', '+@transaction', '-@dangerous', '-@admin'],
  ...['+eval', '+evalsha', '+script|load', '+time', ...CONNECT, '+client|list'],
];

const any = (key: (part: string) => string) => key('*');

/**
 * The usage ledger, for its writers: the scripts that a controller has loaded (a proxy can run no others),
 * and the commands in them. Nobody may delete from it.
 */
const USAGE = `(~${any(keys.usageDay).replace('day:*', '*')} +evalsha +get +set +hget +hgetall +hset +hlen +hscan +pexpire +xlen +xadd)`;

/** Key and channel patterns (`%R~` may be read, `%W~` written, `~` both), then commands. */
const RULES: Readonly<Record<ServiceName, readonly string[]>> = {
  proxy: [
    ...[`%R~${keys.snapshot}`, `%R~${keys.view}`, `~${any(keys.proxy)}`, `~${keys.proxies}`],
    ...[`%W~${keys.outcomes}`, `~${keys.sessions}`, `&${keys.snapshotChanged}`],
    ...['-@all', ...CONNECT, '+get', '+mget', '+set', '+del', '+expire', '+pexpire'],
    ...[
      '+sadd',
      '+srem',
      '+xadd',
      '+xrange',
      '+xrevrange',
      '+memory|usage',
      '+time',
      '+subscribe',
      '+unsubscribe',
      '+watch',
      '+unwatch',
      '+multi',
      '+exec',
    ],
    USAGE,
  ],
  prober: [
    // All `~`: a script's keys must be allowed for both.
    ...[`~${QUEUE_PREFIX}:*`, `&${QUEUE_PREFIX}:*`, `~${keys.probes}`],
    ...[keys.probeSequence, keys.probeRecorded, keys.probeSlot, keys.probeFresh].map(
      (key) => `~${any(key)}`,
    ),
    `~${any(keys.writeTest)}`,
    ...['-@all', ...WORK],
    USAGE,
  ],
  controller: ['~{zephyr}:*', '&{zephyr}:*', '-@all', ...WORK],
};

/**
 * The file for `redis-server --aclfile`. It holds hashes, so it reveals no passwords. The user `health` has
 * no password and may do nothing but PING, for the container's health check.
 */
export function aclFile(passwords: Readonly<Record<ServiceName, string>>): string {
  const hashOf = (password: string) => createHash('sha256').update(password).digest('hex');
  return [
    // Nobody can log in as this user. But Redis loads its append-only file as this user, and without the
    // rights it drops every transaction in it, which includes everything written by scripts.
    'user default off resetpass ~* &* +@all',
    'user health on nopass resetkeys resetchannels -@all +ping',
    ...SERVICE_NAMES.map((user) =>
      [`user ${user} on #${hashOf(passwords[user])} resetkeys resetchannels`, ...RULES[user]].join(
        ' ',
      ),
    ),
    '',
  ].join('\n');
}

/** Texts of the commands that probe: probe, doctor, test-timing. */
export const probeCommands = {
  'probe.probing': 'probing {count} {count|endpoint|endpoints}…',
  'probe.ok': 'ok',
  'probe.interrupted': 'interrupted',
  'probe.column.group': 'group',
  'probe.column.style': 'style',
  'probe.column.verdict': 'result',
  'probe.column.latency': 'latency',
  'probe.column.firstByte': 'first byte',
  'probe.column.total': 'total',
  'probe.column.cost': 'cost',

  'note.example':
    '{name}: {host} is a placeholder from the example; replace it with the address of your provider.',
  'note.outboundProxy': 'Outbound proxy {url} ({from}): for {names}.',
  'note.certificateEnded': '{name}: the client certificate in {path} expired on {date}; renew it.',
  'note.ownCertificateEnds':
    '[{table}]: our certificate in {path} expires on {date}; renew it, no restart is needed.',
  'note.originalKey': '{path}:{line}: {key} has no effect, as in the original; remove it.',
  'note.originalKeyMoved':
    '{path}:{line}: {key} has no effect here, as in the original; if you want it, move it to {table}.',
  'note.envFile': '{path} is readable by other users of this machine; run: chmod 600 {path}',

  'online.asking': 'testing {count} {count|endpoint|endpoints}…',
  'online.kind': 'kind: {kind}',
  'online.kind.anthropic': 'the official API',
  'online.kind.zephyr': 'another Zephyr',
  'online.kind.unknown': 'unknown',
  'online.propose': 'for its entry in config.toml:',
  'online.cost': 'These requests cost about {cost}.',

  'doctor.machine': 'checking this machine…',
  'doctor.connections': 'checking the connection to each endpoint…',
  'doctor.notChecked': 'Not checked: {what}.',
  'doctor.notChecked.endpoint':
    'whether the endpoints accept your tokens and answer (leave out --free)',
  'doctor.notChecked.port': 'the ports, because the services run in other containers',
  'doctor.notChecked.rest': 'everything else; correct the configuration first',
  'doctor.well': 'No problems found.',
  'doctor.troubles': '{failed} {failed|problem|problems}, {warned} {warned|warning|warnings}.',
  'doctor.area.node': 'Node',
  'doctor.area.config': 'config',
  'doctor.area.cli': 'CLI',
  'doctor.area.token': 'token',
  'doctor.area.redis': 'Redis',
  'doctor.area.port': 'port',
  'doctor.area.network': 'network',
  'doctor.area.clock': 'clock',
  'doctor.area.endpoint': 'endpoint',

  'doctor.node': 'Node {version}',
  'doctor.node.advice':
    'Zephyr needs Node {least}. Run it through make (make start, make status), which brings its own.',
  'doctor.config': '{path}: {count} {count|endpoint|endpoints}',
  'doctor.cli': 'Claude CLI {version} at {path}',
  'doctor.cli.other.advice':
    'Probes were tested with {version}; remove claude_binary_path to use that version.',
  'doctor.cli.missing': 'the Claude CLI from npm is not installed',
  'doctor.cli.missingAt': 'no Claude CLI at {path} (claude_binary_path)',
  'doctor.cli.missing.advice':
    'In a checkout, run make setup; otherwise install claude-zephyr again, or set claude_binary_path to an installed CLI.',
  'doctor.cli.broken': 'the Claude CLI at {path} does not start: {detail}',
  'doctor.cli.broken.advice': 'Run it manually to see its output.',
  'doctor.token': '{group}: {count} characters',
  'doctor.token.quotes': '{group}: the token is wrapped in quotes',
  'doctor.token.short': '{group}: the token has only {count} characters',
  'doctor.token.advice': 'Copy it again: the whole token, without surrounding characters.',
  'doctor.redis': '{server} {version}',
  'doctor.redis.advice': 'Zephyr needs {least} or later.',
  'doctor.redis.private': '{program}; Zephyr starts a private instance of it',
  'doctor.redis.none': 'neither redis-server nor valkey-server is installed',
  'doctor.redis.none.advice':
    'In a checkout, make setup installs one or explains how; otherwise install one, or set ZEPHYR_REDIS_URL to a Redis of your own.',
  'doctor.redis.away': '{url} does not answer: {detail}',
  'doctor.redis.away.advice':
    'Is it running, and are address and password correct? ZEPHYR_REDIS_URL takes precedence over config.toml.',
  'doctor.redis.error': '{url} answers with an error: {detail}',
  'doctor.redis.error.advice':
    'Are user name, password and permissions correct? ZEPHYR_REDIS_URL takes precedence over config.toml.',
  'doctor.redis.connection_refused': '{url} refuses connections: no Redis listens there',
  'doctor.redis.connection_refused.advice':
    'Start it, or correct the address. ZEPHYR_REDIS_URL takes precedence over config.toml.',
  'doctor.redis.policy': 'maxmemory-policy {policy}',
  'doctor.redis.evicts': 'maxmemory-policy {policy}: a full Redis would evict jobs and decisions',
  'doctor.redis.evicts.advice': 'Set maxmemory-policy noeviction in the configuration of Redis.',
  'doctor.port.free': '{place} is free',
  'doctor.port.ours': '{place} is in use by a running Zephyr',
  'doctor.port.other':
    '{place} is in use by another Zephyr, whose endpoints differ from this configuration',
  'doctor.port.other.advice':
    'If it is yours, run zephyr reload; otherwise stop it (a demo?), or set another port under [{table}].',
  'doctor.port.taken': '{place} is in use by another program',
  'doctor.port.taken.advice': 'Stop that program, or set another port under [{table}].',
  'doctor.network': '{place}: connected in {latency}',
  'doctor.clock': '{seconds} s off the clock of {name}',
  'doctor.clock.advice':
    'Synchronise the clock with NTP: TLS and the daily probe budget depend on it.',
  'doctor.endpoint': '{name}: answered in {latency} ({style})',

  'timing.watching': 'watching the probes of {url} for {seconds} s…',
  'timing.private':
    'Zephyr is not running: probing each endpoint every {interval} s on a private schedule, for {seconds} s…',
  'timing.probe': '{name}: {ms} ms behind schedule',
  'timing.column.probes': 'probes',
  'timing.column.expected': 'expected',
  'timing.column.mean': 'mean error',
  'timing.column.max': 'max error',
  'timing.onTime': 'on time',
  'timing.late': 'LATE OR MISSING',
  'timing.passed': 'PASSED: every probe ran within {seconds} s of its scheduled time.',
  'timing.failed': 'FAILED: some probes did not run within {seconds} s of their scheduled time.',
  'timing.nothing': 'FAILED: no probe ran; try a larger --seconds.',
} as const;

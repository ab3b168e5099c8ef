/** Texts of the command line. Command and option names are never translated. */
export const cli = {
  'cli.option.url': 'address of the controller (default: from config.toml)',
  'cli.option.json': 'print JSON for programs',
  'cli.option.language': 'en or zh (default: from config.toml)',
  'cli.option.force': 'even if the endpoint is not available',
  'cli.option.follow': 'keep printing events as they happen',
  'cli.option.watch': 'keep running and show every change',
  'cli.option.probe': 'probe all endpoints first',
  'cli.option.forceDisable': 'even if it is the last one in service',
  'cli.option.from': 'only the sessions of this endpoint (default: all)',
  'cli.option.last': 'number of past events to print',
  'cli.option.kind': 'only events of this kind; repeatable',

  'cli.status': 'Show which endpoint is serving, why, and the state of the others',
  'cli.dashboard': 'Open the live dashboard in this terminal',
  'cli.select': 'Pin an endpoint: all new requests go to it (the mode becomes manual)',
  'cli.mode': 'Show the mode, or set it: auto or manual',
  'cli.pause': 'Pause probes and automatic switches; failures still cause a switch',
  'cli.resume': 'Resume probes and automatic switches',
  'cli.enable': 'Take an endpoint into service',
  'cli.disable': 'Take an endpoint out of service: no requests, no probes',
  'cli.move': 'Let running sessions go to the active endpoint with their next request',
  'cli.reload': 'Read config.toml and .env again now; a change is found within seconds anyway',
  'cli.events': 'Print past events: switches, health, ejections, actions',
  'cli.completion': 'Print a completion script for a shell: bash, zsh or fish',

  'status.cause': '{name}: {failure}.',
  'status.unprobed': 'The probes of {names} are still running: make status shows how they end.',
  'status.cause.token': '{name} rejects your token (group {group}).',

  'endpoint.ask.name': 'Name of the endpoint: ',
  'endpoint.ask.url': 'Its base URL, without /v1: ',
  'endpoint.ask.token': 'Token of group {group} (not shown): ',
  'endpoint.added': '{name} is added to group {group}; a running Zephyr uses it within seconds.',
  'endpoint.notAdded': 'Nothing was changed. To add it anyway: --no-test',
  'endpoint.removed': '{name} is removed from group {group}; its running answers finish.',
  'endpoint.removedGroup':
    '{name} is removed with its group {group}; the token is still in .env. Its running answers finish.',

  'cli.examples': 'Examples:',
  'cli.exitCodes':
    'Exit codes: 0 success, 1 failed or rejected, 2 invalid command line or configuration.',
  'cli.endpoint': 'name or id of an endpoint',

  'cli.done.select': '{name} is pinned; the mode is manual.',
  'cli.done.mode.auto': 'The mode is automatic.',
  'cli.done.mode.manual': 'The mode is manual: {name} is pinned.',
  'cli.done.pause': 'Probes paused.',
  'cli.done.resume': 'Probes resumed.',
  'cli.done.enable': '{name} is enabled.',
  'cli.done.disable': '{name} is disabled.',
  'cli.done.move': '{count} {count|session moves|sessions move} with the next request.',
  'cli.done.reload': 'config.toml was reloaded.',
  'cli.done.probe': 'Probing {count} {count|endpoint|endpoints} now.',
  'cli.unchanged': '{text} Nothing changed.',

  'cli.error.unreachable': 'cannot reach the controller at {url}',
  'cli.error.unreachable.advice':
    'Is it running? Start it with make start (for a team: make up), or pass its address with --url.',
  'cli.error.notController': '{url} is not a Zephyr controller',
  'cli.error.notController.advice': 'Check --url; the controller listens on 8081 by default.',
  'cli.error.unknownEndpoint': 'there is no endpoint named {name}',
  'cli.error.unknownEndpoint.advice': 'Known endpoints: {names}',
  'cli.error.noTerminal': 'the dashboard needs a terminal',
  'cli.error.noTerminal.advice':
    'When the output goes to a file or a pipe, use status or events --follow.',
  'cli.error.token': 'the controller requires its admin token',
  'cli.error.token.advice': 'Set ZEPHYR_ADMIN_TOKEN.',

  'cli.replay': 'Replay recorded decisions, optionally with other settings, and compare',
  'cli.option.file': 'read the recording from this file instead of the controller',
  'cli.option.save': 'save the recording to this file',
  'cli.option.set': 'override a setting of the decision core; repeatable',
  'replay.note':
    'Probes and traffic stay as recorded: how another endpoint would have handled the requests\n' +
    'is unknown. The names of the settings are those of Policy in packages/core/src/policy.ts;\n' +
    'with --config, the settings come from that file.',
  'replay.empty': 'nothing has been recorded yet',
  'replay.refused': 'not a readable recording: line {line}',
  'replay.recorded':
    '{count} {count|decision|decisions} recorded from {from} to {to}, based on {inputs} {inputs|input|inputs}.',
  'replay.exact': 'Replayed with the recorded settings: identical.',
  'replay.different':
    'Replayed with the recorded settings: NOT identical. Was it recorded by another version?',
  'replay.other':
    'Replayed with {settings}: {count} {count|decision|decisions}, {same} as recorded.',
  'replay.same': 'the same',
  'replay.column.time': 'Time',
  'replay.column.recorded': 'Recorded',
  'replay.column.replayed': 'Replayed',
  'replay.column.gain': 'Gain',

  'cli.usage': 'Show who used what: requests, tokens and cost',
  'cli.usage.export': 'Print all usage that is kept, for other programs',
  'cli.requests': 'Print the last requests: person, endpoint, outcome, tokens, cost',
  'cli.option.by': 'one row for each of these: {words}, separated by commas (default: person)',
  'cli.option.since': 'the first time that counts: 7d (today included), 24h or 2026-11-01, UTC',
  'cli.option.until': 'the first time that does not count any more (default: now)',
  'cli.option.csv': 'print CSV',
  'cli.option.person': 'only requests of this person',
  'cli.option.failed': 'only requests that failed',
  'cli.option.id': 'only the request with this id: ours, or that of the endpoint',
  'cli.option.limit': 'number of past requests to print',
  'cli.option.followRequests': 'keep printing requests as they end',
  'cli.error.exportFormat': 'export needs a format',
  'cli.error.exportFormat.advice': 'Add --csv or --json.',
} as const;

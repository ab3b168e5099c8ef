/** Texts of the command line. Command and option names are never translated. */
export const cli = {
  'cli.option.url': 'address of the controller (default: from config.toml)',
  'cli.option.token': 'admin token; better by ZEPHYR_ADMIN_TOKEN, which no process list shows',
  'cli.option.json': 'print JSON for programs',
  'cli.option.language': 'en or zh (default: from config.toml)',
  'cli.option.force': 'also when the endpoint is not available',
  'cli.option.follow': 'keep printing events as they happen',
  'cli.option.watch': 'keep showing each change',
  'cli.option.probe': 'probe all endpoints first',
  'cli.option.last': 'how many past events to print',
  'cli.option.kind': 'only events of this kind; may be given several times',

  'cli.status': 'Show which endpoint serves, why, and how the others are',
  'cli.dashboard': 'Show the live dashboard in this terminal',
  'cli.select': 'Pin an endpoint: all new requests go to it (mode becomes manual)',
  'cli.mode': 'Show the mode, or set it: auto or manual',
  'cli.pause': 'Pause probes and automatic switches; failures still switch',
  'cli.resume': 'Resume probes and automatic switches',
  'cli.refresh': 'Check all endpoints now, or one',
  'cli.events': 'Print what has happened: switches, health, ejections, actions',
  'cli.completion': 'Print the completion script of a shell: bash, zsh or fish',

  'status.cause': '{name}: {failure}.',
  'status.cause.token': '{name} refuses your token (group {group}).',

  'cli.examples': 'Examples:',
  'cli.exitCodes':
    'Exit codes: 0 done, 1 failed or refused, 2 wrong command line or configuration.',
  'cli.endpoint': 'name or id of an endpoint',

  'cli.done.select': '{name} is pinned; mode is manual.',
  'cli.done.mode.auto': 'Mode is automatic.',
  'cli.done.mode.manual': 'Mode is manual: {name} is pinned.',
  'cli.done.pause': 'Probes are paused.',
  'cli.done.resume': 'Probes resumed.',
  'cli.done.refresh': 'Checking {count} {count|endpoint|endpoints} now.',
  'cli.unchanged': '{text} Nothing changed.',

  'cli.error.unreachable': 'cannot reach the controller at {url}',
  'cli.error.unreachable.advice':
    'Is it running? Start it with make start (for a team: make up), or give its address with --url.',
  'cli.error.notController': '{url} is not a controller',
  'cli.error.notController.advice': 'Check --url; the default port of the controller is 8081.',
  'cli.error.unknownEndpoint': 'there is no endpoint {name}',
  'cli.error.unknownEndpoint.advice': 'Known are: {names}',
  'cli.error.noTerminal': 'the dashboard needs a terminal',
  'cli.error.noTerminal.advice':
    'Where output goes to a file, use the commands status or events --follow.',
  'cli.error.token': 'the controller asks for its admin token',
  'cli.error.token.advice': 'Set ZEPHYR_ADMIN_TOKEN.',

  'cli.replay': 'Replay the recorded decisions, also under other settings, and compare',
  'cli.option.file': 'a recording to read, instead of asking the controller',
  'cli.option.save': 'save the recording to this file',
  'cli.option.set': 'another setting of the decision core; may be given several times',
  'replay.note':
    'Probes and traffic stay as they were recorded: what another endpoint would have done to the\n' +
    'requests is not known. Settings: the names of Policy in packages/core/src/policy.ts, or those\n' +
    'of the file that --config names, where it is given.',
  'replay.empty': 'nothing has been recorded yet',
  'replay.refused': 'this is not a recording that can be read: line {line}',
  'replay.recorded':
    '{count} {count|decision|decisions} recorded from {from} to {to}, of {inputs} {inputs|input|inputs}.',
  'replay.exact': 'Replayed under the recorded settings: exactly the same.',
  'replay.different':
    'Replayed under the recorded settings: NOT the same. Was it recorded by another version?',
  'replay.other':
    'Replayed with {settings}: {count} {count|decision|decisions}, {same} as recorded.',
  'replay.same': 'the same',
  'replay.column.time': 'Time',
  'replay.column.recorded': 'Recorded',
  'replay.column.replayed': 'Replayed',
  'replay.column.gain': 'Gain',
} as const;

/** The file that a service manager reads to run `zephyr start`. */

/** How Zephyr runs in the background; all paths absolute. */
export interface BackgroundRun {
  readonly programPath: string;
  readonly configPath: string;
  readonly envFilePath: string;
  readonly workingFolder: string;
  /** The search path: a manager's own PATH lacks the Node of nvm or Homebrew, and often Redis. */
  readonly searchPath: string;
  /** The proxy's port, if not the configured one. */
  readonly port: number | undefined;
  /** How long active requests may take to finish; then the manager kills what is left. */
  readonly stopLimitSeconds: number;
  /** The log file, if the manager has no log of its own. */
  readonly logPath: string;
}

function commandOf(run: BackgroundRun): readonly string[] {
  const { programPath, configPath, envFilePath, port } = run;
  const files = ['--config', configPath, '--env-file', envFilePath];
  const portOption = port === undefined ? [] : ['--port', String(port)];
  return [programPath, 'start', '--headless', ...files, ...portOption];
}

/**
 * A unit of the user's systemd. `mixed`: the launcher stops its services itself, in order.
 * @see systemd.service(5), systemd.kill(5)
 */
export function systemdUnit(run: BackgroundRun): string {
  return `[Unit]
Description=Claude Zephyr
After=network-online.target

[Service]
ExecStart=${commandOf(run).map(quotedForSystemd).join(' ')}
ExecReload=/bin/kill -USR2 $MAINPID
WorkingDirectory=${run.workingFolder.replaceAll('%', '%%')}
Environment=${quotedVariable(`PATH=${run.searchPath}`)}
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec=${run.stopLimitSeconds}

[Install]
WantedBy=default.target
`;
}

/** @see systemd.service(5), "Command lines": `%` and `$` are doubled, quotes and backslashes escaped */
function quotedForSystemd(argument: string): string {
  const escaped = argument
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return `"${escaped}"`;
}

/** @see systemd.exec(5), "Environment=": as above, but `$` has no meaning */
function quotedVariable(assignment: string): string {
  return quotedForSystemd(assignment).replaceAll('$$', '$');
}

export const LAUNCHD_LABEL = 'io.github.claude-zephyr';

/** An agent of the user's launchd. @see launchd.plist(5) */
export function launchdAgent(run: BackgroundRun): string {
  const words = commandOf(run).map((word) => `    <string>${escapedForXml(word)}</string>`);
  const text = (key: string, value: string): string =>
    `  <key>${key}</key>\n  <string>${escapedForXml(value)}</string>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
${text('Label', LAUNCHD_LABEL)}
  <key>ProgramArguments</key>
  <array>
${words.join('\n')}
  </array>
${text('WorkingDirectory', run.workingFolder)}
  <key>EnvironmentVariables</key>
  <dict>
  ${text('PATH', run.searchPath).replace('\n', '\n  ')}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ExitTimeOut</key>
  <integer>${run.stopLimitSeconds}</integer>
${text('StandardOutPath', run.logPath)}
${text('StandardErrorPath', run.logPath)}
</dict>
</plist>
`;
}

function escapedForXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/**
 * The command line and environment that make the Claude CLI send one honest, cheap question. Pure. Every
 * switch is there because the CLI misbehaved without it (docs/probes.md).
 */
import { join } from 'node:path';

export type CliStyle = 'cli' | 'cli-light';

export interface CliCommand {
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface CliQuestion {
  readonly style: CliStyle;
  readonly model: string;
  /** The address of our forwarder. */
  readonly baseUrl: string;
  /** Valid only at our forwarder. */
  readonly password: string;
  /** A folder for this probe alone, with `cfg` and `tmp`. */
  readonly home: string;
  readonly searchPath: string;
  readonly timeoutMs: number;
}

/** The complete environment; the process inherits nothing of ours. */
export function cliCommand(question: CliQuestion): CliCommand {
  return {
    args: [
      ...['-p', 'ping', '--output-format', 'json'],
      // No project, no user settings, no tools, no servers, no commands: nothing to plant.
      ...['--bare', '--tools', '', '--strict-mcp-config', '--setting-sources', ''],
      ...['--disable-slash-commands', '--no-session-persistence', '--max-turns', '1'],
      ...['--system-prompt', 'Reply with exactly: pong', '--model', question.model],
    ],
    environment: {
      PATH: question.searchPath,
      HOME: question.home,
      TMPDIR: join(question.home, 'tmp'),
      CLAUDE_CONFIG_DIR: join(question.home, 'cfg'),
      ANTHROPIC_BASE_URL: question.baseUrl,
      ANTHROPIC_AUTH_TOKEN: question.password,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      // By default the CLI retries for three minutes and then once more without streaming:
      // a broken endpoint would look like a slow one.
      CLAUDE_CODE_MAX_RETRIES: '0',
      CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: '1',
      // Limits only the wait for headers; the deadline of the process is decisive.
      API_TIMEOUT_MS: String(question.timeoutMs),
      // With Haiku the CLI asks for 31,999 tokens of thinking by default.
      MAX_THINKING_TOKENS: '0',
      // Enough for one word; if the limit is hit, the CLI retries three times.
      CLAUDE_CODE_MAX_OUTPUT_TOKENS: '64',
      ...(question.style === 'cli-light' ? LIGHT : {}),
    },
  };
}

/** Options that make the request smaller and less like Claude Code's own. */
const LIGHT = {
  CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
  CLAUDE_CODE_ATTRIBUTION_HEADER: '0',
  DISABLE_PROMPT_CACHING: '1',
} as const;

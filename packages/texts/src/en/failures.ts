/** How a probe or a request failed, and what helps. */
export const failures = {
  'failure.outbound_proxy': 'outbound proxy failed',
  'failure.dns': 'host name not found',
  'failure.connection_refused': 'connection refused',
  'failure.connect_timeout': 'connection timed out',
  'failure.tls': 'TLS error',
  'failure.reset': 'connection reset',
  'failure.first_byte_timeout': 'no answer in time',
  'failure.idle_timeout': 'answer stalled',
  'failure.timeout': 'timed out',
  'failure.truncated': 'answer ended early',
  'failure.not_claude': 'not an answer from Claude',
  'failure.server_error': 'server error',
  'failure.overloaded': 'model overloaded',
  'failure.rate_limited': 'rate limit reached',
  'failure.token_refused': 'token refused',
  'failure.credit': 'no credit left',
  'failure.forbidden': 'permission denied',
  'failure.model_not_found': 'model not found',
  'failure.unsupported': 'operation not supported',
  'failure.foreign_thinking': 'thinking signed elsewhere',
  'failure.client_error': 'invalid request',
  'failure.cli_missing': 'Claude CLI not found',
  'failure.cli_crashed': 'Claude CLI gave no result',

  'advice.outbound_proxy':
    'The fault is at the outbound proxy, not at the endpoint: check proxy in config.toml or HTTPS_PROXY, and its user and password.',
  'advice.dns': 'Check the host name in config.toml and the DNS of this machine.',
  'advice.connection_refused': 'Is the endpoint up, and are host and port correct?',
  'advice.connect_timeout':
    'A firewall or the network drops packets; try to connect from this machine.',
  'advice.tls': "Check the certificate, this machine's clock, and any proxy that intercepts TLS.",
  'advice.reset':
    'The endpoint, or something in front of it, resets connections; ask its operator.',
  'advice.first_byte_timeout':
    'The endpoint is slow or hangs; if that is normal for it, raise timeout_seconds.',
  'advice.idle_timeout': 'The endpoint stopped during an answer; ask its operator.',
  'advice.timeout': 'The endpoint is too slow; if that is normal for it, raise timeout_seconds.',
  'advice.truncated': 'The endpoint cuts answers short; ask its operator.',
  'advice.not_claude':
    'Something else answers at this address, such as a login page; check the URL.',
  'advice.server_error': 'The fault is at the endpoint; Zephyr tries it again automatically.',
  'advice.overloaded': 'The model is busy everywhere; wait.',
  'advice.rate_limited': 'The token has reached its rate limit; wait, or use another token.',
  'advice.token_refused':
    'Put a valid token for this group into .env; with containers, then run make up. If the group has a token_command, run it as the user of the service to see what it prints.',
  'advice.credit': 'Top up the account that the token belongs to.',
  'advice.forbidden':
    'The endpoint does not allow this token to use the model or the feature; ask its operator.',
  'advice.model_not_found':
    'The endpoint does not offer the model used for probes; set another model under [health_check].',
  'advice.unsupported': 'The endpoint does not support this operation; no action is needed.',
  'advice.foreign_thinking':
    'The conversation contains thinking signed by another backend, so other endpoints are tried; set family in each group.',
  'advice.client_error':
    'The endpoint refuses the request; for probes, try another style under [health_check].',
  'advice.cli_missing':
    'In a checkout, run make setup; otherwise install claude-zephyr again, or set claude_binary_path. zephyr doctor has details.',
  'advice.cli_crashed': 'Run zephyr doctor; it starts the CLI and shows its output.',
} as const;

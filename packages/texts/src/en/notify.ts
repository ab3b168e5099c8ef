/** Notifications, and the command that tests them. */
export const notify = {
  'notify.advice': '{sentence}. {advice}',
  'notify.late': '{text} (at {time})',
  'notify.more': '{text} [{count} more {count|change|changes} in between]',
  'notify.leftOut':
    '{text} [{count} earlier {count|message was|messages were} left out: more than {limit} in an hour]',
  'notify.test': 'This is a test. Notifications will arrive here.',
  'notify.accepted': 'accepted',
  'notify.why.http': 'failed: HTTP {detail}',
  'notify.why.refused': 'failed: the receiver refuses the message (code {detail})',
  'notify.why.timeout': 'failed: no answer in time',
  'notify.why.connection': 'failed: no connection ({detail})',

  'cli.notify':
    'Notifications to chats, mailboxes and webhooks, as configured by [[notify]] in config.toml',
  'cli.notify.test': 'Send a test message to each receiver, and print each answer',
  'cli.error.noNotify': '{path} has no [[notify]]',
  'cli.error.noNotify.advice': 'Add one for each receiver, as in config.toml.example.',
} as const;

/** Words and phrases that this repository does not use, each with its replacement. */
export interface BannedWord {
  readonly pattern: RegExp;
  readonly instead: string;
}

const word = (source: string, instead: string): BannedWord => ({
  pattern: new RegExp(`(?<![\\w-])(?:${source})(?![\\w-])`, 'gi'),
  instead,
});
const name = (source: string, instead: string): BannedWord => ({
  pattern: new RegExp(source, 'g'),
  instead,
});

/** In code, comments, documents and texts. */
export const BANNED_WORDS: readonly BannedWord[] = [
  word('(?:tell|tells|told|telling)(?! apart)', 'print, report, show, publish, say'),
  word('hear|hears|heard', 'receive, read'),
  word('anew', 'again, rebuild'),
  word('of then', 'recorded'),
  word('(?:goes|(?<!let )go) before', 'takes precedence'),
  word('mend|mends|mended', 'fix'),
  word('dear|dearer|dearest', 'expensive, costs more'),
  word('stands(?! by)', 'is, is set to'),
  word('own words', "the endpoint's answer, passed through"),
  word('as long as it takes', 'name the limit'),
  word('who asked', 'the caller'),
  word('for want of', 'because … is missing'),
  word('checks? go(?:es)? on', 'probes resume'),
  word('running requests?', 'active requests'),
  word('running (?:Claude Code )?sessions?', 'active sessions'),
  word('so long it', 'how long'),
  word('zephyr refresh', 'zephyr probe --live'),
  word('health checks? (?:are|is)', 'probes are'),
  word('real checks?', 'real probe'),
  word('in-flight (?:requests?|leases?)|requests? in flight', 'active requests'),
  word('go(?:es)? on', 'continues, resumes, keeps'),
  word('(?:undefined|absent|empty|null) where', '… if'),
  word('is said', 'is reported, is logged'),
  word('all the same', 'still, anyway'),
  word('of late', 'recently'),
  word('for the sake of', 'for, because of'),
  word('for ever', 'forever'),
  word('switch(?:es)? for speed', 'latency switch'),
  word('time-outs?', 'timeout'),
  word('log-ins?', 'login'),

  // Node's own objects and "response headers" keep their names.
  word(
    '(?:an?|no|each|every|its|their|good|complete|streamed|error) responses?(?!:| headers?| status)',
    'answer',
  ),

  // In Chinese, 令牌 is a credential; what a model reads and writes is a Token.
  name('(?:消耗|输入|输出)\\s*令牌', 'Token'),
  name('人员', '用户'),
  name('收回\\S*密钥', '吊销'),
  name('\\b(?:Mind|mindOf|restoreMind)\\b', 'LeaderState'),
  name('\\b[tT]unables?\\b', 'reloadable'),
  name('\\bAccounts\\b', 'RequestStats'),
  name('\\brunning(?:Requests?|Ids?)\\b|\\bRunningRequests?\\b', 'activeRequests'),
  name('\\bkept[A-Z]\\w*|\\w+Kept\\b|\\bkept_\\w+', 'buffered'),
  // As a whole name: the verb is fine in prose.
  name(
    '\\bKEPT_\\w+|\\w+_KEPT\\b|\\bKept\\b(?= [{=])|#kept\\b|\\.kept\\b|\\b(?:const|let|readonly|function) kept\\b|\\bkept\\(|\\bkept(?=, \\w+ }| })',
    'cached, stored, maxLength',
  ),
  name('\\b(?:\\w+_)?(?:go|goes|going)_on\\b|(?:\\bgo|Go)(?:es|ing)?On\\b|GO_ON\\b', 'continue'),
  name('\\b(?:next|last|run|cheap|on)Checks?\\b|\\bchecksAtOnce\\b|\\bTimedCheck\\b', 'probe'),
  name('\\b(?:max|can|may)Replays?\\b|\\breplays_total\\b|\\breplayable\\b', 'retry'),
  name('\\boperator_selected\\b|\\b(?:zephyr|command)[ -]select\\b|_manual_mode\\b', 'pin'),
  name('\\bapiLatencyMs\\b|_probe_duration_seconds\\b', 'latencyMs'),
  name(
    '[tT]imes? to (?:the )?first content|_first_content_seconds\\b|\\bfirstContentMs\\b',
    'TTFT',
  ),
  name('_client_requests_total\\b|\\bclientRequests\\b', 'personRequests'),
  // A relay passes answers on, in the proxy; mail has relays of its own.
  name(
    '\\b(?:CliRelay|(?:start)?FaultRelay|Relay(?:Kind|Headers|Target)|relayKindOf|(?:cli|fault)-relay|relay-kind)\\b',
    'gateway kind, forwarder of the CLI, fault proxy',
  ),
  word('(?:some|most|many|all|real|every|your) relays?', 'gateway'),
  name('\\b(?:start|Probe|Running)Exchange\\b|\\bprobes/(?:src/)?exchange\\b', 'request'),
  name('\\bexchangeLimits\\b', 'syncLimits'),
  name(
    '\\bHeld(?:Answer|Document|Failure)\\b|\\bheldBytes\\b|\\bMAX_HELD_\\w+|\\btryHold\\b|\\bheld_back\\b|\\bHELD_BACK\\b',
    'buffered; deferred; paused',
  ),
  word('held back', 'buffered (bytes), deferred (messages), paused (a sender)'),
  name('\\b(?:mayBeBilled|countsTokens)\\b', 'isBillable, canCountTokens'),
  name('\\b(?:Committed|Failed|Finished)Turn\\b|\\bturnsFailing\\b', 'batch'),
];

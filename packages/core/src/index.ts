export { type ApiError, failureOfApiError } from './answer/api-error.ts';
export { BufferedDocument } from './answer/buffered-document.ts';
export {
  ContentGate,
  MAX_INTERIM_ANSWERS,
  type StartVerdict,
} from './answer/content-gate.ts';
export {
  type AnswerEnd,
  type AnswerForm,
  answerEndOf,
  DocumentEnd,
  StreamEnd,
} from './answer/end.ts';
export { retryAfterMsIn } from './answer/endpoint-retry-after.ts';
export { isSuccess, judgeRefusal, type RefusalVerdict } from './answer/judge-status.ts';
export { rateLimitsOf } from './answer/rate-limit-headers.ts';
export { NO_USAGE } from './answer/token-usage.ts';
export { TRAILING_MS, TRAILING_QUIET_MS } from './answer/unclosed-answer.ts';
export { type Assessment, assess } from './decide/assess/assessment.ts';
export { preferencesMs } from './decide/assess/preference.ts';
export { IDLE_AFTER_MS, IDLE_INTERVAL_MS, isSystemIdle } from './decide/decision-pace.ts';
export { DEFAULT_POLICY, type Policy } from './decide/policy.ts';
export { PROBE_PLAN_NUMBERS } from './decide/probe-plan/probe-plans.ts';
export { reduce } from './decide/reduce.ts';
export { snapshotContent } from './decide/snapshot.ts';
export { freezeOf } from './decide/switch/switch-veto.ts';
export type {
  CommandOutcome,
  ConfigEvent,
  Effect,
  EndpointSetting,
  GroupSetting,
  Input,
  WorldEvent,
} from './decide/world/inputs.ts';
export { groupSettingOf } from './decide/world/inputs.ts';
export { activeRequestsOf, sessionLoadOf, totalActiveRequests } from './decide/world/presence.ts';
export { type EndpointState, initialWorld, type World } from './decide/world/world.ts';
export { causeOf } from './failure-table.ts';
export {
  FIRST_BYTE_NUMBERS,
  type FirstByteLimits,
  type TtftClass,
} from './learn/adaptive-first-byte-timeout.ts';
export { latencyBasisOf } from './learn/probe-latency.ts';
export { scored } from './learn/probe-score.ts';
export {
  currentRateLimits,
  NO_RATE_LIMITS,
  type RateLimits,
  withRateLimits,
} from './learn/rate-limit-headroom.ts';
export { latencyClassOf, requestClassOf } from './learn/request-class.ts';
export { summaryOf, type TimeSummary } from './learn/time-summary.ts';
export { own } from './own-property.ts';
export { parsedJson } from './parsed-json.ts';
export { dayNumberOf } from './probe/budget-day.ts';
export {
  type CostPace,
  NO_COST_PACE,
  projectedUsd,
  withSpent,
} from './probe/cost-forecast.ts';
export { CHEAP_STYLES, type CheapStyle, chooseStyle, realStyleOf } from './probe/real-or-cheap.ts';
export {
  type ComparedDecision,
  compareDecisions,
  formatRecording,
  parseRecording,
  type Recording,
  replayRecording,
  type Segment,
} from './replay/recording.ts';
export {
  QUICK_END_BYTES,
  QUICK_START_BYTES,
  quickFacts,
  type RequestFacts,
  RequestScan,
  type TextRange,
} from './request/facts.ts';
export { MAX_SESSIONS, SessionTable } from './route/affinity.ts';
export type { EndpointChoice } from './route/choose-endpoint.ts';
export {
  type Ejection,
  type EjectionPolicy,
  isSilentSince,
} from './route/ejection.ts';
export {
  ejectionReportOf,
  ejectionReports,
  programEjection,
  reportedEjection,
} from './route/ejection-report.ts';
export {
  isAnswer,
  isLasting,
  isSharedByGroup,
  isUnreachable,
  OPERATIONS,
  type Operation,
  scopeOf,
} from './route/failure-scope.ts';
export {
  isForeign,
  isStaleAt,
  isTest,
  type Journey,
  type RoutedEndpoint,
  type RoutedRequest,
} from './route/journey.ts';
export { type ActiveEndpoint, Exploration, type TimedRequest } from './route/late-answers.ts';
export {
  type NextStep,
  RETRY_POLL_MS,
  RequestRetries,
  type RetryPlace,
} from './route/request-retries.ts';
export { RETRY_WINDOW_SECONDS, RetryBudget } from './route/retry-budget.ts';
export { RETRY_LIMITS, type RetryRefusal } from './route/retry-conditions.ts';
export { STAY_PAUSE_MS } from './route/retry-same-endpoint.ts';
export { Router } from './route/router.ts';
export { SignatureFamilies } from './route/signature-families.ts';
export { rampedEndpoint } from './route/switch-ramp.ts';
export { sharedEndpoint, shareOf } from './route/weighted-rendezvous.ts';
export { type AttemptPhase, assertNever, endpointId, epochMs } from './types.ts';
export { isBillable } from './usage/billing.ts';
export { periodAt } from './usage/budget-period.ts';
export {
  type BudgetWarning,
  budgetsOf,
  budgetWarnings,
  grantedUsd,
} from './usage/budgets.ts';
export { USAGE_CSV_HEAD, usageCsvLines } from './usage/csv.ts';
export {
  type LimitCounters,
  type LimitSubject,
  type LimitsConfig,
  limitSubjects,
  limitVerdict,
  type Over,
  type UsageLimits,
} from './usage/limit-verdict.ts';
export {
  type LetIn,
  type LimitsShare,
  limitTokensOf,
  PeopleCounters,
  type SharedCounters,
  type Spent,
} from './usage/people-counters.ts';
export { cautiousPriceOf, costUsd, type Price, priceOf } from './usage/price.ts';
export { type PaidRequest, usageOfProbe } from './usage/probe-usage.ts';
export { type UsageQuery, UsageSum, usageReport } from './usage/report.ts';
export { usagePeriod } from './usage/report-period.ts';
export { DAYS_LIFE_MS, HOURS_LIFE_MS } from './usage/retention.ts';
export {
  dailyRows,
  dayOf,
  NO_COUNTS,
  type RowBounds,
  type RowRule,
  rowBounds,
  sumOfCounts,
  UsageTable,
  usageField,
} from './usage/usage-by-hour.ts';

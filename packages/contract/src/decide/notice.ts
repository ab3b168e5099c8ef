/**
 * Events that people should know about. A new notice is one line here and a text in each language
 * (`notice.<code>` in `@zephyr/texts`); a text may use `{name}`, `{failure}`, `{time}` and `{period}`.
 */
import { z } from 'zod';
import { failureClass } from '../failure.ts';
import { personName } from '../names.ts';
import { endpointIdSchema, moment, type ShapeOf } from '../scalars.ts';
import { budgetPeriodSchema } from '../usage/people-limits.ts';
import { tradeSchema } from './decision.ts';

const SEVERITIES = ['info', 'warning', 'critical'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

const SEVERITY = 'x-severity';

/** One kind of notice: its severity, and its fields besides the code. */
const line =
  (severity: Severity) =>
  <const Code extends string, Fields extends z.ZodRawShape>(code: Code, fields: Fields) =>
    z.object({ code: z.literal(code), ...fields }).meta({ [SEVERITY]: severity });
const info = line('info');
const warning = line('warning');
const critical = line('critical');

export const noticeSchema = z
  .discriminatedUnion('code', [
    info('endpoint_healthy', { endpointId: endpointIdSchema }),
    warning('endpoint_unhealthy', {
      endpointId: endpointIdSchema,
      failure: failureClass,
      detail: z.string(),
    }),
    critical('token_refused', { endpointId: endpointIdSchema, failure: failureClass }),
    info('token_accepted', { endpointId: endpointIdSchema }),
    warning('overload_began', {}),
    info('overload_ended', {}),
    warning('flapping_frozen', { untilAtMs: moment }),
    info('flapping_thawed', {}),
    warning('pin_cleared', { endpointId: endpointIdSchema }),
    warning('pin_unavailable', { endpointId: endpointIdSchema }),
    info('pin_available', { endpointId: endpointIdSchema }),
    critical('nothing_available', {}),
    info('available_again', {}),
    warning('budget_nearly_spent', { groupName: z.string() }),
    critical('budget_spent', { groupName: z.string() }),
    warning('person_budget_nearly_spent', { name: personName, period: budgetPeriodSchema }),
    warning('person_budget_spent', { name: personName, period: budgetPeriodSchema }),
    info('sessions_moved', { endpointId: endpointIdSchema, trade: tradeSchema }),
    info('late_probe_dropped', { endpointId: endpointIdSchema }),
  ])
  .meta({ id: 'Notice' });
export type Notice = ShapeOf<typeof noticeSchema>;
export type NoticeCode = Notice['code'];

export const NOTICE_CODES: readonly NoticeCode[] = noticeSchema.options.map(
  ({ shape }) => shape.code.value,
);
const SEVERITY_BY_CODE: ReadonlyMap<NoticeCode, Severity> = new Map(
  noticeSchema.options.map((option) => [
    option.shape.code.value,
    severitySchema.parse(option.meta()?.[SEVERITY]),
  ]),
);

export function severityOf({ code }: Pick<Notice, 'code'>): Severity {
  return SEVERITY_BY_CODE.get(code) ?? 'critical';
}

/** How much a person or team may use, and how much is left; see docs/usage.md. */
import { z } from 'zod';

import { personName } from '../names.ts';
import { count, moment, type PlainOf, type ShapeOf, usd } from '../scalars.ts';
import { usageFiguresSchema } from './usage.ts';

export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
export const budgetPeriodSchema = z.enum(BUDGET_PERIODS);
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

const RATE_LIMITS = ['requests_per_minute', 'tokens_per_minute', 'active_requests'] as const;

/** The configuration keys of countable limits. */
export const LIMIT_NAMES = [
  ...(['budget_usd_per_day', 'budget_usd_per_week', 'budget_usd_per_month'] as const),
  ...RATE_LIMITS,
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** Whose limit it is. */
export const subjectKind = z.enum(['person', 'team']);
export type SubjectKind = z.infer<typeof subjectKind>;

/** What an operator granted a person or team on top of their budgets, for one day. */
export const grantSchema = z.object({
  name: personName,
  /** When the day begins, UTC. */
  dayAtMs: moment,
  usd: usd,
});
export type Grant = ShapeOf<typeof grantSchema>;

/** One budget of a person or team, with the key names of reports. */
export const budgetSchema = z
  .object({
    name: z.string(),
    of: subjectKind,
    period: budgetPeriodSchema,
    budget_usd: usd,
    /** Granted for today by an operator. */
    granted_usd: usd,
    used_usd: usd,
    left_usd: usd,
    /** UTC. */
    resets_at: z.string(),
  })
  .meta({ id: 'Budget' });
export type Budget = PlainOf<typeof budgetSchema>;

/** `GET /api/budgets`: people in the order of the configuration, then teams. */
export const budgetListSchema = z
  .object({ budgets: z.array(budgetSchema) })
  .meta({ id: 'BudgetList' });
export type BudgetList = PlainOf<typeof budgetListSchema>;

const ownFiguresSchema = z.object({
  total: usageFiguresSchema,
  /** The most expensive first. */
  models: z.array(z.object({ model: z.string(), ...usageFiguresSchema.shape })),
});
export type OwnFigures = PlainOf<typeof ownFiguresSchema>;

const limitValueSchema = z.object({
  name: z.string(),
  of: subjectKind,
  limit: z.enum(RATE_LIMITS),
  allowed: count,
  used: count,
});

/** `GET /usage` of a proxy: what the owner of the key has used, and may use. */
export const ownUsageSchema = z.object({
  person: z.string(),
  /** Days are UTC, including today. */
  today: ownFiguresSchema,
  days_7: ownFiguresSchema,
  days_30: ownFiguresSchema,
  /** Including those of the person's team. */
  budgets: z.array(budgetSchema),
  limits: z.array(limitValueSchema),
  /** Names and patterns; null: all. */
  models: z.array(z.string()).nullable(),
});
export type OwnUsage = PlainOf<typeof ownUsageSchema>;

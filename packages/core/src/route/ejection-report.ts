/** A proxy's ejections as it reports them to other machines and to programs, and as other machines read them. */
import type {
  EjectionReport,
  EjectionState,
  ProgramEjection,
} from '@zephyr/contract/route/ejection';
import type { EndpointId, EpochMs } from '@zephyr/contract/scalars';

import { type Ejection, remainingMs } from './ejection.ts';

/** By endpoint id; admitted endpoints are not listed. */
export function ejectionReports(
  ids: readonly EndpointId[],
  ejectionOf: (id: EndpointId) => Ejection,
  nowMs: number,
): Readonly<Record<string, EjectionReport>> {
  return Object.fromEntries(
    ids.flatMap((id) => {
      const report = ejectionReportOf(ejectionOf(id), nowMs);
      return report === undefined ? [] : [[id, report]];
    }),
  );
}

/** @param nowMs by the clock of the ejection */
export function ejectionReportOf(ejection: Ejection, nowMs: number): EjectionReport | undefined {
  if (ejection.status === 'admitted') return undefined;
  const { status, failure } = ejection;
  return { status, failure, remainingMs: Math.round(remainingMs(ejection, nowMs)) };
}

/**
 * The state that a report is about; none is about an admitted endpoint.
 * @param nowMs by the reader's wall clock, when it gets the report
 */
export function reportedEjection(report: EjectionReport | undefined, nowMs: number): EjectionState {
  if (report === undefined) return { status: 'admitted' };
  const { status, failure } = report;
  return status === 'ejected'
    ? { status, failure, untilAtMs: (nowMs + report.remainingMs) as EpochMs }
    : { status, failure };
}

/** The same for programs, which get the time left: their clock may be another. */
export function programEjection(report: EjectionReport | undefined): ProgramEjection {
  if (report === undefined) return { status: 'admitted' };
  const { status, failure } = report;
  return status === 'ejected'
    ? { status, failure, retry_in_ms: report.remainingMs }
    : { status, failure };
}

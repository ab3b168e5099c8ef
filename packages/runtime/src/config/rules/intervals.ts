/** Relations between the times of [health_check], including group overrides. */
import { phrase } from '../../phrase.ts';
import type { KeyPath, Violation } from '../config-error.ts';
import { healthCheckOfGroup } from '../keys/groups.ts';
import { healthCheck, withIntervalBounds } from '../keys/health-check.ts';
import { overridden } from '../keys/overrides.ts';
import { fittingValues, type RawTable, rawGroups, rawTable } from '../schema/raw.ts';

export function checkIntervals(document: RawTable): Violation[] {
  const base = rawTable(document['health_check']);
  const ofGroups = rawGroups(document).flatMap(({ path, table }) =>
    table['health_check'] === undefined
      ? []
      : intervalViolations([...path, 'health_check'], base, rawTable(table['health_check'])),
  );
  return [...intervalViolations(['health_check'], base, {}), ...ofGroups];
}

/** @param own the group's table; empty for the shared one */
function intervalViolations(path: KeyPath, base: RawTable, own: RawTable): Violation[] {
  const table = withIntervalBounds(
    overridden(
      fittingValues(healthCheck.shape, base),
      fittingValues(healthCheckOfGroup.shape, own),
    ),
  );
  const at = (key: string): KeyPath =>
    path.length === 1 || Object.hasOwn(own, key) ? [...path, key] : path;
  const violations: Violation[] = [];
  const { interval_seconds: interval, timeout_seconds: timeout, dynamic_scaling: isScaled } = table;
  const { min_interval_seconds: min, max_interval_seconds: max } = table;
  if (timeout >= interval) {
    violations.push({
      path: at('timeout_seconds'),
      found: phrase`timeout_seconds = ${timeout} with interval_seconds = ${interval}`,
      expected: phrase`a timeout shorter than the interval`,
      advice: phrase`lower timeout_seconds or raise interval_seconds`,
    });
  }
  if (min > interval || interval > max) {
    violations.push({
      path: at('interval_seconds'),
      found: phrase`min ${min}, interval ${interval}, max ${max} (seconds)`,
      expected: phrase`min_interval_seconds ≤ interval_seconds ≤ max_interval_seconds`,
      advice: phrase`put the three in this order`,
    });
  }
  if (isScaled && timeout >= min && timeout < interval) {
    violations.push({
      path: at('timeout_seconds'),
      found: phrase`timeout_seconds = ${timeout} with min_interval_seconds = ${min}`,
      expected: phrase`a timeout shorter than the shortest interval, because dynamic_scaling is on`,
      advice: phrase`lower timeout_seconds or raise min_interval_seconds`,
    });
  }
  return violations;
}

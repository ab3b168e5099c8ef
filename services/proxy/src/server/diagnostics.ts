/** `GET /diagnostics`: what is needed to investigate a problem with this process. */

import type { StatusDeps } from '../report/proxy-state.ts';
import { programStatusOf } from '../report/status-json.ts';
import type { Admission } from './admission.ts';

export async function diagnosticsOf(
  status: StatusDeps,
  admission: Admission,
): Promise<Record<string, unknown>> {
  const memory = process.memoryUsage();
  return {
    ...(await programStatusOf(status)),
    active_requests: admission.activeRequests,
    config_hash: status.configHash(),
    process: {
      node: process.version,
      pid: process.pid,
      uptime_seconds: Math.round(process.uptime()),
      rss_bytes: memory.rss,
      heap_used_bytes: memory.heapUsed,
      open_resources: countOf(process.getActiveResourcesInfo()),
    },
  };
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

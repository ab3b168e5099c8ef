/** Whether a snapshot that was read replaces the one in memory. Pure. */
import type { RoutingSnapshot } from '@zephyr/contract/snapshot';

export type SnapshotVerdict = 'newer' | 'same' | 'older' | 'foreign';

/**
 * Within one incarnation of Redis' data only a larger (epoch, version) is newer: a paused old leader
 * or a replica that lags cannot turn the proxy back. Another incarnation starts again, but only for
 * the same set of endpoints: otherwise it may be somebody else's.
 */
export function compareSnapshots(
  current: RoutingSnapshot | undefined,
  read: RoutingSnapshot,
  configHash: string,
): SnapshotVerdict {
  if (current === undefined || current.incarnation !== read.incarnation) {
    return read.configHash === configHash ? 'newer' : 'foreign';
  }
  if (read.epoch !== current.epoch) return read.epoch > current.epoch ? 'newer' : 'older';
  if (read.version === current.version) return 'same';
  return read.version > current.version ? 'newer' : 'older';
}

/** Whether a snapshot just read replaces the one in memory. Pure. */
import type { RoutingSnapshot } from '@zephyr/contract/route/snapshot';

export type SnapshotVerdict = 'newer' | 'same' | 'older' | 'foreign';

/**
 * Within one incarnation of Redis' data only a larger (epoch, version) is newer: neither a paused old leader
 * nor a lagging replica can turn the proxy back. Another incarnation starts over, but only for the same set
 * of endpoints: otherwise it may belong to another installation.
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

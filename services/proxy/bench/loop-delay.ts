/**
 * Loaded into a contender (`--import`): measures its event loop delay when the bench sends a message. Does
 * nothing otherwise.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Sampling interval, which is included in Node's values. */
const SAMPLING_INTERVAL_MS = 5;

const delay = monitorEventLoopDelay({ resolution: SAMPLING_INTERVAL_MS });

process.on('message', (message) => {
  if (message === 'loop delay: begin') {
    delay.reset();
    delay.enable();
  } else if (message === 'loop delay: end') {
    delay.disable();
    process.send?.({
      loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - SAMPLING_INTERVAL_MS),
    });
  }
});

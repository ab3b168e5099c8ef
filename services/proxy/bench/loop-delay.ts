/**
 * Loaded into what the bench measures (`--import`): how late its event loop is, when the bench asks by
 * a message. Does nothing otherwise.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often it looks; what Node reports includes this. */
const EVERY_MS = 5;

const delay = monitorEventLoopDelay({ resolution: EVERY_MS });

process.on('message', (message) => {
  if (message === 'loop delay: begin') {
    delay.reset();
    delay.enable();
  } else if (message === 'loop delay: end') {
    delay.disable();
    process.send?.({ loopDelayP99Ms: Math.max(0, delay.percentile(99) / 1e6 - EVERY_MS) });
  }
});

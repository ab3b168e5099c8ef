/**
 * Loaded into a proxy (`--import`) to measure the gain of reading a burst first: it handles each event
 * immediately.
 */
import { Bursts } from '@zephyr/runtime/bursts';

Bursts.prototype.run = (act) => act();

import { createHash } from 'node:crypto';

import type { EndpointId } from '@zephyr/contract/scalars';
import { endpointId } from '@zephyr/core';

/**
 * The id of an endpoint: its name in lower case with `-` between the words (`Instcopilot-CN1` is
 * `instcopilot-cn1`). A non-ASCII name has no such form and gets `e-<8 hex>` of its hash, so that 香港-1 and
 * 日本-1 differ.
 */
export function idOfName(name: string): EndpointId {
  return endpointId(slugOf(name) ?? `e-${sha256(name).slice(0, 8)}`);
}

/** Undefined for a name that has no such form. */
export function slugOf(name: string): string | undefined {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  // Ids are keys of plain objects, where `constructor` is always found.
  const isUsable = /^[\x20-\x7e]+$/.test(name) && slug !== '' && !(slug in {});
  return isUsable ? slug : undefined;
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

import { expect, it } from 'vitest';

import { webPortOf } from './host.ts';

it.each([
  ['https://a.example', 443],
  ['http://a.example', 80],
  ['https://a.example:80', 80],
  ['http://a.example:443', 443],
  ['http://a.example:0', 0],
])('%s leads to port %i', (url, port) => expect(webPortOf(new URL(url))).toBe(port));

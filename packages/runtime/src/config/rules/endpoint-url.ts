import { isLoopback } from '@zephyr/contract/loopback';

import { phrase } from '../../phrase.ts';
import type { Violation } from '../config-error.ts';

type UrlViolation = Omit<Violation, 'path'>;

/** Empty if the URL is allowed. The schema reports a wrong type. */
export function checkEndpointUrl(text: string | undefined, isHttpAllowed: boolean): UrlViolation[] {
  if (text === undefined) return [];
  // A URL parser silently drops line breaks and tabs, and trims spaces.
  if (/[\s\p{Cc}]/u.test(text)) {
    return [
      {
        found: phrase`a URL with a space or a line break in it`,
        expected: phrase`a URL such as https://api.example.com`,
        advice: phrase`write it without spaces, on one line`,
      },
    ];
  }
  if (!URL.canParse(text)) {
    const isBare = /^[\w.-]+(:\d+)?(\/|$)/.test(text);
    return [
      {
        found: phrase`something that is not a URL`,
        expected: phrase`a URL such as https://api.example.com`,
        advice: isBare && text !== '' ? phrase`put https:// in front` : phrase`write the whole URL`,
      },
    ];
  }
  const url = new URL(text);
  return [checkScheme(url, isHttpAllowed), checkParts(url), checkPath(url)].flat();
}

function checkScheme(url: URL, isHttpAllowed: boolean): UrlViolation[] {
  if (url.protocol === 'https:') return [];
  if (url.protocol !== 'http:') {
    return [
      {
        found: phrase`a URL that starts with ${url.protocol}`,
        expected: phrase`an https URL`,
        advice: phrase`write https:// and the host name`,
      },
    ];
  }
  if (isHttpAllowed || isLoopback(url.hostname)) return [];
  return [
    {
      found: phrase`http to ${url.host}, which is not this machine`,
      expected: phrase`an https URL: over http anyone on the network path can read your token`,
      advice: phrase`write https://, or add allow_http = true to this endpoint in a network you trust`,
    },
  ];
}

/** The parts themselves are not shown: they may be secrets. */
function checkParts(url: URL): UrlViolation[] {
  const violations: UrlViolation[] = [];
  if (url.username !== '' || url.password !== '') {
    violations.push({
      found: phrase`a user name or password in the URL`,
      expected: phrase`a URL without them`,
      advice: phrase`remove the part before @; the token goes into .env`,
    });
  }
  if (url.search !== '' || url.hash !== '') {
    violations.push({
      found: phrase`a query (?…) or fragment (#…) in the URL`,
      expected: phrase`a base URL, to which /v1/messages is added`,
      advice: phrase`remove what comes after ? or #`,
    });
  }
  if (url.port === '0') {
    violations.push({
      found: phrase`port 0 in the URL`,
      expected: phrase`the port where the endpoint listens`,
      advice: phrase`write its port, or none for the default`,
    });
  }
  return violations;
}

/** `/v1` and everything after it, or without it a request path of this or another API. */
const API_PATH = /\/(v1(\/.*)?|messages(\/count_tokens)?|chat\/completions)$/i;

function checkPath({ pathname }: URL): UrlViolation[] {
  const path = API_PATH.exec(pathname.replace(/\/+$/, ''))?.[0];
  if (path === undefined) return [];
  return [
    {
      found: phrase`a URL that ends in ${path}`,
      expected: phrase`a base URL, to which /v1/messages is added`,
      advice: phrase`remove ${path} at the end`,
    },
  ];
}

import type { Violation } from '../config-error.ts';

type UrlViolation = Omit<Violation, 'path'>;

/** Empty when the URL may be used. A wrong type is reported by the schema. */
export function checkEndpointUrl(text: string | undefined, allowHttp: boolean): UrlViolation[] {
  if (text === undefined) return [];
  // A URL parser silently drops line breaks and tabs, and cuts blanks at the ends.
  if (/[\s\p{Cc}]/u.test(text)) {
    return [
      {
        found: 'a URL with a blank or a line break in it',
        expected: 'a URL such as https://api.example.com',
        advice: 'write it without blanks, in one line',
      },
    ];
  }
  if (!URL.canParse(text)) {
    const looksBare = /^[\w.-]+(:\d+)?(\/|$)/.test(text);
    return [
      {
        found: 'something that is not a URL',
        expected: 'a URL such as https://api.example.com',
        advice: looksBare && text !== '' ? 'put https:// in front' : 'write the whole URL',
      },
    ];
  }
  const url = new URL(text);
  return [checkScheme(url, allowHttp), checkParts(url), checkPath(url)].flat();
}

export function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function checkScheme(url: URL, allowHttp: boolean): UrlViolation[] {
  if (url.protocol === 'https:') return [];
  if (url.protocol !== 'http:') {
    return [
      {
        found: `a URL that starts with ${url.protocol}`,
        expected: 'an https URL',
        advice: 'write https:// and the name of the host',
      },
    ];
  }
  if (allowHttp || isLoopback(url.hostname)) return [];
  return [
    {
      found: `http to ${url.host}, which is not this machine`,
      expected: 'an https URL: over http everybody on the way can read your token',
      advice: 'write https://, or add allow_http = true to this endpoint in a network you trust',
    },
  ];
}

/** The parts themselves are not shown: they may be secrets. */
function checkParts(url: URL): UrlViolation[] {
  const violations: UrlViolation[] = [];
  if (url.username !== '' || url.password !== '') {
    violations.push({
      found: 'a user name or password in the URL',
      expected: 'a URL without them',
      advice: 'remove the part before @; the token goes into .env',
    });
  }
  if (url.search !== '' || url.hash !== '') {
    violations.push({
      found: 'a query (?…) or fragment (#…) in the URL',
      expected: 'a base URL, to which /v1/messages is added',
      advice: 'remove what comes after ? or #',
    });
  }
  if (url.port === '0') {
    violations.push({
      found: 'port 0 in the URL',
      expected: 'the port where the endpoint listens',
      advice: 'write its port, or none for the usual one',
    });
  }
  return violations;
}

/** `/v1` with all behind it, or the path of a request of this or of another API without it. */
const API_PATH = /\/(v1(\/.*)?|messages(\/count_tokens)?|chat\/completions)$/i;

function checkPath({ pathname }: URL): UrlViolation[] {
  const path = API_PATH.exec(pathname.replace(/\/+$/, ''))?.[0];
  if (path === undefined) return [];
  return [
    {
      found: `a URL that ends in ${path}`,
      expected: 'a base URL, to which /v1/messages is added',
      advice: `remove ${path} at the end`,
    },
  ];
}

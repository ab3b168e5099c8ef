import type { Finding } from './problem.ts';

type UrlFinding = Omit<Finding, 'path'>;

/** Nothing when the URL may be used; a wrong type is the schema's business. */
export function checkEndpointUrl(text: string | undefined, allowHttp: boolean): UrlFinding[] {
  if (text === undefined) return [];
  // A URL parser drops line breaks and tabs without a word, and cuts blanks at the ends.
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

function checkScheme(url: URL, allowHttp: boolean): UrlFinding[] {
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

/** What it has is not shown: it may be a secret. */
function checkParts(url: URL): UrlFinding[] {
  const findings: UrlFinding[] = [];
  if (url.username !== '' || url.password !== '') {
    findings.push({
      found: 'a user name or password in the URL',
      expected: 'a URL without them',
      advice: 'remove the part before @; the token goes into .env',
    });
  }
  if (url.search !== '' || url.hash !== '') {
    findings.push({
      found: 'a query (?…) or fragment (#…) in the URL',
      expected: 'a base URL, to which /v1/messages is added',
      advice: 'remove what comes after ? or #',
    });
  }
  if (url.port === '0') {
    findings.push({
      found: 'port 0 in the URL',
      expected: 'the port where the endpoint listens',
      advice: 'write its port, or none for the usual one',
    });
  }
  return findings;
}

/** `/v1` with all behind it, or the path of a request of this or of another API without it. */
const API_PATH = /\/(v1(\/.*)?|messages(\/count_tokens)?|chat\/completions)$/;

function checkPath({ pathname }: URL): UrlFinding[] {
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

/** The form of OTEL_EXPORTER_OTLP_HEADERS: that of W3C Baggage, without properties. */
import { HEADER_NAME, HEADER_VALUE } from '../../header-rules.ts';
import { Secret } from '../../secret.ts';

/** Undefined if malformed. */
export function traceHeadersIn(text = ''): ReadonlyMap<string, Secret> | undefined {
  const headers = new Map<string, Secret>();
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const end = pair.indexOf('=');
    const name = pair.slice(0, Math.max(0, end)).trim();
    const value = decoded(pair.slice(end + 1).trim());
    if (!HEADER_NAME.test(name) || value === undefined || !HEADER_VALUE.test(value)) {
      return undefined;
    }
    headers.set(name.toLowerCase(), new Secret(value));
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The kind of an endpoint, from the headers of its answers. Pure. */

export const GATEWAY_KINDS = [
  'anthropic',
  'zephyr',
  'litellm',
  'new_api',
  'one_api',
  'helicone',
  'cloudflare_gateway',
  'unknown',
] as const;
export type GatewayKind = (typeof GATEWAY_KINDS)[number];

export type GatewayHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Names of headers that each kind sends: gateways name themselves, the official API an organisation. The
 * first match counts: a gateway passes on headers of the server behind it.
 */
const SIGNS: readonly (readonly [GatewayKind, RegExp])[] = [
  ['zephyr', /^x-zephyr-/],
  ['litellm', /^x-litellm-/],
  ['new_api', /^x-new-api-version$/],
  ['one_api', /^x-oneapi-request-id$/],
  ['helicone', /^helicone-/],
  ['cloudflare_gateway', /^cf-aig-/],
  ['anthropic', /^anthropic-organization-id$/],
];

export function gatewayKindOf(answers: readonly GatewayHeaders[]): GatewayKind {
  const names = answers.flatMap((headers) => Object.keys(headers));
  const found = SIGNS.find(([, sign]) => names.some((name) => sign.test(name)));
  return found?.[0] ?? 'unknown';
}

/** How connections to an endpoint are made, as its configuration says, for probes and data path alike. */
import { createHash } from 'node:crypto';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

import type { EndpointConnection } from '../../connection/endpoint-agent.ts';
import { parseProxy } from '../../connection/outbound-proxy.ts';
import { servernameOf } from '../../connection/tunnel.ts';
import type { EndpointConfig, LoadedConfig } from '../config.ts';

/** Creating a context blocks for tens of milliseconds, so once per endpoint. */
const known = new WeakMap<EndpointConfig, EndpointConnection>();

export function connectionOf(
  loaded: Pick<LoadedConfig, 'secrets'>,
  endpoint: EndpointConfig,
): EndpointConnection {
  const before = known.get(endpoint);
  if (before !== undefined) return before;
  const { id, outboundProxy } = endpoint;
  const address = outboundProxy === undefined ? undefined : parseProxy(outboundProxy.url)?.address;
  const credentials = loaded.secrets.proxyCredentials.get(id);
  const connection: EndpointConnection = {
    isTls: endpoint.baseUrl.startsWith('https:'),
    servername: servernameOf(new URL(endpoint.baseUrl).hostname),
    secureContext: secureContextOf(endpoint, loaded.secrets.tlsKeys.get(id)?.reveal()),
    proxy: address === undefined ? undefined : { ...address, credentials },
    fingerprint: connectionFingerprint(loaded, endpoint),
  };
  known.set(endpoint, connection);
  return connection;
}

/** Equal if two configurations connect to an endpoint in the same way. */
export function connectionFingerprint(
  { secrets }: Pick<LoadedConfig, 'secrets'>,
  { id, authorities, clientCertificate, tlsMinVersion, outboundProxy }: EndpointConfig,
): string {
  const ours = [authorities, clientCertificate, tlsMinVersion, outboundProxy?.url];
  const hidden = [secrets.tlsKeys.get(id)?.reveal(), secrets.proxyCredentials.get(id)?.reveal()];
  return createHash('sha256')
    .update(JSON.stringify([...ours, ...hidden]))
    .digest('hex');
}

function secureContextOf(
  { authorities, clientCertificate, tlsMinVersion }: EndpointConfig,
  key: string | undefined,
): SecureContext | undefined {
  const options = {
    ...(authorities === undefined ? {} : { ca: [...getCACertificates('default'), authorities] }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key }),
    ...(tlsMinVersion === undefined ? {} : { minVersion: `TLSv${tlsMinVersion}` as const }),
  };
  return Object.keys(options).length === 0 ? undefined : createSecureContext(options);
}

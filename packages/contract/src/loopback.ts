/** Which hosts are this machine. Imports nothing, so that the browser may load it. */

/** 127.0.0.0/8 in four parts: `127.0.0.1.example` and `127.1.example` are names that anyone can own. */
const IPV4 = String.raw`127(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}`;
/** Mapped addresses as sockets write them, and as the URL parser does. */
const IPV6 = String.raw`::1|::ffff:(?:${IPV4}|7f[\da-f]{2}:[\da-f]{1,4})`;
/** All names below `localhost` are this machine too: RFC 6761, 6.3. A final dot ends a full name. */
const NAME = String.raw`(?:[^.]+\.)*localhost\.?`;

const ADDRESS = String.raw`${IPV4}|${IPV6}|\[(?:${IPV6})\]`;

const LOOPBACK = new RegExp(`^(?:${NAME}|${ADDRESS})$`, 'i');
const OWN_LISTENER = new RegExp(`^(?:localhost\\.?|${ADDRESS})$`, 'i');

/**
 * Whether what is sent there stays on this machine. Other spellings of a loopback address count as another
 * machine, which is the safe side.
 *
 * @param host a name or an address, with or without the brackets that IPv6 has in a URL
 */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host);
}

/**
 * Whether only programs of this machine reach a listener there. A resolver may ask DNS for a name below
 * `localhost`, and get an address that others reach.
 */
export function isOwnListener(host: string): boolean {
  return OWN_LISTENER.test(host);
}

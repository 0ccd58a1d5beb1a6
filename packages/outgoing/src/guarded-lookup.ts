import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { PermanentError } from '@mycelium/farm';

/** Such an address may serve the machine's own secrets, so no request is sent to it. */
export const forbiddenAddress = (host: string) =>
  new PermanentError(
    'forbidden_address',
    `${host} is a link-local or cloud metadata address, and is never asked`,
  );

const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
// The metadata services of AWS (IPv6), Alibaba Cloud and Oracle Cloud.
forbidden.addAddress('fd00:ec2::254', 'ipv6');
forbidden.addAddress('100.100.100.200', 'ipv4');
forbidden.addAddress('192.0.0.192', 'ipv4');
// 169.254.0.0/16 and 100.100.100.200 as NAT64 writes them.
forbidden.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
forbidden.addAddress('64:ff9b::6464:64c8', 'ipv6');

/** Whether this is an IP address that must not be contacted. False for a name. Ignores brackets and zones. */
export function isForbidden(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(address);
  return family !== 0 && forbidden.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

type Callback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** The signature of `dns.lookup`, as sockets call it. */
type Lookup = (host: string, options: LookupOptions, callback: Callback) => void;

/**
 * Wraps `dns.lookup` for a connection and refuses forbidden results. It checks the addresses the socket is about to
 * connect to, so a name cannot resolve to another address between check and use.
 */
export function guardLookup(resolve: Lookup = lookup): Lookup {
  return (host, options, callback) =>
    resolve(host, options, (error, address, family) => {
      const found = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address);
      if (!error && found.some(isForbidden)) callback(forbiddenAddress(host), []);
      else callback(error, address, family);
    });
}

import { expect, it } from 'vitest';
import { makePod } from '../testing/make-pod.ts';
import { HostPorts } from './host-ports.ts';
import { NftTable } from './nft.ts';

// Nothing is written into it here.
const hostPorts = () => new HostPorts(new NftTable('gantry_test_unused'));
const podAt = (hostIP: string) => makePod({ container: { ports: [{ containerPort: 80, hostPort: 28_480, hostIP }] } });

it('says that a port cannot be led from an IPv6 address of the host, and takes none', async () => {
  await expect(hostPorts().reserve(podAt('::1'))).rejects.toThrow(
    'host port [::1]:28480 cannot lead to the pod, which has no IPv6 address: leave hostIP out, or name an IPv4 address',
  );
});

it('takes the address that stands for all as that', async () => {
  const ports = hostPorts();
  await ports.reserve(podAt('::'));
  await expect(hostPorts().reserve(podAt('127.0.0.1'))).rejects.toThrow('host port 127.0.0.1:28480/tcp is in use');
  ports.close();
});

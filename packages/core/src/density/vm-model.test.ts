import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packHosts, replicasPerHost } from './pack-hosts.ts';
import { asVirtualMachine, compareDensity, defaultVmModel } from './vm-model.ts';

const Mi = 2 ** 20;
const host = { cpuMilli: 4000, memoryBytes: 8192 * Mi, pods: 110 };
const small = { cpuMilli: 100, memoryBytes: 128 * Mi };

describe('hosts for replicas', () => {
  it('are as many as the tighter resource asks for', () => {
    expect(packHosts([{ ...small, count: 40 }], host)).toEqual({ hosts: 1, tooLarge: 0 });
    expect(packHosts([{ ...small, count: 41 }], host)).toEqual({ hosts: 2, tooLarge: 0 });
    expect(packHosts([{ cpuMilli: 10, memoryBytes: 4096 * Mi, count: 5 }], host)).toEqual({ hosts: 3, tooLarge: 0 });
  });

  it('take small replicas into what large ones leave', () => {
    const groups = [
      { ...small, count: 10 },
      { cpuMilli: 3000, memoryBytes: 1024 * Mi, count: 2 },
    ];
    expect(packHosts(groups, host)).toEqual({ hosts: 2, tooLarge: 0 });
  });

  it('hold no more pods than a node takes', () => {
    expect(packHosts([{ cpuMilli: 0, memoryBytes: 0, count: 111 }], host).hosts).toBe(2);
  });

  it('cannot take a replica larger than one of them', () => {
    expect(packHosts([{ cpuMilli: 5000, memoryBytes: 0, count: 3 }], host)).toEqual({ hosts: 0, tooLarge: 3 });
  });

  it('are never fewer than the sums need, and never twice as many and one', () => {
    const group = fc.record({
      cpuMilli: fc.integer({ min: 1, max: 4000 }),
      memoryBytes: fc.integer({ min: 1, max: 8192 }).map((n) => n * Mi),
      count: fc.integer({ min: 0, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(group, { maxLength: 8 }), (groups) => {
        const roomy = { cpuMilli: host.cpuMilli, memoryBytes: host.memoryBytes };
        const { hosts, tooLarge } = packHosts(groups, roomy);
        const need = (field: 'cpuMilli' | 'memoryBytes'): number =>
          groups.reduce((total, g) => total + g[field] * g.count, 0) / roomy[field];
        expect(tooLarge).toBe(0);
        expect(hosts).toBeGreaterThanOrEqual(Math.ceil(Math.max(need('cpuMilli'), need('memoryBytes')) - 1e-9));
        expect(hosts).toBeLessThanOrEqual(2 * (need('cpuMilli') + need('memoryBytes')) + 1);
      }),
    );
  });

  it('hold so many of one size', () => {
    expect(replicasPerHost(small, host)).toBe(40);
    expect(replicasPerHost({ cpuMilli: 0, memoryBytes: 0 }, { cpuMilli: 1, memoryBytes: 1 })).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});

describe('a replica as a virtual machine', () => {
  it('has whole virtual cpus, at least the smallest machine, and a guest of its own', () => {
    const model = { ...defaultVmModel, vcpusPerCore: 1 };
    const overhead = model.guestMemoryBytes + model.hypervisorMemoryBytes;
    expect(asVirtualMachine(small, model)).toEqual({ cpuMilli: 1000, memoryBytes: 128 * Mi + overhead });
    expect(asVirtualMachine({ cpuMilli: 1001, memoryBytes: 0 }, model).cpuMilli).toBe(2000);
    expect(asVirtualMachine(small, { ...model, minVcpuMilli: 2000, vcpusPerCore: 4 }).cpuMilli).toBe(500);
  });

  it('costs nothing more under a model without overhead', () => {
    const free = { guestMemoryBytes: 0, hypervisorMemoryBytes: 0, minVcpuMilli: 0, vcpusPerCore: 1, bootSeconds: 0 };
    const groups = [{ cpuMilli: 1000, memoryBytes: 512 * Mi, count: 9 }];
    const { containers, machines, overheadBytes } = compareDensity(groups, host, free);
    expect(machines).toEqual(containers);
    expect(overheadBytes).toBe(0);
  });

  it('needs more hosts, by how much memory and cpu', () => {
    const compared = compareDensity([{ ...small, count: 60 }], host, defaultVmModel);
    expect(compared.replicas).toBe(60);
    expect(compared.containers).toEqual({ hosts: 2, tooLarge: 0, cpuMilli: 6000, memoryBytes: 60 * 128 * Mi });
    expect(compared.machines).toEqual({ hosts: 4, tooLarge: 0, cpuMilli: 15_000, memoryBytes: 60 * 448 * Mi });
    expect(compared.overheadBytes).toBe(60 * 320 * Mi);
  });
});

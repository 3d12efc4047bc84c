import type { StreamRequest } from '@gantry/api-types/protocol';
import { streamChannels } from '@gantry/api-types/protocol';
import { parseExposition } from '@gantry/core/metrics/parse-exposition';
import { FakeClock, linkStreams } from '@gantry/core/testing';
import { describe, expect, it } from 'vitest';
import { operationOf } from '../runtime/docker-client.ts';
import { createStreamHandler } from '../streams/serve-stream.ts';
import { AgentInstruments } from './agent-instruments.ts';
import { PodStarts } from './pod-starts.ts';

/** What a controller gets that asks for the agent's metrics. */
async function read(instruments: AgentInstruments) {
  const noPods = () => {
    throw new Error('the pods are not asked');
  };
  const { opener } = linkStreams(createStreamHandler(noPods, () => instruments.all));
  const request: StreamRequest = { kind: 'metrics' };
  const stream = await opener.open(request, AbortSignal.timeout(5_000));
  const channel = stream.channel(streamChannels.data);
  channel.end();
  const pieces: Buffer[] = [];
  for await (const piece of channel) pieces.push(piece as Buffer);
  const samples = parseExposition(Buffer.concat(pieces).toString('utf8'));
  return (name: string, label?: string) =>
    samples.find((it) => it.name === name && (label === undefined || Object.values(it.labels).includes(label)))?.value;
}

describe('an agent’s metrics', () => {
  it('reach a controller that asks, in the text format', async () => {
    const instruments = new AgentInstruments();
    instruments.engine.called('POST containers/start', 0.2, false);
    instruments.engine.called('POST containers/start', 0.3, true);
    instruments.pods.passed(0.01, true);
    instruments.sampled(0.004, { pods: 3, containers: 5 });
    const valueFor = await read(instruments);
    expect(valueFor('kubelet_runtime_operations_total', 'POST containers/start')).toBe(2);
    expect(valueFor('kubelet_runtime_operations_errors_total', 'POST containers/start')).toBe(1);
    expect(valueFor('kubelet_runtime_operations_duration_seconds_sum')).toBe(0.5);
    expect(valueFor('gantry_agent_pod_worker_failures_total')).toBe(1);
    expect(valueFor('kubelet_running_containers')).toBe(5);
    expect(valueFor('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });

  it('have the time that each pod took to start, once', async () => {
    const instruments = new AgentInstruments();
    const clock = new FakeClock();
    const starts = new PodStarts(instruments.pods, clock);
    starts.reported('a', 'Pending');
    clock.advance(400);
    starts.reported('a', 'Pending');
    clock.advance(400);
    starts.reported('a', 'Running');
    clock.advance(10_000);
    starts.reported('a', 'Running');
    // Found running by a new life of the agent, failed, and deleted before it ran.
    starts.reported('b', 'Running');
    starts.reported('c', 'Pending');
    starts.reported('c', 'Failed');
    starts.reported('d', 'Pending');
    starts.forget('d');
    const valueFor = await read(instruments);
    expect(valueFor('kubelet_pod_start_duration_seconds_count')).toBe(1);
    expect(valueFor('kubelet_pod_start_duration_seconds_sum')).toBe(0.8);
  });

  it('name calls to the engine without ids and names', () => {
    const calls = [
      ['POST', '/containers/create'],
      ['POST', `/containers/${'a1'.repeat(32)}/start`],
      ['DELETE', `/containers/${'a1'.repeat(32)}`],
      ['GET', '/containers/json'],
      ['GET', '/images/registry.example/team/app:1/json'],
      ['DELETE', '/images/busybox'],
      ['GET', '/info'],
    ] as const;
    expect(calls.map(([method, path]) => operationOf({ method, path }))).toEqual([
      'POST containers/create',
      'POST containers/start',
      'DELETE containers',
      'GET containers/json',
      'GET images/json',
      'DELETE images',
      'GET info',
    ]);
  });
});

import { expect, it } from 'vitest';
import { formatCpu } from '../format.ts';
import { freesWords, fromTo, previewChanges } from './recommendation-words.ts';

const Mi = 2 ** 20;

it('says what changes and what that frees', () => {
  expect(fromTo(500, 120, formatCpu)).toBe('500m → 120m');
  expect(fromTo(undefined, 120, formatCpu)).toBe('none → 120m');
  expect(fromTo(120, 120, formatCpu)).toBe('120m');
  expect(freesWords({ cpuMilli: 1200, memoryBytes: 640 * Mi })).toBe('frees 1.2 CPU and 640Mi');
  expect(freesWords({ cpuMilli: 100, memoryBytes: -64 * Mi })).toBe('frees 100m CPU, asks for 64Mi more');
  expect(freesWords({ cpuMilli: 0, memoryBytes: 0 })).toBe('changes nothing');
});

it('asks what changed containers would do where they are', () => {
  const workload = { kind: 'Deployment', namespace: 'default', name: 'web' } as const;
  const observed = { cpuP50Milli: 0, cpuHighMilli: 0, cpuMaxMilli: 0, memoryP50Bytes: 0, memoryMaxBytes: 0 };
  const container = (name: string, isChanged: boolean) => ({
    name,
    present: { cpuMilli: 500, memoryBytes: 64 * Mi },
    recommended: { cpuMilli: 120, memoryBytes: 32 * Mi },
    observed,
    isChanged,
  });
  const changes = previewChanges({
    workload,
    pods: 3,
    samples: 100,
    spanSeconds: 1800,
    confidence: 'high',
    containers: [container('app', true), container('sidecar', false)],
    frees: { cpuMilli: 0, memoryBytes: 0 },
    resize: [],
    notes: [],
  });
  expect(changes).toEqual([
    { type: 'setRequests', workload, container: 'app', inPlace: true, requests: { cpu: '120m', memory: '33554432' } },
  ]);
});

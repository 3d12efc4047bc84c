import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { thingsToTry } from './up-summary.ts';

it('suggests kubectl where there is one', () => {
  expect(thingsToTry('/tmp/my data', { kubectl: true, demo: true })).toEqual([
    "export KUBECONFIG='/tmp/my data/kubeconfig'",
    'kubectl get pods -o wide',
    'kubectl scale deployment web --replicas=12',
  ]);
  expect(thingsToTry('/d', { kubectl: true, demo: false }).slice(1)).toEqual([
    'kubectl get nodes',
    'kubectl apply -f YOUR.yaml',
  ]);
});

it('suggests commands of our own where there is none, naming a data directory that is not the usual one', () => {
  expect(thingsToTry(resolve('.gantry'), { kubectl: false, demo: true })).toEqual([
    'npx gantry get pods -o wide',
    'npx gantry logs -f deployment/orders',
    'npx gantry dashboard',
  ]);
  expect(thingsToTry('/tmp/my data', { kubectl: false, demo: false })).toEqual([
    "npx gantry get nodes --data-dir '/tmp/my data'",
    "npx gantry apply -f YOUR.yaml --data-dir '/tmp/my data'",
    "npx gantry dashboard --data-dir '/tmp/my data'",
  ]);
});

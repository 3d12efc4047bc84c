import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { churn } from './soak/churn.ts';
import { killControllerUnderLoad } from './soak/controller-kills.ts';
import { injectFaults } from './soak/fault-rounds.ts';
import { faultKinds } from './soak/faults.ts';
import { watchNodesUnderFullLoad } from './soak/full-load.ts';
import { SoakCluster } from './soak/soak-cluster.ts';

/** The short forms of `npm run soak`; each rejects with what it found. */
describe('a cluster that is treated badly', () => {
  // Printed, so that a failure can be repeated; fault and action depend on it, their moments on the machine.
  const seed = Date.now() % 1_000_000;
  const log = (line: string) => console.log(`seed ${seed}: ${line}`);
  let cluster: SoakCluster;

  beforeAll(async () => {
    cluster = await SoakCluster.start();
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  it('loses no acknowledged write and no watch when the controller is killed under load', async () => {
    const figures = await killControllerUnderLoad(cluster, { rounds: 3, seed, log });
    expect(figures.kills).toBe(3);
    expect(figures.writes).toBeGreaterThan(100);
    expect(figures.deletions).toBeGreaterThan(10);
    expect(figures.resumedWatches).toBeGreaterThanOrEqual(3);
  });

  it('doubles, overcommits and leaks nothing while Deployments come, change and go', async () => {
    const { actions, rounds, looks } = await churn(cluster, { minutes: 0.3, roundSeconds: 9, seed, log });
    expect(rounds).toBeGreaterThanOrEqual(2);
    expect(Object.keys(actions).length).toBeGreaterThan(1);
    expect(looks).toBeGreaterThan(10);
  });

  it('returns to what is declared after a fault of each kind', async () => {
    const { faults } = await injectFaults(cluster, { minutes: 0, isOneOfEach: true, seed, log });
    expect(Object.keys(faults)).toEqual([...faultKinds]);
  });

  it('takes no node for dead while every cpu is busy', async () => {
    await watchNodesUnderFullLoad(cluster, { seconds: 12 });
  });
});

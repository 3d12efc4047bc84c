import {
  gantryApiVersion,
  type Simulation,
  type SimulationSpec,
  type SimulationStatus,
} from '@gantry/api-types/simulation';
import { createObject } from '../api/client.ts';

/** Asks the real scheduler on a copy of the real state; nothing is changed. Rejects with an `ApiRefusal`. */
export async function simulate(spec: SimulationSpec, signal: AbortSignal): Promise<SimulationStatus> {
  const target = { apiVersion: gantryApiVersion, resource: 'simulations' };
  const asked: Simulation = { apiVersion: gantryApiVersion, kind: 'Simulation', spec };
  const { status } = await createObject<Simulation>(target, asked, { signal });
  if (!status) throw new Error('the API answered a simulation without a status');
  return status;
}

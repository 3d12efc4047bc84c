import { type ControllerServices, startController } from './controller.ts';
import { DeploymentController } from './deployment-controller.ts';
import { ReplicaSetController } from './replica-set-controller.ts';

/** Starts every reconciler. They wait for the caches, then act on events; `stop` resolves when none acts any more. */
export function startControllers(services: ControllerServices): { stop(): Promise<void> } {
  const definitions = [new ReplicaSetController(services), new DeploymentController(services)];
  const running = definitions.map((definition) => startController(definition, services));
  return {
    async stop() {
      await Promise.all(running.map((controller) => controller.stop()));
    },
  };
}

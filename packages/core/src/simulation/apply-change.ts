import type { SimulationChange } from '@gantry/api-types';
import { addNodes, cordonNode, drainNode, labelNode, removeNode } from './node-changes.ts';
import { scaleWorkload } from './scale-change.ts';
import type { Scene } from './scene.ts';
import { addPods, addToleration, evictPods, setRequests } from './template-changes.ts';

/** Changes the scene. Throws `ApiError` where the change names what does not exist or cannot be. */
export function applyChange(scene: Scene, change: SimulationChange): void {
  switch (change.type) {
    case 'scale':
      return scaleWorkload(scene, change);
    case 'removeNode':
      return removeNode(scene, change);
    case 'drainNode':
      return drainNode(scene, change);
    case 'cordonNode':
      return cordonNode(scene, change);
    case 'labelNode':
      return labelNode(scene, change);
    case 'addNodes':
      return addNodes(scene, change);
    case 'setRequests':
      return setRequests(scene, change);
    case 'addToleration':
      return addToleration(scene, change);
    case 'evictPods':
      return evictPods(scene, change.pods);
    case 'addPods':
      return addPods(scene, change);
  }
}

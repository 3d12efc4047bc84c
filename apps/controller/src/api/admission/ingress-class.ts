import { type Ingress, type IngressClass, ingressClassAnnotation, isDefaultIngressClass } from '@gantry/api-types';
import type { ApiContext } from '../context.ts';
import type { AdmissionPlugin } from './admission.ts';

/** DefaultIngressClass: an Ingress that names no class in either way gets the default. */
export function ingressClassAdmission(objects: ApiContext['objects']): AdmissionPlugin {
  return {
    name: 'DefaultIngressClass',
    resources: ['ingresses.networking.k8s.io'],
    admit({ operation, object }) {
      const { spec, metadata } = object as unknown as Ingress;
      const isNamed =
        spec.ingressClassName !== undefined || metadata.annotations?.[ingressClassAnnotation] !== undefined;
      if (operation !== 'create' || isNamed) return undefined;
      const classes = objects.list('ingressclasses.networking.k8s.io').map((entry) => entry.object as IngressClass);
      const name = newest(classes.filter(isDefaultIngressClass))?.metadata.name;
      if (name !== undefined) spec.ingressClassName = name;
      return undefined;
    },
  };
}

/** Of several defaults the newest counts, and of those made at once the first by name, as in Kubernetes. */
function newest(classes: readonly IngressClass[]): IngressClass | undefined {
  const order = (a: IngressClass, b: IngressClass): number => {
    const [x, y] = [a.metadata, b.metadata];
    if (x.creationTimestamp !== y.creationTimestamp) return x.creationTimestamp > y.creationTimestamp ? -1 : 1;
    return x.name < y.name ? -1 : 1;
  };
  return classes.toSorted(order)[0];
}

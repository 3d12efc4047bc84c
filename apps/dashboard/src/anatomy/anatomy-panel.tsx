import { type ReactNode, useState } from 'react';
import { podsOfSelected, selectedWords } from '../inspector/object-pods.ts';
import type { Selected } from '../inspector/tabs.ts';
import { useCluster } from '../state/hooks.ts';
import './anatomy.css';
import { NodeAnatomy } from './node-anatomy.tsx';
import { PodAnatomy } from './pod-anatomy.tsx';

/** What containers are made of: of a pod, of one of a workload's pods, or the layers of a node's images. */
export default function AnatomyPanel({ selected }: { readonly selected: Selected }): ReactNode {
  if (selected.kind === 'node') return <NodeAnatomy name={selected.name} />;
  if (selected.kind === 'pod') return <PodAnatomy namespace={selected.namespace} name={selected.name} />;
  return <WorkloadAnatomy key={selectedWords(selected)} selected={selected} />;
}

function WorkloadAnatomy({ selected }: { readonly selected: Selected }): ReactNode {
  const store = useCluster('pods', 'workloads');
  const [chosen, setChosen] = useState<string>();
  const pods = podsOfSelected(store, selected).filter(({ nodeName }) => nodeName !== undefined);
  const pod = pods.find(({ key }) => key === chosen) ?? pods[0];
  if (!pod) return <p className="empty">None of its pods is on a node.</p>;
  const [namespace = '', name = ''] = pod.key.split('/');
  return (
    <>
      <label className="anatomy-choice">
        One of {pods.length === 1 ? 'its one pod' : `its ${pods.length} pods`}{' '}
        <select value={pod.key} onChange={(event) => setChosen(event.target.value)}>
          {pods.map(({ key }) => (
            <option key={key} value={key}>
              {key.slice(namespace.length + 1)}
            </option>
          ))}
        </select>
      </label>
      <PodAnatomy namespace={namespace} name={name} />
    </>
  );
}

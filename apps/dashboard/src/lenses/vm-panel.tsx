import { compareDensity, type DensityComparison, defaultVmModel, type VmModel } from '@gantry/core/density/vm-model';
import type { ReactNode } from 'react';
import { count, formatBytes, formatCpu, formatSeconds } from '../format.ts';
import type { ClusterStore } from '../state/cluster-store.ts';
import { usePacedCluster } from '../state/hooks.ts';
import { measuredOverhead, measuredStarts, replicaGroups, typicalHost } from './density.ts';
import { useVmModel } from './use-lens.ts';
import { vmFields, vmModelText } from './vm-link.ts';

/** The same replicas as virtual machines: a model that the reader sets, beside what is measured on this cluster. */
export default function VmPanel(): ReactNode {
  const store = usePacedCluster('pods', 'nodes', 'totals');
  const [model, setModel] = useVmModel();
  const host = typicalHost(store);
  const compared = host && compareDensity(replicaGroups(store), host, model);
  return (
    <section className="vms" aria-label="As virtual machines">
      <ModelForm model={model} setModel={setModel} />
      {host && compared ? (
        <>
          <Hosts
            compared={compared}
            hostWords={`${formatCpu(host.cpuMilli)} CPU and ${formatBytes(host.memoryBytes)}`}
          />
          <Measured store={store} model={model} />
        </>
      ) : (
        <p className="muted">No node is Ready, so there is nothing to compare with.</p>
      )}
    </section>
  );
}

interface ModelFormProps {
  readonly model: VmModel;
  readonly setModel: (model: VmModel) => void;
}

function ModelForm({ model, setModel }: ModelFormProps): ReactNode {
  return (
    <form className="vm-model" onSubmit={(event) => event.preventDefault()}>
      <h2>
        Model, not measurement
        {vmModelText(model) && (
          <button type="button" className="button button-quiet" onClick={() => setModel(defaultVmModel)}>
            Reset
          </button>
        )}
      </h2>
      {vmFields.map(({ field, label, unit, factor, ...range }) => (
        <label key={field}>
          <span>{label}</span>
          <input
            type="number"
            {...range}
            value={model[field] / factor}
            onChange={({ target }) => {
              if (target.value !== '' && target.checkValidity())
                setModel({ ...model, [field]: target.valueAsNumber * factor });
            }}
          />
          <span className="muted">{unit}</span>
        </label>
      ))}
    </form>
  );
}

interface HostsProps {
  readonly compared: DensityComparison;
  readonly hostWords: string;
}

function Hosts({ compared, hostWords }: HostsProps): ReactNode {
  const { containers, machines, replicas, overheadBytes } = compared;
  const most = Math.max(containers.hosts, machines.hosts, 1);
  const row = (name: string, { hosts, cpuMilli, memoryBytes, tooLarge }: DensityComparison['machines']): ReactNode => (
    <tr>
      <th scope="row">{name}</th>
      <td className="num">
        <b data-hosts={name}>{hosts}</b>
      </td>
      <td>
        <span className="host-bar" aria-hidden="true">
          <span style={{ width: `${(hosts / most) * 100}%` }} />
        </span>
      </td>
      <td className="muted">
        {formatCpu(cpuMilli)} CPU, {formatBytes(memoryBytes)}
        {tooLarge > 0 && `; ${tooLarge} fit no host`}
      </td>
    </tr>
  );
  return (
    <div className="vm-hosts">
      <h2>
        Hosts for the {count(replicas, 'replica')} that are here, of {hostWords} each
      </h2>
      <table className="grid">
        <caption className="visually-hidden">Hosts needed</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">As</th>
            <th scope="col">Hosts</th>
            <th scope="col">Compared</th>
            <th scope="col">Requests in sum</th>
          </tr>
        </thead>
        <tbody>
          {row('Containers', containers)}
          {row('VMs', machines)}
        </tbody>
      </table>
      <p className="muted">
        Containers share the host's kernel; a machine brings its own. {formatBytes(overheadBytes)} of memory would run
        guests and hypervisor and no replica, and no machine is smaller than its least vCPU. Packed by requests, largest
        first.
      </p>
    </div>
  );
}

function Measured({ store, model }: { readonly store: ClusterStore; readonly model: VmModel }): ReactNode {
  const starts = measuredStarts(store);
  return (
    <div className="vm-measured">
      <h2>Measured on this cluster</h2>
      <dl className="facts">
        <div>
          <dt>Start to Ready</dt>
          <dd>
            {starts ? (
              <>
                p50 <b>{formatSeconds(starts.p50)}</b>, p95 <b>{formatSeconds(starts.p95)}</b>, of{' '}
                {count(starts.count, 'pod')}
                <span className="muted">
                  {starts.source === 'seen' ? ' (as this page saw them)' : ' (by status, in whole seconds)'}
                </span>
              </>
            ) : (
              'no pod has become Ready yet'
            )}
          </dd>
        </div>
        <div>
          <dt>As a VM</dt>
          <dd>
            {formatSeconds(model.bootSeconds * 1000)} by the model
            {starts &&
              starts.p50 > 0 &&
              `, ${(Math.max(1, (model.bootSeconds * 1000) / starts.p50)).toFixed(1)} × as long`}
          </dd>
        </div>
        <div>
          <dt>Memory per container</dt>
          <dd>{overheadWords(store)}</dd>
        </div>
      </dl>
    </div>
  );
}

function overheadWords(store: ClusterStore): ReactNode {
  const overhead = measuredOverhead(store);
  if (!overhead) return 'not measured: no agent may read the memory of the engine\u2019s shims';
  return (
    <>
      <b>{formatBytes(overhead.bytesEach)}</b> beside what runs in it (the engine's shim, mean of{' '}
      {count(overhead.containers, 'container')})
    </>
  );
}

import type { EndpointSlice } from '@gantry/api-types';
import type { FeedService } from '@gantry/api-types/feed';
import { type HistoryAnswer, maxHistorySubjects, usageHistoryPath } from '@gantry/api-types/history';
import { type ReactNode, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { listObjects } from '../api/client.ts';
import { failureWords } from '../api/refusal.ts';
import { usePolled } from '../charts/polled.ts';
import { count, formatBytes, nameOf, namespaceOf } from '../format.ts';
import { panelId } from '../lenses/panels.ts';
import { useCluster } from '../state/hooks.ts';
import { objectPath } from '../state/selection.ts';
import { useSearchValue } from '../state/url-search.ts';
import { endpointsOf, type PodTraffic, type ServiceEndpoint, trafficOf } from './endpoints.ts';

/** The Services, how many endpoints each has, and of one which pods are behind it, where they run and what they carry. */
export default function ServicesPanel(): ReactNode {
  const store = useCluster('services');
  const [open, setOpen] = useSearchValue('services');
  const services = [...store.services.values()].sort((a, b) => a.key.localeCompare(b.key));
  const shown = open === undefined ? undefined : store.services.get(open);
  return (
    <section id={panelId('services')} tabIndex={-1} className="what-if services" aria-label="Services">
      <header className="panel-title">
        <h2>Services</h2>
        <button type="button" className="button button-quiet" onClick={() => setOpen(undefined)}>
          Close
        </button>
      </header>
      {services.length === 0 ? (
        <p className="muted">There is no Service.</p>
      ) : (
        <div className="services-columns">
          <table className="grid">
            <caption className="visually-hidden">Services</caption>
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">Type</th>
                <th scope="col">Address</th>
                <th scope="col" className="num">
                  Ready
                </th>
              </tr>
            </thead>
            <tbody>
              {services.map((service) => (
                <Row key={service.key} service={service} isOpen={service === shown} open={() => setOpen(service.key)} />
              ))}
            </tbody>
          </table>
          {shown ? <Endpoints service={shown} /> : <p className="muted">Choose a Service to see what is behind it.</p>}
        </div>
      )}
    </section>
  );
}

interface RowProps {
  readonly service: FeedService;
  readonly isOpen: boolean;
  readonly open: () => void;
}

function Row({ service, isOpen, open }: RowProps): ReactNode {
  const { endpoints, type, clusterIp, ports } = service;
  const total = endpoints ? endpoints.ready + endpoints.notReady + endpoints.terminating : 0;
  return (
    <tr className={isOpen ? 'is-chosen' : ''} data-service={service.key}>
      <th scope="row">
        <button type="button" className="link" aria-expanded={isOpen} onClick={open}>
          {nameOf(service.key)}
        </button>{' '}
        <span className="muted">{namespaceOf(service.key)}</span>
      </th>
      <td>{type}</td>
      <td>
        {clusterIp} <span className="muted">{ports.join(', ')}</span>
      </td>
      <td className="num">{endpoints ? `${endpoints.ready} of ${total}` : 'no slices'}</td>
    </tr>
  );
}

/** Endpoints listed. */
const shownEndpoints = 200;

function Endpoints({ service }: { readonly service: FeedService }): ReactNode {
  const { slices, error } = useSlices(service);
  const endpoints = endpointsOf(slices ?? []);
  const uids = endpoints.flatMap(({ pod }) => pod?.uid ?? []).slice(0, maxHistorySubjects);
  const traffic = useTraffic(uids);
  if (error) return <p className="error">{error}</p>;
  if (!slices) return <p className="muted">Loading…</p>;
  const selector = Object.entries(service.selector).map(([key, value]) => `${key}=${value}`);
  return (
    <div>
      <p>
        <b>{nameOf(service.key)}</b>{' '}
        <span className="muted">{selector.length > 0 ? `selects ${selector.join(', ')}` : 'has no selector'}</span>
      </p>
      {endpoints.length === 0 && <p className="muted">Nothing is behind it: connections are refused.</p>}
      {endpoints.length > 0 && (
        <table className="grid" data-endpoints={service.key}>
          <caption>
            {count(endpoints.length, 'endpoint')}. Traffic is all that a pod's network carried, not only this Service's;
            connections are not counted.
          </caption>
          <thead>
            <tr>
              <th scope="col">Pod</th>
              <th scope="col">State</th>
              <th scope="col">Node</th>
              <th scope="col">Address</th>
              <th scope="col" className="num">
                Received
              </th>
              <th scope="col" className="num">
                Sent
              </th>
            </tr>
          </thead>
          <tbody>
            {endpoints.slice(0, shownEndpoints).map((endpoint) => (
              <EndpointRow
                key={`${endpoint.address} ${endpoint.pod?.uid ?? ''}`}
                endpoint={endpoint}
                traffic={traffic.get(endpoint.pod?.uid ?? '')}
              />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

interface EndpointRowProps {
  readonly endpoint: ServiceEndpoint;
  readonly traffic: PodTraffic | undefined;
}

function EndpointRow({ endpoint, traffic }: EndpointRowProps): ReactNode {
  const { pod, state, nodeName, zone, address } = endpoint;
  return (
    <tr>
      <th scope="row">{pod ? <Link href={objectPath('Pod', pod.namespace, pod.name)}>{pod.name}</Link> : 'no pod'}</th>
      <td>{state}</td>
      <td>
        {nodeName && <Link href={objectPath('Node', undefined, nodeName)}>{nodeName}</Link>}{' '}
        <span className="muted">{zone}</span>
      </td>
      <td>{address}</td>
      <td className="num">{traffic ? `${formatBytes(traffic.rx)}/s` : 'not measured'}</td>
      <td className="num">{traffic ? `${formatBytes(traffic.tx)}/s` : 'not measured'}</td>
    </tr>
  );
}

interface Slices {
  readonly slices: readonly EndpointSlice[] | undefined;
  readonly error: string | undefined;
}

/** The Service's slices, read again whenever the feed says that its endpoints changed. */
function useSlices({ key, endpoints }: FeedService): Slices {
  const [state, setState] = useState<Slices & { readonly key: string }>({ key, slices: undefined, error: undefined });
  const mark = JSON.stringify(endpoints ?? {});
  useEffect(() => {
    const abort = new AbortController();
    // The mark only makes the effect run again.
    void mark;
    const target = { apiVersion: 'discovery.k8s.io/v1', resource: 'endpointslices', namespace: namespaceOf(key) };
    const query = { labelSelector: `kubernetes.io/service-name=${nameOf(key)}` };
    listObjects<EndpointSlice>(target, { query, signal: abort.signal }).then(
      (slices) => !abort.signal.aborted && setState({ key, slices, error: undefined }),
      (failure: unknown) => !abort.signal.aborted && setState({ key, slices: undefined, error: failureWords(failure) }),
    );
    return () => abort.abort();
  }, [key, mark]);
  return state.key === key ? state : { slices: undefined, error: undefined };
}

function useTraffic(uids: readonly string[]): ReadonlyMap<string, PodTraffic> {
  const of = uids.map((uid) => `of=${encodeURIComponent(`pod/${uid}`)}`).join('&');
  const { data } = usePolled<HistoryAnswer>(uids.length > 0 ? `${usageHistoryPath}?${of}&seconds=60` : '', 3_000);
  return trafficOf(data);
}

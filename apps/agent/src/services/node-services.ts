import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceNetwork } from '@gantry/api-types/protocol';
import type { Clock, Logger } from '@gantry/core';
import type { NodePlace } from '@gantry/core/network/services/choose-endpoints';
import { DnsServer } from '../dns/dns-server.ts';
import { Responder } from '../dns/responder.ts';
import { ServiceZone } from '../dns/service-zone.ts';
import { hostServers, Upstream } from '../dns/upstream.ts';
import { gatewayOf } from '../network/gateway.ts';
import type { NetworkNames } from '../network/names.ts';
import { findNftProblem, NftTable } from '../network/nft.ts';
import { runTool } from '../network/run-tool.ts';
import type { ServiceSource } from '../session/service-state.ts';
import { ApiRelay } from './api-relay.ts';
import { createUdpFlush } from './conntrack.ts';
import { DataPath } from './data-path.ts';
import { HealthChecks } from './health-checks.ts';
import { lookAtHostPorts } from './host-ports-in-use.ts';
import { type OwnTargets, ServicePlanner } from './service-planner.ts';

export interface NodeServicesOptions {
  readonly source: ServiceSource;
  readonly services: ServiceNetwork;
  readonly podCidr: string;
  readonly place: NodePlace;
  readonly names: NetworkNames;
  /** Whether the agent connects the node's pods itself; otherwise they are on a bridge of the engine. */
  readonly isPlumbed: boolean;
  /** As {@link findNftProblem} says: then there are no rules, but DNS. */
  readonly problem: string | undefined;
  /** `https://host:port` of the controller, as this agent reaches it. */
  readonly server: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const dnsPort = 53;
const apiPort = 6443;
const addressRetryMs = 250;
const portCheckMs = 15_000;

/**
 * The Services on this node: the rules that lead to them, cluster DNS, and the way to the API. Begins at once and goes on
 * trying; `stop` leaves the rules in place, so that traffic flows while the agent is away.
 */
export class NodeServices {
  readonly #options: NodeServicesOptions;
  readonly #gateway: string;
  readonly #names: ServiceZone;
  readonly #abort = new AbortController();
  readonly #listeners: Promise<void>[] = [];
  readonly #stops: (() => Promise<void> | void)[] = [];
  #planner: ServicePlanner | undefined;
  #targets: OwnTargets = {};
  #zone: string | undefined;

  constructor(options: NodeServicesOptions) {
    const { source, services, podCidr, problem, clock, logger } = options;
    this.#options = options;
    this.#zone = options.place.zone;
    this.#gateway = gatewayOf(podCidr);
    this.#names = new ServiceZone({ source, domain: services.domain, dnsIp: services.dnsIp });
    this.#stops.push(() => this.#names.stop());
    const upstream = new Upstream({ servers: hostServers(undefined, [services.dnsIp, this.#gateway]), clock, logger });
    const responder = new Responder(this.#names, upstream);
    const ip = this.#gateway;
    this.#listen('dns', dnsPort, (port) => DnsServer.listen({ responder, ip, port, logger }));
    this.#listen('api', apiPort, (port) => ApiRelay.listen({ ip, port, server: options.server, logger }));
    if (problem !== undefined) logger.warn({ reason: problem }, 'Services do not work on this node');
    else this.#listeners.push(this.#startRules().catch((error: unknown) => this.#onFailure(error)));
  }

  /** As the Node's label says now. */
  setZone(zone: string | undefined): void {
    this.#zone = zone;
    this.#planner?.setZone(zone);
  }

  /** Resolves when nothing is under way any more; the rules stay. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#listeners);
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  /** Until the gateway's address is there (the first pod may bring it) there is nothing to listen on. */
  #listen(name: keyof OwnTargets, preferred: number, open: (port: number) => Promise<DnsServer | ApiRelay>): void {
    const attempt = async () => {
      for (let port = preferred; !this.#abort.signal.aborted; ) {
        try {
          const listener = await open(port);
          this.#stops.push(() => listener.stop());
          this.#targets = { ...this.#targets, [name]: { ip: listener.ip, port: listener.port } };
          this.#planner?.setOwn(this.#targets);
          return;
        } catch (error) {
          const code = error instanceof Error && 'code' in error ? error.code : undefined;
          if (code !== 'EADDRNOTAVAIL' && code !== 'EADDRINUSE') return this.#onFailure(error);
          // The rules lead to whatever port it is.
          if (code === 'EADDRINUSE') port = 0;
          else await this.#pause(addressRetryMs);
        }
      }
    };
    this.#listeners.push(attempt());
  }

  async #startRules(): Promise<void> {
    const { source, services, podCidr, place, names, isPlumbed, clock, logger } = this.#options;
    const own = isPlumbed ? `${names.linkPrefix}*` : await this.#bridge();
    if (own === undefined) return;
    const dataPath = new DataPath({
      table: serviceTable(names),
      facts: {
        podCidr,
        clusterCidr: services.clusterCidr,
        serviceCidr: services.serviceCidr,
        ownLinks: [own],
        otherLinks: ['gt*', 'br-*'],
      },
      flushStaleUdp: createUdpFlush(logger),
      clock,
      logger,
    });
    const planner = new ServicePlanner({
      source,
      place,
      lookAtPorts: lookAtHostPorts,
      onRuleset: (ruleset) => dataPath.update(ruleset),
    });
    this.#planner = planner;
    planner.setOwn(this.#targets);
    planner.setZone(this.#zone);
    const healthChecks = new HealthChecks({ source, place, logger });
    const timer = setInterval(() => {
      planner.reassemble();
      healthChecks.retry();
    }, portCheckMs);
    this.#stops.push(
      () => dataPath.stop(),
      () => healthChecks.stop(),
      () => planner.stop(),
      () => clearInterval(timer),
    );
  }

  /** The link that has the gateway's address, once it is there; undefined after {@link stop}. */
  async #bridge(): Promise<string | undefined> {
    while (!this.#abort.signal.aborted) {
      const { stdout } = await runTool('ip', ['-o', '-4', 'address', 'show', 'to', this.#gateway]);
      const link = /^\d+:\s+(\S+)/.exec(stdout)?.[1];
      if (link !== undefined) return link;
      await this.#pause(addressRetryMs * 4);
    }
    return undefined;
  }

  async #pause(ms: number): Promise<void> {
    // Rejects when stopped, which the loop sees.
    await delay(ms, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  #onFailure(error: unknown): void {
    this.#options.logger.error({ err: error }, 'a part of the Services does not work on this node');
  }
}

/** The name server of the node's pods. Without rules nothing leads to the cluster IP, and the host is asked itself. */
export function podNameServer(services: ServiceNetwork, podCidr: string, problem: string | undefined): string {
  return problem === undefined ? services.dnsIp : gatewayOf(podCidr);
}

function serviceTable(names: NetworkNames): NftTable {
  return new NftTable(`${names.table}_svc`);
}

/** Removes the rules of a node whose agent has stopped. May be repeated. */
export async function removeServiceRules(names: NetworkNames): Promise<void> {
  if ((await findNftProblem()) === undefined) await serviceTable(names).remove();
}

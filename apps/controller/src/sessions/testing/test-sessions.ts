import { once } from 'node:events';
import type { NewObject, Pod } from '@gantry/api-types';
import {
  type AgentFrame,
  agentProtocol,
  type ControllerFrame,
  encodeStreamData,
  type NodeObjectChange,
  type NodeRegistration,
} from '@gantry/api-types/protocol';
import { WebSocket, WebSocketServer } from 'ws';
import { createTestApi, type TestApi } from '../../api/testing/test-api.ts';
import { createEventRecorder } from '../../events/event-recorder.ts';
import { AgentSessions, type AgentSessionsOptions } from '../agent-sessions.ts';

/** Agent sessions over an in-memory API, with a real WebSocket port on the loopback. */
export interface TestSessions extends AsyncDisposable {
  readonly api: TestApi;
  readonly sessions: AgentSessions;
  /** Connects as the agent of a node; it has said nothing yet. */
  connect(nodeName?: string): Promise<TestAgent>;
  /** Connects and waits until the node has all its objects. */
  join(nodeName?: string, registration?: Partial<NodeRegistration>): Promise<TestAgent>;
}

/** Starts sessions; the API's clock stands still until it is advanced. */
export async function createTestSessions(options: Partial<AgentSessionsOptions> = {}): Promise<TestSessions> {
  const api = await createTestApi();
  const { client, objects, clock } = api;
  const logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };
  const events = createEventRecorder({ client, informers: objects, clock, logger });
  const sessions = new AgentSessions({
    client,
    informers: objects,
    events,
    clock,
    logger,
    cluster: 'test',
    clusterCidr: '10.244.0.0/16',
    nodeCidrMask: 24,
    serviceNetwork: {
      clusterCidr: '10.244.0.0/16',
      serviceCidr: '10.96.0.0/16',
      dnsIp: '10.96.0.10',
      domain: 'cluster.local',
    },
    heartbeatMs: 1_000,
    issueToken: api.issueToken,
    ...options,
  });
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket, request) => sessions.accept(socket, request.url?.slice(1) ?? ''));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const agents: TestAgent[] = [];
  const connect = async (nodeName = 'node-1') => {
    const agent = new TestAgent(new WebSocket(`ws://127.0.0.1:${port}/${nodeName}`));
    agents.push(agent);
    await agent.opened;
    return agent;
  };
  return {
    api,
    sessions,
    connect,
    join: async (nodeName = 'node-1', registration = {}) => {
      const agent = await connect(nodeName);
      agent.hello(registration);
      await agent.received('synced');
      return agent;
    },
    async [Symbol.asyncDispose]() {
      await sessions.stop();
      for (const agent of agents) agent.socket.terminate();
      server.close();
      await events.stop();
      await api[Symbol.asyncDispose]();
    },
  };
}

type FrameOf<T extends ControllerFrame['type']> = Extract<ControllerFrame, { type: T }>;

/** The agent's end of a session, spoken by hand. */
export class TestAgent {
  readonly socket: WebSocket;
  readonly opened: Promise<unknown>;
  /** The close code, once the connection is closed. */
  readonly closed: Promise<number>;
  readonly frames: ControllerFrame[] = [];
  #onFrame: () => void = () => undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.opened = once(socket, 'open');
    this.closed = once(socket, 'close').then(([code]) => code as number);
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as ControllerFrame);
      this.#onFrame();
    });
  }

  send(frame: AgentFrame): void {
    this.socket.send(JSON.stringify(frame));
  }

  sendData(id: number, channel: number, data: Uint8Array): void {
    this.socket.send(encodeStreamData(id, channel, data));
  }

  hello(registration: Partial<NodeRegistration> = {}): void {
    const protocol = agentProtocol.version;
    this.send({ type: 'hello', protocol, agentVersion: '0', registration: { ...testRegistration, ...registration } });
  }

  /** The first frame of a type, once it has come. */
  async received<T extends ControllerFrame['type']>(type: T): Promise<FrameOf<T>> {
    for (;;) {
      const found = this.frames.find((frame): frame is FrameOf<T> => frame.type === type);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }

  /**
   * All changes so far of what the node's own pods need, as `pods default/web` or `-secrets default/key`. Services and
   * their endpoints, of which every node is sent all, are left out.
   */
  get changes(): string[] {
    const items = this.frames.flatMap((frame) => (frame.type === 'objects' ? frame.items : []));
    return items.filter(({ resource }) => resource !== 'services' && resource !== 'endpointslices').map(describeChange);
  }
}

function describeChange(change: NodeObjectChange): string {
  if ('deletedKey' in change) return `-${change.resource} ${change.deletedKey}`;
  return `${change.resource} ${change.object.metadata.namespace}/${change.object.metadata.name}`;
}

/** A host with 2 cpus and 4 GiB. */
export const testRegistration: NodeRegistration = {
  labels: { 'kubernetes.io/os': 'linux' },
  capacity: { cpu: '2', memory: '4Gi', pods: '110' },
  allocatable: { cpu: '2', memory: '4Gi', pods: '110' },
  addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
  nodeInfo: {
    architecture: 'amd64',
    bootID: '',
    containerRuntimeVersion: 'docker://28.0.0',
    kernelVersion: '6.1',
    kubeProxyVersion: '',
    kubeletVersion: 'v1.36.0',
    machineID: '',
    operatingSystem: 'linux',
    osImage: 'Debian',
    systemUUID: '',
  },
  conditions: [{ type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'fine' }],
  images: [],
};

/** A pod bound to a node, that may refer to a ConfigMap and a Secret. */
export function boundPod(name: string, options: { node?: string; configMap?: string; secret?: string } = {}) {
  const { configMap, secret } = options;
  const pod: NewObject<Pod> = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: options.node ?? 'node-1',
      containers: [
        {
          name: 'main',
          image: 'web:1',
          envFrom: [
            ...(configMap === undefined ? [] : [{ configMapRef: { name: configMap } }]),
            ...(secret === undefined ? [] : [{ secretRef: { name: secret } }]),
          ],
        },
      ],
    },
  };
  return pod;
}

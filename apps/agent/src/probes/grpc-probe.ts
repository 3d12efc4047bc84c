import { Client, credentials, status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import type { ProbeResult } from './run-probe.ts';

export interface GrpcProbe {
  readonly host: string;
  readonly port: number;
  readonly service: string;
  readonly timeoutMs: number;
}

const method = '/grpc.health.v1.Health/Check';
const serving = 1;
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** Asks the gRPC health checking protocol (grpc.health.v1): SERVING is a success. No TLS, as in Kubernetes. */
export async function probeGrpc(probe: GrpcProbe): Promise<ProbeResult> {
  const address = `${probe.host}:${probe.port}`;
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.primary_user_agent': 'kube-probe/1.36',
    'grpc.enable_http_proxy': 0,
  });
  try {
    const answer = await check(client, probe);
    if (answer === serving) return { type: 'success' };
    const name = statusNames[answer] ?? String(answer);
    return { type: 'failure', message: `service unhealthy (responded with "${name}")` };
  } catch (error) {
    return { type: 'failure', message: failureText(error as ServiceError, address, probe) };
  } finally {
    client.close();
  }
}

function check(client: Client, probe: GrpcProbe): Promise<number> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method,
      encodeRequest,
      decodeStatus,
      probe.service,
      { deadline: Date.now() + probe.timeoutMs },
      (error: ServiceError | null, status?: number) => (error ? reject(error) : resolve(status ?? 0)),
    );
  });
}

function failureText(error: ServiceError, address: string, probe: GrpcProbe): string {
  switch (error.code) {
    case grpcStatus.UNIMPLEMENTED:
      return `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`;
    case grpcStatus.DEADLINE_EXCEEDED:
    case grpcStatus.UNAVAILABLE: {
      const seconds = probe.timeoutMs / 1000;
      return `timeout: failed to connect service "${address}" within ${seconds}s: ${error.details}`;
    }
    default:
      return `error: health rpc probe failed: ${error.details ?? error.message}`;
  }
}

/** `HealthCheckRequest { string service = 1 }` in protobuf. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  if (name.length === 0) return Buffer.alloc(0);
  return Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
}

/** The `status` (field 1, an enum) of a `HealthCheckResponse`; the message has no other field. */
function decodeStatus(message: Buffer): number {
  return message.length >= 2 && message[0] === 0x08 ? (message[1] ?? 0) : 0;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

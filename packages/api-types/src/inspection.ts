import type { gantryApiVersion } from './simulation.ts';

/**
 * What the containers of a pod are made of: `GET /apis/gantry.io/v1/namespaces/NS/podinspections/POD`. Read by the
 * node's agent when it is asked for, and stored nowhere. Nothing in it is secret: no environment and no command lines
 * (a command may hold what `$(VAR)` took from a Secret).
 */
export interface PodInspection extends PodInspectionReport {
  readonly apiVersion: typeof gantryApiVersion;
  readonly kind: 'PodInspection';
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly nodeName: string;
}

/** What the agent tells of a pod. */
export interface PodInspectionReport {
  /** RFC 3339. */
  readonly observedAt: string;
  readonly cgroupVersion: 1 | 2;
  /** In the order of the spec; the container that holds the namespaces of a pod with several comes first. */
  readonly containers: readonly ContainerInspection[];
  /** The files of the cgroup above those of the containers; empty where the pod has none of its own. */
  readonly podFiles: readonly KernelFact[];
  /** Of the pod's start, by their beginning. */
  readonly phases: readonly StartPhase[];
  /** What could not be read, and why. */
  readonly unread: readonly UnreadPart[];
}

export interface ContainerInspection {
  /** As in the pod's spec; `POD` for the one that holds the namespaces. */
  readonly name: string;
  readonly kind: 'sandbox' | 'init' | 'sidecar' | 'regular' | 'ephemeral';
  /** The engine's. */
  readonly id: string;
  readonly state: 'created' | 'running' | 'exited';
  /** Of its first process, on the host; absent where it does not run. */
  readonly pid?: number;
  readonly namespaces: readonly NamespaceInspection[];
  /** The files of its cgroup. */
  readonly files: readonly KernelFact[];
  /** Users, capabilities, filters: lines of `/proc/PID/status` and the like. */
  readonly security: readonly KernelFact[];
  readonly processes: ProcessList;
  readonly image?: ImageInspection;
  /** What it has written on top of its image. */
  readonly writableBytes?: number;
}

export type NamespaceKind = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

export interface NamespaceInspection {
  readonly kind: NamespaceKind;
  /** What `/proc/PID/ns/KIND` links to: `net:[4026531833]`. */
  readonly link: string;
  readonly isHost: boolean;
  /** Containers, in or outside of pods, that are in it too; not listed for the host's. At most 50. */
  readonly sharedWith: readonly NamespaceSharer[];
  /** All of them. */
  readonly sharedCount: number;
}

/** A container; `pod` (`namespace/name`) is absent for one that is none of the node's. */
export interface NamespaceSharer {
  readonly pod?: string;
  readonly container: string;
}

/** One thing as the kernel has it. */
export interface KernelFact {
  /** The file that it was read from. */
  readonly path: string;
  /** `memory.max`, `CapEff`. */
  readonly name: string;
  /** As read, without the line's end; cut at 2,000 characters. */
  readonly text: string;
  /** In words, where the text does not speak for itself. */
  readonly meaning?: string;
  readonly declared?: DeclaredValue;
}

/** What the pod's YAML says of it. */
export interface DeclaredValue {
  /** Below the container or the pod: `resources.limits.cpu`. */
  readonly field: string;
  /** As written there; absent where it is not set. */
  readonly value?: string;
  /** What the file should then say. */
  readonly expected: string;
  readonly agrees: boolean;
}

export interface ProcessList {
  /** By pid, at most 200. */
  readonly items: readonly ProcessInspection[];
  readonly count: number;
}

export interface ProcessInspection {
  /** On the host. */
  readonly pid: number;
  readonly parentPid: number;
  /** In the innermost pid namespace. */
  readonly innerPid: number;
  /** The program's name, at most 15 characters; no arguments. */
  readonly command: string;
  /** As in `ps`: R, S, D, Z, T. */
  readonly state: string;
  readonly uid: number;
  readonly threads: number;
  readonly residentBytes: number;
}

export interface ImageInspection {
  /** `sha256:…` */
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** The lowest first. */
  readonly layers: readonly ImageLayer[];
}

export interface ImageLayer {
  /** The digest of the unpacked layer. */
  readonly diffId: string;
  /** Absent where the engine does not tell. */
  readonly sizeBytes?: number;
  /** The instruction that made it, without build arguments; cut at 200 characters. */
  readonly createdBy?: string;
  /** How many other images of the node lie on this very layer (and the same ones below it). */
  readonly sharedCount: number;
  /** Names of up to ten of these; a short id where one has no name. */
  readonly sharedWith: readonly string[];
}

export type StartPhaseName =
  /** From the pod's creation to its binding: in whole seconds, as Kubernetes' times are. */
  | 'scheduling'
  /** Address, cgroup, volumes. */
  | 'preparing'
  | 'pulling'
  /** Waiting for its turn: the node starts a few containers at a time. */
  | 'queueing'
  /** The engine makes the container. */
  | 'creating'
  /** The engine starts it. */
  | 'starting'
  /** The pod's network is connected, while the engine starts the program in it. */
  | 'networking'
  | 'postStart'
  /** From its start to the pod's first being ready. */
  | 'becomingReady';

/** How long one part of a pod's first start took. */
export interface StartPhase {
  readonly phase: StartPhaseName;
  /** Absent for what is done once for the pod. */
  readonly container?: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Measured by the node's agent to the millisecond, or read off the pod's whole seconds. */
  readonly source: 'agent' | 'conditions';
}

export interface UnreadPart {
  /** `namespaces of container main`. */
  readonly what: string;
  /** Why not, and what would help. */
  readonly reason: string;
}

/**
 * The images of a node and which layers they share: `GET /apis/gantry.io/v1/nodeinspections/NODE`. As
 * {@link PodInspection}, read when it is asked for.
 */
export interface NodeInspection extends NodeInspectionReport {
  readonly apiVersion: typeof gantryApiVersion;
  readonly kind: 'NodeInspection';
  readonly metadata: { readonly name: string };
}

export interface NodeInspectionReport {
  /** RFC 3339. */
  readonly observedAt: string;
  /** The largest first; at most 200. */
  readonly images: readonly NodeImageInspection[];
  readonly imageCount: number;
  /** The sizes of all listed images together, each counted whole. */
  readonly totalBytes: number;
  /** What layers in common save, as far as their sizes are known; absent where the engine tells none. */
  readonly savedBytes?: number;
  readonly unread: readonly UnreadPart[];
}

export interface NodeImageInspection extends ImageInspection {
  /** `namespace/name` of the node's pods with a container of it. */
  readonly pods: readonly string[];
}

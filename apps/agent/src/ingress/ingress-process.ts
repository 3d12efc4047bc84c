import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { IngressConfig } from '@gantry/api-types/ingress-config';
import type { Clock, Logger } from '@gantry/core';
import { backoffDelayMs } from '@gantry/core';
import type { IngressMessage, IngressReport } from './ingress-main.ts';
import type { IngressServerOptions } from './ingress-server.ts';

export interface IngressProcessOptions {
  readonly listeners: IngressServerOptions;
  /** The program that is run with the argument `ingress`. */
  readonly program: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const restartDelays = { baseMs: 500, maxMs: 30_000 };
const stopTimeoutMs = 8_000;

/** Runs the node's proxy in a process of its own, while there is an Ingress to carry out, and again when it ends. */
export class IngressProcess {
  readonly #options: IngressProcessOptions;
  #config: IngressConfig = { hosts: [], certificates: [] };
  #child: ChildProcess | undefined;
  #failures = 0;
  #cancelRestart: (() => void) | undefined;
  #isStopped = false;
  /** False once it could not listen where it was told to. */
  isListening = true;
  #lastProblems = '';

  constructor(options: IngressProcessOptions) {
    this.#options = options;
  }

  /** In place of what was wanted before. */
  setConfig(config: IngressConfig): void {
    this.#config = config;
    if (this.#child) this.#send({ type: 'config', config });
    else if (isNeeded(config) && !this.#cancelRestart) this.#start();
    if (!isNeeded(config)) this.#letGo();
  }

  /** Resolves when the process is gone; requests under way have a few seconds. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRestart?.();
    const child = this.#child;
    if (!child) return;
    const exited = once(child, 'exit');
    this.#letGo();
    const cancel = this.#options.clock.setTimer(() => child.kill('SIGKILL'), stopTimeoutMs);
    await exited;
    cancel();
  }

  #start(): void {
    if (this.#isStopped) return;
    const { program, listeners, logger } = this.#options;
    const child = fork(program, ['ingress'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child = child;
    child.on('message', (report: IngressReport) => this.#onReport(report));
    child.on('error', (err) => logger.warn({ err }, 'the ingress proxy could not be reached'));
    child.on('exit', () => this.#onExit(child));
    this.#send({ type: 'listen', options: listeners });
    this.#send({ type: 'config', config: this.#config });
  }

  #letGo(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  #send(message: IngressMessage): void {
    // A process that is ending hears nothing any more; the next one is told all.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #onReport(report: IngressReport): void {
    const { logger } = this.#options;
    switch (report.type) {
      case 'listening':
        this.#failures = 0;
        this.isListening = true;
        logger.info({ ...this.#options.listeners }, 'the ingress proxy listens');
        return;
      case 'failed':
        this.isListening = false;
        logger.error(
          { reason: report.message },
          'the ingress proxy cannot listen: choose other ports with --ingress-*',
        );
        return;
      case 'problems': {
        const text = report.problems.join('; ');
        if (text !== this.#lastProblems && text !== '')
          logger.warn({ problems: text }, 'ingress certificates are left out');
        this.#lastProblems = text;
      }
    }
  }

  #onExit(child: ChildProcess): void {
    if (this.#child === child) this.#child = undefined;
    if (this.#isStopped || !isNeeded(this.#config)) return;
    const delayMs = backoffDelayMs(this.#failures, restartDelays);
    this.#failures += 1;
    this.#options.logger.warn({ delayMs }, 'the ingress proxy ended, it is started again');
    this.#cancelRestart = this.#options.clock.setTimer(() => {
      this.#cancelRestart = undefined;
      if (isNeeded(this.#config)) this.#start();
    }, delayMs);
  }
}

function isNeeded({ hosts, defaultRoute }: IngressConfig): boolean {
  return hosts.length > 0 || defaultRoute !== undefined;
}

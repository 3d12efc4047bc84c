import type { Clock, Logger } from '@gantry/core';
import { isRuntimeError, messageOf } from '../runtime/container-runtime.ts';

const retryMs = 1_000;

/**
 * What the engine answers, however long it is away: after a boot it may start later than the agent. Says once that it
 * is waited for. Rejects where it answers that it cannot.
 */
export async function whenEngineAnswers<T>(
  ask: () => Promise<T>,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isRuntimeError(error, 'unreachable', 'timeout')) throw error;
      if (tries === 0) logger.warn({ err: messageOf(error) }, 'the container engine cannot be reached, waiting for it');
    }
    await new Promise<void>((resolve) => clock.setTimer(resolve, retryMs));
  }
}

import type { Logger } from '@gantry/core';

/** A logger that says nothing, or with `GANTRY_TEST_LOG` set everything. */
export function quietLogger(): Logger {
  const print = (fields: object, message: string) => {
    if (process.env.GANTRY_TEST_LOG) console.error(message, fields);
  };
  return { debug: print, info: print, warn: print, error: print, child: () => quietLogger() };
}

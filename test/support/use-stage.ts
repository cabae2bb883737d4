import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { SandboxAddresses } from '../../sandbox/sandbox.ts';
import { openStage, type Stage } from './open-stage.ts';
import { ownSandbox } from './own-sandbox.ts';
import type { HelperOptions } from './start-helper.ts';

/** How the helper of a stage is started, and on which sandbox if not on the file's own. */
export type StageOptions = Partial<HelperOptions> & { readonly addresses?: SandboxAddresses };

/** A stage that is there while tests and their hooks run; who asked for it need not close it. */
export type StageInUse = Omit<Stage, 'close'>;

/**
 * Gives the tests of a file, or of the block that this is called in, one stage: opened before the first
 * and closed after the last, its services removed, and what the helper wrote printed for a test that
 * failed. Of options that are made from what a `beforeAll` further up has started, give the function that
 * makes them; what is closed by an `afterAll` further up outlives the stage.
 */
export const useStage = (
  options: StageOptions | (() => StageOptions | Promise<StageOptions>) = {},
): StageInUse => {
  let stage: Stage | undefined;
  const opened = (): Stage => {
    if (stage === undefined) throw new Error('the stage is not open yet');
    return stage;
  };
  beforeAll(async () => {
    const { addresses, ...helper } = typeof options === 'function' ? await options() : options;
    stage = await openStage(addresses ?? ownSandbox(), helper);
  });
  beforeEach(({ onTestFailed }) => {
    onTestFailed(() => opened().tell());
  });
  afterAll(async () => {
    if (stage === undefined) return;
    try {
      // The next file with this sandbox begins with none.
      for (const { services } of stage.sandbox.engines) await services.removeAll();
    } finally {
      await stage.close();
    }
  });
  return {
    get sandbox() {
      return opened().sandbox;
    },
    get services() {
      return opened().services;
    },
    get helper() {
      return opened().helper;
    },
    get folder() {
      return opened().folder;
    },
    tell: (about) => opened().tell(about),
    restart: () => opened().restart(),
  };
};

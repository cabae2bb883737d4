import type { RunRequest } from '../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../src/core/contract/views.ts';

/** The input of the run form. */
export type RunForm = {
  readonly cluster: string;
  /** Globs, separated by spaces or commas. */
  readonly services: string;
  readonly stacks: string;
  readonly images: string;
  readonly pin: boolean;
};

export const BLANK_RUN: RunForm = { cluster: '', services: '', stacks: '', images: '', pin: false };

const globs = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

export const toRunRequest = (form: RunForm, dryRun: boolean): RunRequest => ({
  cluster: form.cluster === '' ? null : form.cluster,
  services: globs(form.services),
  stacks: globs(form.stacks),
  images: globs(form.images),
  dryRun,
  pin: form.pin,
});

/** The maximum number of names in one run. */
const MOST_NAMES = 100;

/** Runs that deploy exactly these services: one per cluster, or more if there are too many. */
export const runsFor = (
  services: readonly Pick<ServiceView, 'cluster' | 'name'>[],
  pin: boolean,
): readonly RunRequest[] =>
  [...Map.groupBy(services, ({ cluster }) => cluster)].flatMap(([cluster, inside]) => {
    const names = inside.map(({ name }) => name);
    const parts = Math.ceil(names.length / MOST_NAMES);
    return Array.from({ length: parts }, (_, part) => ({
      cluster,
      services: names.slice(part * MOST_NAMES, (part + 1) * MOST_NAMES),
      stacks: [],
      images: [],
      dryRun: false,
      pin,
    }));
  });

import type { Behaviour } from './program.ts';

/** A version of the sample image. Versions that differ in any field have different digests. */
export type Sample = {
  /** The value of the label `org.opencontainers.image.version`. */
  readonly version: string;
  readonly behaviour: Behaviour;
  /** `failing` and `passing` have a health check that runs every second; `none` has none. */
  readonly health: 'none' | 'passing' | 'failing';
  /**
   * Exit code after SIGTERM. An engine reports `unhealthy container` only if the exit code of the container is not 0.
   * With 0, the task is `complete`, without an error.
   */
  readonly stopExitCode: number;
  readonly form: 'docker' | 'oci';
  /** An index holds one manifest for amd64, one for arm64 and, as buildx does, an attestation of each. */
  readonly shape: 'manifest' | 'index';
  /** Built only for another architecture than this machine's: what an Apple laptop pushes for amd64 nodes. */
  readonly isForeign: boolean;
};

type Form = Partial<Pick<Sample, 'form' | 'shape'>>;

const sample = (version: string, differing: Partial<Sample>): Sample => ({
  version,
  behaviour: { kind: 'runs' },
  health: 'none',
  stopExitCode: 0,
  form: 'docker',
  shape: 'manifest',
  isForeign: false,
  ...differing,
});

/** Runs until it is stopped. */
export const good = (version: string, form: Form = {}): Sample => sample(version, form);

/** Exits after `afterMs` (default: one second) with `code` (default: 3). */
export const crashing = (
  version: string,
  options: Form & { readonly afterMs?: number; readonly code?: number } = {},
): Sample => {
  const { afterMs = 1000, code = 3, ...form } = options;
  return sample(version, { ...form, behaviour: { kind: 'exits', code, afterMs } });
};

/** Needs more memory than a limit of 16 MiB allows. */
export const hungry = (version: string): Sample =>
  sample(version, { behaviour: { kind: 'eats', mebibytes: 256 } });

/** Runs with a health check that passes. */
export const healthy = (version: string, form: Form = {}): Sample =>
  sample(version, { ...form, health: 'passing' });

/** Runs with a health check that fails: unhealthy after two seconds. */
export const unhealthy = (
  version: string,
  options: Form & { readonly stopExitCode?: number } = {},
): Sample => sample(version, { stopExitCode: 143, ...options, health: 'failing' });

/** Runs, published for two platforms. */
export const multiPlatform = (version: string, form: Pick<Form, 'form'> = {}): Sample =>
  sample(version, { form: 'oci', ...form, shape: 'index' });

/** Runs on other machines, but not on this one. */
export const foreign = (version: string, shape: Sample['shape']): Sample =>
  sample(version, { form: 'oci', shape, isForeign: true });

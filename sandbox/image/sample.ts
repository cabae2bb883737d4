import type { Behaviour } from './program.ts';

/** A version of the sample image; two that differ in anything have different digests. */
export type Sample = {
  /** Becomes the label `org.opencontainers.image.version`. */
  readonly version: string;
  readonly behaviour: Behaviour;
  /** `failing` and `passing` carry a health check that runs every second; `none` has none. */
  readonly health: 'none' | 'passing' | 'failing';
  /**
   * With what it ends on SIGTERM. An engine tells `unhealthy container` only of a container that
   * ended with anything but 0; one that ended with 0 is `complete`, without an error.
   */
  readonly stopExitCode: number;
  readonly form: 'docker' | 'oci';
  /** An index holds one manifest for amd64, one for arm64 and, as buildx makes it, an attestation of each. */
  readonly shape: 'manifest' | 'index';
  /** Built for a machine that this one is not, and for no other: what an Apple laptop pushes for amd64 nodes. */
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

/** Exits with `code`, by default 3, after `afterMs`, by default one second. */
export const crashing = (
  version: string,
  options: Form & { readonly afterMs?: number; readonly code?: number } = {},
): Sample => {
  const { afterMs = 1000, code = 3, ...form } = options;
  return sample(version, { ...form, behaviour: { kind: 'exits', code, afterMs } });
};

/** Needs more memory than a service with a limit of 16 MiB may have. */
export const hungry = (version: string): Sample =>
  sample(version, { behaviour: { kind: 'eats', mebibytes: 256 } });

/** Runs, with a health check that passes. */
export const healthy = (version: string, form: Form = {}): Sample =>
  sample(version, { ...form, health: 'passing' });

/** Runs, with a health check that fails: unhealthy after two seconds. */
export const unhealthy = (
  version: string,
  options: Form & { readonly stopExitCode?: number } = {},
): Sample => sample(version, { stopExitCode: 143, ...options, health: 'failing' });

/** Runs, published for two platforms. */
export const multiPlatform = (version: string, form: Pick<Form, 'form'> = {}): Sample =>
  sample(version, { form: 'oci', ...form, shape: 'index' });

/** Would run, on other machines than this one. */
export const foreign = (version: string, shape: Sample['shape']): Sample =>
  sample(version, { form: 'oci', shape, isForeign: true });

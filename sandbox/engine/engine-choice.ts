/** Engines that the sandbox can run: each one is the `docker.io` package of a Debian release. */
export const ENGINE_RELEASES = {
  '20.10': 'bookworm',
  '26.1': 'trixie',
  '28.5': 'sid',
} as const;

export type EngineVersion = keyof typeof ENGINE_RELEASES;

export const ENGINE_VERSIONS = Object.keys(ENGINE_RELEASES) as readonly EngineVersion[];

/** Where an engine keeps its images: in its graph driver, or in containerd (the default of engine 29). */
export type ImageStore = 'graph-driver' | 'containerd';

export type EngineChoice = {
  /** Null means the version of the machine's own Debian. */
  readonly version: EngineVersion | null;
  readonly imageStore: ImageStore;
};

const isVersion = (text: string): text is EngineVersion => text in ENGINE_RELEASES;

/**
 * The engine that `CD_HELPER_SANDBOX_ENGINE` and `CD_HELPER_SANDBOX_IMAGE_STORE` choose. Throws if it does not exist.
 */
export const engineChoice = (
  env: Readonly<Record<string, string | undefined>> = process.env,
): EngineChoice => {
  const version = env['CD_HELPER_SANDBOX_ENGINE'] || null;
  const imageStore = env['CD_HELPER_SANDBOX_IMAGE_STORE'] || 'graph-driver';
  if (version !== null && !isVersion(version)) {
    const known = ENGINE_VERSIONS.join(', ');
    throw new Error(`CD_HELPER_SANDBOX_ENGINE is "${version}": choose one of ${known}`);
  }
  if (imageStore !== 'graph-driver' && imageStore !== 'containerd') {
    const known = 'graph-driver, containerd';
    throw new Error(`CD_HELPER_SANDBOX_IMAGE_STORE is "${imageStore}": choose one of ${known}`);
  }
  if (version === '20.10' && imageStore === 'containerd') {
    throw new Error('engine 20.10 cannot keep images in containerd: choose a newer one');
  }
  return { version, imageStore };
};

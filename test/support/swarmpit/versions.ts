/** Versions of Swarmpit that differ in ways that matter to the helper. `master` is not in a release yet. */
export const SWARMPIT_VERSIONS = ['1.7', '1.9', '1.10', 'master'] as const;
export type SwarmpitVersion = (typeof SWARMPIT_VERSIONS)[number];

export type SwarmpitTraits = {
  /** The version in `GET /version`. */
  readonly shown: string;
  /** Asks a registry for the manifest list first. 1.7 and 1.8 ask only for one platform's manifest. */
  readonly asksForList: boolean;
  /** Deploys `name:tag` if it finds no digest. Releases send `name:tag@`, which Docker refuses. */
  readonly deploysUnpinned: boolean;
  /** Has read-only users. Earlier versions let every signed-in user post. */
  readonly hasViewers: boolean;
  readonly showsStatistics: boolean;
  readonly showsInstanceName: boolean;
};

export const SWARMPIT_TRAITS: Readonly<Record<SwarmpitVersion, SwarmpitTraits>> = {
  '1.7': {
    shown: '1.7',
    asksForList: false,
    deploysUnpinned: false,
    hasViewers: false,
    showsStatistics: false,
    showsInstanceName: false,
  },
  '1.9': {
    shown: '1.9',
    asksForList: true,
    deploysUnpinned: false,
    hasViewers: false,
    showsStatistics: true,
    showsInstanceName: false,
  },
  '1.10': {
    shown: '1.10',
    asksForList: true,
    deploysUnpinned: false,
    hasViewers: true,
    showsStatistics: true,
    showsInstanceName: false,
  },
  master: {
    shown: '1.11-SNAPSHOT',
    asksForList: true,
    deploysUnpinned: true,
    hasViewers: true,
    showsStatistics: true,
    showsInstanceName: true,
  },
};

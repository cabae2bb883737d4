import { canonicalHost } from '../../../core/image/image-reference.ts';
import type { Secret } from '../../../core/secret.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { isLoopbackHostname } from './forbidden-address.ts';

/** PEM texts for a TLS connection. */
export type RegistryTls = {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
  /** Accepts any certificate. */
  readonly skipVerify?: boolean;
};

/** The operator's settings for one registry. Missing ones have defaults. */
export type RegistryHost = {
  /** As in image names, with the port: `docker.io`, `registry.local:5000`. */
  readonly host: string;
  /** HTTPS with any certificate, and HTTP if nothing there speaks TLS. */
  readonly insecure?: boolean;
  /** Hosts to ask first, in order. Each may have an entry of its own. */
  readonly mirrors?: readonly string[];
  readonly credentials?: { readonly username: string; readonly password: Secret } | null;
  /** Credentials for the repositories below a path: `group/project`. */
  readonly projects?: readonly ProjectSignIn[];
  readonly tls?: RegistryTls | null;
  /** Other hosts that may get the credentials, for the registry's token realm. */
  readonly signInHosts?: readonly string[];
  /** Maximum number of concurrent requests. */
  readonly concurrency?: number;
  /** What counts as new: only another image, or also an index that differs only in its metadata. */
  readonly follow?: 'platform' | 'index';
  /** The proxy for this registry; null: as the environment says. */
  readonly proxy?: 'none' | Secret | null;
  /** Limit for one request with its answer, in ms; null for the default. */
  readonly timeoutMs?: number | null;
};

export type ProjectSignIn = {
  readonly path: string;
  readonly username: string;
  readonly password: Secret;
};

export const DEFAULT_CONCURRENCY = 8;
/** Registries that wake up, or scan an image on request, take this long. */
export const ATTEMPT_MS = 15_000;
const MOST_HOSTS = 256;

const NO_TLS: RegistryTls = { ca: null, cert: null, key: null, skipVerify: false };

/** Where and how to contact a registry's own API. */
export type Endpoint = {
  /** As images and people name it. */
  readonly name: string;
  /** Host and port of its API: `registry-1.docker.io` for `docker.io`. */
  readonly authority: string;
  /** Whether it can be contacted at all: an image name may contain port 99999, or host 999.1.1.1. */
  readonly isAddress: boolean;
  /**
   * `either` is for insecure registries and those on this machine, which the Docker Engine also accepts over HTTP:
   * HTTPS first, then HTTP if nothing there speaks TLS.
   */
  readonly scheme: 'https' | 'either';
  /** The operator declared it insecure: any TLS failure leads to HTTP, until TLS has worked once. */
  readonly isInsecure: boolean;
  readonly proxy: 'none' | Secret | null;
  readonly tls: RegistryTls | null;
  /** For other ports of its host: the same without the client certificate. */
  readonly tlsBeside: RegistryTls | null;
  /** For other hosts that it sends us to: only its certificate authority. */
  readonly tlsElsewhere: RegistryTls | null;
  readonly signInHosts: readonly string[];
  readonly concurrency: number;
  /** Limit for one request with its answer, in ms. */
  readonly attemptMs: number;
  readonly credentials: { readonly username: string; readonly password: Secret } | null;
  readonly projects: readonly ProjectSignIn[];
};

/** The TLS settings for an address that an endpoint, or its sign-in, leads to. */
export const tlsAt = (
  endpoint: Endpoint,
  place: Readonly<Pick<URL, 'host' | 'hostname'>>,
): RegistryTls | null => {
  if (place.host === endpoint.authority) return endpoint.tls;
  const isBeside = place.hostname === new URL(`https://${endpoint.authority}`).hostname;
  return isBeside ? endpoint.tlsBeside : endpoint.tlsElsewhere;
};

/** Finds the endpoints for a host as image names spell it. */
export type Endpoints = {
  readonly of: (host: string) => Endpoint;
  /** The mirrors to ask first, in order. */
  readonly mirrorsOf: (host: string) => readonly Endpoint[];
};

export const createEndpoints = (
  hosts: readonly RegistryHost[],
  insecure: readonly string[],
  attemptMs = ATTEMPT_MS,
): Endpoints => {
  const told = new Map(hosts.map((entry) => [canonicalHost(entry.host), entry]));
  // One object per host, because connections are kept by the object that describes them.
  const described = createBoundedCache<Endpoint>({ entries: MOST_HOSTS });
  const insecureHosts = new Set(insecure.map(canonicalHost));

  const describe = (name: string): Endpoint => {
    const entry = told.get(name);
    const isInsecure = entry?.insecure === true || insecureHosts.has(name);
    const authority = name === 'docker.io' ? 'registry-1.docker.io' : name;
    const isAddress = URL.canParse(`https://${authority}`);
    const isLocal = isAddress && isLoopbackHostname(new URL(`https://${authority}`).hostname);
    const said = entry?.tls ?? null;
    const skipVerify = isInsecure || said?.skipVerify === true;
    const tls = said === null && !skipVerify ? null : { ...NO_TLS, ...said, skipVerify };
    const ca = said?.ca ?? null;
    return {
      name,
      authority,
      isAddress,
      scheme: isInsecure || (isLocal && said === null) ? 'either' : 'https',
      isInsecure,
      proxy: entry?.proxy ?? null,
      tls,
      tlsBeside: tls === null ? null : { ...tls, cert: null, key: null },
      tlsElsewhere: ca === null ? null : { ...NO_TLS, ca },
      signInHosts: entry?.signInHosts ?? [],
      concurrency: entry?.concurrency ?? DEFAULT_CONCURRENCY,
      attemptMs: entry?.timeoutMs ?? attemptMs,
      credentials: entry?.credentials ?? null,
      projects: entry?.projects ?? [],
    };
  };

  const of = (host: string): Endpoint => {
    const name = canonicalHost(host);
    const present = described.get(name);
    if (present !== undefined) return present;
    const made = describe(name);
    described.set(name, made);
    return made;
  };

  return {
    of,
    mirrorsOf: (host) => (told.get(canonicalHost(host))?.mirrors ?? []).map(of),
  };
};

import { canonicalHost } from '../../../core/image/image-reference.ts';
import type { Secret } from '../../../core/secret.ts';
import { createBoundedCache } from './bounded-cache.ts';
import { isLoopbackHostname } from './forbidden-address.ts';

/** PEM texts for a connection over TLS. */
export type RegistryTls = {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: Secret | null;
  /** Takes any certificate. */
  readonly skipVerify?: boolean;
};

/** What the operator says of one registry; what is left out has its default. */
export type RegistryHost = {
  /** As images name it, with its port: `docker.io`, `registry.local:5000`. */
  readonly host: string;
  /** Spoken to over HTTPS with whatever certificate, and over HTTP where nothing there speaks TLS. */
  readonly insecure?: boolean;
  /** Hosts asked before it, in their order; each may have an entry of its own. */
  readonly mirrors?: readonly string[];
  readonly credentials?: { readonly username: string; readonly password: Secret } | null;
  /** Credentials for the repositories below a path: `group/project`. */
  readonly projects?: readonly ProjectSignIn[];
  readonly tls?: RegistryTls | null;
  /** Hosts that may see the credentials beside the registry's own, for its token realm. */
  readonly signInHosts?: readonly string[];
  /** Requests under way at one time. */
  readonly concurrency?: number;
  /** What counts as new: an image, or also an index that only says something else about it. */
  readonly follow?: 'platform' | 'index';
  /** The proxy that it is asked through; null for what the environment says. */
  readonly proxy?: 'none' | Secret | null;
  /** How long one request may take with its answer, in ms; null for the usual time. */
  readonly timeoutMs?: number | null;
};

export type ProjectSignIn = {
  readonly path: string;
  readonly username: string;
  readonly password: Secret;
};

export const DEFAULT_CONCURRENCY = 8;
/** Registries that wake up, or scan an image when it is asked for, take that long. */
export const ATTEMPT_MS = 15_000;
const MOST_HOSTS = 256;

const NO_TLS: RegistryTls = { ca: null, cert: null, key: null, skipVerify: false };

/** Where and how a registry's own API is asked. */
export type Endpoint = {
  /** As images and people name it. */
  readonly name: string;
  /** Host and port of its API: `registry-1.docker.io` for `docker.io`. */
  readonly authority: string;
  /** Whether it can be asked at all: an image's name may carry port 99999, or host 999.1.1.1. */
  readonly isAddress: boolean;
  /**
   * `either` is for insecure registries and those on this machine, which the Docker Engine takes over HTTP
   * too: HTTPS is tried, and HTTP where nothing there speaks TLS.
   */
  readonly scheme: 'https' | 'either';
  /** Said of it by the operator: any failure to speak TLS leads to HTTP, until TLS was once spoken. */
  readonly isInsecure: boolean;
  readonly proxy: 'none' | Secret | null;
  readonly tls: RegistryTls | null;
  /** For the other ports of its host: the same without the client's certificate. */
  readonly tlsBeside: RegistryTls | null;
  /** For other hosts that it sends us to: its authority, and nothing else of it. */
  readonly tlsElsewhere: RegistryTls | null;
  readonly signInHosts: readonly string[];
  readonly concurrency: number;
  /** One request and its answer, in ms. */
  readonly attemptMs: number;
  readonly credentials: { readonly username: string; readonly password: Secret } | null;
  readonly projects: readonly ProjectSignIn[];
};

/** How to speak TLS with a place that an endpoint, or a sign-in of it, leads to. */
export const tlsAt = (
  endpoint: Endpoint,
  place: Readonly<Pick<URL, 'host' | 'hostname'>>,
): RegistryTls | null => {
  if (place.host === endpoint.authority) return endpoint.tls;
  const isBeside = place.hostname === new URL(`https://${endpoint.authority}`).hostname;
  return isBeside ? endpoint.tlsBeside : endpoint.tlsElsewhere;
};

/** Tells, for a host as images name it, whom to ask. */
export type Endpoints = {
  readonly of: (host: string) => Endpoint;
  /** Asked before it, in their order. */
  readonly mirrorsOf: (host: string) => readonly Endpoint[];
};

export const createEndpoints = (
  hosts: readonly RegistryHost[],
  insecure: readonly string[],
  attemptMs = ATTEMPT_MS,
): Endpoints => {
  const told = new Map(hosts.map((entry) => [canonicalHost(entry.host), entry]));
  // One object a host, for connections are kept by what describes them.
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

import type { FakeSignIn } from './sign-in.ts';
import type { Fault, FaultFilter } from './faults.ts';
import { type FakeRegistry, type FakeRegistryOptions, startFakeRegistry } from './fake-registry.ts';

export const USERS = { acme: 'hunter2' } as const;
export const REPOSITORY = 'acme/app';

/** A registry behaviour that exists in practice and that `docker pull` can handle. */
export type RegistryBehaviour = {
  readonly name: string;
  readonly signIn?: FakeSignIn;
  /** Whether the client has a user name and password. */
  readonly isSignedIn?: boolean;
  readonly arrange: (registry: FakeRegistry) => void;
};

type Row = readonly [name: string, fault: (origin: string) => Fault, filter?: FaultFilter];

const status = (code: number): Fault => ({ kind: 'status', status: code });
const challenge = (text: string): Fault => ({
  kind: 'status',
  status: 401,
  headers: { 'www-authenticate': text },
});
const token: FakeSignIn = { kind: 'token', users: USERS };
const basic: FakeSignIn = { kind: 'basic', users: USERS };

const MANIFEST: FaultFilter = { kind: 'manifest' };
const HEADS: FaultFilter = { kind: 'manifest', method: 'HEAD' };
const STRANGERS: FaultFilter = { kind: 'manifest', signedIn: false };
const SCOPE = `repository:${REPOSITORY}:pull`;

const withFault = (
  [name, fault, filter]: Row,
  rest: Partial<RegistryBehaviour> = {},
): RegistryBehaviour => ({
  name,
  arrange: (registry) => void registry.fault(fault(registry.origin), filter),
  ...rest,
});

const hidden = [404, 403, 400, 401].flatMap((code) =>
  ([basic, token] as const).map((signIn) =>
    withFault(
      [`${code} to strangers, ${signIn.kind} at /v2/ only`, () => status(code), STRANGERS],
      {
        signIn,
        isSignedIn: true,
      },
    ),
  ),
);

const headless = [404, 403, 400, 405, 500, 501].map((code) =>
  withFault([`${code} to HEAD, 200 to GET`, () => status(code), HEADS]),
);

const encoded = (['gzip', 'deflate', 'br', 'zstd'] as const).map((encoding) =>
  withFault(
    [
      `a manifest in ${encoding} without a digest in its head`,
      () => ({ kind: 'encoded', encoding }),
    ],
    {
      arrange: (registry) => {
        registry.fault({ kind: 'encoded', encoding }, MANIFEST);
        registry.fault({ kind: 'without-headers', names: ['docker-content-digest'] }, MANIFEST);
      },
    },
  ),
);

const challenges = (
  [
    ['without a scope', (origin) => `Bearer realm="${origin}/token",service="fake"`],
    [
      'separated by spaces',
      (origin) => `Bearer realm="${origin}/token" service="fake" scope="${SCOPE}"`,
    ],
    [
      'separated by commas and spaces',
      (origin) => `Bearer realm="${origin}/token" , service="fake" ,scope="${SCOPE}"`,
    ],
    ['in capitals', (origin) => `BEARER REALM="${origin}/token",SERVICE="fake",SCOPE="${SCOPE}"`],
    [
      'with one that nobody knows before it',
      (origin) => `Negotiate, Bearer realm="${origin}/token",service="fake",scope="${SCOPE}"`,
    ],
  ] satisfies [string, (origin: string) => string][]
).map(([name, text]) =>
  withFault([`a challenge ${name}`, (origin) => challenge(text(origin)), STRANGERS], {
    signIn: token,
    isSignedIn: true,
  }),
);

const tokenAnswers = [
  ['access_token: null', '{"token":"%","access_token":null}'],
  ['token: null', '{"token":null,"access_token":"%"}'],
  ['expires_in: null', '{"token":"%","expires_in":null,"issued_at":null}'],
] as const;

/** The helper must resolve each of these if the engine does. */
export const REGISTRY_BEHAVIOURS: readonly RegistryBehaviour[] = [
  { name: 'as it should', arrange: () => {} },
  { name: 'basic', signIn: basic, isSignedIn: true, arrange: () => {} },
  { name: 'token', signIn: token, isSignedIn: true, arrange: () => {} },
  { name: 'anonymous token', signIn: { ...token, anonymous: true }, arrange: () => {} },
  ...hidden,
  ...headless,
  ...encoded,
  ...challenges,
  ...tokenAnswers.map(
    ([name, body]): RegistryBehaviour => ({
      name: `a token answer with ${name}`,
      signIn: basic,
      isSignedIn: true,
      arrange: (registry) => {
        registry.fault(
          challenge(`Bearer realm="${registry.origin}/token",scope="${SCOPE}"`),
          STRANGERS,
        );
        registry.fault({ kind: 'content', body: body.replace('%', 'opaque') }, { kind: 'token' });
        registry.allowToken('opaque');
      },
    }),
  ),
  {
    name: 'a token server that answers 307 on the same host',
    signIn: token,
    isSignedIn: true,
    arrange: (registry) => {
      registry.fault(
        { kind: 'redirect', to: '/token?moved=1', keepsQuery: true },
        { kind: 'token', times: 1 },
      );
    },
  },
  withFault([
    'a digest with a space behind it',
    () => ({ kind: 'bend-digest', bend: (digest) => `${digest} ` }),
    MANIFEST,
  ]),
  withFault([
    'a digest told twice',
    () => ({ kind: 'bend-digest', bend: (digest) => [digest, digest] }),
    MANIFEST,
  ]),
];

export const startBehaving = async (
  behaviour: RegistryBehaviour,
  options: FakeRegistryOptions = {},
): Promise<FakeRegistry> => {
  const { signIn } = behaviour;
  const registry = await startFakeRegistry(signIn === undefined ? options : { ...options, signIn });
  registry.setTag(REPOSITORY, 'v1', behaviour.name);
  behaviour.arrange(registry);
  return registry;
};

import { clearNewerFields } from '../proxies/api-version-proxy.ts';

/** Other objects in the Swarm that a spec refers to. */
export type SpecRefs = {
  readonly image: string;
  /** The name of its secret, its config and its network. */
  readonly name: string;
  readonly secretId: string;
  readonly configId: string;
};

type Mode = 'replicated' | 'global' | 'replicated-job' | 'global-job';

const MODES: Readonly<Record<Mode, object>> = {
  replicated: { Replicated: { Replicas: 0 } },
  global: { Global: {} },
  'replicated-job': { ReplicatedJob: { MaxConcurrent: 0, TotalCompletions: 0 } },
  'global-job': { GlobalJob: {} },
};

/** An integer with more digits than a number can hold, as JSON text without rounding. */
const exact = (digits: string): unknown =>
  (JSON as unknown as { rawJSON: (text: string) => unknown }).rawJSON(digits);

const container = ({ image, name, secretId, configId }: SpecRefs) => ({
  Image: image,
  Labels: { empty: '', some: '1' },
  Command: ['/sample'],
  Args: ['an argument', ''],
  Hostname: 'host-{{.Task.Slot}}',
  Env: ['B=2', 'A=1', 'EMPTY=', 'NO_VALUE', 'A=3'],
  Dir: '/',
  User: '0',
  Groups: ['1', '2'],
  TTY: false,
  OpenStdin: true,
  ReadOnly: true,
  StopSignal: 'SIGTERM',
  StopGracePeriod: 0,
  Init: false,
  Isolation: 'default',
  Hosts: ['192.0.2.1 one', '::1 two'],
  DNSConfig: { Nameservers: ['192.0.2.53'], Search: ['b', 'a'], Options: ['ndots:2'] },
  Sysctls: { 'net.ipv4.ip_forward': '1' },
  CapabilityAdd: ['CAP_SYS_TIME', 'CAP_NET_ADMIN'],
  CapabilityDrop: ['CAP_CHOWN'],
  Ulimits: [
    { Name: 'nofile', Soft: 10, Hard: exact('9223372036854775807') },
    { Name: 'core', Soft: 0, Hard: 0 },
  ],
  Healthcheck: {
    Test: ['NONE'],
    Interval: 0,
    Timeout: 1_000_000_000,
    Retries: 0,
    StartPeriod: 0,
    StartInterval: 1_000_000_000,
  },
  Mounts: [
    {
      Type: 'tmpfs',
      Target: '/t',
      TmpfsOptions: { SizeBytes: 1_000_000, Mode: 511, Options: [['exec'], ['nosuid']] },
    },
    {
      Type: 'volume',
      Source: 'data',
      Target: '/v',
      VolumeOptions: { NoCopy: true, Labels: { empty: '' }, DriverConfig: { Name: 'local' } },
    },
    {
      Type: 'bind',
      Source: '/tmp',
      Target: '/b',
      ReadOnly: true,
      BindOptions: { Propagation: 'rprivate', NonRecursive: true },
    },
  ],
  Privileges: {
    CredentialSpec: null,
    SELinuxContext: { Disable: true },
    Seccomp: { Mode: 'unconfined' },
    AppArmor: { Mode: 'disabled' },
    NoNewPrivileges: true,
  },
  OomScoreAdj: 10,
  Secrets: ['b', 'a'].map((Name) => ({
    SecretID: secretId,
    SecretName: name,
    File: { Name, UID: '0', GID: '0', Mode: 292 },
  })),
  Configs: [
    {
      ConfigID: configId,
      ConfigName: name,
      File: { Name: '/config', UID: '0', GID: '0', Mode: 292 },
    },
  ],
});

/** A spec with every field that engines up to `apiVersion` keep, including zero, empty and very large values. */
export const wholeSpec = (
  name: string,
  mode: Mode,
  refs: SpecRefs,
  apiVersion: string,
): Readonly<Record<string, unknown>> => {
  const isJob = mode.endsWith('job');
  const spec = {
    Name: name,
    Labels: { empty: '', some: 'x' },
    TaskTemplate: {
      ContainerSpec: container(refs),
      Resources: {
        Limits: { NanoCPUs: 500_000_000, MemoryBytes: exact('9007199254740993'), Pids: 100 },
        Reservations: { NanoCPUs: 0, MemoryBytes: 10_000_000 },
        SwapBytes: -1,
        MemorySwappiness: 0,
      },
      RestartPolicy: {
        Condition: isJob ? 'none' : 'any',
        Delay: 0,
        MaxAttempts: isJob ? 0 : exact('18446744073709551615'),
        Window: 0,
      },
      Placement: {
        Constraints: ['node.role==manager'],
        Preferences: [{ Spread: { SpreadDescriptor: 'node.labels.zone' } }],
        Platforms: [
          { Architecture: 'amd64', OS: 'linux' },
          { Architecture: '', OS: 'linux' },
        ],
      },
      LogDriver: { Name: 'json-file', Options: { 'max-size': '10m' } },
      ForceUpdate: 0,
      Runtime: 'container',
      Networks: [{ Target: refs.name, Aliases: ['b', 'a'] }],
    },
    Mode: MODES[mode],
    EndpointSpec: {
      Mode: 'dnsrr',
      Ports: [
        { Protocol: 'udp', TargetPort: 53, PublishMode: 'host' },
        { Name: 'web', Protocol: 'tcp', TargetPort: 80, PublishedPort: 8080, PublishMode: 'host' },
      ],
    },
    ...(isJob ? {} : { UpdateConfig, RollbackConfig }),
  };
  clearNewerFields(spec, apiVersion);
  return spec;
};

const UpdateConfig = {
  Parallelism: 0,
  Delay: 0,
  FailureAction: 'pause',
  Monitor: 0,
  MaxFailureRatio: 0.1,
  Order: 'start-first',
};
const RollbackConfig = {
  Parallelism: exact('18446744073709551615'),
  MaxFailureRatio: 0.3333333,
  Order: 'stop-first',
};

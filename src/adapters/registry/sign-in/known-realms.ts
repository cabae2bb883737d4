/** A registry's host, and the host of the token server that it is known to use. */
type Pair = {
  readonly registry: RegExp;
  readonly realm: (match: RegExpExecArray) => readonly RegExp[];
};

const REGION = String.raw`[a-z]{2}(?:-[a-z0-9]+)+`;
const quote = (text: string): string => text.replaceAll('.', String.raw`\.`);
const exactly = (text: string): RegExp => new RegExp(`^${quote(text)}$`);

const PAIRS: readonly Pair[] = [
  { registry: exactly('docker.io'), realm: () => [exactly('auth.docker.io')] },
  { registry: exactly('dhi.io'), realm: () => [exactly('auth.docker.io')] },
  {
    registry: exactly('registry.digitalocean.com'),
    realm: () => [exactly('api.digitalocean.com')],
  },
  // Scaleway: one registry per region, one token server for all.
  { registry: /^rg\.[a-z]{2}-[a-z]{3}\.scw\.cloud$/, realm: () => [exactly('api.scaleway.com')] },
  // Alibaba: personal and enterprise instances, each with its region's token server.
  {
    registry: new RegExp(
      String.raw`^(?:registry(?:-intl)?(?:-vpc)?\.(?<own>${REGION})|[a-z0-9-]+-registry(?:-vpc)?\.(?<instance>${REGION})\.cr)\.aliyuncs\.com$`,
    ),
    realm: ({ groups }) => {
      const region = groups?.['own'] ?? groups?.['instance'] ?? '';
      return [new RegExp(String.raw`^dockerauth(?:-[a-z]+)?\.${region}\.aliyuncs\.com$`)];
    },
  },
  // Self-hosted GitLab: `registry.example.com` next to `gitlab.example.com`.
  {
    registry: /^registry\.(?<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/,
    realm: ({ groups }) => [exactly(`gitlab.${groups?.['domain'] ?? ''}`)],
  },
];

/** Whether a registry is known to sign in at this token server, both by host name. */
export const isKnownRealm = (registry: string, realm: string): boolean =>
  PAIRS.some((pair) => {
    const match = pair.registry.exec(registry);
    return match !== null && pair.realm(match).some((pattern) => pattern.test(realm));
  });

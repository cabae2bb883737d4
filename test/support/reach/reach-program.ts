import { createServer, type Server } from 'node:http';
import { createTestRegistries, imageNamed, unbounded } from '../fake-registry/client.ts';

/**
 * Runs in a separate network in which these addresses belong to this machine: a malicious registry, and a Docker API in
 * a private network. For each trick, prints the result of the lookup, how often the private address was contacted, and
 * whether any of its data reached the registry.
 */
const PUBLIC = '203.0.113.10';
const PRIVATE = '10.66.0.2';
const METADATA = '169.254.169.254';
const STOLEN = 'stolen-from-the-private-network';

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve) => server.listen(port, host, resolve));

let asked = 0;
const shelf = createServer((_request, response) => {
  asked += 1;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ token: STOLEN }));
});
const servers: Server[] = [];
for (const host of [PRIVATE, '10.66.0.3', METADATA]) {
  const server = createServer(shelf.listeners('request')[0] as never);
  await listen(server, host, 2375);
  servers.push(server);
}

type Trick = { readonly realm?: string; readonly redirect?: string };
type Told = { readonly kind: string; readonly asked: number; readonly stolen: boolean };

const attempt = async (
  home: string,
  trick: Trick,
  signInHosts: readonly string[] = [],
): Promise<Told> => {
  asked = 0;
  let stolen = false;
  const registry = createServer((request, response) => {
    if (request.headers.authorization?.includes(STOLEN) === true) stolen = true;
    if (trick.redirect !== undefined) response.writeHead(307, { location: trick.redirect }).end();
    else {
      const challenge = `Bearer realm="${trick.realm ?? ''}",service="x",scope="repository:acme/app:pull"`;
      response.writeHead(401, { 'www-authenticate': challenge }).end();
    }
  });
  await listen(registry, home, 5000);
  await using client = createTestRegistries({
    hosts: [{ host: `${home}:5000`, insecure: true, signInHosts }],
    limits: { attemptMs: 1_000, lookupMs: 3_000, retryPauseMs: 10, tries: 1 },
  });
  const { kind } = await client.findDigest(imageNamed(`${home}:5000/acme/app:v1`), unbounded());
  registry.closeAllConnections();
  registry.close();
  return { kind, asked, stolen };
};

const containers = '/v1.45/containers/json?all=1';
const told = {
  'a token realm in a private network': await attempt(PUBLIC, {
    realm: `http://${PRIVATE}:2375${containers}`,
  }),
  'the same as a number': await attempt(PUBLIC, {
    realm: `http://${(10 << 24) + (66 << 16) + 2}:2375${containers}`,
  }),
  'the same as IPv6': await attempt(PUBLIC, {
    realm: `http://[::ffff:${PRIVATE}]:2375${containers}`,
  }),
  'a redirect into a private network': await attempt(PUBLIC, {
    redirect: `http://${PRIVATE}:2375${containers}`,
  }),
  'a token realm at the metadata of a cloud': await attempt(PUBLIC, {
    realm: `http://${METADATA}:2375/latest`,
  }),
  'a redirect to the metadata of a cloud': await attempt(PUBLIC, {
    redirect: `http://${METADATA}:2375/latest`,
  }),
  'metadata, for a registry in a private network': await attempt(PRIVATE, {
    realm: `http://${METADATA}:2375/latest`,
  }),
  'a realm beside a registry in the private network': await attempt(PRIVATE, {
    realm: `http://10.66.0.3:2375/token`,
  }),
  'a realm in a private network that the configuration names': await attempt(
    PUBLIC,
    { realm: `http://${PRIVATE}:2375/token` },
    [`${PRIVATE}:2375`],
  ),
};
process.stdout.write(`${JSON.stringify(told)}\n`);
process.exit(0);

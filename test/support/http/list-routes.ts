import type { FastifyInstance } from 'fastify';

export type ListedRoute = { readonly method: string; readonly path: string };

const REFUSED_ELSEWHERE: readonly string[] = ['HEAD', 'OPTIONS'];

/** Every route of a server, including those hidden from its description and methods that are only refused (405). */
export const listRoutes = (server: FastifyInstance): readonly ListedRoute[] => {
  const routes: ListedRoute[] = [];
  const folders: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^(?<indent>[│ ]*)[├└]── (?<part>.*?)(?: \((?<methods>[A-Z, ]+)\))?$/.exec(line);
    const { indent = '', part = '', methods } = match?.groups ?? {};
    if (match === null) continue;
    const depth = indent.length / 4;
    folders.length = depth;
    folders.push(part);
    if (methods === undefined) continue;
    const path = folders.join('');
    for (const method of methods.split(', ')) {
      if (!REFUSED_ELSEWHERE.includes(method)) routes.push({ method, path });
    }
  }
  return routes;
};

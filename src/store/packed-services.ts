import { isDeepStrictEqual } from 'node:util';
import type { ServiceView } from '../core/views.ts';

/** What services of one image mostly have in common. */
type Shared = Omit<ServiceView, 'id' | 'name' | 'stack' | 'replicas' | 'updatedAt' | 'deployment'>;

/** The place of what it shares, and what is its own. */
type Packed = readonly [
  shared: number,
  id: string,
  name: string,
  stack: string | null,
  replicas: ServiceView['replicas'],
  updatedAt: string,
  deployment: string | null,
];

type Pack = { readonly shared: readonly Shared[]; readonly services: readonly Packed[] };

const isShared = (one: Shared, other: Shared): boolean =>
  one.image === other.image &&
  one.running === other.running &&
  one.published === other.published &&
  one.verdict === other.verdict &&
  one.reason === other.reason &&
  one.detail === other.detail &&
  one.mode === other.mode &&
  one.cluster === other.cluster &&
  one.checkedAt === other.checkedAt &&
  (one.build === other.build || isDeepStrictEqual(one.build, other.build));

const sharedOf = (view: ServiceView): Shared => {
  const { id: _id, name: _name, stack: _stack, ...rest } = view;
  const { replicas: _replicas, updatedAt: _updatedAt, deployment: _deployment, ...shared } = rest;
  return shared;
};

/**
 * Services as the store keeps them where they are many: a fifth of their JSON, because most of it is the same for
 * all services of an image. Nothing is lost: see {@link unpackServices}.
 */
export const packServices = (services: readonly ServiceView[]): string => {
  const shared: Shared[] = [];
  /** By image, what the last service of it shares, and its place. */
  const last = new Map<string, { readonly view: Shared; readonly at: number }>();
  const packed = services.map((view): Packed => {
    let found = last.get(view.image);
    if (found === undefined || !isShared(found.view, view)) {
      found = { view, at: shared.push(sharedOf(view)) - 1 };
      last.set(view.image, found);
    }
    const { id, name, stack, replicas, updatedAt, deployment } = view;
    return [found.at, id, name, stack, replicas, updatedAt, deployment];
  });
  return JSON.stringify({ shared, services: packed } satisfies Pack);
};

export const unpackServices = (text: string): readonly ServiceView[] => {
  const { shared, services } = JSON.parse(text) as Pack;
  return services.flatMap(([at, id, name, stack, replicas, updatedAt, deployment]) => {
    const rest = shared[at];
    if (rest === undefined) return [];
    const { cluster, image, running, published, checkedAt, verdict, reason, mode, build } = rest;
    return [
      {
        cluster,
        id,
        name,
        stack,
        image,
        running,
        published,
        checkedAt,
        verdict,
        reason,
        ...(rest.detail === undefined ? {} : { detail: rest.detail }),
        mode,
        replicas,
        updatedAt,
        deployment,
        build,
      },
    ];
  });
};

import { crashing, good } from '../../../sandbox/image/sample.ts';
import type { ServiceRequest } from '../../../sandbox/swarm/service-spec.ts';
import { endedDeployments } from '../stage/open-stage.ts';
import type { StageInUse } from '../stage/use-stage.ts';
import { dockerHubPush } from '../program/start-helper.ts';

const TAG = 'stable';

/** The services of a small company after their deployments: ids of everything that has a page in the dashboard. */
export type Shop = {
  readonly names: readonly string[];
  /** The failed deployment, with its log. */
  readonly failed: string;
  readonly dryRun: string;
  readonly delivery: string;
};

const inStack = (stack: string): Pick<ServiceRequest, 'labels'> => ({
  labels: { 'com.docker.stack.namespace': stack },
});

/**
 * Deploys services of three stacks and creates their history: one was updated by a push, one crashed and was reverted,
 * two are obsolete, and there is one with each other verdict that is possible.
 */
export const deployShop = async ({ sandbox, services, helper }: StageInUse): Promise<Shop> => {
  const { pushImage, image } = sandbox;
  const at = async (repository: string, version: string): Promise<string> =>
    image(repository, TAG, (await pushImage(repository, TAG, good(version))).digest);
  const push = async (repository: string, sample: Parameters<typeof pushImage>[2]) => {
    const { digest } = await pushImage(repository, TAG, sample);
    const answer = await helper.postHook({ image: image(repository, TAG), digest });
    return ((await answer.json()) as { delivery: string }).delivery;
  };
  const requests: ServiceRequest[] = [
    { name: 'shop_web', image: await at('shop/web', '2.4.1'), replicas: 3, ...inStack('shop') },
    {
      name: 'shop_api',
      image: await at('shop/api', '5.0.1'),
      replicas: 2,
      failureAction: 'rollback',
      ...inStack('shop'),
    },
    { name: 'shop_worker', image: await at('shop/worker', '1.19.0'), ...inStack('shop') },
    { name: 'shop_search', image: await at('shop/search', '0.8.3'), ...inStack('shop') },
    { name: 'blog_web', image: await at('blog/web', '3.1.0'), replicas: 2, ...inStack('blog') },
    {
      name: 'blog_cache',
      image: await at('blog/cache', '7.2.4'),
      labels: { ...inStack('blog').labels, 'cd-helper.enabled': 'false' },
    },
    { name: 'mail', image: (await at('office/mail', '1.0.0')).replace(/@.*$/, '') },
    { name: 'vault', image: (await at('office/vault', '12.6')).replace(`:${TAG}@`, '@') },
  ];
  await services.deploy(...requests);

  const delivery = await push('shop/web', good('2.5.0'));
  await push('shop/api', good('5.0.2'));
  await push('shop/worker', good('1.19.1'));
  await push('shop/search', good('0.8.4'));
  await push('blog/web', good('3.1.1'));
  await helper.postHook(dockerHubPush('shop/landing', 'latest'));
  await endedDeployments(helper, 'shop_api');
  await push('shop/api', crashing('5.1.0', { afterMs: 300, code: 1 }));
  const [, failed] = await endedDeployments(helper, 'shop_api', 2);
  for (const name of ['shop_web', 'shop_worker', 'shop_search', 'blog_web']) {
    await endedDeployments(helper, name);
  }

  await pushImage('shop/worker', TAG, good('1.20.0'));
  await pushImage('blog/web', TAG, good('3.2.0'));
  await pushImage('shop/search', TAG, good('0.9.0'));
  const reason = 'the index is being rebuilt';
  await helper.post('/freezes', { cluster: 'default', service: 'shop_search', reason });
  const run = (await (await helper.post('/smart-redeploy', { dryRun: true })).json()) as {
    id: string;
  };
  return {
    names: requests.map(({ name }) => name),
    failed: failed?.id ?? '',
    dryRun: run.id,
    delivery,
  };
};

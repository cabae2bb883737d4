/**
 * The bare script that a SmartRedeploy is compared with. It lists the services, asks the registry once for each image,
 * with limited concurrency, and counts the services that differ. Arguments: the engine's address, the registry's
 * origin, the concurrency. Runs once for each line on standard input.
 */
import { createInterface } from 'node:readline';
import { createRedeployer } from './redeployer.ts';

const [engine = '', registry = '', atOnce = '8'] = process.argv.slice(2);
const redeployer = createRedeployer(engine, registry, Number(atOnce));

const check = async (): Promise<Readonly<Record<string, unknown>>> => {
  const began = performance.now();
  const services = await redeployer.list();
  const digests = new Map<string, string>();
  const waiting = new Set<string>();
  const imageOf = (image: string): string =>
    image.slice(image.indexOf('/') + 1).split('@')[0] ?? '';
  for (const { Spec } of services) waiting.add(imageOf(Spec.TaskTemplate.ContainerSpec.Image));
  const queue = [...waiting];
  const work = async (): Promise<void> => {
    for (let image = queue.pop(); image !== undefined; image = queue.pop()) {
      const colon = image.lastIndexOf(':');
      digests.set(image, await redeployer.head(image.slice(0, colon), image.slice(colon + 1)));
    }
  };
  await Promise.all(Array.from({ length: Number(atOnce) }, work));
  const obsolete = services.filter(({ Spec }) => {
    const { Image } = Spec.TaskTemplate.ContainerSpec;
    return Image.split('@')[1] !== digests.get(imageOf(Image));
  });
  return {
    msg: 'checked',
    tookMs: performance.now() - began,
    services: services.length,
    images: digests.size,
    obsolete: obsolete.length,
  };
};

createInterface({ input: process.stdin }).on('line', () => {
  void check().then((line) => process.stdout.write(`${JSON.stringify(line)}\n`));
});
process.once('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ msg: 'ready' })}\n`);

import { startSandbox } from './sandbox.ts';

try {
  const sandbox = await startSandbox({
    engines: process.argv.includes('--two') ? 2 : 1,
    tell: (line) => console.log(line),
  });
  console.log(`up in ${sandbox.startedInMs} ms, in ${sandbox.addresses.folder}`);
  for (const { name, url, engineAddress } of sandbox.engines) {
    console.log(`${name}: docker --host ${url} …   (host network: ${engineAddress})`);
  }
  console.log(`registry: ${sandbox.registry.url}, log ${sandbox.registry.accessLog}`);
  console.log('Ctrl-C stops it and leaves nothing behind.');
  // Nothing else keeps the process alive while it waits for a signal.
  setInterval(() => {}, 2 ** 30);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

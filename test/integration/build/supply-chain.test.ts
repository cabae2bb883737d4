import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BUILT_IN,
  type LockedPackages,
  thirdPartyLicences,
} from '../../../deploy/third-party-licences.ts';

type Locked = LockedPackages[string] & {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
};
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const others = Object.entries(packages).filter(([folder]) => folder !== '');

describe('the lock file', () => {
  it('has the integrity of every package', () => {
    const lacking = others.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true);
    expect(lacking.map(([folder]) => folder)).toEqual([]);
  });

  it('holds no addresses', () => {
    expect(others.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    const addressed = Object.keys(packages[''] ?? {}).filter((key) => /resolved|link/.test(key));
    expect(addressed).toEqual([]);
  });
});

it('the licences in the image are those of everything in it that is by others', () => {
  const text = thirdPartyLicences(packages);
  const shipped = Object.keys(
    (JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object }).dependencies,
  );
  for (const name of [...shipped, ...BUILT_IN]) {
    expect(text).toContain(`\n${name} ${packages[`node_modules/${name}`]?.version}\n`);
  }
  expect(text).toContain('Permission is hereby granted');
  expect(text).not.toContain('\nvitest ');
  expect(text).not.toMatch(/Licence: see below\n\n=/);
});

it('the licences are those of what the dashboard is built of, too', () => {
  const imported = globSync('web/src/**/*.{ts,tsx}', { exclude: ['**/*.test.*'] }).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bfrom '(@[\w-]+\/[\w-]+|[\w-]+)/g)].map(
      ([, name = '']) => name,
    ),
  );
  const built = new Set<string>();
  const add = (name: string): void => {
    if (built.has(name)) return;
    built.add(name);
    for (const one of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) add(one);
  };
  for (const name of imported) add(name);
  expect([...built].toSorted()).toEqual(BUILT_IN.toSorted());
});

describe('the configuration of Renovate', () => {
  type Manager = { readonly managerFilePatterns: readonly string[] };
  const config = JSON.parse(readFileSync('renovate.json', 'utf8')) as {
    readonly 'docker-compose': Manager;
    readonly customManagers: readonly (Manager & { readonly matchStrings: readonly string[] })[];
  };
  const filesOf = ({ managerFilePatterns }: Manager): readonly string[] => {
    const patterns = managerFilePatterns.map((pattern) => new RegExp(pattern.slice(1, -1)));
    return globSync('{deploy,scripts}/*').filter((file) => patterns.some((one) => one.test(file)));
  };

  it('finds every stack file', () => {
    expect(filesOf(config['docker-compose']).toSorted()).toEqual(
      globSync('deploy/stack*.yml').toSorted(),
    );
  });

  it('finds the images that scripts run', () => {
    const found = config.customManagers.flatMap((manager) =>
      filesOf(manager).flatMap((file) =>
        manager.matchStrings.map(
          (text) => new RegExp(text).exec(readFileSync(file, 'utf8'))?.groups?.['depName'],
        ),
      ),
    );
    expect(found).toEqual(['aquasec/trivy']);
  });
});

describe('the check of the supply chain', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'supply-'));
    command('docker', 'exit 1');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const command = (name: string, script: string): void => {
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\necho "${name} $*" >>"${folder}/calls"\n${script}\n`,
    );
    chmodSync(join(folder, name), 0o755);
  };
  const check = (env: Readonly<Record<string, string>> = {}) => {
    const { status, stdout } = spawnSync('/bin/sh', ['scripts/check-supply-chain.sh'], {
      env: { PATH: `${folder}:/usr/bin:/bin`, ...env },
      encoding: 'utf8',
    });
    return { status, stdout };
  };

  it('skips clearly where there is no network, and fails so where it is required', () => {
    command('npm', 'exit 1');
    const { status, stdout } = check({ IMAGE: 'cd-helper:x' });
    expect(stdout).toMatch(
      /SKIPPED the audit of dependencies: the package registry is unreachable/,
    );
    expect(stdout).toMatch(/SKIPPED the scan of the image/);
    expect(status).toBe(0);
    expect(check({ IMAGE: 'cd-helper:x', REQUIRE: 'yes' }).status).toBe(1);
  });

  it.each([
    ['a vulnerable package', 'case $1 in audit) exit 1;; esac', 'exit 0', 1],
    ['a vulnerable image', 'exit 0', 'case "$*" in *exit-code*) exit 1;; esac', 1],
    ['nothing wrong', 'exit 0', 'exit 0', 0],
  ])('tells of %s', (_what, npm, trivy, expected) => {
    command('npm', npm);
    command('trivy', trivy);
    expect(check({ IMAGE: 'cd-helper:x' }).status).toBe(expected);
    const calls = readFileSync(join(folder, 'calls'), 'utf8');
    expect(calls).toMatch(/npm audit --omit=dev/);
    expect(calls).toMatch(/trivy image .*--exit-code 1 .*cd-helper:x/);
  });
});

it.each(['Jenkinsfile', '.github/workflows/verify.yml'])('%s checks the supply chain', (file) => {
  expect(readFileSync(file, 'utf8')).toContain('sh scripts/check-supply-chain.sh');
});

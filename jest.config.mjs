import { readFileSync } from 'node:fs';

const json = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));
const { paths } = json('./tsconfig.base.json').compilerOptions;

/** The names of our libraries, from the one place that defines them. */
const aliases = Object.fromEntries(
  Object.entries(paths).map(([name, [file]]) => [`^${name}$`, `<rootDir>/${file.slice(2)}`]),
);

/** Both halves of the suite share everything but which files they run. */
const shared = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', ...aliases },
  transform: { '^.+\\.ts$': ['@swc/jest', { ...json('./.swcrc'), swcrc: false }] },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/.swarm/', '<rootDir>/.nx/'],
};

/** Minutes of waiting for times that pass: commands of their own (`npm run partitions`, `npm run alarms`), not part of the gate. */
const longProofs = [
  '<rootDir>/apps/swarm-e2e/src/partition.spec.ts',
  '<rootDir>/apps/swarm-e2e/src/doctor.spec.ts',
];

export default {
  projects: [
    {
      ...shared,
      displayName: 'fast',
      testMatch: ['<rootDir>/{apps,libs,tools}/**/src/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/apps/swarm-e2e/'],
    },
    {
      ...shared,
      displayName: 'swarm',
      testMatch: ['<rootDir>/apps/swarm-e2e/src/**/*.spec.ts'],
      testPathIgnorePatterns: ['/node_modules/', ...(process.env.SWARM_LONG === '1' ? [] : longProofs)],
    },
  ],
  testTimeout: 120_000,
};

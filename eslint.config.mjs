import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

const tests = [
  '**/*.spec.ts',
  '**/*.arbitrary.ts',
  '**/*.contract.ts',
  '**/*.fixture.ts',
  'apps/*/src/testing/**/*.ts',
  'apps/swarm-e2e/**/*.ts',
];

/** Who may import whom. Read top-down: each layer sees only the layers named in its row. */
const layers = {
  app: ['composition', 'adapter', 'platform', 'contract', 'domain', 'kernel'],
  e2e: ['testing', 'composition', 'adapter', 'platform', 'contract', 'domain', 'kernel'],
  composition: ['adapter', 'platform', 'contract', 'domain', 'kernel'],
  tool: ['platform', 'contract', 'domain', 'kernel'],
  bench: ['composition', 'adapter', 'platform', 'contract', 'domain', 'kernel'],
  adapter: ['platform', 'contract', 'domain', 'kernel'],
  platform: ['kernel'],
  contract: ['kernel'],
  domain: ['domain', 'kernel'],
  testing: ['platform', 'kernel'],
  kernel: [],
};
/** What a layer may take from npm; a layer that is not named here may take anything. */
const npm = { kernel: [], domain: [], contract: ['zod'] };

/** What runs on a build host or an operator's desk cannot reach the database, not even by mistake. */
const outside = ['drone', 'cli'];

function boundaries({ forTests }) {
  const depConstraints = [
    ...Object.entries(layers).map(([layer, sees]) => ({
      sourceTag: `type:${layer}`,
      onlyDependOnLibsWithTags: [...sees, ...(forTests ? ['adapter', 'testing', 'platform'] : [])].map(
        (l) => `type:${l}`,
      ),
      ...(npm[layer] && !forTests ? { allowedExternalImports: npm[layer] } : {}),
    })),
    ...outside.map((s) => ({
      sourceTag: `scope:${s}`,
      onlyDependOnLibsWithTags: [`scope:${s}`, 'scope:shared'],
    })),
    { sourceTag: 'scope:control-plane', onlyDependOnLibsWithTags: ['scope:control-plane', 'scope:shared'] },
    {
      sourceTag: 'scope:shared',
      onlyDependOnLibsWithTags: ['scope:shared', ...(forTests ? ['scope:control-plane'] : [])],
    },
  ];
  return ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }];
}

const noIo = {
  group: ['node:*', 'fs', 'path', 'crypto', 'child_process'],
  message: 'No I/O here: take the value as an argument, or name a port.',
};
const noAdapters = {
  group: ['@swarm/adapter-*', '@nestjs/*', '@nats-io/*', '@prisma/*'],
  message: 'Depend on the port; main.ts supplies the adapter.',
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/generated/**',
      '.cache/**',
      '.swarm/**',
      '.nx/**',
      '**/*.mjs',
      '**/assets/**',
      'prisma.config.ts',
    ],
  },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  prettier,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries({ forTests: false }),
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-shadow': 'off',
      '@typescript-eslint/no-shadow': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      complexity: ['error', 15],
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // The functional core: no clock, no dice, no environment, no I/O, no promises.
    files: ['libs/kernel/**/*.ts', 'libs/domain/**/*.ts'],
    ignores: tests,
    rules: {
      'no-restricted-imports': ['error', { patterns: [noIo] }],
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'console',
        'crypto',
        'performance',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the instant as an argument.' },
        { object: 'Math', property: 'random', message: 'Take the choice as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take the instant as an argument.',
        },
        {
          selector: 'FunctionDeclaration[async=true], ArrowFunctionExpression[async=true], AwaitExpression',
          message: 'Domain functions are synchronous.',
        },
      ],
    },
  },
  {
    // Use cases and handlers speak to ports. Only main.ts names an adapter, only the module names Nest.
    files: ['apps/*/src/use-cases/**/*.ts', 'apps/*/src/**/*.handlers.ts'],
    ignores: tests,
    rules: { 'no-restricted-imports': ['error', { patterns: [noIo, noAdapters] }] },
  },
  {
    files: tests,
    rules: {
      '@nx/enforce-module-boundaries': boundaries({ forTests: true }),
      '@typescript-eslint/require-await': 'off',
      'max-lines-per-function': 'off',
      'max-lines': 'off',
    },
  },
);

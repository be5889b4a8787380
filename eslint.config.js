import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Layers are numbered folders; what lies in `io/`, `testing/` and tests may touch the world. */
const protocolCode = ['packages/[0-5]-*/*/src/**/*.ts']
const worldly = ['**/io/**', '**/testing/**', '**/*.test.ts']

const impure = (what) => `${what} is not for protocol code: it enters through a constructor or lives in io/.`

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/.turbo/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/unified-signatures': 'off',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what a package exports; no `export *`.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
    },
  },
  {
    files: protocolCode,
    ignores: worldly,
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: impure('The clock') },
        { object: 'Math', property: 'random', message: impure('Chance') },
      ],
      'no-restricted-globals': [
        'error',
        ...[
          ...['Promise', 'Intl', 'WeakRef', 'FinalizationRegistry', 'Atomics', 'SharedArrayBuffer'],
          ...['globalThis', 'Buffer', 'process', 'console', 'setTimeout', 'setInterval', 'setImmediate'],
        ].map((name) => ({ name, message: impure(name) })),
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:*'], message: impure('Node') },
            {
              group: ['**/io/*', '@hourglass/*/io', '@hourglass/*/web'],
              message: 'io/ imports protocol code, never the reverse.',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name what a package exports; no `export *`.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: impure('The clock') },
        { selector: ':function[async=true]', message: impure('async') },
        { selector: 'AwaitExpression', message: impure('await') },
        { selector: 'ForOfStatement[await=true]', message: impure('await') },
        { selector: 'ImportExpression', message: impure('import()') },
        { selector: 'CallExpression[callee.property.name=/^toLocale/]', message: impure('The locale') },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**'],
    rules: { '@typescript-eslint/no-empty-function': 'off' },
  },
  {
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        require: 'readonly',
        module: 'writable',
      },
    },
  },
)

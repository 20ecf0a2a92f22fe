// These packages ship ES modules, which jest has to translate first.
const esModules = [
  '@codemirror',
  '@jupyter',
  '@jupyterlab',
  '@lezer',
  '@lumino',
  '@marijn',
  '@microsoft',
  'crelt',
  'exenv-es6',
  'internmap',
  'lib0',
  'nanoid',
  'robust-predicates',
  'style-mod',
  'vscode-ws-jsonrpc',
  'w3c-keyname',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

module.exports = {
  testEnvironment: 'jsdom',
  testRegex: 'src/__tests__/.*\\.spec\\.tsx?$',
  moduleFileExtensions: ['ts', 'tsx', 'js', 'jsx', 'json', 'node'],
  moduleNameMapper: {
    '\\.(css|less|sass|scss)$': '<rootDir>/src/__tests__/stubs/style.js',
    '\\.(gif|ttf|eot|svg)(\\?raw)?$': '<rootDir>/src/__tests__/stubs/text.js'
  },
  setupFiles: ['<rootDir>/src/__tests__/stubs/browser.js'],
  transform: {
    '^.+\\.tsx?$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }],
    '^.+\\.jsx?$': 'babel-jest'
  },
  transformIgnorePatterns: [`/node_modules/(?!((${esModules})/?.*))`],
  collectCoverageFrom: ['src/**/*.{ts,tsx}', '!src/__tests__/**'],
  coverageReporters: ['lcov', 'text-summary']
};

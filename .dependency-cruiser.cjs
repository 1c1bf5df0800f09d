const stages = ['1-intake', '2-authenticate', '3-identify', '4-authorise', '5-meter', '6-route', '7-provider']

/** Who may import whom, beside itself. `compose.ts`, `main.ts`, `cli.ts` and `cli/` wire everything and are not listed. */
const layers = {
  domain: [],
  contract: [],
  ports: ['domain'],
  journey: ['domain', 'ports'],
  manage: ['domain', 'ports'],
  config: ['domain'],
  jobs: ['domain', 'journey', 'ports'],
  adapters: ['domain', 'ports', 'config'],
  http: ['domain', 'journey', 'manage', 'ports', 'config', 'contract'],
}

const core = { path: '^src/(domain|ports|journey|manage)/', pathNot: '\\.(test|contract)\\.ts$' }
const notTests = '\\.test\\.ts$'

module.exports = {
  forbidden: [
    ...Object.entries(layers).map(([layer, allowed]) => ({
      name: `${layer}-imports-only-what-it-may`,
      severity: 'error',
      from: { path: `^src/${layer}/`, pathNot: notTests },
      to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
    })),
    ...stages.map((stage, i) => ({
      name: `${stage}-knows-only-earlier-stages`,
      severity: 'error',
      from: { path: `^src/journey/${stage}/`, pathNot: notTests },
      to: { path: '^src/journey/[0-9]', pathNot: `^src/journey/(${stages.slice(0, i + 1).join('|')})/` },
    })),
    {
      name: 'stages-do-not-import-the-journey',
      severity: 'error',
      from: { path: '^src/journey/[0-9]' },
      to: { path: '^src/journey/[^0-9]' },
    },
    {
      name: 'rooms-of-one-half-do-not-import-whole-journeys',
      severity: 'error',
      from: { path: '^src/journey/(serving|tokens)/', pathNot: notTests },
      to: { path: '^src/journey/((pass-through|realtime|explain)/|(journey|serve|identify)\\.ts$)' },
    },
    {
      name: 'core-does-no-io',
      severity: 'error',
      from: core,
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'core-never-reaches-the-edge',
      severity: 'error',
      from: core,
      to: { path: '^src/(adapters|http)/', reachable: true },
    },
    {
      name: 'adapters-stand-alone',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/', pathNot: notTests },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'each-driver-has-one-door',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/(sql|outbound-http|prices)/|\\.test\\.ts$' },
      to: { path: 'node_modules/(pg|kysely|undici|@electric-sql|@pydantic|tokenlens)/' },
    },
    {
      name: 'signatures-have-one-door',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/oidc/|\\.test\\.ts$' },
      to: { path: 'node_modules/jose/' },
    },
    {
      name: 'sockets-have-one-door',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/websocket/|\\.test\\.ts$' },
      to: { path: 'node_modules/(ws|@types/ws)/' },
    },
    {
      name: 'source-never-imports-tests-or-dev-packages',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|contract)\\.ts$' },
      to: { path: '^(test|bench|tools)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'source-needs-only-what-ships',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|contract)\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    parser: 'swc',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
}

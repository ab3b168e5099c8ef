const TESTS = '(?:\\.test\\.ts|/test-support/.*)$';

/** The rooms of the core: each imports the ones named here, never upwards. */
const CORE_ROOMS = {
  replay: ['decide', 'route', 'learn', 'probe', 'answer', 'request'],
  decide: ['route', 'learn', 'probe', 'usage'],
  route: ['learn', 'probe'],
  learn: ['probe'],
  probe: [],
  answer: [],
  request: [],
  usage: [],
};

const coreRooms = Object.entries(CORE_ROOMS).map(([room, below]) => ({
  name: `core-${room}-imports-downwards`,
  severity: 'error',
  from: { path: `^packages/core/src/${room}/`, pathNot: '\\.test\\.ts$' },
  to: {
    path: '^packages/core/src/[^/]+/',
    pathNot: `^packages/core/src/(${[room, ...below].join('|')})/`,
  },
}));

/** `runtime`, and `runtime-config` for a hall within one of its rooms. */
const nameOfHall = (hall) => hall.split('/').toSpliced(2, 1).slice(1).join('-');

const room = (hall, name, forbidden) => ({
  name: `${nameOfHall(hall)}-${name}-imports-only-rooms-below`,
  severity: 'error',
  from: { path: `^${hall}/${name}/`, pathNot: '\\.test\\.tsx?$' },
  to: { path: `^${hall}/(?:${forbidden.join('|')})` },
});

const above = (rooms, index) => rooms.slice(0, index).map((other) => `${other}/`);

/**
 * The rooms of a hall, from the top down: each imports only those below it. Files beside the rooms
 * wire them and may import all.
 */
function wallsOf(hall, rooms) {
  return rooms.map((name, index) => room(hall, name, [...above(rooms, index), '[^/]+\\.tsx?$']));
}

/** Rooms from the top down; files beside them may be imported by all. */
function roomsDownwards(hall, rooms) {
  return rooms.slice(1).map((name, index) => room(hall, name, above(rooms, index + 1)));
}

/** The same where the files beside the rooms are the ground floor: rooms may import those, and those no room. */
function floorsOf(hall, rooms) {
  return [
    ...roomsDownwards(hall, rooms),
    {
      name: `${hall.split('/')[1]}-ground-floor-imports-no-room`,
      comment: 'what all rooms use knows none of them',
      severity: 'error',
      from: { path: `^${hall}/[^/]+\\.ts$`, pathNot: '\\.test\\.ts$' },
      to: { path: `^${hall}/[^/]+/` },
    },
  ];
}

/** Folders of a room that do not import each other. @param shared where what two of them need belongs */
const apart = (folder, shared) => ({
  name: `${folder.split('/')[1]}-${folder.split('/').at(-1)}-do-not-import-each-other`,
  comment: `what two of them need is in ${shared}`,
  severity: 'error',
  from: { path: `^${folder}/([^/]+)/`, pathNot: TESTS },
  to: { path: `^${folder}/`, pathNot: `^${folder}/$1/` },
});

/** Files of the contract that import nothing but types: the core, the texts and the browser load them. */
const LEAVES =
  '^packages/contract/src/(?:units|default-ports|id-length|language|loopback|model-name|reserved-names|api/(?:admin-token|api-routes|request-filter)|(?:api|notify|probe)/[a-z]+-timing|decide/ranking|operate/grant-limit|history/(?:history-size|latency-buckets|trend-range)|usage/budget-warning)\\.ts$';

/** Which packages each one may import: the table of CONTRIBUTING.md, "Where things are". */
const MAY_IMPORT = {
  'packages/runtime': ['runtime', 'core', 'contract'],
  'packages/probes': ['probes', 'core', 'contract', 'runtime'],
  'services/proxy': ['core', 'contract', 'runtime', 'texts'],
  'services/prober': ['core', 'contract', 'probes', 'runtime', 'texts'],
  'services/controller': ['core', 'contract', 'runtime', 'texts'],
};

/**
 * Imports point one way: contract <- core <- runtime <- services and cli; testkit is for tests and
 * the demo. Core, texts and dashboard take types from the contract, and of what runs only its leaves: `LEAVES`.
 */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'contract-imports-zod-only',
      severity: 'error',
      from: { path: '^packages/contract/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^(packages/contract/src|node_modules/zod)/' },
    },
    ...floorsOf('packages/contract/src', [
      'status',
      'api',
      'operate',
      'history',
      'decide',
      'notify',
      'route',
      'usage',
      'probe',
    ]),
    {
      name: 'leaves-of-the-contract-import-only-types',
      comment: 'the core, the texts and the browser load them',
      severity: 'error',
      from: { path: LEAVES },
      to: { dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'core-is-pure',
      comment: 'core decides: no I/O, no clock, no packages',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'] },
    },
    {
      name: 'core-imports-types-of-the-contract-only',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^(packages|services|tools)/', pathNot: '^packages/(core|contract)/src' },
    },
    ...coreRooms,
    ...wallsOf('packages/core/src/decide', ['event', 'probe-plan', 'switch', 'assess', 'world']),
    {
      name: 'core-shared-files-import-no-room',
      comment: 'what all rooms use knows none of them; index.ts only exports',
      severity: 'error',
      from: { path: '^packages/core/src/[^/]+\\.ts$', pathNot: '/index\\.ts$' },
      to: { path: '^packages/core/src/[^/]+/' },
    },
    {
      name: 'core-takes-nothing-that-runs',
      severity: 'error',
      from: { path: '^packages/core/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/contract/', pathNot: LEAVES, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'texts-import-types-of-the-contract-only',
      severity: 'error',
      from: { path: '^packages/texts/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: '^packages/(texts|contract)/src' },
    },
    {
      name: 'texts-take-nothing-that-runs',
      severity: 'error',
      from: { path: '^packages/texts/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/contract/', pathNot: LEAVES, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'dashboard-imports-types-and-texts',
      comment: 'what the browser loads stays small and free of Node',
      severity: 'error',
      from: { path: '^packages/dashboard/src', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^(packages|services)/',
        pathNot: ['^packages/(dashboard|texts)/src', LEAVES],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'packages-never-import-services',
      comment: 'but for the launcher, which runs them in one process',
      severity: 'error',
      from: {
        path: '^packages/',
        pathNot: '(\\.test|^packages/cli/src/launch/services/start-functions)\\.ts$',
      },
      to: { path: '^services/' },
    },
    ...Object.entries(MAY_IMPORT).map(([place, packages]) => ({
      name: `${place.replace('/', '-')}-imports-what-the-table-of-contributing-names`,
      severity: 'error',
      from: { path: `^${place}/src/`, pathNot: TESTS },
      to: { path: '^packages/', pathNot: `^packages/(?:${packages.join('|')})/` },
    })),
    {
      name: 'probes-process-imports-no-other-room',
      comment: 'running a program and getting rid of it knows nothing of probes',
      severity: 'error',
      from: { path: '^packages/probes/src/process', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/probes/src/(?!process/)' },
    },
    {
      name: 'probes-request-imports-no-other-room',
      comment: 'one watched request and what its answer means, whoever asks',
      severity: 'error',
      from: { path: '^packages/probes/src/request', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/probes/src/(?!request/)' },
    },
    {
      name: 'services-do-not-import-each-other',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    ...wallsOf('services/proxy/src', [
      'server',
      'exchange',
      'usage',
      'report',
      'trace',
      'people-limits',
      'routing',
      'answer',
      'upstream',
    ]),
    {
      name: 'opentelemetry-is-loaded-only-where-traces-are-sent',
      comment: 'a proxy without traces loads nothing of it',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '/opentelemetry\\.ts$', dynamic: false },
    },
    {
      name: 'opentelemetry-is-in-one-file',
      severity: 'error',
      from: { pathNot: '(^node_modules/|/opentelemetry\\.ts$)' },
      to: { path: '^node_modules/@opentelemetry/' },
    },
    {
      name: 'nodemailer-is-loaded-only-where-mail-is-sent',
      comment: 'a controller without a receiver of mail loads nothing of it',
      severity: 'error',
      from: { pathNot: '\\.test\\.ts$' },
      to: { path: '/notify/email\\.ts$', dynamic: false },
    },
    {
      name: 'nodemailer-is-in-one-file',
      severity: 'error',
      from: { pathNot: '(^node_modules/|/notify/email\\.ts$)' },
      to: { path: '^node_modules/nodemailer/' },
    },
    {
      name: 'controller-view-knows-neither-leader-nor-api',
      comment: 'what people see is made from what it is given',
      severity: 'error',
      from: { path: '^services/controller/src/view/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/controller/src/', pathNot: '^services/controller/src/view/' },
    },
    {
      name: 'controller-leader-does-not-know-the-api',
      severity: 'error',
      from: { path: '^services/controller/src/leader/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/controller/src/', pathNot: '^services/controller/src/(leader|view)/' },
    },
    {
      name: 'controller-api-does-not-know-the-leader',
      comment: 'any controller answers, also one that never leads',
      severity: 'error',
      from: { path: '^services/controller/src/api/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/controller/src/', pathNot: '^services/controller/src/(api|view)/' },
    },
    {
      name: 'controller-notify-knows-no-other-room',
      comment: 'it sends what it is given, to whom the configuration names',
      severity: 'error',
      from: { path: '^services/controller/src/notify/', pathNot: '\\.test\\.ts$' },
      to: { path: '^services/controller/src/', pathNot: '^services/controller/src/notify/' },
    },
    ...floorsOf('packages/runtime/src', [
      'service',
      'notify',
      'queue',
      'redis',
      'http',
      'config',
      'connection',
      'process',
    ]),
    ...roomsDownwards('packages/runtime/src/config', [
      'watch',
      'edit',
      'read',
      'rules',
      'derived',
      'resolve',
      'schema',
      'keys',
      'secrets',
      'variables',
      'files',
      'urls',
    ]),
    {
      name: 'runtime-config-beside-the-rooms-are-types-and-the-error',
      comment: 'all rooms may use them: of a room they know only types',
      severity: 'error',
      from: { path: '^packages/runtime/src/config/[^/]+\\.ts$', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^packages/runtime/src/config/[^/]+/',
        dependencyTypesNot: ['type-only'],
      },
    },
    ...wallsOf('packages/cli/src', [
      'commands',
      'command-line',
      'tui',
      'admin',
      'launch',
      'claude-code',
      'network',
      'output',
    ]),
    apart('packages/cli/src/commands', 'a room below'),
    ...wallsOf('packages/dashboard/src', [
      'status',
      'shell',
      'pages',
      'charts',
      'components',
      'state',
      'navigation',
      'language',
      'connection',
    ]),
    apart('packages/dashboard/src/pages', 'components or charts'),
    {
      name: 'dashboard-shell-and-status-page-import-no-page',
      comment:
        'app.tsx loads pages, most of them when they are opened; the status page has none of them',
      severity: 'error',
      from: { path: '^packages/dashboard/src/(shell|status)/', pathNot: TESTS },
      to: { path: '^packages/dashboard/src/pages/' },
    },
    {
      name: 'testkit-is-for-tests-and-the-demo',
      severity: 'error',
      from: {
        path: '^(packages|services)/',
        pathNot: [
          '(\\.test\\.tsx?|/test-support/.*|/bench/.*)$',
          '^packages/testkit/',
          // The demo of the command line, and the dashboard's with invented records.
          '^packages/cli/src/commands/lifecycle/demo(-control)?\\.ts$',
          '^packages/dashboard/dev/',
        ],
      },
      to: { path: '^packages/testkit/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // What is built from the sources is not looked at.
    exclude: { path: '(^|/)node_modules/(?!@zephyr)|^packages/dashboard/dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};

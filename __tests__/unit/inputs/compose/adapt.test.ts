import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { UserErrors } from '../../../../src/errors.ts'
import { adaptCompose } from '../../../../src/inputs/compose/adapt.ts'
import { toYaml } from '../../../../src/inputs/compose/tree.ts'
import { Problems } from '../../../../src/inputs/problems.ts'
import { parseYaml, type YamlMap } from '../../../../src/inputs/yaml.ts'
import { printable } from '../../../../src/runner/text/printable.ts'

type Texts = Readonly<Record<string, string>>

function adapt(text: string, variables: Texts = {}, envFiles: Texts = {}) {
  const problems = new Problems()
  const file = { path: 'c.yml', root: parseYaml(text).root as YamlMap }
  const adapted = adaptCompose(
    [file],
    (name) => variables[name],
    problems,
    (path) => envFiles[path],
  )
  const texts = adapted.files.map(toYaml)
  try {
    problems.throwAll()
    return { ...adapted, texts, problems: [] }
  } catch (error) {
    return { ...adapted, texts, problems: (error as UserErrors).problems }
  }
}

const web = (line: string) => `services:\n  web:\n    image: nginx\n    ${line}\n`

describe('what docker stack would refuse is an error with file and line', () => {
  test.each([
    ['unknown key', web('imagee: x'), /^c\.yml line 4: services\.web\.imagee: .*did you mean `image`/],
    ['a dash', web('cap-add: [x]'), /line 4: .*did you mean `cap_add`/],
    ['a key of deploy', web('replicas: 2'), /^c\.yml line 4: services\.web\.replicas: .*: write it under `deploy`$/],
    [
      'a variable that is not indented',
      web('environment:\n    LEVEL: a'),
      /^c\.yml line 5: services\.web\.LEVEL: .* key: indent it by two blanks more if it belongs to `environment` in line 4$/,
    ],
    [
      'keys of a service that are not indented',
      'services:\n  web:\n  image: nginx\n  ports: [80]\n',
      /^c\.yml line 3: `image` is a key of a service: indent it, .* by two blanks more if it belongs to the service web$/,
    ],
    [
      'a key of a service in its place',
      'services:\n  image: nginx\n',
      /^c\.yml line 2: `image` is a key of a service: write the name of the service before it, as in `web: \{image: …\}`$/,
    ],
    [
      'a key of a secret that is not indented',
      `${web('')}secrets:\n  a:\n  file: ./a.txt\n`,
      /^c\.yml line 7: `file` is a key of a secret: indent it, .* if it belongs to the secret a$/,
    ],
    ['a service that is nothing', 'services:\n  web:', /^c\.yml line 2: the service web is empty: write at least/],
    ['a service that is a text', 'services: {web: nginx}', /line 1: the service web is a text and no mapping: write/],
    ['a service that is a list', 'services: {web: [nginx]}', /line 1: the service web is a list and no mapping: write/],
    [
      'a secret that is a text',
      `${web('')}secrets: {a: ./a.txt}`,
      /secrets\.a is a text and no mapping: write `file: …`/,
    ],
    [
      'a label of this program in a mapping',
      `${web('')}configs:\n  a:\n    file: ./a.txt\n    labels:\n      swarm-deploy.source: x\n`,
      /^c\.yml line 9: configs\.a\.labels: "swarm-deploy\.source" is not yours to give/,
    ],
    [
      'a label of this program in a list',
      `${web('')}secrets: {a: {file: ./a.txt, labels: [team=web, swarm-deploy.record.of=x]}}`,
      /^c\.yml line 5: secrets\.a\.labels: "swarm-deploy\.record\.of" is not yours to give, .*: leave it out$/,
    ],
    [
      'a label of this program on a network',
      `${web('networks: [n]')}networks: {n: {labels: {swarm-deploy.made-by: x}}}`,
      /^c\.yml line 5: networks\.n\.labels: "swarm-deploy\.made-by" is not yours to give/,
    ],
    ['mem_limit', web('mem_limit: 5m'), /line 4: services\.web\.mem_limit: .*limits/],
    ['profiles', web('profiles: [a]'), /line 4: .*of its own/],
    ['extends', web('extends: {service: a}'), /line 4: .*write the keys out/],
    ['include', 'include: [a]\nservices: {a: {image: b}}', /^c\.yml line 1: .*`compose-file`/],
    ['host_ip', web('ports: [{target: 80, host_ip: 1.1.1.1}]'), /line 4: .*all addresses/],
    ['a range of ports', web('ports: [{target: 80, published: "80-90"}]'), /no single port/],
    [
      'undefined network',
      web('networks: [back]'),
      /line 4: the service web uses the network back, which no file defines/,
    ],
    ['undefined secret', web('secrets: [{source: pw}]'), /the secret pw, which no file defines/],
    ['undefined volume', web('volumes: ["data:/data", "./a:/b"]'), /the volume data, which no file defines/],
    ['undefined volume, long', web('volumes: [{type: volume, source: x, target: /x}]'), /the volume x, which no file/],
    [
      'a volume of one letter, which docker takes for a drive',
      `${web('volumes: ["v:/data", "c:/a", "d:\\\\b:/b", {type: volume, source: v, target: /v}]')}volumes: {v: {}}`,
      /line 4: services\.web\.volumes: docker takes `v:` for a drive of Windows: .* two or more letters/,
    ],
    [
      'the network of the host without a definition',
      web('networks: [host]'),
      /line 4: the service web uses the network host, .*: write `host: \{external: true\}` under the top-level `networks`$/,
    ],
    [
      'a network without a name',
      web('networks: ["${NOTHING:-}"]'),
      /line 4: the service web uses a network whose name is empty: write it, and set the variable/,
    ],
    ['a config without a name', web('configs: [{source: ""}]'), /the service web uses a config whose name is empty/],
    ['an env_file without a path', web('env_file: ["${NOTHING:-}"]'), /services\.web\.env_file: the path is empty/],
    ['undefined volume with a blank', web('volumes: ["my data:/data"]'), /the volume my data, which no file defines/],
    ['unset variable', web('user: ${WHO}'), /^c\.yml line 4: the variable WHO is not set/],
    ['unset in a block', web('command: |\n      a\n      $WHO'), /^c\.yml line 6: the variable WHO/],
    ['alternative value', web('user: ${WHO:+x}'), /docker stack does not know/],
    ['a lone dollar', web('user: "5$"'), /line 4: .*write \$\$/],
    [
      'an expression of a workflow',
      web('user: "${{ github.actor }}"'),
      /line 4: .*write \$\{NAME\} here, and in the `env`/,
    ],
    ['a substitution of a shell', web('user: "${A//x/y}"'), /line 4: .*write \$\{NAME\}, \$\{NAME:-default\} or/],
    ['two credential specs', web('credential_spec: {file: a, registry: b}'), /exactly one of/],
    ['no image', 'services:\n  web:\n    build: .', /does not build/],
    ['no image, as null', 'services:\n  web:\n    image: null\n', /^c\.yml line 3: services\.web has no `image`/],
    ['a label without end', web('labels: [a, .inf]'), /^c\.yml line 4: services\.web\.labels: `\.inf` is a number/],
    [
      'a variable that is no number',
      web('environment:\n      A: .NaN'),
      /line 5: services\.web\.environment\.A: `\.NaN`/,
    ],
    ['a secret with its content', web('secrets: [{db: {file: x}}]'), /line 4: .*secrets: .*as in `- db`.*top-level/],
    ['a service at the top', 'web: {image: nginx}', /^c\.yml line 1: .*"web": write it under `services`$/],
    ['a section with a typo', 'service: {web: {image: nginx}}', /^c\.yml line 1: .*: did you mean `services`\?$/],
    ['two contents', `${web('')}secrets: {a: {file: x, environment: Y}}`, /`file` and `environment`/],
  ])('%s', (_, text, said) => {
    expect(adapt(text).problems).toContainEqual(expect.stringMatching(said))
  })
})

test('a section that is a list is told once, and not again where something is named of it', () => {
  const { problems } = adapt(`${web('secrets: [db]')}secrets:\n  - db: {file: x}\n`)
  expect(problems).toEqual([
    'c.yml line 5: `secrets` is a list: leave the dashes off, and write a mapping with a name for each of them, as in `secrets: {db: …}`',
  ])
})

test('a service without a name is told that it needs one, and not by the name of its first key', () => {
  expect(adapt('services:\n  - image: nginx\n').problems).toContainEqual(
    expect.stringMatching(/^c\.yml line 1: `services` is a list: write a mapping with a name for each of them$/),
  )
})

test('numbers that docker does not take are text where it takes no number, and nowhere else', () => {
  expect(adapt(`${web('labels: {a: ".inf", b: .iNf, c: inf}')}x-all: .inf\n`).problems).toEqual([])
  expect(adapt(web('build: {context: .nan}')).problems).toEqual([])
})

test('keys that docker leaves out without a word are told', () => {
  const { warnings, problems } = adapt(`services:
  web:
    image: nginx
    secrets: [{source: a, taget: /x, x-y: z}]
    volumes:
      - {type: bind, source: /a, target: /b, bind: {propagation: shared, create_host_path: true}}
      - {type: volume, target: /c, volume: {nocopy: true, subpath: a}}
      - {type: tmpfs, target: /d, tmpfs: {mode: 1777, size: 100}}
secrets: {a: {external: true}}
`)
  expect(problems).toEqual([])
  expect(warnings).toEqual([
    'c.yml line 4: `secrets: taget` is ignored by Swarm (web): did you mean `target`?',
    expect.stringMatching(/^c\.yml line 6: `bind: create_host_path` is ignored by Swarm \(web\): Swarm makes no/),
    expect.stringMatching(/^c\.yml line 8: `tmpfs: mode` is ignored by Swarm \(web\): it knows `size` there/),
  ])
})

test('what is not external by a variable has the content that it has', () => {
  const text = `${web('secrets: [a]')}secrets: {a: {external: "\${OUT}", file: x}}`
  expect(adapt(text, { OUT: 'false' }).problems).toEqual([])
  expect(adapt(text, { OUT: 'true' }).problems).toEqual([expect.stringContaining('`file` and `external`')])
})

test('what makes no difference is evened out, with a notice', () => {
  const { texts, notices, problems } = adapt(
    `name: x\n${web('ports: [{target: 80, published: "8080", name: http}]')}    depends_on: {db: {condition: service_healthy}}\n    command: null\n    expose: [80]\n  db: {image: pg, pull_policy: always}\n`,
  )
  expect(problems).toEqual([])
  expect(parse(texts[0] ?? '')).toEqual({
    services: {
      web: { image: 'nginx', ports: [{ target: 80, published: 8080 }] },
      db: { image: 'pg' },
    },
  })
  expect(notices.map((line) => /`([\w.]+)`/.exec(line)?.[1])).toEqual([
    'name',
    'ports.name',
    'depends_on',
    'expose',
    'pull_policy',
  ])
})

test('what Swarm ignores is one warning a key', () => {
  const { warnings } = adapt(
    'services:\n  a: {image: x, restart: always}\n  b: {image: x, restart: always, links: [a]}\n',
  )
  expect(warnings).toEqual([
    expect.stringMatching(/^c\.yml line 2: `restart` is ignored by Swarm \(a, b\): /),
    expect.stringMatching(/^c\.yml line 3: `links` is ignored by Swarm \(b\): /),
  ])
})

test('values keep their types: what one docker or another takes for a number or truth value as written, all else as text', () => {
  const { texts } = adapt('services: {a: {image: x, tty: true, environment: {A: 0123, B: yes, C: "1", D: , E: a b}}}')
  expect(texts[0]).toBe(
    '{"services": {"a": {"image": "x", "tty": true, "environment": {"A": 0123, "B": yes, "C": "1", "D": null, "E": "a b"}}}}',
  )
})

test('escaped dollars and defaults are no unset variables; a set one is handed on', () => {
  const { problems, variables } = adapt(web('command: ["$$HOME ${A:-b} ${C-} ${TAG} $TAG"]'), { TAG: '' })
  expect(problems).toEqual([])
  expect(variables).toEqual(['A', 'C', 'TAG'])
})

describe('a port with an address is refused in the short form as in the long one', () => {
  const said = (form: string, variables = {}) => adapt(web(`ports: [${form}]`), variables).problems

  test.each([
    ['"127.0.0.1:8001:8001"', '127.0.0.1'],
    ['"127.0.0.1::80"', '127.0.0.1'],
    ['"[::1]:80:80"', '::1'],
    ['"::1:80:80/udp"', '::1'],
    ['"10.0.0.1:8000-8010:80-90/tcp"', '10.0.0.1'],
    ['"${BIND:-127.0.0.1}:80:80"', '127.0.0.1'],
    ['"${BOTH}:80"', '10.1.1.1'],
    ['"localhost:80:80"', 'localhost'],
  ])('%s', (form, address) => {
    expect(said(form, { BOTH: '10.1.1.1:80' })).toEqual([
      `c.yml line 4: services.web.ports: the address "${address}": Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall`,
    ])
  })

  test('unless it means all of them, or is none', () => {
    const forms =
      '80, "80:80", "80-90:80-90/udp", "0.0.0.0:80:80", "[::]:80:80", "${BIND}:80:80", {target: 80, host_ip: 0.0.0.0}'
    const { problems, notices } = adapt(web(`ports: [${forms}]`), { BIND: '' })
    expect(problems).toEqual([])
    expect(notices).toEqual([expect.stringContaining('`ports.host_ip` is left out (web)')])
  })
})

test('what docker leaves out of a value without a word is a warning', () => {
  const { warnings, problems } = adapt(`services:
  web:
    image: nginx
    command: "serve --color '#fff' a#b #all of it"
    entrypoint: sh -c 'echo # no comment'
    volumes: ["./a:/b:ro,z", 'C:\\x:/y:cached', "data:/d:rw,rshared", "/var/run"]
    extra_hosts: ["one:10.0.0.1", two, "three=::1"]
    tmpfs: /run
    networks: {back: {ipv4_address: 10.0.0.3, aliases: [x]}}
    restart: on-failure:3
networks: {back: {}}
volumes: {data: {}}
`)
  expect(problems).toEqual([])
  expect(warnings).toEqual([
    expect.stringMatching(/^c\.yml line 6: `volumes: …:z` is ignored by Swarm \(web\): .*SELinux/),
    expect.stringMatching(/^c\.yml line 6: `volumes: …:cached` is ignored by Swarm \(web\): .*Docker Desktop/),
    expect.stringMatching(/^c\.yml line 8: `tmpfs` is ignored by Swarm \(web\): .*type: tmpfs/),
    expect.stringMatching(/^c\.yml line 9: `networks\.ipv4_address` is ignored/),
    expect.stringMatching(/^c\.yml line 4: services\.web\.command: docker takes a word that begins with #/),
    expect.stringMatching(/^c\.yml line 7: services\.web\.extra_hosts: docker leaves out a host without an address/),
  ])
})

describe('variables', () => {
  test('in what is dropped or ignored need no value', () => {
    const { problems, texts } = adapt(`x-all: {a: "\${NO}"}
services:
  web:
    image: nginx
    build: {context: ., args: {TOKEN: "\${NO}", OTHER: "\${NO:?say}", THIRD: "\${NO:+x} $"}}
    container_name: web-\${NO}
    develop: {watch: [{path: "\${NO}"}]}
    depends_on: ["\${NO}"]
    expose: ["\${NO}"]
    privileged: \${NO}
    tmpfs: ["\${NO}"]
    x-mine: \${NO}
    ports: [{target: 80, name: "\${NO}"}]
`)
    expect(problems).toEqual([])
    expect(texts).toEqual(['{"services": {"web": {"image": "nginx", "ports": [{"target": 80}]}}}'])
  })

  test.each([
    [
      '${RELEASE:?give the release}',
      'the variable RELEASE is not set, of which the file says "give the release": set it in the `env` of the step or in an `env-file`',
    ],
    [
      "${RELEASE:?don't forget it!}",
      'the variable RELEASE is not set, of which the file says "don\'t forget it!": set it in the `env` of the step or in an `env-file`',
    ],
    ['${RELEASE:?p@ss!word}', 'the variable RELEASE is not set: set it in the `env` of the step or in an `env-file`'],
    ['${RELEASE?}', 'the variable RELEASE is not set: set it in the `env` of the step or in an `env-file`'],
    [
      '${EMPTY:?fill it}',
      'the variable EMPTY is empty, of which the file says "fill it": set it in the `env` of the step or in an `env-file`',
    ],
    [
      '${A:?needs ${B}}',
      'the message of A holds another variable, which docker stack would leave as it stands: write a plain message',
    ],
    [
      '${A:?needs $B}',
      'the message of A holds another variable, which docker stack would leave as it stands: write a plain message',
    ],
    [
      '${A:-${B}}',
      'the default of A holds another variable, which docker stack would leave as it stands: write a plain default',
    ],
    [
      '${A:?give it - now}',
      'docker stack takes the - in the message of A for the beginning of another: write the message without -',
    ],
    [
      '${A?a:?b}',
      'docker stack takes the :? in the message of A for the beginning of another: write the message without :?',
    ],
    [
      '${A-b:-c}',
      'docker stack takes the :- in the default of A for the beginning of another: write the default without :-',
    ],
  ])('%s', (value, said) => {
    expect(adapt(web(`user: "${value}"`), { A: 'x', EMPTY: '' }).problems).toEqual([`c.yml line 4: ${said}`])
  })

  test('words of the author give the runner no command', () => {
    const [problem] = adapt(web('user: "${A:?\\n::error::x\\u001b[31m}"')).problems
    expect(problem).toMatch(/^c\.yml line 4: the variable A is not set, of which the file says "::error::x.*": set it/)
    expect(problem).toBe(printable(problem ?? ''))
  })

  test('in names are filled in, and none of them is looked for when it has no value', () => {
    const text = `${web('networks: ["$N"]')}    volumes: ["$N:/a", "$P/b:/b", "C:\\\\x:/c", /d]\nnetworks: {back: {}}\n`
    expect(adapt(text, { N: 'back', P: '.' }).problems).toEqual([
      expect.stringMatching(/^c\.yml line 5: the service web uses the volume back, which no file defines/),
    ])
    expect(adapt(text, { P: '.' }).problems.join('\n')).not.toContain('no file defines')
  })

  test('in `restart` need no value beside a `restart_policy`, also one of another file', () => {
    const restart = web('restart: "${NO}"')
    const policy = '    deploy: {restart_policy: {condition: none}}\n'
    expect(adapt(restart).problems).toEqual([expect.stringMatching(/^c\.yml line 4: the variable NO is not set/)])
    const both = adapt(`${restart}${policy}`)
    expect(both).toMatchObject({ problems: [], variables: [] })
    expect(both.warnings).toEqual([expect.stringMatching(/^c\.yml line 4: `restart` is ignored by Swarm \(web\)/)])
    const problems = new Problems()
    const files = [restart, `services:\n  web:\n${policy}`].map((text, index) => {
      return { path: `${index}.yml`, root: parseYaml(text).root as YamlMap }
    })
    adaptCompose(
      files,
      () => undefined,
      problems,
      () => undefined,
    )
    expect(problems.isEmpty).toBe(true)
  })

  test('without a value are told before what else is wrong', () => {
    expect(adapt(`${web('imagee: x')}    user: "\${WHO}"\n`).problems).toEqual([
      expect.stringContaining('line 5: the variable WHO'),
      expect.stringContaining('line 4: services.web.imagee'),
    ])
  })

  test('what an alias brings to several services is told once', () => {
    const text = 'x-a: &a {image: nginx, user: "${WHO}"}\nservices: {a: {<<: *a}, b: {<<: *a}}'
    expect(adapt(text).problems).toEqual([expect.stringContaining('the variable WHO is not set')])
  })
})

describe('the variables of a service', () => {
  const environmentOf = (lines: string, variables = {}, envFiles = {}) => {
    const { texts, ...rest } = adapt(web(lines), variables, envFiles)
    return { ...rest, environment: parse(texts[0] ?? '').services.web.environment as unknown }
  }

  test('without a value, or with an empty one, take the step’s wherever they are given', () => {
    const env = { SHA: 'abc$1', EMPTY: '', HOME: '/root', LAST: 'set' }
    const file = { 'e.env': '\uFEFF# comment\n\nSHA\r\nNO\n  EMPTY\nHOME=\nOWN= $x "y" \nTWICE=1\nTWICE=2\n' }
    expect(environmentOf('env_file: e.env', env, file)).toMatchObject({
      problems: [],
      environment: { SHA: 'abc$$1', EMPTY: '', HOME: '/root', OWN: ' $$x "y" ', TWICE: '2' },
    })
    expect(
      environmentOf('environment: {SHA: , NO: , HOME: "", GONE: "", OWN: "$SHA", LAST: "${EMPTY}"}', env),
    ).toMatchObject({
      variables: ['SHA', 'LAST', 'EMPTY'],
      environment: { SHA: null, NO: null, HOME: '/root', GONE: '', OWN: '$SHA', LAST: '${EMPTY}' },
    })
    expect(environmentOf('environment: [SHA, NO, HOME=, "OWN=$SHA"]', env)).toMatchObject({
      variables: ['SHA'],
      environment: ['SHA', 'NO', 'HOME=/root', 'OWN=$SHA'],
    })
  })

  test('in `environment` go before those of files, and a later file before an earlier one', () => {
    const files = { 'a.env': 'A=1\nB=1\nC=1', 'b.env': 'B=2\nC=2\n$D=2' }
    const both = 'env_file: [a.env, b.env]\n    environment:'
    expect(environmentOf(`${both} {C: 3}`, {}, files).environment).toEqual({ A: '1', B: '2', $D: '2', C: 3 })
    expect(environmentOf(`${both} [C=3]`, {}, files).environment).toEqual(['A=1', 'B=2', '$$D=2', 'C=3'])
  })

  test('are never those by which docker itself is led', () => {
    expect(adapt(web('environment: {DOCKER_HOST: ""}')).problems).toEqual([
      expect.stringMatching(
        /^c\.yml line 4: services\.web\.environment: DOCKER_HOST has no value, and docker would put its own/,
      ),
    ])
    expect(adapt(web('env_file: a'), {}, { a: '\nDOCKER_CONFIG=' }).problems).toEqual([
      expect.stringMatching(/^a line 2: DOCKER_CONFIG has no value/),
    ])
  })

  test('may come from a file that need not be there', () => {
    const lines =
      'env_file:\n      - {path: ./there.env, required: false, format: raw}\n      - {path: "./$NAME.env", required: false}'
    const { problems, notices, environment, warnings } = environmentOf(
      lines,
      { NAME: 'absent' },
      { './there.env': 'A="1"' },
    )
    expect({ problems, warnings, environment }).toEqual({ problems: [], warnings: [], environment: { A: '"1"' } })
    expect(notices).toEqual([
      'c.yml line 6: `env_file` ./absent.env is left out (web): it is not there, and not required',
    ])
  })

  test.each([
    ['env_file: [gone.env]', /^c\.yml line 4: services\.web\.env_file gone\.env: there is no such file/],
    ['env_file: [{path: a.env, format: dotenv}]', /^c\.yml line 4: services\.web\.env_file: `format` is not `raw`/],
    ['env_file: [{path: a.env, required: maybe}]', /`required` is neither true nor false/],
    ['env_file: [{path: a.env, requierd: false}]', /the unknown key "requierd": did you mean `required`/],
    ['env_file: [{required: false}]', /this is no path/],
    ['env_file: "${NO}"', /the variable NO is not set/],
    ['env_file: bad.env', /^bad\.env line 2: docker stack does not know `export`/],
    ['env_file: worse.env', /^worse\.env line 1: this is no NAME=value/],
    ['env_file: none.env', /^none\.env line 1: there is no name before the =/],
    ['env_file: long.env', /^long\.env line 1: the line is longer than 64 kB/],
  ])('%s is refused', (lines, said) => {
    const files = {
      'a.env': '',
      'bad.env': 'A=1\nexport B=2',
      'worse.env': 'A b',
      'none.env': '=x',
      'long.env': `A=${'x'.repeat(70_000)}`,
    }
    expect(adapt(web(lines), {}, files).problems).toContainEqual(expect.stringMatching(said))
  })

  test('that docker compose would read otherwise are a warning with file and line, without a value', () => {
    const file = `URL="https://x.example/a b"\nNAME='single'\nJSON={"a": "b"}\nOPEN="x\nPORT=80 # http\nP=$ab#c\nQ=\${URL}/x\n`
    const { warnings } = adapt(
      `${web('env_file: app.env')}  other: {image: x, env_file: app.env}\n`,
      {},
      { 'app.env': file },
    )
    expect(warnings).toEqual([
      'app.env line 1: URL: docker stack keeps the quotes around the value, which docker compose takes off: leave them out (also NAME in line 2)',
      'app.env line 5: PORT: docker stack keeps what looks like a comment behind the value: put it into a line of its own',
      'app.env line 7: Q: docker stack fills in no variables in an `env_file`: write the value, or the variable under `environment`',
    ])
  })
})

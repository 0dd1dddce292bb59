import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { cliVersion, describeSwarm, resultsOf, unnumbered } from '../support/swarm.ts'

const ADDRESS = '0x52908400098527886e0f7030069857d2e4169ee7'

/** Whatever looks like a number, a truth value or nothing arrives as `docker stack deploy` has it arrive. */
describeSwarm('values in stacks', { registries: { open: {} } }, (swarm) => {
  const image = async () =>
    (await swarm.lab.image({ registry: 'open', repository: 'app', tag: 'v1', content: 'values' })).reference
  const write = (name: string, text: string) => writeFile(join(swarm.runner.workspace, name), text)
  const docker = async (...args: string[]) => {
    const result = await swarm.lab.docker(args)
    expect(result).toMatchObject({ code: 0 })
    return result.stdout.trim()
  }
  /** As text, for JavaScript would round some of its numbers; without the stack's name, its network's ID and our number. */
  const specOf = async (stack: string, name: string) =>
    (await docker('service', 'inspect', '--format', '{{json .Spec}}', `${stack}_${name}`))
      .replaceAll(stack, 'STACK')
      .replace(/,"swarm-deploy.write":"\d+"/, '')
      .replace(/"Target":"\w{25}"/, '"Target":"…"')
  const path = (name: string) => join(swarm.runner.workspace, name)
  /** Docker before 23 wants a version in every file. */
  const needsVersion = Number.parseInt(cliVersion(), 10) < 23

  /** Each is a service of one stack. */
  const VALUES: Readonly<Record<string, string>> = {
    'long hexadecimal numbers and short commits': `environment: {ADDRESS: "${ADDRESS}", PLAIN: ${ADDRESS}, SHA: "12e3456", BARE: 12e3456, ZERO: 0123}\n    env_file: hex.env\n    labels: {address: "${ADDRESS}", sha: 4e56789}`,
    'numbers of 64 bits':
      'ulimits: {memlock: 9223372036854775807, nofile: {soft: 9007199254740993, hard: 9007199254740993}}',
    'limits of zero': 'ulimits: {core: 0, memlock: {soft: 0, hard: 100}}',
    'leading line breaks':
      'entrypoint: ["sh", "-c", "\\n  echo one\\n"]\n    environment: {A: "\\ntext\\n", B: "\\n", C: " x "}',
    'a dollar sign and characters that JSON escapes':
      'environment: {A: "a$$b", B: "<&>\\u2028\\t\\"", C: ~, D: "~", E: "true", F: 1.50, G: 1_000}',
    'a long time': 'stop_grace_period: 8760h\n    healthcheck: {test: [CMD, "true"], interval: 2562047h}',
  }

  test('as docker stack deploy has them, now and in a second deploy of either', async () => {
    const reference = await image()
    const names = Object.keys(VALUES).map((_, index) => `s${index}`)
    const service = (keys: string, index: number) =>
      `  ${names[index]}:\n    image: ${reference}\n    deploy: {replicas: 0}\n    ${keys}\n`
    const text = `services:\n${Object.values(VALUES).map(service).join('')}`
    await write('values.yml', text)
    await write('values-docker.yml', needsVersion ? `version: "3.9"\n${text}` : text)
    await write('hex.env', `KEY=0x${'1'.repeat(64)}\nBIG=0o7777777777777777777777777\nGIT_SHA=4e56789\n`)
    const inputs = { stack: 'values', 'compose-file': 'values.yml' }
    const env = { GIT_SHA: 'from-the-step' }
    const run = await swarm.deploy(inputs, env)
    expect(run.main).toMatchObject({ code: 0 })
    await docker('stack', 'deploy', '--compose-file', path('values-docker.yml'), 'other')
    const specs = (stack: string) =>
      Promise.all(names.map(async (name, index) => [Object.keys(VALUES)[index], await specOf(stack, name)]))
    expect(await specs('values')).toEqual(await specs('other'))

    const again = await swarm.deploy(inputs, env)
    expect(resultsOf(again).map(({ outcome }: { outcome: string }) => outcome)).toEqual(names.map(() => 'unchanged'))
    const all = () => Promise.all(names.map(async (name) => (await swarm.service(`values_${name}`)).Spec))
    const before = await all()
    await docker('stack', 'deploy', '--compose-file', path('values-docker.yml'), 'values')
    expect(await all()).toEqual(before.map(unnumbered))
  })

  test.each([
    ['3.0', 'version: "3.0"\n', ''],
    ['3.2 with an external network', 'version: "3.2"\n', 'networks: {public: {external: {name: public}}}\n'],
    ['3.4 with a config', 'version: "3.4"\n', 'configs: {c: {content: x}}\n'],
    ['one without quotes', 'version: 3\n', ''],
    ['3.8, and another in a second file', 'version: "3.8"\n', 'volumes: {data: {}}\n'],
  ])('the version of a compose file means nothing: %s', async (what, version, more) => {
    const stack = `v${what.replaceAll(/\W/g, '').slice(0, 20)}`
    if (more.startsWith('networks')) await swarm.lab.docker(['network', 'create', '--driver', 'overlay', 'public'])
    const uses = more.startsWith('networks') ? 'networks: [public]' : more.startsWith('configs') ? 'configs: [c]' : ''
    await write(
      '1.yml',
      `${version}services:\n  web:\n    image: ${await image()}\n    deploy: {replicas: 0}\n    ${uses}\n${more}`,
    )
    await write('2.yml', 'version: "3.2"\nservices: {web: {environment: {A: "1"}}}\n')
    const run = await swarm.deploy({ stack, 'compose-file': '1.yml\n2.yml' })
    expect(run.main).toMatchObject({ code: 0 })
    expect((await swarm.service(`${stack}_web`)).Spec.TaskTemplate.ContainerSpec?.Env).toEqual(['A=1'])
  })

  test('contents that look like numbers, and that begin with a line break', async () => {
    await write(
      'contents.yml',
      `services: {web: {image: '${await image()}', deploy: {replicas: 0}, configs: [a, b, c], secrets: [s]}}
configs:
  a: {content: "${ADDRESS}"}
  b: {content: "12e3456", labels: [x=1]}
  c:
    content: |

      key=\${VALUE}
secrets: {s: {environment: TOKEN}}
`,
    )
    const env = { VALUE: 'a:b$c', TOKEN: '12e3456789' }
    const run = await swarm.deploy({ stack: 'contents', 'compose-file': 'contents.yml' }, env)
    expect(run.main).toMatchObject({ code: 0 })
    const configs = await docker('config', 'ls', '--quiet', '--filter', 'label=com.docker.stack.namespace=contents')
    const all = JSON.parse(await docker('config', 'inspect', ...configs.split('\n'))) as {
      readonly Spec: { readonly Name: string; readonly Data: string; readonly Labels: Record<string, string> }
    }[]
    const contents = all.map(({ Spec }) => [Spec.Name.replace(/-.*/, ''), Buffer.from(Spec.Data, 'base64').toString()])
    expect(Object.fromEntries(contents)).toEqual({
      contents_a: ADDRESS,
      contents_b: '12e3456',
      contents_c: '\nkey=a:b$c\n',
    })
    const labels = all.map(({ Spec }) => Object.keys(Spec.Labels).toSorted())
    const ours = ['com.docker.stack.namespace', 'swarm-deploy.version-of']
    expect(labels.toSorted((a, b) => a.length - b.length)).toEqual([ours, ours, [...ours, 'x']])
  })

  test('one docker process says all of a stack, and what it warns of is heard', async () => {
    const services = Array.from({ length: 20 }, (_, index) => `  s${index}: {<<: *app, hostname: h${index}}`)
    const app = `x-app: &app {image: '${await image()}', deploy: {replicas: 0}, cgroupns_mode: private}\n`
    await write('many.yml', `${app}services:\n${services.join('\n')}\n`)
    const env = await swarm.countingDocker()
    const run = await swarm.deploy({ stack: 'many', 'compose-file': 'many.yml' }, env)
    expect(run.main).toMatchObject({ code: 0 })
    const starts = await readFile(join(swarm.runner.directory, 'bin', 'starts'), 'utf8')
    expect(starts.split('\n').filter((line) => line.endsWith(' stack'))).toHaveLength(1)
    const warnings = run.annotations.filter(({ level }) => level === 'warning').map(({ message }) => message)
    expect(warnings.filter((line) => line.includes('cgroupns_mode'))).toEqual([
      'docker stack deploy says: Ignoring unsupported options: cgroupns_mode',
    ])
  })

  test('all that docker refuses is told at once, each with its place, and nothing that follows from another', async () => {
    const app = `image: '${await image()}'`
    await write(
      'refused.yml',
      `services:
  one: {${app}, deploy: {mode: sideways}}
  two: {${app}, ports: ["x:y"]}
  three: {${app}, configs: [empty]}
  four: {${app}, secrets: [gone]}
  five: {image: '${await image()}-missing'}
configs: {empty: {file: ./empty.txt}}
secrets: {gone: {external: true}}
`,
    )
    await write('empty.txt', '')
    const run = await swarm.deploy({ stack: 'refused', 'compose-file': 'refused.yml' })
    expect(run.main.code).toBe(1)
    const errors = run.annotations.filter(({ level }) => level === 'error').map(({ message }) => message)
    expect(errors.toSorted()).toEqual([
      expect.stringMatching(/^refused\.yml line 2: docker refuses it: .*[Uu]nknown mode: sideways/),
      expect.stringMatching(/^refused\.yml line 3: docker refuses it: .*[pP]orts/),
      expect.stringMatching(/^refused\.yml line 7: configs\.empty: its (?:content|file \S+) is empty/),
      expect.stringMatching(/^refused\.yml line 8: the external secret gone does not exist/),
      expect.stringMatching(/^service refused_five: image .* cannot be read/),
    ])
  })
})

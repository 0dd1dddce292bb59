import { describe, expect, test } from '@jest/globals'
import type { Distribution, Node, Service } from '../../../src/docker/api.ts'
import { agreeOnVersion, connectEngine, type Engine, EngineError } from '../../../src/docker/engine.ts'
import { platformProblem } from '../../../src/docker/placement.ts'
import { parseReference } from '../../../src/docker/reference.ts'
import { resolveImage } from '../../../src/docker/registry.ts'
import { withPlatforms } from '../../../src/docker/service-spec.ts'
import { createNode, createSpec, digest } from '../../support/builders.ts'
import { FakeDaemon } from '../../support/fake-daemon.ts'

const never = new AbortController().signal

/** An engine over a daemon that gives one answer to everything. */
async function withAnswer<T>(body: unknown, use: (engine: Engine) => Promise<T>): Promise<T> {
  await using daemon = await FakeDaemon.start((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  })
  const engine = await connectEngine(daemon.dial, {}, never)
  try {
    return await use(engine)
  } finally {
    engine.close()
  }
}

describe('the API version to speak', () => {
  test.each([
    ['1.41', '1.41', 'the oldest that serves: Docker 20.10'],
    ['1.44', '1.44', "an older daemon's own"],
    ['1.54', '1.54', 'our own'],
    ['1.55', '1.54', 'our own with a newer daemon'],
    ['1.100', '1.54', 'compared by numbers, not by letters'],
    ['2.0', '1.54', 'compared by the first number first'],
  ])('with a daemon of %s is %s: %s', (offered, agreed) => {
    expect(agreeOnVersion(offered)).toBe(agreed)
  })

  test.each(['1.40', '1.9', '1.4', '0.99'])('with a daemon of %s is none: it is too old', (offered) => {
    expect(() => agreeOnVersion(offered)).toThrow(
      new EngineError(400, `its API ${offered} is too old: Docker 20.10 (API 1.41) is the oldest that serves`),
    )
  })
})

describe('what Go writes as null is not there', () => {
  test('an image with a single OCI manifest names no platforms, and can be planned with', async () => {
    const answer = {
      Descriptor: { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digest('b'), size: 402 },
      Platforms: null,
    }
    const image = await withAnswer(answer, (engine) =>
      resolveImage(engine, parseReference('ghcr.io/acme/web:2'), undefined, never),
    )
    expect(image).toEqual({ Descriptor: answer.Descriptor })
    expect(withPlatforms(createSpec(), (image as Distribution).Platforms)).toEqual(createSpec())
    expect(platformProblem([createNode(1)], image.Platforms ?? [])).toBeUndefined()
  })

  test.each<[string, unknown, unknown]>([
    ['lists and maps of a spec', [{ Spec: { Labels: null, Networks: null } }], [{ Spec: {} }]],
    ['deeper down', [{ A: { B: [{ C: null, D: 0 }] } }], [{ A: { B: [{ D: 0 }] } }]],
    ['items of a list', [{ Ports: [null, { PublishedPort: 80 }] }], [{ Ports: [{ PublishedPort: 80 }] }]],
    ['and nothing else', [{ a: 'null', b: 0, c: '', d: false, e: [], f: {} }], undefined],
  ])('%s', async (_, body, read) => {
    expect(await withAnswer(body, (engine) => engine.get<Service[]>('/services'))).toEqual(read ?? body)
    expect(await withAnswer(body, (engine) => engine.post<Node[]>('/any'))).toEqual(read ?? body)
  })
})

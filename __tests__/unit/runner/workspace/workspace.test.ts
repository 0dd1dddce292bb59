import { chownSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { scratchDirectory } from '../../../../lab/scratch.ts'
import { UserError } from '../../../../src/errors.ts'
import { createWorkspace, removeWorkspace } from '../../../../src/runner/workspace/workspace.ts'
import { leftWorkspaces } from '../../../../src/runner/workspace/workspace-path.ts'

const SET_BEFORE = process.env.RUNNER_TEMP
let temp: string
beforeEach(() => {
  temp = scratchDirectory('ws-')
  process.env.RUNNER_TEMP = temp
})
afterEach(() => {
  rmSync(temp, { recursive: true, force: true })
  if (SET_BEFORE === undefined) delete process.env.RUNNER_TEMP
  else process.env.RUNNER_TEMP = SET_BEFORE
})

describe('the workspace', () => {
  test("is this user's alone, in the runner's temporary directory, and gone in the end", async () => {
    {
      await using workspace = await createWorkspace()
      expect(dirname(workspace.directory)).toBe(temp)
      expect(lstatSync(workspace.directory).mode & 0o777).toBe(0o700)
      await workspace.writeFile(join(workspace.directory, 'askpass'), '#!/bin/sh\n', 'program')
      expect(lstatSync(join(workspace.directory, 'askpass')).mode & 0o777).toBe(0o700)
    }
    expect(readdirSync(temp)).toEqual([])
  })

  test.each([
    ['is missing', () => join(temp, 'missing')],
    [
      'is a file',
      () => {
        writeFileSync(join(temp, 'file'), '')
        return join(temp, 'file')
      },
    ],
    [
      'is 200 characters long',
      () => {
        const long = join(temp, ...Array(4).fill('x'.repeat(50)))
        mkdirSync(long, { recursive: true })
        return long
      },
    ],
  ])("is in the system's where the runner's %s", async (_name, make) => {
    process.env.RUNNER_TEMP = make()
    await using workspace = await createWorkspace()
    expect([tmpdir(), '/tmp']).toContain(dirname(workspace.directory))
    expect(lstatSync(workspace.directory).mode & 0o777).toBe(0o700)
    // ssh adds 17 bytes while it makes a socket, and the kernel takes 107.
    expect(Buffer.byteLength(workspace.socketPath()) + 17).toBeLessThanOrEqual(107)
    expect(await leftWorkspaces()).toContain(workspace.directory)
  })

  test('that somebody removes meanwhile is one plain error', async () => {
    await using workspace = await createWorkspace()
    rmSync(workspace.directory, { recursive: true })
    const expected = new UserError(
      `the directory of this run, ${workspace.directory}, cannot be written to: there is no such directory. It has to stay as it is until the step ends, with some free space`,
    )
    await expect(workspace.makeDirectory('ssh')).rejects.toEqual(expected)
    await expect(workspace.writeFile(join(workspace.directory, 'x'), '')).rejects.toEqual(expected)
  })
})

describe('what post is told to remove', () => {
  const NAME = 'swarm-deploy-0123456789ab'

  test('is not there any more', async () => {
    await expect(removeWorkspace(join(temp, NAME))).resolves.toBeUndefined()
  })

  test.each([
    ['of another name', (dir: string) => join(dir, 'swarm-deploy')],
    ['elsewhere', (dir: string) => join(dir, 'deeper', NAME)],
    ['with a way out', (dir: string) => `${dir}/../${NAME}`],
    ['that is all', () => '/'],
  ])('is a directory %s: it is left', async (_name, pathIn) => {
    const path = pathIn(temp)
    const made = path.startsWith(`${temp}/`) && !path.includes('..')
    if (made) mkdirSync(path, { recursive: true })
    await expect(removeWorkspace(path)).rejects.toThrow(`${path} is not a directory that this action made`)
    if (made) expect(readdirSync(dirname(path))).toHaveLength(1)
  })

  const isRoot = process.getuid?.() === 0
  const asRoot = isRoot ? test : test.skip
  asRoot(`was made by another user: it is left${isRoot ? '' : ' (skipped: needs root)'}`, async () => {
    mkdirSync(join(temp, NAME), { mode: 0o700 })
    chownSync(join(temp, NAME), 65_534, 65_534)
    await expect(removeWorkspace(join(temp, NAME))).rejects.toThrow('is not a directory that this action made')
    expect(await leftWorkspaces()).not.toContain(join(temp, NAME))
    expect(readdirSync(temp)).toEqual([NAME])
  })

  test('is a symbolic link: it and what it leads to are left', async () => {
    mkdirSync(join(temp, 'precious', 'inside'), { recursive: true })
    symlinkSync(join(temp, 'precious'), join(temp, NAME))
    await expect(removeWorkspace(join(temp, NAME))).rejects.toThrow('is not a directory that this action made')
    expect(readdirSync(join(temp, 'precious'))).toEqual(['inside'])
    expect(await leftWorkspaces()).not.toContain(join(temp, NAME))
  })
})

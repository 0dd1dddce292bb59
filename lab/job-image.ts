import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Lab } from './lab.ts'
import { machineProgram } from './machine-program.ts'
import { tar } from './tar.ts'

const NAME = 'job:latest'

/**
 * Gives the first daemon of a lab an image that jobs can run in, made of what this machine has: a shell, node and the
 * docker CLI, with the libraries that they load.
 *
 * @param node the program that actions are started with
 * @returns its name
 */
export async function makeJobImage(lab: Lab<string>, node: string): Promise<string> {
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim()
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')
  const programs = [machineProgram('busybox'), machineProgram('node', node), machineProgram('docker')].flat()
  const files = [...new Map(programs.map((file) => [file.path, file])).values()]
  const links = applets.filter((name) => name !== 'busybox').map((name) => ({ path: `bin/${name}`, target: 'busybox' }))
  const directories = ['bin/', 'etc/', 'root/', 'tmp/', 'var/', 'var/run/'].map((path) => ({ path }))
  const archive = join(tmpdir(), `job-image-${process.pid}.tar`)
  writeFileSync(archive, tar([...directories, ...files, ...links]))
  try {
    const { code, stderr } = await lab.docker(['import', '--change', 'ENV PATH=/bin', archive, NAME])
    if (code !== 0) throw new Error(`the image for jobs could not be made: ${stderr}`)
    return NAME
  } finally {
    rmSync(archive)
  }
}

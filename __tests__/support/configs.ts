import type { Lab } from '../../lab/lab.ts'

/** The names of all configs of a swarm but the records of its deploys, which are to stay. */
export async function configsBesideRecords(lab: Lab): Promise<string[]> {
  const { stdout } = await lab.docker(['config', 'ls', '--format', '{{.Name}}'])
  return stdout.split('\n').filter((name) => name !== '' && !name.startsWith('swarm-deploy.record.'))
}

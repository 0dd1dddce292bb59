/** A setting of a service: where a compose file has it, and the flag of `docker service create` for it. */
interface Names {
  readonly compose: string
  readonly flag: string
}

const SETTINGS = {
  name: { compose: '', flag: '`name`' },
  mode: { compose: 'deploy.mode', flag: '--mode' },
  'cpu limit': { compose: 'deploy.resources.limits.cpus', flag: '--limit-cpu' },
  'memory limit': { compose: 'deploy.resources.limits.memory', flag: '--limit-memory' },
  'cpu reservation': { compose: 'deploy.resources.reservations.cpus', flag: '--reserve-cpu' },
  'memory reservation': { compose: 'deploy.resources.reservations.memory', flag: '--reserve-memory' },
  'restart condition': { compose: 'deploy.restart_policy.condition', flag: '--restart-condition' },
  'restart delay': { compose: 'deploy.restart_policy.delay', flag: '--restart-delay' },
  'restart window': { compose: 'deploy.restart_policy.window', flag: '--restart-window' },
  constraints: { compose: 'deploy.placement.constraints', flag: '--constraint' },
  'update policy': { compose: 'deploy.update_config', flag: '--update-…' },
  'update delay': { compose: 'deploy.update_config.delay', flag: '--update-delay' },
  'update monitor': { compose: 'deploy.update_config.monitor', flag: '--update-monitor' },
  'update failure ratio': { compose: 'deploy.update_config.max_failure_ratio', flag: '--update-max-failure-ratio' },
  'update failure action': { compose: 'deploy.update_config.failure_action', flag: '--update-failure-action' },
  'update order': { compose: 'deploy.update_config.order', flag: '--update-order' },
  'rollback failure action': { compose: 'deploy.rollback_config.failure_action', flag: '--rollback-failure-action' },
  'rollback order': { compose: 'deploy.rollback_config.order', flag: '--rollback-order' },
  'endpoint mode': { compose: 'deploy.endpoint_mode', flag: '--endpoint-mode' },
  ports: { compose: 'ports', flag: '--publish' },
  networks: { compose: 'networks', flag: '--network' },
  mounts: { compose: 'volumes', flag: '--mount' },
  secrets: { compose: 'secrets', flag: '--secret' },
  configs: { compose: 'configs', flag: '--config' },
  environment: { compose: 'environment', flag: '--env' },
  hostname: { compose: 'hostname', flag: '--hostname' },
  isolation: { compose: 'isolation', flag: '--isolation' },
  'working directory': { compose: 'working_dir', flag: '--workdir' },
  'health command': { compose: 'healthcheck.test', flag: '--health-cmd' },
  'health interval': { compose: 'healthcheck.interval', flag: '--health-interval' },
  'health timeout': { compose: 'healthcheck.timeout', flag: '--health-timeout' },
  'health start period': { compose: 'healthcheck.start_period', flag: '--health-start-period' },
  'health start interval': { compose: 'healthcheck.start_interval', flag: '--health-start-interval' },
  'health retries': { compose: 'healthcheck.retries', flag: '--health-retries' },
} as const satisfies Readonly<Record<string, Names>>

export type Setting = keyof typeof SETTINGS

/** Where a service of a compose file has a setting: `['deploy', 'mode']`; empty for its name. */
export function composePath(setting: Setting): readonly string[] {
  const { compose } = SETTINGS[setting]
  return compose === '' ? [] : compose.split('.')
}

/** The flag of docker that gives a setting. */
export function flagFor(setting: Setting): string {
  return SETTINGS[setting].flag
}

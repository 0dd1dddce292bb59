import { describe, expect, test } from '@jest/globals'
import { parseHost, parseJump, shownAddress } from '../../../../src/inputs/reach/host.ts'

describe('an address of a daemon', () => {
  test.each<[string, object]>([
    ['ssh://host', { kind: 'ssh', user: undefined, name: 'host', port: undefined, socket: undefined }],
    ['ssh://deploy@swarm.example.com', { user: 'deploy', name: 'swarm.example.com' }],
    ['ssh://deploy@10.0.0.1:2222', { user: 'deploy', name: '10.0.0.1', port: 2222 }],
    ['ssh://deploy@[fd00::1]:22', { name: 'fd00::1', port: 22 }],
    ['ssh://me@corp.com@host', { user: 'me@corp.com', name: 'host' }],
    ['ssh://host/run/user/1000/docker.sock', { name: 'host', socket: '/run/user/1000/docker.sock' }],
    ['ssh://host/', { name: 'host', socket: undefined }],
    ['tcp://manager.example.com:2376', { kind: 'tcp', text: 'tcp://manager.example.com:2376' }],
    ['tcp://[fd00::1]:2376/', { kind: 'tcp', text: 'tcp://[fd00::1]:2376' }],
    ['unix:///var/run/docker.sock', { kind: 'unix', text: 'unix:///var/run/docker.sock' }],
  ])('%s', (text, host) => {
    expect(parseHost(text)).toMatchObject(host)
  })

  test.each([
    [
      'swarm.example.com',
      'is no address of a docker daemon: write one such as `ssh://user@swarm.example.com`, `tcp://swarm.example.com:2376` or',
    ],
    ['deploy@10.0.0.7:2222', /write one such as `ssh:\/\/deploy@10\.0\.0\.7:2222`$/],
    ['10.0.0.7:2376', /write one such as `tcp:\/\/10\.0\.0\.7:2376`$/],
    ['10.0.0.7:22', /write one such as `ssh:\/\/user@10\.0\.0\.7:22` or `tcp:\/\/10\.0\.0\.7:22`$/],
    ['https://swarm.example.com', 'is no address of a docker daemon: write one such as `ssh://user@host`'],
    ['ssh://', 'is no SSH address'],
    ['ssh://host:0', 'is no SSH address'],
    ['ssh://host:70000', 'is no SSH address'],
    ['ssh://-oProxyCommand=evil', 'is no SSH address'],
    ['ssh://user@-oProxyCommand=evil', 'is no SSH address'],
    ['ssh://-l@host', '"ssh://-l@host" is no SSH address'],
    ['ssh://host/a b.sock', 'special characters'],
    ['ssh://host/$(id -u).sock', 'special characters'],
    ['ssh://$SSH_USER@$SSH_HOST', 'the address still holds $SSH_USER: nothing has put a value in its place'],
    ['tcp://${{ vars.HOST }}:2376', 'the address still holds ${{ vars.HOST }}: nothing has'],
    ['ssh://$(sshHost)', 'the address still holds $(sshHost): nothing has'],
    ['ssh://%SSH_HOST%', 'the address still holds %SSH_HOST%: nothing has'],
    ['ssh://user:secret@host', 'there is a password in the address'],
    ['tcp://host', 'write it with its port'],
    ['tcp://host:2376/path', 'write it with its port'],
    ['unix://docker.sock', 'write its absolute path'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseHost(text)).toThrow(reason)
  })

  test('a password in it is not shown', () => {
    expect(() => parseHost('ssh://user:wonderland@host')).toThrow(/^(?!.*wonderland)/)
  })

  test.each([
    ...['ssh://p&ss!', 'tcp://p&ss!:2376', 'ssh://host?pw=p&ss', 'ssh://host/p&ss!', 'ssh://host:p&ss!'],
    ...['unix://p&ss!', 'p&ss!', 'ssh://p$ss!', 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8-p&ss'],
  ])('nor is what may be one: %s', (text) => {
    expect(() => parseHost(text)).toThrow(/^"\*\*\*" \(\d+ characters, which may be a secret\) (?!.*p&ss)/)
  })

  test.each([
    ['ssh://deploy@manager.example.com', 'ssh://deploy@manager.example.com'],
    ['unix:///run/user/1000/docker.sock', 'unix:///run/user/1000/docker.sock'],
    ['ssh://aB3dE5fG7hJ9kL1mN2pQ4rS6', 'ssh://***'],
    ['unix:///p&ss!', 'unix://***'],
    ['unix:///tmp/docker-forward-0Z5k6z9A/docker.sock', 'unix:///tmp/docker-forward-0Z5k6z9A/docker.sock'],
    ['unix:///aB3dE5fG7hJ9kL1mN2pQ4rS6', 'unix://***'],
    [`unix:///run/ghp_${'aB3dE5fG7h'.repeat(3)}.sock`, 'unix://***'],
  ])('%s is called %s in the log', (text, shown) => {
    expect(shownAddress(text)).toBe(shown)
  })

  test('and what a bare one could be is not written with it', () => {
    expect(() => parseHost('aB3dE5fG7hJ9kL1mN2pQ4rS6')).toThrow(/^(?!.*aB3dE5)/)
  })
})

describe('a jump host', () => {
  test.each([
    ['bastion', 'bastion'],
    ['ssh://jump@bastion:2222', 'jump@bastion:2222'],
    ['jump@[fd00::1]:22', 'jump@[fd00::1]:22'],
  ])('%s', (text, jump) => {
    expect(parseJump(text)).toBe(jump)
  })

  test.each(['-oProxyCommand=evil', 'a b', 'bastion/path', 'bastion:99999'])('%s is refused', (text) => {
    expect(() => parseJump(text)).toThrow('is no jump host')
  })
})

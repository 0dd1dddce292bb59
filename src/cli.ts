#!/usr/bin/env node
import { command } from './run.ts'

const fileOf = (name: string) => new URL(`../${name}`, import.meta.url)

command(process.argv.slice(2), { action: fileOf('action.yml'), manifest: fileOf('package.json') })

import vm from 'node:vm'
import { TestEnvironment } from 'jest-environment-node'

/**
 * Jest's environment for Node, whose global object is an ordinary one. Jest's own is a proxy behind an interceptor of
 * node:vm: there each mention of `Object`, `Map` or `JSON` takes a hundred times as long.
 */
export default class PlainGlobals extends TestEnvironment {
  constructor(config, context) {
    const { createContext } = vm
    vm.createContext = () => createContext(vm.constants.DONT_CONTEXTIFY)
    try {
      super(config, context)
    } finally {
      vm.createContext = createContext
    }
  }
}

// Each test file loads all its modules anew, those of Jest too. A worker parses each of them once: for its other files V8
// gets back what it has made of the same text.
const { compileFunction, SourceTextModule } = vm
const parsed = new Map()

/** What V8 has made of this text before. */
function parsedBefore(name, code) {
  const before = parsed.get(name)
  return before?.code === code ? before.cachedData : undefined
}

vm.compileFunction = (code, parameters, options) => {
  const cachedData = parsedBefore(options.filename, code)
  const compiled = compileFunction(code, parameters, { ...options, cachedData, produceCachedData: !cachedData })
  if (compiled.cachedData) parsed.set(options.filename, { code, cachedData: compiled.cachedData })
  return compiled
}

vm.SourceTextModule = class extends SourceTextModule {
  constructor(code, options) {
    const cachedData = parsedBefore(options.identifier, code)
    super(code, { ...options, cachedData })
    if (!cachedData) parsed.set(options.identifier, { code, cachedData: this.createCachedData() })
  }
}

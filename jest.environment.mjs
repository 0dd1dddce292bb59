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
    // Jest asks for a hundred: an error is made for each `expect`, and nine of ten frames would be Jest's own.
    this.global.Error.stackTraceLimit = 10
  }

  async teardown() {
    for (const [name, { code, script }] of read) parsed.set(name, { code, cachedData: script.createCachedData() })
    read.clear()
    await super.teardown()
  }
}

// Each test file loads all its modules anew, those of Jest too. A worker parses each of them once: for its other files V8
// gets back what it has made of the same text.
const { Script, SourceTextModule } = vm
const parsed = new Map()

/** What V8 has made of this text before. */
function parsedBefore(name, code) {
  const before = parsed.get(name)
  return before?.code === code ? before.cachedData : undefined
}

/** Those of this test file that V8 had to read: when it ends they also have all functions that were called. */
const read = new Map()

vm.compileFunction = (code, parameters, { filename, parsingContext, importModuleDynamically }) => {
  const cachedData = parsedBefore(filename, code)
  const head = `(function (${parameters.join(', ')}) {`
  const script = new Script(`${head}${code}\n})`, {
    filename,
    cachedData,
    importModuleDynamically,
    columnOffset: -head.length,
  })
  if (!cachedData || script.cachedDataRejected) read.set(filename, { code, script })
  return script.runInContext(parsingContext)
}

vm.SourceTextModule = class extends SourceTextModule {
  constructor(code, options) {
    const cachedData = parsedBefore(options.identifier, code)
    super(code, { ...options, cachedData })
    if (!cachedData) parsed.set(options.identifier, { code, cachedData: this.createCachedData() })
  }
}

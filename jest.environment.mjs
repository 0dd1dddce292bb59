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
    importers.clear()
    await super.teardown()
  }
}

const { Script, SourceTextModule } = vm

// Each test file loads all its modules anew, those of Jest too. A worker compiles each CommonJS module once: for its other
// files the same script, with the functions that were called since, runs on another global object.
const scripts = new Map()

/** What `import()` does in these scripts, for the test file that runs. */
const importers = new Map()

vm.compileFunction = (code, parameters, { filename, parsingContext, importModuleDynamically }) => {
  const before = scripts.get(filename)
  const known = before?.code === code ? before : { code, script: scriptOf(code, parameters, filename) }
  scripts.set(filename, known)
  importers.set(filename, importModuleDynamically)
  return known.script.runInContext(parsingContext)
}

function scriptOf(code, parameters, filename) {
  const head = `(function (${parameters.join(', ')}) {`
  return new Script(`${head}${code}\n})`, {
    filename,
    importModuleDynamically: (...asked) => importers.get(filename)(...asked),
    columnOffset: -head.length,
  })
}

// An ES module belongs to one global object: V8 gets back what it has made of the same text.
const parsed = new Map()

vm.SourceTextModule = class extends SourceTextModule {
  constructor(code, options) {
    const before = parsed.get(options.identifier)
    const cachedData = before?.code === code ? before.cachedData : undefined
    super(code, { ...options, cachedData })
    if (!cachedData) parsed.set(options.identifier, { code, cachedData: this.createCachedData() })
  }
}

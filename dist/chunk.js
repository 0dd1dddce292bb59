import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
var __create = Object.create;
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __getProtoOf = Object.getPrototypeOf;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __knownSymbol = (name, symbol) => (symbol = Symbol[name]) ? symbol : /* @__PURE__ */ Symbol.for("Symbol." + name);
var __typeError = (msg) => {
  throw TypeError(msg);
};
var __require = /* @__PURE__ */ ((x) => typeof require !== "undefined" ? require : typeof Proxy !== "undefined" ? new Proxy(x, {
  get: (a, b) => (typeof require !== "undefined" ? require : a)[b]
}) : x)(function(x) {
  if (typeof require !== "undefined") return require.apply(this, arguments);
  throw Error('Dynamic require of "' + x + '" is not supported');
});
var __commonJS = (cb, mod) => function __require2() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? __create(__getProtoOf(mod)) : {}, __copyProps(
  // If the importer is in node compatibility mode or this is not an ESM
  // file that has been converted to a CommonJS file using a Babel-
  // compatible transform (i.e. "__esModule" has not been set), then set
  // "default" to the CommonJS "module.exports" for node compatibility.
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target,
  mod
));
var __using = (stack, value, async) => {
  if (value != null) {
    if (typeof value !== "object" && typeof value !== "function") __typeError("Object expected");
    var dispose, inner;
    if (async) dispose = value[__knownSymbol("asyncDispose")];
    if (dispose === void 0) {
      dispose = value[__knownSymbol("dispose")];
      if (async) inner = dispose;
    }
    if (typeof dispose !== "function") __typeError("Object not disposable");
    if (inner) dispose = function() {
      try {
        inner.call(this);
      } catch (e) {
        return Promise.reject(e);
      }
    };
    stack.push([async, dispose, value]);
  } else if (async) {
    stack.push([async]);
  }
  return value;
};
var __callDispose = (stack, error, hasError) => {
  var E = typeof SuppressedError === "function" ? SuppressedError : function(e, s, m, _) {
    return _ = Error(m), _.name = "SuppressedError", _.error = e, _.suppressed = s, _;
  };
  var fail = (e) => error = hasError ? new E(e, error, "An error was suppressed during disposal") : (hasError = true, e);
  var next = (it) => {
    while (it = stack.pop()) {
      try {
        var result = it[1] && it[1].call(it[2]);
        if (it[0]) return Promise.resolve(result).then(next, (e) => (fail(e), next()));
      } catch (e) {
        fail(e);
      }
    }
    if (hasError) throw error;
  };
  return next();
};

// node_modules/yaml/dist/nodes/identity.js
var require_identity = __commonJS({
  "node_modules/yaml/dist/nodes/identity.js"(exports) {
    "use strict";
    var ALIAS = /* @__PURE__ */ Symbol.for("yaml.alias");
    var DOC = /* @__PURE__ */ Symbol.for("yaml.document");
    var MAP = /* @__PURE__ */ Symbol.for("yaml.map");
    var PAIR2 = /* @__PURE__ */ Symbol.for("yaml.pair");
    var SCALAR = /* @__PURE__ */ Symbol.for("yaml.scalar");
    var SEQ = /* @__PURE__ */ Symbol.for("yaml.seq");
    var NODE_TYPE = /* @__PURE__ */ Symbol.for("yaml.node.type");
    var isAlias2 = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === ALIAS;
    var isDocument = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === DOC;
    var isMap2 = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === MAP;
    var isPair = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === PAIR2;
    var isScalar2 = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SCALAR;
    var isSeq2 = (node) => !!node && typeof node === "object" && node[NODE_TYPE] === SEQ;
    function isCollection(node) {
      if (node && typeof node === "object")
        switch (node[NODE_TYPE]) {
          case MAP:
          case SEQ:
            return true;
        }
      return false;
    }
    function isNode(node) {
      if (node && typeof node === "object")
        switch (node[NODE_TYPE]) {
          case ALIAS:
          case MAP:
          case SCALAR:
          case SEQ:
            return true;
        }
      return false;
    }
    var hasAnchor = (node) => (isScalar2(node) || isCollection(node)) && !!node.anchor;
    exports.ALIAS = ALIAS;
    exports.DOC = DOC;
    exports.MAP = MAP;
    exports.NODE_TYPE = NODE_TYPE;
    exports.PAIR = PAIR2;
    exports.SCALAR = SCALAR;
    exports.SEQ = SEQ;
    exports.hasAnchor = hasAnchor;
    exports.isAlias = isAlias2;
    exports.isCollection = isCollection;
    exports.isDocument = isDocument;
    exports.isMap = isMap2;
    exports.isNode = isNode;
    exports.isPair = isPair;
    exports.isScalar = isScalar2;
    exports.isSeq = isSeq2;
  }
});

// node_modules/yaml/dist/visit.js
var require_visit = __commonJS({
  "node_modules/yaml/dist/visit.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var BREAK = /* @__PURE__ */ Symbol("break visit");
    var SKIP = /* @__PURE__ */ Symbol("skip children");
    var REMOVE = /* @__PURE__ */ Symbol("remove node");
    function visit(node, visitor) {
      const visitor_ = initVisitor(visitor);
      if (identity2.isDocument(node)) {
        const cd = visit_(null, node.contents, visitor_, Object.freeze([node]));
        if (cd === REMOVE)
          node.contents = null;
      } else
        visit_(null, node, visitor_, Object.freeze([]));
    }
    visit.BREAK = BREAK;
    visit.SKIP = SKIP;
    visit.REMOVE = REMOVE;
    function visit_(key, node, visitor, path) {
      const ctrl = callVisitor(key, node, visitor, path);
      if (identity2.isNode(ctrl) || identity2.isPair(ctrl)) {
        replaceNode(key, path, ctrl);
        return visit_(key, ctrl, visitor, path);
      }
      if (typeof ctrl !== "symbol") {
        if (identity2.isCollection(node)) {
          path = Object.freeze(path.concat(node));
          for (let i = 0; i < node.items.length; ++i) {
            const ci = visit_(i, node.items[i], visitor, path);
            if (typeof ci === "number")
              i = ci - 1;
            else if (ci === BREAK)
              return BREAK;
            else if (ci === REMOVE) {
              node.items.splice(i, 1);
              i -= 1;
            }
          }
        } else if (identity2.isPair(node)) {
          path = Object.freeze(path.concat(node));
          const ck = visit_("key", node.key, visitor, path);
          if (ck === BREAK)
            return BREAK;
          else if (ck === REMOVE)
            node.key = null;
          const cv = visit_("value", node.value, visitor, path);
          if (cv === BREAK)
            return BREAK;
          else if (cv === REMOVE)
            node.value = null;
        }
      }
      return ctrl;
    }
    async function visitAsync(node, visitor) {
      const visitor_ = initVisitor(visitor);
      if (identity2.isDocument(node)) {
        const cd = await visitAsync_(null, node.contents, visitor_, Object.freeze([node]));
        if (cd === REMOVE)
          node.contents = null;
      } else
        await visitAsync_(null, node, visitor_, Object.freeze([]));
    }
    visitAsync.BREAK = BREAK;
    visitAsync.SKIP = SKIP;
    visitAsync.REMOVE = REMOVE;
    async function visitAsync_(key, node, visitor, path) {
      const ctrl = await callVisitor(key, node, visitor, path);
      if (identity2.isNode(ctrl) || identity2.isPair(ctrl)) {
        replaceNode(key, path, ctrl);
        return visitAsync_(key, ctrl, visitor, path);
      }
      if (typeof ctrl !== "symbol") {
        if (identity2.isCollection(node)) {
          path = Object.freeze(path.concat(node));
          for (let i = 0; i < node.items.length; ++i) {
            const ci = await visitAsync_(i, node.items[i], visitor, path);
            if (typeof ci === "number")
              i = ci - 1;
            else if (ci === BREAK)
              return BREAK;
            else if (ci === REMOVE) {
              node.items.splice(i, 1);
              i -= 1;
            }
          }
        } else if (identity2.isPair(node)) {
          path = Object.freeze(path.concat(node));
          const ck = await visitAsync_("key", node.key, visitor, path);
          if (ck === BREAK)
            return BREAK;
          else if (ck === REMOVE)
            node.key = null;
          const cv = await visitAsync_("value", node.value, visitor, path);
          if (cv === BREAK)
            return BREAK;
          else if (cv === REMOVE)
            node.value = null;
        }
      }
      return ctrl;
    }
    function initVisitor(visitor) {
      if (typeof visitor === "object" && (visitor.Collection || visitor.Node || visitor.Value)) {
        return Object.assign({
          Alias: visitor.Node,
          Map: visitor.Node,
          Scalar: visitor.Node,
          Seq: visitor.Node
        }, visitor.Value && {
          Map: visitor.Value,
          Scalar: visitor.Value,
          Seq: visitor.Value
        }, visitor.Collection && {
          Map: visitor.Collection,
          Seq: visitor.Collection
        }, visitor);
      }
      return visitor;
    }
    function callVisitor(key, node, visitor, path) {
      if (typeof visitor === "function")
        return visitor(key, node, path);
      if (identity2.isMap(node))
        return visitor.Map?.(key, node, path);
      if (identity2.isSeq(node))
        return visitor.Seq?.(key, node, path);
      if (identity2.isPair(node))
        return visitor.Pair?.(key, node, path);
      if (identity2.isScalar(node))
        return visitor.Scalar?.(key, node, path);
      if (identity2.isAlias(node))
        return visitor.Alias?.(key, node, path);
      return void 0;
    }
    function replaceNode(key, path, node) {
      const parent = path[path.length - 1];
      if (identity2.isCollection(parent)) {
        parent.items[key] = node;
      } else if (identity2.isPair(parent)) {
        if (key === "key")
          parent.key = node;
        else
          parent.value = node;
      } else if (identity2.isDocument(parent)) {
        parent.contents = node;
      } else {
        const pt = identity2.isAlias(parent) ? "alias" : "scalar";
        throw new Error(`Cannot replace node with ${pt} parent`);
      }
    }
    exports.visit = visit;
    exports.visitAsync = visitAsync;
  }
});

// node_modules/yaml/dist/doc/directives.js
var require_directives = __commonJS({
  "node_modules/yaml/dist/doc/directives.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var visit = require_visit();
    var escapeChars = {
      "!": "%21",
      ",": "%2C",
      "[": "%5B",
      "]": "%5D",
      "{": "%7B",
      "}": "%7D"
    };
    var escapeTagName = (tn) => tn.replace(/[!,[\]{}]/g, (ch) => escapeChars[ch]);
    var Directives = class _Directives {
      constructor(yaml, tags) {
        this.docStart = null;
        this.docEnd = false;
        this.yaml = Object.assign({}, _Directives.defaultYaml, yaml);
        this.tags = Object.assign({}, _Directives.defaultTags, tags);
      }
      clone() {
        const copy = new _Directives(this.yaml, this.tags);
        copy.docStart = this.docStart;
        return copy;
      }
      /**
       * During parsing, get a Directives instance for the current document and
       * update the stream state according to the current version's spec.
       */
      atDocument() {
        const res = new _Directives(this.yaml, this.tags);
        switch (this.yaml.version) {
          case "1.1":
            this.atNextDocument = true;
            break;
          case "1.2":
            this.atNextDocument = false;
            this.yaml = {
              explicit: _Directives.defaultYaml.explicit,
              version: "1.2"
            };
            this.tags = Object.assign({}, _Directives.defaultTags);
            break;
        }
        return res;
      }
      /**
       * @param onError - May be called even if the action was successful
       * @returns `true` on success
       */
      add(line, onError) {
        if (this.atNextDocument) {
          this.yaml = { explicit: _Directives.defaultYaml.explicit, version: "1.1" };
          this.tags = Object.assign({}, _Directives.defaultTags);
          this.atNextDocument = false;
        }
        const parts = line.trim().split(/[ \t]+/);
        const name = parts.shift();
        switch (name) {
          case "%TAG": {
            if (parts.length !== 2) {
              onError(0, "%TAG directive should contain exactly two parts");
              if (parts.length < 2)
                return false;
            }
            const [handle, prefix] = parts;
            this.tags[handle] = prefix;
            return true;
          }
          case "%YAML": {
            this.yaml.explicit = true;
            if (parts.length !== 1) {
              onError(0, "%YAML directive should contain exactly one part");
              return false;
            }
            const [version] = parts;
            if (version === "1.1" || version === "1.2") {
              this.yaml.version = version;
              return true;
            } else {
              const isValid = /^\d+\.\d+$/.test(version);
              onError(6, `Unsupported YAML version ${version}`, isValid);
              return false;
            }
          }
          default:
            onError(0, `Unknown directive ${name}`, true);
            return false;
        }
      }
      /**
       * Resolves a tag, matching handles to those defined in %TAG directives.
       *
       * @returns Resolved tag, which may also be the non-specific tag `'!'` or a
       *   `'!local'` tag, or `null` if unresolvable.
       */
      tagName(source, onError) {
        if (source === "!")
          return "!";
        if (source[0] !== "!") {
          onError(`Not a valid tag: ${source}`);
          return null;
        }
        if (source[1] === "<") {
          const verbatim = source.slice(2, -1);
          if (verbatim === "!" || verbatim === "!!") {
            onError(`Verbatim tags aren't resolved, so ${source} is invalid.`);
            return null;
          }
          if (source[source.length - 1] !== ">")
            onError("Verbatim tags must end with a >");
          return verbatim;
        }
        const [, handle, suffix2] = source.match(/^(.*!)([^!]*)$/s);
        if (!suffix2)
          onError(`The ${source} tag has no suffix`);
        const prefix = this.tags[handle];
        if (prefix) {
          try {
            return prefix + decodeURIComponent(suffix2);
          } catch (error) {
            onError(String(error));
            return null;
          }
        }
        if (handle === "!")
          return source;
        onError(`Could not resolve tag: ${source}`);
        return null;
      }
      /**
       * Given a fully resolved tag, returns its printable string form,
       * taking into account current tag prefixes and defaults.
       */
      tagString(tag) {
        for (const [handle, prefix] of Object.entries(this.tags)) {
          if (tag.startsWith(prefix))
            return handle + escapeTagName(tag.substring(prefix.length));
        }
        return tag[0] === "!" ? tag : `!<${tag}>`;
      }
      toString(doc) {
        const lines2 = this.yaml.explicit ? [`%YAML ${this.yaml.version || "1.2"}`] : [];
        const tagEntries = Object.entries(this.tags);
        let tagNames;
        if (doc && tagEntries.length > 0 && identity2.isNode(doc.contents)) {
          const tags = {};
          visit.visit(doc.contents, (_key, node) => {
            if (identity2.isNode(node) && node.tag)
              tags[node.tag] = true;
          });
          tagNames = Object.keys(tags);
        } else
          tagNames = [];
        for (const [handle, prefix] of tagEntries) {
          if (handle === "!!" && prefix === "tag:yaml.org,2002:")
            continue;
          if (!doc || tagNames.some((tn) => tn.startsWith(prefix)))
            lines2.push(`%TAG ${handle} ${prefix}`);
        }
        return lines2.join("\n");
      }
    };
    Directives.defaultYaml = { explicit: false, version: "1.2" };
    Directives.defaultTags = { "!!": "tag:yaml.org,2002:" };
    exports.Directives = Directives;
  }
});

// node_modules/yaml/dist/doc/anchors.js
var require_anchors = __commonJS({
  "node_modules/yaml/dist/doc/anchors.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var visit = require_visit();
    function anchorIsValid(anchor) {
      if (/[\x00-\x19\s,[\]{}]/.test(anchor)) {
        const sa = JSON.stringify(anchor);
        const msg = `Anchor must not contain whitespace or control characters: ${sa}`;
        throw new Error(msg);
      }
      return true;
    }
    function anchorNames(root) {
      const anchors = /* @__PURE__ */ new Set();
      visit.visit(root, {
        Value(_key, node) {
          if (node.anchor)
            anchors.add(node.anchor);
        }
      });
      return anchors;
    }
    function findNewAnchor(prefix, exclude) {
      for (let i = 1; true; ++i) {
        const name = `${prefix}${i}`;
        if (!exclude.has(name))
          return name;
      }
    }
    function createNodeAnchors(doc, prefix) {
      const aliasObjects = [];
      const sourceObjects = /* @__PURE__ */ new Map();
      let prevAnchors = null;
      return {
        onAnchor: (source) => {
          aliasObjects.push(source);
          prevAnchors ?? (prevAnchors = anchorNames(doc));
          const anchor = findNewAnchor(prefix, prevAnchors);
          prevAnchors.add(anchor);
          return anchor;
        },
        /**
         * With circular references, the source node is only resolved after all
         * of its child nodes are. This is why anchors are set only after all of
         * the nodes have been created.
         */
        setAnchors: () => {
          for (const source of aliasObjects) {
            const ref = sourceObjects.get(source);
            if (typeof ref === "object" && ref.anchor && (identity2.isScalar(ref.node) || identity2.isCollection(ref.node))) {
              ref.node.anchor = ref.anchor;
            } else {
              const error = new Error("Failed to resolve repeated object (this should not happen)");
              error.source = source;
              throw error;
            }
          }
        },
        sourceObjects
      };
    }
    exports.anchorIsValid = anchorIsValid;
    exports.anchorNames = anchorNames;
    exports.createNodeAnchors = createNodeAnchors;
    exports.findNewAnchor = findNewAnchor;
  }
});

// node_modules/yaml/dist/doc/applyReviver.js
var require_applyReviver = __commonJS({
  "node_modules/yaml/dist/doc/applyReviver.js"(exports) {
    "use strict";
    function applyReviver(reviver, obj, key, val) {
      if (val && typeof val === "object") {
        if (Array.isArray(val)) {
          for (let i = 0, len = val.length; i < len; ++i) {
            const v0 = val[i];
            const v1 = applyReviver(reviver, val, String(i), v0);
            if (v1 === void 0)
              delete val[i];
            else if (v1 !== v0)
              val[i] = v1;
          }
        } else if (val instanceof Map) {
          for (const k of Array.from(val.keys())) {
            const v0 = val.get(k);
            const v1 = applyReviver(reviver, val, k, v0);
            if (v1 === void 0)
              val.delete(k);
            else if (v1 !== v0)
              val.set(k, v1);
          }
        } else if (val instanceof Set) {
          for (const v0 of Array.from(val)) {
            const v1 = applyReviver(reviver, val, v0, v0);
            if (v1 === void 0)
              val.delete(v0);
            else if (v1 !== v0) {
              val.delete(v0);
              val.add(v1);
            }
          }
        } else {
          for (const [k, v0] of Object.entries(val)) {
            const v1 = applyReviver(reviver, val, k, v0);
            if (v1 === void 0)
              delete val[k];
            else if (v1 !== v0)
              val[k] = v1;
          }
        }
      }
      return reviver.call(obj, key, val);
    }
    exports.applyReviver = applyReviver;
  }
});

// node_modules/yaml/dist/nodes/toJS.js
var require_toJS = __commonJS({
  "node_modules/yaml/dist/nodes/toJS.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    function toJS(value, arg, ctx) {
      if (Array.isArray(value))
        return value.map((v, i) => toJS(v, String(i), ctx));
      if (value && typeof value.toJSON === "function") {
        if (!ctx || !identity2.hasAnchor(value))
          return value.toJSON(arg, ctx);
        const data = { aliasCount: 0, count: 1, res: void 0 };
        ctx.anchors.set(value, data);
        ctx.onCreate = (res2) => {
          data.res = res2;
          delete ctx.onCreate;
        };
        const res = value.toJSON(arg, ctx);
        if (ctx.onCreate)
          ctx.onCreate(res);
        return res;
      }
      if (typeof value === "bigint" && !ctx?.keep)
        return Number(value);
      return value;
    }
    exports.toJS = toJS;
  }
});

// node_modules/yaml/dist/nodes/Node.js
var require_Node = __commonJS({
  "node_modules/yaml/dist/nodes/Node.js"(exports) {
    "use strict";
    var applyReviver = require_applyReviver();
    var identity2 = require_identity();
    var toJS = require_toJS();
    var NodeBase = class {
      constructor(type) {
        Object.defineProperty(this, identity2.NODE_TYPE, { value: type });
      }
      /** Create a copy of this node.  */
      clone() {
        const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
        if (this.range)
          copy.range = this.range.slice();
        return copy;
      }
      /** A plain JavaScript representation of this node. */
      toJS(doc, { mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
        if (!identity2.isDocument(doc))
          throw new TypeError("A document argument is required");
        const ctx = {
          anchors: /* @__PURE__ */ new Map(),
          doc,
          keep: true,
          mapAsMap: mapAsMap === true,
          mapKeyWarned: false,
          maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
        };
        const res = toJS.toJS(this, "", ctx);
        if (typeof onAnchor === "function")
          for (const { count, res: res2 } of ctx.anchors.values())
            onAnchor(res2, count);
        return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
      }
    };
    exports.NodeBase = NodeBase;
  }
});

// node_modules/yaml/dist/nodes/Alias.js
var require_Alias = __commonJS({
  "node_modules/yaml/dist/nodes/Alias.js"(exports) {
    "use strict";
    var anchors = require_anchors();
    var visit = require_visit();
    var identity2 = require_identity();
    var Node = require_Node();
    var toJS = require_toJS();
    var Alias = class extends Node.NodeBase {
      constructor(source) {
        super(identity2.ALIAS);
        this.source = source;
        Object.defineProperty(this, "tag", {
          set() {
            throw new Error("Alias nodes cannot have tags");
          }
        });
      }
      /**
       * Resolve the value of this alias within `doc`, finding the last
       * instance of the `source` anchor before this node.
       */
      resolve(doc, ctx) {
        if (ctx?.maxAliasCount === 0)
          throw new ReferenceError("Alias resolution is disabled");
        let nodes;
        if (ctx?.aliasResolveCache) {
          nodes = ctx.aliasResolveCache;
        } else {
          nodes = [];
          visit.visit(doc, {
            Node: (_key, node) => {
              if (identity2.isAlias(node) || identity2.hasAnchor(node))
                nodes.push(node);
            }
          });
          if (ctx)
            ctx.aliasResolveCache = nodes;
        }
        let found = void 0;
        for (const node of nodes) {
          if (node === this)
            break;
          if (node.anchor === this.source)
            found = node;
        }
        if (found && ctx) {
          const { anchors: anchors2, doc: doc2, maxAliasCount } = ctx;
          let data = anchors2.get(found);
          if (!data) {
            toJS.toJS(found, null, ctx);
            data = anchors2.get(found);
          }
          if (data?.res === void 0) {
            const msg = "This should not happen: Alias anchor was not resolved?";
            throw new ReferenceError(msg);
          }
          if (maxAliasCount >= 0) {
            data.count += 1;
            if (data.aliasCount === 0)
              data.aliasCount = getAliasCount(doc2, found, anchors2);
            if (data.count * data.aliasCount > maxAliasCount) {
              const msg = "Excessive alias count indicates a resource exhaustion attack";
              throw new ReferenceError(msg);
            }
          }
        }
        return found;
      }
      toJSON(_arg, ctx) {
        if (!ctx)
          return { source: this.source };
        const source = this.resolve(ctx.doc, ctx);
        if (!source) {
          const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
          throw new ReferenceError(msg);
        }
        return ctx.anchors.get(source).res;
      }
      toString(ctx, _onComment, _onChompKeep) {
        const src = `*${this.source}`;
        if (ctx) {
          anchors.anchorIsValid(this.source);
          if (ctx.options.verifyAliasOrder && !ctx.anchors.has(this.source)) {
            const msg = `Unresolved alias (the anchor must be set before the alias): ${this.source}`;
            throw new Error(msg);
          }
          if (ctx.implicitKey)
            return `${src} `;
        }
        return src;
      }
    };
    function getAliasCount(doc, node, anchors2) {
      if (identity2.isAlias(node)) {
        const source = node.resolve(doc);
        const anchor = anchors2 && source && anchors2.get(source);
        return anchor ? anchor.count * anchor.aliasCount : 0;
      } else if (identity2.isCollection(node)) {
        let count = 0;
        for (const item of node.items) {
          const c = getAliasCount(doc, item, anchors2);
          if (c > count)
            count = c;
        }
        return count;
      } else if (identity2.isPair(node)) {
        const kc = getAliasCount(doc, node.key, anchors2);
        const vc = getAliasCount(doc, node.value, anchors2);
        return Math.max(kc, vc);
      }
      return 1;
    }
    exports.Alias = Alias;
  }
});

// node_modules/yaml/dist/nodes/Scalar.js
var require_Scalar = __commonJS({
  "node_modules/yaml/dist/nodes/Scalar.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Node = require_Node();
    var toJS = require_toJS();
    var isScalarValue = (value) => !value || typeof value !== "function" && typeof value !== "object";
    var Scalar2 = class extends Node.NodeBase {
      constructor(value) {
        super(identity2.SCALAR);
        this.value = value;
      }
      toJSON(arg, ctx) {
        return ctx?.keep ? this.value : toJS.toJS(this.value, arg, ctx);
      }
      toString() {
        return String(this.value);
      }
    };
    Scalar2.BLOCK_FOLDED = "BLOCK_FOLDED";
    Scalar2.BLOCK_LITERAL = "BLOCK_LITERAL";
    Scalar2.PLAIN = "PLAIN";
    Scalar2.QUOTE_DOUBLE = "QUOTE_DOUBLE";
    Scalar2.QUOTE_SINGLE = "QUOTE_SINGLE";
    exports.Scalar = Scalar2;
    exports.isScalarValue = isScalarValue;
  }
});

// node_modules/yaml/dist/doc/createNode.js
var require_createNode = __commonJS({
  "node_modules/yaml/dist/doc/createNode.js"(exports) {
    "use strict";
    var Alias = require_Alias();
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var defaultTagPrefix = "tag:yaml.org,2002:";
    function findTagObject(value, tagName, tags) {
      if (tagName) {
        const match = tags.filter((t) => t.tag === tagName);
        const tagObj = match.find((t) => !t.format) ?? match[0];
        if (!tagObj)
          throw new Error(`Tag ${tagName} not found`);
        return tagObj;
      }
      return tags.find((t) => t.identify?.(value) && !t.format);
    }
    function createNode(value, tagName, ctx) {
      if (identity2.isDocument(value))
        value = value.contents;
      if (identity2.isNode(value))
        return value;
      if (identity2.isPair(value)) {
        const map = ctx.schema[identity2.MAP].createNode?.(ctx.schema, null, ctx);
        map.items.push(value);
        return map;
      }
      if (value instanceof String || value instanceof Number || value instanceof Boolean || typeof BigInt !== "undefined" && value instanceof BigInt) {
        value = value.valueOf();
      }
      const { aliasDuplicateObjects, onAnchor, onTagObj, schema, sourceObjects } = ctx;
      let ref = void 0;
      if (aliasDuplicateObjects && value && typeof value === "object") {
        ref = sourceObjects.get(value);
        if (ref) {
          ref.anchor ?? (ref.anchor = onAnchor(value));
          return new Alias.Alias(ref.anchor);
        } else {
          ref = { anchor: null, node: null };
          sourceObjects.set(value, ref);
        }
      }
      if (tagName?.startsWith("!!"))
        tagName = defaultTagPrefix + tagName.slice(2);
      let tagObj = findTagObject(value, tagName, schema.tags);
      if (!tagObj) {
        if (value && typeof value.toJSON === "function") {
          value = value.toJSON();
        }
        if (!value || typeof value !== "object") {
          const node2 = new Scalar2.Scalar(value);
          if (ref)
            ref.node = node2;
          return node2;
        }
        tagObj = value instanceof Map ? schema[identity2.MAP] : Symbol.iterator in Object(value) ? schema[identity2.SEQ] : schema[identity2.MAP];
      }
      if (onTagObj) {
        onTagObj(tagObj);
        delete ctx.onTagObj;
      }
      const node = tagObj?.createNode ? tagObj.createNode(ctx.schema, value, ctx) : typeof tagObj?.nodeClass?.from === "function" ? tagObj.nodeClass.from(ctx.schema, value, ctx) : new Scalar2.Scalar(value);
      if (tagName)
        node.tag = tagName;
      else if (!tagObj.default)
        node.tag = tagObj.tag;
      if (ref)
        ref.node = node;
      return node;
    }
    exports.createNode = createNode;
  }
});

// node_modules/yaml/dist/nodes/Collection.js
var require_Collection = __commonJS({
  "node_modules/yaml/dist/nodes/Collection.js"(exports) {
    "use strict";
    var createNode = require_createNode();
    var identity2 = require_identity();
    var Node = require_Node();
    function collectionFromPath(schema, path, value) {
      let v = value;
      for (let i = path.length - 1; i >= 0; --i) {
        const k = path[i];
        if (typeof k === "number" && Number.isInteger(k) && k >= 0) {
          const a = [];
          a[k] = v;
          v = a;
        } else {
          v = /* @__PURE__ */ new Map([[k, v]]);
        }
      }
      return createNode.createNode(v, void 0, {
        aliasDuplicateObjects: false,
        keepUndefined: false,
        onAnchor: () => {
          throw new Error("This should not happen, please report a bug.");
        },
        schema,
        sourceObjects: /* @__PURE__ */ new Map()
      });
    }
    var isEmptyPath = (path) => path == null || typeof path === "object" && !!path[Symbol.iterator]().next().done;
    var Collection = class extends Node.NodeBase {
      constructor(type, schema) {
        super(type);
        Object.defineProperty(this, "schema", {
          value: schema,
          configurable: true,
          enumerable: false,
          writable: true
        });
      }
      /**
       * Create a copy of this collection.
       *
       * @param schema - If defined, overwrites the original's schema
       */
      clone(schema) {
        const copy = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
        if (schema)
          copy.schema = schema;
        copy.items = copy.items.map((it) => identity2.isNode(it) || identity2.isPair(it) ? it.clone(schema) : it);
        if (this.range)
          copy.range = this.range.slice();
        return copy;
      }
      /**
       * Adds a value to the collection. For `!!map` and `!!omap` the value must
       * be a Pair instance or a `{ key, value }` object, which may not have a key
       * that already exists in the map.
       */
      addIn(path, value) {
        if (isEmptyPath(path))
          this.add(value);
        else {
          const [key, ...rest] = path;
          const node = this.get(key, true);
          if (identity2.isCollection(node))
            node.addIn(rest, value);
          else if (node === void 0 && this.schema)
            this.set(key, collectionFromPath(this.schema, rest, value));
          else
            throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
        }
      }
      /**
       * Removes a value from the collection.
       * @returns `true` if the item was found and removed.
       */
      deleteIn(path) {
        const [key, ...rest] = path;
        if (rest.length === 0)
          return this.delete(key);
        const node = this.get(key, true);
        if (identity2.isCollection(node))
          return node.deleteIn(rest);
        else
          throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
      }
      /**
       * Returns item at `key`, or `undefined` if not found. By default unwraps
       * scalar values from their surrounding node; to disable set `keepScalar` to
       * `true` (collections are always returned intact).
       */
      getIn(path, keepScalar) {
        const [key, ...rest] = path;
        const node = this.get(key, true);
        if (rest.length === 0)
          return !keepScalar && identity2.isScalar(node) ? node.value : node;
        else
          return identity2.isCollection(node) ? node.getIn(rest, keepScalar) : void 0;
      }
      hasAllNullValues(allowScalar) {
        return this.items.every((node) => {
          if (!identity2.isPair(node))
            return false;
          const n = node.value;
          return n == null || allowScalar && identity2.isScalar(n) && n.value == null && !n.commentBefore && !n.comment && !n.tag;
        });
      }
      /**
       * Checks if the collection includes a value with the key `key`.
       */
      hasIn(path) {
        const [key, ...rest] = path;
        if (rest.length === 0)
          return this.has(key);
        const node = this.get(key, true);
        return identity2.isCollection(node) ? node.hasIn(rest) : false;
      }
      /**
       * Sets a value in this collection. For `!!set`, `value` needs to be a
       * boolean to add/remove the item from the set.
       */
      setIn(path, value) {
        const [key, ...rest] = path;
        if (rest.length === 0) {
          this.set(key, value);
        } else {
          const node = this.get(key, true);
          if (identity2.isCollection(node))
            node.setIn(rest, value);
          else if (node === void 0 && this.schema)
            this.set(key, collectionFromPath(this.schema, rest, value));
          else
            throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
        }
      }
    };
    exports.Collection = Collection;
    exports.collectionFromPath = collectionFromPath;
    exports.isEmptyPath = isEmptyPath;
  }
});

// node_modules/yaml/dist/stringify/stringifyComment.js
var require_stringifyComment = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyComment.js"(exports) {
    "use strict";
    var stringifyComment = (str) => str.replace(/^(?!$)(?: $)?/gm, "#");
    function indentComment(comment, indent) {
      if (/^\n+$/.test(comment))
        return comment.substring(1);
      return indent ? comment.replace(/^(?! *$)/gm, indent) : comment;
    }
    var lineComment = (str, indent, comment) => str.endsWith("\n") ? indentComment(comment, indent) : comment.includes("\n") ? "\n" + indentComment(comment, indent) : (str.endsWith(" ") ? "" : " ") + comment;
    exports.indentComment = indentComment;
    exports.lineComment = lineComment;
    exports.stringifyComment = stringifyComment;
  }
});

// node_modules/yaml/dist/stringify/foldFlowLines.js
var require_foldFlowLines = __commonJS({
  "node_modules/yaml/dist/stringify/foldFlowLines.js"(exports) {
    "use strict";
    var FOLD_FLOW = "flow";
    var FOLD_BLOCK = "block";
    var FOLD_QUOTED = "quoted";
    function foldFlowLines(text2, indent, mode = "flow", { indentAtStart, lineWidth = 80, minContentWidth = 20, onFold, onOverflow } = {}) {
      if (!lineWidth || lineWidth < 0)
        return text2;
      if (lineWidth < minContentWidth)
        minContentWidth = 0;
      const endStep = Math.max(1 + minContentWidth, 1 + lineWidth - indent.length);
      if (text2.length <= endStep)
        return text2;
      const folds = [];
      const escapedFolds = {};
      let end2 = lineWidth - indent.length;
      if (typeof indentAtStart === "number") {
        if (indentAtStart > lineWidth - Math.max(2, minContentWidth))
          folds.push(0);
        else
          end2 = lineWidth - indentAtStart;
      }
      let split = void 0;
      let prev = void 0;
      let overflow = false;
      let i = -1;
      let escStart = -1;
      let escEnd = -1;
      if (mode === FOLD_BLOCK) {
        i = consumeMoreIndentedLines(text2, i, indent.length);
        if (i !== -1)
          end2 = i + endStep;
      }
      for (let ch; ch = text2[i += 1]; ) {
        if (mode === FOLD_QUOTED && ch === "\\") {
          escStart = i;
          switch (text2[i + 1]) {
            case "x":
              i += 3;
              break;
            case "u":
              i += 5;
              break;
            case "U":
              i += 9;
              break;
            default:
              i += 1;
          }
          escEnd = i;
        }
        if (ch === "\n") {
          if (mode === FOLD_BLOCK)
            i = consumeMoreIndentedLines(text2, i, indent.length);
          end2 = i + indent.length + endStep;
          split = void 0;
        } else {
          if (ch === " " && prev && prev !== " " && prev !== "\n" && prev !== "	") {
            const next = text2[i + 1];
            if (next && next !== " " && next !== "\n" && next !== "	")
              split = i;
          }
          if (i >= end2) {
            if (split) {
              folds.push(split);
              end2 = split + endStep;
              split = void 0;
            } else if (mode === FOLD_QUOTED) {
              while (prev === " " || prev === "	") {
                prev = ch;
                ch = text2[i += 1];
                overflow = true;
              }
              const j = i > escEnd + 1 ? i - 2 : escStart - 1;
              if (escapedFolds[j])
                return text2;
              folds.push(j);
              escapedFolds[j] = true;
              end2 = j + endStep;
              split = void 0;
            } else {
              overflow = true;
            }
          }
        }
        prev = ch;
      }
      if (overflow && onOverflow)
        onOverflow();
      if (folds.length === 0)
        return text2;
      if (onFold)
        onFold();
      let res = text2.slice(0, folds[0]);
      for (let i2 = 0; i2 < folds.length; ++i2) {
        const fold = folds[i2];
        const end3 = folds[i2 + 1] || text2.length;
        if (fold === 0)
          res = `
${indent}${text2.slice(0, end3)}`;
        else {
          if (mode === FOLD_QUOTED && escapedFolds[fold])
            res += `${text2[fold]}\\`;
          res += `
${indent}${text2.slice(fold + 1, end3)}`;
        }
      }
      return res;
    }
    function consumeMoreIndentedLines(text2, i, indent) {
      let end2 = i;
      let start = i + 1;
      let ch = text2[start];
      while (ch === " " || ch === "	") {
        if (i < start + indent) {
          ch = text2[++i];
        } else {
          do {
            ch = text2[++i];
          } while (ch && ch !== "\n");
          end2 = i;
          start = i + 1;
          ch = text2[start];
        }
      }
      return end2;
    }
    exports.FOLD_BLOCK = FOLD_BLOCK;
    exports.FOLD_FLOW = FOLD_FLOW;
    exports.FOLD_QUOTED = FOLD_QUOTED;
    exports.foldFlowLines = foldFlowLines;
  }
});

// node_modules/yaml/dist/stringify/stringifyString.js
var require_stringifyString = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyString.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var foldFlowLines = require_foldFlowLines();
    var getFoldOptions = (ctx, isBlock) => ({
      indentAtStart: isBlock ? ctx.indent.length : ctx.indentAtStart,
      lineWidth: ctx.options.lineWidth,
      minContentWidth: ctx.options.minContentWidth
    });
    var containsDocumentMarker = (str) => /^(%|---|\.\.\.)/m.test(str);
    function lineLengthOverLimit(str, lineWidth, indentLength) {
      if (!lineWidth || lineWidth < 0)
        return false;
      const limit = lineWidth - indentLength;
      const strLen = str.length;
      if (strLen <= limit)
        return false;
      for (let i = 0, start = 0; i < strLen; ++i) {
        if (str[i] === "\n") {
          if (i - start > limit)
            return true;
          start = i + 1;
          if (strLen - start <= limit)
            return false;
        }
      }
      return true;
    }
    function doubleQuotedString(value, ctx) {
      const json = JSON.stringify(value);
      if (ctx.options.doubleQuotedAsJSON)
        return json;
      const { implicitKey } = ctx;
      const minMultiLineLength = ctx.options.doubleQuotedMinMultiLineLength;
      const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
      let str = "";
      let start = 0;
      for (let i = 0, ch = json[i]; ch; ch = json[++i]) {
        if (ch === " " && json[i + 1] === "\\" && json[i + 2] === "n") {
          str += json.slice(start, i) + "\\ ";
          i += 1;
          start = i;
          ch = "\\";
        }
        if (ch === "\\")
          switch (json[i + 1]) {
            case "u":
              {
                str += json.slice(start, i);
                const code = json.substr(i + 2, 4);
                switch (code) {
                  case "0000":
                    str += "\\0";
                    break;
                  case "0007":
                    str += "\\a";
                    break;
                  case "000b":
                    str += "\\v";
                    break;
                  case "001b":
                    str += "\\e";
                    break;
                  case "0085":
                    str += "\\N";
                    break;
                  case "00a0":
                    str += "\\_";
                    break;
                  case "2028":
                    str += "\\L";
                    break;
                  case "2029":
                    str += "\\P";
                    break;
                  default:
                    if (code.substr(0, 2) === "00")
                      str += "\\x" + code.substr(2);
                    else
                      str += json.substr(i, 6);
                }
                i += 5;
                start = i + 1;
              }
              break;
            case "n":
              if (implicitKey || json[i + 2] === '"' || json.length < minMultiLineLength) {
                i += 1;
              } else {
                str += json.slice(start, i) + "\n\n";
                while (json[i + 2] === "\\" && json[i + 3] === "n" && json[i + 4] !== '"') {
                  str += "\n";
                  i += 2;
                }
                str += indent;
                if (json[i + 2] === " ")
                  str += "\\";
                i += 1;
                start = i + 1;
              }
              break;
            default:
              i += 1;
          }
      }
      str = start ? str + json.slice(start) : json;
      return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_QUOTED, getFoldOptions(ctx, false));
    }
    function singleQuotedString(value, ctx) {
      if (ctx.options.singleQuote === false || ctx.implicitKey && value.includes("\n") || /[ \t]\n|\n[ \t]/.test(value))
        return doubleQuotedString(value, ctx);
      const indent = ctx.indent || (containsDocumentMarker(value) ? "  " : "");
      const res = "'" + value.replace(/'/g, "''").replace(/\n+/g, `$&
${indent}`) + "'";
      return ctx.implicitKey ? res : foldFlowLines.foldFlowLines(res, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
    }
    function quotedString(value, ctx) {
      const { singleQuote } = ctx.options;
      let qs;
      if (singleQuote === false)
        qs = doubleQuotedString;
      else {
        const hasDouble = value.includes('"');
        const hasSingle = value.includes("'");
        if (hasDouble && !hasSingle)
          qs = singleQuotedString;
        else if (hasSingle && !hasDouble)
          qs = doubleQuotedString;
        else
          qs = singleQuote ? singleQuotedString : doubleQuotedString;
      }
      return qs(value, ctx);
    }
    var blockEndNewlines;
    try {
      blockEndNewlines = new RegExp("(^|(?<!\n))\n+(?!\n|$)", "g");
    } catch {
      blockEndNewlines = /\n+(?!\n|$)/g;
    }
    function blockString({ comment, type, value }, ctx, onComment, onChompKeep) {
      const { blockQuote, commentString, lineWidth } = ctx.options;
      if (!blockQuote || /\n[\t ]+$/.test(value)) {
        return quotedString(value, ctx);
      }
      const indent = ctx.indent || (ctx.forceBlockIndent || containsDocumentMarker(value) ? "  " : "");
      const literal = blockQuote === "literal" ? true : blockQuote === "folded" || type === Scalar2.Scalar.BLOCK_FOLDED ? false : type === Scalar2.Scalar.BLOCK_LITERAL ? true : !lineLengthOverLimit(value, lineWidth, indent.length);
      if (!value)
        return literal ? "|\n" : ">\n";
      let chomp;
      let endStart;
      for (endStart = value.length; endStart > 0; --endStart) {
        const ch = value[endStart - 1];
        if (ch !== "\n" && ch !== "	" && ch !== " ")
          break;
      }
      let end2 = value.substring(endStart);
      const endNlPos = end2.indexOf("\n");
      if (endNlPos === -1) {
        chomp = "-";
      } else if (value === end2 || endNlPos !== end2.length - 1) {
        chomp = "+";
        if (onChompKeep)
          onChompKeep();
      } else {
        chomp = "";
      }
      if (end2) {
        value = value.slice(0, -end2.length);
        if (end2[end2.length - 1] === "\n")
          end2 = end2.slice(0, -1);
        end2 = end2.replace(blockEndNewlines, `$&${indent}`);
      }
      let startWithSpace = false;
      let startEnd;
      let startNlPos = -1;
      for (startEnd = 0; startEnd < value.length; ++startEnd) {
        const ch = value[startEnd];
        if (ch === " ")
          startWithSpace = true;
        else if (ch === "\n")
          startNlPos = startEnd;
        else
          break;
      }
      let start = value.substring(0, startNlPos < startEnd ? startNlPos + 1 : startEnd);
      if (start) {
        value = value.substring(start.length);
        start = start.replace(/\n+/g, `$&${indent}`);
      }
      const indentSize = indent ? "2" : "1";
      let header = (startWithSpace ? indentSize : "") + chomp;
      if (comment) {
        header += " " + commentString(comment.replace(/ ?[\r\n]+/g, " "));
        if (onComment)
          onComment();
      }
      if (!literal) {
        const foldedValue = value.replace(/\n+/g, "\n$&").replace(/(?:^|\n)([\t ].*)(?:([\n\t ]*)\n(?![\n\t ]))?/g, "$1$2").replace(/\n+/g, `$&${indent}`);
        let literalFallback = false;
        const foldOptions = getFoldOptions(ctx, true);
        if (blockQuote !== "folded" && type !== Scalar2.Scalar.BLOCK_FOLDED) {
          foldOptions.onOverflow = () => {
            literalFallback = true;
          };
        }
        const body = foldFlowLines.foldFlowLines(`${start}${foldedValue}${end2}`, indent, foldFlowLines.FOLD_BLOCK, foldOptions);
        if (!literalFallback)
          return `>${header}
${indent}${body}`;
      }
      value = value.replace(/\n+/g, `$&${indent}`);
      return `|${header}
${indent}${start}${value}${end2}`;
    }
    function plainString(item, ctx, onComment, onChompKeep) {
      const { type, value } = item;
      const { actualString, implicitKey, indent, indentStep, inFlow } = ctx;
      if (implicitKey && value.includes("\n") || inFlow && /[[\]{},]/.test(value)) {
        return quotedString(value, ctx);
      }
      if (/^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$/.test(value)) {
        return implicitKey || inFlow || !value.includes("\n") ? quotedString(value, ctx) : blockString(item, ctx, onComment, onChompKeep);
      }
      if (!implicitKey && !inFlow && type !== Scalar2.Scalar.PLAIN && value.includes("\n")) {
        return blockString(item, ctx, onComment, onChompKeep);
      }
      if (containsDocumentMarker(value)) {
        if (indent === "") {
          ctx.forceBlockIndent = true;
          return blockString(item, ctx, onComment, onChompKeep);
        } else if (implicitKey && indent === indentStep) {
          return quotedString(value, ctx);
        }
      }
      const str = value.replace(/\n+/g, `$&
${indent}`);
      if (actualString) {
        const test = (tag) => tag.default && tag.tag !== "tag:yaml.org,2002:str" && tag.test?.test(str);
        const { compat, tags } = ctx.doc.schema;
        if (tags.some(test) || compat?.some(test))
          return quotedString(value, ctx);
      }
      return implicitKey ? str : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
    }
    function stringifyString(item, ctx, onComment, onChompKeep) {
      const { implicitKey, inFlow } = ctx;
      const ss = typeof item.value === "string" ? item : Object.assign({}, item, { value: String(item.value) });
      let { type } = item;
      if (type !== Scalar2.Scalar.QUOTE_DOUBLE) {
        if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u.test(ss.value))
          type = Scalar2.Scalar.QUOTE_DOUBLE;
      }
      const _stringify = (_type) => {
        switch (_type) {
          case Scalar2.Scalar.BLOCK_FOLDED:
          case Scalar2.Scalar.BLOCK_LITERAL:
            return implicitKey || inFlow ? quotedString(ss.value, ctx) : blockString(ss, ctx, onComment, onChompKeep);
          case Scalar2.Scalar.QUOTE_DOUBLE:
            return doubleQuotedString(ss.value, ctx);
          case Scalar2.Scalar.QUOTE_SINGLE:
            return singleQuotedString(ss.value, ctx);
          case Scalar2.Scalar.PLAIN:
            return plainString(ss, ctx, onComment, onChompKeep);
          default:
            return null;
        }
      };
      let res = _stringify(type);
      if (res === null) {
        const { defaultKeyType, defaultStringType } = ctx.options;
        const t = implicitKey && defaultKeyType || defaultStringType;
        res = _stringify(t);
        if (res === null)
          throw new Error(`Unsupported default string type ${t}`);
      }
      return res;
    }
    exports.stringifyString = stringifyString;
  }
});

// node_modules/yaml/dist/stringify/stringify.js
var require_stringify = __commonJS({
  "node_modules/yaml/dist/stringify/stringify.js"(exports) {
    "use strict";
    var anchors = require_anchors();
    var identity2 = require_identity();
    var stringifyComment = require_stringifyComment();
    var stringifyString = require_stringifyString();
    function createStringifyContext(doc, options) {
      const opt = Object.assign({
        blockQuote: true,
        commentString: stringifyComment.stringifyComment,
        defaultKeyType: null,
        defaultStringType: "PLAIN",
        directives: null,
        doubleQuotedAsJSON: false,
        doubleQuotedMinMultiLineLength: 40,
        falseStr: "false",
        flowCollectionPadding: true,
        indentSeq: true,
        lineWidth: 80,
        minContentWidth: 20,
        nullStr: "null",
        simpleKeys: false,
        singleQuote: null,
        trailingComma: false,
        trueStr: "true",
        verifyAliasOrder: true
      }, doc.schema.toStringOptions, options);
      let inFlow;
      switch (opt.collectionStyle) {
        case "block":
          inFlow = false;
          break;
        case "flow":
          inFlow = true;
          break;
        default:
          inFlow = null;
      }
      return {
        anchors: /* @__PURE__ */ new Set(),
        doc,
        flowCollectionPadding: opt.flowCollectionPadding ? " " : "",
        indent: "",
        indentStep: typeof opt.indent === "number" ? " ".repeat(opt.indent) : "  ",
        inFlow,
        options: opt
      };
    }
    function getTagObject(tags, item) {
      if (item.tag) {
        const match = tags.filter((t) => t.tag === item.tag);
        if (match.length > 0)
          return match.find((t) => t.format === item.format) ?? match[0];
      }
      let tagObj = void 0;
      let obj;
      if (identity2.isScalar(item)) {
        obj = item.value;
        let match = tags.filter((t) => t.identify?.(obj));
        if (match.length > 1) {
          const testMatch = match.filter((t) => t.test);
          if (testMatch.length > 0)
            match = testMatch;
        }
        tagObj = match.find((t) => t.format === item.format) ?? match.find((t) => !t.format);
      } else {
        obj = item;
        tagObj = tags.find((t) => t.nodeClass && obj instanceof t.nodeClass);
      }
      if (!tagObj) {
        const name = obj?.constructor?.name ?? (obj === null ? "null" : typeof obj);
        throw new Error(`Tag not resolved for ${name} value`);
      }
      return tagObj;
    }
    function stringifyProps(node, tagObj, { anchors: anchors$1, doc }) {
      if (!doc.directives)
        return "";
      const props = [];
      const anchor = (identity2.isScalar(node) || identity2.isCollection(node)) && node.anchor;
      if (anchor && anchors.anchorIsValid(anchor)) {
        anchors$1.add(anchor);
        props.push(`&${anchor}`);
      }
      const tag = node.tag ?? (tagObj.default ? null : tagObj.tag);
      if (tag)
        props.push(doc.directives.tagString(tag));
      return props.join(" ");
    }
    function stringify(item, ctx, onComment, onChompKeep) {
      if (identity2.isPair(item))
        return item.toString(ctx, onComment, onChompKeep);
      if (identity2.isAlias(item)) {
        if (ctx.doc.directives)
          return item.toString(ctx);
        if (ctx.resolvedAliases?.has(item)) {
          throw new TypeError(`Cannot stringify circular structure without alias nodes`);
        } else {
          if (ctx.resolvedAliases)
            ctx.resolvedAliases.add(item);
          else
            ctx.resolvedAliases = /* @__PURE__ */ new Set([item]);
          item = item.resolve(ctx.doc);
        }
      }
      let tagObj = void 0;
      const node = identity2.isNode(item) ? item : ctx.doc.createNode(item, { onTagObj: (o) => tagObj = o });
      tagObj ?? (tagObj = getTagObject(ctx.doc.schema.tags, node));
      const props = stringifyProps(node, tagObj, ctx);
      if (props.length > 0)
        ctx.indentAtStart = (ctx.indentAtStart ?? 0) + props.length + 1;
      const str = typeof tagObj.stringify === "function" ? tagObj.stringify(node, ctx, onComment, onChompKeep) : identity2.isScalar(node) ? stringifyString.stringifyString(node, ctx, onComment, onChompKeep) : node.toString(ctx, onComment, onChompKeep);
      if (!props)
        return str;
      return identity2.isScalar(node) || str[0] === "{" || str[0] === "[" ? `${props} ${str}` : `${props}
${ctx.indent}${str}`;
    }
    exports.createStringifyContext = createStringifyContext;
    exports.stringify = stringify;
  }
});

// node_modules/yaml/dist/stringify/stringifyPair.js
var require_stringifyPair = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyPair.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var stringify = require_stringify();
    var stringifyComment = require_stringifyComment();
    function stringifyPair({ key, value }, ctx, onComment, onChompKeep) {
      const { allNullValues, doc, indent, indentStep, options: { commentString, indentSeq, simpleKeys } } = ctx;
      let keyComment = identity2.isNode(key) && key.comment || null;
      if (simpleKeys) {
        if (keyComment) {
          throw new Error("With simple keys, key nodes cannot have comments");
        }
        if (identity2.isCollection(key) || !identity2.isNode(key) && typeof key === "object") {
          const msg = "With simple keys, collection cannot be used as a key value";
          throw new Error(msg);
        }
      }
      let explicitKey = !simpleKeys && (!key || keyComment && value == null && !ctx.inFlow || identity2.isCollection(key) || (identity2.isScalar(key) ? key.type === Scalar2.Scalar.BLOCK_FOLDED || key.type === Scalar2.Scalar.BLOCK_LITERAL : typeof key === "object"));
      ctx = Object.assign({}, ctx, {
        allNullValues: false,
        implicitKey: !explicitKey && (simpleKeys || !allNullValues),
        indent: indent + indentStep
      });
      let keyCommentDone = false;
      let chompKeep = false;
      let str = stringify.stringify(key, ctx, () => keyCommentDone = true, () => chompKeep = true);
      if (!explicitKey && !ctx.inFlow && str.length > 1024) {
        if (simpleKeys)
          throw new Error("With simple keys, single line scalar must not span more than 1024 characters");
        explicitKey = true;
      }
      if (ctx.inFlow) {
        if (allNullValues || value == null) {
          if (keyCommentDone && onComment)
            onComment();
          return str === "" ? "?" : explicitKey ? `? ${str}` : str;
        }
      } else if (allNullValues && !simpleKeys || value == null && explicitKey) {
        str = `? ${str}`;
        if (keyComment && !keyCommentDone) {
          str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
        } else if (chompKeep && onChompKeep)
          onChompKeep();
        return str;
      }
      if (keyCommentDone)
        keyComment = null;
      if (explicitKey) {
        if (keyComment)
          str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
        str = `? ${str}
${indent}:`;
      } else {
        str = `${str}:`;
        if (keyComment)
          str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
      }
      let vsb, vcb, valueComment;
      if (identity2.isNode(value)) {
        vsb = !!value.spaceBefore;
        vcb = value.commentBefore;
        valueComment = value.comment;
      } else {
        vsb = false;
        vcb = null;
        valueComment = null;
        if (value && typeof value === "object")
          value = doc.createNode(value);
      }
      ctx.implicitKey = false;
      if (!explicitKey && !keyComment && identity2.isScalar(value))
        ctx.indentAtStart = str.length + 1;
      chompKeep = false;
      if (!indentSeq && indentStep.length >= 2 && !ctx.inFlow && !explicitKey && identity2.isSeq(value) && !value.flow && !value.tag && !value.anchor) {
        ctx.indent = ctx.indent.substring(2);
      }
      let valueCommentDone = false;
      const valueStr = stringify.stringify(value, ctx, () => valueCommentDone = true, () => chompKeep = true);
      let ws = " ";
      if (keyComment || vsb || vcb) {
        ws = vsb ? "\n" : "";
        if (vcb) {
          const cs = commentString(vcb);
          ws += `
${stringifyComment.indentComment(cs, ctx.indent)}`;
        }
        if (valueStr === "" && !ctx.inFlow) {
          if (ws === "\n" && valueComment)
            ws = "\n\n";
        } else {
          ws += `
${ctx.indent}`;
        }
      } else if (!explicitKey && identity2.isCollection(value)) {
        const vs0 = valueStr[0];
        const nl0 = valueStr.indexOf("\n");
        const hasNewline = nl0 !== -1;
        const flow = ctx.inFlow ?? value.flow ?? value.items.length === 0;
        if (hasNewline || !flow) {
          let hasPropsLine = false;
          if (hasNewline && (vs0 === "&" || vs0 === "!")) {
            let sp0 = valueStr.indexOf(" ");
            if (vs0 === "&" && sp0 !== -1 && sp0 < nl0 && valueStr[sp0 + 1] === "!") {
              sp0 = valueStr.indexOf(" ", sp0 + 1);
            }
            if (sp0 === -1 || nl0 < sp0)
              hasPropsLine = true;
          }
          if (!hasPropsLine)
            ws = `
${ctx.indent}`;
        }
      } else if (valueStr === "" || valueStr[0] === "\n") {
        ws = "";
      }
      str += ws + valueStr;
      if (ctx.inFlow) {
        if (valueCommentDone && onComment)
          onComment();
      } else if (valueComment && !valueCommentDone) {
        str += stringifyComment.lineComment(str, ctx.indent, commentString(valueComment));
      } else if (chompKeep && onChompKeep) {
        onChompKeep();
      }
      return str;
    }
    exports.stringifyPair = stringifyPair;
  }
});

// node_modules/yaml/dist/log.js
var require_log = __commonJS({
  "node_modules/yaml/dist/log.js"(exports) {
    "use strict";
    var node_process = __require("process");
    function debug2(logLevel, ...messages) {
      if (logLevel === "debug")
        console.log(...messages);
    }
    function warn(logLevel, warning) {
      if (logLevel === "debug" || logLevel === "warn") {
        if (typeof node_process.emitWarning === "function")
          node_process.emitWarning(warning);
        else
          console.warn(warning);
      }
    }
    exports.debug = debug2;
    exports.warn = warn;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/merge.js
var require_merge = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/merge.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var MERGE_KEY = "<<";
    var merge = {
      identify: (value) => value === MERGE_KEY || typeof value === "symbol" && value.description === MERGE_KEY,
      default: "key",
      tag: "tag:yaml.org,2002:merge",
      test: /^<<$/,
      resolve: () => Object.assign(new Scalar2.Scalar(Symbol(MERGE_KEY)), {
        addToJSMap: addMergeToJSMap
      }),
      stringify: () => MERGE_KEY
    };
    var isMergeKey2 = (ctx, key) => (merge.identify(key) || identity2.isScalar(key) && (!key.type || key.type === Scalar2.Scalar.PLAIN) && merge.identify(key.value)) && ctx?.doc.schema.tags.some((tag) => tag.tag === merge.tag && tag.default);
    function addMergeToJSMap(ctx, map, value) {
      const source = resolveAliasValue(ctx, value);
      if (identity2.isSeq(source))
        for (const it of source.items)
          mergeValue(ctx, map, it);
      else if (Array.isArray(source))
        for (const it of source)
          mergeValue(ctx, map, it);
      else
        mergeValue(ctx, map, source);
    }
    function mergeValue(ctx, map, value) {
      const source = resolveAliasValue(ctx, value);
      if (!identity2.isMap(source))
        throw new Error("Merge sources must be maps or map aliases");
      const srcMap = source.toJSON(null, ctx, Map);
      for (const [key, value2] of srcMap) {
        if (map instanceof Map) {
          if (!map.has(key))
            map.set(key, value2);
        } else if (map instanceof Set) {
          map.add(key);
        } else if (!Object.prototype.hasOwnProperty.call(map, key)) {
          Object.defineProperty(map, key, {
            value: value2,
            writable: true,
            enumerable: true,
            configurable: true
          });
        }
      }
      return map;
    }
    function resolveAliasValue(ctx, value) {
      return ctx && identity2.isAlias(value) ? value.resolve(ctx.doc, ctx) : value;
    }
    exports.addMergeToJSMap = addMergeToJSMap;
    exports.isMergeKey = isMergeKey2;
    exports.merge = merge;
  }
});

// node_modules/yaml/dist/nodes/addPairToJSMap.js
var require_addPairToJSMap = __commonJS({
  "node_modules/yaml/dist/nodes/addPairToJSMap.js"(exports) {
    "use strict";
    var log2 = require_log();
    var merge = require_merge();
    var stringify = require_stringify();
    var identity2 = require_identity();
    var toJS = require_toJS();
    function addPairToJSMap(ctx, map, { key, value }) {
      if (identity2.isNode(key) && key.addToJSMap)
        key.addToJSMap(ctx, map, value);
      else if (merge.isMergeKey(ctx, key))
        merge.addMergeToJSMap(ctx, map, value);
      else {
        const jsKey = toJS.toJS(key, "", ctx);
        if (map instanceof Map) {
          map.set(jsKey, toJS.toJS(value, jsKey, ctx));
        } else if (map instanceof Set) {
          map.add(jsKey);
        } else {
          const stringKey = stringifyKey(key, jsKey, ctx);
          const jsValue = toJS.toJS(value, stringKey, ctx);
          if (stringKey in map)
            Object.defineProperty(map, stringKey, {
              value: jsValue,
              writable: true,
              enumerable: true,
              configurable: true
            });
          else
            map[stringKey] = jsValue;
        }
      }
      return map;
    }
    function stringifyKey(key, jsKey, ctx) {
      if (jsKey === null)
        return "";
      if (typeof jsKey !== "object")
        return String(jsKey);
      if (identity2.isNode(key) && ctx?.doc) {
        const strCtx = stringify.createStringifyContext(ctx.doc, {});
        strCtx.anchors = /* @__PURE__ */ new Set();
        for (const node of ctx.anchors.keys())
          strCtx.anchors.add(node.anchor);
        strCtx.inFlow = true;
        strCtx.inStringifyKey = true;
        const strKey = key.toString(strCtx);
        if (!ctx.mapKeyWarned) {
          let jsonStr = JSON.stringify(strKey);
          if (jsonStr.length > 40)
            jsonStr = jsonStr.substring(0, 36) + '..."';
          log2.warn(ctx.doc.options.logLevel, `Keys with collection values will be stringified due to JS Object restrictions: ${jsonStr}. Set mapAsMap: true to use object keys.`);
          ctx.mapKeyWarned = true;
        }
        return strKey;
      }
      return JSON.stringify(jsKey);
    }
    exports.addPairToJSMap = addPairToJSMap;
  }
});

// node_modules/yaml/dist/nodes/Pair.js
var require_Pair = __commonJS({
  "node_modules/yaml/dist/nodes/Pair.js"(exports) {
    "use strict";
    var createNode = require_createNode();
    var stringifyPair = require_stringifyPair();
    var addPairToJSMap = require_addPairToJSMap();
    var identity2 = require_identity();
    function createPair(key, value, ctx) {
      const k = createNode.createNode(key, void 0, ctx);
      const v = createNode.createNode(value, void 0, ctx);
      return new Pair(k, v);
    }
    var Pair = class _Pair {
      constructor(key, value = null) {
        Object.defineProperty(this, identity2.NODE_TYPE, { value: identity2.PAIR });
        this.key = key;
        this.value = value;
      }
      clone(schema) {
        let { key, value } = this;
        if (identity2.isNode(key))
          key = key.clone(schema);
        if (identity2.isNode(value))
          value = value.clone(schema);
        return new _Pair(key, value);
      }
      toJSON(_, ctx) {
        const pair = ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
        return addPairToJSMap.addPairToJSMap(ctx, pair, this);
      }
      toString(ctx, onComment, onChompKeep) {
        return ctx?.doc ? stringifyPair.stringifyPair(this, ctx, onComment, onChompKeep) : JSON.stringify(this);
      }
    };
    exports.Pair = Pair;
    exports.createPair = createPair;
  }
});

// node_modules/yaml/dist/stringify/stringifyCollection.js
var require_stringifyCollection = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyCollection.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var stringify = require_stringify();
    var stringifyComment = require_stringifyComment();
    function stringifyCollection(collection, ctx, options) {
      const flow = ctx.inFlow ?? collection.flow;
      const stringify2 = flow ? stringifyFlowCollection : stringifyBlockCollection;
      return stringify2(collection, ctx, options);
    }
    function stringifyBlockCollection({ comment, items }, ctx, { blockItemPrefix, flowChars, itemIndent, onChompKeep, onComment }) {
      const { indent, options: { commentString } } = ctx;
      const itemCtx = Object.assign({}, ctx, { indent: itemIndent, type: null });
      let chompKeep = false;
      const lines2 = [];
      for (let i = 0; i < items.length; ++i) {
        const item = items[i];
        let comment2 = null;
        if (identity2.isNode(item)) {
          if (!chompKeep && item.spaceBefore)
            lines2.push("");
          addCommentBefore(ctx, lines2, item.commentBefore, chompKeep);
          if (item.comment)
            comment2 = item.comment;
        } else if (identity2.isPair(item)) {
          const ik = identity2.isNode(item.key) ? item.key : null;
          if (ik) {
            if (!chompKeep && ik.spaceBefore)
              lines2.push("");
            addCommentBefore(ctx, lines2, ik.commentBefore, chompKeep);
          }
        }
        chompKeep = false;
        let str2 = stringify.stringify(item, itemCtx, () => comment2 = null, () => chompKeep = true);
        if (comment2)
          str2 += stringifyComment.lineComment(str2, itemIndent, commentString(comment2));
        if (chompKeep && comment2)
          chompKeep = false;
        lines2.push(blockItemPrefix + str2);
      }
      let str;
      if (lines2.length === 0) {
        str = flowChars.start + flowChars.end;
      } else {
        str = lines2[0];
        for (let i = 1; i < lines2.length; ++i) {
          const line = lines2[i];
          str += line ? `
${indent}${line}` : "\n";
        }
      }
      if (comment) {
        str += "\n" + stringifyComment.indentComment(commentString(comment), indent);
        if (onComment)
          onComment();
      } else if (chompKeep && onChompKeep)
        onChompKeep();
      return str;
    }
    function stringifyFlowCollection({ items }, ctx, { flowChars, itemIndent }) {
      const { indent, indentStep, flowCollectionPadding: fcPadding, options: { commentString } } = ctx;
      itemIndent += indentStep;
      const itemCtx = Object.assign({}, ctx, {
        indent: itemIndent,
        inFlow: true,
        type: null
      });
      let reqNewline = false;
      let linesAtValue = 0;
      const lines2 = [];
      for (let i = 0; i < items.length; ++i) {
        const item = items[i];
        let comment = null;
        if (identity2.isNode(item)) {
          if (item.spaceBefore)
            lines2.push("");
          addCommentBefore(ctx, lines2, item.commentBefore, false);
          if (item.comment)
            comment = item.comment;
        } else if (identity2.isPair(item)) {
          const ik = identity2.isNode(item.key) ? item.key : null;
          if (ik) {
            if (ik.spaceBefore)
              lines2.push("");
            addCommentBefore(ctx, lines2, ik.commentBefore, false);
            if (ik.comment)
              reqNewline = true;
          }
          const iv = identity2.isNode(item.value) ? item.value : null;
          if (iv) {
            if (iv.comment)
              comment = iv.comment;
            if (iv.commentBefore)
              reqNewline = true;
          } else if (item.value == null && ik?.comment) {
            comment = ik.comment;
          }
        }
        if (comment)
          reqNewline = true;
        let str = stringify.stringify(item, itemCtx, () => comment = null);
        reqNewline || (reqNewline = lines2.length > linesAtValue || str.includes("\n"));
        if (i < items.length - 1) {
          str += ",";
        } else if (ctx.options.trailingComma) {
          if (ctx.options.lineWidth > 0) {
            reqNewline || (reqNewline = lines2.reduce((sum, line) => sum + line.length + 2, 2) + (str.length + 2) > ctx.options.lineWidth);
          }
          if (reqNewline) {
            str += ",";
          }
        }
        if (comment)
          str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
        lines2.push(str);
        linesAtValue = lines2.length;
      }
      const { start, end: end2 } = flowChars;
      if (lines2.length === 0) {
        return start + end2;
      } else {
        if (!reqNewline) {
          const len = lines2.reduce((sum, line) => sum + line.length + 2, 2);
          reqNewline = ctx.options.lineWidth > 0 && len > ctx.options.lineWidth;
        }
        if (reqNewline) {
          let str = start;
          for (const line of lines2)
            str += line ? `
${indentStep}${indent}${line}` : "\n";
          return `${str}
${indent}${end2}`;
        } else {
          return `${start}${fcPadding}${lines2.join(" ")}${fcPadding}${end2}`;
        }
      }
    }
    function addCommentBefore({ indent, options: { commentString } }, lines2, comment, chompKeep) {
      if (comment && chompKeep)
        comment = comment.replace(/^\n+/, "");
      if (comment) {
        const ic = stringifyComment.indentComment(commentString(comment), indent);
        lines2.push(ic.trimStart());
      }
    }
    exports.stringifyCollection = stringifyCollection;
  }
});

// node_modules/yaml/dist/nodes/YAMLMap.js
var require_YAMLMap = __commonJS({
  "node_modules/yaml/dist/nodes/YAMLMap.js"(exports) {
    "use strict";
    var stringifyCollection = require_stringifyCollection();
    var addPairToJSMap = require_addPairToJSMap();
    var Collection = require_Collection();
    var identity2 = require_identity();
    var Pair = require_Pair();
    var Scalar2 = require_Scalar();
    function findPair(items, key) {
      const k = identity2.isScalar(key) ? key.value : key;
      for (const it of items) {
        if (identity2.isPair(it)) {
          if (it.key === key || it.key === k)
            return it;
          if (identity2.isScalar(it.key) && it.key.value === k)
            return it;
        }
      }
      return void 0;
    }
    var YAMLMap = class extends Collection.Collection {
      static get tagName() {
        return "tag:yaml.org,2002:map";
      }
      constructor(schema) {
        super(identity2.MAP, schema);
        this.items = [];
      }
      /**
       * A generic collection parsing method that can be extended
       * to other node classes that inherit from YAMLMap
       */
      static from(schema, obj, ctx) {
        const { keepUndefined, replacer } = ctx;
        const map = new this(schema);
        const add = (key, value) => {
          if (typeof replacer === "function")
            value = replacer.call(obj, key, value);
          else if (Array.isArray(replacer) && !replacer.includes(key))
            return;
          if (value !== void 0 || keepUndefined)
            map.items.push(Pair.createPair(key, value, ctx));
        };
        if (obj instanceof Map) {
          for (const [key, value] of obj)
            add(key, value);
        } else if (obj && typeof obj === "object") {
          for (const key of Object.keys(obj))
            add(key, obj[key]);
        }
        if (typeof schema.sortMapEntries === "function") {
          map.items.sort(schema.sortMapEntries);
        }
        return map;
      }
      /**
       * Adds a value to the collection.
       *
       * @param overwrite - If not set `true`, using a key that is already in the
       *   collection will throw. Otherwise, overwrites the previous value.
       */
      add(pair, overwrite) {
        let _pair;
        if (identity2.isPair(pair))
          _pair = pair;
        else if (!pair || typeof pair !== "object" || !("key" in pair)) {
          _pair = new Pair.Pair(pair, pair?.value);
        } else
          _pair = new Pair.Pair(pair.key, pair.value);
        const prev = findPair(this.items, _pair.key);
        const sortEntries = this.schema?.sortMapEntries;
        if (prev) {
          if (!overwrite)
            throw new Error(`Key ${_pair.key} already set`);
          if (identity2.isScalar(prev.value) && Scalar2.isScalarValue(_pair.value))
            prev.value.value = _pair.value;
          else
            prev.value = _pair.value;
        } else if (sortEntries) {
          const i = this.items.findIndex((item) => sortEntries(_pair, item) < 0);
          if (i === -1)
            this.items.push(_pair);
          else
            this.items.splice(i, 0, _pair);
        } else {
          this.items.push(_pair);
        }
      }
      delete(key) {
        const it = findPair(this.items, key);
        if (!it)
          return false;
        const del = this.items.splice(this.items.indexOf(it), 1);
        return del.length > 0;
      }
      get(key, keepScalar) {
        const it = findPair(this.items, key);
        const node = it?.value;
        return (!keepScalar && identity2.isScalar(node) ? node.value : node) ?? void 0;
      }
      has(key) {
        return !!findPair(this.items, key);
      }
      set(key, value) {
        this.add(new Pair.Pair(key, value), true);
      }
      /**
       * @param ctx - Conversion context, originally set in Document#toJS()
       * @param {Class} Type - If set, forces the returned collection type
       * @returns Instance of Type, Map, or Object
       */
      toJSON(_, ctx, Type) {
        const map = Type ? new Type() : ctx?.mapAsMap ? /* @__PURE__ */ new Map() : {};
        if (ctx?.onCreate)
          ctx.onCreate(map);
        for (const item of this.items)
          addPairToJSMap.addPairToJSMap(ctx, map, item);
        return map;
      }
      toString(ctx, onComment, onChompKeep) {
        if (!ctx)
          return JSON.stringify(this);
        for (const item of this.items) {
          if (!identity2.isPair(item))
            throw new Error(`Map items must all be pairs; found ${JSON.stringify(item)} instead`);
        }
        if (!ctx.allNullValues && this.hasAllNullValues(false))
          ctx = Object.assign({}, ctx, { allNullValues: true });
        return stringifyCollection.stringifyCollection(this, ctx, {
          blockItemPrefix: "",
          flowChars: { start: "{", end: "}" },
          itemIndent: ctx.indent || "",
          onChompKeep,
          onComment
        });
      }
    };
    exports.YAMLMap = YAMLMap;
    exports.findPair = findPair;
  }
});

// node_modules/yaml/dist/schema/common/map.js
var require_map = __commonJS({
  "node_modules/yaml/dist/schema/common/map.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var YAMLMap = require_YAMLMap();
    var map = {
      collection: "map",
      default: true,
      nodeClass: YAMLMap.YAMLMap,
      tag: "tag:yaml.org,2002:map",
      resolve(map2, onError) {
        if (!identity2.isMap(map2))
          onError("Expected a mapping for this tag");
        return map2;
      },
      createNode: (schema, obj, ctx) => YAMLMap.YAMLMap.from(schema, obj, ctx)
    };
    exports.map = map;
  }
});

// node_modules/yaml/dist/nodes/YAMLSeq.js
var require_YAMLSeq = __commonJS({
  "node_modules/yaml/dist/nodes/YAMLSeq.js"(exports) {
    "use strict";
    var createNode = require_createNode();
    var stringifyCollection = require_stringifyCollection();
    var Collection = require_Collection();
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var toJS = require_toJS();
    var YAMLSeq = class extends Collection.Collection {
      static get tagName() {
        return "tag:yaml.org,2002:seq";
      }
      constructor(schema) {
        super(identity2.SEQ, schema);
        this.items = [];
      }
      add(value) {
        this.items.push(value);
      }
      /**
       * Removes a value from the collection.
       *
       * `key` must contain a representation of an integer for this to succeed.
       * It may be wrapped in a `Scalar`.
       *
       * @returns `true` if the item was found and removed.
       */
      delete(key) {
        const idx = asItemIndex(key);
        if (typeof idx !== "number")
          return false;
        const del = this.items.splice(idx, 1);
        return del.length > 0;
      }
      get(key, keepScalar) {
        const idx = asItemIndex(key);
        if (typeof idx !== "number")
          return void 0;
        const it = this.items[idx];
        return !keepScalar && identity2.isScalar(it) ? it.value : it;
      }
      /**
       * Checks if the collection includes a value with the key `key`.
       *
       * `key` must contain a representation of an integer for this to succeed.
       * It may be wrapped in a `Scalar`.
       */
      has(key) {
        const idx = asItemIndex(key);
        return typeof idx === "number" && idx < this.items.length;
      }
      /**
       * Sets a value in this collection. For `!!set`, `value` needs to be a
       * boolean to add/remove the item from the set.
       *
       * If `key` does not contain a representation of an integer, this will throw.
       * It may be wrapped in a `Scalar`.
       */
      set(key, value) {
        const idx = asItemIndex(key);
        if (typeof idx !== "number")
          throw new Error(`Expected a valid index, not ${key}.`);
        const prev = this.items[idx];
        if (identity2.isScalar(prev) && Scalar2.isScalarValue(value))
          prev.value = value;
        else
          this.items[idx] = value;
      }
      toJSON(_, ctx) {
        const seq = [];
        if (ctx?.onCreate)
          ctx.onCreate(seq);
        let i = 0;
        for (const item of this.items)
          seq.push(toJS.toJS(item, String(i++), ctx));
        return seq;
      }
      toString(ctx, onComment, onChompKeep) {
        if (!ctx)
          return JSON.stringify(this);
        return stringifyCollection.stringifyCollection(this, ctx, {
          blockItemPrefix: "- ",
          flowChars: { start: "[", end: "]" },
          itemIndent: (ctx.indent || "") + "  ",
          onChompKeep,
          onComment
        });
      }
      static from(schema, obj, ctx) {
        const { replacer } = ctx;
        const seq = new this(schema);
        if (obj && Symbol.iterator in Object(obj)) {
          let i = 0;
          for (let it of obj) {
            if (typeof replacer === "function") {
              const key = obj instanceof Set ? it : String(i++);
              it = replacer.call(obj, key, it);
            }
            seq.items.push(createNode.createNode(it, void 0, ctx));
          }
        }
        return seq;
      }
    };
    function asItemIndex(key) {
      let idx = identity2.isScalar(key) ? key.value : key;
      if (idx && typeof idx === "string")
        idx = Number(idx);
      return typeof idx === "number" && Number.isInteger(idx) && idx >= 0 ? idx : null;
    }
    exports.YAMLSeq = YAMLSeq;
  }
});

// node_modules/yaml/dist/schema/common/seq.js
var require_seq = __commonJS({
  "node_modules/yaml/dist/schema/common/seq.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var YAMLSeq = require_YAMLSeq();
    var seq = {
      collection: "seq",
      default: true,
      nodeClass: YAMLSeq.YAMLSeq,
      tag: "tag:yaml.org,2002:seq",
      resolve(seq2, onError) {
        if (!identity2.isSeq(seq2))
          onError("Expected a sequence for this tag");
        return seq2;
      },
      createNode: (schema, obj, ctx) => YAMLSeq.YAMLSeq.from(schema, obj, ctx)
    };
    exports.seq = seq;
  }
});

// node_modules/yaml/dist/schema/common/string.js
var require_string = __commonJS({
  "node_modules/yaml/dist/schema/common/string.js"(exports) {
    "use strict";
    var stringifyString = require_stringifyString();
    var string = {
      identify: (value) => typeof value === "string",
      default: true,
      tag: "tag:yaml.org,2002:str",
      resolve: (str) => str,
      stringify(item, ctx, onComment, onChompKeep) {
        ctx = Object.assign({ actualString: true }, ctx);
        return stringifyString.stringifyString(item, ctx, onComment, onChompKeep);
      }
    };
    exports.string = string;
  }
});

// node_modules/yaml/dist/schema/common/null.js
var require_null = __commonJS({
  "node_modules/yaml/dist/schema/common/null.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var nullTag = {
      identify: (value) => value == null,
      createNode: () => new Scalar2.Scalar(null),
      default: true,
      tag: "tag:yaml.org,2002:null",
      test: /^(?:~|[Nn]ull|NULL)?$/,
      resolve: () => new Scalar2.Scalar(null),
      stringify: ({ source }, ctx) => typeof source === "string" && nullTag.test.test(source) ? source : ctx.options.nullStr
    };
    exports.nullTag = nullTag;
  }
});

// node_modules/yaml/dist/schema/core/bool.js
var require_bool = __commonJS({
  "node_modules/yaml/dist/schema/core/bool.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var boolTag = {
      identify: (value) => typeof value === "boolean",
      default: true,
      tag: "tag:yaml.org,2002:bool",
      test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
      resolve: (str) => new Scalar2.Scalar(str[0] === "t" || str[0] === "T"),
      stringify({ source, value }, ctx) {
        if (source && boolTag.test.test(source)) {
          const sv = source[0] === "t" || source[0] === "T";
          if (value === sv)
            return source;
        }
        return value ? ctx.options.trueStr : ctx.options.falseStr;
      }
    };
    exports.boolTag = boolTag;
  }
});

// node_modules/yaml/dist/stringify/stringifyNumber.js
var require_stringifyNumber = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyNumber.js"(exports) {
    "use strict";
    function stringifyNumber({ format, minFractionDigits, tag, value }) {
      if (typeof value === "bigint")
        return String(value);
      const num = typeof value === "number" ? value : Number(value);
      if (!isFinite(num))
        return isNaN(num) ? ".nan" : num < 0 ? "-.inf" : ".inf";
      let n = Object.is(value, -0) ? "-0" : JSON.stringify(value);
      if (!format && minFractionDigits && (!tag || tag === "tag:yaml.org,2002:float") && /^-?\d/.test(n) && !n.includes("e")) {
        let i = n.indexOf(".");
        if (i < 0) {
          i = n.length;
          n += ".";
        }
        let d = minFractionDigits - (n.length - i - 1);
        while (d-- > 0)
          n += "0";
      }
      return n;
    }
    exports.stringifyNumber = stringifyNumber;
  }
});

// node_modules/yaml/dist/schema/core/float.js
var require_float = __commonJS({
  "node_modules/yaml/dist/schema/core/float.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var stringifyNumber = require_stringifyNumber();
    var floatNaN = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
      resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      stringify: stringifyNumber.stringifyNumber
    };
    var floatExp = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      format: "EXP",
      test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
      resolve: (str) => parseFloat(str),
      stringify(node) {
        const num = Number(node.value);
        return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
      }
    };
    var float = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      test: /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
      resolve(str) {
        const node = new Scalar2.Scalar(parseFloat(str));
        const dot = str.indexOf(".");
        if (dot !== -1 && str[str.length - 1] === "0")
          node.minFractionDigits = str.length - dot - 1;
        return node;
      },
      stringify: stringifyNumber.stringifyNumber
    };
    exports.float = float;
    exports.floatExp = floatExp;
    exports.floatNaN = floatNaN;
  }
});

// node_modules/yaml/dist/schema/core/int.js
var require_int = __commonJS({
  "node_modules/yaml/dist/schema/core/int.js"(exports) {
    "use strict";
    var stringifyNumber = require_stringifyNumber();
    var intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
    var intResolve = (str, offset, radix, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str.substring(offset), radix);
    function intStringify(node, radix, prefix) {
      const { value } = node;
      if (intIdentify(value) && value >= 0)
        return prefix + value.toString(radix);
      return stringifyNumber.stringifyNumber(node);
    }
    var intOct = {
      identify: (value) => intIdentify(value) && value >= 0,
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "OCT",
      test: /^0o[0-7]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 2, 8, opt),
      stringify: (node) => intStringify(node, 8, "0o")
    };
    var int = {
      identify: intIdentify,
      default: true,
      tag: "tag:yaml.org,2002:int",
      test: /^[-+]?[0-9]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
      stringify: stringifyNumber.stringifyNumber
    };
    var intHex = {
      identify: (value) => intIdentify(value) && value >= 0,
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "HEX",
      test: /^0x[0-9a-fA-F]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
      stringify: (node) => intStringify(node, 16, "0x")
    };
    exports.int = int;
    exports.intHex = intHex;
    exports.intOct = intOct;
  }
});

// node_modules/yaml/dist/schema/core/schema.js
var require_schema = __commonJS({
  "node_modules/yaml/dist/schema/core/schema.js"(exports) {
    "use strict";
    var map = require_map();
    var _null = require_null();
    var seq = require_seq();
    var string = require_string();
    var bool = require_bool();
    var float = require_float();
    var int = require_int();
    var schema = [
      map.map,
      seq.seq,
      string.string,
      _null.nullTag,
      bool.boolTag,
      int.intOct,
      int.int,
      int.intHex,
      float.floatNaN,
      float.floatExp,
      float.float
    ];
    exports.schema = schema;
  }
});

// node_modules/yaml/dist/schema/json/schema.js
var require_schema2 = __commonJS({
  "node_modules/yaml/dist/schema/json/schema.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var map = require_map();
    var seq = require_seq();
    function intIdentify(value) {
      return typeof value === "bigint" || Number.isInteger(value);
    }
    var stringifyJSON = ({ value }) => JSON.stringify(value);
    var jsonScalars = [
      {
        identify: (value) => typeof value === "string",
        default: true,
        tag: "tag:yaml.org,2002:str",
        resolve: (str) => str,
        stringify: stringifyJSON
      },
      {
        identify: (value) => value == null,
        createNode: () => new Scalar2.Scalar(null),
        default: true,
        tag: "tag:yaml.org,2002:null",
        test: /^null$/,
        resolve: () => null,
        stringify: stringifyJSON
      },
      {
        identify: (value) => typeof value === "boolean",
        default: true,
        tag: "tag:yaml.org,2002:bool",
        test: /^true$|^false$/,
        resolve: (str) => str === "true",
        stringify: stringifyJSON
      },
      {
        identify: intIdentify,
        default: true,
        tag: "tag:yaml.org,2002:int",
        test: /^-?(?:0|[1-9][0-9]*)$/,
        resolve: (str, _onError, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str, 10),
        stringify: ({ value }) => intIdentify(value) ? value.toString() : JSON.stringify(value)
      },
      {
        identify: (value) => typeof value === "number",
        default: true,
        tag: "tag:yaml.org,2002:float",
        test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/,
        resolve: (str) => parseFloat(str),
        stringify: stringifyJSON
      }
    ];
    var jsonError = {
      default: true,
      tag: "",
      test: /^/,
      resolve(str, onError) {
        onError(`Unresolved plain scalar ${JSON.stringify(str)}`);
        return str;
      }
    };
    var schema = [map.map, seq.seq].concat(jsonScalars, jsonError);
    exports.schema = schema;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/binary.js
var require_binary = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/binary.js"(exports) {
    "use strict";
    var node_buffer = __require("buffer");
    var Scalar2 = require_Scalar();
    var stringifyString = require_stringifyString();
    var binary = {
      identify: (value) => value instanceof Uint8Array,
      // Buffer inherits from Uint8Array
      default: false,
      tag: "tag:yaml.org,2002:binary",
      /**
       * Returns a Buffer in node and an Uint8Array in browsers
       *
       * To use the resulting buffer as an image, you'll want to do something like:
       *
       *   const blob = new Blob([buffer], { type: 'image/jpeg' })
       *   document.querySelector('#photo').src = URL.createObjectURL(blob)
       */
      resolve(src, onError) {
        if (typeof node_buffer.Buffer === "function") {
          return node_buffer.Buffer.from(src, "base64");
        } else if (typeof atob === "function") {
          const str = atob(src.replace(/[\n\r]/g, ""));
          const buffer = new Uint8Array(str.length);
          for (let i = 0; i < str.length; ++i)
            buffer[i] = str.charCodeAt(i);
          return buffer;
        } else {
          onError("This environment does not support reading binary tags; either Buffer or atob is required");
          return src;
        }
      },
      stringify({ comment, type, value }, ctx, onComment, onChompKeep) {
        if (!value)
          return "";
        const buf = value;
        let str;
        if (typeof node_buffer.Buffer === "function") {
          str = buf instanceof node_buffer.Buffer ? buf.toString("base64") : node_buffer.Buffer.from(buf.buffer).toString("base64");
        } else if (typeof btoa === "function") {
          let s = "";
          for (let i = 0; i < buf.length; ++i)
            s += String.fromCharCode(buf[i]);
          str = btoa(s);
        } else {
          throw new Error("This environment does not support writing binary tags; either Buffer or btoa is required");
        }
        type ?? (type = Scalar2.Scalar.BLOCK_LITERAL);
        if (type !== Scalar2.Scalar.QUOTE_DOUBLE) {
          const lineWidth = Math.max(ctx.options.lineWidth - ctx.indent.length, ctx.options.minContentWidth);
          const n = Math.ceil(str.length / lineWidth);
          const lines2 = new Array(n);
          for (let i = 0, o = 0; i < n; ++i, o += lineWidth) {
            lines2[i] = str.substr(o, lineWidth);
          }
          str = lines2.join(type === Scalar2.Scalar.BLOCK_LITERAL ? "\n" : " ");
        }
        return stringifyString.stringifyString({ comment, type, value: str }, ctx, onComment, onChompKeep);
      }
    };
    exports.binary = binary;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/pairs.js
var require_pairs = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/pairs.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Pair = require_Pair();
    var Scalar2 = require_Scalar();
    var YAMLSeq = require_YAMLSeq();
    function resolvePairs(seq, onError) {
      if (identity2.isSeq(seq)) {
        for (let i = 0; i < seq.items.length; ++i) {
          let item = seq.items[i];
          if (identity2.isPair(item))
            continue;
          else if (identity2.isMap(item)) {
            if (item.items.length > 1)
              onError("Each pair must have its own sequence indicator");
            const pair = item.items[0] || new Pair.Pair(new Scalar2.Scalar(null));
            if (item.commentBefore)
              pair.key.commentBefore = pair.key.commentBefore ? `${item.commentBefore}
${pair.key.commentBefore}` : item.commentBefore;
            if (item.comment) {
              const cn = pair.value ?? pair.key;
              cn.comment = cn.comment ? `${item.comment}
${cn.comment}` : item.comment;
            }
            item = pair;
          }
          seq.items[i] = identity2.isPair(item) ? item : new Pair.Pair(item);
        }
      } else
        onError("Expected a sequence for this tag");
      return seq;
    }
    function createPairs(schema, iterable, ctx) {
      const { replacer } = ctx;
      const pairs2 = new YAMLSeq.YAMLSeq(schema);
      pairs2.tag = "tag:yaml.org,2002:pairs";
      let i = 0;
      if (iterable && Symbol.iterator in Object(iterable))
        for (let it of iterable) {
          if (typeof replacer === "function")
            it = replacer.call(iterable, String(i++), it);
          let key, value;
          if (Array.isArray(it)) {
            if (it.length === 2) {
              key = it[0];
              value = it[1];
            } else
              throw new TypeError(`Expected [key, value] tuple: ${it}`);
          } else if (it && it instanceof Object) {
            const keys = Object.keys(it);
            if (keys.length === 1) {
              key = keys[0];
              value = it[key];
            } else {
              throw new TypeError(`Expected tuple with one key, not ${keys.length} keys`);
            }
          } else {
            key = it;
          }
          pairs2.items.push(Pair.createPair(key, value, ctx));
        }
      return pairs2;
    }
    var pairs = {
      collection: "seq",
      default: false,
      tag: "tag:yaml.org,2002:pairs",
      resolve: resolvePairs,
      createNode: createPairs
    };
    exports.createPairs = createPairs;
    exports.pairs = pairs;
    exports.resolvePairs = resolvePairs;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/omap.js
var require_omap = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/omap.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var toJS = require_toJS();
    var YAMLMap = require_YAMLMap();
    var YAMLSeq = require_YAMLSeq();
    var pairs = require_pairs();
    var YAMLOMap = class _YAMLOMap extends YAMLSeq.YAMLSeq {
      constructor() {
        super();
        this.add = YAMLMap.YAMLMap.prototype.add.bind(this);
        this.delete = YAMLMap.YAMLMap.prototype.delete.bind(this);
        this.get = YAMLMap.YAMLMap.prototype.get.bind(this);
        this.has = YAMLMap.YAMLMap.prototype.has.bind(this);
        this.set = YAMLMap.YAMLMap.prototype.set.bind(this);
        this.tag = _YAMLOMap.tag;
      }
      /**
       * If `ctx` is given, the return type is actually `Map<unknown, unknown>`,
       * but TypeScript won't allow widening the signature of a child method.
       */
      toJSON(_, ctx) {
        if (!ctx)
          return super.toJSON(_);
        const map = /* @__PURE__ */ new Map();
        if (ctx?.onCreate)
          ctx.onCreate(map);
        for (const pair of this.items) {
          let key, value;
          if (identity2.isPair(pair)) {
            key = toJS.toJS(pair.key, "", ctx);
            value = toJS.toJS(pair.value, key, ctx);
          } else {
            key = toJS.toJS(pair, "", ctx);
          }
          if (map.has(key))
            throw new Error("Ordered maps must not include duplicate keys");
          map.set(key, value);
        }
        return map;
      }
      static from(schema, iterable, ctx) {
        const pairs$1 = pairs.createPairs(schema, iterable, ctx);
        const omap2 = new this();
        omap2.items = pairs$1.items;
        return omap2;
      }
    };
    YAMLOMap.tag = "tag:yaml.org,2002:omap";
    var omap = {
      collection: "seq",
      identify: (value) => value instanceof Map,
      nodeClass: YAMLOMap,
      default: false,
      tag: "tag:yaml.org,2002:omap",
      resolve(seq, onError) {
        const pairs$1 = pairs.resolvePairs(seq, onError);
        const seenKeys = [];
        for (const { key } of pairs$1.items) {
          if (identity2.isScalar(key)) {
            if (seenKeys.includes(key.value)) {
              onError(`Ordered maps must not include duplicate keys: ${key.value}`);
            } else {
              seenKeys.push(key.value);
            }
          }
        }
        return Object.assign(new YAMLOMap(), pairs$1);
      },
      createNode: (schema, iterable, ctx) => YAMLOMap.from(schema, iterable, ctx)
    };
    exports.YAMLOMap = YAMLOMap;
    exports.omap = omap;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/bool.js
var require_bool2 = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/bool.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    function boolStringify({ value, source }, ctx) {
      const boolObj = value ? trueTag : falseTag;
      if (source && boolObj.test.test(source))
        return source;
      return value ? ctx.options.trueStr : ctx.options.falseStr;
    }
    var trueTag = {
      identify: (value) => value === true,
      default: true,
      tag: "tag:yaml.org,2002:bool",
      test: /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
      resolve: () => new Scalar2.Scalar(true),
      stringify: boolStringify
    };
    var falseTag = {
      identify: (value) => value === false,
      default: true,
      tag: "tag:yaml.org,2002:bool",
      test: /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
      resolve: () => new Scalar2.Scalar(false),
      stringify: boolStringify
    };
    exports.falseTag = falseTag;
    exports.trueTag = trueTag;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/float.js
var require_float2 = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/float.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var stringifyNumber = require_stringifyNumber();
    var floatNaN = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
      resolve: (str) => str.slice(-3).toLowerCase() === "nan" ? NaN : str[0] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      stringify: stringifyNumber.stringifyNumber
    };
    var floatExp = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      format: "EXP",
      test: /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
      resolve: (str) => parseFloat(str.replace(/_/g, "")),
      stringify(node) {
        const num = Number(node.value);
        return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
      }
    };
    var float = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
      resolve(str) {
        const node = new Scalar2.Scalar(parseFloat(str.replace(/_/g, "")));
        const dot = str.indexOf(".");
        if (dot !== -1) {
          const f = str.substring(dot + 1).replace(/_/g, "");
          if (f[f.length - 1] === "0")
            node.minFractionDigits = f.length;
        }
        return node;
      },
      stringify: stringifyNumber.stringifyNumber
    };
    exports.float = float;
    exports.floatExp = floatExp;
    exports.floatNaN = floatNaN;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/int.js
var require_int2 = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/int.js"(exports) {
    "use strict";
    var stringifyNumber = require_stringifyNumber();
    var intIdentify = (value) => typeof value === "bigint" || Number.isInteger(value);
    function intResolve(str, offset, radix, { intAsBigInt }) {
      const sign = str[0];
      if (sign === "-" || sign === "+")
        offset += 1;
      str = str.substring(offset).replace(/_/g, "");
      if (intAsBigInt) {
        switch (radix) {
          case 2:
            str = `0b${str}`;
            break;
          case 8:
            str = `0o${str}`;
            break;
          case 16:
            str = `0x${str}`;
            break;
        }
        const n2 = BigInt(str);
        return sign === "-" ? BigInt(-1) * n2 : n2;
      }
      const n = parseInt(str, radix);
      return sign === "-" ? -1 * n : n;
    }
    function intStringify(node, radix, prefix) {
      const { value } = node;
      if (intIdentify(value)) {
        const str = value.toString(radix);
        return value < 0 ? "-" + prefix + str.substr(1) : prefix + str;
      }
      return stringifyNumber.stringifyNumber(node);
    }
    var intBin = {
      identify: intIdentify,
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "BIN",
      test: /^[-+]?0b[0-1_]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 2, 2, opt),
      stringify: (node) => intStringify(node, 2, "0b")
    };
    var intOct = {
      identify: intIdentify,
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "OCT",
      test: /^[-+]?0[0-7_]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 1, 8, opt),
      stringify: (node) => intStringify(node, 8, "0")
    };
    var int = {
      identify: intIdentify,
      default: true,
      tag: "tag:yaml.org,2002:int",
      test: /^[-+]?[0-9][0-9_]*$/,
      resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
      stringify: stringifyNumber.stringifyNumber
    };
    var intHex = {
      identify: intIdentify,
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "HEX",
      test: /^[-+]?0x[0-9a-fA-F_]+$/,
      resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
      stringify: (node) => intStringify(node, 16, "0x")
    };
    exports.int = int;
    exports.intBin = intBin;
    exports.intHex = intHex;
    exports.intOct = intOct;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/set.js
var require_set = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/set.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Pair = require_Pair();
    var YAMLMap = require_YAMLMap();
    var YAMLSet = class _YAMLSet extends YAMLMap.YAMLMap {
      constructor(schema) {
        super(schema);
        this.tag = _YAMLSet.tag;
      }
      add(key) {
        let pair;
        if (identity2.isPair(key))
          pair = key;
        else if (key && typeof key === "object" && "key" in key && "value" in key && key.value === null)
          pair = new Pair.Pair(key.key, null);
        else
          pair = new Pair.Pair(key, null);
        const prev = YAMLMap.findPair(this.items, pair.key);
        if (!prev)
          this.items.push(pair);
      }
      /**
       * If `keepPair` is `true`, returns the Pair matching `key`.
       * Otherwise, returns the value of that Pair's key.
       */
      get(key, keepPair) {
        const pair = YAMLMap.findPair(this.items, key);
        return !keepPair && identity2.isPair(pair) ? identity2.isScalar(pair.key) ? pair.key.value : pair.key : pair;
      }
      set(key, value) {
        if (typeof value !== "boolean")
          throw new Error(`Expected boolean value for set(key, value) in a YAML set, not ${typeof value}`);
        const prev = YAMLMap.findPair(this.items, key);
        if (prev && !value) {
          this.items.splice(this.items.indexOf(prev), 1);
        } else if (!prev && value) {
          this.items.push(new Pair.Pair(key));
        }
      }
      toJSON(_, ctx) {
        return super.toJSON(_, ctx, Set);
      }
      toString(ctx, onComment, onChompKeep) {
        if (!ctx)
          return JSON.stringify(this);
        if (this.hasAllNullValues(true))
          return super.toString(Object.assign({}, ctx, { allNullValues: true }), onComment, onChompKeep);
        else
          throw new Error("Set items must all have null values");
      }
      static from(schema, iterable, ctx) {
        const { replacer } = ctx;
        const set2 = new this(schema);
        if (iterable && Symbol.iterator in Object(iterable))
          for (let value of iterable) {
            if (typeof replacer === "function")
              value = replacer.call(iterable, value, value);
            set2.items.push(Pair.createPair(value, null, ctx));
          }
        return set2;
      }
    };
    YAMLSet.tag = "tag:yaml.org,2002:set";
    var set = {
      collection: "map",
      identify: (value) => value instanceof Set,
      nodeClass: YAMLSet,
      default: false,
      tag: "tag:yaml.org,2002:set",
      createNode: (schema, iterable, ctx) => YAMLSet.from(schema, iterable, ctx),
      resolve(map, onError) {
        if (identity2.isMap(map)) {
          if (map.hasAllNullValues(true))
            return Object.assign(new YAMLSet(), map);
          else
            onError("Set items must all have null values");
        } else
          onError("Expected a mapping for this tag");
        return map;
      }
    };
    exports.YAMLSet = YAMLSet;
    exports.set = set;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/timestamp.js
var require_timestamp = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/timestamp.js"(exports) {
    "use strict";
    var stringifyNumber = require_stringifyNumber();
    function parseSexagesimal(str, asBigInt) {
      const sign = str[0];
      const parts = sign === "-" || sign === "+" ? str.substring(1) : str;
      const num = (n) => asBigInt ? BigInt(n) : Number(n);
      const res = parts.replace(/_/g, "").split(":").reduce((res2, p) => res2 * num(60) + num(p), num(0));
      return sign === "-" ? num(-1) * res : res;
    }
    function stringifySexagesimal(node) {
      let { value } = node;
      let num = (n) => n;
      if (typeof value === "bigint")
        num = (n) => BigInt(n);
      else if (isNaN(value) || !isFinite(value))
        return stringifyNumber.stringifyNumber(node);
      let sign = "";
      if (value < 0) {
        sign = "-";
        value *= num(-1);
      }
      const _60 = num(60);
      const parts = [value % _60];
      if (value < 60) {
        parts.unshift(0);
      } else {
        value = (value - parts[0]) / _60;
        parts.unshift(value % _60);
        if (value >= 60) {
          value = (value - parts[0]) / _60;
          parts.unshift(value);
        }
      }
      return sign + parts.map((n) => String(n).padStart(2, "0")).join(":").replace(/000000\d*$/, "");
    }
    var intTime = {
      identify: (value) => typeof value === "bigint" || Number.isInteger(value),
      default: true,
      tag: "tag:yaml.org,2002:int",
      format: "TIME",
      test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
      resolve: (str, _onError, { intAsBigInt }) => parseSexagesimal(str, intAsBigInt),
      stringify: stringifySexagesimal
    };
    var floatTime = {
      identify: (value) => typeof value === "number",
      default: true,
      tag: "tag:yaml.org,2002:float",
      format: "TIME",
      test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
      resolve: (str) => parseSexagesimal(str, false),
      stringify: stringifySexagesimal
    };
    var timestamp = {
      identify: (value) => value instanceof Date,
      default: true,
      tag: "tag:yaml.org,2002:timestamp",
      // If the time zone is omitted, the timestamp is assumed to be specified in UTC. The time part
      // may be omitted altogether, resulting in a date format. In such a case, the time part is
      // assumed to be 00:00:00Z (start of day, UTC).
      test: RegExp("^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:t|T|[ \\t]+)([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(\\.[0-9]+)?)(?:[ \\t]*(Z|[-+][012]?[0-9](?::[0-9]{2})?))?)?$"),
      resolve(str) {
        const match = str.match(timestamp.test);
        if (!match)
          throw new Error("!!timestamp expects a date, starting with yyyy-mm-dd");
        const [, year, month, day2, hour, minute, second] = match.map(Number);
        const millisec = match[7] ? Number((match[7] + "00").substr(1, 3)) : 0;
        let date = Date.UTC(year, month - 1, day2, hour || 0, minute || 0, second || 0, millisec);
        const tz = match[8];
        if (tz && tz !== "Z") {
          let d = parseSexagesimal(tz, false);
          if (Math.abs(d) < 30)
            d *= 60;
          date -= 6e4 * d;
        }
        return new Date(date);
      },
      stringify: ({ value }) => value?.toISOString().replace(/(T00:00:00)?\.000Z$/, "") ?? ""
    };
    exports.floatTime = floatTime;
    exports.intTime = intTime;
    exports.timestamp = timestamp;
  }
});

// node_modules/yaml/dist/schema/yaml-1.1/schema.js
var require_schema3 = __commonJS({
  "node_modules/yaml/dist/schema/yaml-1.1/schema.js"(exports) {
    "use strict";
    var map = require_map();
    var _null = require_null();
    var seq = require_seq();
    var string = require_string();
    var binary = require_binary();
    var bool = require_bool2();
    var float = require_float2();
    var int = require_int2();
    var merge = require_merge();
    var omap = require_omap();
    var pairs = require_pairs();
    var set = require_set();
    var timestamp = require_timestamp();
    var schema = [
      map.map,
      seq.seq,
      string.string,
      _null.nullTag,
      bool.trueTag,
      bool.falseTag,
      int.intBin,
      int.intOct,
      int.int,
      int.intHex,
      float.floatNaN,
      float.floatExp,
      float.float,
      binary.binary,
      merge.merge,
      omap.omap,
      pairs.pairs,
      set.set,
      timestamp.intTime,
      timestamp.floatTime,
      timestamp.timestamp
    ];
    exports.schema = schema;
  }
});

// node_modules/yaml/dist/schema/tags.js
var require_tags = __commonJS({
  "node_modules/yaml/dist/schema/tags.js"(exports) {
    "use strict";
    var map = require_map();
    var _null = require_null();
    var seq = require_seq();
    var string = require_string();
    var bool = require_bool();
    var float = require_float();
    var int = require_int();
    var schema = require_schema();
    var schema$1 = require_schema2();
    var binary = require_binary();
    var merge = require_merge();
    var omap = require_omap();
    var pairs = require_pairs();
    var schema$2 = require_schema3();
    var set = require_set();
    var timestamp = require_timestamp();
    var schemas = /* @__PURE__ */ new Map([
      ["core", schema.schema],
      ["failsafe", [map.map, seq.seq, string.string]],
      ["json", schema$1.schema],
      ["yaml11", schema$2.schema],
      ["yaml-1.1", schema$2.schema]
    ]);
    var tagsByName = {
      binary: binary.binary,
      bool: bool.boolTag,
      float: float.float,
      floatExp: float.floatExp,
      floatNaN: float.floatNaN,
      floatTime: timestamp.floatTime,
      int: int.int,
      intHex: int.intHex,
      intOct: int.intOct,
      intTime: timestamp.intTime,
      map: map.map,
      merge: merge.merge,
      null: _null.nullTag,
      omap: omap.omap,
      pairs: pairs.pairs,
      seq: seq.seq,
      set: set.set,
      timestamp: timestamp.timestamp
    };
    var coreKnownTags = {
      "tag:yaml.org,2002:binary": binary.binary,
      "tag:yaml.org,2002:merge": merge.merge,
      "tag:yaml.org,2002:omap": omap.omap,
      "tag:yaml.org,2002:pairs": pairs.pairs,
      "tag:yaml.org,2002:set": set.set,
      "tag:yaml.org,2002:timestamp": timestamp.timestamp
    };
    function getTags(customTags, schemaName, addMergeTag) {
      const schemaTags = schemas.get(schemaName);
      if (schemaTags && !customTags) {
        return addMergeTag && !schemaTags.includes(merge.merge) ? schemaTags.concat(merge.merge) : schemaTags.slice();
      }
      let tags = schemaTags;
      if (!tags) {
        if (Array.isArray(customTags))
          tags = [];
        else {
          const keys = Array.from(schemas.keys()).filter((key) => key !== "yaml11").map((key) => JSON.stringify(key)).join(", ");
          throw new Error(`Unknown schema "${schemaName}"; use one of ${keys} or define customTags array`);
        }
      }
      if (Array.isArray(customTags)) {
        for (const tag of customTags)
          tags = tags.concat(tag);
      } else if (typeof customTags === "function") {
        tags = customTags(tags.slice());
      }
      if (addMergeTag)
        tags = tags.concat(merge.merge);
      return tags.reduce((tags2, tag) => {
        const tagObj = typeof tag === "string" ? tagsByName[tag] : tag;
        if (!tagObj) {
          const tagName = JSON.stringify(tag);
          const keys = Object.keys(tagsByName).map((key) => JSON.stringify(key)).join(", ");
          throw new Error(`Unknown custom tag ${tagName}; use one of ${keys}`);
        }
        if (!tags2.includes(tagObj))
          tags2.push(tagObj);
        return tags2;
      }, []);
    }
    exports.coreKnownTags = coreKnownTags;
    exports.getTags = getTags;
  }
});

// node_modules/yaml/dist/schema/Schema.js
var require_Schema = __commonJS({
  "node_modules/yaml/dist/schema/Schema.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var map = require_map();
    var seq = require_seq();
    var string = require_string();
    var tags = require_tags();
    var sortMapEntriesByKey = (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    var Schema = class _Schema {
      constructor({ compat, customTags, merge, resolveKnownTags, schema, sortMapEntries, toStringDefaults }) {
        this.compat = Array.isArray(compat) ? tags.getTags(compat, "compat") : compat ? tags.getTags(null, compat) : null;
        this.name = typeof schema === "string" && schema || "core";
        this.knownTags = resolveKnownTags ? tags.coreKnownTags : {};
        this.tags = tags.getTags(customTags, this.name, merge);
        this.toStringOptions = toStringDefaults ?? null;
        Object.defineProperty(this, identity2.MAP, { value: map.map });
        Object.defineProperty(this, identity2.SCALAR, { value: string.string });
        Object.defineProperty(this, identity2.SEQ, { value: seq.seq });
        this.sortMapEntries = typeof sortMapEntries === "function" ? sortMapEntries : sortMapEntries === true ? sortMapEntriesByKey : null;
      }
      clone() {
        const copy = Object.create(_Schema.prototype, Object.getOwnPropertyDescriptors(this));
        copy.tags = this.tags.slice();
        return copy;
      }
    };
    exports.Schema = Schema;
  }
});

// node_modules/yaml/dist/stringify/stringifyDocument.js
var require_stringifyDocument = __commonJS({
  "node_modules/yaml/dist/stringify/stringifyDocument.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var stringify = require_stringify();
    var stringifyComment = require_stringifyComment();
    function stringifyDocument(doc, options) {
      const lines2 = [];
      let hasDirectives = options.directives === true;
      if (options.directives !== false && doc.directives) {
        const dir = doc.directives.toString(doc);
        if (dir) {
          lines2.push(dir);
          hasDirectives = true;
        } else if (doc.directives.docStart)
          hasDirectives = true;
      }
      if (hasDirectives)
        lines2.push("---");
      const ctx = stringify.createStringifyContext(doc, options);
      const { commentString } = ctx.options;
      if (doc.commentBefore) {
        if (lines2.length !== 1)
          lines2.unshift("");
        const cs = commentString(doc.commentBefore);
        lines2.unshift(stringifyComment.indentComment(cs, ""));
      }
      let chompKeep = false;
      let contentComment = null;
      if (doc.contents) {
        if (identity2.isNode(doc.contents)) {
          if (doc.contents.spaceBefore && hasDirectives)
            lines2.push("");
          if (doc.contents.commentBefore) {
            const cs = commentString(doc.contents.commentBefore);
            lines2.push(stringifyComment.indentComment(cs, ""));
          }
          ctx.forceBlockIndent = !!doc.comment;
          contentComment = doc.contents.comment;
        }
        const onChompKeep = contentComment ? void 0 : () => chompKeep = true;
        let body = stringify.stringify(doc.contents, ctx, () => contentComment = null, onChompKeep);
        if (contentComment)
          body += stringifyComment.lineComment(body, "", commentString(contentComment));
        if ((body[0] === "|" || body[0] === ">") && lines2[lines2.length - 1] === "---") {
          lines2[lines2.length - 1] = `--- ${body}`;
        } else
          lines2.push(body);
      } else {
        lines2.push(stringify.stringify(doc.contents, ctx));
      }
      if (doc.directives?.docEnd) {
        if (doc.comment) {
          const cs = commentString(doc.comment);
          if (cs.includes("\n")) {
            lines2.push("...");
            lines2.push(stringifyComment.indentComment(cs, ""));
          } else {
            lines2.push(`... ${cs}`);
          }
        } else {
          lines2.push("...");
        }
      } else {
        let dc = doc.comment;
        if (dc && chompKeep)
          dc = dc.replace(/^\n+/, "");
        if (dc) {
          if ((!chompKeep || contentComment) && lines2[lines2.length - 1] !== "")
            lines2.push("");
          lines2.push(stringifyComment.indentComment(commentString(dc), ""));
        }
      }
      return lines2.join("\n") + "\n";
    }
    exports.stringifyDocument = stringifyDocument;
  }
});

// node_modules/yaml/dist/doc/Document.js
var require_Document = __commonJS({
  "node_modules/yaml/dist/doc/Document.js"(exports) {
    "use strict";
    var Alias = require_Alias();
    var Collection = require_Collection();
    var identity2 = require_identity();
    var Pair = require_Pair();
    var toJS = require_toJS();
    var Schema = require_Schema();
    var stringifyDocument = require_stringifyDocument();
    var anchors = require_anchors();
    var applyReviver = require_applyReviver();
    var createNode = require_createNode();
    var directives = require_directives();
    var Document = class _Document {
      constructor(value, replacer, options) {
        this.commentBefore = null;
        this.comment = null;
        this.errors = [];
        this.warnings = [];
        Object.defineProperty(this, identity2.NODE_TYPE, { value: identity2.DOC });
        let _replacer = null;
        if (typeof replacer === "function" || Array.isArray(replacer)) {
          _replacer = replacer;
        } else if (options === void 0 && replacer) {
          options = replacer;
          replacer = void 0;
        }
        const opt = Object.assign({
          intAsBigInt: false,
          keepSourceTokens: false,
          logLevel: "warn",
          prettyErrors: true,
          strict: true,
          stringKeys: false,
          uniqueKeys: true,
          version: "1.2"
        }, options);
        this.options = opt;
        let { version } = opt;
        if (options?._directives) {
          this.directives = options._directives.atDocument();
          if (this.directives.yaml.explicit)
            version = this.directives.yaml.version;
        } else
          this.directives = new directives.Directives({ version });
        this.setSchema(version, options);
        this.contents = value === void 0 ? null : this.createNode(value, _replacer, options);
      }
      /**
       * Create a deep copy of this Document and its contents.
       *
       * Custom Node values that inherit from `Object` still refer to their original instances.
       */
      clone() {
        const copy = Object.create(_Document.prototype, {
          [identity2.NODE_TYPE]: { value: identity2.DOC }
        });
        copy.commentBefore = this.commentBefore;
        copy.comment = this.comment;
        copy.errors = this.errors.slice();
        copy.warnings = this.warnings.slice();
        copy.options = Object.assign({}, this.options);
        if (this.directives)
          copy.directives = this.directives.clone();
        copy.schema = this.schema.clone();
        copy.contents = identity2.isNode(this.contents) ? this.contents.clone(copy.schema) : this.contents;
        if (this.range)
          copy.range = this.range.slice();
        return copy;
      }
      /** Adds a value to the document. */
      add(value) {
        if (assertCollection(this.contents))
          this.contents.add(value);
      }
      /** Adds a value to the document. */
      addIn(path, value) {
        if (assertCollection(this.contents))
          this.contents.addIn(path, value);
      }
      /**
       * Create a new `Alias` node, ensuring that the target `node` has the required anchor.
       *
       * If `node` already has an anchor, `name` is ignored.
       * Otherwise, the `node.anchor` value will be set to `name`,
       * or if an anchor with that name is already present in the document,
       * `name` will be used as a prefix for a new unique anchor.
       * If `name` is undefined, the generated anchor will use 'a' as a prefix.
       */
      createAlias(node, name) {
        if (!node.anchor) {
          const prev = anchors.anchorNames(this);
          node.anchor = // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
          !name || prev.has(name) ? anchors.findNewAnchor(name || "a", prev) : name;
        }
        return new Alias.Alias(node.anchor);
      }
      createNode(value, replacer, options) {
        let _replacer = void 0;
        if (typeof replacer === "function") {
          value = replacer.call({ "": value }, "", value);
          _replacer = replacer;
        } else if (Array.isArray(replacer)) {
          const keyToStr = (v) => typeof v === "number" || v instanceof String || v instanceof Number;
          const asStr = replacer.filter(keyToStr).map(String);
          if (asStr.length > 0)
            replacer = replacer.concat(asStr);
          _replacer = replacer;
        } else if (options === void 0 && replacer) {
          options = replacer;
          replacer = void 0;
        }
        const { aliasDuplicateObjects, anchorPrefix, flow, keepUndefined, onTagObj, tag } = options ?? {};
        const { onAnchor, setAnchors, sourceObjects } = anchors.createNodeAnchors(
          this,
          // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
          anchorPrefix || "a"
        );
        const ctx = {
          aliasDuplicateObjects: aliasDuplicateObjects ?? true,
          keepUndefined: keepUndefined ?? false,
          onAnchor,
          onTagObj,
          replacer: _replacer,
          schema: this.schema,
          sourceObjects
        };
        const node = createNode.createNode(value, tag, ctx);
        if (flow && identity2.isCollection(node))
          node.flow = true;
        setAnchors();
        return node;
      }
      /**
       * Convert a key and a value into a `Pair` using the current schema,
       * recursively wrapping all values as `Scalar` or `Collection` nodes.
       */
      createPair(key, value, options = {}) {
        const k = this.createNode(key, null, options);
        const v = this.createNode(value, null, options);
        return new Pair.Pair(k, v);
      }
      /**
       * Removes a value from the document.
       * @returns `true` if the item was found and removed.
       */
      delete(key) {
        return assertCollection(this.contents) ? this.contents.delete(key) : false;
      }
      /**
       * Removes a value from the document.
       * @returns `true` if the item was found and removed.
       */
      deleteIn(path) {
        if (Collection.isEmptyPath(path)) {
          if (this.contents == null)
            return false;
          this.contents = null;
          return true;
        }
        return assertCollection(this.contents) ? this.contents.deleteIn(path) : false;
      }
      /**
       * Returns item at `key`, or `undefined` if not found. By default unwraps
       * scalar values from their surrounding node; to disable set `keepScalar` to
       * `true` (collections are always returned intact).
       */
      get(key, keepScalar) {
        return identity2.isCollection(this.contents) ? this.contents.get(key, keepScalar) : void 0;
      }
      /**
       * Returns item at `path`, or `undefined` if not found. By default unwraps
       * scalar values from their surrounding node; to disable set `keepScalar` to
       * `true` (collections are always returned intact).
       */
      getIn(path, keepScalar) {
        if (Collection.isEmptyPath(path))
          return !keepScalar && identity2.isScalar(this.contents) ? this.contents.value : this.contents;
        return identity2.isCollection(this.contents) ? this.contents.getIn(path, keepScalar) : void 0;
      }
      /**
       * Checks if the document includes a value with the key `key`.
       */
      has(key) {
        return identity2.isCollection(this.contents) ? this.contents.has(key) : false;
      }
      /**
       * Checks if the document includes a value at `path`.
       */
      hasIn(path) {
        if (Collection.isEmptyPath(path))
          return this.contents !== void 0;
        return identity2.isCollection(this.contents) ? this.contents.hasIn(path) : false;
      }
      /**
       * Sets a value in this document. For `!!set`, `value` needs to be a
       * boolean to add/remove the item from the set.
       */
      set(key, value) {
        if (this.contents == null) {
          this.contents = Collection.collectionFromPath(this.schema, [key], value);
        } else if (assertCollection(this.contents)) {
          this.contents.set(key, value);
        }
      }
      /**
       * Sets a value in this document. For `!!set`, `value` needs to be a
       * boolean to add/remove the item from the set.
       */
      setIn(path, value) {
        if (Collection.isEmptyPath(path)) {
          this.contents = value;
        } else if (this.contents == null) {
          this.contents = Collection.collectionFromPath(this.schema, Array.from(path), value);
        } else if (assertCollection(this.contents)) {
          this.contents.setIn(path, value);
        }
      }
      /**
       * Change the YAML version and schema used by the document.
       * A `null` version disables support for directives, explicit tags, anchors, and aliases.
       * It also requires the `schema` option to be given as a `Schema` instance value.
       *
       * Overrides all previously set schema options.
       */
      setSchema(version, options = {}) {
        if (typeof version === "number")
          version = String(version);
        let opt;
        switch (version) {
          case "1.1":
            if (this.directives)
              this.directives.yaml.version = "1.1";
            else
              this.directives = new directives.Directives({ version: "1.1" });
            opt = { resolveKnownTags: false, schema: "yaml-1.1" };
            break;
          case "1.2":
          case "next":
            if (this.directives)
              this.directives.yaml.version = version;
            else
              this.directives = new directives.Directives({ version });
            opt = { resolveKnownTags: true, schema: "core" };
            break;
          case null:
            if (this.directives)
              delete this.directives;
            opt = null;
            break;
          default: {
            const sv = JSON.stringify(version);
            throw new Error(`Expected '1.1', '1.2' or null as first argument, but found: ${sv}`);
          }
        }
        if (options.schema instanceof Object)
          this.schema = options.schema;
        else if (opt)
          this.schema = new Schema.Schema(Object.assign(opt, options));
        else
          throw new Error(`With a null YAML version, the { schema: Schema } option is required`);
      }
      // json & jsonArg are only used from toJSON()
      toJS({ json, jsonArg, mapAsMap, maxAliasCount, onAnchor, reviver } = {}) {
        const ctx = {
          anchors: /* @__PURE__ */ new Map(),
          doc: this,
          keep: !json,
          mapAsMap: mapAsMap === true,
          mapKeyWarned: false,
          maxAliasCount: typeof maxAliasCount === "number" ? maxAliasCount : 100
        };
        const res = toJS.toJS(this.contents, jsonArg ?? "", ctx);
        if (typeof onAnchor === "function")
          for (const { count, res: res2 } of ctx.anchors.values())
            onAnchor(res2, count);
        return typeof reviver === "function" ? applyReviver.applyReviver(reviver, { "": res }, "", res) : res;
      }
      /**
       * A JSON representation of the document `contents`.
       *
       * @param jsonArg Used by `JSON.stringify` to indicate the array index or
       *   property name.
       */
      toJSON(jsonArg, onAnchor) {
        return this.toJS({ json: true, jsonArg, mapAsMap: false, onAnchor });
      }
      /** A YAML representation of the document. */
      toString(options = {}) {
        if (this.errors.length > 0)
          throw new Error("Document with errors cannot be stringified");
        if ("indent" in options && (!Number.isInteger(options.indent) || Number(options.indent) <= 0)) {
          const s = JSON.stringify(options.indent);
          throw new Error(`"indent" option must be a positive integer, not ${s}`);
        }
        return stringifyDocument.stringifyDocument(this, options);
      }
    };
    function assertCollection(contents) {
      if (identity2.isCollection(contents))
        return true;
      throw new Error("Expected a YAML collection as document contents");
    }
    exports.Document = Document;
  }
});

// node_modules/yaml/dist/errors.js
var require_errors = __commonJS({
  "node_modules/yaml/dist/errors.js"(exports) {
    "use strict";
    var YAMLError = class extends Error {
      constructor(name, pos, code, message) {
        super();
        this.name = name;
        this.code = code;
        this.message = message;
        this.pos = pos;
      }
    };
    var YAMLParseError = class extends YAMLError {
      constructor(pos, code, message) {
        super("YAMLParseError", pos, code, message);
      }
    };
    var YAMLWarning = class extends YAMLError {
      constructor(pos, code, message) {
        super("YAMLWarning", pos, code, message);
      }
    };
    var prettifyError = (src, lc) => (error) => {
      if (error.pos[0] === -1)
        return;
      error.linePos = error.pos.map((pos) => lc.linePos(pos));
      const { line, col } = error.linePos[0];
      error.message += ` at line ${line}, column ${col}`;
      let ci = col - 1;
      let lineStr = src.substring(lc.lineStarts[line - 1], lc.lineStarts[line]).replace(/[\n\r]+$/, "");
      if (ci >= 60 && lineStr.length > 80) {
        const trimStart = Math.min(ci - 39, lineStr.length - 79);
        lineStr = "…" + lineStr.substring(trimStart);
        ci -= trimStart - 1;
      }
      if (lineStr.length > 80)
        lineStr = lineStr.substring(0, 79) + "…";
      if (line > 1 && /^ *$/.test(lineStr.substring(0, ci))) {
        let prev = src.substring(lc.lineStarts[line - 2], lc.lineStarts[line - 1]);
        if (prev.length > 80)
          prev = prev.substring(0, 79) + "…\n";
        lineStr = prev + lineStr;
      }
      if (/[^ ]/.test(lineStr)) {
        let count = 1;
        const end2 = error.linePos[1];
        if (end2?.line === line && end2.col > col) {
          count = Math.max(1, Math.min(end2.col - col, 80 - ci));
        }
        const pointer = " ".repeat(ci) + "^".repeat(count);
        error.message += `:

${lineStr}
${pointer}
`;
      }
    };
    exports.YAMLError = YAMLError;
    exports.YAMLParseError = YAMLParseError;
    exports.YAMLWarning = YAMLWarning;
    exports.prettifyError = prettifyError;
  }
});

// node_modules/yaml/dist/compose/resolve-props.js
var require_resolve_props = __commonJS({
  "node_modules/yaml/dist/compose/resolve-props.js"(exports) {
    "use strict";
    function resolveProps(tokens, { flow, indicator, next, offset, onError, parentIndent, startOnNewline }) {
      let spaceBefore = false;
      let atNewline = startOnNewline;
      let hasSpace = startOnNewline;
      let comment = "";
      let commentSep = "";
      let hasNewline = false;
      let reqSpace = false;
      let tab = null;
      let anchor = null;
      let tag = null;
      let newlineAfterProp = null;
      let comma = null;
      let found = null;
      let start = null;
      for (const token of tokens) {
        if (reqSpace) {
          if (token.type !== "space" && token.type !== "newline" && token.type !== "comma")
            onError(token.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
          reqSpace = false;
        }
        if (tab) {
          if (atNewline && token.type !== "comment" && token.type !== "newline") {
            onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
          }
          tab = null;
        }
        switch (token.type) {
          case "space":
            if (!flow && (indicator !== "doc-start" || next?.type !== "flow-collection") && token.source.includes("	")) {
              tab = token;
            }
            hasSpace = true;
            break;
          case "comment": {
            if (!hasSpace)
              onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
            const cb = token.source.substring(1) || " ";
            if (!comment)
              comment = cb;
            else
              comment += commentSep + cb;
            commentSep = "";
            atNewline = false;
            break;
          }
          case "newline":
            if (atNewline) {
              if (comment)
                comment += token.source;
              else if (!found || indicator !== "seq-item-ind")
                spaceBefore = true;
            } else
              commentSep += token.source;
            atNewline = true;
            hasNewline = true;
            if (anchor || tag)
              newlineAfterProp = token;
            hasSpace = true;
            break;
          case "anchor":
            if (anchor)
              onError(token, "MULTIPLE_ANCHORS", "A node can have at most one anchor");
            if (token.source.endsWith(":"))
              onError(token.offset + token.source.length - 1, "BAD_ALIAS", "Anchor ending in : is ambiguous", true);
            anchor = token;
            start ?? (start = token.offset);
            atNewline = false;
            hasSpace = false;
            reqSpace = true;
            break;
          case "tag": {
            if (tag)
              onError(token, "MULTIPLE_TAGS", "A node can have at most one tag");
            tag = token;
            start ?? (start = token.offset);
            atNewline = false;
            hasSpace = false;
            reqSpace = true;
            break;
          }
          case indicator:
            if (anchor || tag)
              onError(token, "BAD_PROP_ORDER", `Anchors and tags must be after the ${token.source} indicator`);
            if (found)
              onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.source} in ${flow ?? "collection"}`);
            found = token;
            atNewline = indicator === "seq-item-ind" || indicator === "explicit-key-ind";
            hasSpace = false;
            break;
          case "comma":
            if (flow) {
              if (comma)
                onError(token, "UNEXPECTED_TOKEN", `Unexpected , in ${flow}`);
              comma = token;
              atNewline = false;
              hasSpace = false;
              break;
            }
          // else fallthrough
          default:
            onError(token, "UNEXPECTED_TOKEN", `Unexpected ${token.type} token`);
            atNewline = false;
            hasSpace = false;
        }
      }
      const last = tokens[tokens.length - 1];
      const end2 = last ? last.offset + last.source.length : offset;
      if (reqSpace && next && next.type !== "space" && next.type !== "newline" && next.type !== "comma" && (next.type !== "scalar" || next.source !== "")) {
        onError(next.offset, "MISSING_CHAR", "Tags and anchors must be separated from the next token by white space");
      }
      if (tab && (atNewline && tab.indent <= parentIndent || next?.type === "block-map" || next?.type === "block-seq"))
        onError(tab, "TAB_AS_INDENT", "Tabs are not allowed as indentation");
      return {
        comma,
        found,
        spaceBefore,
        comment,
        hasNewline,
        anchor,
        tag,
        newlineAfterProp,
        end: end2,
        start: start ?? end2
      };
    }
    exports.resolveProps = resolveProps;
  }
});

// node_modules/yaml/dist/compose/util-contains-newline.js
var require_util_contains_newline = __commonJS({
  "node_modules/yaml/dist/compose/util-contains-newline.js"(exports) {
    "use strict";
    function containsNewline(key) {
      if (!key)
        return null;
      switch (key.type) {
        case "alias":
        case "scalar":
        case "double-quoted-scalar":
        case "single-quoted-scalar":
          if (key.source.includes("\n"))
            return true;
          if (key.end) {
            for (const st of key.end)
              if (st.type === "newline")
                return true;
          }
          return false;
        case "flow-collection":
          for (const it of key.items) {
            for (const st of it.start)
              if (st.type === "newline")
                return true;
            if (it.sep) {
              for (const st of it.sep)
                if (st.type === "newline")
                  return true;
            }
            if (containsNewline(it.key) || containsNewline(it.value))
              return true;
          }
          return false;
        default:
          return true;
      }
    }
    exports.containsNewline = containsNewline;
  }
});

// node_modules/yaml/dist/compose/util-flow-indent-check.js
var require_util_flow_indent_check = __commonJS({
  "node_modules/yaml/dist/compose/util-flow-indent-check.js"(exports) {
    "use strict";
    var utilContainsNewline = require_util_contains_newline();
    function flowIndentCheck(indent, fc, onError) {
      if (fc?.type === "flow-collection") {
        const end2 = fc.end[0];
        if (end2.indent === indent && (end2.source === "]" || end2.source === "}") && utilContainsNewline.containsNewline(fc)) {
          const msg = "Flow end indicator should be more indented than parent";
          onError(end2, "BAD_INDENT", msg, true);
        }
      }
    }
    exports.flowIndentCheck = flowIndentCheck;
  }
});

// node_modules/yaml/dist/compose/util-map-includes.js
var require_util_map_includes = __commonJS({
  "node_modules/yaml/dist/compose/util-map-includes.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    function mapIncludes(ctx, items, search) {
      const { uniqueKeys } = ctx.options;
      if (uniqueKeys === false)
        return false;
      const isEqual = typeof uniqueKeys === "function" ? uniqueKeys : (a, b) => a === b || identity2.isScalar(a) && identity2.isScalar(b) && a.value === b.value;
      return items.some((pair) => isEqual(pair.key, search));
    }
    exports.mapIncludes = mapIncludes;
  }
});

// node_modules/yaml/dist/compose/resolve-block-map.js
var require_resolve_block_map = __commonJS({
  "node_modules/yaml/dist/compose/resolve-block-map.js"(exports) {
    "use strict";
    var Pair = require_Pair();
    var YAMLMap = require_YAMLMap();
    var resolveProps = require_resolve_props();
    var utilContainsNewline = require_util_contains_newline();
    var utilFlowIndentCheck = require_util_flow_indent_check();
    var utilMapIncludes = require_util_map_includes();
    var startColMsg = "All mapping items must start at the same column";
    function resolveBlockMap({ composeNode, composeEmptyNode }, ctx, bm, onError, tag) {
      const NodeClass = tag?.nodeClass ?? YAMLMap.YAMLMap;
      const map = new NodeClass(ctx.schema);
      if (ctx.atRoot)
        ctx.atRoot = false;
      let offset = bm.offset;
      let commentEnd = null;
      for (const collItem of bm.items) {
        const { start, key, sep, value } = collItem;
        const keyProps = resolveProps.resolveProps(start, {
          indicator: "explicit-key-ind",
          next: key ?? sep?.[0],
          offset,
          onError,
          parentIndent: bm.indent,
          startOnNewline: true
        });
        const implicitKey = !keyProps.found;
        if (implicitKey) {
          if (key) {
            if (key.type === "block-seq")
              onError(offset, "BLOCK_AS_IMPLICIT_KEY", "A block sequence may not be used as an implicit map key");
            else if ("indent" in key && key.indent !== bm.indent)
              onError(offset, "BAD_INDENT", startColMsg);
          }
          if (!keyProps.anchor && !keyProps.tag && !sep) {
            commentEnd = keyProps.end;
            if (keyProps.comment) {
              if (map.comment)
                map.comment += "\n" + keyProps.comment;
              else
                map.comment = keyProps.comment;
            }
            continue;
          }
          if (keyProps.newlineAfterProp || utilContainsNewline.containsNewline(key)) {
            onError(key ?? start[start.length - 1], "MULTILINE_IMPLICIT_KEY", "Implicit keys need to be on a single line");
          }
        } else if (keyProps.found?.indent !== bm.indent) {
          onError(offset, "BAD_INDENT", startColMsg);
        }
        ctx.atKey = true;
        const keyStart = keyProps.end;
        const keyNode = key ? composeNode(ctx, key, keyProps, onError) : composeEmptyNode(ctx, keyStart, start, null, keyProps, onError);
        if (ctx.schema.compat)
          utilFlowIndentCheck.flowIndentCheck(bm.indent, key, onError);
        ctx.atKey = false;
        if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode))
          onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
        const valueProps = resolveProps.resolveProps(sep ?? [], {
          indicator: "map-value-ind",
          next: value,
          offset: keyNode.range[2],
          onError,
          parentIndent: bm.indent,
          startOnNewline: !key || key.type === "block-scalar"
        });
        offset = valueProps.end;
        if (valueProps.found) {
          if (implicitKey) {
            if (value?.type === "block-map" && !valueProps.hasNewline)
              onError(offset, "BLOCK_AS_IMPLICIT_KEY", "Nested mappings are not allowed in compact mappings");
            if (ctx.options.strict && keyProps.start < valueProps.found.offset - 1024)
              onError(keyNode.range, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit block mapping key");
          }
          const valueNode = value ? composeNode(ctx, value, valueProps, onError) : composeEmptyNode(ctx, offset, sep, null, valueProps, onError);
          if (ctx.schema.compat)
            utilFlowIndentCheck.flowIndentCheck(bm.indent, value, onError);
          offset = valueNode.range[2];
          const pair = new Pair.Pair(keyNode, valueNode);
          if (ctx.options.keepSourceTokens)
            pair.srcToken = collItem;
          map.items.push(pair);
        } else {
          if (implicitKey)
            onError(keyNode.range, "MISSING_CHAR", "Implicit map keys need to be followed by map values");
          if (valueProps.comment) {
            if (keyNode.comment)
              keyNode.comment += "\n" + valueProps.comment;
            else
              keyNode.comment = valueProps.comment;
          }
          const pair = new Pair.Pair(keyNode);
          if (ctx.options.keepSourceTokens)
            pair.srcToken = collItem;
          map.items.push(pair);
        }
      }
      if (commentEnd && commentEnd < offset)
        onError(commentEnd, "IMPOSSIBLE", "Map comment with trailing content");
      map.range = [bm.offset, offset, commentEnd ?? offset];
      return map;
    }
    exports.resolveBlockMap = resolveBlockMap;
  }
});

// node_modules/yaml/dist/compose/resolve-block-seq.js
var require_resolve_block_seq = __commonJS({
  "node_modules/yaml/dist/compose/resolve-block-seq.js"(exports) {
    "use strict";
    var YAMLSeq = require_YAMLSeq();
    var resolveProps = require_resolve_props();
    var utilFlowIndentCheck = require_util_flow_indent_check();
    function resolveBlockSeq({ composeNode, composeEmptyNode }, ctx, bs, onError, tag) {
      const NodeClass = tag?.nodeClass ?? YAMLSeq.YAMLSeq;
      const seq = new NodeClass(ctx.schema);
      if (ctx.atRoot)
        ctx.atRoot = false;
      if (ctx.atKey)
        ctx.atKey = false;
      let offset = bs.offset;
      let commentEnd = null;
      for (const { start, value } of bs.items) {
        const props = resolveProps.resolveProps(start, {
          indicator: "seq-item-ind",
          next: value,
          offset,
          onError,
          parentIndent: bs.indent,
          startOnNewline: true
        });
        if (!props.found) {
          if (props.anchor || props.tag || value) {
            if (value?.type === "block-seq")
              onError(props.end, "BAD_INDENT", "All sequence items must start at the same column");
            else
              onError(offset, "MISSING_CHAR", "Sequence item without - indicator");
          } else {
            commentEnd = props.end;
            if (props.comment)
              seq.comment = props.comment;
            continue;
          }
        }
        const node = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, start, null, props, onError);
        if (ctx.schema.compat)
          utilFlowIndentCheck.flowIndentCheck(bs.indent, value, onError);
        offset = node.range[2];
        seq.items.push(node);
      }
      seq.range = [bs.offset, offset, commentEnd ?? offset];
      return seq;
    }
    exports.resolveBlockSeq = resolveBlockSeq;
  }
});

// node_modules/yaml/dist/compose/resolve-end.js
var require_resolve_end = __commonJS({
  "node_modules/yaml/dist/compose/resolve-end.js"(exports) {
    "use strict";
    function resolveEnd(end2, offset, reqSpace, onError) {
      let comment = "";
      if (end2) {
        let hasSpace = false;
        let sep = "";
        for (const token of end2) {
          const { source, type } = token;
          switch (type) {
            case "space":
              hasSpace = true;
              break;
            case "comment": {
              if (reqSpace && !hasSpace)
                onError(token, "MISSING_CHAR", "Comments must be separated from other tokens by white space characters");
              const cb = source.substring(1) || " ";
              if (!comment)
                comment = cb;
              else
                comment += sep + cb;
              sep = "";
              break;
            }
            case "newline":
              if (comment)
                sep += source;
              hasSpace = true;
              break;
            default:
              onError(token, "UNEXPECTED_TOKEN", `Unexpected ${type} at node end`);
          }
          offset += source.length;
        }
      }
      return { comment, offset };
    }
    exports.resolveEnd = resolveEnd;
  }
});

// node_modules/yaml/dist/compose/resolve-flow-collection.js
var require_resolve_flow_collection = __commonJS({
  "node_modules/yaml/dist/compose/resolve-flow-collection.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Pair = require_Pair();
    var YAMLMap = require_YAMLMap();
    var YAMLSeq = require_YAMLSeq();
    var resolveEnd = require_resolve_end();
    var resolveProps = require_resolve_props();
    var utilContainsNewline = require_util_contains_newline();
    var utilMapIncludes = require_util_map_includes();
    var blockMsg = "Block collections are not allowed within flow collections";
    var isBlock = (token) => token && (token.type === "block-map" || token.type === "block-seq");
    function resolveFlowCollection({ composeNode, composeEmptyNode }, ctx, fc, onError, tag) {
      const isMap2 = fc.start.source === "{";
      const fcName = isMap2 ? "flow map" : "flow sequence";
      const NodeClass = tag?.nodeClass ?? (isMap2 ? YAMLMap.YAMLMap : YAMLSeq.YAMLSeq);
      const coll = new NodeClass(ctx.schema);
      coll.flow = true;
      const atRoot = ctx.atRoot;
      if (atRoot)
        ctx.atRoot = false;
      if (ctx.atKey)
        ctx.atKey = false;
      let offset = fc.offset + fc.start.source.length;
      for (let i = 0; i < fc.items.length; ++i) {
        const collItem = fc.items[i];
        const { start, key, sep, value } = collItem;
        const props = resolveProps.resolveProps(start, {
          flow: fcName,
          indicator: "explicit-key-ind",
          next: key ?? sep?.[0],
          offset,
          onError,
          parentIndent: fc.indent,
          startOnNewline: false
        });
        if (!props.found) {
          if (!props.anchor && !props.tag && !sep && !value) {
            if (i === 0 && props.comma)
              onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
            else if (i < fc.items.length - 1)
              onError(props.start, "UNEXPECTED_TOKEN", `Unexpected empty item in ${fcName}`);
            if (props.comment) {
              if (coll.comment)
                coll.comment += "\n" + props.comment;
              else
                coll.comment = props.comment;
            }
            offset = props.end;
            continue;
          }
          if (!isMap2 && ctx.options.strict && utilContainsNewline.containsNewline(key))
            onError(
              key,
              // checked by containsNewline()
              "MULTILINE_IMPLICIT_KEY",
              "Implicit keys of flow sequence pairs need to be on a single line"
            );
        }
        if (i === 0) {
          if (props.comma)
            onError(props.comma, "UNEXPECTED_TOKEN", `Unexpected , in ${fcName}`);
        } else {
          if (!props.comma)
            onError(props.start, "MISSING_CHAR", `Missing , between ${fcName} items`);
          if (props.comment) {
            let prevItemComment = "";
            loop: for (const st of start) {
              switch (st.type) {
                case "comma":
                case "space":
                  break;
                case "comment":
                  prevItemComment = st.source.substring(1);
                  break loop;
                default:
                  break loop;
              }
            }
            if (prevItemComment) {
              let prev = coll.items[coll.items.length - 1];
              if (identity2.isPair(prev))
                prev = prev.value ?? prev.key;
              if (prev.comment)
                prev.comment += "\n" + prevItemComment;
              else
                prev.comment = prevItemComment;
              props.comment = props.comment.substring(prevItemComment.length + 1);
            }
          }
        }
        if (!isMap2 && !sep && !props.found) {
          const valueNode = value ? composeNode(ctx, value, props, onError) : composeEmptyNode(ctx, props.end, sep, null, props, onError);
          coll.items.push(valueNode);
          offset = valueNode.range[2];
          if (isBlock(value))
            onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
        } else {
          ctx.atKey = true;
          const keyStart = props.end;
          const keyNode = key ? composeNode(ctx, key, props, onError) : composeEmptyNode(ctx, keyStart, start, null, props, onError);
          if (isBlock(key))
            onError(keyNode.range, "BLOCK_IN_FLOW", blockMsg);
          ctx.atKey = false;
          const valueProps = resolveProps.resolveProps(sep ?? [], {
            flow: fcName,
            indicator: "map-value-ind",
            next: value,
            offset: keyNode.range[2],
            onError,
            parentIndent: fc.indent,
            startOnNewline: false
          });
          if (valueProps.found) {
            if (!isMap2 && !props.found && ctx.options.strict) {
              if (sep)
                for (const st of sep) {
                  if (st === valueProps.found)
                    break;
                  if (st.type === "newline") {
                    onError(st, "MULTILINE_IMPLICIT_KEY", "Implicit keys of flow sequence pairs need to be on a single line");
                    break;
                  }
                }
              if (props.start < valueProps.found.offset - 1024)
                onError(valueProps.found, "KEY_OVER_1024_CHARS", "The : indicator must be at most 1024 chars after the start of an implicit flow sequence key");
            }
          } else if (value) {
            if ("source" in value && value.source?.[0] === ":")
              onError(value, "MISSING_CHAR", `Missing space after : in ${fcName}`);
            else
              onError(valueProps.start, "MISSING_CHAR", `Missing , or : between ${fcName} items`);
          }
          const valueNode = value ? composeNode(ctx, value, valueProps, onError) : valueProps.found ? composeEmptyNode(ctx, valueProps.end, sep, null, valueProps, onError) : null;
          if (valueNode) {
            if (isBlock(value))
              onError(valueNode.range, "BLOCK_IN_FLOW", blockMsg);
          } else if (valueProps.comment) {
            if (keyNode.comment)
              keyNode.comment += "\n" + valueProps.comment;
            else
              keyNode.comment = valueProps.comment;
          }
          const pair = new Pair.Pair(keyNode, valueNode);
          if (ctx.options.keepSourceTokens)
            pair.srcToken = collItem;
          if (isMap2) {
            const map = coll;
            if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode))
              onError(keyStart, "DUPLICATE_KEY", "Map keys must be unique");
            map.items.push(pair);
          } else {
            const map = new YAMLMap.YAMLMap(ctx.schema);
            map.flow = true;
            map.items.push(pair);
            const endRange = (valueNode ?? keyNode).range;
            map.range = [keyNode.range[0], endRange[1], endRange[2]];
            coll.items.push(map);
          }
          offset = valueNode ? valueNode.range[2] : valueProps.end;
        }
      }
      const expectedEnd = isMap2 ? "}" : "]";
      const [ce, ...ee] = fc.end;
      let cePos = offset;
      if (ce?.source === expectedEnd)
        cePos = ce.offset + ce.source.length;
      else {
        const name = fcName[0].toUpperCase() + fcName.substring(1);
        const msg = atRoot ? `${name} must end with a ${expectedEnd}` : `${name} in block collection must be sufficiently indented and end with a ${expectedEnd}`;
        onError(offset, atRoot ? "MISSING_CHAR" : "BAD_INDENT", msg);
        if (ce && ce.source.length !== 1)
          ee.unshift(ce);
      }
      if (ee.length > 0) {
        const end2 = resolveEnd.resolveEnd(ee, cePos, ctx.options.strict, onError);
        if (end2.comment) {
          if (coll.comment)
            coll.comment += "\n" + end2.comment;
          else
            coll.comment = end2.comment;
        }
        coll.range = [fc.offset, cePos, end2.offset];
      } else {
        coll.range = [fc.offset, cePos, cePos];
      }
      return coll;
    }
    exports.resolveFlowCollection = resolveFlowCollection;
  }
});

// node_modules/yaml/dist/compose/compose-collection.js
var require_compose_collection = __commonJS({
  "node_modules/yaml/dist/compose/compose-collection.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var YAMLMap = require_YAMLMap();
    var YAMLSeq = require_YAMLSeq();
    var resolveBlockMap = require_resolve_block_map();
    var resolveBlockSeq = require_resolve_block_seq();
    var resolveFlowCollection = require_resolve_flow_collection();
    function resolveCollection(CN, ctx, token, onError, tagName, tag) {
      const coll = token.type === "block-map" ? resolveBlockMap.resolveBlockMap(CN, ctx, token, onError, tag) : token.type === "block-seq" ? resolveBlockSeq.resolveBlockSeq(CN, ctx, token, onError, tag) : resolveFlowCollection.resolveFlowCollection(CN, ctx, token, onError, tag);
      const Coll = coll.constructor;
      if (tagName === "!" || tagName === Coll.tagName) {
        coll.tag = Coll.tagName;
        return coll;
      }
      if (tagName)
        coll.tag = tagName;
      return coll;
    }
    function composeCollection(CN, ctx, token, props, onError) {
      const tagToken = props.tag;
      const tagName = !tagToken ? null : ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg));
      if (token.type === "block-seq") {
        const { anchor, newlineAfterProp: nl } = props;
        const lastProp = anchor && tagToken ? anchor.offset > tagToken.offset ? anchor : tagToken : anchor ?? tagToken;
        if (lastProp && (!nl || nl.offset < lastProp.offset)) {
          const message = "Missing newline after block sequence props";
          onError(lastProp, "MISSING_CHAR", message);
        }
      }
      const expType = token.type === "block-map" ? "map" : token.type === "block-seq" ? "seq" : token.start.source === "{" ? "map" : "seq";
      if (!tagToken || !tagName || tagName === "!" || tagName === YAMLMap.YAMLMap.tagName && expType === "map" || tagName === YAMLSeq.YAMLSeq.tagName && expType === "seq") {
        return resolveCollection(CN, ctx, token, onError, tagName);
      }
      let tag = ctx.schema.tags.find((t) => t.tag === tagName && t.collection === expType);
      if (!tag) {
        const kt = ctx.schema.knownTags[tagName];
        if (kt?.collection === expType) {
          ctx.schema.tags.push(Object.assign({}, kt, { default: false }));
          tag = kt;
        } else {
          if (kt) {
            onError(tagToken, "BAD_COLLECTION_TYPE", `${kt.tag} used for ${expType} collection, but expects ${kt.collection ?? "scalar"}`, true);
          } else {
            onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, true);
          }
          return resolveCollection(CN, ctx, token, onError, tagName);
        }
      }
      const coll = resolveCollection(CN, ctx, token, onError, tagName, tag);
      const res = tag.resolve?.(coll, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg), ctx.options) ?? coll;
      const node = identity2.isNode(res) ? res : new Scalar2.Scalar(res);
      node.range = coll.range;
      node.tag = tagName;
      if (tag?.format)
        node.format = tag.format;
      return node;
    }
    exports.composeCollection = composeCollection;
  }
});

// node_modules/yaml/dist/compose/resolve-block-scalar.js
var require_resolve_block_scalar = __commonJS({
  "node_modules/yaml/dist/compose/resolve-block-scalar.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    function resolveBlockScalar(ctx, scalar, onError) {
      const start = scalar.offset;
      const header = parseBlockScalarHeader(scalar, ctx.options.strict, onError);
      if (!header)
        return { value: "", type: null, comment: "", range: [start, start, start] };
      const type = header.mode === ">" ? Scalar2.Scalar.BLOCK_FOLDED : Scalar2.Scalar.BLOCK_LITERAL;
      const lines2 = scalar.source ? splitLines(scalar.source) : [];
      let chompStart = lines2.length;
      for (let i = lines2.length - 1; i >= 0; --i) {
        const content = lines2[i][1];
        if (content === "" || content === "\r")
          chompStart = i;
        else
          break;
      }
      if (chompStart === 0) {
        const value2 = header.chomp === "+" && lines2.length > 0 ? "\n".repeat(Math.max(1, lines2.length - 1)) : "";
        let end3 = start + header.length;
        if (scalar.source)
          end3 += scalar.source.length;
        return { value: value2, type, comment: header.comment, range: [start, end3, end3] };
      }
      let trimIndent = scalar.indent + header.indent;
      let offset = scalar.offset + header.length;
      let contentStart = 0;
      for (let i = 0; i < chompStart; ++i) {
        const [indent, content] = lines2[i];
        if (content === "" || content === "\r") {
          if (header.indent === 0 && indent.length > trimIndent)
            trimIndent = indent.length;
        } else {
          if (indent.length < trimIndent) {
            const message = "Block scalars with more-indented leading empty lines must use an explicit indentation indicator";
            onError(offset + indent.length, "MISSING_CHAR", message);
          }
          if (header.indent === 0)
            trimIndent = indent.length;
          contentStart = i;
          if (trimIndent === 0 && !ctx.atRoot) {
            const message = "Block scalar values in collections must be indented";
            onError(offset, "BAD_INDENT", message);
          }
          break;
        }
        offset += indent.length + content.length + 1;
      }
      for (let i = lines2.length - 1; i >= chompStart; --i) {
        if (lines2[i][0].length > trimIndent)
          chompStart = i + 1;
      }
      let value = "";
      let sep = "";
      let prevMoreIndented = false;
      for (let i = 0; i < contentStart; ++i)
        value += lines2[i][0].slice(trimIndent) + "\n";
      for (let i = contentStart; i < chompStart; ++i) {
        let [indent, content] = lines2[i];
        offset += indent.length + content.length + 1;
        const crlf = content[content.length - 1] === "\r";
        if (crlf)
          content = content.slice(0, -1);
        if (content && indent.length < trimIndent) {
          const src = header.indent ? "explicit indentation indicator" : "first line";
          const message = `Block scalar lines must not be less indented than their ${src}`;
          onError(offset - content.length - (crlf ? 2 : 1), "BAD_INDENT", message);
          indent = "";
        }
        if (type === Scalar2.Scalar.BLOCK_LITERAL) {
          value += sep + indent.slice(trimIndent) + content;
          sep = "\n";
        } else if (indent.length > trimIndent || content[0] === "	") {
          if (sep === " ")
            sep = "\n";
          else if (!prevMoreIndented && sep === "\n")
            sep = "\n\n";
          value += sep + indent.slice(trimIndent) + content;
          sep = "\n";
          prevMoreIndented = true;
        } else if (content === "") {
          if (sep === "\n")
            value += "\n";
          else
            sep = "\n";
        } else {
          value += sep + content;
          sep = " ";
          prevMoreIndented = false;
        }
      }
      switch (header.chomp) {
        case "-":
          break;
        case "+":
          for (let i = chompStart; i < lines2.length; ++i)
            value += "\n" + lines2[i][0].slice(trimIndent);
          if (value[value.length - 1] !== "\n")
            value += "\n";
          break;
        default:
          value += "\n";
      }
      const end2 = start + header.length + scalar.source.length;
      return { value, type, comment: header.comment, range: [start, end2, end2] };
    }
    function parseBlockScalarHeader({ offset, props }, strict, onError) {
      if (props[0].type !== "block-scalar-header") {
        onError(props[0], "IMPOSSIBLE", "Block scalar header not found");
        return null;
      }
      const { source } = props[0];
      const mode = source[0];
      let indent = 0;
      let chomp = "";
      let error = -1;
      for (let i = 1; i < source.length; ++i) {
        const ch = source[i];
        if (!chomp && (ch === "-" || ch === "+"))
          chomp = ch;
        else {
          const n = Number(ch);
          if (!indent && n)
            indent = n;
          else if (error === -1)
            error = offset + i;
        }
      }
      if (error !== -1)
        onError(error, "UNEXPECTED_TOKEN", `Block scalar header includes extra characters: ${source}`);
      let hasSpace = false;
      let comment = "";
      let length = source.length;
      for (let i = 1; i < props.length; ++i) {
        const token = props[i];
        switch (token.type) {
          case "space":
            hasSpace = true;
          // fallthrough
          case "newline":
            length += token.source.length;
            break;
          case "comment":
            if (strict && !hasSpace) {
              const message = "Comments must be separated from other tokens by white space characters";
              onError(token, "MISSING_CHAR", message);
            }
            length += token.source.length;
            comment = token.source.substring(1);
            break;
          case "error":
            onError(token, "UNEXPECTED_TOKEN", token.message);
            length += token.source.length;
            break;
          /* istanbul ignore next should not happen */
          default: {
            const message = `Unexpected token in block scalar header: ${token.type}`;
            onError(token, "UNEXPECTED_TOKEN", message);
            const ts = token.source;
            if (ts && typeof ts === "string")
              length += ts.length;
          }
        }
      }
      return { mode, indent, chomp, comment, length };
    }
    function splitLines(source) {
      const split = source.split(/\n( *)/);
      const first = split[0];
      const m = first.match(/^( *)/);
      const line0 = m?.[1] ? [m[1], first.slice(m[1].length)] : ["", first];
      const lines2 = [line0];
      for (let i = 1; i < split.length; i += 2)
        lines2.push([split[i], split[i + 1]]);
      return lines2;
    }
    exports.resolveBlockScalar = resolveBlockScalar;
  }
});

// node_modules/yaml/dist/compose/resolve-flow-scalar.js
var require_resolve_flow_scalar = __commonJS({
  "node_modules/yaml/dist/compose/resolve-flow-scalar.js"(exports) {
    "use strict";
    var Scalar2 = require_Scalar();
    var resolveEnd = require_resolve_end();
    function resolveFlowScalar(scalar, strict, onError) {
      const { offset, type, source, end: end2 } = scalar;
      let _type;
      let value;
      const _onError = (rel, code, msg) => onError(offset + rel, code, msg);
      switch (type) {
        case "scalar":
          _type = Scalar2.Scalar.PLAIN;
          value = plainValue(source, _onError);
          break;
        case "single-quoted-scalar":
          _type = Scalar2.Scalar.QUOTE_SINGLE;
          value = singleQuotedValue(source, _onError);
          break;
        case "double-quoted-scalar":
          _type = Scalar2.Scalar.QUOTE_DOUBLE;
          value = doubleQuotedValue(source, _onError);
          break;
        /* istanbul ignore next should not happen */
        default:
          onError(scalar, "UNEXPECTED_TOKEN", `Expected a flow scalar value, but found: ${type}`);
          return {
            value: "",
            type: null,
            comment: "",
            range: [offset, offset + source.length, offset + source.length]
          };
      }
      const valueEnd = offset + source.length;
      const re = resolveEnd.resolveEnd(end2, valueEnd, strict, onError);
      return {
        value,
        type: _type,
        comment: re.comment,
        range: [offset, valueEnd, re.offset]
      };
    }
    function plainValue(source, onError) {
      let badChar = "";
      switch (source[0]) {
        /* istanbul ignore next should not happen */
        case "	":
          badChar = "a tab character";
          break;
        case ",":
          badChar = "flow indicator character ,";
          break;
        case "%":
          badChar = "directive indicator character %";
          break;
        case "|":
        case ">": {
          badChar = `block scalar indicator ${source[0]}`;
          break;
        }
        case "@":
        case "`": {
          badChar = `reserved character ${source[0]}`;
          break;
        }
      }
      if (badChar)
        onError(0, "BAD_SCALAR_START", `Plain value cannot start with ${badChar}`);
      return unfoldLines(source);
    }
    function singleQuotedValue(source, onError) {
      if (source[source.length - 1] !== "'" || source.length === 1)
        onError(source.length, "MISSING_CHAR", "Missing closing 'quote");
      return unfoldLines(source.slice(1, -1)).replace(/''/g, "'");
    }
    function unfoldLines(source) {
      const line = /(.*?)\r?\n/sy;
      let match = line.exec(source);
      if (!match)
        return source;
      let trimEnd, trimBoth;
      try {
        trimEnd = new RegExp("(?<![ 	])[ 	]+$");
        trimBoth = new RegExp("^[ 	]+|(?<![ 	])[ 	]+$", "g");
      } catch {
        trimEnd = /[ \t]+$/;
        trimBoth = /^[ \t]+|[ \t]+$/g;
      }
      let res = match[1].replace(trimEnd, "");
      let sep = " ";
      let pos = line.lastIndex;
      while (match = line.exec(source)) {
        const lm = match[1].replace(trimBoth, "");
        if (lm === "") {
          if (sep === "\n")
            res += sep;
          else
            sep = "\n";
        } else {
          res += sep + lm;
          sep = " ";
        }
        pos = line.lastIndex;
      }
      const last = /[ \t]*(.*)/sy;
      last.lastIndex = pos;
      match = last.exec(source);
      return res + sep + (match?.[1] ?? "");
    }
    function doubleQuotedValue(source, onError) {
      let res = "";
      for (let i = 1; i < source.length - 1; ++i) {
        const ch = source[i];
        if (ch === "\r" && source[i + 1] === "\n")
          continue;
        if (ch === "\n") {
          const { fold, offset } = foldNewline(source, i);
          res += fold;
          i = offset;
        } else if (ch === "\\") {
          let next = source[++i];
          const cc = escapeCodes[next];
          if (cc)
            res += cc;
          else if (next === "\n") {
            next = source[i + 1];
            while (next === " " || next === "	")
              next = source[++i + 1];
          } else if (next === "\r" && source[i + 1] === "\n") {
            next = source[++i + 1];
            while (next === " " || next === "	")
              next = source[++i + 1];
          } else if (next === "x" || next === "u" || next === "U") {
            const length = next === "x" ? 2 : next === "u" ? 4 : 8;
            res += parseCharCode(source, i + 1, length, onError);
            i += length;
          } else {
            const raw3 = source.substr(i - 1, 2);
            onError(i - 1, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw3}`);
            res += raw3;
          }
        } else if (ch === " " || ch === "	") {
          const wsStart = i;
          let next = source[i + 1];
          while (next === " " || next === "	")
            next = source[++i + 1];
          if (next !== "\n" && !(next === "\r" && source[i + 2] === "\n"))
            res += i > wsStart ? source.slice(wsStart, i + 1) : ch;
        } else {
          res += ch;
        }
      }
      if (source[source.length - 1] !== '"' || source.length === 1)
        onError(source.length, "MISSING_CHAR", 'Missing closing "quote');
      return res;
    }
    function foldNewline(source, offset) {
      let fold = "";
      let ch = source[offset + 1];
      while (ch === " " || ch === "	" || ch === "\n" || ch === "\r") {
        if (ch === "\r" && source[offset + 2] !== "\n")
          break;
        if (ch === "\n")
          fold += "\n";
        offset += 1;
        ch = source[offset + 1];
      }
      if (!fold)
        fold = " ";
      return { fold, offset };
    }
    var escapeCodes = {
      "0": "\0",
      // null character
      a: "\x07",
      // bell character
      b: "\b",
      // backspace
      e: "\x1B",
      // escape character
      f: "\f",
      // form feed
      n: "\n",
      // line feed
      r: "\r",
      // carriage return
      t: "	",
      // horizontal tab
      v: "\v",
      // vertical tab
      N: "",
      // Unicode next line
      _: " ",
      // Unicode non-breaking space
      L: "\u2028",
      // Unicode line separator
      P: "\u2029",
      // Unicode paragraph separator
      " ": " ",
      '"': '"',
      "/": "/",
      "\\": "\\",
      "	": "	"
    };
    function parseCharCode(source, offset, length, onError) {
      const cc = source.substr(offset, length);
      const ok = cc.length === length && /^[0-9a-fA-F]+$/.test(cc);
      const code = ok ? parseInt(cc, 16) : NaN;
      try {
        return String.fromCodePoint(code);
      } catch {
        const raw3 = source.substr(offset - 2, length + 2);
        onError(offset - 2, "BAD_DQ_ESCAPE", `Invalid escape sequence ${raw3}`);
        return raw3;
      }
    }
    exports.resolveFlowScalar = resolveFlowScalar;
  }
});

// node_modules/yaml/dist/compose/compose-scalar.js
var require_compose_scalar = __commonJS({
  "node_modules/yaml/dist/compose/compose-scalar.js"(exports) {
    "use strict";
    var identity2 = require_identity();
    var Scalar2 = require_Scalar();
    var resolveBlockScalar = require_resolve_block_scalar();
    var resolveFlowScalar = require_resolve_flow_scalar();
    function composeScalar(ctx, token, tagToken, onError) {
      const { value, type, comment, range } = token.type === "block-scalar" ? resolveBlockScalar.resolveBlockScalar(ctx, token, onError) : resolveFlowScalar.resolveFlowScalar(token, ctx.options.strict, onError);
      const tagName = tagToken ? ctx.directives.tagName(tagToken.source, (msg) => onError(tagToken, "TAG_RESOLVE_FAILED", msg)) : null;
      let tag;
      if (ctx.options.stringKeys && ctx.atKey) {
        tag = ctx.schema[identity2.SCALAR];
      } else if (tagName)
        tag = findScalarTagByName(ctx.schema, value, tagName, tagToken, onError);
      else if (token.type === "scalar")
        tag = findScalarTagByTest(ctx, value, token, onError);
      else
        tag = ctx.schema[identity2.SCALAR];
      let scalar;
      try {
        const res = tag.resolve(value, (msg) => onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg), ctx.options);
        scalar = identity2.isScalar(res) ? res : new Scalar2.Scalar(res);
      } catch (error) {
        const msg = error instanceof Error ? error.message : String(error);
        onError(tagToken ?? token, "TAG_RESOLVE_FAILED", msg);
        scalar = new Scalar2.Scalar(value);
      }
      scalar.range = range;
      scalar.source = value;
      if (type)
        scalar.type = type;
      if (tagName)
        scalar.tag = tagName;
      if (tag.format)
        scalar.format = tag.format;
      if (comment)
        scalar.comment = comment;
      return scalar;
    }
    function findScalarTagByName(schema, value, tagName, tagToken, onError) {
      if (tagName === "!")
        return schema[identity2.SCALAR];
      const matchWithTest = [];
      for (const tag of schema.tags) {
        if (!tag.collection && tag.tag === tagName) {
          if (tag.default && tag.test)
            matchWithTest.push(tag);
          else
            return tag;
        }
      }
      for (const tag of matchWithTest)
        if (tag.test?.test(value))
          return tag;
      const kt = schema.knownTags[tagName];
      if (kt && !kt.collection) {
        schema.tags.push(Object.assign({}, kt, { default: false, test: void 0 }));
        return kt;
      }
      onError(tagToken, "TAG_RESOLVE_FAILED", `Unresolved tag: ${tagName}`, tagName !== "tag:yaml.org,2002:str");
      return schema[identity2.SCALAR];
    }
    function findScalarTagByTest({ atKey, directives, schema }, value, token, onError) {
      const tag = schema.tags.find((tag2) => (tag2.default === true || atKey && tag2.default === "key") && tag2.test?.test(value)) || schema[identity2.SCALAR];
      if (schema.compat) {
        const compat = schema.compat.find((tag2) => tag2.default && tag2.test?.test(value)) ?? schema[identity2.SCALAR];
        if (tag.tag !== compat.tag) {
          const ts = directives.tagString(tag.tag);
          const cs = directives.tagString(compat.tag);
          const msg = `Value may be parsed as either ${ts} or ${cs}`;
          onError(token, "TAG_RESOLVE_FAILED", msg, true);
        }
      }
      return tag;
    }
    exports.composeScalar = composeScalar;
  }
});

// node_modules/yaml/dist/compose/util-empty-scalar-position.js
var require_util_empty_scalar_position = __commonJS({
  "node_modules/yaml/dist/compose/util-empty-scalar-position.js"(exports) {
    "use strict";
    function emptyScalarPosition(offset, before, pos) {
      if (before) {
        pos ?? (pos = before.length);
        for (let i = pos - 1; i >= 0; --i) {
          let st = before[i];
          switch (st.type) {
            case "space":
            case "comment":
            case "newline":
              offset -= st.source.length;
              continue;
          }
          st = before[++i];
          while (st?.type === "space") {
            offset += st.source.length;
            st = before[++i];
          }
          break;
        }
      }
      return offset;
    }
    exports.emptyScalarPosition = emptyScalarPosition;
  }
});

// node_modules/yaml/dist/compose/compose-node.js
var require_compose_node = __commonJS({
  "node_modules/yaml/dist/compose/compose-node.js"(exports) {
    "use strict";
    var Alias = require_Alias();
    var identity2 = require_identity();
    var composeCollection = require_compose_collection();
    var composeScalar = require_compose_scalar();
    var resolveEnd = require_resolve_end();
    var utilEmptyScalarPosition = require_util_empty_scalar_position();
    var CN = { composeNode, composeEmptyNode };
    function composeNode(ctx, token, props, onError) {
      const atKey = ctx.atKey;
      const { spaceBefore, comment, anchor, tag } = props;
      let node;
      let isSrcToken = true;
      switch (token.type) {
        case "alias":
          node = composeAlias(ctx, token, onError);
          if (anchor || tag)
            onError(token, "ALIAS_PROPS", "An alias node must not specify any properties");
          break;
        case "scalar":
        case "single-quoted-scalar":
        case "double-quoted-scalar":
        case "block-scalar":
          node = composeScalar.composeScalar(ctx, token, tag, onError);
          if (anchor)
            node.anchor = anchor.source.substring(1);
          break;
        case "block-map":
        case "block-seq":
        case "flow-collection":
          try {
            node = composeCollection.composeCollection(CN, ctx, token, props, onError);
            if (anchor)
              node.anchor = anchor.source.substring(1);
          } catch (error) {
            const message = error instanceof Error ? error.message : String(error);
            onError(token, "RESOURCE_EXHAUSTION", message);
          }
          break;
        default: {
          const message = token.type === "error" ? token.message : `Unsupported token (type: ${token.type})`;
          onError(token, "UNEXPECTED_TOKEN", message);
          isSrcToken = false;
        }
      }
      node ?? (node = composeEmptyNode(ctx, token.offset, void 0, null, props, onError));
      if (anchor && node.anchor === "")
        onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
      if (atKey && ctx.options.stringKeys && (!identity2.isScalar(node) || typeof node.value !== "string" || node.tag && node.tag !== "tag:yaml.org,2002:str")) {
        const msg = "With stringKeys, all keys must be strings";
        onError(tag ?? token, "NON_STRING_KEY", msg);
      }
      if (spaceBefore)
        node.spaceBefore = true;
      if (comment) {
        if (token.type === "scalar" && token.source === "")
          node.comment = comment;
        else
          node.commentBefore = comment;
      }
      if (ctx.options.keepSourceTokens && isSrcToken)
        node.srcToken = token;
      return node;
    }
    function composeEmptyNode(ctx, offset, before, pos, { spaceBefore, comment, anchor, tag, end: end2 }, onError) {
      const token = {
        type: "scalar",
        offset: utilEmptyScalarPosition.emptyScalarPosition(offset, before, pos),
        indent: -1,
        source: ""
      };
      const node = composeScalar.composeScalar(ctx, token, tag, onError);
      if (anchor) {
        node.anchor = anchor.source.substring(1);
        if (node.anchor === "")
          onError(anchor, "BAD_ALIAS", "Anchor cannot be an empty string");
      }
      if (spaceBefore)
        node.spaceBefore = true;
      if (comment) {
        node.comment = comment;
        node.range[2] = end2;
      }
      return node;
    }
    function composeAlias({ options }, { offset, source, end: end2 }, onError) {
      const alias = new Alias.Alias(source.substring(1));
      if (alias.source === "")
        onError(offset, "BAD_ALIAS", "Alias cannot be an empty string");
      if (alias.source.endsWith(":"))
        onError(offset + source.length - 1, "BAD_ALIAS", "Alias ending in : is ambiguous", true);
      const valueEnd = offset + source.length;
      const re = resolveEnd.resolveEnd(end2, valueEnd, options.strict, onError);
      alias.range = [offset, valueEnd, re.offset];
      if (re.comment)
        alias.comment = re.comment;
      return alias;
    }
    exports.composeEmptyNode = composeEmptyNode;
    exports.composeNode = composeNode;
  }
});

// node_modules/yaml/dist/compose/compose-doc.js
var require_compose_doc = __commonJS({
  "node_modules/yaml/dist/compose/compose-doc.js"(exports) {
    "use strict";
    var Document = require_Document();
    var composeNode = require_compose_node();
    var resolveEnd = require_resolve_end();
    var resolveProps = require_resolve_props();
    function composeDoc(options, directives, { offset, start, value, end: end2 }, onError) {
      const opts = Object.assign({ _directives: directives }, options);
      const doc = new Document.Document(void 0, opts);
      const ctx = {
        atKey: false,
        atRoot: true,
        directives: doc.directives,
        options: doc.options,
        schema: doc.schema
      };
      const props = resolveProps.resolveProps(start, {
        indicator: "doc-start",
        next: value ?? end2?.[0],
        offset,
        onError,
        parentIndent: 0,
        startOnNewline: true
      });
      if (props.found) {
        doc.directives.docStart = true;
        if (value && (value.type === "block-map" || value.type === "block-seq") && !props.hasNewline)
          onError(props.end, "MISSING_CHAR", "Block collection cannot start on same line with directives-end marker");
      }
      doc.contents = value ? composeNode.composeNode(ctx, value, props, onError) : composeNode.composeEmptyNode(ctx, props.end, start, null, props, onError);
      const contentEnd = doc.contents.range[2];
      const re = resolveEnd.resolveEnd(end2, contentEnd, false, onError);
      if (re.comment)
        doc.comment = re.comment;
      doc.range = [offset, contentEnd, re.offset];
      return doc;
    }
    exports.composeDoc = composeDoc;
  }
});

// node_modules/yaml/dist/compose/composer.js
var require_composer = __commonJS({
  "node_modules/yaml/dist/compose/composer.js"(exports) {
    "use strict";
    var node_process = __require("process");
    var directives = require_directives();
    var Document = require_Document();
    var errors = require_errors();
    var identity2 = require_identity();
    var composeDoc = require_compose_doc();
    var resolveEnd = require_resolve_end();
    function getErrorPos(src) {
      if (typeof src === "number")
        return [src, src + 1];
      if (Array.isArray(src))
        return src.length === 2 ? src : [src[0], src[1]];
      const { offset, source } = src;
      return [offset, offset + (typeof source === "string" ? source.length : 1)];
    }
    function parsePrelude(prelude) {
      let comment = "";
      let atComment = false;
      let afterEmptyLine = false;
      for (let i = 0; i < prelude.length; ++i) {
        const source = prelude[i];
        switch (source[0]) {
          case "#":
            comment += (comment === "" ? "" : afterEmptyLine ? "\n\n" : "\n") + (source.substring(1) || " ");
            atComment = true;
            afterEmptyLine = false;
            break;
          case "%":
            if (prelude[i + 1]?.[0] !== "#")
              i += 1;
            atComment = false;
            break;
          default:
            if (!atComment)
              afterEmptyLine = true;
            atComment = false;
        }
      }
      return { comment, afterEmptyLine };
    }
    var Composer = class {
      constructor(options = {}) {
        this.doc = null;
        this.atDirectives = false;
        this.prelude = [];
        this.errors = [];
        this.warnings = [];
        this.onError = (source, code, message, warning) => {
          const pos = getErrorPos(source);
          if (warning)
            this.warnings.push(new errors.YAMLWarning(pos, code, message));
          else
            this.errors.push(new errors.YAMLParseError(pos, code, message));
        };
        this.directives = new directives.Directives({ version: options.version || "1.2" });
        this.options = options;
      }
      decorate(doc, afterDoc) {
        const { comment, afterEmptyLine } = parsePrelude(this.prelude);
        if (comment) {
          const dc = doc.contents;
          if (afterDoc) {
            doc.comment = doc.comment ? `${doc.comment}
${comment}` : comment;
          } else if (afterEmptyLine || doc.directives.docStart || !dc) {
            doc.commentBefore = comment;
          } else if (identity2.isCollection(dc) && !dc.flow && dc.items.length > 0) {
            let it = dc.items[0];
            if (identity2.isPair(it))
              it = it.key;
            const cb = it.commentBefore;
            it.commentBefore = cb ? `${comment}
${cb}` : comment;
          } else {
            const cb = dc.commentBefore;
            dc.commentBefore = cb ? `${comment}
${cb}` : comment;
          }
        }
        if (afterDoc) {
          for (let i = 0; i < this.errors.length; ++i)
            doc.errors.push(this.errors[i]);
          for (let i = 0; i < this.warnings.length; ++i)
            doc.warnings.push(this.warnings[i]);
        } else {
          doc.errors = this.errors;
          doc.warnings = this.warnings;
        }
        this.prelude = [];
        this.errors = [];
        this.warnings = [];
      }
      /**
       * Current stream status information.
       *
       * Mostly useful at the end of input for an empty stream.
       */
      streamInfo() {
        return {
          comment: parsePrelude(this.prelude).comment,
          directives: this.directives,
          errors: this.errors,
          warnings: this.warnings
        };
      }
      /**
       * Compose tokens into documents.
       *
       * @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
       * @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
       */
      *compose(tokens, forceDoc = false, endOffset = -1) {
        for (const token of tokens)
          yield* this.next(token);
        yield* this.end(forceDoc, endOffset);
      }
      /** Advance the composer by one CST token. */
      *next(token) {
        if (node_process.env.LOG_STREAM)
          console.dir(token, { depth: null });
        switch (token.type) {
          case "directive":
            this.directives.add(token.source, (offset, message, warning) => {
              const pos = getErrorPos(token);
              pos[0] += offset;
              this.onError(pos, "BAD_DIRECTIVE", message, warning);
            });
            this.prelude.push(token.source);
            this.atDirectives = true;
            break;
          case "document": {
            const doc = composeDoc.composeDoc(this.options, this.directives, token, this.onError);
            if (this.atDirectives && !doc.directives.docStart)
              this.onError(token, "MISSING_CHAR", "Missing directives-end/doc-start indicator line");
            this.decorate(doc, false);
            if (this.doc)
              yield this.doc;
            this.doc = doc;
            this.atDirectives = false;
            break;
          }
          case "byte-order-mark":
          case "space":
            break;
          case "comment":
          case "newline":
            this.prelude.push(token.source);
            break;
          case "error": {
            const msg = token.source ? `${token.message}: ${JSON.stringify(token.source)}` : token.message;
            const error = new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", msg);
            if (this.atDirectives || !this.doc)
              this.errors.push(error);
            else
              this.doc.errors.push(error);
            break;
          }
          case "doc-end": {
            if (!this.doc) {
              const msg = "Unexpected doc-end without preceding document";
              this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", msg));
              break;
            }
            this.doc.directives.docEnd = true;
            const end2 = resolveEnd.resolveEnd(token.end, token.offset + token.source.length, this.doc.options.strict, this.onError);
            this.decorate(this.doc, true);
            if (end2.comment) {
              const dc = this.doc.comment;
              this.doc.comment = dc ? `${dc}
${end2.comment}` : end2.comment;
            }
            this.doc.range[2] = end2.offset;
            break;
          }
          default:
            this.errors.push(new errors.YAMLParseError(getErrorPos(token), "UNEXPECTED_TOKEN", `Unsupported token ${token.type}`));
        }
      }
      /**
       * Call at end of input to yield any remaining document.
       *
       * @param forceDoc - If the stream contains no document, still emit a final document including any comments and directives that would be applied to a subsequent document.
       * @param endOffset - Should be set if `forceDoc` is also set, to set the document range end and to indicate errors correctly.
       */
      *end(forceDoc = false, endOffset = -1) {
        if (this.doc) {
          this.decorate(this.doc, true);
          yield this.doc;
          this.doc = null;
        } else if (forceDoc) {
          const opts = Object.assign({ _directives: this.directives }, this.options);
          const doc = new Document.Document(void 0, opts);
          if (this.atDirectives)
            this.onError(endOffset, "MISSING_CHAR", "Missing directives-end indicator line");
          doc.range = [0, endOffset, endOffset];
          this.decorate(doc, false);
          yield doc;
        }
      }
    };
    exports.Composer = Composer;
  }
});

// node_modules/yaml/dist/parse/cst-scalar.js
var require_cst_scalar = __commonJS({
  "node_modules/yaml/dist/parse/cst-scalar.js"(exports) {
    "use strict";
    var resolveBlockScalar = require_resolve_block_scalar();
    var resolveFlowScalar = require_resolve_flow_scalar();
    var errors = require_errors();
    var stringifyString = require_stringifyString();
    function resolveAsScalar(token, strict = true, onError) {
      if (token) {
        const _onError = (pos, code, message) => {
          const offset = typeof pos === "number" ? pos : Array.isArray(pos) ? pos[0] : pos.offset;
          if (onError)
            onError(offset, code, message);
          else
            throw new errors.YAMLParseError([offset, offset + 1], code, message);
        };
        switch (token.type) {
          case "scalar":
          case "single-quoted-scalar":
          case "double-quoted-scalar":
            return resolveFlowScalar.resolveFlowScalar(token, strict, _onError);
          case "block-scalar":
            return resolveBlockScalar.resolveBlockScalar({ options: { strict } }, token, _onError);
        }
      }
      return null;
    }
    function createScalarToken(value, context) {
      const { implicitKey = false, indent, inFlow = false, offset = -1, type = "PLAIN" } = context;
      const source = stringifyString.stringifyString({ type, value }, {
        implicitKey,
        indent: indent > 0 ? " ".repeat(indent) : "",
        inFlow,
        options: { blockQuote: true, lineWidth: -1 }
      });
      const end2 = context.end ?? [
        { type: "newline", offset: -1, indent, source: "\n" }
      ];
      switch (source[0]) {
        case "|":
        case ">": {
          const he = source.indexOf("\n");
          const head = source.substring(0, he);
          const body = source.substring(he + 1) + "\n";
          const props = [
            { type: "block-scalar-header", offset, indent, source: head }
          ];
          if (!addEndtoBlockProps(props, end2))
            props.push({ type: "newline", offset: -1, indent, source: "\n" });
          return { type: "block-scalar", offset, indent, props, source: body };
        }
        case '"':
          return { type: "double-quoted-scalar", offset, indent, source, end: end2 };
        case "'":
          return { type: "single-quoted-scalar", offset, indent, source, end: end2 };
        default:
          return { type: "scalar", offset, indent, source, end: end2 };
      }
    }
    function setScalarValue(token, value, context = {}) {
      let { afterKey = false, implicitKey = false, inFlow = false, type } = context;
      let indent = "indent" in token ? token.indent : null;
      if (afterKey && typeof indent === "number")
        indent += 2;
      if (!type)
        switch (token.type) {
          case "single-quoted-scalar":
            type = "QUOTE_SINGLE";
            break;
          case "double-quoted-scalar":
            type = "QUOTE_DOUBLE";
            break;
          case "block-scalar": {
            const header = token.props[0];
            if (header.type !== "block-scalar-header")
              throw new Error("Invalid block scalar header");
            type = header.source[0] === ">" ? "BLOCK_FOLDED" : "BLOCK_LITERAL";
            break;
          }
          default:
            type = "PLAIN";
        }
      const source = stringifyString.stringifyString({ type, value }, {
        implicitKey: implicitKey || indent === null,
        indent: indent !== null && indent > 0 ? " ".repeat(indent) : "",
        inFlow,
        options: { blockQuote: true, lineWidth: -1 }
      });
      switch (source[0]) {
        case "|":
        case ">":
          setBlockScalarValue(token, source);
          break;
        case '"':
          setFlowScalarValue(token, source, "double-quoted-scalar");
          break;
        case "'":
          setFlowScalarValue(token, source, "single-quoted-scalar");
          break;
        default:
          setFlowScalarValue(token, source, "scalar");
      }
    }
    function setBlockScalarValue(token, source) {
      const he = source.indexOf("\n");
      const head = source.substring(0, he);
      const body = source.substring(he + 1) + "\n";
      if (token.type === "block-scalar") {
        const header = token.props[0];
        if (header.type !== "block-scalar-header")
          throw new Error("Invalid block scalar header");
        header.source = head;
        token.source = body;
      } else {
        const { offset } = token;
        const indent = "indent" in token ? token.indent : -1;
        const props = [
          { type: "block-scalar-header", offset, indent, source: head }
        ];
        if (!addEndtoBlockProps(props, "end" in token ? token.end : void 0))
          props.push({ type: "newline", offset: -1, indent, source: "\n" });
        for (const key of Object.keys(token))
          if (key !== "type" && key !== "offset")
            delete token[key];
        Object.assign(token, { type: "block-scalar", indent, props, source: body });
      }
    }
    function addEndtoBlockProps(props, end2) {
      if (end2)
        for (const st of end2)
          switch (st.type) {
            case "space":
            case "comment":
              props.push(st);
              break;
            case "newline":
              props.push(st);
              return true;
          }
      return false;
    }
    function setFlowScalarValue(token, source, type) {
      switch (token.type) {
        case "scalar":
        case "double-quoted-scalar":
        case "single-quoted-scalar":
          token.type = type;
          token.source = source;
          break;
        case "block-scalar": {
          const end2 = token.props.slice(1);
          let oa = source.length;
          if (token.props[0].type === "block-scalar-header")
            oa -= token.props[0].source.length;
          for (const tok of end2)
            tok.offset += oa;
          delete token.props;
          Object.assign(token, { type, source, end: end2 });
          break;
        }
        case "block-map":
        case "block-seq": {
          const offset = token.offset + source.length;
          const nl = { type: "newline", offset, indent: token.indent, source: "\n" };
          delete token.items;
          Object.assign(token, { type, source, end: [nl] });
          break;
        }
        default: {
          const indent = "indent" in token ? token.indent : -1;
          const end2 = "end" in token && Array.isArray(token.end) ? token.end.filter((st) => st.type === "space" || st.type === "comment" || st.type === "newline") : [];
          for (const key of Object.keys(token))
            if (key !== "type" && key !== "offset")
              delete token[key];
          Object.assign(token, { type, indent, source, end: end2 });
        }
      }
    }
    exports.createScalarToken = createScalarToken;
    exports.resolveAsScalar = resolveAsScalar;
    exports.setScalarValue = setScalarValue;
  }
});

// node_modules/yaml/dist/parse/cst-stringify.js
var require_cst_stringify = __commonJS({
  "node_modules/yaml/dist/parse/cst-stringify.js"(exports) {
    "use strict";
    var stringify = (cst) => "type" in cst ? stringifyToken(cst) : stringifyItem(cst);
    function stringifyToken(token) {
      switch (token.type) {
        case "block-scalar": {
          let res = "";
          for (const tok of token.props)
            res += stringifyToken(tok);
          return res + token.source;
        }
        case "block-map":
        case "block-seq": {
          let res = "";
          for (const item of token.items)
            res += stringifyItem(item);
          return res;
        }
        case "flow-collection": {
          let res = token.start.source;
          for (const item of token.items)
            res += stringifyItem(item);
          for (const st of token.end)
            res += st.source;
          return res;
        }
        case "document": {
          let res = stringifyItem(token);
          if (token.end)
            for (const st of token.end)
              res += st.source;
          return res;
        }
        default: {
          let res = token.source;
          if ("end" in token && token.end)
            for (const st of token.end)
              res += st.source;
          return res;
        }
      }
    }
    function stringifyItem({ start, key, sep, value }) {
      let res = "";
      for (const st of start)
        res += st.source;
      if (key)
        res += stringifyToken(key);
      if (sep)
        for (const st of sep)
          res += st.source;
      if (value)
        res += stringifyToken(value);
      return res;
    }
    exports.stringify = stringify;
  }
});

// node_modules/yaml/dist/parse/cst-visit.js
var require_cst_visit = __commonJS({
  "node_modules/yaml/dist/parse/cst-visit.js"(exports) {
    "use strict";
    var BREAK = /* @__PURE__ */ Symbol("break visit");
    var SKIP = /* @__PURE__ */ Symbol("skip children");
    var REMOVE = /* @__PURE__ */ Symbol("remove item");
    function visit(cst, visitor) {
      if ("type" in cst && cst.type === "document")
        cst = { start: cst.start, value: cst.value };
      _visit(Object.freeze([]), cst, visitor);
    }
    visit.BREAK = BREAK;
    visit.SKIP = SKIP;
    visit.REMOVE = REMOVE;
    visit.itemAtPath = (cst, path) => {
      let item = cst;
      for (const [field, index] of path) {
        const tok = item?.[field];
        if (tok && "items" in tok) {
          item = tok.items[index];
        } else
          return void 0;
      }
      return item;
    };
    visit.parentCollection = (cst, path) => {
      const parent = visit.itemAtPath(cst, path.slice(0, -1));
      const field = path[path.length - 1][0];
      const coll = parent?.[field];
      if (coll && "items" in coll)
        return coll;
      throw new Error("Parent collection not found");
    };
    function _visit(path, item, visitor) {
      let ctrl = visitor(item, path);
      if (typeof ctrl === "symbol")
        return ctrl;
      for (const field of ["key", "value"]) {
        const token = item[field];
        if (token && "items" in token) {
          for (let i = 0; i < token.items.length; ++i) {
            const ci = _visit(Object.freeze(path.concat([[field, i]])), token.items[i], visitor);
            if (typeof ci === "number")
              i = ci - 1;
            else if (ci === BREAK)
              return BREAK;
            else if (ci === REMOVE) {
              token.items.splice(i, 1);
              i -= 1;
            }
          }
          if (typeof ctrl === "function" && field === "key")
            ctrl = ctrl(item, path);
        }
      }
      return typeof ctrl === "function" ? ctrl(item, path) : ctrl;
    }
    exports.visit = visit;
  }
});

// node_modules/yaml/dist/parse/cst.js
var require_cst = __commonJS({
  "node_modules/yaml/dist/parse/cst.js"(exports) {
    "use strict";
    var cstScalar = require_cst_scalar();
    var cstStringify = require_cst_stringify();
    var cstVisit = require_cst_visit();
    var BOM = "\uFEFF";
    var DOCUMENT = "";
    var FLOW_END = "";
    var SCALAR = "";
    var isCollection = (token) => !!token && "items" in token;
    var isScalar2 = (token) => !!token && (token.type === "scalar" || token.type === "single-quoted-scalar" || token.type === "double-quoted-scalar" || token.type === "block-scalar");
    function prettyToken(token) {
      switch (token) {
        case BOM:
          return "<BOM>";
        case DOCUMENT:
          return "<DOC>";
        case FLOW_END:
          return "<FLOW_END>";
        case SCALAR:
          return "<SCALAR>";
        default:
          return JSON.stringify(token);
      }
    }
    function tokenType(source) {
      switch (source) {
        case BOM:
          return "byte-order-mark";
        case DOCUMENT:
          return "doc-mode";
        case FLOW_END:
          return "flow-error-end";
        case SCALAR:
          return "scalar";
        case "---":
          return "doc-start";
        case "...":
          return "doc-end";
        case "":
        case "\n":
        case "\r\n":
          return "newline";
        case "-":
          return "seq-item-ind";
        case "?":
          return "explicit-key-ind";
        case ":":
          return "map-value-ind";
        case "{":
          return "flow-map-start";
        case "}":
          return "flow-map-end";
        case "[":
          return "flow-seq-start";
        case "]":
          return "flow-seq-end";
        case ",":
          return "comma";
      }
      switch (source[0]) {
        case " ":
        case "	":
          return "space";
        case "#":
          return "comment";
        case "%":
          return "directive-line";
        case "*":
          return "alias";
        case "&":
          return "anchor";
        case "!":
          return "tag";
        case "'":
          return "single-quoted-scalar";
        case '"':
          return "double-quoted-scalar";
        case "|":
        case ">":
          return "block-scalar-header";
      }
      return null;
    }
    exports.createScalarToken = cstScalar.createScalarToken;
    exports.resolveAsScalar = cstScalar.resolveAsScalar;
    exports.setScalarValue = cstScalar.setScalarValue;
    exports.stringify = cstStringify.stringify;
    exports.visit = cstVisit.visit;
    exports.BOM = BOM;
    exports.DOCUMENT = DOCUMENT;
    exports.FLOW_END = FLOW_END;
    exports.SCALAR = SCALAR;
    exports.isCollection = isCollection;
    exports.isScalar = isScalar2;
    exports.prettyToken = prettyToken;
    exports.tokenType = tokenType;
  }
});

// node_modules/yaml/dist/parse/lexer.js
var require_lexer = __commonJS({
  "node_modules/yaml/dist/parse/lexer.js"(exports) {
    "use strict";
    var cst = require_cst();
    function isEmpty(ch) {
      switch (ch) {
        case void 0:
        case " ":
        case "\n":
        case "\r":
        case "	":
          return true;
        default:
          return false;
      }
    }
    var hexDigits = new Set("0123456789ABCDEFabcdef");
    var tagChars = new Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.!~*'()");
    var flowIndicatorChars = new Set(",[]{}");
    var invalidAnchorChars = new Set(" ,[]{}\n\r	");
    var isNotAnchorChar = (ch) => !ch || invalidAnchorChars.has(ch);
    var Lexer = class {
      constructor() {
        this.atEnd = false;
        this.blockScalarIndent = -1;
        this.blockScalarKeep = false;
        this.buffer = "";
        this.flowKey = false;
        this.flowLevel = 0;
        this.indentNext = 0;
        this.indentValue = 0;
        this.lineEndPos = null;
        this.next = null;
        this.pos = 0;
      }
      /**
       * Generate YAML tokens from the `source` string. If `incomplete`,
       * a part of the last line may be left as a buffer for the next call.
       *
       * @returns A generator of lexical tokens
       */
      *lex(source, incomplete = false) {
        if (source) {
          if (typeof source !== "string")
            throw TypeError("source is not a string");
          this.buffer = this.buffer ? this.buffer + source : source;
          this.lineEndPos = null;
        }
        this.atEnd = !incomplete;
        let next = this.next ?? "stream";
        while (next && (incomplete || this.hasChars(1)))
          next = yield* this.parseNext(next);
      }
      atLineEnd() {
        let i = this.pos;
        let ch = this.buffer[i];
        while (ch === " " || ch === "	")
          ch = this.buffer[++i];
        if (!ch || ch === "#" || ch === "\n")
          return true;
        if (ch === "\r")
          return this.buffer[i + 1] === "\n";
        return false;
      }
      charAt(n) {
        return this.buffer[this.pos + n];
      }
      continueScalar(offset) {
        let ch = this.buffer[offset];
        if (this.indentNext > 0) {
          let indent = 0;
          while (ch === " ")
            ch = this.buffer[++indent + offset];
          if (ch === "\r") {
            const next = this.buffer[indent + offset + 1];
            if (next === "\n" || !next && !this.atEnd)
              return offset + indent + 1;
          }
          return ch === "\n" || indent >= this.indentNext || !ch && !this.atEnd ? offset + indent : -1;
        }
        if (ch === "-" || ch === ".") {
          const dt = this.buffer.substr(offset, 3);
          if ((dt === "---" || dt === "...") && isEmpty(this.buffer[offset + 3]))
            return -1;
        }
        return offset;
      }
      getLine() {
        let end2 = this.lineEndPos;
        if (typeof end2 !== "number" || end2 !== -1 && end2 < this.pos) {
          end2 = this.buffer.indexOf("\n", this.pos);
          this.lineEndPos = end2;
        }
        if (end2 === -1)
          return this.atEnd ? this.buffer.substring(this.pos) : null;
        if (this.buffer[end2 - 1] === "\r")
          end2 -= 1;
        return this.buffer.substring(this.pos, end2);
      }
      hasChars(n) {
        return this.pos + n <= this.buffer.length;
      }
      setNext(state) {
        this.buffer = this.buffer.substring(this.pos);
        this.pos = 0;
        this.lineEndPos = null;
        this.next = state;
        return null;
      }
      peek(n) {
        return this.buffer.substr(this.pos, n);
      }
      *parseNext(next) {
        switch (next) {
          case "stream":
            return yield* this.parseStream();
          case "line-start":
            return yield* this.parseLineStart();
          case "block-start":
            return yield* this.parseBlockStart();
          case "doc":
            return yield* this.parseDocument();
          case "flow":
            return yield* this.parseFlowCollection();
          case "quoted-scalar":
            return yield* this.parseQuotedScalar();
          case "block-scalar":
            return yield* this.parseBlockScalar();
          case "plain-scalar":
            return yield* this.parsePlainScalar();
        }
      }
      *parseStream() {
        let line = this.getLine();
        if (line === null)
          return this.setNext("stream");
        if (line[0] === cst.BOM) {
          yield* this.pushCount(1);
          line = line.substring(1);
        }
        if (line[0] === "%") {
          let dirEnd = line.length;
          let cs = line.indexOf("#");
          while (cs !== -1) {
            const ch = line[cs - 1];
            if (ch === " " || ch === "	") {
              dirEnd = cs - 1;
              break;
            } else {
              cs = line.indexOf("#", cs + 1);
            }
          }
          while (true) {
            const ch = line[dirEnd - 1];
            if (ch === " " || ch === "	")
              dirEnd -= 1;
            else
              break;
          }
          const n = (yield* this.pushCount(dirEnd)) + (yield* this.pushSpaces(true));
          yield* this.pushCount(line.length - n);
          this.pushNewline();
          return "stream";
        }
        if (this.atLineEnd()) {
          const sp = yield* this.pushSpaces(true);
          yield* this.pushCount(line.length - sp);
          yield* this.pushNewline();
          return "stream";
        }
        yield cst.DOCUMENT;
        return yield* this.parseLineStart();
      }
      *parseLineStart() {
        const ch = this.charAt(0);
        if (!ch && !this.atEnd)
          return this.setNext("line-start");
        if (ch === "-" || ch === ".") {
          if (!this.atEnd && !this.hasChars(4))
            return this.setNext("line-start");
          const s = this.peek(3);
          if ((s === "---" || s === "...") && isEmpty(this.charAt(3))) {
            yield* this.pushCount(3);
            this.indentValue = 0;
            this.indentNext = 0;
            return s === "---" ? "doc" : "stream";
          }
        }
        this.indentValue = yield* this.pushSpaces(false);
        if (this.indentNext > this.indentValue && !isEmpty(this.charAt(1)))
          this.indentNext = this.indentValue;
        return yield* this.parseBlockStart();
      }
      *parseBlockStart() {
        const [ch0, ch1] = this.peek(2);
        if (!ch1 && !this.atEnd)
          return this.setNext("block-start");
        if ((ch0 === "-" || ch0 === "?" || ch0 === ":") && isEmpty(ch1)) {
          const n = (yield* this.pushCount(1)) + (yield* this.pushSpaces(true));
          this.indentNext = this.indentValue + 1;
          this.indentValue += n;
          return "block-start";
        }
        return "doc";
      }
      *parseDocument() {
        yield* this.pushSpaces(true);
        const line = this.getLine();
        if (line === null)
          return this.setNext("doc");
        let n = yield* this.pushIndicators();
        switch (line[n]) {
          case "#":
            yield* this.pushCount(line.length - n);
          // fallthrough
          case void 0:
            yield* this.pushNewline();
            return yield* this.parseLineStart();
          case "{":
          case "[":
            yield* this.pushCount(1);
            this.flowKey = false;
            this.flowLevel = 1;
            return "flow";
          case "}":
          case "]":
            yield* this.pushCount(1);
            return "doc";
          case "*":
            yield* this.pushUntil(isNotAnchorChar);
            return "doc";
          case '"':
          case "'":
            return yield* this.parseQuotedScalar();
          case "|":
          case ">":
            n += yield* this.parseBlockScalarHeader();
            n += yield* this.pushSpaces(true);
            yield* this.pushCount(line.length - n);
            yield* this.pushNewline();
            return yield* this.parseBlockScalar();
          default:
            return yield* this.parsePlainScalar();
        }
      }
      *parseFlowCollection() {
        let nl, sp;
        let indent = -1;
        do {
          nl = yield* this.pushNewline();
          if (nl > 0) {
            sp = yield* this.pushSpaces(false);
            this.indentValue = indent = sp;
          } else {
            sp = 0;
          }
          sp += yield* this.pushSpaces(true);
        } while (nl + sp > 0);
        const line = this.getLine();
        if (line === null)
          return this.setNext("flow");
        if (indent !== -1 && indent < this.indentNext && line[0] !== "#" || indent === 0 && (line.startsWith("---") || line.startsWith("...")) && isEmpty(line[3])) {
          const atFlowEndMarker = indent === this.indentNext - 1 && this.flowLevel === 1 && (line[0] === "]" || line[0] === "}");
          if (!atFlowEndMarker) {
            this.flowLevel = 0;
            yield cst.FLOW_END;
            return yield* this.parseLineStart();
          }
        }
        let n = 0;
        while (line[n] === ",") {
          n += yield* this.pushCount(1);
          n += yield* this.pushSpaces(true);
          this.flowKey = false;
        }
        n += yield* this.pushIndicators();
        switch (line[n]) {
          case void 0:
            return "flow";
          case "#":
            yield* this.pushCount(line.length - n);
            return "flow";
          case "{":
          case "[":
            yield* this.pushCount(1);
            this.flowKey = false;
            this.flowLevel += 1;
            return "flow";
          case "}":
          case "]":
            yield* this.pushCount(1);
            this.flowKey = true;
            this.flowLevel -= 1;
            return this.flowLevel ? "flow" : "doc";
          case "*":
            yield* this.pushUntil(isNotAnchorChar);
            return "flow";
          case '"':
          case "'":
            this.flowKey = true;
            return yield* this.parseQuotedScalar();
          case ":": {
            const next = this.charAt(1);
            if (this.flowKey || isEmpty(next) || next === ",") {
              this.flowKey = false;
              yield* this.pushCount(1);
              yield* this.pushSpaces(true);
              return "flow";
            }
          }
          // fallthrough
          default:
            this.flowKey = false;
            return yield* this.parsePlainScalar();
        }
      }
      *parseQuotedScalar() {
        const quote = this.charAt(0);
        let end2 = this.buffer.indexOf(quote, this.pos + 1);
        if (quote === "'") {
          while (end2 !== -1 && this.buffer[end2 + 1] === "'")
            end2 = this.buffer.indexOf("'", end2 + 2);
        } else {
          while (end2 !== -1) {
            let n = 0;
            while (this.buffer[end2 - 1 - n] === "\\")
              n += 1;
            if (n % 2 === 0)
              break;
            end2 = this.buffer.indexOf('"', end2 + 1);
          }
        }
        const qb = this.buffer.substring(0, end2);
        let nl = qb.indexOf("\n", this.pos);
        if (nl !== -1) {
          while (nl !== -1) {
            const cs = this.continueScalar(nl + 1);
            if (cs === -1)
              break;
            nl = qb.indexOf("\n", cs);
          }
          if (nl !== -1) {
            end2 = nl - (qb[nl - 1] === "\r" ? 2 : 1);
          }
        }
        if (end2 === -1) {
          if (!this.atEnd)
            return this.setNext("quoted-scalar");
          end2 = this.buffer.length;
        }
        yield* this.pushToIndex(end2 + 1, false);
        return this.flowLevel ? "flow" : "doc";
      }
      *parseBlockScalarHeader() {
        this.blockScalarIndent = -1;
        this.blockScalarKeep = false;
        let i = this.pos;
        while (true) {
          const ch = this.buffer[++i];
          if (ch === "+")
            this.blockScalarKeep = true;
          else if (ch > "0" && ch <= "9")
            this.blockScalarIndent = Number(ch) - 1;
          else if (ch !== "-")
            break;
        }
        return yield* this.pushUntil((ch) => isEmpty(ch) || ch === "#");
      }
      *parseBlockScalar() {
        let nl = this.pos - 1;
        let indent = 0;
        let ch;
        loop: for (let i2 = this.pos; ch = this.buffer[i2]; ++i2) {
          switch (ch) {
            case " ":
              indent += 1;
              break;
            case "\n":
              nl = i2;
              indent = 0;
              break;
            case "\r": {
              const next = this.buffer[i2 + 1];
              if (!next && !this.atEnd)
                return this.setNext("block-scalar");
              if (next === "\n")
                break;
            }
            // fallthrough
            default:
              break loop;
          }
        }
        if (!ch && !this.atEnd)
          return this.setNext("block-scalar");
        if (indent >= this.indentNext) {
          if (this.blockScalarIndent === -1)
            this.indentNext = indent;
          else {
            this.indentNext = this.blockScalarIndent + (this.indentNext === 0 ? 1 : this.indentNext);
          }
          do {
            const cs = this.continueScalar(nl + 1);
            if (cs === -1)
              break;
            nl = this.buffer.indexOf("\n", cs);
          } while (nl !== -1);
          if (nl === -1) {
            if (!this.atEnd)
              return this.setNext("block-scalar");
            nl = this.buffer.length;
          }
        }
        let i = nl + 1;
        ch = this.buffer[i];
        while (ch === " ")
          ch = this.buffer[++i];
        if (ch === "	") {
          while (ch === "	" || ch === " " || ch === "\r" || ch === "\n")
            ch = this.buffer[++i];
          nl = i - 1;
        } else if (!this.blockScalarKeep) {
          do {
            let i2 = nl - 1;
            let ch2 = this.buffer[i2];
            if (ch2 === "\r")
              ch2 = this.buffer[--i2];
            const lastChar = i2;
            while (ch2 === " ")
              ch2 = this.buffer[--i2];
            if (ch2 === "\n" && i2 >= this.pos && i2 + 1 + indent > lastChar)
              nl = i2;
            else
              break;
          } while (true);
        }
        yield cst.SCALAR;
        yield* this.pushToIndex(nl + 1, true);
        return yield* this.parseLineStart();
      }
      *parsePlainScalar() {
        const inFlow = this.flowLevel > 0;
        let end2 = this.pos - 1;
        let i = this.pos - 1;
        let ch;
        while (ch = this.buffer[++i]) {
          if (ch === ":") {
            const next = this.buffer[i + 1];
            if (isEmpty(next) || inFlow && flowIndicatorChars.has(next))
              break;
            end2 = i;
          } else if (isEmpty(ch)) {
            let next = this.buffer[i + 1];
            if (ch === "\r") {
              if (next === "\n") {
                i += 1;
                ch = "\n";
                next = this.buffer[i + 1];
              } else
                end2 = i;
            }
            if (next === "#" || inFlow && flowIndicatorChars.has(next))
              break;
            if (ch === "\n") {
              const cs = this.continueScalar(i + 1);
              if (cs === -1)
                break;
              i = Math.max(i, cs - 2);
            }
          } else {
            if (inFlow && flowIndicatorChars.has(ch))
              break;
            end2 = i;
          }
        }
        if (!ch && !this.atEnd)
          return this.setNext("plain-scalar");
        yield cst.SCALAR;
        yield* this.pushToIndex(end2 + 1, true);
        return inFlow ? "flow" : "doc";
      }
      *pushCount(n) {
        if (n > 0) {
          yield this.buffer.substr(this.pos, n);
          this.pos += n;
          return n;
        }
        return 0;
      }
      *pushToIndex(i, allowEmpty) {
        const s = this.buffer.slice(this.pos, i);
        if (s) {
          yield s;
          this.pos += s.length;
          return s.length;
        } else if (allowEmpty)
          yield "";
        return 0;
      }
      *pushIndicators() {
        let n = 0;
        loop: while (true) {
          switch (this.charAt(0)) {
            case "!":
              n += yield* this.pushTag();
              n += yield* this.pushSpaces(true);
              continue loop;
            case "&":
              n += yield* this.pushUntil(isNotAnchorChar);
              n += yield* this.pushSpaces(true);
              continue loop;
            case "-":
            // this is an error
            case "?":
            // this is an error outside flow collections
            case ":": {
              const inFlow = this.flowLevel > 0;
              const ch1 = this.charAt(1);
              if (isEmpty(ch1) || inFlow && flowIndicatorChars.has(ch1)) {
                if (!inFlow)
                  this.indentNext = this.indentValue + 1;
                else if (this.flowKey)
                  this.flowKey = false;
                n += yield* this.pushCount(1);
                n += yield* this.pushSpaces(true);
                continue loop;
              }
            }
          }
          break loop;
        }
        return n;
      }
      *pushTag() {
        if (this.charAt(1) === "<") {
          let i = this.pos + 2;
          let ch = this.buffer[i];
          while (!isEmpty(ch) && ch !== ">")
            ch = this.buffer[++i];
          return yield* this.pushToIndex(ch === ">" ? i + 1 : i, false);
        } else {
          let i = this.pos + 1;
          let ch = this.buffer[i];
          while (ch) {
            if (tagChars.has(ch))
              ch = this.buffer[++i];
            else if (ch === "%" && hexDigits.has(this.buffer[i + 1]) && hexDigits.has(this.buffer[i + 2])) {
              ch = this.buffer[i += 3];
            } else
              break;
          }
          return yield* this.pushToIndex(i, false);
        }
      }
      *pushNewline() {
        const ch = this.buffer[this.pos];
        if (ch === "\n")
          return yield* this.pushCount(1);
        else if (ch === "\r" && this.charAt(1) === "\n")
          return yield* this.pushCount(2);
        else
          return 0;
      }
      *pushSpaces(allowTabs) {
        let i = this.pos - 1;
        let ch;
        do {
          ch = this.buffer[++i];
        } while (ch === " " || allowTabs && ch === "	");
        const n = i - this.pos;
        if (n > 0) {
          yield this.buffer.substr(this.pos, n);
          this.pos = i;
        }
        return n;
      }
      *pushUntil(test) {
        let i = this.pos;
        let ch = this.buffer[i];
        while (!test(ch))
          ch = this.buffer[++i];
        return yield* this.pushToIndex(i, false);
      }
    };
    exports.Lexer = Lexer;
  }
});

// node_modules/yaml/dist/parse/line-counter.js
var require_line_counter = __commonJS({
  "node_modules/yaml/dist/parse/line-counter.js"(exports) {
    "use strict";
    var LineCounter2 = class {
      constructor() {
        this.lineStarts = [];
        this.addNewLine = (offset) => this.lineStarts.push(offset);
        this.linePos = (offset) => {
          let low = 0;
          let high = this.lineStarts.length;
          while (low < high) {
            const mid = low + high >> 1;
            if (this.lineStarts[mid] < offset)
              low = mid + 1;
            else
              high = mid;
          }
          if (this.lineStarts[low] === offset)
            return { line: low + 1, col: 1 };
          if (low === 0)
            return { line: 0, col: offset };
          const start = this.lineStarts[low - 1];
          return { line: low, col: offset - start + 1 };
        };
      }
    };
    exports.LineCounter = LineCounter2;
  }
});

// node_modules/yaml/dist/parse/parser.js
var require_parser = __commonJS({
  "node_modules/yaml/dist/parse/parser.js"(exports) {
    "use strict";
    var node_process = __require("process");
    var cst = require_cst();
    var lexer = require_lexer();
    function includesToken(list3, type) {
      for (let i = 0; i < list3.length; ++i)
        if (list3[i].type === type)
          return true;
      return false;
    }
    function findNonEmptyIndex(list3) {
      for (let i = 0; i < list3.length; ++i) {
        switch (list3[i].type) {
          case "space":
          case "comment":
          case "newline":
            break;
          default:
            return i;
        }
      }
      return -1;
    }
    function isFlowToken(token) {
      switch (token?.type) {
        case "alias":
        case "scalar":
        case "single-quoted-scalar":
        case "double-quoted-scalar":
        case "flow-collection":
          return true;
        default:
          return false;
      }
    }
    function getPrevProps(parent) {
      switch (parent.type) {
        case "document":
          return parent.start;
        case "block-map": {
          const it = parent.items[parent.items.length - 1];
          return it.sep ?? it.start;
        }
        case "block-seq":
          return parent.items[parent.items.length - 1].start;
        /* istanbul ignore next should not happen */
        default:
          return [];
      }
    }
    function getFirstKeyStartProps(prev) {
      if (prev.length === 0)
        return [];
      let i = prev.length;
      loop: while (--i >= 0) {
        switch (prev[i].type) {
          case "doc-start":
          case "explicit-key-ind":
          case "map-value-ind":
          case "seq-item-ind":
          case "newline":
            break loop;
        }
      }
      while (prev[++i]?.type === "space") {
      }
      return prev.splice(i, prev.length);
    }
    function arrayPushArray(target, source) {
      if (source.length < 1e5)
        Array.prototype.push.apply(target, source);
      else
        for (let i = 0; i < source.length; ++i)
          target.push(source[i]);
    }
    function fixFlowSeqItems(fc) {
      if (fc.start.type === "flow-seq-start") {
        for (const it of fc.items) {
          if (it.sep && !it.value && !includesToken(it.start, "explicit-key-ind") && !includesToken(it.sep, "map-value-ind")) {
            if (it.key)
              it.value = it.key;
            delete it.key;
            if (isFlowToken(it.value)) {
              if (it.value.end)
                arrayPushArray(it.value.end, it.sep);
              else
                it.value.end = it.sep;
            } else
              arrayPushArray(it.start, it.sep);
            delete it.sep;
          }
        }
      }
    }
    var Parser = class {
      /**
       * @param onNewLine - If defined, called separately with the start position of
       *   each new line (in `parse()`, including the start of input).
       */
      constructor(onNewLine) {
        this.atNewLine = true;
        this.atScalar = false;
        this.indent = 0;
        this.offset = 0;
        this.onKeyLine = false;
        this.stack = [];
        this.source = "";
        this.type = "";
        this.lexer = new lexer.Lexer();
        this.onNewLine = onNewLine;
      }
      /**
       * Parse `source` as a YAML stream.
       * If `incomplete`, a part of the last line may be left as a buffer for the next call.
       *
       * Errors are not thrown, but yielded as `{ type: 'error', message }` tokens.
       *
       * @returns A generator of tokens representing each directive, document, and other structure.
       */
      *parse(source, incomplete = false) {
        if (this.onNewLine && this.offset === 0)
          this.onNewLine(0);
        for (const lexeme of this.lexer.lex(source, incomplete))
          yield* this.next(lexeme);
        if (!incomplete)
          yield* this.end();
      }
      /**
       * Advance the parser by the `source` of one lexical token.
       */
      *next(source) {
        this.source = source;
        if (node_process.env.LOG_TOKENS)
          console.log("|", cst.prettyToken(source));
        if (this.atScalar) {
          this.atScalar = false;
          yield* this.step();
          this.offset += source.length;
          return;
        }
        const type = cst.tokenType(source);
        if (!type) {
          const message = `Not a YAML token: ${source}`;
          yield* this.pop({ type: "error", offset: this.offset, message, source });
          this.offset += source.length;
        } else if (type === "scalar") {
          this.atNewLine = false;
          this.atScalar = true;
          this.type = "scalar";
        } else {
          this.type = type;
          yield* this.step();
          switch (type) {
            case "newline":
              this.atNewLine = true;
              this.indent = 0;
              if (this.onNewLine)
                this.onNewLine(this.offset + source.length);
              break;
            case "space":
              if (this.atNewLine && source[0] === " ")
                this.indent += source.length;
              break;
            case "explicit-key-ind":
            case "map-value-ind":
            case "seq-item-ind":
              if (this.atNewLine)
                this.indent += source.length;
              break;
            case "doc-mode":
            case "flow-error-end":
              return;
            default:
              this.atNewLine = false;
          }
          this.offset += source.length;
        }
      }
      /** Call at end of input to push out any remaining constructions */
      *end() {
        while (this.stack.length > 0)
          yield* this.pop();
      }
      get sourceToken() {
        const st = {
          type: this.type,
          offset: this.offset,
          indent: this.indent,
          source: this.source
        };
        return st;
      }
      *step() {
        const top = this.peek(1);
        if (this.type === "doc-end" && top?.type !== "doc-end") {
          while (this.stack.length > 0)
            yield* this.pop();
          this.stack.push({
            type: "doc-end",
            offset: this.offset,
            source: this.source
          });
          return;
        }
        if (!top)
          return yield* this.stream();
        switch (top.type) {
          case "document":
            return yield* this.document(top);
          case "alias":
          case "scalar":
          case "single-quoted-scalar":
          case "double-quoted-scalar":
            return yield* this.scalar(top);
          case "block-scalar":
            return yield* this.blockScalar(top);
          case "block-map":
            return yield* this.blockMap(top);
          case "block-seq":
            return yield* this.blockSequence(top);
          case "flow-collection":
            return yield* this.flowCollection(top);
          case "doc-end":
            return yield* this.documentEnd(top);
        }
        yield* this.pop();
      }
      peek(n) {
        return this.stack[this.stack.length - n];
      }
      *pop(error) {
        const token = error ?? this.stack.pop();
        if (!token) {
          const message = "Tried to pop an empty stack";
          yield { type: "error", offset: this.offset, source: "", message };
        } else if (this.stack.length === 0) {
          yield token;
        } else {
          const top = this.peek(1);
          if (token.type === "block-scalar") {
            token.indent = "indent" in top ? top.indent : 0;
          } else if (token.type === "flow-collection" && top.type === "document") {
            token.indent = 0;
          }
          if (token.type === "flow-collection")
            fixFlowSeqItems(token);
          switch (top.type) {
            case "document":
              top.value = token;
              break;
            case "block-scalar":
              top.props.push(token);
              break;
            case "block-map": {
              const it = top.items[top.items.length - 1];
              if (it.value) {
                top.items.push({ start: [], key: token, sep: [] });
                this.onKeyLine = true;
                return;
              } else if (it.sep) {
                it.value = token;
              } else {
                Object.assign(it, { key: token, sep: [] });
                this.onKeyLine = !it.explicitKey;
                return;
              }
              break;
            }
            case "block-seq": {
              const it = top.items[top.items.length - 1];
              if (it.value)
                top.items.push({ start: [], value: token });
              else
                it.value = token;
              break;
            }
            case "flow-collection": {
              const it = top.items[top.items.length - 1];
              if (!it || it.value)
                top.items.push({ start: [], key: token, sep: [] });
              else if (it.sep)
                it.value = token;
              else
                Object.assign(it, { key: token, sep: [] });
              return;
            }
            /* istanbul ignore next should not happen */
            default:
              yield* this.pop();
              yield* this.pop(token);
          }
          if ((top.type === "document" || top.type === "block-map" || top.type === "block-seq") && (token.type === "block-map" || token.type === "block-seq")) {
            const last = token.items[token.items.length - 1];
            if (last && !last.sep && !last.value && last.start.length > 0 && findNonEmptyIndex(last.start) === -1 && (token.indent === 0 || last.start.every((st) => st.type !== "comment" || st.indent < token.indent))) {
              if (top.type === "document")
                top.end = last.start;
              else
                top.items.push({ start: last.start });
              token.items.splice(-1, 1);
            }
          }
        }
      }
      *stream() {
        switch (this.type) {
          case "directive-line":
            yield { type: "directive", offset: this.offset, source: this.source };
            return;
          case "byte-order-mark":
          case "space":
          case "comment":
          case "newline":
            yield this.sourceToken;
            return;
          case "doc-mode":
          case "doc-start": {
            const doc = {
              type: "document",
              offset: this.offset,
              start: []
            };
            if (this.type === "doc-start")
              doc.start.push(this.sourceToken);
            this.stack.push(doc);
            return;
          }
        }
        yield {
          type: "error",
          offset: this.offset,
          message: `Unexpected ${this.type} token in YAML stream`,
          source: this.source
        };
      }
      *document(doc) {
        if (doc.value)
          return yield* this.lineEnd(doc);
        switch (this.type) {
          case "doc-start": {
            if (findNonEmptyIndex(doc.start) !== -1) {
              yield* this.pop();
              yield* this.step();
            } else
              doc.start.push(this.sourceToken);
            return;
          }
          case "anchor":
          case "tag":
          case "space":
          case "comment":
          case "newline":
            doc.start.push(this.sourceToken);
            return;
        }
        const bv = this.startBlockValue(doc);
        if (bv)
          this.stack.push(bv);
        else {
          yield {
            type: "error",
            offset: this.offset,
            message: `Unexpected ${this.type} token in YAML document`,
            source: this.source
          };
        }
      }
      *scalar(scalar) {
        if (this.type === "map-value-ind") {
          const prev = getPrevProps(this.peek(2));
          const start = getFirstKeyStartProps(prev);
          let sep;
          if (scalar.end) {
            sep = scalar.end;
            sep.push(this.sourceToken);
            delete scalar.end;
          } else
            sep = [this.sourceToken];
          const map = {
            type: "block-map",
            offset: scalar.offset,
            indent: scalar.indent,
            items: [{ start, key: scalar, sep }]
          };
          this.onKeyLine = true;
          this.stack[this.stack.length - 1] = map;
        } else
          yield* this.lineEnd(scalar);
      }
      *blockScalar(scalar) {
        switch (this.type) {
          case "space":
          case "comment":
          case "newline":
            scalar.props.push(this.sourceToken);
            return;
          case "scalar":
            scalar.source = this.source;
            this.atNewLine = true;
            this.indent = 0;
            if (this.onNewLine) {
              let nl = this.source.indexOf("\n") + 1;
              while (nl !== 0) {
                this.onNewLine(this.offset + nl);
                nl = this.source.indexOf("\n", nl) + 1;
              }
            }
            yield* this.pop();
            break;
          /* istanbul ignore next should not happen */
          default:
            yield* this.pop();
            yield* this.step();
        }
      }
      *blockMap(map) {
        const it = map.items[map.items.length - 1];
        switch (this.type) {
          case "newline":
            this.onKeyLine = false;
            if (it.value) {
              const end2 = "end" in it.value ? it.value.end : void 0;
              const last = Array.isArray(end2) ? end2[end2.length - 1] : void 0;
              if (last?.type === "comment")
                end2?.push(this.sourceToken);
              else
                map.items.push({ start: [this.sourceToken] });
            } else if (it.sep) {
              it.sep.push(this.sourceToken);
            } else {
              it.start.push(this.sourceToken);
            }
            return;
          case "space":
          case "comment":
            if (it.value) {
              map.items.push({ start: [this.sourceToken] });
            } else if (it.sep) {
              it.sep.push(this.sourceToken);
            } else {
              if (this.atIndentedComment(it.start, map.indent)) {
                const prev = map.items[map.items.length - 2];
                const end2 = prev?.value?.end;
                if (Array.isArray(end2)) {
                  arrayPushArray(end2, it.start);
                  end2.push(this.sourceToken);
                  map.items.pop();
                  return;
                }
              }
              it.start.push(this.sourceToken);
            }
            return;
        }
        if (this.indent >= map.indent) {
          const atMapIndent = !this.onKeyLine && this.indent === map.indent;
          const atNextItem = atMapIndent && (it.sep || it.explicitKey) && this.type !== "seq-item-ind";
          let start = [];
          if (atNextItem && it.sep && !it.value) {
            const nl = [];
            for (let i = 0; i < it.sep.length; ++i) {
              const st = it.sep[i];
              switch (st.type) {
                case "newline":
                  nl.push(i);
                  break;
                case "space":
                  break;
                case "comment":
                  if (st.indent > map.indent)
                    nl.length = 0;
                  break;
                default:
                  nl.length = 0;
              }
            }
            if (nl.length >= 2)
              start = it.sep.splice(nl[1]);
          }
          switch (this.type) {
            case "anchor":
            case "tag":
              if (atNextItem || it.value) {
                start.push(this.sourceToken);
                map.items.push({ start });
                this.onKeyLine = true;
              } else if (it.sep) {
                it.sep.push(this.sourceToken);
              } else {
                it.start.push(this.sourceToken);
              }
              return;
            case "explicit-key-ind":
              if (!it.sep && !it.explicitKey) {
                it.start.push(this.sourceToken);
                it.explicitKey = true;
              } else if (atNextItem || it.value) {
                start.push(this.sourceToken);
                map.items.push({ start, explicitKey: true });
              } else {
                this.stack.push({
                  type: "block-map",
                  offset: this.offset,
                  indent: this.indent,
                  items: [{ start: [this.sourceToken], explicitKey: true }]
                });
              }
              this.onKeyLine = true;
              return;
            case "map-value-ind":
              if (it.explicitKey) {
                if (!it.sep) {
                  if (includesToken(it.start, "newline")) {
                    Object.assign(it, { key: null, sep: [this.sourceToken] });
                  } else {
                    const start2 = getFirstKeyStartProps(it.start);
                    this.stack.push({
                      type: "block-map",
                      offset: this.offset,
                      indent: this.indent,
                      items: [{ start: start2, key: null, sep: [this.sourceToken] }]
                    });
                  }
                } else if (it.value) {
                  map.items.push({ start: [], key: null, sep: [this.sourceToken] });
                } else if (includesToken(it.sep, "map-value-ind")) {
                  this.stack.push({
                    type: "block-map",
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start, key: null, sep: [this.sourceToken] }]
                  });
                } else if (isFlowToken(it.key) && !includesToken(it.sep, "newline")) {
                  const start2 = getFirstKeyStartProps(it.start);
                  const key = it.key;
                  const sep = it.sep;
                  sep.push(this.sourceToken);
                  delete it.key;
                  delete it.sep;
                  this.stack.push({
                    type: "block-map",
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start: start2, key, sep }]
                  });
                } else if (start.length > 0) {
                  it.sep = it.sep.concat(start, this.sourceToken);
                } else {
                  it.sep.push(this.sourceToken);
                }
              } else {
                if (!it.sep) {
                  Object.assign(it, { key: null, sep: [this.sourceToken] });
                } else if (it.value || atNextItem) {
                  map.items.push({ start, key: null, sep: [this.sourceToken] });
                } else if (includesToken(it.sep, "map-value-ind")) {
                  this.stack.push({
                    type: "block-map",
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start: [], key: null, sep: [this.sourceToken] }]
                  });
                } else {
                  it.sep.push(this.sourceToken);
                }
              }
              this.onKeyLine = true;
              return;
            case "alias":
            case "scalar":
            case "single-quoted-scalar":
            case "double-quoted-scalar": {
              const fs = this.flowScalar(this.type);
              if (atNextItem || it.value) {
                map.items.push({ start, key: fs, sep: [] });
                this.onKeyLine = true;
              } else if (it.sep) {
                this.stack.push(fs);
              } else {
                Object.assign(it, { key: fs, sep: [] });
                this.onKeyLine = true;
              }
              return;
            }
            default: {
              const bv = this.startBlockValue(map);
              if (bv) {
                if (bv.type === "block-seq") {
                  if (!it.explicitKey && it.sep && !includesToken(it.sep, "newline")) {
                    yield* this.pop({
                      type: "error",
                      offset: this.offset,
                      message: "Unexpected block-seq-ind on same line with key",
                      source: this.source
                    });
                    return;
                  }
                } else if (atMapIndent) {
                  map.items.push({ start });
                }
                this.stack.push(bv);
                return;
              }
            }
          }
        }
        yield* this.pop();
        yield* this.step();
      }
      *blockSequence(seq) {
        const it = seq.items[seq.items.length - 1];
        switch (this.type) {
          case "newline":
            if (it.value) {
              const end2 = "end" in it.value ? it.value.end : void 0;
              const last = Array.isArray(end2) ? end2[end2.length - 1] : void 0;
              if (last?.type === "comment")
                end2?.push(this.sourceToken);
              else
                seq.items.push({ start: [this.sourceToken] });
            } else
              it.start.push(this.sourceToken);
            return;
          case "space":
          case "comment":
            if (it.value)
              seq.items.push({ start: [this.sourceToken] });
            else {
              if (this.atIndentedComment(it.start, seq.indent)) {
                const prev = seq.items[seq.items.length - 2];
                const end2 = prev?.value?.end;
                if (Array.isArray(end2)) {
                  arrayPushArray(end2, it.start);
                  end2.push(this.sourceToken);
                  seq.items.pop();
                  return;
                }
              }
              it.start.push(this.sourceToken);
            }
            return;
          case "anchor":
          case "tag":
            if (it.value || this.indent <= seq.indent)
              break;
            it.start.push(this.sourceToken);
            return;
          case "seq-item-ind":
            if (this.indent !== seq.indent)
              break;
            if (it.value || includesToken(it.start, "seq-item-ind"))
              seq.items.push({ start: [this.sourceToken] });
            else
              it.start.push(this.sourceToken);
            return;
        }
        if (this.indent > seq.indent) {
          const bv = this.startBlockValue(seq);
          if (bv) {
            this.stack.push(bv);
            return;
          }
        }
        yield* this.pop();
        yield* this.step();
      }
      *flowCollection(fc) {
        const it = fc.items[fc.items.length - 1];
        if (this.type === "flow-error-end") {
          let top;
          do {
            yield* this.pop();
            top = this.peek(1);
          } while (top?.type === "flow-collection");
        } else if (fc.end.length === 0) {
          switch (this.type) {
            case "comma":
            case "explicit-key-ind":
              if (!it || it.sep)
                fc.items.push({ start: [this.sourceToken] });
              else
                it.start.push(this.sourceToken);
              return;
            case "map-value-ind":
              if (!it || it.value)
                fc.items.push({ start: [], key: null, sep: [this.sourceToken] });
              else if (it.sep)
                it.sep.push(this.sourceToken);
              else
                Object.assign(it, { key: null, sep: [this.sourceToken] });
              return;
            case "space":
            case "comment":
            case "newline":
            case "anchor":
            case "tag":
              if (!it || it.value)
                fc.items.push({ start: [this.sourceToken] });
              else if (it.sep)
                it.sep.push(this.sourceToken);
              else
                it.start.push(this.sourceToken);
              return;
            case "alias":
            case "scalar":
            case "single-quoted-scalar":
            case "double-quoted-scalar": {
              const fs = this.flowScalar(this.type);
              if (!it || it.value)
                fc.items.push({ start: [], key: fs, sep: [] });
              else if (it.sep)
                this.stack.push(fs);
              else
                Object.assign(it, { key: fs, sep: [] });
              return;
            }
            case "flow-map-end":
            case "flow-seq-end":
              fc.end.push(this.sourceToken);
              return;
          }
          const bv = this.startBlockValue(fc);
          if (bv)
            this.stack.push(bv);
          else {
            yield* this.pop();
            yield* this.step();
          }
        } else {
          const parent = this.peek(2);
          if (parent.type === "block-map" && (this.type === "map-value-ind" && parent.indent === fc.indent || this.type === "newline" && !parent.items[parent.items.length - 1].sep)) {
            yield* this.pop();
            yield* this.step();
          } else if (this.type === "map-value-ind" && parent.type !== "flow-collection") {
            const prev = getPrevProps(parent);
            const start = getFirstKeyStartProps(prev);
            fixFlowSeqItems(fc);
            const sep = fc.end.splice(1, fc.end.length);
            sep.push(this.sourceToken);
            const map = {
              type: "block-map",
              offset: fc.offset,
              indent: fc.indent,
              items: [{ start, key: fc, sep }]
            };
            this.onKeyLine = true;
            this.stack[this.stack.length - 1] = map;
          } else {
            yield* this.lineEnd(fc);
          }
        }
      }
      flowScalar(type) {
        if (this.onNewLine) {
          let nl = this.source.indexOf("\n") + 1;
          while (nl !== 0) {
            this.onNewLine(this.offset + nl);
            nl = this.source.indexOf("\n", nl) + 1;
          }
        }
        return {
          type,
          offset: this.offset,
          indent: this.indent,
          source: this.source
        };
      }
      startBlockValue(parent) {
        switch (this.type) {
          case "alias":
          case "scalar":
          case "single-quoted-scalar":
          case "double-quoted-scalar":
            return this.flowScalar(this.type);
          case "block-scalar-header":
            return {
              type: "block-scalar",
              offset: this.offset,
              indent: this.indent,
              props: [this.sourceToken],
              source: ""
            };
          case "flow-map-start":
          case "flow-seq-start":
            return {
              type: "flow-collection",
              offset: this.offset,
              indent: this.indent,
              start: this.sourceToken,
              items: [],
              end: []
            };
          case "seq-item-ind":
            return {
              type: "block-seq",
              offset: this.offset,
              indent: this.indent,
              items: [{ start: [this.sourceToken] }]
            };
          case "explicit-key-ind": {
            this.onKeyLine = true;
            const prev = getPrevProps(parent);
            const start = getFirstKeyStartProps(prev);
            start.push(this.sourceToken);
            return {
              type: "block-map",
              offset: this.offset,
              indent: this.indent,
              items: [{ start, explicitKey: true }]
            };
          }
          case "map-value-ind": {
            this.onKeyLine = true;
            const prev = getPrevProps(parent);
            const start = getFirstKeyStartProps(prev);
            return {
              type: "block-map",
              offset: this.offset,
              indent: this.indent,
              items: [{ start, key: null, sep: [this.sourceToken] }]
            };
          }
        }
        return null;
      }
      atIndentedComment(start, indent) {
        if (this.type !== "comment")
          return false;
        if (this.indent <= indent)
          return false;
        return start.every((st) => st.type === "newline" || st.type === "space");
      }
      *documentEnd(docEnd) {
        if (this.type !== "doc-mode") {
          if (docEnd.end)
            docEnd.end.push(this.sourceToken);
          else
            docEnd.end = [this.sourceToken];
          if (this.type === "newline")
            yield* this.pop();
        }
      }
      *lineEnd(token) {
        switch (this.type) {
          case "comma":
          case "doc-start":
          case "doc-end":
          case "flow-seq-end":
          case "flow-map-end":
          case "map-value-ind":
            yield* this.pop();
            yield* this.step();
            break;
          case "newline":
            this.onKeyLine = false;
          // fallthrough
          case "space":
          case "comment":
          default:
            if (token.end)
              token.end.push(this.sourceToken);
            else
              token.end = [this.sourceToken];
            if (this.type === "newline")
              yield* this.pop();
        }
      }
    };
    exports.Parser = Parser;
  }
});

// node_modules/yaml/dist/public-api.js
var require_public_api = __commonJS({
  "node_modules/yaml/dist/public-api.js"(exports) {
    "use strict";
    var composer = require_composer();
    var Document = require_Document();
    var errors = require_errors();
    var log2 = require_log();
    var identity2 = require_identity();
    var lineCounter = require_line_counter();
    var parser = require_parser();
    function parseOptions(options) {
      const prettyErrors = options.prettyErrors !== false;
      const lineCounter$1 = options.lineCounter || prettyErrors && new lineCounter.LineCounter() || null;
      return { lineCounter: lineCounter$1, prettyErrors };
    }
    function parseAllDocuments(source, options = {}) {
      const { lineCounter: lineCounter2, prettyErrors } = parseOptions(options);
      const parser$1 = new parser.Parser(lineCounter2?.addNewLine);
      const composer$1 = new composer.Composer(options);
      const docs = Array.from(composer$1.compose(parser$1.parse(source)));
      if (prettyErrors && lineCounter2)
        for (const doc of docs) {
          doc.errors.forEach(errors.prettifyError(source, lineCounter2));
          doc.warnings.forEach(errors.prettifyError(source, lineCounter2));
        }
      if (docs.length > 0)
        return docs;
      return Object.assign([], { empty: true }, composer$1.streamInfo());
    }
    function parseDocument2(source, options = {}) {
      const { lineCounter: lineCounter2, prettyErrors } = parseOptions(options);
      const parser$1 = new parser.Parser(lineCounter2?.addNewLine);
      const composer$1 = new composer.Composer(options);
      let doc = null;
      for (const _doc of composer$1.compose(parser$1.parse(source), true, source.length)) {
        if (!doc)
          doc = _doc;
        else if (doc.options.logLevel !== "silent") {
          doc.errors.push(new errors.YAMLParseError(_doc.range.slice(0, 2), "MULTIPLE_DOCS", "Source contains multiple documents; please use YAML.parseAllDocuments()"));
          break;
        }
      }
      if (prettyErrors && lineCounter2) {
        doc.errors.forEach(errors.prettifyError(source, lineCounter2));
        doc.warnings.forEach(errors.prettifyError(source, lineCounter2));
      }
      return doc;
    }
    function parse(src, reviver, options) {
      let _reviver = void 0;
      if (typeof reviver === "function") {
        _reviver = reviver;
      } else if (options === void 0 && reviver && typeof reviver === "object") {
        options = reviver;
      }
      const doc = parseDocument2(src, options);
      if (!doc)
        return null;
      doc.warnings.forEach((warning) => log2.warn(doc.options.logLevel, warning));
      if (doc.errors.length > 0) {
        if (doc.options.logLevel !== "silent")
          throw doc.errors[0];
        else
          doc.errors = [];
      }
      return doc.toJS(Object.assign({ reviver: _reviver }, options));
    }
    function stringify(value, replacer, options) {
      let _replacer = null;
      if (typeof replacer === "function" || Array.isArray(replacer)) {
        _replacer = replacer;
      } else if (options === void 0 && replacer) {
        options = replacer;
      }
      if (typeof options === "string")
        options = options.length;
      if (typeof options === "number") {
        const indent = Math.round(options);
        options = indent < 1 ? void 0 : indent > 8 ? { indent: 8 } : { indent };
      }
      if (value === void 0) {
        const { keepUndefined } = options ?? replacer ?? {};
        if (!keepUndefined)
          return void 0;
      }
      if (identity2.isDocument(value) && !_replacer)
        return value.toString(options);
      return new Document.Document(value, _replacer, options).toString(options);
    }
    exports.parse = parse;
    exports.parseAllDocuments = parseAllDocuments;
    exports.parseDocument = parseDocument2;
    exports.stringify = stringify;
  }
});

// node_modules/yaml/dist/index.js
var require_dist = __commonJS({
  "node_modules/yaml/dist/index.js"(exports) {
    "use strict";
    var composer = require_composer();
    var Document = require_Document();
    var Schema = require_Schema();
    var errors = require_errors();
    var Alias = require_Alias();
    var identity2 = require_identity();
    var Pair = require_Pair();
    var Scalar2 = require_Scalar();
    var YAMLMap = require_YAMLMap();
    var YAMLSeq = require_YAMLSeq();
    var cst = require_cst();
    var lexer = require_lexer();
    var lineCounter = require_line_counter();
    var parser = require_parser();
    var publicApi = require_public_api();
    var visit = require_visit();
    exports.Composer = composer.Composer;
    exports.Document = Document.Document;
    exports.Schema = Schema.Schema;
    exports.YAMLError = errors.YAMLError;
    exports.YAMLParseError = errors.YAMLParseError;
    exports.YAMLWarning = errors.YAMLWarning;
    exports.Alias = Alias.Alias;
    exports.isAlias = identity2.isAlias;
    exports.isCollection = identity2.isCollection;
    exports.isDocument = identity2.isDocument;
    exports.isMap = identity2.isMap;
    exports.isNode = identity2.isNode;
    exports.isPair = identity2.isPair;
    exports.isScalar = identity2.isScalar;
    exports.isSeq = identity2.isSeq;
    exports.Pair = Pair.Pair;
    exports.Scalar = Scalar2.Scalar;
    exports.YAMLMap = YAMLMap.YAMLMap;
    exports.YAMLSeq = YAMLSeq.YAMLSeq;
    exports.CST = cst;
    exports.Lexer = lexer.Lexer;
    exports.LineCounter = lineCounter.LineCounter;
    exports.Parser = parser.Parser;
    exports.parse = publicApi.parse;
    exports.parseAllDocuments = publicApi.parseAllDocuments;
    exports.parseDocument = publicApi.parseDocument;
    exports.stringify = publicApi.stringify;
    exports.visit = visit.visit;
    exports.visitAsync = visit.visitAsync;
  }
});

// src/runner/node-version.ts
var OLDEST = [20, 4];
function tooOldNode(version) {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  if (major > OLDEST[0] || major === OLDEST[0] && minor >= OLDEST[1]) return void 0;
  return `this action needs Node ${OLDEST.join(".")} or newer, and the runner has started it with ${version}: take a newer runner, or a job image with a newer Node`;
}

// src/runner/require-node.ts
var problem = tooOldNode(process.version);
if (problem !== void 0) {
  process.stdout.write(process.env.GITHUB_ACTIONS === "true" ? `::error::${problem}
` : `${problem}
`);
  process.exit(1);
}

// src/errors.ts
var UserError = class extends Error {
  name = "UserError";
};
var UserErrors = class extends UserError {
  name = "UserErrors";
  problems;
  constructor(problems) {
    super(problems.join("\n"));
    this.problems = problems;
  }
};
var Cancelled = class extends Error {
  name = "Cancelled";
  constructor(signal2) {
    super(`Stopped by ${signal2}`);
  }
};
var CutOff = class extends Error {
  name = "CutOff";
  constructor(stop) {
    super(`${messageOf(stop)}, and the swarm did not answer in time: what it has taken of this run is not known`);
  }
};
var Underway = class extends Error {
  name = "Underway";
  constructor(cause) {
    super(messageOf(cause), { cause });
  }
};
function throwAll(problems) {
  if (problems.length > 0) throw new UserErrors(problems);
}
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

// src/runner/printable.ts
var ESCAPE = "\x1B";
var TERMINAL_CODES = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_])`,
  "g"
);
var LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
var LINE_END_WITH_BLANKS = new RegExp(`(?:${LINE_END.source})[\\s\\u0085]*`, "g");
var UNSEEN = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
function printable(text2) {
  return text2.replace(TERMINAL_CODES, "").replace(LINE_END_WITH_BLANKS, " ").replaceAll("	", " ").replace(UNSEEN, "�");
}
var REST = /… \(([\d,]+) more characters\)$/;
function shortened(text2, mostCharacters) {
  if (text2.length <= mostCharacters) return text2;
  const [note2 = "", cutBefore = "0"] = REST.exec(text2) ?? [];
  const whole = text2.length - note2.length;
  const head = withoutHalf(text2.slice(0, Math.min(mostCharacters, whole)));
  const missing = whole - head.length + Number(cutBefore.replaceAll(",", ""));
  return `${head}… (${missing.toLocaleString("en")} more characters)`;
}
function wellFormed(text2) {
  return text2.replace(new RegExp("\\p{Cs}", "gu"), "�");
}
function withoutHalf(text2) {
  return /[\ud800-\udbff]$/.test(text2) ? text2.slice(0, -1) : text2;
}

// src/runner/secret.ts
import { inspect } from "node:util";

// src/runner/matcher.ts
var KEY_CHARACTERS = 4;
var KEYS = 2 ** 20;
var Matcher = class {
  /** In order, so that those which begin alike are neighbours. */
  #texts;
  /** For each text the longest other one that it begins with, by its index; -1 when there is none. */
  #shorter;
  #longest;
  /** Whether any text begins with characters of this key; and which do, by the characters themselves. */
  #keys = new Uint8Array(KEYS);
  #ranges = /* @__PURE__ */ new Map();
  /** @param texts each of at least four characters */
  constructor(texts) {
    this.#texts = [...new Set(texts)].sort();
    this.#longest = this.#texts.reduce((most, { length }) => Math.max(most, length), 0);
    const begun = [];
    this.#shorter = this.#texts.map((text2, index) => {
      while (begun.length > 0 && !text2.startsWith(this.#texts[begun.at(-1) ?? 0] ?? "")) begun.pop();
      const shorter = begun.at(-1) ?? -1;
      begun.push(index);
      return shorter;
    });
    for (const [index, text2] of this.#texts.entries()) {
      this.#keys[keyAt(text2, 0)] = 1;
      const range = this.#ranges.get(text2.slice(0, KEY_CHARACTERS));
      if (range === void 0) this.#ranges.set(text2.slice(0, KEY_CHARACTERS), { first: index, end: index + 1 });
      else range.end = index + 1;
    }
  }
  /** The text with everything found in it replaced; what overlaps is replaced together. */
  replaceAll(text2, by) {
    if (this.#texts.length === 0) return text2;
    let result = "";
    let done = 0;
    let start = 0;
    let end2 = 0;
    for (let at = 0; at + KEY_CHARACTERS <= text2.length; at++) {
      const length = this.#lengthAt(text2, at);
      if (length === 0) continue;
      if (at >= end2) {
        if (end2 > start) {
          result += text2.slice(done, start) + by;
          done = end2;
        }
        start = at;
      }
      end2 = Math.max(end2, at + length);
    }
    return end2 === start ? text2 : `${result}${text2.slice(done, start)}${by}${text2.slice(end2)}`;
  }
  /** The length of the longest text that stands at a place; 0 when none does. */
  #lengthAt(text2, at) {
    if (this.#keys[keyAt(text2, at)] === 0) return 0;
    const range = this.#ranges.get(text2.slice(at, at + KEY_CHARACTERS));
    if (range === void 0) return 0;
    const rest = text2.slice(at, at + this.#longest);
    for (let index = this.#lastUpTo(rest, range); index >= 0; index = this.#shorter[index] ?? -1) {
      const candidate = this.#texts[index] ?? "";
      if (rest.startsWith(candidate)) return candidate.length;
    }
    return 0;
  }
  /**
   * The index of the last text that is not after another in order, of those that begin alike; -1 when all are. From it
   * the {@link #shorter} lead to everything that the other begins with.
   */
  #lastUpTo(other, { first, end: end2 }) {
    let low = first;
    let high = end2;
    while (low < high) {
      const middle = low + high >>> 1;
      if ((this.#texts[middle] ?? "") <= other) low = middle + 1;
      else high = middle;
    }
    return low > first ? low - 1 : -1;
  }
};
function keyAt(text2, at) {
  const pair = text2.charCodeAt(at) * 31 + text2.charCodeAt(at + 1);
  return pair * 961 + text2.charCodeAt(at + 2) * 31 + text2.charCodeAt(at + 3) & KEYS - 1;
}

// src/runner/stdout.ts
var direct;
function writeLine(line) {
  const write = direct ?? process.stdout.write.bind(process.stdout);
  write(`${line}
`);
}
function divertOthers(handOver) {
  direct ??= process.stdout.write.bind(process.stdout);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => void 0);
    stream.write = ((chunk, ...rest) => {
      const text2 = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      for (const line of text2.replace(/\r?\n$/, "").split("\n")) if (line.trim() !== "") handOver(line);
      const done = rest.find((one) => typeof one === "function");
      if (done !== void 0) process.nextTick(done);
      return true;
    });
  }
}

// src/runner/workflow-commands.ts
function isInRunner(env) {
  return env.GITHUB_ACTIONS === "true" || readsGreedily(env);
}
function readsGreedily(env) {
  return env.ACT === "true" || env.FORGEJO_ACTIONS === "true" || env.GITEA_ACTIONS === "true";
}
function commandLine(name, data, env, properties = {}) {
  const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  const head = given.length === 0 ? name : `${name} ${given.join(",")}`;
  const clear = readsGreedily(env) ? data.replace(/:(?=:)/g, ": ").replace(/^:/, " :") : data;
  return `::${head}::${escapeData(clear)}`;
}
function withoutCommands(line) {
  return line.replace(/##(?=\w*\[)/g, "## ").replace(/^([\p{Z}\p{C}\s]*:)(?=:)/u, "$1 ");
}
function escapeData(text2) {
  return text2.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
function escapeProperty(text2) {
  return escapeData(text2).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

// src/runner/secret.ts
var HIDDEN = "***";
var SHORTEST_HIDDEN = 4;
var EVERYDAY = /^(?:true|false|null|none|\d{1,5})$/i;
var OF_OUTPUTS = new Set(
  `created updated unchanged removed failed rolled-back timed-out superseded cancelled skipped converged deployed create
  update remove name action outcome image before after config nodes tasks running wanted seconds live cause note
  failedTask node exitCode ending`.split(/\s+/)
);
var FRAME_OF_KEY = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;
var MOST_MASKED_LINES = 500;
var known = /* @__PURE__ */ new Set();
var matcher;
var Secret = class {
  #value;
  /**
   * Hides the value, and every form of it, from all that is printed from now on, unless {@link isTooPlain}.
   *
   * @param username the account whose password it is: Docker keeps and sends the two as base64 of `user:password`
   */
  constructor(value, username) {
    this.#value = value;
    const isToldOf = value.split(LINE_END).length <= MOST_MASKED_LINES;
    hide(formsOf(value), isToldOf);
    if (username !== void 0 && value !== "") hide(base64Forms(`${username}:${value}`), isToldOf);
  }
  /** The value itself. For the headers and files that need it, never for text that a person reads. */
  reveal() {
    return this.#value;
  }
  toString() {
    return HIDDEN;
  }
  toJSON() {
    return HIDDEN;
  }
  [inspect.custom]() {
    return HIDDEN;
  }
};
function isTooPlain(value) {
  const core = value.trim();
  return core.length < SHORTEST_HIDDEN || EVERYDAY.test(core);
}
function isMasked(value) {
  return !isTooPlain(value) && !OF_OUTPUTS.has(value.trim());
}
function redact(text2) {
  matcher ??= new Matcher(known);
  return matcher.replaceAll(text2, HIDDEN);
}
function formsOf(value) {
  const text2 = wellFormed(value);
  const lines2 = text2.split(LINE_END).map((line) => line.trim());
  const plain = [text2, text2.trim(), ...lines2.filter((line) => !FRAME_OF_KEY.test(line))];
  const telling = unique(plain).filter((one) => !isTooPlain(one));
  const escaped2 = telling.flatMap((one) => [
    one,
    printable(one).trim(),
    ...urlForms(one),
    JSON.stringify(one).slice(1, -1),
    goJson(one)
  ]);
  const encoded = isTooPlain(text2) ? [] : [...base64Forms(text2), ...base64Forms(text2.trim())];
  return unique([...escaped2, ...encoded]).filter((form) => !isTooPlain(form));
}
function urlForms(text2) {
  const plain = encodeURIComponent(text2);
  const query = plain.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const userInfo = query.replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent);
  const forms = [plain, query, userInfo, plain.replaceAll("%20", "+"), query.replaceAll("%20", "+")];
  return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()))];
}
function base64Forms(text2) {
  const standard = Buffer.from(text2).toString("base64");
  const urlSafe = standard.replaceAll("+", "-").replaceAll("/", "_");
  return [standard, urlSafe, standard.replace(/=+$/, ""), urlSafe.replace(/=+$/, "")];
}
function goJson(text2) {
  const hex = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text2).slice(1, -1).replace(/[<>&]/g, hex);
}
function hide(forms, isToldOf) {
  const fresh = unique(forms).filter((form) => !known.has(form));
  if (fresh.length === 0) return;
  for (const form of fresh) known.add(form);
  matcher = void 0;
  if (!isToldOf || !isInRunner(process.env)) return;
  for (const mask of unique(fresh.flatMap(masksOf))) writeLine(commandLine("add-mask", mask, process.env));
}
function masksOf(form) {
  if (LINE_END.test(form)) return [];
  return form.split(/::+|^:/).filter(isMasked);
}
function unique(texts) {
  return [...new Set(texts)].filter((text2) => text2 !== "");
}

// src/runner/foreign.ts
var MOST_CHARACTERS = 2e3;
function limited(text2) {
  return text2.length > MOST_CHARACTERS ? foreignLine(text2) : text2;
}
function foreignLine(text2, mostCharacters = MOST_CHARACTERS) {
  return shortened(redact(printable(redact(text2))), mostCharacters);
}

// src/runner/state.ts
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync as readFileSync2, writeSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { join } from "node:path";

// src/runner/ownership.ts
function isOwn({ uid }) {
  const user = process.getuid?.();
  return user === void 0 || uid === user;
}
function isPrivate(stats) {
  return isOwn(stats) && (process.getuid === void 0 || (stats.mode & 63) === 0);
}

// src/runner/survivors.ts
import { readdirSync, readFileSync } from "node:fs";

// src/runner/clock.ts
function nowMs() {
  return performance.now();
}
function sleep(ms, signal2) {
  return new Promise((resolve5, reject) => {
    const stop = () => {
      clearTimeout(timer);
      const error = new DOMException("The operation was aborted", { name: "AbortError", cause: signal2?.reason });
      reject(error);
    };
    const timer = setTimeout(() => {
      signal2?.removeEventListener("abort", stop);
      resolve5();
    }, ms);
    if (signal2?.aborted) stop();
    else signal2?.addEventListener("abort", stop, { once: true });
  });
}
function idle(ms) {
  return new Promise((resolve5) => {
    setTimeout(resolve5, ms).unref();
  });
}
function timeLimit(ms) {
  const controller = new AbortController();
  setTimeout(() => controller.abort(tooLong()), ms).unref();
  return controller.signal;
}
function tooLong() {
  return new DOMException("The operation took too long", "TimeoutError");
}

// src/runner/poll.ts
async function poll(isDone, everyMs, isOver, stop) {
  while (!await isDone() && !stop?.aborted && !isOver()) await sleep(everyMs, stop).catch(() => void 0);
}

// src/runner/survivors.ts
var PATIENCE_MS = 1e4;
var LAST_PATIENCE_MS = 2e3;
var LOOK_EVERY_MS = 50;
var ROUNDS = 3;
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? void 0 : fields[18];
  } catch {
    return void 0;
  }
}
function isAlive({ pid, startedAt }) {
  return startedAt !== "" && pid > 1 && pid !== process.pid && startOf(pid) === startedAt;
}
async function stopMain(main) {
  signal(main, "SIGINT");
  if (await areGone([main], PATIENCE_MS)) return true;
  signal(main, "SIGKILL");
  await areGone([main], LAST_PATIENCE_MS);
  return false;
}
async function endMarked(mark) {
  const ended = /* @__PURE__ */ new Set();
  for (let round = 1; round <= ROUNDS; round++) {
    const left = marked(mark);
    if (left.length === 0) break;
    for (const one of left) {
      ended.add(one.pid);
      signal(one, "SIGTERM");
    }
    if (await areGone(left, LAST_PATIENCE_MS)) continue;
    for (const one of left) signal(one, "SIGKILL");
    await areGone(left, LAST_PATIENCE_MS);
  }
  return ended.size;
}
function marked(mark) {
  return processes().flatMap((pid) => {
    try {
      const startedAt = startOf(pid);
      const isOurs = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark);
      return isOurs && startedAt !== void 0 && pid !== process.pid ? [{ pid, startedAt }] : [];
    } catch {
      return [];
    }
  });
}
function processes() {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}
function signal(one, name) {
  if (!isAlive(one)) return;
  try {
    process.kill(one.pid, name);
  } catch {
  }
}
async function areGone(them, patienceMs) {
  const deadline = nowMs() + patienceMs;
  const areAllGone = async () => !them.some(isAlive);
  await poll(areAllGone, LOOK_EVERY_MS, () => nowMs() >= deadline);
  return areAllGone();
}

// src/runner/state.ts
var JOURNAL = "run.jsonl";
var LARGEST_BYTES = 4e6;
var journal;
function openState(directory, onCancel) {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND;
  journal = openSync(join(directory, JOURNAL), flags, 384);
  note({ step: stepIdentity(process.env), pid: process.pid, startedAt: startOf(process.pid) ?? "", onCancel });
}
function note(change) {
  if (journal === void 0) return;
  try {
    writeSync(journal, `${JSON.stringify(change)}
`);
  } catch {
    journal = void 0;
  }
}
var OF_THE_STEP = ["REPOSITORY", "RUN_ID", "RUN_ATTEMPT", "JOB", "ACTION", "WORKSPACE"];
function stepIdentity(env) {
  const values = OF_THE_STEP.map((name) => env[`GITHUB_${name}`] || env[`FORGEJO_${name}`] || env[`GITEA_${name}`]);
  const [, run] = values;
  if (!run) return "";
  return createHash("sha256").update(JSON.stringify(values)).digest("hex");
}
async function readState(directory) {
  try {
    if (!isPrivate(await lstat(directory))) return void 0;
    const file = openSync(join(directory, JOURNAL), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || !isPrivate(stats) || stats.size > LARGEST_BYTES) return void 0;
      return parseState(readFileSync2(file, "utf8"));
    } finally {
      closeSync(file);
    }
  } catch {
    return void 0;
  }
}
function parseState(text2) {
  const services = /* @__PURE__ */ new Map();
  let state = { step: "", pid: 0, startedAt: "", stage: "", lock: "", onCancel: "keep" };
  for (const line of text2.split("\n")) {
    const change = parseChange(line);
    if (change === void 0) continue;
    const { service, ...rest } = change;
    state = { ...state, ...rest };
    if (service !== void 0) services.set(service.name, service);
  }
  return state.pid > 1 ? { ...state, services } : void 0;
}
function parseChange(line) {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return void 0;
  }
  const isChange = isRecord(value) && Object.entries(value).every(([key, inner]) => CHECKS.get(key)?.(inner));
  return isChange ? value : void 0;
}
var FINGERPRINT = /^[0-9a-f]{64}$/;
var SERVICE = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
var isText = (pattern) => (value) => typeof value === "string" && pattern.test(value);
var isFingerprint = isText(FINGERPRINT);
var isFingerprintOrEmpty = isText(/^([0-9a-f]{64})?$/);
var SERVICE_CHECKS = {
  name: isText(SERVICE),
  service: isText(SERVICE),
  action: isText(/^(create|update)$/),
  phase: isText(/^(sending|sent|moving)$/),
  before: isFingerprintOrEmpty,
  ours: (value) => Array.isArray(value) && value.every(isFingerprint),
  interim: isFingerprintOrEmpty
};
var CHECKS = /* @__PURE__ */ new Map([
  ["step", isFingerprintOrEmpty],
  ["pid", (value) => Number.isSafeInteger(value) && value > 1],
  ["startedAt", isText(/^\d*$/)],
  ["stage", isText(/^[\p{L}\p{N} ,.()'-]{0,80}$/u)],
  ["lock", isText(/^([0-9a-f-]{36})?$/)],
  ["onCancel", isText(/^(keep|rollback)$/)],
  ["service", (value) => isRecord(value) && Object.entries(SERVICE_CHECKS).every(([key, check]) => check(value[key]))]
]);
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// src/runner/log.ts
var MOST_LINE_CHARACTERS = 8e3;
var MOST_TITLE_CHARACTERS = 200;
var MOST_ANNOTATION_CHARACTERS = 4096;
var ROOM_FOR_REST = 40;
var log = logThrough(redact);
var reportLog = logThrough((text2) => text2);
async function stage(title, work) {
  note({ stage: title });
  const line = foreignLine(title, MOST_TITLE_CHARACTERS);
  if (isInRunner(process.env)) writeLine(commandLine("group", withoutCommands(line), process.env));
  else writeLine(withoutCommands(`== ${line}`));
  try {
    return await work();
  } finally {
    if (isInRunner(process.env)) writeLine(commandLine("endgroup", "", process.env));
  }
}
function speakForAll(tellLost) {
  divertOthers((line) => {
    const [, debugged] = /^::debug::(.*)$/s.exec(line) ?? [];
    if (debugged === void 0) log.info(line);
    else log.debug(debugged);
  });
  process.on("uncaughtException", (error) => {
    tellLost(error);
    process.exit();
  });
}
function logThrough(hide3) {
  const one = (text2, most) => withoutCommands(shortened(hide3(printable(hide3(text2))), most));
  const annotate = (level) => (message, title) => {
    const lines2 = hide3(message).split(LINE_END).map((line) => withoutCommands(hide3(printable(line))));
    const text2 = shortened(lines2.join("\n"), MOST_ANNOTATION_CHARACTERS - ROOM_FOR_REST);
    annotation(level, text2, title === void 0 ? void 0 : one(title, MOST_TITLE_CHARACTERS));
  };
  return {
    info: (line) => writeLine(one(line, MOST_LINE_CHARACTERS)),
    debug: (line) => debug(one(line, MOST_LINE_CHARACTERS)),
    notice: annotate("notice"),
    warning: annotate("warning"),
    error: annotate("error")
  };
}
function debug(line) {
  if (isInRunner(process.env)) writeLine(commandLine("debug", line, process.env));
  else if (process.env.RUNNER_DEBUG === "1") writeLine(withoutCommands(`Debug: ${line}`));
}
function annotation(level, message, title) {
  if (isInRunner(process.env)) {
    writeLine(commandLine(level, message, process.env, title === void 0 ? {} : { title }));
    return;
  }
  const head = `${level.slice(0, 1).toUpperCase()}${level.slice(1)}: ${title === void 0 ? "" : `${title}: `}`;
  for (const line of `${head}${message.replaceAll("\n", "\n  ")}`.split("\n")) writeLine(withoutCommands(line));
}

// src/docker/engine/engine.ts
var EngineError = class extends Error {
  name = "EngineError";
  status;
  /** Whether it is in the form of a daemon's. What stands in front of one answers in its own, and the message says so. */
  isDaemons;
  /** Whom it was asked, and for what: `unix:///var/run/docker.sock`, `GET /nodes`. */
  asked;
  constructor(status, message, asked, isDaemons = true) {
    super(limited(message));
    this.status = status;
    this.asked = asked;
    this.isDaemons = isDaemons;
  }
};
var ConnectionLost = class extends Error {
  name = "ConnectionLost";
  /** The cause alone. */
  reason;
  constructor(message, options = {}) {
    super(message, options);
    this.reason = options.reason ?? message;
  }
};
var TooLate = class extends ConnectionLost {
  name = "TooLate";
};
var Unreadable = class extends ConnectionLost {
  name = "Unreadable";
};
function tellCallError(error) {
  if (error instanceof ConnectionLost) return error.message;
  if (!(error instanceof EngineError)) return void 0;
  const { host, request: request2 } = error.asked ?? { host: "the docker daemon", request: "a request" };
  return `${host} answered ${request2} with ${error.isDaemons ? `${error.status}: ` : ""}${error.message}`;
}

// src/runner/countdown.ts
var Countdown = class {
  /** As it began. */
  seconds;
  #deadline;
  #stillSince;
  #aside = 0;
  #alarms = /* @__PURE__ */ new Set();
  constructor(seconds) {
    this.seconds = seconds;
    this.#deadline = nowMs() + seconds * 1e3;
  }
  get leftMs() {
    return this.#deadline - (this.#stillSince ?? nowMs());
  }
  /** A signal that is aborted so long after the end, or before it when negative. */
  signal(afterMs) {
    const alarm = { afterMs, controller: new AbortController() };
    this.#alarms.add(alarm);
    this.#arm();
    return alarm.controller.signal;
  }
  /** Stands still while some work is done, up to so long; of several at the same time, until the last has ended. */
  async aside(atMostMs, work) {
    if (this.#aside++ === 0) {
      this.#stillSince = nowMs();
      this.#arm();
    }
    let isAside = true;
    const goOn = () => {
      if (!isAside) return;
      isAside = false;
      if (--this.#aside > 0 || this.#stillSince === void 0) return;
      this.#deadline += nowMs() - this.#stillSince;
      this.#stillSince = void 0;
      this.#arm();
    };
    const timer = setTimeout(goOn, atMostMs).unref();
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      goOn();
    }
  }
  #arm() {
    for (const alarm of this.#alarms) {
      clearTimeout(alarm.timer);
      if (this.#stillSince !== void 0) continue;
      const ring = () => {
        this.#alarms.delete(alarm);
        alarm.controller.abort(tooLong());
      };
      const inMs = this.leftMs + alarm.afterMs;
      if (inMs <= 0) ring();
      else alarm.timer = setTimeout(ring, inMs).unref();
    }
  }
};

// src/connect/bound-connection.ts
function boundConnection(connection, limit, onAnswer) {
  const { engine, docker } = connection;
  return { ...connection, engine: boundEngine(engine, limit, onAnswer), docker: boundCli(docker, limit) };
}
function boundEngine(engine, limit, onAnswer) {
  const bound = async (method, path, options, ask) => {
    const within = withLimit(options, limit());
    try {
      const answer = await ask(path, within);
      onAnswer();
      return answer;
    } catch (error) {
      throw isEndedInTime(error, within) ? unanswered(`${method} ${path}`, error) : error;
    }
  };
  return {
    get apiVersion() {
      return engine.apiVersion;
    },
    get: (path, options) => bound("GET", path, options, engine.get),
    post: (path, options) => bound("POST", path, options, engine.post),
    remove: (path, options) => bound("DELETE", path, options, engine.remove),
    bytes: (path, options) => bound("GET", path, options, engine.bytes),
    lines: (path, options) => engine.lines(path, withLimit(options, limit())),
    forward: (request2) => engine.forward(request2),
    close: () => engine.close()
  };
}
function boundCli(docker, limit) {
  return {
    start: (args) => docker.start(args),
    run: async (args, options) => {
      const within = withLimit(options, limit());
      try {
        return await docker.run(args, within);
      } catch (error) {
        throw isEndedInTime(error, within) ? new Error(`docker ${commandIn(args)} did not end`, { cause: error }) : error;
      }
    }
  };
}
function withLimit(options, limit) {
  const signal2 = AbortSignal.any(options?.signal === void 0 ? [limit] : [options.signal, limit]);
  return { ...options, signal: signal2 };
}
function isEndedInTime(error, { signal: signal2 }) {
  const isLimit = signal2.reason?.name === "TimeoutError";
  return isLimit && error.name === "AbortError";
}
function unanswered(request2, cause) {
  const reason = "the time for it is over";
  return new TooLate(`the docker daemon did not answer ${request2}: ${reason}`, { cause, reason });
}
function commandIn(args) {
  const start = args[0] === "--config" ? 2 : 0;
  return args.slice(start, start + 2).join(" ");
}

// src/connect/run-time.ts
var ROLLOUT_SHARE = 0.25;
var LEAST_WAY_BACK_SECONDS = 60;
function sharesOf(timeoutSeconds) {
  return {
    before: timeoutSeconds * (1 - ROLLOUT_SHARE),
    rollout: timeoutSeconds,
    wayBack: Math.max(timeoutSeconds, LEAST_WAY_BACK_SECONDS)
  };
}
var GRACE_MS = 7e3;
var GRACE_IN_SILENCE_MS = 2e3;
var SILENT_MS = 1e4;
var LAST_TRY_MS = 5e3;
var CLOSING_MS = 6e4;
var CLOSING_IN_SILENCE_MS = 1500;
var AFTER_STOP_MS = { rollout: 1e3, "way-back": 3e3, closing: 4e3 };
var GIVE_UP_AFTER_STOP_MS = 4500;
var RunTime = class {
  #shares;
  #stop;
  #stoppedAt;
  #countdown;
  #part = "rollout";
  #limit;
  #answeredAt = nowMs();
  /** @param stop aborted when the runner wants the run to stop */
  constructor(timeoutSeconds, stop) {
    this.#shares = sharesOf(timeoutSeconds);
    this.#stop = stop;
    const onStop = () => {
      this.#stoppedAt = nowMs();
    };
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
    this.#countdown = new Countdown(this.#shares.rollout);
    this.#limit = this.#limitOf("rollout", this.#overWithGrace());
  }
  /** How long the present part may take: the run up to the end of its rollout, or its way back. */
  get seconds() {
    return this.#countdown.seconds;
  }
  get isOver() {
    return this.#countdown.leftMs <= 0;
  }
  /** Aborted some time after the present part should have ended, with a `TimeoutError` as its reason. */
  over(afterMs = 0) {
    return this.#countdown.signal(afterMs);
  }
  /** Work that `timeout` does not count, up to so many seconds: a trial that is to take them, a wait for somebody's lock. */
  aside(seconds, work) {
    return this.#countdown.aside(seconds * 1e3, work);
  }
  /**
   * Does a stage before the first change. It ends in time also when the work takes no notice of the signal.
   *
   * @param what the stage, in the words of the log
   * @throws TimedOut when its share of the time is over
   */
  async before(what, work) {
    const over = this.over((this.#shares.before - this.#shares.rollout) * 1e3);
    const signal2 = AbortSignal.any([this.#stop, over]);
    const deaf = new Promise((_, reject) => {
      const giveUp = () => setTimeout(() => reject(signal2.reason), AFTER_STOP_MS["way-back"]).unref();
      signal2.addEventListener("abort", giveUp, { once: true });
    });
    try {
      signal2.throwIfAborted();
      return await Promise.race([work(signal2), deaf]);
    } catch (error) {
      this.#stop.throwIfAborted();
      throw over.aborted ? tooLate(this.#shares, what, error) : error;
    }
  }
  /** From here on the way back has its own time. In a swarm that is silent it is one last try. */
  beginWayBack() {
    if (this.#part !== "rollout") return;
    this.#part = "way-back";
    const lastTryMs = Math.max(LAST_TRY_MS, Math.min(this.#countdown.leftMs, CLOSING_MS));
    const isSilent = this.#isSilent;
    this.#countdown = new Countdown(isSilent ? lastTryMs / 1e3 : this.#shares.wayBack);
    this.#limit = this.#limitOf("way-back", isSilent ? this.over() : this.#overWithGrace());
  }
  /** From here on all that is left to do is to leave nothing behind. */
  beginClosing() {
    if (this.#part === "closing") return;
    this.#part = "closing";
    const ms = this.#isSilent ? CLOSING_IN_SILENCE_MS : CLOSING_MS;
    this.#limit = this.#limitOf("closing", new Countdown(ms / 1e3).signal(0));
  }
  /** The connection with calls that all end when the part of the run does in which they are made. */
  bound(connection) {
    const onAnswer = () => {
      this.#answeredAt = nowMs();
    };
    return boundConnection(connection, () => this.#limit, onAnswer);
  }
  get #isSilent() {
    return nowMs() - this.#answeredAt >= SILENT_MS;
  }
  #overWithGrace() {
    const end2 = new AbortController();
    const early = this.over(GRACE_IN_SILENCE_MS);
    const onEarly = () => {
      if (nowMs() - this.#answeredAt >= GRACE_IN_SILENCE_MS) end2.abort(early.reason);
    };
    early.addEventListener("abort", onEarly, { once: true });
    return AbortSignal.any([end2.signal, this.over(GRACE_MS)]);
  }
  #limitOf(part, over) {
    const end2 = new AbortController();
    const onStop = () => {
      const passed = nowMs() - (this.#stoppedAt ?? nowMs());
      setTimeout(() => end2.abort(tooLong()), Math.max(0, AFTER_STOP_MS[part] - passed)).unref();
    };
    if (this.#stop.aborted) onStop();
    else this.#stop.addEventListener("abort", onStop, { once: true });
    return AbortSignal.any([over, end2.signal]);
  }
};
var TimedOut = class extends UserError {
  name = "TimedOut";
};
function tooLate({ before, rollout }, stage2, waitedFor) {
  const share = `${before} of the ${rollout} s were over in the stage “${stage2}”`;
  const said = waitedFor instanceof DOMException ? "" : `: ${messageOf(waitedFor)}`;
  return new TimedOut(`timeout: ${share}, and too little was left to deploy${said}. Nothing was changed`, {
    cause: waitedFor
  });
}

// src/inputs/compose/contents.ts
import { resolve as resolve2 } from "node:path";

// src/inputs/files.ts
import { readFileSync as readFileSync3, realpathSync, statSync } from "node:fs";
import { join as join2, resolve } from "node:path";
var LARGEST_MEGABYTES = 1;
function fileReader(env) {
  return (path) => readUserText(resolvePath(env, path), basePath(env));
}
function readUserText(path, base) {
  return textOfBytes(readUserFile(path, base));
}
function basePath(env) {
  return env.GITHUB_WORKSPACE || process.cwd();
}
function resolvePath(env, path) {
  const expanded = path.startsWith("~/") && env.HOME ? join2(env.HOME, path.slice(2)) : path;
  return resolve(basePath(env), expanded);
}
var OF_THE_KERNEL = /^\/(?:proc|sys|dev)(?:\/|$)/;
function readUserFile(path, base) {
  requireUserFile(path, base);
  try {
    return readFileSync3(path);
  } catch (error) {
    throw new UserError(fileProblem(error.code, base));
  }
}
function requireUserFile(path, base) {
  try {
    const real = realpathSync(path);
    if (OF_THE_KERNEL.test(real)) {
      throw new UserError("this is no file of the job, but a part of the system: write the path of a file of this job");
    }
    const file = statSync(real);
    if (file.isDirectory()) throw new UserError("this is a directory: write the path of the file in it");
    if (!file.isFile()) throw new UserError("this is no regular file: write the content to one first");
    if (file.size > LARGEST_MEGABYTES * 1024 * 1024) {
      throw new UserError(`the file is larger than ${LARGEST_MEGABYTES} MB: check that it is the right one`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(fileProblem(error.code, base));
  }
}
function fileProblem(code, base) {
  if (code === "ENOENT" || code === "ENOTDIR") {
    return `there is no such file: write the path of a file of this job, absolute or relative to ${base}`;
  }
  if (code === "ELOOP") return "its links lead in a circle: write the path of the file itself";
  if (code === "EACCES" || code === "EPERM")
    return "the file may not be read: give the user of this step the permission";
  return `the file cannot be read (${code ?? "no path"}): write the path of a file of this job`;
}
function textOfBytes(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`the file is not UTF-8 text${otherEncoding(bytes)}: save it as UTF-8`);
  }
}
function otherEncoding(bytes) {
  const mark = bytes.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff") return ", but UTF-16";
  const [before = ""] = bytes.toString("utf8").split("�", 1);
  return ` (line ${before.split("\n").length})`;
}

// src/inputs/compose/tree.ts
function isNothing(value) {
  return value.kind === "text" && value.style === "plain" && /^(?:|~|null|Null|NULL)$/.test(value.value);
}
function entryAt(map, key) {
  return map.entries.find((entry) => entry.key === key)?.value;
}
function mapAt(root, key) {
  const value = entryAt(root, key);
  return value?.kind === "map" ? value.entries : [];
}
function mapValues(map, change) {
  return { ...map, entries: map.entries.map((entry) => ({ ...entry, value: change(entry.key, entry.value) })) };
}
function mapItems(value, change) {
  if (value.kind !== "list") return value.kind === "map" ? change(value) : value;
  return { ...value, items: value.items.map(change) };
}
function itemsOf(value) {
  return value.kind === "list" ? value.items : [value];
}
function mapTexts(map, change) {
  const changed = (value) => {
    if (value.kind === "text") return change(value);
    return value.kind === "list" ? { ...value, items: value.items.map(changed) } : mapTexts(value, change);
  };
  return mapValues(map, (_, value) => changed(value));
}
function withEntries(map, path, added) {
  const [key, ...rest] = path;
  if (key === void 0) return { ...map, entries: [...map.entries, ...added] };
  const given = entryAt(map, key);
  const inner = given === void 0 || isNothing(given) ? { kind: "map", line: given?.line ?? map.line, entries: [] } : given;
  const value = inner.kind === "map" ? withEntries(inner, rest, added) : inner;
  return given === void 0 ? { ...map, entries: [...map.entries, { key, line: map.line, value }] } : mapValues(map, (one, old) => one === key ? value : old);
}
function text(value, line) {
  return { kind: "text", line, value, style: "quoted", isFolded: false, hasComment: false };
}
var NO_TEXT = /^(?:true|false|yes|no|on|off|[yn]|null|~|[-+]?\.?\d[\w.+-]*|[-+]?\.(?:inf|nan))$/i;
var DATE = /^\d{4}-\d{1,2}-\d{1,2}/;
var LONGEST_KEY = 1e3;
function toYaml(value) {
  if (value.kind === "list") return `[${value.items.map(toYaml).join(", ")}]`;
  if (value.kind === "map") {
    return `{${value.entries.map(({ key, value: inner }) => `${keyToYaml(key)}: ${toYaml(inner)}`).join(", ")}}`;
  }
  if (isNothing(value)) return "null";
  if (value.isTimestamp) return `!!timestamp ${quoted(value.value)}`;
  const isText2 = value.style !== "plain" || !NO_TEXT.test(value.value) || DATE.test(value.value);
  return isText2 ? quoted(value.value) : value.value;
}
function keyToYaml(key) {
  const text2 = quoted(key);
  return text2.length > LONGEST_KEY ? `? ${text2} ` : text2;
}
function quoted(value) {
  return JSON.stringify(value).replace(
    /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`
  );
}

// src/inputs/compose/substitution.ts
var NAME = /[a-z_]\w*/iy;
var OPERATOR = /:?[-?+]/y;
function tokensIn(text2) {
  const tokens = [];
  const closes = closingBraces(text2);
  for (let start = text2.indexOf("$"); start >= 0; ) {
    const token = tokenAt(text2, start, closes);
    tokens.push(token);
    start = text2.indexOf("$", token.end);
  }
  return tokens;
}
function tokenAt(text2, start, closes) {
  const token = { start, end: start + 1, kind: "lone", name: "", operator: "", rest: "" };
  if (text2[start + 1] === "$") return { ...token, kind: "escaped", end: start + 2 };
  const name = matchAt(NAME, text2, start + 1);
  if (name !== "") return { ...token, kind: "variable", name, end: start + 1 + name.length };
  if (text2[start + 1] !== "{") return token;
  const braced = matchAt(NAME, text2, start + 2);
  const behind = start + 2 + braced.length;
  const end2 = closes(behind);
  if (braced === "" || end2 < 0) return token;
  const operator2 = matchAt(OPERATOR, text2, behind);
  const rest = text2.slice(behind + operator2.length, end2);
  if (operator2 === "" && rest !== "") return token;
  return { start, end: end2 + 1, kind: "variable", name: braced, operator: operator2, rest };
}
function closingBraces(text2) {
  let next = -2;
  return (from) => {
    if (next !== -1 && next < from) next = text2.indexOf("}", from);
    return next;
  };
}
function matchAt(pattern, text2, at) {
  pattern.lastIndex = at;
  return pattern.exec(text2)?.[0] ?? "";
}

// src/inputs/compose/variables.ts
var LARGEST_VALUE = 1024 * 1024;
function substitutionsIn(text2, line) {
  let at = line;
  let counted = 0;
  return tokensIn(text2).flatMap((token) => {
    at += lineBreaks(text2, counted, token.start);
    counted = token.start;
    if (token.kind === "escaped") return [];
    const { name, operator: operator2, rest } = token;
    if (token.kind === "lone") {
      return [{ kind: "invalid", line: at, reason: "a dollar sign begins no variable: write $$ for the sign itself" }];
    }
    if (operator2.includes("+")) {
      const reason = `docker stack does not know \${${name}${operator2}…}: work the value out in an earlier step, and write \${${name}}`;
      return [{ kind: "invalid", line: at, reason }];
    }
    if (rest.includes("${") || operator2.endsWith("?") && /\$[a-z_{]/i.test(rest)) {
      const what = operator2.endsWith("?") ? "message" : "default";
      const reason = `the ${what} of ${name} holds another variable, which docker stack would leave as it stands: write a plain ${what}`;
      return [{ kind: "invalid", line: at, reason }];
    }
    return [
      { kind: "variable", name, line: at, needs: needOf(operator2), words: rest, misread: misreadIn(operator2, rest) }
    ];
  });
}
var OPERATORS = [":-", "-", ":?", "?"];
function misreadIn(operator2, rest) {
  return OPERATORS.slice(0, Math.max(0, OPERATORS.indexOf(operator2))).find((other) => rest.includes(other)) ?? "";
}
function lineBreaks(text2, from, to) {
  let count = 0;
  for (let at = text2.indexOf("\n", from); at >= 0 && at < to; at = text2.indexOf("\n", at + 1)) count++;
  return count;
}
function needOf(operator2) {
  if (operator2 === "") return "value";
  if (operator2.endsWith("-")) return "default";
  return operator2 === ":?" ? "required-filled" : "required";
}
function isUnset({ name, needs }, lookUp) {
  if (needs === "default") return false;
  const value = lookUp(name);
  return value === void 0 || needs === "required-filled" && value === "";
}
function isFillable(text2, lookUp) {
  return substitutionsIn(text2, 0).every(
    (found) => found.kind === "variable" && found.misread === "" && !isUnset(found, lookUp)
  );
}
function filledIn(text2, lookUp) {
  return replaced(text2, tokensIn(text2), (token) => token.kind === "lone" ? "" : substitute(token, lookUp)).text;
}
function partlyFilledIn(text2, isMeant, lookUp) {
  const tokens = tokensIn(text2).filter(
    ({ kind, name, operator: operator2 }) => kind === "variable" && !operator2.endsWith("+") && isMeant(name) && lookUp(name) !== void 0
  );
  return replaced(text2, tokens, (token) => substitute(token, lookUp).replaceAll("$", "$$$$")).text;
}
function substitute({ kind, name, operator: operator2, rest }, lookUp) {
  if (kind === "escaped") return "$";
  const value = lookUp(name);
  const isMissing = value === void 0 || value === "" && operator2.startsWith(":");
  return isMissing ? operator2.endsWith("-") ? rest : "" : value;
}
function replaced(text2, tokens, wordsFor, between = (part) => part) {
  const parts = [];
  let length = 0;
  let at = 0;
  const add = (part) => {
    parts.push(part);
    length += part.length;
  };
  for (const token of tokens) {
    add(between(text2.slice(at, token.start)));
    add(wordsFor(token));
    at = token.end;
    if (length > LARGEST_VALUE) return { text: parts.join("").slice(0, LARGEST_VALUE), isCut: true };
  }
  add(between(text2.slice(at)));
  return { text: parts.join(""), isCut: false };
}
var ENTRY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t]|:$)[ \t]*/;
var BARE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:#.*)?$/;
var ESCAPES = { n: "\n", r: "\r", t: "	" };
function parseEnvFile(text2, lookUp) {
  const variables2 = /* @__PURE__ */ new Map();
  const problems = [];
  const lines2 = text2.replace(/^\uFEFF/, "").split(/\r?\n/);
  const known2 = (name) => lookUp(name) ?? variables2.get(name);
  for (let at = 0; at < lines2.length; at++) {
    const line = lines2[at] ?? "";
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [head, name] = ENTRY.exec(line) ?? [];
    if (head === void 0 || name === void 0) {
      const bare = BARE.exec(line)?.[1];
      const inherited = bare === void 0 ? void 0 : lookUp(bare);
      if (bare === void 0)
        problems.push({ line: at + 1, reason: "this is no KEY=value: write one, or # before a comment" });
      else if (inherited !== void 0) variables2.set(bare, inherited);
      continue;
    }
    const quote = line[head.length];
    if (quote !== '"' && quote !== "'") {
      variables2.set(name, expand(name, withoutComment(line.slice(head.length)).trim(), at + 1));
      continue;
    }
    const start = at;
    const parts = [line.slice(head.length + 1)];
    let end2 = closing(parts[0] ?? "", quote);
    while (end2 < 0 && at + 1 < lines2.length) {
      const part = lines2[++at] ?? "";
      parts.push(part);
      end2 = closing(part, quote);
    }
    if (end2 < 0) {
      problems.push({ line: start + 1, reason: `the value of ${name} has no closing quote: add it` });
      break;
    }
    const last = parts.pop() ?? "";
    if (!/^[ \t]*(?:#.*)?$/.test(last.slice(end2 + 1))) {
      problems.push({
        line: at + 1,
        reason: `there is text behind the closing quote of ${name}: take it out, or put all in quotes`
      });
    }
    const inner = [...parts, last.slice(0, end2)].join("\n");
    variables2.set(name, quote === "'" ? inner : expand(name, inner, start + 1, true));
  }
  return { variables: variables2, problems };
  function expand(name, value, line, isQuoted = false) {
    const masked = unescapedDollars(value);
    for (const found of substitutionsIn(masked, line)) {
      if (found.kind === "invalid") {
        const reason = `the value of ${name} has a dollar sign that begins no plain variable: write $$ for the sign itself, or the value in single quotes`;
        problems.push({ line: found.line, reason });
      } else if (isUnset(found, known2)) {
        const reason = `the value of ${name} names a variable that is not set and has no default: set it, or write the value in single quotes if the dollar sign is meant`;
        problems.push({ line: found.line, reason });
      }
    }
    const withoutEscapes = (part) => part.replace(/\\(.)/gs, (all, char) => unescaped(all, char, isQuoted));
    const tokens = tokensIn(masked);
    const words = (token) => token.kind === "lone" ? "$" : substitute(token, known2);
    const expanded = replaced(value, tokens, words, withoutEscapes);
    if (expanded.isCut) {
      problems.push({ line, reason: `the value of ${name} becomes larger than 1 MB: check the variables in it` });
    }
    return expanded.text;
  }
}
function withoutComment(text2) {
  for (let at = text2.indexOf("#"); at >= 0; at = text2.indexOf("#", at + 1)) {
    if (at === 0 || text2[at - 1] === " " || text2[at - 1] === "	") return text2.slice(0, at);
  }
  return text2;
}
function unescapedDollars(value) {
  return value.replace(/\\./gs, (pair) => pair.endsWith("\n") ? pair : "  ");
}
function unescaped(all, char, isQuoted) {
  if (char === "$") return "$";
  if (!isQuoted) return all;
  if (char === '"' || char === "\\" || char === "'") return char;
  return ESCAPES[char] ?? all;
}
function closing(text2, quote) {
  for (let at = 0; at < text2.length; at++) {
    if (quote === '"' && text2[at] === "\\") at++;
    else if (text2[at] === quote) return at;
  }
  return -1;
}

// src/inputs/compose/contents.ts
var SOURCES = ["file", "content", "environment"];
var LARGEST_KILOBYTES = { secret: 500, config: 1e3 };
function contentOf(object, lookUp, directory) {
  const content = rawContent(object, lookUp, directory);
  if (content.length === 0) throw new UserError("its content is empty, which Swarm does not take: give it some");
  const most = LARGEST_KILOBYTES[object.kind];
  if (content.length < most * 1024) return content;
  throw new UserError(
    `its content is larger than ${most} kB, which Swarm does not take: put it into an image or volume`
  );
}
function rawContent({ source, words }, lookUp, directory) {
  if (source === "content") return Buffer.from(words);
  if (source === "environment") return Buffer.from(variableOf(words, lookUp));
  const path = resolve2(directory, words);
  try {
    return readUserFile(path, "the directory of the first compose file");
  } catch (error) {
    throw new UserError(`its file ${path}: ${messageOf(error)}`);
  }
}
function variableOf(name, lookUp) {
  const value = lookUp(name);
  if (value !== void 0) return value;
  throw new UserError(
    `it takes its content from the variable ${name}, which is not set: set it in the \`env\` of the step or in an \`env-file\``
  );
}
function checkSources(files, lookUp, problems) {
  for (const { place, name, value, source } of definitions(files, lookUp)) {
    if (value.kind === "map" && sourcesOf(value).length === 0) {
      problems.add(`${place}: ${name} has no content: write its \`file\`, or \`external: true\``);
    }
    if (source?.source === "environment") {
      problems.at(`${place}: ${name}`).attempt(() => variableOf(source.words, lookUp));
    }
  }
}
function checkContents(files, lookUp, directory, problems) {
  for (const { place, name, source } of definitions(files, lookUp)) {
    if (source === void 0) continue;
    if (source.source === "environment" && lookUp(source.words) === void 0) continue;
    problems.at(`${place}: ${name}`).attempt(() => contentOf(source, lookUp, directory));
  }
}
function definitions(files, lookUp) {
  return ["secret", "config"].flatMap((kind) => {
    const section = `${kind}s`;
    const last = new Map(
      files.flatMap(({ path, root }) => mapAt(root, section).map((entry) => [entry.key, { path, ...entry }]))
    );
    return [...last.values()].map(({ path, line, key, value }) => {
      return { place: `${path} line ${line}`, name: `${section}.${key}`, value, source: sourceOf(kind, value, lookUp) };
    });
  });
}
function sourceOf(kind, object, lookUp) {
  if (object.kind !== "map") return void 0;
  const [source = "", ...others] = sourcesOf(object);
  const words = others.length === 0 && SOURCES.includes(source) ? entryAt(object, source) : void 0;
  if (words?.kind !== "text" || isNothing(words) || !isFillable(words.value, lookUp)) return void 0;
  return { kind, source, words: filledIn(words.value, lookUp) };
}
function sourcesOf(object) {
  return [...SOURCES, "external", "driver"].filter((key) => {
    const inner = entryAt(object, key);
    return inner !== void 0 && !(key === "external" && inner.kind === "text" && inner.value === "false");
  });
}

// src/docker/registry/reference.ts
var InvalidReference = class extends UserError {
  name = "InvalidReference";
};
var HUB = "docker.io";
var HUB_CONFIG_KEY = "https://index.docker.io/v1/";
var OFFICIAL = "library/";
var DEFAULT_TAG = "latest";
var MAX_REPOSITORY_LENGTH = 255;
var HUB_ALIASES = /* @__PURE__ */ new Set(["index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "hub.docker.com"]);
var DOMAIN_COMPONENT = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
var HOST = new RegExp(`^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
var PATH_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
var REPOSITORY = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
var TAG = /^\w[\w.-]{0,127}$/;
var HEX_LENGTH = { sha256: 64, sha384: 96, sha512: 128 };
var IMAGE_ID = /^[a-f0-9]{64}$/;
function parseReference(text2) {
  const refuse = (reason) => new InvalidReference(`The image name ${shown(text2)} ${reason}`);
  checkCharacters(text2, refuse, "nginx:1.27 or ghcr.io/org/app:1.2");
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text2)?.[0];
  if (scheme !== void 0) throw refuse(`must not start with ${scheme}: leave it off`);
  if (IMAGE_ID.test(text2)) {
    throw refuse("could be an image ID, which exists on one machine only: write the name, such as nginx:1.27");
  }
  if (isDigest(text2)) throw refuse(`is a digest without a name: write name@${text2}`);
  const { registry, remainder } = splitRegistry(text2);
  if (!HOST.test(registry)) throw refuse(`has no valid registry: ${hostProblem(registry)}`);
  const [nameAndTag, digest] = cut(remainder, "@");
  const [name, tag] = cut(nameAndTag, ":");
  if (name === "") throw refuse("has no repository: is a variable empty that should hold it?");
  if (tag === "") throw refuse("ends in an empty tag: is a variable empty that should hold the tag?");
  if (digest === "") throw refuse("ends in an empty digest: is a variable empty that should hold the digest?");
  if (/[A-Z]/.test(name)) {
    const lowered = text2.slice(0, text2.length - remainder.length) + name.toLowerCase() + remainder.slice(name.length);
    throw refuse(`has capital letters in its repository, which must be lower case: write ${lowered}`);
  }
  if (name.endsWith("/")) throw refuse("ends in a slash: leave it off, or add the rest of the name");
  const repository = registry === HUB && !name.includes("/") ? OFFICIAL + name : name;
  if (!REPOSITORY.test(repository)) throw refuse(`has no valid repository: ${repositoryProblem(name)}`);
  if (repository.length > MAX_REPOSITORY_LENGTH) {
    throw refuse(`has a repository of ${repository.length} characters: at most ${MAX_REPOSITORY_LENGTH} are allowed`);
  }
  if (tag !== void 0 && !TAG.test(tag)) throw refuse(`has no valid tag: ${tagProblem(tag)}`);
  if (digest !== void 0 && !isDigest(digest)) throw refuse(`has no valid digest: ${digestProblem(digest)}`);
  return { registry, repository, ...tag === void 0 ? {} : { tag }, ...digest === void 0 ? {} : { digest } };
}
function familiar(reference) {
  const short = shortName(reference) + suffix(reference);
  return IMAGE_ID.test(short) || isDigest(short) ? canonicalName(reference) + suffix(reference) : short;
}
function canonicalName({ registry, repository }) {
  return `${registry}/${repository}`;
}
function withTagDefault(reference) {
  return reference.tag === void 0 && reference.digest === void 0 ? { ...reference, tag: DEFAULT_TAG } : reference;
}
function withDigest(reference, digest) {
  if (!isDigest(digest)) throw new InvalidReference(`${shown(digest)} is no digest: ${digestProblem(digest)}`);
  return { ...reference, digest };
}
function sameImage(a, b) {
  return a === b || isImageName(a) && isImageName(b) && fullName(a) === fullName(b);
}
function parseRegistry(text2) {
  const refuse = (reason) => new InvalidReference(`The registry ${shown(text2)} ${reason}`);
  checkCharacters(text2, refuse, "ghcr.io, or docker.io for Docker Hub");
  const address = text2.replace(/^https?:\/\//i, "");
  if (address.includes("://")) throw refuse("has a scheme that is not https: leave it off");
  const [host, rest = ""] = cut(address.replace(/\/+$/, ""), "/");
  if (host.includes("@")) throw refuse("has an @ in its host: give the user name and the password on their own");
  if (!isHostLike(host)) {
    throw refuse("is no registry: write its host, such as ghcr.io or localhost:5000, or docker.io for Docker Hub");
  }
  if (!HOST.test(host)) throw refuse(`is no registry: ${hostProblem(host)}`);
  const path = /^v[12]$/.test(rest) ? "" : rest;
  if (path.includes("*")) throw refuse("has a * in its path: a path already means everything below it, leave the * off");
  if (/[:@]/.test(path)) throw refuse("has a tag or digest: a credential is for a repository, leave the tag off");
  if (/[A-Z]/.test(path)) throw refuse(`has capital letters in its path: write ${host}/${path.toLowerCase()}`);
  if (path !== "" && !REPOSITORY.test(path)) throw refuse(`has no valid path: ${repositoryProblem(path)}`);
  return { registry: canonicalHost(host), path };
}
function registryKey(registry) {
  return registry === HUB ? HUB_CONFIG_KEY : registry;
}
function pathMatches(path, repository) {
  return path === "" || repository === path || repository.startsWith(`${path}/`);
}
function canonicalHost(host) {
  const lowered = host.toLowerCase();
  return HUB_ALIASES.has(lowered) ? HUB : lowered;
}
function splitRegistry(text2) {
  const [first, rest] = cut(text2, "/");
  if (rest === void 0) return { registry: HUB, remainder: text2 };
  if (isHostLike(first)) return { registry: canonicalHost(first), remainder: rest };
  if (first !== first.toLowerCase()) return { registry: first, remainder: rest };
  return { registry: HUB, remainder: text2 };
}
function isImageName(text2) {
  try {
    parseReference(text2);
    return true;
  } catch (error) {
    if (error instanceof InvalidReference) return false;
    throw error;
  }
}
function fullName(text2) {
  const reference = withTagDefault(parseReference(text2));
  return canonicalName(reference) + suffix(reference);
}
function isHostLike(component) {
  return /[.:]/.test(component) || component.toLowerCase() === "localhost";
}
function isDigest(text2) {
  const [algorithm, hex = ""] = cut(text2, ":");
  return Object.hasOwn(HEX_LENGTH, algorithm) && hex.length === HEX_LENGTH[algorithm] && /^[a-f0-9]+$/.test(hex);
}
function shortName(reference) {
  const { registry, repository } = reference;
  if (registry !== HUB) return canonicalName(reference);
  const official = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository;
  if (!official.includes("/")) return official;
  const [first] = cut(repository, "/");
  return isHostLike(first) ? canonicalName(reference) : repository;
}
function suffix({ tag, digest }) {
  return (tag === void 0 ? "" : `:${tag}`) + (digest === void 0 ? "" : `@${digest}`);
}
function checkCharacters(text2, refuse, example) {
  if (text2 === "") throw refuse(`is empty: write one such as ${example}`);
  const variable = /\$(?:\{\{.*?\}\}|\{[^}]*\}?|\w*)/.exec(withoutUserInfo(text2))?.[0];
  if (variable !== void 0) throw refuse(`still holds ${variable}: nothing has put a value in its place`);
  if (/\s/.test(text2)) throw refuse("has white space in it: take it out");
}
function hostProblem(host) {
  if (host.includes("@")) return "a user name and password belong to the credential, not here";
  if (host.includes("_")) return `Docker takes no underscore in a host (${host})`;
  if (!host.startsWith("[") && host.split(":").length > 2) return "an IPv6 address goes in brackets, such as [::1]:5000";
  if (/[^:]:[^:\]]*$/.test(host) && !/:\d+$/.test(host))
    return `after ${cut(host, ":")[0]}: goes the number of a port, and a tag has no slash`;
  return `${host} is no host with an optional port, such as registry.example.com:5000`;
}
function repositoryProblem(name) {
  if (name.startsWith("/") || name.includes("//") || name.endsWith("/")) return "there is an empty part between slashes";
  const part = name.split("/").find((component) => !REPOSITORY.test(component)) ?? name;
  return `'${part}' must be lower-case letters and digits, separated by one of . _ __ or dashes`;
}
function tagProblem(tag) {
  if (tag.length > 128) return `the tag has ${tag.length} characters, at most 128 are allowed`;
  if (tag.includes("/")) return `'${tag}' has a slash, which a branch name may have but a tag may not`;
  return `'${tag}' must be letters, digits, _ . and -, and begin with none of . and -`;
}
function digestProblem(digest) {
  const [algorithm] = cut(digest, ":");
  const length = Object.hasOwn(HEX_LENGTH, algorithm) ? HEX_LENGTH[algorithm] : void 0;
  if (length === void 0) return `write sha256: and 64 hexadecimal digits in lower case`;
  return `${algorithm}: must be followed by exactly ${length} hexadecimal digits in lower case`;
}
function shown(text2) {
  return JSON.stringify(withoutUserInfo(text2));
}
function withoutUserInfo(text2) {
  return text2.replace(/^([a-z]+:\/\/).*@/i, "$1***@").replace(/^(?!\w+:\/\/).*@(?=[^@]*[./])/, "***@");
}
function cut(text2, separator) {
  const at = text2.indexOf(separator);
  return at < 0 ? [text2, void 0] : [text2.slice(0, at), text2.slice(at + separator.length)];
}

// src/inputs/masking.ts
var PUBLIC_KEYS = ["registry", "username", "password-env", "password-file", "config", "ecr", "logout", "scope"];
var told = /* @__PURE__ */ new Set();
function hide2(value, place, username) {
  if (value.trim() === "") return;
  new Secret(value, username);
  if (isMasked(value) || told.has(place)) return;
  told.add(place);
  reportLog.notice(
    `${place}: the secret is so short or common a word that the log would be unreadable without it: it is not masked. Use a longer one`
  );
}
function hidePasswords(value) {
  if (value.kind === "map") hidePasswordsOfMap(value);
  if (value.kind !== "list") return;
  for (const item of value.items) {
    if (item.kind === "text") guess(item.value.split(/\s+/).at(-1));
    else hidePasswords(item);
  }
}
function hidePasswordsOfMap(map) {
  for (const { key, value } of map.entries) {
    if (key === "password") {
      if (value.kind === "text") guess(value.value);
      else hideAll(value);
    } else if (value.kind !== "text") hidePasswords(value);
    else if (!PUBLIC_KEYS.includes(key)) guess(value.value);
  }
}
function hideAll(value) {
  if (value.kind === "text") guess(value.value);
  if (value.kind === "list") value.items.forEach(hideAll);
  if (value.kind !== "map") return;
  for (const entry of value.entries) {
    guess(entry.key);
    hideAll(entry.value);
  }
}
function hideAfterPasswordKeys(text2) {
  for (const [, rest = ""] of text2.matchAll(/pass[a-z]{0,20}["']?[ \t]*:[ \t]*([^\r\n]*)/gi)) {
    guess(rest);
    for (const piece of rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,]+/g) ?? []) {
      guess(piece);
      guess(piece.replace(/^["']|["'}\]]+$/g, ""));
    }
  }
}
var MOST_COLONS = 3;
function hideUserInfo(address) {
  const [, ...behind] = userInfoOf(address).split(":");
  for (const index of behind.keys()) if (index < MOST_COLONS) guess(behind.slice(index).join(":"));
}
function withoutUserInfo2(address) {
  return userInfoOf(address).includes(":") ? `***${address.slice(address.lastIndexOf("@"))}` : address;
}
function userInfoOf(address) {
  return address.slice(0, Math.max(0, address.lastIndexOf("@"))).replace(/^\w*:?\/+/, "");
}
function hideColumns(line) {
  const columns = line.trim().split(/[ \t]+/);
  columns.slice(2).forEach(guess);
  guess(/^\s*(?:\S+\s+){3}(.*)$/.exec(line)?.[1]);
}
function guess(value) {
  if (value !== void 0 && value.trim() !== "") new Secret(value.trim());
}

// src/inputs/problems.ts
var LONGEST_SHOWN = 60;
var Problems = class _Problems {
  #lines;
  #place;
  constructor(place = "", lines2 = []) {
    this.#place = place;
    this.#lines = lines2;
  }
  /** The same collection, for the problems of one place in it. */
  at(place) {
    return new _Problems(this.#place === "" ? place : `${this.#place}: ${place}`, this.#lines);
  }
  add(problem2) {
    this.#lines.push(oneLine(this.#place === "" ? problem2 : `${this.#place}: ${problem2}`));
  }
  get isEmpty() {
    return this.#lines.length === 0;
  }
  /** Adds what another collection has. */
  take(others) {
    for (const line of others.#lines) this.#lines.push(line);
  }
  /** What the work returns; `undefined` and one problem more when it ends in an error of the user's. */
  attempt(work) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.add(error.message);
      return void 0;
    }
  }
  /** @throws UserErrors with every problem collected so far, from every place */
  throwAll() {
    throwAll(this.#lines);
  }
};
function shown2(value) {
  const clean = redact(value);
  return JSON.stringify(clean.length > LONGEST_SHOWN ? `${clean.slice(0, LONGEST_SHOWN)}…` : clean);
}
function listed(names, type = "conjunction") {
  return new Intl.ListFormat("en", { type }).format(names.map((name) => `\`${name}\``));
}
function oneLine(text2) {
  return text2.replace(/[\p{Cc}\u2028\u2029]+/gu, " ");
}

// src/inputs/credentials.ts
var HUB2 = "docker.io";
var UNSET = "an empty one is often a secret that is not set, or that pull requests from forks do not get";
function checkedCredential(written2, problems) {
  const { origin, scope, password } = written2;
  const username = written2.username.trim();
  const config = written2.config?.trim();
  const wrong = [usernameProblem(username), passwordProblem(password), configProblem(config)].filter(
    (problem2) => problem2 !== void 0
  );
  for (const problem2 of wrong) problems.add(problem2);
  if (wrong.length > 0 || scope === void 0) return void 0;
  const place = scope.path === "" ? scope.registry : `${scope.registry}/${scope.path}`;
  return {
    origin,
    config: config ?? place,
    ...scope,
    username,
    password: new Secret(password, username),
    kind: "password"
  };
}
function credentialFromShortForm(given, problems) {
  const password = withoutLastNewlines(given.password);
  hide2(password, "password", given.username.trim());
  const all = { registry: given.registry.trim(), username: given.username.trim(), password };
  if (Object.values(all).every((value) => value === "")) return void 0;
  const names = ["registry", "username", "password"];
  const missing = names.filter((name) => name !== "registry" && all[name] === "");
  if (missing.length > 0) {
    const present = names.filter((name) => all[name] !== "");
    problems.add(
      `${listed(present)} ${isOrAre(present)} given, but ${listed(missing)} ${isOrAre(missing)} empty: give \`username\` and \`password\` together (${UNSET})`
    );
    return void 0;
  }
  const scope = problems.at("registry").attempt(() => registryScope(all.registry || HUB2));
  return checkedCredential({ ...all, origin: "registry", config: void 0, scope }, problems.at("username, password"));
}
function checkSeparation(credentials, problems) {
  const known2 = /* @__PURE__ */ new Map();
  for (const credential of credentials) {
    const { origin, registry, config } = credential;
    const key = JSON.stringify([config, registry]);
    const other = known2.get(key);
    if (other === void 0) known2.set(key, credential);
    else {
      problems.add(
        `${other.origin} and ${origin} both put a login for ${registry} into the config ${config}, which has room for one: give each a \`config\` name of its own, or limit each to a path such as ${registry}/org-a`
      );
    }
  }
}
function registryScope(text2) {
  hideUserInfo(text2);
  try {
    return parseRegistry(text2);
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw new UserError(error.message.replace(/^The/, "the"));
  }
}
function withoutLastNewlines(password) {
  let end2 = password.length;
  while (end2 > 0 && "\r\n".includes(password.charAt(end2 - 1))) end2--;
  return password.slice(0, end2);
}
function usernameProblem(username) {
  if (username === "") return `the username is empty: write the name of the account (${UNSET})`;
  if (username.includes(":")) return "the username has a colon, which docker cannot send: write the name alone";
  if (new RegExp("\\p{Cc}", "u").test(username)) return "the username has a line break or control character: write it on one line";
  return void 0;
}
function passwordProblem(password) {
  if (password === "") return `the password is empty: set it (${UNSET})`;
  if (password.includes("\0"))
    return "the password has a NUL character, which no password can have: save it as UTF-8 text";
  return void 0;
}
function configProblem(config) {
  if (config === "") return "`config` is empty: write a name for it, or leave the key out";
  if (config !== void 0 && new RegExp("\\p{Cc}", "u").test(config))
    return "`config` has a line break or control character: write a name on one line";
  return void 0;
}
function isOrAre(names) {
  return names.length === 1 ? "is" : "are";
}

// src/docker/cli/update-policy.ts
function policySettings({ update, rollback }) {
  return [...settingsOf("update", update), ...settingsOf("rollback", rollback)];
}
function settingsOf(phase, policy2) {
  const entries = Object.entries(policy2);
  return entries.map(([key, value]) => ({ phase, key, value, flag: `--${phase}-${key.replaceAll("_", "-")}` }));
}

// src/inputs/keys.ts
var MOST_TYPOS = 2;
function valueAt(map, key) {
  return map.entries.find((entry) => entry.key === key)?.value;
}
function filledAt(map, key) {
  const value = valueAt(map, key);
  if (value === void 0) return void 0;
  if (value.kind === "text") return value.value.trim() === "" ? void 0 : value;
  return (value.kind === "list" ? value.items : value.entries).length === 0 ? void 0 : value;
}
function textAt(map, key, problems) {
  const value = valueAt(map, key);
  if (value === void 0) return void 0;
  if (value.kind === "text") return value.value.trim();
  problems.add(
    `\`${key}\` is a ${value.kind === "map" ? "mapping" : "list"}: write one text, in quotes if it has special characters`
  );
  return void 0;
}
function closestKey(key, known2, otherNames = {}) {
  const plain = key.toLowerCase().replaceAll("_", "-");
  const other = Object.hasOwn(otherNames, plain) ? otherNames[plain] : void 0;
  if (other !== void 0) return other;
  const [best] = known2.map((name) => ({ name, typos: typosBetween(plain.slice(0, 40), name) })).filter(({ name, typos }) => typos <= Math.min(MOST_TYPOS, name.length / 2.5)).sort((a, b) => a.typos - b.typos);
  return best?.name;
}
function keyAdvice(closest, known2) {
  const guess2 = closest === void 0 ? "write one of" : `did you mean \`${closest}\`? The keys are`;
  return `${guess2} ${listed(known2, closest === void 0 ? "disjunction" : "conjunction")}`;
}
function typosBetween(a, b) {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced2 = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced2, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

// src/inputs/values.ts
var UNIT_MILLISECONDS = {
  ns: 1e-6,
  us: 1e-3,
  "µs": 1e-3,
  "μs": 1e-3,
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 36e5
};
var PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
var DURATION = new RegExp(`^(?:${PART.source})+$`);
function parseBoolean(text2) {
  if (/^(?:true|True|TRUE)$/.test(text2)) return true;
  if (/^(?:false|False|FALSE)$/.test(text2)) return false;
  throw new UserError(`${shown2(text2)} is neither of the two allowed values: write true or false`);
}
function parseDuration(text2) {
  const seconds = parseDelay(text2);
  if (seconds === 0) throw new UserError(`${text2} is no time at all: write a longer one, such as 10s`);
  return seconds;
}
function parseDelay(text2) {
  if (text2 === "0") return 0;
  if (/^\d+(?:\.\d+)?$/.test(text2))
    throw new UserError(`${text2} has no unit: write ${text2}s for seconds, or ${text2}m for minutes`);
  if (!DURATION.test(text2)) throw new UserError(`${shown2(text2)} is no duration: write one such as 90s, 10m or 1h30m`);
  const milliseconds = [...text2.matchAll(PART)].reduce(
    (sum, [, amount = "", unit = ""]) => sum + Number(amount) * (UNIT_MILLISECONDS[unit] ?? 0),
    0
  );
  return milliseconds / 1e3;
}
function parseInteger(text2, least, most) {
  const number = Number(text2);
  if (/^(?:0|[1-9]\d*)$/.test(text2) && number >= least && number <= most) return number;
  throw new UserError(`${shown2(text2)} is not allowed: write a whole number from ${least} to ${most}`);
}
function parseChoice(text2, choices) {
  const choice = choices.find((candidate) => candidate === text2);
  if (choice !== void 0) return choice;
  throw new UserError(`${shown2(text2)} is none of its words: write ${choices.join(" or ")}`);
}

// src/inputs/yaml.ts
var import_yaml = __toESM(require_dist(), 1);
var DEEPEST = 20;
var MOST_ALIASED_VALUES = 1e5;
var MOST_PROBLEMS = 20;
var YAML_TAG = "tag:yaml.org,2002:";
var HARMLESS_TAGS = /* @__PURE__ */ new Set(["!", `${YAML_TAG}str`, `${YAML_TAG}map`, `${YAML_TAG}seq`]);
var COMPOSE_TAGS = {
  "!reset": "`!reset` is for docker compose, and docker stack cannot take away what another file has: leave the key out here and there, or write the value that it shall have",
  "!override": "`!override` is for docker compose, and docker stack joins the lists and mappings of all files: leave the tag out, and write the key in one file only"
};
var REASONS = {
  TAB_AS_INDENT: "a tab indents the line, which YAML does not allow: indent with spaces",
  BAD_ALIAS: "a value that begins with * or & is an alias or anchor in YAML: put the value in quotes",
  BAD_DQ_ESCAPE: "a backslash in double quotes begins an escape that YAML does not know: use single quotes",
  BAD_INDENT: "a bracket or quote is not closed, or a line is not indented far enough: close it, or put the value in quotes",
  BAD_SCALAR_START: "a value begins with a character that YAML reserves (one of @ ` %): put the value in quotes",
  BLOCK_AS_IMPLICIT_KEY: "a value holds a colon and a blank, or a line is not indented as its neighbours: put the value in quotes, or indent the line as they are",
  MISSING_CHAR: "a quote, bracket, comma or colon is missing: close what was opened, and write `key: value` with a blank after the colon",
  MULTILINE_IMPLICIT_KEY: "the line is neither a `key: value` nor part of the value before: write a blank after the colon, and indent alike what belongs together",
  MULTIPLE_DOCS: "a line of --- begins a second document: leave only one",
  RESOURCE_EXHAUSTION: "lists and mappings are nested too deeply: write them flat"
};
var OTHER_REASON = "this is not valid YAML: look at the indentation, and put values with special characters in quotes";
function parseYaml(text2) {
  const source = text2.replace(/^\uFEFF/, "");
  const lineCounter = new import_yaml.LineCounter();
  const document = (0, import_yaml.parseDocument)(source, {
    schema: "failsafe",
    lineCounter,
    prettyErrors: false,
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error"
  });
  const [error] = document.errors;
  const tree = new TreeBuilder(source, lineCounter);
  const root = document.contents === null ? void 0 : tree.buildAll(document.contents);
  if (error === void 0) return { root, problems: tree.problems };
  const { line, col } = lineCounter.linePos(error.pos[0]);
  const startOfLine = source.split(/\r?\n/)[line - 1]?.match(/^\s*/)?.[0] ?? "";
  const code = startOfLine.includes("	") ? "TAB_AS_INDENT" : error.code;
  return { root, problems: [{ line, column: col, reason: REASONS[code] ?? OTHER_REASON }] };
}
function isMergeKey(key) {
  if (!(0, import_yaml.isScalar)(key) || key.value !== "<<") return false;
  return key.tag === `${YAML_TAG}merge` || key.type === import_yaml.Scalar.PLAIN && (key.tag === void 0 || key.tag === "!");
}
var INTEGER = /^([-+]?)(0b[01]+|0o[0-7]+|0x[\da-f]+|\d+)$/i;
var FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
var NO_NUMBER = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
var TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/;
function taggedText(text2, tag) {
  const plain = (value2) => ({ ...text2, value: value2, style: "plain" });
  const { value } = text2;
  switch (tag) {
    case "str":
      return text2.style === "plain" ? { ...text2, style: "quoted" } : text2;
    case "null":
      return /^(?:|~|null|Null|NULL)$/.test(value) ? plain("") : wrongTag(tag, "null");
    case "bool":
      return /^(?:true|True|TRUE|false|False|FALSE)$/.test(value) ? plain(value) : wrongTag(tag, "true or false");
    case "int":
      return integer(value) === void 0 ? wrongTag(tag, "a whole number") : plain(value);
    case "float": {
      const whole = integer(value);
      if (whole !== void 0) return plain(`${whole}.0`);
      const digits = value.replaceAll("_", "");
      const isFloat = NO_NUMBER.test(value) || FLOAT.test(digits) && Number.isFinite(Number(digits));
      return isFloat ? plain(value) : wrongTag(tag, "a number");
    }
    case "timestamp":
      return TIMESTAMP.test(value) ? { ...text2, isTimestamp: true } : wrongTag(tag, "a date such as 2026-01-31");
    case "binary":
      return textOfBase64(text2);
    default:
      return unknownTag(text2);
  }
}
function unknownTag({ value, style }) {
  return value === "" && style === "plain" ? "a value that begins with ! is a tag in YAML: put the value in quotes" : "a tag (a word with ! before it) stands before the value, and docker knows no such tag: leave the tag out, or put tag and value together in quotes if the ! is part of the value";
}
function wrongTag(tag, needed) {
  return `what stands behind \`!!${tag}\` is not ${needed}: write that, or leave the tag out`;
}
function integer(text2) {
  const [, sign, digits = ""] = INTEGER.exec(text2.replaceAll("_", "")) ?? [];
  if (sign === void 0) return void 0;
  const isOctal = /^0\d/.test(digits);
  if (isOctal && /[89]/.test(digits)) return void 0;
  const size = BigInt(isOctal ? `0o${digits}` : digits.toLowerCase());
  if (size > (sign === "-" ? 2n ** 63n : sign === "+" ? 2n ** 63n - 1n : 2n ** 64n - 1n)) return void 0;
  return sign === "-" ? -size : size;
}
function textOfBase64(text2) {
  const base64 = text2.value.replace(/[\r\n]/g, "");
  const bytes = Buffer.from(base64, "base64");
  if (bytes.toString("base64") !== base64) return wrongTag("binary", "padded base64");
  try {
    return { ...text2, style: "quoted", value: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return "what stands behind `!!binary` is no UTF-8 text: put it into a file, and name the file";
  }
}
var TreeBuilder = class {
  problems = [];
  #source;
  #lineCounter;
  #anchors = /* @__PURE__ */ new Map();
  #sizes = /* @__PURE__ */ new Map();
  /** Where an anchor stands before nothing. */
  #emptyAnchors = /* @__PURE__ */ new Map();
  #aliases = /* @__PURE__ */ new Set();
  #aliasedValues = 0;
  constructor(source, lineCounter) {
    this.#source = source;
    this.#lineCounter = lineCounter;
  }
  buildAll(node) {
    const root = this.build(node);
    for (const [anchor, offset] of this.#emptyAnchors) {
      if (this.#aliases.has(anchor)) continue;
      this.#refuse(offset, "a value that begins with & is an anchor in YAML: put the value in quotes");
    }
    this.problems.sort((a, b) => a.line - b.line || a.column - b.column);
    return root;
  }
  build(node, depth = 0) {
    if (node === null) return this.#empty(0);
    const offset = node.range?.[0] ?? 0;
    if (depth > DEEPEST) return this.#refuse(offset, REASONS.RESOURCE_EXHAUSTION ?? OTHER_REASON);
    if ((0, import_yaml.isAlias)(node)) return this.#resolve(node.source, offset);
    if (node.anchor !== void 0) this.#anchors.set(node.anchor, void 0);
    const value = this.#valueOf(node, offset, depth);
    if (node.anchor !== void 0) this.#anchors.set(node.anchor, value);
    return value;
  }
  #valueOf(node, offset, depth) {
    const line = this.#lineCounter.linePos(offset).line;
    const { tag } = node;
    const ofTag = tag === void 0 ? offset : Math.max(0, this.#source.lastIndexOf("!", offset - 1));
    if (tag !== void 0 && Object.hasOwn(COMPOSE_TAGS, tag)) return this.#refuse(ofTag, COMPOSE_TAGS[tag] ?? "");
    if (tag !== void 0 && !(0, import_yaml.isScalar)(node) && !HARMLESS_TAGS.has(tag)) {
      return this.#refuse(ofTag, "a tag (!) stands before a list or mapping: leave the tag out");
    }
    if ((0, import_yaml.isMap)(node)) return this.#sized({ kind: "map", line, entries: this.#entries(node, depth) });
    if ((0, import_yaml.isSeq)(node)) {
      const items = node.items.map((item) => this.build(item, depth + 1));
      return this.#sized({ kind: "list", line, items });
    }
    if (!(0, import_yaml.isScalar)(node)) return this.#empty(offset);
    const untagged = { kind: "text", line, value: String(node.value ?? ""), ...this.#styleOf(node) };
    if (new RegExp("\\p{Surrogate}", "u").test(untagged.value)) {
      return this.#refuse(offset, "an escape stands for half of a character: write the character itself");
    }
    if (untagged.value === "" && untagged.style === "plain" && tag === void 0 && node.anchor !== void 0) {
      this.#emptyAnchors.set(node.anchor, offset);
    }
    if (tag === void 0 || tag === "!") return untagged;
    const tagged = tag.startsWith(YAML_TAG) ? taggedText(untagged, tag.slice(YAML_TAG.length)) : unknownTag(untagged);
    return typeof tagged === "string" ? this.#refuse(ofTag, tagged) : tagged;
  }
  #styleOf(node) {
    if (node.type === import_yaml.Scalar.BLOCK_LITERAL || node.type === import_yaml.Scalar.BLOCK_FOLDED) {
      return { style: "block", isFolded: false, hasComment: false };
    }
    const [start, end2] = node.range ?? [0, 0];
    const isPlain2 = node.type === import_yaml.Scalar.PLAIN;
    return {
      style: isPlain2 ? "plain" : "quoted",
      isFolded: /[\r\n]/.test(this.#source.slice(start, end2)),
      hasComment: isPlain2 && /^[ \t]+#/.test(this.#source.slice(end2, end2 + 80))
    };
  }
  #entries(map, depth) {
    const own2 = /* @__PURE__ */ new Map();
    let merged;
    for (const { key: keyNode, value: valueNode } of map.items) {
      const offset = keyNode?.range?.[0] ?? 0;
      if (isMergeKey(keyNode)) {
        if (merged === void 0) merged = this.#merged(valueNode, offset, depth);
        else this.#refuse(offset, "`<<` is in its mapping already: write it once, with a list: `<<: [*a, *b]`");
        continue;
      }
      const key = this.build(keyNode, depth + 1);
      const value = this.build(valueNode, depth + 1);
      if (key.kind !== "text") this.#refuse(offset, "a key is a list or mapping: write text before the colon");
      else if (own2.has(key.value)) this.#refuse(offset, "the key is in its mapping already: leave one of the two");
      else own2.set(key.value, { key: key.value, line: key.line, value });
    }
    for (const { key, ...rest } of merged?.flatMap((value) => value.kind === "map" ? value.entries : []) ?? []) {
      if (!own2.has(key)) own2.set(key, { key, ...rest });
    }
    return [...own2.values()];
  }
  /** The mappings behind `<<`; the first of those that have a key gives its value. */
  #merged(node, offset, depth) {
    const known2 = this.problems.length;
    const value = this.build(node, depth + 1);
    const all = value.kind === "list" && (0, import_yaml.isSeq)(node) ? value.items : [value];
    if (this.problems.length === known2 && all.some(({ kind }) => kind !== "map")) {
      this.#refuse(offset, "what `<<` merges is no mapping: write `<<: *name`, and `&name` before the mapping");
    }
    return all;
  }
  #resolve(anchor, offset) {
    this.#aliases.add(anchor);
    const target = this.#anchors.get(anchor);
    if (target === void 0) {
      const wrong = this.#anchors.has(anchor) ? "an alias (*) stands inside of what it means: give the name of an anchor that ends before it" : REASONS.BAD_ALIAS;
      return this.#refuse(offset, wrong ?? OTHER_REASON);
    }
    const before = this.#aliasedValues;
    this.#aliasedValues += this.#sizes.get(target) ?? 1;
    if (this.#aliasedValues <= MOST_ALIASED_VALUES) return target;
    if (before > MOST_ALIASED_VALUES) return this.#empty(offset);
    return this.#refuse(offset, `the aliases (*) stand for more than ${MOST_ALIASED_VALUES} values: write fewer`);
  }
  #sized(value) {
    const children = value.kind === "list" ? value.items : value.entries.map((entry) => entry.value);
    this.#sizes.set(
      value,
      children.reduce((sum, child) => sum + (this.#sizes.get(child) ?? 1), 1)
    );
    return value;
  }
  #refuse(offset, reason) {
    const { line, col } = this.#lineCounter.linePos(offset);
    const isRepeated = reason === REASONS.RESOURCE_EXHAUSTION && this.problems.some((one) => one.reason === reason);
    if (this.problems.length < MOST_PROBLEMS && !isRepeated) this.problems.push({ line, column: col, reason });
    return this.#empty(offset);
  }
  #empty(offset) {
    const { line } = this.#lineCounter.linePos(offset);
    return { kind: "text", line, value: "", style: "plain", isFolded: false, hasComment: false };
  }
};

// src/inputs/update-policy.ts
var PHASES = ["update", "rollback"];
var MOST_TASKS = 1e6;
var CHECKS2 = {
  parallelism: (text2) => parseInteger(text2, 0, MOST_TASKS),
  delay: parseDelay,
  order: (text2) => parseChoice(text2, ["start-first", "stop-first"]),
  failure_action: checkFailureAction,
  monitor: parseDuration,
  max_failure_ratio: checkRatio
};
var POLICY_SETTINGS = Object.keys(CHECKS2);
var POLICY_KEYS = PHASES.map(keyOf);
var RETIRED_KEYS = PHASES.flatMap(
  (phase) => POLICY_SETTINGS.map((setting) => retiredKey(phase, setting))
);
var SOME = "{order: start-first, delay: 10s}";
function policiesOfInputs(input2, problems) {
  return policiesBy(
    (phase) => policyOfText(phase, input2(keyOf(phase)), problems),
    (phase) => {
      const isGiven2 = input2(keyOf(phase)).trim() !== "";
      const old = retiredOf(phase, (name) => input2(name).trim() || void 0);
      tellRetired(phase, old, isGiven2, { name: "input", quote: "'" }, problems);
    }
  );
}
function policiesOfEntry(entry, problems) {
  return policiesBy(
    (phase) => policyOfValue(phase, filledAt(entry, keyOf(phase)), problems),
    (phase) => {
      const textOf2 = (name) => {
        const value = valueAt(entry, name);
        return value?.kind === "text" ? value.value.trim() : value && "";
      };
      const isGiven2 = filledAt(entry, keyOf(phase)) !== void 0;
      tellRetired(phase, retiredOf(phase, textOf2), isGiven2, { name: "key", quote: "" }, problems);
    }
  );
}
function mergedPolicies(own2, all) {
  return { update: { ...all.update, ...own2.update }, rollback: { ...all.rollback, ...own2.rollback } };
}
function checkPolicyFlags(policies, flags, problems) {
  for (const { phase, key, flag } of policySettings(policies)) {
    if (flags.some(({ name }) => name === flag))
      problems.add(`\`${key}\` of \`${keyOf(phase)}\` and the flag ${flag} are both given: leave one of the two`);
  }
}
function policyText(policy2) {
  return `${keyOf("update")}: ${mappingText(Object.entries(policy2))}`;
}
function policyAdvice(policy2, isOfStack) {
  return isOfStack ? `\`${mappingText(Object.entries(policy2)).slice(1, -1)}\` in \`deploy.update_config\`` : `\`${policyText(policy2)}\` in \`services\``;
}
function settingMeantBy(key) {
  return POLICY_SETTINGS.find((setting) => setting === key.toLowerCase().replaceAll("-", "_"));
}
function policiesBy(read2, checkOld) {
  for (const phase of PHASES) checkOld(phase);
  return { update: read2("update"), rollback: read2("rollback") };
}
function keyOf(phase) {
  return `${phase}-config`;
}
function policyOfText(phase, text2, problems) {
  if (text2.trim() === "") return {};
  const { root, problems: wrong } = parseYaml(text2);
  if (wrong.length > 0 && /^\w+:[^\r\n{]*,\s*\w+:[^\r\n]*$/.test(text2.trim())) {
    problems.add(`${keyOf(phase)}: several keys on one line need braces around them: write \`${SOME}\``);
    return {};
  }
  for (const { line, column, reason } of wrong) {
    problems.add(`${keyOf(phase)} line ${line}, column ${column}: ${reason}`);
  }
  return wrong.length > 0 ? {} : policyOfValue(phase, root, problems);
}
function policyOfValue(phase, value, problems) {
  if (value === void 0) return {};
  if (value.kind !== "map") {
    const isQuoted = value.kind === "text" && /^\s*\{/.test(value.value);
    const is = value.kind === "list" ? "a list" : isQuoted ? "text in quotes" : "only text";
    const advice = isQuoted ? "leave the quotes around the braces out" : `write a mapping such as \`${SOME}\``;
    problems.add(`${keyOf(phase)} line ${value.line}: this is ${is}: ${advice}`);
    return {};
  }
  return Object.fromEntries(value.entries.flatMap((entry) => settingOf(phase, entry, problems) ?? []));
}
function settingOf(phase, { key, line, value }, problems) {
  const here = problems.at(`${keyOf(phase)} line ${line}`);
  const setting = POLICY_SETTINGS.find((one) => one === key);
  if (setting === void 0) {
    here.add(`unknown key ${shown2(key)}: ${adviceFor(phase, key, value)}`);
    return void 0;
  }
  if (value.kind !== "text") {
    here.add(`\`${key}\` is a ${value.kind === "map" ? "mapping" : "list"}: write one text`);
    return void 0;
  }
  const checked2 = checkedValue(phase, setting, value.value.trim(), here.at(key));
  return checked2 === void 0 ? void 0 : [[setting, checked2]];
}
function checkedValue(phase, setting, text2, problems) {
  return problems.attempt(() => {
    if (text2 === "") throw new UserError("it is empty: write a value, or leave the key out");
    CHECKS2[setting](text2, phase);
    return text2;
  });
}
var OTHER_NAMES = {
  action: "failure_action",
  "on-failure": "failure_action",
  failure: "failure_action",
  "failure-ratio": "max_failure_ratio",
  ratio: "max_failure_ratio",
  interval: "delay",
  window: "monitor"
};
function adviceFor(phase, key, value) {
  if (value.kind === "map")
    return `leave this level out, and write the keys themselves here: ${listed(POLICY_SETTINGS)}`;
  const spelled = settingMeantBy(key);
  if (spelled !== void 0) return `write \`${spelled}\``;
  const bare = key.toLowerCase().replaceAll("_", "-").replace(new RegExp(`^(?:--)?${phase}-`), "");
  const kebab = POLICY_SETTINGS.map((one) => one.replaceAll("_", "-"));
  const meant = closestKey(bare, kebab, OTHER_NAMES)?.replaceAll("-", "_");
  return keyAdvice(meant, POLICY_SETTINGS);
}
function retiredKey(phase, setting) {
  return `${phase}-${setting.replaceAll("_", "-")}`;
}
function retiredOf(phase, textOf2) {
  return POLICY_SETTINGS.flatMap((setting) => {
    const text2 = textOf2(retiredKey(phase, setting));
    return text2 === void 0 ? [] : [[setting, text2]];
  });
}
function tellRetired(phase, old, isGiven2, place, problems) {
  if (old.length === 0) return;
  const names = listed(old.map(([setting]) => retiredKey(phase, setting)));
  const were = old.length === 1 ? `is no ${place.name} any more` : `are no ${place.name}s any more`;
  const checked2 = old.map(([setting, text2]) => {
    const isRight = text2 !== "" && checkedValue(phase, setting, text2, problems.at(retiredKey(phase, setting)));
    return [setting, isRight ? text2 : "…"];
  });
  const whole = `${keyOf(phase)}: ${place.quote}${mappingText(checked2)}${place.quote}`;
  const instead = isGiven2 ? `write ${checked2.map((one) => `\`${settingText(one)}\``).join(", ")} in \`${keyOf(phase)}\`` : `write \`${whole}\``;
  problems.add(`${names} ${were}: ${instead}`);
}
function mappingText(settings) {
  return `{${settings.map(settingText).join(", ")}}`;
}
function settingText([key, value]) {
  return `${key}: ${value}`;
}
function checkFailureAction(text2, phase) {
  if (phase === "update") parseChoice(text2, ["pause", "continue", "rollback"]);
  else if (text2 === "rollback") throw new UserError("a rollback cannot be rolled back: write pause or continue");
  else parseChoice(text2, ["pause", "continue"]);
}
function checkRatio(text2) {
  if (/^(?:0|0?\.\d+|1(?:\.0+)?)$/.test(text2)) return;
  throw new UserError(`${shown2(text2)} is no ratio: write a number from 0 to 1, such as 0.25`);
}

// src/inputs/pause.ts
var ACTION = "pause";
var FLAG = "--update-failure-action";
function pausing(request2) {
  const { policies } = request2;
  return { ...request2, policies: { ...policies, update: { ...policies.update, failure_action: ACTION } } };
}
function checkPause(requests, problems) {
  for (const other of new Set(requests.flatMap(otherActions))) {
    problems.add(
      `on-failure: pause has Swarm pause an update that fails, and \`${other}\` does not: leave one of the two out`
    );
  }
}
function otherActions({ policies, createArgs = [], updateArgs = [] }) {
  const { failure_action: action = ACTION } = policies.update;
  const flags = [...createArgs, ...updateArgs].filter(({ name }) => name === FLAG);
  return [
    ...action === ACTION ? [] : [policyText({ failure_action: action })],
    // A word that is none, docker tells.
    ...["continue", "rollback"].filter((word) => flags.some(({ value }) => value === word)).map((word) => `${FLAG} ${word}`)
  ];
}

// src/docker/cli/cli-version.ts
var DEFAULT_VERSION = "28.3.3";
var DEFAULT_SUMS = {
  "linux x86_64": "40c16bcf324f354b382d07e845e6a79e3493fc0c09b252dff9e1a46125589bff"
};
var DEFAULT_DOWNLOAD_URL = "https://download.docker.com";
var OLDEST2 = { major: 20, minor: 10, feature: "jobs and API 1.41" };
var PLATFORMS = { linux: "linux", darwin: "mac" };
var ARCHITECTURES = {
  x64: "x86_64",
  arm64: "aarch64",
  arm: "armhf",
  ppc64: "ppc64le",
  s390x: "s390x"
};
function archiveOf(base, version, platform, architecture) {
  const [os, arch] = [PLATFORMS[platform], ARCHITECTURES[architecture]];
  if (os === void 0 || arch === void 0) {
    throw new UserError(
      `Docker has no static build of its CLI for ${platform} ${architecture}: install the docker CLI in an earlier step`
    );
  }
  return {
    url: `${base}/${os}/static/stable/${arch}/docker-${version}.tgz`,
    sha256: version === DEFAULT_VERSION ? DEFAULT_SUMS[`${os} ${arch}`] : void 0
  };
}
function parseCliVersion(printed) {
  const [, text2 = "", major = "", minor = ""] = /version v?((\d+)\.(\d+)[\w.+-]*)/.exec(printed) ?? [];
  return text2 === "" ? void 0 : { text: text2, major: Number(major), minor: Number(minor) };
}
function missingFeature(version) {
  if (version === void 0) return void 0;
  const isOlder = version.major < OLDEST2.major || version.major === OLDEST2.major && version.minor < OLDEST2.minor;
  return isOlder ? `too old for ${OLDEST2.feature}, which came with ${OLDEST2.major}.${OLDEST2.minor}` : void 0;
}

// src/inputs/host.ts
var FORMS = "`ssh://user@host`, `tcp://host:2376` or `unix:///path`";
var NAME2 = String.raw`(?:\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9](?:[\w.-]*\w)?)`;
var SSH = new RegExp(String.raw`^(?:([A-Za-z0-9_][\w.@+-]*)@)?(${NAME2})(?::(\d{1,5}))?(/.*)?$`);
var TCP = new RegExp(String.raw`^${NAME2}:(\d{1,5})/?$`);
var PLAIN_PATH = /^\/[\w./@+-]*$/;
function parseHost(text2) {
  const [, scheme, rest = ""] = /^([a-z]+):\/\/(.*)$/s.exec(text2) ?? [];
  if (scheme === "ssh") return parseSsh(text2, rest);
  if (scheme === "tcp") return parseTcp(text2, rest);
  if (scheme === "unix") {
    if (/^\/[^\s\0]+$/.test(rest)) return { kind: "unix", text: text2 };
    throw new UserError(
      `${shown2(withoutUserInfo2(text2))} names no socket: write its absolute path, such as unix:///var/run/docker.sock`
    );
  }
  throw new UserError(`${shown2(withoutUserInfo2(text2))} is no address of a docker daemon: write one such as ${FORMS}`);
}
function parseJump(text2) {
  const [, user, name, port, path] = SSH.exec(text2.replace(/^ssh:\/\//, "")) ?? [];
  if (name === void 0 || path !== void 0 || !isPort(port)) {
    throw new UserError(
      `${shown2(withoutUserInfo2(text2))} is no jump host: write user@host or user@host:port, several with commas between`
    );
  }
  return `${user === void 0 ? "" : `${user}@`}${name}${port === void 0 ? "" : `:${port}`}`;
}
function parseSsh(text2, rest) {
  if (/^[^@/]*:.*@/.test(rest)) {
    throw new UserError("there is a password in the address, which ssh cannot use: leave it out, and give `ssh-key`");
  }
  const [, user, name, port, path] = SSH.exec(rest) ?? [];
  if (name === void 0 || !isPort(port)) {
    throw new UserError(
      `${shown2(withoutUserInfo2(text2))} is no SSH address: write ssh://user@host, ssh://user@host:port or ssh://user@host/path/to/docker.sock`
    );
  }
  const socket = path === void 0 || path === "/" ? void 0 : path;
  if (socket !== void 0 && !PLAIN_PATH.test(socket)) {
    throw new UserError(
      `${shown2(withoutUserInfo2(text2))} has a socket path with special characters: give one of letters, digits and ./@+-_ only`
    );
  }
  return {
    kind: "ssh",
    text: text2,
    user,
    name: name.replace(/^\[|\]$/g, ""),
    port: port === void 0 ? void 0 : Number(port),
    socket
  };
}
function parseTcp(text2, rest) {
  const [, port] = TCP.exec(rest) ?? [];
  if (port === void 0 || !isPort(port)) {
    throw new UserError(
      `${shown2(withoutUserInfo2(text2))} is no address of a docker daemon: write it with its port, such as tcp://manager.example.com:2376`
    );
  }
  return { kind: "tcp", text: text2.replace(/\/$/, "") };
}
function isPort(port) {
  return port === void 0 || Number(port) > 0 && Number(port) < 65536;
}

// src/inputs/known-hosts.ts
var FINGERPRINT2 = /^SHA256:[A-Za-z0-9+/]{43}=?$/;
var KEY_LINE = /^(?:@(?:cert-authority|revoked)\s+)?\S+\s+((?:ssh|ecdsa|sk)-[\w@.-]+)\s+AAAA[A-Za-z0-9+/]+={0,3}(?:\s|$)/;
function parsePins(text2) {
  const lines2 = [];
  const fingerprints = [];
  for (const [index, raw3] of text2.split(/\r\n|\r|\n/).entries()) {
    const line = raw3.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (KEY_LINE.test(line)) {
      lines2.push(line);
      continue;
    }
    const pins = fingerprintPins(line);
    if (pins === void 0) throw new UserError(`line ${index + 1} ${lineProblem(line)}`);
    fingerprints.push(...pins);
  }
  return { lines: lines2, fingerprints };
}
function fingerprintPins(line) {
  const [first = "", second = ""] = line.split(/\s+/, 2);
  if (FINGERPRINT2.test(first)) return [{ host: void 0, fingerprint: withoutPadding(first) }];
  if (!FINGERPRINT2.test(second)) return void 0;
  const fingerprint2 = withoutPadding(second);
  if (/^\d+$/.test(first)) return [{ host: void 0, fingerprint: fingerprint2 }];
  const hosts = first.split(",").map(hostAsSsh);
  return hosts.includes("") ? void 0 : hosts.map((host) => ({ host, fingerprint: fingerprint2 }));
}
function withoutPadding(fingerprint2) {
  return fingerprint2.replace(/=$/, "");
}
function hostAsSsh(written2) {
  const text2 = written2.toLowerCase().replace(/^ssh:\/\//, "").replace(/^[^@]*@/, "");
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text2) ?? [];
  const name = bracketed ?? plain ?? text2;
  return port === void 0 || port === "22" ? name : `[${name}]:${port}`;
}
function lineProblem(line) {
  if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(line)) {
    return "is a public key without its host: write the host before it, as in `host.example.com ssh-ed25519 AAAA…`";
  }
  if (/MD5:|^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(line)) {
    return "is an MD5 fingerprint, which proves nothing any more: write the one that begins with SHA256:";
  }
  if (line.split(/\s+/).some((word) => FINGERPRINT2.test(word))) {
    return "does not say clearly whose fingerprint it is: write `SHA256:…`, or `host.example.com SHA256:…`";
  }
  if (/SHA256:/.test(line)) return "has a fingerprint that is cut off: write SHA256: and all 43 characters after it";
  return "is neither a known_hosts line nor a fingerprint: write `host.example.com ssh-ed25519 AAAA…`, `SHA256:…` or `host.example.com SHA256:…`";
}
var HOST_KEY_SCRIPT = `# pins, notes, host, type, key, fingerprint
[ "$6" = NONE ] && exit 0
printf '%s %s %s\\n' "$3" "$4" "$6" >>"$2"
while read -r pinned host; do
  [ "$pinned" = "$6" ] && { [ -z "$host" ] || [ "$host" = "$3" ]; } && printf '%s %s %s\\n' "$3" "$4" "$5" && exit 0
done <"$1"
exit 0
`;
function lastOffered(notes) {
  const [host = "", type = "", fingerprint2] = notes.trim().split("\n").at(-1)?.split(" ") ?? [];
  return fingerprint2 === void 0 ? void 0 : { host, type, fingerprint: fingerprint2 };
}

// src/inputs/ssh-key.ts
var NO_KEY = "write the whole private key, from -----BEGIN to the last line, with all its line breaks";
function shapeOfKey(text2) {
  const bad = (problem2) => ({ problem: problem2, isEncrypted: false });
  if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(text2.trim())) return bad(`it is a public key: ${NO_KEY}`);
  if (/^PuTTY-User-Key-File/.test(text2.trim())) {
    return bad("it is a key of PuTTY: write it in the form of OpenSSH (`puttygen key.ppk -O private-openssh`)");
  }
  const [, kind, body = ""] = /^-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----\s([\s\S]*)-----END \1PRIVATE KEY-----$/.exec(normalKey(text2).trim()) ?? [];
  if (kind === void 0) return bad(`it is no private key that ssh can read: ${NO_KEY}`);
  if (!/\n/.test(body.trim()) && body.trim().length > 100) return bad(`its line breaks are lost: ${NO_KEY}`);
  if (kind !== "OPENSSH ") return { isEncrypted: kind === "ENCRYPTED " || /Proc-Type: 4,ENCRYPTED/.test(body) };
  const bytes = Buffer.from(body, "base64");
  if (!bytes.toString("latin1").startsWith("openssh-key-v1\0")) return bad(`it is damaged: ${NO_KEY}`);
  const length = bytes.readUInt32BE(15);
  return { isEncrypted: bytes.toString("latin1", 19, 19 + length) !== "none" };
}
function normalKey(text2) {
  return `${text2.replace(/\r\n?/g, "\n").trim()}
`;
}

// src/inputs/tls.ts
import { createPrivateKey, X509Certificate } from "node:crypto";
var BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
function pemFrom(text2, kind) {
  const plain = text2.includes("-----BEGIN") || !BASE64.test(text2) ? text2 : Buffer.from(text2, "base64").toString("utf8");
  const normal = `${plain.replace(/\r\n?/g, "\n").trim()}
`;
  if (normal.includes(`${kind}-----`) && normal.startsWith("-----BEGIN")) return normal;
  const article = kind === "CERTIFICATE" ? "certificate" : "private key";
  throw new UserError(`it is no ${article} in PEM: write the text from -----BEGIN on, or the base64 of all of it`);
}
function tlsProblems(pem, now) {
  const ca = certificate(pem.ca);
  const cert = certificate(pem.cert);
  const key = privateKey(pem.key);
  const problems = [];
  if (ca === void 0) problems.push("tls-ca: it cannot be read as a certificate: give the whole PEM text");
  if (cert === void 0) problems.push("tls-cert: it cannot be read as a certificate: give the whole PEM text");
  if (key === void 0) {
    const encrypted = /ENCRYPTED/.test(pem.key);
    problems.push(
      encrypted ? "tls-key: it is encrypted, which docker cannot use: give it without a passphrase" : "tls-key: it cannot be read as a private key: give the whole PEM text"
    );
  }
  if (ca !== void 0) problems.push(...validity("tls-ca", ca, now));
  if (cert !== void 0) problems.push(...validity("tls-cert", cert, now));
  if (cert !== void 0 && key !== void 0 && !cert.checkPrivateKey(key)) {
    problems.push("tls-key: it does not belong to the certificate of `tls-cert`: give the two that were made together");
  }
  return problems;
}
function validity(name, { validFrom, validTo }, now) {
  if (new Date(validTo) < now) return [`${name}: it expired on ${day(validTo)}: renew it and set the new one`];
  if (new Date(validFrom) > now) {
    return [`${name}: it is not valid before ${day(validFrom)}: check the clock of the runner, or set an earlier one`];
  }
  return [];
}
function day(text2) {
  return new Date(text2).toISOString().slice(0, 10);
}
function certificate(pem) {
  try {
    return new X509Certificate(pem);
  } catch {
    return void 0;
  }
}
function privateKey(pem) {
  try {
    return createPrivateKey(pem);
  } catch {
    return void 0;
  }
}
var WORDINGS = [
  [
    /x509: certificate is valid for|doesn't contain any IP SANs|cannot validate certificate for/,
    "its certificate is for another name: write the name or address that the certificate has in `host`"
  ],
  [
    /signed by unknown authority/,
    "its certificate is not signed by `tls-ca`: set the CA that the daemon was started with (its --tlscacert)"
  ],
  [
    /x509: certificate has expired or is not yet valid/,
    "its own certificate has expired: renew the certificate of the daemon"
  ],
  [
    /remote error: tls: (?:expired certificate|certificate expired)/,
    "it says that `tls-cert` has expired: renew it and set the new one"
  ],
  [
    /remote error: tls: (?:bad certificate|unknown certificate authority|unknown certificate|certificate required)/,
    "it does not accept `tls-cert`: set one that was signed by the CA which the daemon trusts (its --tlscacert)"
  ],
  [
    /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/,
    "it does not speak TLS: check the port, 2376 is usual for TLS"
  ],
  [/HTTP request to an HTTPS server|malformed HTTP response/, "it wants TLS: give `tls-ca`, `tls-cert` and `tls-key`"],
  [/no such host|server misbehaving/, "no such host is known: check the name in `host`"],
  [/connection refused/, "the connection was refused: check the port, and that dockerd listens there (its --host)"],
  [
    /i\/o timeout|deadline exceeded|no route to host|network is unreachable/,
    "there was no answer: check the address, and that a firewall lets this runner through"
  ]
];
function tcpReason(said) {
  return WORDINGS.find(([pattern]) => pattern.test(said))?.[1] ?? said.replace(/\s+/g, " ").trim();
}

// src/inputs/reach.ts
var SSH_INPUTS = ["ssh-key", "ssh-known-hosts", "ssh-passphrase", "ssh-jump", "ssh-config"];
var TLS_INPUTS = ["tls-ca", "tls-cert", "tls-key"];
function reachFrom(sources, problems) {
  const { input: input2 } = sources;
  const secrets = Object.fromEntries(
    ["ssh-key", "ssh-passphrase", "tls-key"].map((name) => {
      hide2(input2(name), name);
      return [name, withoutLastNewlines(input2(name))];
    })
  );
  const hosts = hostsFrom(input2("host"), problems.at("host"));
  const context = input2("context").trim() || void 0;
  const allowPlainTcp = problems.at("allow-plain-tcp").attempt(() => parseBoolean(input2("allow-plain-tcp").trim() || "false"));
  for (const problem2 of contradictions(sources, hosts, context)) problems.add(problem2);
  const ssh = sshFrom(sources, secrets, sshTarget(sources, hosts, context), problems);
  const tls = tlsFrom(input2, secrets["tls-key"], problems);
  const plain = hosts.find(({ kind }) => kind === "tcp");
  if (plain !== void 0 && !TLS_INPUTS.some((name) => isGiven(input2, name)) && allowPlainTcp === false) {
    problems.add(
      `host: ${plain.text} without TLS gives the whole swarm to everybody who can reach the port: give \`tls-ca\`, \`tls-cert\` and \`tls-key\`, or write \`allow-plain-tcp: true\` if the network is closed`
    );
  }
  return { hosts, context, ssh, tls, cli: cliFrom(input2, problems) };
}
function isGiven(input2, name) {
  return input2(name).trim() !== "";
}
function hostsFrom(text2, problems) {
  if (text2.trim() === "") return [];
  const lines2 = text2.split(/[\r\n]/).map((line) => line.trim());
  const isList = /^[[{]/.test(text2.trim()) || lines2.some((line) => line.startsWith("-"));
  const written2 = isList ? listFrom(text2, problems) : lines2.filter((line) => line !== "");
  const hosts = written2.flatMap((entry) => {
    hideUserInfo(entry);
    return problems.attempt(() => parseHost(entry)) ?? [];
  });
  const twice = hosts.find(({ text: text3 }, index) => hosts.findIndex((other) => other.text === text3) !== index);
  if (twice !== void 0) problems.add(`${twice.text} is there twice: take one of them out`);
  return hosts;
}
function listFrom(text2, problems) {
  const { root, problems: wrong } = parseYaml(text2);
  for (const { line, reason } of wrong) problems.add(`line ${line}: ${reason}`);
  if (wrong.length > 0 || root === void 0) return [];
  if (root.kind === "list" && root.items.every(({ kind }) => kind === "text")) {
    return root.items.map((item) => item.kind === "text" ? item.value.trim() : "");
  }
  problems.add("it is no list of addresses: write one address, or one a line with a dash before each");
  return [];
}
function contradictions({ input: input2 }, hosts, context) {
  const given = (names) => names.filter((name) => isGiven(input2, name));
  const has = (kind) => hosts.some((host) => host.kind === kind);
  const [ssh, tls] = [given(SSH_INPUTS), given(TLS_INPUTS)];
  const attempted = isGiven(input2, "host") && hosts.length === 0;
  return [
    ...context !== void 0 && isGiven(input2, "host") ? ["host, context: both say where the swarm is: leave one of them out"] : [],
    ...context !== void 0 && /[\s\0]|^-/.test(context) ? [`context: ${shown2(context)} is no name of a context: write one that \`docker context ls\` lists`] : [],
    ...ssh.length > 0 && !has("ssh") && !attempted && context === void 0 ? [
      `${ssh.join(", ")}: there is no SSH connection: write \`host: ssh://user@host\` as well, or leave ${ssh.length === 1 ? "it" : "them"} out`
    ] : [],
    ...tls.length > 0 && !has("tcp") && !attempted ? [
      `${tls.join(", ")}: there is no TLS connection: write \`host: tcp://host:2376\` as well, or leave ${tls.length === 1 ? "it" : "them"} out`
    ] : [],
    ...isGiven(input2, "allow-plain-tcp") && /^true$/i.test(input2("allow-plain-tcp").trim()) && tls.length > 0 ? ["allow-plain-tcp: TLS is given as well, and is used: leave one of them out"] : []
  ];
}
function sshTarget({ input: input2 }, hosts, context) {
  const host = hosts.find(({ kind }) => kind === "ssh");
  if (host !== void 0) return host.text;
  return SSH_INPUTS.some((name) => isGiven(input2, name)) ? context && `the context ${context}` : void 0;
}
function sshTargets(input2) {
  const hosts = input2("host").match(/ssh:\/\//g)?.length ?? 1;
  const hops = input2("ssh-jump").trim() === "" ? 0 : input2("ssh-jump").split(",").length;
  return hosts + hops;
}
function sshFrom({ input: input2, resolvePath: resolvePath2, hasAgent }, secrets, target, problems) {
  if (target === void 0) return void 0;
  const userConfig = input2("ssh-config").trim();
  const key = secrets["ssh-key"].trim();
  const passphrase = secrets["ssh-passphrase"];
  const pins = problems.at("ssh-known-hosts").attempt(() => parsePins(input2("ssh-known-hosts"))) ?? {
    lines: [],
    fingerprints: []
  };
  const targets = sshTargets(input2);
  if (targets > 1 && pins.fingerprints.some(({ host }) => host === void 0)) {
    problems.add(
      `ssh-known-hosts: a fingerprint does not say for which of the ${targets} hosts it is, and one host could pass for another: write the host before each, as in \`host.example.com SHA256:…\``
    );
  }
  if (!isGiven(input2, "ssh-known-hosts") && userConfig === "") {
    problems.add(
      `ssh-known-hosts: it is empty, and no host is trusted unseen: write the SHA256: fingerprint that \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the server of ${target}, or its known_hosts line`
    );
  }
  if (key === "" && userConfig === "" && !hasAgent) {
    problems.add(
      "ssh-key: it is empty, and there is no SSH agent (an empty one is often a secret that is not set): set the private key"
    );
  }
  const shape = key === "" ? void 0 : shapeOfKey(key);
  if (shape?.problem !== void 0) problems.add(`ssh-key: ${shape.problem}`);
  else if (shape?.isEncrypted && passphrase === "") {
    problems.add("ssh-passphrase: it is empty, and `ssh-key` is encrypted: set the passphrase of the key");
  } else if (passphrase !== "" && shape !== void 0 && !shape.isEncrypted) {
    problems.add("ssh-passphrase: `ssh-key` is not encrypted: leave the passphrase out");
  }
  if (/[\r\n\0]/.test(passphrase)) problems.add("ssh-passphrase: it has a line break: write it on one line");
  if (passphrase !== "" && key === "")
    problems.add("ssh-passphrase: there is no `ssh-key` that it opens: set the key as well");
  return {
    key: key === "" ? void 0 : new Secret(normalKey(key)),
    passphrase: passphrase === "" ? void 0 : new Secret(passphrase),
    pins,
    jump: jumpFrom(input2("ssh-jump"), problems.at("ssh-jump")),
    userConfig: userConfig === "" ? void 0 : resolvePath2(userConfig)
  };
}
function jumpFrom(text2, problems) {
  if (text2.trim() === "") return void 0;
  return text2.trim().split(/\s*,\s*/).map((hop) => {
    hideUserInfo(hop);
    return problems.attempt(() => parseJump(hop));
  }).join(",");
}
function tlsFrom(input2, key, problems) {
  const missing = TLS_INPUTS.filter((name) => !isGiven(input2, name));
  if (missing.length === TLS_INPUTS.length) return void 0;
  if (missing.length > 0) {
    problems.add(
      `${missing.join(", ")}: ${listed(missing)} missing: give \`tls-ca\`, \`tls-cert\` and \`tls-key\` together (an empty one is often a secret that is not set)`
    );
    return void 0;
  }
  const ca = problems.at("tls-ca").attempt(() => pemFrom(input2("tls-ca"), "CERTIFICATE"));
  const cert = problems.at("tls-cert").attempt(() => pemFrom(input2("tls-cert"), "CERTIFICATE"));
  const pem = problems.at("tls-key").attempt(() => pemFrom(key, "PRIVATE KEY"));
  if (pem !== void 0) hide2(pem, "tls-key");
  if (ca === void 0 || cert === void 0 || pem === void 0) return void 0;
  for (const problem2 of tlsProblems({ ca, cert, key: pem }, /* @__PURE__ */ new Date())) problems.add(problem2);
  return { ca, cert, key: new Secret(pem) };
}
function cliFrom(input2, problems) {
  const version = input2("docker-version").trim().replace(/^v/, "");
  const sha256 = input2("docker-sha256").trim().toLowerCase().replace(/^sha256:/, "");
  const url = input2("docker-download-url").trim().replace(/\/+$/, "");
  if (version !== "" && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
    problems.add(`docker-version: ${shown2(version)} is no full version: write one such as 28.3.3`);
  }
  if (sha256 !== "" && !/^[0-9a-f]{64}$/.test(sha256)) {
    problems.add("docker-sha256: it is no SHA-256 sum: write its 64 hexadecimal digits");
  }
  hideUserInfo(url);
  if (url !== "") problems.at("docker-download-url").attempt(() => checkUrl(url));
  const plain = plainDownloadProblem(url, sha256);
  if (plain !== void 0) problems.add(plain);
  return { version: version || DEFAULT_VERSION, sha256: sha256 || void 0, downloadUrl: url || DEFAULT_DOWNLOAD_URL };
}
function plainDownloadProblem(url, sha256) {
  if (!url.startsWith("http://") || sha256 !== "") return void 0;
  return "docker-download-url: over http:// anybody on the way can put another program in its place: write https://, or give the sum of the archive in `docker-sha256`";
}
function checkUrl(text2) {
  if (!URL.canParse(text2) || !/^https?:$/.test(new URL(text2).protocol)) {
    throw new UserError("it is no web address: write one such as https://mirror.example.com");
  }
}

// src/inputs/registries.ts
var PASSWORD_KEYS = ["password-env", "password-file", "password"];
var REGISTRY_KEYS = ["registry", "username", ...PASSWORD_KEYS, "config"];
var OTHER_NAMES2 = {
  address: "registry",
  configuration: "config",
  host: "registry",
  login: "username",
  name: "config",
  secret: "password",
  server: "registry",
  token: "password",
  url: "registry",
  user: "username"
};
var NOT_HERE = {
  auth: "it holds user name and password: write `username`, and `password-env` or `password-file`",
  auths: "write an entry for each registry in it, with its user name and password",
  credsstore: "the helper of another machine is of no use here: write `username`, and `password-env` or `password-file`",
  ecr: "leave it out: for a private registry of ECR write `username: AWS`, and as password what `aws ecr get-login-password` prints",
  email: "leave it out: no registry asks for it any more",
  identitytoken: "write what a login takes instead: `username`, and `password-env` or `password-file`",
  logout: "leave it out: the logins of a run are in directories of its own, which are removed at its end",
  "registry-auth": "write its entries into this list",
  scope: "leave it out: a credential that is only for some repositories has their path in `registry`, such as `ghcr.io/org-a`"
};
var WORD = /^[a-z]+(?:[-_][a-z]+){0,3}$/i;
var LONGEST_WORD = 24;
var EXAMPLE = "`- {registry: ghcr.io, username: bot, password-env: GHCR_TOKEN}`";
var COLUMNS = "<config> <registry> <user> <password>";
function credentialsFromText(text2, input2, sources, problems) {
  const clean = text2.replace(/^\uFEFF/, "");
  return isYaml(clean) ? credentialsFromYaml(clean, input2, sources, problems) : credentialsFromColumns(clean, input2, problems);
}
function isYaml(text2) {
  const first = text2.split(/\r?\n/).find(saysSomething) ?? "";
  if (/^\s*(?:-(?:\s|$)|[[{&!?%]|---)/.test(first)) return true;
  const key = /^\s*["']?([\w.:/-]+?)["']?\s*:(?:\s|$)/.exec(first)?.[1];
  return key !== void 0 && (REGISTRY_KEYS.includes(key) || columnsOf(first).length !== 4);
}
function saysSomething(line) {
  return line.trim() !== "" && !line.trim().startsWith("#");
}
function columnsOf(line) {
  return line.trim().split(/[ \t]+/);
}
function credentialsFromColumns(text2, input2, problems) {
  return text2.split(/\r?\n/).flatMap((line, index) => {
    if (!saysSomething(line)) return [];
    const origin = `${input2} line ${index + 1}`;
    return credentialFromLine(line, origin, problems.at(origin)) ?? [];
  });
}
function credentialFromLine(line, origin, problems) {
  const [config = "", registry = "", username = "", password, ...rest] = columnsOf(line);
  if (password === void 0 || rest.length > 0) {
    hideColumns(line);
    const count = columnsOf(line).length;
    problems.add(
      `the line has ${count} ${count === 1 ? "column" : "columns"} and not four: write ${COLUMNS}, or a YAML list of entries such as ${EXAMPLE} where a value has blanks`
    );
    return void 0;
  }
  hide2(password, origin, username);
  const scope = problems.attempt(() => scopeFromColumn(registry));
  return checkedCredential({ origin, config, scope, username, password }, problems);
}
function scopeFromColumn(registry) {
  try {
    return registryScope(registry);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `the second column is no registry: write ${COLUMNS}, with a registry such as ghcr.io or ghcr.io/org-a`
    );
  }
}
function credentialsFromYaml(text2, input2, sources, problems) {
  const { root, problems: wrong } = parseYaml(text2);
  if (root !== void 0) hidePasswords(root);
  if (wrong.length > 0) hideAfterPasswordKeys(text2);
  for (const { line, column, reason } of wrong) {
    problems.add(`${input2} line ${line}, column ${column}: ${reason}; a password needs no quotes in \`password-env\``);
  }
  if (wrong.length > 0) return [];
  const isOneEntry2 = root?.kind === "map" && root.entries.some(({ key }) => REGISTRY_KEYS.includes(key));
  if (root?.kind !== "list" && !isOneEntry2) {
    problems.add(`${input2}: this is no list of credentials: write entries such as ${EXAMPLE}`);
    return [];
  }
  const entries = root.kind === "list" ? root.items : [root];
  return entries.flatMap((entry, index) => {
    const origin = `${input2} entry ${index + 1}`;
    return credentialFromEntry(entry, origin, sources, problems.at(origin)) ?? [];
  });
}
function credentialFromEntry(entry, origin, sources, problems) {
  if (entry.kind !== "map") {
    problems.add(
      `this is ${entry.kind === "list" ? "a list" : "only text"} and no mapping: write an entry such as ${EXAMPLE}`
    );
    return void 0;
  }
  const unknown = entry.entries.filter(({ key }) => !REGISTRY_KEYS.includes(key));
  for (const { key, line, value } of unknown) {
    const plain = key.toLowerCase().replaceAll("_", "-");
    const advice = Object.hasOwn(NOT_HERE, plain) ? NOT_HERE[plain] : keyAdvice(closestKey(key, REGISTRY_KEYS, OTHER_NAMES2), REGISTRY_KEYS);
    const isAlone = value.kind === "text" && value.value === "" && value.style === "plain";
    const isShown = WORD.test(key) && key.length <= LONGEST_WORD && !isAlone;
    problems.add(`line ${line} has ${isShown ? `the unknown key ${shown2(key)}` : "an unknown key"}: ${advice}`);
  }
  if (unknown.length > 0) return void 0;
  const username = requiredText(entry, "username", "write the name of the account", problems);
  const password = problems.attempt(() => passwordOf(entry, sources));
  if (password !== void 0) hide2(password, origin, username);
  const registry = requiredText(entry, "registry", "write one such as ghcr.io, or docker.io for Docker Hub", problems);
  const scope = registry === void 0 ? void 0 : problems.attempt(() => registryScope(registry));
  const config = textAt(entry, "config", problems);
  if (username === void 0 || password === void 0) return void 0;
  return checkedCredential({ origin, config, scope, username, password }, problems);
}
function requiredText(entry, key, remedy, problems) {
  if (valueAt(entry, key) === void 0) problems.add(`\`${key}\` is missing: ${remedy}`);
  return textAt(entry, key, problems);
}
function passwordOf(entry, sources) {
  const [key, ...others] = PASSWORD_KEYS.filter((name) => valueAt(entry, name) !== void 0);
  if (key === void 0 || others.length > 0) {
    const found = key === void 0 ? "there is no password" : `${listed([key, ...others])} are given at once`;
    throw new UserError(`${found}: write exactly one of ${listed(PASSWORD_KEYS, "disjunction")}`);
  }
  const value = valueAt(entry, key);
  if (value?.kind !== "text") {
    throw new UserError(`\`${key}\` is a list or mapping in YAML: put the value in quotes, or use \`password-env\``);
  }
  if (key === "password-env") return passwordFromEnv(value.value.trim(), sources);
  if (key === "password-file") return passwordFromFile(value.value.trim(), sources);
  return passwordFromText(value);
}
function passwordFromEnv(name, { env }) {
  const password = withoutLastNewlines((Object.hasOwn(env, name) ? env[name] : void 0) ?? "");
  if (password !== "") return password;
  throw new UserError(
    `the variable that \`password-env\` names is not set, or is empty: write the name of a variable (not its value), and set it in the step's \`env\` (${UNSET})`
  );
}
function passwordFromFile(path, { readFile: readFile3 }) {
  if (path === "") throw new UserError("`password-file` is empty: write the path of a file that holds the password");
  const password = withoutLastNewlines(fileText(path, readFile3));
  if (password !== "") return password;
  throw new UserError("`password-file`: the file is empty: write the password into it");
}
function fileText(path, readFile3) {
  try {
    return readFile3(path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`\`password-file\`: ${error.message}`);
  }
}
function passwordFromText({ value, isFolded, hasComment: hasComment2 }) {
  if (isFolded) {
    throw new UserError(
      "`password` goes on in the next line, where YAML would put a blank: use `password-env`, or a block that begins with |"
    );
  }
  if (hasComment2) {
    throw new UserError(
      "`password` has a blank and a # in it, where YAML begins a comment: put it in quotes, or use `password-env`"
    );
  }
  return withoutLastNewlines(value);
}

// src/inputs/strategy.ts
var KEY = "strategy";
function strategyKeys(strategies) {
  return [KEY, ...new Set(Object.values(strategies).flatMap(({ keys }) => Object.keys(keys)))];
}
function readStrategySettings(textOf2, strategies, problems) {
  const texts = new Map(strategyKeys(strategies).map((name) => [name, textOf2(name)]));
  const given = [...texts.keys()].filter((name) => texts.get(name) !== void 0);
  const read2 = (name, parse) => {
    const text2 = texts.get(name);
    return text2 === void 0 ? void 0 : problems.at(name).attempt(() => parse(text2));
  };
  const parsers = Object.assign({}, ...Object.values(strategies).map(({ keys }) => keys));
  for (const names of alternativesIn(strategies)) {
    if (names.every((name) => given.includes(name))) {
      problems.add(`${listed(names)} are both given: leave one of the two out`);
    }
  }
  return {
    given,
    kind: read2(KEY, (text2) => parseChoice(text2, Object.keys(strategies))),
    values: Object.fromEntries(given.flatMap((name) => parsers[name] ? [[name, read2(name, parsers[name])]] : []))
  };
}
function chosenStrategy(own2, all, strategies, problems) {
  const [byDefault = ""] = Object.keys(strategies);
  const kind = own2.kind ?? all.kind ?? byDefault;
  for (const name of own2.given.filter((one) => !belongs(one, kind, strategies))) {
    const kinds = kindsWith(name, strategies);
    problems.add(
      `\`${name}\` belongs to the strategy ${kinds.join(" or ")}, but this service's is ${kind}: leave it out, or write \`strategy: ${kinds[0]}\``
    );
  }
  const replaced2 = alternativesIn(strategies).filter((names) => names.some((name) => own2.given.includes(name)));
  const forAll = Object.entries(all.values).filter(([name]) => !replaced2.flat().includes(name));
  const values = { ...Object.fromEntries(forAll), ...own2.values };
  return { kind, ...strategies[kind]?.choose(values) ?? { settings: void 0, asideSeconds: 0 } };
}
function checkAllAreUsed(all, chosen, strategies, problems) {
  for (const name of all.given) {
    if (chosen.length === 0 || chosen.some(({ kind }) => belongs(name, kind, strategies))) continue;
    const kinds = kindsWith(name, strategies);
    problems.add(
      `${name}: it belongs to the strategy ${kinds.join(" or ")}, which no service has: leave it out, or write \`strategy: ${kinds[0]}\``
    );
  }
}
function checkRunFits(chosen, stack, wait, strategies, problems) {
  const refusal2 = stack && strategies[stack.strategy.kind]?.stackRefusal;
  if (refusal2 !== void 0) problems.add(`strategy: ${refusal2}`);
  for (const kind of new Set(wait ? [] : chosen.map((one) => one.kind))) {
    if (!strategies[kind]?.needsWait) continue;
    problems.add(
      `wait: the strategy ${kind} goes on only when its first step has come true, which \`wait: false\` does not wait for: leave one of the two out`
    );
  }
}
function kindsWith(name, strategies) {
  return Object.keys(strategies).filter((kind) => Object.hasOwn(strategies[kind]?.keys ?? {}, name));
}
function belongs(name, kind, strategies) {
  return name === KEY || kindsWith(name, strategies).includes(kind);
}
function alternativesIn(strategies) {
  const all = Object.values(strategies).flatMap(({ alternatives }) => alternatives ? [alternatives] : []);
  return [...new Map(all.map((names) => [names.join(), names])).values()];
}

// src/inputs/replacement.ts
var NO_SETTINGS = { strategy: { given: [], values: {} }, policies: { update: {}, rollback: {} } };
function replacementOf(own2, all, problems) {
  const { strategy, policies } = own2 ?? NO_SETTINGS;
  return {
    strategy: chosenStrategy(strategy, all.strategy, all.strategies, problems),
    policies: mergedPolicies(policies, all.policies)
  };
}

// src/docker/specs/create-flags.ts
import { isDeepStrictEqual as isDeepStrictEqual2 } from "node:util";

// src/docker/specs/spec-comparison.ts
import { createHash as createHash2 } from "node:crypto";
import { isDeepStrictEqual } from "node:util";

// src/docker/engine/go-json.ts
import { randomUUID } from "node:crypto";
var MARK = `number:${randomUUID()}:`;
var STRING_OR_LARGE = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;
var MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");
function parseGoJson(text2) {
  const value = JSON.parse(/\d{16}/.test(text2) ? withMarks(text2) : text2);
  return text2.includes("null") ? withoutNulls(value) : value;
}
function toGoJson(value, replacer) {
  const text2 = JSON.stringify(value, replacer);
  return text2.includes(MARK) ? text2.replace(MARKED, "$1") : text2;
}
function withMarks(text2) {
  return text2.replace(
    STRING_OR_LARGE,
    (token) => token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`
  );
}
function withoutNulls(value) {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const there = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(there.map(([key, inner]) => [key, withoutNulls(inner)]));
}

// src/docker/specs/spec-comparison.ts
function sameSpec(a, b) {
  return isDeepStrictEqual(storedForm(a), storedForm(b));
}
function withStoredOrder(spec, stored) {
  const { TaskTemplate: template } = spec;
  const [own2, its] = [raw(template.ContainerSpec), raw(stored.TaskTemplate.ContainerSpec)];
  const [a, b] = [storedContainer(own2), storedContainer(its)];
  const same = SETS.filter((key) => own2[key] !== void 0 && isDeepStrictEqual(a[key], b[key]));
  if (same.length === 0) return spec;
  const ordered = Object.fromEntries(same.map((key) => [key, its[key]]));
  return { ...spec, TaskTemplate: { ...template, ContainerSpec: { Image: "", ...template.ContainerSpec, ...ordered } } };
}
var SETS = ["Env", "Secrets", "Configs"];
function fingerprint(spec) {
  return createHash2("sha256").update(toGoJson(storedForm(spec), withSortedKeys)).digest("hex");
}
function withSortedKeys(_key, value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1));
}
function changedParts(now, wanted) {
  const [a, b] = [storedForm(now), storedForm(wanted)];
  if (isDeepStrictEqual(a, b)) return [];
  const words = PARTS.filter(([, part]) => !isDeepStrictEqual(part(a), part(b))).map(([word]) => word);
  return words.length > 0 ? words : ["settings"];
}
var PARTS = [
  ["image", (spec) => container(spec).Image],
  ["mode and replicas", (spec) => spec.Mode],
  ["env", (spec) => container(spec).Env],
  ["secrets", (spec) => container(spec).Secrets],
  ["configs", (spec) => container(spec).Configs],
  ["networks", (spec) => raw(spec.TaskTemplate).Networks],
  ["labels", (spec) => spec.Labels],
  ["update policy", (spec) => spec.UpdateConfig],
  ["rollback policy", (spec) => spec.RollbackConfig]
];
var IMAGE_LABEL = "com.docker.stack.image";
function storedForm(spec) {
  const clean = raw(withoutNothing(spec));
  const { [IMAGE_LABEL]: _image, ...labels } = raw(clean.Labels);
  const template = raw(clean.TaskTemplate);
  const { Platforms: _platforms, ...placement } = raw(template.Placement);
  return {
    ...clean,
    Labels: labels,
    Mode: storedMode(clean.Mode),
    ...where(clean, "UpdateConfig", storedPolicy),
    ...where(clean, "RollbackConfig", storedPolicy),
    ...where(clean, "EndpointSpec", storedEndpoint),
    TaskTemplate: {
      Runtime: "container",
      ForceUpdate: 0,
      ...template,
      Placement: placement,
      ...where(template, "ContainerSpec", storedContainer),
      ...where(template, "RestartPolicy", (policy2) => ({ Condition: "any", MaxAttempts: 0, ...policy2 }))
    }
  };
}
function storedMode(mode) {
  const { Replicated: replicated, ReplicatedJob: job } = mode;
  const concurrent = job?.MaxConcurrent ?? 1;
  return {
    ...mode,
    ...replicated && { Replicated: { Replicas: 1, ...replicated } },
    ...job && { ReplicatedJob: { MaxConcurrent: concurrent, TotalCompletions: job.TotalCompletions ?? concurrent } }
  };
}
function storedPolicy(policy2) {
  const { FailureAction: action, Order: order } = policy2;
  return {
    Parallelism: 0,
    MaxFailureRatio: 0,
    ...policy2,
    FailureAction: action || "pause",
    Order: order || "stop-first"
  };
}
function storedEndpoint(endpoint) {
  const ports = list(endpoint.Ports).map((port) => ({
    ...port,
    Protocol: lowerCased(port.Protocol) || "tcp",
    PublishMode: lowerCased(port.PublishMode) || "ingress"
  }));
  return { ...endpoint, Mode: endpoint.Mode || "vip", ...ports.length > 0 && { Ports: ports } };
}
function storedContainer(spec) {
  const { Secrets: secrets, Configs: configs, Env: env, Mounts: mounts, Labels: labels, ...rest } = spec;
  const { NoNewPrivileges: strict, ...privileges } = raw(spec.Privileges);
  return {
    Isolation: "default",
    ...rest,
    ...Object.keys(raw(labels)).length > 0 && { Labels: labels },
    ...spec.Privileges !== void 0 && {
      Privileges: { ...privileges, ...strict ? { NoNewPrivileges: true } : {} }
    },
    // Docker sends these in the order of a Go map, and a container sees no order in them.
    ...env !== void 0 && { Env: env.toSorted() },
    ...secrets !== void 0 && { Secrets: list(secrets).toSorted(byText) },
    ...configs !== void 0 && { Configs: list(configs).toSorted(byText) },
    ...mounts !== void 0 && { Mounts: list(mounts).map(storedMount) }
  };
}
function storedMount({ Consistency: _, BindOptions: options, ...mount }) {
  const bind = raw(options);
  if (Object.keys(bind).length === 0) return mount;
  return { ...mount, BindOptions: { ...bind, Propagation: lowerCased(bind.Propagation) || "rprivate" } };
}
function withoutNothing(value) {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutNothing(inner)]);
  return Object.fromEntries(
    entries.filter(([, inner]) => inner != null && !(Array.isArray(inner) && inner.length === 0))
  );
}
function where(object, key, change) {
  return object[key] === void 0 ? {} : { [key]: change(raw(object[key])) };
}
function container(spec) {
  return raw(raw(spec.TaskTemplate).ContainerSpec);
}
function raw(value) {
  return value ?? {};
}
function list(value) {
  return value ?? [];
}
function lowerCased(value) {
  return String(value ?? "").toLowerCase();
}
function byText(a, b) {
  const [one, other] = [sortKey(a), sortKey(b)];
  return one < other ? -1 : Number(one > other);
}
function sortKey(object) {
  const id = object.SecretID ?? object.ConfigID;
  return JSON.stringify([raw(object.File).Name, object.SecretName ?? object.ConfigName, id]);
}

// src/docker/specs/create-flags.ts
var TEMPLATE = ["TaskTemplate"];
var CONTAINER = [...TEMPLATE, "ContainerSpec"];
var HEALTHCHECK = [...CONTAINER, "Healthcheck"];
var RESTART = [...TEMPLATE, "RestartPolicy"];
var DNS = [...CONTAINER, "DNSConfig"];
var LIMITS = [...TEMPLATE, "Resources", "Limits"];
var RESERVATIONS = [...TEMPLATE, "Resources", "Reservations"];
var PLACEMENT = [...TEMPLATE, "Placement"];
var GROUPS = [
  { path: ["UpdateConfig"], defaults: policyDefaults() },
  { path: ["RollbackConfig"], defaults: policyDefaults() },
  { path: RESTART, defaults: { Condition: "any", Delay: 5e9, MaxAttempts: 0 } },
  { path: HEALTHCHECK, defaults: {} }
];
function policyDefaults() {
  return {
    Parallelism: 1,
    FailureAction: "pause",
    Monitor: 5e9,
    MaxFailureRatio: 0,
    Order: "stop-first"
  };
}
var PARTS2 = [
  { flags: ["--label"], path: ["Labels"], isMap: true },
  ...policy("--update", "UpdateConfig"),
  ...policy("--rollback", "RollbackConfig"),
  { flags: ["--endpoint-mode"], path: ["EndpointSpec", "Mode"] },
  { flags: ["--publish"], path: ["EndpointSpec", "Ports"], nameOf: portName },
  { flags: ["--network"], path: [...TEMPLATE, "Networks"], nameOf: textOf("Target") },
  { flags: ["--log-driver", "--log-opt"], path: [...TEMPLATE, "LogDriver"] },
  { flags: ["--restart-condition"], path: [...RESTART, "Condition"] },
  { flags: ["--restart-delay"], path: [...RESTART, "Delay"] },
  { flags: ["--restart-max-attempts"], path: [...RESTART, "MaxAttempts"] },
  { flags: ["--restart-window"], path: [...RESTART, "Window"] },
  { flags: ["--limit-cpu"], path: [...LIMITS, "NanoCPUs"] },
  { flags: ["--limit-memory"], path: [...LIMITS, "MemoryBytes"] },
  { flags: ["--limit-pids"], path: [...LIMITS, "Pids"] },
  { flags: ["--reserve-cpu"], path: [...RESERVATIONS, "NanoCPUs"] },
  { flags: ["--reserve-memory"], path: [...RESERVATIONS, "MemoryBytes"] },
  { flags: ["--generic-resource"], path: [...RESERVATIONS, "GenericResources"], nameOf: resourceName },
  { flags: ["--constraint"], path: [...PLACEMENT, "Constraints"], nameOf: attributeOf },
  { flags: ["--placement-pref"], path: [...PLACEMENT, "Preferences"] },
  { flags: ["--replicas-max-per-node"], path: [...PLACEMENT, "MaxReplicas"] },
  {
    flags: ["--env", "--env-file"],
    path: [...CONTAINER, "Env"],
    nameOf: (entry) => String(entry).split("=", 1)[0] ?? ""
  },
  { flags: ["--container-label"], path: [...CONTAINER, "Labels"], isMap: true },
  { flags: ["--mount"], path: [...CONTAINER, "Mounts"], nameOf: textOf("Target") },
  { flags: ["--secret"], path: [...CONTAINER, "Secrets"], nameOf: fileName },
  { flags: ["--config"], path: [...CONTAINER, "Configs"], nameOf: fileName },
  { flags: ["--host"], path: [...CONTAINER, "Hosts"], nameOf: (entry) => String(entry).replace(/^\S+\s+/, "") },
  { flags: ["--dns"], path: [...DNS, "Nameservers"] },
  { flags: ["--dns-search"], path: [...DNS, "Search"] },
  { flags: ["--dns-option"], path: [...DNS, "Options"] },
  { flags: ["--sysctl"], path: [...CONTAINER, "Sysctls"], isMap: true },
  { flags: ["--ulimit"], path: [...CONTAINER, "Ulimits"], nameOf: textOf("Name") },
  { flags: ["--group"], path: [...CONTAINER, "Groups"] },
  // A capability is in one of the two lists at most: who speaks of one speaks of both.
  { flags: ["--cap-add", "--cap-drop"], path: [...CONTAINER, "CapabilityAdd"] },
  { flags: ["--cap-drop", "--cap-add"], path: [...CONTAINER, "CapabilityDrop"] },
  { flags: ["--no-healthcheck"], path: HEALTHCHECK },
  { flags: ["--health-cmd"], path: [...HEALTHCHECK, "Test"] },
  { flags: ["--health-interval"], path: [...HEALTHCHECK, "Interval"] },
  { flags: ["--health-timeout"], path: [...HEALTHCHECK, "Timeout"] },
  { flags: ["--health-retries"], path: [...HEALTHCHECK, "Retries"] },
  { flags: ["--health-start-period"], path: [...HEALTHCHECK, "StartPeriod"] },
  { flags: ["--health-start-interval"], path: [...HEALTHCHECK, "StartInterval"] },
  { flags: ["--entrypoint"], path: [...CONTAINER, "Command"] },
  { flags: ["--hostname"], path: [...CONTAINER, "Hostname"] },
  { flags: ["--init"], path: [...CONTAINER, "Init"] },
  { flags: ["--isolation"], path: [...CONTAINER, "Isolation"] },
  { flags: ["--oom-score-adj"], path: [...CONTAINER, "OomScoreAdj"] },
  { flags: ["--read-only"], path: [...CONTAINER, "ReadOnly"] },
  { flags: ["--stop-grace-period"], path: [...CONTAINER, "StopGracePeriod"] },
  { flags: ["--stop-signal"], path: [...CONTAINER, "StopSignal"] },
  { flags: ["--tty"], path: [...CONTAINER, "TTY"] },
  { flags: ["--user"], path: [...CONTAINER, "User"] },
  { flags: ["--workdir"], path: [...CONTAINER, "Dir"] },
  { flags: ["--credential-spec"], path: [...CONTAINER, "Privileges", "CredentialSpec"] },
  { flags: ["--credential-spec"], path: [...CONTAINER, "Configs"], nameOf: fileName }
];
function policy(flag, key) {
  return [
    { flags: [`${flag}-parallelism`], path: [key, "Parallelism"] },
    { flags: [`${flag}-delay`], path: [key, "Delay"] },
    { flags: [`${flag}-failure-action`], path: [key, "FailureAction"] },
    { flags: [`${flag}-max-failure-ratio`], path: [key, "MaxFailureRatio"] },
    { flags: [`${flag}-monitor`], path: [key, "Monitor"] },
    { flags: [`${flag}-order`], path: [key, "Order"] }
  ];
}
var OF_MODE = ["--mode", "--replicas", "--max-concurrent"];
function unknownFlags(flags) {
  return flags.filter((flag) => !isCreateFlag(flag));
}
function isCreateFlag(flag) {
  return OF_MODE.includes(flag) || PARTS2.some((part) => part.flags.includes(flag));
}
function overlay(current, declared, flags, {
  plain,
  earlier = [],
  keptAlias
} = {}) {
  const steps = stepsOf(flags, declared);
  const record = entriesOf(declared, flags);
  const gone = earlier.filter((name) => !record.includes(name));
  const unknown = plain === void 0 ? [] : differences(plain, declared);
  const changes = [];
  let spec = current;
  const lay = (name, next) => {
    if (sameSpec(spec, next)) return;
    changes.push(name);
    spec = next;
  };
  for (const name of gone) lay(shownName(name), withoutEntry(spec, declared, name));
  for (const { part, key, name } of steps) lay(shownName(name), withEntry(spec, declared, part, key, keptAlias));
  for (const flag of OF_MODE.filter((one) => flags.includes(one))) lay(flag, withMode(spec, declared, flag, flags));
  for (const path of unknown) lay(unknownFlags(flags).join(" "), setAt(spec, path, valueAt2(declared, path)));
  return { spec, changes, record };
}
function entriesOf(declared, flags, env = {}) {
  const names = stepsOf(flags, declared).map(({ name }) => name);
  return names.filter((name) => !Object.keys(env).some((variable) => name === `--env ${variable}`));
}
function stepsOf(flags, declared) {
  const parts = PARTS2.filter((part) => part.flags.some((flag) => flags.includes(flag)));
  return parts.flatMap((part) => stepsOfPart(part, declared));
}
function stepsOfPart(part, declared) {
  const [flag = ""] = part.flags;
  const value = valueAt2(declared, part.path);
  if (part.nameOf === void 0 && !part.isMap) return [{ part, key: void 0, name: flag }];
  const keys = part.nameOf === void 0 ? Object.keys(raw2(value)) : list2(value).map(part.nameOf);
  return [...new Set(keys)].map((key) => ({ part, key, name: `${flag} ${key}` }));
}
function withEntry(spec, declared, part, key, keptAlias) {
  const { path, nameOf: nameOf3 } = part;
  const said = valueAt2(declared, path);
  if (key === void 0) {
    const group = groupOf(path)?.path;
    const isWhole = group !== void 0 && replacesGroup(valueAt2(spec, group), valueAt2(declared, group));
    return isWhole ? setAt(spec, group, valueAt2(declared, group)) : setAt(spec, path, said);
  }
  const now = valueAt2(spec, path);
  if (nameOf3 === void 0) return setAt(spec, path, { ...raw2(now), [key]: raw2(said)[key] });
  const isNamed = (entry) => nameOf3(entry) === key;
  const before = list2(now);
  const entries = list2(said).filter(isNamed).map((entry) => path === NETWORKS ? withAlias(entry, before.find(isNamed), keptAlias) : entry);
  const at = before.findIndex(isNamed);
  const place = at < 0 ? before.length : at;
  const others = (entry) => !isNamed(entry);
  return setAt(spec, path, [
    ...before.slice(0, place).filter(others),
    ...entries,
    ...before.slice(place).filter(others)
  ]);
}
var NETWORKS = PARTS2.find(({ flags }) => flags.includes("--network"))?.path;
function withAlias(entry, before, alias) {
  const aliases = (network) => list2(raw2(network).Aliases);
  if (alias === void 0 || !aliases(before).includes(alias) || aliases(entry).includes(alias)) return entry;
  return { ...raw2(entry), Aliases: [...aliases(entry), alias] };
}
function withoutEntry(spec, declared, name) {
  const [, flag, key] = /^(\S+)(?: (.*))?$/s.exec(name) ?? [];
  const parts = PARTS2.filter(
    ({ flags, nameOf: nameOf3, isMap: isMap2 }) => flags[0] === flag && key !== void 0 === (nameOf3 !== void 0 || isMap2 === true)
  );
  return parts.reduce((before, part) => withoutPart(before, declared, part, key ?? ""), spec);
}
function withoutPart(spec, declared, part, key) {
  const { path, nameOf: nameOf3, isMap: isMap2 } = part;
  const now = valueAt2(spec, path);
  if (nameOf3 !== void 0) return setAt(spec, path, orNothing(list2(now).filter((entry) => nameOf3(entry) !== key)));
  if (isMap2) {
    const { [key]: _, ...others } = raw2(now);
    return setAt(spec, path, orNothing(others));
  }
  const group = groupOf(path);
  if (group === void 0) return setAt(spec, path, valueAt2(declared, path));
  if (valueAt2(spec, group.path) === void 0) return spec;
  const [setting = ""] = path.slice(group.path.length);
  const { [setting]: otherwise } = { ...group.defaults, ...raw2(valueAt2(declared, group.path)) };
  const rest = setAt(raw2(valueAt2(spec, group.path)), [setting], otherwise);
  const isPlain2 = Object.entries(rest).every(([key2, value]) => value === group.defaults[key2]);
  return setAt(spec, group.path, isPlain2 ? valueAt2(declared, group.path) : rest);
}
function groupOf(path) {
  return GROUPS.find((group) => group.path.length < path.length && group.path.every((key, at) => path[at] === key));
}
function replacesGroup(now, declared) {
  if (declared === void 0) return false;
  const isOff = (group) => list2(raw2(group).Test)[0] === "NONE";
  return now === void 0 || isOff(now) !== isOff(declared);
}
function withMode(spec, { Mode }, flag, flags) {
  const { Replicated: replicated, ReplicatedJob: job } = spec.Mode;
  const [kind] = Object.keys(Mode);
  if (kind === void 0 || !(kind in spec.Mode)) return { ...spec, Mode };
  if (flag === "--mode") return spec;
  if (replicated !== void 0) return flag === "--replicas" ? { ...spec, Mode } : spec;
  if (job === void 0) return spec;
  const concurrent = { MaxConcurrent: Mode.ReplicatedJob?.MaxConcurrent };
  return {
    ...spec,
    Mode: flags.includes("--replicas") ? Mode : { ReplicatedJob: { ...job, ...concurrent } }
  };
}
function differences(a, b, path = []) {
  if (isDeepStrictEqual2(a, b)) return [];
  if (!isObject(a) || !isObject(b)) return [path];
  return [.../* @__PURE__ */ new Set([...Object.keys(a), ...Object.keys(b)])].flatMap(
    (key) => differences(a[key], b[key], [...path, key])
  );
}
var LONGEST_NAME = 60;
function shownName(name) {
  const clean = printable(name);
  return clean.length > LONGEST_NAME ? `${clean.slice(0, LONGEST_NAME)}…` : clean;
}
function valueAt2(spec, path) {
  return path.reduce((value, key) => isObject(value) ? value[key] : void 0, spec);
}
function setAt(object, [key, ...rest], value) {
  if (key === void 0) return value;
  const { [key]: before, ...others } = raw2(object);
  const after = rest.length === 0 ? value : setAt(before ?? {}, rest, value);
  if (after === void 0 || before === void 0 && value === void 0) return others;
  return { ...raw2(object), [key]: after };
}
function orNothing(entries) {
  return Object.keys(entries).length === 0 ? void 0 : entries;
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function raw2(value) {
  return isObject(value) ? value : {};
}
function list2(value) {
  return Array.isArray(value) ? value : [];
}
function textOf(key) {
  return (entry) => String(raw2(entry)[key] ?? "");
}
function fileName(entry) {
  return String(raw2(raw2(entry).File).Name ?? "");
}
function portName(entry) {
  const { TargetPort: port, Protocol: protocol } = raw2(entry);
  return `${port}/${String(protocol || "tcp").toLowerCase()}`;
}
function resourceName(entry) {
  const { DiscreteResourceSpec: discrete, NamedResourceSpec: named3 } = raw2(entry);
  return String(raw2(discrete ?? named3).Kind ?? "");
}
function attributeOf(entry) {
  return String(entry).split(/[!=]=/, 1)[0]?.trim() ?? "";
}

// src/docker/specs/service-mode.ts
function isJob(spec) {
  return spec.Mode.ReplicatedJob !== void 0 || spec.Mode.GlobalJob !== void 0;
}
function wantedTasks(spec) {
  if (spec.Mode.Replicated) return spec.Mode.Replicated.Replicas ?? 1;
  if (spec.Mode.ReplicatedJob)
    return spec.Mode.ReplicatedJob.TotalCompletions ?? spec.Mode.ReplicatedJob.MaxConcurrent ?? 1;
  return void 0;
}
function isGlobal(spec) {
  return spec.Mode.Global !== void 0 || spec.Mode.GlobalJob !== void 0;
}
function endsForGood(spec) {
  const condition = spec.TaskTemplate.RestartPolicy?.Condition ?? "any";
  return isJob(spec) || condition !== "any";
}
function modeName({ Mode: mode }) {
  if (mode.Global) return "global";
  if (mode.GlobalJob) return "global-job";
  return mode.ReplicatedJob ? "replicated-job" : "replicated";
}

// src/docker/specs/spec-template.ts
var FIELDS = /* @__PURE__ */ new Set([
  ".",
  ".Service",
  ".Service.ID",
  ".Service.Name",
  ".Service.Labels",
  ".Node",
  ".Node.ID",
  ".Node.Hostname",
  ".Node.Platform",
  ".Node.Platform.Architecture",
  ".Node.Platform.OS",
  ".Task",
  ".Task.ID",
  ".Task.Name",
  ".Task.Slot"
]);
var WORDS = new Set(
  "and block break call continue define else end eq false ge gt html if index join js le len lt ne nil not or print printf println range slice template true urlquery with".split(
    " "
  )
);
var ACTION2 = /\{\{(?:- )?\s*(.*?)\s*(?: -)?\}\}/gs;
var FIELD = /^\.(?:[\p{L}_][\p{L}\d_]*(?:\.[\p{L}_][\p{L}\d_]*)*)?$/u;
var WORD2 = /^[a-z_]\w*$/i;
var COMMENT = /^\/\*.*\*\/$/s;
var STRING = /^(?:"[^"\\]*"|`[^`]*`)$/;
function templateProblem(text2) {
  if (!text2.includes("{{")) return void 0;
  const actions = [...text2.matchAll(ACTION2)].map(([, action = ""]) => action);
  if (text2.replaceAll(ACTION2, "").includes("{{")) return actions.length === 0 ? "its `{{` has no end" : void 0;
  if (!actions.every(isPlain)) return void 0;
  if (actions.includes("")) return "there is nothing in its `{{ }}`";
  const isUnknown = actions.some(
    (action) => FIELD.test(action) ? !FIELDS.has(action) : WORD2.test(action) && !WORDS.has(action)
  );
  return isUnknown ? "it names what Swarm does not know in its `{{ }}`" : void 0;
}
function isPlain(action) {
  if (WORD2.test(action)) return !WORDS.has(action);
  return action === "" || FIELD.test(action) || COMMENT.test(action) || STRING.test(action);
}

// src/docker/swarm/placement.ts
import { BlockList, isIP, isIPv4 } from "node:net";
var KEY2 = /^[a-z_][a-z0-9\-_.]+$/i;
var VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;
var OPERATORS2 = ["==", "!="];
var NODE_LABEL = "node.labels.";
var ENGINE_LABEL = "engine.labels.";
function constraintProblem(text2) {
  const parsed2 = parseConstraint(text2);
  return typeof parsed2 === "string" ? parsed2 : void 0;
}
function satisfies(node, constraint) {
  const parsed2 = parseConstraint(constraint);
  if (typeof parsed2 === "string") return false;
  if (parsed2.key.toLowerCase() === "node.ip") return satisfiesAddress(node.Status.Addr ?? "", parsed2);
  const actual = attribute(node, parsed2.key);
  if (actual === void 0) return false;
  return actual.toLowerCase() === parsed2.value.toLowerCase() !== parsed2.negated;
}
function eligibleNodes(nodes, placement = {}) {
  return allowedNodes(nodes, placement).filter(
    (node) => (
      // A new leader of the swarm calls every node unknown until it reports: it is not gone.
      (node.Status.State === "ready" || node.Status.State === "unknown") && node.Spec.Availability === "active"
    )
  );
}
function allowedNodes(nodes, placement = {}) {
  const constraints = placement.Constraints ?? [];
  return nodes.filter((node) => constraints.every((constraint) => satisfies(node, constraint)));
}
function platformProblem(nodes, imagePlatforms) {
  const platforms = imagePlatforms.filter(({ architecture, os }) => architecture !== "unknown" && os !== "unknown");
  if (platforms.length === 0 || nodes.some((node) => platforms.some((platform) => runs(node, platform)))) {
    return void 0;
  }
  return {
    image: distinct(platforms.map(({ architecture, os }) => platformName(architecture, os))),
    nodes: distinct(
      nodes.map(
        ({ Description: { Platform } }) => platformName(normalisedArchitecture(Platform.Architecture), Platform.OS)
      )
    )
  };
}
function hasPlatform(node, platforms) {
  if (platforms == null || platforms.length === 0) return true;
  return platforms.some(({ Architecture = "", OS = "" }) => runs(node, { architecture: Architecture, os: OS }));
}
function runs(node, { architecture = "", os = "" }) {
  const { Architecture, OS } = node.Description.Platform;
  const wanted = architecture.toLowerCase() === "arm" ? "" : normalisedArchitecture(architecture);
  return (wanted === "" || wanted === normalisedArchitecture(Architecture)) && (os === "" || os === OS);
}
function normalisedArchitecture(architecture) {
  if (architecture === "x86_64") return "amd64";
  if (architecture === "aarch64") return "arm64";
  return architecture;
}
function platformName(architecture = "", os = "") {
  return `${os || "any"}/${normalisedArchitecture(architecture) || "any"}`;
}
function distinct(texts) {
  return [...new Set(texts)].sort();
}
function parseConstraint(text2) {
  const operator2 = OPERATORS2.find((candidate) => text2.includes(candidate));
  if (operator2 === void 0) return `constraint expected one operator from ${OPERATORS2.join(", ")}`;
  const at = text2.indexOf(operator2);
  const key = text2.slice(0, at).trim();
  const value = text2.slice(at + operator2.length).trim();
  if (!KEY2.test(key)) return `key '${key}' is invalid`;
  if (!VALUE.test(value)) return `value '${value}' is invalid`;
  return { key, negated: operator2 === "!=", value };
}
function attribute(node, key) {
  const known2 = key.toLowerCase();
  switch (known2) {
    case "node.id":
      return node.ID;
    case "node.hostname":
      return node.Description.Hostname;
    case "node.role":
      return node.Spec.Role;
    case "node.platform.os":
      return node.Description.Platform.OS;
    case "node.platform.arch":
      return node.Description.Platform.Architecture;
    default:
      if (isLabelKey(known2, NODE_LABEL)) return label(node.Spec.Labels, key.slice(NODE_LABEL.length));
      if (isLabelKey(known2, ENGINE_LABEL)) return label(node.Description.Engine.Labels, key.slice(ENGINE_LABEL.length));
      return void 0;
  }
}
function isLabelKey(key, prefix) {
  return key.startsWith(prefix) && key.length > prefix.length;
}
function label(labels, name) {
  return labels !== void 0 && Object.hasOwn(labels, name) ? labels[name] ?? "" : "";
}
function satisfiesAddress(address, { value, negated }) {
  const [base = "", prefix, ...more] = value.split("/");
  const bits = isIPv4(base) ? 32 : 128;
  const length = prefix === void 0 ? bits : Number(prefix);
  const valid = isIP(base) !== 0 && more.length === 0 && (prefix === void 0 || /^\d{1,3}$/.test(prefix)) && length <= bits;
  if (!valid) return false;
  if (isIPv4(address) && !isIPv4(base) && length < 96) return negated;
  const network = new BlockList();
  network.addSubnet(base, length, family(base));
  const within = isIP(address) !== 0 && network.check(address, family(address));
  return within !== negated;
}
function family(address) {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

// src/docker/swarm/published-ports.ts
function portName2({ PublishedPort: port, Protocol: protocol = "tcp" }) {
  return `${port}/${protocol}`;
}
function namedPorts({ EndpointSpec: endpoint }) {
  return (endpoint?.Ports ?? []).filter(({ PublishedPort: port = 0 }) => port !== 0);
}
function portsOf({ Spec: spec, Endpoint: endpoint }) {
  const given = (endpoint?.Ports ?? []).filter(({ PublishedPort: port = 0 }) => port !== 0);
  return [...namedPorts(spec), ...given];
}
function portInTheWay(wanted, others) {
  return wanted.find(
    (port) => others.some((other) => portName2(other) === portName2(port) && !(isHost(port) && isHost(other)))
  );
}
function hasPort(ports, port) {
  return ports.some((one) => portName2(one) === portName2(port) && isHost(one) === isHost(port));
}
function isHost({ PublishMode: mode }) {
  return mode === "host";
}

// src/docker/swarm/swarm-rules.ts
var NAME3 = /^[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$/;
var LONGEST_NAME2 = 63;
var OBJECT_NAME = /^[a-zA-Z0-9](?:[\w.-]*[a-zA-Z0-9])?$/;
var LONGEST_OBJECT_NAME = 64;
var LEAST_MEMORY = 4 * 1024 * 1024;
var LEAST_CPUS = 1e6;
var LEAST_DURATION = 1e6;
var NANOSECONDS = 1e9;
function specViolations(spec) {
  const { TaskTemplate: template } = spec;
  const container2 = template.ContainerSpec;
  return [
    ...nameViolations(spec.Name),
    ...resourceViolations(template.Resources?.Limits, "limit"),
    ...resourceViolations(template.Resources?.Reservations, "reservation"),
    ...restartViolations(template.RestartPolicy),
    ...(template.Placement?.Constraints ?? []).flatMap(constraintViolations),
    ...updateViolations(spec),
    ...policyViolations(spec.UpdateConfig, "update"),
    ...policyViolations(spec.RollbackConfig, "rollback"),
    ...endpointViolations(spec),
    ...mountViolations(container2?.Mounts ?? []),
    ...fileViolations(
      "secrets",
      (container2?.Secrets ?? []).map(({ SecretName: name, File: file }) => ({ name, file }))
    ),
    ...fileViolations(
      "configs",
      (container2?.Configs ?? []).map(({ ConfigName: name, File: file }) => ({ name, file }))
    ),
    ...templateViolations(spec),
    ...directoryViolations(container2?.Dir),
    ...healthViolations(container2?.Healthcheck)
  ];
}
function changeViolations(current, wanted) {
  const [was, becomes] = [modeName(current), modeName(wanted)];
  if (was === becomes) return [];
  return [
    {
      setting: "mode",
      problem: `Swarm cannot change the mode of a service, and ${current.Name} is ${was}, not ${becomes}: remove it first with \`docker service rm ${current.Name}\`, or give this one another name`
    }
  ];
}
function nameProblem(name, what) {
  if (!NAME3.test(name)) return `${noName(name, what)}: write letters, digits, - and _, ${ENDS}`;
  return name.length > LONGEST_NAME2 ? tooLong2(name, LONGEST_NAME2) : void 0;
}
function objectNameProblem(name, what) {
  if (!OBJECT_NAME.test(name)) return `${noName(name, what)}: write letters, digits, -, _ and ., ${ENDS}`;
  return name.length > LONGEST_OBJECT_NAME ? tooLong2(name, LONGEST_OBJECT_NAME) : void 0;
}
var ENDS = "with a letter or digit first and last";
function noName(name, what) {
  return `${cut2(name)} is no name of ${what}`;
}
function tooLong2(name, most) {
  return `the name has ${name.length} characters: Swarm takes at most ${most}, write a shorter one than ${cut2(name)}`;
}
var LONGEST_SHOWN2 = 70;
function cut2(name) {
  return JSON.stringify(name.length > LONGEST_SHOWN2 ? `${name.slice(0, LONGEST_SHOWN2)}…` : name);
}
function nameViolations(name) {
  const problem2 = nameProblem(name, "a service");
  return problem2 === void 0 ? [] : [{ setting: "name", problem: problem2 }];
}
function resourceViolations(resources, kind) {
  const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0 } = resources ?? {};
  const violations = [];
  if (cpus !== 0 && cpus < LEAST_CPUS) {
    const problem2 = `${cpus / NANOSECONDS} is less than Swarm takes: write 0.001 or more`;
    violations.push({ setting: `cpu ${kind}`, problem: problem2 });
  }
  if (memory !== 0 && memory < LEAST_MEMORY) {
    const problem2 = `${memory} bytes are less than Swarm takes: write 4M or more`;
    violations.push({ setting: `memory ${kind}`, problem: problem2 });
  }
  return violations;
}
var CONDITIONS = ["none", "on-failure", "any"];
function restartViolations(policy2) {
  const { Condition: condition = "", Delay: delay = 0, Window: window = 0 } = policy2 ?? {};
  return [
    ...choiceViolations("restart condition", condition, CONDITIONS),
    ...negativeViolations("restart delay", delay),
    ...negativeViolations("restart window", window)
  ];
}
function constraintViolations(constraint) {
  const problem2 = constraintProblem(constraint);
  if (problem2 === void 0) return [];
  return [
    {
      setting: "constraints",
      problem: `${JSON.stringify(constraint)} is none that Swarm takes (${problem2}): write it like node.role==manager or node.labels.zone!=west`
    }
  ];
}
function updateViolations(spec) {
  const { UpdateConfig: update, Mode: mode } = spec;
  if (update === void 0) return [];
  if (mode.ReplicatedJob !== void 0 || mode.GlobalJob !== void 0) {
    return [{ setting: "update policy", problem: "Swarm takes no update policy for a job: leave it out" }];
  }
  const { Delay: delay = 0, Monitor: monitor = 0, MaxFailureRatio: ratio = 0 } = update;
  return [
    ...negativeViolations("update delay", delay),
    ...negativeViolations("update monitor", monitor),
    ...ratio >= 0 && ratio <= 1 ? [] : [{ setting: "update failure ratio", problem: `${ratio} is no ratio: write 0 to 1` }]
  ];
}
var ACTIONS = ["pause", "continue", "rollback"];
var ORDERS = ["stop-first", "start-first"];
function policyViolations(policy2, phase) {
  return [
    ...choiceViolations(`${phase} failure action`, policy2?.FailureAction ?? "", ACTIONS),
    ...choiceViolations(`${phase} order`, policy2?.Order ?? "", ORDERS)
  ];
}
function endpointViolations(spec) {
  const { Mode: mode = "", Ports: ports = [] } = spec.EndpointSpec ?? {};
  const isIngress = ({ PublishMode: published }) => published !== "host";
  return [
    ...choiceViolations("endpoint mode", mode, ["vip", "dnsrr"]),
    ...mode === "dnsrr" && ports.some(isIngress) ? [
      {
        setting: "endpoint mode",
        problem: "with dnsrr Swarm publishes no port in ingress mode: publish it in host mode, or leave dnsrr out"
      }
    ] : [],
    ...doubles(namedPorts(spec).map(portName2)).map((port) => ({
      setting: "ports",
      problem: `${port} is published twice: leave one of the two out`
    }))
  ];
}
function mountViolations(mounts) {
  const problems = [
    ...doubles(mounts.map(({ Target: target = "" }) => target)).map(
      (target) => `two of them have the target ${JSON.stringify(target)}: leave one of the two out`
    ),
    ...mounts.flatMap((mount) => mountProblem(mount) ?? [])
  ];
  return problems.map((problem2) => ({ setting: "mounts", problem: problem2 }));
}
var VOLUME_NAME = /^[a-zA-Z0-9][\w.-]+$/;
function mountProblem(mount) {
  const { Type: type = "volume", Source: source = "", Target: target = "", VolumeOptions: options } = mount;
  if (type === "npipe") return void 0;
  if (isFixed(target) && !isAbsolute(target)) {
    return `the target ${JSON.stringify(target)} is no absolute path: write one that begins with /`;
  }
  if (target === "/") return "the target is /, which is the whole container: write a directory in it";
  if (!isFixed(source)) return void 0;
  if (type === "bind" && !isAbsolute(source)) {
    return `the source ${JSON.stringify(source)} of ${target} is no absolute path of a node: write one that begins with /, or use a volume`;
  }
  if (type === "tmpfs" && source !== "") return `the tmpfs ${target} has a source: leave it out`;
  if (type !== "volume" || source === "") return void 0;
  if (isAbsolute(source)) return `the volume ${source} has a path for a name: write type bind, or the name of a volume`;
  const driver = options?.DriverConfig?.Name ?? "";
  return (driver === "" || driver === "local") && !VOLUME_NAME.test(source) ? `${JSON.stringify(source)} is no name of a volume: write two or more letters, digits, _, . and -, with a letter or digit first` : void 0;
}
function isAbsolute(path) {
  return path.startsWith("/") || /^(?:[a-zA-Z]:)?[\\/]/.test(path);
}
function isFixed(text2) {
  return !text2.includes("{{");
}
function fileViolations(setting, references) {
  const targets = references.flatMap(({ file }) => file?.Name ?? []);
  const nameless = references.filter(({ file }) => file !== void 0 && (file.Name ?? "") === "");
  return [
    ...nameless.map(({ name }) => ({ setting, problem: `${name} has an empty target: write the name of a file` })),
    ...doubles(targets.filter((target) => target !== "")).map((target) => ({
      setting,
      problem: `two of them have the target ${target}: give one of the two another \`target\``
    }))
  ];
}
var KNOWN = 'it fills in .Service.ID, .Service.Name, .Node.ID, .Node.Hostname, .Node.Platform.Architecture, .Node.Platform.OS, .Task.ID, .Task.Name and .Task.Slot; write {{"{{"}} where {{ is meant as it is';
function templateViolations({ TaskTemplate: { ContainerSpec: container2 } }) {
  const of = (setting, text2, item) => {
    const why = templateProblem(text2);
    if (why === void 0) return [];
    return [
      { setting, ...item !== void 0 && { item }, problem: `Swarm reads it as a template, but ${why}: ${KNOWN}` }
    ];
  };
  const variables2 = (container2?.Env ?? []).flatMap((variable) => {
    const at = variable.indexOf("=");
    return at < 0 ? [] : of("environment", variable.slice(at + 1), variable.slice(0, at));
  });
  const mounts = (container2?.Mounts ?? []).flatMap(({ Source: source = "", Target: target = "" }) => [
    ...of("mounts", source),
    ...of("mounts", target)
  ]);
  return [...variables2, ...mounts, ...of("hostname", container2?.Hostname ?? "")];
}
function directoryViolations(directory = "") {
  if (directory === "" || isAbsolute(directory)) return [];
  const problem2 = `${JSON.stringify(directory)} is no absolute path: write one that begins with /`;
  return [{ setting: "working directory", problem: problem2 }];
}
function healthViolations(check = {}) {
  const durations = [
    ["health interval", check.Interval],
    ["health timeout", check.Timeout],
    ["health start period", check.StartPeriod],
    ["health start interval", check.StartInterval]
  ];
  return [
    ...durations.flatMap(
      ([setting, duration = 0]) => duration !== 0 && duration < LEAST_DURATION ? [{ setting, problem: "it is shorter than Swarm takes: write 1ms or more" }] : []
    ),
    ...(check.Retries ?? 0) < 0 ? [{ setting: "health retries", problem: `${check.Retries} is negative: write 0 or more` }] : []
  ];
}
function choiceViolations(setting, value, choices) {
  if (value === "" || choices.includes(value)) return [];
  const known2 = new Intl.ListFormat("en", { type: "disjunction" }).format(choices);
  return [{ setting, problem: `Swarm does not know ${JSON.stringify(value)}: write ${known2}` }];
}
function negativeViolations(setting, duration) {
  return duration < 0 ? [{ setting, problem: "it is negative: write 0s or more" }] : [];
}
function doubles(texts) {
  return [...new Set(texts.filter((text2, index) => texts.indexOf(text2) !== index))];
}

// src/inputs/shell-words.ts
var OPERATORS3 = new Set(";|&<>()");
var EXPANDED = /[A-Za-z0-9_{(@*#?$!-]/;
var ESCAPED_IN_QUOTES = new Set('$`"\\\n');
function shellWords(text2) {
  return new Scanner(text2.replace(/\r\n?/g, "\n")).read();
}
var Scanner = class {
  #text;
  #words = [];
  /** What is wrong, and on which lines. */
  #problems = /* @__PURE__ */ new Map();
  /** The lines of which it is said: `&&` is two operators, and `$(…)` has two as well. */
  #withOperators = /* @__PURE__ */ new Set();
  #at = 0;
  #line = 1;
  #word;
  constructor(text2) {
    this.#text = text2;
  }
  read() {
    let isClosed = true;
    while (isClosed && this.#at < this.#text.length) isClosed = this.#readNext(this.#text[this.#at]);
    this.#endWord();
    const problems = toldOf(this.#problems, this.#text.includes("\n"));
    return { words: isClosed ? this.#words : [], problems };
  }
  /** @returns whether the text goes on: not behind a quote that is never closed */
  #readNext(sign) {
    if (sign === "'") return this.#readSingleQuotes();
    if (sign === '"') return this.#readDoubleQuotes();
    if (sign === "\\") this.#readBackslash();
    else if (sign === " " || sign === "	" || sign === "\n") {
      this.#endWord();
      this.#pass(1);
    } else if (sign === "#" && this.#word === void 0) {
      const end2 = this.#text.indexOf("\n", this.#at);
      this.#at = end2 < 0 ? this.#text.length : end2;
    } else {
      if (OPERATORS3.has(sign)) this.#noteOperator(sign);
      if (sign === "$" && /['"]/.test(this.#following())) this.#noteExpansion();
      this.#take(sign);
    }
    return true;
  }
  #readSingleQuotes() {
    const close = this.#text.indexOf("'", this.#at + 1);
    if (close < 0) return this.#noteUnclosed("'", this.#line);
    this.#add(this.#text.slice(this.#at + 1, close), true);
    this.#pass(close + 1 - this.#at);
    return true;
  }
  #readDoubleQuotes() {
    const opened = this.#line;
    this.#add("", true);
    this.#pass(1);
    for (let sign = this.#text[this.#at]; sign !== '"'; sign = this.#text[this.#at]) {
      if (sign === void 0) return this.#noteUnclosed('"', opened);
      const next = this.#text[this.#at + 1] ?? "";
      if (sign !== "\\" || !ESCAPED_IN_QUOTES.has(next)) this.#take(sign);
      else {
        if (next !== "\n") this.#add(next, true);
        this.#pass(2);
      }
    }
    this.#pass(1);
    return true;
  }
  /** Outside of quotes. */
  #readBackslash() {
    const rest = this.#word === void 0 ? /\\[ \t]*(?:\n|$)/y : /\\(?:\n|$)/y;
    rest.lastIndex = this.#at;
    const joint = rest.exec(this.#text)?.[0];
    if (joint === void 0) this.#add(this.#text[this.#at + 1] ?? "", true);
    this.#pass(joint?.length ?? 2);
  }
  /** Takes a sign as it is, and notes what a shell would have made of it. */
  #take(sign) {
    if (sign === "`") this.#note(RUN);
    if (sign === "$" && EXPANDED.test(this.#following())) this.#noteExpansion();
    this.#add(sign, false);
    this.#pass(1);
  }
  #add(text2, isQuoted) {
    this.#word ??= { text: "", line: this.#line, isQuoted };
    this.#word.text += text2;
  }
  #endWord() {
    if (this.#word !== void 0) this.#words.push(this.#word);
    this.#word = void 0;
  }
  #pass(signs) {
    for (const end2 = this.#at + signs; this.#at < end2; this.#at++) if (this.#text[this.#at] === "\n") this.#line++;
  }
  /** The next sign. A line end behind a backslash is not there for a shell. */
  #following() {
    let next = this.#at + 1;
    while (this.#text.startsWith("\\\n", next)) next += 2;
    return this.#text[next] ?? "";
  }
  #note(problem2, line = this.#line) {
    this.#problems.set(problem2, (this.#problems.get(problem2) ?? /* @__PURE__ */ new Set()).add(line));
  }
  #noteExpansion() {
    if (this.#following() === "(") this.#withOperators.add(this.#line);
    this.#note(EXPANSION);
  }
  #noteOperator(sign) {
    if (!this.#withOperators.has(this.#line)) this.#note(operator(sign));
    this.#withOperators.add(this.#line);
  }
  #noteUnclosed(quote, line) {
    this.#note(unclosed(quote), line);
    return false;
  }
};
var MOST_LINES = 5;
function toldOf(problems, hasLines) {
  return [...problems].map(([problem2, lines2]) => {
    if (!hasLines) return problem2;
    const more = lines2.size > MOST_LINES ? [`${lines2.size - MOST_LINES} more`] : [];
    const places = [...[...lines2].slice(0, MOST_LINES).map(String), ...more];
    return `${lines2.size === 1 ? "line" : "lines"} ${new Intl.ListFormat("en").format(places)}: ${problem2}`;
  });
}
var EXPANSION = "nothing is expanded here: put `$` in single quotes if the sign itself is meant, or let an expression of the workflow write the value";
var RUN = "no command is run here: put a backtick in single quotes if the sign itself is meant";
function operator(sign) {
  return `no shell runs this, for which \`${sign}\` outside of quotes would be an operator: put the whole value in quotes if the sign itself is meant`;
}
function unclosed(quote) {
  return `the quote \`${quote}\` is never closed: close it, or write \`\\${quote}\` for the sign itself`;
}

// src/inputs/flags.ts
var RECORD_LABEL = "swarm-deploy.create-args";
var SWITCHES = /* @__PURE__ */ new Set([
  "--detach",
  "--force",
  "--help",
  "--init",
  "--no-healthcheck",
  "--no-resolve-image",
  "--quiet",
  "--read-only",
  "--rollback",
  "--tty",
  "--with-registry-auth"
]);
var LONG_NAMES = {
  "-d": "--detach",
  "-e": "--env",
  "-h": "--help",
  "-l": "--label",
  "-p": "--publish",
  "-q": "--quiet",
  "-t": "--tty",
  "-u": "--user",
  "-w": "--workdir"
};
var LISTS = new Set(
  "config constraint container-label dns dns-option dns-search env generic-resource group host label mount network placement-pref publish secret sysctl ulimit".split(" ").map((name) => `--${name}`)
);
var CONNECTION = "the way to the swarm is the same for all services: use the input `host` or `context`";
var LOGGING = "it says nothing about the service: leave it off";
var RESERVED = {
  "--detach": "this action waits for all services together: use the input `wait`",
  "--quiet": "this action reports the progress itself: leave it off",
  "--with-registry-auth": "this action sends the credential wherever there is one: leave it off, and give it in `registries`",
  "--image": "the image is checked and pinned first: use the key `image`",
  "--name": "the name is how the service is found: use the key `name`",
  "--no-resolve-image": "this action pins every image by its digest: leave it off",
  "--rollback": "a deploy goes forward: give the earlier image in the key `image`",
  "--help": LOGGING,
  "--version": LOGGING,
  "-v": LOGGING,
  "--debug": LOGGING,
  "-D": LOGGING,
  "--log-level": LOGGING,
  "-H": CONNECTION,
  "--context": CONNECTION,
  "-c": CONNECTION,
  "--tls": CONNECTION,
  "--tlscacert": CONNECTION,
  "--tlscert": CONNECTION,
  "--tlskey": CONNECTION,
  "--tlsverify": CONNECTION
};
var CLIENT_CONFIG = "docker's own configuration is chosen by the key `auth-config`";
var NO_FLAG = "put a value with blanks in quotes, write an image in the key `image`, and the words for the container in the key `command`";
function flagsOfText(verb, text2, problems) {
  const once = toldOnce(problems);
  const { words, problems: unread } = shellWords(text2);
  for (const problem2 of unread) once(problem2);
  const head = commandBefore(words);
  if (head > 0)
    once(
      `leave \`docker service ${words[head - 1]?.text}\` off: only the flags belong here, and a backslash is not needed`
    );
  const flags = [];
  for (let index = head; index < words.length; index++) {
    const word = words[index];
    const flag = parseFlag(word.text);
    if (flag === void 0) {
      if (unread.length === 0) once(strayWord(word, flags.at(-1)));
      while (index + 1 < words.length && (head > 0 || words[index + 1]?.line === word.line)) index++;
      continue;
    }
    const next = words[index + 1];
    const takesNext = needsValue(flag) && next !== void 0 && (next.isQuoted || !looksLikeFlag(next.text));
    if (takesNext) index++;
    flags.push({ ...flag, ...takesNext && { value: next.text }, isWhole: true });
  }
  return checked(verb, flags, once);
}
function flagsOfItems(verb, items, problems, notices) {
  const once = toldOnce(problems);
  const flags = [];
  for (let index = 0; index < items.length; index++) {
    const item = items[index] ?? "";
    if (/\s\\$/.test(item.trim())) {
      once(
        "items end in a backslash, as lines of a shell script do: leave it off, an item is one flag anyway, or paste the lines as one text, behind `|` in place of the list"
      );
      continue;
    }
    const flag = parseFlag(unquotedItem(item.trim()));
    if (flag === void 0) {
      once(`item ${index + 1}: this word belongs to no flag: ${NO_FLAG}`);
      continue;
    }
    const next = items[index + 1];
    const takesNext = needsValue(flag) && next !== void 0 && !looksLikeFlag(next);
    if (takesNext) index++;
    if (takesNext && QUOTED_ITEM.test(next)) {
      notices.push(`item ${index + 1}: the quotes are part of the value: leave them out, a list needs none`);
    }
    if (takesNext) flags.push({ ...flag, value: next, isWhole: true });
    else flags.push(withoutQuotes(flag, once));
  }
  return checked(verb, flags, once);
}
function variablesOf(flags) {
  return flags.flatMap(
    ({ name, value = "" }) => ["--env", "--env-add", "--env-rm"].includes(name) ? [value.split("=", 1)[0] ?? ""] : []
  );
}
function labelsOf(flags) {
  const labels = flags.filter(({ name }) => name === "--label");
  return Object.fromEntries(
    labels.map(({ value = "" }) => {
      const [name = "", text2 = ""] = value.split(/=(.*)/s);
      return [name, text2];
    })
  );
}
function toldOnce(problems) {
  const told2 = /* @__PURE__ */ new Set();
  return (problem2) => {
    if (!told2.has(problem2)) problems.add(problem2);
    told2.add(problem2);
  };
}
function checked(verb, flags, tell) {
  for (const flag of flags) {
    const problem2 = flagProblem(verb, flag);
    if (problem2 !== void 0) tell(problem2);
  }
  const names = new Set(flags.map(({ name }) => name));
  if (names.has("--log-opt") && !names.has("--log-driver"))
    tell("docker ignores --log-opt without --log-driver: give both, also where the driver stays");
  return flags.map((flag) => ({ name: flag.name, value: flag.value, words: asWords(flag) }));
}
function commandBefore(words) {
  const [first, ...others] = words.slice(0, 4).map(({ text: text2 }) => text2);
  const start = first === "sudo" ? others : [first, ...others];
  const isCommand = start[0] === "docker" && start[1] === "service" && /^(?:create|update)$/.test(start[2] ?? "");
  return isCommand ? first === "sudo" ? 4 : 3 : 0;
}
function strayWord({ text: text2, line }, before) {
  if (/^\s+-/.test(text2)) {
    return `on line ${line} a backslash stands before a blank: write the text behind \`|\`, which keeps its lines, and not behind \`>\``;
  }
  if (before !== void 0 && SWITCHES.has(before.name) && /^(?:true|false)$/.test(text2)) {
    return `${before.spelling} takes no value: write it alone, or ${before.name}=true or ${before.name}=false`;
  }
  if (before === void 0) return `the first word belongs to no flag: ${NO_FLAG}`;
  const value = SWITCHES.has(before.name) ? "" : " and its value";
  return `the word behind ${before.spelling}${value} belongs to no flag: ${NO_FLAG}`;
}
function parseFlag(text2) {
  const long = /^(--[a-zA-Z][\w-]*)(?:(=|\s+)(.*))?$/s.exec(text2);
  const short = /^(-[a-zA-Z])(=|\s+|)(.*)$/s.exec(text2);
  const [, spelling, separator, rest] = long ?? short ?? [];
  if (spelling === void 0) return void 0;
  const hasValue = rest !== void 0 && (rest !== "" || separator === "=");
  return {
    name: LONG_NAMES[spelling] ?? spelling,
    spelling,
    value: hasValue ? rest : void 0,
    isJoined: long !== null && separator === "=",
    isWhole: false
  };
}
var QUOTED = /(?<=^|[=,])(?:'[^']*'|"(?:[^"\\]|\\.)*")(?=$|,)/gs;
var QUOTED_ITEM = /^(?:[^\s='"]+=)?(?:'[^']*'|"(?:[^"\\]|\\.)*")$/s;
function unquotedItem(item) {
  return /^(?:'[^']*'|"[^"]*")$/s.test(item) ? item.slice(1, -1) : item;
}
function withoutQuotes(flag, tell) {
  const { spelling, value } = flag;
  if (value === void 0 || !/['"]/.test(value)) return flag;
  const plain = value.replace(QUOTED, "");
  if (/['"]/.test(plain)) {
    tell(
      `the value of ${spelling} has quotes in it: put all of the value in single quotes as well if they are meant, or write it as an item of its own, which is taken as it stands`
    );
    return { ...flag, isWhole: true };
  }
  const isWhole = plain === "";
  return { ...flag, value: value.replace(QUOTED, (part) => shellWords(part).words[0]?.text ?? ""), isWhole };
}
var OTHER_FLAG = new RegExp(
  `(?:^|\\s)(?:--[a-zA-Z]|-[${Object.keys(LONG_NAMES).map((name) => name.slice(1)).join("")}](?:\\s|=|$))`
);
function flagProblem(verb, { name, spelling, value, isJoined, isWhole }) {
  const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : void 0;
  if (reserved !== void 0) return `${spelling} is not yours to give here, because ${reserved}`;
  const client = clientFlagProblem(verb, name, value);
  if (client !== void 0) return client;
  if (verb === "update" && LISTS.has(name))
    return `docker service update has no ${spelling}: write ${name}-add, or ${name}-rm`;
  const list3 = name.replace(/-(?:add|rm)$/, "");
  if (verb === "create" && list3 !== name && LISTS.has(list3))
    return `docker service create has no ${name}: write ${list3}`;
  if (value?.includes("\0"))
    return `the value of ${spelling} has a NUL character, which no argument can have: take it out`;
  if (/^--env(?:-add)?$/.test(name) && value?.startsWith("="))
    return `the value of ${spelling} has no name before the =: write NAME=value`;
  if (/^--label(?:-add|-rm)?$/.test(name) && value?.split("=", 1)[0] === RECORD_LABEL)
    return `the label ${RECORD_LABEL} is not yours to change, because this action notes there what its lists speak of: leave it off`;
  const relative = /^--mount(?:-add)?$/.test(name) && /(?:^|,)"?(?:source|src)=(\.{1,2}(?:[/\\][^,"]*)?)(?=[,"]|$)/.exec(value ?? "")?.[1];
  if (relative)
    return `the source ${shown2(relative)} of ${spelling} is a path of this runner, and none of the nodes: write an absolute path of the nodes, or use a volume or config`;
  if (SWITCHES.has(name)) {
    const isAlone = value === void 0 || isJoined && /^(?:true|false)$/.test(value);
    return isAlone ? void 0 : `${spelling} takes no value: write it alone, or ${name}=true or ${name}=false, and other flags as items of their own`;
  }
  if (value === void 0) return `${spelling} has no value: write it behind the flag, as in ${name}=VALUE`;
  if (!isWhole && OTHER_FLAG.test(value)) {
    return `there is another flag in the value of ${spelling}: write one flag an item, or put the value in quotes if all of it is meant`;
  }
  return void 0;
}
function clientFlagProblem(verb, name, value = "") {
  if (name === "--config" && verb === "update") {
    return `docker service update has no --config: write --config-add to attach a swarm config, ${CLIENT_CONFIG}`;
  }
  if (name === "--config" && /^(?:\/|\.{1,2}\/|~)/.test(value)) {
    return `--config is given a directory: write the name of a swarm config, ${CLIENT_CONFIG}`;
  }
  if (name === "--host" && (verb === "update" || value.includes("://"))) {
    const hosts = verb === "update" ? "--host-add" : "--host";
    return `--host does not choose the swarm here: ${CONNECTION} (a name in the containers is added by ${hosts} name:ip)`;
  }
  return void 0;
}
function needsValue(flag) {
  return flag.value === void 0 && !SWITCHES.has(flag.name);
}
function looksLikeFlag(item) {
  return /^\s*--?[a-zA-Z]/.test(item);
}
function asWords({ spelling, value, isJoined }) {
  if (value === void 0) return [spelling];
  return isJoined ? [`${spelling}=${value}`] : [spelling, value];
}

// src/inputs/variables.ts
var NAME4 = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
function variablesFrom(env, problems) {
  if (env === void 0) return {};
  if (env.kind === "text") {
    problems.add("this is only text: write a mapping such as `env: {LOG_LEVEL: debug}`, or a list of `LOG_LEVEL=debug`");
    return {};
  }
  const pairs = env.kind === "map" ? pairsOfMap(env, problems) : pairsOfList(env, problems);
  const known2 = /* @__PURE__ */ new Set();
  for (const [name, value] of pairs) {
    if (!NAME4.test(name)) {
      problems.add(`${shown2(name)} is no name of a variable: write letters, digits and _, no digit first`);
    } else if (known2.has(name)) problems.add(`${name} is given twice: leave one of the two`);
    else if (value.includes("\0"))
      problems.add(`the value of ${name} has a NUL character, which no variable can have: take it out`);
    known2.add(name);
  }
  return Object.fromEntries(pairs);
}
function pairsOfMap({ entries }, problems) {
  return entries.flatMap(({ key, value }) => {
    if (value.kind !== "text") {
      problems.add(
        `the value of ${shown2(key)} is a ${value.kind === "map" ? "mapping" : "list"}: put it in quotes to make it text`
      );
      return [];
    }
    if (value.value === "" && value.style === "plain") {
      problems.add(`${shown2(key)} has no value: write \`${key}: ""\` if it shall be empty`);
      return [];
    }
    return [[key, value.value]];
  });
}
function pairsOfList({ items }, problems) {
  return items.flatMap((item, index) => {
    if (item.kind !== "text") {
      problems.add(`item ${index + 1} is no text: write it as \`KEY=value\`, in quotes if it holds a colon and a blank`);
      return [];
    }
    const separator = item.value.indexOf("=");
    if (separator >= 0)
      return [[item.value.slice(0, separator).trim(), item.value.slice(separator + 1)]];
    problems.add(`item ${index + 1} has no value: write it as \`KEY=value\`, or \`KEY=\` if it shall be empty`);
    return [];
  });
}

// src/inputs/services.ts
var KEYS2 = [
  "name",
  "image",
  "auth-config",
  "replicas",
  "env",
  "command",
  "create",
  "create-args",
  "update-args",
  ...POLICY_KEYS
];
function entryKeys(strategies) {
  return [...KEYS2, ...strategyKeys(strategies)];
}
var OTHER_NAMES3 = {
  args: "command",
  cmd: "command",
  config: "auth-config",
  environment: "env",
  rollback: "rollback-config",
  scale: "replicas",
  service: "name",
  tag: "image",
  update: "update-config"
};
var COMPOSE_KEYS = new Set(
  "build configs container_name depends_on deploy entrypoint environment env_file expose healthcheck hostname labels logging networks ports restart secrets services stop_grace_period user version volumes working_dir".split(
    " "
  )
);
var NOT_COMPOSE = "this action's `services` is no compose file: give what the service needs in `create-args`, as flags of docker service create";
var LONGEST_PLACE = 63;
var MOST_REPLICAS = 1e6;
var PAIR = "`web: ghcr.io/org/web:1.2`";
function servicesFromText(text2, forAll, problems) {
  const { root, problems: wrong } = parseYaml(text2);
  for (const { line, column, reason } of wrong) problems.add(`services line ${line}, column ${column}: ${reason}`);
  if (wrong.length > 0) return [];
  const entries = entriesOf2(root, entryKeys(forAll.strategies), problems.at("services"));
  const requests = entries.flatMap((entry) => requestFromEntry(entry, forAll, problems.at(entry.place)) ?? []);
  checkNames(entries, problems);
  return requests;
}
function entriesOf2(root, keys, problems) {
  if (root === void 0 || root.kind === "text") {
    problems.add(`this is only text: write pairs such as ${PAIR}, with a blank after the colon, or a list of entries`);
    return [];
  }
  if (root.kind === "list" || isOneEntry(root, keys)) return entriesOfList(root.kind === "list" ? root.items : [root]);
  const compose = root.entries.find(({ key, value }) => key === "services" && value.kind !== "text");
  if (compose !== void 0) {
    problems.add(`line ${compose.line} has the key \`services\`: ${NOT_COMPOSE}; write only pairs such as ${PAIR}`);
    return [];
  }
  return root.entries.map(({ key, value }) => ({ place: placeOf(key), name: key, value }));
}
function isOneEntry({ entries }, keys) {
  return entries.some(({ key }) => key === "name") && entries.every(({ key }) => isKnown(key, keys));
}
function entriesOfList(items) {
  return items.map((value, index) => {
    const name = value.kind === "map" ? valueAt(value, "name") : void 0;
    const text2 = name?.kind === "text" ? name.value.trim() : void 0;
    return { place: text2 ? placeOf(text2) : `services entry ${index + 1}`, name: text2, value };
  });
}
function placeOf(name) {
  return `services: ${name.slice(0, LONGEST_PLACE)}`;
}
function requestFromEntry(entry, forAll, problems) {
  const { value } = entry;
  if (value.kind === "list") {
    problems.add(`this is a list: write an image, as in ${PAIR}, or a mapping with the keys of an entry`);
    return void 0;
  }
  if (value.kind === "map") return requestFromMap(entry, value, forAll, problems);
  if (entry.name === void 0) {
    problems.add(
      `this is only text: write \`- name: web\` with an \`image\` below it, or leave the dashes off all pairs such as ${PAIR}`
    );
    return void 0;
  }
  problems.attempt(() => checkName(entry.name ?? ""));
  const image = problems.attempt(() => imageFrom(value.value.trim()));
  const nothingElse = { env: {}, create: false, updateArgs: [], ...replacementOf(void 0, forAll, problems) };
  return image && { name: entry.name, image, ...nothingElse };
}
function requestFromMap(entry, map, forAll, problems) {
  if (!checkKeys(entry, map, entryKeys(forAll.strategies), problems)) return void 0;
  const name = nameOf(entry, map, problems);
  const image = attemptAt(map, "image", problems, imageFrom);
  const authConfig = attemptAt(map, "auth-config", problems, nonEmpty);
  const replicas = attemptAt(map, "replicas", problems, (text2) => parseInteger(text2, 0, MOST_REPLICAS));
  const create2 = valueAt(map, "create") === void 0 ? false : attemptAt(map, "create", problems, parseBoolean);
  const env = variablesFrom(filledAt(map, "env"), problems.at("`env`"));
  const command = wordsAt(map, "command", problems);
  const notices = [];
  const createArgs = flagsAt(map, "create", problems, notices);
  const updateArgs = flagsAt(map, "update", problems, notices) ?? [];
  const own2 = {
    strategy: readStrategySettings((key) => textAt(map, key, problems), forAll.strategies, problems),
    policies: policiesOfEntry(map, problems)
  };
  if (create2 && valueAt(map, "image") === void 0) {
    problems.add("`create` is true, but there is no `image`: write the image to make the service from");
  }
  const asked = [
    ...["image", "replicas", "command", "create-args"].map((key) => valueAt(map, key)),
    ...["env", "update-args", ...POLICY_KEYS].map((key) => filledAt(map, key)),
    ...RETIRED_KEYS.map((key) => valueAt(map, key))
  ];
  if (create2 === false && asked.every((value) => value === void 0)) {
    problems.add(
      "nothing is asked for: write at least one of `image`, `replicas`, `env`, `command`, `create-args`, `update-args` or `update-config`"
    );
  }
  if (command !== void 0 && updateArgs.some(({ name: name2 }) => name2 === "--args"))
    problems.add("`command` and the flag --args are both given: leave one of the two");
  const replacement = replacementOf(own2, forAll, problems);
  for (const flags of [createArgs ?? [], updateArgs]) {
    checkGivenOnce(map, env, flags, problems);
    checkPolicyFlags(replacement.policies, flags, problems);
  }
  return {
    name,
    ...image === void 0 ? {} : { image },
    ...authConfig === void 0 ? {} : { authConfig },
    ...replicas === void 0 ? {} : { replicas },
    env,
    create: create2 ?? false,
    ...command === void 0 ? {} : { command },
    ...createArgs === void 0 ? {} : { createArgs },
    updateArgs,
    ...notices.length === 0 ? {} : { notices },
    ...replacement
  };
}
function checkKeys({ name }, map, keys, problems) {
  const unknown = map.entries.filter(({ key }) => !isKnown(key, keys));
  const [only, ...others] = map.entries;
  if (only !== void 0 && others.length === 0 && unknown.length === 1 && name === void 0 && only.value.kind === "text") {
    problems.add(
      `\`${only.key}\` is no key of an entry: leave the dashes off all \`name: image\` pairs, or write \`- name: ${only.key}\` with an \`image\` below it`
    );
    return false;
  }
  for (const { key, line } of unknown) {
    const closest = closestKey(key, keys, OTHER_NAMES3);
    problems.add(`line ${line} has the unknown key ${shown2(key)}: ${adviceFor2(key, closest, keys)}`);
  }
  return unknown.length === 0;
}
function isKnown(key, keys) {
  return keys.includes(key) || RETIRED_KEYS.includes(key);
}
function adviceFor2(key, closest, keys) {
  const flag = `--${key.replaceAll("_", "-")}`;
  const policy2 = settingMeantBy(key);
  if (policy2 !== void 0) return `write it in \`update-config\`, as in \`update-config: {${policy2}: …}\``;
  if (closest !== void 0) return keyAdvice(closest, keys);
  if (isCreateFlag(flag)) return `that is a flag of docker service create: write \`${flag}\` in \`create-args\``;
  return COMPOSE_KEYS.has(key) ? NOT_COMPOSE : keyAdvice(closest, keys);
}
function nameOf(entry, map, problems) {
  const inside = textAt(map, "name", problems);
  if (inside === void 0 && entry.name === void 0) {
    if (valueAt(map, "name") === void 0) problems.add("`name` is missing: write the name of the service");
    return "";
  }
  const name = entry.name ?? inside ?? "";
  if (inside !== void 0 && inside !== name) {
    problems.add(`\`name\` is ${shown2(inside)} here: leave it out, or write the same name before the colon`);
  }
  problems.attempt(() => checkName(name));
  return name;
}
function checkName(name) {
  if (name === "") throw new UserError("the name is empty: write the name of the service");
  const problem2 = nameProblem(name, "a service");
  if (problem2 !== void 0) throw new UserError(problem2);
}
function checkNames(entries, problems) {
  const known2 = /* @__PURE__ */ new Set();
  for (const { name = "" } of entries) {
    const key = name.toLowerCase();
    if (key !== "" && known2.has(key))
      problems.add(`${placeOf(name)}: the service is given twice: put all of it into one entry`);
    known2.add(key);
  }
}
function imageFrom(text2) {
  try {
    return withTagDefault(parseReference(text2));
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw new UserError(error.message.replace(/^The/, "the"));
  }
}
function nonEmpty(text2) {
  if (text2 === "") throw new UserError("it is empty: write the name of a config, or leave the key out");
  return text2;
}
function attemptAt(map, key, problems, parse) {
  const text2 = textAt(map, key, problems);
  return text2 === void 0 ? void 0 : problems.at(`\`${key}\``).attempt(() => parse(text2));
}
function flagsAt(map, verb, problems, notices) {
  const key = `${verb}-args`;
  const value = valueAt(map, key);
  const here = problems.at(`\`${key}\``);
  if (value?.kind === "map") {
    here.add("this is a mapping: write a list of flags such as `- --update-order=start-first`");
    return void 0;
  }
  if (value?.kind !== "list") return value && filledAt(map, key) && flagsOfText(verb, value.value, here);
  const items = textsOf(value, here);
  const told2 = [];
  const flags = items && flagsOfItems(verb, items, here, told2);
  notices.push(...told2.map((notice) => `\`${key}\`: ${notice}`));
  return flags;
}
function wordsAt(map, key, problems) {
  const value = valueAt(map, key);
  const here = problems.at(`\`${key}\``);
  if (value === void 0) return void 0;
  if (value.kind === "map") {
    here.add("this is a mapping: write one text such as `serve --port 80`, or a list of words");
    return void 0;
  }
  if (value.kind === "list") {
    const words2 = textsOf(value, here);
    if (words2?.some((word) => word.includes("\0")))
      here.add("a word has a NUL character, which no argument can have: take it out");
    return words2;
  }
  const { words, problems: unread } = shellWords(value.value);
  for (const problem2 of unread) here.add(`${problem2}; a shell in the container runs all of it as \`sh -c '…'\``);
  return words.map(({ text: text2 }) => text2);
}
function textsOf({ items }, problems) {
  const index = items.findIndex((item) => item.kind !== "text");
  if (index < 0) return items.flatMap((item) => item.kind === "text" ? [item.value] : []);
  problems.add(
    `item ${index + 1} is no text, because of a colon and a blank or a bracket in it: put the item in quotes`
  );
  return void 0;
}
function checkGivenOnce(map, env, flags, problems) {
  if (valueAt(map, "replicas") !== void 0 && flags.some(({ name }) => name === "--replicas")) {
    problems.add("`replicas` and the flag --replicas are both given: leave one of the two");
  }
  for (const name of variablesOf(flags)) {
    if (Object.hasOwn(env, name)) problems.add(`${name} is given both in \`env\` and by a flag: leave one of the two`);
  }
}

// src/inputs/stack.ts
import { existsSync } from "node:fs";
import { dirname, join as join3, resolve as resolve3 } from "node:path";

// src/docker/cli/ruling-variables.ts
var RULES_DOCKER = /^(DOCKER_.*|HOME|USERPROFILE|PATH|TMPDIR|TEMP|TMP|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|GO[A-Z]+|OTEL_.*)$/i;
function rulesDocker(name) {
  return RULES_DOCKER.test(name);
}
function variablesRulingDocker(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => rulesDocker(name)));
}

// src/runner/group-by.ts
function groupBy(items, keyOf2) {
  const groups = /* @__PURE__ */ new Map();
  for (const item of items) {
    const key = keyOf2(item);
    const group = groups.get(key);
    if (group === void 0) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

// src/inputs/compose/keys.ts
var SECTIONS = ["services", "networks", "volumes", "secrets", "configs"];
var SERVICE_KEYS = "build cap_add cap_drop cgroup_parent cgroupns_mode command configs container_name credential_spec depends_on deploy devices dns dns_search domainname entrypoint env_file environment expose external_links extra_hosts healthcheck hostname image init ipc isolation labels links logging mac_address network_mode networks oom_score_adj pid ports privileged read_only restart secrets security_opt shm_size stdin_open stop_grace_period stop_signal sysctls tmpfs tty ulimits user userns_mode volumes working_dir".split(
  " "
);
var POLICY = "parallelism delay failure_action monitor max_failure_ratio order";
var REFERENCE = "source target uid gid mode";
var KEYS_INSIDE = {
  bind: "propagation",
  configs: REFERENCE,
  credential_spec: "config file registry",
  deploy: "mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement",
  discrete_resource_spec: "kind value",
  generic_resources: "discrete_resource_spec",
  healthcheck: "disable interval retries test timeout start_period start_interval",
  ipam: "driver config",
  limits: "cpus memory pids",
  logging: "driver options",
  networks: "aliases driver_opts ipv4_address ipv6_address",
  placement: "constraints preferences max_replicas_per_node",
  ports: "mode target published protocol",
  preferences: "spread",
  reservations: "cpus memory generic_resources",
  resources: "limits reservations",
  restart_policy: "condition delay max_attempts window",
  rollback_config: POLICY,
  secrets: REFERENCE,
  tmpfs: "size",
  ulimits: "hard soft",
  update_config: POLICY,
  volume: "nocopy",
  volumes: "type source target read_only consistency bind volume tmpfs"
};
var KEYS_OF_OBJECTS = {
  configs: "name file external labels template_driver",
  networks: "name driver driver_opts ipam external internal attachable labels",
  secrets: "name file external labels driver driver_opts template_driver",
  volumes: "name driver driver_opts external labels"
};
var OF_COMPOSE_INSIDE = {
  count: "write `generic_resources`",
  create_host_path: "Swarm makes no directories: leave it out, and make it on the nodes",
  devices: "write `generic_resources`",
  enable_ipv6: "leave it out: docker stack makes no such networks, write the network as `external: true`",
  gateway: "leave it out: docker stack takes only `subnet`",
  gw_priority: "leave it out",
  ip_range: "leave it out: docker stack takes only `subnet`",
  link_local_ips: "leave it out",
  priority: "leave it out",
  selinux: "a service cannot label files for SELinux: label the directory on the nodes"
};
function adviceInside(path, key) {
  const [section = "", _name, ...inner] = path;
  const parent = inner.findLast((part) => !/^\d+$/.test(part));
  const known2 = (parent === void 0 ? own(KEYS_OF_OBJECTS, section) : own(KEYS_INSIDE, parent))?.split(" ") ?? [];
  const closest = closestKey(key, known2) ?? closestKey(key.replaceAll("-", "_"), known2);
  if (closest !== void 0) return `did you mean \`${closest}\`?`;
  return own(OF_COMPOSE_INSIDE, key) ?? (known2.length === 0 ? "leave it out" : `it knows ${listed(known2)} there`);
}
function own(table, key) {
  return Object.hasOwn(table, key) ? table[key] : void 0;
}
var BY_LIMITS = 'write `deploy: {resources: {limits: {cpus: "0.5", memory: 512M}}}`';
var REFUSED = {
  annotations: "Swarm keeps only labels: write `labels`, or leave it out",
  cpu_count: BY_LIMITS,
  cpu_percent: BY_LIMITS,
  cpu_period: BY_LIMITS,
  cpu_quota: BY_LIMITS,
  cpu_shares: BY_LIMITS,
  cpus: BY_LIMITS,
  cpuset: "Swarm cannot bind tasks to processors: leave it out",
  extends: "docker stack cannot extend services: write the keys out, or use a YAML anchor",
  gpus: "write `deploy: {resources: {reservations: {generic_resources: …}}}`",
  mem_limit: BY_LIMITS,
  mem_reservation: "write `deploy: {resources: {reservations: {memory: 512M}}}`",
  memswap_limit: BY_LIMITS,
  pids_limit: "write `deploy: {resources: {limits: {pids: 100}}}`",
  platform: 'choose nodes: write `deploy: {placement: {constraints: ["node.platform.arch == aarch64"]}}`',
  profiles: "Swarm would always deploy the service: put it into a compose file of its own, or leave the key out",
  scale: "write `deploy: {replicas: 2}`",
  volume_driver: "write the driver in the top-level `volumes`",
  volumes_from: "name the volume in the `volumes` of each service"
};
var DROPPED = {
  attach: "it is for `docker compose up` only",
  depends_on: "Swarm starts all services at once: let a program wait for what it needs, or fail and be restarted",
  develop: "it is for `docker compose watch` only",
  expose: "services of one network reach each other on every port",
  pull_policy: "every image is looked up in its registry anyway"
};
var IGNORED = {
  build: "build and push the image in an earlier step",
  cgroup_parent: "leave it out",
  container_name: "Swarm names the containers itself: leave it out",
  devices: "use `generic_resources`, or leave it out",
  domainname: "write the whole name in `hostname`",
  external_links: "put both into one network, where they find each other by name",
  ipc: "leave it out",
  links: "services of one network find each other by name: leave it out",
  mac_address: "leave it out",
  network_mode: "write `networks`",
  pid: "leave it out",
  privileged: "write `cap_add`",
  restart: "write `deploy: {restart_policy: {condition: any}}`",
  security_opt: "leave it out",
  shm_size: "mount a `tmpfs` at /dev/shm",
  tmpfs: "write `volumes: [{type: tmpfs, target: /run}]`",
  userns_mode: "leave it out"
};

// src/inputs/compose/short-forms.ts
function addressOfPort(port) {
  const address = port.split(":").slice(0, -2).join(":").replace(/^\[(.*)\]$/, "$1");
  return meansAllAddresses(address) ? "" : address;
}
function meansAllAddresses(address) {
  return /^(?:0+(?:\.0+){3}|[0:]*:[0:]*)$/.test(address);
}
var PROPAGATIONS = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];
var VOLUME_OPTIONS = ["ro", "rw", "nocopy", ...PROPAGATIONS];
function unknownVolumeOptions(volume) {
  const [, , options] = volumeSections(volume);
  return options === void 0 ? [] : options.split(",").filter((option) => !VOLUME_OPTIONS.includes(option));
}
function namedVolume(volume) {
  const [source = "", target] = volumeSections(volume);
  const isPath = new RegExp("^(?:[./~]|\\\\\\\\|\\p{L}:)", "u").test(source);
  return volume.length <= 2 || source === "" || target === void 0 || isPath ? void 0 : source;
}
function volumeSections(volume) {
  const parts = volume.split(":");
  const sections = [];
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? "";
    const isDrive = new RegExp("^\\p{L}$", "u").test(part) && at + 1 < parts.length;
    sections.push(isDrive ? `${part}:${parts[++at] ?? ""}` : part);
  }
  return sections;
}
function volumeOptionAdvice(option) {
  if (/^z$/i.test(option)) return "a service cannot label files for SELinux: label the directory on the nodes";
  if (["cached", "delegated", "consistent"].includes(option)) return "it is for Docker Desktop: leave it out";
  return "docker stack knows `ro`, `rw`, `nocopy` and the propagations of a bind: leave it out";
}
function hasComment(command) {
  let quote = "";
  let isInWord = false;
  for (let at = 0; at < command.length; at++) {
    const char = command[at] ?? "";
    if (char === "\\" && quote !== "'") {
      at++;
      isInWord = true;
    } else if (quote !== "") {
      if (char === quote) quote = "";
    } else if (char === "#" && !isInWord) return true;
    else {
      isInWord = !/[ \t\r\n]/.test(char);
      if (char === '"' || char === "'") quote = char;
    }
  }
  return false;
}

// src/inputs/compose/references.ts
function referencesOf(service, lookUp) {
  if (service.kind !== "map") return [];
  return service.entries.flatMap(({ key, value }) => {
    if (key === "networks") return namesOf(value).map((one) => ({ section: "networks", ...one }));
    if (key === "secrets" || key === "configs") return sourcesOf2(value).map((one) => ({ section: key, ...one }));
    if (key === "volumes") return volumesOf(value).map((one) => ({ section: "volumes", ...one }));
    if (key !== "credential_spec" || value.kind !== "map") return [];
    return nameOf3(entryAt(value, "config")).map((one) => ({ section: "configs", ...one }));
  });
  function namesOf(value) {
    if (value.kind === "map") return value.entries.map(({ key, line }) => ({ name: key, line }));
    return value.kind === "list" ? value.items.flatMap(nameOf3) : [];
  }
  function nameOf3(value) {
    return value?.kind === "text" ? filled(value).map((name) => ({ name, line: value.line })) : [];
  }
  function sourcesOf2(value) {
    if (value.kind !== "list") return [];
    return value.items.flatMap((item) => nameOf3(item.kind === "map" ? entryAt(item, "source") : item));
  }
  function volumesOf(value) {
    if (value.kind !== "list") return [];
    return value.items.flatMap((item) => {
      if (item.kind === "text") {
        const names = filled(item).flatMap((spec) => namedVolume(spec) ?? []);
        return names.map((name) => ({ name, line: item.line }));
      }
      if (item.kind !== "map") return [];
      const type = entryAt(item, "type");
      const isVolume = type?.kind === "text" && filled(type)[0] === "volume";
      return isVolume ? nameOf3(entryAt(item, "source")).filter(({ name }) => name !== "") : [];
    });
  }
  function filled({ value }) {
    return isFillable(value, lookUp) ? [filledIn(value, lookUp)] : [];
  }
}

// src/inputs/compose/service-env-file.ts
var LONGEST_LINE_BYTES = 64 * 1024;
var BLANKS = /^[\t\v\f\r \u0085\p{Z}]+/u;
function parseServiceEnvFile(text2) {
  const variables2 = [];
  const problems = [];
  for (const [index, raw3] of text2.replace(/^\uFEFF/, "").split("\n").entries()) {
    const line = index + 1;
    const content = raw3.replace(/\r$/, "").replace(BLANKS, "");
    if (content === "" || content.startsWith("#")) continue;
    const separator = content.indexOf("=");
    const name = separator < 0 ? content : content.slice(0, separator);
    const reason = problemOf(name, raw3);
    if (reason !== void 0) problems.push({ line, reason });
    else variables2.push({ name, value: separator < 0 ? void 0 : content.slice(separator + 1), line });
  }
  return { variables: variables2, problems };
}
function problemOf(name, line) {
  if (Buffer.byteLength(line) >= LONGEST_LINE_BYTES) {
    return "the line is longer than 64 kB, which docker does not read: put the value into a secret or config";
  }
  if (name === "") return "there is no name before the =: write NAME=value";
  if (/^export[ \t]/.test(name)) return "docker stack does not know `export` in an `env_file`: leave the word out";
  if (!/[ \t]/.test(name)) return void 0;
  return "this is no NAME=value, for the name has a blank in it: write one, or # before a comment";
}
var OTHERWISE = [
  [/^(["']).*\1$/s, "docker stack keeps the quotes around the value, which docker compose takes off: leave them out"],
  [/[ \t]#/, "docker stack keeps what looks like a comment behind the value: put it into a line of its own"],
  [
    /\$\{\w/,
    "docker stack fills in no variables in an `env_file`: write the value, or the variable under `environment`"
  ]
];
function readOtherwise({ variables: variables2 }, path) {
  return OTHERWISE.flatMap(([pattern, said]) => {
    const [first, ...others] = variables2.filter(({ value }) => value !== void 0 && pattern.test(value));
    if (first === void 0) return [];
    const more = others.map(({ name, line }) => `${name} in line ${line}`).join(", ");
    return [`${path} line ${first.line}: ${first.name}: ${said}${more === "" ? "" : ` (also ${more})`}`];
  });
}

// src/inputs/compose/adapt.ts
var SOURCE_LABEL = "swarm-deploy.source";
var NO_FILE = "/dev/null";
var OF_DOCKER = ["DOCKER_API_VERSION", "DOCKER_CONFIG", "DOCKER_CONTEXT", "DOCKER_HOST"];
function adaptCompose(files, lookUp, problems, readEnvFile) {
  const lint = new Lint(files, lookUp, problems, readEnvFile);
  const adapted = files.map((file) => lint.adapt(file));
  lint.checkReferences();
  lint.checkImages();
  checkSources(files, lookUp, problems);
  const variables2 = [...lint.variables].filter((name) => !rulesDocker(name));
  return { files: adapted, notices: lint.notices(), warnings: lint.warnings(), variables: variables2 };
}
var Lint = class {
  variables = /* @__PURE__ */ new Set();
  #files;
  #lookUp;
  #problems;
  #dropped = /* @__PURE__ */ new Map();
  #ignored = /* @__PURE__ */ new Map();
  #readEnvFile;
  #notices = /* @__PURE__ */ new Set();
  #warnings = /* @__PURE__ */ new Set();
  /** Substitutions that were told: what an alias stands for is looked at in each of its places. */
  #told = /* @__PURE__ */ new Set();
  constructor(files, lookUp, problems, readEnvFile) {
    this.#files = files;
    this.#lookUp = lookUp;
    this.#problems = problems;
    this.#readEnvFile = readEnvFile;
  }
  notices() {
    return [...this.#notices, ...mentions(this.#dropped, "is left out")];
  }
  warnings() {
    return [...mentions(this.#ignored, "is ignored by Swarm"), ...this.#warnings];
  }
  adapt({ path, root }) {
    const entries = root.entries.flatMap((entry) => {
      const { key, value, line } = entry;
      const here = this.#problems.at(`${path} line ${line}`);
      if (key === "name") {
        this.#notices.add(`${path} line ${line}: \`name\` is left out: the input \`stack\` names the stack`);
        return [];
      }
      if (key === "version") {
        this.#version(path, line, value);
        return [];
      }
      if (key.startsWith("x-")) return [];
      if (!isSection(key)) {
        const advice = key === "include" ? "give every file in the input `compose-file`" : `write one of ${listed([...SECTIONS], "disjunction")}`;
        here.add(`docker stack does not know the top-level key ${shown2(key)}: ${advice}`);
        return [];
      }
      if (isNothing(value)) return [];
      if (value.kind !== "map") {
        here.add(`\`${key}\` is a ${value.kind}: write a mapping with a name for each of them`);
        return [];
      }
      const all = this.#problems;
      this.#problems = new Problems();
      const adapted = mapValues(value, (name, inner) => this.#object(key, path, name, inner));
      const others = this.#problems;
      this.#problems = all;
      this.#variablesOf(path, adapted);
      all.take(others);
      const fill = (one) => ({ ...one, value: partlyFilledIn(one.value, rulesDocker, this.#lookUp) });
      return [{ key, line, value: mapTexts(adapted, fill) }];
    });
    return { ...root, entries };
  }
  /** Every network, volume, secret and config that a service names must be defined in one of the files. */
  checkReferences() {
    const defined = (section) => new Set(this.#files.flatMap(({ root }) => mapAt(root, section).map(({ key }) => key)));
    const known2 = Object.fromEntries(SECTIONS.map((section) => [section, defined(section)]));
    for (const { path, root } of this.#files) {
      for (const { key: service, value } of mapAt(root, "services")) {
        for (const { section, name, line } of referencesOf(value, this.#lookUp)) {
          if (known2[section]?.has(name) || section === "networks" && name === "default") continue;
          const one = section.slice(0, -1);
          this.#problems.add(
            `${path} line ${line}: the service ${service} uses the ${one} ${name}, which no file defines: add it to the top-level \`${section}\`, or correct the name`
          );
        }
      }
    }
  }
  /** Every service needs an image, in one of the files. */
  checkImages() {
    const services = this.#files.flatMap(
      ({ path, root }) => mapAt(root, "services").map((entry) => ({ path, ...entry }))
    );
    for (const [name, all] of groupBy(services, ({ key }) => key)) {
      const has = (key) => all.find(({ value: value2 }) => value2.kind === "map" && entryAt(value2, key) !== void 0);
      const [first] = all;
      if (first?.value.kind !== "map" || has("image") !== void 0) continue;
      const { path, value, line } = has("build") ?? first;
      const build = value.kind === "map" ? value.entries.find(({ key }) => key === "build") : void 0;
      const what = build === void 0 ? "has no `image`" : "has a `build` and no `image`, and Swarm does not build";
      this.#problems.add(
        `${path} line ${build?.line ?? line}: services.${name} ${what}: build and push in an earlier step, and name the result in \`image\``
      );
    }
  }
  /** It means nothing to docker any more, which only checks that it is one of its own. */
  #version(path, line, value) {
    const minor = value.kind === "text" ? /^3(?:\.(\d+))?$/.exec(value.value) : null;
    if (minor !== null && Number(minor[1] ?? 0) <= 13) return;
    this.#notices.add(`${path} line ${line}: \`version\` is left out: docker stack takes none but 3.0 to 3.13`);
  }
  #variablesOf(path, value) {
    if (value.kind === "list") for (const item of value.items) this.#variablesOf(path, item);
    if (value.kind === "map") for (const entry of value.entries) this.#variablesOf(path, entry.value);
    if (value.kind !== "text") return;
    this.#variablesOfText(path, value);
  }
  #variablesOfText(path, { value, line, style }) {
    for (const found of substitutionsIn(value, line + (style === "block" ? 1 : 0))) {
      if (found.kind === "variable") this.variables.add(found.name);
      for (const reason of this.#reasonsAgainst(found)) {
        this.#addOnce(`${path} line ${found.line}: ${reason}`);
      }
    }
  }
  #reasonsAgainst(found) {
    if (found.kind === "invalid") return [found.reason];
    const { name, needs, words, misread } = found;
    const reasons = [];
    if (isUnset(found, this.#lookUp)) {
      const state = this.#lookUp(name) === void 0 ? "not set" : "empty";
      const setIt = "set it in the `env` of the step or in an `env-file`";
      reasons.push(
        needs === "value" ? `the variable ${name} is ${state} and has no default: ${setIt}, or write \${${name}:-…}` : `the variable ${name} is ${state}${words.trim() === "" ? "" : `, of which the file says "${foreignLine(words.trim(), 300)}"`}: ${setIt}`
      );
    }
    if (misread !== "") {
      const what = needs === "default" ? "default" : "message";
      reasons.push(
        `docker stack takes the ${misread} in the ${what} of ${name} for the beginning of another: write the ${what} without ${misread}`
      );
    }
    return reasons;
  }
  #object(section, path, name, value) {
    if (section === "services") return this.#service(path, name, value);
    if (section === "secrets" || section === "configs") return this.#content(section, path, name, value);
    return value;
  }
  #service(path, name, service) {
    if (service.kind !== "map") {
      this.#problems.add(`${path} line ${service.line}: the service ${name} is empty: write at least its \`image\``);
      return service;
    }
    const fromFiles = this.#fromEnvFiles(service, path, name);
    const entries = service.entries.flatMap((entry) => {
      const { key, line, value } = entry;
      const here = this.#problems.at(`${path} line ${line}: services.${name}.${key}`);
      if (key.startsWith("x-")) return [];
      const dropped = own(DROPPED, key);
      if (dropped !== void 0) {
        mention(this.#dropped, key, dropped, `${path} line ${line}`, name);
        return [];
      }
      const refused = own(REFUSED, key);
      if (refused !== void 0) {
        here.add(`docker stack does not know it: ${refused}`);
        return [];
      }
      if (!SERVICE_KEYS.includes(key)) {
        const closest = closestKey(key, SERVICE_KEYS) ?? closestKey(key.replaceAll("-", "_"), SERVICE_KEYS);
        here.add(
          `docker stack does not know this key: ${closest === void 0 ? "leave it out" : `did you mean \`${closest}\`?`}`
        );
        return [];
      }
      if (isNothing(value) && (key === "command" || key === "entrypoint")) return [];
      const ignored = own(IGNORED, key);
      if (ignored !== void 0 && !this.#obeysRestart(entry, name)) {
        mention(this.#ignored, key, ignored, `${path} line ${line}`, name);
        return key === "restart" && !this.#hasRestartPolicy(name) ? [entry] : [];
      }
      if (key === "credential_spec") checkCredentialSpec(value, here);
      if (key === "ports") return [{ ...entry, value: mapItems(value, (port) => this.#port(port, path, name)) }];
      if (key === "env_file") return [];
      if (key === "environment") return [{ ...entry, value: this.#environment(value, fromFiles, here) }];
      this.#warnOfSilence(entry, path, name);
      return [entry];
    });
    if (fromFiles.length > 0 && entryAt(service, "environment") === void 0) {
      const all = { kind: "map", line: service.line, entries: fromFiles };
      entries.push({ key: "environment", line: service.line, value: all });
    }
    return { ...service, entries };
  }
  /** docker stack says that it ignores `restart`, and yet makes a policy of it where there is none. */
  #obeysRestart({ key, value }, service) {
    const isOnFailure = value.kind === "text" && this.#filled(value).startsWith("on-failure");
    return key === "restart" && isOnFailure && !this.#hasRestartPolicy(service);
  }
  /** In any of the files, which docker merges first. */
  #hasRestartPolicy(service) {
    return this.#files.some(({ root }) => {
      const value = mapAt(root, "services").find(({ key }) => key === service)?.value;
      const deploy = value?.kind === "map" ? entryAt(value, "deploy") : void 0;
      return deploy?.kind === "map" && entryAt(deploy, "restart_policy") !== void 0;
    });
  }
  /** What docker leaves out of a value without a word. */
  #warnOfSilence({ key, line, value }, path, service) {
    const warn = (at, said) => this.#warnings.add(`${path} line ${at}: services.${service}.${key}: ${said}`);
    if ((key === "command" || key === "entrypoint") && value.kind === "text" && hasComment(this.#filled(value))) {
      warn(line, "docker takes a word that begins with # for a comment, and leaves out what follows: put it in quotes");
    }
    if (key === "volumes") {
      for (const item of itemsOf(value)) {
        if (item.kind !== "text") continue;
        for (const option of unknownVolumeOptions(this.#filled(item))) {
          const place = `${path} line ${item.line}`;
          mention(this.#ignored, `volumes: …:${foreignLine(option, 40)}`, volumeOptionAdvice(option), place, service);
        }
      }
    }
    if (key === "extra_hosts") {
      const incomplete = value.kind === "map" ? value.entries.filter((entry) => isNothing(entry.value)) : itemsOf(value).filter((item) => item.kind === "text" && !/[:=]/.test(this.#filled(item)));
      for (const one of incomplete) warn(one.line, "docker leaves out a host without an address: write `name:address`");
    }
    if (key !== "networks" || value.kind !== "map") return;
    for (const network of value.entries) {
      for (const entry of network.value.kind === "map" ? network.value.entries : []) {
        if (!/^ipv[46]_address$/.test(entry.key)) continue;
        const advice = "Swarm chooses the addresses of tasks itself: leave it out, and use the name of the service";
        mention(this.#ignored, `networks.${entry.key}`, advice, `${path} line ${entry.line}`, service);
      }
    }
  }
  #filled({ value }) {
    return filledIn(value, this.#lookUp);
  }
  /**
   * What the files of variables give a service, as docker stack reads them: they are put into `environment`, for which
   * docker has the same rules.
   */
  #fromEnvFiles(service, path, name) {
    const given = entryAt(service, "env_file");
    const variables2 = /* @__PURE__ */ new Map();
    for (const item of given === void 0 || isNothing(given) ? [] : itemsOf(given)) {
      const here = this.#problems.at(`${path} line ${item.line}: services.${name}.env_file`);
      const file = envFileOf(item, here);
      if (file === void 0) continue;
      this.#variablesOfText(path, file.path);
      const filePath = this.#filled(file.path);
      const place = this.#problems.at(`${path} line ${file.path.line}: services.${name}.env_file ${filePath}`);
      if (filePath === "") {
        place.add("the path is empty: write the path of a file of this job");
        continue;
      }
      const content = place.attempt(() => ({ text: this.#readEnvFile(filePath) }));
      if (content === void 0) continue;
      if (content.text === void 0) {
        if (file.isRequired)
          place.add(
            "there is no such file: write the path of a file of this job, absolute or relative to the directory of the first compose file"
          );
        else
          this.#notices.add(
            `${path} line ${file.path.line}: \`env_file\` ${filePath} is left out (${name}): it is not there, and not required`
          );
        continue;
      }
      const read2 = parseServiceEnvFile(content.text);
      for (const { line, reason } of read2.problems) this.#addOnce(`${filePath} line ${line}: ${reason}`);
      if (!file.isRaw) for (const warning of readOtherwise(read2, filePath)) this.#warnings.add(warning);
      for (const { name: key, value, line } of read2.variables) {
        const own2 = this.#valueOf(key, value, this.#problems.at(`${filePath} line ${line}`));
        if (own2 !== void 0) variables2.set(key, { key, line: item.line, value: text(escaped(own2), item.line) });
      }
    }
    return [...variables2.values()];
  }
  /**
   * The value of a variable of a service: one without a value, or with an empty one, takes the step's, as docker has it
   * (cli/compose/loader, updateEnvironment). The runner's own are not among the step's.
   *
   * @param given with its variables filled in; `undefined` when there is none
   */
  #valueOf(name, given, here) {
    if (given !== void 0 && given !== "") return given;
    const own2 = this.#lookUp(name);
    if (own2 === void 0 && OF_DOCKER.includes(name)) {
      here.add(
        `${name} has no value, and docker would put its own there: set it in the \`env\` of the step, or leave it out`
      );
    }
    return own2 ?? given;
  }
  /** The same for what stands in the file: docker finds the step's value itself, unless it would obey the variable. */
  #replacement(name, given, here) {
    const value = this.#valueOf(name, given, here);
    if (value !== given && !rulesDocker(name)) this.variables.add(name);
    return value !== given && rulesDocker(name) ? value : void 0;
  }
  #environment(environment, fromFiles, here) {
    if (environment.kind === "list") {
      const names = /* @__PURE__ */ new Set();
      const items = environment.items.map((item) => {
        if (item.kind !== "text") return item;
        const [name = "", ...rest] = this.#filled(item).split("=");
        names.add(name);
        const value = this.#replacement(name, rest.length === 0 ? void 0 : rest.join("="), here);
        return value === void 0 ? item : text(escaped(`${name}=${value}`), item.line);
      });
      const others2 = fromFiles.filter(({ key }) => !names.has(key));
      const pairs = others2.map(({ key, value, line }) => text(`${escaped(key)}=${value.value}`, line));
      return { ...environment, items: [...pairs, ...items] };
    }
    if (environment.kind !== "map") return environment;
    const entries = environment.entries.map((entry) => {
      const { key, value } = entry;
      if (value.kind !== "text") return entry;
      const own2 = this.#replacement(key, isNothing(value) ? void 0 : this.#filled(value), here);
      return own2 === void 0 ? entry : { ...entry, value: text(escaped(own2), value.line) };
    });
    const others = fromFiles.filter(({ key }) => !entries.some((entry) => entry.key === key));
    return { ...environment, entries: [...others, ...entries] };
  }
  #addOnce(problem2) {
    if (!this.#told.has(problem2)) this.#problems.add(problem2);
    this.#told.add(problem2);
  }
  /** What `docker compose config` writes as text, `docker stack` wants as a number. */
  #port(port, path, service) {
    if (port.kind === "text") {
      const address = addressOfPort(this.#filled(port));
      if (address !== "") this.#refuseAddress(`the address ${shown2(address)}`, `${path} line ${port.line}`, service);
    }
    if (port.kind !== "map") return port;
    const entries = port.entries.flatMap((entry) => {
      const { key, value, line } = entry;
      const here = this.#problems.at(`${path} line ${line}: services.${service}.ports`);
      if (key === "name" || key === "app_protocol") {
        mention(this.#dropped, `ports.${key}`, "it says nothing to Swarm", `${path} line ${line}`, service);
        return [];
      }
      if (key === "host_ip") {
        if (value.kind === "text" && meansAllAddresses(this.#filled(value))) {
          mention(
            this.#dropped,
            "ports.host_ip",
            "Swarm publishes on all addresses anyway",
            `${path} line ${line}`,
            service
          );
        } else this.#refuseAddress("`host_ip`", `${path} line ${line}`, service);
        return [];
      }
      if (key !== "published" && key !== "target" || value.kind !== "text" || value.style === "plain") return [entry];
      if (/^\d+$/.test(value.value)) return [{ ...entry, value: { ...value, style: "plain" } }];
      if (!value.value.includes("$")) {
        here.add(
          `\`${key}\` is ${shown2(value.value)}, which is no single port: write one number, and an entry for each`
        );
      }
      return [entry];
    });
    return { ...port, entries };
  }
  #refuseAddress(what, place, service) {
    this.#addOnce(
      `${place}: services.${service}.ports: ${what}: Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall`
    );
  }
  /** The content of a secret or config may stand in the file, or in a variable: docker stack knows only files. */
  #content(section, path, name, value) {
    const what = `${section}.${name}`;
    if (value.kind !== "map") {
      this.#problems.add(`${path} line ${value.line}: ${what} is empty: write its \`file\`, or \`external: true\``);
      return value;
    }
    const given = sourcesOf(value);
    if (given.length > 1) {
      this.#problems.add(`${path} line ${value.line}: ${what} has ${listed(given)}: leave one of them`);
    }
    const source = value.entries.find(({ key: key2 }) => SOURCES.includes(key2) || key2 === "driver");
    if (source === void 0 || given.includes("external")) return value;
    const { key, value: inner, line } = source;
    if (key !== "driver" && (inner.kind !== "text" || isNothing(inner))) {
      this.#problems.add(`${path} line ${line}: ${what}.${key} is no text: put it in quotes`);
      return value;
    }
    const words = inner.kind === "text" && key !== "driver" ? inner.value : "";
    const label2 = text(`${key}:${name.replaceAll("$", "$$$$")}:${words}`, line);
    const others = value.entries.filter((entry) => !SOURCES.includes(entry.key));
    const file = key === "driver" ? [] : [{ key: "file", line, value: text(NO_FILE, line) }];
    return withLabel({ ...value, entries: [...others, ...file] }, SOURCE_LABEL, label2);
  }
};
function withLabel(object, name, value) {
  if (entryAt(object, "labels")?.kind !== "list") {
    return withEntries(object, ["labels"], [{ key: name, line: value.line, value }]);
  }
  const item = text(`${name}=${value.value}`, value.line);
  return mapValues(
    object,
    (_, one) => one === entryAt(object, "labels") && one.kind === "list" ? { ...one, items: [...one.items, item] } : one
  );
}
function checkCredentialSpec(value, problems) {
  const given = value.kind === "map" ? value.entries.map(({ key }) => key) : [];
  const sources = given.filter((key) => ["config", "file", "registry"].includes(key));
  if (sources.length === 1 && given.length === 1) return;
  const has = sources.length > 1 ? `it names ${listed(sources)}` : "it names no source";
  problems.add(`${has}: write exactly one of \`config\`, \`file\` and \`registry\``);
}
var ENV_FILE_KEYS = ["path", "required", "format"];
function envFileOf(item, problems) {
  if (item.kind === "text") return { path: item, isRequired: true, isRaw: false };
  const path = item.kind === "map" ? entryAt(item, "path") : void 0;
  if (item.kind !== "map" || path?.kind !== "text") {
    problems.add("this is no path: write the path of a file, or `{path: …, required: false}`");
    return void 0;
  }
  for (const { key } of item.entries.filter((entry) => !ENV_FILE_KEYS.includes(entry.key))) {
    problems.add(`it has the unknown key ${shown2(key)}: ${keyAdvice(closestKey(key, ENV_FILE_KEYS), ENV_FILE_KEYS)}`);
  }
  const textAt2 = (key) => {
    const value = entryAt(item, key);
    return value === void 0 ? "" : value.kind === "text" ? value.value.toLowerCase() : "?";
  };
  const required = textAt2("required");
  if (!["", "true", "false"].includes(required)) problems.add("`required` is neither true nor false: write one of them");
  const format = textAt2("format");
  if (!["", "raw"].includes(format)) {
    problems.add("`format` is not `raw`, which is how docker stack reads all of these files: leave it out");
  }
  return { path, isRequired: required !== "false", isRaw: format === "raw" };
}
function escaped(value) {
  return value.replaceAll("$", "$$$$");
}
function mention(all, key, advice, place, service) {
  const known2 = all.get(key);
  if (known2 === void 0) all.set(key, { place, advice, services: [service] });
  else if (!known2.services.includes(service)) known2.services.push(service);
}
function mentions(all, what) {
  return [...all].map(
    ([key, { place, advice, services }]) => `${place}: \`${key}\` ${what} (${services.join(", ")}): ${advice}`
  );
}
function isSection(key) {
  return SECTIONS.includes(key);
}

// src/inputs/compose/characters.ts
var TROUBLE = /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\r(?!\n)/u;
function characterProblem(text2) {
  const found = TROUBLE.exec(text2);
  if (found === null) return void 0;
  const before = text2.slice(0, found.index).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: reasonFor(found[0]) };
}
function reasonFor(char) {
  if (char === "\r") return "a carriage return stands alone: save the file with the line ends of Unix or Windows";
  if (char === "\0") return "there is a NUL character: take it out; if there are many, save the file as UTF-8";
  const code = (char.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
  const shown3 = `U+${code.toUpperCase()}`;
  const escaped2 = `"\\u${code}"`;
  return ["", "\u2028", "\u2029"].includes(char) ? `the character ${shown3} cannot be seen, and ends a line for docker: take it out, or write ${escaped2} in double quotes` : `the control character ${shown3} is not allowed in YAML: take it out, or write ${escaped2} in double quotes`;
}

// src/inputs/stack.ts
var USUAL_NAMES = ["compose", "docker-compose", "docker-stack"].flatMap((name) => [`${name}.yaml`, `${name}.yml`]);
var NAME5 = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;
var LONGEST_NAME3 = 50;
var OF_THE_RUNNER = /^(?:INPUT|STATE|ACTIONS)_/;
function readStack(inputs, replacement, env, problems) {
  const name = inputs.stack.trim();
  const prune = switchOf(inputs, "prune", problems);
  const rerunJobs = switchOf(inputs, "rerun-jobs", problems);
  if (name === "") {
    const given = ["compose-file", "env-file"].filter((key) => inputs[key].trim() !== "");
    const on = ["prune", "rerun-jobs"].filter((key) => key === "prune" ? prune : rerunJobs);
    const alone = [...given, ...on];
    if (alone.length > 0) problems.add(`${listed(alone)} without \`stack\`: give the stack its name in \`stack\``);
    return void 0;
  }
  if (!NAME5.test(name) || name.length > LONGEST_NAME3) {
    problems.add(
      `stack: ${shown2(name)} is no name of a stack: write at most ${LONGEST_NAME3} letters, digits, - and _, with a letter or digit first`
    );
  }
  const lookUp = variablesOf2(inputs["env-file"], env, problems);
  const paths = composePaths(inputs["compose-file"], env, problems);
  const files = paths.flatMap((path) => composeFile(path, env, problems) ?? []);
  const [first] = paths;
  if (first !== void 0) hideSecrets(files, lookUp, env, dirname(resolvePath(env, first)));
  if (first === void 0 || files.length < paths.length) return void 0;
  const directory = dirname(resolvePath(env, first));
  const adapted = adaptCompose(files, lookUp, problems, (path) => envFileAt(resolve3(directory, path), directory));
  const variables2 = adapted.variables.flatMap((variable) => {
    const value = lookUp(variable);
    return value === void 0 ? [] : [[variable, value]];
  });
  return {
    name,
    files,
    adapted,
    directory,
    variables: Object.fromEntries(variables2),
    lookUp,
    prune,
    rerunJobs,
    ...replacement
  };
}
function switchOf(inputs, key, problems) {
  const text2 = inputs[key].trim();
  return text2 === "" ? false : problems.at(key).attempt(() => parseBoolean(text2)) ?? false;
}
function variablesOf2(input2, env, problems) {
  const ofTheStep = (name) => OF_THE_RUNNER.test(name) || !Object.hasOwn(env, name) ? void 0 : env[name];
  const ofFiles = /* @__PURE__ */ new Map();
  for (const path of pathsFrom(input2, "env-file", problems)) {
    const text2 = problems.at(`env-file ${path}`).attempt(() => fileReader(env)(path));
    const file = parseEnvFile(text2 ?? "", (name) => ofTheStep(name) ?? ofFiles.get(name));
    for (const { line, reason } of file.problems) problems.add(`${path} line ${line}: ${reason}`);
    for (const [name, value] of file.variables) ofFiles.set(name, value);
  }
  return (name) => ofTheStep(name) ?? ofFiles.get(name);
}
function composePaths(input2, env, problems) {
  const given = pathsFrom(input2, "compose-file", problems);
  if (given.length > 0 || input2.trim() !== "") return given;
  const found = USUAL_NAMES.find((name) => existsSync(join3(basePath(env), name)));
  if (found !== void 0) return [found];
  problems.add(
    `compose-file: it is empty, and ${basePath(env)} has none of ${listed(USUAL_NAMES, "disjunction")}: write the path of the compose file`
  );
  return [];
}
function pathsFrom(input2, name, problems) {
  const text2 = input2.trim();
  if (!/^(?:-[ \t\r\n]|\[)/.test(text2))
    return text2.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== "");
  const { root, problems: wrong } = parseYaml(text2);
  for (const { line, reason } of wrong) problems.add(`${name} line ${line}: ${reason}`);
  const items = root?.kind === "list" ? root.items : [];
  return items.flatMap((item) => {
    if (item.kind === "text" && item.value.trim() !== "") return [item.value.trim()];
    problems.add(`${name} line ${item.line}: this is no path: write the path of a file`);
    return [];
  });
}
function composeFile(path, env, problems) {
  const here = problems.at(`compose-file ${path}`);
  const text2 = here.attempt(() => fileReader(env)(path));
  if (text2 === void 0) return void 0;
  const character = characterProblem(text2);
  const { root, problems: wrong } = character === void 0 ? parseYaml(text2) : { root: void 0, problems: [character] };
  for (const { line, column, reason } of wrong) problems.add(`${path} line ${line}, column ${column}: ${reason}`);
  if (wrong.length > 0) return void 0;
  if (root?.kind === "map") return { path, root };
  const what = root === void 0 || isNothing(root) ? "there is nothing in the file" : "this is no compose file";
  here.add(`${what}: write a mapping with the key \`services\``);
  return void 0;
}
function envFileAt(path, directory) {
  return existsSync(path) ? readUserText(path, directory) : void 0;
}
function hideSecrets(files, lookUp, env, directory) {
  const readFile3 = fileReader({ ...env, GITHUB_WORKSPACE: directory });
  for (const { root } of files) {
    const secrets = root.entries.find(({ key }) => key === "secrets")?.value;
    for (const { key: name, value: secret } of secrets?.kind === "map" ? secrets.entries : []) {
      const place = `secrets.${name}`;
      for (const { key, value } of secret.kind === "map" ? secret.entries : []) {
        if (value.kind !== "text") continue;
        if (key === "content") hide2(filledIn(value.value, lookUp), place);
        if (key === "environment") hide2(lookUp(filledIn(value.value, lookUp)) ?? "", place);
        if (key === "file") hide2(contentOf2(filledIn(value.value, lookUp), readFile3), place);
      }
    }
  }
}
function contentOf2(path, readFile3) {
  try {
    return readFile3(path);
  } catch (error) {
    if (error instanceof UserError) return "";
    throw error;
  }
}

// src/inputs/read.ts
var DEFAULT_TIMEOUT_SECONDS = 600;
var DEFAULT_MAX_PARALLEL = 10;
var DEFAULT_LOCK_TIMEOUT_SECONDS = 600;
var LONGEST_TIMEOUT_SECONDS = 24 * 60 * 60;
var MOST_PARALLEL = 100;
var ON_FAILURE = ["rollback", "keep", "pause"];
var ON_CANCEL = ["rollback", "keep"];
function readInputs(env, strategies) {
  const problems = new Problems();
  const reach = reachOf(env, problems);
  const credentials = readCredentials(env, problems);
  const onFailure = read(env, "on-failure", problems, (text2) => parseChoice(text2, ON_FAILURE)) ?? "rollback";
  const forAll = {
    strategies,
    strategy: readStrategySettings((name) => input(env, name).trim() || void 0, strategies, problems),
    policies: policiesOfInputs((name) => input(env, name), problems)
  };
  const stack = readStackInputs(env, replacementOf(void 0, forAll, problems), problems);
  const services = readServices(env, forAll, problems);
  const requests = [...services, ...stack === void 0 ? [] : [stack]];
  const pauses = onFailure === "pause";
  if (pauses) checkPause(requests, problems);
  const chosen = requests.map(({ strategy }) => strategy);
  checkAllAreUsed(forAll.strategy, chosen, strategies, problems);
  const wait = read(env, "wait", problems, parseBoolean) ?? true;
  const timeoutSeconds = read(env, "timeout", problems, parseTimeout) ?? DEFAULT_TIMEOUT_SECONDS;
  const monitorSeconds = read(env, "monitor", problems, parseDuration);
  const maxParallel = read(env, "max-parallel", problems, (text2) => parseInteger(text2, 1, MOST_PARALLEL)) ?? DEFAULT_MAX_PARALLEL;
  const onCancel = read(env, "on-cancel", problems, (text2) => parseChoice(text2, ON_CANCEL)) ?? "keep";
  const isLocked = read(env, "lock", problems, parseBoolean) ?? false;
  const lockTimeout = read(env, "lock-timeout", problems, parseTimeout) ?? DEFAULT_LOCK_TIMEOUT_SECONDS;
  if (monitorSeconds !== void 0 && monitorSeconds >= timeoutSeconds) {
    problems.add("monitor: it is not shorter than `timeout`, so no service could ever pass: write a longer `timeout`");
  }
  if (stack?.prune && !wait) {
    problems.add(
      "prune: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out"
    );
  }
  checkRunFits(chosen, stack, wait, strategies, problems);
  if (stack !== void 0 && !problems.isEmpty) checkContents(stack.files, stack.lookUp, stack.directory, problems);
  problems.throwAll();
  return {
    reach,
    credentials,
    services: pauses ? services.map(pausing) : services,
    ...stack && { stack: pauses ? pausing(stack) : stack },
    wait,
    timeoutSeconds,
    monitorSeconds,
    onFailure,
    onCancel,
    maxParallel,
    lock: isLocked ? { timeoutSeconds: lockTimeout } : void 0
  };
}
function readReach(env) {
  const problems = new Problems();
  const reach = reachOf(env, problems);
  problems.throwAll();
  return reach;
}
function reachOf(env, problems) {
  return reachFrom(
    {
      input: (name) => input(env, name),
      resolvePath: (path) => resolvePath(env, path),
      hasAgent: Boolean(env.SSH_AUTH_SOCK)
    },
    problems
  );
}
function readCredentials(env, problems) {
  const sources = { env, readFile: fileReader(env) };
  const short = { registry: input(env, "registry"), username: input(env, "username"), password: input(env, "password") };
  const credentials = [
    ...credentialsFromText(input(env, "registries"), "registries", sources, problems),
    ...credentialsFromFile(input(env, "registries-file").trim(), sources, problems),
    credentialFromShortForm(short, problems)
  ].filter((credential) => credential !== void 0);
  checkSeparation(credentials, problems);
  return credentials;
}
function credentialsFromFile(path, sources, problems) {
  const name = "registries-file";
  if (path === "") return [];
  if (/[\r\n]/.test(path)) {
    credentialsFromText(path, name, sources, new Problems());
    problems.add(
      `${name}: this is no path but several lines: give the content in \`registries\`, or write the path of a file`
    );
    return [];
  }
  const text2 = problems.at(name).attempt(() => sources.readFile(path));
  if (text2?.trim() === "") problems.add(`${name}: the file is empty: write credentials to it, or leave the input out`);
  return credentialsFromText(text2 ?? "", name, sources, problems);
}
function readServices(env, forAll, problems) {
  const text2 = input(env, "services");
  const stack = input(env, "stack").trim();
  if (text2.trim() !== "" && stack !== "") {
    problems.add(
      "`services` and `stack` are both given: give each a step of its own, for a service of a stack gets all it has from the compose files"
    );
    return [];
  }
  if (text2.trim() !== "") return servicesFromText(text2, forAll, problems);
  if (stack !== "") return [];
  const given = ["registries", "registries-file", "registry", "username"].find(
    (name) => input(env, name) !== ""
  );
  const why = given === void 0 ? "it is empty" : `it is empty, and \`${given}\` alone deploys nothing`;
  problems.add(`services: ${why}: write what to deploy, such as \`web: ghcr.io/org/web:1.2\`, or give a \`stack\``);
  return [];
}
function readStackInputs(env, replacement, problems) {
  const names = ["stack", "compose-file", "env-file", "prune", "rerun-jobs"];
  const [stack = "", composeFile2 = "", envFile = "", prune = "", rerunJobs = ""] = names.map((name) => input(env, name));
  const inputs = { stack, "compose-file": composeFile2, "env-file": envFile, prune, "rerun-jobs": rerunJobs };
  return readStack(inputs, replacement, env, problems);
}
function read(env, name, problems, parse) {
  const text2 = input(env, name).trim();
  return text2 === "" ? void 0 : problems.at(name).attempt(() => parse(text2));
}
function parseTimeout(text2) {
  const seconds = parseDuration(text2);
  if (seconds <= LONGEST_TIMEOUT_SECONDS) return seconds;
  throw new UserError(`${text2} is more than a day: write at most 24h`);
}
function input(env, name) {
  const key = `INPUT_${name.toUpperCase()}`;
  return env[key] ?? env[key.replaceAll("-", "_")] ?? "";
}

// src/runner/retry.ts
async function retry(attempt2, pauseMs, signal2) {
  const begunAt = nowMs();
  let met;
  for (let number = 1; ; number++) {
    try {
      return await attempt2(number);
    } catch (error) {
      if (signal2?.aborted) throw isTimeLimit(signal2) ? met ?? error : error;
      met = error;
      const ms = pauseMs(error, { number, elapsedMs: nowMs() - begunAt });
      if (ms === void 0) throw error;
      await sleep(ms, signal2).catch((stopped3) => {
        throw isTimeLimit(signal2) ? error : stopped3;
      });
    }
  }
}
function isTimeLimit(signal2) {
  return signal2?.reason?.name === "TimeoutError";
}

// src/connect/connection.ts
import { readFile as readFile2 } from "node:fs/promises";
import { homedir } from "node:os";
import { join as join7 } from "node:path";

// src/docker/cli/config-file.ts
function parseConfigFile(content) {
  const parsed2 = JSON.parse(content);
  if (typeof parsed2 !== "object" || parsed2 === null || Array.isArray(parsed2)) throw new SyntaxError("not a JSON object");
  return parsed2;
}
function isolatedConfigFile(credentials, carriedOver) {
  const entries = [...credentials].map(
    ([registry, credential]) => [registryKey(registry), authEntry(credential)]
  );
  const auths = entries.length > 0 ? Object.fromEntries(entries) : { "no-registry.invalid": {} };
  return JSON.stringify({ auths, ...carriedOver });
}
function authEntry({ kind, username, password }) {
  if (kind === "password") return { auth: Buffer.from(`${username}:${password}`).toString("base64") };
  const user = username === "" ? {} : { auth: Buffer.from(`${username}:`).toString("base64") };
  return { ...user, identitytoken: password };
}
function settingsToCarryOver(file, pluginDirectory) {
  return carried(file.HttpHeaders, [...file.cliPluginsExtraDirs ?? [], pluginDirectory]);
}
function carried(headers, cliPluginsExtraDirs) {
  return { cliPluginsExtraDirs, ...headers === void 0 ? {} : { HttpHeaders: headers } };
}
function storedCredential(file, registry) {
  const wanted = registryKey(registry);
  const exact = file.auths?.[wanted];
  const sameHost = Object.entries(file.auths ?? {}).find(([key]) => hostOf(key) === wanted)?.[1];
  const entry = exact ?? sameHost;
  return entry && credentialIn(entry);
}
function storedCredentials(file) {
  return Object.values(file.auths ?? {}).flatMap((entry) => credentialIn(entry) ?? []);
}
function credentialIn(entry) {
  const [user = "", ...rest] = Buffer.from(entry.auth ?? "", "base64").toString().replace(/\0+$/, "").split(":");
  const username = user || (entry.username ?? "");
  if (entry.identitytoken) return { kind: "identity-token", username, password: entry.identitytoken };
  const password = rest.join(":") || (entry.password ?? "");
  return username && password ? { kind: "password", username, password } : void 0;
}
function helperFor(file, registry) {
  const own2 = file.credHelpers?.[registryKey(registry)] ?? file.credHelpers?.[registry];
  const helper = own2 ?? file.credsStore;
  return helper === "" ? void 0 : helper;
}
function hostOf(key) {
  return key.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
}

// src/runner/environment.ts
var OF_THE_RUNNER2 = /^(INPUT|STATE|ACTIONS|GITHUB|GITEA|FORGEJO)_/;
var NEEDED = /^(PATH|HOME|USERPROFILE|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY)|SWARM_DEPLOY_RUN)$/i;
var CHOICE_OF_ENDPOINT = /^DOCKER_(HOST|CONTEXT)$/i;
function environmentForChildren(env) {
  const entries = Object.entries(env).filter((entry) => {
    const [name, value] = entry;
    if (value === void 0 || OF_THE_RUNNER2.test(name)) return false;
    if (value === "" && CHOICE_OF_ENDPOINT.test(name)) return false;
    return NEEDED.test(name) || redact(value) === value;
  });
  return Object.fromEntries(entries);
}
var OF_THE_ACTION = /^(INPUT|STATE|ACTIONS)_/;
function environmentForCommands(env) {
  const entries = Object.entries(env).filter((entry) => {
    const [name, value] = entry;
    return value !== void 0 && !OF_THE_ACTION.test(name);
  });
  return Object.fromEntries(entries);
}

// src/connect/endpoints.ts
import { join as join5 } from "node:path";

// src/docker/cli/cli.ts
import { spawn } from "node:child_process";
var LIMIT_SECONDS = 60;
var MOST_BYTES = 32 * 1024 * 1024;
var DRAIN_MS = 500;
function dockerCli(env) {
  return {
    run: (args, options = {}) => runProgram("docker", args, { ...options, env: { ...env, ...options.env } }),
    start: (args) => spawn("docker", [...args], { env, stdio: "pipe", windowsHide: true })
  };
}
function runProgram(program, args, options) {
  const { env, cwd, stdin = "", signal: signal2, limitSeconds = LIMIT_SECONDS } = options;
  return new Promise((resolve5, reject) => {
    if (signal2?.aborted) return reject(stopped(signal2));
    const child = spawn(program, [...args], {
      stdio: "pipe",
      windowsHide: true,
      ...env === void 0 ? {} : { env },
      ...cwd === void 0 ? {} : { cwd }
    });
    const end2 = () => {
      clearTimeout(clock);
      clearTimeout(drain);
      signal2?.removeEventListener("abort", stop);
    };
    const giveUp = (error) => {
      end2();
      reject(error);
      child.kill("SIGKILL");
      for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
    };
    const tooMuch = (what) => giveUp(new UserError(`${nameOf2(program, args)} ${what}, and was ended: run it by hand on this runner to see why`));
    const clock = setTimeout(() => tooMuch(`did not end within ${limitSeconds} s`), limitSeconds * 1e3);
    let drain;
    const stop = () => giveUp(stopped(signal2));
    signal2?.addEventListener("abort", stop, { once: true });
    const onFlood = () => tooMuch(`printed more than ${MOST_BYTES / 1024 / 1024} MB`);
    const printed = [child.stdout, child.stderr].map((stream) => collect(stream, onFlood));
    const done = (code) => {
      end2();
      const [stdout = "", stderr = ""] = printed.map((text2) => text2());
      resolve5({ code, stdout, stderr });
    };
    child.once("error", giveUp);
    child.once("exit", (code) => {
      drain = setTimeout(() => {
        done(code ?? KILLED);
        for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
      }, DRAIN_MS);
    });
    child.once("close", (code) => done(code ?? KILLED));
    child.stdin.on("error", () => void 0);
    child.stdin.end(stdin);
  });
}
var KILLED = 128;
function stopped(signal2) {
  return new DOMException("The operation was aborted", { name: "AbortError", cause: signal2?.reason });
}
function collect(stream, onFlood) {
  const parts = [];
  let bytes = 0;
  stream.on("data", (part) => {
    bytes += part.length;
    if (bytes > MOST_BYTES) return onFlood();
    parts.push(part);
  });
  return () => Buffer.concat(parts).toString();
}
function nameOf2(program, args) {
  const [, ...words] = args[0] === "--config" ? args.slice(1) : ["", ...args];
  const shown3 = words.slice(0, 2).filter((word) => /^-{0,2}[a-z-]+$/.test(word));
  return `\`${[foreignLine(program), ...shown3].join(" ")}\``;
}
function startProgram(program, args, env) {
  return spawn(program, [...args], { env, stdio: "pipe", windowsHide: true });
}
var GUARD = `exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ read -r _ <&3; kill "$program"; } 2>/dev/null &
guard=$!
exec 3<&-
wait "$program"
code=$?
kill "$guard" 2>/dev/null
exit "$code"`;
function startGuarded(program, args, env) {
  return startProgram("/bin/sh", ["-c", GUARD, "guard", program, ...args], env);
}

// src/docker/cli/endpoint.ts
var MISLEADING = ["DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "DOCKER_STACK_ORCHESTRATOR"];
function environmentForEndpoint(env, context, userConfigDirectory) {
  const host = context.Endpoints.docker.Host;
  const rest = without(env, MISLEADING);
  const tls = context.Name === "default" ? tlsOfEnvironment(rest, userConfigDirectory) : tlsOfContext(context);
  const plain = without(rest, ["DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"]);
  return { host, env: { ...plain, ...tls, DOCKER_HOST: host } };
}
function tlsOfEnvironment(env, userConfigDirectory) {
  if (!env.DOCKER_TLS && !env.DOCKER_TLS_VERIFY) return {};
  return {
    ...env.DOCKER_TLS ? { DOCKER_TLS: env.DOCKER_TLS } : {},
    ...env.DOCKER_TLS_VERIFY ? { DOCKER_TLS_VERIFY: env.DOCKER_TLS_VERIFY } : {},
    DOCKER_CERT_PATH: env.DOCKER_CERT_PATH || userConfigDirectory
  };
}
function tlsOfContext(context) {
  const hasMaterial = (context.TLSMaterial?.docker ?? []).length > 0;
  const directory = context.Storage?.TLSPath;
  if (!hasMaterial || !directory) return {};
  const verify = context.Endpoints.docker.SkipTLSVerify ? { DOCKER_TLS: "1" } : { DOCKER_TLS_VERIFY: "1" };
  return { ...verify, DOCKER_CERT_PATH: `${directory}/docker` };
}
function hasBareTls({ Endpoints: { docker }, TLSMaterial: material }) {
  return docker.Host.startsWith("tcp:") && docker.SkipTLSVerify === true && (material?.docker ?? []).length === 0;
}
function without(env, names) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
}

// src/connect/route.ts
var LEADING_ELSEWHERE = [
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_TLS",
  "DOCKER_TLS_VERIFY",
  "DOCKER_CERT_PATH",
  "DOCKER_CONFIG",
  "DOCKER_AUTH_CONFIG",
  "DOCKER_STACK_ORCHESTRATOR"
];
function withoutEndpoint(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !LEADING_ELSEWHERE.includes(name)));
}

// src/connect/ssh/files.ts
import { join as join4 } from "node:path";

// src/connect/ssh/config.ts
var CONNECT_TIMEOUT_SECONDS = 15;
var ALIVE_INTERVAL_SECONDS = 5;
var ALIVE_MISSED = 3;
function sshConfig(files) {
  return `${[
    "Host *",
    ...identity(files),
    ...files.knownHosts === void 0 ? [] : [`UserKnownHostsFile ${quoted2(files.knownHosts)}`, "GlobalKnownHostsFile /dev/null"],
    `KnownHostsCommand /bin/sh ${[files.hostKeyScript, files.fingerprints, files.offered].map(quoted2).join(" ")} %H %t %K %f`,
    "StrictHostKeyChecking yes",
    "UpdateHostKeys no",
    "VerifyHostKeyDNS no",
    "CheckHostIP no",
    // In batch mode ssh does not even ask for the passphrase of a key, and the answer is a program's here.
    `BatchMode ${files.hasPassphrase ? "no" : "yes"}`,
    "NumberOfPasswordPrompts 1",
    "PreferredAuthentications publickey",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    `ConnectTimeout ${CONNECT_TIMEOUT_SECONDS}`,
    `ServerAliveInterval ${ALIVE_INTERVAL_SECONDS}`,
    `ServerAliveCountMax ${ALIVE_MISSED}`,
    "ExitOnForwardFailure yes",
    "StreamLocalBindUnlink yes",
    "StreamLocalBindMask 0177",
    "ForwardAgent no",
    "ForwardX11 no",
    "PermitLocalCommand no",
    "RequestTTY no",
    "EscapeChar none",
    "LogLevel INFO",
    ...files.include === void 0 ? [] : [`Include ${quoted2(files.include)}`]
  ].join("\n")}
`;
}
function identity({ key, include }) {
  if (key !== void 0) return [`IdentityFile ${quoted2(key)}`, "IdentitiesOnly yes", "IdentityAgent none"];
  return include === void 0 ? ["IdentityFile none"] : [];
}
function quoted2(path) {
  return `"${path.replaceAll("%", "%%")}"`;
}
function sshTarget2(config, host, jump) {
  return [
    ...["-F", config, "-T"],
    ...jump === void 0 ? [] : ["-J", jump],
    ...host.user === void 0 ? [] : ["-l", host.user],
    ...host.port === void 0 ? [] : ["-p", String(host.port)],
    ...["--", host.name]
  ];
}
var DEFAULT_SOCKET = "/var/run/docker.sock";
function forwardArguments(socket, host, target) {
  return [
    "-N",
    "-o",
    "ControlMaster=no",
    "-o",
    "ControlPath=none",
    "-L",
    `${socket}:${host.socket ?? DEFAULT_SOCKET}`,
    ...target
  ];
}
function masterArguments(control, target) {
  return [
    "-N",
    "-o",
    "ControlMaster=yes",
    "-o",
    "ControlPersist=no",
    "-o",
    `ControlPath=${control.replaceAll("%", "%%")}`,
    ...target
  ];
}
function dialArguments(control, host, target) {
  const docker = host.socket === void 0 ? ["docker"] : ["docker", `--host=unix://${host.socket}`];
  return [
    "-o",
    "ControlMaster=no",
    "-o",
    `ControlPath=${control.replaceAll("%", "%%")}`,
    ...target,
    ...docker,
    "system",
    "dial-stdio"
  ];
}

// src/connect/ssh/error.ts
var WORDINGS2 = [
  ["revoked-host-key", /REVOKED HOST KEY DETECTED|is marked as revoked/i],
  ["changed-host-key", /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i],
  ["unknown-host-key", /host key is known for|Host key verification failed|No matching host key fingerprint/i],
  ["no-key-type", /no matching host key type/i],
  ["passphrase", /incorrect passphrase|bad passphrase/i],
  ["unreadable-key", /Load key .*: (?:error in libcrypto|invalid format|unsupported|unknown)/i],
  ["refused-key", /Permission denied \(|Too many authentication failures|no more authentication methods/i],
  ["unresolved", /Could not resolve hostname|Name or service not known/i],
  ["jump-forbidden", /administratively prohibited[\s\S]*stdio forwarding failed/i],
  ["no-permission", /permission denied while trying to connect|dial unix .*permission denied/i],
  ["no-docker", /docker: (?:command )?not found|docker: No such file|exec: .?docker.?: .*not found/i],
  [
    "no-daemon",
    /Cannot connect to the Docker daemon|Is the docker daemon running|dial unix .*(?:no such file|refused)/i
  ],
  ["refused", /Connection refused/i],
  ["timed-out", /timed out|Timeout, server .* not responding/i],
  ["unreachable", /No route to host|Network is unreachable/i],
  ["crowded", /kex_exchange_identification|Exceeded MaxStartups|ssh_exchange_identification|banner exchange/i],
  ["dropped", /Broken pipe|Connection reset/i],
  ["closed", /Connection closed by|closed by remote host/i]
];
function classifySsh(stderr) {
  return WORDINGS2.find(([, pattern]) => pattern.test(stderr))?.[0] ?? "unknown";
}
function sshReason({ stderr, offered, user }) {
  const failure = classifySsh(stderr);
  switch (failure) {
    case "revoked-host-key":
      return `the host shows a key that \`ssh-known-hosts\` marks as \`@revoked\`: ${offer(offered)}. Nobody is to trust it any more: give the host a new key, or find out who answers in its place`;
    case "changed-host-key":
      return `the host key is not the one in \`ssh-known-hosts\`: ${offer(offered)}. The host was set up anew, or someone stands in between: ${CHECK}`;
    case "unknown-host-key":
      return `the host key is not in \`ssh-known-hosts\`: ${offer(offered)}. ${CHECK}`;
    case "no-key-type":
      return "the server has no host key of a type that this ssh takes: give it an ed25519 key (`ssh-keygen -A` there)";
    case "passphrase":
      return "the passphrase does not open the key: set `ssh-passphrase` to the one of `ssh-key`";
    case "unreadable-key":
      return "ssh cannot read `ssh-key`: write the whole private key, from -----BEGIN to the last line";
    case "refused-key":
      return `the server does not accept the key for the user ${user ?? "of this runner"}: check the user in \`host\`, and that the public half of \`ssh-key\` is in that user's ~/.ssh/authorized_keys`;
    case "unresolved":
      return "no such host is known: check the name in `host` and `ssh-jump`";
    case "refused":
      return "the connection was refused: check the port, and that sshd runs there";
    case "timed-out":
      return "there was no answer in time: check the address, and that a firewall lets this runner through";
    case "unreachable":
      return "the network has no way to it: check the address, and whether it needs `ssh-jump`";
    case "jump-forbidden":
      return "the jump host does not forward connections: set `AllowTcpForwarding yes` in its sshd_config, or use another in `ssh-jump`";
    case "crowded":
      return "sshd closed the connection before the login: too many log in at the same time (raise MaxStartups in its sshd_config), or it blocks this runner";
    case "dropped":
      return "the connection was cut";
    case "closed":
      return "the server closed the connection: check what its sshd log says";
    case "no-permission":
      return `the user ${user ?? "of this runner"} may not use the docker socket: add it to the group docker there, or connect as another user`;
    case "no-docker":
      return "neither is its docker socket reachable nor a docker command on its PATH: install docker there, allow socket forwarding, or give the path of the socket in `host`";
    case "no-daemon":
      return "docker does not run there, or its socket is elsewhere: start it, or give the path of the socket in `host`";
    case "unknown":
      return lastLine(stderr);
  }
}
var CHECK = "Compare it on the server itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, or its console), and only if it is the same write it to `ssh-known-hosts`";
function offer(key) {
  return key === void 0 ? "the host offered another" : `${key.host} offers ${key.type} ${key.fingerprint}`;
}
function lastLine(stderr) {
  const lines2 = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== "");
  return limited(lines2.at(-1)?.trim() ?? "") || "ssh ended without a word: check what the sshd log of the server says";
}

// src/connect/ssh/files.ts
async function prepareSsh(access, workspace, env) {
  const directory = await workspace.makeDirectory("ssh");
  const path = (name) => join4(directory, name);
  const { key, passphrase, pins, userConfig } = access;
  const usesOwnPins = pins.lines.length + pins.fingerprints.length > 0 || userConfig === void 0;
  const files = {
    config: path("config"),
    key: key && path("key"),
    knownHosts: usesOwnPins ? path("known_hosts") : void 0,
    fingerprints: path("fingerprints"),
    offered: path("offered"),
    hostKeyScript: path("host-key.sh"),
    hasPassphrase: passphrase !== void 0,
    include: userConfig
  };
  if (userConfig !== void 0) requireSshConfig(userConfig);
  await workspace.writeFile(files.config, sshConfig(files));
  await workspace.writeFile(path("known_hosts"), lines(pins.lines));
  const pinned = pins.fingerprints.map(({ host = "", fingerprint: fingerprint2 }) => `${fingerprint2} ${host}`);
  await workspace.writeFile(files.fingerprints, lines(pinned));
  await workspace.writeFile(files.offered, "");
  await workspace.writeFile(files.hostKeyScript, HOST_KEY_SCRIPT);
  if (files.key !== void 0 && key !== void 0) await workspace.writeFile(files.key, key.reveal());
  const askpass = passphrase === void 0 ? {} : await writeAskpass(path, passphrase.reveal(), workspace);
  const { DISPLAY: _, SSH_ASKPASS: __, ...rest } = env;
  if (files.key !== void 0 && passphrase !== void 0) await requirePassphrase(files.key, { ...rest, ...askpass });
  return { access, files, dockerEnv: env, env: { ...rest, LC_ALL: "C", ...askpass }, workspace };
}
async function writeAskpass(path, passphrase, workspace) {
  await workspace.writeFile(path("passphrase"), `${passphrase}
`);
  await workspace.writeFile(path("askpass"), `#!/bin/sh
exec cat "\${0%/*}/passphrase"
`, "program");
  return { SSH_ASKPASS: path("askpass"), SSH_ASKPASS_REQUIRE: "force", DISPLAY: ":0" };
}
async function requirePassphrase(key, env) {
  const { code, stderr } = await runProgram("ssh-keygen", ["-y", "-f", key], { env: { ...env, LC_ALL: "C" } }).catch(
    // Then ssh will tell what it can.
    () => ({ code: 0, stderr: "" })
  );
  if (code === 0) return;
  throw new UserError(`ssh-passphrase: ${sshReason({ stderr, offered: void 0, user: void 0 })}`);
}
function requireSshConfig(path) {
  try {
    requireUserFile(path, "the workspace");
  } catch (error) {
    throw new UserError(`ssh-config: ${messageOf(error)}`);
  }
}
function lines(all) {
  return all.map((line) => `${line}
`).join("");
}

// src/connect/ssh/tunnel.ts
import { access as accessFile, readFile, rm } from "node:fs/promises";
import { request } from "node:http";

// src/runner/elapsed.ts
function secondsSince(moment) {
  return toTenths((nowMs() - moment) / 1e3);
}
function toTenths(seconds) {
  return Math.round(seconds * 10) / 10;
}

// src/connect/ssh/sessions.ts
import { createServer } from "node:net";
var MOST_SESSIONS = 9;
function listen(path, serve) {
  return new Promise((resolve5, reject) => {
    const server = createServer({ allowHalfOpen: true }, serve);
    server.once("error", reject);
    server.listen(path, () => resolve5(server));
  });
}
var Sessions = class {
  #dial;
  #open = /* @__PURE__ */ new Set();
  #waiting = [];
  /** What the last session that failed said. */
  said = "";
  constructor(dial) {
    this.#dial = dial;
  }
  serve(connection) {
    connection.on("error", () => connection.destroy());
    if (this.#open.size >= MOST_SESSIONS) {
      this.#waiting.push(connection);
      return;
    }
    const child = this.#dial();
    this.#open.add(child);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      said = (said + chunk).slice(-2e4);
    });
    child.stdin.on("error", () => void 0);
    const over = () => {
      if (said !== "") this.said = said;
      connection.destroySoon();
      if (!this.#open.delete(child)) return;
      const next = this.#waiting.shift();
      if (next !== void 0) this.serve(next);
    };
    child.once("error", over);
    child.once("close", over);
    connection.once("close", () => child.kill());
    connection.pipe(child.stdin);
    child.stdout.pipe(connection, { end: false });
  }
  end() {
    for (const connection of this.#waiting.splice(0)) connection.destroy();
    for (const child of this.#open) child.kill();
  }
};

// src/connect/ssh/tunnel.ts
var LONGEST_SOCKET_PATH_BYTES = 107;
var CONTROL_SUFFIX_BYTES = 17;
var OPEN_LIMIT_SECONDS = 45;
var PING_LIMIT_SECONDS = 20;
var LOOK_EVERY_MS2 = 20;
var CROWDED_ATTEMPTS = 4;
var LONGEST_BACK_OFF_SECONDS = 5;
var KEY_TYPES = ["", "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521", "rsa-sha2-512,rsa-sha2-256"];
async function openSsh(ssh, host, signal2) {
  if (process.platform === "win32") {
    throw new UserError("ssh:// hosts need a runner with Linux or macOS: choose another in `runs-on`");
  }
  const target = sshTarget2(ssh.files.config, host, ssh.access.jump);
  const { lines: known2, fingerprints } = ssh.access.pins;
  const types = fingerprints.length > 0 && known2.length === 0 ? KEY_TYPES : [""];
  let first;
  for (const type of types) {
    try {
      return await openAs(ssh, host, type === "" ? target : ["-o", `HostKeyAlgorithms=${type}`, ...target], signal2);
    } catch (error) {
      first ??= error;
      if (!isAboutHostKey(error)) throw error;
    }
  }
  throw first;
}
async function openAs(ssh, host, target, signal2) {
  const forward = await openForward(ssh, host, target, signal2);
  if (forward !== void 0) return forward;
  const way = await openSessions(ssh, host, target, signal2);
  log.info(`${host.text}: its docker socket cannot be forwarded, so each docker command has a session of its own`);
  return way;
}
function attempt(child) {
  let said = "";
  let over = false;
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    said = (said + chunk).slice(-2e4);
  });
  child.stdout.resume();
  child.stdin.on("error", () => void 0);
  const ended = new Promise((resolve5) => {
    child.once("error", (error) => {
      said += error.message;
      over = true;
      resolve5();
    });
    child.once("close", () => {
      over = true;
      resolve5();
    });
  });
  return { child, stderr: () => said, ended, hasEnded: () => over };
}
function end({ child }) {
  child.stdin.end();
}
async function untilSocket(path, ssh, signal2) {
  const deadline = nowMs() + OPEN_LIMIT_SECONDS * 1e3;
  for (; ; ) {
    if (ssh.hasEnded()) throw new SshEnded(ssh.stderr());
    const exists = await accessFile(path).then(
      () => true,
      () => false
    );
    if (exists && !ssh.hasEnded()) return;
    if (nowMs() > deadline) throw new SshEnded("timed out");
    await sleep(LOOK_EVERY_MS2, signal2);
  }
}
var SshEnded = class extends Error {
  name = "SshEnded";
};
function open(ssh, args, path, signal2) {
  const openOnce = async () => {
    await rm(path, { force: true });
    const running = attempt(startGuarded("ssh", args, ssh.env));
    try {
      await untilSocket(path, running, signal2);
      return running;
    } catch (error) {
      end(running);
      throw error;
    }
  };
  const pauseMs = (error, { number }) => {
    const isCrowded = error instanceof SshEnded && classifySsh(error.message) === "crowded";
    return isCrowded && number < CROWDED_ATTEMPTS ? (0.5 + Math.random()) * number * 1e3 : void 0;
  };
  return retry(openOnce, pauseMs, signal2);
}
var SshFailed = class extends UserError {
  name = "SshFailed";
  failure;
  constructor(failure, message) {
    super(message);
    this.failure = failure;
  }
};
function isAboutHostKey(error) {
  return error instanceof SshFailed && ["unknown-host-key", "changed-host-key", "no-key-type"].includes(error.failure);
}
async function failed(ssh, host, stderr) {
  if (/ssh: not found|ENOENT/.test(stderr)) {
    return new SshFailed(
      "unknown",
      "there is no ssh on the PATH of this step: install the OpenSSH client in an earlier step"
    );
  }
  const offered = lastOffered(await readFile(ssh.files.offered, "utf8").catch(() => ""));
  return new SshFailed(classifySsh(stderr), sshReason({ stderr, offered, user: host.user }));
}
async function openForward(ssh, host, target, signal2) {
  const socket = socketPath(ssh.workspace, 0);
  const args = forwardArguments(socket, host, target);
  const opened = () => open(ssh, args, socket, signal2);
  const first = await opened().catch(async (error) => {
    if (!(error instanceof SshEnded)) throw error;
    if (/forwarding request failed|forwarding failed/i.test(error.message)) return void 0;
    throw await failed(ssh, host, error.message);
  });
  if (first === void 0) return void 0;
  if (!await pings(socket)) {
    end(first);
    await first.ended;
    return void 0;
  }
  const stop = keepOpen(first, opened, host);
  return wayOver(ssh, host, socket, stop);
}
function pings(socketPath2) {
  return new Promise((resolve5) => {
    const outgoing = request(
      { socketPath: socketPath2, path: "/_ping", agent: false, timeout: PING_LIMIT_SECONDS * 1e3 },
      (answer) => {
        answer.resume();
        resolve5(answer.statusCode === 200);
      }
    );
    outgoing.once("timeout", () => outgoing.destroy());
    outgoing.once("error", () => resolve5(false));
    outgoing.end();
  });
}
async function openSessions(ssh, host, target, signal2) {
  const control = socketPath(ssh.workspace, CONTROL_SUFFIX_BYTES);
  const opened = () => open(ssh, masterArguments(control, target), control, signal2);
  const first = await opened().catch(async (error) => {
    throw error instanceof SshEnded ? await failed(ssh, host, error.message) : error;
  });
  const stop = keepOpen(first, opened, host);
  const sessions = new Sessions(() => startProgram("ssh", dialArguments(control, host, target), ssh.env));
  const socket = socketPath(ssh.workspace, 0);
  const server = await listen(socket, (connection) => sessions.serve(connection));
  const way = wayOver(ssh, host, socket, () => {
    server.close();
    sessions.end();
    stop();
  });
  if (await pings(socket)) return way;
  way[Symbol.dispose]();
  throw await failed(ssh, host, sessions.said || first.stderr());
}
function keepOpen(first, opened, host) {
  let current = first;
  let stopped3 = false;
  const watch = async () => {
    for (; ; ) {
      await current?.ended;
      if (stopped3) return;
      const since = nowMs();
      log.warning(`${host.text}: the connection was lost (${reasonOf(current)}), and is made again`);
      current = void 0;
      for (let pause = 0.2; current === void 0; pause = Math.min(pause * 2, LONGEST_BACK_OFF_SECONDS)) {
        await idle(pause * 1e3);
        if (stopped3) return;
        current = await opened().catch(() => void 0);
        if (current !== void 0 && stopped3) return end(current);
      }
      log.info(`${host.text}: connected again after ${secondsSince(since).toFixed(1)} s`);
    }
  };
  void watch().catch(() => void 0);
  return () => {
    stopped3 = true;
    if (current !== void 0) end(current);
  };
}
function reasonOf(attempt2) {
  const said = attempt2?.stderr().trim().split(/[\r\n]+/).at(-1);
  return said || "ssh ended without a word";
}
function wayOver(ssh, host, socket, stop) {
  return {
    text: host.text,
    env: { ...withoutEndpoint(ssh.dockerEnv), DOCKER_HOST: `unix://${socket}` },
    explain: (said) => said,
    [Symbol.dispose]: stop
  };
}
function socketPath(workspace, suffixBytes) {
  const path = workspace.socketPath();
  if (Buffer.byteLength(path) + suffixBytes <= LONGEST_SOCKET_PATH_BYTES) return path;
  throw new UserError(
    `the temporary directory has a path that is too long for a socket (${path}): set RUNNER_TEMP to a shorter one for this step`
  );
}

// src/connect/endpoints.ts
async function doorsOf(reach, ground) {
  const { workspace, env, signal: signal2 } = ground;
  if (reach.hosts.length === 0) return [await doorOfContext(reach, ground)];
  for (const warning of ignoredVariables(env)) log.warning(warning);
  const ssh = reach.ssh && await prepareSsh(reach.ssh, workspace, env);
  const tls = reach.tls && await writeTls(reach.tls, workspace);
  return reach.hosts.map((host) => ({
    text: host.text,
    open: async () => {
      switch (host.kind) {
        case "ssh":
          if (ssh === void 0) throw new Error("an ssh host without ssh settings");
          return await openSsh(ssh, host, signal2);
        case "tcp":
          if (tls === void 0) log.warning(`${host.text} is used without TLS: whoever can reach it owns the swarm`);
          return plainWay(host.text, env, tls ?? {}, tcpReason);
        case "unix":
          return plainWay(host.text, env, {}, (said) => said);
      }
    }
  }));
}
function ignoredVariables(env) {
  if (!env.DOCKER_AUTH_CONFIG) return [];
  return [
    "DOCKER_AUTH_CONFIG is set and not used: it would override the credential of every service. Give its accounts as `registries`."
  ];
}
async function doorOfContext({ context: name, ssh }, ground) {
  const { env, userConfig, workspace, signal: signal2 } = ground;
  const { DOCKER_HOST: _, ...withoutHost } = env;
  const asked = name === void 0 ? env : { ...withoutHost, DOCKER_CONTEXT: name };
  hideUserInfo(env.DOCKER_HOST ?? "");
  const context = await inspectContext(dockerCli(asked), name, asked, signal2);
  hideUserInfo(context.Endpoints.docker.Host);
  if (hasBareTls(context)) {
    throw new UserError(
      `the docker context ${context.Name} trusts whoever answers at ${context.Endpoints.docker.Host}, and has no certificates: give it its \`ca\`, \`cert\` and \`key\`, or use \`host\` with \`tls-ca\`, \`tls-cert\` and \`tls-key\``
    );
  }
  const { host, env: endpointEnv } = environmentForEndpoint(asked, context, userConfig.directory);
  for (const warning of ignoredVariables(asked)) log.warning(warning);
  if (ssh !== void 0) {
    const target = parseHost(host);
    if (target.kind !== "ssh") {
      throw new UserError(`context: ${name} leads to ${host}, where no SSH input has a use: leave \`ssh-…\` out`);
    }
    return { text: host, open: async () => openSsh(await prepareSsh(ssh, workspace, env), target, signal2) };
  }
  const explain = host.startsWith("tcp:") ? tcpReason : (said) => said;
  return {
    text: host,
    open: async () => ({ text: host, env: endpointEnv, explain, [Symbol.dispose]: () => void 0 })
  };
}
function plainWay(text2, env, settings, explain) {
  return {
    text: text2,
    env: { ...withoutEndpoint(env), ...settings, DOCKER_HOST: text2 },
    explain,
    [Symbol.dispose]: () => void 0
  };
}
async function writeTls({ ca, cert, key }, workspace) {
  const directory = await workspace.makeDirectory("tls");
  await workspace.writeFile(join5(directory, "ca.pem"), ca);
  await workspace.writeFile(join5(directory, "cert.pem"), cert);
  await workspace.writeFile(join5(directory, "key.pem"), key.reveal());
  return { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: directory };
}
async function inspectContext(docker, name, env, signal2) {
  const { code, stdout, stderr } = await docker.run(["context", "inspect", "--format", "{{json .}}"], { signal: signal2 });
  if (code === 0) return contextIn(stdout);
  const current = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT (${env.DOCKER_CONTEXT})` : "the current docker context";
  const source = name === void 0 ? current : `\`context\` (${name})`;
  throw new UserError(
    `docker could not resolve ${source}: ${limited(stderr.trim())}. Choose one that \`docker context ls\` lists.`
  );
}
function contextIn(stdout) {
  try {
    const context = parseGoJson(stdout);
    if (typeof context.Endpoints.docker.Host === "string") return context;
  } catch {
  }
  throw new UserError(
    `\`docker context inspect\` printed what no docker CLI prints: "${foreignLine(stdout.trim(), 200)}". Check which docker is first on the PATH of this step`
  );
}

// src/connect/install-cli.ts
import { createHash as createHash3 } from "node:crypto";
import { createReadStream } from "node:fs";
import { delimiter, join as join6 } from "node:path";
import { pipeline } from "node:stream/promises";
var TOOL = "docker-cli";
var toolCache = () => import("./tool-cache.js");
async function findCli({ reach }, env, workspace, signal2) {
  const own2 = await ownVersion(dockerCli(env), signal2);
  const missing = own2 === "none" ? void 0 : missingFeature(own2);
  if (own2 !== "none" && missing === void 0) return { env, version: own2 };
  log.info(
    own2 === "none" ? "There is no docker command on the PATH of this step: it is installed for this run" : `The docker CLI ${own2?.text} of this runner is ${missing}: a newer one is installed for this run`
  );
  const version = parseCliVersion(`version ${reach.cli.version}`);
  const stillMissing = missingFeature(version);
  if (stillMissing !== void 0)
    throw new UserError(`docker-version: ${version?.text} is ${stillMissing}: write a newer one`);
  const path = await installDocker(reach.cli, await workspace.makeDirectory("install"), env, signal2);
  return { env: { ...env, PATH: [path, env.PATH].filter(Boolean).join(delimiter) }, version };
}
async function ownVersion(docker, signal2) {
  const printed = await docker.run(["--version"], { signal: signal2 }).catch((error) => {
    if (error.code === "ENOENT") return void 0;
    if (error.syscall === void 0) throw error;
    throw new UserError(`the docker command on the PATH of this step cannot be started: ${messageOf(error)}`);
  });
  if (printed === void 0) return "none";
  const { code, stdout, stderr } = printed;
  if (code === 0) return parseCliVersion(stdout);
  const said = foreignLine((stderr || stdout).trim(), 200);
  throw new UserError(
    `the docker command on the PATH of this step does not work: \`docker --version\` ended with code ${code}: "${said}"`
  );
}
async function installDocker(request2, directory, env, signal2) {
  const { version } = request2;
  const archiveAt = archiveOf(request2.downloadUrl, version, process.platform, process.arch);
  const { url } = archiveAt;
  const sum = request2.sha256 ?? archiveAt.sha256;
  const cacheable = Boolean(process.env.RUNNER_TOOL_CACHE);
  const entry = sum === void 0 ? process.arch : `${process.arch}-${sum.slice(0, 16)}`;
  const { find: find2, cacheDir } = await toolCache();
  const cached = cacheable ? find2(TOOL, version, entry) : "";
  if (cached !== "" && await reportedVersion(cached, env) === version) {
    log.info(`The docker CLI ${version} is used from the tool cache`);
    return cached;
  }
  log.info(`The docker CLI ${version} is downloaded from ${url}`);
  const archive = await untilStopped(download(url, join6(directory, "docker.tgz")), signal2);
  if (sum !== void 0) await requireSum(archive, sum, url, request2.sha256 !== void 0);
  const unpacked = join6(await unpack(archive, join6(directory, "unpacked"), url), "docker");
  const reported = await reportedVersion(unpacked, env);
  if (reported !== version) {
    const what = reported === void 0 ? "holds no docker CLI that runs here" : `holds the docker CLI ${reported}`;
    throw new UserError(
      `the archive ${url} ${what}, not ${version}: check \`docker-version\` and \`docker-download-url\``
    );
  }
  return cacheable ? await cacheDir(unpacked, TOOL, version, entry) : unpacked;
}
async function untilStopped(work, signal2) {
  let stop = () => {
  };
  const stopped3 = new Promise((_, reject) => {
    stop = () => reject(signal2.reason);
  });
  signal2.addEventListener("abort", stop, { once: true });
  try {
    signal2.throwIfAborted();
    return await Promise.race([work, stopped3]);
  } finally {
    signal2.removeEventListener("abort", stop);
  }
}
async function download(url, path) {
  const { downloadTool, HTTPError } = await toolCache();
  try {
    return await downloadTool(url, path);
  } catch (error) {
    const status = error instanceof HTTPError ? error.httpStatusCode : void 0;
    const reason = status === 404 ? "there is no such version for this platform: check `docker-version`" : `${messageOf(error) || "no answer"}: check the network and proxy of the runner, or name a mirror in \`docker-download-url\``;
    throw new UserError(`the docker CLI could not be downloaded from ${url}: ${reason}`, { cause: error });
  }
}
async function requireSum(path, wanted, url, isGiven2) {
  const hash = createHash3("sha256");
  await pipeline(createReadStream(path), hash);
  const sum = hash.digest("hex");
  if (sum === wanted) return;
  throw new UserError(
    isGiven2 ? `the archive ${url} has the SHA-256 sum ${sum}, not that of \`docker-sha256\`: it is not used. Check the two` : `the archive ${url} has the SHA-256 sum ${sum}, not the one that Docker's own build of this version has: it is not used. If it is meant, give its sum in \`docker-sha256\``
  );
}
async function unpack(archive, directory, url) {
  const { extractTar } = await toolCache();
  try {
    return await extractTar(archive, directory, ["xz", "--no-same-owner"]);
  } catch (error) {
    throw new UserError(
      `the archive ${url} cannot be unpacked, it is damaged or no .tgz: check \`docker-download-url\``,
      {
        cause: error
      }
    );
  }
}
async function reportedVersion(directory, env) {
  try {
    const { code, stdout } = await runProgram(join6(directory, "docker"), ["--version"], { env });
    return code === 0 ? parseCliVersion(stdout)?.text : void 0;
  } catch {
    return void 0;
  }
}

// src/docker/engine/api-version.ts
var OWN_API_VERSION = "1.54";
var OLDEST_API_VERSION = "1.41";
function agreeOnVersion(offered = OLDEST_API_VERSION) {
  if (!/^\d{1,4}\.\d{1,4}$/.test(offered)) {
    throw new EngineError(400, `its API version is "${foreignLine(offered, 20)}", and no docker daemon has such a one`);
  }
  if (compareVersions(offered, OLDEST_API_VERSION) < 0) {
    throw new EngineError(
      400,
      `its API ${foreignLine(offered, 20)} is too old: Docker 20.10 (API ${OLDEST_API_VERSION}) is the oldest that serves`
    );
  }
  return compareVersions(offered, OWN_API_VERSION) < 0 ? offered : OWN_API_VERSION;
}
function apiVersionProblem(asked, { ApiVersion: newest, MinAPIVersion: oldest = "1.12" }, host) {
  const isNumber = /^\d+\.\d+$/.test(asked);
  if (isNumber && compareVersions(asked, oldest) >= 0 && compareVersions(asked, newest) <= 0) return void 0;
  const range = `${foreignLine(oldest, 20)} to ${foreignLine(newest, 20)}`;
  return `DOCKER_API_VERSION is ${asked}, and the docker daemon at ${host} speaks ${range}: leave it out, then docker agrees with the daemon`;
}
function compareVersions(a, b) {
  const [majorA = 0, minorA = 0] = a.split(".").map(Number);
  const [majorB = 0, minorB = 0] = b.split(".").map(Number);
  return majorA - majorB || minorA - minorB;
}

// src/docker/engine/connect-engine.ts
import { createInterface } from "node:readline";

// src/docker/engine/answer-shapes.ts
var SPEC = { Name: "text", TaskTemplate: "object", Mode: "object" };
var ITEMS = {
  services: { ID: "text", Version: { Index: "number" }, Spec: SPEC },
  tasks: { ID: "text", ServiceID: "text", CreatedAt: "text", DesiredState: "text", Status: { State: "text" } },
  nodes: {
    ID: "text",
    Spec: "object",
    Status: { State: "text" },
    Description: { Platform: "object", Engine: "object" }
  },
  secrets: { ID: "text", Version: { Index: "number" }, Spec: { Name: "text" } },
  configs: { ID: "text", Version: { Index: "number" }, Spec: { Name: "text" } },
  networks: { Id: "text", Name: "text" }
};
var OTHERS = [
  ["GET", /^\/info$/, { Swarm: "object" }],
  ["GET", /^\/version$/, { ApiVersion: "text" }],
  ["GET", /^\/distribution\/.+\/json$/, { Descriptor: { digest: "text" } }],
  ["POST", /^\/(?:services|secrets|configs)\/create$/, { ID: "text" }],
  ["POST", /^\/networks\/create$/, { Id: "text" }]
];
function isPlausible(value, method, path) {
  const [, collection = "", id] = /^\/([a-z]+)(?:\/([^/]+))?$/.exec(path) ?? [];
  const item = method === "GET" && Object.hasOwn(ITEMS, collection) ? ITEMS[collection] : void 0;
  if (item !== void 0 && id === void 0) return Array.isArray(value) && value.every((one) => fits(one, item));
  const shape = item ?? OTHERS.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2];
  return fits(value, shape ?? (method === "GET" ? "object" : "any"));
}
function fits(value, shape) {
  if (shape === "any") return true;
  if (shape === "text") return typeof value === "string";
  if (shape === "number") return typeof value === "number";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const fields = shape === "object" ? [] : Object.entries(shape);
  return fields.every(([key, inner]) => fits(value[key], inner));
}

// src/docker/engine/answers.ts
var MOST_QUOTED = 200;
var MOST_READ = 1e4;
function readAnswer({ body, headers }, path, { host, request: request2 }) {
  const text2 = body.toString();
  const [method = ""] = request2.split(" ", 1);
  const isNothing2 = text2.trim() === "" && method !== "GET";
  const value = isNothing2 ? void 0 : parsed(text2);
  if (value === void 0 && !isNothing2 || !isPlausible(value, method, path)) {
    const reason = `it answers ${request2} with ${describe(text2, headers["content-type"])}, and no docker daemon does`;
    throw new Unreadable(`${host} cannot be understood: ${reason}`, { reason });
  }
  return value;
}
function refusal({ status, headers, body }, asked) {
  const text2 = body.toString();
  const message = messageIn(text2);
  if (message !== void 0) return new EngineError(status, message, asked);
  const does = status < 500 ? "does not let the request through" : "does not reach it";
  const words = `${status}, not in the words of a docker daemon: something in front of it ${does}`;
  return new EngineError(status, `${words}: ${describe(text2, headers["content-type"])}`, asked, false);
}
function messageIn(body) {
  const { message } = parsed(body) ?? {};
  return typeof message === "string" ? message : void 0;
}
function parsed(text2) {
  try {
    return parseGoJson(text2) ?? void 0;
  } catch {
    return void 0;
  }
}
function describe(text2, contentType = "") {
  if (text2.trim() === "") return "nothing";
  const isHtml = /html/i.test(contentType) || /^\s*<(?:!doctype|html|head|body)\b/i.test(text2);
  return isHtml ? `HTML ("${quoted3(withoutTags(text2))}")` : `"${quoted3(text2)}"`;
}
function quoted3(text2) {
  return foreignLine(text2.slice(0, MOST_READ).replace(/\s+/g, " ").trim(), MOST_QUOTED);
}
function withoutTags(html) {
  return html.slice(0, MOST_READ).replace(/<(script|style)\b[^>]*>.*?<\/\1>/gis, " ").replace(/<[^>]*>/g, " ");
}

// src/docker/engine/http-over-pipe.ts
import { Agent, request as httpRequest } from "node:http";
import { Duplex } from "node:stream";
var ENDED_WITHOUT_ANSWER = "the connection ended without an answer";
var MOST_CONNECTIONS = 4;
var WAIT_SECONDS = 180;
var MOST_STDERR = 2e4;
var MOST_MEGABYTES = 256;
var HttpOverPipe = class {
  #agent;
  #open = /* @__PURE__ */ new Set();
  #isClosed = false;
  constructor(dial) {
    this.#agent = new StdioAgent(dial);
  }
  /**
   * The whole answer.
   *
   * @throws ConnectionLost with the cause alone as its message, or `AbortError` with the signal's reason as its cause
   */
  exchange(outgoing, limits) {
    return this.#send(outgoing, limits, (response, done, fail) => {
      const parts = [];
      let bytes = 0;
      response.on("data", (part) => {
        bytes += part.length;
        parts.push(part);
        if (bytes > MOST_MEGABYTES * 1e6) fail(new Unreadable(`its answer is larger than ${MOST_MEGABYTES} MB`));
      });
      response.once("end", () => {
        done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) });
      });
    });
  }
  /** The answer as soon as it begins. When the signal is aborted later, it breaks off. */
  stream(outgoing, limits) {
    return this.#send(outgoing, limits, (response, done) => {
      response.on("error", () => void 0);
      const stop = () => response.destroy(stopped2(limits.signal));
      limits.signal?.addEventListener("abort", stop, { once: true });
      response.once("close", () => limits.signal?.removeEventListener("abort", stop));
      done(response);
    });
  }
  /** Breaks every request off, with this cause. */
  close(reason) {
    this.#isClosed = true;
    for (const giveUp of [...this.#open]) giveUp(new ConnectionLost(reason));
    this.#agent.destroy();
  }
  #send({ method, path, headers, payload }, { signal: signal2, seconds }, read2) {
    return new Promise((resolve5, reject) => {
      if (signal2?.aborted) return reject(stopped2(signal2));
      if (this.#isClosed) return reject(new ConnectionLost("the connection is closed"));
      const request2 = httpRequest({ agent: this.#agent, method, path, headers });
      let clock = setTimeout(
        () => giveUp(new TooLate(`no connection was free for ${WAIT_SECONDS} s`)),
        WAIT_SECONDS * 1e3
      );
      const end2 = () => {
        clearTimeout(clock);
        signal2?.removeEventListener("abort", stop);
        this.#open.delete(giveUp);
      };
      const giveUp = (error) => {
        end2();
        reject(error);
        request2.destroy(error);
      };
      const stop = () => giveUp(stopped2(signal2));
      this.#open.add(giveUp);
      signal2?.addEventListener("abort", stop, { once: true });
      request2.once("socket", () => {
        clearTimeout(clock);
        clock = setTimeout(() => giveUp(new TooLate(`there was no whole answer within ${seconds} s`)), seconds * 1e3);
      });
      request2.once("response", (response) => {
        response.once("error", (error) => giveUp(brokenBy(error, "the answer broke off")));
        response.once("aborted", () => giveUp(new ConnectionLost("the answer broke off")));
        const done = (answer) => {
          end2();
          resolve5(answer);
        };
        read2(response, done, giveUp);
      });
      request2.on("error", (error) => giveUp(brokenBy(error, ENDED_WITHOUT_ANSWER)));
      request2.end(payload);
    });
  }
};
function stopped2(signal2) {
  return new DOMException("The operation was aborted", { name: "AbortError", cause: signal2?.reason });
}
function brokenBy(error, otherwise) {
  if (error instanceof ConnectionLost) return error;
  const { code = "" } = error;
  if (String(code).startsWith("HPE_")) return new Unreadable("what answers does not speak HTTP", { cause: error });
  return new ConnectionLost(code === "ECONNRESET" ? otherwise : error.message, { cause: error });
}
var StdioAgent = class extends Agent {
  #dial;
  constructor(dial) {
    super({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
    this.#dial = dial;
  }
  createConnection(_options, onCreated) {
    try {
      return new StdioSocket(this.#dial());
    } catch (error) {
      void Promise.resolve().then(() => onCreated?.(error, void 0));
      return void 0;
    }
  }
  keepSocketAlive(socket) {
    const mayStay = super.keepSocketAlive(socket) !== false;
    return mayStay && socket.rest();
  }
  reuseSocket(socket, request2) {
    ;
    socket.wake();
    super.reuseSocket(socket, request2);
  }
};
var StdioSocket = class extends Duplex {
  #child;
  #stderr = "";
  #isIdle = false;
  #hasEnded = false;
  constructor(child) {
    super();
    this.#child = child;
    child.stdout.on("data", (chunk) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk) => {
      this.#stderr = (this.#stderr + chunk).slice(-MOST_STDERR);
    });
    child.stdin.on("error", () => void 0);
    child.once("error", (error) => this.destroy(new ConnectionLost(error.message, { cause: error })));
    child.once("close", (code) => {
      this.#hasEnded = true;
      const said = foreignLine(this.#stderr.trim());
      if (said !== "" || code !== 0) {
        this.destroy(new ConnectionLost(said || `docker system dial-stdio ended with code ${code}`));
      } else if (this.#isIdle) {
        this.destroy();
      } else {
        this.push(null);
      }
    });
  }
  /** Its answer has been read. Whether it can take another request. */
  rest() {
    this.#isIdle = true;
    return !this.#hasEnded;
  }
  wake() {
    this.#isIdle = false;
  }
  _read() {
    this.#child.stdout.resume();
  }
  _write(chunk, _encoding, done) {
    this.#child.stdin.write(chunk, () => done());
  }
  _final(done) {
    this.#child.stdin.end(done);
  }
  _destroy(error, done) {
    this.#child.kill("SIGKILL");
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe.destroy();
    done(error);
  }
  // What http.Agent calls on the sockets that it keeps, and a pipe has no use for.
  setKeepAlive() {
    return this;
  }
  setNoDelay() {
    return this;
  }
  setTimeout() {
    return this;
  }
  /** A kept connection does not keep the program alive. */
  unref() {
    this.#child.unref();
    return this;
  }
  ref() {
    this.#child.ref();
    return this;
  }
};

// src/docker/engine/connect-engine.ts
var DEFAULT_TIMEOUT_SECONDS2 = 30;
async function connectEngine(address, signal2, seconds) {
  const pipe = new HttpOverPipe(address.dial);
  try {
    const calls = new Calls(pipe, address);
    const ping = await calls.whole("GET", "/_ping", { signal: signal2, ...seconds && { timeoutSeconds: seconds } });
    if (ping.status !== 200) throw refusal(ping, calls.asked("GET", "/_ping"));
    return engineOver(calls, versionIn(ping, address.host), ping);
  } catch (error) {
    pipe.close("the connection is closed");
    throw error;
  }
}
function versionIn(ping, host) {
  const offered = ping.headers["api-version"];
  const body = foreignLine(ping.body.toString(), 100);
  if (offered === void 0 && body !== "OK") {
    const reason = `it answers GET /_ping with "${body}", and no docker daemon does`;
    throw new Unreadable(`${host} is no docker daemon: ${reason}`, { reason });
  }
  return agreeOnVersion(offered === void 0 ? void 0 : String(offered));
}
var Calls = class {
  #pipe;
  #address;
  constructor(pipe, address) {
    this.#pipe = pipe;
    this.#address = address;
  }
  whole(method, path, options) {
    const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS2 };
    return this.#telling(method, path, this.#pipe.exchange(this.#outgoing(method, path, options), limits));
  }
  stream(path, options) {
    const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS2 };
    return this.#telling("GET", path, this.#pipe.stream(this.#outgoing("GET", path, options), limits));
  }
  asked(method, path) {
    return { host: this.#address.host, request: requestText(method, path) };
  }
  close() {
    this.#pipe.close("the run does not use it any more");
  }
  #outgoing(method, path, { query = {}, body, registryAuth }) {
    const search = new URLSearchParams(query).toString();
    const payload = body === void 0 ? void 0 : toGoJson(body);
    return {
      method,
      path: search === "" ? path : `${path}?${search}`,
      headers: {
        ...this.#address.headers,
        // The daemon does not look at the host; without one Node would name its own default.
        Host: "docker",
        ...payload === void 0 ? {} : { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(payload) },
        ...registryAuth === void 0 ? {} : { "X-Registry-Auth": registryAuth.reveal() }
      },
      payload
    };
  }
  async #telling(method, path, call) {
    try {
      return await call;
    } catch (error) {
      const isLate = error instanceof DOMException && error.cause?.name === "TimeoutError";
      if (isLate) throw this.#lost(TooLate, method, path, "the time for it is over", error);
      if (!(error instanceof ConnectionLost)) throw error;
      const Kind = error.constructor;
      throw this.#lost(Kind, method, path, this.#address.explain(error.message), error.cause);
    }
  }
  #lost(Kind, method, path, reason, cause) {
    return new Kind(`${this.#address.host} did not answer ${requestText(method, path)}: ${reason}`, { cause, reason });
  }
};
function requestText(method, path) {
  return `${method} ${path.replace(/^\/v[\d.]+\//, "/").replace(/\?.*/s, "")}`;
}
function engineOver(calls, apiVersion, ping) {
  const call = async (method, path, options = {}) => {
    const answer = await calls.whole(method, `/v${apiVersion}${path}`, options);
    if (answer.status >= 300) throw refusal(answer, calls.asked(method, path));
    return answer;
  };
  const parsed2 = async (method, path, options) => readAnswer(await call(method, path, options), path, calls.asked(method, path));
  async function* lines2(path, options) {
    const response = await calls.stream(`/v${apiVersion}${path}`, options);
    const status = response.statusCode ?? 0;
    if (status >= 300) {
      const body = Buffer.concat(await response.toArray());
      throw refusal({ status, headers: response.headers, body }, calls.asked("GET", path));
    }
    yield* createInterface({ input: response });
  }
  async function forward({ method, path }) {
    if (/^(\/v[\d.]+)?\/_ping$/.test(path)) return method === "HEAD" ? { ...ping, body: Buffer.alloc(0) } : ping;
    return calls.whole(method, path, {});
  }
  return {
    apiVersion,
    get: (path, options) => parsed2("GET", path, options),
    post: (path, options) => parsed2("POST", path, options),
    remove: async (path, options) => void await call("DELETE", path, options),
    bytes: async (path, options) => (await call("GET", path, options)).body,
    lines: lines2,
    forward,
    close: () => calls.close()
  };
}

// src/docker/engine/election.ts
var NO_LEADER = /node lost leader status|Manager is being prepared or has trouble connecting|context deadline exceeded|does not have a leader|transport is closing|connection error|Unavailable/i;
var ELECTION_PATIENCE_MS = 9e4;
function isElection(message) {
  return NO_LEADER.test(message);
}
function isNoManager(message) {
  return /This node is not a swarm manager/i.test(message);
}

// src/docker/engine/freshness.ts
var OutOfDate = class extends ConnectionLost {
  name = "OutOfDate";
};
var DOUBT_SECONDS = 40;
var ONE = /^\/services\/([^/]+)$/;
var Freshness = class {
  #known = /* @__PURE__ */ new Map();
  #doubtedUntil = Number.NEGATIVE_INFINITY;
  /** There was trouble with a manager: what comes back may be behind. */
  doubt() {
    this.#doubtedUntil = nowMs() + DOUBT_SECONDS * 1e3;
  }
  /** @throws OutOfDate */
  checkRead(path, answer, query = {}) {
    if (ONE.test(path)) this.#checkService(answer);
    if (path === "/services") this.#checkList(answer, query.filters);
    return answer;
  }
  /** @throws OutOfDate when the daemon does not find a service that may be there all the same */
  checkRefusal(path, error) {
    const id = ONE.exec(path)?.[1] ?? "";
    if (error instanceof EngineError && error.status === 404 && this.#mayBeThere(id)) throw outOfDate();
  }
  /** A change was taken: what is read from now on is newer than the version that it was made over. */
  changed(path, query = {}) {
    const id = /^\/services\/([^/]+)\/update$/.exec(path)?.[1];
    const version = Number(query.version);
    if (id !== void 0 && version >= (this.#known.get(id) ?? 0)) this.#known.set(id, version + 1);
  }
  removed(path) {
    this.#known.delete(ONE.exec(path)?.[1] ?? "");
  }
  #checkService(service) {
    if (service.Version.Index < this.#newestOf(service)) throw outOfDate();
    this.#known.set(service.ID, service.Version.Index);
  }
  /** Whoever asks for many tells those with an older version from the others: none may be missing. */
  #checkList(services, filters = "{}") {
    for (const one of services) this.#known.set(one.ID, Math.max(this.#newestOf(one), one.Version.Index));
    const { id: asked = [] } = JSON.parse(filters);
    const missing = asked.filter((id) => !services.some(({ ID }) => ID === id));
    if (missing.some((id) => this.#mayBeThere(id))) throw outOfDate();
  }
  #newestOf({ ID: id }) {
    return this.#known.get(id) ?? 0;
  }
  #mayBeThere(id) {
    return this.#known.has(id) && nowMs() < this.#doubtedUntil;
  }
};
function outOfDate() {
  return new OutOfDate("the manager that answers shows services as they were before their last change");
}

// src/docker/engine/patience.ts
var PATIENCE_MS2 = {
  "no-leader": ELECTION_PATIENCE_MS,
  "no-connection": ELECTION_PATIENCE_MS,
  silent: ELECTION_PATIENCE_MS,
  unreadable: 1e4,
  "no-manager": 2e4
};
var PAUSES_MS = [0, 250, 500];
var LONGEST_PAUSE_MS = 1e3;
var SLOW_SECONDS = 2;
var SILENCE_SECONDS = 10;
function patientEngine(managers) {
  const freshness = new Freshness();
  const daemons = doubting(managers, freshness);
  return {
    get apiVersion() {
      return daemons.current.apiVersion;
    },
    get: (path, options) => {
      const ask = async (engine) => {
        const begunAt = nowMs();
        try {
          const answer = await engine.get(path, options);
          const isSlow = nowMs() - begunAt >= SLOW_SECONDS * 1e3 && !ASKS_REGISTRY.test(path);
          if (isSlow) freshness.doubt();
          return freshness.checkRead(path, answer, options?.query);
        } catch (error) {
          freshness.checkRefusal(path, error);
          throw error;
        }
      };
      return askUntilAnswered(daemons, path, ask, options);
    },
    post: async (path, options) => {
      const ask = options?.mayRepeat ? askUntilAnswered : askOnce;
      const answer = await ask(daemons, path, (engine) => engine.post(path, options), options);
      freshness.changed(path, options?.query);
      return answer;
    },
    remove: async (path, options) => {
      const answer = await askUntilAnswered(daemons, path, (engine) => engine.remove(path, options), options);
      freshness.removed(path);
      return answer;
    },
    bytes: (path, options) => askUntilAnswered(daemons, path, (engine) => engine.bytes(path, options), options),
    lines: (path, options) => daemons.current.lines(path, options),
    forward: (request2) => forwardUntilAnswered(daemons, request2),
    close: () => daemons.current.close()
  };
}
function doubting(daemons, freshness) {
  return {
    get current() {
      return daemons.current;
    },
    get hasOthers() {
      return daemons.hasOthers;
    },
    get isClosed() {
      return daemons.isClosed ?? false;
    },
    onTrouble(trouble, from, error) {
      if (!(error instanceof OutOfDate)) freshness.doubt();
      daemons.onTrouble(trouble, from, error);
    },
    onAnswer: () => daemons.onAnswer?.()
  };
}
function troubleOf(error, path) {
  if (error instanceof Unreadable) return "unreadable";
  if (error instanceof OutOfDate) return "no-leader";
  if (error instanceof ConnectionLost) return "no-connection";
  if (!(error instanceof EngineError)) return void 0;
  if (!error.isDaemons) return error.status >= 502 && error.status <= 504 ? "no-connection" : void 0;
  return ASKS_REGISTRY.test(path) ? void 0 : troubleIn(error.message);
}
var ASKS_REGISTRY = /^\/(?:auth$|distribution\/)/;
function troubleIn(message) {
  if (isElection(message)) return "no-leader";
  return isNoManager(message) ? "no-manager" : void 0;
}
async function askUntilAnswered(daemons, path, ask, options = {}) {
  const attempt2 = async (number) => {
    const answer = await askOnce(daemons, path, ask, options);
    if (number > 1) daemons.onAnswer?.();
    return answer;
  };
  const pauseMs = (error, { number, elapsedMs }) => {
    const trouble = troubleOf(error, path);
    const isCallersLimit = options.timeoutSeconds !== void 0 && error instanceof TooLate;
    if (trouble === void 0 || isCallersLimit || daemons.isClosed) return void 0;
    const isOver = elapsedMs >= PATIENCE_MS2[daemons.hasOthers ? "no-connection" : trouble];
    return isOver ? void 0 : pauseAfter(trouble, number);
  };
  return retry(attempt2, pauseMs, options.signal);
}
function pauseAfter(trouble, number) {
  const early = trouble === "no-connection" ? PAUSES_MS[number - 1] : void 0;
  return early ?? LONGEST_PAUSE_MS;
}
async function askOnce(daemons, path, ask, { timeoutSeconds } = {}) {
  const { current: engine } = daemons;
  const isLong = timeoutSeconds !== void 0 || !daemons.hasOthers;
  const silence = isLong ? void 0 : setTimeout(() => daemons.onTrouble("silent", engine), SILENCE_SECONDS * 1e3);
  try {
    return await ask(engine);
  } catch (error) {
    const trouble = troubleOf(error, path);
    if (trouble !== void 0) daemons.onTrouble(trouble, engine, error);
    throw error;
  } finally {
    clearTimeout(silence);
  }
}
async function forwardUntilAnswered(daemons, request2) {
  const path = request2.path.replace(/^\/v[\d.]+/, "");
  try {
    return await askUntilAnswered(daemons, path, async (engine) => {
      const answer = await engine.forward(request2);
      const said = answer.body.toString("utf8", 0, MOST_OF_A_REFUSAL);
      if (answer.status >= 400 && troubleIn(said) !== void 0) throw new Refused(answer, said);
      return answer;
    });
  } catch (error) {
    if (error instanceof Refused) return error.answer;
    throw error;
  }
}
var MOST_OF_A_REFUSAL = 2e3;
var Refused = class extends EngineError {
  answer;
  constructor(answer, message) {
    super(answer.status, message);
    this.answer = answer;
  }
};

// src/connect/manager-state.ts
function notManaging(swarm, host) {
  if (swarm.ControlAvailable && !swarm.Error) return void 0;
  if (swarm.LocalNodeState === "inactive") {
    return `the docker daemon at ${host} is not part of a swarm: point \`host\`, DOCKER_HOST or the docker context at a manager of one, or run \`docker swarm init\` there`;
  }
  if (swarm.LocalNodeState === "active" && !swarm.ControlAvailable) {
    return `the docker daemon at ${host} is a worker of its swarm: point \`host\`, DOCKER_HOST or the docker context at a manager`;
  }
  return `the swarm of ${host} cannot be managed now (${swarm.LocalNodeState}): ${swarm.Error || "no reason given"}`;
}
function mayPass({ ControlAvailable, Error: problem2, LocalNodeState }) {
  return LocalNodeState === "pending" || ControlAvailable && isElection(problem2 ?? "");
}

// src/connect/managers.ts
var SECOND_LOOK_MS = 500;
var MOST_VERSION_CHARACTERS = 100;
var PING_SECONDS = 10;
var STILL_LIMIT_MS = 1e4;
var ASK_LIMIT_MS = 25e3;
var SEARCH_SECONDS = 120;
var ELECTION_PATIENCE_SECONDS = 60;
var NO_ANSWER_PATIENCE_SECONDS = 15;
var LOOK_EVERY_MS3 = 1e3;
var Managers = class {
  #doors;
  #configDirectory;
  #headers;
  #cliIn;
  #current;
  #search;
  #disposed = false;
  #toldTrouble;
  /**
   * @param headers sent with every request: the user's `HttpHeaders`
   * @param cliIn the docker CLI with an environment
   */
  constructor(doors, configDirectory, headers, cliIn = dockerCli) {
    this.#cliIn = cliIn;
    this.#doors = doors;
    this.#configDirectory = configDirectory;
    this.#headers = headers;
  }
  /** The docker CLI, tied to the manager in use. */
  docker = {
    run: (args, options) => this.#inUse().docker.run(args, options),
    start: (args) => this.#inUse().docker.start(args)
  };
  /** The Engine API of the manager in use, patient with what passes. */
  engine = patientEngine(this);
  /**
   * Opens the first way that leads to a manager. While they have no leader it waits for the election, and a little
   * while one ends its connections without an answer.
   *
   * @throws UserError with the reason of the only host, or of each
   */
  async connect(signal2) {
    const found = await retry(
      (round) => this.#enterFirst(round, signal2),
      (error, { number, elapsedMs }) => {
        if (!(error instanceof NoManager)) return void 0;
        const waitedFor = error.refusals.find(({ patienceSeconds }) => elapsedMs < patienceSeconds * 1e3);
        if (waitedFor === void 0) return void 0;
        if (number === 1) log.info(`${waitedFor.message}: this is waited for`);
        return LOOK_EVERY_MS3;
      },
      signal2
    );
    const { door, engine, version } = found;
    log.info(
      `Connected to ${door.text}: Docker ${foreignLine(String(version), MOST_VERSION_CHARACTERS)}, API ${engine.apiVersion}, a manager of the swarm`
    );
    this.#use(found);
  }
  /** @throws NoManager when no way leads to one */
  async #enterFirst(round, signal2) {
    const refusals = [];
    for (const door of this.#doors) {
      const found = await this.#enter(door, signal2);
      if (!(found instanceof Refusal)) return found;
      refusals.push(found);
      if (this.#doors.length > 1 && round === 1) log.info(`Passed over: ${found.message}`);
    }
    throw new NoManager(refusals);
  }
  /** Opens the way behind a door, and looks whether a manager is there. */
  async #enter(door, signal2) {
    let way;
    try {
      way = await door.open();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      return new Refusal(`${door.text}: ${error.message}`, error);
    }
    const manager = await this.#tryWay(door, way, signal2).catch((error) => {
      way[Symbol.dispose]();
      throw error;
    });
    if (manager instanceof Refusal) way[Symbol.dispose]();
    return manager;
  }
  /** Connects over a way that is open, and asks whether what is there manages the swarm. */
  async #tryWay(door, way, signal2) {
    const docker = this.#cliIn({ ...way.env, DOCKER_CONFIG: this.#configDirectory });
    const dial = () => this.#watched(docker.start(["system", "dial-stdio"]), way);
    const address = { host: door.text, headers: this.#headers, dial, explain: way.explain };
    let engine;
    try {
      engine = await connectEngine(address, signal2, this.#current && PING_SECONDS);
      const info = await engine.get("/info", { signal: signal2 });
      const problem2 = notManaging(info.Swarm, door.text) ?? await versionProblem(engine, way.env.DOCKER_API_VERSION, door, signal2);
      if (problem2 === void 0) return { door, way, docker, engine, version: info.ServerVersion };
      engine.close();
      return new Refusal(problem2, void 0, mayPass(info.Swarm) ? ELECTION_PATIENCE_SECONDS : 0);
    } catch (error) {
      engine?.close();
      if (!(error instanceof ConnectionLost || error instanceof EngineError)) throw error;
      const reason = error instanceof ConnectionLost ? error.reason : refusalText(error, way);
      return new Refusal(`the docker daemon at ${door.text} cannot be used: ${reason}`, error, patienceWith(error));
    }
  }
  #use(manager) {
    const before = this.#current;
    this.#current = manager;
    before?.engine.close();
    if (before !== void 0 && before.way !== manager.way) before.way[Symbol.dispose]();
  }
  #inUse() {
    if (this.#current === void 0) throw new ConnectionLost("no manager of the swarm can be reached");
    return this.#current;
  }
  get current() {
    return this.#inUse().engine;
  }
  get hasOthers() {
    return this.#doors.length > 1;
  }
  get isClosed() {
    return this.#disposed;
  }
  onTrouble(trouble, from, error) {
    const current = this.#current;
    if (current === void 0 || from !== current.engine || this.#disposed) return;
    if (this.#toldTrouble !== trouble && trouble !== "silent") {
      const said = error instanceof ConnectionLost ? error.reason : messageOf(error);
      log.info(`${current.door.text}: ${TOLD[trouble]}: ${foreignLine(said)}`);
      this.#toldTrouble = trouble;
    }
    if (this.hasOthers) this.#find();
  }
  onAnswer() {
    if (this.#toldTrouble !== void 0) log.info(`${this.#current?.door.text}: the swarm answers again`);
    this.#toldTrouble = void 0;
  }
  /** A connection that ends by itself is the sign that the manager may be gone. */
  #watched(child, way) {
    child.once("close", (_code, killedBy) => {
      const mayBeGone = killedBy === null && way === this.#current?.way && !this.#disposed;
      if (mayBeGone && this.hasOthers) this.#find();
    });
    return child;
  }
  /** Looks for another manager when the one in use does not manage any more. One search at a time. */
  #find() {
    this.#search ??= this.#replace().catch((error) => log.warning(`No other manager was found: ${tellCallError(error) ?? messageOf(error)}`)).finally(() => {
      this.#search = void 0;
    });
  }
  async #replace() {
    const before = this.#current;
    const deadline = nowMs() + SEARCH_SECONDS * 1e3;
    await idle(SECOND_LOOK_MS);
    if (before === void 0 || this.#disposed || await this.#stillManages(before)) return;
    const at = this.#doors.indexOf(before.door);
    const others = [...this.#doors.slice(at + 1), ...this.#doors.slice(0, at)];
    while (!this.#disposed && nowMs() < deadline) {
      for (const door of others) {
        const found = await this.#enter(door, timeLimit(ASK_LIMIT_MS));
        if (found instanceof Refusal) {
          log.debug(found.message);
        } else if (this.#disposed) {
          found.engine.close();
          return found.way[Symbol.dispose]();
        } else {
          log.warning(`${before.door.text} is no longer a manager that answers: the run goes on with ${door.text}`);
          return this.#use(found);
        }
      }
      if (await this.#stillManages(before)) return;
      await idle(LOOK_EVERY_MS3);
    }
  }
  /** Over a new connection: those that there are may be dead, or busy. */
  async #stillManages({ door, way }) {
    const found = await this.#tryWay(door, way, timeLimit(STILL_LIMIT_MS)).catch((error) => error);
    if (found instanceof Error) return false;
    found.engine.close();
    return true;
  }
  [Symbol.dispose]() {
    this.#disposed = true;
    this.#current?.engine.close();
    this.#current?.way[Symbol.dispose]();
  }
};
var TOLD = {
  "no-leader": "the swarm has no leader, which is waited for",
  "no-connection": "the connection is lost, and made again",
  silent: "there is no answer",
  unreadable: "the answer cannot be understood, and is asked for again",
  "no-manager": "it manages the swarm no longer"
};
var Refusal = class extends UserError {
  /** For how long it may be worth to ask again, since the first time. */
  patienceSeconds;
  constructor(message, cause, patienceSeconds = 0) {
    super(message, { cause });
    this.patienceSeconds = patienceSeconds;
  }
};
function patienceWith(error) {
  if (error instanceof EngineError) return isElection(error.message) ? ELECTION_PATIENCE_SECONDS : 0;
  return error.reason === ENDED_WITHOUT_ANSWER ? NO_ANSWER_PATIENCE_SECONDS : 0;
}
async function versionProblem(engine, asked, { text: text2 }, signal2) {
  return asked ? apiVersionProblem(asked, await engine.get("/version", { signal: signal2 }), text2) : void 0;
}
function refusalText(error, { explain }) {
  const said = foreignLine(error.message);
  const explained = explain(said);
  return explained !== said || error.asked === void 0 ? explained : tellCallError(error) ?? said;
}
var NoManager = class extends UserError {
  refusals;
  constructor(refusals) {
    const [first] = refusals;
    const reasons = refusals.map(({ message }) => message).join("; ");
    if (first !== void 0 && refusals.length === 1) super(first.message, { cause: first.cause });
    else super(`none of the ${refusals.length} hosts can be used: ${reasons}`);
    this.refusals = refusals;
  }
};

// src/connect/connection.ts
async function connect(deployment, workspace, env, signal2) {
  const bare = environmentForChildren(env);
  const userConfig = await readUserConfig(bare);
  const cli = await findCli(deployment, bare, workspace, signal2);
  const directory = await workspace.makeDirectory("client");
  await workspace.writeFile(join7(directory, "config.json"), isolatedConfigFile(/* @__PURE__ */ new Map(), userConfig.carriedOver));
  const doors = await doorsOf(deployment.reach, { workspace, env: cli.env, userConfig, signal: signal2 });
  const managers = new Managers(doors, directory, userConfig.file.HttpHeaders ?? {});
  try {
    await managers.connect(signal2);
    return {
      docker: managers.docker,
      isRemote: doors.every(({ text: text2 }) => text2.startsWith("ssh:")),
      cliVersion: cli.version,
      engine: managers.engine,
      configDirectory: directory,
      userConfig,
      [Symbol.dispose]: () => managers[Symbol.dispose]()
    };
  } catch (error) {
    managers[Symbol.dispose]();
    throw error;
  }
}
async function readUserConfig(env) {
  const directory = env.DOCKER_CONFIG || join7(homedir(), ".docker");
  const name = env.DOCKER_CONFIG ? "DOCKER_CONFIG" : "~/.docker";
  const file = await readConfigFile(join7(directory, "config.json"));
  return { name, directory, file, carriedOver: settingsToCarryOver(file, join7(directory, "cli-plugins")), env };
}
async function readConfigFile(path) {
  try {
    const file = parseConfigFile(await readFile2(path, "utf8"));
    for (const { username, password } of storedCredentials(file)) new Secret(password, username);
    return file;
  } catch (error) {
    if (error.code === "ENOENT") return {};
    const why = error instanceof SyntaxError ? "it is no JSON object" : messageOf(error);
    log.warning(`${path} is not read: ${why}`);
    return {};
  }
}

// src/runner/command-files.ts
import { randomUUID as randomUUID2 } from "node:crypto";
import { closeSync as closeSync2, fstatSync as fstatSync2, ftruncateSync, openSync as openSync2, writeSync as writeSync2 } from "node:fs";
var FILES = {
  GITHUB_OUTPUT: "The outputs of this step",
  GITHUB_STATE: "What is kept for the end of the job",
  GITHUB_STEP_SUMMARY: "The job summary"
};
function setOutput(name, value) {
  append("GITHUB_OUTPUT", named(name, value));
}
function saveState(name, value) {
  append("GITHUB_STATE", named(name, value));
}
function addSummary(markdown) {
  if (process.env.GITHUB_STEP_SUMMARY) append("GITHUB_STEP_SUMMARY", `${markdown}
`);
}
function named(name, value) {
  const delimiter2 = `ghadelimiter_${randomUUID2()}`;
  return `${name}<<${delimiter2}
${value}
${delimiter2}
`;
}
function append(file, text2) {
  const path = process.env[file];
  if (!path && !isInRunner(process.env)) return;
  try {
    if (!path) throw new Error(`the runner has not set ${file}`);
    appendWhole(path, text2);
  } catch (error) {
    log.warning(`${FILES[file]} could not be written: ${messageOf(error)}`);
  }
}
function appendWhole(path, text2) {
  const file = openSync2(path, "a");
  try {
    const { size } = fstatSync2(file);
    const bytes = Buffer.from(text2);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync2(file, bytes, done);
    } catch (error) {
      cutBack(file, size);
      throw error;
    }
  } finally {
    closeSync2(file);
  }
}
function cutBack(file, size) {
  try {
    ftruncateSync(file, size);
  } catch {
  }
}

// src/runner/saved.ts
function saveForPost(name, value) {
  if (name === "lock") note({ lock: value });
  saveState(name, value);
}
function savedByMain(name) {
  return process.env[`STATE_${name}`] || void 0;
}

// src/docker/engine/removal.ts
async function remove(engine, path, signal2) {
  await engine.remove(path, { signal: signal2 }).catch((error) => {
    if (!(error instanceof EngineError) || error.status !== 404) throw error;
  });
}

// src/rollout/lifetime.ts
var MARGIN_SECONDS = 15 * 60;
function lifetimeOf({ timeoutSeconds, services, stack }) {
  const all = [...services, ...stack === void 0 ? [] : [stack]];
  const trials = Math.max(...all.map(({ strategy }) => strategy.asideSeconds));
  const { rollout, wayBack } = sharesOf(timeoutSeconds);
  return Math.ceil(rollout + wayBack + trials + MARGIN_SECONDS);
}

// src/lock/lock-config.ts
import { createHash as createHash4 } from "node:crypto";
var PREFIX = "swarm-deploy.lock";
var LONGEST_NAME4 = 64;
var HASH_LENGTH = 12;
var OWNER = `${PREFIX}.owner`;
var URL2 = `${PREFIX}.url`;
var SECONDS = `${PREFIX}.seconds`;
var TOKEN = `${PREFIX}.token`;
var MOST_SHOWN = 300;
function lockName(kind, name) {
  const plain = `${PREFIX}.${kind}.${name}`;
  if (plain.length <= LONGEST_NAME4) return plain;
  const hash = createHash4("sha256").update(name).digest("hex").slice(0, HASH_LENGTH);
  return `${plain.slice(0, LONGEST_NAME4 - HASH_LENGTH - 1)}.${hash}`;
}
function lockBody(name, { owner, url, seconds, token }) {
  const labels = { [OWNER]: owner, [URL2]: url, [SECONDS]: String(seconds), [TOKEN]: token };
  return { Name: name, Labels: labels, Data: Buffer.from("a lock of a deploy").toString("base64") };
}
function locksOf(token) {
  return JSON.stringify({ label: [`${TOKEN}=${token}`] });
}
function heldLock({ ID, CreatedAt, Spec }) {
  const labels = Spec.Labels ?? {};
  const holder = {
    owner: foreignLine(labels[OWNER] ?? "", MOST_SHOWN) || "someone unknown",
    url: foreignLine(labels[URL2] ?? "", MOST_SHOWN),
    // One that was made by hand stays until it is removed by hand.
    seconds: /^\d+$/.test(labels[SECONDS] ?? "") ? Number(labels[SECONDS]) : Number.POSITIVE_INFINITY,
    token: labels[TOKEN] ?? ""
  };
  return { id: ID, holder, createdAt: CreatedAt };
}
function isExpired({ createdAt, holder }, now) {
  return secondsLeft(createdAt, holder.seconds, now) <= 0;
}
function secondsLeft(createdAt, seconds, now) {
  return Math.ceil((Date.parse(createdAt) - Date.parse(now)) / 1e3) + seconds;
}

// src/lock/lock.ts
var CALL_TIMEOUT_MS = 12e4;
var RELEASE_TIMEOUT_MS = 5e3;
var LOOK_EVERY_MS4 = 1e3;
async function takeLock(asked, run, { engine }, time, signal2) {
  const { lock, stack } = asked;
  if (lock === void 0) return { takeServices: async () => void 0, [Symbol.asyncDispose]: async () => void 0 };
  const holder = { ...run, seconds: lifetimeOf(asked) };
  saveForPost("lock", holder.token);
  const taken = [];
  const take = (names) => stage("Take the lock", async () => {
    for (const name of names.toSorted()) {
      await waitFor(engine, name, holder, lock, time, signal2);
      taken.push(name);
      log.info(`${name}: locked`);
    }
  });
  const keeper = {
    takeServices: async ({ services }) => {
      const names = services.map(({ name }) => lockName("service", name)).filter((name) => !taken.includes(name));
      if (names.length > 0) await take(names);
    },
    [Symbol.asyncDispose]: () => {
      time.beginClosing();
      return release(engine, holder, taken);
    }
  };
  try {
    if (stack === void 0) await keeper.takeServices(asked);
    else await take([lockName("stack", stack.name)]);
    return keeper;
  } catch (error) {
    await keeper[Symbol.asyncDispose]();
    throw error;
  }
}
async function waitFor(engine, name, holder, { timeoutSeconds }, time, signal2) {
  const deadline = nowMs() + timeoutSeconds * 1e3;
  let waitsFor = "";
  while (!await create(engine, name, holder)) {
    signal2.throwIfAborted();
    const other = await find(engine, name, signal2);
    if (other === void 0) continue;
    if (other.holder.token === holder.token) return;
    const { SystemTime: now } = await engine.get("/info", { signal: signal2 });
    if (isExpired(other, now)) {
      log.warning(`${name}: the lock of ${named2(other.holder)} has expired, and is broken`);
      await remove(engine, `/configs/${other.id}`, signal2);
      continue;
    }
    if (nowMs() >= deadline) throw new UserError(tooLong3(name, other, now, timeoutSeconds));
    if (waitsFor !== other.id) {
      log.info(`${name}: waiting for ${named2(other.holder)} to release it, for at most ${timeoutSeconds} s`);
    }
    waitsFor = other.id;
    const pauseMs = Math.min(LOOK_EVERY_MS4, Math.max(0, deadline - nowMs()));
    await time.aside(pauseMs / 1e3, () => sleep(pauseMs, signal2));
  }
}
function named2({ owner, url }) {
  return url === "" ? owner : `${owner} (${url})`;
}
function tooLong3(name, { holder, createdAt }, now, timeoutSeconds) {
  const left = secondsLeft(createdAt, holder.seconds, now);
  const until = Number.isFinite(left) ? `It expires by itself in ${left} s. ` : "";
  return `lock-timeout: ${named2(holder)} has held ${name} for longer than ${timeoutSeconds} s. ${until}If that run is gone, remove its lock with \`docker config rm ${name}\`; else write a longer \`lock-timeout\``;
}
async function create(engine, name, holder) {
  try {
    await engine.post("/configs/create", {
      body: lockBody(name, holder),
      mayRepeat: true,
      signal: timeLimit(CALL_TIMEOUT_MS)
    });
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.status === 409) return false;
    if (error instanceof EngineError) throw new UserError(`lock: the swarm refuses to make ${name}: ${error.message}`);
    throw error;
  }
}
async function find(engine, name, signal2) {
  const filters = JSON.stringify({ name: [name] });
  const found = await engine.get("/configs", { query: { filters }, signal: signal2 });
  const config = found.find(({ Spec }) => Spec.Name === name);
  return config && heldLock(config);
}
async function release(engine, holder, taken) {
  try {
    await releaseAll(engine, holder.token, timeLimit(RELEASE_TIMEOUT_MS));
    saveForPost("lock", "");
  } catch (error) {
    log.warning(
      `Not released: ${taken.join(", ")} (${messageOf(error)}). It expires ${holder.seconds} s after it was taken, or is removed with \`docker config rm\``
    );
  }
}
async function releaseAll(engine, token, signal2) {
  const query = { filters: locksOf(token) };
  const left = await engine.get("/configs", { query, signal: signal2 });
  const ours = left.map(heldLock).filter(({ holder }) => holder.token === token);
  await Promise.all(ours.map(({ id }) => remove(engine, `/configs/${id}`, signal2)));
}
async function releaseLeft(token, { engine }) {
  await releaseAll(engine, token, timeLimit(CALL_TIMEOUT_MS));
}

// src/runner/workspace.ts
import { randomBytes } from "node:crypto";
import { lstat as lstat2, mkdir, readdir, rm as rm2, writeFile } from "node:fs/promises";
import { basename, dirname as dirname2, join as join8 } from "node:path";

// src/runner/temporary.ts
import { tmpdir } from "node:os";
import { resolve as resolve4 } from "node:path";
function temporaryDirectories(env, longest) {
  const all = [...new Set([env.RUNNER_TEMP || tmpdir(), tmpdir(), "/tmp"].map((path) => resolve4(path)))];
  const isShort = (path) => Buffer.byteLength(path) <= longest;
  return [...all.filter(isShort), ...all.filter((path) => !isShort(path))];
}
var REASONS2 = {
  EACCES: "this user may not write there",
  EDQUOT: "the quota of this user is used up",
  ENAMETOOLONG: "its path is too long",
  ENOENT: "there is no such directory",
  ENOSPC: "there is no space left on it",
  ENOTDIR: "it is no directory",
  EPERM: "this user may not write there",
  EROFS: "it is read-only"
};
function unwritable(error) {
  return REASONS2[error.code ?? ""];
}

// src/runner/workspace.ts
var NAME6 = /^swarm-deploy-[0-9a-f]{12}$/;
var NAME_BYTES = "swarm-deploy-0123456789ab".length;
var LONGEST_SOCKET_PATH_BYTES2 = 107;
var SOCKET_BYTES = "/s12".length + ".0123456789abcdef".length;
var LONGEST_DIRECTORY_BYTES = LONGEST_SOCKET_PATH_BYTES2 - SOCKET_BYTES - NAME_BYTES - "/".length;
var PROBE = Buffer.alloc(256 * 1024);
var MARK2 = "SWARM_DEPLOY_RUN";
async function createWorkspace() {
  const directory = await makeWorkspace();
  process.env[MARK2] = basename(directory);
  let sockets = 0;
  return {
    directory,
    async makeDirectory(name) {
      const path = join8(directory, name);
      await written(mkdir(path, { mode: 448 }), directory);
      return path;
    },
    writeFile: (path, content, kind) => written(writeFile(path, content, { mode: kind === "program" ? 448 : 384, flag: "wx" }), directory),
    socketPath: () => join8(directory, `s${++sockets}`),
    [Symbol.asyncDispose]: () => removeAll(directory).catch((error) => log.warning(`Not cleaned up: ${messageOf(error)}`))
  };
}
async function makeWorkspace() {
  const name = `swarm-deploy-${randomBytes(6).toString("hex")}`;
  const reasons = [];
  for (const parent of temporaryDirectories(process.env, LONGEST_DIRECTORY_BYTES)) {
    const directory = join8(parent, name);
    saveForPost("workspace", directory);
    try {
      await mkdir(directory, { mode: 448 });
      await writeFile(join8(directory, "probe"), PROBE, { mode: 384, flag: "wx" });
      await rm2(join8(directory, "probe"));
      if (reasons.length > 0) log.info(`${directory} is used, for ${reasons.join("; ")}`);
      return directory;
    } catch (error) {
      await rm2(directory, { recursive: true, force: true }).catch(() => void 0);
      const reason = unwritable(error);
      if (reason === void 0) throw error;
      reasons.push(`the temporary directory ${parent} cannot be written to: ${reason}`);
    }
  }
  throw new UserError(`${reasons.join("; ")}: set RUNNER_TEMP to a directory with some free space`);
}
async function written(work, directory) {
  try {
    return await work;
  } catch (error) {
    const reason = unwritable(error);
    if (reason === void 0) throw error;
    throw new UserError(
      `the directory of this run, ${directory}, cannot be written to: ${reason}. It has to stay as it is until the step ends, with some free space`,
      { cause: error }
    );
  }
}
function markOf(directory) {
  return `${MARK2}=${basename(directory)}`;
}
async function leftWorkspaces() {
  const parents = temporaryDirectories(process.env, LONGEST_DIRECTORY_BYTES);
  const found = await Promise.all(
    parents.map(async (parent) => {
      const names = await readdir(parent).catch(() => []);
      return names.filter((name) => NAME6.test(name)).map((name) => join8(parent, name));
    })
  );
  const checked2 = await Promise.all(
    found.flat().map(async (path) => ({ path, isThere: await isThere(path).catch(() => false) }))
  );
  return checked2.filter((one) => one.isThere).map(({ path }) => path);
}
async function isThere(directory) {
  const parents = temporaryDirectories(process.env, LONGEST_DIRECTORY_BYTES);
  const isOurName = NAME6.test(basename(directory)) && parents.includes(dirname2(directory));
  const stats = isOurName ? await lstat2(directory).catch(() => void 0) : void 0;
  if (!isOurName || stats !== void 0 && !(stats.isDirectory() && isOwn(stats))) {
    throw new Error(`${directory} is not a directory that this action made`);
  }
  return stats !== void 0;
}
async function removeWorkspace(directory) {
  if (await isThere(directory)) await removeAll(directory);
}
function removeAll(directory) {
  return rm2(directory, { recursive: true, force: true, maxRetries: 3 });
}

// src/runner/parallel.ts
async function inParallel(items, limit, work) {
  const results = [];
  const queue = entriesOf3(items);
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
function* entriesOf3(items) {
  yield* items.entries();
}

// src/docker/specs/service-spec.ts
function difference(spec, asked) {
  if (spec === void 0) return { ...asked, words: [] };
  const image = isSameImage(spec, asked.image) ? void 0 : asked.image;
  const now = spec.Mode.Replicated?.Replicas ?? spec.Mode.ReplicatedJob?.TotalCompletions ?? 1;
  const replicas = asked.replicas === now ? void 0 : asked.replicas;
  const env = Object.fromEntries(
    Object.entries(asked.env).filter(([name, value]) => variables(spec).get(name) !== value)
  );
  const names = Object.keys(env);
  return {
    image,
    replicas,
    env,
    words: [
      ...image === void 0 ? [] : ["image"],
      ...replicas === void 0 ? [] : [`replicas ${now} → ${replicas}`],
      ...names.length === 0 ? [] : [`env ${names.join(", ")}`]
    ]
  };
}
function withDifference(spec, { image, replicas, env }) {
  const { TaskTemplate: template, Mode: mode } = spec;
  const container2 = template.ContainerSpec ?? { Image: "" };
  const before = (container2.Env ?? []).map((entry) => [entry.split("=", 1)[0], entry]);
  const after = Object.entries(env).map(([name, value]) => [name, `${name}=${value}`]);
  const Env = [...new Map([...before, ...after]).values()];
  return {
    ...spec,
    ...replicas !== void 0 && { Mode: { ...mode, Replicated: { Replicas: replicas } } },
    TaskTemplate: {
      ...template,
      ContainerSpec: {
        ...container2,
        ...image && { Image: familiar(image) },
        ...Object.keys(env).length > 0 && { Env }
      }
    }
  };
}
function commandOf({ TaskTemplate: template }) {
  return template.ContainerSpec?.Args;
}
function withCommand(spec, words) {
  const { TaskTemplate: template } = spec;
  if (words === void 0 || template.ContainerSpec === void 0) return spec;
  const { Args: _, ...container2 } = template.ContainerSpec;
  const ContainerSpec = words.length === 0 ? container2 : { ...container2, Args: words };
  return { ...spec, TaskTemplate: { ...template, ContainerSpec } };
}
function withPlatforms(spec, platforms = []) {
  if (platforms.length === 0) return spec;
  const Platforms = platforms.map(({ architecture = "", os = "" }) => ({
    Architecture: architecture.toLowerCase() === "arm" ? "" : architecture,
    OS: os
  }));
  const { TaskTemplate: template } = spec;
  return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Platforms } } };
}
function imageOf(service) {
  return service?.Spec.TaskTemplate.ContainerSpec?.Image;
}
function withRulingVariables(spec, env) {
  return withDifference(spec, { image: void 0, replicas: void 0, env: variablesRulingDocker(env) });
}
function isSameImage(spec, image) {
  return image === void 0 || sameImage(spec.TaskTemplate.ContainerSpec?.Image ?? "", familiar(image));
}
function variables(spec) {
  const entries = (spec.TaskTemplate.ContainerSpec?.Env ?? []).map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  });
  return new Map(entries);
}

// src/docker/specs/spec-update.ts
var ATTEMPTS = 8;
var LONGEST_PAUSE_MS2 = 500;
var LONG_PAUSE_MS = 1e3;
async function updateSpec(engine, serviceId, bases, wanted, credential, signal2) {
  const shows = !bases.some((base) => sameSpec(base, wanted));
  let failure;
  let refusal2;
  let outOfSequence = 0;
  async function attempt2(number) {
    const service = await findService(engine, serviceId, signal2);
    if (service === void 0) return "removed";
    if (number > 1 && shows && sameSpec(service.Spec, wanted)) return "done";
    if (refusal2 !== void 0) throw refusal2;
    if (![...bases, wanted].some((spec) => sameSpec(service.Spec, spec))) return "changed";
    await send(service);
    return "done";
  }
  async function send(service) {
    try {
      await engine.post(`/services/${service.ID}/update`, {
        query: queryFor(service, credential),
        body: wanted,
        signal: signal2,
        ...credential.from === "header" ? { registryAuth: credential.header } : {}
      });
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  function pauseMs(error, { number, elapsedMs }) {
    if (error !== failure || error === refusal2) return void 0;
    const isLost = isAnswerLost(error);
    if (isLost ? elapsedMs >= ELECTION_PATIENCE_MS : ++outOfSequence === ATTEMPTS) return void 0;
    if (!mayRepeat(error)) {
      if (!isFailure(error)) return void 0;
      refusal2 = error;
    }
    return isLost && number > 2 ? LONG_PAUSE_MS : Math.random() * LONGEST_PAUSE_MS2;
  }
  return retry(attempt2, pauseMs, signal2);
}
async function findService(engine, name, signal2) {
  try {
    return await engine.get(`/services/${name}`, { signal: signal2 });
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return void 0;
    throw error;
  }
}
function isFailure(error) {
  return error instanceof EngineError && error.status >= 500;
}
function isOutOfSequence(message) {
  return /update out of sequence/.test(message);
}
function isAnswerLost(error) {
  if (error instanceof ConnectionLost) return true;
  return error instanceof EngineError && (isElection(error.message) || isNoManager(error.message));
}
function mayRepeat(error) {
  return isAnswerLost(error) || error instanceof EngineError && isOutOfSequence(error.message);
}
function queryFor(service, credential) {
  const version = String(service.Version.Index);
  return credential.from === "header" ? { version } : { version, registryAuthFrom: credential.from };
}

export {
  __using,
  __callDispose,
  UserError,
  UserErrors,
  Cancelled,
  CutOff,
  Underway,
  throwAll,
  messageOf,
  nowMs,
  sleep,
  timeLimit,
  tooLong,
  LINE_END,
  printable,
  shortened,
  Secret,
  redact,
  limited,
  foreignLine,
  EngineError,
  TooLate,
  tellCallError,
  GIVE_UP_AFTER_STOP_MS,
  RunTime,
  TimedOut,
  basePath,
  isNothing,
  entryAt,
  mapAt,
  mapValues,
  withEntries,
  text,
  toYaml,
  filledIn,
  contentOf,
  parseReference,
  familiar,
  canonicalName,
  withTagDefault,
  withDigest,
  registryKey,
  pathMatches,
  poll,
  isAlive,
  stopMain,
  endMarked,
  openState,
  note,
  stepIdentity,
  readState,
  log,
  reportLog,
  stage,
  speakForAll,
  hide2 as hide,
  hideUserInfo,
  withoutUserInfo2 as withoutUserInfo,
  shown2 as shown,
  policySettings,
  parseDuration,
  policyAdvice,
  parseGoJson,
  toGoJson,
  sameSpec,
  withStoredOrder,
  fingerprint,
  changedParts,
  unknownFlags,
  overlay,
  entriesOf,
  isJob,
  wantedTasks,
  isGlobal,
  endsForGood,
  modeName,
  constraintProblem,
  eligibleNodes,
  allowedNodes,
  platformProblem,
  hasPlatform,
  portName2 as portName,
  namedPorts,
  portsOf,
  portInTheWay,
  hasPort,
  specViolations,
  changeViolations,
  nameProblem,
  objectNameProblem,
  RECORD_LABEL,
  labelsOf,
  rulesDocker,
  groupBy,
  adviceInside,
  SOURCE_LABEL,
  readInputs,
  readReach,
  isolatedConfigFile,
  storedCredential,
  helperFor,
  environmentForCommands,
  runProgram,
  secondsSince,
  toTenths,
  retry,
  connect,
  remove,
  lifetimeOf,
  setOutput,
  addSummary,
  savedByMain,
  takeLock,
  releaseLeft,
  inParallel,
  difference,
  withDifference,
  commandOf,
  withCommand,
  withPlatforms,
  imageOf,
  withRulingVariables,
  updateSpec,
  findService,
  isFailure,
  isAnswerLost,
  mayRepeat,
  createWorkspace,
  markOf,
  leftWorkspaces,
  isThere,
  removeWorkspace
};

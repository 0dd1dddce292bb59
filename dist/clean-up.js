import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
/******/ var __webpack_modules__ = ({

/***/ 181:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("buffer");

/***/ }),

/***/ 4708:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:https");

/***/ }),

/***/ 1692:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");

/***/ }),

/***/ 8877:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:v8");

/***/ }),

/***/ 932:
/***/ ((module) => {

module.exports = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("process");

/***/ }),

/***/ 7349:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);
var YAMLMap = __nccwpck_require__(4454);
var YAMLSeq = __nccwpck_require__(2223);
var resolveBlockMap = __nccwpck_require__(7103);
var resolveBlockSeq = __nccwpck_require__(334);
var resolveFlowCollection = __nccwpck_require__(3142);

function resolveCollection(CN, ctx, token, onError, tagName, tag) {
    const coll = token.type === 'block-map'
        ? resolveBlockMap.resolveBlockMap(CN, ctx, token, onError, tag)
        : token.type === 'block-seq'
            ? resolveBlockSeq.resolveBlockSeq(CN, ctx, token, onError, tag)
            : resolveFlowCollection.resolveFlowCollection(CN, ctx, token, onError, tag);
    const Coll = coll.constructor;
    // If we got a tagName matching the class, or the tag name is '!',
    // then use the tagName from the node class used to create it.
    if (tagName === '!' || tagName === Coll.tagName) {
        coll.tag = Coll.tagName;
        return coll;
    }
    if (tagName)
        coll.tag = tagName;
    return coll;
}
function composeCollection(CN, ctx, token, props, onError) {
    const tagToken = props.tag;
    const tagName = !tagToken
        ? null
        : ctx.directives.tagName(tagToken.source, msg => onError(tagToken, 'TAG_RESOLVE_FAILED', msg));
    if (token.type === 'block-seq') {
        const { anchor, newlineAfterProp: nl } = props;
        const lastProp = anchor && tagToken
            ? anchor.offset > tagToken.offset
                ? anchor
                : tagToken
            : (anchor ?? tagToken);
        if (lastProp && (!nl || nl.offset < lastProp.offset)) {
            const message = 'Missing newline after block sequence props';
            onError(lastProp, 'MISSING_CHAR', message);
        }
    }
    const expType = token.type === 'block-map'
        ? 'map'
        : token.type === 'block-seq'
            ? 'seq'
            : token.start.source === '{'
                ? 'map'
                : 'seq';
    // shortcut: check if it's a generic YAMLMap or YAMLSeq
    // before jumping into the custom tag logic.
    if (!tagToken ||
        !tagName ||
        tagName === '!' ||
        (tagName === YAMLMap.YAMLMap.tagName && expType === 'map') ||
        (tagName === YAMLSeq.YAMLSeq.tagName && expType === 'seq')) {
        return resolveCollection(CN, ctx, token, onError, tagName);
    }
    let tag = ctx.schema.tags.find(t => t.tag === tagName && t.collection === expType);
    if (!tag) {
        const kt = ctx.schema.knownTags[tagName];
        if (kt?.collection === expType) {
            ctx.schema.tags.push(Object.assign({}, kt, { default: false }));
            tag = kt;
        }
        else {
            if (kt) {
                onError(tagToken, 'BAD_COLLECTION_TYPE', `${kt.tag} used for ${expType} collection, but expects ${kt.collection ?? 'scalar'}`, true);
            }
            else {
                onError(tagToken, 'TAG_RESOLVE_FAILED', `Unresolved tag: ${tagName}`, true);
            }
            return resolveCollection(CN, ctx, token, onError, tagName);
        }
    }
    const coll = resolveCollection(CN, ctx, token, onError, tagName, tag);
    const res = tag.resolve?.(coll, msg => onError(tagToken, 'TAG_RESOLVE_FAILED', msg), ctx.options) ?? coll;
    const node = identity.isNode(res)
        ? res
        : new Scalar.Scalar(res);
    node.range = coll.range;
    node.tag = tagName;
    if (tag?.format)
        node.format = tag.format;
    return node;
}

exports.composeCollection = composeCollection;


/***/ }),

/***/ 3683:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Document = __nccwpck_require__(3021);
var composeNode = __nccwpck_require__(5937);
var resolveEnd = __nccwpck_require__(7788);
var resolveProps = __nccwpck_require__(4631);

function composeDoc(options, directives, { offset, start, value, end }, onError) {
    const opts = Object.assign({ _directives: directives }, options);
    const doc = new Document.Document(undefined, opts);
    const ctx = {
        atKey: false,
        atRoot: true,
        directives: doc.directives,
        options: doc.options,
        schema: doc.schema
    };
    const props = resolveProps.resolveProps(start, {
        indicator: 'doc-start',
        next: value ?? end?.[0],
        offset,
        onError,
        parentIndent: 0,
        startOnNewline: true
    });
    if (props.found) {
        doc.directives.docStart = true;
        if (value &&
            (value.type === 'block-map' || value.type === 'block-seq') &&
            !props.hasNewline)
            onError(props.end, 'MISSING_CHAR', 'Block collection cannot start on same line with directives-end marker');
    }
    // @ts-expect-error If Contents is set, let's trust the user
    doc.contents = value
        ? composeNode.composeNode(ctx, value, props, onError)
        : composeNode.composeEmptyNode(ctx, props.end, start, null, props, onError);
    const contentEnd = doc.contents.range[2];
    const re = resolveEnd.resolveEnd(end, contentEnd, false, onError);
    if (re.comment)
        doc.comment = re.comment;
    doc.range = [offset, contentEnd, re.offset];
    return doc;
}

exports.composeDoc = composeDoc;


/***/ }),

/***/ 5937:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Alias = __nccwpck_require__(4065);
var identity = __nccwpck_require__(1127);
var composeCollection = __nccwpck_require__(7349);
var composeScalar = __nccwpck_require__(5413);
var resolveEnd = __nccwpck_require__(7788);
var utilEmptyScalarPosition = __nccwpck_require__(2599);

const CN = { composeNode, composeEmptyNode };
function composeNode(ctx, token, props, onError) {
    const atKey = ctx.atKey;
    const { spaceBefore, comment, anchor, tag } = props;
    let node;
    let isSrcToken = true;
    switch (token.type) {
        case 'alias':
            node = composeAlias(ctx, token, onError);
            if (anchor || tag)
                onError(token, 'ALIAS_PROPS', 'An alias node must not specify any properties');
            break;
        case 'scalar':
        case 'single-quoted-scalar':
        case 'double-quoted-scalar':
        case 'block-scalar':
            node = composeScalar.composeScalar(ctx, token, tag, onError);
            if (anchor)
                node.anchor = anchor.source.substring(1);
            break;
        case 'block-map':
        case 'block-seq':
        case 'flow-collection':
            try {
                node = composeCollection.composeCollection(CN, ctx, token, props, onError);
                if (anchor)
                    node.anchor = anchor.source.substring(1);
            }
            catch (error) {
                // Almost certainly here due to a stack overflow
                const message = error instanceof Error ? error.message : String(error);
                onError(token, 'RESOURCE_EXHAUSTION', message);
            }
            break;
        default: {
            const message = token.type === 'error'
                ? token.message
                : `Unsupported token (type: ${token.type})`;
            onError(token, 'UNEXPECTED_TOKEN', message);
            isSrcToken = false;
        }
    }
    node ?? (node = composeEmptyNode(ctx, token.offset, undefined, null, props, onError));
    if (anchor && node.anchor === '')
        onError(anchor, 'BAD_ALIAS', 'Anchor cannot be an empty string');
    if (atKey &&
        ctx.options.stringKeys &&
        (!identity.isScalar(node) ||
            typeof node.value !== 'string' ||
            (node.tag && node.tag !== 'tag:yaml.org,2002:str'))) {
        const msg = 'With stringKeys, all keys must be strings';
        onError(tag ?? token, 'NON_STRING_KEY', msg);
    }
    if (spaceBefore)
        node.spaceBefore = true;
    if (comment) {
        if (token.type === 'scalar' && token.source === '')
            node.comment = comment;
        else
            node.commentBefore = comment;
    }
    // @ts-expect-error Type checking misses meaning of isSrcToken
    if (ctx.options.keepSourceTokens && isSrcToken)
        node.srcToken = token;
    return node;
}
function composeEmptyNode(ctx, offset, before, pos, { spaceBefore, comment, anchor, tag, end }, onError) {
    const token = {
        type: 'scalar',
        offset: utilEmptyScalarPosition.emptyScalarPosition(offset, before, pos),
        indent: -1,
        source: ''
    };
    const node = composeScalar.composeScalar(ctx, token, tag, onError);
    if (anchor) {
        node.anchor = anchor.source.substring(1);
        if (node.anchor === '')
            onError(anchor, 'BAD_ALIAS', 'Anchor cannot be an empty string');
    }
    if (spaceBefore)
        node.spaceBefore = true;
    if (comment) {
        node.comment = comment;
        node.range[2] = end;
    }
    return node;
}
function composeAlias({ options }, { offset, source, end }, onError) {
    const alias = new Alias.Alias(source.substring(1));
    if (alias.source === '')
        onError(offset, 'BAD_ALIAS', 'Alias cannot be an empty string');
    if (alias.source.endsWith(':'))
        onError(offset + source.length - 1, 'BAD_ALIAS', 'Alias ending in : is ambiguous', true);
    const valueEnd = offset + source.length;
    const re = resolveEnd.resolveEnd(end, valueEnd, options.strict, onError);
    alias.range = [offset, valueEnd, re.offset];
    if (re.comment)
        alias.comment = re.comment;
    return alias;
}

exports.composeEmptyNode = composeEmptyNode;
exports.composeNode = composeNode;


/***/ }),

/***/ 5413:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);
var resolveBlockScalar = __nccwpck_require__(8913);
var resolveFlowScalar = __nccwpck_require__(6842);

function composeScalar(ctx, token, tagToken, onError) {
    const { value, type, comment, range } = token.type === 'block-scalar'
        ? resolveBlockScalar.resolveBlockScalar(ctx, token, onError)
        : resolveFlowScalar.resolveFlowScalar(token, ctx.options.strict, onError);
    const tagName = tagToken
        ? ctx.directives.tagName(tagToken.source, msg => onError(tagToken, 'TAG_RESOLVE_FAILED', msg))
        : null;
    let tag;
    if (ctx.options.stringKeys && ctx.atKey) {
        tag = ctx.schema[identity.SCALAR];
    }
    else if (tagName)
        tag = findScalarTagByName(ctx.schema, value, tagName, tagToken, onError);
    else if (token.type === 'scalar')
        tag = findScalarTagByTest(ctx, value, token, onError);
    else
        tag = ctx.schema[identity.SCALAR];
    let scalar;
    try {
        const res = tag.resolve(value, msg => onError(tagToken ?? token, 'TAG_RESOLVE_FAILED', msg), ctx.options);
        scalar = identity.isScalar(res) ? res : new Scalar.Scalar(res);
    }
    catch (error) {
        const msg = error instanceof Error ? error.message : String(error);
        onError(tagToken ?? token, 'TAG_RESOLVE_FAILED', msg);
        scalar = new Scalar.Scalar(value);
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
    if (tagName === '!')
        return schema[identity.SCALAR]; // non-specific tag
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
        // Ensure that the known tag is available for stringifying,
        // but does not get used by default.
        schema.tags.push(Object.assign({}, kt, { default: false, test: undefined }));
        return kt;
    }
    onError(tagToken, 'TAG_RESOLVE_FAILED', `Unresolved tag: ${tagName}`, tagName !== 'tag:yaml.org,2002:str');
    return schema[identity.SCALAR];
}
function findScalarTagByTest({ atKey, directives, schema }, value, token, onError) {
    const tag = schema.tags.find(tag => (tag.default === true || (atKey && tag.default === 'key')) &&
        tag.test?.test(value)) || schema[identity.SCALAR];
    if (schema.compat) {
        const compat = schema.compat.find(tag => tag.default && tag.test?.test(value)) ??
            schema[identity.SCALAR];
        if (tag.tag !== compat.tag) {
            const ts = directives.tagString(tag.tag);
            const cs = directives.tagString(compat.tag);
            const msg = `Value may be parsed as either ${ts} or ${cs}`;
            onError(token, 'TAG_RESOLVE_FAILED', msg, true);
        }
    }
    return tag;
}

exports.composeScalar = composeScalar;


/***/ }),

/***/ 9984:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var node_process = __nccwpck_require__(932);
var directives = __nccwpck_require__(1342);
var Document = __nccwpck_require__(3021);
var errors = __nccwpck_require__(1464);
var identity = __nccwpck_require__(1127);
var composeDoc = __nccwpck_require__(3683);
var resolveEnd = __nccwpck_require__(7788);

function getErrorPos(src) {
    if (typeof src === 'number')
        return [src, src + 1];
    if (Array.isArray(src))
        return src.length === 2 ? src : [src[0], src[1]];
    const { offset, source } = src;
    return [offset, offset + (typeof source === 'string' ? source.length : 1)];
}
function parsePrelude(prelude) {
    let comment = '';
    let atComment = false;
    let afterEmptyLine = false;
    for (let i = 0; i < prelude.length; ++i) {
        const source = prelude[i];
        switch (source[0]) {
            case '#':
                comment +=
                    (comment === '' ? '' : afterEmptyLine ? '\n\n' : '\n') +
                        (source.substring(1) || ' ');
                atComment = true;
                afterEmptyLine = false;
                break;
            case '%':
                if (prelude[i + 1]?.[0] !== '#')
                    i += 1;
                atComment = false;
                break;
            default:
                // This may be wrong after doc-end, but in that case it doesn't matter
                if (!atComment)
                    afterEmptyLine = true;
                atComment = false;
        }
    }
    return { comment, afterEmptyLine };
}
/**
 * Compose a stream of CST nodes into a stream of YAML Documents.
 *
 * ```ts
 * import { Composer, Parser } from 'yaml'
 *
 * const src: string = ...
 * const tokens = new Parser().parse(src)
 * const docs = new Composer().compose(tokens)
 * ```
 */
class Composer {
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
        // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
        this.directives = new directives.Directives({ version: options.version || '1.2' });
        this.options = options;
    }
    decorate(doc, afterDoc) {
        const { comment, afterEmptyLine } = parsePrelude(this.prelude);
        //console.log({ dc: doc.comment, prelude, comment })
        if (comment) {
            const dc = doc.contents;
            if (afterDoc) {
                doc.comment = doc.comment ? `${doc.comment}\n${comment}` : comment;
            }
            else if (afterEmptyLine || doc.directives.docStart || !dc) {
                doc.commentBefore = comment;
            }
            else if (identity.isCollection(dc) && !dc.flow && dc.items.length > 0) {
                let it = dc.items[0];
                if (identity.isPair(it))
                    it = it.key;
                const cb = it.commentBefore;
                it.commentBefore = cb ? `${comment}\n${cb}` : comment;
            }
            else {
                const cb = dc.commentBefore;
                dc.commentBefore = cb ? `${comment}\n${cb}` : comment;
            }
        }
        if (afterDoc) {
            for (let i = 0; i < this.errors.length; ++i)
                doc.errors.push(this.errors[i]);
            for (let i = 0; i < this.warnings.length; ++i)
                doc.warnings.push(this.warnings[i]);
        }
        else {
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
            case 'directive':
                this.directives.add(token.source, (offset, message, warning) => {
                    const pos = getErrorPos(token);
                    pos[0] += offset;
                    this.onError(pos, 'BAD_DIRECTIVE', message, warning);
                });
                this.prelude.push(token.source);
                this.atDirectives = true;
                break;
            case 'document': {
                const doc = composeDoc.composeDoc(this.options, this.directives, token, this.onError);
                if (this.atDirectives && !doc.directives.docStart)
                    this.onError(token, 'MISSING_CHAR', 'Missing directives-end/doc-start indicator line');
                this.decorate(doc, false);
                if (this.doc)
                    yield this.doc;
                this.doc = doc;
                this.atDirectives = false;
                break;
            }
            case 'byte-order-mark':
            case 'space':
                break;
            case 'comment':
            case 'newline':
                this.prelude.push(token.source);
                break;
            case 'error': {
                const msg = token.source
                    ? `${token.message}: ${JSON.stringify(token.source)}`
                    : token.message;
                const error = new errors.YAMLParseError(getErrorPos(token), 'UNEXPECTED_TOKEN', msg);
                if (this.atDirectives || !this.doc)
                    this.errors.push(error);
                else
                    this.doc.errors.push(error);
                break;
            }
            case 'doc-end': {
                if (!this.doc) {
                    const msg = 'Unexpected doc-end without preceding document';
                    this.errors.push(new errors.YAMLParseError(getErrorPos(token), 'UNEXPECTED_TOKEN', msg));
                    break;
                }
                this.doc.directives.docEnd = true;
                const end = resolveEnd.resolveEnd(token.end, token.offset + token.source.length, this.doc.options.strict, this.onError);
                this.decorate(this.doc, true);
                if (end.comment) {
                    const dc = this.doc.comment;
                    this.doc.comment = dc ? `${dc}\n${end.comment}` : end.comment;
                }
                this.doc.range[2] = end.offset;
                break;
            }
            default:
                this.errors.push(new errors.YAMLParseError(getErrorPos(token), 'UNEXPECTED_TOKEN', `Unsupported token ${token.type}`));
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
        }
        else if (forceDoc) {
            const opts = Object.assign({ _directives: this.directives }, this.options);
            const doc = new Document.Document(undefined, opts);
            if (this.atDirectives)
                this.onError(endOffset, 'MISSING_CHAR', 'Missing directives-end indicator line');
            doc.range = [0, endOffset, endOffset];
            this.decorate(doc, false);
            yield doc;
        }
    }
}

exports.Composer = Composer;


/***/ }),

/***/ 7103:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Pair = __nccwpck_require__(7165);
var YAMLMap = __nccwpck_require__(4454);
var resolveProps = __nccwpck_require__(4631);
var utilContainsNewline = __nccwpck_require__(9499);
var utilFlowIndentCheck = __nccwpck_require__(4051);
var utilMapIncludes = __nccwpck_require__(1187);

const startColMsg = 'All mapping items must start at the same column';
function resolveBlockMap({ composeNode, composeEmptyNode }, ctx, bm, onError, tag) {
    const NodeClass = tag?.nodeClass ?? YAMLMap.YAMLMap;
    const map = new NodeClass(ctx.schema);
    if (ctx.atRoot)
        ctx.atRoot = false;
    let offset = bm.offset;
    let commentEnd = null;
    for (const collItem of bm.items) {
        const { start, key, sep, value } = collItem;
        // key properties
        const keyProps = resolveProps.resolveProps(start, {
            indicator: 'explicit-key-ind',
            next: key ?? sep?.[0],
            offset,
            onError,
            parentIndent: bm.indent,
            startOnNewline: true
        });
        const implicitKey = !keyProps.found;
        if (implicitKey) {
            if (key) {
                if (key.type === 'block-seq')
                    onError(offset, 'BLOCK_AS_IMPLICIT_KEY', 'A block sequence may not be used as an implicit map key');
                else if ('indent' in key && key.indent !== bm.indent)
                    onError(offset, 'BAD_INDENT', startColMsg);
            }
            if (!keyProps.anchor && !keyProps.tag && !sep) {
                commentEnd = keyProps.end;
                if (keyProps.comment) {
                    if (map.comment)
                        map.comment += '\n' + keyProps.comment;
                    else
                        map.comment = keyProps.comment;
                }
                continue;
            }
            if (keyProps.newlineAfterProp || utilContainsNewline.containsNewline(key)) {
                onError(key ?? start[start.length - 1], 'MULTILINE_IMPLICIT_KEY', 'Implicit keys need to be on a single line');
            }
        }
        else if (keyProps.found?.indent !== bm.indent) {
            onError(offset, 'BAD_INDENT', startColMsg);
        }
        // key value
        ctx.atKey = true;
        const keyStart = keyProps.end;
        const keyNode = key
            ? composeNode(ctx, key, keyProps, onError)
            : composeEmptyNode(ctx, keyStart, start, null, keyProps, onError);
        if (ctx.schema.compat)
            utilFlowIndentCheck.flowIndentCheck(bm.indent, key, onError);
        ctx.atKey = false;
        if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode))
            onError(keyStart, 'DUPLICATE_KEY', 'Map keys must be unique');
        // value properties
        const valueProps = resolveProps.resolveProps(sep ?? [], {
            indicator: 'map-value-ind',
            next: value,
            offset: keyNode.range[2],
            onError,
            parentIndent: bm.indent,
            startOnNewline: !key || key.type === 'block-scalar'
        });
        offset = valueProps.end;
        if (valueProps.found) {
            if (implicitKey) {
                if (value?.type === 'block-map' && !valueProps.hasNewline)
                    onError(offset, 'BLOCK_AS_IMPLICIT_KEY', 'Nested mappings are not allowed in compact mappings');
                if (ctx.options.strict &&
                    keyProps.start < valueProps.found.offset - 1024)
                    onError(keyNode.range, 'KEY_OVER_1024_CHARS', 'The : indicator must be at most 1024 chars after the start of an implicit block mapping key');
            }
            // value value
            const valueNode = value
                ? composeNode(ctx, value, valueProps, onError)
                : composeEmptyNode(ctx, offset, sep, null, valueProps, onError);
            if (ctx.schema.compat)
                utilFlowIndentCheck.flowIndentCheck(bm.indent, value, onError);
            offset = valueNode.range[2];
            const pair = new Pair.Pair(keyNode, valueNode);
            if (ctx.options.keepSourceTokens)
                pair.srcToken = collItem;
            map.items.push(pair);
        }
        else {
            // key with no value
            if (implicitKey)
                onError(keyNode.range, 'MISSING_CHAR', 'Implicit map keys need to be followed by map values');
            if (valueProps.comment) {
                if (keyNode.comment)
                    keyNode.comment += '\n' + valueProps.comment;
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
        onError(commentEnd, 'IMPOSSIBLE', 'Map comment with trailing content');
    map.range = [bm.offset, offset, commentEnd ?? offset];
    return map;
}

exports.resolveBlockMap = resolveBlockMap;


/***/ }),

/***/ 8913:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);

function resolveBlockScalar(ctx, scalar, onError) {
    const start = scalar.offset;
    const header = parseBlockScalarHeader(scalar, ctx.options.strict, onError);
    if (!header)
        return { value: '', type: null, comment: '', range: [start, start, start] };
    const type = header.mode === '>' ? Scalar.Scalar.BLOCK_FOLDED : Scalar.Scalar.BLOCK_LITERAL;
    const lines = scalar.source ? splitLines(scalar.source) : [];
    // determine the end of content & start of chomping
    let chompStart = lines.length;
    for (let i = lines.length - 1; i >= 0; --i) {
        const content = lines[i][1];
        if (content === '' || content === '\r')
            chompStart = i;
        else
            break;
    }
    // shortcut for empty contents
    if (chompStart === 0) {
        const value = header.chomp === '+' && lines.length > 0
            ? '\n'.repeat(Math.max(1, lines.length - 1))
            : '';
        let end = start + header.length;
        if (scalar.source)
            end += scalar.source.length;
        return { value, type, comment: header.comment, range: [start, end, end] };
    }
    // find the indentation level to trim from start
    let trimIndent = scalar.indent + header.indent;
    let offset = scalar.offset + header.length;
    let contentStart = 0;
    for (let i = 0; i < chompStart; ++i) {
        const [indent, content] = lines[i];
        if (content === '' || content === '\r') {
            if (header.indent === 0 && indent.length > trimIndent)
                trimIndent = indent.length;
        }
        else {
            if (indent.length < trimIndent) {
                const message = 'Block scalars with more-indented leading empty lines must use an explicit indentation indicator';
                onError(offset + indent.length, 'MISSING_CHAR', message);
            }
            if (header.indent === 0)
                trimIndent = indent.length;
            contentStart = i;
            if (trimIndent === 0 && !ctx.atRoot) {
                const message = 'Block scalar values in collections must be indented';
                onError(offset, 'BAD_INDENT', message);
            }
            break;
        }
        offset += indent.length + content.length + 1;
    }
    // include trailing more-indented empty lines in content
    for (let i = lines.length - 1; i >= chompStart; --i) {
        if (lines[i][0].length > trimIndent)
            chompStart = i + 1;
    }
    let value = '';
    let sep = '';
    let prevMoreIndented = false;
    // leading whitespace is kept intact
    for (let i = 0; i < contentStart; ++i)
        value += lines[i][0].slice(trimIndent) + '\n';
    for (let i = contentStart; i < chompStart; ++i) {
        let [indent, content] = lines[i];
        offset += indent.length + content.length + 1;
        const crlf = content[content.length - 1] === '\r';
        if (crlf)
            content = content.slice(0, -1);
        /* istanbul ignore if already caught in lexer */
        if (content && indent.length < trimIndent) {
            const src = header.indent
                ? 'explicit indentation indicator'
                : 'first line';
            const message = `Block scalar lines must not be less indented than their ${src}`;
            onError(offset - content.length - (crlf ? 2 : 1), 'BAD_INDENT', message);
            indent = '';
        }
        if (type === Scalar.Scalar.BLOCK_LITERAL) {
            value += sep + indent.slice(trimIndent) + content;
            sep = '\n';
        }
        else if (indent.length > trimIndent || content[0] === '\t') {
            // more-indented content within a folded block
            if (sep === ' ')
                sep = '\n';
            else if (!prevMoreIndented && sep === '\n')
                sep = '\n\n';
            value += sep + indent.slice(trimIndent) + content;
            sep = '\n';
            prevMoreIndented = true;
        }
        else if (content === '') {
            // empty line
            if (sep === '\n')
                value += '\n';
            else
                sep = '\n';
        }
        else {
            value += sep + content;
            sep = ' ';
            prevMoreIndented = false;
        }
    }
    switch (header.chomp) {
        case '-':
            break;
        case '+':
            for (let i = chompStart; i < lines.length; ++i)
                value += '\n' + lines[i][0].slice(trimIndent);
            if (value[value.length - 1] !== '\n')
                value += '\n';
            break;
        default:
            value += '\n';
    }
    const end = start + header.length + scalar.source.length;
    return { value, type, comment: header.comment, range: [start, end, end] };
}
function parseBlockScalarHeader({ offset, props }, strict, onError) {
    /* istanbul ignore if should not happen */
    if (props[0].type !== 'block-scalar-header') {
        onError(props[0], 'IMPOSSIBLE', 'Block scalar header not found');
        return null;
    }
    const { source } = props[0];
    const mode = source[0];
    let indent = 0;
    let chomp = '';
    let error = -1;
    for (let i = 1; i < source.length; ++i) {
        const ch = source[i];
        if (!chomp && (ch === '-' || ch === '+'))
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
        onError(error, 'UNEXPECTED_TOKEN', `Block scalar header includes extra characters: ${source}`);
    let hasSpace = false;
    let comment = '';
    let length = source.length;
    for (let i = 1; i < props.length; ++i) {
        const token = props[i];
        switch (token.type) {
            case 'space':
                hasSpace = true;
            // fallthrough
            case 'newline':
                length += token.source.length;
                break;
            case 'comment':
                if (strict && !hasSpace) {
                    const message = 'Comments must be separated from other tokens by white space characters';
                    onError(token, 'MISSING_CHAR', message);
                }
                length += token.source.length;
                comment = token.source.substring(1);
                break;
            case 'error':
                onError(token, 'UNEXPECTED_TOKEN', token.message);
                length += token.source.length;
                break;
            /* istanbul ignore next should not happen */
            default: {
                const message = `Unexpected token in block scalar header: ${token.type}`;
                onError(token, 'UNEXPECTED_TOKEN', message);
                const ts = token.source;
                if (ts && typeof ts === 'string')
                    length += ts.length;
            }
        }
    }
    return { mode, indent, chomp, comment, length };
}
/** @returns Array of lines split up as `[indent, content]` */
function splitLines(source) {
    const split = source.split(/\n( *)/);
    const first = split[0];
    const m = first.match(/^( *)/);
    const line0 = m?.[1]
        ? [m[1], first.slice(m[1].length)]
        : ['', first];
    const lines = [line0];
    for (let i = 1; i < split.length; i += 2)
        lines.push([split[i], split[i + 1]]);
    return lines;
}

exports.resolveBlockScalar = resolveBlockScalar;


/***/ }),

/***/ 334:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var YAMLSeq = __nccwpck_require__(2223);
var resolveProps = __nccwpck_require__(4631);
var utilFlowIndentCheck = __nccwpck_require__(4051);

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
            indicator: 'seq-item-ind',
            next: value,
            offset,
            onError,
            parentIndent: bs.indent,
            startOnNewline: true
        });
        if (!props.found) {
            if (props.anchor || props.tag || value) {
                if (value?.type === 'block-seq')
                    onError(props.end, 'BAD_INDENT', 'All sequence items must start at the same column');
                else
                    onError(offset, 'MISSING_CHAR', 'Sequence item without - indicator');
            }
            else {
                commentEnd = props.end;
                if (props.comment)
                    seq.comment = props.comment;
                continue;
            }
        }
        const node = value
            ? composeNode(ctx, value, props, onError)
            : composeEmptyNode(ctx, props.end, start, null, props, onError);
        if (ctx.schema.compat)
            utilFlowIndentCheck.flowIndentCheck(bs.indent, value, onError);
        offset = node.range[2];
        seq.items.push(node);
    }
    seq.range = [bs.offset, offset, commentEnd ?? offset];
    return seq;
}

exports.resolveBlockSeq = resolveBlockSeq;


/***/ }),

/***/ 7788:
/***/ ((__unused_webpack_module, exports) => {



function resolveEnd(end, offset, reqSpace, onError) {
    let comment = '';
    if (end) {
        let hasSpace = false;
        let sep = '';
        for (const token of end) {
            const { source, type } = token;
            switch (type) {
                case 'space':
                    hasSpace = true;
                    break;
                case 'comment': {
                    if (reqSpace && !hasSpace)
                        onError(token, 'MISSING_CHAR', 'Comments must be separated from other tokens by white space characters');
                    const cb = source.substring(1) || ' ';
                    if (!comment)
                        comment = cb;
                    else
                        comment += sep + cb;
                    sep = '';
                    break;
                }
                case 'newline':
                    if (comment)
                        sep += source;
                    hasSpace = true;
                    break;
                default:
                    onError(token, 'UNEXPECTED_TOKEN', `Unexpected ${type} at node end`);
            }
            offset += source.length;
        }
    }
    return { comment, offset };
}

exports.resolveEnd = resolveEnd;


/***/ }),

/***/ 3142:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var YAMLMap = __nccwpck_require__(4454);
var YAMLSeq = __nccwpck_require__(2223);
var resolveEnd = __nccwpck_require__(7788);
var resolveProps = __nccwpck_require__(4631);
var utilContainsNewline = __nccwpck_require__(9499);
var utilMapIncludes = __nccwpck_require__(1187);

const blockMsg = 'Block collections are not allowed within flow collections';
const isBlock = (token) => token && (token.type === 'block-map' || token.type === 'block-seq');
function resolveFlowCollection({ composeNode, composeEmptyNode }, ctx, fc, onError, tag) {
    const isMap = fc.start.source === '{';
    const fcName = isMap ? 'flow map' : 'flow sequence';
    const NodeClass = (tag?.nodeClass ?? (isMap ? YAMLMap.YAMLMap : YAMLSeq.YAMLSeq));
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
            indicator: 'explicit-key-ind',
            next: key ?? sep?.[0],
            offset,
            onError,
            parentIndent: fc.indent,
            startOnNewline: false
        });
        if (!props.found) {
            if (!props.anchor && !props.tag && !sep && !value) {
                if (i === 0 && props.comma)
                    onError(props.comma, 'UNEXPECTED_TOKEN', `Unexpected , in ${fcName}`);
                else if (i < fc.items.length - 1)
                    onError(props.start, 'UNEXPECTED_TOKEN', `Unexpected empty item in ${fcName}`);
                if (props.comment) {
                    if (coll.comment)
                        coll.comment += '\n' + props.comment;
                    else
                        coll.comment = props.comment;
                }
                offset = props.end;
                continue;
            }
            if (!isMap && ctx.options.strict && utilContainsNewline.containsNewline(key))
                onError(key, // checked by containsNewline()
                'MULTILINE_IMPLICIT_KEY', 'Implicit keys of flow sequence pairs need to be on a single line');
        }
        if (i === 0) {
            if (props.comma)
                onError(props.comma, 'UNEXPECTED_TOKEN', `Unexpected , in ${fcName}`);
        }
        else {
            if (!props.comma)
                onError(props.start, 'MISSING_CHAR', `Missing , between ${fcName} items`);
            if (props.comment) {
                let prevItemComment = '';
                loop: for (const st of start) {
                    switch (st.type) {
                        case 'comma':
                        case 'space':
                            break;
                        case 'comment':
                            prevItemComment = st.source.substring(1);
                            break loop;
                        default:
                            break loop;
                    }
                }
                if (prevItemComment) {
                    let prev = coll.items[coll.items.length - 1];
                    if (identity.isPair(prev))
                        prev = prev.value ?? prev.key;
                    if (prev.comment)
                        prev.comment += '\n' + prevItemComment;
                    else
                        prev.comment = prevItemComment;
                    props.comment = props.comment.substring(prevItemComment.length + 1);
                }
            }
        }
        if (!isMap && !sep && !props.found) {
            // item is a value in a seq
            // \u2192 key & sep are empty, start does not include ? or :
            const valueNode = value
                ? composeNode(ctx, value, props, onError)
                : composeEmptyNode(ctx, props.end, sep, null, props, onError);
            coll.items.push(valueNode);
            offset = valueNode.range[2];
            if (isBlock(value))
                onError(valueNode.range, 'BLOCK_IN_FLOW', blockMsg);
        }
        else {
            // item is a key+value pair
            // key value
            ctx.atKey = true;
            const keyStart = props.end;
            const keyNode = key
                ? composeNode(ctx, key, props, onError)
                : composeEmptyNode(ctx, keyStart, start, null, props, onError);
            if (isBlock(key))
                onError(keyNode.range, 'BLOCK_IN_FLOW', blockMsg);
            ctx.atKey = false;
            // value properties
            const valueProps = resolveProps.resolveProps(sep ?? [], {
                flow: fcName,
                indicator: 'map-value-ind',
                next: value,
                offset: keyNode.range[2],
                onError,
                parentIndent: fc.indent,
                startOnNewline: false
            });
            if (valueProps.found) {
                if (!isMap && !props.found && ctx.options.strict) {
                    if (sep)
                        for (const st of sep) {
                            if (st === valueProps.found)
                                break;
                            if (st.type === 'newline') {
                                onError(st, 'MULTILINE_IMPLICIT_KEY', 'Implicit keys of flow sequence pairs need to be on a single line');
                                break;
                            }
                        }
                    if (props.start < valueProps.found.offset - 1024)
                        onError(valueProps.found, 'KEY_OVER_1024_CHARS', 'The : indicator must be at most 1024 chars after the start of an implicit flow sequence key');
                }
            }
            else if (value) {
                if ('source' in value && value.source?.[0] === ':')
                    onError(value, 'MISSING_CHAR', `Missing space after : in ${fcName}`);
                else
                    onError(valueProps.start, 'MISSING_CHAR', `Missing , or : between ${fcName} items`);
            }
            // value value
            const valueNode = value
                ? composeNode(ctx, value, valueProps, onError)
                : valueProps.found
                    ? composeEmptyNode(ctx, valueProps.end, sep, null, valueProps, onError)
                    : null;
            if (valueNode) {
                if (isBlock(value))
                    onError(valueNode.range, 'BLOCK_IN_FLOW', blockMsg);
            }
            else if (valueProps.comment) {
                if (keyNode.comment)
                    keyNode.comment += '\n' + valueProps.comment;
                else
                    keyNode.comment = valueProps.comment;
            }
            const pair = new Pair.Pair(keyNode, valueNode);
            if (ctx.options.keepSourceTokens)
                pair.srcToken = collItem;
            if (isMap) {
                const map = coll;
                if (utilMapIncludes.mapIncludes(ctx, map.items, keyNode))
                    onError(keyStart, 'DUPLICATE_KEY', 'Map keys must be unique');
                map.items.push(pair);
            }
            else {
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
    const expectedEnd = isMap ? '}' : ']';
    const [ce, ...ee] = fc.end;
    let cePos = offset;
    if (ce?.source === expectedEnd)
        cePos = ce.offset + ce.source.length;
    else {
        const name = fcName[0].toUpperCase() + fcName.substring(1);
        const msg = atRoot
            ? `${name} must end with a ${expectedEnd}`
            : `${name} in block collection must be sufficiently indented and end with a ${expectedEnd}`;
        onError(offset, atRoot ? 'MISSING_CHAR' : 'BAD_INDENT', msg);
        if (ce && ce.source.length !== 1)
            ee.unshift(ce);
    }
    if (ee.length > 0) {
        const end = resolveEnd.resolveEnd(ee, cePos, ctx.options.strict, onError);
        if (end.comment) {
            if (coll.comment)
                coll.comment += '\n' + end.comment;
            else
                coll.comment = end.comment;
        }
        coll.range = [fc.offset, cePos, end.offset];
    }
    else {
        coll.range = [fc.offset, cePos, cePos];
    }
    return coll;
}

exports.resolveFlowCollection = resolveFlowCollection;


/***/ }),

/***/ 6842:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);
var resolveEnd = __nccwpck_require__(7788);

function resolveFlowScalar(scalar, strict, onError) {
    const { offset, type, source, end } = scalar;
    let _type;
    let value;
    const _onError = (rel, code, msg) => onError(offset + rel, code, msg);
    switch (type) {
        case 'scalar':
            _type = Scalar.Scalar.PLAIN;
            value = plainValue(source, _onError);
            break;
        case 'single-quoted-scalar':
            _type = Scalar.Scalar.QUOTE_SINGLE;
            value = singleQuotedValue(source, _onError);
            break;
        case 'double-quoted-scalar':
            _type = Scalar.Scalar.QUOTE_DOUBLE;
            value = doubleQuotedValue(source, _onError);
            break;
        /* istanbul ignore next should not happen */
        default:
            onError(scalar, 'UNEXPECTED_TOKEN', `Expected a flow scalar value, but found: ${type}`);
            return {
                value: '',
                type: null,
                comment: '',
                range: [offset, offset + source.length, offset + source.length]
            };
    }
    const valueEnd = offset + source.length;
    const re = resolveEnd.resolveEnd(end, valueEnd, strict, onError);
    return {
        value,
        type: _type,
        comment: re.comment,
        range: [offset, valueEnd, re.offset]
    };
}
function plainValue(source, onError) {
    let badChar = '';
    switch (source[0]) {
        /* istanbul ignore next should not happen */
        case '\t':
            badChar = 'a tab character';
            break;
        case ',':
            badChar = 'flow indicator character ,';
            break;
        case '%':
            badChar = 'directive indicator character %';
            break;
        case '|':
        case '>': {
            badChar = `block scalar indicator ${source[0]}`;
            break;
        }
        case '@':
        case '`': {
            badChar = `reserved character ${source[0]}`;
            break;
        }
    }
    if (badChar)
        onError(0, 'BAD_SCALAR_START', `Plain value cannot start with ${badChar}`);
    return unfoldLines(source);
}
function singleQuotedValue(source, onError) {
    if (source[source.length - 1] !== "'" || source.length === 1)
        onError(source.length, 'MISSING_CHAR', "Missing closing 'quote");
    return unfoldLines(source.slice(1, -1)).replace(/''/g, "'");
}
function unfoldLines(source) {
    const line = /(.*?)\r?\n/sy;
    let match = line.exec(source);
    if (!match)
        return source;
    /**
     * The negative lookbehinds in these RegExps are to
     * prevent causing a polynomial search time in certain cases.
     *
     * The try-catch is for Safari < 16.4 and other old browsers:
     * https://caniuse.com/js-regexp-lookbehind
     */
    let trimEnd, trimBoth;
    try {
        trimEnd = new RegExp('(?<![ \t])[ \t]+$');
        trimBoth = new RegExp('^[ \t]+|(?<![ \t])[ \t]+$', 'g');
    }
    catch {
        trimEnd = /[ \t]+$/;
        trimBoth = /^[ \t]+|[ \t]+$/g;
    }
    let res = match[1].replace(trimEnd, '');
    let sep = ' ';
    let pos = line.lastIndex;
    while ((match = line.exec(source))) {
        const lm = match[1].replace(trimBoth, '');
        if (lm === '') {
            if (sep === '\n')
                res += sep;
            else
                sep = '\n';
        }
        else {
            res += sep + lm;
            sep = ' ';
        }
        pos = line.lastIndex;
    }
    const last = /[ \t]*(.*)/sy;
    last.lastIndex = pos;
    match = last.exec(source);
    return res + sep + (match?.[1] ?? '');
}
function doubleQuotedValue(source, onError) {
    let res = '';
    for (let i = 1; i < source.length - 1; ++i) {
        const ch = source[i];
        if (ch === '\r' && source[i + 1] === '\n')
            continue;
        if (ch === '\n') {
            const { fold, offset } = foldNewline(source, i);
            res += fold;
            i = offset;
        }
        else if (ch === '\\') {
            let next = source[++i];
            const cc = escapeCodes[next];
            if (cc)
                res += cc;
            else if (next === '\n') {
                // skip escaped newlines, but still trim the following line
                next = source[i + 1];
                while (next === ' ' || next === '\t')
                    next = source[++i + 1];
            }
            else if (next === '\r' && source[i + 1] === '\n') {
                // skip escaped CRLF newlines, but still trim the following line
                next = source[++i + 1];
                while (next === ' ' || next === '\t')
                    next = source[++i + 1];
            }
            else if (next === 'x' || next === 'u' || next === 'U') {
                const length = next === 'x' ? 2 : next === 'u' ? 4 : 8;
                res += parseCharCode(source, i + 1, length, onError);
                i += length;
            }
            else {
                const raw = source.substr(i - 1, 2);
                onError(i - 1, 'BAD_DQ_ESCAPE', `Invalid escape sequence ${raw}`);
                res += raw;
            }
        }
        else if (ch === ' ' || ch === '\t') {
            // trim trailing whitespace
            const wsStart = i;
            let next = source[i + 1];
            while (next === ' ' || next === '\t')
                next = source[++i + 1];
            if (next !== '\n' && !(next === '\r' && source[i + 2] === '\n'))
                res += i > wsStart ? source.slice(wsStart, i + 1) : ch;
        }
        else {
            res += ch;
        }
    }
    if (source[source.length - 1] !== '"' || source.length === 1)
        onError(source.length, 'MISSING_CHAR', 'Missing closing "quote');
    return res;
}
/**
 * Fold a single newline into a space, multiple newlines to N - 1 newlines.
 * Presumes `source[offset] === '\n'`
 */
function foldNewline(source, offset) {
    let fold = '';
    let ch = source[offset + 1];
    while (ch === ' ' || ch === '\t' || ch === '\n' || ch === '\r') {
        if (ch === '\r' && source[offset + 2] !== '\n')
            break;
        if (ch === '\n')
            fold += '\n';
        offset += 1;
        ch = source[offset + 1];
    }
    if (!fold)
        fold = ' ';
    return { fold, offset };
}
const escapeCodes = {
    '0': '\0', // null character
    a: '\x07', // bell character
    b: '\b', // backspace
    e: '\x1b', // escape character
    f: '\f', // form feed
    n: '\n', // line feed
    r: '\r', // carriage return
    t: '\t', // horizontal tab
    v: '\v', // vertical tab
    N: '\u0085', // Unicode next line
    _: '\u00a0', // Unicode non-breaking space
    L: '\u2028', // Unicode line separator
    P: '\u2029', // Unicode paragraph separator
    ' ': ' ',
    '"': '"',
    '/': '/',
    '\\': '\\',
    '\t': '\t'
};
function parseCharCode(source, offset, length, onError) {
    const cc = source.substr(offset, length);
    const ok = cc.length === length && /^[0-9a-fA-F]+$/.test(cc);
    const code = ok ? parseInt(cc, 16) : NaN;
    try {
        return String.fromCodePoint(code);
    }
    catch {
        const raw = source.substr(offset - 2, length + 2);
        onError(offset - 2, 'BAD_DQ_ESCAPE', `Invalid escape sequence ${raw}`);
        return raw;
    }
}

exports.resolveFlowScalar = resolveFlowScalar;


/***/ }),

/***/ 4631:
/***/ ((__unused_webpack_module, exports) => {



function resolveProps(tokens, { flow, indicator, next, offset, onError, parentIndent, startOnNewline }) {
    let spaceBefore = false;
    let atNewline = startOnNewline;
    let hasSpace = startOnNewline;
    let comment = '';
    let commentSep = '';
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
            if (token.type !== 'space' &&
                token.type !== 'newline' &&
                token.type !== 'comma')
                onError(token.offset, 'MISSING_CHAR', 'Tags and anchors must be separated from the next token by white space');
            reqSpace = false;
        }
        if (tab) {
            if (atNewline && token.type !== 'comment' && token.type !== 'newline') {
                onError(tab, 'TAB_AS_INDENT', 'Tabs are not allowed as indentation');
            }
            tab = null;
        }
        switch (token.type) {
            case 'space':
                // At the doc level, tabs at line start may be parsed
                // as leading white space rather than indentation.
                // In a flow collection, only the parser handles indent.
                if (!flow &&
                    (indicator !== 'doc-start' || next?.type !== 'flow-collection') &&
                    token.source.includes('\t')) {
                    tab = token;
                }
                hasSpace = true;
                break;
            case 'comment': {
                if (!hasSpace)
                    onError(token, 'MISSING_CHAR', 'Comments must be separated from other tokens by white space characters');
                const cb = token.source.substring(1) || ' ';
                if (!comment)
                    comment = cb;
                else
                    comment += commentSep + cb;
                commentSep = '';
                atNewline = false;
                break;
            }
            case 'newline':
                if (atNewline) {
                    if (comment)
                        comment += token.source;
                    else if (!found || indicator !== 'seq-item-ind')
                        spaceBefore = true;
                }
                else
                    commentSep += token.source;
                atNewline = true;
                hasNewline = true;
                if (anchor || tag)
                    newlineAfterProp = token;
                hasSpace = true;
                break;
            case 'anchor':
                if (anchor)
                    onError(token, 'MULTIPLE_ANCHORS', 'A node can have at most one anchor');
                if (token.source.endsWith(':'))
                    onError(token.offset + token.source.length - 1, 'BAD_ALIAS', 'Anchor ending in : is ambiguous', true);
                anchor = token;
                start ?? (start = token.offset);
                atNewline = false;
                hasSpace = false;
                reqSpace = true;
                break;
            case 'tag': {
                if (tag)
                    onError(token, 'MULTIPLE_TAGS', 'A node can have at most one tag');
                tag = token;
                start ?? (start = token.offset);
                atNewline = false;
                hasSpace = false;
                reqSpace = true;
                break;
            }
            case indicator:
                // Could here handle preceding comments differently
                if (anchor || tag)
                    onError(token, 'BAD_PROP_ORDER', `Anchors and tags must be after the ${token.source} indicator`);
                if (found)
                    onError(token, 'UNEXPECTED_TOKEN', `Unexpected ${token.source} in ${flow ?? 'collection'}`);
                found = token;
                atNewline =
                    indicator === 'seq-item-ind' || indicator === 'explicit-key-ind';
                hasSpace = false;
                break;
            case 'comma':
                if (flow) {
                    if (comma)
                        onError(token, 'UNEXPECTED_TOKEN', `Unexpected , in ${flow}`);
                    comma = token;
                    atNewline = false;
                    hasSpace = false;
                    break;
                }
            // else fallthrough
            default:
                onError(token, 'UNEXPECTED_TOKEN', `Unexpected ${token.type} token`);
                atNewline = false;
                hasSpace = false;
        }
    }
    const last = tokens[tokens.length - 1];
    const end = last ? last.offset + last.source.length : offset;
    if (reqSpace &&
        next &&
        next.type !== 'space' &&
        next.type !== 'newline' &&
        next.type !== 'comma' &&
        (next.type !== 'scalar' || next.source !== '')) {
        onError(next.offset, 'MISSING_CHAR', 'Tags and anchors must be separated from the next token by white space');
    }
    if (tab &&
        ((atNewline && tab.indent <= parentIndent) ||
            next?.type === 'block-map' ||
            next?.type === 'block-seq'))
        onError(tab, 'TAB_AS_INDENT', 'Tabs are not allowed as indentation');
    return {
        comma,
        found,
        spaceBefore,
        comment,
        hasNewline,
        anchor,
        tag,
        newlineAfterProp,
        end,
        start: start ?? end
    };
}

exports.resolveProps = resolveProps;


/***/ }),

/***/ 9499:
/***/ ((__unused_webpack_module, exports) => {



function containsNewline(key) {
    if (!key)
        return null;
    switch (key.type) {
        case 'alias':
        case 'scalar':
        case 'double-quoted-scalar':
        case 'single-quoted-scalar':
            if (key.source.includes('\n'))
                return true;
            if (key.end)
                for (const st of key.end)
                    if (st.type === 'newline')
                        return true;
            return false;
        case 'flow-collection':
            for (const it of key.items) {
                for (const st of it.start)
                    if (st.type === 'newline')
                        return true;
                if (it.sep)
                    for (const st of it.sep)
                        if (st.type === 'newline')
                            return true;
                if (containsNewline(it.key) || containsNewline(it.value))
                    return true;
            }
            return false;
        default:
            return true;
    }
}

exports.containsNewline = containsNewline;


/***/ }),

/***/ 2599:
/***/ ((__unused_webpack_module, exports) => {



function emptyScalarPosition(offset, before, pos) {
    if (before) {
        pos ?? (pos = before.length);
        for (let i = pos - 1; i >= 0; --i) {
            let st = before[i];
            switch (st.type) {
                case 'space':
                case 'comment':
                case 'newline':
                    offset -= st.source.length;
                    continue;
            }
            // Technically, an empty scalar is immediately after the last non-empty
            // node, but it's more useful to place it after any whitespace.
            st = before[++i];
            while (st?.type === 'space') {
                offset += st.source.length;
                st = before[++i];
            }
            break;
        }
    }
    return offset;
}

exports.emptyScalarPosition = emptyScalarPosition;


/***/ }),

/***/ 4051:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var utilContainsNewline = __nccwpck_require__(9499);

function flowIndentCheck(indent, fc, onError) {
    if (fc?.type === 'flow-collection') {
        const end = fc.end[0];
        if (end.indent === indent &&
            (end.source === ']' || end.source === '}') &&
            utilContainsNewline.containsNewline(fc)) {
            const msg = 'Flow end indicator should be more indented than parent';
            onError(end, 'BAD_INDENT', msg, true);
        }
    }
}

exports.flowIndentCheck = flowIndentCheck;


/***/ }),

/***/ 1187:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);

function mapIncludes(ctx, items, search) {
    const { uniqueKeys } = ctx.options;
    if (uniqueKeys === false)
        return false;
    const isEqual = typeof uniqueKeys === 'function'
        ? uniqueKeys
        : (a, b) => a === b || (identity.isScalar(a) && identity.isScalar(b) && a.value === b.value);
    return items.some(pair => isEqual(pair.key, search));
}

exports.mapIncludes = mapIncludes;


/***/ }),

/***/ 3021:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Alias = __nccwpck_require__(4065);
var Collection = __nccwpck_require__(101);
var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var toJS = __nccwpck_require__(4043);
var Schema = __nccwpck_require__(5840);
var stringifyDocument = __nccwpck_require__(6829);
var anchors = __nccwpck_require__(1596);
var applyReviver = __nccwpck_require__(3661);
var createNode = __nccwpck_require__(2404);
var directives = __nccwpck_require__(1342);

class Document {
    constructor(value, replacer, options) {
        /** A comment before this Document */
        this.commentBefore = null;
        /** A comment immediately after this Document */
        this.comment = null;
        /** Errors encountered during parsing. */
        this.errors = [];
        /** Warnings encountered during parsing. */
        this.warnings = [];
        Object.defineProperty(this, identity.NODE_TYPE, { value: identity.DOC });
        let _replacer = null;
        if (typeof replacer === 'function' || Array.isArray(replacer)) {
            _replacer = replacer;
        }
        else if (options === undefined && replacer) {
            options = replacer;
            replacer = undefined;
        }
        const opt = Object.assign({
            intAsBigInt: false,
            keepSourceTokens: false,
            logLevel: 'warn',
            prettyErrors: true,
            strict: true,
            stringKeys: false,
            uniqueKeys: true,
            version: '1.2'
        }, options);
        this.options = opt;
        let { version } = opt;
        if (options?._directives) {
            this.directives = options._directives.atDocument();
            if (this.directives.yaml.explicit)
                version = this.directives.yaml.version;
        }
        else
            this.directives = new directives.Directives({ version });
        this.setSchema(version, options);
        // @ts-expect-error We can't really know that this matches Contents.
        this.contents =
            value === undefined ? null : this.createNode(value, _replacer, options);
    }
    /**
     * Create a deep copy of this Document and its contents.
     *
     * Custom Node values that inherit from `Object` still refer to their original instances.
     */
    clone() {
        const copy = Object.create(Document.prototype, {
            [identity.NODE_TYPE]: { value: identity.DOC }
        });
        copy.commentBefore = this.commentBefore;
        copy.comment = this.comment;
        copy.errors = this.errors.slice();
        copy.warnings = this.warnings.slice();
        copy.options = Object.assign({}, this.options);
        if (this.directives)
            copy.directives = this.directives.clone();
        copy.schema = this.schema.clone();
        // @ts-expect-error We can't really know that this matches Contents.
        copy.contents = identity.isNode(this.contents)
            ? this.contents.clone(copy.schema)
            : this.contents;
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
            node.anchor =
                // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
                !name || prev.has(name) ? anchors.findNewAnchor(name || 'a', prev) : name;
        }
        return new Alias.Alias(node.anchor);
    }
    createNode(value, replacer, options) {
        let _replacer = undefined;
        if (typeof replacer === 'function') {
            value = replacer.call({ '': value }, '', value);
            _replacer = replacer;
        }
        else if (Array.isArray(replacer)) {
            const keyToStr = (v) => typeof v === 'number' || v instanceof String || v instanceof Number;
            const asStr = replacer.filter(keyToStr).map(String);
            if (asStr.length > 0)
                replacer = replacer.concat(asStr);
            _replacer = replacer;
        }
        else if (options === undefined && replacer) {
            options = replacer;
            replacer = undefined;
        }
        const { aliasDuplicateObjects, anchorPrefix, flow, keepUndefined, onTagObj, tag } = options ?? {};
        const { onAnchor, setAnchors, sourceObjects } = anchors.createNodeAnchors(this, 
        // eslint-disable-next-line @typescript-eslint/prefer-nullish-coalescing
        anchorPrefix || 'a');
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
        if (flow && identity.isCollection(node))
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
            // @ts-expect-error Presumed impossible if Strict extends false
            this.contents = null;
            return true;
        }
        return assertCollection(this.contents)
            ? this.contents.deleteIn(path)
            : false;
    }
    /**
     * Returns item at `key`, or `undefined` if not found. By default unwraps
     * scalar values from their surrounding node; to disable set `keepScalar` to
     * `true` (collections are always returned intact).
     */
    get(key, keepScalar) {
        return identity.isCollection(this.contents)
            ? this.contents.get(key, keepScalar)
            : undefined;
    }
    /**
     * Returns item at `path`, or `undefined` if not found. By default unwraps
     * scalar values from their surrounding node; to disable set `keepScalar` to
     * `true` (collections are always returned intact).
     */
    getIn(path, keepScalar) {
        if (Collection.isEmptyPath(path))
            return !keepScalar && identity.isScalar(this.contents)
                ? this.contents.value
                : this.contents;
        return identity.isCollection(this.contents)
            ? this.contents.getIn(path, keepScalar)
            : undefined;
    }
    /**
     * Checks if the document includes a value with the key `key`.
     */
    has(key) {
        return identity.isCollection(this.contents) ? this.contents.has(key) : false;
    }
    /**
     * Checks if the document includes a value at `path`.
     */
    hasIn(path) {
        if (Collection.isEmptyPath(path))
            return this.contents !== undefined;
        return identity.isCollection(this.contents) ? this.contents.hasIn(path) : false;
    }
    /**
     * Sets a value in this document. For `!!set`, `value` needs to be a
     * boolean to add/remove the item from the set.
     */
    set(key, value) {
        if (this.contents == null) {
            // @ts-expect-error We can't really know that this matches Contents.
            this.contents = Collection.collectionFromPath(this.schema, [key], value);
        }
        else if (assertCollection(this.contents)) {
            this.contents.set(key, value);
        }
    }
    /**
     * Sets a value in this document. For `!!set`, `value` needs to be a
     * boolean to add/remove the item from the set.
     */
    setIn(path, value) {
        if (Collection.isEmptyPath(path)) {
            // @ts-expect-error We can't really know that this matches Contents.
            this.contents = value;
        }
        else if (this.contents == null) {
            // @ts-expect-error We can't really know that this matches Contents.
            this.contents = Collection.collectionFromPath(this.schema, Array.from(path), value);
        }
        else if (assertCollection(this.contents)) {
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
        if (typeof version === 'number')
            version = String(version);
        let opt;
        switch (version) {
            case '1.1':
                if (this.directives)
                    this.directives.yaml.version = '1.1';
                else
                    this.directives = new directives.Directives({ version: '1.1' });
                opt = { resolveKnownTags: false, schema: 'yaml-1.1' };
                break;
            case '1.2':
            case 'next':
                if (this.directives)
                    this.directives.yaml.version = version;
                else
                    this.directives = new directives.Directives({ version });
                opt = { resolveKnownTags: true, schema: 'core' };
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
        // Not using `instanceof Schema` to allow for duck typing
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
            anchors: new Map(),
            doc: this,
            keep: !json,
            mapAsMap: mapAsMap === true,
            mapKeyWarned: false,
            maxAliasCount: typeof maxAliasCount === 'number' ? maxAliasCount : 100
        };
        const res = toJS.toJS(this.contents, jsonArg ?? '', ctx);
        if (typeof onAnchor === 'function')
            for (const { count, res } of ctx.anchors.values())
                onAnchor(res, count);
        return typeof reviver === 'function'
            ? applyReviver.applyReviver(reviver, { '': res }, '', res)
            : res;
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
            throw new Error('Document with errors cannot be stringified');
        if ('indent' in options &&
            (!Number.isInteger(options.indent) || Number(options.indent) <= 0)) {
            const s = JSON.stringify(options.indent);
            throw new Error(`"indent" option must be a positive integer, not ${s}`);
        }
        return stringifyDocument.stringifyDocument(this, options);
    }
}
function assertCollection(contents) {
    if (identity.isCollection(contents))
        return true;
    throw new Error('Expected a YAML collection as document contents');
}

exports.Document = Document;


/***/ }),

/***/ 1596:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var visit = __nccwpck_require__(204);

/**
 * Verify that the input string is a valid anchor.
 *
 * Will throw on errors.
 */
function anchorIsValid(anchor) {
    if (/[\x00-\x19\s,[\]{}]/.test(anchor)) {
        const sa = JSON.stringify(anchor);
        const msg = `Anchor must not contain whitespace or control characters: ${sa}`;
        throw new Error(msg);
    }
    return true;
}
function anchorNames(root) {
    const anchors = new Set();
    visit.visit(root, {
        Value(_key, node) {
            if (node.anchor)
                anchors.add(node.anchor);
        }
    });
    return anchors;
}
/** Find a new anchor name with the given `prefix` and a one-indexed suffix. */
function findNewAnchor(prefix, exclude) {
    for (let i = 1; true; ++i) {
        const name = `${prefix}${i}`;
        if (!exclude.has(name))
            return name;
    }
}
function createNodeAnchors(doc, prefix) {
    const aliasObjects = [];
    const sourceObjects = new Map();
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
                if (typeof ref === 'object' &&
                    ref.anchor &&
                    (identity.isScalar(ref.node) || identity.isCollection(ref.node))) {
                    ref.node.anchor = ref.anchor;
                }
                else {
                    const error = new Error('Failed to resolve repeated object (this should not happen)');
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


/***/ }),

/***/ 3661:
/***/ ((__unused_webpack_module, exports) => {



/**
 * Applies the JSON.parse reviver algorithm as defined in the ECMA-262 spec,
 * in section 24.5.1.1 "Runtime Semantics: InternalizeJSONProperty" of the
 * 2021 edition: https://tc39.es/ecma262/#sec-json.parse
 *
 * Includes extensions for handling Map and Set objects.
 */
function applyReviver(reviver, obj, key, val) {
    if (val && typeof val === 'object') {
        if (Array.isArray(val)) {
            for (let i = 0, len = val.length; i < len; ++i) {
                const v0 = val[i];
                const v1 = applyReviver(reviver, val, String(i), v0);
                // eslint-disable-next-line @typescript-eslint/no-array-delete
                if (v1 === undefined)
                    delete val[i];
                else if (v1 !== v0)
                    val[i] = v1;
            }
        }
        else if (val instanceof Map) {
            for (const k of Array.from(val.keys())) {
                const v0 = val.get(k);
                const v1 = applyReviver(reviver, val, k, v0);
                if (v1 === undefined)
                    val.delete(k);
                else if (v1 !== v0)
                    val.set(k, v1);
            }
        }
        else if (val instanceof Set) {
            for (const v0 of Array.from(val)) {
                const v1 = applyReviver(reviver, val, v0, v0);
                if (v1 === undefined)
                    val.delete(v0);
                else if (v1 !== v0) {
                    val.delete(v0);
                    val.add(v1);
                }
            }
        }
        else {
            for (const [k, v0] of Object.entries(val)) {
                const v1 = applyReviver(reviver, val, k, v0);
                if (v1 === undefined)
                    delete val[k];
                else if (v1 !== v0)
                    val[k] = v1;
            }
        }
    }
    return reviver.call(obj, key, val);
}

exports.applyReviver = applyReviver;


/***/ }),

/***/ 2404:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Alias = __nccwpck_require__(4065);
var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);

const defaultTagPrefix = 'tag:yaml.org,2002:';
function findTagObject(value, tagName, tags) {
    if (tagName) {
        const match = tags.filter(t => t.tag === tagName);
        const tagObj = match.find(t => !t.format) ?? match[0];
        if (!tagObj)
            throw new Error(`Tag ${tagName} not found`);
        return tagObj;
    }
    return tags.find(t => t.identify?.(value) && !t.format);
}
function createNode(value, tagName, ctx) {
    if (identity.isDocument(value))
        value = value.contents;
    if (identity.isNode(value))
        return value;
    if (identity.isPair(value)) {
        const map = ctx.schema[identity.MAP].createNode?.(ctx.schema, null, ctx);
        map.items.push(value);
        return map;
    }
    if (value instanceof String ||
        value instanceof Number ||
        value instanceof Boolean ||
        (typeof BigInt !== 'undefined' && value instanceof BigInt) // not supported everywhere
    ) {
        // https://tc39.es/ecma262/#sec-serializejsonproperty
        value = value.valueOf();
    }
    const { aliasDuplicateObjects, onAnchor, onTagObj, schema, sourceObjects } = ctx;
    // Detect duplicate references to the same object & use Alias nodes for all
    // after first. The `ref` wrapper allows for circular references to resolve.
    let ref = undefined;
    if (aliasDuplicateObjects && value && typeof value === 'object') {
        ref = sourceObjects.get(value);
        if (ref) {
            ref.anchor ?? (ref.anchor = onAnchor(value));
            return new Alias.Alias(ref.anchor);
        }
        else {
            ref = { anchor: null, node: null };
            sourceObjects.set(value, ref);
        }
    }
    if (tagName?.startsWith('!!'))
        tagName = defaultTagPrefix + tagName.slice(2);
    let tagObj = findTagObject(value, tagName, schema.tags);
    if (!tagObj) {
        if (value && typeof value.toJSON === 'function') {
            // eslint-disable-next-line @typescript-eslint/no-unsafe-call
            value = value.toJSON();
        }
        if (!value || typeof value !== 'object') {
            const node = new Scalar.Scalar(value);
            if (ref)
                ref.node = node;
            return node;
        }
        tagObj =
            value instanceof Map
                ? schema[identity.MAP]
                : Symbol.iterator in Object(value)
                    ? schema[identity.SEQ]
                    : schema[identity.MAP];
    }
    if (onTagObj) {
        onTagObj(tagObj);
        delete ctx.onTagObj;
    }
    const node = tagObj?.createNode
        ? tagObj.createNode(ctx.schema, value, ctx)
        : typeof tagObj?.nodeClass?.from === 'function'
            ? tagObj.nodeClass.from(ctx.schema, value, ctx)
            : new Scalar.Scalar(value);
    if (tagName)
        node.tag = tagName;
    else if (!tagObj.default)
        node.tag = tagObj.tag;
    if (ref)
        ref.node = node;
    return node;
}

exports.createNode = createNode;


/***/ }),

/***/ 1342:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var visit = __nccwpck_require__(204);

const escapeChars = {
    '!': '%21',
    ',': '%2C',
    '[': '%5B',
    ']': '%5D',
    '{': '%7B',
    '}': '%7D'
};
const escapeTagName = (tn) => tn.replace(/[!,[\]{}]/g, ch => escapeChars[ch]);
class Directives {
    constructor(yaml, tags) {
        /**
         * The directives-end/doc-start marker `---`. If `null`, a marker may still be
         * included in the document's stringified representation.
         */
        this.docStart = null;
        /** The doc-end marker `...`.  */
        this.docEnd = false;
        this.yaml = Object.assign({}, Directives.defaultYaml, yaml);
        this.tags = Object.assign({}, Directives.defaultTags, tags);
    }
    clone() {
        const copy = new Directives(this.yaml, this.tags);
        copy.docStart = this.docStart;
        return copy;
    }
    /**
     * During parsing, get a Directives instance for the current document and
     * update the stream state according to the current version's spec.
     */
    atDocument() {
        const res = new Directives(this.yaml, this.tags);
        switch (this.yaml.version) {
            case '1.1':
                this.atNextDocument = true;
                break;
            case '1.2':
                this.atNextDocument = false;
                this.yaml = {
                    explicit: Directives.defaultYaml.explicit,
                    version: '1.2'
                };
                this.tags = Object.assign({}, Directives.defaultTags);
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
            this.yaml = { explicit: Directives.defaultYaml.explicit, version: '1.1' };
            this.tags = Object.assign({}, Directives.defaultTags);
            this.atNextDocument = false;
        }
        const parts = line.trim().split(/[ \t]+/);
        const name = parts.shift();
        switch (name) {
            case '%TAG': {
                if (parts.length !== 2) {
                    onError(0, '%TAG directive should contain exactly two parts');
                    if (parts.length < 2)
                        return false;
                }
                const [handle, prefix] = parts;
                this.tags[handle] = prefix;
                return true;
            }
            case '%YAML': {
                this.yaml.explicit = true;
                if (parts.length !== 1) {
                    onError(0, '%YAML directive should contain exactly one part');
                    return false;
                }
                const [version] = parts;
                if (version === '1.1' || version === '1.2') {
                    this.yaml.version = version;
                    return true;
                }
                else {
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
        if (source === '!')
            return '!'; // non-specific tag
        if (source[0] !== '!') {
            onError(`Not a valid tag: ${source}`);
            return null;
        }
        if (source[1] === '<') {
            const verbatim = source.slice(2, -1);
            if (verbatim === '!' || verbatim === '!!') {
                onError(`Verbatim tags aren't resolved, so ${source} is invalid.`);
                return null;
            }
            if (source[source.length - 1] !== '>')
                onError('Verbatim tags must end with a >');
            return verbatim;
        }
        const [, handle, suffix] = source.match(/^(.*!)([^!]*)$/s);
        if (!suffix)
            onError(`The ${source} tag has no suffix`);
        const prefix = this.tags[handle];
        if (prefix) {
            try {
                return prefix + decodeURIComponent(suffix);
            }
            catch (error) {
                onError(String(error));
                return null;
            }
        }
        if (handle === '!')
            return source; // local tag
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
        return tag[0] === '!' ? tag : `!<${tag}>`;
    }
    toString(doc) {
        const lines = this.yaml.explicit
            ? [`%YAML ${this.yaml.version || '1.2'}`]
            : [];
        const tagEntries = Object.entries(this.tags);
        let tagNames;
        if (doc && tagEntries.length > 0 && identity.isNode(doc.contents)) {
            const tags = {};
            visit.visit(doc.contents, (_key, node) => {
                if (identity.isNode(node) && node.tag)
                    tags[node.tag] = true;
            });
            tagNames = Object.keys(tags);
        }
        else
            tagNames = [];
        for (const [handle, prefix] of tagEntries) {
            if (handle === '!!' && prefix === 'tag:yaml.org,2002:')
                continue;
            if (!doc || tagNames.some(tn => tn.startsWith(prefix)))
                lines.push(`%TAG ${handle} ${prefix}`);
        }
        return lines.join('\n');
    }
}
Directives.defaultYaml = { explicit: false, version: '1.2' };
Directives.defaultTags = { '!!': 'tag:yaml.org,2002:' };

exports.Directives = Directives;


/***/ }),

/***/ 1464:
/***/ ((__unused_webpack_module, exports) => {



class YAMLError extends Error {
    constructor(name, pos, code, message) {
        super();
        this.name = name;
        this.code = code;
        this.message = message;
        this.pos = pos;
    }
}
class YAMLParseError extends YAMLError {
    constructor(pos, code, message) {
        super('YAMLParseError', pos, code, message);
    }
}
class YAMLWarning extends YAMLError {
    constructor(pos, code, message) {
        super('YAMLWarning', pos, code, message);
    }
}
const prettifyError = (src, lc) => (error) => {
    if (error.pos[0] === -1)
        return;
    error.linePos = error.pos.map(pos => lc.linePos(pos));
    const { line, col } = error.linePos[0];
    error.message += ` at line ${line}, column ${col}`;
    let ci = col - 1;
    let lineStr = src
        .substring(lc.lineStarts[line - 1], lc.lineStarts[line])
        .replace(/[\n\r]+$/, '');
    // Trim to max 80 chars, keeping col position near the middle
    if (ci >= 60 && lineStr.length > 80) {
        const trimStart = Math.min(ci - 39, lineStr.length - 79);
        lineStr = '\u2026' + lineStr.substring(trimStart);
        ci -= trimStart - 1;
    }
    if (lineStr.length > 80)
        lineStr = lineStr.substring(0, 79) + '\u2026';
    // Include previous line in context if pointing at line start
    if (line > 1 && /^ *$/.test(lineStr.substring(0, ci))) {
        // Regexp won't match if start is trimmed
        let prev = src.substring(lc.lineStarts[line - 2], lc.lineStarts[line - 1]);
        if (prev.length > 80)
            prev = prev.substring(0, 79) + '\u2026\n';
        lineStr = prev + lineStr;
    }
    if (/[^ ]/.test(lineStr)) {
        let count = 1;
        const end = error.linePos[1];
        if (end?.line === line && end.col > col) {
            count = Math.max(1, Math.min(end.col - col, 80 - ci));
        }
        const pointer = ' '.repeat(ci) + '^'.repeat(count);
        error.message += `:\n\n${lineStr}\n${pointer}\n`;
    }
};

exports.YAMLError = YAMLError;
exports.YAMLParseError = YAMLParseError;
exports.YAMLWarning = YAMLWarning;
exports.prettifyError = prettifyError;


/***/ }),

/***/ 8815:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {

var __webpack_unused_export__;


var composer = __nccwpck_require__(9984);
var Document = __nccwpck_require__(3021);
var Schema = __nccwpck_require__(5840);
var errors = __nccwpck_require__(1464);
var Alias = __nccwpck_require__(4065);
var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var Scalar = __nccwpck_require__(3301);
var YAMLMap = __nccwpck_require__(4454);
var YAMLSeq = __nccwpck_require__(2223);
var cst = __nccwpck_require__(3461);
var lexer = __nccwpck_require__(361);
var lineCounter = __nccwpck_require__(6628);
var parser = __nccwpck_require__(3456);
var publicApi = __nccwpck_require__(4047);
var visit = __nccwpck_require__(204);



__webpack_unused_export__ = composer.Composer;
__webpack_unused_export__ = Document.Document;
__webpack_unused_export__ = Schema.Schema;
__webpack_unused_export__ = errors.YAMLError;
__webpack_unused_export__ = errors.YAMLParseError;
__webpack_unused_export__ = errors.YAMLWarning;
__webpack_unused_export__ = Alias.Alias;
exports.Vj = identity.isAlias;
__webpack_unused_export__ = identity.isCollection;
__webpack_unused_export__ = identity.isDocument;
exports.jh = identity.isMap;
__webpack_unused_export__ = identity.isNode;
__webpack_unused_export__ = identity.isPair;
exports.jn = identity.isScalar;
exports.oP = identity.isSeq;
__webpack_unused_export__ = Pair.Pair;
exports.X5 = Scalar.Scalar;
__webpack_unused_export__ = YAMLMap.YAMLMap;
__webpack_unused_export__ = YAMLSeq.YAMLSeq;
__webpack_unused_export__ = cst;
__webpack_unused_export__ = lexer.Lexer;
exports.HN = lineCounter.LineCounter;
__webpack_unused_export__ = parser.Parser;
__webpack_unused_export__ = publicApi.parse;
__webpack_unused_export__ = publicApi.parseAllDocuments;
exports.Tp = publicApi.parseDocument;
__webpack_unused_export__ = publicApi.stringify;
__webpack_unused_export__ = visit.visit;
__webpack_unused_export__ = visit.visitAsync;


/***/ }),

/***/ 7249:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var node_process = __nccwpck_require__(932);

function debug(logLevel, ...messages) {
    if (logLevel === 'debug')
        console.log(...messages);
}
function warn(logLevel, warning) {
    if (logLevel === 'debug' || logLevel === 'warn') {
        if (typeof node_process.emitWarning === 'function')
            node_process.emitWarning(warning);
        else
            console.warn(warning);
    }
}

exports.debug = debug;
exports.warn = warn;


/***/ }),

/***/ 4065:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var anchors = __nccwpck_require__(1596);
var visit = __nccwpck_require__(204);
var identity = __nccwpck_require__(1127);
var Node = __nccwpck_require__(6673);
var toJS = __nccwpck_require__(4043);

class Alias extends Node.NodeBase {
    constructor(source) {
        super(identity.ALIAS);
        this.source = source;
        Object.defineProperty(this, 'tag', {
            set() {
                throw new Error('Alias nodes cannot have tags');
            }
        });
    }
    /**
     * Resolve the value of this alias within `doc`, finding the last
     * instance of the `source` anchor before this node.
     */
    resolve(doc, ctx) {
        if (ctx?.maxAliasCount === 0)
            throw new ReferenceError('Alias resolution is disabled');
        let nodes;
        if (ctx?.aliasResolveCache) {
            nodes = ctx.aliasResolveCache;
        }
        else {
            nodes = [];
            visit.visit(doc, {
                Node: (_key, node) => {
                    if (identity.isAlias(node) || identity.hasAnchor(node))
                        nodes.push(node);
                }
            });
            if (ctx)
                ctx.aliasResolveCache = nodes;
        }
        let found = undefined;
        for (const node of nodes) {
            if (node === this)
                break;
            if (node.anchor === this.source)
                found = node;
        }
        if (found && ctx) {
            const { anchors, doc, maxAliasCount } = ctx;
            let data = anchors.get(found);
            if (!data) {
                // Resolve anchors for Node.prototype.toJS()
                toJS.toJS(found, null, ctx);
                data = anchors.get(found);
            }
            /* istanbul ignore if */
            if (data?.res === undefined) {
                const msg = 'This should not happen: Alias anchor was not resolved?';
                throw new ReferenceError(msg);
            }
            if (maxAliasCount >= 0) {
                data.count += 1;
                if (data.aliasCount === 0)
                    data.aliasCount = getAliasCount(doc, found, anchors);
                if (data.count * data.aliasCount > maxAliasCount) {
                    const msg = 'Excessive alias count indicates a resource exhaustion attack';
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
}
function getAliasCount(doc, node, anchors) {
    if (identity.isAlias(node)) {
        const source = node.resolve(doc);
        const anchor = anchors && source && anchors.get(source);
        return anchor ? anchor.count * anchor.aliasCount : 0;
    }
    else if (identity.isCollection(node)) {
        let count = 0;
        for (const item of node.items) {
            const c = getAliasCount(doc, item, anchors);
            if (c > count)
                count = c;
        }
        return count;
    }
    else if (identity.isPair(node)) {
        const kc = getAliasCount(doc, node.key, anchors);
        const vc = getAliasCount(doc, node.value, anchors);
        return Math.max(kc, vc);
    }
    return 1;
}

exports.Alias = Alias;


/***/ }),

/***/ 101:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var createNode = __nccwpck_require__(2404);
var identity = __nccwpck_require__(1127);
var Node = __nccwpck_require__(6673);

function collectionFromPath(schema, path, value) {
    let v = value;
    for (let i = path.length - 1; i >= 0; --i) {
        const k = path[i];
        if (typeof k === 'number' && Number.isInteger(k) && k >= 0) {
            const a = [];
            a[k] = v;
            v = a;
        }
        else {
            v = new Map([[k, v]]);
        }
    }
    return createNode.createNode(v, undefined, {
        aliasDuplicateObjects: false,
        keepUndefined: false,
        onAnchor: () => {
            throw new Error('This should not happen, please report a bug.');
        },
        schema,
        sourceObjects: new Map()
    });
}
// Type guard is intentionally a little wrong so as to be more useful,
// as it does not cover untypable empty non-string iterables (e.g. []).
const isEmptyPath = (path) => path == null ||
    (typeof path === 'object' && !!path[Symbol.iterator]().next().done);
class Collection extends Node.NodeBase {
    constructor(type, schema) {
        super(type);
        Object.defineProperty(this, 'schema', {
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
        copy.items = copy.items.map(it => identity.isNode(it) || identity.isPair(it) ? it.clone(schema) : it);
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
            if (identity.isCollection(node))
                node.addIn(rest, value);
            else if (node === undefined && this.schema)
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
        if (identity.isCollection(node))
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
            return !keepScalar && identity.isScalar(node) ? node.value : node;
        else
            return identity.isCollection(node) ? node.getIn(rest, keepScalar) : undefined;
    }
    hasAllNullValues(allowScalar) {
        return this.items.every(node => {
            if (!identity.isPair(node))
                return false;
            const n = node.value;
            return (n == null ||
                (allowScalar &&
                    identity.isScalar(n) &&
                    n.value == null &&
                    !n.commentBefore &&
                    !n.comment &&
                    !n.tag));
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
        return identity.isCollection(node) ? node.hasIn(rest) : false;
    }
    /**
     * Sets a value in this collection. For `!!set`, `value` needs to be a
     * boolean to add/remove the item from the set.
     */
    setIn(path, value) {
        const [key, ...rest] = path;
        if (rest.length === 0) {
            this.set(key, value);
        }
        else {
            const node = this.get(key, true);
            if (identity.isCollection(node))
                node.setIn(rest, value);
            else if (node === undefined && this.schema)
                this.set(key, collectionFromPath(this.schema, rest, value));
            else
                throw new Error(`Expected YAML collection at ${key}. Remaining path: ${rest}`);
        }
    }
}

exports.Collection = Collection;
exports.collectionFromPath = collectionFromPath;
exports.isEmptyPath = isEmptyPath;


/***/ }),

/***/ 6673:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var applyReviver = __nccwpck_require__(3661);
var identity = __nccwpck_require__(1127);
var toJS = __nccwpck_require__(4043);

class NodeBase {
    constructor(type) {
        Object.defineProperty(this, identity.NODE_TYPE, { value: type });
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
        if (!identity.isDocument(doc))
            throw new TypeError('A document argument is required');
        const ctx = {
            anchors: new Map(),
            doc,
            keep: true,
            mapAsMap: mapAsMap === true,
            mapKeyWarned: false,
            maxAliasCount: typeof maxAliasCount === 'number' ? maxAliasCount : 100
        };
        const res = toJS.toJS(this, '', ctx);
        if (typeof onAnchor === 'function')
            for (const { count, res } of ctx.anchors.values())
                onAnchor(res, count);
        return typeof reviver === 'function'
            ? applyReviver.applyReviver(reviver, { '': res }, '', res)
            : res;
    }
}

exports.NodeBase = NodeBase;


/***/ }),

/***/ 7165:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var createNode = __nccwpck_require__(2404);
var stringifyPair = __nccwpck_require__(9748);
var addPairToJSMap = __nccwpck_require__(7104);
var identity = __nccwpck_require__(1127);

function createPair(key, value, ctx) {
    const k = createNode.createNode(key, undefined, ctx);
    const v = createNode.createNode(value, undefined, ctx);
    return new Pair(k, v);
}
class Pair {
    constructor(key, value = null) {
        Object.defineProperty(this, identity.NODE_TYPE, { value: identity.PAIR });
        this.key = key;
        this.value = value;
    }
    clone(schema) {
        let { key, value } = this;
        if (identity.isNode(key))
            key = key.clone(schema);
        if (identity.isNode(value))
            value = value.clone(schema);
        return new Pair(key, value);
    }
    toJSON(_, ctx) {
        const pair = ctx?.mapAsMap ? new Map() : {};
        return addPairToJSMap.addPairToJSMap(ctx, pair, this);
    }
    toString(ctx, onComment, onChompKeep) {
        return ctx?.doc
            ? stringifyPair.stringifyPair(this, ctx, onComment, onChompKeep)
            : JSON.stringify(this);
    }
}

exports.Pair = Pair;
exports.createPair = createPair;


/***/ }),

/***/ 3301:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Node = __nccwpck_require__(6673);
var toJS = __nccwpck_require__(4043);

const isScalarValue = (value) => !value || (typeof value !== 'function' && typeof value !== 'object');
class Scalar extends Node.NodeBase {
    constructor(value) {
        super(identity.SCALAR);
        this.value = value;
    }
    toJSON(arg, ctx) {
        return ctx?.keep ? this.value : toJS.toJS(this.value, arg, ctx);
    }
    toString() {
        return String(this.value);
    }
}
Scalar.BLOCK_FOLDED = 'BLOCK_FOLDED';
Scalar.BLOCK_LITERAL = 'BLOCK_LITERAL';
Scalar.PLAIN = 'PLAIN';
Scalar.QUOTE_DOUBLE = 'QUOTE_DOUBLE';
Scalar.QUOTE_SINGLE = 'QUOTE_SINGLE';

exports.Scalar = Scalar;
exports.isScalarValue = isScalarValue;


/***/ }),

/***/ 4454:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var stringifyCollection = __nccwpck_require__(1212);
var addPairToJSMap = __nccwpck_require__(7104);
var Collection = __nccwpck_require__(101);
var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var Scalar = __nccwpck_require__(3301);

function findPair(items, key) {
    const k = identity.isScalar(key) ? key.value : key;
    for (const it of items) {
        if (identity.isPair(it)) {
            if (it.key === key || it.key === k)
                return it;
            if (identity.isScalar(it.key) && it.key.value === k)
                return it;
        }
    }
    return undefined;
}
class YAMLMap extends Collection.Collection {
    static get tagName() {
        return 'tag:yaml.org,2002:map';
    }
    constructor(schema) {
        super(identity.MAP, schema);
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
            if (typeof replacer === 'function')
                value = replacer.call(obj, key, value);
            else if (Array.isArray(replacer) && !replacer.includes(key))
                return;
            if (value !== undefined || keepUndefined)
                map.items.push(Pair.createPair(key, value, ctx));
        };
        if (obj instanceof Map) {
            for (const [key, value] of obj)
                add(key, value);
        }
        else if (obj && typeof obj === 'object') {
            for (const key of Object.keys(obj))
                add(key, obj[key]);
        }
        if (typeof schema.sortMapEntries === 'function') {
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
        if (identity.isPair(pair))
            _pair = pair;
        else if (!pair || typeof pair !== 'object' || !('key' in pair)) {
            // In TypeScript, this never happens.
            _pair = new Pair.Pair(pair, pair?.value);
        }
        else
            _pair = new Pair.Pair(pair.key, pair.value);
        const prev = findPair(this.items, _pair.key);
        const sortEntries = this.schema?.sortMapEntries;
        if (prev) {
            if (!overwrite)
                throw new Error(`Key ${_pair.key} already set`);
            // For scalars, keep the old node & its comments and anchors
            if (identity.isScalar(prev.value) && Scalar.isScalarValue(_pair.value))
                prev.value.value = _pair.value;
            else
                prev.value = _pair.value;
        }
        else if (sortEntries) {
            const i = this.items.findIndex(item => sortEntries(_pair, item) < 0);
            if (i === -1)
                this.items.push(_pair);
            else
                this.items.splice(i, 0, _pair);
        }
        else {
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
        return (!keepScalar && identity.isScalar(node) ? node.value : node) ?? undefined;
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
        const map = Type ? new Type() : ctx?.mapAsMap ? new Map() : {};
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
            if (!identity.isPair(item))
                throw new Error(`Map items must all be pairs; found ${JSON.stringify(item)} instead`);
        }
        if (!ctx.allNullValues && this.hasAllNullValues(false))
            ctx = Object.assign({}, ctx, { allNullValues: true });
        return stringifyCollection.stringifyCollection(this, ctx, {
            blockItemPrefix: '',
            flowChars: { start: '{', end: '}' },
            itemIndent: ctx.indent || '',
            onChompKeep,
            onComment
        });
    }
}

exports.YAMLMap = YAMLMap;
exports.findPair = findPair;


/***/ }),

/***/ 2223:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var createNode = __nccwpck_require__(2404);
var stringifyCollection = __nccwpck_require__(1212);
var Collection = __nccwpck_require__(101);
var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);
var toJS = __nccwpck_require__(4043);

class YAMLSeq extends Collection.Collection {
    static get tagName() {
        return 'tag:yaml.org,2002:seq';
    }
    constructor(schema) {
        super(identity.SEQ, schema);
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
        if (typeof idx !== 'number')
            return false;
        const del = this.items.splice(idx, 1);
        return del.length > 0;
    }
    get(key, keepScalar) {
        const idx = asItemIndex(key);
        if (typeof idx !== 'number')
            return undefined;
        const it = this.items[idx];
        return !keepScalar && identity.isScalar(it) ? it.value : it;
    }
    /**
     * Checks if the collection includes a value with the key `key`.
     *
     * `key` must contain a representation of an integer for this to succeed.
     * It may be wrapped in a `Scalar`.
     */
    has(key) {
        const idx = asItemIndex(key);
        return typeof idx === 'number' && idx < this.items.length;
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
        if (typeof idx !== 'number')
            throw new Error(`Expected a valid index, not ${key}.`);
        const prev = this.items[idx];
        if (identity.isScalar(prev) && Scalar.isScalarValue(value))
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
            blockItemPrefix: '- ',
            flowChars: { start: '[', end: ']' },
            itemIndent: (ctx.indent || '') + '  ',
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
                if (typeof replacer === 'function') {
                    const key = obj instanceof Set ? it : String(i++);
                    it = replacer.call(obj, key, it);
                }
                seq.items.push(createNode.createNode(it, undefined, ctx));
            }
        }
        return seq;
    }
}
function asItemIndex(key) {
    let idx = identity.isScalar(key) ? key.value : key;
    if (idx && typeof idx === 'string')
        idx = Number(idx);
    return typeof idx === 'number' && Number.isInteger(idx) && idx >= 0
        ? idx
        : null;
}

exports.YAMLSeq = YAMLSeq;


/***/ }),

/***/ 7104:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var log = __nccwpck_require__(7249);
var merge = __nccwpck_require__(452);
var stringify = __nccwpck_require__(2148);
var identity = __nccwpck_require__(1127);
var toJS = __nccwpck_require__(4043);

function addPairToJSMap(ctx, map, { key, value }) {
    if (identity.isNode(key) && key.addToJSMap)
        key.addToJSMap(ctx, map, value);
    // TODO: Should drop this special case for bare << handling
    else if (merge.isMergeKey(ctx, key))
        merge.addMergeToJSMap(ctx, map, value);
    else {
        const jsKey = toJS.toJS(key, '', ctx);
        if (map instanceof Map) {
            map.set(jsKey, toJS.toJS(value, jsKey, ctx));
        }
        else if (map instanceof Set) {
            map.add(jsKey);
        }
        else {
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
        return '';
    // eslint-disable-next-line @typescript-eslint/no-base-to-string
    if (typeof jsKey !== 'object')
        return String(jsKey);
    if (identity.isNode(key) && ctx?.doc) {
        const strCtx = stringify.createStringifyContext(ctx.doc, {});
        strCtx.anchors = new Set();
        for (const node of ctx.anchors.keys())
            strCtx.anchors.add(node.anchor);
        strCtx.inFlow = true;
        strCtx.inStringifyKey = true;
        const strKey = key.toString(strCtx);
        if (!ctx.mapKeyWarned) {
            let jsonStr = JSON.stringify(strKey);
            if (jsonStr.length > 40)
                jsonStr = jsonStr.substring(0, 36) + '..."';
            log.warn(ctx.doc.options.logLevel, `Keys with collection values will be stringified due to JS Object restrictions: ${jsonStr}. Set mapAsMap: true to use object keys.`);
            ctx.mapKeyWarned = true;
        }
        return strKey;
    }
    return JSON.stringify(jsKey);
}

exports.addPairToJSMap = addPairToJSMap;


/***/ }),

/***/ 1127:
/***/ ((__unused_webpack_module, exports) => {



const ALIAS = Symbol.for('yaml.alias');
const DOC = Symbol.for('yaml.document');
const MAP = Symbol.for('yaml.map');
const PAIR = Symbol.for('yaml.pair');
const SCALAR = Symbol.for('yaml.scalar');
const SEQ = Symbol.for('yaml.seq');
const NODE_TYPE = Symbol.for('yaml.node.type');
const isAlias = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === ALIAS;
const isDocument = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === DOC;
const isMap = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === MAP;
const isPair = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === PAIR;
const isScalar = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === SCALAR;
const isSeq = (node) => !!node && typeof node === 'object' && node[NODE_TYPE] === SEQ;
function isCollection(node) {
    if (node && typeof node === 'object')
        switch (node[NODE_TYPE]) {
            case MAP:
            case SEQ:
                return true;
        }
    return false;
}
function isNode(node) {
    if (node && typeof node === 'object')
        switch (node[NODE_TYPE]) {
            case ALIAS:
            case MAP:
            case SCALAR:
            case SEQ:
                return true;
        }
    return false;
}
const hasAnchor = (node) => (isScalar(node) || isCollection(node)) && !!node.anchor;

exports.ALIAS = ALIAS;
exports.DOC = DOC;
exports.MAP = MAP;
exports.NODE_TYPE = NODE_TYPE;
exports.PAIR = PAIR;
exports.SCALAR = SCALAR;
exports.SEQ = SEQ;
exports.hasAnchor = hasAnchor;
exports.isAlias = isAlias;
exports.isCollection = isCollection;
exports.isDocument = isDocument;
exports.isMap = isMap;
exports.isNode = isNode;
exports.isPair = isPair;
exports.isScalar = isScalar;
exports.isSeq = isSeq;


/***/ }),

/***/ 4043:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);

/**
 * Recursively convert any node or its contents to native JavaScript
 *
 * @param value - The input value
 * @param arg - If `value` defines a `toJSON()` method, use this
 *   as its first argument
 * @param ctx - Conversion context, originally set in Document#toJS(). If
 *   `{ keep: true }` is not set, output should be suitable for JSON
 *   stringification.
 */
function toJS(value, arg, ctx) {
    // eslint-disable-next-line @typescript-eslint/no-unsafe-return
    if (Array.isArray(value))
        return value.map((v, i) => toJS(v, String(i), ctx));
    if (value && typeof value.toJSON === 'function') {
        // eslint-disable-next-line @typescript-eslint/no-unsafe-call
        if (!ctx || !identity.hasAnchor(value))
            return value.toJSON(arg, ctx);
        const data = { aliasCount: 0, count: 1, res: undefined };
        ctx.anchors.set(value, data);
        ctx.onCreate = res => {
            data.res = res;
            delete ctx.onCreate;
        };
        const res = value.toJSON(arg, ctx);
        if (ctx.onCreate)
            ctx.onCreate(res);
        return res;
    }
    if (typeof value === 'bigint' && !ctx?.keep)
        return Number(value);
    return value;
}

exports.toJS = toJS;


/***/ }),

/***/ 110:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var resolveBlockScalar = __nccwpck_require__(8913);
var resolveFlowScalar = __nccwpck_require__(6842);
var errors = __nccwpck_require__(1464);
var stringifyString = __nccwpck_require__(3069);

function resolveAsScalar(token, strict = true, onError) {
    if (token) {
        const _onError = (pos, code, message) => {
            const offset = typeof pos === 'number' ? pos : Array.isArray(pos) ? pos[0] : pos.offset;
            if (onError)
                onError(offset, code, message);
            else
                throw new errors.YAMLParseError([offset, offset + 1], code, message);
        };
        switch (token.type) {
            case 'scalar':
            case 'single-quoted-scalar':
            case 'double-quoted-scalar':
                return resolveFlowScalar.resolveFlowScalar(token, strict, _onError);
            case 'block-scalar':
                return resolveBlockScalar.resolveBlockScalar({ options: { strict } }, token, _onError);
        }
    }
    return null;
}
/**
 * Create a new scalar token with `value`
 *
 * Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
 * as this function does not support any schema operations and won't check for such conflicts.
 *
 * @param value The string representation of the value, which will have its content properly indented.
 * @param context.end Comments and whitespace after the end of the value, or after the block scalar header. If undefined, a newline will be added.
 * @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
 * @param context.indent The indent level of the token.
 * @param context.inFlow Is this scalar within a flow collection? This may affect the resolved type of the token's value.
 * @param context.offset The offset position of the token.
 * @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
 */
function createScalarToken(value, context) {
    const { implicitKey = false, indent, inFlow = false, offset = -1, type = 'PLAIN' } = context;
    const source = stringifyString.stringifyString({ type, value }, {
        implicitKey,
        indent: indent > 0 ? ' '.repeat(indent) : '',
        inFlow,
        options: { blockQuote: true, lineWidth: -1 }
    });
    const end = context.end ?? [
        { type: 'newline', offset: -1, indent, source: '\n' }
    ];
    switch (source[0]) {
        case '|':
        case '>': {
            const he = source.indexOf('\n');
            const head = source.substring(0, he);
            const body = source.substring(he + 1) + '\n';
            const props = [
                { type: 'block-scalar-header', offset, indent, source: head }
            ];
            if (!addEndtoBlockProps(props, end))
                props.push({ type: 'newline', offset: -1, indent, source: '\n' });
            return { type: 'block-scalar', offset, indent, props, source: body };
        }
        case '"':
            return { type: 'double-quoted-scalar', offset, indent, source, end };
        case "'":
            return { type: 'single-quoted-scalar', offset, indent, source, end };
        default:
            return { type: 'scalar', offset, indent, source, end };
    }
}
/**
 * Set the value of `token` to the given string `value`, overwriting any previous contents and type that it may have.
 *
 * Best efforts are made to retain any comments previously associated with the `token`,
 * though all contents within a collection's `items` will be overwritten.
 *
 * Values that represent an actual string but may be parsed as a different type should use a `type` other than `'PLAIN'`,
 * as this function does not support any schema operations and won't check for such conflicts.
 *
 * @param token Any token. If it does not include an `indent` value, the value will be stringified as if it were an implicit key.
 * @param value The string representation of the value, which will have its content properly indented.
 * @param context.afterKey In most cases, values after a key should have an additional level of indentation.
 * @param context.implicitKey Being within an implicit key may affect the resolved type of the token's value.
 * @param context.inFlow Being within a flow collection may affect the resolved type of the token's value.
 * @param context.type The preferred type of the scalar token. If undefined, the previous type of the `token` will be used, defaulting to `'PLAIN'`.
 */
function setScalarValue(token, value, context = {}) {
    let { afterKey = false, implicitKey = false, inFlow = false, type } = context;
    let indent = 'indent' in token ? token.indent : null;
    if (afterKey && typeof indent === 'number')
        indent += 2;
    if (!type)
        switch (token.type) {
            case 'single-quoted-scalar':
                type = 'QUOTE_SINGLE';
                break;
            case 'double-quoted-scalar':
                type = 'QUOTE_DOUBLE';
                break;
            case 'block-scalar': {
                const header = token.props[0];
                if (header.type !== 'block-scalar-header')
                    throw new Error('Invalid block scalar header');
                type = header.source[0] === '>' ? 'BLOCK_FOLDED' : 'BLOCK_LITERAL';
                break;
            }
            default:
                type = 'PLAIN';
        }
    const source = stringifyString.stringifyString({ type, value }, {
        implicitKey: implicitKey || indent === null,
        indent: indent !== null && indent > 0 ? ' '.repeat(indent) : '',
        inFlow,
        options: { blockQuote: true, lineWidth: -1 }
    });
    switch (source[0]) {
        case '|':
        case '>':
            setBlockScalarValue(token, source);
            break;
        case '"':
            setFlowScalarValue(token, source, 'double-quoted-scalar');
            break;
        case "'":
            setFlowScalarValue(token, source, 'single-quoted-scalar');
            break;
        default:
            setFlowScalarValue(token, source, 'scalar');
    }
}
function setBlockScalarValue(token, source) {
    const he = source.indexOf('\n');
    const head = source.substring(0, he);
    const body = source.substring(he + 1) + '\n';
    if (token.type === 'block-scalar') {
        const header = token.props[0];
        if (header.type !== 'block-scalar-header')
            throw new Error('Invalid block scalar header');
        header.source = head;
        token.source = body;
    }
    else {
        const { offset } = token;
        const indent = 'indent' in token ? token.indent : -1;
        const props = [
            { type: 'block-scalar-header', offset, indent, source: head }
        ];
        if (!addEndtoBlockProps(props, 'end' in token ? token.end : undefined))
            props.push({ type: 'newline', offset: -1, indent, source: '\n' });
        for (const key of Object.keys(token))
            if (key !== 'type' && key !== 'offset')
                delete token[key];
        Object.assign(token, { type: 'block-scalar', indent, props, source: body });
    }
}
/** @returns `true` if last token is a newline */
function addEndtoBlockProps(props, end) {
    if (end)
        for (const st of end)
            switch (st.type) {
                case 'space':
                case 'comment':
                    props.push(st);
                    break;
                case 'newline':
                    props.push(st);
                    return true;
            }
    return false;
}
function setFlowScalarValue(token, source, type) {
    switch (token.type) {
        case 'scalar':
        case 'double-quoted-scalar':
        case 'single-quoted-scalar':
            token.type = type;
            token.source = source;
            break;
        case 'block-scalar': {
            const end = token.props.slice(1);
            let oa = source.length;
            if (token.props[0].type === 'block-scalar-header')
                oa -= token.props[0].source.length;
            for (const tok of end)
                tok.offset += oa;
            delete token.props;
            Object.assign(token, { type, source, end });
            break;
        }
        case 'block-map':
        case 'block-seq': {
            const offset = token.offset + source.length;
            const nl = { type: 'newline', offset, indent: token.indent, source: '\n' };
            delete token.items;
            Object.assign(token, { type, source, end: [nl] });
            break;
        }
        default: {
            const indent = 'indent' in token ? token.indent : -1;
            const end = 'end' in token && Array.isArray(token.end)
                ? token.end.filter(st => st.type === 'space' ||
                    st.type === 'comment' ||
                    st.type === 'newline')
                : [];
            for (const key of Object.keys(token))
                if (key !== 'type' && key !== 'offset')
                    delete token[key];
            Object.assign(token, { type, indent, source, end });
        }
    }
}

exports.createScalarToken = createScalarToken;
exports.resolveAsScalar = resolveAsScalar;
exports.setScalarValue = setScalarValue;


/***/ }),

/***/ 1733:
/***/ ((__unused_webpack_module, exports) => {



/**
 * Stringify a CST document, token, or collection item
 *
 * Fair warning: This applies no validation whatsoever, and
 * simply concatenates the sources in their logical order.
 */
const stringify = (cst) => 'type' in cst ? stringifyToken(cst) : stringifyItem(cst);
function stringifyToken(token) {
    switch (token.type) {
        case 'block-scalar': {
            let res = '';
            for (const tok of token.props)
                res += stringifyToken(tok);
            return res + token.source;
        }
        case 'block-map':
        case 'block-seq': {
            let res = '';
            for (const item of token.items)
                res += stringifyItem(item);
            return res;
        }
        case 'flow-collection': {
            let res = token.start.source;
            for (const item of token.items)
                res += stringifyItem(item);
            for (const st of token.end)
                res += st.source;
            return res;
        }
        case 'document': {
            let res = stringifyItem(token);
            if (token.end)
                for (const st of token.end)
                    res += st.source;
            return res;
        }
        default: {
            let res = token.source;
            if ('end' in token && token.end)
                for (const st of token.end)
                    res += st.source;
            return res;
        }
    }
}
function stringifyItem({ start, key, sep, value }) {
    let res = '';
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


/***/ }),

/***/ 7715:
/***/ ((__unused_webpack_module, exports) => {



const BREAK = Symbol('break visit');
const SKIP = Symbol('skip children');
const REMOVE = Symbol('remove item');
/**
 * Apply a visitor to a CST document or item.
 *
 * Walks through the tree (depth-first) starting from the root, calling a
 * `visitor` function with two arguments when entering each item:
 *   - `item`: The current item, which included the following members:
 *     - `start: SourceToken[]` \u2013 Source tokens before the key or value,
 *       possibly including its anchor or tag.
 *     - `key?: Token | null` \u2013 Set for pair values. May then be `null`, if
 *       the key before the `:` separator is empty.
 *     - `sep?: SourceToken[]` \u2013 Source tokens between the key and the value,
 *       which should include the `:` map value indicator if `value` is set.
 *     - `value?: Token` \u2013 The value of a sequence item, or of a map pair.
 *   - `path`: The steps from the root to the current node, as an array of
 *     `['key' | 'value', number]` tuples.
 *
 * The return value of the visitor may be used to control the traversal:
 *   - `undefined` (default): Do nothing and continue
 *   - `visit.SKIP`: Do not visit the children of this token, continue with
 *      next sibling
 *   - `visit.BREAK`: Terminate traversal completely
 *   - `visit.REMOVE`: Remove the current item, then continue with the next one
 *   - `number`: Set the index of the next step. This is useful especially if
 *     the index of the current token has changed.
 *   - `function`: Define the next visitor for this item. After the original
 *     visitor is called on item entry, next visitors are called after handling
 *     a non-empty `key` and when exiting the item.
 */
function visit(cst, visitor) {
    if ('type' in cst && cst.type === 'document')
        cst = { start: cst.start, value: cst.value };
    _visit(Object.freeze([]), cst, visitor);
}
// Without the `as symbol` casts, TS declares these in the `visit`
// namespace using `var`, but then complains about that because
// `unique symbol` must be `const`.
/** Terminate visit traversal completely */
visit.BREAK = BREAK;
/** Do not visit the children of the current item */
visit.SKIP = SKIP;
/** Remove the current item */
visit.REMOVE = REMOVE;
/** Find the item at `path` from `cst` as the root */
visit.itemAtPath = (cst, path) => {
    let item = cst;
    for (const [field, index] of path) {
        const tok = item?.[field];
        if (tok && 'items' in tok) {
            item = tok.items[index];
        }
        else
            return undefined;
    }
    return item;
};
/**
 * Get the immediate parent collection of the item at `path` from `cst` as the root.
 *
 * Throws an error if the collection is not found, which should never happen if the item itself exists.
 */
visit.parentCollection = (cst, path) => {
    const parent = visit.itemAtPath(cst, path.slice(0, -1));
    const field = path[path.length - 1][0];
    const coll = parent?.[field];
    if (coll && 'items' in coll)
        return coll;
    throw new Error('Parent collection not found');
};
function _visit(path, item, visitor) {
    let ctrl = visitor(item, path);
    if (typeof ctrl === 'symbol')
        return ctrl;
    for (const field of ['key', 'value']) {
        const token = item[field];
        if (token && 'items' in token) {
            for (let i = 0; i < token.items.length; ++i) {
                const ci = _visit(Object.freeze(path.concat([[field, i]])), token.items[i], visitor);
                if (typeof ci === 'number')
                    i = ci - 1;
                else if (ci === BREAK)
                    return BREAK;
                else if (ci === REMOVE) {
                    token.items.splice(i, 1);
                    i -= 1;
                }
            }
            if (typeof ctrl === 'function' && field === 'key')
                ctrl = ctrl(item, path);
        }
    }
    return typeof ctrl === 'function' ? ctrl(item, path) : ctrl;
}

exports.visit = visit;


/***/ }),

/***/ 3461:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var cstScalar = __nccwpck_require__(110);
var cstStringify = __nccwpck_require__(1733);
var cstVisit = __nccwpck_require__(7715);

/** The byte order mark */
const BOM = '\u{FEFF}';
/** Start of doc-mode */
const DOCUMENT = '\x02'; // C0: Start of Text
/** Unexpected end of flow-mode */
const FLOW_END = '\x18'; // C0: Cancel
/** Next token is a scalar value */
const SCALAR = '\x1f'; // C0: Unit Separator
/** @returns `true` if `token` is a flow or block collection */
const isCollection = (token) => !!token && 'items' in token;
/** @returns `true` if `token` is a flow or block scalar; not an alias */
const isScalar = (token) => !!token &&
    (token.type === 'scalar' ||
        token.type === 'single-quoted-scalar' ||
        token.type === 'double-quoted-scalar' ||
        token.type === 'block-scalar');
/* istanbul ignore next */
/** Get a printable representation of a lexer token */
function prettyToken(token) {
    switch (token) {
        case BOM:
            return '<BOM>';
        case DOCUMENT:
            return '<DOC>';
        case FLOW_END:
            return '<FLOW_END>';
        case SCALAR:
            return '<SCALAR>';
        default:
            return JSON.stringify(token);
    }
}
/** Identify the type of a lexer token. May return `null` for unknown tokens. */
function tokenType(source) {
    switch (source) {
        case BOM:
            return 'byte-order-mark';
        case DOCUMENT:
            return 'doc-mode';
        case FLOW_END:
            return 'flow-error-end';
        case SCALAR:
            return 'scalar';
        case '---':
            return 'doc-start';
        case '...':
            return 'doc-end';
        case '':
        case '\n':
        case '\r\n':
            return 'newline';
        case '-':
            return 'seq-item-ind';
        case '?':
            return 'explicit-key-ind';
        case ':':
            return 'map-value-ind';
        case '{':
            return 'flow-map-start';
        case '}':
            return 'flow-map-end';
        case '[':
            return 'flow-seq-start';
        case ']':
            return 'flow-seq-end';
        case ',':
            return 'comma';
    }
    switch (source[0]) {
        case ' ':
        case '\t':
            return 'space';
        case '#':
            return 'comment';
        case '%':
            return 'directive-line';
        case '*':
            return 'alias';
        case '&':
            return 'anchor';
        case '!':
            return 'tag';
        case "'":
            return 'single-quoted-scalar';
        case '"':
            return 'double-quoted-scalar';
        case '|':
        case '>':
            return 'block-scalar-header';
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
exports.isScalar = isScalar;
exports.prettyToken = prettyToken;
exports.tokenType = tokenType;


/***/ }),

/***/ 361:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var cst = __nccwpck_require__(3461);

/*
START -> stream

stream
  directive -> line-end -> stream
  indent + line-end -> stream
  [else] -> line-start

line-end
  comment -> line-end
  newline -> .
  input-end -> END

line-start
  doc-start -> doc
  doc-end -> stream
  [else] -> indent -> block-start

block-start
  seq-item-start -> block-start
  explicit-key-start -> block-start
  map-value-start -> block-start
  [else] -> doc

doc
  line-end -> line-start
  spaces -> doc
  anchor -> doc
  tag -> doc
  flow-start -> flow -> doc
  flow-end -> error -> doc
  seq-item-start -> error -> doc
  explicit-key-start -> error -> doc
  map-value-start -> doc
  alias -> doc
  quote-start -> quoted-scalar -> doc
  block-scalar-header -> line-end -> block-scalar(min) -> line-start
  [else] -> plain-scalar(false, min) -> doc

flow
  line-end -> flow
  spaces -> flow
  anchor -> flow
  tag -> flow
  flow-start -> flow -> flow
  flow-end -> .
  seq-item-start -> error -> flow
  explicit-key-start -> flow
  map-value-start -> flow
  alias -> flow
  quote-start -> quoted-scalar -> flow
  comma -> flow
  [else] -> plain-scalar(true, 0) -> flow

quoted-scalar
  quote-end -> .
  [else] -> quoted-scalar

block-scalar(min)
  newline + peek(indent < min) -> .
  [else] -> block-scalar(min)

plain-scalar(is-flow, min)
  scalar-end(is-flow) -> .
  peek(newline + (indent < min)) -> .
  [else] -> plain-scalar(min)
*/
function isEmpty(ch) {
    switch (ch) {
        case undefined:
        case ' ':
        case '\n':
        case '\r':
        case '\t':
            return true;
        default:
            return false;
    }
}
const hexDigits = new Set('0123456789ABCDEFabcdef');
const tagChars = new Set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-#;/?:@&=+$_.!~*'()");
const flowIndicatorChars = new Set(',[]{}');
const invalidAnchorChars = new Set(' ,[]{}\n\r\t');
const isNotAnchorChar = (ch) => !ch || invalidAnchorChars.has(ch);
/**
 * Splits an input string into lexical tokens, i.e. smaller strings that are
 * easily identifiable by `tokens.tokenType()`.
 *
 * Lexing starts always in a "stream" context. Incomplete input may be buffered
 * until a complete token can be emitted.
 *
 * In addition to slices of the original input, the following control characters
 * may also be emitted:
 *
 * - `\x02` (Start of Text): A document starts with the next token
 * - `\x18` (Cancel): Unexpected end of flow-mode (indicates an error)
 * - `\x1f` (Unit Separator): Next token is a scalar value
 * - `\u{FEFF}` (Byte order mark): Emitted separately outside documents
 */
class Lexer {
    constructor() {
        /**
         * Flag indicating whether the end of the current buffer marks the end of
         * all input
         */
        this.atEnd = false;
        /**
         * Explicit indent set in block scalar header, as an offset from the current
         * minimum indent, so e.g. set to 1 from a header `|2+`. Set to -1 if not
         * explicitly set.
         */
        this.blockScalarIndent = -1;
        /**
         * Block scalars that include a + (keep) chomping indicator in their header
         * include trailing empty lines, which are otherwise excluded from the
         * scalar's contents.
         */
        this.blockScalarKeep = false;
        /** Current input */
        this.buffer = '';
        /**
         * Flag noting whether the map value indicator : can immediately follow this
         * node within a flow context.
         */
        this.flowKey = false;
        /** Count of surrounding flow collection levels. */
        this.flowLevel = 0;
        /**
         * Minimum level of indentation required for next lines to be parsed as a
         * part of the current scalar value.
         */
        this.indentNext = 0;
        /** Indentation level of the current line. */
        this.indentValue = 0;
        /** Position of the next \n character. */
        this.lineEndPos = null;
        /** Stores the state of the lexer if reaching the end of incpomplete input */
        this.next = null;
        /** A pointer to `buffer`; the current position of the lexer. */
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
            if (typeof source !== 'string')
                throw TypeError('source is not a string');
            this.buffer = this.buffer ? this.buffer + source : source;
            this.lineEndPos = null;
        }
        this.atEnd = !incomplete;
        let next = this.next ?? 'stream';
        while (next && (incomplete || this.hasChars(1)))
            next = yield* this.parseNext(next);
    }
    atLineEnd() {
        let i = this.pos;
        let ch = this.buffer[i];
        while (ch === ' ' || ch === '\t')
            ch = this.buffer[++i];
        if (!ch || ch === '#' || ch === '\n')
            return true;
        if (ch === '\r')
            return this.buffer[i + 1] === '\n';
        return false;
    }
    charAt(n) {
        return this.buffer[this.pos + n];
    }
    continueScalar(offset) {
        let ch = this.buffer[offset];
        if (this.indentNext > 0) {
            let indent = 0;
            while (ch === ' ')
                ch = this.buffer[++indent + offset];
            if (ch === '\r') {
                const next = this.buffer[indent + offset + 1];
                if (next === '\n' || (!next && !this.atEnd))
                    return offset + indent + 1;
            }
            return ch === '\n' || indent >= this.indentNext || (!ch && !this.atEnd)
                ? offset + indent
                : -1;
        }
        if (ch === '-' || ch === '.') {
            const dt = this.buffer.substr(offset, 3);
            if ((dt === '---' || dt === '...') && isEmpty(this.buffer[offset + 3]))
                return -1;
        }
        return offset;
    }
    getLine() {
        let end = this.lineEndPos;
        if (typeof end !== 'number' || (end !== -1 && end < this.pos)) {
            end = this.buffer.indexOf('\n', this.pos);
            this.lineEndPos = end;
        }
        if (end === -1)
            return this.atEnd ? this.buffer.substring(this.pos) : null;
        if (this.buffer[end - 1] === '\r')
            end -= 1;
        return this.buffer.substring(this.pos, end);
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
            case 'stream':
                return yield* this.parseStream();
            case 'line-start':
                return yield* this.parseLineStart();
            case 'block-start':
                return yield* this.parseBlockStart();
            case 'doc':
                return yield* this.parseDocument();
            case 'flow':
                return yield* this.parseFlowCollection();
            case 'quoted-scalar':
                return yield* this.parseQuotedScalar();
            case 'block-scalar':
                return yield* this.parseBlockScalar();
            case 'plain-scalar':
                return yield* this.parsePlainScalar();
        }
    }
    *parseStream() {
        let line = this.getLine();
        if (line === null)
            return this.setNext('stream');
        if (line[0] === cst.BOM) {
            yield* this.pushCount(1);
            line = line.substring(1);
        }
        if (line[0] === '%') {
            let dirEnd = line.length;
            let cs = line.indexOf('#');
            while (cs !== -1) {
                const ch = line[cs - 1];
                if (ch === ' ' || ch === '\t') {
                    dirEnd = cs - 1;
                    break;
                }
                else {
                    cs = line.indexOf('#', cs + 1);
                }
            }
            while (true) {
                const ch = line[dirEnd - 1];
                if (ch === ' ' || ch === '\t')
                    dirEnd -= 1;
                else
                    break;
            }
            const n = (yield* this.pushCount(dirEnd)) + (yield* this.pushSpaces(true));
            yield* this.pushCount(line.length - n); // possible comment
            this.pushNewline();
            return 'stream';
        }
        if (this.atLineEnd()) {
            const sp = yield* this.pushSpaces(true);
            yield* this.pushCount(line.length - sp);
            yield* this.pushNewline();
            return 'stream';
        }
        yield cst.DOCUMENT;
        return yield* this.parseLineStart();
    }
    *parseLineStart() {
        const ch = this.charAt(0);
        if (!ch && !this.atEnd)
            return this.setNext('line-start');
        if (ch === '-' || ch === '.') {
            if (!this.atEnd && !this.hasChars(4))
                return this.setNext('line-start');
            const s = this.peek(3);
            if ((s === '---' || s === '...') && isEmpty(this.charAt(3))) {
                yield* this.pushCount(3);
                this.indentValue = 0;
                this.indentNext = 0;
                return s === '---' ? 'doc' : 'stream';
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
            return this.setNext('block-start');
        if ((ch0 === '-' || ch0 === '?' || ch0 === ':') && isEmpty(ch1)) {
            const n = (yield* this.pushCount(1)) + (yield* this.pushSpaces(true));
            this.indentNext = this.indentValue + 1;
            this.indentValue += n;
            return 'block-start';
        }
        return 'doc';
    }
    *parseDocument() {
        yield* this.pushSpaces(true);
        const line = this.getLine();
        if (line === null)
            return this.setNext('doc');
        let n = yield* this.pushIndicators();
        switch (line[n]) {
            case '#':
                yield* this.pushCount(line.length - n);
            // fallthrough
            case undefined:
                yield* this.pushNewline();
                return yield* this.parseLineStart();
            case '{':
            case '[':
                yield* this.pushCount(1);
                this.flowKey = false;
                this.flowLevel = 1;
                return 'flow';
            case '}':
            case ']':
                // this is an error
                yield* this.pushCount(1);
                return 'doc';
            case '*':
                yield* this.pushUntil(isNotAnchorChar);
                return 'doc';
            case '"':
            case "'":
                return yield* this.parseQuotedScalar();
            case '|':
            case '>':
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
            }
            else {
                sp = 0;
            }
            sp += yield* this.pushSpaces(true);
        } while (nl + sp > 0);
        const line = this.getLine();
        if (line === null)
            return this.setNext('flow');
        if ((indent !== -1 && indent < this.indentNext && line[0] !== '#') ||
            (indent === 0 &&
                (line.startsWith('---') || line.startsWith('...')) &&
                isEmpty(line[3]))) {
            // Allowing for the terminal ] or } at the same (rather than greater)
            // indent level as the initial [ or { is technically invalid, but
            // failing here would be surprising to users.
            const atFlowEndMarker = indent === this.indentNext - 1 &&
                this.flowLevel === 1 &&
                (line[0] === ']' || line[0] === '}');
            if (!atFlowEndMarker) {
                // this is an error
                this.flowLevel = 0;
                yield cst.FLOW_END;
                return yield* this.parseLineStart();
            }
        }
        let n = 0;
        while (line[n] === ',') {
            n += yield* this.pushCount(1);
            n += yield* this.pushSpaces(true);
            this.flowKey = false;
        }
        n += yield* this.pushIndicators();
        switch (line[n]) {
            case undefined:
                return 'flow';
            case '#':
                yield* this.pushCount(line.length - n);
                return 'flow';
            case '{':
            case '[':
                yield* this.pushCount(1);
                this.flowKey = false;
                this.flowLevel += 1;
                return 'flow';
            case '}':
            case ']':
                yield* this.pushCount(1);
                this.flowKey = true;
                this.flowLevel -= 1;
                return this.flowLevel ? 'flow' : 'doc';
            case '*':
                yield* this.pushUntil(isNotAnchorChar);
                return 'flow';
            case '"':
            case "'":
                this.flowKey = true;
                return yield* this.parseQuotedScalar();
            case ':': {
                const next = this.charAt(1);
                if (this.flowKey || isEmpty(next) || next === ',') {
                    this.flowKey = false;
                    yield* this.pushCount(1);
                    yield* this.pushSpaces(true);
                    return 'flow';
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
        let end = this.buffer.indexOf(quote, this.pos + 1);
        if (quote === "'") {
            while (end !== -1 && this.buffer[end + 1] === "'")
                end = this.buffer.indexOf("'", end + 2);
        }
        else {
            // double-quote
            while (end !== -1) {
                let n = 0;
                while (this.buffer[end - 1 - n] === '\\')
                    n += 1;
                if (n % 2 === 0)
                    break;
                end = this.buffer.indexOf('"', end + 1);
            }
        }
        // Only looking for newlines within the quotes
        const qb = this.buffer.substring(0, end);
        let nl = qb.indexOf('\n', this.pos);
        if (nl !== -1) {
            while (nl !== -1) {
                const cs = this.continueScalar(nl + 1);
                if (cs === -1)
                    break;
                nl = qb.indexOf('\n', cs);
            }
            if (nl !== -1) {
                // this is an error caused by an unexpected unindent
                end = nl - (qb[nl - 1] === '\r' ? 2 : 1);
            }
        }
        if (end === -1) {
            if (!this.atEnd)
                return this.setNext('quoted-scalar');
            end = this.buffer.length;
        }
        yield* this.pushToIndex(end + 1, false);
        return this.flowLevel ? 'flow' : 'doc';
    }
    *parseBlockScalarHeader() {
        this.blockScalarIndent = -1;
        this.blockScalarKeep = false;
        let i = this.pos;
        while (true) {
            const ch = this.buffer[++i];
            if (ch === '+')
                this.blockScalarKeep = true;
            else if (ch > '0' && ch <= '9')
                this.blockScalarIndent = Number(ch) - 1;
            else if (ch !== '-')
                break;
        }
        return yield* this.pushUntil(ch => isEmpty(ch) || ch === '#');
    }
    *parseBlockScalar() {
        let nl = this.pos - 1; // may be -1 if this.pos === 0
        let indent = 0;
        let ch;
        loop: for (let i = this.pos; (ch = this.buffer[i]); ++i) {
            switch (ch) {
                case ' ':
                    indent += 1;
                    break;
                case '\n':
                    nl = i;
                    indent = 0;
                    break;
                case '\r': {
                    const next = this.buffer[i + 1];
                    if (!next && !this.atEnd)
                        return this.setNext('block-scalar');
                    if (next === '\n')
                        break;
                } // fallthrough
                default:
                    break loop;
            }
        }
        if (!ch && !this.atEnd)
            return this.setNext('block-scalar');
        if (indent >= this.indentNext) {
            if (this.blockScalarIndent === -1)
                this.indentNext = indent;
            else {
                this.indentNext =
                    this.blockScalarIndent + (this.indentNext === 0 ? 1 : this.indentNext);
            }
            do {
                const cs = this.continueScalar(nl + 1);
                if (cs === -1)
                    break;
                nl = this.buffer.indexOf('\n', cs);
            } while (nl !== -1);
            if (nl === -1) {
                if (!this.atEnd)
                    return this.setNext('block-scalar');
                nl = this.buffer.length;
            }
        }
        // Trailing insufficiently indented tabs are invalid.
        // To catch that during parsing, we include them in the block scalar value.
        let i = nl + 1;
        ch = this.buffer[i];
        while (ch === ' ')
            ch = this.buffer[++i];
        if (ch === '\t') {
            while (ch === '\t' || ch === ' ' || ch === '\r' || ch === '\n')
                ch = this.buffer[++i];
            nl = i - 1;
        }
        else if (!this.blockScalarKeep) {
            do {
                let i = nl - 1;
                let ch = this.buffer[i];
                if (ch === '\r')
                    ch = this.buffer[--i];
                const lastChar = i; // Drop the line if last char not more indented
                while (ch === ' ')
                    ch = this.buffer[--i];
                if (ch === '\n' && i >= this.pos && i + 1 + indent > lastChar)
                    nl = i;
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
        let end = this.pos - 1;
        let i = this.pos - 1;
        let ch;
        while ((ch = this.buffer[++i])) {
            if (ch === ':') {
                const next = this.buffer[i + 1];
                if (isEmpty(next) || (inFlow && flowIndicatorChars.has(next)))
                    break;
                end = i;
            }
            else if (isEmpty(ch)) {
                let next = this.buffer[i + 1];
                if (ch === '\r') {
                    if (next === '\n') {
                        i += 1;
                        ch = '\n';
                        next = this.buffer[i + 1];
                    }
                    else
                        end = i;
                }
                if (next === '#' || (inFlow && flowIndicatorChars.has(next)))
                    break;
                if (ch === '\n') {
                    const cs = this.continueScalar(i + 1);
                    if (cs === -1)
                        break;
                    i = Math.max(i, cs - 2); // to advance, but still account for ' #'
                }
            }
            else {
                if (inFlow && flowIndicatorChars.has(ch))
                    break;
                end = i;
            }
        }
        if (!ch && !this.atEnd)
            return this.setNext('plain-scalar');
        yield cst.SCALAR;
        yield* this.pushToIndex(end + 1, true);
        return inFlow ? 'flow' : 'doc';
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
        }
        else if (allowEmpty)
            yield '';
        return 0;
    }
    *pushIndicators() {
        let n = 0;
        loop: while (true) {
            switch (this.charAt(0)) {
                case '!':
                    n += yield* this.pushTag();
                    n += yield* this.pushSpaces(true);
                    continue loop;
                case '&':
                    n += yield* this.pushUntil(isNotAnchorChar);
                    n += yield* this.pushSpaces(true);
                    continue loop;
                case '-': // this is an error
                case '?': // this is an error outside flow collections
                case ':': {
                    const inFlow = this.flowLevel > 0;
                    const ch1 = this.charAt(1);
                    if (isEmpty(ch1) || (inFlow && flowIndicatorChars.has(ch1))) {
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
        if (this.charAt(1) === '<') {
            let i = this.pos + 2;
            let ch = this.buffer[i];
            while (!isEmpty(ch) && ch !== '>')
                ch = this.buffer[++i];
            return yield* this.pushToIndex(ch === '>' ? i + 1 : i, false);
        }
        else {
            let i = this.pos + 1;
            let ch = this.buffer[i];
            while (ch) {
                if (tagChars.has(ch))
                    ch = this.buffer[++i];
                else if (ch === '%' &&
                    hexDigits.has(this.buffer[i + 1]) &&
                    hexDigits.has(this.buffer[i + 2])) {
                    ch = this.buffer[(i += 3)];
                }
                else
                    break;
            }
            return yield* this.pushToIndex(i, false);
        }
    }
    *pushNewline() {
        const ch = this.buffer[this.pos];
        if (ch === '\n')
            return yield* this.pushCount(1);
        else if (ch === '\r' && this.charAt(1) === '\n')
            return yield* this.pushCount(2);
        else
            return 0;
    }
    *pushSpaces(allowTabs) {
        let i = this.pos - 1;
        let ch;
        do {
            ch = this.buffer[++i];
        } while (ch === ' ' || (allowTabs && ch === '\t'));
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
}

exports.Lexer = Lexer;


/***/ }),

/***/ 6628:
/***/ ((__unused_webpack_module, exports) => {



/**
 * Tracks newlines during parsing in order to provide an efficient API for
 * determining the one-indexed `{ line, col }` position for any offset
 * within the input.
 */
class LineCounter {
    constructor() {
        this.lineStarts = [];
        /**
         * Should be called in ascending order. Otherwise, call
         * `lineCounter.lineStarts.sort()` before calling `linePos()`.
         */
        this.addNewLine = (offset) => this.lineStarts.push(offset);
        /**
         * Performs a binary search and returns the 1-indexed { line, col }
         * position of `offset`. If `line === 0`, `addNewLine` has never been
         * called or `offset` is before the first known newline.
         */
        this.linePos = (offset) => {
            let low = 0;
            let high = this.lineStarts.length;
            while (low < high) {
                const mid = (low + high) >> 1; // Math.floor((low + high) / 2)
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
}

exports.LineCounter = LineCounter;


/***/ }),

/***/ 3456:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var node_process = __nccwpck_require__(932);
var cst = __nccwpck_require__(3461);
var lexer = __nccwpck_require__(361);

function includesToken(list, type) {
    for (let i = 0; i < list.length; ++i)
        if (list[i].type === type)
            return true;
    return false;
}
function findNonEmptyIndex(list) {
    for (let i = 0; i < list.length; ++i) {
        switch (list[i].type) {
            case 'space':
            case 'comment':
            case 'newline':
                break;
            default:
                return i;
        }
    }
    return -1;
}
function isFlowToken(token) {
    switch (token?.type) {
        case 'alias':
        case 'scalar':
        case 'single-quoted-scalar':
        case 'double-quoted-scalar':
        case 'flow-collection':
            return true;
        default:
            return false;
    }
}
function getPrevProps(parent) {
    switch (parent.type) {
        case 'document':
            return parent.start;
        case 'block-map': {
            const it = parent.items[parent.items.length - 1];
            return it.sep ?? it.start;
        }
        case 'block-seq':
            return parent.items[parent.items.length - 1].start;
        /* istanbul ignore next should not happen */
        default:
            return [];
    }
}
/** Note: May modify input array */
function getFirstKeyStartProps(prev) {
    if (prev.length === 0)
        return [];
    let i = prev.length;
    loop: while (--i >= 0) {
        switch (prev[i].type) {
            case 'doc-start':
            case 'explicit-key-ind':
            case 'map-value-ind':
            case 'seq-item-ind':
            case 'newline':
                break loop;
        }
    }
    while (prev[++i]?.type === 'space') {
        /* loop */
    }
    return prev.splice(i, prev.length);
}
function arrayPushArray(target, source) {
    // May exhaust call stack with large `source` array
    if (source.length < 1e5)
        Array.prototype.push.apply(target, source);
    else
        for (let i = 0; i < source.length; ++i)
            target.push(source[i]);
}
function fixFlowSeqItems(fc) {
    if (fc.start.type === 'flow-seq-start') {
        for (const it of fc.items) {
            if (it.sep &&
                !it.value &&
                !includesToken(it.start, 'explicit-key-ind') &&
                !includesToken(it.sep, 'map-value-ind')) {
                if (it.key)
                    it.value = it.key;
                delete it.key;
                if (isFlowToken(it.value)) {
                    if (it.value.end)
                        arrayPushArray(it.value.end, it.sep);
                    else
                        it.value.end = it.sep;
                }
                else
                    arrayPushArray(it.start, it.sep);
                delete it.sep;
            }
        }
    }
}
/**
 * A YAML concrete syntax tree (CST) parser
 *
 * ```ts
 * const src: string = ...
 * for (const token of new Parser().parse(src)) {
 *   // token: Token
 * }
 * ```
 *
 * To use the parser with a user-provided lexer:
 *
 * ```ts
 * function* parse(source: string, lexer: Lexer) {
 *   const parser = new Parser()
 *   for (const lexeme of lexer.lex(source))
 *     yield* parser.next(lexeme)
 *   yield* parser.end()
 * }
 *
 * const src: string = ...
 * const lexer = new Lexer()
 * for (const token of parse(src, lexer)) {
 *   // token: Token
 * }
 * ```
 */
class Parser {
    /**
     * @param onNewLine - If defined, called separately with the start position of
     *   each new line (in `parse()`, including the start of input).
     */
    constructor(onNewLine) {
        /** If true, space and sequence indicators count as indentation */
        this.atNewLine = true;
        /** If true, next token is a scalar value */
        this.atScalar = false;
        /** Current indentation level */
        this.indent = 0;
        /** Current offset since the start of parsing */
        this.offset = 0;
        /** On the same line with a block map key */
        this.onKeyLine = false;
        /** Top indicates the node that's currently being built */
        this.stack = [];
        /** The source of the current token, set in parse() */
        this.source = '';
        /** The type of the current token, set in parse() */
        this.type = '';
        // Must be defined after `next()`
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
            console.log('|', cst.prettyToken(source));
        if (this.atScalar) {
            this.atScalar = false;
            yield* this.step();
            this.offset += source.length;
            return;
        }
        const type = cst.tokenType(source);
        if (!type) {
            const message = `Not a YAML token: ${source}`;
            yield* this.pop({ type: 'error', offset: this.offset, message, source });
            this.offset += source.length;
        }
        else if (type === 'scalar') {
            this.atNewLine = false;
            this.atScalar = true;
            this.type = 'scalar';
        }
        else {
            this.type = type;
            yield* this.step();
            switch (type) {
                case 'newline':
                    this.atNewLine = true;
                    this.indent = 0;
                    if (this.onNewLine)
                        this.onNewLine(this.offset + source.length);
                    break;
                case 'space':
                    if (this.atNewLine && source[0] === ' ')
                        this.indent += source.length;
                    break;
                case 'explicit-key-ind':
                case 'map-value-ind':
                case 'seq-item-ind':
                    if (this.atNewLine)
                        this.indent += source.length;
                    break;
                case 'doc-mode':
                case 'flow-error-end':
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
        if (this.type === 'doc-end' && top?.type !== 'doc-end') {
            while (this.stack.length > 0)
                yield* this.pop();
            this.stack.push({
                type: 'doc-end',
                offset: this.offset,
                source: this.source
            });
            return;
        }
        if (!top)
            return yield* this.stream();
        switch (top.type) {
            case 'document':
                return yield* this.document(top);
            case 'alias':
            case 'scalar':
            case 'single-quoted-scalar':
            case 'double-quoted-scalar':
                return yield* this.scalar(top);
            case 'block-scalar':
                return yield* this.blockScalar(top);
            case 'block-map':
                return yield* this.blockMap(top);
            case 'block-seq':
                return yield* this.blockSequence(top);
            case 'flow-collection':
                return yield* this.flowCollection(top);
            case 'doc-end':
                return yield* this.documentEnd(top);
        }
        /* istanbul ignore next should not happen */
        yield* this.pop();
    }
    peek(n) {
        return this.stack[this.stack.length - n];
    }
    *pop(error) {
        const token = error ?? this.stack.pop();
        /* istanbul ignore if should not happen */
        if (!token) {
            const message = 'Tried to pop an empty stack';
            yield { type: 'error', offset: this.offset, source: '', message };
        }
        else if (this.stack.length === 0) {
            yield token;
        }
        else {
            const top = this.peek(1);
            if (token.type === 'block-scalar') {
                // Block scalars use their parent rather than header indent
                token.indent = 'indent' in top ? top.indent : 0;
            }
            else if (token.type === 'flow-collection' && top.type === 'document') {
                // Ignore all indent for top-level flow collections
                token.indent = 0;
            }
            if (token.type === 'flow-collection')
                fixFlowSeqItems(token);
            switch (top.type) {
                case 'document':
                    top.value = token;
                    break;
                case 'block-scalar':
                    top.props.push(token); // error
                    break;
                case 'block-map': {
                    const it = top.items[top.items.length - 1];
                    if (it.value) {
                        top.items.push({ start: [], key: token, sep: [] });
                        this.onKeyLine = true;
                        return;
                    }
                    else if (it.sep) {
                        it.value = token;
                    }
                    else {
                        Object.assign(it, { key: token, sep: [] });
                        this.onKeyLine = !it.explicitKey;
                        return;
                    }
                    break;
                }
                case 'block-seq': {
                    const it = top.items[top.items.length - 1];
                    if (it.value)
                        top.items.push({ start: [], value: token });
                    else
                        it.value = token;
                    break;
                }
                case 'flow-collection': {
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
            if ((top.type === 'document' ||
                top.type === 'block-map' ||
                top.type === 'block-seq') &&
                (token.type === 'block-map' || token.type === 'block-seq')) {
                const last = token.items[token.items.length - 1];
                if (last &&
                    !last.sep &&
                    !last.value &&
                    last.start.length > 0 &&
                    findNonEmptyIndex(last.start) === -1 &&
                    (token.indent === 0 ||
                        last.start.every(st => st.type !== 'comment' || st.indent < token.indent))) {
                    if (top.type === 'document')
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
            case 'directive-line':
                yield { type: 'directive', offset: this.offset, source: this.source };
                return;
            case 'byte-order-mark':
            case 'space':
            case 'comment':
            case 'newline':
                yield this.sourceToken;
                return;
            case 'doc-mode':
            case 'doc-start': {
                const doc = {
                    type: 'document',
                    offset: this.offset,
                    start: []
                };
                if (this.type === 'doc-start')
                    doc.start.push(this.sourceToken);
                this.stack.push(doc);
                return;
            }
        }
        yield {
            type: 'error',
            offset: this.offset,
            message: `Unexpected ${this.type} token in YAML stream`,
            source: this.source
        };
    }
    *document(doc) {
        if (doc.value)
            return yield* this.lineEnd(doc);
        switch (this.type) {
            case 'doc-start': {
                if (findNonEmptyIndex(doc.start) !== -1) {
                    yield* this.pop();
                    yield* this.step();
                }
                else
                    doc.start.push(this.sourceToken);
                return;
            }
            case 'anchor':
            case 'tag':
            case 'space':
            case 'comment':
            case 'newline':
                doc.start.push(this.sourceToken);
                return;
        }
        const bv = this.startBlockValue(doc);
        if (bv)
            this.stack.push(bv);
        else {
            yield {
                type: 'error',
                offset: this.offset,
                message: `Unexpected ${this.type} token in YAML document`,
                source: this.source
            };
        }
    }
    *scalar(scalar) {
        if (this.type === 'map-value-ind') {
            const prev = getPrevProps(this.peek(2));
            const start = getFirstKeyStartProps(prev);
            let sep;
            if (scalar.end) {
                sep = scalar.end;
                sep.push(this.sourceToken);
                delete scalar.end;
            }
            else
                sep = [this.sourceToken];
            const map = {
                type: 'block-map',
                offset: scalar.offset,
                indent: scalar.indent,
                items: [{ start, key: scalar, sep }]
            };
            this.onKeyLine = true;
            this.stack[this.stack.length - 1] = map;
        }
        else
            yield* this.lineEnd(scalar);
    }
    *blockScalar(scalar) {
        switch (this.type) {
            case 'space':
            case 'comment':
            case 'newline':
                scalar.props.push(this.sourceToken);
                return;
            case 'scalar':
                scalar.source = this.source;
                // block-scalar source includes trailing newline
                this.atNewLine = true;
                this.indent = 0;
                if (this.onNewLine) {
                    let nl = this.source.indexOf('\n') + 1;
                    while (nl !== 0) {
                        this.onNewLine(this.offset + nl);
                        nl = this.source.indexOf('\n', nl) + 1;
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
        // it.sep is true-ish if pair already has key or : separator
        switch (this.type) {
            case 'newline':
                this.onKeyLine = false;
                if (it.value) {
                    const end = 'end' in it.value ? it.value.end : undefined;
                    const last = Array.isArray(end) ? end[end.length - 1] : undefined;
                    if (last?.type === 'comment')
                        end?.push(this.sourceToken);
                    else
                        map.items.push({ start: [this.sourceToken] });
                }
                else if (it.sep) {
                    it.sep.push(this.sourceToken);
                }
                else {
                    it.start.push(this.sourceToken);
                }
                return;
            case 'space':
            case 'comment':
                if (it.value) {
                    map.items.push({ start: [this.sourceToken] });
                }
                else if (it.sep) {
                    it.sep.push(this.sourceToken);
                }
                else {
                    if (this.atIndentedComment(it.start, map.indent)) {
                        const prev = map.items[map.items.length - 2];
                        const end = prev?.value?.end;
                        if (Array.isArray(end)) {
                            arrayPushArray(end, it.start);
                            end.push(this.sourceToken);
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
            const atNextItem = atMapIndent &&
                (it.sep || it.explicitKey) &&
                this.type !== 'seq-item-ind';
            // For empty nodes, assign newline-separated not indented empty tokens to following node
            let start = [];
            if (atNextItem && it.sep && !it.value) {
                const nl = [];
                for (let i = 0; i < it.sep.length; ++i) {
                    const st = it.sep[i];
                    switch (st.type) {
                        case 'newline':
                            nl.push(i);
                            break;
                        case 'space':
                            break;
                        case 'comment':
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
                case 'anchor':
                case 'tag':
                    if (atNextItem || it.value) {
                        start.push(this.sourceToken);
                        map.items.push({ start });
                        this.onKeyLine = true;
                    }
                    else if (it.sep) {
                        it.sep.push(this.sourceToken);
                    }
                    else {
                        it.start.push(this.sourceToken);
                    }
                    return;
                case 'explicit-key-ind':
                    if (!it.sep && !it.explicitKey) {
                        it.start.push(this.sourceToken);
                        it.explicitKey = true;
                    }
                    else if (atNextItem || it.value) {
                        start.push(this.sourceToken);
                        map.items.push({ start, explicitKey: true });
                    }
                    else {
                        this.stack.push({
                            type: 'block-map',
                            offset: this.offset,
                            indent: this.indent,
                            items: [{ start: [this.sourceToken], explicitKey: true }]
                        });
                    }
                    this.onKeyLine = true;
                    return;
                case 'map-value-ind':
                    if (it.explicitKey) {
                        if (!it.sep) {
                            if (includesToken(it.start, 'newline')) {
                                Object.assign(it, { key: null, sep: [this.sourceToken] });
                            }
                            else {
                                const start = getFirstKeyStartProps(it.start);
                                this.stack.push({
                                    type: 'block-map',
                                    offset: this.offset,
                                    indent: this.indent,
                                    items: [{ start, key: null, sep: [this.sourceToken] }]
                                });
                            }
                        }
                        else if (it.value) {
                            map.items.push({ start: [], key: null, sep: [this.sourceToken] });
                        }
                        else if (includesToken(it.sep, 'map-value-ind')) {
                            this.stack.push({
                                type: 'block-map',
                                offset: this.offset,
                                indent: this.indent,
                                items: [{ start, key: null, sep: [this.sourceToken] }]
                            });
                        }
                        else if (isFlowToken(it.key) &&
                            !includesToken(it.sep, 'newline')) {
                            const start = getFirstKeyStartProps(it.start);
                            const key = it.key;
                            const sep = it.sep;
                            sep.push(this.sourceToken);
                            // @ts-expect-error type guard is wrong here
                            delete it.key;
                            // @ts-expect-error type guard is wrong here
                            delete it.sep;
                            this.stack.push({
                                type: 'block-map',
                                offset: this.offset,
                                indent: this.indent,
                                items: [{ start, key, sep }]
                            });
                        }
                        else if (start.length > 0) {
                            // Not actually at next item
                            it.sep = it.sep.concat(start, this.sourceToken);
                        }
                        else {
                            it.sep.push(this.sourceToken);
                        }
                    }
                    else {
                        if (!it.sep) {
                            Object.assign(it, { key: null, sep: [this.sourceToken] });
                        }
                        else if (it.value || atNextItem) {
                            map.items.push({ start, key: null, sep: [this.sourceToken] });
                        }
                        else if (includesToken(it.sep, 'map-value-ind')) {
                            this.stack.push({
                                type: 'block-map',
                                offset: this.offset,
                                indent: this.indent,
                                items: [{ start: [], key: null, sep: [this.sourceToken] }]
                            });
                        }
                        else {
                            it.sep.push(this.sourceToken);
                        }
                    }
                    this.onKeyLine = true;
                    return;
                case 'alias':
                case 'scalar':
                case 'single-quoted-scalar':
                case 'double-quoted-scalar': {
                    const fs = this.flowScalar(this.type);
                    if (atNextItem || it.value) {
                        map.items.push({ start, key: fs, sep: [] });
                        this.onKeyLine = true;
                    }
                    else if (it.sep) {
                        this.stack.push(fs);
                    }
                    else {
                        Object.assign(it, { key: fs, sep: [] });
                        this.onKeyLine = true;
                    }
                    return;
                }
                default: {
                    const bv = this.startBlockValue(map);
                    if (bv) {
                        if (bv.type === 'block-seq') {
                            if (!it.explicitKey &&
                                it.sep &&
                                !includesToken(it.sep, 'newline')) {
                                yield* this.pop({
                                    type: 'error',
                                    offset: this.offset,
                                    message: 'Unexpected block-seq-ind on same line with key',
                                    source: this.source
                                });
                                return;
                            }
                        }
                        else if (atMapIndent) {
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
            case 'newline':
                if (it.value) {
                    const end = 'end' in it.value ? it.value.end : undefined;
                    const last = Array.isArray(end) ? end[end.length - 1] : undefined;
                    if (last?.type === 'comment')
                        end?.push(this.sourceToken);
                    else
                        seq.items.push({ start: [this.sourceToken] });
                }
                else
                    it.start.push(this.sourceToken);
                return;
            case 'space':
            case 'comment':
                if (it.value)
                    seq.items.push({ start: [this.sourceToken] });
                else {
                    if (this.atIndentedComment(it.start, seq.indent)) {
                        const prev = seq.items[seq.items.length - 2];
                        const end = prev?.value?.end;
                        if (Array.isArray(end)) {
                            arrayPushArray(end, it.start);
                            end.push(this.sourceToken);
                            seq.items.pop();
                            return;
                        }
                    }
                    it.start.push(this.sourceToken);
                }
                return;
            case 'anchor':
            case 'tag':
                if (it.value || this.indent <= seq.indent)
                    break;
                it.start.push(this.sourceToken);
                return;
            case 'seq-item-ind':
                if (this.indent !== seq.indent)
                    break;
                if (it.value || includesToken(it.start, 'seq-item-ind'))
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
        if (this.type === 'flow-error-end') {
            let top;
            do {
                yield* this.pop();
                top = this.peek(1);
            } while (top?.type === 'flow-collection');
        }
        else if (fc.end.length === 0) {
            switch (this.type) {
                case 'comma':
                case 'explicit-key-ind':
                    if (!it || it.sep)
                        fc.items.push({ start: [this.sourceToken] });
                    else
                        it.start.push(this.sourceToken);
                    return;
                case 'map-value-ind':
                    if (!it || it.value)
                        fc.items.push({ start: [], key: null, sep: [this.sourceToken] });
                    else if (it.sep)
                        it.sep.push(this.sourceToken);
                    else
                        Object.assign(it, { key: null, sep: [this.sourceToken] });
                    return;
                case 'space':
                case 'comment':
                case 'newline':
                case 'anchor':
                case 'tag':
                    if (!it || it.value)
                        fc.items.push({ start: [this.sourceToken] });
                    else if (it.sep)
                        it.sep.push(this.sourceToken);
                    else
                        it.start.push(this.sourceToken);
                    return;
                case 'alias':
                case 'scalar':
                case 'single-quoted-scalar':
                case 'double-quoted-scalar': {
                    const fs = this.flowScalar(this.type);
                    if (!it || it.value)
                        fc.items.push({ start: [], key: fs, sep: [] });
                    else if (it.sep)
                        this.stack.push(fs);
                    else
                        Object.assign(it, { key: fs, sep: [] });
                    return;
                }
                case 'flow-map-end':
                case 'flow-seq-end':
                    fc.end.push(this.sourceToken);
                    return;
            }
            const bv = this.startBlockValue(fc);
            /* istanbul ignore else should not happen */
            if (bv)
                this.stack.push(bv);
            else {
                yield* this.pop();
                yield* this.step();
            }
        }
        else {
            const parent = this.peek(2);
            if (parent.type === 'block-map' &&
                ((this.type === 'map-value-ind' && parent.indent === fc.indent) ||
                    (this.type === 'newline' &&
                        !parent.items[parent.items.length - 1].sep))) {
                yield* this.pop();
                yield* this.step();
            }
            else if (this.type === 'map-value-ind' &&
                parent.type !== 'flow-collection') {
                const prev = getPrevProps(parent);
                const start = getFirstKeyStartProps(prev);
                fixFlowSeqItems(fc);
                const sep = fc.end.splice(1, fc.end.length);
                sep.push(this.sourceToken);
                const map = {
                    type: 'block-map',
                    offset: fc.offset,
                    indent: fc.indent,
                    items: [{ start, key: fc, sep }]
                };
                this.onKeyLine = true;
                this.stack[this.stack.length - 1] = map;
            }
            else {
                yield* this.lineEnd(fc);
            }
        }
    }
    flowScalar(type) {
        if (this.onNewLine) {
            let nl = this.source.indexOf('\n') + 1;
            while (nl !== 0) {
                this.onNewLine(this.offset + nl);
                nl = this.source.indexOf('\n', nl) + 1;
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
            case 'alias':
            case 'scalar':
            case 'single-quoted-scalar':
            case 'double-quoted-scalar':
                return this.flowScalar(this.type);
            case 'block-scalar-header':
                return {
                    type: 'block-scalar',
                    offset: this.offset,
                    indent: this.indent,
                    props: [this.sourceToken],
                    source: ''
                };
            case 'flow-map-start':
            case 'flow-seq-start':
                return {
                    type: 'flow-collection',
                    offset: this.offset,
                    indent: this.indent,
                    start: this.sourceToken,
                    items: [],
                    end: []
                };
            case 'seq-item-ind':
                return {
                    type: 'block-seq',
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start: [this.sourceToken] }]
                };
            case 'explicit-key-ind': {
                this.onKeyLine = true;
                const prev = getPrevProps(parent);
                const start = getFirstKeyStartProps(prev);
                start.push(this.sourceToken);
                return {
                    type: 'block-map',
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start, explicitKey: true }]
                };
            }
            case 'map-value-ind': {
                this.onKeyLine = true;
                const prev = getPrevProps(parent);
                const start = getFirstKeyStartProps(prev);
                return {
                    type: 'block-map',
                    offset: this.offset,
                    indent: this.indent,
                    items: [{ start, key: null, sep: [this.sourceToken] }]
                };
            }
        }
        return null;
    }
    atIndentedComment(start, indent) {
        if (this.type !== 'comment')
            return false;
        if (this.indent <= indent)
            return false;
        return start.every(st => st.type === 'newline' || st.type === 'space');
    }
    *documentEnd(docEnd) {
        if (this.type !== 'doc-mode') {
            if (docEnd.end)
                docEnd.end.push(this.sourceToken);
            else
                docEnd.end = [this.sourceToken];
            if (this.type === 'newline')
                yield* this.pop();
        }
    }
    *lineEnd(token) {
        switch (this.type) {
            case 'comma':
            case 'doc-start':
            case 'doc-end':
            case 'flow-seq-end':
            case 'flow-map-end':
            case 'map-value-ind':
                yield* this.pop();
                yield* this.step();
                break;
            case 'newline':
                this.onKeyLine = false;
            // fallthrough
            case 'space':
            case 'comment':
            default:
                // all other values are errors
                if (token.end)
                    token.end.push(this.sourceToken);
                else
                    token.end = [this.sourceToken];
                if (this.type === 'newline')
                    yield* this.pop();
        }
    }
}

exports.Parser = Parser;


/***/ }),

/***/ 4047:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var composer = __nccwpck_require__(9984);
var Document = __nccwpck_require__(3021);
var errors = __nccwpck_require__(1464);
var log = __nccwpck_require__(7249);
var identity = __nccwpck_require__(1127);
var lineCounter = __nccwpck_require__(6628);
var parser = __nccwpck_require__(3456);

function parseOptions(options) {
    const prettyErrors = options.prettyErrors !== false;
    const lineCounter$1 = options.lineCounter || (prettyErrors && new lineCounter.LineCounter()) || null;
    return { lineCounter: lineCounter$1, prettyErrors };
}
/**
 * Parse the input as a stream of YAML documents.
 *
 * Documents should be separated from each other by `...` or `---` marker lines.
 *
 * @returns If an empty `docs` array is returned, it will be of type
 *   EmptyStream and contain additional stream information. In
 *   TypeScript, you should use `'empty' in docs` as a type guard for it.
 */
function parseAllDocuments(source, options = {}) {
    const { lineCounter, prettyErrors } = parseOptions(options);
    const parser$1 = new parser.Parser(lineCounter?.addNewLine);
    const composer$1 = new composer.Composer(options);
    const docs = Array.from(composer$1.compose(parser$1.parse(source)));
    if (prettyErrors && lineCounter)
        for (const doc of docs) {
            doc.errors.forEach(errors.prettifyError(source, lineCounter));
            doc.warnings.forEach(errors.prettifyError(source, lineCounter));
        }
    if (docs.length > 0)
        return docs;
    return Object.assign([], { empty: true }, composer$1.streamInfo());
}
/** Parse an input string into a single YAML.Document */
function parseDocument(source, options = {}) {
    const { lineCounter, prettyErrors } = parseOptions(options);
    const parser$1 = new parser.Parser(lineCounter?.addNewLine);
    const composer$1 = new composer.Composer(options);
    // `doc` is always set by compose.end(true) at the very latest
    let doc = null;
    for (const _doc of composer$1.compose(parser$1.parse(source), true, source.length)) {
        if (!doc)
            doc = _doc;
        else if (doc.options.logLevel !== 'silent') {
            doc.errors.push(new errors.YAMLParseError(_doc.range.slice(0, 2), 'MULTIPLE_DOCS', 'Source contains multiple documents; please use YAML.parseAllDocuments()'));
            break;
        }
    }
    if (prettyErrors && lineCounter) {
        doc.errors.forEach(errors.prettifyError(source, lineCounter));
        doc.warnings.forEach(errors.prettifyError(source, lineCounter));
    }
    return doc;
}
function parse(src, reviver, options) {
    let _reviver = undefined;
    if (typeof reviver === 'function') {
        _reviver = reviver;
    }
    else if (options === undefined && reviver && typeof reviver === 'object') {
        options = reviver;
    }
    const doc = parseDocument(src, options);
    if (!doc)
        return null;
    doc.warnings.forEach(warning => log.warn(doc.options.logLevel, warning));
    if (doc.errors.length > 0) {
        if (doc.options.logLevel !== 'silent')
            throw doc.errors[0];
        else
            doc.errors = [];
    }
    return doc.toJS(Object.assign({ reviver: _reviver }, options));
}
function stringify(value, replacer, options) {
    let _replacer = null;
    if (typeof replacer === 'function' || Array.isArray(replacer)) {
        _replacer = replacer;
    }
    else if (options === undefined && replacer) {
        options = replacer;
    }
    if (typeof options === 'string')
        options = options.length;
    if (typeof options === 'number') {
        const indent = Math.round(options);
        options = indent < 1 ? undefined : indent > 8 ? { indent: 8 } : { indent };
    }
    if (value === undefined) {
        const { keepUndefined } = options ?? replacer ?? {};
        if (!keepUndefined)
            return undefined;
    }
    if (identity.isDocument(value) && !_replacer)
        return value.toString(options);
    return new Document.Document(value, _replacer, options).toString(options);
}

exports.parse = parse;
exports.parseAllDocuments = parseAllDocuments;
exports.parseDocument = parseDocument;
exports.stringify = stringify;


/***/ }),

/***/ 5840:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var map = __nccwpck_require__(7451);
var seq = __nccwpck_require__(1706);
var string = __nccwpck_require__(6464);
var tags = __nccwpck_require__(18);

const sortMapEntriesByKey = (a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
class Schema {
    constructor({ compat, customTags, merge, resolveKnownTags, schema, sortMapEntries, toStringDefaults }) {
        this.compat = Array.isArray(compat)
            ? tags.getTags(compat, 'compat')
            : compat
                ? tags.getTags(null, compat)
                : null;
        this.name = (typeof schema === 'string' && schema) || 'core';
        this.knownTags = resolveKnownTags ? tags.coreKnownTags : {};
        this.tags = tags.getTags(customTags, this.name, merge);
        this.toStringOptions = toStringDefaults ?? null;
        Object.defineProperty(this, identity.MAP, { value: map.map });
        Object.defineProperty(this, identity.SCALAR, { value: string.string });
        Object.defineProperty(this, identity.SEQ, { value: seq.seq });
        // Used by createMap()
        this.sortMapEntries =
            typeof sortMapEntries === 'function'
                ? sortMapEntries
                : sortMapEntries === true
                    ? sortMapEntriesByKey
                    : null;
    }
    clone() {
        const copy = Object.create(Schema.prototype, Object.getOwnPropertyDescriptors(this));
        copy.tags = this.tags.slice();
        return copy;
    }
}

exports.Schema = Schema;


/***/ }),

/***/ 7451:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var YAMLMap = __nccwpck_require__(4454);

const map = {
    collection: 'map',
    default: true,
    nodeClass: YAMLMap.YAMLMap,
    tag: 'tag:yaml.org,2002:map',
    resolve(map, onError) {
        if (!identity.isMap(map))
            onError('Expected a mapping for this tag');
        return map;
    },
    createNode: (schema, obj, ctx) => YAMLMap.YAMLMap.from(schema, obj, ctx)
};

exports.map = map;


/***/ }),

/***/ 3632:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);

const nullTag = {
    identify: value => value == null,
    createNode: () => new Scalar.Scalar(null),
    default: true,
    tag: 'tag:yaml.org,2002:null',
    test: /^(?:~|[Nn]ull|NULL)?$/,
    resolve: () => new Scalar.Scalar(null),
    stringify: ({ source }, ctx) => typeof source === 'string' && nullTag.test.test(source)
        ? source
        : ctx.options.nullStr
};

exports.nullTag = nullTag;


/***/ }),

/***/ 1706:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var YAMLSeq = __nccwpck_require__(2223);

const seq = {
    collection: 'seq',
    default: true,
    nodeClass: YAMLSeq.YAMLSeq,
    tag: 'tag:yaml.org,2002:seq',
    resolve(seq, onError) {
        if (!identity.isSeq(seq))
            onError('Expected a sequence for this tag');
        return seq;
    },
    createNode: (schema, obj, ctx) => YAMLSeq.YAMLSeq.from(schema, obj, ctx)
};

exports.seq = seq;


/***/ }),

/***/ 6464:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var stringifyString = __nccwpck_require__(3069);

const string = {
    identify: value => typeof value === 'string',
    default: true,
    tag: 'tag:yaml.org,2002:str',
    resolve: str => str,
    stringify(item, ctx, onComment, onChompKeep) {
        ctx = Object.assign({ actualString: true }, ctx);
        return stringifyString.stringifyString(item, ctx, onComment, onChompKeep);
    }
};

exports.string = string;


/***/ }),

/***/ 3959:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);

const boolTag = {
    identify: value => typeof value === 'boolean',
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
    resolve: str => new Scalar.Scalar(str[0] === 't' || str[0] === 'T'),
    stringify({ source, value }, ctx) {
        if (source && boolTag.test.test(source)) {
            const sv = source[0] === 't' || source[0] === 'T';
            if (value === sv)
                return source;
        }
        return value ? ctx.options.trueStr : ctx.options.falseStr;
    }
};

exports.boolTag = boolTag;


/***/ }),

/***/ 8405:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);
var stringifyNumber = __nccwpck_require__(8689);

const floatNaN = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
    resolve: str => str.slice(-3).toLowerCase() === 'nan'
        ? NaN
        : str[0] === '-'
            ? Number.NEGATIVE_INFINITY
            : Number.POSITIVE_INFINITY,
    stringify: stringifyNumber.stringifyNumber
};
const floatExp = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    format: 'EXP',
    test: /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
    resolve: str => parseFloat(str),
    stringify(node) {
        const num = Number(node.value);
        return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
    }
};
const float = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
    resolve(str) {
        const node = new Scalar.Scalar(parseFloat(str));
        const dot = str.indexOf('.');
        if (dot !== -1 && str[str.length - 1] === '0')
            node.minFractionDigits = str.length - dot - 1;
        return node;
    },
    stringify: stringifyNumber.stringifyNumber
};

exports.float = float;
exports.floatExp = floatExp;
exports.floatNaN = floatNaN;


/***/ }),

/***/ 9874:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var stringifyNumber = __nccwpck_require__(8689);

const intIdentify = (value) => typeof value === 'bigint' || Number.isInteger(value);
const intResolve = (str, offset, radix, { intAsBigInt }) => (intAsBigInt ? BigInt(str) : parseInt(str.substring(offset), radix));
function intStringify(node, radix, prefix) {
    const { value } = node;
    if (intIdentify(value) && value >= 0)
        return prefix + value.toString(radix);
    return stringifyNumber.stringifyNumber(node);
}
const intOct = {
    identify: value => intIdentify(value) && value >= 0,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'OCT',
    test: /^0o[0-7]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 2, 8, opt),
    stringify: node => intStringify(node, 8, '0o')
};
const int = {
    identify: intIdentify,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    test: /^[-+]?[0-9]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
    stringify: stringifyNumber.stringifyNumber
};
const intHex = {
    identify: value => intIdentify(value) && value >= 0,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'HEX',
    test: /^0x[0-9a-fA-F]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
    stringify: node => intStringify(node, 16, '0x')
};

exports.int = int;
exports.intHex = intHex;
exports.intOct = intOct;


/***/ }),

/***/ 896:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var map = __nccwpck_require__(7451);
var _null = __nccwpck_require__(3632);
var seq = __nccwpck_require__(1706);
var string = __nccwpck_require__(6464);
var bool = __nccwpck_require__(3959);
var float = __nccwpck_require__(8405);
var int = __nccwpck_require__(9874);

const schema = [
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


/***/ }),

/***/ 3559:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);
var map = __nccwpck_require__(7451);
var seq = __nccwpck_require__(1706);

function intIdentify(value) {
    return typeof value === 'bigint' || Number.isInteger(value);
}
const stringifyJSON = ({ value }) => JSON.stringify(value);
const jsonScalars = [
    {
        identify: value => typeof value === 'string',
        default: true,
        tag: 'tag:yaml.org,2002:str',
        resolve: str => str,
        stringify: stringifyJSON
    },
    {
        identify: value => value == null,
        createNode: () => new Scalar.Scalar(null),
        default: true,
        tag: 'tag:yaml.org,2002:null',
        test: /^null$/,
        resolve: () => null,
        stringify: stringifyJSON
    },
    {
        identify: value => typeof value === 'boolean',
        default: true,
        tag: 'tag:yaml.org,2002:bool',
        test: /^true$|^false$/,
        resolve: str => str === 'true',
        stringify: stringifyJSON
    },
    {
        identify: intIdentify,
        default: true,
        tag: 'tag:yaml.org,2002:int',
        test: /^-?(?:0|[1-9][0-9]*)$/,
        resolve: (str, _onError, { intAsBigInt }) => intAsBigInt ? BigInt(str) : parseInt(str, 10),
        stringify: ({ value }) => intIdentify(value) ? value.toString() : JSON.stringify(value)
    },
    {
        identify: value => typeof value === 'number',
        default: true,
        tag: 'tag:yaml.org,2002:float',
        test: /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?$/,
        resolve: str => parseFloat(str),
        stringify: stringifyJSON
    }
];
const jsonError = {
    default: true,
    tag: '',
    test: /^/,
    resolve(str, onError) {
        onError(`Unresolved plain scalar ${JSON.stringify(str)}`);
        return str;
    }
};
const schema = [map.map, seq.seq].concat(jsonScalars, jsonError);

exports.schema = schema;


/***/ }),

/***/ 18:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var map = __nccwpck_require__(7451);
var _null = __nccwpck_require__(3632);
var seq = __nccwpck_require__(1706);
var string = __nccwpck_require__(6464);
var bool = __nccwpck_require__(3959);
var float = __nccwpck_require__(8405);
var int = __nccwpck_require__(9874);
var schema = __nccwpck_require__(896);
var schema$1 = __nccwpck_require__(3559);
var binary = __nccwpck_require__(6083);
var merge = __nccwpck_require__(452);
var omap = __nccwpck_require__(303);
var pairs = __nccwpck_require__(8385);
var schema$2 = __nccwpck_require__(5913);
var set = __nccwpck_require__(1528);
var timestamp = __nccwpck_require__(6752);

const schemas = new Map([
    ['core', schema.schema],
    ['failsafe', [map.map, seq.seq, string.string]],
    ['json', schema$1.schema],
    ['yaml11', schema$2.schema],
    ['yaml-1.1', schema$2.schema]
]);
const tagsByName = {
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
const coreKnownTags = {
    'tag:yaml.org,2002:binary': binary.binary,
    'tag:yaml.org,2002:merge': merge.merge,
    'tag:yaml.org,2002:omap': omap.omap,
    'tag:yaml.org,2002:pairs': pairs.pairs,
    'tag:yaml.org,2002:set': set.set,
    'tag:yaml.org,2002:timestamp': timestamp.timestamp
};
function getTags(customTags, schemaName, addMergeTag) {
    const schemaTags = schemas.get(schemaName);
    if (schemaTags && !customTags) {
        return addMergeTag && !schemaTags.includes(merge.merge)
            ? schemaTags.concat(merge.merge)
            : schemaTags.slice();
    }
    let tags = schemaTags;
    if (!tags) {
        if (Array.isArray(customTags))
            tags = [];
        else {
            const keys = Array.from(schemas.keys())
                .filter(key => key !== 'yaml11')
                .map(key => JSON.stringify(key))
                .join(', ');
            throw new Error(`Unknown schema "${schemaName}"; use one of ${keys} or define customTags array`);
        }
    }
    if (Array.isArray(customTags)) {
        for (const tag of customTags)
            tags = tags.concat(tag);
    }
    else if (typeof customTags === 'function') {
        tags = customTags(tags.slice());
    }
    if (addMergeTag)
        tags = tags.concat(merge.merge);
    return tags.reduce((tags, tag) => {
        const tagObj = typeof tag === 'string' ? tagsByName[tag] : tag;
        if (!tagObj) {
            const tagName = JSON.stringify(tag);
            const keys = Object.keys(tagsByName)
                .map(key => JSON.stringify(key))
                .join(', ');
            throw new Error(`Unknown custom tag ${tagName}; use one of ${keys}`);
        }
        if (!tags.includes(tagObj))
            tags.push(tagObj);
        return tags;
    }, []);
}

exports.coreKnownTags = coreKnownTags;
exports.getTags = getTags;


/***/ }),

/***/ 6083:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var node_buffer = __nccwpck_require__(181);
var Scalar = __nccwpck_require__(3301);
var stringifyString = __nccwpck_require__(3069);

const binary = {
    identify: value => value instanceof Uint8Array, // Buffer inherits from Uint8Array
    default: false,
    tag: 'tag:yaml.org,2002:binary',
    /**
     * Returns a Buffer in node and an Uint8Array in browsers
     *
     * To use the resulting buffer as an image, you'll want to do something like:
     *
     *   const blob = new Blob([buffer], { type: 'image/jpeg' })
     *   document.querySelector('#photo').src = URL.createObjectURL(blob)
     */
    resolve(src, onError) {
        if (typeof node_buffer.Buffer === 'function') {
            return node_buffer.Buffer.from(src, 'base64');
        }
        else if (typeof atob === 'function') {
            // On IE 11, atob() can't handle newlines
            const str = atob(src.replace(/[\n\r]/g, ''));
            const buffer = new Uint8Array(str.length);
            for (let i = 0; i < str.length; ++i)
                buffer[i] = str.charCodeAt(i);
            return buffer;
        }
        else {
            onError('This environment does not support reading binary tags; either Buffer or atob is required');
            return src;
        }
    },
    stringify({ comment, type, value }, ctx, onComment, onChompKeep) {
        if (!value)
            return '';
        const buf = value; // checked earlier by binary.identify()
        let str;
        if (typeof node_buffer.Buffer === 'function') {
            str =
                buf instanceof node_buffer.Buffer
                    ? buf.toString('base64')
                    : node_buffer.Buffer.from(buf.buffer).toString('base64');
        }
        else if (typeof btoa === 'function') {
            let s = '';
            for (let i = 0; i < buf.length; ++i)
                s += String.fromCharCode(buf[i]);
            str = btoa(s);
        }
        else {
            throw new Error('This environment does not support writing binary tags; either Buffer or btoa is required');
        }
        type ?? (type = Scalar.Scalar.BLOCK_LITERAL);
        if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
            const lineWidth = Math.max(ctx.options.lineWidth - ctx.indent.length, ctx.options.minContentWidth);
            const n = Math.ceil(str.length / lineWidth);
            const lines = new Array(n);
            for (let i = 0, o = 0; i < n; ++i, o += lineWidth) {
                lines[i] = str.substr(o, lineWidth);
            }
            str = lines.join(type === Scalar.Scalar.BLOCK_LITERAL ? '\n' : ' ');
        }
        return stringifyString.stringifyString({ comment, type, value: str }, ctx, onComment, onChompKeep);
    }
};

exports.binary = binary;


/***/ }),

/***/ 8398:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);

function boolStringify({ value, source }, ctx) {
    const boolObj = value ? trueTag : falseTag;
    if (source && boolObj.test.test(source))
        return source;
    return value ? ctx.options.trueStr : ctx.options.falseStr;
}
const trueTag = {
    identify: value => value === true,
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:Y|y|[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/,
    resolve: () => new Scalar.Scalar(true),
    stringify: boolStringify
};
const falseTag = {
    identify: value => value === false,
    default: true,
    tag: 'tag:yaml.org,2002:bool',
    test: /^(?:N|n|[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/,
    resolve: () => new Scalar.Scalar(false),
    stringify: boolStringify
};

exports.falseTag = falseTag;
exports.trueTag = trueTag;


/***/ }),

/***/ 5782:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);
var stringifyNumber = __nccwpck_require__(8689);

const floatNaN = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
    resolve: (str) => str.slice(-3).toLowerCase() === 'nan'
        ? NaN
        : str[0] === '-'
            ? Number.NEGATIVE_INFINITY
            : Number.POSITIVE_INFINITY,
    stringify: stringifyNumber.stringifyNumber
};
const floatExp = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    format: 'EXP',
    test: /^[-+]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?[eE][-+]?[0-9]+$/,
    resolve: (str) => parseFloat(str.replace(/_/g, '')),
    stringify(node) {
        const num = Number(node.value);
        return isFinite(num) ? num.toExponential() : stringifyNumber.stringifyNumber(node);
    }
};
const float = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    test: /^[-+]?(?:[0-9][0-9_]*)?\.[0-9_]*$/,
    resolve(str) {
        const node = new Scalar.Scalar(parseFloat(str.replace(/_/g, '')));
        const dot = str.indexOf('.');
        if (dot !== -1) {
            const f = str.substring(dot + 1).replace(/_/g, '');
            if (f[f.length - 1] === '0')
                node.minFractionDigits = f.length;
        }
        return node;
    },
    stringify: stringifyNumber.stringifyNumber
};

exports.float = float;
exports.floatExp = floatExp;
exports.floatNaN = floatNaN;


/***/ }),

/***/ 873:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var stringifyNumber = __nccwpck_require__(8689);

const intIdentify = (value) => typeof value === 'bigint' || Number.isInteger(value);
function intResolve(str, offset, radix, { intAsBigInt }) {
    const sign = str[0];
    if (sign === '-' || sign === '+')
        offset += 1;
    str = str.substring(offset).replace(/_/g, '');
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
        const n = BigInt(str);
        return sign === '-' ? BigInt(-1) * n : n;
    }
    const n = parseInt(str, radix);
    return sign === '-' ? -1 * n : n;
}
function intStringify(node, radix, prefix) {
    const { value } = node;
    if (intIdentify(value)) {
        const str = value.toString(radix);
        return value < 0 ? '-' + prefix + str.substr(1) : prefix + str;
    }
    return stringifyNumber.stringifyNumber(node);
}
const intBin = {
    identify: intIdentify,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'BIN',
    test: /^[-+]?0b[0-1_]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 2, 2, opt),
    stringify: node => intStringify(node, 2, '0b')
};
const intOct = {
    identify: intIdentify,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'OCT',
    test: /^[-+]?0[0-7_]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 1, 8, opt),
    stringify: node => intStringify(node, 8, '0')
};
const int = {
    identify: intIdentify,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    test: /^[-+]?[0-9][0-9_]*$/,
    resolve: (str, _onError, opt) => intResolve(str, 0, 10, opt),
    stringify: stringifyNumber.stringifyNumber
};
const intHex = {
    identify: intIdentify,
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'HEX',
    test: /^[-+]?0x[0-9a-fA-F_]+$/,
    resolve: (str, _onError, opt) => intResolve(str, 2, 16, opt),
    stringify: node => intStringify(node, 16, '0x')
};

exports.int = int;
exports.intBin = intBin;
exports.intHex = intHex;
exports.intOct = intOct;


/***/ }),

/***/ 452:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);

// If the value associated with a merge key is a single mapping node, each of
// its key/value pairs is inserted into the current mapping, unless the key
// already exists in it. If the value associated with the merge key is a
// sequence, then this sequence is expected to contain mapping nodes and each
// of these nodes is merged in turn according to its order in the sequence.
// Keys in mapping nodes earlier in the sequence override keys specified in
// later mapping nodes. -- http://yaml.org/type/merge.html
const MERGE_KEY = '<<';
const merge = {
    identify: value => value === MERGE_KEY ||
        (typeof value === 'symbol' && value.description === MERGE_KEY),
    default: 'key',
    tag: 'tag:yaml.org,2002:merge',
    test: /^<<$/,
    resolve: () => Object.assign(new Scalar.Scalar(Symbol(MERGE_KEY)), {
        addToJSMap: addMergeToJSMap
    }),
    stringify: () => MERGE_KEY
};
const isMergeKey = (ctx, key) => (merge.identify(key) ||
    (identity.isScalar(key) &&
        (!key.type || key.type === Scalar.Scalar.PLAIN) &&
        merge.identify(key.value))) &&
    ctx?.doc.schema.tags.some(tag => tag.tag === merge.tag && tag.default);
function addMergeToJSMap(ctx, map, value) {
    const source = resolveAliasValue(ctx, value);
    if (identity.isSeq(source))
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
    if (!identity.isMap(source))
        throw new Error('Merge sources must be maps or map aliases');
    const srcMap = source.toJSON(null, ctx, Map);
    for (const [key, value] of srcMap) {
        if (map instanceof Map) {
            if (!map.has(key))
                map.set(key, value);
        }
        else if (map instanceof Set) {
            map.add(key);
        }
        else if (!Object.prototype.hasOwnProperty.call(map, key)) {
            Object.defineProperty(map, key, {
                value,
                writable: true,
                enumerable: true,
                configurable: true
            });
        }
    }
    return map;
}
function resolveAliasValue(ctx, value) {
    return ctx && identity.isAlias(value) ? value.resolve(ctx.doc, ctx) : value;
}

exports.addMergeToJSMap = addMergeToJSMap;
exports.isMergeKey = isMergeKey;
exports.merge = merge;


/***/ }),

/***/ 303:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var toJS = __nccwpck_require__(4043);
var YAMLMap = __nccwpck_require__(4454);
var YAMLSeq = __nccwpck_require__(2223);
var pairs = __nccwpck_require__(8385);

class YAMLOMap extends YAMLSeq.YAMLSeq {
    constructor() {
        super();
        this.add = YAMLMap.YAMLMap.prototype.add.bind(this);
        this.delete = YAMLMap.YAMLMap.prototype.delete.bind(this);
        this.get = YAMLMap.YAMLMap.prototype.get.bind(this);
        this.has = YAMLMap.YAMLMap.prototype.has.bind(this);
        this.set = YAMLMap.YAMLMap.prototype.set.bind(this);
        this.tag = YAMLOMap.tag;
    }
    /**
     * If `ctx` is given, the return type is actually `Map<unknown, unknown>`,
     * but TypeScript won't allow widening the signature of a child method.
     */
    toJSON(_, ctx) {
        if (!ctx)
            return super.toJSON(_);
        const map = new Map();
        if (ctx?.onCreate)
            ctx.onCreate(map);
        for (const pair of this.items) {
            let key, value;
            if (identity.isPair(pair)) {
                key = toJS.toJS(pair.key, '', ctx);
                value = toJS.toJS(pair.value, key, ctx);
            }
            else {
                key = toJS.toJS(pair, '', ctx);
            }
            if (map.has(key))
                throw new Error('Ordered maps must not include duplicate keys');
            map.set(key, value);
        }
        return map;
    }
    static from(schema, iterable, ctx) {
        const pairs$1 = pairs.createPairs(schema, iterable, ctx);
        const omap = new this();
        omap.items = pairs$1.items;
        return omap;
    }
}
YAMLOMap.tag = 'tag:yaml.org,2002:omap';
const omap = {
    collection: 'seq',
    identify: value => value instanceof Map,
    nodeClass: YAMLOMap,
    default: false,
    tag: 'tag:yaml.org,2002:omap',
    resolve(seq, onError) {
        const pairs$1 = pairs.resolvePairs(seq, onError);
        const seenKeys = [];
        for (const { key } of pairs$1.items) {
            if (identity.isScalar(key)) {
                if (seenKeys.includes(key.value)) {
                    onError(`Ordered maps must not include duplicate keys: ${key.value}`);
                }
                else {
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


/***/ }),

/***/ 8385:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var Scalar = __nccwpck_require__(3301);
var YAMLSeq = __nccwpck_require__(2223);

function resolvePairs(seq, onError) {
    if (identity.isSeq(seq)) {
        for (let i = 0; i < seq.items.length; ++i) {
            let item = seq.items[i];
            if (identity.isPair(item))
                continue;
            else if (identity.isMap(item)) {
                if (item.items.length > 1)
                    onError('Each pair must have its own sequence indicator');
                const pair = item.items[0] || new Pair.Pair(new Scalar.Scalar(null));
                if (item.commentBefore)
                    pair.key.commentBefore = pair.key.commentBefore
                        ? `${item.commentBefore}\n${pair.key.commentBefore}`
                        : item.commentBefore;
                if (item.comment) {
                    const cn = pair.value ?? pair.key;
                    cn.comment = cn.comment
                        ? `${item.comment}\n${cn.comment}`
                        : item.comment;
                }
                item = pair;
            }
            seq.items[i] = identity.isPair(item) ? item : new Pair.Pair(item);
        }
    }
    else
        onError('Expected a sequence for this tag');
    return seq;
}
function createPairs(schema, iterable, ctx) {
    const { replacer } = ctx;
    const pairs = new YAMLSeq.YAMLSeq(schema);
    pairs.tag = 'tag:yaml.org,2002:pairs';
    let i = 0;
    if (iterable && Symbol.iterator in Object(iterable))
        for (let it of iterable) {
            if (typeof replacer === 'function')
                it = replacer.call(iterable, String(i++), it);
            let key, value;
            if (Array.isArray(it)) {
                if (it.length === 2) {
                    key = it[0];
                    value = it[1];
                }
                else
                    throw new TypeError(`Expected [key, value] tuple: ${it}`);
            }
            else if (it && it instanceof Object) {
                const keys = Object.keys(it);
                if (keys.length === 1) {
                    key = keys[0];
                    value = it[key];
                }
                else {
                    throw new TypeError(`Expected tuple with one key, not ${keys.length} keys`);
                }
            }
            else {
                key = it;
            }
            pairs.items.push(Pair.createPair(key, value, ctx));
        }
    return pairs;
}
const pairs = {
    collection: 'seq',
    default: false,
    tag: 'tag:yaml.org,2002:pairs',
    resolve: resolvePairs,
    createNode: createPairs
};

exports.createPairs = createPairs;
exports.pairs = pairs;
exports.resolvePairs = resolvePairs;


/***/ }),

/***/ 5913:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var map = __nccwpck_require__(7451);
var _null = __nccwpck_require__(3632);
var seq = __nccwpck_require__(1706);
var string = __nccwpck_require__(6464);
var binary = __nccwpck_require__(6083);
var bool = __nccwpck_require__(8398);
var float = __nccwpck_require__(5782);
var int = __nccwpck_require__(873);
var merge = __nccwpck_require__(452);
var omap = __nccwpck_require__(303);
var pairs = __nccwpck_require__(8385);
var set = __nccwpck_require__(1528);
var timestamp = __nccwpck_require__(6752);

const schema = [
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


/***/ }),

/***/ 1528:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Pair = __nccwpck_require__(7165);
var YAMLMap = __nccwpck_require__(4454);

class YAMLSet extends YAMLMap.YAMLMap {
    constructor(schema) {
        super(schema);
        this.tag = YAMLSet.tag;
    }
    add(key) {
        let pair;
        if (identity.isPair(key))
            pair = key;
        else if (key &&
            typeof key === 'object' &&
            'key' in key &&
            'value' in key &&
            key.value === null)
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
        return !keepPair && identity.isPair(pair)
            ? identity.isScalar(pair.key)
                ? pair.key.value
                : pair.key
            : pair;
    }
    set(key, value) {
        if (typeof value !== 'boolean')
            throw new Error(`Expected boolean value for set(key, value) in a YAML set, not ${typeof value}`);
        const prev = YAMLMap.findPair(this.items, key);
        if (prev && !value) {
            this.items.splice(this.items.indexOf(prev), 1);
        }
        else if (!prev && value) {
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
            throw new Error('Set items must all have null values');
    }
    static from(schema, iterable, ctx) {
        const { replacer } = ctx;
        const set = new this(schema);
        if (iterable && Symbol.iterator in Object(iterable))
            for (let value of iterable) {
                if (typeof replacer === 'function')
                    value = replacer.call(iterable, value, value);
                set.items.push(Pair.createPair(value, null, ctx));
            }
        return set;
    }
}
YAMLSet.tag = 'tag:yaml.org,2002:set';
const set = {
    collection: 'map',
    identify: value => value instanceof Set,
    nodeClass: YAMLSet,
    default: false,
    tag: 'tag:yaml.org,2002:set',
    createNode: (schema, iterable, ctx) => YAMLSet.from(schema, iterable, ctx),
    resolve(map, onError) {
        if (identity.isMap(map)) {
            if (map.hasAllNullValues(true))
                return Object.assign(new YAMLSet(), map);
            else
                onError('Set items must all have null values');
        }
        else
            onError('Expected a mapping for this tag');
        return map;
    }
};

exports.YAMLSet = YAMLSet;
exports.set = set;


/***/ }),

/***/ 6752:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var stringifyNumber = __nccwpck_require__(8689);

/** Internal types handle bigint as number, because TS can't figure it out. */
function parseSexagesimal(str, asBigInt) {
    const sign = str[0];
    const parts = sign === '-' || sign === '+' ? str.substring(1) : str;
    const num = (n) => asBigInt ? BigInt(n) : Number(n);
    const res = parts
        .replace(/_/g, '')
        .split(':')
        .reduce((res, p) => res * num(60) + num(p), num(0));
    return (sign === '-' ? num(-1) * res : res);
}
/**
 * hhhh:mm:ss.sss
 *
 * Internal types handle bigint as number, because TS can't figure it out.
 */
function stringifySexagesimal(node) {
    let { value } = node;
    let num = (n) => n;
    if (typeof value === 'bigint')
        num = n => BigInt(n);
    else if (isNaN(value) || !isFinite(value))
        return stringifyNumber.stringifyNumber(node);
    let sign = '';
    if (value < 0) {
        sign = '-';
        value *= num(-1);
    }
    const _60 = num(60);
    const parts = [value % _60]; // seconds, including ms
    if (value < 60) {
        parts.unshift(0); // at least one : is required
    }
    else {
        value = (value - parts[0]) / _60;
        parts.unshift(value % _60); // minutes
        if (value >= 60) {
            value = (value - parts[0]) / _60;
            parts.unshift(value); // hours
        }
    }
    return (sign +
        parts
            .map(n => String(n).padStart(2, '0'))
            .join(':')
            .replace(/000000\d*$/, '') // % 60 may introduce error
    );
}
const intTime = {
    identify: value => typeof value === 'bigint' || Number.isInteger(value),
    default: true,
    tag: 'tag:yaml.org,2002:int',
    format: 'TIME',
    test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+$/,
    resolve: (str, _onError, { intAsBigInt }) => parseSexagesimal(str, intAsBigInt),
    stringify: stringifySexagesimal
};
const floatTime = {
    identify: value => typeof value === 'number',
    default: true,
    tag: 'tag:yaml.org,2002:float',
    format: 'TIME',
    test: /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/,
    resolve: str => parseSexagesimal(str, false),
    stringify: stringifySexagesimal
};
const timestamp = {
    identify: value => value instanceof Date,
    default: true,
    tag: 'tag:yaml.org,2002:timestamp',
    // If the time zone is omitted, the timestamp is assumed to be specified in UTC. The time part
    // may be omitted altogether, resulting in a date format. In such a case, the time part is
    // assumed to be 00:00:00Z (start of day, UTC).
    test: RegExp('^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})' + // YYYY-Mm-Dd
        '(?:' + // time is optional
        '(?:t|T|[ \\t]+)' + // t | T | whitespace
        '([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}(\\.[0-9]+)?)' + // Hh:Mm:Ss(.ss)?
        '(?:[ \\t]*(Z|[-+][012]?[0-9](?::[0-9]{2})?))?' + // Z | +5 | -03:30
        ')?$'),
    resolve(str) {
        const match = str.match(timestamp.test);
        if (!match)
            throw new Error('!!timestamp expects a date, starting with yyyy-mm-dd');
        const [, year, month, day, hour, minute, second] = match.map(Number);
        const millisec = match[7] ? Number((match[7] + '00').substr(1, 3)) : 0;
        let date = Date.UTC(year, month - 1, day, hour || 0, minute || 0, second || 0, millisec);
        const tz = match[8];
        if (tz && tz !== 'Z') {
            let d = parseSexagesimal(tz, false);
            if (Math.abs(d) < 30)
                d *= 60;
            date -= 60000 * d;
        }
        return new Date(date);
    },
    stringify: ({ value }) => value?.toISOString().replace(/(T00:00:00)?\.000Z$/, '') ?? ''
};

exports.floatTime = floatTime;
exports.intTime = intTime;
exports.timestamp = timestamp;


/***/ }),

/***/ 4475:
/***/ ((__unused_webpack_module, exports) => {



const FOLD_FLOW = 'flow';
const FOLD_BLOCK = 'block';
const FOLD_QUOTED = 'quoted';
/**
 * Tries to keep input at up to `lineWidth` characters, splitting only on spaces
 * not followed by newlines or spaces unless `mode` is `'quoted'`. Lines are
 * terminated with `\n` and started with `indent`.
 */
function foldFlowLines(text, indent, mode = 'flow', { indentAtStart, lineWidth = 80, minContentWidth = 20, onFold, onOverflow } = {}) {
    if (!lineWidth || lineWidth < 0)
        return text;
    if (lineWidth < minContentWidth)
        minContentWidth = 0;
    const endStep = Math.max(1 + minContentWidth, 1 + lineWidth - indent.length);
    if (text.length <= endStep)
        return text;
    const folds = [];
    const escapedFolds = {};
    let end = lineWidth - indent.length;
    if (typeof indentAtStart === 'number') {
        if (indentAtStart > lineWidth - Math.max(2, minContentWidth))
            folds.push(0);
        else
            end = lineWidth - indentAtStart;
    }
    let split = undefined;
    let prev = undefined;
    let overflow = false;
    let i = -1;
    let escStart = -1;
    let escEnd = -1;
    if (mode === FOLD_BLOCK) {
        i = consumeMoreIndentedLines(text, i, indent.length);
        if (i !== -1)
            end = i + endStep;
    }
    for (let ch; (ch = text[(i += 1)]);) {
        if (mode === FOLD_QUOTED && ch === '\\') {
            escStart = i;
            switch (text[i + 1]) {
                case 'x':
                    i += 3;
                    break;
                case 'u':
                    i += 5;
                    break;
                case 'U':
                    i += 9;
                    break;
                default:
                    i += 1;
            }
            escEnd = i;
        }
        if (ch === '\n') {
            if (mode === FOLD_BLOCK)
                i = consumeMoreIndentedLines(text, i, indent.length);
            end = i + indent.length + endStep;
            split = undefined;
        }
        else {
            if (ch === ' ' &&
                prev &&
                prev !== ' ' &&
                prev !== '\n' &&
                prev !== '\t') {
                // space surrounded by non-space can be replaced with newline + indent
                const next = text[i + 1];
                if (next && next !== ' ' && next !== '\n' && next !== '\t')
                    split = i;
            }
            if (i >= end) {
                if (split) {
                    folds.push(split);
                    end = split + endStep;
                    split = undefined;
                }
                else if (mode === FOLD_QUOTED) {
                    // white-space collected at end may stretch past lineWidth
                    while (prev === ' ' || prev === '\t') {
                        prev = ch;
                        ch = text[(i += 1)];
                        overflow = true;
                    }
                    // Account for newline escape, but don't break preceding escape
                    const j = i > escEnd + 1 ? i - 2 : escStart - 1;
                    // Bail out if lineWidth & minContentWidth are shorter than an escape string
                    if (escapedFolds[j])
                        return text;
                    folds.push(j);
                    escapedFolds[j] = true;
                    end = j + endStep;
                    split = undefined;
                }
                else {
                    overflow = true;
                }
            }
        }
        prev = ch;
    }
    if (overflow && onOverflow)
        onOverflow();
    if (folds.length === 0)
        return text;
    if (onFold)
        onFold();
    let res = text.slice(0, folds[0]);
    for (let i = 0; i < folds.length; ++i) {
        const fold = folds[i];
        const end = folds[i + 1] || text.length;
        if (fold === 0)
            res = `\n${indent}${text.slice(0, end)}`;
        else {
            if (mode === FOLD_QUOTED && escapedFolds[fold])
                res += `${text[fold]}\\`;
            res += `\n${indent}${text.slice(fold + 1, end)}`;
        }
    }
    return res;
}
/**
 * Presumes `i + 1` is at the start of a line
 * @returns index of last newline in more-indented block
 */
function consumeMoreIndentedLines(text, i, indent) {
    let end = i;
    let start = i + 1;
    let ch = text[start];
    while (ch === ' ' || ch === '\t') {
        if (i < start + indent) {
            ch = text[++i];
        }
        else {
            do {
                ch = text[++i];
            } while (ch && ch !== '\n');
            end = i;
            start = i + 1;
            ch = text[start];
        }
    }
    return end;
}

exports.FOLD_BLOCK = FOLD_BLOCK;
exports.FOLD_FLOW = FOLD_FLOW;
exports.FOLD_QUOTED = FOLD_QUOTED;
exports.foldFlowLines = foldFlowLines;


/***/ }),

/***/ 2148:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var anchors = __nccwpck_require__(1596);
var identity = __nccwpck_require__(1127);
var stringifyComment = __nccwpck_require__(9799);
var stringifyString = __nccwpck_require__(3069);

function createStringifyContext(doc, options) {
    const opt = Object.assign({
        blockQuote: true,
        commentString: stringifyComment.stringifyComment,
        defaultKeyType: null,
        defaultStringType: 'PLAIN',
        directives: null,
        doubleQuotedAsJSON: false,
        doubleQuotedMinMultiLineLength: 40,
        falseStr: 'false',
        flowCollectionPadding: true,
        indentSeq: true,
        lineWidth: 80,
        minContentWidth: 20,
        nullStr: 'null',
        simpleKeys: false,
        singleQuote: null,
        trailingComma: false,
        trueStr: 'true',
        verifyAliasOrder: true
    }, doc.schema.toStringOptions, options);
    let inFlow;
    switch (opt.collectionStyle) {
        case 'block':
            inFlow = false;
            break;
        case 'flow':
            inFlow = true;
            break;
        default:
            inFlow = null;
    }
    return {
        anchors: new Set(),
        doc,
        flowCollectionPadding: opt.flowCollectionPadding ? ' ' : '',
        indent: '',
        indentStep: typeof opt.indent === 'number' ? ' '.repeat(opt.indent) : '  ',
        inFlow,
        options: opt
    };
}
function getTagObject(tags, item) {
    if (item.tag) {
        const match = tags.filter(t => t.tag === item.tag);
        if (match.length > 0)
            return match.find(t => t.format === item.format) ?? match[0];
    }
    let tagObj = undefined;
    let obj;
    if (identity.isScalar(item)) {
        obj = item.value;
        let match = tags.filter(t => t.identify?.(obj));
        if (match.length > 1) {
            const testMatch = match.filter(t => t.test);
            if (testMatch.length > 0)
                match = testMatch;
        }
        tagObj =
            match.find(t => t.format === item.format) ?? match.find(t => !t.format);
    }
    else {
        obj = item;
        tagObj = tags.find(t => t.nodeClass && obj instanceof t.nodeClass);
    }
    if (!tagObj) {
        const name = obj?.constructor?.name ?? (obj === null ? 'null' : typeof obj);
        throw new Error(`Tag not resolved for ${name} value`);
    }
    return tagObj;
}
// needs to be called before value stringifier to allow for circular anchor refs
function stringifyProps(node, tagObj, { anchors: anchors$1, doc }) {
    if (!doc.directives)
        return '';
    const props = [];
    const anchor = (identity.isScalar(node) || identity.isCollection(node)) && node.anchor;
    if (anchor && anchors.anchorIsValid(anchor)) {
        anchors$1.add(anchor);
        props.push(`&${anchor}`);
    }
    const tag = node.tag ?? (tagObj.default ? null : tagObj.tag);
    if (tag)
        props.push(doc.directives.tagString(tag));
    return props.join(' ');
}
function stringify(item, ctx, onComment, onChompKeep) {
    if (identity.isPair(item))
        return item.toString(ctx, onComment, onChompKeep);
    if (identity.isAlias(item)) {
        if (ctx.doc.directives)
            return item.toString(ctx);
        if (ctx.resolvedAliases?.has(item)) {
            throw new TypeError(`Cannot stringify circular structure without alias nodes`);
        }
        else {
            if (ctx.resolvedAliases)
                ctx.resolvedAliases.add(item);
            else
                ctx.resolvedAliases = new Set([item]);
            item = item.resolve(ctx.doc);
        }
    }
    let tagObj = undefined;
    const node = identity.isNode(item)
        ? item
        : ctx.doc.createNode(item, { onTagObj: o => (tagObj = o) });
    tagObj ?? (tagObj = getTagObject(ctx.doc.schema.tags, node));
    const props = stringifyProps(node, tagObj, ctx);
    if (props.length > 0)
        ctx.indentAtStart = (ctx.indentAtStart ?? 0) + props.length + 1;
    const str = typeof tagObj.stringify === 'function'
        ? tagObj.stringify(node, ctx, onComment, onChompKeep)
        : identity.isScalar(node)
            ? stringifyString.stringifyString(node, ctx, onComment, onChompKeep)
            : node.toString(ctx, onComment, onChompKeep);
    if (!props)
        return str;
    return identity.isScalar(node) || str[0] === '{' || str[0] === '['
        ? `${props} ${str}`
        : `${props}\n${ctx.indent}${str}`;
}

exports.createStringifyContext = createStringifyContext;
exports.stringify = stringify;


/***/ }),

/***/ 1212:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var stringify = __nccwpck_require__(2148);
var stringifyComment = __nccwpck_require__(9799);

function stringifyCollection(collection, ctx, options) {
    const flow = ctx.inFlow ?? collection.flow;
    const stringify = flow ? stringifyFlowCollection : stringifyBlockCollection;
    return stringify(collection, ctx, options);
}
function stringifyBlockCollection({ comment, items }, ctx, { blockItemPrefix, flowChars, itemIndent, onChompKeep, onComment }) {
    const { indent, options: { commentString } } = ctx;
    const itemCtx = Object.assign({}, ctx, { indent: itemIndent, type: null });
    let chompKeep = false; // flag for the preceding node's status
    const lines = [];
    for (let i = 0; i < items.length; ++i) {
        const item = items[i];
        let comment = null;
        if (identity.isNode(item)) {
            if (!chompKeep && item.spaceBefore)
                lines.push('');
            addCommentBefore(ctx, lines, item.commentBefore, chompKeep);
            if (item.comment)
                comment = item.comment;
        }
        else if (identity.isPair(item)) {
            const ik = identity.isNode(item.key) ? item.key : null;
            if (ik) {
                if (!chompKeep && ik.spaceBefore)
                    lines.push('');
                addCommentBefore(ctx, lines, ik.commentBefore, chompKeep);
            }
        }
        chompKeep = false;
        let str = stringify.stringify(item, itemCtx, () => (comment = null), () => (chompKeep = true));
        if (comment)
            str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
        if (chompKeep && comment)
            chompKeep = false;
        lines.push(blockItemPrefix + str);
    }
    let str;
    if (lines.length === 0) {
        str = flowChars.start + flowChars.end;
    }
    else {
        str = lines[0];
        for (let i = 1; i < lines.length; ++i) {
            const line = lines[i];
            str += line ? `\n${indent}${line}` : '\n';
        }
    }
    if (comment) {
        str += '\n' + stringifyComment.indentComment(commentString(comment), indent);
        if (onComment)
            onComment();
    }
    else if (chompKeep && onChompKeep)
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
    const lines = [];
    for (let i = 0; i < items.length; ++i) {
        const item = items[i];
        let comment = null;
        if (identity.isNode(item)) {
            if (item.spaceBefore)
                lines.push('');
            addCommentBefore(ctx, lines, item.commentBefore, false);
            if (item.comment)
                comment = item.comment;
        }
        else if (identity.isPair(item)) {
            const ik = identity.isNode(item.key) ? item.key : null;
            if (ik) {
                if (ik.spaceBefore)
                    lines.push('');
                addCommentBefore(ctx, lines, ik.commentBefore, false);
                if (ik.comment)
                    reqNewline = true;
            }
            const iv = identity.isNode(item.value) ? item.value : null;
            if (iv) {
                if (iv.comment)
                    comment = iv.comment;
                if (iv.commentBefore)
                    reqNewline = true;
            }
            else if (item.value == null && ik?.comment) {
                comment = ik.comment;
            }
        }
        if (comment)
            reqNewline = true;
        let str = stringify.stringify(item, itemCtx, () => (comment = null));
        reqNewline || (reqNewline = lines.length > linesAtValue || str.includes('\n'));
        if (i < items.length - 1) {
            str += ',';
        }
        else if (ctx.options.trailingComma) {
            if (ctx.options.lineWidth > 0) {
                reqNewline || (reqNewline = lines.reduce((sum, line) => sum + line.length + 2, 2) +
                    (str.length + 2) >
                    ctx.options.lineWidth);
            }
            if (reqNewline) {
                str += ',';
            }
        }
        if (comment)
            str += stringifyComment.lineComment(str, itemIndent, commentString(comment));
        lines.push(str);
        linesAtValue = lines.length;
    }
    const { start, end } = flowChars;
    if (lines.length === 0) {
        return start + end;
    }
    else {
        if (!reqNewline) {
            const len = lines.reduce((sum, line) => sum + line.length + 2, 2);
            reqNewline = ctx.options.lineWidth > 0 && len > ctx.options.lineWidth;
        }
        if (reqNewline) {
            let str = start;
            for (const line of lines)
                str += line ? `\n${indentStep}${indent}${line}` : '\n';
            return `${str}\n${indent}${end}`;
        }
        else {
            return `${start}${fcPadding}${lines.join(' ')}${fcPadding}${end}`;
        }
    }
}
function addCommentBefore({ indent, options: { commentString } }, lines, comment, chompKeep) {
    if (comment && chompKeep)
        comment = comment.replace(/^\n+/, '');
    if (comment) {
        const ic = stringifyComment.indentComment(commentString(comment), indent);
        lines.push(ic.trimStart()); // Avoid double indent on first line
    }
}

exports.stringifyCollection = stringifyCollection;


/***/ }),

/***/ 9799:
/***/ ((__unused_webpack_module, exports) => {



/**
 * Stringifies a comment.
 *
 * Empty comment lines are left empty,
 * lines consisting of a single space are replaced by `#`,
 * and all other lines are prefixed with a `#`.
 */
const stringifyComment = (str) => str.replace(/^(?!$)(?: $)?/gm, '#');
function indentComment(comment, indent) {
    if (/^\n+$/.test(comment))
        return comment.substring(1);
    return indent ? comment.replace(/^(?! *$)/gm, indent) : comment;
}
const lineComment = (str, indent, comment) => str.endsWith('\n')
    ? indentComment(comment, indent)
    : comment.includes('\n')
        ? '\n' + indentComment(comment, indent)
        : (str.endsWith(' ') ? '' : ' ') + comment;

exports.indentComment = indentComment;
exports.lineComment = lineComment;
exports.stringifyComment = stringifyComment;


/***/ }),

/***/ 6829:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var stringify = __nccwpck_require__(2148);
var stringifyComment = __nccwpck_require__(9799);

function stringifyDocument(doc, options) {
    const lines = [];
    let hasDirectives = options.directives === true;
    if (options.directives !== false && doc.directives) {
        const dir = doc.directives.toString(doc);
        if (dir) {
            lines.push(dir);
            hasDirectives = true;
        }
        else if (doc.directives.docStart)
            hasDirectives = true;
    }
    if (hasDirectives)
        lines.push('---');
    const ctx = stringify.createStringifyContext(doc, options);
    const { commentString } = ctx.options;
    if (doc.commentBefore) {
        if (lines.length !== 1)
            lines.unshift('');
        const cs = commentString(doc.commentBefore);
        lines.unshift(stringifyComment.indentComment(cs, ''));
    }
    let chompKeep = false;
    let contentComment = null;
    if (doc.contents) {
        if (identity.isNode(doc.contents)) {
            if (doc.contents.spaceBefore && hasDirectives)
                lines.push('');
            if (doc.contents.commentBefore) {
                const cs = commentString(doc.contents.commentBefore);
                lines.push(stringifyComment.indentComment(cs, ''));
            }
            // top-level block scalars need to be indented if followed by a comment
            ctx.forceBlockIndent = !!doc.comment;
            contentComment = doc.contents.comment;
        }
        const onChompKeep = contentComment ? undefined : () => (chompKeep = true);
        let body = stringify.stringify(doc.contents, ctx, () => (contentComment = null), onChompKeep);
        if (contentComment)
            body += stringifyComment.lineComment(body, '', commentString(contentComment));
        if ((body[0] === '|' || body[0] === '>') &&
            lines[lines.length - 1] === '---') {
            // Top-level block scalars with a preceding doc marker ought to use the
            // same line for their header.
            lines[lines.length - 1] = `--- ${body}`;
        }
        else
            lines.push(body);
    }
    else {
        lines.push(stringify.stringify(doc.contents, ctx));
    }
    if (doc.directives?.docEnd) {
        if (doc.comment) {
            const cs = commentString(doc.comment);
            if (cs.includes('\n')) {
                lines.push('...');
                lines.push(stringifyComment.indentComment(cs, ''));
            }
            else {
                lines.push(`... ${cs}`);
            }
        }
        else {
            lines.push('...');
        }
    }
    else {
        let dc = doc.comment;
        if (dc && chompKeep)
            dc = dc.replace(/^\n+/, '');
        if (dc) {
            if ((!chompKeep || contentComment) && lines[lines.length - 1] !== '')
                lines.push('');
            lines.push(stringifyComment.indentComment(commentString(dc), ''));
        }
    }
    return lines.join('\n') + '\n';
}

exports.stringifyDocument = stringifyDocument;


/***/ }),

/***/ 8689:
/***/ ((__unused_webpack_module, exports) => {



function stringifyNumber({ format, minFractionDigits, tag, value }) {
    if (typeof value === 'bigint')
        return String(value);
    const num = typeof value === 'number' ? value : Number(value);
    if (!isFinite(num))
        return isNaN(num) ? '.nan' : num < 0 ? '-.inf' : '.inf';
    let n = Object.is(value, -0) ? '-0' : JSON.stringify(value);
    if (!format &&
        minFractionDigits &&
        (!tag || tag === 'tag:yaml.org,2002:float') &&
        /^-?\d/.test(n) &&
        !n.includes('e')) {
        let i = n.indexOf('.');
        if (i < 0) {
            i = n.length;
            n += '.';
        }
        let d = minFractionDigits - (n.length - i - 1);
        while (d-- > 0)
            n += '0';
    }
    return n;
}

exports.stringifyNumber = stringifyNumber;


/***/ }),

/***/ 9748:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);
var Scalar = __nccwpck_require__(3301);
var stringify = __nccwpck_require__(2148);
var stringifyComment = __nccwpck_require__(9799);

function stringifyPair({ key, value }, ctx, onComment, onChompKeep) {
    const { allNullValues, doc, indent, indentStep, options: { commentString, indentSeq, simpleKeys } } = ctx;
    let keyComment = (identity.isNode(key) && key.comment) || null;
    if (simpleKeys) {
        if (keyComment) {
            throw new Error('With simple keys, key nodes cannot have comments');
        }
        if (identity.isCollection(key) || (!identity.isNode(key) && typeof key === 'object')) {
            const msg = 'With simple keys, collection cannot be used as a key value';
            throw new Error(msg);
        }
    }
    let explicitKey = !simpleKeys &&
        (!key ||
            (keyComment && value == null && !ctx.inFlow) ||
            identity.isCollection(key) ||
            (identity.isScalar(key)
                ? key.type === Scalar.Scalar.BLOCK_FOLDED || key.type === Scalar.Scalar.BLOCK_LITERAL
                : typeof key === 'object'));
    ctx = Object.assign({}, ctx, {
        allNullValues: false,
        implicitKey: !explicitKey && (simpleKeys || !allNullValues),
        indent: indent + indentStep
    });
    let keyCommentDone = false;
    let chompKeep = false;
    let str = stringify.stringify(key, ctx, () => (keyCommentDone = true), () => (chompKeep = true));
    if (!explicitKey && !ctx.inFlow && str.length > 1024) {
        if (simpleKeys)
            throw new Error('With simple keys, single line scalar must not span more than 1024 characters');
        explicitKey = true;
    }
    if (ctx.inFlow) {
        if (allNullValues || value == null) {
            if (keyCommentDone && onComment)
                onComment();
            return str === '' ? '?' : explicitKey ? `? ${str}` : str;
        }
    }
    else if ((allNullValues && !simpleKeys) || (value == null && explicitKey)) {
        str = `? ${str}`;
        if (keyComment && !keyCommentDone) {
            str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
        }
        else if (chompKeep && onChompKeep)
            onChompKeep();
        return str;
    }
    if (keyCommentDone)
        keyComment = null;
    if (explicitKey) {
        if (keyComment)
            str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
        str = `? ${str}\n${indent}:`;
    }
    else {
        str = `${str}:`;
        if (keyComment)
            str += stringifyComment.lineComment(str, ctx.indent, commentString(keyComment));
    }
    let vsb, vcb, valueComment;
    if (identity.isNode(value)) {
        vsb = !!value.spaceBefore;
        vcb = value.commentBefore;
        valueComment = value.comment;
    }
    else {
        vsb = false;
        vcb = null;
        valueComment = null;
        if (value && typeof value === 'object')
            value = doc.createNode(value);
    }
    ctx.implicitKey = false;
    if (!explicitKey && !keyComment && identity.isScalar(value))
        ctx.indentAtStart = str.length + 1;
    chompKeep = false;
    if (!indentSeq &&
        indentStep.length >= 2 &&
        !ctx.inFlow &&
        !explicitKey &&
        identity.isSeq(value) &&
        !value.flow &&
        !value.tag &&
        !value.anchor) {
        // If indentSeq === false, consider '- ' as part of indentation where possible
        ctx.indent = ctx.indent.substring(2);
    }
    let valueCommentDone = false;
    const valueStr = stringify.stringify(value, ctx, () => (valueCommentDone = true), () => (chompKeep = true));
    let ws = ' ';
    if (keyComment || vsb || vcb) {
        ws = vsb ? '\n' : '';
        if (vcb) {
            const cs = commentString(vcb);
            ws += `\n${stringifyComment.indentComment(cs, ctx.indent)}`;
        }
        if (valueStr === '' && !ctx.inFlow) {
            if (ws === '\n' && valueComment)
                ws = '\n\n';
        }
        else {
            ws += `\n${ctx.indent}`;
        }
    }
    else if (!explicitKey && identity.isCollection(value)) {
        const vs0 = valueStr[0];
        const nl0 = valueStr.indexOf('\n');
        const hasNewline = nl0 !== -1;
        const flow = ctx.inFlow ?? value.flow ?? value.items.length === 0;
        if (hasNewline || !flow) {
            let hasPropsLine = false;
            if (hasNewline && (vs0 === '&' || vs0 === '!')) {
                let sp0 = valueStr.indexOf(' ');
                if (vs0 === '&' &&
                    sp0 !== -1 &&
                    sp0 < nl0 &&
                    valueStr[sp0 + 1] === '!') {
                    sp0 = valueStr.indexOf(' ', sp0 + 1);
                }
                if (sp0 === -1 || nl0 < sp0)
                    hasPropsLine = true;
            }
            if (!hasPropsLine)
                ws = `\n${ctx.indent}`;
        }
    }
    else if (valueStr === '' || valueStr[0] === '\n') {
        ws = '';
    }
    str += ws + valueStr;
    if (ctx.inFlow) {
        if (valueCommentDone && onComment)
            onComment();
    }
    else if (valueComment && !valueCommentDone) {
        str += stringifyComment.lineComment(str, ctx.indent, commentString(valueComment));
    }
    else if (chompKeep && onChompKeep) {
        onChompKeep();
    }
    return str;
}

exports.stringifyPair = stringifyPair;


/***/ }),

/***/ 3069:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var Scalar = __nccwpck_require__(3301);
var foldFlowLines = __nccwpck_require__(4475);

const getFoldOptions = (ctx, isBlock) => ({
    indentAtStart: isBlock ? ctx.indent.length : ctx.indentAtStart,
    lineWidth: ctx.options.lineWidth,
    minContentWidth: ctx.options.minContentWidth
});
// Also checks for lines starting with %, as parsing the output as YAML 1.1 will
// presume that's starting a new document.
const containsDocumentMarker = (str) => /^(%|---|\.\.\.)/m.test(str);
function lineLengthOverLimit(str, lineWidth, indentLength) {
    if (!lineWidth || lineWidth < 0)
        return false;
    const limit = lineWidth - indentLength;
    const strLen = str.length;
    if (strLen <= limit)
        return false;
    for (let i = 0, start = 0; i < strLen; ++i) {
        if (str[i] === '\n') {
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
    const indent = ctx.indent || (containsDocumentMarker(value) ? '  ' : '');
    let str = '';
    let start = 0;
    for (let i = 0, ch = json[i]; ch; ch = json[++i]) {
        if (ch === ' ' && json[i + 1] === '\\' && json[i + 2] === 'n') {
            // space before newline needs to be escaped to not be folded
            str += json.slice(start, i) + '\\ ';
            i += 1;
            start = i;
            ch = '\\';
        }
        if (ch === '\\')
            switch (json[i + 1]) {
                case 'u':
                    {
                        str += json.slice(start, i);
                        const code = json.substr(i + 2, 4);
                        switch (code) {
                            case '0000':
                                str += '\\0';
                                break;
                            case '0007':
                                str += '\\a';
                                break;
                            case '000b':
                                str += '\\v';
                                break;
                            case '001b':
                                str += '\\e';
                                break;
                            case '0085':
                                str += '\\N';
                                break;
                            case '00a0':
                                str += '\\_';
                                break;
                            case '2028':
                                str += '\\L';
                                break;
                            case '2029':
                                str += '\\P';
                                break;
                            default:
                                if (code.substr(0, 2) === '00')
                                    str += '\\x' + code.substr(2);
                                else
                                    str += json.substr(i, 6);
                        }
                        i += 5;
                        start = i + 1;
                    }
                    break;
                case 'n':
                    if (implicitKey ||
                        json[i + 2] === '"' ||
                        json.length < minMultiLineLength) {
                        i += 1;
                    }
                    else {
                        // folding will eat first newline
                        str += json.slice(start, i) + '\n\n';
                        while (json[i + 2] === '\\' &&
                            json[i + 3] === 'n' &&
                            json[i + 4] !== '"') {
                            str += '\n';
                            i += 2;
                        }
                        str += indent;
                        // space after newline needs to be escaped to not be folded
                        if (json[i + 2] === ' ')
                            str += '\\';
                        i += 1;
                        start = i + 1;
                    }
                    break;
                default:
                    i += 1;
            }
    }
    str = start ? str + json.slice(start) : json;
    return implicitKey
        ? str
        : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_QUOTED, getFoldOptions(ctx, false));
}
function singleQuotedString(value, ctx) {
    if (ctx.options.singleQuote === false ||
        (ctx.implicitKey && value.includes('\n')) ||
        /[ \t]\n|\n[ \t]/.test(value) // single quoted string can't have leading or trailing whitespace around newline
    )
        return doubleQuotedString(value, ctx);
    const indent = ctx.indent || (containsDocumentMarker(value) ? '  ' : '');
    const res = "'" + value.replace(/'/g, "''").replace(/\n+/g, `$&\n${indent}`) + "'";
    return ctx.implicitKey
        ? res
        : foldFlowLines.foldFlowLines(res, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
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
// The negative lookbehind avoids a polynomial search,
// but isn't supported yet on Safari: https://caniuse.com/js-regexp-lookbehind
let blockEndNewlines;
try {
    blockEndNewlines = new RegExp('(^|(?<!\n))\n+(?!\n|$)', 'g');
}
catch {
    blockEndNewlines = /\n+(?!\n|$)/g;
}
function blockString({ comment, type, value }, ctx, onComment, onChompKeep) {
    const { blockQuote, commentString, lineWidth } = ctx.options;
    // 1. Block can't end in whitespace unless the last line is non-empty.
    // 2. Strings consisting of only whitespace are best rendered explicitly.
    if (!blockQuote || /\n[\t ]+$/.test(value)) {
        return quotedString(value, ctx);
    }
    const indent = ctx.indent ||
        (ctx.forceBlockIndent || containsDocumentMarker(value) ? '  ' : '');
    const literal = blockQuote === 'literal'
        ? true
        : blockQuote === 'folded' || type === Scalar.Scalar.BLOCK_FOLDED
            ? false
            : type === Scalar.Scalar.BLOCK_LITERAL
                ? true
                : !lineLengthOverLimit(value, lineWidth, indent.length);
    if (!value)
        return literal ? '|\n' : '>\n';
    // determine chomping from whitespace at value end
    let chomp;
    let endStart;
    for (endStart = value.length; endStart > 0; --endStart) {
        const ch = value[endStart - 1];
        if (ch !== '\n' && ch !== '\t' && ch !== ' ')
            break;
    }
    let end = value.substring(endStart);
    const endNlPos = end.indexOf('\n');
    if (endNlPos === -1) {
        chomp = '-'; // strip
    }
    else if (value === end || endNlPos !== end.length - 1) {
        chomp = '+'; // keep
        if (onChompKeep)
            onChompKeep();
    }
    else {
        chomp = ''; // clip
    }
    if (end) {
        value = value.slice(0, -end.length);
        if (end[end.length - 1] === '\n')
            end = end.slice(0, -1);
        end = end.replace(blockEndNewlines, `$&${indent}`);
    }
    // determine indent indicator from whitespace at value start
    let startWithSpace = false;
    let startEnd;
    let startNlPos = -1;
    for (startEnd = 0; startEnd < value.length; ++startEnd) {
        const ch = value[startEnd];
        if (ch === ' ')
            startWithSpace = true;
        else if (ch === '\n')
            startNlPos = startEnd;
        else
            break;
    }
    let start = value.substring(0, startNlPos < startEnd ? startNlPos + 1 : startEnd);
    if (start) {
        value = value.substring(start.length);
        start = start.replace(/\n+/g, `$&${indent}`);
    }
    const indentSize = indent ? '2' : '1'; // root is at -1
    // Leading | or > is added later
    let header = (startWithSpace ? indentSize : '') + chomp;
    if (comment) {
        header += ' ' + commentString(comment.replace(/ ?[\r\n]+/g, ' '));
        if (onComment)
            onComment();
    }
    if (!literal) {
        const foldedValue = value
            .replace(/\n+/g, '\n$&')
            .replace(/(?:^|\n)([\t ].*)(?:([\n\t ]*)\n(?![\n\t ]))?/g, '$1$2') // more-indented lines aren't folded
            //                ^ more-ind. ^ empty     ^ capture next empty lines only at end of indent
            .replace(/\n+/g, `$&${indent}`);
        let literalFallback = false;
        const foldOptions = getFoldOptions(ctx, true);
        if (blockQuote !== 'folded' && type !== Scalar.Scalar.BLOCK_FOLDED) {
            foldOptions.onOverflow = () => {
                literalFallback = true;
            };
        }
        const body = foldFlowLines.foldFlowLines(`${start}${foldedValue}${end}`, indent, foldFlowLines.FOLD_BLOCK, foldOptions);
        if (!literalFallback)
            return `>${header}\n${indent}${body}`;
    }
    value = value.replace(/\n+/g, `$&${indent}`);
    return `|${header}\n${indent}${start}${value}${end}`;
}
function plainString(item, ctx, onComment, onChompKeep) {
    const { type, value } = item;
    const { actualString, implicitKey, indent, indentStep, inFlow } = ctx;
    if ((implicitKey && value.includes('\n')) ||
        (inFlow && /[[\]{},]/.test(value))) {
        return quotedString(value, ctx);
    }
    if (/^[\n\t ,[\]{}#&*!|>'"%@`]|^[?-]$|^[?-][ \t]|[\n:][ \t]|[ \t]\n|[\n\t ]#|[\n\t :]$/.test(value)) {
        // not allowed:
        // - '-' or '?'
        // - start with an indicator character (except [?:-]) or /[?-] /
        // - '\n ', ': ' or ' \n' anywhere
        // - '#' not preceded by a non-space char
        // - end with ' ' or ':'
        return implicitKey || inFlow || !value.includes('\n')
            ? quotedString(value, ctx)
            : blockString(item, ctx, onComment, onChompKeep);
    }
    if (!implicitKey &&
        !inFlow &&
        type !== Scalar.Scalar.PLAIN &&
        value.includes('\n')) {
        // Where allowed & type not set explicitly, prefer block style for multiline strings
        return blockString(item, ctx, onComment, onChompKeep);
    }
    if (containsDocumentMarker(value)) {
        if (indent === '') {
            ctx.forceBlockIndent = true;
            return blockString(item, ctx, onComment, onChompKeep);
        }
        else if (implicitKey && indent === indentStep) {
            return quotedString(value, ctx);
        }
    }
    const str = value.replace(/\n+/g, `$&\n${indent}`);
    // Verify that output will be parsed as a string, as e.g. plain numbers and
    // booleans get parsed with those types in v1.2 (e.g. '42', 'true' & '0.9e-3'),
    // and others in v1.1.
    if (actualString) {
        const test = (tag) => tag.default && tag.tag !== 'tag:yaml.org,2002:str' && tag.test?.test(str);
        const { compat, tags } = ctx.doc.schema;
        if (tags.some(test) || compat?.some(test))
            return quotedString(value, ctx);
    }
    return implicitKey
        ? str
        : foldFlowLines.foldFlowLines(str, indent, foldFlowLines.FOLD_FLOW, getFoldOptions(ctx, false));
}
function stringifyString(item, ctx, onComment, onChompKeep) {
    const { implicitKey, inFlow } = ctx;
    const ss = typeof item.value === 'string'
        ? item
        : Object.assign({}, item, { value: String(item.value) });
    let { type } = item;
    if (type !== Scalar.Scalar.QUOTE_DOUBLE) {
        // force double quotes on control characters & unpaired surrogates
        if (/[\x00-\x08\x0b-\x1f\x7f-\x9f\u{D800}-\u{DFFF}]/u.test(ss.value))
            type = Scalar.Scalar.QUOTE_DOUBLE;
    }
    const _stringify = (_type) => {
        switch (_type) {
            case Scalar.Scalar.BLOCK_FOLDED:
            case Scalar.Scalar.BLOCK_LITERAL:
                return implicitKey || inFlow
                    ? quotedString(ss.value, ctx) // blocks are not valid inside flow containers
                    : blockString(ss, ctx, onComment, onChompKeep);
            case Scalar.Scalar.QUOTE_DOUBLE:
                return doubleQuotedString(ss.value, ctx);
            case Scalar.Scalar.QUOTE_SINGLE:
                return singleQuotedString(ss.value, ctx);
            case Scalar.Scalar.PLAIN:
                return plainString(ss, ctx, onComment, onChompKeep);
            default:
                return null;
        }
    };
    let res = _stringify(type);
    if (res === null) {
        const { defaultKeyType, defaultStringType } = ctx.options;
        const t = (implicitKey && defaultKeyType) || defaultStringType;
        res = _stringify(t);
        if (res === null)
            throw new Error(`Unsupported default string type ${t}`);
    }
    return res;
}

exports.stringifyString = stringifyString;


/***/ }),

/***/ 204:
/***/ ((__unused_webpack_module, exports, __nccwpck_require__) => {



var identity = __nccwpck_require__(1127);

const BREAK = Symbol('break visit');
const SKIP = Symbol('skip children');
const REMOVE = Symbol('remove node');
/**
 * Apply a visitor to an AST node or document.
 *
 * Walks through the tree (depth-first) starting from `node`, calling a
 * `visitor` function with three arguments:
 *   - `key`: For sequence values and map `Pair`, the node's index in the
 *     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
 *     `null` for the root node.
 *   - `node`: The current node.
 *   - `path`: The ancestry of the current node.
 *
 * The return value of the visitor may be used to control the traversal:
 *   - `undefined` (default): Do nothing and continue
 *   - `visit.SKIP`: Do not visit the children of this node, continue with next
 *     sibling
 *   - `visit.BREAK`: Terminate traversal completely
 *   - `visit.REMOVE`: Remove the current node, then continue with the next one
 *   - `Node`: Replace the current node, then continue by visiting it
 *   - `number`: While iterating the items of a sequence or map, set the index
 *     of the next step. This is useful especially if the index of the current
 *     node has changed.
 *
 * If `visitor` is a single function, it will be called with all values
 * encountered in the tree, including e.g. `null` values. Alternatively,
 * separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
 * `Alias` and `Scalar` node. To define the same visitor function for more than
 * one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
 * and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
 * specific defined one will be used for each node.
 */
function visit(node, visitor) {
    const visitor_ = initVisitor(visitor);
    if (identity.isDocument(node)) {
        const cd = visit_(null, node.contents, visitor_, Object.freeze([node]));
        if (cd === REMOVE)
            node.contents = null;
    }
    else
        visit_(null, node, visitor_, Object.freeze([]));
}
// Without the `as symbol` casts, TS declares these in the `visit`
// namespace using `var`, but then complains about that because
// `unique symbol` must be `const`.
/** Terminate visit traversal completely */
visit.BREAK = BREAK;
/** Do not visit the children of the current node */
visit.SKIP = SKIP;
/** Remove the current node */
visit.REMOVE = REMOVE;
function visit_(key, node, visitor, path) {
    const ctrl = callVisitor(key, node, visitor, path);
    if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
        replaceNode(key, path, ctrl);
        return visit_(key, ctrl, visitor, path);
    }
    if (typeof ctrl !== 'symbol') {
        if (identity.isCollection(node)) {
            path = Object.freeze(path.concat(node));
            for (let i = 0; i < node.items.length; ++i) {
                const ci = visit_(i, node.items[i], visitor, path);
                if (typeof ci === 'number')
                    i = ci - 1;
                else if (ci === BREAK)
                    return BREAK;
                else if (ci === REMOVE) {
                    node.items.splice(i, 1);
                    i -= 1;
                }
            }
        }
        else if (identity.isPair(node)) {
            path = Object.freeze(path.concat(node));
            const ck = visit_('key', node.key, visitor, path);
            if (ck === BREAK)
                return BREAK;
            else if (ck === REMOVE)
                node.key = null;
            const cv = visit_('value', node.value, visitor, path);
            if (cv === BREAK)
                return BREAK;
            else if (cv === REMOVE)
                node.value = null;
        }
    }
    return ctrl;
}
/**
 * Apply an async visitor to an AST node or document.
 *
 * Walks through the tree (depth-first) starting from `node`, calling a
 * `visitor` function with three arguments:
 *   - `key`: For sequence values and map `Pair`, the node's index in the
 *     collection. Within a `Pair`, `'key'` or `'value'`, correspondingly.
 *     `null` for the root node.
 *   - `node`: The current node.
 *   - `path`: The ancestry of the current node.
 *
 * The return value of the visitor may be used to control the traversal:
 *   - `Promise`: Must resolve to one of the following values
 *   - `undefined` (default): Do nothing and continue
 *   - `visit.SKIP`: Do not visit the children of this node, continue with next
 *     sibling
 *   - `visit.BREAK`: Terminate traversal completely
 *   - `visit.REMOVE`: Remove the current node, then continue with the next one
 *   - `Node`: Replace the current node, then continue by visiting it
 *   - `number`: While iterating the items of a sequence or map, set the index
 *     of the next step. This is useful especially if the index of the current
 *     node has changed.
 *
 * If `visitor` is a single function, it will be called with all values
 * encountered in the tree, including e.g. `null` values. Alternatively,
 * separate visitor functions may be defined for each `Map`, `Pair`, `Seq`,
 * `Alias` and `Scalar` node. To define the same visitor function for more than
 * one node type, use the `Collection` (map and seq), `Value` (map, seq & scalar)
 * and `Node` (alias, map, seq & scalar) targets. Of all these, only the most
 * specific defined one will be used for each node.
 */
async function visitAsync(node, visitor) {
    const visitor_ = initVisitor(visitor);
    if (identity.isDocument(node)) {
        const cd = await visitAsync_(null, node.contents, visitor_, Object.freeze([node]));
        if (cd === REMOVE)
            node.contents = null;
    }
    else
        await visitAsync_(null, node, visitor_, Object.freeze([]));
}
// Without the `as symbol` casts, TS declares these in the `visit`
// namespace using `var`, but then complains about that because
// `unique symbol` must be `const`.
/** Terminate visit traversal completely */
visitAsync.BREAK = BREAK;
/** Do not visit the children of the current node */
visitAsync.SKIP = SKIP;
/** Remove the current node */
visitAsync.REMOVE = REMOVE;
async function visitAsync_(key, node, visitor, path) {
    const ctrl = await callVisitor(key, node, visitor, path);
    if (identity.isNode(ctrl) || identity.isPair(ctrl)) {
        replaceNode(key, path, ctrl);
        return visitAsync_(key, ctrl, visitor, path);
    }
    if (typeof ctrl !== 'symbol') {
        if (identity.isCollection(node)) {
            path = Object.freeze(path.concat(node));
            for (let i = 0; i < node.items.length; ++i) {
                const ci = await visitAsync_(i, node.items[i], visitor, path);
                if (typeof ci === 'number')
                    i = ci - 1;
                else if (ci === BREAK)
                    return BREAK;
                else if (ci === REMOVE) {
                    node.items.splice(i, 1);
                    i -= 1;
                }
            }
        }
        else if (identity.isPair(node)) {
            path = Object.freeze(path.concat(node));
            const ck = await visitAsync_('key', node.key, visitor, path);
            if (ck === BREAK)
                return BREAK;
            else if (ck === REMOVE)
                node.key = null;
            const cv = await visitAsync_('value', node.value, visitor, path);
            if (cv === BREAK)
                return BREAK;
            else if (cv === REMOVE)
                node.value = null;
        }
    }
    return ctrl;
}
function initVisitor(visitor) {
    if (typeof visitor === 'object' &&
        (visitor.Collection || visitor.Node || visitor.Value)) {
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
    if (typeof visitor === 'function')
        return visitor(key, node, path);
    if (identity.isMap(node))
        return visitor.Map?.(key, node, path);
    if (identity.isSeq(node))
        return visitor.Seq?.(key, node, path);
    if (identity.isPair(node))
        return visitor.Pair?.(key, node, path);
    if (identity.isScalar(node))
        return visitor.Scalar?.(key, node, path);
    if (identity.isAlias(node))
        return visitor.Alias?.(key, node, path);
    return undefined;
}
function replaceNode(key, path, node) {
    const parent = path[path.length - 1];
    if (identity.isCollection(parent)) {
        parent.items[key] = node;
    }
    else if (identity.isPair(parent)) {
        if (key === 'key')
            parent.key = node;
        else
            parent.value = node;
    }
    else if (identity.isDocument(parent)) {
        parent.contents = node;
    }
    else {
        const pt = identity.isAlias(parent) ? 'alias' : 'scalar';
        throw new Error(`Cannot replace node with ${pt} parent`);
    }
}

exports.visit = visit;
exports.visitAsync = visitAsync;


/***/ })

/******/ });
/************************************************************************/
/******/ // The module cache
/******/ var __webpack_module_cache__ = {};
/******/ 
/******/ // The require function
/******/ function __nccwpck_require__(moduleId) {
/******/ 	// Check if module is in cache
/******/ 	var cachedModule = __webpack_module_cache__[moduleId];
/******/ 	if (cachedModule !== undefined) {
/******/ 		return cachedModule.exports;
/******/ 	}
/******/ 	// Create a new module (and put it into the cache)
/******/ 	var module = __webpack_module_cache__[moduleId] = {
/******/ 		// no module.id needed
/******/ 		// no module.loaded needed
/******/ 		exports: {}
/******/ 	};
/******/ 
/******/ 	// Execute the module function
/******/ 	var threw = true;
/******/ 	try {
/******/ 		__webpack_modules__[moduleId](module, module.exports, __nccwpck_require__);
/******/ 		threw = false;
/******/ 	} finally {
/******/ 		if(threw) delete __webpack_module_cache__[moduleId];
/******/ 	}
/******/ 
/******/ 	// Return the exports of the module
/******/ 	return module.exports;
/******/ }
/******/ 
/************************************************************************/
/******/ /* webpack/runtime/asset-relocator-loader */
/******/ if (typeof __nccwpck_require__ !== 'undefined') __nccwpck_require__.ab = decodeURIComponent(new URL('.', import.meta.url).pathname).slice(import.meta.url.match(/^file:\/\/\/\w:/) ? 1 : 0, -1) + "/";
/******/ 
/******/ /* webpack/runtime/create fake namespace object */
/******/ (() => {
/******/ 	var getProto = Object.getPrototypeOf ? (obj) => (Object.getPrototypeOf(obj)) : (obj) => (obj.__proto__);
/******/ 	var leafPrototypes;
/******/ 	// create a fake namespace object
/******/ 	// mode & 1: value is a module id, require it
/******/ 	// mode & 2: merge all properties of value into the ns
/******/ 	// mode & 4: return value when already ns object
/******/ 	// mode & 16: return value when it's Promise-like
/******/ 	// mode & 8|1: behave like require
/******/ 	__nccwpck_require__.t = function(value, mode) {
/******/ 		if(mode & 1) value = this(value);
/******/ 		if(mode & 8) return value;
/******/ 		if(typeof value === 'object' && value) {
/******/ 			if((mode & 4) && value.__esModule) return value;
/******/ 			if((mode & 16) && typeof value.then === 'function') return value;
/******/ 		}
/******/ 		var ns = Object.create(null);
/******/ 		__nccwpck_require__.r(ns);
/******/ 		var def = {};
/******/ 		leafPrototypes = leafPrototypes || [null, getProto({}), getProto([]), getProto(getProto)];
/******/ 		for(var current = mode & 2 && value; typeof current == 'object' && !~leafPrototypes.indexOf(current); current = getProto(current)) {
/******/ 			Object.getOwnPropertyNames(current).forEach((key) => (def[key] = () => (value[key])));
/******/ 		}
/******/ 		def['default'] = () => (value);
/******/ 		__nccwpck_require__.d(ns, def);
/******/ 		return ns;
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/define property getters */
/******/ (() => {
/******/ 	// define getter functions for harmony exports
/******/ 	__nccwpck_require__.d = (exports, definition) => {
/******/ 		for(var key in definition) {
/******/ 			if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 				Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 			}
/******/ 		}
/******/ 	};
/******/ })();
/******/ 
/******/ /* webpack/runtime/hasOwnProperty shorthand */
/******/ (() => {
/******/ 	__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ })();
/******/ 
/******/ /* webpack/runtime/make namespace object */
/******/ (() => {
/******/ 	// define __esModule on exports
/******/ 	__nccwpck_require__.r = (exports) => {
/******/ 		if(typeof Symbol !== 'undefined' && Symbol.toStringTag) {
/******/ 			Object.defineProperty(exports, Symbol.toStringTag, { value: 'Module' });
/******/ 		}
/******/ 		Object.defineProperty(exports, '__esModule', { value: true });
/******/ 	};
/******/ })();
/******/ 
/************************************************************************/
var __webpack_exports__ = {};

// EXPORTS
__nccwpck_require__.d(__webpack_exports__, {
  n: () => (/* binding */ cleanUp)
});

;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
;// CONCATENATED MODULE: external "node:module"
const external_node_module_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:module");
;// CONCATENATED MODULE: ./build/runner/crypto.js

/** Node's crypto, loaded when it is asked for the first time: a run that ends with an input error needs none of it. */
function crypto_crypto() {
    return (0,external_node_module_namespaceObject.createRequire)(import.meta.url)('node:crypto');
}

;// CONCATENATED MODULE: ./build/docker/engine/go-json.js

/**
 * Stands before the digits of a number that JavaScript would round, in the text that takes its place. Nobody else can
 * know it, so no text of somebody else passes for a number. `undefined` until there is such a number.
 */
let mark;
/**
 * A string, or a whole number that may be too large and is no part of another: only where there is one, the text is
 * looked at any closer.
 */
const STRING_OR_LARGE = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/gs;
/** Where a number can begin. Most IDs have sixteen digits side by side somewhere, but behind other characters. */
const MAYBE_LARGE = /(?:^|[:[,\s])-?\d{16}/;
const NULL = /(?:^|[:[,\s])null/;
/**
 * What a program written in Go, such as the daemon and the docker CLI, means by its JSON. Go writes `null` for every
 * list, map and pointer that is nil: the same as a field that is not there. So each of them is dropped, and no reader
 * meets one (an image with a single OCI manifest has `"Platforms": null`). A whole number that JavaScript would round
 * (64 bits are a limit's or a duration's) becomes a text, which {@link toGoJson} turns back: the same number is the
 * same text.
 *
 * @throws SyntaxError when it is no JSON
 */
function parseGoJson(text) {
    const value = JSON.parse(MAYBE_LARGE.test(text) ? withMarks(text) : text);
    return NULL.test(text) ? withoutNulls(value) : value;
}
/** The value as JSON, each number as it was when {@link parseGoJson} read it. */
function toGoJson(value, replacer) {
    const text = JSON.stringify(value, replacer);
    return mark !== undefined && text.includes(mark) ? text.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1') : text;
}
/** Whether it is a number that JavaScript would round, as {@link parseGoJson} has read it. */
function isLargeNumber(value) {
    return typeof value === 'string' && mark !== undefined && value.startsWith(mark);
}
function withMarks(text) {
    mark ??= `number:${crypto_crypto().randomUUID()}:`;
    const head = mark;
    return text.replace(STRING_OR_LARGE, (token) => token.startsWith('"') || String(Number(token)) === token ? token : `"${head}${token}"`);
}
/** In place, for most of a long answer has none. */
function withoutNulls(value) {
    if (Array.isArray(value)) {
        const there = value.includes(null) ? value.filter((item) => item !== null) : value;
        return there.map(withoutNulls);
    }
    if (typeof value !== 'object' || value === null)
        return value;
    const entries = value;
    for (const key of Object.keys(entries)) {
        const inner = entries[key];
        if (inner === null)
            delete entries[key];
        else if (typeof inner === 'object')
            entries[key] = withoutNulls(inner);
    }
    return value;
}

;// CONCATENATED MODULE: ./build/errors.js
/**
 * Something the user can mend. The message says what is wrong, where, and what to write or do instead.
 * Everything else that is thrown is our own bug and is reported as one.
 */
class errors_UserError extends Error {
    name = 'UserError';
}
/** Several things are wrong at once: each is one line that the user reads, and all are reported in one run. */
class UserErrors extends errors_UserError {
    name = 'UserErrors';
    problems;
    constructor(problems) {
        super(problems.join('\n'));
        this.problems = problems;
    }
}
/** What is wrong with what the user wrote: inputs and files. No swarm was asked. */
class InputErrors extends UserErrors {
    name = 'InputErrors';
}
/** The runner asked us to stop (SIGINT or SIGTERM). */
class Cancelled extends Error {
    name = 'Cancelled';
    constructor(signal) {
        super(`Stopped by ${signal}`);
    }
}
/** The runner asked us to stop, and the swarm was too slow to say what became of what was under way. */
class CutOff extends Error {
    name = 'CutOff';
    constructor(stop) {
        super(`${errors_messageOf(stop)}, and the swarm did not answer in time: what it has taken of this run is not known`, {
            cause: stop,
        });
    }
}
/** Something failed after the first change may have been sent: what was changed by then is not known. */
class Underway extends Error {
    name = 'Underway';
    constructor(cause) {
        super(errors_messageOf(cause), { cause });
    }
}
/**
 * What a stage threw from the first change on, for the report: what was changed by then is not known.
 *
 * @param stop that of the run
 */
function afterFirstChange(error, stop) {
    if (error instanceof CutOff || error instanceof Underway)
        return error;
    return stop.aborted ? new CutOff(stop.reason) : new Underway(error);
}
/**
 * The problems that the given parts of a stage ran into, thrown together; nothing is thrown when there are none.
 *
 * @throws UserErrors with every problem of every part
 */
function throwAll(problems) {
    if (problems.length > 0)
        throw new UserErrors(problems);
}
const remains = new WeakMap();
/** Notes on an error what stays of the run that it ends, though no service was changed: a phrase for each. */
function withRemains(error, phrases) {
    if (typeof error === 'object' && error !== null && phrases.length > 0) {
        remains.set(error, [...remainsOf(error), ...phrases]);
    }
    return error;
}
/** Does what a run is asked for, and notes on the error that ends it what it was told to stay. */
async function notingRemains(work) {
    const told = new Set();
    try {
        return await work((what) => {
            told.add(what);
            return () => told.delete(what);
        });
    }
    catch (error) {
        throw withRemains(error, [...told]);
    }
}
/** What {@link withRemains} has noted. */
function remainsOf(error) {
    return (typeof error === 'object' && error !== null && remains.get(error)) || [];
}
/** The text of anything that was thrown. */
function errors_messageOf(error) {
    return error instanceof Error ? error.message : String(error);
}

;// CONCATENATED MODULE: ./build/runner/printable.js
/** Text from anywhere, made fit to be looked at: on one line, without signs that move or hide what stands beside them. */
const ESCAPE = '\u001b';
/** What colours a terminal, moves its cursor or names its window (ECMA-48): `ESC [ \u2026 m`, `ESC ] \u2026 BEL`. */
const TERMINAL_CODES = new RegExp(`${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^\\u0007${ESCAPE}]*(?:\\u0007|${ESCAPE}\\\\)?|[@-Z\\\\^_])`, 'g');
/** All that some program takes for the end of a line. */
const LINE_END = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;
const LINE_END_WITH_BLANKS = new RegExp(`(?:${LINE_END.source})[\\s\\u0085]*`, 'g');
/** Control characters, halves of characters, and what turns the direction of writing or has no width. */
const UNSEEN = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;
/** One of them is in all that {@link printable} changes. */
const UNUSUAL = new RegExp(`${UNSEEN.source}|[\\u2028\\u2029]`, 'u');
/** The text on one line. Line ends become blanks, colours go, and what cannot be seen becomes `\ufffd`. */
function printable_printable(text) {
    if (!UNUSUAL.test(text))
        return text;
    return text
        .replace(TERMINAL_CODES, '')
        .replace(LINE_END_WITH_BLANKS, ' ')
        .replaceAll('\t', ' ')
        .replace(UNSEEN, '\ufffd');
}
const REST = /\u2026 \(([\d,]+) more characters\)$/;
const LONGEST_REST = 60;
/** The text if it is short enough; else its beginning, with a word of how much is missing, also of an earlier cut. */
function shortened(text, mostCharacters) {
    if (text.length <= mostCharacters)
        return text;
    const [note = '', cutBefore = '0'] = REST.exec(text.slice(-LONGEST_REST)) ?? [];
    const whole = text.length - note.length;
    const head = withoutHalf(text.slice(0, Math.min(mostCharacters, whole)));
    const missing = whole - head.length + Number(cutBefore.replaceAll(',', ''));
    return `${head}\u2026 (${missing.toLocaleString('en')} more characters)`;
}
const BEGIN = /^\(([\d,]+) characters before this\) \u2026/;
/** Both texts, of which one becomes the other, {@link shortened} so that the first difference is in what is left. */
function bothShortened(before, after, mostCharacters) {
    const length = before === undefined || after === undefined || before === after ? 0 : commonLength(before, after);
    const from = length < mostCharacters ? 0 : length - Math.floor(mostCharacters / 3);
    const shown = (text) => {
        if (text === undefined || from === 0)
            return text && shortened(text, mostCharacters);
        const [note = '', cutBefore = '0'] = BEGIN.exec(text) ?? [];
        const missing = from - note.length + Number(cutBefore.replaceAll(',', ''));
        const rest = text.slice(from).replace(/^[\udc00-\udfff]/, '');
        return `(${missing.toLocaleString('en')} characters before this) \u2026${shortened(rest, mostCharacters)}`;
    };
    return [shown(before), shown(after)];
}
/** How many characters two texts have in common at their beginning. */
function commonLength(a, b) {
    let length = 0;
    while (length < a.length && a[length] === b[length])
        length++;
    return length;
}
/** The text as a string of JSON, in which also what has no width, or is another blank than usual, can be seen. */
function visible(text) {
    return JSON.stringify(text).replace(/[\p{C}\p{DI}]|(?! )\p{Z}/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}
/** The text without halves of characters, with which nothing can be encoded. */
function wellFormed(text) {
    return text.replace(/\p{Cs}/gu, '\ufffd');
}
/** A cut may go through a character of two halves. */
function withoutHalf(text) {
    return /[\ud800-\udbff]/.test(text.slice(-1)) ? text.slice(0, -1) : text;
}

;// CONCATENATED MODULE: ./build/runner/may-be-secret.js

/** What may be a secret that was pasted where another thing belongs, by its look alone. Pure. */
/**
 * Tokens that say what they are: of GitHub, GitLab, Docker Hub, npm, DigitalOcean, Vault, Slack, Amazon, OpenAI and
 * Anthropic, Stripe, Google, keys of age, and signed ones (JWT).
 */
const TOKENS = new RegExp([
    'gh[pousr]_[A-Za-z0-9]{20,}',
    'github_pat_\\w{20,}',
    'gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[\\w.-]{20,}',
    'dckr_(?:pat|oat)_[\\w-]{16,}',
    'npm_[A-Za-z0-9]{30,}',
    'dop_v1_[0-9a-f]{40,}',
    'hv[sbr]\\.[\\w-]{20,}',
    'xox[abeprs]-[\\w-]{10,}',
    'A(?:KI|SI)A[0-9A-Z]{16}(?![A-Za-z0-9])',
    'sk-(?:proj|svcacct|admin|ant)-[\\w-]{16,}',
    '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{10,}',
    'AGE-SECRET-KEY-1[0-9A-Z]{20,}',
    'eyJ[\\w-]{8,}\\.eyJ[\\w-]{8,}\\.[\\w-]+',
]
    .map((token) => `(?<![A-Za-z0-9])${token}`)
    .join('|'), 'g');
/** The tokens in a text that are known for ones by their look, whatever they stand in. Pure. */
function tokensIn(text) {
    return text.match(TOKENS) ?? [];
}
/**
 * Whether a value has the look of a secret, and of nothing else that is written in an input: it is a known token, it is
 * of letters and digits without an order, or it has signs that no name, image, path, address or number has. Pure.
 */
function mayBeSecret(value) {
    const text = printable_printable(value).trim();
    const rest = withoutHarmless(text);
    return (tokensIn(text).length > 0 ||
        isWithoutOrder(text) ||
        (KEY_IN_HEX.test(text) && !FILE_PATH.test(text)) ||
        SECRET_IN_QUERY.test(text) ||
        PADDED.exec(text)?.some(hasAllKinds) ||
        SIGNS.test(rest) ||
        rest.split(/\s+/).some(isBroken));
}
/** Whether a word of a sentence {@link mayBeSecret}: what ends a sentence is no sign of one, nor an apostrophe. Pure. */
function mayHoldSecret(sentence) {
    return sentence.split(/\s+/).some((word) => /[\p{L}\d]/u.test(word) && mayBeSecret(word.replace(OF_SENTENCES, '')));
}
const OF_SENTENCES = /^[("'`]+|(?<![)"'`!?.,;:])[)"'`!?.,;:]+$|(?<=[A-Za-z])'(?=[A-Za-z])/g;
/** What words, names, images, paths, lists and numbers are not written with. */
const SIGNS = /[!"#$%&';?@\\^`|]/;
/**
 * A key of 16 to 32 bytes. A digest says its kind, and forty digits are a commit, which names and tags have; one of the
 * newer kind, of 64, only a tag has.
 */
const KEY_IN_HEX = /(?<!sha\d+:|[\w.-])(?!\d+(?![A-Za-z0-9]))(?:[0-9a-f]{32,39}|[0-9a-f]{41,63}|(?<![\w.-]+:)[0-9a-f]{64}|[0-9A-F]{32,64})(?![A-Za-z0-9])/;
/** Base64 that ends as nothing else does: also what a `config.json` has of a user and password. */
const PADDED = /(?<![A-Za-z0-9+/=])(?:[A-Za-z0-9+/]{4}){2,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)(?![A-Za-z0-9+/=])/;
/** In an address: `?token=\u2026`. */
const SECRET_IN_QUERY = /[?&#;](?:[\w.-]*(?:token|secret|pass|pwd|credential|signature|api[-_.]?key)[\w.-]*|pw|key|sig|auth)=[^&\s]/i;
const HARMLESS = [
    // A variable that was not filled in, and a template.
    /\$?\{\{[^{}]*\}\}|\$\{\w+(?::?[-+?][^{}]*)?\}|\$(?:[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*|[A-Za-z_]+)(?!\w)/g,
    /@sha\d+:/g,
    // The number of a version or an issue, and a part of a whole.
    /^#|(?<![A-Za-z0-9])#(?=\d)|(?<=\d)%(?!\w)/g,
    // A scope of npm in a path.
    /(?<=\/)@(?=[a-z])/g,
    // A constraint.
    /(?<=(?:^|[\s=])(?:node|engine)\.[\w.-]+\s*)!(?==)/g,
];
function withoutHarmless(text) {
    const [, , inQuotes] = /^(["'`])(.*)\1$/s.exec(text) ?? [];
    const plain = withSlashes(inQuotes ?? text);
    // Of an address its callers take the password out, which is before the last `@`.
    if (/^(?:\w+:\/\/)?[\w.+-]+@[\w-]+(?:[.:][\w-]+)+\/?$/.test(plain) ||
        // Who goes there is hidden already.
        /^(?:\w+:\/\/)?\*\*\*@[\w-]+(?:[.:][\w-]+)*\/?$/.test(plain))
        return '';
    const [, address] = /^[a-z][a-z0-9+.-]*:\/\/(?:[\w.+*-]*@)?([^@]*)$/i.exec(plain) ?? [];
    const rest = address === undefined ? plain : withoutSignsOfAddress(address);
    return HARMLESS.reduce((left, pattern) => left.replace(pattern, ''), rest);
}
/** A path of Windows as others are written. */
function withSlashes(text) {
    return /^[A-Za-z]:\\/.test(text) ? text.replaceAll('\\', '/') : text;
}
/** What stands behind the host: escapes, and between the parts of a query. */
function withoutSignsOfAddress(address) {
    return address.replace(/%[0-9a-f]{2}/gi, '').replace(/[?#].*$/s, (query) => query.replace(/[?&#]/g, ''));
}
/** Brackets, and signs of patterns, around which words end. */
const AMID = /(?<=[A-Za-z0-9])[()[\]{}<>*~](?=[A-Za-z0-9])/g;
/** Whether a word goes on behind such a sign more often than one that has a pattern, an index or a placeholder in it. */
function isBroken(word) {
    const breaks = word.match(AMID)?.length ?? 0;
    return breaks > 1 || (breaks === 1 && hasAllKinds(word));
}
function hasAllKinds(word) {
    return [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(word));
}
/** The least length of a token that is drawn by lot, and how often it goes on in another kind of sign; words do so less often. */
const LEAST_RANDOM = 20;
const LEAST_CHANGES = 0.3;
/** The same without dashes and the like, which words may have many between them. */
const LEAST_CHANGES_IN_WORDS = 0.26;
/** Docker keeps much under digests. */
const FILE_PATH = /^(?:~|\.{1,2})?\//;
const PATH = /^(?:\w+:\/|~|\.{1,2})?\//;
function isWithoutOrder(text) {
    // In base64 there are slashes too.
    const parts = PATH.test(text) ? text.split('/') : [text];
    const runs = parts.flatMap((part) => part.match(/[A-Za-z0-9+/_-]{20,}/g) ?? []);
    return runs.some((run) => {
        if (run.length < LEAST_RANDOM || !hasAllKinds(run))
            return false;
        const kinds = [...run].map(kindOf);
        const pairs = kinds.slice(1).map((kind, index) => [kinds[index] ?? '', kind]);
        const inWords = pairs.filter((pair) => !pair.includes('other'));
        return shareOfChanges(pairs) >= LEAST_CHANGES && shareOfChanges(inWords) >= LEAST_CHANGES_IN_WORDS;
    });
}
function shareOfChanges(pairs) {
    return pairs.filter(([before, kind]) => isChange(before, kind)).length / pairs.length;
}
/** A capital begins a word, and goes on in small letters. */
function isChange(before, kind) {
    return before !== kind && !(before === 'capital' && kind === 'small');
}
function kindOf(sign) {
    if (/\d/.test(sign))
        return 'digit';
    if (/[a-z]/.test(sign))
        return 'small';
    return /[A-Z]/.test(sign) ? 'capital' : 'other';
}

;// CONCATENATED MODULE: external "node:util"
const external_node_util_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:util");
;// CONCATENATED MODULE: ./build/runner/matcher.js
/** As many characters of a text decide whether it is worth a closer look. */
const KEY_CHARACTERS = 4;
const BITS_OF_CHARACTER = 5;
/** Of so many, few places of a text hit one by chance. */
const KEYS = 2 ** (KEY_CHARACTERS * BITS_OF_CHARACTER);
const BITS_OF_WORD = 32;
/** The last two of these characters tell how far on the next place is that is worth a look: most often behind them. */
const PAIRS = 2 ** 12;
const PLACES_OF_PAIR = KEY_CHARACTERS - 1;
/**
 * Finds many texts in another one, in time that grows with the length of that one and hardly with their number: one
 * secret of 20,000 lines must not slow every line of the log. One text more costs as little.
 */
class Matcher {
    #longest = 0;
    /** Whether any text begins with characters of this key, a bit for each; and which do, by the characters themselves. */
    #keys = new Uint32Array(KEYS / BITS_OF_WORD);
    /** For each pair of characters its last place among the first ones of a text, counted from one; 0 when it has none. */
    #places = new Uint8Array(PAIRS);
    #buckets = new Map();
    /** @param text of at least four characters, that it does not have yet */
    add(text) {
        this.#longest = Math.max(this.#longest, text.length);
        const start = text.slice(0, KEY_CHARACTERS);
        const key = keyOf(start, 0, KEY_CHARACTERS);
        this.#keys[key >>> 5] = (this.#keys[key >>> 5] ?? 0) | (1 << (key & 31));
        for (let place = 1; place <= PLACES_OF_PAIR; place++) {
            const pair = keyOf(start, place - 1, place + 1) & (PAIRS - 1);
            this.#places[pair] = Math.max(this.#places[pair] ?? 0, place);
        }
        const bucket = this.#buckets.get(start);
        if (bucket === undefined) {
            this.#buckets.set(start, { texts: [text], shorter: undefined });
            return;
        }
        bucket.texts.push(text);
        bucket.shorter = undefined;
    }
    /** The text with everything found in it replaced; what overlaps is replaced together. */
    replaceAll(text, by) {
        if (this.#buckets.size === 0)
            return text;
        let result = '';
        let done = 0;
        let start = 0;
        let end = 0;
        for (let at = this.#candidate(text, 0); at < text.length; at = this.#candidate(text, at + 1)) {
            const length = this.#lengthAt(text, at);
            if (length === 0)
                continue;
            if (at >= end) {
                if (end > start) {
                    result += text.slice(done, start) + by;
                    done = end;
                }
                start = at;
            }
            end = Math.max(end, at + length);
        }
        return end === start ? text : `${result}${text.slice(done, start)}${by}${text.slice(end)}`;
    }
    /** The first place from this one on where a text may begin, by its first characters; the end when there is none. */
    #candidate(text, from) {
        const keys = this.#keys;
        const last = text.length - KEY_CHARACTERS;
        for (let at = from; at <= last;) {
            const pair = nextKey(text.charCodeAt(at + 2), text.charCodeAt(at + 3));
            const ahead = PLACES_OF_PAIR - (this.#places[pair & (PAIRS - 1)] ?? 0);
            if (ahead > 0) {
                at += ahead;
                continue;
            }
            const key = keyOf(text, at, at + KEY_CHARACTERS);
            if (((keys[key >>> 5] ?? 0) & (1 << (key & 31))) !== 0)
                return at;
            at++;
        }
        return text.length;
    }
    /** The length of the longest text that stands at a place; 0 when none does. */
    #lengthAt(text, at) {
        const bucket = this.#buckets.get(text.slice(at, at + KEY_CHARACTERS));
        if (bucket === undefined)
            return 0;
        bucket.shorter ??= putInOrder(bucket.texts);
        const { texts, shorter } = bucket;
        const rest = text.slice(at, at + this.#longest);
        for (let index = lastUpTo(rest, texts); index >= 0; index = shorter[index] ?? -1) {
            const candidate = texts[index] ?? '';
            if (rest.startsWith(candidate))
                return candidate.length;
        }
        return 0;
    }
}
/** Sorts them; and for each the longest other one that it begins with, by its index; -1 when there is none. */
function putInOrder(texts) {
    texts.sort();
    const begun = [];
    return texts.map((text, index) => {
        while (begun.length > 0 && !text.startsWith(texts[begun.at(-1) ?? 0] ?? ''))
            begun.pop();
        const shorter = begun.at(-1) ?? -1;
        begun.push(index);
        return shorter;
    });
}
/**
 * The index of the last of some texts in order that is not after another one; -1 when all are. From it what is
 * {@link Bucket.shorter} leads to everything that the other begins with.
 */
function lastUpTo(other, texts) {
    let low = 0;
    let high = texts.length;
    while (low < high) {
        const middle = (low + high) >>> 1;
        if ((texts[middle] ?? '') <= other)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}
function keyOf(text, from, to) {
    let key = 0;
    for (let at = from; at < to; at++)
        key = nextKey(key, text.charCodeAt(at));
    return key;
}
/** The key one character on. It is made of the last ones only: what came before them is shifted out of it. */
function nextKey(key, character) {
    return ((key << BITS_OF_CHARACTER) ^ character) & (KEYS - 1);
}

;// CONCATENATED MODULE: ./build/runner/screen.js
/** Lines on a terminal that are drawn anew in their place, below those of the log. */
const screen_ESCAPE = '\u001b';
const CARRIAGE_RETURN = '\r';
/** Control sequences of ECMA-48: erase to the end of the screen, and the cursor some lines up. */
const ERASE_BELOW = '\u001b[J';
const up = (rows) => (rows === 0 ? '' : `\u001b[${rows}A`);
/** What a row must leave free, or the terminal begins another one. */
const MARGIN = 1;
/** Of the rows of a terminal, so that the log stays in sight. */
const OF_LOG = 4;
/** Codes of colours have no width, nor have marks that stand above others. */
const NO_WIDTH = new RegExp(`${screen_ESCAPE}\\[[0-9;]*m|\\p{M}`, 'gu');
/** What takes two columns: East Asian scripts, and pictures (Unicode TR 11, in short). */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;
/** How many columns a text takes. */
function widthOf(text) {
    return [...text.replace(NO_WIDTH, '')].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}
/** The text, or its beginning, in so many columns. */
function fitted(text, columns) {
    if (widthOf(text) <= columns)
        return text;
    let width = 0;
    let fit = '';
    for (const character of text) {
        width += widthOf(character);
        if (width > columns - 1)
            break;
        fit += character;
    }
    return `${fit}\u2026`;
}
class screen_Screen {
    #terminal;
    /** By their keys, in the order in which they came. */
    #lines = new Map();
    /** As they stand there. */
    #drawn = [];
    constructor(terminal) {
        this.#terminal = terminal;
    }
    /** Something is written above the live lines, to this terminal: whole lines. */
    above(write) {
        this.#erase();
        write();
        this.#draw();
    }
    /** Shows a line, or another text in its place. */
    show(key, text) {
        this.#lines.set(key, text);
        this.refresh();
    }
    /** Takes a line away, or all of them. */
    drop(key) {
        if (key === undefined)
            this.#lines.clear();
        else if (!this.#lines.delete(key))
            return;
        this.refresh();
    }
    /** Draws all lines as they are now. */
    refresh() {
        const now = this.#fitting();
        if (now.length === this.#drawn.length && now.every((line, index) => line === this.#drawn[index]))
            return;
        this.#erase();
        this.#draw(now);
    }
    #erase() {
        const { columns = 80 } = this.#terminal.size();
        // The terminal may be narrower by now, and have broken what stands there.
        const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
        if (rows > 0)
            this.#terminal.write(`${CARRIAGE_RETURN}${up(rows)}${ERASE_BELOW}`);
        this.#drawn = [];
    }
    #draw(lines = this.#fitting()) {
        this.#drawn = lines;
        if (lines.length > 0)
            this.#terminal.write(`${lines.join('\n')}\n`);
    }
    #fitting() {
        const { columns = 80, rows = 24 } = this.#terminal.size();
        const room = Math.max(1, rows - OF_LOG);
        const all = [...this.#lines.values()];
        const shown = all.length <= room ? all : all.slice(0, room - 1);
        const more = all.length - shown.length;
        const texts = shown.map((text) => text());
        return [...texts, ...(more > 0 ? [`        and ${more} more`] : [])].map((line) => fitted(line, columns - MARGIN));
    }
}

;// CONCATENATED MODULE: ./build/runner/stdout.js

/** The streams' own ways to write, once {@link divertOthers} has taken their place. */
const direct = {};
/** A runner reads both as one. */
const streams = { log: 'stdout', problem: 'stdout' };
let screen;
const REFRESH_MS = 1000;
/** Has the lines of a kind go to a stream. */
function sendTo(stream, kinds) {
    for (const kind of kinds)
        streams[kind] = stream;
}
/** Writes one line of the log. */
function stdout_writeLine(line, kind = 'log') {
    const write = () => writeTo(streams[kind], `${line}\n`);
    if (screen !== undefined && process[streams[kind]].isTTY)
        screen.above(write);
    else
        write();
}
/** Writes to a stream itself: a result that a program may read. */
function writeTo(stream, text) {
    const write = direct[stream] ?? process[stream].write.bind(process[stream]);
    write(text);
}
/** How wide the terminal is to which a stream goes; `undefined` where it goes to none. */
function columnsOf(stream) {
    return process[stream].columns || undefined;
}
/** Whether a person reads lines of a kind on a terminal. */
function isTerminal(kind = 'log') {
    return process[streams[kind]].isTTY === true;
}
/** Has {@link liveLines} draw on the terminal, where the log goes to one. */
function useLiveLines() {
    if (!isTerminal())
        return;
    const terminal = process[streams.log];
    screen = new Screen({
        write: (text) => writeTo(streams.log, text),
        size: () => ({ columns: terminal.columns || undefined, rows: terminal.rows || undefined }),
    });
    // The seconds in them go on.
    setInterval(() => screen?.refresh(), REFRESH_MS).unref();
}
/** Lines that are drawn anew in their place; `undefined` where there is no terminal, or nobody has asked for them. */
function stdout_liveLines() {
    return screen;
}
/**
 * From now on, whatever else writes to standard output or standard error (a library, Node itself) is handed over
 * instead, line by line: it may hold text from anywhere, and a runner takes some lines for commands.
 */
function divertOthers(handOver) {
    for (const name of ['stdout', 'stderr']) {
        const stream = process[name];
        direct[name] ??= stream.write.bind(stream);
        // Nobody reads any more, or the disk under the log is full: that is no reason to end a deploy halfway.
        stream.on('error', () => undefined);
        stream.write = ((chunk, ...rest) => {
            const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
            for (const line of text.replace(/\r?\n$/, '').split('\n'))
                if (line.trim() !== '')
                    handOver(line);
            const done = rest.find((one) => typeof one === 'function');
            if (done !== undefined)
                process.nextTick(done);
            return true;
        });
    }
}

;// CONCATENATED MODULE: ./build/runner/workflow-commands.js
/**
 * The lines that a runner takes for commands: `::name key=value::data`
 * (https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
 *
 * They are written here and not by the `core` package of GitHub's toolkit: it knows GitHub's runner alone (act and its
 * descendants read other commands out of the same line, and print masks), prints secrets and commands where no runner
 * reads them, leaves half an output behind on a full disk, and brings an HTTP client that doubles the time of the start.
 */
/** How many error annotations of one step a run's page shows. */
const MOST_ANNOTATIONS = 10;
/** Whether a runner reads what this process prints. In any other shell its commands would be noise, or a secret. */
function workflow_commands_isInRunner(env) {
    return env.GITHUB_ACTIONS === 'true' || readsGreedily(env);
}
/**
 * Whether the runner is act or descends from it. They look for the last `::` of a line where GitHub's own takes the
 * first (nektos/act, pkg/runner/command.go), and print a command that they do not understand by that.
 */
function readsGreedily(env) {
    return env.ACT === 'true' || env.FORGEJO_ACTIONS === 'true' || env.GITEA_ACTIONS === 'true';
}
/** A command as one line. */
function workflow_commands_commandLine(name, data, env, properties = {}) {
    const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
    const head = given.length === 0 ? name : `${name} ${given.join(',')}`;
    const clear = readsGreedily(env) ? data.replace(/:(?=:)/g, ': ').replace(/^:/, ' :') : data;
    return `::${head}::${escapeData(clear)}`;
}
/** A line that no runner takes for a command: those begin with `::`, or have `##[` (or `##vso[`) anywhere. */
function workflow_commands_withoutCommands(line) {
    return line.replace(/##(?=\w*\[)/g, '## ').replace(/^([\p{Z}\p{C}\s]*:)(?=:)/u, '$1 ');
}
function escapeData(text) {
    return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
function escapeProperty(text) {
    return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

;// CONCATENATED MODULE: ./build/runner/secret.js





const HIDDEN = '***';
/** What is shorter stands in any text by chance: hidden, it would blot out the whole log. */
const SHORTEST_HIDDEN = 4;
/** So does what is a word or number of everybody's: a switch, a port. */
const EVERYDAY = /^(?:true|false|null|none|\d{1,5})$/i;
/**
 * What the outputs say in their own words. A runner drops an output of a job in which it finds a mask
 * (actions/runner, JobExtension.cs): one of these would have it drop all of them.
 */
const OF_OUTPUTS = new Set(`created updated unchanged removed failed rolled-back timed-out superseded cancelled skipped converged deployed create
  update remove name action outcome image before after config nodes tasks running wanted seconds live cause note
  failedTask node exitCode ending planned kind service network secret field key changes reasons because restarts replaced
  added runsAgain digest state pushed present platforms bytes strategy course account username registry rolling recreate canary`.split(/\s+/));
/** How key files begin and end, all of them. */
const FRAME_OF_KEY = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;
/** A runner looks for each mask in each line of the job; a file of more lines is data and no key. */
const MOST_MASKED_LINES = 500;
/** Every form in which a secret of this run can surface. */
const known = new Set();
/** What the runner has been told. */
const masked = new Set();
/** Finds all of them at once. */
const matcher = new Matcher();
/** A value that shows itself as `***` in every string, JSON and inspected form. Only {@link Secret.reveal} opens it. */
class secret_Secret {
    #value;
    /**
     * Hides the value, and every form of it, from all that is printed from now on, unless {@link isTooPlain}.
     *
     * @param username the account whose password it is: Docker keeps and sends the two as base64 of `user:password`
     */
    constructor(value, username, hiding = 'everywhere') {
        this.#value = value;
        if (hiding === 'nowhere')
            return;
        const isToldOf = hiding === 'everywhere' && value.split(LINE_END).length <= MOST_MASKED_LINES;
        hide(formsOf(value), isToldOf);
        if (username !== undefined && value !== '')
            hide(base64Forms(`${username}:${value}`), isToldOf);
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
    [external_node_util_namespaceObject.inspect.custom]() {
        return HIDDEN;
    }
}
/** Whether a secret is so short, or such an everyday word, that hiding it would make a riddle of every text. */
function isTooPlain(value) {
    const core = value.trim();
    return core.length < SHORTEST_HIDDEN || EVERYDAY.test(core);
}
/** Whether a runner is told to hide it, in this step and all after it. */
function isMasked(value) {
    return !isTooPlain(value) && !OF_OUTPUTS.has(value.trim());
}
/** The text with every known secret, in every form, replaced by `***`. */
function secret_redact(text) {
    return matcher.replaceAll(text, HIDDEN);
}
/**
 * The forms in which a secret can surface: as given, trimmed, each line of it, base64 (padded or not, standard or
 * URL-safe, also of a longer text that it is a part of), URL-encoded, and escaped as in JSON, in JSON within JSON or in
 * HTML. What is too plain has none.
 */
function formsOf(value) {
    const text = wellFormed(value);
    const lines = text.split(LINE_END).map((line) => line.trim());
    const plain = [text, text.trim(), ...lines.filter((line) => !FRAME_OF_KEY.test(line))];
    const telling = unique(plain).filter((one) => !isTooPlain(one));
    const escaped = telling.flatMap((one) => [
        one,
        printable_printable(one).trim(),
        ...urlForms(one),
        ...jsonForms(one),
        ...jsonForms(one).flatMap(jsonForms),
        ...htmlForms(one),
    ]);
    const encoded = isTooPlain(text)
        ? []
        : [...base64Forms(text), ...base64Forms(text.trim()), ...withinBase64(text.trim())];
    return unique([...escaped, ...encoded]).filter((form) => !isTooPlain(form));
}
/** As JavaScript and Go write a text in a URL: Go escapes more, but less in front of the host (net/url). */
function urlForms(text) {
    const plain = encodeURIComponent(text);
    const query = plain.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
    const userInfo = query.replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent);
    // Most are the same, and of a long text each takes its time.
    const forms = unique([plain, query, userInfo, plain.replaceAll('%20', '+'), query.replaceAll('%20', '+')]);
    return [...forms, ...forms.map((form) => form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()))];
}
function base64Forms(text) {
    const standard = Buffer.from(text).toString('base64');
    return [standard, standard.replace(/=+$/, '')].flatMap((form) => [form, urlSafe(form)]);
}
/** What is shorter could be in the middle of any base64. */
const SHORTEST_WITHIN_BASE64 = 8;
/**
 * What stands in the base64 of any longer text that has it, as the header of a login has it: by how many bytes are
 * before it there, without the signs at both ends that hold bits of others too.
 */
function withinBase64(text) {
    if (text.length < SHORTEST_WITHIN_BASE64)
        return [];
    return unique([text, ...jsonForms(text)]).flatMap((form) => [0, 1, 2].flatMap((before) => {
        const whole = Buffer.concat([Buffer.alloc(before), Buffer.from(form)]);
        const own = whole.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6));
        return [own, urlSafe(own)];
    }));
}
function urlSafe(base64) {
    return base64.replaceAll('+', '-').replaceAll('/', '_');
}
/** Go writes `<`, `>` and `&` of JSON strings as \u escapes: so do docker's own messages. */
function jsonForms(text) {
    const json = JSON.stringify(text).slice(1, -1);
    const hex = (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return unique([json, json.replace(/[<>&]/g, hex)]);
}
/** As pages and XML write a text: quotes have a name or a number there, or are left. */
function htmlForms(text) {
    const plain = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const quoted = (double, single) => plain.replaceAll('"', double).replaceAll("'", single);
    return unique([plain, quoted('&quot;', '&apos;'), quoted('&quot;', '&#39;'), quoted('&#34;', '&#39;')]);
}
function hide(forms, isToldOf) {
    for (const form of unique(forms).filter((one) => !known.has(one))) {
        known.add(form);
        matcher.add(form);
    }
    if (!isToldOf)
        return;
    const masks = unique(forms.filter((one) => !masked.has(one)).flatMap(masksOf));
    for (const form of forms)
        masked.add(form);
    // Only a runner takes these lines for itself. In any other shell they would print the secret.
    if (workflow_commands_isInRunner(process.env))
        for (const mask of masks)
            stdout_writeLine(workflow_commands_commandLine('add-mask', mask, process.env));
}
/**
 * What a runner is told to hide, for one form. It takes each line of a mask for one of its own, however short, and act
 * prints a mask that has `::` in it or begins with a colon: so there is none of either.
 */
function masksOf(form) {
    if (LINE_END.test(form))
        return [];
    return form.split(/::+|^:/).filter(isMasked);
}
function unique(texts) {
    return [...new Set(texts)].filter((text) => text !== '');
}

;// CONCATENATED MODULE: ./build/runner/shown.js


/** A value of the user's in a message, which may be a secret that was pasted where another thing belongs. */
const LONGEST_SHOWN = 60;
/**
 * A value as a message shows it: in quotes, on one line, not too long. What {@link mayBeSecret} is told by its length.
 * No mask is made of it, for it may be a stranger's: a mask takes its text out of all that the job prints.
 */
function shown_shown(value, mostCharacters = LONGEST_SHOWN) {
    // Before it is cut: the half of a secret would not be known for one.
    const clean = secret_redact(value);
    if (mayBeSecret(clean))
        return `"***" (${clean.length} characters, which may be a secret)`;
    return JSON.stringify(clean.length > mostCharacters ? `${clean.slice(0, mostCharacters)}\u2026` : clean);
}
/** The same of a name in a sentence, between backticks. */
function shown_ticked(name) {
    return mayBeSecret(name) ? shown_shown(name) : `\`${name}\``;
}
/** The same as part of the place of something: a name or a path as it stands, or `***`. */
function placed(name) {
    return mayBeSecret(name) ? '***' : name;
}
/**
 * What another program says, which may repeat a text of the user's: each quoted text or word that {@link mayHoldSecret} is
 * `***` in it. Pure.
 */
function withoutSecrets(said) {
    return said.replace(QUOTED_OR_WORD, (part) => {
        const [, before = '', inside = '', behind = ''] = /^([("'`]*)(.*?)([)"'`!?.,;:]*)$/s.exec(part) ?? [];
        return !OF_GO.test(inside) && mayHoldSecret(inside) ? `${before}***${behind}` : part;
    });
}
/** Tags and types, in what its YAML reader says. */
const OF_GO = /^(?:!!\w+|(?:\[\]|map\[\w+\])[\w.[\]]+)$/;
const QUOTED_OR_WORD = /"(?:[^"\\]|\\.)*"|(?<![A-Za-z0-9])'[^']*'|[^\s"]+/g;

;// CONCATENATED MODULE: ./build/docker/registry/reference.js



/** An image or registry name that Docker would not take, or would take for something else. */
class reference_InvalidReference extends errors_UserError {
    name = 'InvalidReference';
}
const HUB = 'docker.io';
const HUB_CONFIG_KEY = 'https://index.docker.io/v1/';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';
const MAX_REPOSITORY_LENGTH = 255;
/** Docker itself knows only `index.docker.io`; the others are hosts where people look for or log in to the Hub. */
const HUB_ALIASES = new Set(['index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com', 'hub.docker.com']);
// The grammar of github.com/distribution/reference v0.6.0 (regexp.go) and the digests of opencontainers/go-digest.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const HOST = new RegExp(`^(?:${DOMAIN_COMPONENT}(?:\\.${DOMAIN_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const HEX_LENGTH = { sha256: 64, sha384: 96, sha512: 128 };
const IMAGE_ID = /^[a-f0-9]{64}$/;
/**
 * An image name as Docker reads it (`ParseNormalizedNamed`), with two deliberate differences, both so that an image
 * and its credential meet: see {@link canonicalHost}. The result is what must go to Docker, by {@link familiar}: with
 * the text as written, the docker CLI might look its credential up under another key.
 *
 * @throws InvalidReference that says what to write instead
 */
function parseReference(text) {
    const refuse = (reason) => new reference_InvalidReference(`The image name ${shownName(text)} ${reason}`);
    const show = partsOf(text);
    checkCharacters(text, refuse, 'nginx:1.27 or ghcr.io/org/app:1.2');
    const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
    if (scheme !== undefined)
        throw refuse(`must not start with ${scheme}: leave it off`);
    if (IMAGE_ID.test(text)) {
        throw refuse('could be an image ID, which exists on one machine only: write the name, such as nginx:1.27');
    }
    if (isDigest(text))
        throw refuse(`is a digest without a name: write name@${text}`);
    const { registry, remainder } = splitRegistry(text);
    if (!HOST.test(registry))
        throw refuse(`has no valid registry: ${hostProblem(registry, show)}`);
    const [nameAndTag, digest] = cut(remainder, '@');
    const [name, tag] = cut(nameAndTag, ':');
    if (name === '')
        throw refuse('has no repository: is a variable empty that should hold it?');
    if (tag === '')
        throw refuse('ends in an empty tag: is a variable empty that should hold the tag?');
    if (digest === '')
        throw refuse('ends in an empty digest: is a variable empty that should hold the digest?');
    if (/[A-Z]/.test(name)) {
        const lowered = text.slice(0, text.length - remainder.length) + name.toLowerCase() + remainder.slice(name.length);
        throw refuse(`has capital letters in its repository, which must be lower case${instead(text, lowered)}`);
    }
    if (name.endsWith('/'))
        throw refuse('ends in a slash: leave it off, or add the rest of the name');
    const repository = registry === HUB && !name.includes('/') ? OFFICIAL + name : name;
    if (!REPOSITORY.test(repository))
        throw refuse(`has no valid repository: ${repositoryProblem(name, show)}`);
    if (repository.length > MAX_REPOSITORY_LENGTH) {
        throw refuse(`has a repository of ${repository.length} characters: at most ${MAX_REPOSITORY_LENGTH} are allowed`);
    }
    if (tag !== undefined && !TAG.test(tag))
        throw refuse(`has no valid tag: ${tagProblem(tag, show)}`);
    if (digest !== undefined && !isDigest(digest))
        throw refuse(`has no valid digest: ${digestProblem(digest)}`);
    return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}
/** The short form that the docker CLI prints and takes: `nginx:1.27`, `ghcr.io/org/app@sha256:\u2026`. */
function reference_familiar(reference) {
    const short = shortName(reference) + suffix(reference);
    return IMAGE_ID.test(short) || isDigest(short) ? canonicalName(reference) + suffix(reference) : short;
}
/** The full name without tag and digest: `docker.io/library/nginx`. */
function canonicalName({ registry, repository }) {
    return `${registry}/${repository}`;
}
/** The tag that Docker takes when it is given neither tag nor digest. */
function withTagDefault(reference) {
    return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: DEFAULT_TAG } : reference;
}
/** The same image pinned to what its tag means now; the tag is kept for the people who read it. */
function withDigest(reference, digest) {
    if (!isDigest(digest))
        throw new reference_InvalidReference(`${shownName(digest)} is no digest: ${digestProblem(digest)}`);
    return { ...reference, digest };
}
/**
 * Whether two image names mean the same, however they are written: `docker.io/library/nginx` and `nginx:latest`.
 * A text that is no image name, such as an image ID in a service that somebody made by hand, is the same as itself only.
 */
function reference_sameImage(a, b) {
    return a === b || (isImageName(a) && isImageName(b) && fullName(a) === fullName(b));
}
/**
 * What the `registry` of a credential means. The address of a registry's web page or API is taken too: people paste it.
 *
 * @throws InvalidReference that says what to write instead
 */
function reference_parseRegistry(text) {
    const refuse = (reason) => new reference_InvalidReference(`The registry ${shownName(text)} ${reason}`);
    const show = partsOf(text);
    checkCharacters(text, refuse, 'ghcr.io, or docker.io for Docker Hub');
    const address = text.replace(/^https?:\/\//i, '');
    if (address.includes('://'))
        throw refuse('has a scheme that is not https: leave it off');
    const [host, rest = ''] = cut(address.replace(/\/+$/, ''), '/');
    if (host.includes('@'))
        throw refuse('has an @ in its host: give the user name and the password on their own');
    if (!isHostLike(host)) {
        throw refuse('is no registry: write its host, such as ghcr.io or localhost:5000, or docker.io for Docker Hub');
    }
    if (!HOST.test(host))
        throw refuse(`is no registry: ${hostProblem(host, show)}`);
    // https://index.docker.io/v1/ and https://ghcr.io/v2/ are what docker itself and older guides write.
    const path = /^v[12]$/.test(rest) ? '' : rest;
    if (path.includes('*'))
        throw refuse('has a * in its path: a path already means everything below it, leave the * off');
    if (/[:@]/.test(path))
        throw refuse('has a tag or digest: a credential is for a repository, leave the tag off');
    if (/[A-Z]/.test(path))
        throw refuse(`has capital letters in its path${instead(text, `${host}/${path.toLowerCase()}`)}`);
    if (path !== '' && !REPOSITORY.test(path))
        throw refuse(`has no valid path: ${repositoryProblem(path, show)}`);
    return { registry: canonicalHost(host), path };
}
/** The key under `auths` in a config.json, and the `serveraddress` of a login: no other spelling is found for the Hub. */
function reference_registryKey(registry) {
    return registry === HUB ? HUB_CONFIG_KEY : registry;
}
/** Whether a credential for the path serves the repository: `org-a` serves `org-a/app`, not `org-ab/app`. */
function pathMatches(path, repository) {
    return path === '' || repository === path || repository.startsWith(`${path}/`);
}
/**
 * One spelling for each registry, on the side of the image and of the credential alike.
 *
 * Host names know no case, but the docker CLI compares them byte by byte: with an `auths` entry for `Team.azurecr.io`
 * it sends no credential for `team.azurecr.io/app`, and `--with-registry-auth` would then wipe the stored one. In lower
 * case on both sides the two always meet. The same goes for Docker Hub: docker turns `index.docker.io` into `docker.io`
 * but looks for images of `registry-1.docker.io` under a key of their own.
 */
function canonicalHost(host) {
    const lowered = host.toLowerCase();
    return HUB_ALIASES.has(lowered) ? HUB : lowered;
}
/** Docker's `splitDockerDomain`: the first component is a registry only where it cannot be part of a repository. */
function splitRegistry(text) {
    const [first, rest] = cut(text, '/');
    if (rest === undefined)
        return { registry: HUB, remainder: text };
    if (isHostLike(first))
        return { registry: canonicalHost(first), remainder: rest };
    // A host too, since a repository has no capitals; lowered it would turn into a namespace of Docker Hub.
    if (first !== first.toLowerCase())
        return { registry: first, remainder: rest };
    return { registry: HUB, remainder: text };
}
function isImageName(text) {
    try {
        parseReference(text);
        return true;
    }
    catch (error) {
        if (error instanceof reference_InvalidReference)
            return false;
        throw error;
    }
}
function fullName(text) {
    const reference = withTagDefault(parseReference(text));
    return canonicalName(reference) + suffix(reference);
}
function isHostLike(component) {
    return /[.:]/.test(component) || component.toLowerCase() === 'localhost';
}
function isDigest(text) {
    const [algorithm, hex = ''] = cut(text, ':');
    return Object.hasOwn(HEX_LENGTH, algorithm) && hex.length === HEX_LENGTH[algorithm] && /^[a-f0-9]+$/.test(hex);
}
function shortName(reference) {
    const { registry, repository } = reference;
    if (registry !== HUB)
        return canonicalName(reference);
    const official = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository;
    if (!official.includes('/'))
        return official;
    // docker.io/foo.bar/app has no short form: foo.bar/app is on the registry foo.bar. Docker's own printer forgets that.
    const [first] = cut(repository, '/');
    return isHostLike(first) ? canonicalName(reference) : repository;
}
function suffix({ tag, digest }) {
    return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}
/** What is wrong whatever the text was meant to be. */
function checkCharacters(text, refuse, example) {
    if (text === '')
        throw refuse(`is empty: write one such as ${example}`);
    const variable = /\$(?:\{\{.*?\}\}|\{[^}]*\}?|\w*)/.exec(withoutUserInfo(text))?.[0];
    if (variable !== undefined)
        throw refuse(`still holds ${isHidden(text) ? 'a variable' : variable}: nothing has put a value in its place`);
    if (/\s/.test(text))
        throw refuse('has white space in it: take it out');
}
function hostProblem(host, show) {
    if (host.includes('@'))
        return 'a user name and password belong to the credential, not here';
    if (host.includes('_'))
        return 'Docker takes no underscore in a host';
    if (!host.startsWith('[') && host.split(':').length > 2)
        return 'an IPv6 address goes in brackets, such as [::1]:5000';
    if (/[^:]:[^:\]]*$/.test(host) && !/:\d+$/.test(host))
        return `after ${show(`${cut(host, ':')[0]}:`)} goes the number of a port, and a tag has no slash`;
    return `${show(host)} is no host with an optional port, such as registry.example.com:5000`;
}
function repositoryProblem(name, show) {
    if (name.startsWith('/') || name.includes('//') || name.endsWith('/'))
        return 'there is an empty part between slashes';
    const part = name.split('/').find((component) => !REPOSITORY.test(component)) ?? name;
    return `${show(`'${part}'`)} must be lower-case letters and digits, separated by one of . _ __ or dashes`;
}
function tagProblem(tag, show) {
    if (tag.length > 128)
        return `the tag has ${tag.length} characters, at most 128 are allowed`;
    if (tag.includes('/'))
        return `${show(`'${tag}'`)} has a slash, which a branch name may have but a tag may not`;
    return `${show(`'${tag}'`)} must be letters, digits, _ . and -, and begin with none of . and -`;
}
function digestProblem(digest) {
    const [algorithm] = cut(digest, ':');
    const length = Object.hasOwn(HEX_LENGTH, algorithm) ? HEX_LENGTH[algorithm] : undefined;
    if (length === undefined)
        return `write sha256: and 64 hexadecimal digits in lower case`;
    return `${algorithm}: must be followed by exactly ${length} hexadecimal digits in lower case`;
}
function shownName(text) {
    const name = withoutUserInfo(text);
    return isHidden(text) ? shown_shown(name) : JSON.stringify(name);
}
/** Where a text is not shown no message shows a part of it either, nor what it would be in other letters. */
function isHidden(text) {
    return mayBeSecret(withoutUserInfo(text));
}
function partsOf(text) {
    return isHidden(text) ? () => 'it' : (part) => part;
}
/** @returns nothing for a text that is not shown */
function instead(text, write) {
    return isHidden(text) ? '' : `: write ${write}`;
}
/** A pasted address may hold a user name and a password (`https://user:password@host`): no message shows them. */
function withoutUserInfo(text) {
    return text.replace(/^([a-z]+:\/\/).*@/i, '$1***@').replace(/^(?!\w+:\/\/).*@(?=[^@]*[./])/, '***@');
}
/** The text before and after the first separator. */
function cut(text, separator) {
    const at = text.indexOf(separator);
    return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

;// CONCATENATED MODULE: ./build/docker/cli/config-file.js


const TEXTS_OF_ENTRY = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'];
/** A text that is no `config.json` of docker's. The message says why, shows nothing of it, and goes on after its name. */
class InvalidConfigFile extends SyntaxError {
    name = 'InvalidConfigFile';
}
/**
 * The content of a `config.json`. A `null` is what is not there, as for docker.
 *
 * @throws InvalidConfigFile when docker would not read it
 */
function parseConfigFile(content) {
    const file = objectIn(content);
    const { auths = {}, credHelpers = {}, credsStore = '', HttpHeaders = {}, cliPluginsExtraDirs = [] } = file;
    if (!isRecord(auths))
        throw new InvalidConfigFile('its `auths` is no JSON object of registries');
    for (const entry of Object.values(auths)) {
        if (!isRecord(entry))
            throw new InvalidConfigFile('an entry of its `auths` is no JSON object');
        const wrong = TEXTS_OF_ENTRY.find((key) => entry[key] !== undefined && typeof entry[key] !== 'string');
        if (wrong !== undefined)
            throw new InvalidConfigFile(`\`${wrong}\` of an entry of its \`auths\` is no text`);
    }
    if (typeof credsStore !== 'string')
        throw new InvalidConfigFile('its `credsStore` is no text');
    if (!isRecordOfTexts(credHelpers))
        throw new InvalidConfigFile('its `credHelpers` is no JSON object of texts');
    if (!isRecordOfTexts(HttpHeaders))
        throw new InvalidConfigFile('its `HttpHeaders` is no JSON object of texts');
    if (!Array.isArray(cliPluginsExtraDirs) || !cliPluginsExtraDirs.every((one) => typeof one === 'string')) {
        throw new InvalidConfigFile('its `cliPluginsExtraDirs` is no list of texts');
    }
    return file;
}
function objectIn(content) {
    let parsed;
    try {
        parsed = parseGoJson(content);
    }
    catch {
        // JSON's own words show a piece of the text.
        throw new InvalidConfigFile('it is no JSON');
    }
    if (!isRecord(parsed))
        throw new InvalidConfigFile('it is no JSON object');
    return parsed;
}
function isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function isRecordOfTexts(value) {
    return isRecord(value) && Object.values(value).every((one) => typeof one === 'string');
}
/**
 * An isolated `config.json`. It always holds an entry under `auths`: with none, the docker CLI would look for a
 * keychain of the operating system and hand the secrets to it (docker/cli, cli/config/config.go).
 *
 * @param credentials at most one for each registry
 * @param carriedOver settings of the user that have nothing to do with credentials
 */
function isolatedConfigFile(credentials, carriedOver) {
    const entries = [...credentials].map(([registry, credential]) => [reference_registryKey(registry), authEntry(credential)]);
    const auths = entries.length > 0 ? Object.fromEntries(entries) : { 'no-registry.invalid': {} };
    return JSON.stringify({ auths, ...carriedOver });
}
function authEntry({ kind, username, password }) {
    if (kind === 'password')
        return { auth: Buffer.from(`${username}:${password}`).toString('base64') };
    // With an empty user name in any entry, the docker CLI would not read the file at all.
    const user = username === '' ? {} : { auth: Buffer.from(`${username}:`).toString('base64') };
    return { ...user, identitytoken: password };
}
/** What of the user's settings every isolated config needs: how to reach the daemon, and where plugins are. */
function settingsToCarryOver(file, pluginDirectory) {
    return carried(file.HttpHeaders, [...(file.cliPluginsExtraDirs ?? []), pluginDirectory]);
}
/** What a config takes over that stands in for the user's own in later steps of the job: there the way to a daemon counts. */
function settingsForLaterSteps({ currentContext, proxies }) {
    return { ...(currentContext === undefined ? {} : { currentContext }), ...(proxies === undefined ? {} : { proxies }) };
}
/** The folders of a Docker configuration directory that later steps need beside its `config.json`. */
const FOLDERS_FOR_LATER_STEPS = (/* unused pure expression or super */ null && (['contexts', 'buildx', 'cli-plugins']));
function carried(headers, cliPluginsExtraDirs) {
    return { cliPluginsExtraDirs, ...(headers === undefined ? {} : { HttpHeaders: headers }) };
}
/**
 * The credential that a `config.json` itself holds for a registry, found as the docker CLI finds it: by the exact
 * key, else by any key with that host. Docker Hub has the exact key only.
 */
function storedCredential(file, registry) {
    const exact = file.auths?.[registryKey(registry)];
    const entry = exact ?? entriesOf(file, registry)[0]?.[1];
    return entry && credentialIn(entry);
}
/** The entries for a registry, whatever else their keys have: a path, a scheme, capitals. */
function entriesOf({ auths = {} }, registry) {
    const wanted = registryKey(registry);
    return Object.entries(auths).filter(([key]) => hostOf(key) === wanted);
}
/**
 * The keys under which a `config.json` has different accounts for one registry: docker would take one of them by chance.
 * None where there is the exact key, or one account only.
 */
function rivalKeys(file, registry) {
    if (file.auths?.[registryKey(registry)] !== undefined)
        return [];
    const entries = entriesOf(file, registry);
    const accounts = new Set(entries.map(([, entry]) => JSON.stringify(credentialIn(entry))));
    return accounts.size > 1 ? entries.map(([key]) => key) : [];
}
/** Whatever is secret in a `config.json`, in each form that it has there, with the account whose password it is. */
function secretsIn(file) {
    return Object.values(file.auths ?? {}).flatMap((entry) => {
        const credential = credentialIn(entry);
        const { auth = '', password = '', identitytoken = '', registrytoken = '' } = entry;
        const username = credential?.username || entry.username;
        const plain = [auth, password, identitytoken, registrytoken].map((value) => ({ value }));
        return credential === undefined ? plain : [{ value: credential.password, username: username ?? '' }, ...plain];
    });
}
/** The registries for which there is something in a `config.json`, but no account: docker would not read it. */
function unusableEntries(file) {
    return Object.entries(file.auths ?? {}).flatMap(([key, entry]) => {
        const hasAny = TEXTS_OF_ENTRY.some((name) => (entry[name] ?? '') !== '');
        const found = credentialIn(entry);
        const isUsable = found !== undefined && !/[:\p{Cc}]/u.test(found.username);
        return hasAny && !isUsable ? [key] : [];
    });
}
/** Whether a `config.json` leads to any account: one of its own, or that of a helper. */
function leadsToAccounts(file) {
    const helpers = [file.credsStore, ...Object.values(file.credHelpers ?? {})];
    return (helpers.some((helper) => helper !== undefined && helper !== '') ||
        Object.values(file.auths ?? {}).some((entry) => credentialIn(entry) !== undefined));
}
function credentialIn(entry) {
    const [user = '', ...rest] = Buffer.from(entry.auth ?? '', 'base64')
        .toString()
        .replace(/\0+$/, '')
        .split(':');
    const username = user || (entry.username ?? '');
    if (entry.identitytoken)
        return { kind: 'identity-token', username, password: entry.identitytoken };
    const password = rest.join(':') || (entry.password ?? '');
    return username && password ? { kind: 'password', username, password } : undefined;
}
/** The credential helper that a `config.json` names for a registry: its own one first, then the store for all. */
function helperFor(file, registry) {
    const helpers = file.credHelpers ?? {};
    const sameHost = Object.keys(helpers).find((key) => key.toLowerCase() === registry);
    const own = helpers[registryKey(registry)] ?? helpers[sameHost ?? registry];
    const helper = own ?? file.credsStore;
    return helper === '' ? undefined : helper;
}
/** The host of a key under `auths`: without scheme and path, and in lower case, as the registries of images are here. */
function hostOf(key) {
    return (key.replace(/^https?:\/\//i, '').split('/', 1)[0] ?? '').toLowerCase();
}
/**
 * The registries that a `config.json` names: for each it has an account itself, or a helper has. A key that is no registry
 * leads to nothing, and may be a secret in the wrong place.
 */
function registriesIn({ auths = {}, credHelpers = {} }) {
    return [...new Set([...Object.keys(auths), ...Object.keys(credHelpers)].flatMap((key) => registryOf(key) ?? []))];
}
function registryOf(key) {
    try {
        return parseRegistry(key).registry;
    }
    catch (error) {
        if (error instanceof InvalidReference)
            return undefined;
        throw error;
    }
}

;// CONCATENATED MODULE: ./build/runner/safe-text.js


/** Longer lines of others are no help to anybody. */
const MOST_CHARACTERS = 2000;
/** The same text, unless it is so long that nobody would read it to its end: then the beginning, fit to be shown. */
function safe_text_limited(text) {
    return text.length > MOST_CHARACTERS ? safe_text_safeLine(text) : text;
}
/**
 * The text on one line, without what cannot be seen, and hidden before and after: what stood between the halves of a
 * secret may be gone then.
 */
function printableThrough(hide, text) {
    const seen = printable_printable(hide(text));
    // Nothing was found in it, and nothing has become of it.
    return seen === text ? text : hide(seen);
}
/**
 * A text of somebody else (a daemon, a registry, a container, a library) as one line that can be shown: without
 * secrets, without signs that cannot be seen, and not too long. It is cut where it comes in, so that a line of 10 MB
 * is nobody's burden; and never through a secret, the half of which would pass.
 */
function safe_text_safeLine(text, mostCharacters = MOST_CHARACTERS) {
    return shortened(printableThrough(secret_redact, text), mostCharacters);
}

;// CONCATENATED MODULE: ./build/docker/engine/engine.js


/** The daemon said no: its HTTP status and its own words. */
class engine_EngineError extends Error {
    name = 'EngineError';
    status;
    /** Whether it is in the form of a daemon's. What stands in front of one answers in its own, and the message says so. */
    isDaemons;
    /** Whom it was asked, and for what: `unix:///var/run/docker.sock`, `GET /nodes`. */
    asked;
    constructor(status, message, asked, isDaemons = true) {
        super(safe_text_limited(message));
        this.status = status;
        this.asked = asked;
        this.isDaemons = isDaemons;
    }
}
/** The daemon could not be spoken to, or gave no answer that can be read. The message has host, request and cause. */
class ConnectionLost extends Error {
    name = 'ConnectionLost';
    /** The cause alone. */
    reason;
    constructor(message, options = {}) {
        super(message, options);
        this.reason = options.reason ?? message;
    }
}
/** The time for an answer was over. */
class engine_TooLate extends ConnectionLost {
    name = 'TooLate';
}
/** There was an answer, and it is none that a daemon gives. */
class Unreadable extends ConnectionLost {
    name = 'Unreadable';
}
/** Any error as a line that stands for itself; one of a call has the host and the request. */
function wordsOfError(error) {
    return tellCallError(error) ?? errors_messageOf(error);
}
/** An error of a call as a line that stands for itself; `undefined` for any other error. */
function tellCallError(error) {
    if (error instanceof ConnectionLost)
        return error.message;
    if (!(error instanceof engine_EngineError))
        return undefined;
    const { host, request } = error.asked ?? { host: 'the docker daemon', request: 'a request' };
    return `${host} answered ${request} with ${error.isDaemons ? `${error.status}: ` : ''}${error.message}`;
}

;// CONCATENATED MODULE: ./build/docker/engine/api-version.js



/**
 * The newest API whose changes were read (moby, api/docs/CHANGELOG.md); a daemon may be older, then its own is used. A
 * spec that is read and written through an older one than the daemon's loses its newest fields.
 */
const OWN_API_VERSION = '1.56';
/** Docker 20.10: the first with jobs as services. */
const OLDEST_API_VERSION = '1.41';
/**
 * The API version to speak with a daemon that offers `offered`: the oldest unless it tells.
 *
 * @throws EngineError when that is older than {@link OLDEST_API_VERSION}, or no version
 */
function agreeOnVersion(offered = OLDEST_API_VERSION) {
    if (!isVersion(offered)) {
        throw new engine_EngineError(400, `its API version is "${safe_text_safeLine(offered, 20)}", and no docker daemon has such a one`);
    }
    if (compareVersions(offered, OLDEST_API_VERSION) < 0) {
        throw new engine_EngineError(400, `its API ${safe_text_safeLine(offered, 20)} is too old: Docker 20.10 (API ${OLDEST_API_VERSION}) is the oldest that serves`);
    }
    return compareVersions(offered, OWN_API_VERSION) < 0 ? offered : OWN_API_VERSION;
}
/**
 * The environment with a `DOCKER_API_VERSION` that every docker CLI takes alike. Blanks and a `v` before it: 29.9 passes
 * over both, 28.2 over the `v`, 20.10 over neither, and then refuses each command. One that is no version 29.9 refuses
 * before it dials, and older ones send.
 *
 * @throws UserError when it is no version
 */
function withPlainApiVersion(env) {
    const { DOCKER_API_VERSION: asked, ...others } = env;
    const plain = asked?.trim().replace(/^v/, '');
    if (!plain)
        return others;
    if (isVersion(plain))
        return { ...others, DOCKER_API_VERSION: plain };
    throw new errors_UserError(`DOCKER_API_VERSION is "${safe_text_safeLine(plain, 40)}", and no version of docker's API: leave it out, then docker agrees with the daemon, or write one such as ${OWN_API_VERSION}`);
}
/**
 * Why docker commands with this `DOCKER_API_VERSION` would not do what they are to; `undefined` when they would. The CLI
 * takes it as it is, and does not agree on a version with the daemon.
 *
 * @param asked of {@link withPlainApiVersion}
 */
function apiVersionProblem(asked, { ApiVersion: newest, MinAPIVersion = OLDEST_API_VERSION }, host) {
    // With an older one docker itself knows no jobs, and refuses flags that the daemon would take.
    const oldest = compareVersions(MinAPIVersion, OLDEST_API_VERSION) < 0 ? OLDEST_API_VERSION : MinAPIVersion;
    if (compareVersions(asked, oldest) >= 0 && compareVersions(asked, newest) <= 0)
        return undefined;
    const range = `${safe_text_safeLine(oldest, 20)} to ${safe_text_safeLine(newest, 20)}`;
    return `DOCKER_API_VERSION is ${asked}, and what serves with the docker daemon at ${host} is ${range}: leave it out, then docker agrees with the daemon`;
}
function isVersion(text) {
    return /^\d{1,4}\.\d{1,4}$/.test(text);
}
/** Negative, zero or positive, as the first API version is older, the same or newer. */
function compareVersions(a, b) {
    const [majorA = 0, minorA = 0] = a.split('.').map(Number);
    const [majorB = 0, minorB = 0] = b.split('.').map(Number);
    return majorA - majorB || minorA - minorB;
}

;// CONCATENATED MODULE: external "node:http"
const external_node_http_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:http");
;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: external "node:stream/promises"
const external_node_stream_promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream/promises");
;// CONCATENATED MODULE: ./build/runner/clock.js
/**
 * The one clock of a run. Only the global timers are used, so that a test can move time by hand.
 */
/** Milliseconds on a clock that never goes back. */
function clock_nowMs() {
    return performance.now();
}
/** The CPU time that this process has taken, in milliseconds. */
function cpuMs() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
}
/** Milliseconds since 1970, by the clock of this machine: for times that others have set, such as the end of a token. */
function timeOfDayMs() {
    return Date.now();
}
/**
 * Resolves after some milliseconds.
 *
 * @throws DOMException `AbortError`, with the signal's reason as its cause, when it is aborted meanwhile
 */
function clock_sleep(ms, signal) {
    return new Promise((resolve, reject) => {
        const stop = () => {
            clearTimeout(timer);
            const error = new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason });
            reject(error);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', stop);
            resolve();
        }, ms);
        if (signal?.aborted)
            stop();
        else
            signal?.addEventListener('abort', stop, { once: true });
    });
}
/** A pause that does not keep the program alive. */
function idle(ms) {
    return new Promise((resolve) => {
        setTimeout(resolve, ms).unref();
    });
}
/** A signal that is aborted, with a `TimeoutError` as its reason, after some milliseconds; it keeps nothing alive. */
function clock_timeLimit(ms) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(clock_tooLong()), ms).unref();
    return controller.signal;
}
/**
 * The reason of a signal that ends work because its time is over.
 *
 * @param why in words that follow `did not answer:`, for whoever reads of what it has ended
 */
function clock_tooLong(why = 'the time for it is over') {
    return new DOMException(why, 'TimeoutError');
}

;// CONCATENATED MODULE: ./build/docker/registry/insecure.js

/** How daemons treat a registry, from what they say of themselves. Pure. */
/**
 * Whether a daemon speaks to a registry without TLS, or with whoever answers (`insecure-registries` of its
 * daemon.json; moby, daemon/pkg/registry/config.go).
 *
 * @param registry `host[:port]`
 */
function isInsecure(registry, { IndexConfigs = {}, InsecureRegistryCIDRs = [] }) {
    const named = Object.hasOwn(IndexConfigs, registry) ? IndexConfigs[registry] : undefined;
    if (named !== undefined)
        return named.Secure === false;
    if (isOfEachMachine(registry))
        return true;
    const host = insecure_hostOf(registry);
    return InsecureRegistryCIDRs.some((network) => isInNetwork(network, host));
}
/** Whether each machine means itself by it: `localhost:5000`. */
function isOfEachMachine(registry) {
    const host = insecure_hostOf(registry);
    return host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host) || host === '::1';
}
function insecure_hostOf(registry) {
    return registry.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
/** Whether an address is one of a network, `10.0.0.0/8`; a name is in none. */
function isInNetwork(network, host) {
    const version = (0,external_node_net_namespaceObject.isIP)(host);
    const [address = '', bits = ''] = network.split('/');
    if (version === 0 || (0,external_node_net_namespaceObject.isIP)(address) !== version || !/^\d{1,3}$/.test(bits))
        return false;
    const family = version === 6 ? 'ipv6' : 'ipv4';
    const list = new external_node_net_namespaceObject.BlockList();
    try {
        list.addSubnet(address, Number(bits), family);
    }
    catch {
        return false;
    }
    return list.check(host, family);
}

;// CONCATENATED MODULE: ./build/docker/registry/registry-http.js






/** There is no answer. The message is the cause in Node's words. */
class HttpFault extends Error {
    name = 'HttpFault';
    failure;
    /** Whether another try may go better. */
    mayPass;
    constructor(failure, message, mayPass, cause) {
        super(message, { cause });
        this.failure = failure;
        this.mayPass = mayPass;
    }
}
/** No byte in either direction for so long. */
const SILENCE_SECONDS = 60;
/** The same of a request that brings something: a registry may put a large layer together before it answers. */
const STORING_SECONDS = 300;
const MOST_BODY_BYTES = 16 * 1024 * 1024;
/** Of Node's TLS (https://nodejs.org/api/tls.html#x509-certificate-error-codes). */
const UNKNOWN_CA = new Set([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_GET_ISSUER_CERT',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const BAD_CERTIFICATE = /^(?:CERT_|CRL_|ERR_TLS_CERT|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|UNABLE_TO_|ERROR_IN_CERT)/;
const NO_TLS = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG']);
/**
 * The way to registries from here, over the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`,
 * as docker and curl read them).
 */
function registryHttp(env) {
    const httpAgent = new external_node_http_namespaceObject.Agent({ keepAlive: true });
    let httpsAgent;
    const agentFor = async (isTls) => {
        if (!isTls)
            return httpAgent;
        // Few runs need it.
        const { Agent } = await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 4708, 19));
        httpsAgent ??= new Agent({ keepAlive: true });
        return httpsAgent;
    };
    const send = async (request) => {
        const { url, isUnverified = false, authorities = [] } = request;
        const isTls = url.protocol === 'https:';
        const proxy = proxyFor(url, env);
        const tls = {
            ...(isUnverified ? { rejectUnauthorized: false } : {}),
            ...(authorities.length > 0 && !isUnverified ? { ca: [...authorities, ...(await wellKnown())] } : {}),
        };
        if (proxy === undefined)
            return exchange(request, url, { agent: await agentFor(isTls), ...tls });
        if (!isTls) {
            const options = { host: bare(proxy.hostname), port: proxy.port || 80, path: url.href, agent: httpAgent };
            return exchange(request, url, options, proxyAuth(proxy));
        }
        const { connect: connectTls } = await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 1692, 19));
        const tunnel = await openTunnel(proxy, url, request.signal);
        // Of an address there is no server name: the certificate is held to `host`, which is `localhost` where nothing is said.
        const secure = { socket: tunnel, host: bare(url.hostname), servername: serverName(url), ...tls };
        const socket = await secured(connectTls(secure), tunnel, request.signal);
        return exchange(request, url, { createConnection: () => socket }).finally(() => {
            socket.destroy();
            tunnel.destroy();
        });
    };
    return Object.assign(send, {
        [Symbol.dispose]: () => {
            httpAgent.destroy();
            httpsAgent?.destroy();
        },
    });
}
async function wellKnown() {
    const { rootCertificates } = await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 1692, 19));
    return rootCertificates;
}
/** The proxy that stands before an address, if any. Pure. */
function proxyFor(url, env) {
    const read = (name) => env[name.toLowerCase()] || env[name] || '';
    const text = url.protocol === 'https:' ? read('HTTPS_PROXY') : read('HTTP_PROXY');
    if (text === '' || isWithoutProxy(url, read('NO_PROXY')))
        return undefined;
    try {
        const proxy = new URL(text.includes('://') ? text : `http://${text}`);
        return proxy.protocol === 'http:' ? proxy : undefined;
    }
    catch {
        return undefined;
    }
}
/** `example.com` and `.example.com` are all of that domain, with `:5000` only at that port; `10.0.0.0/8`; `*` is everything. */
function isWithoutProxy(url, list) {
    const host = bare(url.hostname);
    // As Go does (golang.org/x/net/http/httpproxy).
    if (host === 'localhost' || /^127\./.test(host) || host === '::1')
        return true;
    const port = url.port || (url.protocol === 'https:' ? '443' : '80');
    return list
        .split(',')
        .map((entry) => entry.trim().toLowerCase())
        .some((entry) => {
        if (entry === '*')
            return true;
        if (isInNetwork(entry, host))
            return true;
        const [, given = entry, only] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [];
        const name = bare(given);
        if (name === '' || (only !== undefined && only !== port))
            return false;
        const domain = name.replace(/^\*?\./, '');
        return host === domain || host.endsWith(`.${domain}`);
    });
}
function proxyAuth({ username, password }) {
    if (username === '')
        return {};
    const account = `${decoded(username)}:${decoded(password)}`;
    return { 'Proxy-Authorization': `Basic ${Buffer.from(account).toString('base64')}` };
}
/** What is no encoding of anything is meant as it stands. */
function decoded(text) {
    try {
        return decodeURIComponent(text);
    }
    catch {
        return text;
    }
}
function openTunnel(proxy, url, signal) {
    const to = `${url.hostname}:${url.port || 443}`;
    const silence = clock_timeLimit(SILENCE_SECONDS * 1000);
    return new Promise((resolve, reject) => {
        const request = (0,external_node_http_namespaceObject.request)({
            host: bare(proxy.hostname),
            port: proxy.port || 80,
            method: 'CONNECT',
            path: to,
            headers: { Host: to, ...proxyAuth(proxy) },
            agent: false,
            signal: AbortSignal.any([signal, silence]),
        });
        request.once('connect', ({ statusCode = 0 }, socket) => {
            if (statusCode === 200)
                return resolve(socket);
            socket.destroy();
            reject(new HttpFault('unreachable', `the proxy ${proxy.host} answers ${statusCode}`, statusCode >= 500));
        });
        request.once('error', (error) => {
            if (signal.aborted)
                return reject(error);
            const said = silence.aborted ? `does not answer in ${SILENCE_SECONDS} s` : `cannot be used: ${error.message}`;
            reject(new HttpFault('unreachable', `the proxy ${proxy.host} ${said}`, true, error));
        });
        request.end();
    });
}
/** @throws HttpFault when no TLS comes about */
function secured(socket, tunnel, signal) {
    const end = () => tunnel.destroy();
    const over = AbortSignal.any([signal, clock_timeLimit(SILENCE_SECONDS * 1000)]);
    over.addEventListener('abort', end, { once: true });
    return new Promise((resolve, reject) => {
        socket.once('secureConnect', () => {
            over.removeEventListener('abort', end);
            resolve(socket);
        });
        socket.on('error', (error) => {
            tunnel.destroy();
            reject(faultOf(error));
        });
        socket.once('close', () => reject(new HttpFault('unreachable', 'the connection over the proxy ended', true)));
    });
}
/** @throws HttpFault when there is no whole answer; the signal's own error when it is aborted */
async function exchange({ method, headers, payload, signal }, url, options, more = {}) {
    signal.throwIfAborted();
    const isTls = url.protocol === 'https:' && options.host === undefined;
    const make = isTls ? (await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 4708, 19))).request : external_node_http_namespaceObject.request;
    const silence = new Silence(payload === undefined ? SILENCE_SECONDS : STORING_SECONDS);
    const ofPayload = new Set();
    const request = make({
        host: bare(url.hostname),
        port: url.port,
        path: `${url.pathname}${url.search}`,
        ...(url.protocol === 'https:' ? { servername: serverName(url) } : {}),
        ...options,
        method,
        headers: {
            Host: url.host,
            ...headers,
            ...more,
            ...(payload === undefined
                ? method === 'POST' || method === 'PUT'
                    ? { 'Content-Length': 0 }
                    : {}
                : { 'Content-Length': payload.size }),
        },
        signal: AbortSignal.any([signal, silence.signal]),
    });
    try {
        const answered = new Promise((resolve, reject) => {
            let hasBegun = false;
            request.once('response', (response) => {
                hasBegun = true;
                readWhole(response, silence).then(resolve, reject);
            });
            request.on('error', reject);
            // Node tells of a switch to another protocol that nobody has asked for by nothing else.
            request.once('close', () => {
                if (!hasBegun)
                    reject(new HttpFault('unreachable', 'the connection ended without an answer', true));
            });
        });
        if (payload === undefined)
            request.end();
        else {
            const sending = (0,external_node_stream_promises_namespaceObject.pipeline)(watched(payload.open(), silence, ofPayload), request);
            // An answer before all is sent, such as a refusal, counts more than what becomes of the rest.
            sending.catch(() => undefined);
            const first = await Promise.race([answered, sending.then(() => undefined)]).catch(async (error) => {
                const answer = await Promise.race([answered.catch(() => undefined), briefly()]);
                if (answer !== undefined)
                    return answer;
                throw error;
            });
            if (first !== undefined)
                return first;
        }
        return await answered;
    }
    catch (error) {
        signal.throwIfAborted();
        const [own] = ofPayload;
        if (ofPayload.size > 0)
            throw own;
        if (silence.signal.aborted) {
            throw new HttpFault('silent', `nothing was heard of ${url.host} for ${silence.seconds} s`, true, error);
        }
        throw faultOf(error);
    }
    finally {
        silence.end();
        request.destroy();
    }
}
/** A refusal may be on its way when the line breaks under what is being sent. */
function briefly() {
    return new Promise((resolve) => {
        setTimeout(() => resolve(undefined), 200).unref();
    });
}
async function readWhole(response, silence) {
    const parts = [];
    let size = 0;
    for await (const part of response) {
        silence.heard();
        size += part.length;
        if (size > MOST_BODY_BYTES)
            throw new HttpFault('registry-error', 'its answer is larger than 16 MB', false);
        parts.push(part);
    }
    if (!response.complete)
        throw new HttpFault('unreachable', 'the answer broke off', true);
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) };
}
/** @param errors takes what goes wrong with the pieces themselves: a disk has the same errors as a line */
async function* watched(pieces, silence, errors) {
    try {
        for await (const piece of pieces) {
            silence.heard();
            yield piece;
        }
    }
    catch (error) {
        errors.add(error);
        throw error;
    }
}
/** Ends a request of which nothing is heard. */
class Silence {
    seconds;
    #over = new AbortController();
    #timer;
    constructor(seconds) {
        this.seconds = seconds;
        this.heard();
    }
    get signal() {
        return this.#over.signal;
    }
    heard() {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#over.abort(), this.seconds * 1000);
    }
    end() {
        clearTimeout(this.#timer);
    }
}
function faultOf(error) {
    const { code = '' } = error;
    if (error instanceof HttpFault || code === '')
        return error;
    const said = errors_messageOf(error);
    if (UNKNOWN_CA.has(code))
        return new HttpFault('unknown-ca', said, false, error);
    if (BAD_CERTIFICATE.test(code))
        return new HttpFault('bad-certificate', said, false, error);
    if (NO_TLS.has(code))
        return new HttpFault('plain-http', said, false, error);
    const mayPass = code !== 'ENOTFOUND';
    return /^E[A-Z]/.test(code) || code.startsWith('HPE_') ? new HttpFault('unreachable', said, mayPass, error) : error;
}
/** `[::1]` is how a URL has it. */
function bare(host) {
    return host.replace(/^\[(.*)\]$/, '$1');
}
/** An address is no name that a server could be asked for (RFC 6066, 3). */
function serverName({ hostname }) {
    return (0,external_node_net_namespaceObject.isIPv6)(bare(hostname)) || /^[\d.]+$/.test(hostname) ? '' : hostname;
}

;// CONCATENATED MODULE: ./build/runner/variables.js
/**
 * Which variables of a step's environment are somebody's own, and what follows from that. By their names alone. Pure.
 */
/** The inputs with their secrets, what was saved for `post`, and tokens of the job: nobody else is to know them. */
const OF_THE_ACTION = /^(INPUT|STATE|ACTIONS)_/;
/** What the runner tells a step about itself and the job: the user's own commands may have a use for it. */
const OF_THE_JOB = /^(GITHUB|GITEA|FORGEJO)_/;
/** Whether only the action itself is to know it: neither the user's own commands nor a compose file has a use for it. */
function variables_isOfTheAction(name) {
    return OF_THE_ACTION.test(name);
}
/** Whether it comes from the runner: no program that is started for the action's own sake has a use for it. */
function isOfTheRunner(name) {
    return OF_THE_ACTION.test(name) || OF_THE_JOB.test(name);
}
/**
 * Without one of these a command is not found, reaches another daemon than the user meant, or none, or outlives a run
 * that is killed. They stay, though a secret (`docker`, `deploy`, `proxy`) may happen to be part of one.
 */
const NEEDED = /^(PATH|HOME|USERPROFILE|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|(HTTPS?|ALL|NO)_PROXY|DOCKER_(HOST|CONTEXT|CONFIG|CERT_PATH|TLS|TLS_VERIFY)|SWARM_DEPLOY_RUN)$/i;
/** Whether a program that is started needs it, whatever its value. */
function isNeeded(name) {
    return NEEDED.test(name);
}
/** The docker CLI obeys these, the Go program that it is, and the ssh that it starts. */
const RULES_DOCKER = /^(DOCKER_.*|HOME|USERPROFILE|PATH|TMPDIR|TEMP|TMP|.*_PROXY|SSH_.*|SSL_CERT_.*|XDG_.*|LD_.*|GO[A-Z]+|OTEL_.*)$/i;
/** Whether docker would obey a variable of this name itself: it cannot be handed to docker for a service alone. */
function rulesDocker(name) {
    return RULES_DOCKER.test(name);
}
/** The variables of a service that docker would obey itself: they are put into the spec that it makes. */
function variables_variablesRulingDocker(env) {
    return Object.fromEntries(Object.entries(env).filter(([name]) => rulesDocker(name)));
}
/** What the action itself gives docker, whatever the step has. */
const GIVEN_TO_DOCKER = ['DOCKER_API_VERSION', 'DOCKER_CONFIG', 'DOCKER_CONTEXT', 'DOCKER_HOST'];
/** Whether docker has a value of its own for it where the step has none. */
function isGivenToDocker(name) {
    return GIVEN_TO_DOCKER.includes(name);
}
/** A variable that a workflow leaves empty is no choice; but Docker 20.10 takes an empty `DOCKER_HOST` for one. */
const CHOICE_OF_ENDPOINT = /^DOCKER_(HOST|CONTEXT)$/i;
/** Whether it says which daemon docker speaks to. */
function choosesEndpoint(name) {
    return CHOICE_OF_ENDPOINT.test(name);
}
/** Each would lead a docker command away from the endpoint, the certificates or the config that was chosen for it. */
const LEADING_ELSEWHERE = [
    'DOCKER_HOST',
    'DOCKER_CONTEXT',
    'DOCKER_TLS',
    'DOCKER_TLS_VERIFY',
    'DOCKER_CERT_PATH',
    'DOCKER_CONFIG',
    'DOCKER_AUTH_CONFIG',
    'DOCKER_STACK_ORCHESTRATOR',
];
/** The environment with nothing in it that leads docker to a daemon or a config. */
function withoutEndpoint(env) {
    return Object.fromEntries(Object.entries(env).filter(([name]) => !LEADING_ELSEWHERE.includes(name)));
}

;// CONCATENATED MODULE: ./build/runner/environment.js


/**
 * The environment for programs that this action starts: the step's own, without what they have no use for and
 * without every variable that holds a secret known so far.
 */
function environmentForChildren(env) {
    const entries = Object.entries(env).filter((entry) => {
        const [name, value] = entry;
        if (value === undefined || isOfTheRunner(name))
            return false;
        if (value === '' && choosesEndpoint(name))
            return false;
        return isNeeded(name) || secret_redact(value) === value;
    });
    return Object.fromEntries(entries);
}
/** The environment for the user's own commands: as in any other step, all that they set for this one. */
function environmentForCommands(env) {
    const entries = Object.entries(env).filter((entry) => {
        const [name, value] = entry;
        return value !== undefined && !isOfTheAction(name);
    });
    return Object.fromEntries(entries);
}

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: ./build/runner/ownership.js
/** Whether this user has made it. Where there are no users, all is theirs. */
function isOwn({ uid }) {
    const user = process.getuid?.();
    return user === undefined || uid === user;
}
/** Whether nobody but this user can have written or read it. */
function isPrivate(stats) {
    return isOwn(stats) && (process.getuid === undefined || (stats.mode & 0o077) === 0);
}

;// CONCATENATED MODULE: ./build/runner/poll.js

/**
 * Asks again and again until the answer is yes: at least once, and once more after a stop. An end without it is no error.
 *
 * @param isOver whether there is no time for another try
 */
async function poll(isDone, everyMs, isOver, stop) {
    while (!(await isDone()) && !stop?.aborted && !isOver())
        await clock_sleep(everyMs, stop).catch(() => undefined);
}

;// CONCATENATED MODULE: ./build/runner/survivors.js



/** What a main takes at most to stop in good order, and more. */
const PATIENCE_MS = 10_000;
const LAST_PATIENCE_MS = 2000;
const LOOK_EVERY_MS = 50;
/** What ends may start something more in its last moment. */
const ROUNDS = 3;
/**
 * When a process began, in the clock ticks of its kernel; `undefined` when there is none with this number any more, or
 * the system does not tell (proc(5), /proc/pid/stat).
 */
function survivors_startOf(pid) {
    try {
        const stat = (0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/stat`, 'utf8');
        // The name of the program stands in brackets, and may itself hold some.
        const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state === 'Z' || state === 'X' ? undefined : fields[18];
    }
    catch {
        return undefined;
    }
}
/**
 * In which numbers of processes mean what they mean here (pid_namespaces(7)): of a container's nobody outside can say by
 * them whether they still run. Empty where the system does not tell.
 */
function survivors_pidNamespace() {
    try {
        return readlinkSync('/proc/self/ns/pid');
    }
    catch {
        return '';
    }
}
/** Whether a process still runs. */
function survivors_isAlive({ pid, startedAt }) {
    return startedAt !== '' && pid > 1 && pid !== process.pid && survivors_startOf(pid) === startedAt;
}
/** Ends a main that still runs: it is asked to, and has some seconds for it. Whether it did so by itself. */
async function stopMain(main) {
    signal(main, 'SIGINT');
    if (await areGone([main], PATIENCE_MS))
        return true;
    signal(main, 'SIGKILL');
    await areGone([main], LAST_PATIENCE_MS);
    return false;
}
/**
 * Ends all processes that a run has started, wherever they are by now: they are known by an entry of their environment.
 *
 * @param mark `NAME=value`
 * @returns how many there were
 */
async function survivors_endMarked(mark) {
    const ended = new Set();
    for (let round = 1; round <= ROUNDS; round++) {
        const left = marked(mark);
        if (left.length === 0)
            break;
        for (const one of left) {
            ended.add(one.pid);
            signal(one, 'SIGTERM');
        }
        if (await areGone(left, LAST_PATIENCE_MS))
            continue;
        for (const one of left)
            signal(one, 'SIGKILL');
        await areGone(left, LAST_PATIENCE_MS);
    }
    return ended.size;
}
function marked(mark) {
    return processes().flatMap((pid) => {
        try {
            const startedAt = survivors_startOf(pid);
            const isOurs = (0,external_node_fs_namespaceObject.readFileSync)(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark);
            return isOurs && startedAt !== undefined && pid !== process.pid ? [{ pid, startedAt }] : [];
        }
        catch {
            // It has ended meanwhile, or is another user's.
            return [];
        }
    });
}
function processes() {
    try {
        return (0,external_node_fs_namespaceObject.readdirSync)('/proc')
            .filter((name) => /^\d+$/.test(name))
            .map(Number);
    }
    catch {
        return [];
    }
}
function signal(one, name) {
    if (!survivors_isAlive(one))
        return;
    try {
        process.kill(one.pid, name);
    }
    catch {
        // It has ended meanwhile.
    }
}
async function areGone(them, patienceMs) {
    const deadline = clock_nowMs() + patienceMs;
    const areAllGone = async () => !them.some(survivors_isAlive);
    await poll(areAllGone, LOOK_EVERY_MS, () => clock_nowMs() >= deadline);
    return areAllGone();
}

;// CONCATENATED MODULE: ./build/runner/state.js






/**
 * What main leaves for `post`: the state that a runner keeps, and a file beside it, for there are runners that lose the
 * state of a job that is cancelled. No secret is in either. The file is a journal: one line of JSON for each change,
 * so that a kill costs the last line at most.
 */
const JOURNAL = 'run.jsonl';
const LARGEST_BYTES = 4_000_000;
let journal;
/** Begins the journal of a main in its workspace. */
function openState(directory, onCancel) {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND;
    journal = openSync(join(directory, JOURNAL), flags, 0o600);
    const { pid } = process;
    state_note({ step: stepIdentity(process.env), pid, startedAt: startOf(pid) ?? '', namespace: pidNamespace(), onCancel });
}
/** Adds a change to the journal. It never fails the run: a full disk must not. */
function state_note(change) {
    if (journal === undefined)
        return;
    try {
        (0,external_node_fs_namespaceObject.writeSync)(journal, `${JSON.stringify(change)}\n`);
    }
    catch {
        journal = undefined;
    }
}
const OF_THE_STEP = ['REPOSITORY', 'RUN_ID', 'RUN_ATTEMPT', 'JOB', 'ACTION', 'WORKSPACE'];
/** Which step of which job a process belongs to, the same for its main and its `post`; empty outside of a runner. */
function stepIdentity(env) {
    const values = OF_THE_STEP.map((name) => env[`GITHUB_${name}`] || env[`FORGEJO_${name}`] || env[`GITEA_${name}`]);
    const [, run] = values;
    if (!run)
        return '';
    return crypto_crypto().createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
/**
 * The state that a run has left in its workspace; `undefined` when there is none, or when anybody else could have
 * written it.
 *
 * @param directory one that was found to be ours
 */
async function state_readState(directory) {
    try {
        if (!isPrivate(await (0,promises_namespaceObject.lstat)(directory)))
            return undefined;
        const file = (0,external_node_fs_namespaceObject.openSync)((0,external_node_path_namespaceObject.join)(directory, JOURNAL), external_node_fs_namespaceObject.constants.O_RDONLY | external_node_fs_namespaceObject.constants.O_NOFOLLOW | external_node_fs_namespaceObject.constants.O_NONBLOCK);
        try {
            const stats = (0,external_node_fs_namespaceObject.fstatSync)(file);
            if (!stats.isFile() || !isPrivate(stats) || stats.size > LARGEST_BYTES)
                return undefined;
            return parseState((0,external_node_fs_namespaceObject.readFileSync)(file, 'utf8'));
        }
        finally {
            (0,external_node_fs_namespaceObject.closeSync)(file);
        }
    }
    catch {
        return undefined;
    }
}
/** The state that the lines of a journal add up to; `undefined` when they are not what {@link note} writes. */
function parseState(text) {
    const services = new Map();
    let state = {
        step: '',
        pid: 0,
        startedAt: '',
        namespace: '',
        stage: '',
        lock: '',
        pulls: '',
        onCancel: 'keep',
        storesCredentials: false,
        removes: false,
        hasLeftFiles: false,
    };
    for (const line of text.split('\n')) {
        const change = parseChange(line);
        if (change === undefined)
            continue;
        const { service, ...rest } = change;
        state = { ...state, ...rest };
        if (service !== undefined)
            services.set(service.name, service);
    }
    return state.pid > 1 ? { ...state, services } : undefined;
}
function parseChange(line) {
    let value;
    try {
        value = JSON.parse(line);
    }
    catch {
        return undefined;
    }
    const isChange = state_isRecord(value) && Object.entries(value).every(([key, inner]) => CHECKS.get(key)?.(inner));
    return isChange ? value : undefined;
}
const FINGERPRINT = /^[0-9a-f]{64}$/;
/** swarmkit, manager/controlapi/service.go; the name of a service in a message must not be more than a name. */
const SERVICE = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/;
const isText = (pattern) => (value) => typeof value === 'string' && pattern.test(value);
const isFingerprint = isText(FINGERPRINT);
const isFingerprintOrEmpty = isText(/^([0-9a-f]{64})?$/);
const SERVICE_CHECKS = {
    name: isText(SERVICE),
    service: isText(SERVICE),
    action: isText(/^(create|update)$/),
    phase: isText(/^(sending|sent|moving)$/),
    before: isFingerprintOrEmpty,
    ours: (value) => Array.isArray(value) && value.every(isFingerprint),
    interim: isFingerprintOrEmpty,
};
/** By the keys of {@link Change}. */
const CHECKS = new Map([
    ['step', isFingerprintOrEmpty],
    ['pid', (value) => Number.isSafeInteger(value) && value > 1],
    ['startedAt', isText(/^\d*$/)],
    ['namespace', isText(/^(pid:\[\d+\])?$/)],
    ['stage', isText(/^[\p{L}\p{N} ,.()'-]{0,80}$/u)],
    ['lock', isText(/^([0-9a-f-]{36})?$/)],
    ['pulls', isText(/^([0-9a-f-]{36})?$/)],
    ['onCancel', isText(/^(keep|rollback)$/)],
    ['storesCredentials', (value) => typeof value === 'boolean'],
    ['removes', (value) => typeof value === 'boolean'],
    ['hasLeftFiles', (value) => typeof value === 'boolean'],
    ['service', (value) => state_isRecord(value) && Object.entries(SERVICE_CHECKS).every(([key, check]) => check(value[key]))],
]);
function state_isRecord(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}

;// CONCATENATED MODULE: ./build/runner/log.js






const MOST_LINE_CHARACTERS = 8000;
const MOST_TITLE_CHARACTERS = 200;
/** Of a longer one actions/runner drops the end (ExecutionContext.cs, _maxIssueMessageLength). */
const MOST_ANNOTATION_CHARACTERS = 4096;
/** For the word on what is missing. */
const ROOM_FOR_REST = 40;
/** Select Graphic Rendition (ECMA-48): green, red, bold. */
const CODES = { good: 32, bad: 31, title: 1 };
/**
 * What this action says. Whatever it is given, no secret of this run leaves it, one call is one line or one
 * annotation, and no line is a command to the runner but those that are made here.
 */
const log_log = logThrough(secret_redact);
/**
 * The same for texts of the report, in which all that is not ours or the user's own was made fit to be shown before:
 * its names and outcomes stay what they are, though a secret may happen to be part of one.
 */
const reportLog = logThrough((text) => text);
/**
 * Shows on a terminal, in a line of its own that is drawn anew, how far something is.
 *
 * @param line the whole of it, at the moment when it is drawn
 * @returns `false` where there are no such lines: then it is a matter for the log
 */
function showLive(key, line) {
    const lines = liveLines();
    lines?.show(key, () => fitToBeSeen(redact, line(), MOST_LINE_CHARACTERS));
    return lines !== undefined;
}
/** Takes such a line away: what it was about has ended. All of them without a key. */
function endLive(key) {
    liveLines()?.drop(key);
}
/** Runs one stage of the work with its lines folded under a title: those that nobody reads as long as all is well. */
async function log_stage(title, work) {
    note({ stage: title });
    return folded(title, work);
}
/** The same for a stage whose lines everybody shall see. */
async function openStage(title, work) {
    note({ stage: title });
    sayTitle(title);
    return work();
}
/** Folds the lines of some work under a title. */
async function folded(title, work) {
    if (!isInRunner(process.env)) {
        sayTitle(title);
        return work();
    }
    writeLine(commandLine('group', withoutCommands(safeLine(title, MOST_TITLE_CHARACTERS)), process.env));
    try {
        return await work();
    }
    finally {
        writeLine(commandLine('endgroup', '', process.env));
    }
}
function sayTitle(title) {
    writeLine(inColour(withoutCommands(`== ${safeLine(title, MOST_TITLE_CHARACTERS)}`), 'title'));
}
/** In the log of a runner, and on a terminal; nowhere for those who want none (https://no-color.org). */
function inColour(line, tone, kind) {
    const { NO_COLOR: unwanted = '' } = process.env;
    if (tone === undefined || unwanted !== '' || !(workflow_commands_isInRunner(process.env) || isTerminal(kind)))
        return line;
    return `\u001b[${CODES[tone]}m${line}\u001b[0m`;
}
/**
 * From now on all of this process speaks by the {@link log} only: what libraries print, and what nobody caught.
 *
 * @param tellLost is given what nobody caught; then the process ends, with the exit code that there is by then
 */
function speakForAll(tellLost) {
    divertOthers((line) => {
        const [, debugged] = /^::debug::(.*)$/s.exec(line) ?? [];
        if (debugged === undefined)
            log_log.info(line);
        else
            log_log.debug(debugged);
    });
    process.on('uncaughtException', (error) => {
        tellLost(error);
        process.exit();
    });
}
function logThrough(hide) {
    const one = (text, most) => fitToBeSeen(hide, text, most);
    const annotate = (level) => (message, title, place) => {
        const lines = hide(message)
            .split(LINE_END)
            .map((line) => workflow_commands_withoutCommands(hide(printable_printable(line))));
        const text = shortened(lines.join('\n'), MOST_ANNOTATION_CHARACTERS - ROOM_FOR_REST);
        annotation(level, text, title === undefined ? undefined : one(title, MOST_TITLE_CHARACTERS), place && { ...place, file: hide(printable_printable(place.file)) });
    };
    return {
        info: (line, tone) => stdout_writeLine(inColour(one(line, MOST_LINE_CHARACTERS), tone)),
        debug: (line) => debug(one(line, MOST_LINE_CHARACTERS)),
        notice: annotate('notice'),
        warning: annotate('warning'),
        error: annotate('error'),
    };
}
/** One line without secrets, commands and signs that cannot be seen. */
function fitToBeSeen(hide, text, most) {
    return workflow_commands_withoutCommands(shortened(printableThrough(hide, text), most));
}
function debug(line) {
    if (workflow_commands_isInRunner(process.env))
        stdout_writeLine(workflow_commands_commandLine('debug', line, process.env));
    else if (process.env.RUNNER_DEBUG === '1')
        stdout_writeLine(workflow_commands_withoutCommands(`Debug: ${line}`));
}
/** @param place by the path in its repository: a runner shows it there */
function annotation(level, message, title, place) {
    if (workflow_commands_isInRunner(process.env)) {
        const at = place === undefined ? {} : { file: place.file, line: String(place.line) };
        stdout_writeLine(workflow_commands_commandLine(level, message, process.env, { ...(title === undefined ? {} : { title }), ...at }));
        return;
    }
    // Without a title it is a problem that names its place itself.
    const at = place === undefined || title === undefined ? '' : `${place.file} line ${place.line}: `;
    const head = `${level.slice(0, 1).toUpperCase()}${level.slice(1)}: ${at}${title === undefined ? '' : `${title}: `}`;
    const kind = level === 'notice' ? 'log' : 'problem';
    const tone = level === 'error' ? 'bad' : undefined;
    for (const line of `${head}${message.replaceAll('\n', '\n  ')}`.split('\n')) {
        stdout_writeLine(inColour(workflow_commands_withoutCommands(line), tone, kind), kind);
    }
}

;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: ./build/runner/user.js

/** Who runs this process. A container may run as a number that its system knows no user by: then both calls throw. */
/** The user's home; where neither `HOME` nor the system says it, what docker has there for such a user. */
function homeDirectory() {
    try {
        return (0,external_node_os_namespaceObject.homedir)();
    }
    catch {
        return '/';
    }
}
/** The user's name, or else the number. */
function userName() {
    try {
        return userInfo().username;
    }
    catch {
        return `user ${process.getuid?.() ?? 'without a name'}`;
    }
}

;// CONCATENATED MODULE: external "node:child_process"
const external_node_child_process_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:child_process");
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: external "node:tty"
const external_node_tty_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tty");
;// CONCATENATED MODULE: ./build/docker/cli/cli.js










/** None of the programs that are run to their end has more to do than to read files, and ask the network once. */
const LIMIT_SECONDS = 60;
/** The largest of what is read is a whole stack in one file. */
const MOST_BYTES = 32 * 1024 * 1024;
/** What a program has printed is read by then, also when a child that it left behind holds its pipes open. */
const DRAIN_MS = 500;
/**
 * A terminal sends Ctrl-C to all programs of the group that it has in front (termios(3), ISIG). What leads to the swarm
 * must outlive that: what a stop calls for goes over it.
 */
const IS_APART = [0, 1, 2].some((stream) => (0,external_node_tty_namespaceObject.isatty)(stream));
/**
 * The docker CLI of the PATH in `env`.
 *
 * @param env the whole environment of its commands
 */
function dockerCli(env) {
    return {
        run: (args, options = {}) => runProgram('docker', args, { ...options, env: { ...env, ...options.env } }),
        start: (args) => (0,external_node_child_process_namespaceObject.spawn)('docker', [...args], { env, stdio: 'pipe', windowsHide: true, detached: IS_APART }),
    };
}
/**
 * Runs a program that needs no input, prints little and ends by itself: it is asked for a version or a key, or unpacks
 * an archive. Nothing of it reaches the log.
 *
 * @throws as {@link runProgram} does
 */
async function probe(program, args, { env, signal, limitSeconds = LIMIT_SECONDS }) {
    if (signal?.aborted)
        throw stopped(signal);
    const path = await findProgram(program, env.PATH);
    // Loaded here, as the package.json beside the code says: most mistakes in the inputs are told before it is needed.
    const { getExecOutput } = await import(/* webpackIgnore: true */ '#exec');
    // The library hands over no process. One that hangs all the same is found by this.
    const [name, value] = ['SWARM_DEPLOY_PROBE', (0,external_node_crypto_namespaceObject.randomUUID)()];
    const options = { env: { ...env, [name]: value }, silent: true, ignoreReturnCode: true, delay: DRAIN_MS };
    const ended = new AbortController();
    const limit = clock_sleep(limitSeconds * 1000, AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]));
    try {
        const { exitCode, stdout, stderr } = await Promise.race([
            getExecOutput(quoted(path), [...args], options),
            limit.then(() => {
                throw tooMuch(program, args, tooLate(limitSeconds));
            }),
        ]);
        return { code: exitCode ?? KILLED, stdout, stderr };
    }
    catch (error) {
        await survivors_endMarked(`${name}=${value}`);
        throw spawnError(error, program);
    }
    finally {
        ended.abort();
    }
}
/**
 * Where the system finds a program that is started with this PATH (execvp(3)): the library looks on the PATH of this
 * process, and docker may have been installed for this run alone.
 */
async function findProgram(program, path = '/bin:/usr/bin') {
    // Elsewhere there are endings to try, which the library knows.
    if (process.platform === 'win32')
        return program;
    let refused;
    for (const directory of program.includes('/') ? [''] : path.split(external_node_path_namespaceObject.delimiter)) {
        const file = (0,external_node_path_namespaceObject.resolve)(directory, program);
        try {
            if (!(await (0,promises_namespaceObject.stat)(file)).isFile())
                continue;
            await (0,promises_namespaceObject.access)(file, external_node_fs_namespaceObject.constants.X_OK);
            return file;
        }
        catch (error) {
            if (error.code === 'EACCES')
                refused = error;
        }
    }
    throw refused ?? Object.assign(new Error(`spawn ${program} ENOENT`), { code: 'ENOENT', syscall: 'spawn' });
}
/** The library reads the program as the first word of a line, in which a backslash means itself unless a `"` follows. */
function quoted(path) {
    return `"${path.replaceAll('"', '\\"')}"`;
}
/** The library passes on why a program could not be started as a text, within a longer one. */
function spawnError(error, program) {
    const [, code] = /Error: spawn .* (E[A-Z]+)$/.exec(errors_messageOf(error)) ?? [];
    if (code === undefined)
        return error;
    return Object.assign(new Error(`spawn ${program} ${code}`), { code, syscall: 'spawn' });
}
/**
 * Runs a program to its end. It is ended when it takes longer than its limit, prints without end, or is not wanted any
 * more.
 *
 * @throws NodeJS.ErrnoException with code `ENOENT` when it is not on the PATH, UserError when it was ended at a limit,
 * `AbortError` with the signal's reason as its cause when `signal` ended it
 */
function runProgram(program, args, options) {
    const { env, cwd, stdin = '', signal, limitSeconds = LIMIT_SECONDS } = options;
    return new Promise((resolve, reject) => {
        if (signal?.aborted)
            return reject(stopped(signal));
        const child = (0,external_node_child_process_namespaceObject.spawn)(program, [...args], {
            stdio: 'pipe',
            windowsHide: true,
            detached: IS_APART,
            ...(env === undefined ? {} : { env }),
            ...(cwd === undefined ? {} : { cwd }),
        });
        const end = () => {
            clearTimeout(clock);
            clearTimeout(drain);
            signal?.removeEventListener('abort', stop);
        };
        const giveUp = (error) => {
            end();
            reject(error);
            // The docker CLI takes SIGTERM as a wish only.
            child.kill('SIGKILL');
            for (const pipe of [child.stdin, child.stdout, child.stderr])
                pipe.destroy();
        };
        const clock = setTimeout(() => giveUp(tooMuch(program, args, tooLate(limitSeconds))), limitSeconds * 1000);
        let drain;
        const stop = () => giveUp(stopped(signal));
        signal?.addEventListener('abort', stop, { once: true });
        const onFlood = () => giveUp(tooMuch(program, args, `printed more than ${MOST_BYTES / 1024 / 1024} MB`));
        const printed = [child.stdout, child.stderr].map((stream) => collect(stream, onFlood));
        const done = (code) => {
            end();
            const [stdout = '', stderr = ''] = printed.map((text) => text());
            resolve({ code, stdout, stderr });
        };
        child.once('error', giveUp);
        child.once('exit', (code) => {
            drain = setTimeout(() => {
                done(code ?? KILLED);
                for (const pipe of [child.stdout, child.stderr])
                    pipe.destroy();
            }, DRAIN_MS);
        });
        child.once('close', (code) => done(code ?? KILLED));
        // A program that ends without reading its input breaks the pipe: its exit code says what matters.
        child.stdin.on('error', () => undefined);
        child.stdin.end(stdin);
    });
}
/** The exit code for a program that a signal has ended. */
const KILLED = 128;
function stopped(signal) {
    return new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason });
}
function tooMuch(program, args, what) {
    return new errors_UserError(`${nameOf(program, args)} ${what}, and was ended: run it by hand on this runner to see why`);
}
function tooLate(limitSeconds) {
    return `did not end within ${limitSeconds} s`;
}
/** Keeps what a stream brings. */
function collect(stream, onFlood) {
    const parts = [];
    let bytes = 0;
    stream.on('data', (part) => {
        bytes += part.length;
        if (bytes > MOST_BYTES)
            return onFlood();
        parts.push(part);
    });
    return () => Buffer.concat(parts).toString();
}
/** As somebody would type it, without its options' values: `docker context inspect`. */
function nameOf(program, args) {
    const [, ...words] = args[0] === '--config' ? args.slice(1) : ['', ...args];
    const shown = words.slice(0, 2).filter((word) => /^-{0,2}[a-z-]+$/.test(word));
    return `\`${[safe_text_safeLine(program), ...shown].join(' ')}\``;
}
/** Starts a program and hands over its pipes. */
function startProgram(program, args, env) {
    return (0,external_node_child_process_namespaceObject.spawn)(program, [...args], { env, stdio: 'pipe', windowsHide: true, detached: IS_APART });
}
/**
 * The shell watches over the program and takes no part in its arguments. When this process ends in any way, also by
 * SIGKILL, the pipe closes, and the program is ended.
 */
const GUARD = `exec 3<&0
"$@" 3<&- </dev/null &
program=$!
{ read -r _ <&3; kill "$program"; } 2>/dev/null &
guard=$!
exec 3<&-
wait "$program"
code=$?
kill "$guard" 2>/dev/null
exit "$code"`;
/** Starts a program that reads no input and ends when this process does, or when its `stdin` is closed. */
function startGuarded(program, args, env) {
    return startProgram('/bin/sh', ['-c', GUARD, 'guard', program, ...args], env);
}

;// CONCATENATED MODULE: ./build/docker/cli/endpoint.js

/**
 * Ties docker commands to the endpoint of a context. A configuration directory of our own has neither contexts nor
 * certificates: without this the CLI would quietly go to the runner's own daemon.
 *
 * @param env the step's environment
 * @param context of the user's own configuration
 * @param userConfigDirectory where the CLI looks for certificates when `DOCKER_CERT_PATH` is not set
 */
function environmentForEndpoint(env, context, userConfigDirectory) {
    const host = context.Endpoints.docker.Host;
    const tls = context.Name === 'default' ? tlsOfEnvironment(env, userConfigDirectory) : tlsOfContext(context);
    return { host, env: { ...withoutEndpoint(env), ...tls, DOCKER_HOST: host } };
}
function tlsOfEnvironment(env, userConfigDirectory) {
    if (!env.DOCKER_TLS && !env.DOCKER_TLS_VERIFY)
        return {};
    return {
        ...(env.DOCKER_TLS ? { DOCKER_TLS: env.DOCKER_TLS } : {}),
        ...(env.DOCKER_TLS_VERIFY ? { DOCKER_TLS_VERIFY: env.DOCKER_TLS_VERIFY } : {}),
        DOCKER_CERT_PATH: env.DOCKER_CERT_PATH || userConfigDirectory,
    };
}
function tlsOfContext(context) {
    const hasMaterial = (context.TLSMaterial?.docker ?? []).length > 0;
    const directory = context.Storage?.TLSPath;
    if (!hasMaterial || !directory)
        return {};
    const verify = context.Endpoints.docker.SkipTLSVerify ? { DOCKER_TLS: '1' } : { DOCKER_TLS_VERIFY: '1' };
    return { ...verify, DOCKER_CERT_PATH: `${directory}/docker` };
}
/** Whether a context has TLS without any certificate, which docker takes from contexts only. */
function hasBareTls({ Endpoints: { docker }, TLSMaterial: material }) {
    return docker.Host.startsWith('tcp:') && docker.SkipTLSVerify === true && (material?.docker ?? []).length === 0;
}

;// CONCATENATED MODULE: ./build/inputs/masking.js



/** What is no secret in an entry of `registries`. A key that is not known may be a password's, with a typo. */
const PUBLIC_KEYS = [
    ...['registry', 'username', 'password-env', 'password-file', 'config', 'ecr', 'logout', 'scope'],
    ...['role', 'access-key-id-env', 'secret-access-key-env', 'session-token-env'],
    ...['stored-username', 'stored-password-env', 'stored-password-file'],
];
const PASSWORDS = ['password', 'stored-password'];
/** Whose secrets were said to stay visible. */
const told = new Set();
/**
 * Takes the value out of all that is printed from now on. A notice says so where that would harm more than it helps.
 *
 * @param place of the secret, as the user knows it
 */
function masking_hide(value, place, username) {
    if (value.trim() === '')
        return;
    new secret_Secret(value, username);
    if (isMasked(value) || told.has(place))
        return;
    told.add(place);
    reportLog.notice(`${place}: the secret is so short or so common a word that with it masked nobody could read the log: it is not masked. Use a longer one`);
}
/** Hides the tokens that are known for ones by their look, wherever in a text they stand. */
function hideTokens(text) {
    for (const token of tokensIn(text))
        new secret_Secret(token);
}
/** Hides whatever a password could be in a `registries` text that was read as YAML. */
function hidePasswords(value) {
    if (value.kind === 'map')
        hidePasswordsOfMap(value);
    if (value.kind !== 'list')
        return;
    for (const item of value.items) {
        if (item.kind === 'text')
            guess(item.value.split(/\s+/).at(-1));
        else
            hidePasswords(item);
    }
}
function hidePasswordsOfMap(map) {
    for (const { key, value } of map.entries) {
        if (PASSWORDS.includes(key)) {
            if (value.kind === 'text')
                guess(value.value);
            else
                hideAll(value);
        }
        else if (value.kind !== 'text')
            hidePasswords(value);
        else if (!PUBLIC_KEYS.includes(key))
            guess(value.value);
    }
}
function hideAll(value) {
    if (value.kind === 'text')
        guess(value.value);
    if (value.kind === 'list')
        value.items.forEach(hideAll);
    if (value.kind !== 'map')
        return;
    for (const entry of value.entries) {
        guess(entry.key);
        hideAll(entry.value);
    }
}
/** Hides whatever follows a password's key in a text that is not valid YAML. */
function hideAfterPasswordKeys(text) {
    for (const [, rest = ''] of text.matchAll(/pass[a-z]{0,20}["']?[ \t]*:[ \t]*([^\r\n]*)/gi)) {
        guess(rest);
        for (const piece of rest.match(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,]+/g) ?? []) {
            guess(piece);
            guess(piece.replace(/^["']|["'}\]]+$/g, ''));
        }
    }
}
/** How a `config.json` names what is secret in it, and its value; also one that is cut off. */
const SECRET_OF_CONFIG = /["']?(?:auth|password|identitytoken|registrytoken|secret|token)["']?\s*:\s*["']?((?:[^"'\\\r\n]|\\.)+)/gi;
/**
 * Hides whatever is secret in the text of a `config.json`, also where docker would not read it: the values of its keys
 * for secrets, and the password that is in base64 of `user:password`.
 */
function hideInConfigText(text) {
    for (const [, value = ''] of text.matchAll(SECRET_OF_CONFIG)) {
        guess(value.replace(/[\s,}\]]+$/, ''));
        const [user, ...password] = Buffer.from(value, 'base64').toString().replace(/\0+$/, '').split(':');
        if (password.length > 0 && password.join(':').trim() !== '')
            new secret_Secret(password.join(':'), user);
    }
}
/** A runner looks for every mask in every line. Of a longer text its beginning tells it from all others. */
const LONGEST_MASK = 8192;
/** Hides a secret text in base64, with or without line ends in it. */
function hideBase64(text) {
    const dense = text.replace(/\s+/g, '');
    guess(dense.slice(0, LONGEST_MASK));
    if (dense !== text)
        guess(text.slice(0, LONGEST_MASK));
}
/** An address has one before its user name at most, and one behind it. */
const MOST_COLONS = 3;
/**
 * Hides what may be the password of a pasted address, `https://user:password@host`, also of one that is not quite an
 * address: all behind each colon, up to the last `@`.
 */
function hideUserInfo(address) {
    const [, ...behind] = userInfoOf(address).split(':');
    for (const index of behind.keys())
        if (index < MOST_COLONS)
            guess(behind.slice(index).join(':'));
}
/** The same of the address that docker goes to by itself; all of it, where it has the look of a secret: docker says it again. */
function hideAddress(address) {
    hideUserInfo(address);
    hideByLook(address);
}
/** Hides a name of the user's own choice where a secret stands in its place: it is in lines of the log, and in the report. */
function hideByLook(name) {
    if (mayBeSecret(name))
        new secret_Secret(name);
}
/** An address as a message shows it: without what may be a password, however short that is. */
function masking_withoutUserInfo(address) {
    return userInfoOf(address).includes(':') ? `***${address.slice(address.lastIndexOf('@'))}` : address;
}
/** All before the last `@`, without the scheme. */
function userInfoOf(address) {
    return address.slice(0, Math.max(0, address.lastIndexOf('@'))).replace(/^\w*:?\/+/, '');
}
/** Hides the columns from the third on of a line that does not have four of them. */
function hideColumns(line) {
    const columns = line.trim().split(/[ \t]+/);
    columns.slice(2).forEach(guess);
    guess(/^\s*(?:\S+\s+){3}(.*)$/.exec(line)?.[1]);
}
function guess(value) {
    if (value !== undefined && value.trim() !== '')
        new secret_Secret(value.trim());
}

;// CONCATENATED MODULE: ./build/inputs/reach/host.js




const FORMS = '`ssh://user@host`, `tcp://host:2376` or `unix:///path`';
const NAME = String.raw `(?:\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9](?:[\w.-]*\w)?)`;
const SSH = new RegExp(String.raw `^(?:([A-Za-z0-9_][\w.@+-]*)@)?(${NAME})(?::(\d{1,5}))?(/.*)?$`);
const TCP = new RegExp(String.raw `^${NAME}:(\d{1,5})/?$`);
/** What a remote shell and an option of ssh take literally. */
const PLAIN_PATH = /^\/[\w./@+-]*$/;
/**
 * An entry of `host`, in the form that docker itself takes.
 *
 * @throws UserError that says what to write instead
 */
function parseHost(text) {
    const [, scheme, rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(text) ?? [];
    if (scheme === 'ssh')
        return parseSsh(text, rest);
    if (scheme === 'tcp')
        return parseTcp(text, rest);
    if (scheme === 'unix') {
        if (/^\/[^\s\0]+$/.test(rest))
            return { kind: 'unix', text };
        throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} names no socket: write its absolute path, such as unix:///var/run/docker.sock`);
    }
    throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} is no address of a docker daemon: write one such as ${formsWith(text)}`);
}
/** The address of a daemon as a message names it: as it was written, unless it has the look of a secret. */
function shownAddress(text) {
    const [scheme = ''] = /^[a-z]+:\/\//.exec(text) ?? [];
    return mayBeSecret(text) ? `${scheme}***` : text;
}
/** The forms of an address, with the name of the host where that is all that was given. */
function formsWith(text) {
    const [, , name, port, path] = SSH.exec(text) ?? [];
    return name === undefined || path !== undefined || mayBeSecret(text)
        ? FORMS
        : `\`ssh://user@${name}${port === undefined ? '' : `:${port}`}\`, \`tcp://${name}:2376\` or \`unix:///path\``;
}
/**
 * A hop of `ssh-jump`, `[ssh://][user@]host[:port]`, as ssh's option `-J` takes it.
 *
 * @throws UserError that says what to write instead
 */
function parseJump(text) {
    const [, user, name, port, path] = SSH.exec(text.replace(/^ssh:\/\//, '')) ?? [];
    if (name === undefined || path !== undefined || !isPort(port)) {
        throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} is no jump host: write user@host or user@host:port, several with commas between`);
    }
    return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}
function parseSsh(text, rest) {
    if (/^[^@/]*:.*@/.test(rest)) {
        throw new errors_UserError('there is a password in the address, which ssh cannot use: leave it out, and give `ssh-key`');
    }
    const [, user, name, port, path] = SSH.exec(rest) ?? [];
    if (name === undefined || !isPort(port)) {
        throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} is no SSH address: write ssh://user@host, ssh://user@host:port or ssh://user@host/path/to/docker.sock`);
    }
    const socket = path === undefined || path === '/' ? undefined : path;
    if (socket !== undefined && !PLAIN_PATH.test(socket)) {
        throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} has a socket path with special characters: give one of letters, digits and ./@+-_ only`);
    }
    return {
        kind: 'ssh',
        text: shownAddress(text),
        user,
        name: name.replace(/^\[|\]$/g, ''),
        port: port === undefined ? undefined : Number(port),
        socket,
    };
}
function parseTcp(text, rest) {
    const [, port] = TCP.exec(rest) ?? [];
    if (port === undefined || !isPort(port)) {
        throw new errors_UserError(`${shown_shown(masking_withoutUserInfo(text))} is no address of a docker daemon: write it with its port, such as tcp://manager.example.com:2376`);
    }
    return { kind: 'tcp', text: text.replace(/\/$/, '') };
}
function isPort(port) {
    return port === undefined || (Number(port) > 0 && Number(port) < 65_536);
}

;// CONCATENATED MODULE: ./build/inputs/reach/path.js
/** The path of a key or certificate, as programs have it behind a flag. */
const path_PATH = /^(?:~|\.{0,2})\/\S{1,200}$|^[\w.-]{0,100}(?:\.pem|\.key|\.crt|\.cert|id_(?:rsa|ecdsa|ed25519))$/;
/** Whether a text is a path where the content of such a file is wanted. Pure. */
function isPath(text) {
    return path_PATH.test(text.trim());
}

;// CONCATENATED MODULE: ./build/inputs/reach/tls.js



const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
/**
 * PEM text, also when it was given as base64 of it.
 *
 * @throws UserError that says what to write; it does not quote what was given
 */
function pemFrom(text, kind) {
    const plain = text.includes('-----BEGIN') || !BASE64.test(text) ? text : Buffer.from(text, 'base64').toString('utf8');
    const normal = `${plain.replace(/\r\n?/g, '\n').trim()}\n`;
    if (normal.includes(`${kind}-----`) && normal.startsWith('-----BEGIN'))
        return normal;
    const article = kind === 'CERTIFICATE' ? 'certificate' : 'private key';
    if (isPath(text))
        throw new errors_UserError(`it is a path, and no ${article}: write the content of that file`);
    throw new errors_UserError(`it is no ${article} in PEM: write the text from -----BEGIN on, or the base64 of all of it`);
}
/** What is wrong with certificates and key before any connection, one line each that begins with the input's name. */
function tlsProblems(pem, now) {
    const ca = certificate(pem.ca);
    const cert = certificate(pem.cert);
    const key = privateKey(pem.key);
    const problems = [];
    if (ca === undefined)
        problems.push('tls-ca: it cannot be read as a certificate: give the whole PEM text');
    if (cert === undefined)
        problems.push('tls-cert: it cannot be read as a certificate: give the whole PEM text');
    if (key === undefined) {
        const encrypted = /ENCRYPTED/.test(pem.key);
        problems.push(encrypted
            ? 'tls-key: it is encrypted, which docker cannot use: give it without a passphrase'
            : 'tls-key: it cannot be read as a private key: give the whole PEM text');
    }
    for (const [name, given] of [
        ['tls-ca', ca],
        ['tls-cert', cert],
    ]) {
        const problem = given && validity(given, now);
        if (problem !== undefined)
            problems.push(`${name}: ${problem}`);
    }
    if (cert !== undefined && key !== undefined && !cert.checkPrivateKey(key)) {
        problems.push('tls-key: it does not belong to the certificate of `tls-cert`: give the two that were made together');
    }
    return problems;
}
/** Why a certificate is not valid at a time, with what to do; `undefined` when it is. */
function validity({ validFrom, validTo }, now) {
    if (new Date(validTo) < now)
        return `it expired on ${day(validTo)}: renew it and set the new one`;
    if (new Date(validFrom) > now) {
        return `it is not valid before ${day(validFrom)}: check the clock of the runner, or set an earlier one`;
    }
    return undefined;
}
function day(text) {
    return new Date(text).toISOString().slice(0, 10);
}
function certificate(pem) {
    try {
        return new (crypto_crypto().X509Certificate)(pem);
    }
    catch {
        return undefined;
    }
}
function privateKey(pem) {
    try {
        return crypto_crypto().createPrivateKey(pem);
    }
    catch {
        return undefined;
    }
}
/** Docker's words for a TCP endpoint that does not work, the most telling first. */
const WORDINGS = [
    [
        /x509: certificate is valid for|doesn't contain any IP SANs|cannot validate certificate for/,
        'its certificate is for another name: write the name or address that the certificate has in `host`',
    ],
    [
        /signed by unknown authority/,
        'its certificate is not signed by `tls-ca`: set the CA that the daemon was started with (its --tlscacert)',
    ],
    [
        /x509: certificate has expired or is not yet valid/,
        'its own certificate has expired: renew the certificate of the daemon',
    ],
    [
        /remote error: tls: (?:expired certificate|certificate expired)/,
        'it says that `tls-cert` has expired: renew it and set the new one',
    ],
    [
        /remote error: tls: (?:bad certificate|unknown certificate authority|unknown certificate|certificate required)/,
        'it does not accept `tls-cert`: set one that was signed by the CA which the daemon trusts (its --tlscacert)',
    ],
    [
        /server gave HTTP response to HTTPS client|first record does not look like a TLS handshake/,
        'it does not speak TLS: check the port, 2376 is usual for TLS',
    ],
    [/HTTP request to an HTTPS server|malformed HTTP response/, 'it wants TLS: give `tls-ca`, `tls-cert` and `tls-key`'],
    [/no such host|server misbehaving/, 'no such host is known: check the name in `host`'],
    [/connection refused/, 'the connection was refused: check the port, and that dockerd listens there (its --host)'],
    [
        /i\/o timeout|deadline exceeded|no route to host|network is unreachable/,
        'there was no answer: check the address, and that a firewall lets this runner through',
    ],
];
/** What docker said against a TCP endpoint, in one clause with its remedy; docker's own words where none is known. */
function tcpReason(said) {
    return WORDINGS.find(([pattern]) => pattern.test(said))?.[1] ?? said.replace(/\s+/g, ' ').trim();
}

;// CONCATENATED MODULE: ./build/connect/local-reason.js

/** What the docker CLI says where no daemon answers on this machine, the most telling first (docker/cli, connhelper). */
const local_reason_WORDINGS = [
    [
        /permission denied/i,
        { what: 'the user of this step may not use its socket', first: 'add that user to the group docker' },
    ],
    [
        /no such file or directory|connection refused|cannot connect to the docker daemon|is the docker daemon running|failed to open the raw stream connection/i,
        { what: 'no docker daemon runs there', first: 'start it' },
    ],
];
/**
 * Why the daemon of this machine does not answer, with what to do; what was said itself where that is not known.
 *
 * @param rootless the sockets of daemons that this user runs without root. Docker itself does not look for them (docker/cli
 *   29.9), and neither does this step: its swarm would be another than that of the docker commands beside it
 */
function localReason(said, rootless = []) {
    const known = local_reason_WORDINGS.find(([pattern]) => pattern.test(said))?.[1];
    if (known === undefined)
        return said;
    const { what, first } = known;
    const remote = 'write the address of a manager in `host`, as in `host: ssh://user@manager`';
    if (rootless.length === 0)
        return `${what}: ${first}, or ${remote}`;
    const [one = ''] = rootless;
    const found = rootless.map((path) => safe_text_safeLine(path, 200)).join(' and ');
    return `${what}, but one without root has its socket at ${found}: write \`host: unix://${safe_text_safeLine(one, 200)}\` if that is the one to use, or ${first}, or ${remote}`;
}

;// CONCATENATED MODULE: ./build/connect/local-sockets.js


/**
 * The sockets of docker daemons that this user runs here without root, where docker's own set-up puts them (moby,
 * contrib/dockerd-rootless-setuptool.sh; Docker Desktop).
 *
 * @param tried that is not asked for again: `unix:///var/run/docker.sock`
 */
function rootlessSockets(tried, env) {
    const { XDG_RUNTIME_DIR: runtime, HOME: home } = env;
    const uid = process.getuid?.();
    const places = [
        ...(runtime ? [(0,external_node_path_namespaceObject.join)(runtime, 'docker.sock')] : []),
        ...(uid === undefined ? [] : [`/run/user/${uid}/docker.sock`]),
        ...(home ? [(0,external_node_path_namespaceObject.join)(home, '.docker/run/docker.sock'), (0,external_node_path_namespaceObject.join)(home, '.docker/desktop/docker.sock')] : []),
    ];
    return [...new Set(places)].filter((place) => tried !== `unix://${place}` && isSocket(place));
}
function isSocket(path) {
    try {
        return (0,external_node_fs_namespaceObject.statSync)(path).isSocket();
    }
    catch {
        return false;
    }
}

;// CONCATENATED MODULE: ./build/connect/ssh/error.js

/** OpenSSH's words and those of the docker CLI on the far end, the most telling first. */
const error_WORDINGS = [
    ['revoked-host-key', /REVOKED HOST KEY DETECTED|is marked as revoked/i],
    ['changed-host-key', /REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed/i],
    ['unknown-host-key', /host key is known for|Host key verification failed|No matching host key fingerprint/i],
    ['no-key-type', /no matching host key type/i],
    ['no-user', /No user exists for uid/i],
    ['passphrase', /incorrect passphrase|bad passphrase/i],
    ['unreadable-key', /Load key .*: (?:error in libcrypto|invalid format|unsupported|unknown)/i],
    ['refused-key', /Permission denied \(|Too many authentication failures|no more authentication methods/i],
    ['unresolved', /Could not resolve hostname|Name or service not known/i],
    ['jump-forbidden', /administratively prohibited[\s\S]*stdio forwarding failed/i],
    ['no-permission', /permission denied while trying to connect|dial unix .*permission denied/i],
    ['no-docker', /docker: (?:command )?not found|docker: No such file|exec: .?docker.?: .*not found/i],
    [
        'no-daemon',
        /Cannot connect to the Docker daemon|Is the docker daemon running|dial unix .*(?:no such file|refused)/i,
    ],
    ['refused', /Connection refused/i],
    ['timed-out', /timed out|Timeout, server .* not responding/i],
    ['unreachable', /No route to host|Network is unreachable/i],
    ['crowded', /kex_exchange_identification|Exceeded MaxStartups|ssh_exchange_identification|banner exchange/i],
    ['dropped', /Broken pipe|Connection reset/i],
    ['closed', /Connection closed by|closed by remote host/i],
];
/** What went wrong, from what ssh printed. */
function classifySsh(stderr) {
    return error_WORDINGS.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'unknown';
}
/** Why there is no route over SSH, in one clause that ends with what to do. */
function sshReason({ stderr, offered, user, pinned = [] }) {
    const failure = classifySsh(stderr);
    switch (failure) {
        case 'revoked-host-key':
            return `the host shows a key that \`ssh-known-hosts\` marks as \`@revoked\`: ${offer(offered)}. Nobody is to trust it any more: give the host a new key, or find out who answers in its place`;
        case 'changed-host-key':
            return `the host key is not the one in \`ssh-known-hosts\`: ${offer(offered)}${trusted(pinned)}. The host was set up anew, or someone stands in between: ${CHECK}`;
        case 'unknown-host-key':
            if (offered !== undefined && pinned.includes(offered.fingerprint)) {
                return `${offer(offered)}, which \`ssh-known-hosts\` has under another name: if that is the same host, write \`${offered.host} ${offered.fingerprint}\` there too`;
            }
            return `the host key is not in \`ssh-known-hosts\`: ${offer(offered)}${trusted(pinned)}. ${CHECK}`;
        case 'no-key-type':
            return 'the server has no host key of a type that this ssh takes: give it an ed25519 key (`ssh-keygen -A` there)';
        case 'no-user':
            return 'ssh goes nowhere for a user that the system of this runner has no name for: run the step as one of its users, or give this one a line in its /etc/passwd';
        case 'passphrase':
            return 'the passphrase does not open the key: set `ssh-passphrase` to the one of `ssh-key`';
        case 'unreadable-key':
            return 'ssh cannot read `ssh-key`: write the whole private key, from -----BEGIN to the last line';
        case 'refused-key':
            return `the server does not accept the key for the user ${user ?? 'of this runner'}: check the user in \`host\`, and that the public half of \`ssh-key\` is in that user's ~/.ssh/authorized_keys`;
        case 'unresolved':
            return 'no such host is known: check the name in `host` and `ssh-jump`';
        case 'refused':
            return 'the connection was refused: check the port, and that sshd runs there';
        case 'timed-out':
            return 'there was no answer in time: check the address, and that a firewall lets this runner through';
        case 'unreachable':
            return 'the network has no way to it: check the address, and whether it needs `ssh-jump`';
        case 'jump-forbidden':
            return 'the jump host does not forward connections: set `AllowTcpForwarding yes` in its sshd_config, or use another in `ssh-jump`';
        case 'crowded':
            return 'sshd closed the connection before the login: too many log in at the same time (raise MaxStartups in its sshd_config), or it blocks this runner';
        case 'dropped':
            return 'the connection was cut';
        case 'closed':
            return 'the server closed the connection: check what its sshd log says';
        case 'no-permission':
            return `the user ${user ?? 'of this runner'} may not use the docker socket: add it to the group docker there, or connect as another user`;
        case 'no-docker':
            return 'neither is its docker socket reachable nor a docker command on its PATH: install docker there, allow socket forwarding, or give the path of the socket in `host`';
        case 'no-daemon':
            return 'docker does not run there, or its socket is elsewhere: start it, or give the path of the socket in `host`';
        case 'unknown':
            return lastLine(stderr);
    }
}
/**
 * The same where docker has called the ssh of the runner, by that one's own settings; what was said itself where it is
 * none of ssh's.
 *
 * @param said docker's words, with ssh's at their end (docker/cli, commandconn)
 */
function runnersSshReason(said) {
    const [, stderr] = /has exited with [^:]*: stderr=(.*)$/s.exec(said) ?? [];
    if (stderr === undefined)
        return said;
    const failure = classifySsh(stderr);
    const words = `(it says: ${lastLine(stderr)})`;
    switch (failure) {
        case 'unknown':
            return said;
        case 'changed-host-key':
        case 'unknown-host-key':
        case 'revoked-host-key':
            return `the ssh of this runner does not trust the host's key ${words}: write the address in \`host\`, with \`ssh-key\` and \`ssh-known-hosts\`, or put the key into ~/.ssh/known_hosts before: nobody is asked here, as \`ssh\` by hand does`;
        case 'refused-key':
        case 'unreadable-key':
        case 'passphrase':
            return `the server accepts no key that the ssh of this runner has ${words}: write the address in \`host\`, with \`ssh-key\` and \`ssh-known-hosts\`, or prepare the key in ~/.ssh before, one with a passphrase in an agent (\`ssh-add\`): nobody is asked for it here`;
        default:
            return sshReason({ stderr, offered: undefined, user: undefined });
    }
}
const CHECK = 'Compare it on the server itself (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`, or its console), and only if it is the same write it to `ssh-known-hosts`';
function offer(key) {
    return key === undefined ? 'the host offered another' : `${key.host} offers ${key.type} ${key.fingerprint}`;
}
const MOST_PINS_SHOWN = 3;
/** What is trusted instead; in words that follow what was offered. */
function trusted(pinned) {
    if (pinned.length === 0)
        return '';
    const shown = pinned.slice(0, MOST_PINS_SHOWN).join(', ');
    const rest = pinned.length - MOST_PINS_SHOWN;
    return `, and \`ssh-known-hosts\` has ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}
function lastLine(stderr) {
    const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    return safe_text_limited(lines.at(-1)?.trim() ?? '') || 'ssh ended without a word: check what the sshd log of the server says';
}

;// CONCATENATED MODULE: ./build/inputs/files.js



const LARGEST_MEGABYTES = 1;
/**
 * The way to the user's files. Its errors are UserErrors that do not show the path: what was put there by mistake may
 * be the content, or the secret itself.
 */
function fileReader(env) {
    return (path) => readUserText(resolvePath(env, path), basePath(env));
}
/**
 * The text of a file of the user's.
 *
 * @param path absolute
 * @param base where relative paths began, for the message
 * @throws UserError as {@link readUserFile}, and when it is not UTF-8
 */
function readUserText(path, base) {
    return textOfBytes(files_readUserFile(path, base));
}
/** The workspace, where relative paths begin. */
function basePath(env) {
    return env.GITHUB_WORKSPACE || process.cwd();
}
/** The absolute path of a file of the user's. */
function resolvePath(env, path) {
    const expanded = path.startsWith('~/') && env.HOME ? (0,external_node_path_namespaceObject.join)(env.HOME, path.slice(2)) : path;
    return (0,external_node_path_namespaceObject.resolve)(basePath(env), expanded);
}
/** The kernel's own: there are no files of a job, but among others this step's environment with its secrets. */
const OF_THE_KERNEL = /^\/(?:proc|sys|dev)(?:\/|$)/;
/**
 * The bytes of a file of the user's. It is a regular file of the disk, wherever its links lead, and its size is known
 * before it is read: nothing here waits for a pipe or reads without end.
 *
 * @param path absolute
 * @param base where relative paths began, for the message
 * @throws UserError that does not show the path
 */
function files_readUserFile(path, base) {
    requireUserFile(path, base);
    try {
        return (0,external_node_fs_namespaceObject.readFileSync)(path);
    }
    catch (error) {
        throw new errors_UserError(fileProblem(error.code, base));
    }
}
/**
 * That a program may read a file of the user's.
 *
 * @param size whether it is one to be read whole
 * @throws UserError as {@link readUserFile}
 */
function requireUserFile(path, base, size = 'small') {
    try {
        const real = (0,external_node_fs_namespaceObject.realpathSync)(path);
        if (OF_THE_KERNEL.test(real)) {
            throw new errors_UserError('this is no file of the job, but a part of the system: write the path of a file of this job');
        }
        const file = (0,external_node_fs_namespaceObject.statSync)(real);
        if (file.isDirectory())
            throw new errors_UserError('this is a directory: write the path of the file in it');
        if (!file.isFile())
            throw new errors_UserError('this is no regular file: write the content to one first');
        if (size === 'small' && file.size > LARGEST_MEGABYTES * 1024 * 1024) {
            throw new errors_UserError(`the file is larger than ${LARGEST_MEGABYTES} MB: check that it is the right one`);
        }
    }
    catch (error) {
        if (error instanceof errors_UserError)
            throw error;
        throw new errors_UserError(fileProblem(error.code, base));
    }
}
function fileProblem(code, base) {
    if (code === 'ENOENT' || code === 'ENOTDIR') {
        return `there is no such file: write the path of a file of this job, absolute or relative to ${base}${checkoutHint(base)}`;
    }
    if (code === 'ELOOP')
        return 'its links lead in a circle: write the path of the file itself';
    if (code === 'EACCES' || code === 'EPERM')
        return 'the file may not be read: give the user of this step the permission';
    return `the file cannot be read (${code ?? 'no path'}): write the path of a file of this job`;
}
/** What it mostly means that a workspace has nothing in it; in words that follow its path. */
function checkoutHint(workspace) {
    try {
        return (0,external_node_fs_namespaceObject.readdirSync)(workspace).length === 0
            ? ', which is empty: is `actions/checkout` missing before this step?'
            : '';
    }
    catch {
        return '';
    }
}
/** Without the byte order mark that editors on Windows put first. */
function textOfBytes(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    }
    catch {
        throw new errors_UserError(`the file is not UTF-8 text${otherEncoding(bytes)}: save it as UTF-8`);
    }
}
/** What it is instead, or where it first is none. */
function otherEncoding(bytes) {
    const mark = bytes.subarray(0, 2).toString('hex');
    if (mark === 'fffe' || mark === 'feff')
        return ', but UTF-16';
    const [before = ''] = bytes.toString('utf8').split('\ufffd', 1);
    return ` (line ${before.split('\n').length})`;
}

;// CONCATENATED MODULE: ./build/inputs/reach/known-hosts.js


const known_hosts_FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/;
const KEY_LINE = /^(?:@(?:cert-authority|revoked)\s+)?\S+\s+((?:ssh|ecdsa|sk)-[\w@.-]+)\s+AAAA[A-Za-z0-9+/]+={0,3}(?:\s|$)/;
/**
 * Reads `ssh-known-hosts`: known_hosts lines, fingerprints with or without the host before them, and lines of
 * `ssh-keygen -l`. A fingerprint in the comment of a known_hosts line is a comment.
 *
 * @throws UserErrors that name each line that is none of them
 */
function parsePins(text) {
    const lines = [];
    const fingerprints = [];
    const problems = [];
    for (const [index, raw] of text.split(/\r\n|\r|\n/).entries()) {
        const line = raw.trim();
        if (line === '' || line.startsWith('#'))
            continue;
        if (KEY_LINE.test(line)) {
            lines.push(line);
            continue;
        }
        const pins = fingerprintPins(line);
        if (pins === undefined)
            problems.push(`line ${index + 1} ${lineProblem(line)}`);
        else
            fingerprints.push(...pins);
    }
    throwAll(problems);
    return { lines, fingerprints };
}
/** `SHA256:\u2026`, `host[,host\u2026] SHA256:\u2026`, or `256 SHA256:\u2026 comment (ED25519)` as `ssh-keygen -l` prints it. */
function fingerprintPins(line) {
    const [first = '', second = ''] = line.split(/\s+/, 2);
    if (known_hosts_FINGERPRINT.test(first))
        return [{ host: undefined, fingerprint: withoutPadding(first) }];
    if (!known_hosts_FINGERPRINT.test(second))
        return undefined;
    const fingerprint = withoutPadding(second);
    if (/^\d+$/.test(first))
        return [{ host: undefined, fingerprint }];
    const hosts = first.split(',').map(hostAsSsh);
    return hosts.includes('') ? undefined : hosts.map((host) => ({ host, fingerprint }));
}
function withoutPadding(fingerprint) {
    return fingerprint.replace(/=$/, '');
}
/** How ssh looks a host up: in small letters, with a port only where it is not 22. */
function hostAsSsh(written) {
    const text = written
        .toLowerCase()
        .replace(/^ssh:\/\//, '')
        .replace(/^[^@]*@/, '');
    const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
    // More than one colon without brackets is an IPv6 address.
    const name = bracketed ?? plain ?? text;
    return port === undefined || port === '22' ? name : `[${name}]:${port}`;
}
function lineProblem(line) {
    if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(line)) {
        return 'is a public key without its host: write the host before it, as in `host.example.com ssh-ed25519 AAAA\u2026`';
    }
    if (/MD5:|^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/i.test(line)) {
        return 'is an MD5 fingerprint, which proves nothing any more: write the one that begins with SHA256:';
    }
    if (line.split(/\s+/).some((word) => known_hosts_FINGERPRINT.test(word))) {
        return 'does not say clearly whose fingerprint it is: write `SHA256:\u2026`, or `host.example.com SHA256:\u2026`';
    }
    if (/SHA256:/.test(line))
        return 'has a fingerprint that is cut off: write SHA256: and all 43 characters after it';
    return 'is neither a known_hosts line nor a fingerprint: write `host.example.com ssh-ed25519 AAAA\u2026`, `SHA256:\u2026` or `host.example.com SHA256:\u2026`';
}
/**
 * A program for ssh's `KnownHostsCommand`. It notes the key that a server offers, and prints it as a known one only
 * when its fingerprint is among those pinned; so nothing is trusted on first use, and no second connection is needed.
 */
const HOST_KEY_SCRIPT = `# pins, notes, host, type, key, fingerprint
[ "$6" = NONE ] && exit 0
printf '%s %s %s\\n' "$3" "$4" "$6" >>"$2"
while read -r pinned host; do
  [ "$pinned" = "$6" ] && { [ -z "$host" ] || [ "$host" = "$3" ]; } && printf '%s %s %s\\n' "$3" "$4" "$5" && exit 0
done <"$1"
exit 0
`;
/** The fingerprints that are trusted, those of known_hosts lines worked out. */
function pinnedFingerprints({ lines, fingerprints }) {
    const trusted = lines.filter((line) => !line.startsWith('@revoked'));
    const ofLines = trusted.map((line) => {
        const key = /AAAA[A-Za-z0-9+/]+={0,3}/.exec(line)?.[0] ?? '';
        return `SHA256:${withoutPadding(crypto_crypto().createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64'))}`;
    });
    return [...new Set([...fingerprints.map(({ fingerprint }) => fingerprint), ...ofLines])];
}
/** The last key that {@link HOST_KEY_SCRIPT} noted. */
function lastOffered(notes) {
    const [host = '', type = '', fingerprint] = notes.trim().split('\n').at(-1)?.split(' ') ?? [];
    return fingerprint === undefined ? undefined : { host, type, fingerprint };
}

;// CONCATENATED MODULE: ./build/connect/ssh/config.js
const CONNECT_TIMEOUT_SECONDS = 15;
/** A connection that died in silence is noticed after 15 s: well within the time for which watching is patient. */
const ALIVE_INTERVAL_SECONDS = 5;
const ALIVE_MISSED = 3;
/** The configuration file for every ssh of the run. In ssh the first word counts: what the user includes adds only. */
function sshConfig(files) {
    return `${[
        'Host *',
        ...identity(files),
        ...(files.knownHosts === undefined
            ? []
            : [`UserKnownHostsFile ${config_quoted(files.knownHosts)}`, 'GlobalKnownHostsFile /dev/null']),
        `KnownHostsCommand /bin/sh ${[files.hostKeyScript, files.fingerprints, files.offered].map(config_quoted).join(' ')} %H %t %K %f`,
        'StrictHostKeyChecking yes',
        'UpdateHostKeys no',
        'VerifyHostKeyDNS no',
        'CheckHostIP no',
        // In batch mode ssh does not even ask for the passphrase of a key, and the answer is a program's here.
        `BatchMode ${files.hasPassphrase ? 'no' : 'yes'}`,
        'NumberOfPasswordPrompts 1',
        'PreferredAuthentications publickey',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        `ConnectTimeout ${CONNECT_TIMEOUT_SECONDS}`,
        `ServerAliveInterval ${ALIVE_INTERVAL_SECONDS}`,
        `ServerAliveCountMax ${ALIVE_MISSED}`,
        'ExitOnForwardFailure yes',
        'StreamLocalBindUnlink yes',
        'StreamLocalBindMask 0177',
        'ForwardAgent no',
        'ForwardX11 no',
        'PermitLocalCommand no',
        'RequestTTY no',
        'EscapeChar none',
        'LogLevel INFO',
        ...(files.include === undefined ? [] : [`Include ${config_quoted(files.include)}`]),
    ].join('\n')}\n`;
}
function identity({ key, include }) {
    if (key !== undefined)
        return [`IdentityFile ${config_quoted(key)}`, 'IdentitiesOnly yes', 'IdentityAgent none'];
    // Without this ssh would try the keys in ~/.ssh.
    return include === undefined ? ['IdentityFile none'] : [];
}
/** A word of a configuration file; ssh reads `%` as the start of a token. */
function config_quoted(path) {
    return `"${path.replaceAll('%', '%%')}"`;
}
/** Arguments of every ssh of the run that name whom it reaches, and over whom. */
function sshTarget(config, host, jump) {
    return [
        ...['-F', config, '-T'],
        ...(jump === undefined ? [] : ['-J', jump]),
        ...(host.user === undefined ? [] : ['-l', host.user]),
        ...(host.port === undefined ? [] : ['-p', String(host.port)]),
        ...['--', host.name],
    ];
}
const DEFAULT_SOCKET = '/var/run/docker.sock';
/** The one connection of a run, with the daemon's socket at a local path. */
function forwardArguments(socket, host, target) {
    return [
        '-N',
        '-o',
        'ControlMaster=no',
        '-o',
        'ControlPath=none',
        '-L',
        `${socket}:${host.socket ?? DEFAULT_SOCKET}`,
        ...target,
    ];
}
/** The one connection of a run, for sessions in it. */
function masterArguments(control, target) {
    return [
        '-N',
        '-o',
        'ControlMaster=yes',
        '-o',
        'ControlPersist=no',
        '-o',
        `ControlPath=${control.replaceAll('%', '%%')}`,
        ...target,
    ];
}
/** A session in it, that leads to the daemon. */
function dialArguments(control, host, target) {
    const docker = host.socket === undefined ? ['docker'] : ['docker', `--host=unix://${host.socket}`];
    return [
        '-o',
        'ControlMaster=no',
        '-o',
        `ControlPath=${control.replaceAll('%', '%%')}`,
        ...target,
        ...docker,
        'system',
        'dial-stdio',
    ];
}

;// CONCATENATED MODULE: ./build/connect/ssh/files.js







/** Writes the files that ssh works with. */
async function prepareSsh(access, workspace, env) {
    const directory = await workspace.makeDirectory('ssh');
    const path = (name) => (0,external_node_path_namespaceObject.join)(directory, name);
    const { key, passphrase, pins, userConfig } = access;
    const usesOwnPins = pins.lines.length + pins.fingerprints.length > 0 || userConfig === undefined;
    const files = {
        config: path('config'),
        key: key && path('key'),
        knownHosts: usesOwnPins ? path('known_hosts') : undefined,
        fingerprints: path('fingerprints'),
        offered: path('offered'),
        hostKeyScript: path('host-key.sh'),
        hasPassphrase: passphrase !== undefined,
        include: userConfig,
    };
    if (userConfig !== undefined)
        requireSshConfig(userConfig);
    await workspace.writeFile(files.config, sshConfig(files));
    await workspace.writeFile(path('known_hosts'), lines(pins.lines));
    const pinned = pins.fingerprints.map(({ host = '', fingerprint }) => `${fingerprint} ${host}`);
    await workspace.writeFile(files.fingerprints, lines(pinned));
    await workspace.writeFile(files.offered, '');
    await workspace.writeFile(files.hostKeyScript, HOST_KEY_SCRIPT);
    if (files.key !== undefined && key !== undefined)
        await workspace.writeFile(files.key, key.reveal());
    const askpass = passphrase === undefined ? {} : await writeAskpass(path, passphrase.reveal(), workspace);
    const { DISPLAY: _, SSH_ASKPASS: __, ...rest } = env;
    if (files.key !== undefined && passphrase !== undefined)
        await requirePassphrase(files.key, { ...rest, ...askpass });
    return { access, files, dockerEnv: env, env: { ...rest, LC_ALL: 'C', ...askpass }, workspace };
}
async function writeAskpass(path, passphrase, workspace) {
    await workspace.writeFile(path('passphrase'), `${passphrase}\n`);
    await workspace.writeFile(path('askpass'), `#!/bin/sh\nexec cat "\${0%/*}/passphrase"\n`, 'program');
    // Before OpenSSH 8.4 only a display made ssh ask a program.
    return { SSH_ASKPASS: path('askpass'), SSH_ASKPASS_REQUIRE: 'force', DISPLAY: ':0' };
}
/** ssh itself passes over a key that it cannot open without a word. */
async function requirePassphrase(key, env) {
    const { code, stderr } = await probe('ssh-keygen', ['-y', '-f', key], { env: { ...env, LC_ALL: 'C' } }).catch(
    // Then ssh will tell what it can.
    () => ({ code: 0, stderr: '' }));
    if (code === 0)
        return;
    throw new errors_UserError(`ssh-passphrase: ${sshReason({ stderr, offered: undefined, user: undefined })}`);
}
/** ssh itself would wait for a pipe for ever. */
function requireSshConfig(path) {
    try {
        requireUserFile(path, 'the workspace');
    }
    catch (error) {
        throw new errors_UserError(`ssh-config: ${errors_messageOf(error)}`);
    }
}
function lines(all) {
    return all.map((line) => `${line}\n`).join('');
}

;// CONCATENATED MODULE: ./build/runner/elapsed.js

/** The seconds since a moment of {@link nowMs}, as a person is told them: to a tenth. */
function secondsSince(moment) {
    return toTenths((clock_nowMs() - moment) / 1000);
}
/** Seconds to a tenth: also a sum of such, which may come out as 13.399999999999999. */
function toTenths(seconds) {
    return Math.round(seconds * 10) / 10;
}

;// CONCATENATED MODULE: ./build/runner/retry.js

/**
 * Does something that may fail for a while, until it succeeds. (What is asked until the answer is yes, and does not fail
 * meanwhile, is for `poll`.)
 *
 * @param attempt gets the number of the attempt, counted from 1
 * @param pauseMs how long to wait after this error before the next attempt; `undefined` when the error stands
 * @param signal ends a pause, and is for the attempts to heed
 * @throws the error that stands; where the signal is a time limit that has run out, the last one that was met before,
 * for the limit itself says nothing of the reason
 */
async function retry(attempt, pauseMs, signal) {
    const begunAt = clock_nowMs();
    let met;
    for (let number = 1;; number++) {
        try {
            return await attempt(number);
        }
        catch (error) {
            if (signal?.aborted)
                throw isTimeLimit(signal) ? (met ?? error) : error;
            met = error;
            const ms = pauseMs(error, { number, elapsedMs: clock_nowMs() - begunAt });
            if (ms === undefined)
                throw error;
            await clock_sleep(ms, signal).catch((stopped) => {
                throw isTimeLimit(signal) ? error : stopped;
            });
        }
    }
}
function isTimeLimit(signal) {
    return signal?.reason?.name === 'TimeoutError';
}

;// CONCATENATED MODULE: ./build/connect/ssh/sessions.js

/** sshd allows 10 sessions in a connection unless told otherwise. */
const MOST_SESSIONS = 9;
/** Serves a local socket. */
function listen(path, serve) {
    return new Promise((resolve, reject) => {
        const server = (0,external_node_net_namespaceObject.createServer)({ allowHalfOpen: true }, serve);
        server.once('error', reject);
        server.listen(path, () => resolve(server));
    });
}
/** The sessions that are open, with the connections that wait for one. */
class Sessions {
    #dial;
    #open = new Set();
    #waiting = [];
    /** What the last session that failed said. */
    said = '';
    constructor(dial) {
        this.#dial = dial;
    }
    serve(connection) {
        connection.on('error', () => connection.destroy());
        if (this.#open.size >= MOST_SESSIONS) {
            this.#waiting.push(connection);
            return;
        }
        const child = this.#dial();
        this.#open.add(child);
        let said = '';
        child.stderr.setEncoding('utf8').on('data', (chunk) => {
            said = (said + chunk).slice(-20_000);
        });
        child.stdin.on('error', () => undefined);
        const over = () => {
            if (said !== '')
                this.said = said;
            connection.destroySoon();
            if (!this.#open.delete(child))
                return;
            const next = this.#waiting.shift();
            if (next !== undefined)
                this.serve(next);
        };
        child.once('error', over);
        child.once('close', over);
        connection.once('close', () => child.kill());
        connection.pipe(child.stdin);
        // Closed only when the session has said all that it has to say.
        child.stdout.pipe(connection, { end: false });
    }
    end() {
        for (const connection of this.#waiting.splice(0))
            connection.destroy();
        for (const child of this.#open)
            child.kill();
    }
}

;// CONCATENATED MODULE: ./build/connect/ssh/tunnel.js













/** What the kernel allows for the path of a socket, without its closing NUL. */
const LONGEST_SOCKET_PATH_BYTES = 107;
/** ssh makes its control socket under a temporary name, 17 characters longer. */
const CONTROL_SUFFIX_BYTES = 17;
const OPEN_LIMIT_SECONDS = 45;
const PING_LIMIT_SECONDS = 20;
const tunnel_LOOK_EVERY_MS = 20;
/** sshd turns away who comes while too many log in: the next moment is another. */
const CROWDED_ATTEMPTS = 4;
const LONGEST_BACK_OFF_SECONDS = 5;
/**
 * A key that a server has is asked for by its type. The one that was pinned may be another than the one that ssh
 * prefers.
 */
const KEY_TYPES = ['', 'ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521', 'rsa-sha2-512,rsa-sha2-256'];
/**
 * Opens the one connection of the run to a host, and keeps it open: when it drops, it is made again until the route is
 * disposed of.
 *
 * @throws UserError with the reason in the user's words
 */
async function openSsh(ssh, host, signal) {
    if (process.platform === 'win32') {
        throw new errors_UserError('ssh:// hosts need a runner with Linux or macOS: choose another in `runs-on`');
    }
    const target = sshTarget(ssh.files.config, host, ssh.access.jump);
    const { lines: known, fingerprints } = ssh.access.pins;
    const types = fingerprints.length > 0 && known.length === 0 ? KEY_TYPES : [''];
    let first;
    for (const type of types) {
        try {
            return await openAs(ssh, host, type === '' ? target : ['-o', `HostKeyAlgorithms=${type}`, ...target], signal);
        }
        catch (error) {
            first ??= error;
            if (!isAboutHostKey(error))
                throw error;
        }
    }
    throw first;
}
async function openAs(ssh, host, target, signal) {
    const forward = await openForward(ssh, host, target, signal);
    if (forward !== undefined)
        return forward;
    const route = await openSessions(ssh, host, target, signal);
    log_log.info(`${host.text}: its docker socket cannot be forwarded, so each docker command has a session of its own`);
    return route;
}
function attempt(child) {
    let said = '';
    let over = false;
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
        said = (said + chunk).slice(-20_000);
    });
    child.stdout.resume();
    child.stdin.on('error', () => undefined);
    const ended = new Promise((resolve) => {
        child.once('error', (error) => {
            said += error.message;
            over = true;
            resolve();
        });
        child.once('close', () => {
            over = true;
            resolve();
        });
    });
    return { child, stderr: () => said, ended, hasEnded: () => over };
}
/** Ends a guarded child. */
function end({ child }) {
    child.stdin.end();
}
/** Resolves when the socket is there; rejects with what ssh said when it ended before. */
async function untilSocket(path, ssh, signal) {
    const deadline = clock_nowMs() + OPEN_LIMIT_SECONDS * 1000;
    for (;;) {
        if (ssh.hasEnded())
            throw new SshEnded(ssh.stderr());
        const exists = await (0,promises_namespaceObject.access)(path).then(() => true, () => false);
        if (exists && !ssh.hasEnded())
            return;
        if (clock_nowMs() > deadline)
            throw new SshEnded('timed out');
        await clock_sleep(tunnel_LOOK_EVERY_MS, signal);
    }
}
class SshEnded extends Error {
    name = 'SshEnded';
}
/** Opens a long-lived ssh whose socket appears at `path`. */
function tunnel_open(ssh, args, path, signal) {
    const openOnce = async () => {
        await (0,promises_namespaceObject.rm)(path, { force: true });
        const running = attempt(startGuarded('ssh', args, ssh.env));
        try {
            await untilSocket(path, running, signal);
            return running;
        }
        catch (error) {
            end(running);
            throw error;
        }
    };
    const pauseMs = (error, { number }) => {
        const isCrowded = error instanceof SshEnded && classifySsh(error.message) === 'crowded';
        return isCrowded && number < CROWDED_ATTEMPTS ? (0.5 + Math.random()) * number * 1000 : undefined;
    };
    return retry(openOnce, pauseMs, signal);
}
/** No route over SSH; the message is the reason in the user's words. */
class SshFailed extends errors_UserError {
    name = 'SshFailed';
    failure;
    constructor(failure, message) {
        super(message);
        this.failure = failure;
    }
}
/** Another type of key may be the one that was pinned. */
function isAboutHostKey(error) {
    return error instanceof SshFailed && ['unknown-host-key', 'changed-host-key', 'no-key-type'].includes(error.failure);
}
async function failed(ssh, host, stderr) {
    if (/ssh: not found|ENOENT/.test(stderr)) {
        return new SshFailed('unknown', 'there is no ssh on the PATH of this step: install the OpenSSH client in an earlier step');
    }
    const offered = lastOffered(await (0,promises_namespaceObject.readFile)(ssh.files.offered, 'utf8').catch(() => ''));
    return new SshFailed(classifySsh(stderr), sshReason({ stderr, offered, user: host.user, pinned: pinnedFingerprints(ssh.access.pins) }));
}
/** `undefined`: the connection is fine, and the daemon does not answer over the forwarded socket. */
async function openForward(ssh, host, target, signal) {
    const socket = socketPath(ssh.workspace, 0);
    const args = forwardArguments(socket, host, target);
    const opened = () => tunnel_open(ssh, args, socket, signal);
    const first = await opened().catch(async (error) => {
        if (!(error instanceof SshEnded))
            throw error;
        // Some servers refuse the forwarding itself, and ssh ends for it.
        if (/forwarding request failed|forwarding failed/i.test(error.message))
            return undefined;
        throw await failed(ssh, host, error.message);
    });
    if (first === undefined)
        return undefined;
    if (!(await pings(socket))) {
        end(first);
        await first.ended;
        return undefined;
    }
    const stop = keepOpen(first, opened, host);
    return routeOver(ssh, host, socket, stop);
}
/** Whether a daemon answers at a socket. ssh tells only at the first use whether the far end of a forward is there. */
function pings(socketPath) {
    return new Promise((resolve) => {
        const outgoing = (0,external_node_http_namespaceObject.request)({ socketPath, path: '/_ping', agent: false, timeout: PING_LIMIT_SECONDS * 1000 }, (answer) => {
            answer.resume();
            resolve(answer.statusCode === 200);
        });
        outgoing.once('timeout', () => outgoing.destroy());
        outgoing.once('error', () => resolve(false));
        outgoing.end();
    });
}
/** Serves a local socket, each connection to which is a session of `docker system dial-stdio`. */
async function openSessions(ssh, host, target, signal) {
    const control = socketPath(ssh.workspace, CONTROL_SUFFIX_BYTES);
    const opened = () => tunnel_open(ssh, masterArguments(control, target), control, signal);
    const first = await opened().catch(async (error) => {
        throw error instanceof SshEnded ? await failed(ssh, host, error.message) : error;
    });
    const stop = keepOpen(first, opened, host);
    const sessions = new Sessions(() => startProgram('ssh', dialArguments(control, host, target), ssh.env));
    const socket = socketPath(ssh.workspace, 0);
    const server = await listen(socket, (connection) => sessions.serve(connection));
    const route = routeOver(ssh, host, socket, () => {
        server.close();
        sessions.end();
        stop();
    });
    if (await pings(socket))
        return route;
    route[Symbol.dispose]();
    throw await failed(ssh, host, sessions.said || first.stderr());
}
/** Makes a connection again whenever it ends, with growing pauses. Returns what stops that and ends it. */
function keepOpen(first, opened, host) {
    let current = first;
    let stopped = false;
    const watch = async () => {
        for (;;) {
            await current?.ended;
            if (stopped)
                return;
            const since = clock_nowMs();
            log_log.warning(`${host.text}: the connection was lost (${reasonOf(current)}), and is made again`);
            current = undefined;
            for (let pause = 0.2; current === undefined; pause = Math.min(pause * 2, LONGEST_BACK_OFF_SECONDS)) {
                await idle(pause * 1000);
                if (stopped)
                    return;
                current = await opened().catch(() => undefined);
                if (current !== undefined && stopped)
                    return end(current);
            }
            log_log.info(`${host.text}: connected again after ${secondsSince(since).toFixed(1)} s`);
        }
    };
    void watch().catch(() => undefined);
    return () => {
        stopped = true;
        if (current !== undefined)
            end(current);
    };
}
function reasonOf(attempt) {
    const said = attempt
        ?.stderr()
        .trim()
        .split(/[\r\n]+/)
        .at(-1);
    return said || 'ssh ended without a word';
}
function routeOver(ssh, host, socket, stop) {
    return {
        text: host.text,
        env: { ...withoutEndpoint(ssh.dockerEnv), DOCKER_HOST: `unix://${socket}` },
        explain: (said) => said,
        [Symbol.dispose]: stop,
    };
}
/** @throws UserError when the kernel would not take it */
function socketPath(workspace, suffixBytes) {
    const path = workspace.socketPath();
    if (Buffer.byteLength(path) + suffixBytes <= LONGEST_SOCKET_PATH_BYTES)
        return path;
    throw new errors_UserError(`the temporary directory has a path that is too long for a socket (${path}): set RUNNER_TEMP to a shorter one for this step`);
}

;// CONCATENATED MODULE: ./build/connect/endpoints.js

















/** Where a manager may be, none of it open yet: the hosts, else a context, else the runner's own. */
async function candidatesOf(reach, ground) {
    const { workspace, env, signal } = ground;
    if (reach.hosts.length === 0)
        return [await candidateOfContext(reach, ground)];
    const ssh = reach.ssh && (await prepareSsh(reach.ssh, workspace, env));
    const tls = reach.tls && (await writeTls(reach.tls, workspace));
    return reach.hosts.map((host) => ({
        text: shownAddress(host.text),
        open: async () => {
            switch (host.kind) {
                case 'ssh':
                    if (ssh === undefined)
                        throw new Error('an ssh host without ssh settings');
                    return await openSsh(ssh, host, signal);
                case 'tcp':
                    if (tls === undefined)
                        log_log.warning(`${shownAddress(host.text)} is used without TLS: whoever can reach it owns the swarm`);
                    return plainRoute(host.text, env, tls ?? {}, tcpReason);
                case 'unix':
                    return plainRoute(host.text, env, {}, localExplanation(host.text, env));
            }
        },
    }));
}
/**
 * What the user set and will not have the effect that they may expect, one line each.
 *
 * @param env of the step itself: programs that it starts do not get what is secret
 * @param used the configurations that the inputs name
 */
function ignoredVariables(env, used) {
    const isUsed = used.some(({ variable }) => variable === 'DOCKER_AUTH_CONFIG');
    if (!env.DOCKER_AUTH_CONFIG || isUsed)
        return [];
    return [
        'DOCKER_AUTH_CONFIG is set and not used: it would override the credential of every service. Write `docker-config: env:DOCKER_AUTH_CONFIG` to use it where no entry of `registries` serves.',
    ];
}
/** What a context leads to; without a name the one that docker itself would take. */
async function candidateOfContext({ context: name, ssh }, ground) {
    const { env, userConfig, workspace, signal } = ground;
    const { DOCKER_HOST: _, ...withoutHost } = env;
    const asked = name === undefined ? env : { ...withoutHost, DOCKER_CONTEXT: name };
    hideAddress(env.DOCKER_HOST ?? '');
    const context = await inspectContext(dockerCli(asked), name, asked, signal);
    hideAddress(context.Endpoints.docker.Host);
    if (hasBareTls(context)) {
        throw new errors_UserError(`the docker context ${context.Name} trusts whoever answers at ${context.Endpoints.docker.Host}, and has no certificates: give it its \`ca\`, \`cert\` and \`key\`, or use \`host\` with \`tls-ca\`, \`tls-cert\` and \`tls-key\``);
    }
    const { host, env: endpointEnv } = environmentForEndpoint(asked, context, userConfig.directory);
    if (ssh !== undefined) {
        const target = parseHost(host);
        if (target.kind !== 'ssh') {
            throw new errors_UserError(`context: ${name} leads to ${shownAddress(host)}, where no SSH input has a use: leave \`ssh-\u2026\` out`);
        }
        return { text: target.text, open: async () => openSsh(await prepareSsh(ssh, workspace, env), target, signal) };
    }
    const explain = explanationFor(host, env);
    const shown = shownAddress(host);
    return {
        text: shown,
        open: async () => ({ text: shown, env: endpointEnv, explain, [Symbol.dispose]: () => undefined }),
    };
}
function explanationFor(host, env) {
    if (host.startsWith('tcp:'))
        return tcpReason;
    if (host.startsWith('ssh:'))
        return runnersSshReason;
    return host.startsWith('unix:') ? localExplanation(host, env) : (said) => said;
}
function localExplanation(host, env) {
    return (said) => localReason(said, rootlessSockets(host, env));
}
function plainRoute(text, env, settings, explain) {
    return {
        text,
        env: { ...withoutEndpoint(env), ...settings, DOCKER_HOST: text },
        explain,
        [Symbol.dispose]: () => undefined,
    };
}
/** The variables with which docker finds the certificates. */
async function writeTls({ ca, cert, key }, workspace) {
    const directory = await workspace.makeDirectory('tls');
    await workspace.writeFile((0,external_node_path_namespaceObject.join)(directory, 'ca.pem'), ca);
    await workspace.writeFile((0,external_node_path_namespaceObject.join)(directory, 'cert.pem'), cert);
    await workspace.writeFile((0,external_node_path_namespaceObject.join)(directory, 'key.pem'), key.reveal());
    return { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: directory };
}
async function inspectContext(docker, name, env, signal) {
    const { code, stdout, stderr } = await docker.run(['context', 'inspect', '--format', '{{json .}}'], { signal });
    if (code === 0)
        return contextIn(stdout);
    const current = env.DOCKER_CONTEXT ? `DOCKER_CONTEXT (${placed(env.DOCKER_CONTEXT)})` : 'the current docker context';
    const source = name === undefined ? current : `\`context\` (${placed(name)})`;
    throw new errors_UserError(`docker could not resolve ${source}: ${withoutSecrets(safe_text_limited(stderr.trim()))}. Choose one that \`docker context ls\` lists.`);
}
function contextIn(stdout) {
    try {
        const context = parseGoJson(stdout);
        if (typeof context.Endpoints.docker.Host === 'string')
            return context;
    }
    catch {
        // Told below, whatever it is.
    }
    throw new errors_UserError(`\`docker context inspect\` printed what no docker CLI prints: "${safe_text_safeLine(stdout.trim(), 200)}". Check which docker is first on the PATH of this step`);
}

;// CONCATENATED MODULE: ./build/docker/cli/cli-version.js

/**
 * The SHA-256 sums of Docker's static builds, by version, platform and architecture as in their address. Docker publishes
 * none: these are the sums with which others pin the same archives in public.
 */
const SUMS = {
    '28.3.3 linux x86_64': '40c16bcf324f354b382d07e845e6a79e3493fc0c09b252dff9e1a46125589bff',
};
/** The first version with all that a run asks of the docker CLI. */
const OLDEST = { major: 20, minor: 10, feature: 'jobs and API 1.41' };
const PLATFORMS = { linux: 'linux', darwin: 'mac' };
const ARCHITECTURES = {
    x64: 'x86_64',
    arm64: 'aarch64',
    arm: 'armhf',
    ppc64: 'ppc64le',
    s390x: 's390x',
};
/**
 * Where an archive of Docker's static builds is, and the sum that it has to have, where that is known.
 *
 * @throws UserError when there is none for this platform
 */
function archiveOf(base, version, platform, architecture) {
    const [os, arch] = [PLATFORMS[platform], ARCHITECTURES[architecture]];
    if (os === undefined || arch === undefined) {
        throw new errors_UserError(`Docker has no static build of its CLI for ${platform} ${architecture}: install the docker CLI in an earlier step`);
    }
    return {
        url: `${base}/${os}/static/stable/${arch}/docker-${version}.tgz`,
        sha256: SUMS[`${version} ${os} ${arch}`],
    };
}
/** The version in what `docker --version` prints; `undefined` for a build that does not tell. */
function parseCliVersion(printed) {
    const [, text = '', major = '', minor = ''] = /version v?((\d+)\.(\d+)[\w.+-]*)/.exec(printed) ?? [];
    return text === '' ? undefined : { text, major: Number(major), minor: Number(minor) };
}
/** For what of this run a docker CLI is too old, and what would do; `undefined` when it serves. */
function missingFeature(version) {
    if (version === undefined)
        return undefined;
    const isOlder = version.major < OLDEST.major || (version.major === OLDEST.major && version.minor < OLDEST.minor);
    return isOlder ? `too old for ${OLDEST.feature}, which came with ${OLDEST.major}.${OLDEST.minor}` : undefined;
}

;// CONCATENATED MODULE: ./build/connect/install-cli.js









const TOOL = 'docker-cli';
/** Of 80 MB and more, on a runner with a slow disk. */
const UNPACK_SECONDS = 300;
/** Few runs need it, and it brings an HTTP client. The package.json beside the code says which file it is. */
const toolCache = () => import(/* webpackIgnore: true */ '#tool-cache');
/**
 * A docker CLI that serves: the runner's own, or one that is installed now.
 *
 * @param env the step's environment for its children
 * @throws UserError when none serves and none can be installed
 */
async function findCli({ reach }, env, workspace, signal) {
    const own = await ownVersion(env, signal);
    const missing = own === 'none' ? undefined : missingFeature(own);
    if (own !== 'none' && missing === undefined)
        return { env, version: own };
    log_log.info(own === 'none'
        ? 'There is no docker command on the PATH of this step: it is installed for this run'
        : `The docker CLI ${own?.text} of this runner is ${missing}: a newer one is installed for this run`);
    const version = parseCliVersion(`version ${reach.cli.version}`);
    const stillMissing = missingFeature(version);
    if (stillMissing !== undefined)
        throw new errors_UserError(`docker-version: ${version?.text} is ${stillMissing}: write a newer one`);
    const path = await installDocker(reach.cli, await workspace.makeDirectory('install'), env, signal);
    return { env: { ...env, PATH: [path, env.PATH].filter(Boolean).join(external_node_path_namespaceObject.delimiter) }, version };
}
/** Whether there is a docker command on the PATH, of whatever version. */
async function hasCli(env, signal) {
    return (await ownVersion(env, signal)) !== 'none';
}
async function ownVersion(env, signal) {
    const printed = await probe('docker', ['--version'], { env, signal }).catch((error) => {
        if (error.code === 'ENOENT')
            return undefined;
        if (error.syscall === undefined)
            throw error;
        throw new errors_UserError(`the docker command on the PATH of this step cannot be started: ${errors_messageOf(error)}`);
    });
    if (printed === undefined)
        return 'none';
    const { code, stdout, stderr } = printed;
    if (code === 0)
        return parseCliVersion(stdout);
    const said = safe_text_safeLine((stderr || stdout).trim(), 200);
    throw new errors_UserError(`the docker command on the PATH of this step does not work: \`docker --version\` ended with code ${code}: "${said}"`);
}
/**
 * The directory of a docker CLI of Docker's own static builds, from the runner's tool cache when it is there.
 *
 * @param directory where it is downloaded to
 * @throws UserError when it cannot be had, or is not what it should be
 */
async function installDocker(request, directory, env, signal) {
    const { version } = request;
    const archiveAt = archiveOf(request.downloadUrl, version, process.platform, process.arch);
    const { url } = archiveAt;
    const sum = request.sha256 ?? archiveAt.sha256;
    const cacheable = Boolean(process.env.RUNNER_TOOL_CACHE);
    // What was cached by a run that asked for a sum is another entry: one that was never checked does not pass for it.
    const entry = sum === undefined ? process.arch : `${process.arch}-${sum.slice(0, 16)}`;
    const { find, cacheDir } = await toolCache();
    const cached = cacheable ? find(TOOL, version, entry) : '';
    if (cached !== '' && (await reportedVersion(cached, env)) === version) {
        log_log.info(`The docker CLI ${version} is used from the tool cache`);
        return cached;
    }
    log_log.info(`The docker CLI ${version} is downloaded from ${url}`);
    const archive = await untilStopped(download(url, (0,external_node_path_namespaceObject.join)(directory, 'docker.tgz')), signal);
    if (sum !== undefined)
        await requireSum(archive, sum, url, request.sha256 !== undefined);
    await unpack(archive, directory, url, { env, signal });
    const unpacked = (0,external_node_path_namespaceObject.join)(directory, 'docker');
    const reported = await reportedVersion(unpacked, env);
    if (reported !== version) {
        const what = reported === undefined ? 'holds no docker CLI that runs here' : `holds the docker CLI ${reported}`;
        throw new errors_UserError(`the archive ${url} ${what}, not ${version}: check \`docker-version\` and \`docker-download-url\``);
    }
    return cacheable ? await cacheDir(unpacked, TOOL, version, entry) : unpacked;
}
/** The library itself cannot be stopped, neither in a download nor in the pauses before it tries again. */
async function untilStopped(work, signal) {
    let stop = () => { };
    const stopped = new Promise((_, reject) => {
        stop = () => reject(signal.reason);
    });
    signal.addEventListener('abort', stop, { once: true });
    try {
        signal.throwIfAborted();
        return await Promise.race([work, stopped]);
    }
    finally {
        signal.removeEventListener('abort', stop);
    }
}
async function download(url, path) {
    const { downloadTool, HTTPError } = await toolCache();
    try {
        return await downloadTool(url, path);
    }
    catch (error) {
        const status = error instanceof HTTPError ? error.httpStatusCode : undefined;
        const reason = status === 404
            ? 'there is no such version for this platform: check `docker-version`'
            : `${errors_messageOf(error) || 'no answer'}: check the network and proxy of the runner, or name a mirror in \`docker-download-url\``;
        throw new errors_UserError(`the docker CLI could not be downloaded from ${url}: ${reason}`, { cause: error });
    }
}
async function requireSum(path, wanted, url, isGiven) {
    const hash = (0,external_node_crypto_namespaceObject.createHash)('sha256');
    await (0,external_node_stream_promises_namespaceObject.pipeline)((0,external_node_fs_namespaceObject.createReadStream)(path), hash);
    const sum = hash.digest('hex');
    if (sum === wanted)
        return;
    throw new errors_UserError(isGiven
        ? `the archive ${url} has the SHA-256 sum ${sum}, not that of \`docker-sha256\`: it is not used. Check the two`
        : `the archive ${url} has the SHA-256 sum ${sum}, not the one that Docker's own build of this version has: it is not used. If it is meant, give its sum in \`docker-sha256\``);
}
async function unpack(archive, directory, url, options) {
    const args = ['-xz', '--no-same-owner', '-C', directory, '-f', archive];
    const unpacking = probe('tar', args, { ...options, limitSeconds: UNPACK_SECONDS });
    const { code, stdout, stderr } = await unpacking.catch((error) => {
        if (error.syscall === undefined)
            throw error;
        throw new errors_UserError(`the archive ${url} cannot be unpacked: ${errors_messageOf(error)}. Install \`tar\` and \`gzip\`, or the docker CLI itself, in an earlier step`);
    });
    if (code === 0)
        return;
    const said = safe_text_safeLine((stderr || stdout).trim(), 200);
    throw new errors_UserError(`the archive ${url} cannot be unpacked, it is damaged or no .tgz: check \`docker-download-url\`. \`tar\` says: ${said || `exit code ${code}`}`);
}
async function reportedVersion(directory, env) {
    try {
        const { code, stdout } = await probe((0,external_node_path_namespaceObject.join)(directory, 'docker'), ['--version'], { env });
        return code === 0 ? parseCliVersion(stdout)?.text : undefined;
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: external "node:readline"
const external_node_readline_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:readline");
;// CONCATENATED MODULE: ./build/docker/engine/answer-shapes.js
const SPEC = { Name: 'text', TaskTemplate: 'object', Mode: 'object' };
const ITEMS = {
    services: { ID: 'text', Version: { Index: 'number' }, Spec: SPEC },
    tasks: { ID: 'text', ServiceID: 'text', CreatedAt: 'text', DesiredState: 'text', Status: { State: 'text' } },
    nodes: {
        ID: 'text',
        Spec: 'object',
        Status: { State: 'text' },
        Description: { Platform: 'object', Engine: 'object' },
    },
    secrets: { ID: 'text', Version: { Index: 'number' }, Spec: { Name: 'text' } },
    configs: { ID: 'text', Version: { Index: 'number' }, Spec: { Name: 'text' } },
    networks: { Id: 'text', Name: 'text' },
};
const OTHERS = [
    ['GET', /^\/info$/, { Swarm: 'object' }],
    ['GET', /^\/version$/, { ApiVersion: 'text' }],
    ['GET', /^\/distribution\/.+\/json$/, { Descriptor: { digest: 'text' } }],
    ['POST', /^\/(?:services|secrets|configs)\/create$/, { ID: 'text' }],
    ['POST', /^\/networks\/create$/, { Id: 'text' }],
];
/**
 * Whether a daemon can have meant it. An empty object is no swarm without a manager, and `null` no empty list.
 *
 * @param value `undefined` when there was nothing
 * @param path without its API version
 */
function isPlausible(value, method, path) {
    const [, collection = '', id] = /^\/([a-z]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const item = method === 'GET' && Object.hasOwn(ITEMS, collection) ? ITEMS[collection] : undefined;
    if (item !== undefined && id === undefined)
        return Array.isArray(value) && value.every((one) => fits(one, item));
    const shape = item ?? OTHERS.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2];
    // Of most changes nobody reads the answer.
    return fits(value, shape ?? (method === 'GET' ? 'object' : 'any'));
}
function fits(value, shape) {
    if (shape === 'any')
        return true;
    if (shape === 'text')
        return typeof value === 'string';
    if (shape === 'number')
        return typeof value === 'number';
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return false;
    const fields = shape === 'object' ? [] : Object.entries(shape);
    return fields.every(([key, inner]) => fits(value[key], inner));
}

;// CONCATENATED MODULE: ./build/docker/engine/answers.js




const MOST_QUOTED = 200;
const MOST_READ = 10_000;
/**
 * What the daemon means by an answer that is no error. Some have no body.
 *
 * @throws Unreadable when no daemon answers this request so
 */
function readAnswer({ body, headers }, path, { host, request }) {
    const text = body.toString();
    const [method = ''] = request.split(' ', 1);
    const isNothing = text.trim() === '' && method !== 'GET';
    const value = isNothing ? undefined : parsed(text);
    if ((value === undefined && !isNothing) || !isPlausible(value, method, path)) {
        const reason = `it answers ${request} with ${describe(text, headers['content-type'])}, and no docker daemon does`;
        throw new Unreadable(`${host} cannot be understood: ${reason}`, { reason });
    }
    return value;
}
/** The error behind an answer with a status of 400 and more. */
function refusal({ status, headers, body }, asked) {
    const text = body.toString();
    const message = messageIn(text);
    if (message !== undefined)
        return new engine_EngineError(status, message, asked);
    const does = status < 500 ? 'does not let the request through' : 'does not reach it';
    const words = `${status}, not in the words of a docker daemon: something in front of it ${does}`;
    return new engine_EngineError(status, `${words}: ${describe(text, headers['content-type'])}`, asked, false);
}
function messageIn(body) {
    const { message } = (parsed(body) ?? {});
    return typeof message === 'string' ? message : undefined;
}
function parsed(text) {
    try {
        return parseGoJson(text) ?? undefined;
    }
    catch {
        return undefined;
    }
}
/** Something that is not the daemon's, in a few words. */
function describe(text, contentType = '') {
    if (text.trim() === '')
        return 'nothing';
    const isHtml = /html/i.test(contentType) || /^\s*<(?:!doctype|html|head|body)\b/i.test(text);
    return isHtml ? `HTML ("${answers_quoted(withoutTags(text))}")` : `"${answers_quoted(text)}"`;
}
function answers_quoted(text) {
    return safe_text_safeLine(text.slice(0, MOST_READ).replace(/\s+/g, ' ').trim(), MOST_QUOTED);
}
function withoutTags(html) {
    return html
        .slice(0, MOST_READ)
        .replace(/<(script|style)\b[^>]*>.*?<\/\1>/gis, ' ')
        .replace(/<[^>]*>/g, ' ');
}

;// CONCATENATED MODULE: external "node:stream"
const external_node_stream_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:stream");
;// CONCATENATED MODULE: ./build/runner/small-heap.js
/** What new objects get. With much less, what is needed for a moment only counts as old; by itself V8 takes 128 MB. */
const BYTES_FOR_NEW = 4e6;
let v8;
/**
 * Has V8 keep its heap close to what is in use, for runs that read long answers again and again: called for each of
 * them. By itself V8 takes what a machine has: far more for new objects than are alive, and the old ones become
 * twice as many before it looks for what may go. So a deploy of a thousand services takes half the memory. What reads less
 * would gain nothing.
 */
async function keepHeapSmall() {
    if (v8 === undefined) {
        // Loaded only here: it would be a fiftieth of the start.
        v8 = (await Promise.resolve(/* import() */).then(__nccwpck_require__.t.bind(__nccwpck_require__, 8877, 19))).default;
        v8.setFlagsFromString('--heap-growing-percent=30');
        // The last of V8's compilers takes megabytes that it keeps, and a run that waits gains nothing by it.
        v8.setFlagsFromString('--no-opt');
    }
    const { space_size: size = 0 } = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space') ?? {};
    // It shrinks when there is little to do, and then has to grow again.
    v8.setFlagsFromString(`--semi-space-growth-factor=${size < BYTES_FOR_NEW ? 2 : 1}`);
}

;// CONCATENATED MODULE: ./build/docker/engine/whole-answer.js
/** That of about a hundred tasks. */
const LARGE_BYTES = 250_000;
/** An answer that was read to its end, in the parts in which it came. */
class WholeAnswer {
    status;
    headers;
    parts;
    isLarge;
    #raw;
    #body;
    /** @param raw what came over the line for it: the parts are copies of that */
    constructor({ statusCode, headers }, parts, raw) {
        this.status = statusCode ?? 0;
        this.headers = headers;
        this.parts = parts;
        this.#raw = raw;
        this.isLarge = parts.reduce((bytes, part) => bytes + part.length, 0) > LARGE_BYTES;
    }
    /** The parts put together, at the first use: an answer that is the same as before has none. */
    get body() {
        this.#body ??= Buffer.concat(this.parts);
        return this.#body;
    }
    /**
     * Gives its memory back at once, when it has been read. V8 counts what lies in buffers, and would collect its whole heap
     * several times for the answers of one look at many tasks: most of what such a look costs. Node 20 cannot, and waits for V8.
     */
    release() {
        for (const part of [...this.#raw, ...this.parts, ...(this.#body === undefined ? [] : [this.#body])]) {
            if (isAlone(part))
                part.buffer.transfer?.(0);
        }
    }
}
/** Whether its memory is that of nothing else: small ones share one of Node's, and what was given back has none. */
function isAlone({ length, buffer }) {
    return length > 0 && length === buffer.byteLength;
}

;// CONCATENATED MODULE: ./build/docker/engine/http-over-pipe.js






/** What a daemon does that is just being started or ended, and what stands in for it. */
const ENDED_WITHOUT_ANSWER = 'the connection ended without an answer';
/** Over SSH each connection is a login of its own, so there are few; over a local socket few are enough. */
const MOST_CONNECTIONS = 4;
/** Every call has a limit, so a connection becomes free in time; unless all are kept by streams. */
const WAIT_SECONDS = 180;
const MOST_STDERR = 20_000;
/** The tasks of the largest swarms are some ten megabytes. */
const MOST_MEGABYTES = 256;
/**
 * HTTP to a daemon over kept connections, each of them one `docker system dial-stdio` process. Every request ends: with
 * its answer, at its limit, with its signal, or when the pipes are closed.
 */
class HttpOverPipe {
    #agent;
    #open = new Set();
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
            const raw = response.socket.noteChunks();
            let bytes = 0;
            response.on('data', (part) => {
                bytes += part.length;
                parts.push(part);
                if (bytes > MOST_MEGABYTES * 1e6)
                    fail(new Unreadable(`its answer is larger than ${MOST_MEGABYTES} MB`));
            });
            response.once('end', () => {
                const answer = new WholeAnswer(response, parts, raw);
                if (answer.isLarge)
                    void keepHeapSmall();
                done(answer);
            });
        });
    }
    /** The answer as soon as it begins. When the signal is aborted later, it breaks off. */
    stream(outgoing, limits) {
        return this.#send(outgoing, limits, (response, done) => {
            // Who reads it is told by its own error.
            response.on('error', () => undefined);
            const stop = () => response.destroy(http_over_pipe_stopped(limits.signal));
            limits.signal?.addEventListener('abort', stop, { once: true });
            response.once('close', () => limits.signal?.removeEventListener('abort', stop));
            done(response);
        });
    }
    /** Breaks every request off, with this cause. */
    close(reason) {
        this.#isClosed = true;
        for (const giveUp of [...this.#open])
            giveUp(new ConnectionLost(reason));
        this.#agent.destroy();
    }
    #send({ method, path, headers, payload }, { signal, seconds }, read) {
        return new Promise((resolve, reject) => {
            if (signal?.aborted)
                return reject(http_over_pipe_stopped(signal));
            if (this.#isClosed)
                return reject(new ConnectionLost('the connection is closed'));
            const request = (0,external_node_http_namespaceObject.request)({ agent: this.#agent, method, path, headers });
            let clock = setTimeout(() => giveUp(new engine_TooLate(`no connection was free for ${WAIT_SECONDS} s`)), WAIT_SECONDS * 1000);
            const end = () => {
                clearTimeout(clock);
                signal?.removeEventListener('abort', stop);
                this.#open.delete(giveUp);
            };
            const giveUp = (error) => {
                end();
                reject(error);
                request.destroy(error);
            };
            const stop = () => giveUp(http_over_pipe_stopped(signal));
            this.#open.add(giveUp);
            signal?.addEventListener('abort', stop, { once: true });
            request.once('socket', () => {
                clearTimeout(clock);
                clock = setTimeout(() => giveUp(new engine_TooLate(`there was no whole answer within ${seconds} s`)), seconds * 1000);
            });
            request.once('response', (response) => {
                response.once('error', (error) => giveUp(brokenBy(error, 'the answer broke off')));
                response.once('aborted', () => giveUp(new ConnectionLost('the answer broke off')));
                const done = (answer) => {
                    end();
                    resolve(answer);
                };
                read(response, done, giveUp);
            });
            request.on('error', (error) => giveUp(brokenBy(error, ENDED_WITHOUT_ANSWER)));
            request.end(payload);
        });
    }
}
function http_over_pipe_stopped(signal) {
    return new DOMException('The operation was aborted', { name: 'AbortError', cause: signal?.reason });
}
/** @param otherwise what happened when Node says no more than that the other side has hung up */
function brokenBy(error, otherwise) {
    if (error instanceof ConnectionLost)
        return error;
    const { code = '' } = error;
    if (String(code).startsWith('HPE_'))
        return new Unreadable('what answers does not speak HTTP', { cause: error });
    return new ConnectionLost(code === 'ECONNRESET' ? otherwise : error.message, { cause: error });
}
class StdioAgent extends external_node_http_namespaceObject.Agent {
    #dial;
    constructor(dial) {
        super({ keepAlive: true, maxSockets: MOST_CONNECTIONS });
        this.#dial = dial;
    }
    createConnection(_options, onCreated) {
        try {
            return new StdioSocket(this.#dial());
        }
        catch (error) {
            // Of a request that takes the place of another nobody could catch it.
            void Promise.resolve().then(() => onCreated?.(error, undefined));
            return undefined;
        }
    }
    keepSocketAlive(socket) {
        // Node asks for the answer; its types do not say so.
        const mayStay = super.keepSocketAlive(socket) !== false;
        return mayStay && socket.rest();
    }
    reuseSocket(socket, request) {
        ;
        socket.wake();
        super.reuseSocket(socket, request);
    }
}
/** The pipes of a process as the one stream that HTTP needs. */
class StdioSocket extends external_node_stream_namespaceObject.Duplex {
    #child;
    #stderr = '';
    #noted;
    #isIdle = false;
    #hasEnded = false;
    constructor(child) {
        super();
        this.#child = child;
        child.stdout.on('data', (chunk) => {
            this.#noted?.push(chunk);
            if (!this.push(chunk))
                child.stdout.pause();
        });
        child.stderr.setEncoding('utf8').on('data', (chunk) => {
            this.#stderr = (this.#stderr + chunk).slice(-MOST_STDERR);
        });
        child.stdin.on('error', () => undefined);
        child.once('error', (error) => this.destroy(new ConnectionLost(error.message, { cause: error })));
        // Only here, when stderr has ended too: an end of the answer without its reason would say nothing.
        child.once('close', (code) => {
            this.#hasEnded = true;
            const said = safe_text_safeLine(this.#stderr.trim());
            if (said !== '' || code !== 0) {
                this.destroy(new ConnectionLost(said || `docker system dial-stdio ended with code ${code}`));
            }
            else if (this.#isIdle) {
                // Nobody reads now: an end would never be seen, and the next request be written to a process that is gone.
                this.destroy();
            }
            else {
                this.push(null);
            }
        });
    }
    /** What comes from now on, until its answer has been read. */
    noteChunks() {
        this.#noted = [];
        return this.#noted;
    }
    /** Its answer has been read. Whether it can take another request. */
    rest() {
        this.#isIdle = true;
        this.#noted = undefined;
        return !this.#hasEnded;
    }
    wake() {
        this.#isIdle = false;
    }
    _read() {
        this.#child.stdout.resume();
    }
    _write(chunk, _encoding, done) {
        // A dead process says on stderr why it died, and its `close` event ends this stream with those words.
        this.#child.stdin.write(chunk, () => done());
    }
    _final(done) {
        this.#child.stdin.end(done);
    }
    _destroy(error, done) {
        // The CLI takes SIGTERM as a wish only, and goes on for as long as the daemon keeps the connection.
        this.#child.kill('SIGKILL');
        for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
            pipe.destroy();
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
}

;// CONCATENATED MODULE: ./build/docker/engine/connect-engine.js







/** Swarm gives each of its own calls 20 s (moby, daemon/cluster: swarmRequestTimeout), and then says so. */
const DEFAULT_TIMEOUT_SECONDS = 30;
/**
 * Connects to a daemon, with the API version that both sides speak. No call of this engine is repeated.
 *
 * @param seconds within which the daemon has to answer a ping
 * @throws ConnectionLost with the CLI's own words when the daemon does not answer
 * @throws EngineError when it refuses, or its API is older than that of Docker 20.10
 */
async function connectEngine(address, signal, seconds) {
    const pipe = new HttpOverPipe(address.dial);
    try {
        const calls = new Calls(pipe, address);
        const ping = await calls.whole('GET', '/_ping', { signal, ...(seconds && { timeoutSeconds: seconds }) });
        if (ping.status !== 200)
            throw refusal(ping, calls.asked('GET', '/_ping'));
        return engineOver(calls, versionIn(ping, address.host), ping);
    }
    catch (error) {
        pipe.close('the connection is closed');
        throw error;
    }
}
/** @throws Unreadable when it is no daemon that answers */
function versionIn(ping, host) {
    const offered = ping.headers['api-version'];
    const body = safe_text_safeLine(ping.body.toString(), 100);
    if (offered === undefined && body !== 'OK') {
        const reason = `it answers GET /_ping with "${body}", and no docker daemon does`;
        throw new Unreadable(`${host} is no docker daemon: ${reason}`, { reason });
    }
    return agreeOnVersion(offered === undefined ? undefined : String(offered));
}
/** Calls to one daemon, whose errors say whom they asked for what. */
class Calls {
    #pipe;
    #address;
    constructor(pipe, address) {
        this.#pipe = pipe;
        this.#address = address;
    }
    whole(method, path, options) {
        const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS };
        return this.#telling(method, path, this.#pipe.exchange(this.#outgoing(method, path, options), limits));
    }
    stream(path, options) {
        const limits = { signal: options.signal, seconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS };
        return this.#telling('GET', path, this.#pipe.stream(this.#outgoing('GET', path, options), limits));
    }
    asked(method, path) {
        return { host: this.#address.host, request: requestText(method, path) };
    }
    close() {
        this.#pipe.close('the run does not use it any more');
    }
    #outgoing(method, path, { query = {}, body, registryAuth }) {
        const search = new URLSearchParams(query).toString();
        const payload = body === undefined ? undefined : toGoJson(body);
        return {
            method,
            path: search === '' ? path : `${path}?${search}`,
            headers: {
                ...this.#address.headers,
                // The daemon does not look at the host; without one Node would name its own default.
                Host: 'docker',
                ...(payload === undefined
                    ? {}
                    : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) }),
                ...(registryAuth === undefined ? {} : { 'X-Registry-Auth': registryAuth.reveal() }),
            },
            payload,
        };
    }
    async #telling(method, path, call) {
        try {
            return await call;
        }
        catch (error) {
            // A caller's own limit ends the call as ours does.
            const limit = error instanceof DOMException ? error.cause : undefined;
            if (limit?.name === 'TimeoutError')
                throw this.#lost(engine_TooLate, method, path, limit.message, error);
            if (!(error instanceof ConnectionLost))
                throw error;
            const Kind = error.constructor;
            throw this.#lost(Kind, method, path, this.#address.explain(error.message), error.cause);
        }
    }
    #lost(Kind, method, path, reason, cause) {
        return new Kind(`${this.#address.host} did not answer ${requestText(method, path)}: ${reason}`, { cause, reason });
    }
}
/** Without its API version and its query, which may be long. */
function requestText(method, path) {
    return `${method} ${path.replace(/^\/v[\d.]+\//, '/').replace(/\?.*/s, '')}`;
}
function engineOver(calls, apiVersion, ping) {
    const call = async (method, path, options = {}) => {
        const answer = await calls.whole(method, `/v${apiVersion}${path}`, options);
        // No daemon sends its clients elsewhere: that is something in front of it.
        if (answer.status >= 300)
            throw refusal(answer, calls.asked(method, path));
        return answer;
    };
    const parsed = async (method, path, options) => {
        const answer = await call(method, path, options);
        const parse = () => readAnswer(answer, path, calls.asked(method, path));
        try {
            return options?.reader === undefined ? parse() : options.reader(answer.parts, parse);
        }
        finally {
            answer.release();
        }
    };
    async function* lines(path, options) {
        const response = await calls.stream(`/v${apiVersion}${path}`, options);
        const status = response.statusCode ?? 0;
        if (status >= 300) {
            const body = Buffer.concat(await response.toArray());
            throw refusal({ status, headers: response.headers, body }, calls.asked('GET', path));
        }
        yield* (0,external_node_readline_namespaceObject.createInterface)({ input: response });
    }
    async function forward({ method, path }) {
        if (/^(\/v[\d.]+)?\/_ping$/.test(path))
            return method === 'HEAD' ? { ...ping, body: Buffer.alloc(0) } : ping;
        return calls.whole(method, path, {});
    }
    return {
        apiVersion,
        get: (path, options) => parsed('GET', path, options),
        post: (path, options) => parsed('POST', path, options),
        remove: async (path, options) => void (await call('DELETE', path, options)),
        bytes: async (path, options) => (await call('GET', path, options)).body,
        lines,
        forward,
        close: () => calls.close(),
    };
}

;// CONCATENATED MODULE: ./build/docker/engine/election.js
// `node is stopped` and `no elected cluster leader` are swarmkit's own as well (manager/state/raft/raft.go).
const NO_LEADER = /node lost leader status|node is stopped|no elected cluster leader|Manager is being prepared or has trouble connecting|context deadline exceeded|does not have a leader|(?:transport|client connection) is closing|connection error|Unavailable/i;
/**
 * How long what an election keeps from being done is done again. A healthy manager sees a failover through within 20 s,
 * an old leader that comes back within about 24 s, and that one refuses every change for 10 s and more.
 */
const ELECTION_PATIENCE_MS = 90_000;
/** Whether these words of the daemon mean that the swarm is electing a leader: what was asked may be done or not. */
function isElection(message) {
    return NO_LEADER.test(message);
}
/**
 * Whether these words of the daemon mean that its node does not manage the swarm. It says so for good after a demotion,
 * and for a moment while it starts (moby, daemon/cluster/cluster.go: errNoManager).
 */
function isNoManager(message) {
    return /This node is not a swarm manager/i.test(message);
}

;// CONCATENATED MODULE: ./build/docker/engine/freshness.js


/** A manager shows services as they were before a change that this run has seen or made. */
class OutOfDate extends ConnectionLost {
    name = 'OutOfDate';
}
/** A leader that was killed and comes back takes up to 24 s until it is what it says it is. */
const DOUBT_SECONDS = 40;
const ONE = /^\/services\/([^/]+)$/;
/**
 * Sees to it that a run never reads a service older than it knows it. A leader that was killed and comes back answers
 * from its own store before it has caught up: with an older version, and at first as if there were no service at all.
 * Swarm's versions only grow (swarmkit: the index of the raft log), so a lower one is out of date; that a service is
 * gone is believed at once only while there was no trouble with the managers.
 */
class Freshness {
    #known = new Map();
    #doubtedUntil = Number.NEGATIVE_INFINITY;
    /** There was trouble with a manager: what comes back may be behind. */
    doubt() {
        this.#doubtedUntil = clock_nowMs() + DOUBT_SECONDS * 1000;
    }
    /** @throws OutOfDate */
    checkRead(path, answer, query = {}) {
        if (ONE.test(path))
            this.#checkService(answer);
        if (path === '/services')
            this.#checkList(answer, query.filters);
        return answer;
    }
    /** @throws OutOfDate when the daemon does not find a service that may be there all the same */
    checkRefusal(path, error) {
        const id = ONE.exec(path)?.[1] ?? '';
        if (error instanceof engine_EngineError && error.status === 404 && this.#mayBeThere(id))
            throw outOfDate();
    }
    /** A change was taken: what is read from now on is newer than the version that it was made over. */
    changed(path, query = {}) {
        const id = /^\/services\/([^/]+)\/update$/.exec(path)?.[1];
        const version = Number(query.version);
        if (id !== undefined && version >= (this.#known.get(id) ?? 0))
            this.#known.set(id, version + 1);
    }
    /** One was made: a manager that has not heard of it is behind. */
    created(path, answer) {
        const id = path === '/services/create' ? answer?.ID : undefined;
        if (typeof id === 'string')
            this.#known.set(id, this.#known.get(id) ?? 0);
    }
    removed(path) {
        this.#known.delete(ONE.exec(path)?.[1] ?? '');
    }
    #checkService(service) {
        if (service.Version.Index < this.#newestOf(service))
            throw outOfDate();
        this.#known.set(service.ID, service.Version.Index);
    }
    /** Whoever asks for many tells those with an older version from the others: none may be missing. */
    #checkList(services, filters = '{}') {
        for (const one of services)
            this.#known.set(one.ID, Math.max(this.#newestOf(one), one.Version.Index));
        const { id: asked = [] } = JSON.parse(filters);
        const missing = asked.filter((id) => !services.some(({ ID }) => ID === id));
        if (missing.some((id) => this.#mayBeThere(id)))
            throw outOfDate();
    }
    #newestOf({ ID: id }) {
        return this.#known.get(id) ?? 0;
    }
    #mayBeThere(id) {
        return this.#known.has(id) && clock_nowMs() < this.#doubtedUntil;
    }
}
function outOfDate() {
    return new OutOfDate('the manager that answers shows services as they were before their last change');
}

;// CONCATENATED MODULE: ./build/docker/engine/patience.js





/**
 * How long a call is made again because of each. A daemon is started anew within a minute. What cannot be read, or comes
 * from a node that manages nothing, seldom passes.
 */
const patience_PATIENCE_MS = {
    'no-leader': ELECTION_PATIENCE_MS,
    'no-connection': ELECTION_PATIENCE_MS,
    silent: ELECTION_PATIENCE_MS,
    unreadable: 10_000,
    'no-manager': 20_000,
};
/** A connection that has died while nobody used it is the most frequent trouble: another one does. */
const PAUSES_MS = [0, 250, 500];
const LONGEST_PAUSE_MS = 1000;
/** A manager that has lost its leader lets a read wait for the next one, and that may not have caught up. */
const SLOW_SECONDS = 2;
/** No healthy daemon takes so long, except for a registry or an election. */
const patience_SILENCE_SECONDS = 10;
/**
 * An engine whose calls outlast what passes: they are made again while the swarm has no leader, and when the connection
 * or the answer is lost, and go to another manager when the one in use does not serve. Only calls are repeated of which
 * a second does no harm: a change that {@link RequestOptions.mayRepeat} does not say so of is made once, and after its
 * failure a look at the swarm tells what became of it.
 */
function patientEngine(managers) {
    const freshness = new Freshness();
    const daemons = doubting(managers, freshness);
    return {
        get apiVersion() {
            return daemons.current.apiVersion;
        },
        get: (path, options) => {
            const ask = async (engine) => {
                const begunAt = clock_nowMs();
                try {
                    const answer = await engine.get(path, options);
                    const isSlow = clock_nowMs() - begunAt >= SLOW_SECONDS * 1000 && !ASKS_REGISTRY.test(path);
                    if (isSlow)
                        freshness.doubt();
                    return freshness.checkRead(path, answer, options?.query);
                }
                catch (error) {
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
            freshness.created(path, answer);
            return answer;
        },
        remove: async (path, options) => {
            const answer = await askUntilAnswered(daemons, path, (engine) => engine.remove(path, options), options);
            freshness.removed(path);
            return answer;
        },
        bytes: (path, options) => askUntilAnswered(daemons, path, (engine) => engine.bytes(path, options), options),
        lines: (path, options) => daemons.current.lines(path, options),
        forward: (request) => forwardUntilAnswered(daemons, request),
        close: () => daemons.current.close(),
    };
}
/** After trouble with one of them, an answer may be from one that has not caught up. */
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
            if (!(error instanceof OutOfDate))
                freshness.doubt();
            daemons.onTrouble(trouble, from, error);
        },
        onAnswer: () => daemons.onAnswer?.(),
    };
}
/** The same with one manager only. */
function patient(engine) {
    return patientEngine({ current: engine, hasOthers: false, onTrouble: () => undefined });
}
/** What may pass of what a call threw; `undefined` for an answer that stands. */
function troubleOf(error, path) {
    if (error instanceof Unreadable)
        return 'unreadable';
    if (error instanceof OutOfDate)
        return 'no-leader';
    if (error instanceof ConnectionLost)
        return 'no-connection';
    if (!(error instanceof engine_EngineError))
        return undefined;
    // What stands in front of a daemon says so when the daemon is away.
    if (!error.isDaemons)
        return error.status >= 502 && error.status <= 504 ? 'no-connection' : undefined;
    return ASKS_REGISTRY.test(path) ? undefined : troubleIn(error.message);
}
/** A registry's own troubles are told in the same words. */
const ASKS_REGISTRY = /^\/(?:auth$|distribution\/)/;
function troubleIn(message) {
    if (isElection(message))
        return 'no-leader';
    return isNoManager(message) ? 'no-manager' : undefined;
}
async function askUntilAnswered(daemons, path, ask, options = {}) {
    const attempt = async (number) => {
        const answer = await askOnce(daemons, path, ask, options);
        if (number > 1)
            daemons.onAnswer?.();
        return answer;
    };
    const pauseMs = (error, { number, elapsedMs }) => {
        const trouble = troubleOf(error, path);
        const isCallersLimit = options.timeoutSeconds !== undefined && error instanceof engine_TooLate;
        if (trouble === undefined || isCallersLimit || daemons.isClosed)
            return undefined;
        const isOver = elapsedMs >= patience_PATIENCE_MS[daemons.hasOthers ? 'no-connection' : trouble];
        return isOver ? undefined : pauseAfter(trouble, number);
    };
    return retry(attempt, pauseMs, options.signal);
}
/** In an election a second look at once would find no other answer. */
function pauseAfter(trouble, number) {
    const early = trouble === 'no-connection' ? PAUSES_MS[number - 1] : undefined;
    return early ?? LONGEST_PAUSE_MS;
}
async function askOnce(daemons, path, ask, { timeoutSeconds } = {}) {
    const { current: engine } = daemons;
    const isLong = timeoutSeconds !== undefined || !daemons.hasOthers;
    const silence = isLong ? undefined : setTimeout(() => daemons.onTrouble('silent', engine), patience_SILENCE_SECONDS * 1000);
    try {
        return await ask(engine);
    }
    catch (error) {
        const trouble = troubleOf(error, path);
        if (trouble !== undefined)
            daemons.onTrouble(trouble, engine, error);
        throw error;
    }
    finally {
        clearTimeout(silence);
    }
}
/** What another client is answered is passed on, but for what passes. */
async function forwardUntilAnswered(daemons, request) {
    const path = request.path.replace(/^\/v[\d.]+/, '');
    try {
        return await askUntilAnswered(daemons, path, async (engine) => {
            const answer = await engine.forward(request);
            const said = answer.body.toString('utf8', 0, MOST_OF_A_REFUSAL);
            if (answer.status >= 400 && troubleIn(said) !== undefined)
                throw new Refused(answer, said);
            return answer;
        });
    }
    catch (error) {
        if (error instanceof Refused)
            return error.answer;
        throw error;
    }
}
const MOST_OF_A_REFUSAL = 2000;
class Refused extends engine_EngineError {
    answer;
    constructor(answer, message) {
        super(answer.status, message);
        this.answer = answer;
    }
}

;// CONCATENATED MODULE: ./build/connect/manager-state.js

/** Why a daemon cannot manage its swarm now, from its own account; `undefined` when it can. */
function notManaging(swarm, host) {
    if (swarm.ControlAvailable && !swarm.Error)
        return undefined;
    if (swarm.LocalNodeState === 'inactive') {
        return `the docker daemon at ${host} is not part of a swarm: point \`host\`, DOCKER_HOST or the docker context at a manager of one, or run \`docker swarm init\` there`;
    }
    if (swarm.LocalNodeState === 'active' && !swarm.ControlAvailable) {
        return `the docker daemon at ${host} is a worker of its swarm: point \`host\`, DOCKER_HOST or the docker context at a manager`;
    }
    return `the swarm of ${host} cannot be managed now (${swarm.LocalNodeState}): ${swarm.Error || 'no reason given'}`;
}
/** Whether that is over before long: a manager that starts, or a swarm that elects its leader. */
function mayPass({ ControlAvailable, Error: problem, LocalNodeState }) {
    return LocalNodeState === 'pending' || (ControlAvailable && isElection(problem ?? ''));
}

;// CONCATENATED MODULE: ./build/connect/managers.js













/** A daemon that has just lost its connections may be back in a moment. */
const SECOND_LOOK_MS = 500;
/** Of a daemon, or of what stands in for it. */
const MOST_VERSION_CHARACTERS = 100;
/** A daemon that is not frozen answers a ping at once; a slow one, or one far away, within this. */
const PING_SECONDS = 10;
/** One that manages says so at once; without a leader it takes 20 s, and there may be another that has one. */
const STILL_LIMIT_MS = 10_000;
/** The route to another has to be opened first. */
const ASK_LIMIT_MS = 25_000;
/** Longer than an election, and than the time for which calls are patient. */
const SEARCH_SECONDS = 120;
/** An election takes up to 24 s; a run that begins in one waits for it. */
const ELECTION_PATIENCE_SECONDS = 60;
/** A daemon that takes connections and does not answer them is being started, or nobody's. */
const NO_ANSWER_PATIENCE_SECONDS = 15;
const managers_LOOK_EVERY_MS = 1000;
/**
 * The managers that a run may use, one of them at a time. Calls and docker commands go to the one in use, whichever
 * that is at the moment. When it is silent, has no leader, manages no more or loses its connections, the next that
 * manages takes its place.
 */
class Managers {
    #candidates;
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
    constructor(candidates, configDirectory, headers, cliIn = dockerCli) {
        this.#cliIn = cliIn;
        this.#candidates = candidates;
        this.#configDirectory = configDirectory;
        this.#headers = headers;
    }
    /** The docker CLI, tied to the manager in use. */
    docker = {
        run: (args, options) => this.#inUse().docker.run(args, options),
        start: (args) => this.#inUse().docker.start(args),
    };
    /** The Engine API of the manager in use, patient with what passes. */
    engine = patientEngine(this);
    /**
     * Opens the first route that leads to a manager. While they have no leader it waits for the election, and a little
     * while one ends its connections without an answer.
     *
     * @throws UserError with the reason of the only host, or of each
     */
    async connect(signal) {
        const found = await retry((round) => this.#enterFirst(round, signal), (error, { number, elapsedMs }) => {
            if (!(error instanceof NoManager))
                return undefined;
            const waitedFor = error.refusals.find(({ patienceSeconds }) => elapsedMs < patienceSeconds * 1000);
            if (waitedFor === undefined)
                return undefined;
            if (number === 1)
                log_log.info(`${waitedFor.message}: this is waited for`);
            return managers_LOOK_EVERY_MS;
        }, signal);
        const { candidate, engine, version } = found;
        log_log.info(`Connected to ${candidate.text}: Docker ${safe_text_safeLine(String(version), MOST_VERSION_CHARACTERS)}, API ${engine.apiVersion}, a manager of the swarm`);
        this.#use(found);
    }
    /** @throws NoManager when no candidate is one */
    async #enterFirst(round, signal) {
        const refusals = [];
        for (const candidate of this.#candidates) {
            const found = await this.#enter(candidate, signal);
            if (!(found instanceof Refusal))
                return found;
            refusals.push(found);
            if (this.#candidates.length > 1 && round === 1)
                log_log.info(`Passed over: ${found.message}`);
        }
        throw new NoManager(refusals);
    }
    /** Opens the route to a candidate, and looks whether a manager is there. */
    async #enter(candidate, signal) {
        let route;
        try {
            route = await candidate.open();
        }
        catch (error) {
            if (!(error instanceof errors_UserError))
                throw error;
            return new Refusal(`${candidate.text}: ${error.message}`, error);
        }
        const manager = await this.#tryRoute(candidate, route, signal).catch((error) => {
            route[Symbol.dispose]();
            throw error;
        });
        if (manager instanceof Refusal)
            route[Symbol.dispose]();
        return manager;
    }
    /** Connects over an open route, and asks whether what is there manages the swarm. */
    async #tryRoute(candidate, route, signal) {
        const docker = this.#cliIn({ ...route.env, DOCKER_CONFIG: this.#configDirectory });
        const dial = () => this.#watched(docker.start(['system', 'dial-stdio']), route);
        const address = { host: candidate.text, headers: this.#headers, dial, explain: route.explain };
        let engine;
        try {
            engine = await connectEngine(address, signal, this.#current && PING_SECONDS);
            const info = await engine.get('/info', { signal });
            const problem = notManaging(info.Swarm, candidate.text) ??
                (await versionProblem(engine, route.env.DOCKER_API_VERSION, candidate, signal));
            if (problem === undefined)
                return { candidate, route, docker, engine, version: info.ServerVersion };
            engine.close();
            return new Refusal(problem, undefined, mayPass(info.Swarm) ? ELECTION_PATIENCE_SECONDS : 0);
        }
        catch (error) {
            engine?.close();
            if (!(error instanceof ConnectionLost || error instanceof engine_EngineError))
                throw error;
            const reason = engine !== undefined && error instanceof engine_TooLate ? BUSY_WITH_SWARM : managers_reasonOf(error, route);
            return new Refusal(`the docker daemon at ${candidate.text} cannot be used: ${reason}`, error, patienceWith(error));
        }
    }
    #use(manager) {
        const before = this.#current;
        this.#current = manager;
        before?.engine.close();
        if (before !== undefined && before.route !== manager.route)
            before.route[Symbol.dispose]();
    }
    #inUse() {
        if (this.#current === undefined)
            throw new ConnectionLost('no manager of the swarm can be reached');
        return this.#current;
    }
    get current() {
        return this.#inUse().engine;
    }
    get hasOthers() {
        return this.#candidates.length > 1;
    }
    get isClosed() {
        return this.#disposed;
    }
    onTrouble(trouble, from, error) {
        const current = this.#current;
        if (current === undefined || from !== current.engine || this.#disposed)
            return;
        // Said once until all is well again.
        if (this.#toldTrouble !== trouble && trouble !== 'silent') {
            const said = error instanceof ConnectionLost ? error.reason : errors_messageOf(error);
            const told = error instanceof engine_TooLate ? TOO_LATE : TOLD[trouble];
            log_log.info(`${current.candidate.text}: ${told}: ${safe_text_safeLine(said)}`);
            this.#toldTrouble = trouble;
        }
        if (this.hasOthers)
            this.#find();
    }
    onAnswer() {
        if (this.#toldTrouble !== undefined)
            log_log.info(`${this.#current?.candidate.text}: the swarm answers again`);
        this.#toldTrouble = undefined;
    }
    /** A connection that ends by itself is the sign that the manager may be gone. */
    #watched(child, route) {
        child.once('close', (_code, killedBy) => {
            const mayBeGone = killedBy === null && route === this.#current?.route && !this.#disposed;
            if (mayBeGone && this.hasOthers)
                this.#find();
        });
        return child;
    }
    /** Looks for another manager when the one in use does not manage any more. One search at a time. */
    #find() {
        this.#search ??= this.#replace()
            .catch((error) => log_log.warning(`No other manager was found: ${wordsOfError(error)}`))
            .finally(() => {
            this.#search = undefined;
        });
    }
    async #replace() {
        const before = this.#current;
        const deadline = clock_nowMs() + SEARCH_SECONDS * 1000;
        await idle(SECOND_LOOK_MS);
        if (before === undefined || this.#disposed || (await this.#stillManages(before)))
            return;
        const at = this.#candidates.indexOf(before.candidate);
        const others = [...this.#candidates.slice(at + 1), ...this.#candidates.slice(0, at)];
        while (!this.#disposed && clock_nowMs() < deadline) {
            for (const candidate of others) {
                const found = await this.#enter(candidate, clock_timeLimit(ASK_LIMIT_MS));
                if (found instanceof Refusal) {
                    log_log.debug(found.message);
                }
                else if (this.#disposed) {
                    found.engine.close();
                    return found.route[Symbol.dispose]();
                }
                else {
                    log_log.warning(`${before.candidate.text} is no longer a manager that answers: the run goes on with ${candidate.text}`);
                    return this.#use(found);
                }
            }
            if (await this.#stillManages(before))
                return;
            await idle(managers_LOOK_EVERY_MS);
        }
    }
    /** Over a new connection: those that there are may be dead, or busy. */
    async #stillManages({ candidate, route }) {
        const found = await this.#tryRoute(candidate, route, clock_timeLimit(STILL_LIMIT_MS)).catch((error) => error);
        if (found instanceof Error)
            return false;
        found.engine.close();
        return true;
    }
    [Symbol.dispose]() {
        this.#disposed = true;
        this.#current?.engine.close();
        this.#current?.route[Symbol.dispose]();
    }
}
/** The connection itself may be as good as before. */
const TOO_LATE = 'a call was not answered in time, and the connection is made again';
const TOLD = {
    'no-leader': 'the swarm has no leader, which is waited for',
    'no-connection': 'the connection is lost, and made again',
    silent: 'there is no answer',
    unreadable: 'the answer cannot be understood, and is asked for again',
    'no-manager': 'it manages the swarm no longer',
};
/** Why a candidate is no manager now, in the user's words. */
class Refusal extends errors_UserError {
    /** For how long it may be worth to ask again, since the first time. */
    patienceSeconds;
    constructor(message, cause, patienceSeconds = 0) {
        super(message, { cause });
        this.patienceSeconds = patienceSeconds;
    }
}
function patienceWith(error) {
    if (error instanceof engine_EngineError)
        return isElection(error.message) ? ELECTION_PATIENCE_SECONDS : 0;
    return error.reason === ENDED_WITHOUT_ANSWER ? NO_ANSWER_PATIENCE_SECONDS : 0;
}
function managers_reasonOf(error, route) {
    return error instanceof ConnectionLost ? error.reason : refusalText(error, route);
}
/** It has answered, but not what its swarm is like: of that a manager asks the leader, and waits for one. */
const BUSY_WITH_SWARM = 'it is there, and has not said in time how its swarm is, as a manager without a leader does: look at whether most of the managers are up and reach each other';
async function versionProblem(engine, asked, { text }, signal) {
    return asked ? apiVersionProblem(asked, await engine.get('/version', { signal }), text) : undefined;
}
function refusalText(error, { explain }) {
    const said = safe_text_safeLine(error.message);
    const explained = explain(said);
    // That an API is too old is our own word, and no answer.
    return explained !== said || error.asked === undefined ? explained : (tellCallError(error) ?? said);
}
/** No candidate is a manager, each for its own reason. */
class NoManager extends errors_UserError {
    refusals;
    constructor(refusals) {
        const [first] = refusals;
        const reasons = refusals.map(({ message }) => message).join('; ');
        if (first !== undefined && refusals.length === 1)
            super(first.message, { cause: first.cause });
        else
            super(`none of the ${refusals.length} hosts can be used: ${reasons}`);
        this.refusals = refusals;
    }
}

;// CONCATENATED MODULE: ./build/connect/connection.js













/**
 * Finds a manager of the swarm, then isolates: from here on no docker command reads the user's configuration. Where
 * several hosts are given, each is tried in turn, and when the one in use fails later on, the others are.
 *
 * @throws UserError when `DOCKER_API_VERSION` is none, when there is no docker CLI, no such context, no daemon, or when
 *   no daemon is a swarm manager
 */
async function connect(deployment, workspace, env, signal) {
    const { dockerConfigs } = deployment;
    if (dockerConfigs !== undefined)
        for (const line of ignoredVariables(env, dockerConfigs))
            log_log.warning(line);
    const bare = withPlainApiVersion(environmentForChildren(env));
    const userConfig = await readUserConfig(bare);
    const cli = await findCli(deployment, bare, workspace, signal);
    const directory = await workspace.makeDirectory('client');
    await workspace.writeFile((0,external_node_path_namespaceObject.join)(directory, 'config.json'), isolatedConfigFile(new Map(), userConfig.carriedOver));
    const candidates = await candidatesOf(deployment.reach, { workspace, env: cli.env, userConfig, signal });
    const http = registryHttp(bare);
    const managers = new Managers(candidates, directory, userConfig.file.HttpHeaders ?? {});
    try {
        await managers.connect(signal);
        return {
            docker: managers.docker,
            isRemote: candidates.every(({ text }) => text.startsWith('ssh:')),
            cliVersion: cli.version,
            engine: managers.engine,
            registryHttp: http,
            configDirectory: directory,
            userConfig,
            [Symbol.dispose]: () => {
                http[Symbol.dispose]();
                managers[Symbol.dispose]();
            },
        };
    }
    catch (error) {
        managers[Symbol.dispose]();
        throw error;
    }
}
/** The configuration that docker would use in this environment. */
async function readUserConfig(env) {
    // Later steps may begin in another directory.
    const directory = (0,external_node_path_namespaceObject.resolve)(env.DOCKER_CONFIG || (0,external_node_path_namespaceObject.join)(homeDirectory(), '.docker'));
    const name = env.DOCKER_CONFIG ? 'DOCKER_CONFIG' : '~/.docker';
    const file = await readConfigFile((0,external_node_path_namespaceObject.join)(directory, 'config.json'));
    return { name, directory, file, carriedOver: settingsToCarryOver(file, (0,external_node_path_namespaceObject.join)(directory, 'cli-plugins')), env };
}
async function readConfigFile(path) {
    try {
        const file = parseConfigFile(await (0,promises_namespaceObject.readFile)(path, 'utf8'));
        // Before anything that others say is printed.
        for (const { value, username } of secretsIn(file))
            new secret_Secret(value, username);
        return file;
    }
    catch (error) {
        if (error.code === 'ENOENT')
            return {};
        log_log.warning(`${path} is not read: ${errors_messageOf(error)}`);
        return {};
    }
}

// EXTERNAL MODULE: ./node_modules/yaml/dist/index.js
var dist = __nccwpck_require__(8815);
;// CONCATENATED MODULE: ./build/inputs/yaml.js

const DEEPEST = 20;
/** How many values all aliases together may stand for: more is an attack or a mistake, and would fill the memory. */
const MOST_ALIASED_VALUES = 100_000;
/** More would hide what is wrong: mostly one mistake is the cause of all. */
const MOST_PROBLEMS = 20;
const YAML_TAG = 'tag:yaml.org,2002:';
/** The tags that say of a list or mapping what is so anyway. */
const HARMLESS_TAGS = new Set(['!', `${YAML_TAG}str`, `${YAML_TAG}map`, `${YAML_TAG}seq`]);
/** What docker compose does by tags where files are merged. */
const COMPOSE_TAGS = {
    '!reset': '`!reset` is for docker compose, and docker stack cannot take away what another file has: leave the key out here and there, or write the value that it shall have',
    '!override': '`!override` is for docker compose, and docker stack joins the lists and mappings of all files: leave the tag out, and write the key in one file only',
};
const REASONS = {
    TAB_AS_INDENT: 'a tab indents the line, which YAML does not allow: indent with spaces',
    BAD_ALIAS: 'a value that begins with * or & is an alias or anchor in YAML: put the value in quotes',
    BAD_DQ_ESCAPE: 'a backslash in double quotes begins an escape that YAML does not know: use single quotes',
    BAD_INDENT: 'a bracket or quote is not closed, or a line is not indented far enough: close it, or put the value in quotes',
    BAD_SCALAR_START: 'a value begins with a character that YAML reserves (one of @ ` %): put the value in quotes',
    BLOCK_AS_IMPLICIT_KEY: 'a value holds a colon and a blank, or a line is not indented as its neighbours: put the value in quotes, or indent the line as they are',
    MISSING_CHAR: 'a quote, bracket, comma or colon is missing: close what was opened, and write `key: value` with a blank after the colon',
    MULTILINE_IMPLICIT_KEY: 'the line is neither a `key: value` nor part of the value before: write a blank after the colon, and indent alike what belongs together',
    MULTIPLE_DOCS: 'a line of --- begins a second document: leave only one',
    RESOURCE_EXHAUSTION: 'lists and mappings are nested too deeply: write them flat',
};
const STRANGE_BLANK = 'a line or key begins with a blank that is no space, as text from a web page has them: write spaces';
/** What is wrong with one line is wrong with most. */
const TOLD_ONCE = new Set([REASONS.RESOURCE_EXHAUSTION, STRANGE_BLANK]);
const ENDS_IN_COLON = 'a value ends in a colon, perhaps because the variable behind it is empty: set the variable, or put the value in quotes';
const OTHER_REASON = 'this is not valid YAML: look at the indentation, and put values with special characters in quotes';
/**
 * Reads a YAML text with the failsafe schema, aliases and merge keys (`<<`) put in their place. JSON is YAML.
 */
function yaml_parseYaml(text) {
    const source = text.replace(/^\uFEFF/, '');
    const lineCounter = new dist/* LineCounter */.HN();
    // Duplicate keys are found below: the package's own search takes quadratic time.
    const document = (0,dist/* parseDocument */.Tp)(source, {
        schema: 'failsafe',
        lineCounter,
        prettyErrors: false,
        uniqueKeys: false,
        resolveKnownTags: false,
        logLevel: 'error',
    });
    const [error] = document.errors;
    const tree = new TreeBuilder(source, lineCounter);
    const root = document.contents === null ? undefined : tree.buildAll(document.contents);
    if (error === undefined)
        return { root, problems: tree.problems };
    const { line, col } = lineCounter.linePos(error.pos[0]);
    return { root, problems: [{ line, column: col, reason: reasonFor(error, source) }] };
}
function reasonFor({ code, pos: [offset] }, source) {
    const startOfLine = source.slice(source.lastIndexOf('\n', offset - 1) + 1);
    if (/^[^\S\n]*\t/.test(startOfLine))
        return REASONS.TAB_AS_INDENT ?? OTHER_REASON;
    if (BEGINS_STRANGELY.test(startOfLine))
        return STRANGE_BLANK;
    if (VALUES_WITH_COLON.includes(code) && TEXT_ENDING_IN_COLON.test(source.slice(offset)))
        return ENDS_IN_COLON;
    return REASONS[code] ?? OTHER_REASON;
}
/** To YAML a no-break space is a letter like any other: what seems indented is a key of the level above. */
const BEGINS_STRANGELY = /^ *(?![ \t\r\n])\s/;
const VALUES_WITH_COLON = ['BLOCK_AS_IMPLICIT_KEY', 'BLOCK_IN_FLOW'];
/** Up to the end of the line, or of the value in a list or mapping with brackets. */
const TEXT_ENDING_IN_COLON = /^[^\s,[\]{}'"#]+:[^\S\n]*(?:[,\]}#\n]|$)/;
/** Plain, or with the tag that says it. */
function isMergeKey(key) {
    if (!(0,dist/* isScalar */.jn)(key) || key.value !== '<<')
        return false;
    return key.tag === `${YAML_TAG}merge` || (key.type === dist/* Scalar */.X5.PLAIN && (key.tag === undefined || key.tag === '!'));
}
const INTEGER = /^([-+]?)(0b[01]+|0o[0-7]+|0x[\da-f]+|\d+)$/i;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const NO_NUMBER = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/;
/**
 * A scalar as its tag has it, or what is wrong with the two: as gopkg.in/yaml.v3 does in resolve.go, for docker is to
 * read the same from the text without the tag.
 */
function taggedText(text, tag) {
    const plain = (value) => ({ ...text, value, style: 'plain' });
    const { value } = text;
    switch (tag) {
        case 'str':
            return text.style === 'plain' ? { ...text, style: 'quoted' } : text;
        case 'null':
            return /^(?:|~|null|Null|NULL)$/.test(value) ? plain('') : wrongTag(tag, 'null');
        case 'bool':
            return /^(?:true|True|TRUE|false|False|FALSE)$/.test(value) ? plain(value) : wrongTag(tag, 'true or false');
        case 'int':
            return integer(value) === undefined ? wrongTag(tag, 'a whole number') : plain(value);
        case 'float': {
            const whole = integer(value);
            if (whole !== undefined)
                return plain(`${whole}.0`);
            const digits = value.replaceAll('_', '');
            const isFloat = NO_NUMBER.test(value) || (FLOAT.test(digits) && Number.isFinite(Number(digits)));
            return isFloat ? plain(value) : wrongTag(tag, 'a number');
        }
        case 'timestamp':
            return TIMESTAMP.test(value) ? { ...text, isTimestamp: true } : wrongTag(tag, 'a date such as 2026-01-31');
        case 'binary':
            return textOfBase64(text);
        default:
            return unknownTag(text);
    }
}
/** Quotes around what follows the tag would change nothing; and where nothing follows, no tag was meant. */
function unknownTag({ value, style }) {
    return value === '' && style === 'plain'
        ? 'a value that begins with ! is a tag in YAML: put the value in quotes'
        : 'a tag (a word with ! before it) stands before the value, and docker knows no such tag: leave the tag out, or put tag and value together in quotes if the ! is part of the value';
}
function wrongTag(tag, needed) {
    return `what stands behind \`!!${tag}\` is not ${needed}: write that, or leave the tag out`;
}
/** What Go takes for an integer of 64 bits, with or without a sign; a zero before the digits says that they are octal. */
function integer(text) {
    const [, sign, digits = ''] = INTEGER.exec(text.replaceAll('_', '')) ?? [];
    if (sign === undefined)
        return undefined;
    const isOctal = /^0\d/.test(digits);
    if (isOctal && /[89]/.test(digits))
        return undefined;
    const size = BigInt(isOctal ? `0o${digits}` : digits.toLowerCase());
    if (size > (sign === '-' ? 2n ** 63n : sign === '+' ? 2n ** 63n - 1n : 2n ** 64n - 1n))
        return undefined;
    return sign === '-' ? -size : size;
}
function textOfBase64(text) {
    const base64 = text.value.replace(/[\r\n]/g, '');
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.toString('base64') !== base64)
        return wrongTag('binary', 'padded base64');
    try {
        return { ...text, style: 'quoted', value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
    }
    catch {
        return 'what stands behind `!!binary` is no UTF-8 text: put it into a file, and name the file';
    }
}
class TreeBuilder {
    problems = [];
    #source;
    #lineCounter;
    #anchors = new Map();
    #sizes = new Map();
    /** Where an anchor stands before nothing. */
    #emptyAnchors = new Map();
    #aliases = new Set();
    #aliasedValues = 0;
    constructor(source, lineCounter) {
        this.#source = source;
        this.#lineCounter = lineCounter;
    }
    buildAll(node) {
        const root = this.build(node);
        for (const [anchor, offset] of this.#emptyAnchors) {
            if (this.#aliases.has(anchor))
                continue;
            this.#refuse(offset, 'a value that begins with & is an anchor in YAML: put the value in quotes');
        }
        this.problems.sort((a, b) => a.line - b.line || a.column - b.column);
        return root;
    }
    build(node, depth = 0) {
        if (node === null)
            return this.#empty(0);
        const offset = node.range?.[0] ?? 0;
        if (depth > DEEPEST)
            return this.#refuse(offset, REASONS.RESOURCE_EXHAUSTION ?? OTHER_REASON);
        if ((0,dist/* isAlias */.Vj)(node))
            return this.#resolve(node.source, offset);
        if (node.anchor !== undefined)
            this.#anchors.set(node.anchor, undefined);
        const value = this.#valueOf(node, offset, depth);
        if (node.anchor !== undefined)
            this.#anchors.set(node.anchor, value);
        return value;
    }
    #valueOf(node, offset, depth) {
        const line = this.#lineCounter.linePos(offset).line;
        const { tag } = node;
        const ofTag = tag === undefined ? offset : Math.max(0, this.#source.lastIndexOf('!', offset - 1));
        if (tag !== undefined && Object.hasOwn(COMPOSE_TAGS, tag))
            return this.#refuse(ofTag, COMPOSE_TAGS[tag] ?? '');
        if (tag !== undefined && !(0,dist/* isScalar */.jn)(node) && !HARMLESS_TAGS.has(tag)) {
            return this.#refuse(ofTag, 'a tag (!) stands before a list or mapping: leave the tag out');
        }
        if ((0,dist/* isMap */.jh)(node))
            return this.#sized({ kind: 'map', line, entries: this.#entries(node, depth) });
        if ((0,dist/* isSeq */.oP)(node)) {
            const items = node.items.map((item) => this.build(item, depth + 1));
            return this.#sized({ kind: 'list', line, items });
        }
        if (!(0,dist/* isScalar */.jn)(node))
            return this.#empty(offset);
        const untagged = { kind: 'text', line, value: String(node.value ?? ''), ...this.#styleOf(node) };
        if (/\p{Surrogate}/u.test(untagged.value)) {
            return this.#refuse(offset, 'an escape stands for half of a character: write the character itself');
        }
        if (untagged.value === '' && untagged.style === 'plain' && tag === undefined && node.anchor !== undefined) {
            this.#emptyAnchors.set(node.anchor, offset);
        }
        if (tag === undefined || tag === '!')
            return untagged;
        const tagged = tag.startsWith(YAML_TAG) ? taggedText(untagged, tag.slice(YAML_TAG.length)) : unknownTag(untagged);
        return typeof tagged === 'string' ? this.#refuse(ofTag, tagged) : tagged;
    }
    #styleOf(node) {
        if (node.type === dist/* Scalar */.X5.BLOCK_LITERAL || node.type === dist/* Scalar */.X5.BLOCK_FOLDED) {
            return { style: 'block', isFolded: false, hasComment: false };
        }
        const [start, end] = node.range ?? [0, 0];
        const isPlain = node.type === dist/* Scalar */.X5.PLAIN;
        return {
            style: isPlain ? 'plain' : 'quoted',
            isFolded: /[\r\n]/.test(this.#source.slice(start, end)),
            hasComment: isPlain && /^[ \t]+#/.test(this.#source.slice(end, end + 80)),
        };
    }
    #entries(map, depth) {
        const own = new Map();
        let merged;
        for (const { key: keyNode, value: valueNode } of map.items) {
            const offset = keyNode?.range?.[0] ?? 0;
            if (isMergeKey(keyNode)) {
                if (merged === undefined)
                    merged = this.#merged(valueNode, offset, depth);
                else
                    this.#refuse(offset, '`<<` is in its mapping already: write it once, with a list: `<<: [*a, *b]`');
                continue;
            }
            const key = this.build(keyNode, depth + 1);
            const value = this.build(valueNode, depth + 1);
            if (key.kind !== 'text')
                this.#refuse(offset, 'a key is a list or mapping: write text before the colon');
            else if (key.style === 'plain' && BEGINS_STRANGELY.test(key.value))
                this.#refuse(offset, STRANGE_BLANK);
            else if (own.has(key.value))
                this.#refuse(offset, 'the key is in its mapping already: leave one of the two');
            else
                own.set(key.value, { key: key.value, line: key.line, value });
        }
        for (const { key, ...rest } of merged?.flatMap((value) => (value.kind === 'map' ? value.entries : [])) ?? []) {
            if (!own.has(key))
                own.set(key, { key, ...rest });
        }
        return [...own.values()];
    }
    /** The mappings behind `<<`; the first of those that have a key gives its value. */
    #merged(node, offset, depth) {
        const known = this.problems.length;
        const value = this.build(node, depth + 1);
        const all = value.kind === 'list' && (0,dist/* isSeq */.oP)(node) ? value.items : [value];
        if (this.problems.length === known && all.some(({ kind }) => kind !== 'map')) {
            this.#refuse(offset, 'what `<<` merges is no mapping: write `<<: *name`, and `&name` before the mapping');
        }
        return all;
    }
    #resolve(anchor, offset) {
        this.#aliases.add(anchor);
        const target = this.#anchors.get(anchor);
        if (target === undefined) {
            const wrong = this.#anchors.has(anchor)
                ? 'an alias (*) stands inside of what it means: give the name of an anchor that ends before it'
                : REASONS.BAD_ALIAS;
            return this.#refuse(offset, wrong ?? OTHER_REASON);
        }
        const before = this.#aliasedValues;
        this.#aliasedValues += this.#sizes.get(target) ?? 1;
        if (this.#aliasedValues <= MOST_ALIASED_VALUES)
            return target;
        if (before > MOST_ALIASED_VALUES)
            return this.#empty(offset);
        return this.#refuse(offset, `the aliases (*) stand for more than ${MOST_ALIASED_VALUES} values: write fewer`);
    }
    #sized(value) {
        const children = value.kind === 'list' ? value.items : value.entries.map((entry) => entry.value);
        this.#sizes.set(value, children.reduce((sum, child) => sum + (this.#sizes.get(child) ?? 1), 1));
        return value;
    }
    #refuse(offset, reason) {
        const { line, col } = this.#lineCounter.linePos(offset);
        const isRepeated = TOLD_ONCE.has(reason) && this.problems.some((one) => one.reason === reason);
        if (this.problems.length < MOST_PROBLEMS && !isRepeated)
            this.problems.push({ line, column: col, reason });
        return this.#empty(offset);
    }
    #empty(offset) {
        const { line } = this.#lineCounter.linePos(offset);
        return { kind: 'text', line, value: '', style: 'plain', isFolded: false, hasComment: false };
    }
}

;// CONCATENATED MODULE: ./build/inputs/variables.js


const variables_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** Words in capitals without a digit among the first letters: so is a variable called, and hardly a password. */
const VARIABLE = /^[A-Z]+(?:_[A-Z0-9]+)*$/;
/** Whether a text that stands where the name of a variable is expected can be shown: its value may have been put there. */
function isVariableName(text) {
    return VARIABLE.test(text);
}
/** The variables of an `env` key, a mapping or a list of `KEY=value`. No message shows a value. */
function variablesFrom(env, problems) {
    if (env === undefined)
        return {};
    if (env.kind === 'text') {
        problems.add('this is only text: write a mapping such as `env: {LOG_LEVEL: debug}`, or a list of `LOG_LEVEL=debug`');
        return {};
    }
    const pairs = env.kind === 'map' ? pairsOfMap(env, problems) : pairsOfList(env, problems);
    const known = new Set();
    for (const [name, value] of pairs) {
        if (!variables_NAME.test(name)) {
            problems.add(`${shown_shown(name)} is no name of a variable: write letters, digits and _, no digit first`);
        }
        else if (known.has(name))
            problems.add(`${name} is given twice: leave one of the two`);
        else if (value.includes('\0'))
            problems.add(`the value of ${name} has a NUL character, which no variable can have: take it out`);
        known.add(name);
    }
    return Object.fromEntries(pairs);
}
function pairsOfMap({ entries }, problems) {
    return entries.flatMap(({ key, value }) => {
        if (value.kind !== 'text') {
            problems.add(`the value of ${shown_shown(key)} is a ${value.kind === 'map' ? 'mapping' : 'list'}: put it in quotes to make it text`);
            return [];
        }
        if (value.value === '' && value.style === 'plain') {
            problems.add(`${shown_shown(key)} has no value: write \`${mayBeSecret(key) ? 'NAME' : key}: ""\` if it shall be empty`);
            return [];
        }
        return [[key, value.value]];
    });
}
function pairsOfList({ items }, problems) {
    return items.flatMap((item, index) => {
        if (item.kind !== 'text') {
            problems.add(`item ${index + 1} is no text: write it as \`KEY=value\`, in quotes if it holds a colon and a blank`);
            return [];
        }
        const separator = item.value.indexOf('=');
        if (separator >= 0)
            return [[item.value.slice(0, separator).trim(), item.value.slice(separator + 1)]];
        problems.add(`item ${index + 1} has no value: write it as \`KEY=value\`, or \`KEY=\` if it shall be empty`);
        return [];
    });
}

;// CONCATENATED MODULE: ./build/inputs/problems.js


/** Collects what is wrong with the inputs, so that one run tells all of it: one line each, that begins with its place. */
class Problems {
    #lines;
    #place;
    constructor(place = '', lines = []) {
        this.#place = place;
        this.#lines = lines;
    }
    /** The same collection, for the problems of one place in it. */
    at(place) {
        return new Problems(this.#place === '' ? place : `${this.#place}: ${place}`, this.#lines);
    }
    add(problem) {
        this.#lines.push(oneLine(this.#place === '' ? problem : `${this.#place}: ${problem}`));
    }
    /** What was collected so far, from every place. */
    get lines() {
        return this.#lines;
    }
    get isEmpty() {
        return this.#lines.length === 0;
    }
    /** Adds what another collection has. */
    take(others) {
        for (const line of others.#lines)
            this.#lines.push(line);
    }
    /** What the work returns; `undefined` and its problems when it ends in an error of the user's. */
    attempt(work) {
        try {
            return work();
        }
        catch (error) {
            if (!(error instanceof errors_UserError))
                throw error;
            for (const problem of error instanceof UserErrors ? error.problems : [error.message])
                this.add(problem);
            return undefined;
        }
    }
    /** @throws InputErrors with every problem collected so far, from every place */
    throwAll() {
        if (this.#lines.length > 0)
            throw new InputErrors(this.#lines);
    }
}
/** One takes as long to make as a hundred lists. */
const formats = {};
/** Names as a sentence lists them: `a`, `b` and `c`. */
function problems_listed(names, type = 'conjunction') {
    formats[type] ??= new Intl.ListFormat('en', { type });
    return formats[type].format(names.map(shown_ticked));
}
function oneLine(text) {
    return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

;// CONCATENATED MODULE: ./build/inputs/accounts/credentials.js





const credentials_HUB = 'docker.io';
/** What an empty value of a workflow mostly means. */
const UNSET = 'an empty one is often a secret that is not set, or that pull requests from forks do not get';
/** The credential; `undefined` when something is wrong with it. */
function checkedCredential(written, problems) {
    const { origin, scope } = written;
    const config = written.config?.trim();
    hideByLook(config ?? '');
    const own = loginProblems(written);
    const ofStored = written.stored === undefined ? [] : loginProblems(written.stored);
    const wrong = [
        ...own,
        ...ofStored.map((problem) => problem.replace(/^the /, 'the stored ')),
        ...[configProblem(config)].filter((problem) => problem !== undefined),
    ];
    for (const problem of wrong)
        problems.add(problem);
    if (wrong.length > 0 || scope === undefined)
        return undefined;
    const place = scope.path === '' ? scope.registry : `${scope.registry}/${scope.path}`;
    const stored = written.stored && isSame(written, written.stored) ? undefined : written.stored;
    return {
        origin,
        config: config ?? place,
        ...scope,
        ...loginOf(written),
        ...(stored && { stored: { registry: scope.registry, ...loginOf(stored) } }),
    };
}
function loginOf({ username, password }) {
    const account = username.trim();
    return { username: account, password: new secret_Secret(password, account), kind: 'password' };
}
function loginProblems({ username, password }) {
    return [usernameProblem(username.trim()), passwordProblem(password)].filter((problem) => problem !== undefined);
}
function isSame(one, other) {
    return one.username.trim() === other.username.trim() && one.password === other.password;
}
/** The inputs of the short form that say something of the account: each as a value, or as a file that holds it. */
const SHORT_FORM = ['registry', 'username', 'password'];
/** All inputs of the short form. */
const SHORT_FORM_INPUTS = [
    'registry',
    'registry-file',
    'username',
    'username-file',
    'password',
    'password-file',
    'config',
];
/**
 * The credential of the inputs `registry`, `username` and `password`, or of the files that hold them; `undefined` when
 * none of them is given.
 */
function credentialFromShortForm(given, readFile, problems) {
    masking_hide(withoutLastNewlines(given.password), 'password', given.username.trim());
    if (SHORT_FORM_INPUTS.every((name) => given[name].trim() === ''))
        return undefined;
    const texts = SHORT_FORM.map((key) => [key, shortText(given, key, readFile, problems)]);
    if (texts.some(([, text]) => text === undefined))
        return undefined;
    const all = Object.fromEntries(texts);
    masking_hide(all.password, 'password', all.username);
    const missing = ['username', 'password'].filter((name) => all[name] === '');
    if (missing.length > 0) {
        const present = SHORT_FORM_INPUTS.filter((name) => given[name].trim() !== '');
        problems.add(`${problems_listed(present)} ${isOrAre(present)} given, but ${problems_listed(missing)} ${isOrAre(missing)} empty: give \`username\` and \`password\` together (${UNSET})`);
        return undefined;
    }
    const isInFile = given['registry-file'].trim() !== '';
    const reference = given.password.trim() === '' ? undefined : problemOfReference(all.password, 'password', IN_SHORT_FORM);
    if (reference !== undefined) {
        problems.add(reference);
        return undefined;
    }
    const scope = problems.at(isInFile ? 'registry-file' : 'registry').attempt(() => {
        return isInFile ? scopeOfFile(all.registry) : registryScope(all.registry || credentials_HUB);
    });
    const config = given.config.trim() === '' ? undefined : given.config;
    return checkedCredential({ ...all, origin: 'registry', config, scope }, problems.at('username, password'));
}
const IN_SHORT_FORM = `write the expression that has it, such as \`\${{ secrets.NAME }}\`, or give a file that holds it as \`password-file\``;
/** What an input of the short form says, by itself or by its file; `undefined` where that cannot be told. */
function shortText(given, key, readFile, problems) {
    const name = `${key}-file`;
    const path = given[name].trim();
    const value = key === 'password' ? withoutLastNewlines(given[key]) : given[key].trim();
    if (path === '')
        return value;
    if (value !== '') {
        problems.add(`\`${key}\` and \`${name}\` are both given: leave one of them out`);
        return undefined;
    }
    const here = problems.at(name);
    const text = here.attempt(() => readFile(path));
    if (text === undefined)
        return undefined;
    const content = key === 'password' ? withoutLastNewlines(text) : text.trim();
    if (content !== '')
        return content;
    here.add(`the file is empty: write the ${WHAT[key]} into it, or leave the input out`);
    return undefined;
}
/** What a file holds is not shown: it may be that of another secret. */
function scopeOfFile(text) {
    try {
        return registryScope(text);
    }
    catch (error) {
        if (!(error instanceof errors_UserError))
            throw error;
        throw new errors_UserError('the file holds no registry: write one into it, such as ghcr.io or ghcr.io/org-a');
    }
}
const WHAT = {
    registry: 'registry',
    username: 'name of the account',
    password: 'password',
};
/**
 * Docker keeps one login for a registry in a configuration directory, whatever the path: with two in one config it
 * would take one by chance.
 */
function checkSeparation(credentials, problems) {
    const known = new Map();
    for (const credential of credentials) {
        const { origin, registry, config } = credential;
        const key = JSON.stringify([config, registry]);
        const other = known.get(key);
        if (other === undefined)
            known.set(key, credential);
        else {
            problems.add(`${other.origin} and ${origin} both put an account for ${registry} into the config ${config}, which has room for one: give each a \`config\` name of its own, or limit each to a path such as ${registry}/org-a`);
        }
    }
}
/** @throws UserError that goes on after the name of the key */
function registryScope(text) {
    hideUserInfo(text);
    try {
        return reference_parseRegistry(text);
    }
    catch (error) {
        if (!(error instanceof reference_InvalidReference))
            throw error;
        throw new errors_UserError(error.message.replace(/^The/, 'the'));
    }
}
/**
 * What to write instead of a password that is `env:` and the name of a variable: `docker-config` takes that form, and no
 * password does. One that is really so is taken from a variable or file.
 *
 * @param key under which it was written
 */
function problemOfReference(password, key, instead) {
    if (!/^env:\s*[A-Za-z_]\w*$/i.test(password.trim()))
        return undefined;
    return `\`${key}\` has the form of \`env:NAME\`, which is only read in \`docker-config\`: it would be sent as the password itself: ${instead}`;
}
/** Files and heredocs end in a newline that is no part of the password. Everything else is. */
function withoutLastNewlines(password) {
    let end = password.length;
    while (end > 0 && '\r\n'.includes(password.charAt(end - 1)))
        end--;
    return password.slice(0, end);
}
function usernameProblem(username) {
    if (username === '')
        return `the username is empty: write the name of the account (${UNSET})`;
    if (username.includes(':'))
        return 'the username has a colon, which docker cannot send: write the name alone';
    if (/\p{Cc}/u.test(username))
        return 'the username has a line break or control character: write it on one line';
    return undefined;
}
function passwordProblem(password) {
    if (password === '')
        return `the password is empty: set it (${UNSET})`;
    if (password.includes('\0'))
        return 'the password has a NUL character, which no password can have: save it as UTF-8 text';
    return undefined;
}
/** What is wrong with the name of a config. */
function configProblem(config) {
    if (config === '')
        return '`config` is empty: write a name for it, or leave the key out';
    if (config !== undefined && /\p{Cc}/u.test(config))
        return '`config` has a line break or control character: write a name on one line';
    return undefined;
}
function isOrAre(names) {
    return names.length === 1 ? 'is' : 'are';
}

;// CONCATENATED MODULE: ./build/docker/archive/tar-format.js
/** What a header of a tar archive says: POSIX.1-2017, pax, "ustar Interchange Format". Pure. */
/** Bytes; headers and contents begin at multiples of it. */
const BLOCK = 512;
/** The sum of the bytes of a header, those of the sum itself taken for blanks. */
function checksumOf(header) {
    return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
}
/** The name of an entry as its header has it. */
function nameIn(header) {
    const name = untilNul(header.subarray(0, 100));
    // GNU's own format has times where POSIX has the first part of a long name.
    const isPosix = header.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = isPosix ? untilNul(header.subarray(345, 500)) : '';
    return prefix === '' ? name : `${prefix}/${name}`;
}
/** The text up to its closing NUL. */
function untilNul(bytes) {
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end === -1 ? bytes.length : end);
}

;// CONCATENATED MODULE: ./build/runner/zlib.js

/** Node's zlib, loaded when something is packed or unpacked for the first time: it would be a thirtieth of each start. */
function zlib() {
    return (0,external_node_module_namespaceObject.createRequire)(import.meta.url)('node:zlib');
}

;// CONCATENATED MODULE: ./build/inputs/accounts/tar.js




const MOST_UNPACKED_MEGABYTES = 16;
const MOST_ENTRIES = 2000;
/** What an archive of settings has no use for, by the flag of its entries. */
const REFUSED = {
    '1': 'a hard link',
    '2': 'a symbolic link',
    '3': 'a device',
    '4': 'a device',
    '6': 'a named pipe',
    K: 'a link',
    S: 'a sparse file',
};
/**
 * The regular files of a `.tar.gz`.
 *
 * @throws UserError when it is none, is cut off or damaged, becomes too large, or has anything but files and directories
 *   with relative paths
 */
function filesOfTarGz(bytes) {
    return filesOfTar(unzipped(bytes));
}
function unzipped(bytes) {
    try {
        return zlib().gunzipSync(bytes, { maxOutputLength: MOST_UNPACKED_MEGABYTES * 1024 * 1024 });
    }
    catch (error) {
        const { code } = error;
        if (code === 'ERR_BUFFER_TOO_LARGE') {
            throw new errors_UserError(`the archive is larger than ${MOST_UNPACKED_MEGABYTES} MB when it is unpacked: ${PACK_LESS}`);
        }
        throw new errors_UserError(code === 'Z_BUF_ERROR' ? CUT_OFF : DAMAGED);
    }
}
const PACK_LESS = 'pack `config.json` alone, as in `tar -czf docker.tar.gz -C ~ .docker/config.json`';
const CUT_OFF = 'the archive is cut off in its middle: give all of it';
const DAMAGED = 'the archive is damaged: give it as `tar -czf` has made it';
function filesOfTar(bytes) {
    const files = new Map();
    let longName;
    let entries = 0;
    for (let at = 0;;) {
        const header = bytes.subarray(at, at + BLOCK);
        if (header.length < BLOCK)
            throw new errors_UserError(at === 0 ? DAMAGED : CUT_OFF);
        // The end is a block of zeros.
        if (header.every((byte) => byte === 0))
            return [...files].map(([path, content]) => ({ path, content }));
        checkSum(header);
        if (++entries > MOST_ENTRIES)
            throw new errors_UserError(`the archive has more than ${MOST_ENTRIES} entries: ${PACK_LESS}`);
        const size = numberAt(header, 124, 12);
        const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
        if (content.length < size)
            throw new errors_UserError(CUT_OFF);
        at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
        const flag = String.fromCharCode(header[156] ?? 0);
        if (flag === 'x')
            longName = pathOfPax(content) ?? longName;
        else if (flag === 'L')
            longName = untilNul(content);
        else if (flag === 'g') {
            if (pathOfPax(content) !== undefined)
                throw tar_refusal('pax_global_header', 'a name for all files');
        }
        else {
            const name = longName ?? nameIn(header);
            longName = undefined;
            const path = checkedPath(name);
            if (!isDirectory(flag, name)) {
                if (!/[0\0]/.test(flag))
                    throw tar_refusal(name, REFUSED[flag] ?? 'no file or directory');
                if (path === '' || files.has(path))
                    throw tar_refusal(name, path === '' ? 'no name of a file' : 'there twice');
                files.set(path, content);
            }
        }
    }
}
function isDirectory(flag, name) {
    return flag === '5' || (flag === '\0' && name.endsWith('/'));
}
function tar_refusal(name, what) {
    return new errors_UserError(`${shown_shown(name)} of the archive is ${what}: ${PACK_LESS}`);
}
/** @throws UserError when the path is not one below the place where somebody would unpack the archive */
function checkedPath(name) {
    if (name.startsWith('/') || /^[a-z]:/i.test(name))
        throw tar_refusal(name, 'an absolute path');
    const parts = name.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.includes('..'))
        throw tar_refusal(name, 'a path that leads out of it');
    if (/[\p{Cc}\\\ufffd]/u.test(name))
        throw tar_refusal(name, 'no name of a file');
    return parts.join('/');
}
function checkSum(header) {
    if (checksumOf(header) !== numberAt(header, 148, 8))
        throw new errors_UserError(DAMAGED);
}
/** Octal digits, with blanks or zeros around them. */
function numberAt(header, start, length) {
    const text = header
        .subarray(start, start + length)
        .toString('latin1')
        .replace(/[ \0]+$/, '')
        .trimStart();
    // Larger numbers are binary; no file in here can be as large as that.
    if (!/^[0-7]*$/.test(text))
        throw new errors_UserError(DAMAGED);
    return Number.parseInt(text || '0', 8);
}
/** The path that an extended header gives the next entry. Its records are `LENGTH KEY=VALUE\n`, in bytes. */
function pathOfPax(content) {
    let path;
    for (let at = 0; at < content.length;) {
        const [, digits = ''] = /^(\d{1,8}) /.exec(content.subarray(at, at + 9).toString('latin1')) ?? [];
        const length = Number(digits);
        const record = content.subarray(at + digits.length + 1, at + length - 1);
        if (length <= digits.length + 1 || at + length > content.length)
            throw new errors_UserError(DAMAGED);
        const [key = '', ...value] = record.toString('utf8').split('=');
        if (key === 'path')
            path = value.join('=');
        // The size that counts would be another one than the header's.
        if (key === 'size' || key.startsWith('GNU.sparse'))
            throw new errors_UserError(`the archive has a sparse or huge file: ${PACK_LESS}`);
        at += length;
    }
    return path;
}

;// CONCATENATED MODULE: ./build/inputs/accounts/docker-config.js













/**
 * Docker client configurations that the user gives whole: a directory, a `config.json`, its content, or an archive of a
 * `.docker` folder. Only what it says of accounts and helpers is taken. No message shows anything of a content, and of a
 * path only what has the look of one: what was put in its place by mistake may be the secret itself.
 */
const INPUT = 'docker-config';
/** What a configuration without a name is called, in the log and where it has to have one. */
const UNNAMED_CONFIG = INPUT;
const docker_config_FORMS = 'write the path of a `.docker` directory, of its `config.json` or of a `.tar.gz` of it, the content of one of these (JSON, or base64 of either), or `env:NAME` for a variable that holds one';
/** A text in base64, as long as the shortest configuration; `-` and `_` where the rest of the world has `+` and `/`. */
const docker_config_BASE64 = /^[A-Za-z0-9+/_-]{24,}={0,2}$/;
/** How JSON begins, behind what editors and shells of Windows put first, and with the NULs of UTF-16. */
const JSON_START = /^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*\{[\s\0]*["}]/;
const GZIP = Buffer.from([0x1f, 0x8b]);
/** Other archives, by their first bytes in hexadecimal digits. */
const OTHER_ARCHIVES = {
    '504b0304': 'a zip file',
    '425a68': 'a bzip2 file',
    fd377a585a00: 'an xz file',
    '28b52ffd': 'a zstd file',
};
/**
 * The configurations of the input `docker-config`: one without a name, or several, each with its name. Every secret in
 * one is masked before anything else is done with it, also when it turns out to be wrong.
 */
function readDockerConfigs(text, env, problems) {
    // Also where it is not used: nothing else would keep it from the programs that are started.
    hideInConfigText(env.DOCKER_AUTH_CONFIG ?? '');
    const whole = text.replace(/^\uFEFF/, '').trim();
    if (whole === '')
        return [];
    hideInConfigText(whole);
    const written = sourcesIn(whole, problems.at(INPUT));
    const configs = written.flatMap(({ name, source }) => {
        const origin = name === undefined ? INPUT : `${INPUT} ${placed(name)}`;
        const here = problems.at(origin);
        const file = here.attempt(() => readSource(source, { env, place: origin }));
        if (file === undefined || !isUsable(file, here))
            return [];
        const variable = variableIn(source);
        return [{ ...(name === undefined ? {} : { name }), origin, ...(variable && { variable }), open: () => file }];
    });
    return configs;
}
/**
 * The content of a configuration, as far as it is about accounts. Every secret in it is masked.
 *
 * @param place what the user knows it by
 * @throws UserError that shows nothing of it
 */
function docker_config_configFileIn(bytes, place) {
    const text = textIn(bytes);
    hideInConfigText(text);
    try {
        const { auths, credHelpers, credsStore } = parseConfigFile(text);
        const file = {
            ...(auths && { auths: withHubKey(auths) }),
            ...(credHelpers && { credHelpers }),
            ...(credsStore && { credsStore }),
        };
        for (const { value, username } of secretsIn(file))
            masking_hide(value, place, username);
        return file;
    }
    catch (error) {
        if (!(error instanceof InvalidConfigFile))
            throw error;
        throw new errors_UserError(`this is no config.json that docker would read: ${error.message}. Give it as docker has written it`);
    }
}
/**
 * Docker looks for the account of Docker Hub under one key only, and says nothing about one under another name, which
 * people and other programs (podman) write.
 */
function withHubKey(auths) {
    const key = reference_registryKey(credentials_HUB);
    if (Object.hasOwn(auths, key))
        return auths;
    const [other, ...more] = Object.entries(auths).filter(([name]) => isHub(name));
    const rivals = more.filter(([, entry]) => JSON.stringify(entry) !== JSON.stringify(other?.[1]));
    if (other !== undefined && rivals.length > 0) {
        const names = [other, ...rivals].map(([name]) => name).join(', ');
        throw new errors_UserError(`it has several accounts for Docker Hub (${names}), where there can be one: leave the others out`);
    }
    return other === undefined ? auths : { ...auths, [key]: other[1] };
}
function isHub(name) {
    try {
        const { registry, path } = reference_parseRegistry(name);
        return registry === credentials_HUB && path === '';
    }
    catch (error) {
        if (error instanceof errors_UserError)
            return false;
        throw error;
    }
}
function sourcesIn(text, problems) {
    if (isContent(text) || isOneSource(text))
        return [{ source: text }];
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, column, reason } of wrong) {
        problems.add(`line ${line}, column ${column}: ${reason}; a content needs no quotes in a variable, as in \`env:NAME\``);
    }
    if (wrong.length > 0 || root === undefined)
        return [];
    const written = (root.kind === 'list' ? root.items : [root]).flatMap((item) => writtenIn(item, problems));
    return distinct(written, problems);
}
/** A text of one line that is neither a list nor a mapping of YAML. */
function isOneSource(text) {
    return !/[\r\n]/.test(text) && !/^(?:-\s|[[{&*!"'])/.test(text) && !/:(?:\s|$)/.test(text);
}
/** Whether a text is the content of a configuration, or was meant to be. */
function isContent(text) {
    if (text.startsWith('{')) {
        if (isJson(text))
            return keysOf(text).some((key) => CONFIG_KEYS.includes(key)) || text === '{}';
        // Cut off, or with a comma too many. What has a name in front without quotes is YAML.
        return /^\{\s*"/.test(text) && /"(?:auths|credHelpers|credsStore)"\s*:/.test(text);
    }
    return isBase64(text);
}
const CONFIG_KEYS = ['auths', 'credHelpers', 'credsStore'];
function keysOf(json) {
    return Object.keys(JSON.parse(json));
}
function isJson(text) {
    try {
        JSON.parse(text);
        return true;
    }
    catch {
        return false;
    }
}
/** By its first bytes a text in base64 is known for a gzip file, or for JSON. */
function isBase64(text) {
    const dense = text.replace(/\s+/g, '');
    if (!docker_config_BASE64.test(dense))
        return false;
    const start = Buffer.from(dense.slice(0, LONGEST_START), 'base64');
    return isGzip(start) || JSON_START.test(start.toString('latin1'));
}
const LONGEST_START = 1024;
function isGzip(bytes) {
    return bytes.subarray(0, GZIP.length).equals(GZIP);
}
function writtenIn(value, problems) {
    if (value.kind === 'text')
        return [{ source: value.value.trim() }];
    if (value.kind === 'list') {
        problems.add(`line ${value.line} is a list: ${NAMED}`);
        return [];
    }
    if (isConfigMap(value))
        return [{ source: JSON.stringify(plain(value)) }];
    return value.entries.flatMap(({ key, line, value: of }) => {
        const name = key.trim();
        const wrong = configProblem(name);
        if (wrong !== undefined)
            problems.add(`line ${line}: ${wrong.replaceAll('`config`', 'the name')}`);
        else if (name === UNNAMED_CONFIG)
            problems.add(`line ${line}: so is one called that has no name: choose another, or leave it out`);
        else if (of.kind === 'list')
            problems.add(`line ${line} is a list: ${NAMED}`);
        else if (of.kind === 'map') {
            if (isConfigMap(of))
                return [{ name, source: JSON.stringify(plain(of)) }];
            problems.add(`line ${line} is a mapping without \`auths\`: ${NAMED}`);
        }
        else if (of.value.trim() === '')
            problems.add(`line ${line}: ${shown_shown(name)} is empty: ${docker_config_FORMS} (${UNSET})`);
        else if (name === 'env')
            problems.add(`line ${line}: write \`env:NAME\` without a blank, or \`name: env:NAME\``);
        else
            return [{ name, source: of.value.trim() }];
        return [];
    });
}
/** Whether it is a `config.json` in the words of YAML. */
function isConfigMap({ entries }) {
    return entries.some(({ key, value }) => CONFIG_KEYS.includes(key) && (value.kind === 'map' || key === 'credsStore'));
}
const NAMED = 'write entries such as `team-a: path/to/config.json`';
/** JSON that was written without quotes is YAML as well. */
function plain(value) {
    if (value.kind === 'text')
        return value.value;
    if (value.kind === 'list')
        return value.items.map(plain);
    return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
}
function distinct(written, problems) {
    const seen = new Set();
    return written.filter(({ name }) => {
        const isFirst = !seen.has(name);
        seen.add(name);
        if (!isFirst && name === undefined)
            problems.add(`two of them have no name, and only one can serve all: ${NAMED}`);
        if (!isFirst && name !== undefined)
            problems.add(`${shown_shown(name)} is there twice: give each a name of its own`);
        return isFirst;
    });
}
/** Whether somebody can log in with it. */
function isUsable(file, problems) {
    const unusable = unusableEntries(file);
    for (const key of unusable) {
        problems.add(`${entryInWords(key)} holds no user name with a password or identity token: write there what \`docker login\` writes`);
    }
    if (unusable.length > 0)
        return false;
    if (leadsToAccounts(file))
        return true;
    problems.add('there is no account in it: log in with `docker login` where it is made, or leave the input out');
    return false;
}
/** What is no registry may be a secret in the wrong place. */
function entryInWords(key) {
    try {
        reference_parseRegistry(key);
        return `its entry for ${shown_shown(key)}`;
    }
    catch (error) {
        if (error instanceof errors_UserError)
            return 'an entry of its `auths`, whose key is no registry,';
        throw error;
    }
}
function readSource(source, ground) {
    const variable = variableIn(source);
    const text = variable === undefined ? source : textOfVariable(variable.trim(), ground.env);
    if (isContent(text))
        return docker_config_configFileIn(Buffer.from(text), ground.place);
    try {
        if (/[\r\n]/.test(text))
            throw new errors_UserError(`this is no path but several lines: ${docker_config_FORMS}`);
        if (isPathLike(text) || isThere(resolvePath(ground.env, text)))
            return fileAt(text, ground);
        const meant = variable === undefined ? /^\$?\{?(\w+)\}?$/.exec(text)?.[1] : undefined;
        if (meant !== undefined && docker_config_VARIABLE.test(meant) && Object.hasOwn(ground.env, meant)) {
            throw new errors_UserError(`there is no such file, but a variable of that name: write \`env:${meant}\``);
        }
        throw new errors_UserError(`there is no such file: ${docker_config_FORMS}`);
    }
    catch (error) {
        if (!(error instanceof errors_UserError) || variable === undefined)
            throw error;
        throw new errors_UserError(`what ${variable.trim()} holds is no content, so it is taken for a path: ${error.message}`);
    }
}
const docker_config_VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;
function variableIn(source) {
    return /^env:(.*)$/s.exec(source)?.[1];
}
function textOfVariable(name, env) {
    if (/\s(?:- )?env:/.test(name))
        throw new errors_UserError(`there are several, and none has a name: ${NAMED}`);
    if (!docker_config_VARIABLE.test(name))
        throw new errors_UserError(`behind \`env:\` is no name of a variable: ${docker_config_FORMS}`);
    const value = (Object.hasOwn(env, name) ? (env[name] ?? '') : '').replace(/^\uFEFF/, '').trim();
    if (value !== '') {
        hideInConfigText(value);
        return value;
    }
    if (!Object.hasOwn(env, name) && !isVariableName(name)) {
        throw new errors_UserError("the variable that `env:` names is not set: write the name of a variable (not its value), and set it in the step's `env`");
    }
    throw new errors_UserError(`the variable ${name} is ${Object.hasOwn(env, name) ? 'empty' : 'not set'}: set it in the step's \`env\`, as in \`${name}: \${{ secrets.${name} }}\` (${UNSET})`);
}
/** What has the look of a path: a folder in front, or the ending of such a file. */
const docker_config_PATH = /^(?=[.~]|.*\/|.*\.(?:json|tar|t?gz|txt|b64|base64|conf(?:ig)?)$)[\w./~@ +-]{1,200}$/i;
/** A part of a path without any sign in it is a word; one as long as this may be a token, or of base64. */
const LONGEST_WORD = 24;
/** Whether a text can be a path, and no content and no secret: it is shown. */
function isPathLike(text) {
    return docker_config_PATH.test(text) && !mayBeSecret(text) && text.split(/[\W_]+/).every((word) => word.length <= LONGEST_WORD);
}
function fileAt(path, { env, place: origin }) {
    const absolute = resolvePath(env, path);
    const place = isPathLike(path) ? `${path}: ` : '';
    try {
        if (!docker_config_isDirectory(absolute))
            return docker_config_configFileIn(files_readUserFile(absolute, basePath(env)), origin);
        const file = (0,external_node_path_namespaceObject.join)(absolute, 'config.json');
        if (!isThere(file))
            throw new errors_UserError('the directory has no config.json: log in with `docker login` where it is made');
        return docker_config_configFileIn(files_readUserFile(file, basePath(env)), origin);
    }
    catch (error) {
        if (!(error instanceof errors_UserError))
            throw error;
        throw new errors_UserError(`${place}${error.message}`);
    }
}
function docker_config_isDirectory(path) {
    try {
        return (0,external_node_fs_namespaceObject.statSync)(path).isDirectory();
    }
    catch {
        return false;
    }
}
function isThere(path) {
    try {
        (0,external_node_fs_namespaceObject.statSync)(path);
        return true;
    }
    catch {
        return false;
    }
}
/** The JSON text that a content is, or leads to. */
function textIn(bytes) {
    if (isGzip(bytes))
        return docker_config_textOfBytes(configIn(filesOfTarGz(bytes)).content);
    const hex = bytes.subarray(0, 8).toString('hex');
    const archive = Object.entries(OTHER_ARCHIVES).find(([start]) => hex.startsWith(start))?.[1];
    const isTar = bytes.subarray(257, 262).toString('latin1') === 'ustar';
    if (isTar || archive !== undefined) {
        throw new errors_UserError(`this is ${archive ?? 'a tar file that is not compressed'}: pack it with \`tar -czf docker.tar.gz -C ~ .docker/config.json\``);
    }
    const text = docker_config_textOfBytes(bytes).trim();
    if (text.startsWith('{'))
        return text;
    if (!isBase64(text))
        throw new errors_UserError(`this is neither JSON nor a .tar.gz, nor base64 of one: ${docker_config_FORMS}`);
    hideBase64(text);
    const decoded = Buffer.from(text.replace(/\s+/g, ''), 'base64');
    return isGzip(decoded) ? docker_config_textOfBytes(configIn(filesOfTarGz(decoded)).content) : docker_config_textOfBytes(decoded).trim();
}
function docker_config_textOfBytes(bytes) {
    try {
        return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    }
    catch {
        throw new errors_UserError(`this is no UTF-8 text${otherEncoding(bytes)}: give the config.json as docker has written it`);
    }
}
/** The `config.json` that is nearest to the root of an archive: other folders of a `.docker` may have files of that name. */
function configIn(files) {
    const depth = ({ path }) => path.split('/').length;
    const found = files.filter(({ path }) => path.split('/').at(-1) === 'config.json');
    const nearest = Math.min(...found.map(depth));
    const [file, ...others] = found.filter((one) => depth(one) === nearest);
    if (file === undefined) {
        throw new errors_UserError('the archive has no config.json: pack it with `tar -czf docker.tar.gz -C ~ .docker/config.json`');
    }
    if (others.length > 0)
        throw new errors_UserError('the archive has more than one config.json: pack each by itself, and give each a name');
    return file;
}

;// CONCATENATED MODULE: ./build/inputs/accounts/config-directories.js







/**
 * Directories of the runner with a Docker client configuration, which services choose by their path, as Gantry's label
 * does (`gantry.auth.config=/root/.docker2`). A label comes from the swarm, so the workflow says which may be read.
 */
const DIRECTORIES_INPUT = 'allow-config-directories';
/** The directories of a text, one a line or a YAML list, absolute. */
function parseConfigDirectories(text, env, problems) {
    const here = problems.at(DIRECTORIES_INPUT);
    return linesIn(text, here).flatMap((line) => here.attempt(() => checkedDirectory(line, env)) ?? []);
}
function linesIn(text, problems) {
    if (!/^\s*(?:-\s|\[)/.test(text)) {
        return text
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== '');
    }
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, column, reason } of wrong)
        problems.add(`line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0 || root?.kind !== 'list')
        return [];
    return root.items.flatMap((item) => {
        if (item.kind === 'text')
            return [item.value.trim()];
        problems.add(`line ${item.line} is no text: write the paths of directories, such as \`/root/.docker2\``);
        return [];
    });
}
function checkedDirectory(path, env) {
    const isWhole = (0,external_node_path_namespaceObject.isAbsolute)(path) || path.startsWith('~/');
    if (!isWhole || path.split('/').includes('..')) {
        throw new errors_UserError(`${shown_shown(path)} is no absolute path: write the whole path, such as \`/root/.docker2\``);
    }
    const directory = resolvePath(env, path);
    if (directory === '/')
        throw new errors_UserError('`/` is every directory there is: write those that hold a config.json');
    return directory;
}
/** Whether the name of a config may be the path of a directory: no other name begins so. */
function isDirectoryName(name) {
    return isAbsolute(name);
}
/** Why a directory is not read that no input names; it goes on after the path. */
const NOT_ALLOWED = (/* unused pure expression or super */ null && (`it is none that this run may read: if it shall, write it into \`${DIRECTORIES_INPUT}\``));
/**
 * The configuration in a directory of the runner.
 *
 * @param path absolute, as a service names it
 * @param allowed the directories that may be read, with all below them
 * @throws UserError that goes on after the path
 */
function readConfigDirectory(path, allowed) {
    // First by the words alone: what is elsewhere is not even looked at.
    const isNamed = !path.split('/').includes('..') && allowed.some((directory) => isWithin(path, directory));
    if (!isNamed)
        throw new UserError(NOT_ALLOWED);
    const file = realPath(join(path, 'config.json'));
    if (file === undefined)
        throw new UserError('there is no config.json on this runner: log in with `docker login` there');
    const places = allowed.flatMap((directory) => realPath(directory) ?? []);
    if (!places.some((place) => isWithin(file, place))) {
        throw new UserError(`a link leads out of what this run may read: write where it leads to into \`${DIRECTORIES_INPUT}\`, or put the file itself there`);
    }
    return configFileIn(readUserFile(file, path), path);
}
function isWithin(path, directory) {
    const way = relative(directory, path);
    return way === '' || !(way === '..' || way.startsWith('../') || isAbsolute(way));
}
function realPath(path) {
    try {
        return realpathSync(path);
    }
    catch {
        return undefined;
    }
}

;// CONCATENATED MODULE: ./build/docker/registry/ecr.js
/** What Amazon's registries are told by, and what their service says no with. Pure. */
const PUBLIC = /^(?:public\.ecr\.aws|ecr-public\.aws\.com)$/;
/** Private ones: `123456789012.dkr.ecr.eu-central-1.amazonaws.com`, and those with both kinds of addresses on `on.aws`. */
const PRIVATE = /^\d{12}\.dkr[.-]ecr(-fips)?\.([a-z]{2}(?:-[a-z]+)+-\d+)\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws|on\.amazonwebservices\.com\.cn)$/;
/** What a registry is to Amazon; `undefined` for one of somebody else's. */
function ecrRegistry(registry) {
    if (PUBLIC.test(registry))
        return { isPublic: true, region: 'us-east-1', isFips: false };
    const [, fips, region] = PRIVATE.exec(registry) ?? [];
    return region === undefined ? undefined : { isPublic: false, region, isFips: fips !== undefined };
}
/**
 * What to do about an error of Amazon's, in one sentence.
 *
 * @param step at which it came: the exchange of a token of the workflow for a role, or the request for the login itself
 */
function ecrRemedy({ name, message }, { isPublic, region }, step) {
    const said = `${name} ${message}`;
    if (/CredentialsProviderError|could not load credentials/i.test(said)) {
        return "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the step's `env` (aws-actions/configure-aws-credentials does it), or write `ecr: {role: arn:aws:iam::\u2026}`, or the names of the variables with a key pair.";
    }
    if (/AccessDenied|NotAuthorized/i.test(said)) {
        if (step === 'role') {
            return 'Check the name of the role, and that its trust policy allows sts:AssumeRoleWithWebIdentity to the identity provider of this server, for this repository.';
        }
        const actions = isPublic
            ? 'ecr-public:GetAuthorizationToken and sts:GetServiceBearerToken'
            : 'ecr:GetAuthorizationToken';
        return `Allow ${actions} to it.`;
    }
    if (/ExpiredToken|InvalidIdentityToken/i.test(said))
        return 'Get new AWS credentials before this step: these have ended.';
    if (/UnrecognizedClient|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature/i.test(said)) {
        return 'Check the AWS credentials: they are not those of an account, or belong to another part of Amazon (China, GovCloud).';
    }
    return `Check that this runner reaches Amazon in ${region}.`;
}

;// CONCATENATED MODULE: ./build/inputs/keys.js

const MOST_TYPOS = 2;
const MOST_GUESSES = 3;
/** The value of a key, `undefined` when the mapping does not have it. */
function valueAt(map, key) {
    return map.entries.find((entry) => entry.key === key)?.value;
}
/** The value of a key, `undefined` also when there is nothing in it: a list of which every line is commented out. */
function filledAt(map, key) {
    const value = valueAt(map, key);
    if (value === undefined)
        return undefined;
    if (value.kind === 'text')
        return value.value.trim() === '' ? undefined : value;
    return (value.kind === 'list' ? value.items : value.entries).length === 0 ? undefined : value;
}
/** The trimmed text of a key; `undefined` when the mapping does not have it, or has no text there: then it is a problem. */
function textAt(map, key, problems) {
    const value = valueAt(map, key);
    if (value === undefined)
        return undefined;
    if (value.kind === 'text')
        return value.value.trim();
    problems.add(`\`${key}\` is a ${value.kind === 'map' ? 'mapping' : 'list'}: write one text, in quotes if it has special characters`);
    return undefined;
}
/** The known key that was probably meant. */
function keys_closestKey(key, known, otherNames = {}) {
    const plain = key.toLowerCase().replaceAll('_', '-');
    const other = Object.hasOwn(otherNames, plain) ? otherNames[plain] : undefined;
    if (other !== undefined)
        return other;
    const [best] = known
        .map((name) => ({ name, typos: typosBetween(plain.slice(0, 40), name) }))
        .filter(({ name, typos }) => typos <= Math.min(MOST_TYPOS, name.length / 2.5))
        .sort((a, b) => a.typos - b.typos);
    return best?.name;
}
/** A list of more keys hides the one that was meant. */
const MOST_KEYS_TOLD = 8;
/** What to write instead of an unknown key. */
function keyAdvice(closest, known) {
    if (closest === undefined)
        return `write one of ${problems_listed(known, 'disjunction')}`;
    const guess = `did you mean \`${closest}\`?`;
    return known.length > MOST_KEYS_TOLD ? guess : `${guess} The keys are ${problems_listed(known)}`;
}
/** The names of services that may be meant: the same in a stack, and the same with a typo, the likeliest first. */
function similarNames(name, names) {
    const plain = name.toLowerCase();
    const ofStacks = names.filter((one) => one.toLowerCase().endsWith(`_${plain}`));
    const close = names
        .map((one) => ({ one, typos: typosBetween(plain, one.toLowerCase()) }))
        .filter(({ typos }) => typos <= Math.min(MOST_TYPOS, plain.length / 2))
        .sort((a, b) => a.typos - b.typos)
        .map(({ one }) => one);
    return [...new Set([...ofStacks, ...close])].slice(0, MOST_GUESSES);
}
/** How many signs have to be added, taken away or replaced, or change places with the next (Damerau's distance). */
function typosBetween(a, b) {
    let beforeThat = [];
    let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
    for (let i = 1; i <= a.length; i++) {
        const current = [i];
        for (let j = 1; j <= b.length; j++) {
            const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
            const areSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
            const swapped = areSwapped ? (beforeThat[j - 2] ?? 0) + 1 : replaced;
            current.push(Math.min(replaced, swapped, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
        }
        beforeThat = previous;
        previous = current;
    }
    return previous[b.length] ?? 0;
}

;// CONCATENATED MODULE: ./build/inputs/accounts/ecr.js






/** The user name of each login that Amazon gives. */
const ECR_USER = 'AWS';
const PAIR = ['access-key-id-env', 'secret-access-key-env'];
const SESSION = 'session-token-env';
const ecr_KEYS = ['role', ...PAIR, SESSION];
const ecr_FORMS = '`true`, `{role: arn:aws:iam::123456789012:role/pull}` or `{access-key-id-env: \u2026, secret-access-key-env: \u2026}`';
const ROLE = /^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;
/**
 * Where the key `ecr` of an entry has Amazon's credentials from.
 *
 * @returns `undefined` where the entry does not ask for a login at Amazon, `wrong` where something is wrong with it
 */
function awsSourceOf(entry, env, problems) {
    const value = valueAt(entry, 'ecr');
    if (value === undefined)
        return undefined;
    if (value.kind === 'text') {
        const text = value.value.trim().toLowerCase();
        if (text === 'false')
            return undefined;
        if (text === 'true')
            return { from: 'environment' };
    }
    if (value.kind !== 'map') {
        problems.add(`\`ecr\` is neither a switch nor a mapping: write ${ecr_FORMS}`);
        return 'wrong';
    }
    const unknown = value.entries.find(({ key }) => !ecr_KEYS.includes(key));
    if (unknown !== undefined) {
        problems.add(`line ${unknown.line}: \`ecr\` has an unknown key: write ${ecr_FORMS}`);
        return 'wrong';
    }
    return problems.attempt(() => sourceIn(value, env, problems)) ?? 'wrong';
}
function sourceIn(map, env, problems) {
    const role = textAt(map, 'role', problems);
    const given = [...PAIR, SESSION].filter((key) => valueAt(map, key) !== undefined);
    if (role !== undefined) {
        if (given.length > 0)
            throw new errors_UserError(`\`ecr\` has a \`role\` and ${problems_listed(given)}: leave one of the two out`);
        if (!ROLE.test(role))
            throw new errors_UserError('`role` is no ARN of a role: write arn:aws:iam::123456789012:role/name');
        return { from: 'workflow', role };
    }
    const missing = PAIR.filter((key) => !given.includes(key));
    if (missing.length > 0)
        throw new errors_UserError(`\`ecr\` lacks ${problems_listed(missing)}: write ${ecr_FORMS}`);
    const [id, secret, session] = [...PAIR, SESSION].map((key) => {
        return valueAt(map, key) === undefined ? undefined : secretIn(map, key, env, problems);
    });
    return id && secret && { from: 'keys', id, secret, ...(session && { session }) };
}
function secretIn(map, key, env, problems) {
    const name = textAt(map, key, problems) ?? '';
    const text = (Object.hasOwn(env, name) ? env[name] : undefined)?.trim() ?? '';
    if (text !== '')
        return new secret_Secret(text);
    throw new errors_UserError(`the variable that \`${key}\` names is not set or empty: write the name of a variable (not its value), and set it in the step's \`env\` (${UNSET})`);
}
/** @throws UserError when it is no registry of Amazon's */
function requireEcr({ registry }) {
    if (ecrRegistry(registry) !== undefined)
        return;
    throw new errors_UserError(`\`ecr\` is for Amazon's registries, and ${registry} is none: write one such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com or public.ecr.aws, or \`username\` and a password`);
}

;// CONCATENATED MODULE: ./build/inputs/accounts/registries.js












// Of what is read here no message shows more than a `registry`, and what cannot be a password: anything else may be one in
// the wrong place.
const PASSWORD_KEYS = ['password-env', 'password-file', 'password'];
/** What the keys begin with that say what the nodes store. */
const STORED = 'stored-';
const STORED_KEYS = [`${STORED}username`, ...PASSWORD_KEYS.map((key) => `${STORED}${key}`)];
/** The keys of an entry. */
const REGISTRY_KEYS = [
    'registry',
    'username',
    ...PASSWORD_KEYS,
    ...STORED_KEYS,
    'ecr',
    'config',
];
const OTHER_NAMES = {
    address: 'registry',
    configuration: 'config',
    host: 'registry',
    login: 'username',
    name: 'config',
    'pull-password': 'stored-password',
    'pull-username': 'stored-username',
    secret: 'password',
    server: 'registry',
    'stored-token': 'stored-password',
    'stored-user': 'stored-username',
    token: 'password',
    url: 'registry',
    user: 'username',
};
const HELPER = 'a credential helper of this runner is used with `docker-config`; for an account, write `username`, and `password-env` or `password-file`';
/** What docker/login-action and docker's own files have in such an entry, and what to do with it here. */
const NOT_HERE = {
    auth: 'it holds user name and password: write `username`, and `password-env` or `password-file`',
    auths: 'give the whole file as `docker-config`, or write an entry for each registry in it',
    credhelpers: HELPER,
    credsstore: HELPER,
    email: 'leave it out: no registry asks for it any more',
    identitytoken: 'give the config.json that holds it as `docker-config`, or write what a login takes: `username`, and `password-env` or `password-file`',
    logout: 'leave it out: the logins of a run are in directories of its own, which are removed at its end',
    'registry-auth': 'write its entries into this list',
    scope: 'leave it out: a credential that is only for some repositories has their path in `registry`, such as `ghcr.io/org-a`',
};
/** What may be a key, and hardly a password: it can be shown. */
const WORD = /^[a-z]+(?:[-_][a-z]+){0,3}$/i;
const registries_LONGEST_WORD = 24;
const EXAMPLE = '`- {registry: ghcr.io, username: bot, password-env: GHCR_TOKEN}`';
const COLUMNS = '<config> <registry> <user> <password>';
/**
 * The credentials of a `registries` text: a YAML list, or Gantry's columns. Every password in it is masked before
 * anything else is done, also when the text turns out to be wrong.
 *
 * @param input where the text comes from: `registries` or `registries-file`
 */
function credentialsFromText(text, input, sources, problems) {
    const clean = text.replace(/^\uFEFF/, '');
    return isYaml(clean)
        ? credentialsFromYaml(clean, input, sources, problems)
        : credentialsFromColumns(clean, input, problems);
}
/** The first line that says something tells the form. */
function isYaml(text) {
    const first = text.split(/\r?\n/).find(saysSomething) ?? '';
    if (/^\s*(?:-(?:\s|$)|[[{&!?%]|---)/.test(first))
        return true;
    const key = /^\s*["']?([\w.:/-]+?)["']?\s*:(?:\s|$)/.exec(first)?.[1];
    return key !== undefined && (REGISTRY_KEYS.includes(key) || registries_columnsOf(first).length !== 4);
}
function saysSomething(line) {
    return line.trim() !== '' && !line.trim().startsWith('#');
}
function registries_columnsOf(line) {
    return line.trim().split(/[ \t]+/);
}
function credentialsFromColumns(text, input, problems) {
    return text.split(/\r?\n/).flatMap((line, index) => {
        if (!saysSomething(line))
            return [];
        const origin = `${input} line ${index + 1}`;
        return credentialFromLine(line, origin, problems.at(origin)) ?? [];
    });
}
function credentialFromLine(line, origin, problems) {
    const [config = '', registry = '', username = '', password, ...rest] = registries_columnsOf(line);
    if (password === undefined || rest.length > 0) {
        hideColumns(line);
        const count = registries_columnsOf(line).length;
        problems.add(`the line has ${count} ${count === 1 ? 'column' : 'columns'} and not four: write ${COLUMNS}, or a YAML list of entries such as ${EXAMPLE} where a value has blanks`);
        return undefined;
    }
    masking_hide(password, origin, username);
    const reference = problemOfReference(password, 'password', `write an entry such as ${EXAMPLE}`);
    if (reference !== undefined) {
        problems.add(reference);
        return undefined;
    }
    const scope = problems.attempt(() => scopeFromColumn(registry));
    return checkedCredential({ origin, config, scope, username, password }, problems);
}
/** In columns that are out of step, the password may stand where the registry is looked for. */
function scopeFromColumn(registry) {
    try {
        return registryScope(registry);
    }
    catch (error) {
        if (!(error instanceof errors_UserError))
            throw error;
        throw new errors_UserError(`the second column is no registry: write ${COLUMNS}, with a registry such as ghcr.io or ghcr.io/org-a`);
    }
}
function credentialsFromYaml(text, input, sources, problems) {
    const { root, problems: wrong } = yaml_parseYaml(text);
    if (root !== undefined)
        hidePasswords(root);
    if (wrong.length > 0)
        hideAfterPasswordKeys(text);
    for (const { line, column, reason } of wrong) {
        problems.add(`${input} line ${line}, column ${column}: ${reason}; a password needs no quotes in \`password-env\``);
    }
    if (wrong.length > 0)
        return [];
    const isOneEntry = root?.kind === 'map' && root.entries.some(({ key }) => REGISTRY_KEYS.includes(key));
    if (root?.kind !== 'list' && !isOneEntry) {
        problems.add(`${input}: this is no list of credentials: write entries such as ${EXAMPLE}`);
        return [];
    }
    const entries = root.kind === 'list' ? root.items : [root];
    return entries.flatMap((entry, index) => {
        const origin = `${input} entry ${index + 1}`;
        return credentialFromEntry(entry, origin, sources, problems.at(`${origin}${ownerOf(entry)}`)) ?? [];
    });
}
function credentialFromEntry(entry, origin, sources, problems) {
    if (entry.kind !== 'map') {
        problems.add(`this is ${entry.kind === 'list' ? 'a list' : 'only text'} and no mapping: write an entry such as ${EXAMPLE}`);
        return undefined;
    }
    const unknown = entry.entries.filter(({ key }) => !REGISTRY_KEYS.includes(key));
    for (const { key, line, value } of unknown) {
        const plain = key.toLowerCase().replaceAll('_', '-');
        const advice = Object.hasOwn(NOT_HERE, plain)
            ? NOT_HERE[plain]
            : keyAdvice(keys_closestKey(key, REGISTRY_KEYS, OTHER_NAMES), REGISTRY_KEYS);
        // Alone it may be a password that lost its key.
        const isAlone = value.kind === 'text' && value.value === '' && value.style === 'plain';
        const isShown = WORD.test(key) && key.length <= registries_LONGEST_WORD && !isAlone;
        problems.add(`line ${line} has ${isShown ? `the unknown key ${shown_shown(key)}` : 'an unknown key'}: ${advice}`);
    }
    if (unknown.length > 0)
        return undefined;
    const aws = awsSourceOf(entry, sources.env, problems);
    if (aws === 'wrong')
        return undefined;
    if (aws !== undefined)
        return ecrCredential(entry, aws, origin, sources, problems);
    const username = requiredText(entry, 'username', accountRemedy(valueAt(entry, 'registry')), problems);
    const password = problems.attempt(() => passwordOf(entry, sources));
    if (password !== undefined)
        masking_hide(password, origin, username);
    const stored = storedOf(entry, origin, username, sources, problems);
    const registry = requiredText(entry, 'registry', 'write one such as ghcr.io, or docker.io for Docker Hub', problems);
    const scope = registry === undefined ? undefined : problems.attempt(() => registryScope(registry));
    const config = textAt(entry, 'config', problems);
    if (username === undefined || password === undefined || stored === 'wrong')
        return undefined;
    return checkedCredential({ origin, config, scope, username, password, stored }, problems);
}
function accountRemedy(registry) {
    const ofAmazon = registry?.kind === 'text' && ecrRegistry(registry.value.trim()) !== undefined;
    return ofAmazon
        ? 'write `ecr: true`, and Amazon gives the login, or the name of the account'
        : 'write the name of the account';
}
/** An entry whose login Amazon gives, later. */
function ecrCredential(entry, aws, origin, sources, problems) {
    const needless = ['username', ...PASSWORD_KEYS].filter((key) => valueAt(entry, key) !== undefined);
    if (needless.length > 0)
        problems.add(`with \`ecr\` Amazon gives the login: leave ${problems_listed(needless)} out`);
    const stored = storedOf(entry, origin, ECR_USER, sources, problems);
    const registry = requiredText(entry, 'registry', 'write that of Amazon', problems);
    const scope = registry === undefined ? undefined : problems.attempt(() => registryScope(registry));
    const isEcr = scope !== undefined && problems.attempt(() => requireEcr(scope) ?? true);
    const config = textAt(entry, 'config', problems);
    if (!isEcr || needless.length > 0 || stored === 'wrong')
        return undefined;
    // A password that is none: Amazon's takes its place before anything is asked for with it.
    const found = checkedCredential({ origin, config, scope, username: ECR_USER, password: '-', stored }, problems);
    return found && { ...found, password: new secret_Secret(''), aws };
}
/** What an entry says that the nodes are to store; `undefined` where it says nothing of that. */
function storedOf(entry, origin, username, sources, problems) {
    if (STORED_KEYS.every((key) => valueAt(entry, key) === undefined))
        return undefined;
    const password = problems.attempt(() => passwordOf(entry, sources, STORED));
    const own = textAt(entry, `${STORED}username`, problems);
    const isOwn = valueAt(entry, `${STORED}username`) !== undefined;
    const account = isOwn ? own : username;
    if (password !== undefined)
        masking_hide(password, `${origin}, \`stored-password\``, account);
    return account === undefined || password === undefined ? 'wrong' : { username: account, password };
}
/** Whose credential an entry is, as far as that can be shown: its registry, and its user beside no password. */
function ownerOf(entry) {
    if (entry.kind !== 'map')
        return '';
    const texts = ['registry', 'username'].map((key) => {
        const value = valueAt(entry, key);
        return value?.kind === 'text' ? value.value.trim() : '';
    });
    const [registry = '', username = ''] = texts;
    if (!isRegistry(registry))
        return '';
    const isElsewhere = PASSWORD_KEYS.some((key) => key !== 'password' && valueAt(entry, key) !== undefined);
    const isHere = ['password', `${STORED}password`].some((key) => valueAt(entry, key) !== undefined);
    const isAccount = isElsewhere && !isHere && ACCOUNT.test(username);
    return ` (${[registry, ...(isAccount ? [username] : [])].join(', ')})`;
}
const ACCOUNT = /^[a-z][\w.+$@-]{0,39}$/i;
function isRegistry(text) {
    try {
        reference_parseRegistry(text);
        return true;
    }
    catch {
        return false;
    }
}
function requiredText(entry, key, remedy, problems) {
    if (valueAt(entry, key) === undefined)
        problems.add(`\`${key}\` is missing: ${remedy}`);
    return textAt(entry, key, problems);
}
/**
 * @param prefix of its keys
 * @throws UserError when there is not exactly one password, or it cannot be read for certain
 */
function passwordOf(entry, sources, prefix = '') {
    const names = PASSWORD_KEYS.map((key) => `${prefix}${key}`);
    const [key, ...others] = PASSWORD_KEYS.filter((one) => valueAt(entry, `${prefix}${one}`) !== undefined);
    if (key === undefined || others.length > 0) {
        const missing = prefix === '' ? 'there is no password' : 'there is no password for the nodes to store';
        const given = [key, ...others].map((one) => `${prefix}${one}`);
        const found = key === undefined ? missing : `${problems_listed(given)} are given at once`;
        throw new errors_UserError(`${found}: write exactly one of ${problems_listed(names, 'disjunction')}`);
    }
    const value = valueAt(entry, `${prefix}${key}`);
    if (value?.kind !== 'text') {
        throw new errors_UserError(`\`${prefix}${key}\` is a list or mapping in YAML: put the value in quotes, or use \`${prefix}password-env\``);
    }
    return READ_PASSWORD[key](value, sources, `${prefix}${key}`);
}
const READ_PASSWORD = {
    'password-env': ({ value }, sources, key) => passwordFromEnv(value.trim(), sources, key),
    'password-file': ({ value }, sources, key) => passwordFromFile(value.trim(), sources, key),
    password: (value, _sources, key) => passwordFromText(value, key),
};
function passwordFromEnv(name, { env }, key) {
    const password = withoutLastNewlines((Object.hasOwn(env, name) ? env[name] : undefined) ?? '');
    if (password !== '')
        return password;
    if (Object.hasOwn(env, name)) {
        throw new errors_UserError(`the variable ${name}, which \`${key}\` names, is empty: set it in the step's \`env\`, as in \`${name}: \${{ secrets.${name} }}\` (${UNSET})`);
    }
    const isName = isVariableName(name);
    throw new errors_UserError(`the variable ${isName ? `${name}, which` : 'that'} \`${key}\` names${isName ? ',' : ''} is not set: write the name of a variable (not its value), and set it in the step's \`env\`${isName ? `, as in \`${name}: \${{ secrets.${name} }}\`` : ''}`);
}
function passwordFromFile(path, { readFile }, key) {
    if (path === '')
        throw new errors_UserError(`\`${key}\` is empty: write the path of a file that holds the password`);
    const password = withoutLastNewlines(fileText(path, readFile, key));
    if (password !== '')
        return password;
    throw new errors_UserError(`\`${key}\`: the file is empty: write the password into it`);
}
function fileText(path, readFile, key) {
    try {
        return readFile(path);
    }
    catch (error) {
        if (!(error instanceof errors_UserError))
            throw error;
        throw new errors_UserError(`\`${key}\`: ${error.message}`);
    }
}
/** Passwords that YAML cuts or joins where their owner does not see it are refused: the login would fail, or worse. */
function passwordFromText({ value, isFolded, hasComment }, key) {
    if (isFolded) {
        throw new errors_UserError(`\`${key}\` goes on in the next line, where YAML would put a blank: use \`${key}-env\`, or a block that begins with |`);
    }
    if (hasComment) {
        throw new errors_UserError(`\`${key}\` has a blank and a # in it, where YAML begins a comment: put it in quotes, or use \`${key}-env\``);
    }
    const reference = problemOfReference(value, key, `write the name of the variable alone, under \`${key}-env\``);
    if (reference !== undefined)
        throw new errors_UserError(reference);
    return withoutLastNewlines(value);
}

;// CONCATENATED MODULE: ./build/inputs/accounts/registry-ca.js







const registry_ca_HUB = 'docker.io';
const registry_ca_INPUT = 'registry-ca';
const registry_ca_EXAMPLE = '`registry.example.com: path/to/ca.crt`';
const registry_ca_BASE64 = /^[A-Za-z0-9+/\s]{40,}={0,2}\s*$/;
/** Base64 of what certificates and keys are without the frame of PEM. */
const DER = /^MI[A-Za-z0-9+/]{100,}={0,2}$/;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/gs;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----/g;
const LINE_OF_PEM = 64;
/**
 * The certificates that `registry-ca` gives: a mapping of registries to PEM or to a file with it, or one of these alone
 * where there is only one registry. A private key in it is masked before anything else is done.
 *
 * @returns one entry a registry, with its certificates as plain PEM; what is wrong is added to the problems
 */
function registryCasFromText(text, sources, problems) {
    const own = problems.at(registry_ca_INPUT);
    const given = text.replace(/^\uFEFF/, '').trim();
    if (given === '')
        return [];
    const plain = own.attempt(() => unwrapped(given));
    if (plain === undefined)
        return [];
    if (plain.startsWith('-----BEGIN'))
        return forTheOnlyOne(plain, sources, own);
    const { root, problems: wrong } = yaml_parseYaml(plain);
    for (const { line, column, reason } of wrong)
        own.add(`line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0 || root === undefined)
        return [];
    // YAML would join the lines.
    if (root.kind === 'text')
        return forTheOnlyOne(/[\r\n]/.test(plain) ? plain : root.value, sources, own);
    if (root.kind === 'list') {
        own.add(`this is a list: write a mapping of registries to their CA certificates, such as ${registry_ca_EXAMPLE}`);
        return [];
    }
    const all = root.entries.flatMap(({ key, line, value }) => {
        const at = problems.at(`${registry_ca_INPUT} line ${line}`);
        const registry = at.attempt(() => registry_ca_hostOf(key));
        if (registry === undefined)
            return [];
        if (value.kind !== 'text') {
            at.add(`${registry} has a ${value.kind === 'map' ? 'mapping' : 'list'}: write its certificates in PEM, or a path`);
            return [];
        }
        const pem = pemOf(value.value, sources, problems.at(`${registry_ca_INPUT} of ${registry}`));
        return pem === undefined ? [] : [{ registry, pem }];
    });
    const registries = all.map(({ registry }) => registry);
    const twice = registries.find((registry, index) => registries.indexOf(registry) !== index);
    if (twice !== undefined)
        own.add(`${twice} has two entries: write all of its certificates into one`);
    return all;
}
function forTheOnlyOne(text, sources, problems) {
    const registry = problems.attempt(() => onlyRegistry(sources.registries));
    const pem = pemOf(text, sources, problems);
    return registry === undefined || pem === undefined ? [] : [{ registry, pem }];
}
/** Docker Hub has no private authority: it does not count. */
function onlyRegistry(registries) {
    const own = [...new Set(registries)].filter((registry) => registry !== registry_ca_HUB);
    const [only, ...others] = own;
    if (only !== undefined && others.length === 0)
        return only;
    const why = only === undefined ? 'no input tells whose CA it is' : `there are several registries, ${problems_listed(own, 'conjunction')}`;
    throw new errors_UserError(`${why}: write the registry before it, as in ${registry_ca_EXAMPLE}`);
}
function registry_ca_hostOf(key) {
    const { registry, path } = registryScope(key.trim());
    if (path !== '')
        throw new errors_UserError(`a CA is for a whole registry: write ${registry} without a path`);
    if (registry !== registry_ca_HUB)
        return registry;
    throw new errors_UserError('Docker reads no file for Docker Hub: its certificate is public, and what stands between belongs into the trust store of each node');
}
function pemOf(text, { readFile, now }, problems) {
    return problems.attempt(() => {
        const given = unwrapped(text.trim());
        if (given === '')
            throw new errors_UserError('there is nothing: write certificates in PEM, or the path of a file with them');
        if (given.includes('-----BEGIN'))
            return certificatesIn(given, now);
        if (/[\r\n]/.test(given)) {
            throw new errors_UserError('these lines are no PEM: write the text from -----BEGIN CERTIFICATE----- on');
        }
        if (DER.test(given)) {
            // It may be a key.
            new secret_Secret(given);
            throw new errors_UserError('this is base64 of something that is no PEM: write the text from -----BEGIN CERTIFICATE----- on');
        }
        return certificatesIn(unwrapped(readFile(given).trim()), now);
    });
}
/**
 * The text itself, of base64 of PEM what is in it. A key in the place of a certificate is masked, in each of its lines.
 *
 * @throws UserError when there is a private key in it
 */
function unwrapped(text) {
    const inside = registry_ca_BASE64.test(text) ? Buffer.from(text, 'base64').toString('utf8').trim() : '';
    const plain = inside.includes('-----BEGIN') ? inside : text;
    const keys = plain.replaceAll('\\n', '\n').match(PRIVATE_KEY) ?? [];
    for (const key of keys) {
        new secret_Secret(key);
        // In one line, as YAML joins them.
        for (const piece of key.split(/\s+/))
            if (piece.length > LINE_OF_PEM / 2)
                new secret_Secret(piece);
    }
    if (keys.length === 0)
        return plain;
    if (plain !== text)
        new secret_Secret(text);
    throw new errors_UserError('there is a private key in it, which goes to no registry or node: give the certificate alone, and replace the key if others have seen it');
}
/** @throws UserError when they are not all certificates of authorities that are valid now */
function certificatesIn(text, now) {
    const found = [...text.matchAll(CERTIFICATE)].map(([, body = '']) => body.replace(/\s+/g, ''));
    if (found.length === 0) {
        throw new errors_UserError('there is no certificate in it: write PEM, with -----BEGIN CERTIFICATE-----');
    }
    return found
        .map((body, index) => {
        const nth = found.length === 1 ? 'the certificate' : `certificate ${index + 1} of ${found.length}`;
        return checked(body, nth, now);
    })
        .join('');
}
function checked(body, nth, now) {
    const certificate = certificateOf(body);
    if (certificate === undefined)
        throw new errors_UserError(`${nth} cannot be read: give the whole PEM text`);
    const name = `${nth} (${registry_ca_nameOf(certificate.subject)})`;
    // Go takes a certificate that signs itself for an authority, whatever it says (crypto/x509, Certificate.Verify).
    const signsItself = certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
    if (!certificate.ca && !signsItself) {
        throw new errors_UserError(`${name} is no CA's, but one that ${registry_ca_nameOf(certificate.issuer)} has signed: give the certificate of that authority`);
    }
    const problem = validity(certificate, now);
    if (problem !== undefined)
        throw new errors_UserError(`${name}: ${problem}`);
    const lines = body.match(new RegExp(`.{1,${LINE_OF_PEM}}`, 'g')) ?? [];
    return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
function certificateOf(body) {
    try {
        return new (crypto_crypto().X509Certificate)(Buffer.from(body, 'base64'));
    }
    catch {
        return undefined;
    }
}
/** `CN=acme CA`, or all of it on one line. */
function registry_ca_nameOf(distinguished) {
    const lines = (distinguished ?? '').split('\n');
    return (lines.find((line) => line.startsWith('CN=')) ?? lines.join(', ')) || 'without a name';
}

;// CONCATENATED MODULE: ./build/docker/specs/spec-template.js
/** The names that a template in a variable, a mount or a hostname may fill in (swarmkit, template/context.go). */
const FIELDS = new Set([
    '.',
    '.Service',
    '.Service.ID',
    '.Service.Name',
    '.Service.Labels',
    '.Node',
    '.Node.ID',
    '.Node.Hostname',
    '.Node.Platform',
    '.Node.Platform.Architecture',
    '.Node.Platform.OS',
    '.Task',
    '.Task.ID',
    '.Task.Name',
    '.Task.Slot',
]);
/** Names that mean something in an action of Go's templates; every other that no dot or `$` stands before is an error. */
const WORDS = new Set('and block break call continue define else end eq false ge gt html if index join js le len lt ne nil not or print printf println range slice template true urlquery with'.split(' '));
const ACTION = /\{\{(?:- )?\s*(.*?)\s*(?: -)?\}\}/gs;
const FIELD = /^\.(?:[\p{L}_][\p{L}\d_]*(?:\.[\p{L}_][\p{L}\d_]*)*)?$/u;
const COMMENT = /^\/\*.*\*\/$/s;
const STRING = /^(?:"[^"\\]*"|`[^`]*`)$/;
const STRINGS = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'/g;
const NAMES = /(?<![\p{L}\d_.$])[\p{L}_][\p{L}\d_]*/gu;
/** Functions of contents alone (swarmkit, template/context.go). */
const OF_CONTENTS = (/* unused pure expression or super */ null && (['config', 'env', 'secret']));
/**
 * Why Swarm will not take a text that it reads as a template of Go; `undefined` when it will, or when that cannot be
 * told without reading it as Go does: only names of functions, plain fields, single words, strings and comments are
 * judged. Swarm tries them on a task that has no labels, so that none can be named (swarmkit,
 * manager/controlapi/service.go). The reason shows nothing of the text, which may be a secret.
 */
function spec_template_templateProblem(text) {
    if (!text.includes('{{'))
        return undefined;
    const actions = [...text.matchAll(ACTION)].map(([, action = '']) => action);
    if (text.replaceAll(ACTION, '').includes('{{'))
        return actions.length === 0 ? 'its `{{` has no end' : undefined;
    const unknown = actions.flatMap(namesIn).filter((name) => !WORDS.has(name));
    const ofContents = OF_CONTENTS.find((name) => unknown.includes(name));
    if (ofContents !== undefined)
        return `\`${ofContents}\` is for the contents of configs and secrets that are templates`;
    if (unknown.length > 0)
        return UNKNOWN;
    if (!actions.every(isPlain))
        return undefined;
    if (actions.includes(''))
        return 'there is nothing in its `{{ }}`';
    return actions.some((action) => FIELD.test(action) && !FIELDS.has(action)) ? UNKNOWN : undefined;
}
const UNKNOWN = 'it names what Swarm does not know in its `{{ }}`';
/** The functions and words that stand in an action: Go looks them up as it reads, whatever stands around them. */
function namesIn(action) {
    const bare = action.replaceAll(STRINGS, ' ');
    if (COMMENT.test(action) || /["'`]/.test(bare))
        return [];
    return [...bare.matchAll(NAMES)].map(([name]) => name);
}
/** What can be judged by itself; a word of Go's own may change what the others mean. */
function isPlain(action) {
    return action === '' || FIELD.test(action) || COMMENT.test(action) || STRING.test(action);
}

;// CONCATENATED MODULE: ./build/docker/swarm/placement.js

// swarmkit v2 manager/constraint/constraint.go. The key has at least two characters; so it is there.
const KEY = /^[a-z_][a-z0-9\-_.]+$/i;
const VALUE = /^[a-z0-9:\-_\s.*()?+[\]\\^$|/]+$/i;
const OPERATORS = (/* unused pure expression or super */ null && (['==', '!=']));
const NODE_LABEL = 'node.labels.';
const ENGINE_LABEL = 'engine.labels.';
/** What the swarm will say against a constraint when the service is created or updated; `undefined` when nothing. */
function placement_constraintProblem(text) {
    const parsed = parseConstraint(text);
    return typeof parsed === 'string' ? parsed : undefined;
}
/**
 * Whether the node satisfies a constraint such as `node.labels.zone == west`, to swarmkit's letter: values compare
 * without case, a label's name with it, a missing label is the empty string, and a key that swarmkit does not know
 * matches no node, not even with `!=`. A text that is no constraint matches no node either: the swarm refuses it.
 */
function satisfies(node, constraint) {
    const parsed = parseConstraint(constraint);
    if (typeof parsed === 'string')
        return false;
    if (parsed.key.toLowerCase() === 'node.ip')
        return satisfiesAddress(node.Status.Addr ?? '', parsed);
    const actual = attribute(node, parsed.key);
    if (actual === undefined)
        return false;
    return (actual.toLowerCase() === parsed.value.toLowerCase()) !== parsed.negated;
}
/**
 * The nodes that may be given the service's tasks. `Placement.Platforms` does not count here: it tells what the image
 * before this deployment ran on; see {@link platformProblem} for the new one.
 */
function placement_eligibleNodes(nodes, placement = {}) {
    return allowedNodes(nodes, placement).filter((node) => placement_isThere(node) && node.Spec.Availability === 'active');
}
/**
 * A new leader of the swarm calls every node unknown until it reports: it is not gone. One that has joined and never
 * reported is unknown too, and what it is, nobody knows.
 */
function placement_isThere({ Status: { State: state }, Description: { Platform: platform } }) {
    return state === 'ready' || (state === 'unknown' && platform.OS !== undefined);
}
/** The nodes that satisfy the constraints, whether or not they can be given tasks at this moment. */
function allowedNodes(nodes, placement = {}) {
    const constraints = placement.Constraints ?? [];
    return nodes.filter((node) => constraints.every((constraint) => satisfies(node, constraint)));
}
/**
 * Why the swarm would find no node for the image among these; `undefined` when at least one can run it. An image that
 * names no platforms runs anywhere, as far as the swarm is concerned.
 */
function platformProblem(nodes, imagePlatforms) {
    const platforms = imagePlatforms.filter(({ architecture, os }) => architecture !== 'unknown' && os !== 'unknown');
    if (platforms.length === 0 || nodes.some((node) => platforms.some((platform) => runs(node, platform)))) {
        return undefined;
    }
    return {
        image: placement_distinct(platforms.map(({ architecture, os }) => platformName(architecture, os))),
        nodes: placement_distinct(nodes.map(({ Description: { Platform } }) => platformName(normalisedArchitecture(Platform.Architecture), Platform.OS))),
    };
}
/** Whether a node can run an image of these platforms; one that names none runs anywhere. */
function hasPlatform(node, platforms) {
    if (platforms == null || platforms.length === 0)
        return true;
    return platforms.some(({ Architecture = '', OS = '' }) => runs(node, { architecture: Architecture, os: OS }));
}
/**
 * swarmkit's PlatformFilter on what the docker CLI records for an image. 32-bit `arm` is recorded without its
 * architecture, since nodes report variants such as `armv7l` (swarmkit#2294).
 */
function runs(node, { architecture = '', os = '' }) {
    const { Architecture, OS } = node.Description.Platform;
    const wanted = architecture.toLowerCase() === 'arm' ? '' : normalisedArchitecture(architecture);
    return (wanted === '' || wanted === normalisedArchitecture(Architecture)) && (os === '' || os === OS);
}
function normalisedArchitecture(architecture = '') {
    if (architecture === 'x86_64')
        return 'amd64';
    if (architecture === 'aarch64')
        return 'arm64';
    return architecture;
}
/** `linux/amd64` */
function platformName(architecture, os) {
    return `${os || 'any'}/${normalisedArchitecture(architecture) || 'any'}`;
}
function placement_distinct(texts) {
    return [...new Set(texts)].sort();
}
/** The parsed constraint, or what is wrong with it in swarmkit's words. */
function parseConstraint(text) {
    const operator = OPERATORS.find((candidate) => text.includes(candidate));
    if (operator === undefined)
        return `constraint expected one operator from ${OPERATORS.join(', ')}`;
    const at = text.indexOf(operator);
    const key = text.slice(0, at).trim();
    const value = text.slice(at + operator.length).trim();
    if (!KEY.test(key))
        return `key '${key}' is invalid`;
    if (!VALUE.test(value))
        return `value '${value}' is invalid`;
    return { key, negated: operator === '!=', value };
}
/** What the node has under a constraint's key; `undefined` for a key that swarmkit does not know. */
function attribute(node, key) {
    const known = key.toLowerCase();
    switch (known) {
        case 'node.id':
            return node.ID;
        case 'node.hostname':
            return node.Description.Hostname;
        case 'node.role':
            return node.Spec.Role;
        case 'node.platform.os':
            return node.Description.Platform.OS;
        case 'node.platform.arch':
            return node.Description.Platform.Architecture;
        default:
            if (isLabelKey(known, NODE_LABEL))
                return label(node.Spec.Labels, key.slice(NODE_LABEL.length));
            if (isLabelKey(known, ENGINE_LABEL))
                return label(node.Description.Engine.Labels, key.slice(ENGINE_LABEL.length));
            return undefined;
    }
}
function isLabelKey(key, prefix) {
    return key.startsWith(prefix) && key.length > prefix.length;
}
function label(labels, name) {
    return labels !== undefined && Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}
/** `node.ip` is an address or a network in CIDR form; anything else matches no node, whatever the operator. */
function satisfiesAddress(address, { value, negated }) {
    const [base = '', prefix, ...more] = value.split('/');
    const bits = isIPv4(base) ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    const valid = isIP(base) !== 0 && more.length === 0 && (prefix === undefined || /^\d{1,3}$/.test(prefix)) && length <= bits;
    if (!valid)
        return false;
    // For Go, an IPv4 address is in an IPv6 network only where that is one of mapped IPv4 addresses.
    if (isIPv4(address) && !isIPv4(base) && length < 96)
        return negated;
    const network = new BlockList();
    network.addSubnet(base, length, family(base));
    const within = isIP(address) !== 0 && network.check(address, family(address));
    return within !== negated;
}
function family(address) {
    return isIPv4(address) ? 'ipv4' : 'ipv6';
}

;// CONCATENATED MODULE: ./build/docker/swarm/swarm-rules.js





// swarmkit, manager/controlapi/common.go
const swarm_rules_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9_-]*[a-zA-Z0-9])?$/;
const LONGEST_NAME = 63;
const OBJECT_NAME = /^[a-zA-Z0-9](?:[\w.-]*[a-zA-Z0-9])?$/;
const LONGEST_OBJECT_NAME = 64;
// swarmkit, manager/controlapi/service.go
const LEAST_MEMORY = (/* unused pure expression or super */ null && (4 * 1024 * 1024));
const LEAST_CPUS = 1e6;
const LEAST_DURATION = 1e6;
const NANOSECONDS = 1e9;
/** Everything in the spec of a service that Swarm refuses, whatever else there is on the swarm. */
function specViolations(spec) {
    const { TaskTemplate: template } = spec;
    const container = template.ContainerSpec;
    return [
        ...nameViolations(spec.Name),
        ...resourceViolations(template.Resources?.Limits, 'limit'),
        ...resourceViolations(template.Resources?.Reservations, 'reservation'),
        ...restartViolations(template.RestartPolicy),
        ...(template.Placement?.Constraints ?? []).flatMap(constraintViolations),
        ...updateViolations(spec),
        ...policyViolations(spec.UpdateConfig, 'update'),
        ...policyViolations(spec.RollbackConfig, 'rollback'),
        ...endpointViolations(spec),
        ...mountViolations(container?.Mounts ?? []),
        ...fileViolations('secrets', (container?.Secrets ?? []).map(({ SecretName: name, File: file }) => ({ name, file }))),
        ...fileViolations('configs', (container?.Configs ?? []).map(({ ConfigName: name, File: file }) => ({ name, file }))),
        ...templateViolations(spec),
        ...directoryViolations(container?.Dir),
        ...healthViolations(container?.Healthcheck),
    ];
}
/** What Swarm refuses to change in a service that exists. */
function changeViolations(current, wanted) {
    const [was, becomes] = [modeName(current), modeName(wanted)];
    if (was === becomes)
        return [];
    // Of a job that is removed while it runs Swarm forgets the tasks (moby/moby#44312).
    const when = isJob(current) ? ' when none of its tasks runs any more' : '';
    return [
        {
            setting: 'mode',
            problem: `Swarm cannot change the mode of a service, and ${current.Name} is ${was}, not ${becomes}: remove it first with \`docker service rm ${current.Name}\`${when}, or give this one another name`,
        },
    ];
}
/**
 * Why Swarm takes no service or network of this name; `undefined` when it does.
 *
 * @param what it names: `a service`
 */
function swarm_rules_nameProblem(name, what) {
    if (!swarm_rules_NAME.test(name))
        return `${noName(name, what)}: write letters, digits, - and _, ${ENDS}`;
    return name.length > LONGEST_NAME ? swarm_rules_tooLong(name, LONGEST_NAME) : undefined;
}
/** The same of a secret or config. */
function objectNameProblem(name, what) {
    if (!OBJECT_NAME.test(name))
        return `${noName(name, what)}: write letters, digits, -, _ and ., ${ENDS}`;
    return name.length > LONGEST_OBJECT_NAME ? swarm_rules_tooLong(name, LONGEST_OBJECT_NAME) : undefined;
}
const ENDS = 'with a letter or digit first and last';
function noName(name, what) {
    return `${shown_shown(name, swarm_rules_LONGEST_SHOWN)} is no name of ${what}`;
}
function swarm_rules_tooLong(name, most) {
    return `the name has ${name.length} characters: Swarm takes at most ${most}, write a shorter one than ${shown_shown(name, swarm_rules_LONGEST_SHOWN)}`;
}
const swarm_rules_LONGEST_SHOWN = 70;
function nameViolations(name) {
    const problem = swarm_rules_nameProblem(name, 'a service');
    return problem === undefined ? [] : [{ setting: 'name', problem }];
}
function resourceViolations(resources, kind) {
    const { NanoCPUs: cpus = 0, MemoryBytes: memory = 0 } = resources ?? {};
    const violations = [];
    if (cpus !== 0 && cpus < LEAST_CPUS) {
        const problem = `${cpus / NANOSECONDS} is less than Swarm takes: write 0.001 or more`;
        violations.push({ setting: `cpu ${kind}`, problem });
    }
    if (memory !== 0 && memory < LEAST_MEMORY) {
        const problem = `${memory} bytes are less than Swarm takes: write 4M or more`;
        violations.push({ setting: `memory ${kind}`, problem });
    }
    return violations;
}
const CONDITIONS = (/* unused pure expression or super */ null && (['none', 'on-failure', 'any']));
function restartViolations(policy) {
    const { Condition: condition = '', Delay: delay = 0, Window: window = 0 } = policy ?? {};
    return [
        ...choiceViolations('restart condition', condition, CONDITIONS),
        ...negativeViolations('restart delay', delay),
        ...negativeViolations('restart window', window),
    ];
}
function constraintViolations(constraint) {
    const problem = constraintProblem(constraint);
    if (problem === undefined)
        return [];
    return [
        {
            setting: 'constraints',
            problem: `${JSON.stringify(constraint)} is none that Swarm takes (${problem}): write it like node.role==manager or node.labels.zone!=west`,
        },
    ];
}
/** Of a rollback Swarm itself looks at nothing but what {@link policyViolations} does. */
function updateViolations(spec) {
    const { UpdateConfig: update, Mode: mode } = spec;
    if (update === undefined)
        return [];
    if (mode.ReplicatedJob !== undefined || mode.GlobalJob !== undefined) {
        return [{ setting: 'update policy', problem: 'Swarm takes no update policy for a job: leave it out' }];
    }
    const { Delay: delay = 0, Monitor: monitor = 0, MaxFailureRatio: ratio = 0 } = update;
    return [
        ...negativeViolations('update delay', delay),
        ...negativeViolations('update monitor', monitor),
        ...(ratio >= 0 && ratio <= 1
            ? []
            : [{ setting: 'update failure ratio', problem: `${ratio} is no ratio: write 0 to 1` }]),
    ];
}
const ACTIONS = (/* unused pure expression or super */ null && (['pause', 'continue', 'rollback']));
const ORDERS = (/* unused pure expression or super */ null && (['stop-first', 'start-first']));
function policyViolations(policy, phase) {
    return [
        ...choiceViolations(`${phase} failure action`, policy?.FailureAction ?? '', ACTIONS),
        ...choiceViolations(`${phase} order`, policy?.Order ?? '', ORDERS),
    ];
}
function endpointViolations(spec) {
    const { Mode: mode = '', Ports: ports = [] } = spec.EndpointSpec ?? {};
    const isIngress = ({ PublishMode: published }) => published !== 'host';
    return [
        ...choiceViolations('endpoint mode', mode, ['vip', 'dnsrr']),
        ...(mode === 'dnsrr' && ports.some(isIngress)
            ? [
                {
                    setting: 'endpoint mode',
                    problem: 'with dnsrr Swarm publishes no port in ingress mode: publish it in host mode, or leave dnsrr out',
                },
            ]
            : []),
        ...doubles(namedPorts(spec).map(portName)).map((port) => ({
            setting: 'ports',
            problem: `${port} is published twice: leave one of the two out`,
        })),
    ];
}
function mountViolations(mounts) {
    const problems = [
        ...doubles(mounts.map(({ Target: target = '' }) => target)).map((target) => `two of them have the target ${JSON.stringify(target)}: leave one of the two out`),
        ...mounts.flatMap((mount) => mountProblem(mount) ?? []),
    ];
    return problems.map((problem) => ({ setting: 'mounts', problem }));
}
/** A volume of docker's own driver (moby, volume/local): other drivers have rules of their own. */
const VOLUME_NAME = /^[a-zA-Z0-9][\w.-]+$/;
/** Why every node would refuse a mount. What a template fills in is known only there. */
function mountProblem(mount) {
    const { Type: type = 'volume', Source: source = '', Target: target = '', VolumeOptions: options } = mount;
    if (type === 'npipe')
        return undefined;
    if (isFixed(target) && !swarm_rules_isAbsolute(target)) {
        return `the target ${JSON.stringify(target)} is no absolute path: write one that begins with /`;
    }
    if (target === '/')
        return 'the target is /, which is the whole container: write a directory in it';
    if (!isFixed(source))
        return undefined;
    if (type === 'bind' && !swarm_rules_isAbsolute(source)) {
        return `the source ${JSON.stringify(source)} of ${target} is no absolute path of a node: write one that begins with /, or use a volume`;
    }
    if (type === 'tmpfs' && source !== '')
        return `the tmpfs ${target} has a source: leave it out`;
    if (type !== 'volume' || source === '')
        return undefined;
    if (swarm_rules_isAbsolute(source))
        return `the volume ${source} has a path for a name: write type bind, or the name of a volume`;
    const driver = options?.DriverConfig?.Name ?? '';
    return (driver === '' || driver === 'local') && !VOLUME_NAME.test(source)
        ? `${JSON.stringify(source)} is no name of a volume: write two or more letters, digits, _, . and -, with a letter or digit first`
        : undefined;
}
/** On Linux or on Windows: which nodes will have the task is not known. */
function swarm_rules_isAbsolute(path) {
    return path.startsWith('/') || /^(?:[a-zA-Z]:)?[\\/]/.test(path);
}
function isFixed(text) {
    return !text.includes('{{');
}
function fileViolations(setting, references) {
    const targets = references.flatMap(({ file }) => file?.Name ?? []);
    const nameless = references.filter(({ file }) => file !== undefined && (file.Name ?? '') === '');
    return [
        ...nameless.map(({ name }) => ({ setting, problem: `${name} has an empty target: write the name of a file` })),
        ...doubles(targets.filter((target) => target !== '')).map((target) => ({
            setting,
            problem: `two of them have the target ${target}: give one of the two another \`target\``,
        })),
    ];
}
const KNOWN = 'it fills in .Service.ID, .Service.Name, .Node.ID, .Node.Hostname, .Node.Platform.Architecture, .Node.Platform.OS, .Task.ID, .Task.Name and .Task.Slot; write {{"{{"}} where {{ is meant as it is';
function templateViolations({ TaskTemplate: { ContainerSpec: container } }) {
    const of = (setting, text, item) => {
        const why = templateProblem(text);
        if (why === undefined)
            return [];
        return [
            { setting, ...(item !== undefined && { item }), problem: `Swarm reads it as a template, but ${why}: ${KNOWN}` },
        ];
    };
    const variables = (container?.Env ?? []).flatMap((variable) => {
        const at = variable.indexOf('=');
        return at < 0 ? [] : of('environment', variable.slice(at + 1), variable.slice(0, at));
    });
    const mounts = (container?.Mounts ?? []).flatMap(({ Source: source = '', Target: target = '' }) => [
        ...of('mounts', source),
        ...of('mounts', target),
    ]);
    return [...variables, ...mounts, ...of('hostname', container?.Hostname ?? '')];
}
function directoryViolations(directory = '') {
    if (directory === '' || swarm_rules_isAbsolute(directory))
        return [];
    const problem = `${JSON.stringify(directory)} is no absolute path: write one that begins with /`;
    return [{ setting: 'working directory', problem }];
}
function healthViolations(check = {}) {
    const durations = [
        ['health interval', check.Interval],
        ['health timeout', check.Timeout],
        ['health start period', check.StartPeriod],
        ['health start interval', check.StartInterval],
    ];
    return [
        ...durations.flatMap(([setting, duration = 0]) => duration !== 0 && duration < LEAST_DURATION
            ? [{ setting, problem: 'it is shorter than Swarm takes: write 1ms or more' }]
            : []),
        ...((check.Retries ?? 0) < 0
            ? [{ setting: 'health retries', problem: `${check.Retries} is negative: write 0 or more` }]
            : []),
    ];
}
/** The empty text is Swarm's default. */
function choiceViolations(setting, value, choices) {
    if (value === '' || choices.includes(value))
        return [];
    const known = new Intl.ListFormat('en', { type: 'disjunction' }).format(choices);
    return [{ setting, problem: `Swarm does not know ${JSON.stringify(value)}: write ${known}` }];
}
function negativeViolations(setting, duration) {
    return duration < 0 ? [{ setting, problem: 'it is negative: write 0s or more' }] : [];
}
/** Those that are there more than once, each once. */
function doubles(texts) {
    return [...new Set(texts.filter((text, index) => texts.indexOf(text) !== index))];
}

;// CONCATENATED MODULE: ./build/inputs/compose/tree.js
function isNothing(value) {
    return value.kind === 'text' && value.style === 'plain' && /^(?:|~|null|Null|NULL)$/.test(value.value);
}
function entryAt(map, key) {
    return map.entries.find((entry) => entry.key === key)?.value;
}
function mapAt(root, key) {
    const value = entryAt(root, key);
    return value?.kind === 'map' ? value.entries : [];
}
/** The keys of all services, in the order of the files. */
function serviceKeys(files) {
    return [...new Set(files.flatMap((file) => mapAt(file, 'services').map(({ key }) => key)))];
}
function mapValues(map, change) {
    return { ...map, entries: map.entries.map((entry) => ({ ...entry, value: change(entry.key, entry.value) })) };
}
function mapItems(value, change) {
    if (value.kind !== 'list')
        return value.kind === 'map' ? change(value) : value;
    return { ...value, items: value.items.map(change) };
}
/** The items of a list; of anything else the value itself, which stands for a list of one. */
function itemsOf(value) {
    return value.kind === 'list' ? value.items : [value];
}
/** The map with every text in it changed; its keys stay. */
function mapTexts(map, change) {
    const changed = (value) => {
        if (value.kind === 'text')
            return change(value);
        return value.kind === 'list' ? { ...value, items: value.items.map(changed) } : mapTexts(value, change);
    };
    return mapValues(map, (_, value) => changed(value));
}
/**
 * The map with more entries in the map at a path, which is made where there is none. What is no map stays as it is, for
 * docker to refuse it.
 */
function withEntries(map, path, added) {
    const [key, ...rest] = path;
    if (key === undefined)
        return { ...map, entries: [...map.entries, ...added] };
    const given = entryAt(map, key);
    const inner = given === undefined || isNothing(given) ? { kind: 'map', line: given?.line ?? map.line, entries: [] } : given;
    const value = inner.kind === 'map' ? withEntries(inner, rest, added) : inner;
    return given === undefined
        ? { ...map, entries: [...map.entries, { key, line: map.line, value }] }
        : mapValues(map, (one, old) => (one === key ? value : old));
}
/** The map without what is at a path. */
function without(map, [key, ...rest]) {
    if (rest.length === 0)
        return { ...map, entries: map.entries.filter((entry) => entry.key !== key) };
    return mapValues(map, (one, value) => (one === key && value.kind === 'map' ? without(value, rest) : value));
}
function tree_text(value, line) {
    return { kind: 'text', line, value, style: 'quoted', isFolded: false, hasComment: false };
}
/** Plain text of which docker may make a number, a truth value or nothing: it has to stay plain. */
const NO_TEXT = /^(?:true|false|yes|no|on|off|[yn]|null|~|[-+]?\.?\d[\w.+-]*|[-+]?\.(?:inf|nan))$/i;
/** A date is text for those who write one. What docker makes of it has a time, and the words UTC behind it. */
const DATE = /^\d{4}-\d{1,2}-\d{1,2}/;
/** Longer keys need a question mark before them. */
const LONGEST_KEY = 1000;
/** The value as YAML on one line, which docker reads as it would have read the original. */
function toYaml(value) {
    if (value.kind === 'list')
        return `[${value.items.map(toYaml).join(', ')}]`;
    if (value.kind === 'map') {
        return `{${value.entries.map(({ key, value: inner }) => `${keyToYaml(key)}: ${toYaml(inner)}`).join(', ')}}`;
    }
    if (isNothing(value))
        return 'null';
    if (value.isTimestamp)
        return `!!timestamp ${tree_quoted(value.value)}`;
    const isText = value.style !== 'plain' || !NO_TEXT.test(value.value) || DATE.test(value.value);
    return isText ? tree_quoted(value.value) : value.value;
}
function keyToYaml(key) {
    const text = tree_quoted(key);
    return text.length > LONGEST_KEY ? `? ${text} ` : text;
}
/** JSON's quotes are YAML's double quotes, but for the characters that JSON leaves as they are and docker refuses. */
function tree_quoted(value) {
    return JSON.stringify(value).replace(/[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

;// CONCATENATED MODULE: ./build/inputs/compose/substitution.js
const substitution_NAME = /[a-z_]\w*/iy;
const OPERATOR = /:?[-?+]/y;
/**
 * The dollar signs of a text, in Docker's own grammar (docker/cli, cli/compose/template): `$$`, `$NAME`, `${NAME}`,
 * `${NAME:-\u2026}`. Each character is looked at once, however the text was made.
 */
function substitution_tokensIn(text) {
    const tokens = [];
    const closes = closingBraces(text);
    for (let start = text.indexOf('$'); start >= 0;) {
        const token = tokenAt(text, start, closes);
        tokens.push(token);
        start = text.indexOf('$', token.end);
    }
    return tokens;
}
function tokenAt(text, start, closes) {
    const token = { start, end: start + 1, kind: 'lone', name: '', operator: '', rest: '' };
    if (text[start + 1] === '$')
        return { ...token, kind: 'escaped', end: start + 2 };
    const name = matchAt(substitution_NAME, text, start + 1);
    if (name !== '')
        return { ...token, kind: 'variable', name, end: start + 1 + name.length };
    if (text[start + 1] !== '{')
        return token;
    const braced = matchAt(substitution_NAME, text, start + 2);
    const behind = start + 2 + braced.length;
    const end = closes(behind);
    if (braced === '' || end < 0)
        return token;
    const operator = matchAt(OPERATOR, text, behind);
    const rest = text.slice(behind + operator.length, end);
    if (operator === '' && rest !== '')
        return token;
    return { start, end: end + 1, kind: 'variable', name: braced, operator, rest };
}
/** Where the next closing brace is; -1 when there is none. Asked from left to right. */
function closingBraces(text) {
    let next = -2;
    return (from) => {
        if (next !== -1 && next < from)
            next = text.indexOf('}', from);
        return next;
    };
}
function matchAt(pattern, text, at) {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0] ?? '';
}

;// CONCATENATED MODULE: ./build/inputs/compose/variables.js

/** More than this no variable, file or secret can hold, and few lines can ask for a thousand times as much. */
const LARGEST_VALUE = 1024 * 1024;
/**
 * The substitutions of one text, in Docker's own grammar.
 *
 * @param line where the text begins
 */
function substitutionsIn(text, line) {
    let at = line;
    let counted = 0;
    return substitution_tokensIn(text).flatMap((token) => {
        at += lineBreaks(text, counted, token.start);
        counted = token.start;
        if (token.kind === 'escaped')
            return [];
        const { name, operator, rest } = token;
        if (token.kind === 'lone') {
            return [{ kind: 'invalid', line: at, reason: 'a dollar sign begins no variable: write $$ for the sign itself' }];
        }
        if (operator.includes('+')) {
            const reason = `docker stack does not know \${${name}${operator}\u2026}: work the value out in an earlier step, and write \${${name}}`;
            return [{ kind: 'invalid', line: at, reason }];
        }
        if (rest.includes('${') || (operator.endsWith('?') && /\$[a-z_{]/i.test(rest))) {
            const what = operator.endsWith('?') ? 'message' : 'default';
            const reason = `the ${what} of ${name} holds another variable, which docker stack would leave as it stands: write a plain ${what}`;
            return [{ kind: 'invalid', line: at, reason }];
        }
        return [
            { kind: 'variable', name, line: at, needs: needOf(operator), words: rest, misread: misreadIn(operator, rest) },
        ];
    });
}
/** docker/cli looks for each of these in turn, wherever it stands between the braces (compose/template). */
const variables_OPERATORS = [':-', '-', ':?', '?'];
function misreadIn(operator, rest) {
    return variables_OPERATORS.slice(0, Math.max(0, variables_OPERATORS.indexOf(operator))).find((other) => rest.includes(other)) ?? '';
}
function lineBreaks(text, from, to) {
    let count = 0;
    for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1))
        count++;
    return count;
}
function needOf(operator) {
    if (operator === '')
        return 'value';
    if (operator.endsWith('-'))
        return 'default';
    return operator === ':?' ? 'required-filled' : 'required';
}
/** Whether a substitution has nothing to put in its place. */
function isUnset({ name, needs }, lookUp) {
    if (needs === 'default')
        return false;
    const value = lookUp(name);
    return value === undefined || (needs === 'required-filled' && value === '');
}
/** Whether every substitution of the text has something to put in its place, and docker reads it as it is meant. */
function isFillable(text, lookUp) {
    return substitutionsIn(text, 0).every((found) => found.kind === 'variable' && found.misread === '' && !isUnset(found, lookUp));
}
/**
 * The text with the values of variables in their places; of what has none, and of what is invalid, nothing is left.
 * What would come behind the first megabyte is cut off: nothing that takes such a text can be larger.
 */
function filledIn(text, lookUp) {
    return replaced(text, substitution_tokensIn(text), (token) => (token.kind === 'lone' ? '' : substitute(token, lookUp))).text;
}
/**
 * The text with the values of some variables in their places, as Docker is to find it: all others stay for Docker to
 * fill in, and a dollar sign in a value is escaped.
 *
 * @param isMeant whether the variable of this name is one of them; those without a value stay too
 */
function partlyFilledIn(text, isMeant, lookUp) {
    const tokens = substitution_tokensIn(text).filter(({ kind, name, operator }) => kind === 'variable' && !operator.endsWith('+') && isMeant(name) && lookUp(name) !== undefined);
    return replaced(text, tokens, (token) => substitute(token, lookUp).replaceAll('$', '$$$$')).text;
}
/** What a token stands for. */
function substitute({ kind, name, operator, rest }, lookUp) {
    if (kind === 'escaped')
        return '$';
    const value = lookUp(name);
    const isMissing = value === undefined || (value === '' && operator.startsWith(':'));
    return isMissing ? (operator.endsWith('-') ? rest : '') : value;
}
/** The text with other words for its tokens, and perhaps for what is between them, up to a megabyte. */
function replaced(text, tokens, wordsFor, between = (part) => part) {
    const parts = [];
    let length = 0;
    let at = 0;
    const add = (part) => {
        parts.push(part);
        length += part.length;
    };
    for (const token of tokens) {
        add(between(text.slice(at, token.start)));
        add(wordsFor(token));
        at = token.end;
        if (length > LARGEST_VALUE)
            return { text: parts.join('').slice(0, LARGEST_VALUE), isCut: true };
    }
    add(between(text.slice(at)));
    return { text: parts.join(''), isCut: false };
}
const ENTRY = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:=|:[ \t]|:$)[ \t]*/;
const BARE = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:#.*)?$/;
const ESCAPES = { n: '\n', r: '\r', t: '\t' };
/**
 * Reads a dotenv file as docker compose does, without executing anything: comments, `export`, quotes (single ones
 * are literal, double ones know escapes, both may span lines), and variables in all but single quotes.
 *
 * @param lookUp for variables that the file itself does not set above; it goes before those that it does
 */
function parseEnvFile(text, lookUp) {
    const variables = new Map();
    const problems = [];
    const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    const known = (name) => lookUp(name) ?? variables.get(name);
    for (let at = 0; at < lines.length; at++) {
        const line = lines[at] ?? '';
        if (/^\s*(?:#|$)/.test(line))
            continue;
        const [head, name] = ENTRY.exec(line) ?? [];
        if (head === undefined || name === undefined) {
            const bare = BARE.exec(line)?.[1];
            const inherited = bare === undefined ? undefined : lookUp(bare);
            if (bare === undefined)
                problems.push({ line: at + 1, reason: 'this is no KEY=value: write one, or # before a comment' });
            else if (inherited !== undefined)
                variables.set(bare, inherited);
            continue;
        }
        const quote = line[head.length];
        if (quote !== '"' && quote !== "'") {
            variables.set(name, expand(name, withoutComment(line.slice(head.length)).trim(), at + 1));
            continue;
        }
        const start = at;
        const parts = [line.slice(head.length + 1)];
        let end = closing(parts[0] ?? '', quote);
        while (end < 0 && at + 1 < lines.length) {
            const part = lines[++at] ?? '';
            parts.push(part);
            end = closing(part, quote);
        }
        if (end < 0) {
            problems.push({ line: start + 1, reason: `the value of ${name} has no closing quote: add it` });
            break;
        }
        const last = parts.pop() ?? '';
        if (!/^[ \t]*(?:#.*)?$/.test(last.slice(end + 1))) {
            problems.push({
                line: at + 1,
                reason: `there is text behind the closing quote of ${name}: take it out, or put all in quotes`,
            });
        }
        const inner = [...parts, last.slice(0, end)].join('\n');
        variables.set(name, quote === "'" ? inner : expand(name, inner, start + 1, true));
    }
    return { variables, problems };
    /** One pass over escapes and variables: what a variable brings in is not looked at again. */
    function expand(name, value, line, isQuoted = false) {
        const masked = unescapedDollars(value);
        for (const found of substitutionsIn(masked, line)) {
            // What stands behind the sign is a piece of the value, which may be a password with a dollar sign in it.
            if (found.kind === 'invalid') {
                const reason = `the value of ${name} has a dollar sign that begins no plain variable: write $$ for the sign itself, or the value in single quotes`;
                problems.push({ line: found.line, reason });
            }
            else if (isUnset(found, known)) {
                const reason = `the value of ${name} names a variable that is not set and has no default: set it, or write the value in single quotes if the dollar sign is meant`;
                problems.push({ line: found.line, reason });
            }
        }
        const withoutEscapes = (part) => part.replace(/\\(.)/gs, (all, char) => unescaped(all, char, isQuoted));
        const tokens = substitution_tokensIn(masked);
        const words = (token) => (token.kind === 'lone' ? '$' : substitute(token, known));
        const expanded = replaced(value, tokens, words, withoutEscapes);
        if (expanded.isCut) {
            problems.push({ line, reason: `the value of ${name} becomes larger than 1 MB: check the variables in it` });
        }
        return expanded.text;
    }
}
/** A comment begins the value, or has a blank before it. */
function withoutComment(text) {
    for (let at = text.indexOf('#'); at >= 0; at = text.indexOf('#', at + 1)) {
        if (at === 0 || text[at - 1] === ' ' || text[at - 1] === '\t')
            return text.slice(0, at);
    }
    return text;
}
/** Escaped dollar signs are no variables: two blanks hold their place. */
function unescapedDollars(value) {
    return value.replace(/\\./gs, (pair) => (pair.endsWith('\n') ? pair : '  '));
}
function unescaped(all, char, isQuoted) {
    if (char === '$')
        return '$';
    if (!isQuoted)
        return all;
    if (char === '"' || char === '\\' || char === "'")
        return char;
    return ESCAPES[char] ?? all;
}
/** Where the quote ends; -1 when it does not. Only double quotes know escapes. */
function closing(text, quote) {
    for (let at = 0; at < text.length; at++) {
        if (quote === '"' && text[at] === '\\')
            at++;
        else if (text[at] === quote)
            return at;
    }
    return -1;
}

;// CONCATENATED MODULE: ./build/inputs/compose/contents.js








/** What holds the content of a secret or config. */
const SOURCES = ['file', 'content', 'environment'];
const LARGEST_KILOBYTES = { secret: 500, config: 1000 };
/** Where those of compose files are. */
function ofComposeFiles(lookUp, directory) {
    const base = 'the directory of the first compose file';
    return { lookUp, directory, base, settings: '`env` of the step or in an `env-file`' };
}
/**
 * The content of a secret or config.
 *
 * @throws UserError when it cannot be had, or Swarm would not take it; it goes on after the place
 */
function contentOf(object, place) {
    const content = rawContent(object, place);
    if (content.length === 0)
        throw new errors_UserError(`${emptyOf(object)} is empty, which Swarm does not take: ${FILL[object.source] ?? 'give it some'}`);
    const most = LARGEST_KILOBYTES[object.kind];
    if (content.length < most * 1024)
        return content;
    throw new errors_UserError(`its content is larger than ${most} kB, which Swarm does not take: put it into an image or volume`);
}
/** What is empty, in the user's words. */
function emptyOf({ source, words }) {
    if (source === 'environment')
        return `the variable ${placed(words)}, from which it takes its content,`;
    return source === 'file' ? `its file ${placed(words)}` : 'its content';
}
/** What to do about it. */
const FILL = {
    environment: `set it in the \`env\` of the step (${UNSET})`,
    file: 'write something to it in an earlier step',
};
function rawContent({ source, words }, place) {
    if (source === 'content')
        return Buffer.from(words);
    if (source === 'environment')
        return Buffer.from(variableOf(words, place));
    const path = (0,external_node_path_namespaceObject.resolve)(place.directory, words);
    try {
        return files_readUserFile(path, place.base);
    }
    catch (error) {
        throw new errors_UserError(`its file ${placed(path)}: ${errors_messageOf(error)}`);
    }
}
/** @throws UserError when it is not set; it goes on after the place */
function variableOf(name, { lookUp, settings }) {
    const value = lookUp(name);
    if (value !== undefined)
        return value;
    // What stands in the place of a name may be the content itself.
    const what = isVariableName(name) ? `the variable ${placed(name)}` : 'a variable';
    throw new errors_UserError(`it takes its content from ${what}, which is not set: set it in the ${settings}`);
}
/**
 * That each secret and config has a content, or is external, and that the variables with contents are set. Docker takes
 * each of them whole from the last file that has it.
 */
function checkSources(files, lookUp, problems) {
    for (const { place, name, value, source } of definitions(files, lookUp)) {
        if (value.kind === 'map' && sourcesOf(value).length === 0) {
            problems.add(`${place}: ${name} has no content: write its \`file\`, or \`external: true\``);
        }
        if (source?.source === 'environment') {
            problems.at(`${place}: ${name}`).attempt(() => variableOf(source.words, ofComposeFiles(lookUp, '')));
        }
    }
}
/**
 * What {@link contentOf} would say of the secrets and configs, apart from what {@link checkSources} has said.
 *
 * @param directory where relative paths begin
 */
function checkContents(files, lookUp, directory, problems) {
    for (const { place, name, source } of definitions(files, lookUp)) {
        if (source === undefined)
            continue;
        if (source.source === 'environment' && lookUp(source.words) === undefined)
            continue;
        problems.at(`${place}: ${name}`).attempt(() => contentOf(source, ofComposeFiles(lookUp, directory)));
    }
}
/** The secrets and configs, each in the last of the files that has it. */
function definitions(files, lookUp) {
    return ['secret', 'config'].flatMap((kind) => {
        const section = `${kind}s`;
        const last = new Map(files.flatMap(({ path, root }) => mapAt(root, section).map((entry) => [entry.key, { path, ...entry }])));
        return [...last.values()].map(({ path, line, key, value }) => {
            return {
                place: `${path} line ${line}`,
                name: `${section}.${placed(key)}`,
                value,
                source: sourceOf(kind, value, lookUp),
            };
        });
    });
}
function sourceOf(kind, object, lookUp) {
    if (object.kind !== 'map')
        return undefined;
    const [source = '', ...others] = sourcesOf(object);
    const words = others.length === 0 && SOURCES.includes(source) ? entryAt(object, source) : undefined;
    if (words?.kind !== 'text' || isNothing(words) || !isFillable(words.value, lookUp))
        return undefined;
    return { kind, source, words: filledIn(words.value, lookUp) };
}
/** What says where the content of a secret or config comes from. */
function sourcesOf(object) {
    return [...SOURCES, 'external', 'driver'].filter((key) => {
        const inner = entryAt(object, key);
        return inner !== undefined && !(key === 'external' && inner.kind === 'text' && inner.value === 'false');
    });
}

;// CONCATENATED MODULE: ./build/docker/specs/stack-objects.js
/**
 * Whether a network of `GET /networks` has been removed from the swarm and lives on in the daemon that answers, until
 * the last container there has left it. The daemon lists those of the swarm first, without anything of its own in
 * them, also when they are in use on its node, and then what only itself still has: with `Containers`, or since Docker
 * 29 only with `Peers` (moby, api/server/router/network; seen with 20.10). Asked for one network, it does not tell.
 */
function isLeftover({ Scope: scope, Containers: containers, Peers: peers }) {
    return scope === 'swarm' && (containers !== undefined || peers !== undefined);
}
/** The label by which Docker finds what belongs to a stack. */
const NAMESPACE_LABEL = 'com.docker.stack.namespace';
/** What stands in a spec for the ID of an object that is not there yet. */
function placeholder(kind, name) {
    return kind === 'network' ? name : `new-${kind}-${name}`;
}
/**
 * The IDs that no service refers to, neither now nor after a rollback: Swarm itself does not count the previous spec,
 * and a rollback to one that names a removed secret takes the service down.
 */
function unusedIds(ids, services) {
    const used = new Set(services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec].flatMap(referredIds)));
    return ids.filter((id) => !used.has(id));
}
/** The IDs of all that a spec names. */
function referredIds(spec) {
    const template = spec?.TaskTemplate;
    const container = template?.ContainerSpec;
    const credential = container?.Privileges?.CredentialSpec?.Config;
    return [
        ...(container?.Secrets ?? []).map(({ SecretID }) => SecretID),
        ...(container?.Configs ?? []).map(({ ConfigID }) => ConfigID),
        ...(template?.Networks ?? []).map(({ Target }) => Target),
        ...(spec?.Networks ?? []).map(({ Target }) => Target),
        ...(credential ? [credential] : []),
    ];
}
/** The spec with other IDs, and perhaps names, for those of a map: placeholders, and the names of networks. */
function withIds(spec, ids) {
    const { TaskTemplate: template } = spec;
    const container = template.ContainerSpec;
    const to = (id) => ids.get(id) ?? { id };
    const credential = container?.Privileges?.CredentialSpec;
    return {
        ...spec,
        TaskTemplate: {
            ...template,
            ...(template.Networks && { Networks: template.Networks.map((one) => ({ ...one, Target: to(one.Target).id })) }),
            ...(container && {
                ContainerSpec: {
                    ...container,
                    ...(container.Secrets && {
                        Secrets: container.Secrets.map((one) => {
                            const { id: SecretID, name: SecretName = one.SecretName } = to(one.SecretID);
                            return { ...one, SecretID, SecretName };
                        }),
                    }),
                    ...(container.Configs && {
                        Configs: container.Configs.map((one) => {
                            const { id: ConfigID, name: ConfigName = one.ConfigName } = to(one.ConfigID);
                            return { ...one, ConfigID, ConfigName };
                        }),
                    }),
                    ...(credential?.Config && {
                        Privileges: {
                            ...container.Privileges,
                            CredentialSpec: { ...credential, Config: to(credential.Config).id },
                        },
                    }),
                },
            }),
        },
    };
}

;// CONCATENATED MODULE: ./build/inputs/attachments/items.js





/** The items of a key, a list or a mapping; `undefined` when the entry does not have it. */
function itemsAt(map, key, example, problems) {
    const value = valueAt(map, key);
    if (value === undefined)
        return undefined;
    if (value.kind === 'text') {
        problems.add(`this is only text: write a list such as \`${key}: [${example}]\`, or \`[]\` for none`);
        return undefined;
    }
    if (value.kind === 'list')
        return value.items.flatMap((item, index) => itemOf(item, `item ${index + 1}`, problems));
    // One item without its dash; in a mapping nothing has a text behind its name.
    if (['name', 'source'].some((name) => valueAt(value, name)?.kind === 'text'))
        return itemOf(value, 'item 1', problems);
    return value.entries.flatMap(({ key: name, value: inner }) => {
        if (inner.kind === 'map')
            return [{ place: placed(name), name, map: inner }];
        if (inner.kind === 'text' && inner.value.trim() === '')
            return [{ place: placed(name), name, map: undefined }];
        problems.add(`${shown_shown(name)} is no mapping: write what is to be said of it, such as \`target\`, or nothing`);
        return [];
    });
}
function itemOf(item, place, problems) {
    if (item.kind === 'text')
        return [{ place, name: item.value.trim(), map: undefined }];
    if (item.kind === 'map')
        return [{ place, name: undefined, map: item }];
    problems.add(`${place} is a list: write a name, or a mapping with the keys of one`);
    return [];
}
/** The name that an item gives, before it is looked at. */
function items_nameIn({ name, map }) {
    const inside = map && ['name', 'source'].map((key) => valueAt(map, key)).find((value) => value?.kind === 'text');
    const text = name ?? (inside?.kind === 'text' ? inside.value.trim() : undefined);
    return text === undefined || text === '' || text.length > 64 || mayBeSecret(text)
        ? undefined
        : shown_shown(text).slice(1, -1);
}
function items_nameOf({ name, map }, problems, problemWith) {
    const given = map === undefined ? [] : ['name', 'source'].filter((key) => valueAt(map, key) !== undefined);
    if (given.length + (name === undefined ? 0 : 1) > 1) {
        problems.add(`its name is given twice: write ${name === undefined ? '`name` or `source`' : 'it before the colon'} alone`);
        return undefined;
    }
    const text = name ?? (map && textAt(map, given[0] ?? 'name', problems));
    if (text === undefined || text === '') {
        problems.add('it has no name: write its `name`');
        return undefined;
    }
    const problem = problemWith(text);
    if (problem !== undefined)
        problems.add(secret_redact(problem));
    return text;
}
/** What other lists and tools call them, those of `registries` among them. */
const items_OTHER_NAMES = {
    data: 'content',
    env: 'environment',
    'from-env': 'environment',
    'from-file': 'file',
    path: 'file',
    value: 'content',
    'value-env': 'environment',
    'value-file': 'file',
};
function checkKeys(map, keys, problems) {
    for (const { key, line } of map.entries.filter((entry) => !keys.includes(entry.key))) {
        problems.add(`line ${line} has the unknown key ${shown_shown(key)}: ${adviceFor(key, keys)}`);
    }
}
function adviceFor(key, keys) {
    if (key === 'external')
        return 'leave it out: what is given no content, or no `create: true`, is one that is there';
    const closest = keys_closestKey(key, keys, items_OTHER_NAMES);
    return keyAdvice(closest !== undefined && keys.includes(closest) ? closest : keys_closestKey(key, keys), keys);
}
const OWN_LABELS = 'swarm-deploy.';
/** Labels of an object that is made: a mapping, or a list of `NAME=value`. */
function labelsAt(map, problems) {
    const value = valueAt(map, 'labels');
    const here = problems.at('`labels`');
    const pairs = value === undefined ? [] : pairsOf(value, here);
    for (const [name] of pairs) {
        if (name === '')
            here.add('a label has no name: write `NAME: value`');
        else if (name.startsWith(OWN_LABELS) || name === NAMESPACE_LABEL) {
            here.add(`${shown_shown(name)} is not yours to give, because objects are found by it: leave it out`);
        }
    }
    return Object.fromEntries(pairs);
}
function pairsOf(value, problems) {
    if (value.kind === 'text') {
        if (value.value.trim() !== '')
            problems.add('this is only text: write a mapping such as `{team: web}`');
        return [];
    }
    const pairs = value.kind === 'map'
        ? value.entries.map(({ key, value: inner }) => [key, inner])
        : value.items.map((item) => {
            const [, name = '', rest = ''] = item.kind === 'text' ? (/^([^=]*)=?(.*)$/s.exec(item.value) ?? []) : [];
            return [name.trim(), item.kind === 'text' ? { ...item, value: rest } : item];
        });
    return pairs.flatMap(([name, inner]) => {
        if (inner.kind === 'text')
            return [[name, inner.value]];
        problems.add(`${shown_shown(name)} is a ${inner.kind}: put its value in quotes to make it text`);
        return [];
    });
}

;// CONCATENATED MODULE: ./build/inputs/attachments/content.js








/** The content that is given, with what only counts with one. */
function contentIn(map, kind, place, sources, problems) {
    const given = SOURCES.filter((key) => valueAt(map, key) !== undefined);
    const found = given.map((source) => contentFrom(source, map, kind, place, sources, problems));
    const labels = labelsAt(map, problems);
    const templating = textAt(map, 'template-driver', problems);
    const [bytes] = found;
    if (given.length > 1)
        problems.add(`${problems_listed(given)} are all given: write only one of them`);
    if (given.length === 0) {
        const alone = ['labels', 'template-driver'].filter((key) => valueAt(map, key) !== undefined);
        if (alone.length > 0) {
            problems.add(`${problems_listed(alone)} ${alone.length === 1 ? 'is' : 'are'} for one that is made here: write its content too, in ${problems_listed(SOURCES, 'disjunction')}`);
        }
    }
    if (templating !== undefined && templating !== 'golang') {
        problems.add(`\`template-driver\`: ${shown_shown(templating)} is none that docker has: write golang, or leave it out`);
    }
    return bytes && { bytes, labels, templating };
}
/** All of it is read where several are given, so that each is masked. */
function contentFrom(source, map, kind, place, sources, problems) {
    const value = valueAt(map, source);
    // A content is taken as it stands, with its line end.
    const text = value?.kind === 'text' && source === 'content' ? value.value : textAt(map, source, problems);
    if (text === undefined)
        return undefined;
    const words = source === 'file' && text !== '' ? sources.resolve(text) : text;
    const bytes = problems.attempt(() => {
        if (text === '' && source !== 'content')
            throw new errors_UserError(`\`${source}\` is empty: ${content_FILL[source]}`);
        // What does not look like a path may be the content itself.
        const isPath = source !== 'file' || /[./]/.test(text);
        return kind === 'config' || isPath ? contentOf({ kind, source, words }, sources) : contentOfName(text, words);
    });
    const secret = bytes ?? (source === 'content' ? Buffer.from(text) : undefined);
    if (kind === 'secret' && secret !== undefined)
        masking_hide(secret.toString(), place);
    return bytes;
    function contentOfName(name, path) {
        try {
            return contentOf({ kind, source, words: path }, sources);
        }
        catch (error) {
            masking_hide(name, place);
            throw error instanceof errors_UserError ? new errors_UserError(secret_redact(error.message)) : error;
        }
    }
}
const content_FILL = {
    file: 'write the path of a file of this job',
    environment: 'write the name of a variable that is set in the `env` of the step',
};

;// CONCATENATED MODULE: ./build/inputs/attachments/credential-spec.js









const CREDENTIAL_SPEC_KEYS = ['config', 'registry', 'name', ...SOURCES, 'labels'];
const NO_SPEC = 'write `{file: credspec.json}` for a file of this job, `{config: NAME}` for a config of the swarm, `{registry: NAME}` for a value on the nodes, `file://NAME` for a file on the nodes, or `none`';
function credentialSpecAt(map, service, sources, problems) {
    const value = valueAt(map, 'credential-spec');
    const here = problems.at('`credential-spec`');
    if (value === undefined)
        return undefined;
    if (value.kind === 'text')
        return here.attempt(() => credentialSpecOfText(value.value.trim()));
    if (value.kind === 'list') {
        here.add(`this is a list: ${NO_SPEC}`);
        return undefined;
    }
    checkKeys(value, CREDENTIAL_SPEC_KEYS, here);
    const given = ['config', 'registry', ...SOURCES].filter((key) => valueAt(value, key) !== undefined);
    const [only] = given;
    if (only === undefined || given.length > 1) {
        here.add(only === undefined ? `it names no source: ${NO_SPEC}` : `${problems_listed(given)} are all given: write only one`);
        return undefined;
    }
    const content = contentIn(value, 'config', '', sources, here);
    const text = textAt(value, only, here) ?? '';
    if (only === 'registry') {
        if (text === '')
            here.add('`registry` is empty: write the name of a value in the Windows registry of the nodes');
        return { from: 'node', source: { Registry: text } };
    }
    const name = only === 'config' ? text : (textAt(value, 'name', here) ?? `${service}-credential-spec`);
    if (only === 'config' && valueAt(value, 'name') !== undefined) {
        here.add('`config` and `name` are both given: leave `name` out, it is for a config that is made here');
    }
    const problem = objectNameProblem(name, 'a config');
    if (problem !== undefined)
        here.add(secret_redact(problem));
    return { from: 'config', name, ...(content && { content: { ...content, isCredentialSpec: true } }) };
}
/** In the words of docker's flag. */
function credentialSpecOfText(text) {
    const [, scheme, value = ''] = /^(config|file|registry):\/\/(.+)$/.exec(text) ?? [];
    if (text === 'none')
        return { from: 'nothing' };
    if (scheme === undefined)
        throw new errors_UserError(`${shown_shown(text)} says not where it is: ${NO_SPEC}`);
    if (scheme === 'config')
        return { from: 'config', name: value };
    return { from: 'node', source: scheme === 'file' ? { File: value } : { Registry: value } };
}

;// CONCATENATED MODULE: ./build/inputs/values.js




/** The units of Go's `time.ParseDuration`, by which docker reads: \u00b5 has two code points. */
const UNIT_MILLISECONDS = {
    ns: 1e-6,
    us: 1e-3,
    '\u00b5s': 1e-3,
    '\u03bcs': 1e-3,
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
};
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const DURATION = new RegExp(`^(?:${PART.source})+$`);
/**
 * `true` or `false`, as YAML 1.2 spells them.
 *
 * @throws UserError that names the two
 */
function parseBoolean(text) {
    if (/^(?:true|True|TRUE)$/.test(text))
        return true;
    if (/^(?:false|False|FALSE)$/.test(text))
        return false;
    throw new errors_UserError(`${shown_shown(text)} is neither of the two allowed values: write true or false`);
}
/**
 * The seconds of a duration such as `90s`, `10m`, `1h30m` or `500ms`.
 *
 * @throws UserError that says what to write instead
 */
function parseDuration(text) {
    const seconds = parseDelay(text);
    if (seconds === 0)
        throw new errors_UserError(`${text} is no time at all: write a longer one, such as 10s`);
    return seconds;
}
/**
 * The seconds of a duration that may be none at all: `0s`, or `0`, which needs no unit.
 *
 * @throws UserError that says what to write instead
 */
function parseDelay(text) {
    if (text === '0')
        return 0;
    if (/^\d+(?:\.\d+)?$/.test(text))
        throw new errors_UserError(`${text} has no unit: write ${text}s for seconds, or ${text}m for minutes`);
    if (!DURATION.test(text))
        throw new errors_UserError(`${shown_shown(text)} is no duration: write one such as 90s, 10m or 1h30m`);
    const milliseconds = [...text.matchAll(PART)].reduce((sum, [, amount = '', unit = '']) => sum + Number(amount) * (UNIT_MILLISECONDS[unit] ?? 0), 0);
    return milliseconds / 1000;
}
/**
 * A whole number in a range.
 *
 * @throws UserError that names the range
 */
function parseInteger(text, least, most) {
    const number = Number(text);
    if (/^(?:0|[1-9]\d*)$/.test(text) && number >= least && number <= most)
        return number;
    throw new errors_UserError(`${shown_shown(text)} is not allowed: write a whole number from ${least} to ${most}`);
}
/** One of the words of a closed set. */
function parseChoice(text, choices) {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined)
        return choice;
    const closest = keys_closestKey(text, choices);
    const guess = closest === undefined ? 'write' : `did you mean ${closest}? Write`;
    throw new errors_UserError(`${shown_shown(text)} is none of its words: ${guess} ${choices.join(' or ')}`);
}
/**
 * The name of an image.
 *
 * @throws UserError when it is none
 */
function parseImage(text) {
    try {
        return parseReference(text);
    }
    catch (error) {
        if (!(error instanceof reference_InvalidReference))
            throw error;
        throw new errors_UserError(error.message.replace(/^The/, 'the'));
    }
}

;// CONCATENATED MODULE: ./build/inputs/attachments/networks.js






/** What is said of a network that is made. */
const CREATE_KEYS = ['driver', 'attachable', 'internal', 'encrypted', 'driver-opts', 'labels', 'subnet'];
const NETWORK_KEYS = ['name', 'aliases', 'create', ...CREATE_KEYS];
function networksAt(map, problems) {
    const here = problems.at('`networks`');
    const items = itemsAt(map, 'networks', 'backend', here);
    const networks = items?.flatMap((item) => networkOf(item, here) ?? []);
    const known = new Set();
    for (const { name } of networks ?? []) {
        if (known.has(name))
            here.add(`${placed(name)} is given twice: put all of it into one item`);
        known.add(name);
    }
    return networks;
}
function networkOf(item, problems) {
    const { map } = item;
    const here = problems.at(items_nameIn(item) ?? item.place);
    if (map !== undefined)
        checkKeys(map, NETWORK_KEYS, here);
    const name = items_nameOf(item, here, (text) => (PREDEFINED.includes(text) ? undefined : swarm_rules_nameProblem(text, 'a network')));
    if (name === undefined)
        return undefined;
    if (map === undefined)
        return { name, aliases: undefined, create: undefined };
    const isMade = valueAt(map, 'create') !== undefined && switchAt('create');
    const given = CREATE_KEYS.filter((key) => valueAt(map, key) !== undefined);
    if (!isMade && given.length > 0) {
        here.add(`${problems_listed(given)} ${given.length === 1 ? 'is' : 'are'} for a network that is made here: write \`create: true\` too, or leave ${given.length === 1 ? 'it' : 'them'} out`);
    }
    const subnet = textAt(map, 'subnet', here);
    const options = valueAt(map, 'driver-opts');
    const create = {
        Name: name,
        Driver: textAt(map, 'driver', here) || 'overlay',
        Attachable: switchAt('attachable'),
        Internal: switchAt('internal'),
        Options: {
            ...(options && Object.fromEntries(pairsOf(options, here.at('`driver-opts`')))),
            ...(switchAt('encrypted') && { encrypted: '' }),
        },
        Labels: labelsAt(map, here),
        ...(subnet && { IPAM: { Config: [{ Subnet: subnet }] } }),
    };
    return { name, aliases: aliasesAt(map, here), create: isMade ? create : undefined };
    function switchAt(key) {
        const text = map && textAt(map, key, here);
        return text === undefined ? false : (here.at(`\`${key}\``).attempt(() => parseBoolean(text)) ?? false);
    }
}
/** Docker's own, which services may use. */
const PREDEFINED = ['host', 'bridge', 'none'];
function aliasesAt(map, problems) {
    const value = valueAt(map, 'aliases');
    if (value === undefined)
        return undefined;
    const items = value.kind === 'list' ? value.items : [];
    const names = items.flatMap((item) => (item.kind === 'text' && item.value.trim() !== '' ? [item.value.trim()] : []));
    if (value.kind !== 'list' || names.length < items.length) {
        problems.add('`aliases` is no list of names: write one such as `[api, db]`');
    }
    return names;
}

;// CONCATENATED MODULE: ./build/inputs/attachments/objects.js







const OBJECT_KEYS = [
    ...['name', 'source', ...SOURCES],
    ...['target', 'uid', 'gid', 'mode', 'labels', 'template-driver'],
];
const READABLE_BY_ALL = 0o444;
/** Linux keeps an ID in 32 bits, and the last of them for none: a higher one would become another. */
const HIGHEST_ID = 2 ** 32 - 2;
function objectsAt(map, kind, service, sources, problems) {
    const here = problems.at(`\`${kind}s\``);
    const items = itemsAt(map, `${kind}s`, kind === 'secret' ? 'db-password' : 'app-config', here);
    const objects = items?.flatMap((item) => objectOf(item, kind, service, sources, here) ?? []);
    const known = new Set();
    for (const object of objects ?? []) {
        const path = pathInContainer(object);
        if (known.has(path)) {
            here.add(`two of them have the target ${shown_shown(object.file.Name)}: write another \`target\` for one of the two`);
        }
        known.add(path);
    }
    return objects;
}
function objectOf(item, kind, service, sources, problems) {
    const { map } = item;
    const here = problems.at(items_nameIn(item) ?? item.place);
    if (map !== undefined)
        checkKeys(map, OBJECT_KEYS, here);
    const content = map && contentIn(map, kind, `services: ${service}: \`${kind}s\`: ${items_nameIn(item) ?? item.place}`, sources, here);
    const name = items_nameOf(item, here, (text) => objectNameProblem(text, `a ${kind}`));
    if (name === undefined)
        return undefined;
    if (map === undefined)
        return { kind, name, file: fileOf(name) };
    const text = (key) => textAt(map, key, here);
    const target = text('target');
    if (target !== undefined && !isFileName(target)) {
        here.add(`\`target\`: ${shown_shown(target)} is no name of a file: write one such as \`${kind === 'secret' ? name : `/etc/${name}`}\``);
    }
    const file = {
        ...fileOf(target ?? name),
        ...numberAt('uid', 'UID'),
        ...numberAt('gid', 'GID'),
        ...modeAt(text('mode'), here),
    };
    return { kind, name, file, ...(content && { content }) };
    function numberAt(key, field) {
        const number = text(key);
        if (number === undefined)
            return {};
        if (!/^\d{1,10}$/.test(number) || Number(number) > HIGHEST_ID)
            here.add(`\`${key}\`: ${shown_shown(number)} is no number of a user or group: write one such as 1000`);
        return { [field]: number };
    }
}
/** Where docker puts the file: of two on one path the later would hide the other. */
function pathInContainer({ kind, file }) {
    return external_node_path_namespaceObject.posix.resolve(kind === 'secret' ? '/run/secrets' : '/', file.Name);
}
function fileOf(name) {
    return { Name: name, UID: '0', GID: '0', Mode: READABLE_BY_ALL };
}
function isFileName(target) {
    return target !== '' && !/[\0\r\n]/.test(target) && !/(?:^|\/)\.{0,2}$/.test(target);
}
function modeAt(text, problems) {
    if (text === undefined)
        return {};
    if (/^(?:0o?)?[0-7]{3}$/.test(text))
        return { Mode: Number.parseInt(text.slice(-3), 8) };
    problems.add(`\`mode\`: ${shown_shown(text)} are no permissions of a file: write three octal digits, such as 0440`);
    return {};
}

;// CONCATENATED MODULE: ./build/inputs/attachments/request.js
const ATTACHMENT_KEYS = ['secrets', 'configs', 'networks', 'credential-spec'];
/** What an entry has made where it is missing. */
function madeBy({ secrets = [], configs = [], networks = [], credentialSpec }) {
    const spec = credentialSpec?.from === 'config' ? [{ kind: 'config', ...credentialSpec }] : [];
    const contents = [...secrets, ...configs, ...spec].flatMap(({ kind, name, content }) => content === undefined ? [] : [{ kind, name, what: content }]);
    const made = networks.flatMap(({ name, create }) => create === undefined ? [] : [{ kind: 'network', name, what: create }]);
    return [...contents, ...made];
}

;// CONCATENATED MODULE: ./build/inputs/attachments/attachments.js








function attachmentSources(env) {
    return {
        lookUp: (name) => (variables_isOfTheAction(name) || !Object.hasOwn(env, name) ? undefined : env[name]),
        directory: basePath(env),
        base: basePath(env),
        settings: '`env` of the step',
        resolve: (path) => resolvePath(env, path),
    };
}
/**
 * What an entry attaches; `undefined` when it has none of the keys. Every secret content is masked as it is read.
 *
 * @param service its name, which a credential spec without one gets a part of
 */
function attachmentsOf(map, service, sources, problems) {
    if (ATTACHMENT_KEYS.every((key) => valueAt(map, key) === undefined))
        return undefined;
    const secrets = objectsAt(map, 'secret', service, sources, problems);
    const configs = objectsAt(map, 'config', service, sources, problems);
    const networks = networksAt(map, problems);
    const credentialSpec = credentialSpecAt(map, service, sources, problems);
    const paths = new Set(secrets?.map(pathInContainer));
    for (const path of (configs ?? []).map(pathInContainer).filter((one) => paths.has(one))) {
        problems.add(`\`secrets\` and \`configs\` both have the file ${shown_shown(path)}: write another \`target\` for one of the two`);
    }
    return {
        ...(secrets && { secrets }),
        ...(configs && { configs }),
        ...(networks && { networks }),
        ...(credentialSpec && { credentialSpec }),
    };
}

;// CONCATENATED MODULE: ./build/inputs/mode.js




/** What kind of run it is. The first is that of whoever chooses none; what each does, `src/modes/table.ts` says. */
const MODE_NAMES = [
    'deploy',
    'plan',
    'refresh-auth',
    'login',
    'remove',
    'status',
    'history',
    'rollback',
];
const DEFAULT_MODE = MODE_NAMES[0];
/** Ours, for what other programs call so. */
const mode_OTHER_NAMES = {
    'dry-run': 'plan',
    check: 'plan',
    diff: 'plan',
    refresh: 'refresh-auth',
    'refresh-credentials': 'refresh-auth',
    'renew-auth': 'refresh-auth',
    delete: 'remove',
    destroy: 'remove',
    down: 'remove',
    rm: 'remove',
    teardown: 'remove',
    undeploy: 'remove',
    uninstall: 'remove',
    health: 'status',
    inspect: 'status',
    ls: 'status',
    ps: 'status',
    back: 'rollback',
    revert: 'rollback',
    'roll-back': 'rollback',
    undo: 'rollback',
};
/** What to do about what the input of this name takes in other actions, and we have no mode for. */
const NO_MODES = {
    swarm: 'leave it out: this action always deploys to a swarm',
    stack: 'leave it out: a stack is deployed where the input `stack` names one',
    service: 'leave it out: services are deployed where the input `services` names them',
    compose: 'this action deploys to a swarm only',
};
/**
 * The mode of this name.
 *
 * @throws UserError that says which was probably meant
 */
function parseMode(text) {
    const mode = MODE_NAMES.find((name) => name === text);
    if (mode !== undefined)
        return mode;
    throw new errors_UserError(`${shown_shown(text)} is no mode: ${mode_adviceFor(text)}`);
}
/** The mode of this name; of what is none the one that was probably meant, so that all else that is wrong can be told. */
function probableMode(text) {
    return MODE_NAMES.find((name) => name === text) ?? meantBy(text) ?? DEFAULT_MODE;
}
function meantBy(text) {
    if (Object.hasOwn(mode_OTHER_NAMES, text))
        return mode_OTHER_NAMES[text];
    const closest = keys_closestKey(text, MODE_NAMES);
    return MODE_NAMES.find((name) => name === closest);
}
function mode_adviceFor(text) {
    if (Object.hasOwn(NO_MODES, text))
        return NO_MODES[text] ?? '';
    if (Object.hasOwn(mode_OTHER_NAMES, text))
        return `write \`${mode_OTHER_NAMES[text]}\``;
    const meant = meantBy(text);
    return meant === undefined ? `write ${problems_listed(MODE_NAMES, 'disjunction')}` : `did you mean \`${meant}\`?`;
}

;// CONCATENATED MODULE: ./build/inputs/defaults.js

/**
 * What an input stands for that is not given; which strategy, the table of strategies says. A runner fills in what
 * `action.yml` says, and a shell knows no defaults: a test holds the two against each other.
 */
const DEFAULTS = {
    mode: DEFAULT_MODE,
    'show-values': 'false',
    'fail-on-changes': 'false',
    'install-registry-ca': 'false',
    'on-short-lived': 'warn',
    prune: 'false',
    'rerun-jobs': 'false',
    force: 'false',
    'keep-replicas': 'false',
    'prune-images': 'false',
    'node-tools-image': 'docker:cli',
    'same-digest': 'deploy',
    'allow-plain-tcp': 'false',
    'docker-version': '28.3.3',
    'docker-download-url': 'https://download.docker.com',
    prepare: 'false',
    'max-parallel': '10',
    wait: 'true',
    timeout: '10m',
    'on-failure': 'rollback',
    'on-cancel': 'keep',
    'fail-on-problems': 'false',
    'if-exists': 'false',
    'dry-run': 'false',
    lock: 'false',
    'lock-timeout': '10m',
    'history-limit': '10',
};

;// CONCATENATED MODULE: ./build/inputs/unknown-inputs.js



/**
 * Inputs of the step that there are not. A runner warns of them and hands them on all the same: what somebody asked for
 * in them would silently not be done.
 */
const PREFIX = 'INPUT_';
const MOST_NAME_CHARACTERS = 60;
/** Our input for what other actions, docker and compose call so. */
const unknown_inputs_OTHER_NAMES = {
    'compose-files': 'compose-file',
    'compose-path': 'compose-file',
    'docker-compose-file': 'compose-file',
    'docker-compose-file-path': 'compose-file',
    'config-json': 'docker-config',
    'docker-auth-config': 'docker-config',
    'docker-config-json': 'docker-config',
    'docker-context': 'context',
    dockerconfigjson: 'docker-config',
    'docker-host': 'host',
    'dot-env': 'env-file',
    // The flag of a shell.
    dotenv: 'env-file',
    'dotenv-file': 'env-file',
    'env-files': 'env-file',
    file: 'compose-file',
    files: 'compose-file',
    'force-recreate': 'force',
    'force-update': 'force',
    key: 'ssh-key',
    'known-hosts': 'ssh-known-hosts',
    manager: 'host',
    pass: 'password',
    prepull: 'prepare',
    'pre-pull': 'prepare',
    'private-key': 'ssh-key',
    'ca-cert': 'registry-ca',
    'registry-ca-cert': 'registry-ca',
    'registry-ca-certificate': 'registry-ca',
    'registry-cert': 'registry-ca',
    'registry-host': 'registry',
    'registry-pass': 'password',
    'registry-password': 'password',
    'registry-token': 'password',
    'registry-url': 'registry',
    'registry-user': 'username',
    'registry-username': 'username',
    'remote-docker-host': 'host',
    'remote-private-key': 'ssh-key',
    rollback: 'on-failure',
    'ssh-deploy-private-key': 'ssh-key',
    'ssh-private-key': 'ssh-key',
    'ssh-remote-known-hosts': 'ssh-known-hosts',
    'stack-file': 'compose-file',
    'stack-file-name': 'compose-file',
    'stack-name': 'stack',
    'deploy-timeout': 'timeout',
    'monitor-timeout': 'timeout',
    token: 'password',
};
const unknown_inputs_HOST = 'write it in `host`, as in `host: ssh://user@host:port`';
const VARIABLES = "set it in the step's `env`, or in a file that `env-file` names";
const PINNED = 'leave it out: every image is looked up and pinned by its digest';
const unknown_inputs_STORED = 'write it in an entry of `registries`, which has room for a second credential';
const FORWARDED = 'leave it out: the credential is sent wherever there is one';
const LOGIN = 'leave it out: the logins of a run are in directories of its own, which are removed at its end';
const WITHOUT_DOCKER = 'leave it out: docker is not called with flags of yours here';
const CONTENT_NAMES = 'leave it out: configs and secrets are made anew when their content changes';
const DRY_RUN = MODE_NAMES.some((mode) => mode === 'plan')
    ? 'write `mode: plan`'
    : 'leave it out: every run is a real deploy';
/** What to write for what is no input under another name. */
const ADVICE = {
    args: WITHOUT_DOCKER,
    check: DRY_RUN,
    diff: DRY_RUN,
    plan: DRY_RUN,
    attempts: 'leave it out: what passes is tried again by itself',
    detach: 'write `wait: false` where nobody shall wait, or leave it out',
    ecr: 'leave it out, and write `ecr: true` in the entry of `registries` whose login Amazon is to give',
    'env-file-base64': 'write the file in an earlier step, and its path in `env-file`',
    'env-var-prefix': VARIABLES,
    'exclude-variables': VARIABLES,
    'extra-variables': VARIABLES,
    'key-interpolation': 'leave it out: keys of compose files are taken as they stand',
    'log-level': 'leave it out: a run with debug logging tells more',
    login: 'write `mode: login`',
    logout: LOGIN,
    'manage-variables': CONTENT_NAMES,
    'monitor-interval': 'leave it out: the swarm is looked at all the time',
    port: unknown_inputs_HOST,
    'refresh-auth': 'write `mode: refresh-auth`',
    'registry-auth': `${FORWARDED}; several registries go into \`registries\``,
    'remote-host': unknown_inputs_HOST,
    'remote-port': unknown_inputs_HOST,
    'remote-user': unknown_inputs_HOST,
    'resolve-image': PINNED,
    scope: 'write the path in `registry`, such as `ghcr.io/org-a`',
    secrets: VARIABLES,
    'ssh-deploy-user': unknown_inputs_HOST,
    'ssh-host': unknown_inputs_HOST,
    'ssh-port': unknown_inputs_HOST,
    'ssh-remote-hostname': unknown_inputs_HOST,
    'ssh-remote-port': unknown_inputs_HOST,
    'ssh-user': unknown_inputs_HOST,
    'strict-variables': 'leave it out: a variable that is missing is an error',
    'stored-password': unknown_inputs_STORED,
    'stored-password-env': unknown_inputs_STORED,
    'stored-password-file': unknown_inputs_STORED,
    'stored-username': unknown_inputs_STORED,
    summary: 'leave it out: there always is one',
    user: `write it in \`host\` for SSH, as in \`host: ssh://user@host\`, or in \`username\` for a registry`,
    variables: VARIABLES,
    vars: VARIABLES,
    version: "write the version in the image: `web: ghcr.io/org/web:1.2`, or set the variable of your compose file in the step's `env`",
    'with-registry-auth': FORWARDED,
};
/**
 * Adds one problem for each input that is given and that there is not, with what was probably meant.
 *
 * The runners of Gitea and Forgejo hand the inputs of a composite action on to the steps in it (gitea.com/gitea/act,
 * pkg/runner/action_composite.go): there it cannot be told whose it is, and it is only a warning. GitHub's runner does not
 * (actions/runner#665), and act takes them away again (pkg/runner/step.go, `mergeEnv`).
 *
 * @param warn is told what is no error
 * @returns the environment with each value where it was probably meant to be: so nothing is told besides that only
 *   follows from the name
 */
function checkUnknownInputs(env, known, problems, warn) {
    const mayBeOfOthers = Boolean(env.GITEA_ACTIONS || env.FORGEJO_ACTIONS);
    const meant = {};
    // Once is enough: several are those of another action.
    let isOwnTold = false;
    for (const unknown of unknownInputs(env, known.inputs)) {
        const input = inputMeantBy(unknown.name, env, known);
        const line = `${unknown.name}: there is no such input: ${unknown_inputs_adviceFor(unknown, input, known)}`;
        if (mayBeOfOthers) {
            warn(`${line} (ignored: this runner hands on the inputs of a composite action around this step as well)`);
            continue;
        }
        const own = isOwnTold ? '' : mayBeTheUsersOwn(unknown);
        isOwnTold ||= own !== '';
        problems.add(`${line}${own}`);
        const variable = input && unknown_inputs_variableOf(input);
        if (variable !== undefined && !env[variable])
            meant[variable] = unknown.value;
    }
    return Object.keys(meant).length === 0 ? env : { ...env, ...meant };
}
/** Nobody gives a variable of their own a dash in its name. */
function mayBeTheUsersOwn({ variable }) {
    return variable.includes('-') ? '' : ` (if ${variable} is a variable of your own \`env\`, give that another name)`;
}
/** What to write instead of an input that there is not. */
function unknownInputAdvice(name, env, known) {
    const plain = safeLine(name.toLowerCase(), MOST_NAME_CHARACTERS);
    return unknown_inputs_adviceFor({ name: plain }, inputMeantBy(plain, env, known), known);
}
/** Every name is asked for many times. */
const spellings = new Map();
/** The variables in which a runner and a shell hand an input over: a shell cannot set one with a dash. */
function spellingsOf(input) {
    const known = spellings.get(input);
    if (known !== undefined)
        return known;
    const ofRunner = `${PREFIX}${input.toUpperCase()}`;
    const both = { ofRunner, ofShell: ofRunner.replaceAll('-', '_') };
    spellings.set(input, both);
    return both;
}
/** The variable in which a runner hands an input over. */
function unknown_inputs_variableOf(input) {
    return spellingsOf(input).ofRunner;
}
/** Those with a value: GitHub's runner hands an input that an expression leaves empty over as well. */
function unknownInputs(env, known) {
    return Object.entries(env).flatMap(([variable, value = '']) => {
        if (!variable.startsWith(PREFIX) || variable === PREFIX || value.trim() === '')
            return [];
        const name = variable.slice(PREFIX.length).toLowerCase();
        if (isReadFor(name, variable, known, env) || isReadFor(plainName(name), variable, known, env))
            return [];
        return [{ name: safe_text_safeLine(name, MOST_NAME_CHARACTERS), variable, value }];
    });
}
/** A runner always sets the variable with dashes, if only to nothing; then the one of a shell is not looked at. */
function isReadFor(name, variable, known, env) {
    const { ofRunner, ofShell } = spellingsOf(name);
    const read = env[ofRunner] === undefined ? ofShell : ofRunner;
    return variable === read && known.includes(name);
}
function inputMeantBy(name, env, { inputs }) {
    const plain = plainName(name);
    if (Object.hasOwn(ADVICE, plain))
        return undefined;
    if (plain === 'name' || plain === 'service')
        return env[unknown_inputs_variableOf('services')] ? undefined : nameOfWhat(plain);
    return keys_closestKey(plain, inputs, unknown_inputs_OTHER_NAMES);
}
/** `name` is that of a stack in the actions that have it. */
function nameOfWhat(plain) {
    return plain === 'name' ? 'stack' : 'services';
}
function unknown_inputs_adviceFor({ name }, input, { inputs, entryKeys }) {
    const plain = plainName(name);
    if (Object.hasOwn(ADVICE, plain))
        return ADVICE[plain] ?? '';
    if (entryKeys.includes(plain) && !inputs.includes(plain)) {
        const key = `\`${plain}\` is a key of an entry of \`services\`, as in ${exampleWith(plain)}`;
        return input === undefined ? key : `did you mean \`${input}\`? For one service ${key}`;
    }
    return input === undefined ? 'leave it out: all inputs are in action.yml' : `did you mean \`${input}\`?`;
}
function exampleWith(key) {
    const value = EXAMPLES[key] ?? '\u2026';
    const image = key === 'image' || key === 'name' ? '' : `, ${key}: ${value}`;
    return `\`- {name: web, image: "ghcr.io/org/web:1.2"${image}}\``;
}
const EXAMPLES = { create: 'true', replicas: '2', env: '{LOG_LEVEL: debug}' };
function plainName(name) {
    return name.replaceAll('_', '-');
}

;// CONCATENATED MODULE: ./build/inputs/given.js


/** What is given in an input. */
/** As the runner hands it over, untrimmed. A shell cannot set a variable with a dash, so an underscore serves as well. */
function input(env, name) {
    const { ofRunner, ofShell } = spellingsOf(name);
    return env[ofRunner] ?? env[ofShell] ?? '';
}
/** Whether it is there and says nothing: a runner hands over the default of one that is left out. */
function isGivenEmpty(env, name) {
    const isThere = Object.values(spellingsOf(name)).some((variable) => env[variable] !== undefined);
    return isThere && input(env, name).trim() === '';
}
/** The value of an input that is one short text; `undefined` when it is not given. */
function read(env, name, problems, parse) {
    const text = input(env, name).trim();
    return text === '' ? undefined : problems.at(name).attempt(() => parse(text));
}
/** The same for one that has a default, which also stands in for a value that is told to be wrong. */
function readOrDefault(env, name, problems, parse) {
    return read(env, name, problems, parse) ?? parse(DEFAULTS[name]);
}

;// CONCATENATED MODULE: ./build/inputs/images.js






/** The keys of an entry. */
const PUSH_KEYS = ['archive', 'image', 'from', 'auth-config'];
const images_OTHER_NAMES = {
    as: 'image',
    config: 'auth-config',
    file: 'archive',
    input: 'archive',
    name: 'image',
    path: 'archive',
    source: 'from',
    tag: 'image',
    tar: 'archive',
    tarball: 'archive',
};
const images_EXAMPLE = '`- { archive: web.tar, image: registry.example.com/shop/web:1.4 }`';
/**
 * The images that an `images` text asks to push: a YAML list. That each archive is there is part of it; what is in it,
 * is not.
 */
function imagesFromText(text, env, problems) {
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, column, reason } of wrong)
        problems.add(`images line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0 || root === undefined)
        return [];
    const isOneEntry = root.kind === 'map' && root.entries.some(({ key }) => PUSH_KEYS.includes(key));
    if (root.kind !== 'list' && !isOneEntry) {
        problems.add(`images: this is no list of images to push: write entries such as ${images_EXAMPLE}`);
        return [];
    }
    const entries = root.kind === 'list' ? root.items : [root];
    const requests = entries.flatMap((entry, index) => {
        const place = `images entry ${index + 1}`;
        return requestFrom(entry, place, env, problems.at(place)) ?? [];
    });
    checkNames(requests, problems);
    return requests;
}
function requestFrom(entry, place, env, problems) {
    if (entry.kind !== 'map') {
        problems.add(`this is ${entry.kind === 'list' ? 'a list' : 'only text'} and no mapping: write an entry such as ${images_EXAMPLE}`);
        return undefined;
    }
    const unknown = entry.entries.filter(({ key }) => !PUSH_KEYS.includes(key));
    for (const { key, line } of unknown) {
        const advice = keyAdvice(keys_closestKey(key, PUSH_KEYS, images_OTHER_NAMES), PUSH_KEYS);
        problems.add(`line ${line} has the unknown key ${shown_shown(key)}: ${advice}`);
    }
    if (unknown.length > 0)
        return undefined;
    const archive = required(entry, 'archive', 'write the path of a file that `docker save` has written', problems);
    const name = required(entry, 'image', 'write as what it is pushed, such as registry.example.com/shop/web:1.4', problems);
    const image = name === undefined ? undefined : problems.at('`image`').attempt(() => imageNamed(name));
    const from = optional(entry, 'from', 'the name that the image has in the archive', problems);
    const authConfig = optional(entry, 'auth-config', 'the name of a config', problems);
    if (archive === undefined)
        return undefined;
    const path = resolvePath(env, archive);
    problems.at(`\`archive\` ${shown_shown(archive)}`).attempt(() => requireUserFile(path, basePath(env), 'of any size'));
    return image && { place, archive, path, image, ...(from && { from }), ...(authConfig && { authConfig }) };
}
function required(entry, key, remedy, problems) {
    const text = textAt(entry, key, problems);
    if (text)
        return text;
    if (valueAt(entry, key) === undefined)
        problems.add(`\`${key}\` is missing: ${remedy}`);
    else if (text === '')
        problems.add(`\`${key}\` is empty: ${remedy}`);
    return undefined;
}
function optional(entry, key, what, problems) {
    const text = textAt(entry, key, problems);
    if (text === '')
        problems.add(`\`${key}\` is empty: write ${what}, or leave the key out`);
    return text || undefined;
}
function imageNamed(text) {
    let image;
    try {
        image = parseReference(text);
    }
    catch (error) {
        if (!(error instanceof reference_InvalidReference))
            throw error;
        throw new errors_UserError(error.message.replace(/^The/, 'the'));
    }
    const { digest, ...named } = image;
    if (digest !== undefined) {
        throw new errors_UserError(`${shown_shown(text)} has a digest, which is for the archive to say: write ${reference_familiar(named)}`);
    }
    return withTagDefault(named);
}
function checkNames(requests, problems) {
    const seen = new Map();
    for (const { image, place } of requests) {
        const name = reference_familiar(image);
        const first = seen.get(name);
        if (first === undefined)
            seen.set(name, place);
        else
            problems.add(`${place}: ${name} is pushed by ${first} already: give one of the two another name or tag`);
    }
}

;// CONCATENATED MODULE: ./build/runner/group-by.js
/** The items by their key, in the order in which they come. `Map.groupBy` is not there before Node 21. */
function group_by_groupBy(items, keyOf) {
    const groups = new Map();
    for (const item of items) {
        const key = keyOf(item);
        const group = groups.get(key);
        if (group === undefined)
            groups.set(key, [item]);
        else
            group.push(item);
    }
    return groups;
}

;// CONCATENATED MODULE: ./build/inputs/reach/ssh-key.js

const NO_KEY = 'write the whole private key, from -----BEGIN to the last line, with all its line breaks';
/** Looks at a private key as ssh would, before any connection. The messages never quote it. */
function shapeOfKey(text) {
    const bad = (problem) => ({ problem, isEncrypted: false });
    if (/^(?:ssh|ecdsa|sk)-\S+\s+AAAA/.test(text.trim()))
        return bad(`it is a public key: ${NO_KEY}`);
    if (/^PuTTY-User-Key-File/.test(text.trim())) {
        return bad('it is a key of PuTTY: write it in the form of OpenSSH (`puttygen key.ppk -O private-openssh`)');
    }
    if (isPath(text)) {
        return bad('it is a path, and no key: write the content of that file (in a shell `--ssh-key @PATH` reads it)');
    }
    if (/^-----BEGIN [^\n]*\\n/.test(text.trim())) {
        return bad(`its line breaks are written as \\n, and not there: ${NO_KEY}`);
    }
    const [, kind, body = ''] = /^-----BEGIN ((?:[A-Z]+ )*)PRIVATE KEY-----\s([\s\S]*)-----END \1PRIVATE KEY-----$/.exec(normalKey(text).trim()) ??
        [];
    if (kind === undefined)
        return bad(`it is no private key that ssh can read: ${NO_KEY}`);
    if (!/\n/.test(body.trim()) && body.trim().length > 100)
        return bad(`its line breaks are lost: ${NO_KEY}`);
    if (kind !== 'OPENSSH ')
        return { isEncrypted: kind === 'ENCRYPTED ' || /Proc-Type: 4,ENCRYPTED/.test(body) };
    const bytes = Buffer.from(body, 'base64');
    if (!bytes.toString('latin1').startsWith('openssh-key-v1\0'))
        return bad(`it is damaged: ${NO_KEY}`);
    const length = bytes.readUInt32BE(15);
    return { isEncrypted: bytes.toString('latin1', 19, 19 + length) !== 'none' };
}
/** As ssh wants it: no carriage returns, a line break at the end. */
function normalKey(text) {
    return `${text.replace(/\r\n?/g, '\n').trim()}\n`;
}

;// CONCATENATED MODULE: ./build/inputs/reach/reach.js














const SSH_INPUTS = ['ssh-key', 'ssh-known-hosts', 'ssh-passphrase', 'ssh-jump', 'ssh-config'];
const TLS_INPUTS = ['tls-ca', 'tls-cert', 'tls-key'];
const CLI_INPUTS = ['docker-version', 'docker-sha256', 'docker-download-url'];
const REACH_INPUTS = ['host', 'context', 'allow-plain-tcp', ...SSH_INPUTS, ...TLS_INPUTS, ...CLI_INPUTS];
/** How the swarm is reached, with what is wrong with it added to the problems. */
function reachFrom(sources, problems) {
    const { input } = sources;
    // First of all, so that no message below shows a piece of them.
    const secrets = Object.fromEntries(['ssh-key', 'ssh-passphrase', 'tls-key'].map((name) => {
        masking_hide(input(name), name);
        return [name, withoutLastNewlines(input(name))];
    }));
    const hosts = hostsFrom(input('host'), problems.at('host'));
    const context = input('context').trim() || undefined;
    const allowPlainTcp = problems
        .at('allow-plain-tcp')
        .attempt(() => parseBoolean(input('allow-plain-tcp').trim() || DEFAULTS['allow-plain-tcp']));
    for (const problem of contradictions(sources, hosts, context))
        problems.add(problem);
    const ssh = sshFrom(sources, secrets, reach_sshTarget(sources, hosts, context), problems);
    const tls = tlsFrom(input, secrets['tls-key'], problems);
    const plain = hosts.find(({ kind }) => kind === 'tcp');
    if (plain !== undefined && !TLS_INPUTS.some((name) => isGiven(input, name)) && allowPlainTcp === false) {
        problems.add(`host: ${shownAddress(plain.text)} without TLS gives the whole swarm to everybody who can reach the port: give \`tls-ca\`, \`tls-cert\` and \`tls-key\`, or write \`allow-plain-tcp: true\` if the network is closed`);
    }
    return { hosts, context, ssh, tls, cli: cliFrom(input, problems) };
}
function isGiven(input, name) {
    return input(name).trim() !== '';
}
function hostsFrom(text, problems) {
    if (text.trim() === '')
        return [];
    const lines = text.split(/[\r\n]/).map((line) => line.trim());
    const isList = /^[[{]/.test(text.trim()) || lines.some((line) => line.startsWith('-'));
    const written = isList ? listFrom(text, problems) : lines.filter((line) => line !== '');
    const hosts = written.flatMap((entry) => {
        hideUserInfo(entry);
        return problems.attempt(() => parseHost(entry)) ?? [];
    });
    const twice = hosts.find((host, index) => hosts.findIndex((other) => (0,external_node_util_namespaceObject.isDeepStrictEqual)(other, host)) !== index);
    if (twice !== undefined)
        problems.add(`${shownAddress(twice.text)} is there twice: take one of them out`);
    return hosts;
}
function listFrom(text, problems) {
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, reason } of wrong)
        problems.add(`line ${line}: ${reason}`);
    if (wrong.length > 0 || root === undefined)
        return [];
    if (root.kind === 'list' && root.items.every(({ kind }) => kind === 'text')) {
        return root.items.map((item) => (item.kind === 'text' ? item.value.trim() : ''));
    }
    problems.add('it is no list of addresses: write one address, or one a line with a dash before each');
    return [];
}
function contradictions({ input }, hosts, context) {
    const given = (names) => names.filter((name) => isGiven(input, name));
    const has = (kind) => hosts.some((host) => host.kind === kind);
    const [ssh, tls] = [given(SSH_INPUTS), given(TLS_INPUTS)];
    const attempted = isGiven(input, 'host') && hosts.length === 0;
    return [
        ...(context !== undefined && isGiven(input, 'host')
            ? ['host, context: both say where the swarm is: leave one of them out']
            : []),
        ...(context !== undefined && /[\s\0]|^-/.test(context)
            ? [`context: ${shown_shown(context)} is no name of a context: write one that \`docker context ls\` lists`]
            : []),
        ...(ssh.length > 0 && !has('ssh') && !attempted && context === undefined
            ? [
                `${ssh.join(', ')}: there is no SSH connection: write \`host: ssh://user@host\` as well, or leave ${ssh.length === 1 ? 'it' : 'them'} out`,
            ]
            : []),
        ...(tls.length > 0 && !has('tcp') && !attempted
            ? [
                `${tls.join(', ')}: there is no TLS connection: write \`host: tcp://host:2376\` as well, or leave ${tls.length === 1 ? 'it' : 'them'} out`,
            ]
            : []),
        ...(isGiven(input, 'allow-plain-tcp') && /^true$/i.test(input('allow-plain-tcp').trim()) && tls.length > 0
            ? ['allow-plain-tcp: TLS is given as well, and is used: leave one of them out']
            : []),
    ];
}
/** What is reached over SSH with the inputs: a host, or a context, which else goes by the user's own settings. */
function reach_sshTarget({ input }, hosts, context) {
    const host = hosts.find(({ kind }) => kind === 'ssh');
    if (host !== undefined)
        return host.text;
    return SSH_INPUTS.some((name) => isGiven(input, name)) ? context && `the context ${context}` : undefined;
}
/** How many hosts are reached over SSH: those of `host`, else that of the context, and every jump host. */
function sshTargets(input) {
    const hosts = input('host').match(/ssh:\/\//g)?.length ?? 1;
    const hops = input('ssh-jump').trim() === '' ? 0 : input('ssh-jump').split(',').length;
    return hosts + hops;
}
function sshFrom({ input, resolvePath, hasAgent }, secrets, target, problems) {
    if (target === undefined)
        return undefined;
    const userConfig = input('ssh-config').trim();
    const key = secrets['ssh-key'].trim();
    const passphrase = secrets['ssh-passphrase'];
    const pins = problems.at('ssh-known-hosts').attempt(() => parsePins(input('ssh-known-hosts'))) ?? {
        lines: [],
        fingerprints: [],
    };
    const targets = sshTargets(input);
    if (targets > 1 && pins.fingerprints.some(({ host }) => host === undefined)) {
        problems.add(`ssh-known-hosts: a fingerprint does not say for which of the ${targets} hosts it is, and one host could pass for another: write the host before each, as in \`host.example.com SHA256:\u2026\``);
    }
    if (!isGiven(input, 'ssh-known-hosts') && userConfig === '') {
        problems.add(`ssh-known-hosts: it is empty (an empty one is often a variable or a secret that is not set), and no host is trusted unseen: write the SHA256: fingerprint that \`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\` prints on the server of ${target}, or its known_hosts line`);
    }
    if (key === '' && userConfig === '' && !hasAgent) {
        problems.add('ssh-key: it is empty, and there is no SSH agent (an empty one is often a secret that is not set): set the private key');
    }
    const shape = key === '' ? undefined : shapeOfKey(key);
    if (shape?.problem !== undefined)
        problems.add(`ssh-key: ${shape.problem}`);
    else if (shape?.isEncrypted && passphrase === '') {
        problems.add('ssh-passphrase: it is empty, and `ssh-key` is encrypted: set the passphrase of the key');
    }
    else if (passphrase !== '' && shape !== undefined && !shape.isEncrypted) {
        problems.add('ssh-passphrase: `ssh-key` is not encrypted: leave the passphrase out');
    }
    if (/[\r\n\0]/.test(passphrase))
        problems.add('ssh-passphrase: it has a line break: write it on one line');
    if (passphrase !== '' && key === '')
        problems.add('ssh-passphrase: there is no `ssh-key` that it opens: set the key as well');
    return {
        key: key === '' ? undefined : new secret_Secret(normalKey(key)),
        passphrase: passphrase === '' ? undefined : new secret_Secret(passphrase),
        pins,
        jump: jumpFrom(input('ssh-jump'), problems.at('ssh-jump')),
        userConfig: userConfig === '' ? undefined : resolvePath(userConfig),
    };
}
function jumpFrom(text, problems) {
    if (text.trim() === '')
        return undefined;
    return text
        .trim()
        .split(/\s*,\s*/)
        .map((hop) => {
        hideUserInfo(hop);
        return problems.attempt(() => parseJump(hop));
    })
        .join(',');
}
function tlsFrom(input, key, problems) {
    const missing = TLS_INPUTS.filter((name) => !isGiven(input, name));
    if (missing.length === TLS_INPUTS.length)
        return undefined;
    if (missing.length > 0) {
        problems.add(`${missing.join(', ')}: ${problems_listed(missing)} missing: give \`tls-ca\`, \`tls-cert\` and \`tls-key\` together (an empty one is often a secret that is not set)`);
        return undefined;
    }
    const ca = problems.at('tls-ca').attempt(() => pemFrom(input('tls-ca'), 'CERTIFICATE'));
    const cert = problems.at('tls-cert').attempt(() => pemFrom(input('tls-cert'), 'CERTIFICATE'));
    const pem = problems.at('tls-key').attempt(() => pemFrom(key, 'PRIVATE KEY'));
    if (pem !== undefined)
        masking_hide(pem, 'tls-key');
    if (ca === undefined || cert === undefined || pem === undefined)
        return undefined;
    for (const problem of tlsProblems({ ca, cert, key: pem }, new Date()))
        problems.add(problem);
    return { ca, cert, key: new secret_Secret(pem) };
}
function cliFrom(input, problems) {
    const version = input('docker-version').trim().replace(/^v/, '');
    const sha256 = input('docker-sha256')
        .trim()
        .toLowerCase()
        .replace(/^sha256:/, '');
    const url = input('docker-download-url').trim().replace(/\/+$/, '');
    if (version !== '' && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) {
        problems.add(`docker-version: ${shown_shown(version)} is no full version: write one such as ${DEFAULTS['docker-version']}`);
    }
    if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
        problems.add('docker-sha256: it is no SHA-256 sum: write its 64 hexadecimal digits');
    }
    hideUserInfo(url);
    if (url !== '')
        problems.at('docker-download-url').attempt(() => checkUrl(url));
    const plain = plainDownloadProblem(url, sha256);
    if (plain !== undefined)
        problems.add(plain);
    return {
        version: version || DEFAULTS['docker-version'],
        sha256: sha256 || undefined,
        downloadUrl: url || DEFAULTS['docker-download-url'],
    };
}
/** Whoever is on the way of an unencrypted download can put another program in its place. */
function plainDownloadProblem(url, sha256) {
    if (!url.startsWith('http://') || sha256 !== '')
        return undefined;
    return 'docker-download-url: over http:// anybody on the way can put another program in its place: write https://, or give the sum of the archive in `docker-sha256`';
}
function checkUrl(text) {
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
        throw new errors_UserError('it is no web address: write one such as https://mirror.example.com');
    }
}

;// CONCATENATED MODULE: ./build/inputs/strategy.js


const strategy_KEY = 'strategy';
/** The names that are inputs, for all services, and keys of an entry, for one. */
function strategyKeys(strategies) {
    return [strategy_KEY, ...new Set(Object.values(strategies).flatMap(({ keys }) => Object.keys(keys)))];
}
/**
 * Reads the settings that are given.
 *
 * @param textOf the value of one of {@link strategyKeys}; `undefined` when it is not given
 */
function readStrategySettings(textOf, strategies, problems) {
    const texts = new Map(strategyKeys(strategies).map((name) => [name, textOf(name)]));
    const given = [...texts.keys()].filter((name) => texts.get(name) !== undefined);
    const read = (name, parse) => {
        const text = texts.get(name);
        return text === undefined ? undefined : problems.at(name).attempt(() => parse(text));
    };
    const parsers = Object.assign({}, ...Object.values(strategies).map(({ keys }) => keys));
    for (const names of alternativesIn(strategies)) {
        if (names.every((name) => given.includes(name))) {
            problems.add(`${problems_listed(names)} are both given: leave one of the two out`);
        }
    }
    return {
        given,
        kind: read(strategy_KEY, (text) => parseChoice(text, Object.keys(strategies))),
        values: Object.fromEntries(given.flatMap((name) => (parsers[name] ? [[name, read(name, parsers[name])]] : []))),
    };
}
/**
 * The strategy of a service: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param problems of the entry
 */
function chosenStrategy(own, all, strategies, problems) {
    const [byDefault = ''] = Object.keys(strategies);
    const kind = own.kind ?? all.kind ?? byDefault;
    for (const name of own.given.filter((one) => !belongs(one, kind, strategies))) {
        const kinds = kindsWith(name, strategies);
        problems.add(`\`${name}\` belongs to the strategy ${kinds.join(' or ')}, but this service's is ${kind}: leave it out, or write \`strategy: ${kinds[0]}\``);
    }
    const replaced = alternativesIn(strategies).filter((names) => names.some((name) => own.given.includes(name)));
    const forAll = Object.entries(all.values).filter(([name]) => !replaced.flat().includes(name));
    const values = { ...Object.fromEntries(forAll), ...own.values };
    return { kind, ...(strategies[kind]?.choose(values) ?? { settings: undefined, uncountedSeconds: 0 }) };
}
/** Settings for all that are of no use to any service are a mistake. */
function checkAllAreUsed(all, chosen, strategies, problems) {
    for (const name of all.given) {
        if (chosen.length === 0 || chosen.some(({ kind }) => belongs(name, kind, strategies)))
            continue;
        const kinds = kindsWith(name, strategies);
        problems.add(`${name}: it belongs to the strategy ${kinds.join(' or ')}, which no service has: leave it out, or write \`strategy: ${kinds[0]}\``);
    }
}
/** What strategies ask of a run as a whole. */
function checkRunFits(chosen, stack, wait, strategies, problems) {
    const refusal = stack && strategies[stack.strategy.kind]?.stackRefusal;
    if (refusal !== undefined)
        problems.add(`strategy: ${refusal}`);
    for (const kind of new Set(wait ? [] : chosen.map((one) => one.kind))) {
        if (!strategies[kind]?.needsWait)
            continue;
        problems.add(`wait: the strategy ${kind} goes on only when its first step has come true, which \`wait: false\` does not wait for: leave one of the two out`);
    }
}
function kindsWith(name, strategies) {
    return Object.keys(strategies).filter((kind) => Object.hasOwn(strategies[kind]?.keys ?? {}, name));
}
function belongs(name, kind, strategies) {
    return name === strategy_KEY || kindsWith(name, strategies).includes(kind);
}
function alternativesIn(strategies) {
    const all = Object.values(strategies).flatMap(({ alternatives }) => (alternatives ? [alternatives] : []));
    return [...new Map(all.map((names) => [names.join(), names])).values()];
}

;// CONCATENATED MODULE: ./build/docker/cli/update-policy.js
/** The settings that are given. */
function policySettings({ update, rollback }) {
    return [...settingsOf('update', update), ...settingsOf('rollback', rollback)];
}
function settingsOf(phase, policy) {
    const entries = Object.entries(policy);
    return entries.map(([key, value]) => ({ phase, key, value, flag: `--${phase}-${key.replaceAll('_', '-')}` }));
}

;// CONCATENATED MODULE: ./build/inputs/update-policy.js







const PHASES = ['update', 'rollback'];
const MOST_TASKS = 1_000_000;
/** What each key may be. A duration stays as it is written, for docker reads it by the same rule. */
const update_policy_CHECKS = {
    parallelism: (text) => parseInteger(text, 0, MOST_TASKS),
    delay: parseDelay,
    order: (text) => parseChoice(text, ['start-first', 'stop-first']),
    failure_action: checkFailureAction,
    monitor: parseDuration,
    max_failure_ratio: checkRatio,
};
/** The keys of both mappings, which are those of `deploy.update_config` in compose files. */
const POLICY_SETTINGS = Object.keys(update_policy_CHECKS);
/** The names that are inputs, for all services, and keys of an entry, for one. */
const POLICY_KEYS = PHASES.map(update_policy_keyOf);
/** What was an input or key of its own once, and is a key of one of the two mappings now. */
const RETIRED_KEYS = PHASES.flatMap((phase) => POLICY_SETTINGS.map((setting) => retiredKey(phase, setting)));
const SOME = '{order: start-first, delay: 10s}';
/**
 * Reads the policies for all services.
 *
 * @param input the text of an input, `''` when it is not given; also of a {@link RETIRED_KEYS}
 */
function policiesOfInputs(input, problems) {
    return policiesBy((phase) => policyOfText(phase, input(update_policy_keyOf(phase)), problems), (phase) => {
        const isGiven = input(update_policy_keyOf(phase)).trim() !== '';
        const old = retiredOf(phase, (name) => input(name).trim() || undefined);
        // In a workflow file the value of an input is one text.
        tellRetired(phase, old, isGiven, { name: 'input', quote: "'" }, problems);
    });
}
/**
 * Reads the policies of an entry.
 *
 * @param problems of the entry
 */
function policiesOfEntry(entry, problems) {
    return policiesBy((phase) => policyOfValue(phase, filledAt(entry, update_policy_keyOf(phase)), problems), (phase) => {
        const textOf = (name) => {
            const value = valueAt(entry, name);
            return value?.kind === 'text' ? value.value.trim() : value && '';
        };
        const isGiven = filledAt(entry, update_policy_keyOf(phase)) !== undefined;
        tellRetired(phase, retiredOf(phase, textOf), isGiven, { name: 'key', quote: '' }, problems);
    });
}
/** The policies of an entry, and where they are silent, those for all: key by key. */
function mergedPolicies(own, all) {
    return { update: { ...all.update, ...own.update }, rollback: { ...all.rollback, ...own.rollback } };
}
/** What is said by a policy and once more by a flag of docker. */
function checkPolicyFlags(policies, flags, problems) {
    for (const { phase, key, flag } of policySettings(policies)) {
        if (flags.some(({ name }) => name === flag))
            problems.add(`\`${key}\` of \`${update_policy_keyOf(phase)}\` and the flag ${flag} are both given: leave one of the two`);
    }
}
/** How an update policy is written in an entry of `services`: `update-config: {order: stop-first}`. */
function policyText(policy) {
    return `${update_policy_keyOf('update')}: ${mappingText(Object.entries(policy))}`;
}
/** What to write to give one service an update policy, as an advice says it. */
function policyAdvice(policy, isOfStack) {
    return isOfStack
        ? `\`${mappingText(Object.entries(policy)).slice(1, -1)}\` in \`deploy.update_config\``
        : `\`${policyText(policy)}\` in \`services\``;
}
/** The setting that a key is in another spelling: `failure-action`. */
function settingMeantBy(key) {
    return POLICY_SETTINGS.find((setting) => setting === key.toLowerCase().replaceAll('-', '_'));
}
function policiesBy(read, checkOld) {
    for (const phase of PHASES)
        checkOld(phase);
    return { update: read('update'), rollback: read('rollback') };
}
function update_policy_keyOf(phase) {
    return `${phase}-config`;
}
function policyOfText(phase, text, problems) {
    if (text.trim() === '')
        return {};
    const { root, problems: wrong } = yaml_parseYaml(text);
    if (wrong.length > 0 && /^\w+:[^\r\n{]*,\s*\w+:[^\r\n]*$/.test(text.trim())) {
        problems.add(`${update_policy_keyOf(phase)}: several keys on one line need braces around them: write \`${SOME}\``);
        return {};
    }
    for (const { line, column, reason } of wrong) {
        problems.add(`${update_policy_keyOf(phase)} line ${line}, column ${column}: ${reason}`);
    }
    return wrong.length > 0 ? {} : policyOfValue(phase, root, problems);
}
function policyOfValue(phase, value, problems) {
    if (value === undefined)
        return {};
    if (value.kind !== 'map') {
        const isQuoted = value.kind === 'text' && /^\s*\{/.test(value.value);
        const is = value.kind === 'list' ? 'a list' : isQuoted ? 'text in quotes' : 'only text';
        const advice = isQuoted ? 'leave the quotes around the braces out' : `write a mapping such as \`${SOME}\``;
        problems.add(`${update_policy_keyOf(phase)} line ${value.line}: this is ${is}: ${advice}`);
        return {};
    }
    return Object.fromEntries(value.entries.flatMap((entry) => settingOf(phase, entry, problems) ?? []));
}
function settingOf(phase, { key, line, value }, problems) {
    const here = problems.at(`${update_policy_keyOf(phase)} line ${line}`);
    const setting = POLICY_SETTINGS.find((one) => one === key);
    if (setting === undefined) {
        here.add(`unknown key ${shown_shown(key)}: ${update_policy_adviceFor(phase, key, value)}`);
        return undefined;
    }
    if (value.kind !== 'text') {
        here.add(`\`${key}\` is a ${value.kind === 'map' ? 'mapping' : 'list'}: write one text`);
        return undefined;
    }
    const checked = checkedValue(phase, setting, value.value.trim(), here.at(key));
    return checked === undefined ? undefined : [[setting, checked]];
}
/** The value of a setting; `undefined` and one problem more when it is wrong. */
function checkedValue(phase, setting, text, problems) {
    return problems.attempt(() => {
        if (text === '')
            throw new errors_UserError('it is empty: write a value, or leave the key out');
        update_policy_CHECKS[setting](text, phase);
        return text;
    });
}
const update_policy_OTHER_NAMES = {
    action: 'failure_action',
    'on-failure': 'failure_action',
    failure: 'failure_action',
    'failure-ratio': 'max_failure_ratio',
    ratio: 'max_failure_ratio',
    interval: 'delay',
    window: 'monitor',
};
function update_policy_adviceFor(phase, key, value) {
    if (value.kind === 'map')
        return `leave this level out, and write the keys themselves here: ${problems_listed(POLICY_SETTINGS)}`;
    const spelled = settingMeantBy(key);
    if (spelled !== undefined)
        return `write \`${spelled}\``;
    const bare = key
        .toLowerCase()
        .replaceAll('_', '-')
        .replace(new RegExp(`^(?:--)?${phase}-`), '');
    const kebab = POLICY_SETTINGS.map((one) => one.replaceAll('_', '-'));
    const meant = keys_closestKey(bare, kebab, update_policy_OTHER_NAMES)?.replaceAll('-', '_');
    return keyAdvice(meant, POLICY_SETTINGS);
}
function retiredKey(phase, setting) {
    return `${phase}-${setting.replaceAll('_', '-')}`;
}
/** What is given under old names; `''` for what is no text. */
function retiredOf(phase, textOf) {
    return POLICY_SETTINGS.flatMap((setting) => {
        const text = textOf(retiredKey(phase, setting));
        return text === undefined ? [] : [[setting, text]];
    });
}
function tellRetired(phase, old, isGiven, place, problems) {
    if (old.length === 0)
        return;
    const names = problems_listed(old.map(([setting]) => retiredKey(phase, setting)));
    const were = old.length === 1 ? `is no ${place.name} any more` : `are no ${place.name}s any more`;
    const checked = old.map(([setting, text]) => {
        const isRight = text !== '' && checkedValue(phase, setting, text, problems.at(retiredKey(phase, setting)));
        return [setting, isRight ? text : '\u2026'];
    });
    const whole = `${update_policy_keyOf(phase)}: ${place.quote}${mappingText(checked)}${place.quote}`;
    const instead = isGiven
        ? `write ${checked.map((one) => `\`${settingText(one)}\``).join(', ')} in \`${update_policy_keyOf(phase)}\``
        : `write \`${whole}\``;
    problems.add(`${names} ${were}: ${instead}`);
}
function mappingText(settings) {
    return `{${settings.map(settingText).join(', ')}}`;
}
function settingText([key, value]) {
    return `${key}: ${value}`;
}
function checkFailureAction(text, phase) {
    if (phase === 'update')
        parseChoice(text, ['pause', 'continue', 'rollback']);
    else if (text === 'rollback')
        throw new errors_UserError('a rollback cannot be rolled back: write pause or continue');
    else
        parseChoice(text, ['pause', 'continue']);
}
function checkRatio(text) {
    if (/^(?:0|0?\.\d+|1(?:\.0+)?)$/.test(text))
        return;
    throw new errors_UserError(`${shown_shown(text)} is no ratio: write a number from 0 to 1, such as 0.25`);
}

;// CONCATENATED MODULE: ./build/inputs/mode-inputs.js











/**
 * Which inputs a mode takes. An input that asks for something else is refused: whoever meant to look must not deploy
 * instead, and whoever meant to deploy must not be told that all is well.
 */
/** The inputs by what they are about; those of strategies are the group `strategy`, and `policies` are beside them. */
const GROUPS = {
    run: ['mode', 'timeout', ...REACH_INPUTS],
    accounts: ['registries', 'registries-file', ...SHORT_FORM_INPUTS, 'docker-config', DIRECTORIES_INPUT],
    trust: ['registry-ca', 'install-registry-ca', 'install-registry-ca-image'],
    storing: ['on-short-lived'],
    services: ['services', 'stack'],
    images: ['images'],
    parallel: ['max-parallel'],
    wait: ['wait'],
    lock: ['lock', 'lock-timeout'],
    records: ['history-limit'],
    files: ['compose-file', 'env-file'],
    rollout: [
        'prune',
        'prune-images',
        'rerun-jobs',
        'only',
        'force',
        'keep-replicas',
        'same-digest',
        'prepare',
        'monitor',
        'on-failure',
        'on-cancel',
    ],
    tools: ['node-tools-image'],
    plan: ['show-values', 'fail-on-changes'],
    login: ['pull-secret'],
    removal: ['remove-volumes', 'if-exists', 'dry-run'],
    status: ['fail-on-problems'],
    rollback: ['to'],
};
/** Inputs that only say how something is done: where it is not done at all, they do not matter. */
const ONLY_SAY_HOW = [
    'accounts',
    'storing',
    'parallel',
    'wait',
    'lock',
    'records',
    'files',
    'tools',
    'strategy',
    'policies',
];
const ONLY_SAYS_HOW = [
    ...[
        'keep-replicas',
        'same-digest',
        'monitor',
        'on-failure',
        'on-cancel',
        'show-values',
        'registry-ca',
        'install-registry-ca-image',
    ],
];
/** Whoever wants to see what a deploy would do must not be led to a removal. */
const DRY_RUN_ELSEWHERE = 'dry-run: it only counts for what `mode: remove` removes: to see what a deploy would do write `mode: plan`, else leave it out';
/** What a deploy takes that is in the record of what a rollback goes back to. */
const RECORDED = ['images', 'files', 'policies'];
const DEPLOYMENT = [
    ...[
        'run',
        'accounts',
        'trust',
        'storing',
        'services',
        'images',
        'parallel',
        'wait',
        'lock',
        'records',
        'files',
        'rollout',
        'tools',
        'strategy',
        'policies',
    ],
];
/** All modes, with the inputs that they take. */
const MODES = {
    deploy: { does: 'deploy', takes: DEPLOYMENT },
    plan: { does: 'change nothing', takes: [...DEPLOYMENT, 'rollback', 'plan'] },
    'refresh-auth': {
        does: 'only renew stored credentials',
        takes: ['run', 'accounts', 'storing', 'services', 'parallel', 'wait'],
    },
    login: { does: 'only log in', takes: ['run', 'accounts', 'login'] },
    status: { does: 'only look', takes: ['run', 'services', 'status'] },
    history: { does: 'only show what was deployed', takes: ['run', 'services'] },
    rollback: {
        does: 'go back to what was deployed before',
        takes: [...DEPLOYMENT.filter((group) => !RECORDED.includes(group)), 'rollback'],
    },
    remove: {
        does: 'remove what is there',
        takes: ['run', 'accounts', 'services', 'parallel', 'lock', 'tools', 'removal'],
    },
};
/** All inputs that there are. */
function allInputs(strategies) {
    return groupsOf(strategies).flatMap(([, names]) => names);
}
/** The inputs that a mode takes. */
function inputsOfMode(mode, strategies) {
    return groupsOf(strategies).flatMap(([group, names]) => (MODES[mode].takes.includes(group) ? names : []));
}
/**
 * Adds a problem for each given input that asks for what the mode does not do, with what to write; of those that only
 * do not matter, one notice tells. What an input stands for that is not given is never told.
 */
function checkModeInputs(env, mode, strategies, problems) {
    const takes = takenBy(env, mode);
    const unused = [];
    for (const [group, names] of groupsOf(strategies)) {
        const given = takes.includes(group) ? [] : names.filter((one) => mode_inputs_isGiven(env, one, strategies));
        if (given.length === 0)
            continue;
        const taking = MODE_NAMES.filter((name) => MODES[name].takes.includes(group));
        // Nobody is led to a removal who can be meant to do something else.
        const harmless = taking.filter((name) => name !== 'remove');
        const others = (harmless.length > 0 ? harmless : taking).map((name) => `mode: ${name}`);
        for (const name of given) {
            if (isRollback(env, mode) && RECORDED.includes(group)) {
                if (ONLY_SAY_HOW.includes(group))
                    unused.push({ name, why: UNUSED_IN_ROLLBACK });
                else
                    problems.add(`${name}: a rollback has it ${FROM_RECORD}, and pushes nothing: leave it out`);
                continue;
            }
            if (ONLY_SAY_HOW.includes(group) || ONLY_SAYS_HOW.some((one) => one === name)) {
                unused.push({ name, why: onlyCountsWith(problems_listed(others)) });
                continue;
            }
            if (name === 'dry-run') {
                problems.add(DRY_RUN_ELSEWHERE);
                continue;
            }
            problems.add(`${name}: it belongs to ${problems_listed(others)}, and this run would ${MODES[mode].does}: leave it out, or write ${problems_listed(others, 'disjunction')}`);
        }
    }
    if (unused.length > 0)
        log_log.notice(unusedInWords(unused));
}
const FROM_RECORD = 'from the record of what was deployed';
const UNUSED_IN_ROLLBACK = {
    one: `a rollback has it ${FROM_RECORD}, and it is not used`,
    several: `a rollback has them ${FROM_RECORD}, and they are not used`,
};
function onlyCountsWith(modes) {
    return {
        one: `it only counts with ${modes}, and is not used`,
        several: `they only count with ${modes}, and are not used`,
    };
}
/** All of them on one line: those with the same reason together. */
function unusedInWords(unused) {
    const parts = [...group_by_groupBy(unused, ({ why }) => why.one).values()].map((all) => {
        const names = new Intl.ListFormat('en').format(all.map(({ name }) => name));
        return `${names}: ${all.length === 1 ? all[0]?.why.one : all[0]?.why.several}`;
    });
    return parts.join('; ');
}
function takenBy(env, mode) {
    const { takes } = MODES[mode];
    return mode === 'plan' && isRollback(env, mode) ? [...MODES.rollback.takes, 'plan'] : takes;
}
/** Whether a run is asked to go back, or to say what that would do. */
function isRollback(env, mode) {
    return mode === 'rollback' || (mode === 'plan' && input(env, 'to').trim() !== '');
}
function groupsOf(strategies) {
    return [
        ...Object.entries(GROUPS),
        ['strategy', strategyKeys(strategies)],
        ['policies', POLICY_KEYS],
    ];
}
/** A runner hands over the default of an input that is not given. */
function mode_inputs_isGiven(env, name, strategies) {
    const text = input(env, name).trim();
    if (text === '')
        return false;
    const byDefault = name === 'strategy' ? Object.keys(strategies)[0] : Object.entries(DEFAULTS).find(([of]) => of === name)?.[1];
    return text.toLowerCase() !== byDefault;
}

;// CONCATENATED MODULE: ./build/inputs/node-tools.js




const node_tools_INPUT = 'node-tools-image';
/** The image by which docker runs on the nodes. */
function readToolsImage(env, problems) {
    return readOrDefault(env, node_tools_INPUT, problems, parseImage);
}
/** Whether old images are removed after the deploy, and by what. */
function readPruneImages(env, wait, problems) {
    const isAsked = readOrDefault(env, 'prune-images', problems, parseBoolean);
    const toolsImage = readToolsImage(env, problems);
    if (!isAsked) {
        const given = input(env, node_tools_INPUT).trim();
        if (given !== '' && given !== DEFAULTS[node_tools_INPUT]) {
            log_log.notice(`${node_tools_INPUT}: it only counts with \`prune-images: true\`, and is not used`);
        }
        return undefined;
    }
    if (!wait) {
        problems.add('prune-images: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out');
    }
    return { toolsImage };
}

;// CONCATENATED MODULE: ./build/inputs/pause.js

// `on-failure: pause`: only Swarm itself can stop an update where it is, by the policy of the service.
const pause_ACTION = 'pause';
/** What to say of it in a rollback. */
const NO_PAUSE = 'pause is by the policy of a service, and a rollback has that of what was deployed: write `keep`, which leaves what did not come up as it is, or leave it out';
const FLAG = '--update-failure-action';
/** A service or stack that has Swarm pause an update that fails. */
function pausing(request) {
    const { policies } = request;
    return { ...request, policies: { ...policies, update: { ...policies.update, failure_action: pause_ACTION } } };
}
/** A policy or flag that has Swarm do anything else is a problem. */
function checkPause(requests, problems) {
    for (const other of new Set(requests.flatMap(otherActions))) {
        problems.add(`on-failure: pause has Swarm pause an update that fails, and \`${other}\` does not: leave one of the two out`);
    }
}
function otherActions({ policies, createArgs = [], updateArgs = [] }) {
    const { failure_action: action = pause_ACTION } = policies.update;
    const flags = [...createArgs, ...updateArgs].filter(({ name }) => name === FLAG);
    return [
        ...(action === pause_ACTION ? [] : [policyText({ failure_action: action })]),
        // Docker itself rejects an unknown word.
        ...['continue', 'rollback']
            .filter((word) => flags.some(({ value }) => value === word))
            .map((word) => `${FLAG} ${word}`),
    ];
}

;// CONCATENATED MODULE: ./build/inputs/prepare.js

const prepare_WORDS = { true: 'all', false: 'no', auto: 'auto', enough: 'enough' };
/**
 * The choice that one of the words `true`, `false`, `auto` and `enough` stands for.
 *
 * @throws UserError that names them
 */
function parsePrepare(text) {
    const word = /^(?:true|false)$/i.test(text) ? text.toLowerCase() : text;
    return prepare_WORDS[parseChoice(word, Object.keys(prepare_WORDS))];
}

;// CONCATENATED MODULE: ./build/inputs/replacement.js


const NO_SETTINGS = { strategy: { given: [], values: {} }, policies: { update: {}, rollback: {} } };
/**
 * How a service's tasks are to be replaced: what its entry says, and where that is silent, what the inputs say for all.
 *
 * @param own `undefined`: an entry that says nothing of it
 * @param problems of the entry
 */
function replacementOf(own, all, problems) {
    const { strategy, policies, prepare = all.prepare } = own ?? NO_SETTINGS;
    return {
        strategy: chosenStrategy(strategy, all.strategy, all.strategies, problems),
        policies: mergedPolicies(policies, all.policies),
        prepare,
    };
}

;// CONCATENATED MODULE: ./build/inputs/names.js



/** Names of what there is on the swarm, as an input lists them. */
/** The words of a text, with blanks, commas or line ends between. */
function wordsOf(text) {
    return text.split(/[\s,]+/).filter((word) => word !== '');
}
/**
 * The names of services in an input: words, or a YAML list of them. Whatever else it holds is a problem.
 *
 * @param advice what to write instead, a phrase
 */
function readNames(text, name, advice, problems) {
    return checkedNames(text, advice, problems.at(name), (one) => {
        return /[/:@=*]/.test(one) ? `${shown(one)} is no name of a service: ${advice}` : nameProblem(one, 'a service');
    });
}
// moby, volume/names: what a daemon takes for a volume.
const VOLUME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
/** The same of volumes. */
function readVolumeNames(text, name, advice, problems) {
    return checkedNames(text, advice, problems.at(name), (one) => {
        return VOLUME.test(one) ? undefined : `${shown(one)} is no name of a volume: ${advice}`;
    });
}
function checkedNames(text, advice, here, problemOf) {
    const names = namesFromText(text, advice, here);
    for (const one of names) {
        const problem = problemOf(one);
        if (problem !== undefined)
            here.add(problem);
    }
    for (const one of names.filter((other, index) => names.indexOf(other) < index)) {
        here.add(`${shown(one)} is given twice: leave one of the two out`);
    }
    return names;
}
function namesFromText(text, advice, problems) {
    const { root, problems: wrong } = parseYaml(text);
    for (const { line, column, reason } of wrong)
        problems.add(`line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0 || root === undefined)
        return [];
    if (root.kind === 'text')
        return wordsOf(root.value);
    if (root.kind === 'map') {
        problems.add(`${ticked(`${root.entries[0]?.key ?? ''}: \u2026`)} is for a deploy: ${advice}`);
        return [];
    }
    return root.items.flatMap((item, index) => namesOfItem(item, `entry ${index + 1}`, advice, problems));
}
function namesOfItem(item, place, advice, problems) {
    const words = item.kind === 'text' ? wordsOf(item.value) : [];
    if (words.length > 0)
        return words;
    problems.add(item.kind === 'text' ? `${place} is empty: leave it out` : `${place} is no name: ${advice}`);
    return [];
}

;// CONCATENATED MODULE: ./build/inputs/rollback-target.js


const WAYS = "`previous`, a number such as `'#7'` (in quotes), the tag of an image, a commit, or the ID or address of a run";
// An image's tag (github.com/distribution/reference); commits and IDs of runs are such words too.
const rollback_target_WORD = /^\w[\w.-]{0,127}$/;
// What stands behind the address of a run, on the pages of its attempts and jobs.
const WITHIN_RUN = /\/(?:attempts\/(\d{1,6})|jobs?\/\d+)(?:\/.*)?$/;
/** @throws UserError that goes on after the input's name */
function parseRollbackTarget(text) {
    if (text === 'previous')
        return { by: 'previous' };
    if (/^(?:previous|prev|last|before)$/i.test(text))
        throw new errors_UserError(`${shown_shown(text)}: write \`previous\``);
    if (text.startsWith('#'))
        return versionFrom(text);
    if (/^https?:\/\//i.test(text))
        return runFrom(text);
    if (rollback_target_WORD.test(text))
        return { by: 'name', text };
    if (/[:/@]/.test(text)) {
        throw new errors_UserError(`${shown_shown(text)} is an image: write its tag alone${tagOf(text)}, for a rollback goes to what was deployed, whatever its images were called`);
    }
    throw new errors_UserError(`${shown_shown(text)} is no version: write ${WAYS}`);
}
/** What to write into `to` when there is nothing in it. */
const NO_TARGET = `it is empty: write ${WAYS}`;
function versionFrom(text) {
    const version = /^#[1-9]\d{0,8}$/.test(text) ? Number(text.slice(1)) : undefined;
    if (version !== undefined)
        return { by: 'version', version };
    throw new errors_UserError(`${shown_shown(text)} is no number of a version: write one such as \`'#7'\`; \`mode: history\` shows them`);
}
function runFrom(text) {
    const [, commit] = /\/commit\/([0-9a-f]{7,64})\b/.exec(text) ?? [];
    if (commit !== undefined)
        throw new errors_UserError(`${shown_shown(text)} is the address of a commit: write \`${commit}\``);
    const url = pageOf(text);
    if (url !== '')
        return { by: 'run', url, attempt: WITHIN_RUN.exec(withoutRest(text))?.[1] };
    throw new errors_UserError(`${shown_shown(text)} is not the address of a run: write one such as \`https://github.com/acme/shop/actions/runs/1234\``);
}
/** The address of a run, whatever page of it an address is of; empty for what is none. */
function pageOf(address) {
    if (!URL.canParse(address))
        return '';
    const { protocol, host, pathname } = new URL(withoutRest(address).replace(WITHIN_RUN, ''));
    return pathname.length > 1 ? `${protocol}//${host}${pathname}` : '';
}
function withoutRest(address) {
    return address.replace(/[?#].*$/, '').replace(/\/+$/, '');
}
function tagOf(image) {
    const [, tag] = /:(\w[\w.-]{0,127})(?:@.*)?$/.exec(image) ?? [];
    return tag === undefined || /^[0-9a-f]{64}$/.test(tag) ? '' : ` (\`${tag}\`)`;
}
/** A target as a sentence names it. */
function targetInWords(target) {
    if (target.by === 'previous')
        return 'previous';
    if (target.by === 'version')
        return `#${target.version}`;
    if (target.by === 'name')
        return shown(target.text);
    return `the run ${target.url}${target.attempt === undefined ? '' : ` (attempt ${target.attempt})`}`;
}

;// CONCATENATED MODULE: ./build/inputs/selection.js




/** More names than these help nobody to find the right one. */
const MOST_TOLD = 8;
/**
 * `true`, `false`, or names as {@link parseNames} reads them.
 *
 * @throws UserError that says what to write instead
 */
function parseSelection(text) {
    if (/^(?:true|True|TRUE)$/.test(text))
        return 'all';
    return /^(?:false|False|FALSE)$/.test(text) ? [] : parseNames(text);
}
/**
 * Names of services, with blanks, commas or line ends between, or as a YAML list, which may be empty; each once.
 *
 * @throws UserError that says what to write instead
 */
function parseNames(text) {
    if (!/^(?:-[ \t\r\n]|\[)/.test(text)) {
        const words = selection_wordsOf(text);
        if (words.length > 0)
            return words;
        throw new errors_UserError('it names no service: write names such as `web api`, or leave it out');
    }
    const { root, problems } = yaml_parseYaml(text);
    const [wrong] = problems;
    if (wrong !== undefined)
        throw new errors_UserError(`line ${wrong.line}: ${wrong.reason}`);
    const items = root?.kind === 'list' ? root.items : [];
    const words = selection_wordsOf(items.map((item) => selection_nameIn(item)).join(' '));
    if (words.length > 0 || items.length === 0)
        return words;
    throw new errors_UserError('the list has only empty names, as of a variable that is not set: write names such as `[web, api]`, or `[]` for none');
}
function selection_nameIn(item) {
    if (item.kind === 'text' && item.value !== undefined)
        return item.value;
    throw new errors_UserError(`line ${item.line} is no name of a service: write names alone, such as \`web api\``);
}
function selection_wordsOf(text) {
    return [...new Set(text.split(/[\s,]+/).filter((word) => word !== ''))];
}
/** The services that are meant, by the names that they have on the swarm. What is no name of one is left out. */
function selected(selection, all) {
    if (selection === 'all')
        return new Set(all.map(({ name }) => name));
    return new Set(selection.flatMap((asked) => find(asked, all)?.name ?? []));
}
/**
 * What is wrong with names that no service has: one line for all of them, which goes on after the name of the input;
 * `undefined` when each has one.
 *
 * @param owner whose services these are: `the stack shop`
 */
function unknownNames(selection, all, owner) {
    const unknown = selection === 'all' ? [] : selection.filter((asked) => find(asked, all) === undefined);
    if (unknown.length === 0)
        return undefined;
    const known = all.map(({ name, key = name }) => key);
    const guesses = unknown.map((asked) => similarNames(asked, known)[0]);
    const meant = [...new Set(guesses.filter((guess) => guess !== undefined))];
    const question = meant.length === 0 ? '' : `did you mean ${problems_listed(meant)}? `;
    const left = known.length - MOST_TOLD;
    const names = problems_listed([...known.slice(0, MOST_TOLD)]);
    const are = `${question === '' ? 'its' : 'Its'} services are ${names}${left > 0 ? `, and ${left} more` : ''}`;
    const told = guesses.every((guess) => guess !== undefined) ? question.trim() : `${question}${are}`;
    return `${owner} has no service ${problems_listed(unknown, 'disjunction')}: ${told}`;
}
/** The name in the file goes before that on the swarm: another service may be called so there. */
function find(asked, all) {
    return all.find(({ key }) => key === asked) ?? all.find(({ name }) => name === asked);
}

;// CONCATENATED MODULE: ./build/inputs/compose/keys.js


const SECTIONS = ['services', 'networks', 'volumes', 'secrets', 'configs'];
/** docker/cli, cli/compose/schema/data/config_schema_v3.13.json */
const SERVICE_KEYS = 'build cap_add cap_drop cgroup_parent cgroupns_mode command configs container_name credential_spec depends_on deploy devices dns dns_search domainname entrypoint env_file environment expose external_links extra_hosts healthcheck hostname image init ipc isolation labels links logging mac_address network_mode networks oom_score_adj pid ports privileged read_only restart secrets security_opt shm_size stdin_open stop_grace_period stop_signal sysctls tmpfs tty ulimits user userns_mode volumes working_dir'.split(' ');
const POLICY = 'parallelism delay failure_action monitor max_failure_ratio order';
const REFERENCE = 'source target uid gid mode';
/** What docker stack knows in a mapping inside of a service, network, secret or config, by the key that it belongs to. */
const KEYS_INSIDE = {
    bind: 'propagation',
    configs: REFERENCE,
    credential_spec: 'config file registry',
    deploy: 'mode endpoint_mode replicas labels rollback_config update_config resources restart_policy placement',
    discrete_resource_spec: 'kind value',
    generic_resources: 'discrete_resource_spec',
    healthcheck: 'disable interval retries test timeout start_period start_interval',
    ipam: 'driver config',
    limits: 'cpus memory pids',
    logging: 'driver options',
    networks: 'aliases driver_opts ipv4_address ipv6_address',
    placement: 'constraints preferences max_replicas_per_node',
    ports: 'mode target published protocol',
    preferences: 'spread',
    reservations: 'cpus memory generic_resources',
    resources: 'limits reservations',
    restart_policy: 'condition delay max_attempts window',
    rollback_config: POLICY,
    secrets: REFERENCE,
    tmpfs: 'size',
    ulimits: 'hard soft',
    update_config: POLICY,
    volume: 'nocopy',
    volumes: 'type source target read_only consistency bind volume tmpfs',
};
/** What is defined at the top, by its section. */
const KEYS_OF_OBJECTS = {
    configs: 'name file external labels template_driver',
    networks: 'name driver driver_opts ipam external internal attachable labels',
    secrets: 'name file external labels driver driver_opts template_driver',
    volumes: 'name driver driver_opts external labels',
};
/** What docker compose alone has there, and what to write. */
const OF_COMPOSE_INSIDE = {
    count: 'write `generic_resources`',
    create_host_path: 'Swarm makes no directories: leave it out, and make it on the nodes',
    devices: 'write `generic_resources`',
    enable_ipv6: 'leave it out: docker stack makes no such networks, write the network as `external: true`',
    gateway: 'leave it out: docker stack takes only `subnet`',
    gw_priority: 'leave it out',
    ip_range: 'leave it out: docker stack takes only `subnet`',
    link_local_ips: 'leave it out',
    priority: 'leave it out',
    selinux: 'a service cannot label files for SELinux: label the directory on the nodes',
};
/**
 * What to do about a key that docker does not know.
 *
 * @param path of the mapping that has it: `['services', 'web', 'deploy']`
 */
function adviceInside(path, key) {
    const [section = '', name, ...inner] = path;
    if (name === undefined)
        return NAME_OF_OBJECT;
    const parent = inner.findLast((part) => !/^\d+$/.test(part));
    const known = (parent === undefined ? own(KEYS_OF_OBJECTS, section) : own(KEYS_INSIDE, parent))?.split(' ') ?? [];
    const elsewhere = placeOfKey(key, parent, known);
    if (elsewhere !== undefined)
        return elsewhere;
    const closest = closestKey(key, known) ?? closestKey(key.replaceAll('-', '_'), known);
    if (closest !== undefined)
        return `did you mean \`${closest}\`?`;
    return own(OF_COMPOSE_INSIDE, key) ?? (known.length === 0 ? 'leave it out' : `it knows ${listed(known)} there`);
}
/** What docker takes for the name of an entry of a section: the pattern of the same schema. */
const NAME_OF_OBJECT = 'write a name of letters, digits, `.`, `-` and `_`';
/** Where a key belongs that stands one level too high or too low; `undefined` when that is not what is wrong with it. */
function placeOfKey(key, parent, known) {
    const [child, ...others] = known.filter((one) => own(KEYS_INSIDE, one)?.split(' ').includes(key));
    if (child !== undefined && others.length === 0)
        return `write it under \`${child}\``;
    return parent === 'deploy' && SERVICE_KEYS.includes(key) ? 'write it beside `deploy`' : undefined;
}
function own(table, key) {
    return Object.hasOwn(table, key) ? table[key] : undefined;
}
const BY_LIMITS = 'write `deploy: {resources: {limits: {cpus: "0.5", memory: 512M}}}`';
/** What a service has under `deploy` alone. */
const OF_DEPLOY = 'endpoint_mode mode placement replicas resources restart_policy rollback_config update_config'.split(' ');
/** What docker stack refuses in a service, and what to write. */
const keys_REFUSED = {
    ...Object.fromEntries(OF_DEPLOY.map((key) => [key, 'write it under `deploy`'])),
    annotations: 'Swarm keeps only labels: write `labels`, or leave it out',
    cpu_count: BY_LIMITS,
    cpu_percent: BY_LIMITS,
    cpu_period: BY_LIMITS,
    cpu_quota: BY_LIMITS,
    cpu_shares: BY_LIMITS,
    cpus: BY_LIMITS,
    cpuset: 'Swarm cannot bind tasks to processors: leave it out',
    extends: 'docker stack cannot extend services: write the keys out, or use a YAML anchor',
    gpus: 'write `deploy: {resources: {reservations: {generic_resources: \u2026}}}`',
    mem_limit: BY_LIMITS,
    mem_reservation: 'write `deploy: {resources: {reservations: {memory: 512M}}}`',
    memswap_limit: BY_LIMITS,
    pids_limit: 'write `deploy: {resources: {limits: {pids: 100}}}`',
    platform: 'choose nodes: write `deploy: {placement: {constraints: ["node.platform.arch == aarch64"]}}`',
    profiles: 'Swarm would always deploy the service: put it into a compose file of its own, or leave the key out',
    scale: 'write `deploy: {replicas: 2}`',
    volume_driver: 'write the driver in the top-level `volumes`',
    volumes_from: 'name the volume in the `volumes` of each service',
};
/** What changes nothing for a swarm, and is taken out. */
const DROPPED = {
    attach: 'it is for `docker compose up` only',
    depends_on: 'Swarm starts all services at once: let a program wait for what it needs, or fail and be restarted',
    develop: 'it is for `docker compose watch` only',
    expose: 'services of one network reach each other on every port',
    pull_policy: 'every image is looked up in its registry anyway',
};
/** What docker stack takes and Swarm does not do, and what to write. */
const IGNORED = {
    build: 'build and push the image in an earlier step',
    cgroup_parent: 'leave it out',
    container_name: 'Swarm names the containers itself: leave it out',
    devices: 'use `generic_resources`, or leave it out',
    domainname: 'write the whole name in `hostname`',
    external_links: 'put both into one network, where they find each other by name',
    ipc: 'leave it out',
    links: 'services of one network find each other by name: leave it out',
    mac_address: 'leave it out',
    network_mode: 'write `networks`',
    pid: 'leave it out',
    privileged: 'write `cap_add`',
    restart: 'write `deploy: {restart_policy: {condition: any}}`',
    security_opt: 'leave it out',
    shm_size: 'mount a `tmpfs` at /dev/shm',
    tmpfs: 'write `volumes: [{type: tmpfs, target: /run}]`',
    userns_mode: 'leave it out',
};

;// CONCATENATED MODULE: ./build/inputs/compose/short-forms.js
/**
 * The address before the ports of a short port (`127.0.0.1:80:80`), without its brackets; empty when there is none, or
 * when it means all addresses. As docker/go-connections splits it (nat.splitParts).
 */
function addressOfPort(port) {
    const address = port
        .split(':')
        .slice(0, -2)
        .join(':')
        .replace(/^\[(.*)\]$/, '$1');
    return meansAllAddresses(address) ? '' : address;
}
/** Whether an address stands for all of a node. */
function meansAllAddresses(address) {
    return /^(?:0+(?:\.0+){3}|[0:]*:[0:]*)$/.test(address);
}
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave'];
const VOLUME_OPTIONS = ['ro', 'rw', 'nocopy', ...PROPAGATIONS];
/** The options of a short volume that docker leaves out without a word (docker/cli, compose/loader/volume.go). */
function unknownVolumeOptions(volume) {
    const [, , options] = volumeSections(volume);
    return options === undefined ? [] : options.split(',').filter((option) => !VOLUME_OPTIONS.includes(option));
}
/** The volume that a short volume names; `undefined` when it is a path or has no name (docker/cli, isFilePath). */
function namedVolume(volume) {
    const [source = '', target] = volumeSections(volume);
    const isPath = /^(?:[./~]|\\\\|\p{L}:)/u.test(source);
    return volume.length <= 2 || source === '' || target === undefined || isPath ? undefined : source;
}
function volumeSections(volume) {
    const parts = volume.split(':');
    // The letter of a Windows drive is no part of its own.
    const sections = [];
    for (let at = 0; at < parts.length; at++) {
        const part = parts[at] ?? '';
        const isDrive = /^\p{L}$/u.test(part) && at + 1 < parts.length;
        sections.push(isDrive ? `${part}:${parts[++at] ?? ''}` : part);
    }
    return sections;
}
/** What to do about such an option. */
function volumeOptionAdvice(option) {
    if (/^z$/i.test(option))
        return 'a service cannot label files for SELinux: label the directory on the nodes';
    if (['cached', 'delegated', 'consistent'].includes(option))
        return 'it is for Docker Desktop: leave it out';
    return 'docker stack knows `ro`, `rw`, `nocopy` and the propagations of a bind: leave it out';
}
/** Whether docker reads a comment in a command that is one text (google/shlex): a word that begins with #. */
function hasComment(command) {
    let quote = '';
    let isInWord = false;
    for (let at = 0; at < command.length; at++) {
        const char = command[at] ?? '';
        if (char === '\\' && quote !== "'") {
            at++;
            isInWord = true;
        }
        else if (quote !== '') {
            if (char === quote)
                quote = '';
        }
        else if (char === '#' && !isInWord)
            return true;
        else {
            isInWord = !/[ \t\r\n]/.test(char);
            if (char === '"' || char === "'")
                quote = char;
        }
    }
    return false;
}

;// CONCATENATED MODULE: ./build/inputs/compose/references.js



/** What a service names of the other sections; what names it by variables that cannot be filled in is left out. */
function referencesOf(service, lookUp) {
    if (service.kind !== 'map')
        return [];
    return service.entries.flatMap(({ key, value }) => {
        if (key === 'networks')
            return namesOf(value).map((one) => ({ section: 'networks', ...one }));
        if (key === 'secrets' || key === 'configs')
            return sourcesOf(value).map((one) => ({ section: key, ...one }));
        if (key === 'volumes')
            return volumesOf(value).map((one) => ({ section: 'volumes', ...one }));
        if (key !== 'credential_spec' || value.kind !== 'map')
            return [];
        return nameOf(entryAt(value, 'config')).map((one) => ({ section: 'configs', ...one }));
    });
    // Keys stay as they are: docker fills in none of their variables.
    function namesOf(value) {
        if (value.kind === 'map')
            return value.entries.map(({ key, line }) => ({ name: key, line }));
        return value.kind === 'list' ? value.items.flatMap(nameOf) : [];
    }
    function nameOf(value) {
        return value?.kind === 'text' ? filled(value).map((name) => ({ name, line: value.line })) : [];
    }
    function sourcesOf(value) {
        if (value.kind !== 'list')
            return [];
        return value.items.flatMap((item) => nameOf(item.kind === 'map' ? entryAt(item, 'source') : item));
    }
    /** Named volumes only. */
    function volumesOf(value) {
        if (value.kind !== 'list')
            return [];
        return value.items.flatMap((item) => {
            if (item.kind === 'text') {
                const names = filled(item).flatMap((spec) => namedVolume(spec) ?? []);
                return names.map((name) => ({ name, line: item.line }));
            }
            if (item.kind !== 'map')
                return [];
            const type = entryAt(item, 'type');
            const isVolume = type?.kind === 'text' && filled(type)[0] === 'volume';
            return isVolume ? nameOf(entryAt(item, 'source')).filter(({ name }) => name !== '') : [];
        });
    }
    function filled({ value }) {
        return isFillable(value, lookUp) ? [filledIn(value, lookUp)] : [];
    }
}

;// CONCATENATED MODULE: ./build/inputs/compose/service-env-file.js
/** Go's scanner takes no longer line. */
const LONGEST_LINE_BYTES = 64 * 1024;
/** What Go takes for blanks. */
const BLANKS = /^[\t\v\f\r \u0085\p{Z}]+/u;
/**
 * Reads the `env_file` of a service as docker stack does, which is not as docker compose does (docker/cli,
 * pkg/kvfile): every line is `NAME=value` or `NAME`, and all behind the sign is the value. No message shows a value.
 */
function parseServiceEnvFile(text) {
    const variables = [];
    const problems = [];
    for (const [index, raw] of text
        .replace(/^\uFEFF/, '')
        .split('\n')
        .entries()) {
        const line = index + 1;
        const content = raw.replace(/\r$/, '').replace(BLANKS, '');
        if (content === '' || content.startsWith('#'))
            continue;
        const separator = content.indexOf('=');
        const name = separator < 0 ? content : content.slice(0, separator);
        const reason = problemOf(name, raw);
        if (reason !== undefined)
            problems.push({ line, reason });
        else
            variables.push({ name, value: separator < 0 ? undefined : content.slice(separator + 1), line });
    }
    return { variables, problems };
}
function problemOf(name, line) {
    if (Buffer.byteLength(line) >= LONGEST_LINE_BYTES) {
        return 'the line is longer than 64 kB, which docker does not read: put the value into a secret or config';
    }
    if (name === '')
        return 'there is no name before the =: write NAME=value';
    if (/^export[ \t]/.test(name))
        return 'docker stack does not know `export` in an `env_file`: leave the word out';
    if (!/[ \t]/.test(name))
        return undefined;
    return 'this is no NAME=value, for the name has a blank in it: write one, or # before a comment';
}
/** How docker compose would read a value in another way than docker stack, and what to write. */
const OTHERWISE = [
    [/^(["']).*\1$/s, 'docker stack keeps the quotes around the value, which docker compose takes off: leave them out'],
    [/[ \t]#/, 'docker stack keeps what looks like a comment behind the value: put it into a line of its own'],
    [
        /\$\{\w/,
        'docker stack fills in no variables in an `env_file`: write the value, or the variable under `environment`',
    ],
];
/** One line for each way in which docker compose would read the values of a file otherwise. No message shows a value. */
function readOtherwise({ variables }, path) {
    return OTHERWISE.flatMap(([pattern, said]) => {
        const [first, ...others] = variables.filter(({ value }) => value !== undefined && pattern.test(value));
        if (first === undefined)
            return [];
        const more = others.map(({ name, line }) => `${name} in line ${line}`).join(', ');
        return [`${path} line ${first.line}: ${first.name}: ${said}${more === '' ? '' : ` (also ${more})`}`];
    });
}

;// CONCATENATED MODULE: ./build/inputs/compose/adapt.js














/**
 * The label of a secret or config that says where its content is, for docker reads none itself: `file`, `content` or
 * `environment`, then its key in the files, then the path, content or variable, with colons between. Of one whose
 * content a driver has, `driver` and the key.
 */
const SOURCE_LABEL = 'swarm-deploy.source';
const NO_FILE = '/dev/null';
/**
 * Looks for everything that `docker stack` would refuse, or deploy in another way than it looks, and evens out what
 * makes no difference. Pure.
 *
 * @param lookUp the variables of the step and of the env files
 */
function adaptCompose(files, lookUp, problems, readEnvFile) {
    const lint = new Lint(files, lookUp, problems, readEnvFile);
    const adapted = files.map((file) => lint.adapt(file));
    lint.checkReferences();
    lint.checkImages();
    checkSources(files, lookUp, problems);
    const variables = [...lint.variables].filter((name) => !rulesDocker(name));
    return { files: adapted, notices: lint.notices(), warnings: lint.warnings(), variables };
}
class Lint {
    variables = new Set();
    #files;
    #lookUp;
    #problems;
    #dropped = new Map();
    #ignored = new Map();
    #readEnvFile;
    #notices = new Set();
    #warnings = new Set();
    /** Substitutions that were told: what an alias stands for is looked at in each of its places. */
    #told = new Set();
    constructor(files, lookUp, problems, readEnvFile) {
        this.#files = files;
        this.#lookUp = lookUp;
        this.#problems = problems;
        this.#readEnvFile = readEnvFile;
    }
    notices() {
        return [...this.#notices, ...mentions(this.#dropped, 'is left out')];
    }
    warnings() {
        return [...mentions(this.#ignored, 'is ignored by Swarm'), ...this.#warnings];
    }
    adapt({ path, root }) {
        const entries = root.entries.flatMap((entry) => {
            const { key, value, line } = entry;
            const here = this.#problems.at(`${path} line ${line}`);
            if (key === 'name') {
                this.#notices.add(`${path} line ${line}: \`name\` is left out: the input \`stack\` names the stack`);
                return [];
            }
            if (key === 'version') {
                this.#version(path, line, value);
                return [];
            }
            if (key.startsWith('x-'))
                return [];
            if (!isSection(key)) {
                const advice = key === 'include'
                    ? 'give every file in the input `compose-file`'
                    : `write one of ${problems_listed([...SECTIONS], 'disjunction')}`;
                here.add(`docker stack does not know the top-level key ${shown_shown(key)}: ${advice}`);
                return [];
            }
            if (isNothing(value))
                return [];
            if (value.kind !== 'map') {
                here.add(`\`${key}\` is a ${value.kind}: write a mapping with a name for each of them`);
                return [];
            }
            // Variables without a value are told first, but only those that are left when all else has been looked at.
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
        const known = Object.fromEntries(SECTIONS.map((section) => [section, defined(section)]));
        for (const { path, root } of this.#files) {
            for (const { key: service, value } of mapAt(root, 'services')) {
                for (const { section, name, line } of referencesOf(value, this.#lookUp)) {
                    if (known[section]?.has(name) || (section === 'networks' && name === 'default'))
                        continue;
                    const one = section.slice(0, -1);
                    this.#problems.add(`${path} line ${line}: the service ${placed(service)} uses the ${one} ${placed(name)}, which no file defines: add it to the top-level \`${section}\`, or correct the name`);
                }
            }
        }
    }
    /** Every service needs an image, in one of the files. */
    checkImages() {
        const services = this.#files.flatMap(({ path, root }) => mapAt(root, 'services').map((entry) => ({ path, ...entry })));
        for (const [name, all] of group_by_groupBy(services, ({ key }) => key)) {
            const has = (key) => all.find(({ value }) => value.kind === 'map' && entryAt(value, key) !== undefined);
            const [first] = all;
            if (first?.value.kind !== 'map' || has('image') !== undefined)
                continue;
            const { path, value, line } = has('build') ?? first;
            const build = value.kind === 'map' ? value.entries.find(({ key }) => key === 'build') : undefined;
            const what = build === undefined ? 'has no `image`' : 'has a `build` and no `image`, and Swarm does not build';
            this.#problems.add(`${path} line ${build?.line ?? line}: services.${placed(name)} ${what}: build and push in an earlier step, and name the result in \`image\``);
        }
    }
    /** It means nothing to docker any more, which only checks that it is one of its own. */
    #version(path, line, value) {
        const minor = value.kind === 'text' ? /^3(?:\.(\d+))?$/.exec(value.value) : null;
        if (minor !== null && Number(minor[1] ?? 0) <= 13)
            return;
        this.#notices.add(`${path} line ${line}: \`version\` is left out: docker stack takes none but 3.0 to 3.13`);
    }
    #variablesOf(path, value) {
        if (value.kind === 'list')
            for (const item of value.items)
                this.#variablesOf(path, item);
        if (value.kind === 'map')
            for (const entry of value.entries)
                this.#variablesOf(path, entry.value);
        if (value.kind !== 'text')
            return;
        this.#variablesOfText(path, value);
    }
    #variablesOfText(path, { value, line, style }) {
        for (const found of substitutionsIn(value, line + (style === 'block' ? 1 : 0))) {
            if (found.kind === 'variable')
                this.variables.add(found.name);
            for (const reason of this.#reasonsAgainst(found)) {
                this.#addOnce(`${path} line ${found.line}: ${reason}`);
            }
        }
    }
    #reasonsAgainst(found) {
        if (found.kind === 'invalid')
            return [found.reason];
        const { name, needs, words, misread } = found;
        const reasons = [];
        if (isUnset(found, this.#lookUp)) {
            const state = this.#lookUp(name) === undefined ? 'not set' : 'empty';
            const setIt = 'set it in the `env` of the step or in an `env-file`';
            reasons.push(needs === 'value'
                ? `the variable ${placed(name)} is ${state} and has no default: ${setIt}, or write \${${mayBeSecret(name) ? '\u2026' : name}:-\u2026}`
                : `the variable ${placed(name)} is ${state}${wordsInWords(words)}: ${setIt}`);
        }
        if (misread !== '') {
            const what = needs === 'default' ? 'default' : 'message';
            reasons.push(`docker stack takes the ${misread} in the ${what} of ${placed(name)} for the beginning of another: write the ${what} without ${misread}`);
        }
        return reasons;
    }
    #object(section, path, name, value) {
        if (section === 'services')
            return this.#service(path, name, value);
        if (section === 'secrets' || section === 'configs')
            return this.#content(section, path, name, value);
        return value;
    }
    #service(path, name, service) {
        if (service.kind !== 'map') {
            this.#problems.add(`${path} line ${service.line}: the service ${placed(name)} is ${noMap(service)}: write at least its \`image\`, as \`image: \u2026\``);
            return service;
        }
        const fromFiles = this.#fromEnvFiles(service, path, name);
        const entries = service.entries.flatMap((entry) => {
            const { key, line, value } = entry;
            const here = this.#problems.at(`${path} line ${line}: services.${placed(name)}.${placed(key)}`);
            if (key.startsWith('x-'))
                return [];
            const dropped = own(DROPPED, key);
            if (dropped !== undefined) {
                mention(this.#dropped, key, dropped, `${path} line ${line}`, name);
                return [];
            }
            const refused = own(keys_REFUSED, key);
            if (refused !== undefined) {
                here.add(`docker stack does not know it: ${refused}`);
                return [];
            }
            if (!SERVICE_KEYS.includes(key)) {
                const closest = keys_closestKey(key, SERVICE_KEYS) ?? keys_closestKey(key.replaceAll('-', '_'), SERVICE_KEYS);
                here.add(`docker stack does not know this key: ${closest === undefined ? 'leave it out' : `did you mean \`${closest}\`?`}`);
                return [];
            }
            if (isNothing(value) && (key === 'command' || key === 'entrypoint'))
                return [];
            const ignored = own(IGNORED, key);
            if (ignored !== undefined && !this.#obeysRestart(entry, name)) {
                mention(this.#ignored, key, ignored, `${path} line ${line}`, name);
                // Docker never looks at them again, and neither at the variables in them; but at this one it may.
                return key === 'restart' && !this.#hasRestartPolicy(name) ? [entry] : [];
            }
            if (key === 'credential_spec')
                checkCredentialSpec(value, here);
            if (key === 'ports')
                return [{ ...entry, value: mapItems(value, (port) => this.#port(port, path, name)) }];
            if (key === 'env_file')
                return [];
            if (key === 'environment')
                return [{ ...entry, value: this.#environment(value, fromFiles, here) }];
            this.#warnOfSilence(entry, path, name);
            return [entry];
        });
        if (fromFiles.length > 0 && entryAt(service, 'environment') === undefined) {
            const all = { kind: 'map', line: service.line, entries: fromFiles };
            entries.push({ key: 'environment', line: service.line, value: all });
        }
        return { ...service, entries };
    }
    /** docker stack says that it ignores `restart`, and yet makes a policy of it where there is none. */
    #obeysRestart({ key, value }, service) {
        const isOnFailure = value.kind === 'text' && this.#filled(value).startsWith('on-failure');
        return key === 'restart' && isOnFailure && !this.#hasRestartPolicy(service);
    }
    /** In any of the files, which docker merges first. */
    #hasRestartPolicy(service) {
        return this.#files.some(({ root }) => {
            const value = mapAt(root, 'services').find(({ key }) => key === service)?.value;
            const deploy = value?.kind === 'map' ? entryAt(value, 'deploy') : undefined;
            return deploy?.kind === 'map' && entryAt(deploy, 'restart_policy') !== undefined;
        });
    }
    /** What docker leaves out of a value without a word. */
    #warnOfSilence({ key, line, value }, path, service) {
        const warn = (at, said) => this.#warnings.add(`${path} line ${at}: services.${placed(service)}.${key}: ${said}`);
        if ((key === 'command' || key === 'entrypoint') && value.kind === 'text' && hasComment(this.#filled(value))) {
            warn(line, 'docker takes a word that begins with # for a comment, and leaves out what follows: put it in quotes');
        }
        if (key === 'volumes') {
            for (const item of itemsOf(value)) {
                if (item.kind !== 'text')
                    continue;
                for (const option of unknownVolumeOptions(this.#filled(item))) {
                    const place = `${path} line ${item.line}`;
                    mention(this.#ignored, `volumes: \u2026:${safe_text_safeLine(option, 40)}`, volumeOptionAdvice(option), place, service);
                }
            }
        }
        if (key === 'extra_hosts') {
            const incomplete = value.kind === 'map'
                ? value.entries.filter((entry) => isNothing(entry.value))
                : itemsOf(value).filter((item) => item.kind === 'text' && !/[:=]/.test(this.#filled(item)));
            for (const one of incomplete)
                warn(one.line, 'docker leaves out a host without an address: write `name:address`');
        }
        if (key !== 'networks' || value.kind !== 'map')
            return;
        for (const network of value.entries) {
            for (const entry of network.value.kind === 'map' ? network.value.entries : []) {
                if (!/^ipv[46]_address$/.test(entry.key))
                    continue;
                const advice = 'Swarm chooses the addresses of tasks itself: leave it out, and use the name of the service';
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
        const given = entryAt(service, 'env_file');
        const variables = new Map();
        for (const item of given === undefined || isNothing(given) ? [] : itemsOf(given)) {
            const here = this.#problems.at(`${path} line ${item.line}: services.${placed(name)}.env_file`);
            const file = envFileOf(item, here);
            if (file === undefined)
                continue;
            this.#variablesOfText(path, file.path);
            const filePath = this.#filled(file.path);
            const shownPath = placed(filePath);
            const place = this.#problems.at(`${path} line ${file.path.line}: services.${placed(name)}.env_file ${shownPath}`);
            if (filePath === '') {
                place.add('the path is empty: write the path of a file of this job');
                continue;
            }
            const content = place.attempt(() => ({ text: this.#readEnvFile(filePath) }));
            if (content === undefined)
                continue;
            if (content.text === undefined) {
                if (file.isRequired)
                    place.add('there is no such file: write the path of a file of this job, absolute or relative to the directory of the first compose file');
                else
                    this.#notices.add(`${path} line ${file.path.line}: \`env_file\` ${shownPath} is left out (${placed(name)}): it is not there, and not required`);
                continue;
            }
            const read = parseServiceEnvFile(content.text);
            for (const { line, reason } of read.problems)
                this.#addOnce(`${shownPath} line ${line}: ${reason}`);
            if (!file.isRaw)
                for (const warning of readOtherwise(read, shownPath))
                    this.#warnings.add(warning);
            for (const { name: key, value, line } of read.variables) {
                const own = this.#valueOf(key, value, this.#problems.at(`${shownPath} line ${line}`));
                if (own !== undefined)
                    variables.set(key, { key, line: item.line, value: tree_text(escaped(own), item.line) });
            }
        }
        return [...variables.values()];
    }
    /**
     * The value of a variable of a service: one without a value, or with an empty one, takes the step's, as docker has it
     * (cli/compose/loader, updateEnvironment). The runner's own are not among the step's.
     *
     * @param given with its variables filled in; `undefined` when there is none
     */
    #valueOf(name, given, here) {
        if (given !== undefined && given !== '')
            return given;
        const own = this.#lookUp(name);
        if (own === undefined && isGivenToDocker(name)) {
            here.add(`${placed(name)} has no value, and docker would put its own there: set it in the \`env\` of the step, or leave it out`);
        }
        return own ?? given;
    }
    /** The same for what stands in the file: docker finds the step's value itself, unless it would obey the variable. */
    #replacement(name, given, here) {
        const value = this.#valueOf(name, given, here);
        if (value !== given && !rulesDocker(name))
            this.variables.add(name);
        return value !== given && rulesDocker(name) ? value : undefined;
    }
    #environment(environment, fromFiles, here) {
        if (environment.kind === 'list') {
            const names = new Set();
            const items = environment.items.map((item) => {
                if (item.kind !== 'text')
                    return item;
                const [name = '', ...rest] = this.#filled(item).split('=');
                names.add(name);
                const value = this.#replacement(name, rest.length === 0 ? undefined : rest.join('='), here);
                return value === undefined ? item : tree_text(escaped(`${name}=${value}`), item.line);
            });
            const others = fromFiles.filter(({ key }) => !names.has(key));
            const pairs = others.map(({ key, value, line }) => tree_text(`${escaped(key)}=${value.value}`, line));
            return { ...environment, items: [...pairs, ...items] };
        }
        if (environment.kind !== 'map')
            return environment;
        const entries = environment.entries.map((entry) => {
            const { key, value } = entry;
            if (value.kind !== 'text')
                return entry;
            const own = this.#replacement(key, isNothing(value) ? undefined : this.#filled(value), here);
            return own === undefined ? entry : { ...entry, value: tree_text(escaped(own), value.line) };
        });
        const others = fromFiles.filter(({ key }) => !entries.some((entry) => entry.key === key));
        return { ...environment, entries: [...others, ...entries] };
    }
    #addOnce(problem) {
        if (!this.#told.has(problem))
            this.#problems.add(problem);
        this.#told.add(problem);
    }
    /** What `docker compose config` writes as text, `docker stack` wants as a number. */
    #port(port, path, service) {
        if (port.kind === 'text') {
            const address = addressOfPort(this.#filled(port));
            if (address !== '')
                this.#refuseAddress(`the address ${shown_shown(address)}`, `${path} line ${port.line}`, service);
        }
        if (port.kind !== 'map')
            return port;
        const entries = port.entries.flatMap((entry) => {
            const { key, value, line } = entry;
            const here = this.#problems.at(`${path} line ${line}: services.${placed(service)}.ports`);
            if (key === 'name' || key === 'app_protocol') {
                mention(this.#dropped, `ports.${key}`, 'it says nothing to Swarm', `${path} line ${line}`, service);
                return [];
            }
            if (key === 'host_ip') {
                if (value.kind === 'text' && meansAllAddresses(this.#filled(value))) {
                    mention(this.#dropped, 'ports.host_ip', 'Swarm publishes on all addresses anyway', `${path} line ${line}`, service);
                }
                else
                    this.#refuseAddress('`host_ip`', `${path} line ${line}`, service);
                return [];
            }
            if ((key !== 'published' && key !== 'target') || value.kind !== 'text' || value.style === 'plain')
                return [entry];
            if (/^\d+$/.test(value.value))
                return [{ ...entry, value: { ...value, style: 'plain' } }];
            if (!value.value.includes('$')) {
                here.add(`\`${key}\` is ${shown_shown(value.value)}, which is no single port: write one number, and an entry for each`);
            }
            return [entry];
        });
        return { ...port, entries };
    }
    #refuseAddress(what, place, service) {
        this.#addOnce(`${place}: services.${placed(service)}.ports: ${what}: Swarm publishes on all addresses of a node: leave it out, or guard the port by a firewall`);
    }
    /** The content of a secret or config may stand in the file, or in a variable: docker stack knows only files. */
    #content(section, path, name, value) {
        const what = `${section}.${placed(name)}`;
        if (value.kind !== 'map') {
            this.#problems.add(`${path} line ${value.line}: ${what} is ${noMap(value)}: write \`file: \u2026\`, or \`external: true\``);
            return value;
        }
        const given = sourcesOf(value);
        if (given.length > 1) {
            this.#problems.add(`${path} line ${value.line}: ${what} has ${problems_listed(given)}: leave one of them`);
        }
        const source = value.entries.find(({ key }) => SOURCES.includes(key) || key === 'driver');
        if (source === undefined || given.includes('external'))
            return value;
        const { key, value: inner, line } = source;
        if (key !== 'driver' && (inner.kind !== 'text' || isNothing(inner))) {
            this.#problems.add(`${path} line ${line}: ${what}.${key} is no text: put it in quotes`);
            return value;
        }
        const words = inner.kind === 'text' && key !== 'driver' ? inner.value : '';
        const label = tree_text(`${key}:${name.replaceAll('$', '$$$$')}:${words}`, line);
        const others = value.entries.filter((entry) => !SOURCES.includes(entry.key));
        const file = key === 'driver' ? [] : [{ key: 'file', line, value: tree_text(NO_FILE, line) }];
        return withLabel({ ...value, entries: [...others, ...file] }, SOURCE_LABEL, label);
    }
}
function withLabel(object, name, value) {
    if (entryAt(object, 'labels')?.kind !== 'list') {
        return withEntries(object, ['labels'], [{ key: name, line: value.line, value }]);
    }
    const item = tree_text(`${name}=${value.value}`, value.line);
    return mapValues(object, (_, one) => one === entryAt(object, 'labels') && one.kind === 'list' ? { ...one, items: [...one.items, item] } : one);
}
function checkCredentialSpec(value, problems) {
    const given = value.kind === 'map' ? value.entries.map(({ key }) => key) : [];
    const sources = given.filter((key) => ['config', 'file', 'registry'].includes(key));
    if (sources.length === 1 && given.length === 1)
        return;
    const has = sources.length > 1 ? `it names ${problems_listed(sources)}` : 'it names no source';
    problems.add(`${has}: write exactly one of \`config\`, \`file\` and \`registry\``);
}
const ENV_FILE_KEYS = ['path', 'required', 'format'];
/** What an item of `env_file` says; `undefined` when it says nothing that can be used. */
function envFileOf(item, problems) {
    if (item.kind === 'text')
        return { path: item, isRequired: true, isRaw: false };
    const path = item.kind === 'map' ? entryAt(item, 'path') : undefined;
    if (item.kind !== 'map' || path?.kind !== 'text') {
        problems.add('this is no path: write the path of a file, or `{path: \u2026, required: false}`');
        return undefined;
    }
    for (const { key } of item.entries.filter((entry) => !ENV_FILE_KEYS.includes(entry.key))) {
        problems.add(`it has the unknown key ${shown_shown(key)}: ${keyAdvice(keys_closestKey(key, ENV_FILE_KEYS), ENV_FILE_KEYS)}`);
    }
    const textAt = (key) => {
        const value = entryAt(item, key);
        return value === undefined ? '' : value.kind === 'text' ? value.value.toLowerCase() : '?';
    };
    const required = textAt('required');
    if (!['', 'true', 'false'].includes(required))
        problems.add('`required` is neither true nor false: write one of them');
    const format = textAt('format');
    if (!['', 'raw'].includes(format)) {
        problems.add('`format` is not `raw`, which is how docker stack reads all of these files: leave it out');
    }
    return { path, isRequired: required !== 'false', isRaw: format === 'raw' };
}
/** What the author of a file says of a variable that has to be set. */
function wordsInWords(words) {
    const said = words.trim();
    return said === '' || mayHoldSecret(said) ? '' : `, of which the file says "${safe_text_safeLine(said, 300)}"`;
}
/** What stands where a mapping belongs. */
function noMap(value) {
    return isNothing(value) ? 'empty' : `a ${value.kind} and no mapping`;
}
/** As docker is to find a text in which no dollar sign begins a variable. */
function escaped(value) {
    return value.replaceAll('$', '$$$$');
}
function mention(all, key, advice, place, service) {
    const known = all.get(key);
    const name = placed(service);
    if (known === undefined)
        all.set(key, { place, advice, services: [name] });
    else if (!known.services.includes(name))
        known.services.push(name);
}
function mentions(all, what) {
    return [...all].map(([key, { place, advice, services }]) => `${place}: \`${key}\` ${what} (${services.join(', ')}): ${advice}`);
}
function isSection(key) {
    return SECTIONS.includes(key);
}

;// CONCATENATED MODULE: ./build/inputs/compose/characters.js
// What docker's reader refuses (gopkg.in/yaml.v3, readerc.go), and what ends a line for it but for no editor. All of it
// can be written as an escape in double quotes.
const TROUBLE = /[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]|\r(?!\n)/u;
/** The first character of a compose file that docker would refuse, or read in another way than it looks. */
function characterProblem(text) {
    const found = TROUBLE.exec(text);
    if (found === null)
        return undefined;
    const before = text.slice(0, found.index).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: characters_reasonFor(found[0]) };
}
function characters_reasonFor(char) {
    if (char === '\r')
        return 'a carriage return stands alone: save the file with the line ends of Unix or Windows';
    if (char === '\0')
        return 'there is a NUL character: take it out; if there are many, save the file as UTF-8';
    const code = (char.codePointAt(0) ?? 0).toString(16).padStart(4, '0');
    const shown = `U+${code.toUpperCase()}`;
    const escaped = `"\\u${code}"`;
    return ['\u0085', '\u2028', '\u2029'].includes(char)
        ? `the character ${shown} cannot be seen, and ends a line for docker: take it out, or write ${escaped} in double quotes`
        : `the control character ${shown} is not allowed in YAML: take it out, or write ${escaped} in double quotes`;
}

;// CONCATENATED MODULE: ./build/docker/specs/credential-spec.js


/** The source that a service's spec names, `undefined` when it has none. */
function credentialSpecOf(spec) {
    return spec.TaskTemplate.ContainerSpec?.Privileges?.CredentialSpec ?? undefined;
}
/**
 * What is wrong with a service's gMSA credential spec, one line each. Swarm takes it as it is, and then every task is
 * rejected.
 *
 * @param content of the swarm config that it names; `undefined` when there is no such config
 */
function credentialSpecProblems(source, spec, content, nodes) {
    const given = ['Config', 'File', 'Registry'].filter((key) => source[key]);
    const problems = [
        given.length === 1
            ? undefined
            : `it names ${given.length === 0 ? 'no source' : given.map((key) => key.toLowerCase()).join(' and ')}: write exactly one of config, file and registry`,
        source.Config ? contentProblem(content) : undefined,
        source.File ? credential_spec_fileProblem(source.File) : undefined,
        source.Registry ? registryProblem(source.Registry) : undefined,
        wantedTasks(spec) === 0 ? undefined : nodeProblem(spec, nodes),
    ];
    return problems.flatMap((problem) => (problem === undefined ? [] : [`its credential spec cannot work: ${problem}`]));
}
/** The fields that Windows looks for (docs.microsoft.com, "Create a credential spec"). */
const JOIN_FIELDS = (/* unused pure expression or super */ null && (['Sid', 'MachineAccountName', 'Guid', 'DnsTreeName', 'DnsName', 'NetBiosName']));
function contentProblem(content) {
    const advice = 'write the JSON that the PowerShell command New-CredentialSpec makes';
    if (content === undefined)
        return 'the swarm config that it names does not exist: make it first, or correct the name';
    const root = parseObject(content);
    if (root === undefined)
        return `the config is no JSON object: ${advice}`;
    const plugins = root.CmsPlugins;
    if (!Array.isArray(plugins) || !plugins.includes('ActiveDirectory')) {
        return `the config's CmsPlugins do not list ActiveDirectory: ${advice}`;
    }
    const join = asObject(root.DomainJoinConfig);
    const missing = JOIN_FIELDS.filter((field) => typeof join?.[field] !== 'string' || join[field] === '');
    if (missing.length > 0)
        return `the config's DomainJoinConfig lacks ${missing.join(', ')}: ${advice}`;
    const accounts = asObject(root.ActiveDirectoryConfig)?.GroupManagedServiceAccounts;
    if (!Array.isArray(accounts) || accounts.length === 0 || !accounts.every((one) => asObject(one)?.Name)) {
        return `the config's ActiveDirectoryConfig names no GroupManagedServiceAccounts: ${advice}`;
    }
    return undefined;
}
/** By which Docker's manual has an account known on the config with its description (engine/swarm/services). */
const GMSA_LABEL = 'com.docker.gmsa.name';
/** The account that a credential spec describes; `undefined` where the content is none. */
function credentialAccount(content) {
    const accounts = asObject(parseObject(content)?.ActiveDirectoryConfig)?.GroupManagedServiceAccounts;
    const name = Array.isArray(accounts) ? asObject(accounts[0])?.Name : undefined;
    return typeof name === 'string' ? name : undefined;
}
function parseObject(text) {
    try {
        return asObject(JSON.parse(text.replace(/^\uFEFF/, '')));
    }
    catch {
        return undefined;
    }
}
function asObject(value) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? value : undefined;
}
/** Windows reads it from `CredentialSpecs` under Docker's data directory, and from nowhere else. */
function credential_spec_fileProblem(file) {
    const isAbsolute = /^(?:[\\/]|[a-z]:)/i.test(file);
    const escapes = file.split(/[\\/]/).includes('..');
    if (!isAbsolute && !escapes)
        return undefined;
    return `the file ${file} lies outside of the CredentialSpecs directory of Docker on the node: write a path relative to that directory`;
}
function registryProblem(name) {
    return /[\\/]/.test(name)
        ? `${name} is no name of a value in the registry of Windows: write the name alone, without a path`
        : undefined;
}
function nodeProblem(spec, nodes) {
    const eligible = eligibleNodes(nodes, spec.TaskTemplate.Placement);
    const others = eligible.filter((node) => node.Description.Platform.OS !== 'windows');
    if (eligible.length === others.length) {
        return 'no Windows node that is ready and active may run the service: only Windows has group-managed service accounts';
    }
    if (others.length === 0)
        return undefined;
    return 'nodes without Windows may run the service too: add the placement constraint node.platform.os == windows';
}

;// CONCATENATED MODULE: ./build/inputs/compose/credential-files.js


/**
 * Credential specs in files of the job, as configs of the stack: `./` before a path says that it is meant from the
 * compose file on, as with that of a config. Any other is a file on the nodes, as docker has it. Pure.
 *
 * @param readFile the text of a file by its path in the compose file; nothing where it cannot be read, which is told later,
 * with all contents that cannot be had
 */
function withCredentialConfigs(files, readFile) {
    const taken = new Set(files.flatMap(({ root }) => mapAt(root, 'configs').map(({ key }) => key)));
    const notices = [];
    const changed = files.map((file) => {
        const root = mapAt(file.root, 'services').reduce((all, { key: service, value }) => {
            const path = value.kind === 'map' ? runnerFile(value) : undefined;
            if (path === undefined)
                return all;
            notices.push(`${file.path} line ${path.line}: services.${service}.credential_spec: ${path.value} is a file of this job: it becomes a config of the stack, and the nodes need no file`);
            return withConfig(all, service, freeName(`${service}-credential-spec`, taken), path, readFile(path.value));
        }, file.root);
        return { ...file, root };
    });
    return { files: changed, notices };
}
function runnerFile(service) {
    const spec = entryAt(service, 'credential_spec');
    const file = spec?.kind === 'map' && spec.entries.length === 1 ? entryAt(spec, 'file') : undefined;
    return file?.kind === 'text' && /^\.[\\/]/.test(file.value) ? file : undefined;
}
function freeName(name, taken) {
    return taken.has(name) ? freeName(`${name}-file`, taken) : name;
}
function withConfig(root, service, key, path, content) {
    const { line } = path;
    const account = credentialAccount(content);
    const labels = {
        kind: 'map',
        line,
        entries: account === undefined ? [] : [{ key: GMSA_LABEL, line, value: tree_text(account.replaceAll('$', '$$$$'), line) }],
    };
    const config = {
        kind: 'map',
        line,
        entries: [
            { key: 'file', line, value: path },
            { key: 'labels', line, value: labels },
        ],
    };
    const spec = { kind: 'map', line, entries: [{ key: 'config', line, value: tree_text(key, line) }] };
    const named = mapValues(root, (section, services) => section === 'services' && services.kind === 'map'
        ? mapValues(services, (name, one) => name === service && one.kind === 'map'
            ? mapValues(one, (inner, old) => (inner === 'credential_spec' ? spec : old))
            : one)
        : services);
    return withEntries(named, ['configs'], [{ key, line, value: config }]);
}

;// CONCATENATED MODULE: ./build/inputs/stack.js

















const USUAL_NAMES = ['compose', 'docker-compose', 'docker-stack'].flatMap((name) => [`${name}.yaml`, `${name}.yml`]);
// A stack's name is the first part of the names of its services, which swarmkit checks.
const stack_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]*$/;
const stack_LONGEST_NAME = 50;
/** The stack that the inputs ask for, its files read and checked; `undefined` when there is none, or a problem. */
function readStack(inputs, replacement, env, problems) {
    const name = inputs.stack.trim();
    const prune = switchOf(inputs, 'prune', problems);
    const rerunJobs = switchOf(inputs, 'rerun-jobs', problems);
    if (name === '') {
        const given = ['compose-file', 'env-file'].filter((key) => inputs[key].trim() !== '');
        const on = ['prune', 'rerun-jobs'].filter((key) => (key === 'prune' ? prune : rerunJobs));
        if (inputs.only.trim() !== '')
            problems.add(ONLY_OF_STACK);
        const alone = [...given, ...on];
        if (alone.length > 0)
            problems.add(`${problems_listed(alone)} without \`stack\`: give the stack its name in \`stack\``);
        return undefined;
    }
    const problem = stackNameProblem(name);
    if (problem !== undefined)
        problems.add(`stack: ${problem}`);
    const { lookUp, areAll } = variablesOf(inputs['env-file'], env, problems);
    const paths = composePaths(inputs['compose-file'], env, problems);
    const written = paths.flatMap((path) => composeFile(path, env, problems) ?? []);
    const [first] = paths;
    if (first !== undefined)
        hideSecrets(written, lookUp, env, (0,external_node_path_namespaceObject.dirname)(resolvePath(env, first)));
    if (first === undefined || written.length < paths.length || !areAll)
        return undefined;
    const directory = (0,external_node_path_namespaceObject.dirname)(resolvePath(env, first));
    const readFile = fileReader({ ...env, GITHUB_WORKSPACE: directory });
    const { files, notices } = withCredentialConfigs(written, (path) => stack_contentOf(filledIn(path, lookUp), readFile));
    const plain = adaptCompose(files, lookUp, problems, (path) => envFileAt((0,external_node_path_namespaceObject.resolve)(directory, path), directory));
    const adapted = { ...plain, notices: [...notices, ...plain.notices] };
    const variables = adapted.variables.flatMap((variable) => {
        const value = lookUp(variable);
        return value === undefined ? [] : [[variable, value]];
    });
    return {
        name,
        files,
        adapted,
        directory,
        variables: Object.fromEntries(variables),
        lookUp,
        prune,
        rerunJobs,
        leftOut: leftOutBy(inputs.only.trim(), prune, { name, adapted }, problems),
        ...replacement,
    };
}
const ONLY_OF_STACK = 'only: it is for the services of a `stack`: without one leave those out of `services` that are not meant, or write `only` beside `stack`';
const ONLY_OR_PRUNE = 'only: with `prune: true` it could not be told what is left out from what is to be removed: leave one of the two out';
/** What `only` leaves as it is; an empty list of names leaves out all. */
function leftOutBy(only, prune, stack, problems) {
    if (only === '')
        return [];
    const here = problems.at('only');
    if (prune)
        problems.add(ONLY_OR_PRUNE);
    const all = nameables(stack);
    const names = here.attempt(() => parseNames(only)) ?? [];
    const problem = all.length === 0 ? undefined : unknownNames(names, all, `the stack ${stack.name}`);
    if (problem !== undefined)
        here.add(problem);
    const meant = selected(names, all);
    return all.flatMap(({ name }) => (meant.has(name) ? [] : [name]));
}
/** The services of a stack, in the order of its files. */
function nameables({ name, adapted }) {
    return serviceKeys(adapted.files).map((key) => ({ name: `${name}_${key}`, key }));
}
/** Why this can be no stack's name, with what to write. */
function stackNameProblem(name) {
    if (stack_NAME.test(name) && name.length <= stack_LONGEST_NAME)
        return undefined;
    return `${shown_shown(name)} is no name of a stack: write at most ${stack_LONGEST_NAME} letters, digits, - and _, with a letter or digit first`;
}
function switchOf(inputs, key, problems) {
    const text = inputs[key].trim() || DEFAULTS[key];
    return problems.at(key).attempt(() => parseBoolean(text)) ?? false;
}
/** The variables of the step, and behind them those of the env files, the last of which wins. */
function variablesOf(input, env, problems) {
    const ofTheStep = (name) => (variables_isOfTheAction(name) || !Object.hasOwn(env, name) ? undefined : env[name]);
    const ofFiles = new Map();
    const wrong = new Problems();
    for (const path of pathsFrom(input, 'env-file', env, wrong)) {
        const text = wrong.at(`env-file ${placed(path)}`).attempt(() => fileReader(env)(path));
        const file = parseEnvFile(text ?? '', (name) => ofTheStep(name) ?? ofFiles.get(name));
        for (const { line, reason } of file.problems)
            wrong.add(`${placed(path)} line ${line}: ${reason}`);
        for (const [name, value] of file.variables)
            ofFiles.set(name, value);
    }
    problems.take(wrong);
    return { lookUp: (name) => ofTheStep(name) ?? ofFiles.get(name), areAll: wrong.isEmpty };
}
function composePaths(input, env, problems) {
    const given = pathsFrom(input, 'compose-file', env, problems);
    if (given.length > 0 || input.trim() !== '')
        return given;
    const found = USUAL_NAMES.find((name) => (0,external_node_fs_namespaceObject.existsSync)((0,external_node_path_namespaceObject.join)(basePath(env), name)));
    if (found !== undefined)
        return [found];
    problems.add(`compose-file: it is empty, and ${basePath(env)} has none of ${problems_listed(USUAL_NAMES, 'disjunction')}: write the path of the compose file${checkoutHint(basePath(env)).replace(/^, which/, '. The workspace')}`);
    return [];
}
/** How a line of what such a file holds begins. */
const CONTENTS = {
    'compose-file': /^(?:version|name|services|networks|volumes|secrets|configs|x-[\w.-]+):(?:\s|$)/,
    'env-file': /^(?:-\s*)?["']?(?:export\s+)?[A-Za-z_]\w*=/,
};
/** One path a line, or a YAML list of them. Of a content that was pasted nothing is shown: there may be secrets in it. */
function pathsFrom(input, name, env, problems) {
    const text = input.trim();
    const isContent = (line) => CONTENTS[name].test(line) && !(0,external_node_fs_namespaceObject.existsSync)(resolvePath(env, line));
    if (text.split(/\r?\n/).some((line) => isContent(line.trim()))) {
        problems.add(`${name}: this is what such a file holds, and not its path: write it to a file in a step before, and the path of that here`);
        return [];
    }
    if (!/^(?:-[ \t\r\n]|\[)/.test(text))
        return text
            .split(/\r?\n/)
            .map((line) => line.trim())
            .filter((line) => line !== '' && !isSeveral(line, env, name, problems));
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, reason } of wrong)
        problems.add(`${name} line ${line}: ${reason}`);
    const items = root?.kind === 'list' ? root.items : [];
    return items.flatMap((item) => {
        if (item.kind === 'text' && item.value.trim() !== '')
            return [item.value.trim()];
        problems.add(`${name} line ${item.line}: this is no path: write the path of a file`);
        return [];
    });
}
/** Several paths on one line, as other tools have them: with commas, colons, blanks, or the flag of docker. */
function isSeveral(line, env, name, problems) {
    const pieces = line
        .split(/[,;:\s]+/)
        .filter((piece) => piece !== '' && !/^(?:-c|--compose-file|-f|--file)$/.test(piece));
    const isOne = pieces.length < 2 && pieces[0] === line;
    if (isOne || (0,external_node_fs_namespaceObject.existsSync)(resolvePath(env, line)) || !pieces.every((piece) => /\.[a-z]+$|\//i.test(piece)))
        return false;
    problems.add(`${name}: ${shown_shown(line)} is not one path: write one path a line, behind \`|\`: ${pieces.join(' \u23ce ')}`);
    return true;
}
function composeFile(path, env, problems) {
    const here = problems.at(`compose-file ${placed(path)}`);
    const text = here.attempt(() => fileReader(env)(path));
    if (text === undefined)
        return undefined;
    const character = characterProblem(text);
    const { root, problems: wrong } = character === undefined ? yaml_parseYaml(text) : { root: undefined, problems: [character] };
    for (const { line, column, reason } of wrong)
        problems.add(`${path} line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0)
        return undefined;
    if (root?.kind === 'map')
        return { path, root };
    const what = root === undefined || isNothing(root) ? 'there is nothing in the file' : 'this is no compose file';
    here.add(`${what}: write a mapping with the key \`services\``);
    return undefined;
}
function envFileAt(path, directory) {
    return (0,external_node_fs_namespaceObject.existsSync)(path) ? readUserText(path, directory) : undefined;
}
/**
 * What the files and variables give to secrets must not be printed, nor reach programs that have no use for it. All of
 * it is known before anything that others say is printed. Files that cannot be read are told later.
 */
function hideSecrets(files, lookUp, env, directory) {
    const readFile = fileReader({ ...env, GITHUB_WORKSPACE: directory });
    for (const { root } of files) {
        const secrets = root.entries.find(({ key }) => key === 'secrets')?.value;
        for (const { key: name, value: secret } of secrets?.kind === 'map' ? secrets.entries : []) {
            const place = `secrets.${name}`;
            for (const { key, value } of secret.kind === 'map' ? secret.entries : []) {
                if (value.kind !== 'text')
                    continue;
                if (key === 'content')
                    masking_hide(filledIn(value.value, lookUp), place);
                if (key === 'environment')
                    masking_hide(lookUp(filledIn(value.value, lookUp)) ?? '', place);
                if (key === 'file')
                    masking_hide(stack_contentOf(filledIn(value.value, lookUp), readFile), place);
            }
        }
    }
}
function stack_contentOf(path, readFile) {
    try {
        return readFile(path);
    }
    catch (error) {
        if (error instanceof errors_UserError)
            return '';
        throw error;
    }
}

;// CONCATENATED MODULE: ./build/inputs/rollback.js














const HOW = 'write the names alone, as in `services: web api`, for the rest is in the record of what was deployed';
const EMPTY = 'it is empty: write the names of the services that go back, such as `web api`, or give a `stack`';
const rollback_KEYS = ['name', 'auth-config', 'prepare'];
/** Reads what goes back, and where to. Nothing of it but how tasks are replaced is asked for as in a deploy. */
function readRollback(env, forAll, problems) {
    const text = input(env, 'to').trim();
    if (text === '')
        problems.add(`to: ${NO_TARGET}`);
    const to = read(env, 'to', problems, parseRollbackTarget) ?? { by: 'previous' };
    const prune = readOrDefault(env, 'prune', problems, parseBoolean);
    const rerunJobs = readOrDefault(env, 'rerun-jobs', problems, parseBoolean);
    const only = read(env, 'only', problems, parseNames) ?? 'all';
    const stack = input(env, 'stack').trim();
    const names = input(env, 'services');
    if (names.trim() !== '' && stack !== '') {
        problems.add('`services` and `stack` are both given: leave one of the two out, or give each a step of its own');
    }
    else if (stack !== '') {
        const problem = stackNameProblem(stack);
        if (problem !== undefined)
            problems.add(`stack: ${problem}`);
        const replacement = replacementOf(undefined, forAll, problems);
        if (only !== 'all' && prune)
            problems.add(ONLY_OR_PRUNE);
        return {
            services: [],
            request: { to, rerunJobs, stack: { name: stack, prune, only, leftOut: [], ...replacement } },
        };
    }
    else if (names.trim() === '')
        problems.add(`services: ${EMPTY}`);
    if (prune && stack === '') {
        problems.add('prune: it removes the services of a stack that the version does not have: give a `stack`, or leave it out');
    }
    if (only !== 'all' && stack === '')
        problems.add(ONLY_OF_STACK);
    const services = stack === '' ? servicesToGoBack(names, forAll, problems) : [];
    checkNumber(to, services, problems);
    return { services, request: { to, rerunJobs } };
}
/** Each service counts its versions for itself. */
function checkNumber(to, services, problems) {
    if (to.by !== 'version' || services.length < 2)
        return;
    problems.add(`to: each service counts its versions for itself, so \`#${to.version}\` is another moment for each: name one service, or write a commit, a tag or a run`);
}
function servicesToGoBack(text, forAll, problems) {
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, column, reason } of wrong)
        problems.add(`services line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0 || root === undefined)
        return [];
    const services = requestsIn(root, forAll, problems);
    const names = services.map(({ name }) => name.toLowerCase());
    for (const { name } of services.filter((_, index) => names.indexOf(names[index] ?? '') < index)) {
        problems.add(`services: ${shown_shown(name)} is given twice: leave one of the two out`);
    }
    return services;
}
function requestsIn(root, forAll, problems) {
    if (root.kind === 'text')
        return namedAll(root.value, forAll, problems);
    if (root.kind === 'map') {
        const names = root.entries.map(({ key }) => key).filter((key) => !mayBeSecret(key));
        const how = names.length === 0 ? HOW : HOW.replace('web api', names.join(' '));
        problems.add(`services: ${shown_ticked(`${root.entries[0]?.key ?? ''}: \u2026`)} is for a deploy: ${how}`);
        return [];
    }
    return root.items.flatMap((item, index) => {
        const place = `services entry ${index + 1}`;
        if (item.kind === 'map')
            return rollback_requestFrom(item, place, forAll, problems);
        const named = item.kind === 'text' ? namedAll(item.value, forAll, problems) : [];
        if (named.length === 0)
            problems.add(`${place} is no name: ${HOW}`);
        return named;
    });
}
function namedAll(text, forAll, problems) {
    const names = wordsOf(text);
    for (const name of names)
        checkName(name, problems);
    return names.map((name) => requestOf(name, replacementOf(undefined, forAll, problems)));
}
function rollback_requestFrom(map, place, forAll, problems) {
    const keys = [...rollback_KEYS, ...strategyKeys(forAll.strategies)];
    const name = textAt(map, 'name', problems.at(place));
    if (name)
        checkName(name, problems);
    else if (valueAt(map, 'name')?.kind !== 'list')
        problems.add(`${place} has no \`name\`: write the name of a service`);
    const here = problems.at(name ? `services: ${placed(name)}` : place);
    for (const { key, line } of map.entries.filter(({ key }) => !keys.includes(key))) {
        const closest = keys_closestKey(key, keys);
        const advice = closest === undefined
            ? 'leave it out, for a rollback has it from the record of what was deployed'
            : keyAdvice(closest, keys);
        here.add(`line ${line}: ${shown_ticked(key)} is no key here: ${advice}`);
    }
    const authConfig = textAt(map, 'auth-config', here);
    if (authConfig === '')
        here.add('`auth-config` is empty: write the name of a config, or leave the key out');
    const prepare = textAt(map, 'prepare', here);
    const own = {
        strategy: readStrategySettings((key) => textAt(map, key, here), forAll.strategies, here),
        policies: { update: {}, rollback: {} },
        prepare: prepare === undefined ? undefined : here.at('`prepare`').attempt(() => parsePrepare(prepare)),
    };
    const request = requestOf(name ?? '', replacementOf(own, forAll, here));
    return [{ ...request, ...(authConfig && { authConfig }) }];
}
/** What of a service is known before its records are read. One that is gone is made again. */
function requestOf(name, replacement) {
    return { name, env: {}, create: true, updateArgs: [], ...replacement };
}
function checkName(name, problems) {
    const problem = /[/:@=*]/.test(name)
        ? `${shown_shown(name)} is no name of a service: ${HOW}`
        : swarm_rules_nameProblem(name, 'a service');
    if (problem !== undefined)
        problems.add(`services: ${problem}`);
}

;// CONCATENATED MODULE: ./build/inputs/attachments/flags.js

/** What both a key and a flag of the lists would set: whichever came last would win. */
function checkAttachmentFlags({ secrets, configs, networks, credentialSpec }, flags, problems) {
    const lists = [
        { key: 'secrets', targets: secrets?.map(({ file }) => file.Name), names: secrets?.map(({ name }) => name) },
        { key: 'configs', targets: configs?.map(({ file }) => file.Name), names: configs?.map(({ name }) => name) },
        { key: 'networks', targets: networks?.map(({ name }) => name), names: networks?.map(({ name }) => name) },
    ];
    for (const { name: flag, value = '' } of flags) {
        if (flag === '--credential-spec' && credentialSpec !== undefined) {
            problems.add('`credential-spec` and the flag --credential-spec are both given: leave one of the two');
        }
        const [, noun, verb] = /^--(secret|config|network)(-add|-rm)?$/.exec(flag) ?? [];
        const list = lists.find(({ key }) => key === `${noun}s`);
        if (noun === undefined || list === undefined)
            continue;
        const named = verb === '-rm' ? value : targetOf(value);
        if (!(verb === '-rm' ? list.names : list.targets)?.includes(named))
            continue;
        problems.add(`${shown_shown(named)} is given both in \`${list.key}\` and by the flag ${flag}: leave one of the two`);
    }
}
/**
 * What flags attach, in the words of the note of an entry's lists: `secret db-password`, `network backend`.
 *
 * @param networkNames the names of networks by their IDs, which docker takes as well
 */
function attachedByFlags(flags, networkNames) {
    return flags.flatMap(({ name, value = '' }) => {
        const [, noun] = /^--(secret|config|network)(?:-add)?$/.exec(name) ?? [];
        const target = targetOf(value);
        return noun === undefined ? [] : [`${noun} ${(noun === 'network' && networkNames.get(target)) || target}`];
    });
}
/** Where a value of `--secret` or `--config` has it found, or which network one of `--network` means. */
function targetOf(value) {
    const fields = new Map(value.split(',').map((field) => {
        const [, key = '', rest = ''] = /^\s*([^=]*)=?(.*)$/s.exec(field) ?? [];
        return [key.toLowerCase(), rest];
    }));
    const named = fields.get('target') ?? fields.get('source') ?? fields.get('src') ?? fields.get('name');
    return named ?? value.split(',', 1)[0] ?? '';
}

;// CONCATENATED MODULE: ./build/runner/own-labels.js
/** On a service: how many writes of this action the service has had, see `src/plan/write-number.ts`. */
const WRITE_LABEL = 'swarm-deploy.write';
/**
 * On a service: what is known of the credential that is stored with it, which the swarm itself shows nobody, see
 * `src/plan/stored-account.ts`. Its config is no part of it: `swarm-deploy.auth.config` is the user's choice.
 */
const ACCOUNT_LABELS = {
    registry: 'swarm-deploy.auth.registry',
    account: 'swarm-deploy.auth.account',
    storedAt: 'swarm-deploy.auth.stored-at',
    expires: 'swarm-deploy.auth.expires',
};
/** Labels by which we know a service again, and which ask nothing of the swarm: no comparison of specs looks at them. */
const UNCOMPARED_LABELS = [WRITE_LABEL, ...Object.values(ACCOUNT_LABELS)];
/** On the services of a blue-green service: what tells them apart, see `src/plan/colours.ts`. */
const COLOUR_LABELS = {
    /** The service that a colour belongs to. */
    belongs: 'swarm-deploy.blue-green',
    /** Counts the switches: the one with the highest number has the traffic. */
    live: 'swarm-deploy.live',
    /** What leads traffic to whichever of them is live, as JSON. */
    route: 'swarm-deploy.route',
};
/** All labels that say something of one service as it is now, and nothing of what was asked for. */
const BOOKKEEPING_LABELS = [...UNCOMPARED_LABELS, ...Object.values(COLOUR_LABELS)];
/**
 * On a service: its number of tasks is not ours to set, see `src/plan/keep-replicas.ts`. The user writes `true` or `false`,
 * we {@link BY_INPUT}.
 */
const KEEP_REPLICAS_LABEL = 'swarm-deploy.keep-replicas';
const BY_INPUT = 'input';
/** Whether somebody else sets the number of tasks of a service with these labels: it is no difference of two specs then. */
function own_labels_hasOthersScale(labels) {
    const label = labels?.[KEEP_REPLICAS_LABEL] ?? '';
    return label === BY_INPUT || label.toLowerCase() === 'true';
}

;// CONCATENATED MODULE: ./build/docker/specs/spec-comparison.js





/**
 * Whether two specs ask the swarm for the same. A spec is compared in the form in which Swarm stores it, with what it
 * fills in and lower-cases when a spec is sent; found by sending and reading back every field. Beyond that the
 * comparison is strict: an empty value is not the same as none. Pure.
 *
 * Not looked at: the platforms of the image, which are only recorded when the registry answers, Docker's note of how the
 * compose file spelled the image, our own of who has written the spec, and a number of tasks that a label gives to others.
 * None of them changes what a task is.
 */
function spec_comparison_sameSpec(a, b) {
    return (0,external_node_util_namespaceObject.isDeepStrictEqual)(storedForm(a), storedForm(b));
}
/**
 * Whether a spec leaves every task as it is, although it may not be the {@link sameSpec}: Swarm replaces tasks for a
 * change of their template and of the endpoint only, and not for one of labels, policies or their number.
 */
function replacesNothing(current, wanted) {
    if (wantedTasks(wanted) === 0)
        return true;
    const { EndpointSpec: _, ...rest } = current;
    const { TaskTemplate, EndpointSpec } = wanted;
    return spec_comparison_sameSpec(current, { ...rest, TaskTemplate, ...(EndpointSpec && { EndpointSpec }) });
}
/**
 * The spec with its variables, secrets and configs in the order of a stored one wherever both have the same: in another
 * order Swarm would restart the tasks.
 */
function withStoredOrder(spec, stored) {
    const { TaskTemplate: template } = spec;
    const [own, its] = [raw(template.ContainerSpec), raw(stored.TaskTemplate.ContainerSpec)];
    const [a, b] = [storedContainer(own), storedContainer(its)];
    const same = SETS.filter((key) => own[key] !== undefined && isDeepStrictEqual(a[key], b[key]));
    if (same.length === 0)
        return spec;
    const ordered = Object.fromEntries(same.map((key) => [key, its[key]]));
    return { ...spec, TaskTemplate: { ...template, ContainerSpec: { Image: '', ...template.ContainerSpec, ...ordered } } };
}
const SETS = (/* unused pure expression or super */ null && (['Env', 'Secrets', 'Configs']));
/**
 * The same text for specs that are {@link sameSpec}, another for others: to compare with a spec that is not at hand any
 * more. It tells nothing of what is in them.
 */
function fingerprint(spec) {
    return crypto_crypto()
        .createHash('sha256')
        .update(toGoJson(storedForm(spec), withSortedKeys))
        .digest('hex');
}
/** For `toGoJson`: two objects with the same in them are the same text, in whatever order. */
function withSortedKeys(_key, value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return value;
    return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
/** Which parts differ between two specs, in the words of a compose file; none when they are {@link sameSpec}. */
function changedParts(now, wanted) {
    if (spec_comparison_sameSpec(now, wanted))
        return [];
    const [a, b] = storedForms(now, wanted);
    const words = PARTS.filter(([, part]) => !isDeepStrictEqual(part(a), part(b))).map(([word]) => word);
    return words.length > 0 ? words : ['settings'];
}
const PARTS = [
    ['image', (spec) => container(spec).Image],
    ['mode', (spec) => Object.keys(raw(spec.Mode))],
    ['replicas', (spec) => Object.values(raw(spec.Mode))],
    ['env', (spec) => container(spec).Env],
    ['secrets', (spec) => container(spec).Secrets],
    ['configs', (spec) => container(spec).Configs],
    ['networks', (spec) => raw(spec.TaskTemplate).Networks],
    ['labels', (spec) => spec.Labels],
    ['update policy', (spec) => spec.UpdateConfig],
    ['rollback policy', (spec) => spec.RollbackConfig],
];
/** The label by which Docker remembers the image as the compose file had it, and those of whoever uses this library. */
const NOTES = ['com.docker.stack.image', ...UNCOMPARED_LABELS];
/**
 * The stored forms of two specs, for telling what differs between them: with their numbers of tasks, unless these are
 * others' to set in both. Where only one leaves them to others the label differs anyhow.
 */
function storedForms(a, b) {
    const hasAnyNumber = [a, b].every(({ Labels }) => hasOthersScale(Labels));
    return [storedForm(a, hasAnyNumber), storedForm(b, hasAnyNumber)];
}
/**
 * The form in which Swarm stores a spec, as a comparison needs it.
 *
 * @param hasAnyNumber the number of tasks is not ours, and so the same as every other
 */
function storedForm(spec, hasAnyNumber = own_labels_hasOthersScale(spec.Labels)) {
    const clean = raw(withoutNothing(spec));
    const labels = Object.fromEntries(Object.entries(raw(clean.Labels)).filter(([label]) => !NOTES.includes(label)));
    const template = raw(clean.TaskTemplate);
    const { Platforms: _platforms, ...placement } = raw(template.Placement);
    return {
        ...clean,
        Labels: labels,
        Mode: storedMode(clean.Mode, hasAnyNumber),
        ...where(clean, 'UpdateConfig', storedPolicy),
        ...where(clean, 'RollbackConfig', storedPolicy),
        ...where(clean, 'EndpointSpec', storedEndpoint),
        TaskTemplate: {
            Runtime: 'container',
            ForceUpdate: 0,
            ...template,
            Placement: placement,
            ...where(template, 'ContainerSpec', storedContainer),
            ...where(template, 'RestartPolicy', (policy) => ({ Condition: 'any', MaxAttempts: 0, ...policy })),
        },
    };
}
/** @param hasAnyNumber the number of tasks is not ours, and so the same as every other */
function storedMode(mode, hasAnyNumber) {
    const { Replicated: replicated, ReplicatedJob: job } = mode;
    const concurrent = job?.MaxConcurrent ?? 1;
    return {
        ...mode,
        ...(replicated && { Replicated: { Replicas: 1, ...(!hasAnyNumber && replicated) } }),
        ...(job && { ReplicatedJob: { MaxConcurrent: concurrent, TotalCompletions: job.TotalCompletions ?? concurrent } }),
    };
}
function storedPolicy(policy) {
    const { FailureAction: action, Order: order } = policy;
    // The API knows no policy without these numbers: one that is left out is zero.
    return {
        Parallelism: 0,
        MaxFailureRatio: 0,
        ...policy,
        FailureAction: action || 'pause',
        Order: order || 'stop-first',
    };
}
function storedEndpoint(endpoint) {
    const ports = list(endpoint.Ports).map((port) => ({
        ...port,
        Protocol: lowerCased(port.Protocol) || 'tcp',
        PublishMode: lowerCased(port.PublishMode) || 'ingress',
    }));
    return { ...endpoint, Mode: endpoint.Mode || 'vip', ...(ports.length > 0 && { Ports: ports }) };
}
function storedContainer(spec) {
    const { Secrets: secrets, Configs: configs, Env: env, Mounts: mounts, Labels: labels, ...rest } = spec;
    const { NoNewPrivileges: strict, ...privileges } = raw(spec.Privileges);
    return {
        Isolation: 'default',
        ...rest,
        ...(Object.keys(raw(labels)).length > 0 && { Labels: labels }),
        ...(spec.Privileges !== undefined && {
            Privileges: { ...privileges, ...(strict ? { NoNewPrivileges: true } : {}) },
        }),
        // Docker sends these in the order of a Go map, and a container sees no order in them.
        ...(env !== undefined && { Env: env.toSorted() }),
        ...(secrets !== undefined && { Secrets: list(secrets).toSorted(byText) }),
        ...(configs !== undefined && { Configs: list(configs).toSorted(byText) }),
        ...(mounts !== undefined && { Mounts: list(mounts).map(storedMount) }),
    };
}
function storedMount({ Consistency: _, BindOptions: options, ...mount }) {
    const bind = raw(options);
    if (Object.keys(bind).length === 0)
        return mount;
    return { ...mount, BindOptions: { ...bind, Propagation: lowerCased(bind.Propagation) || 'rprivate' } };
}
/** The value without nulls and empty lists: on the wire to Swarm's store both are the same as nothing. */
function withoutNothing(value) {
    if (Array.isArray(value))
        return value.map(withoutNothing);
    if (typeof value !== 'object' || value === null)
        return value;
    const entries = Object.entries(value).map(([key, inner]) => [key, withoutNothing(inner)]);
    return Object.fromEntries(entries.filter(([, inner]) => inner != null && !(Array.isArray(inner) && inner.length === 0)));
}
function where(object, key, change) {
    return object[key] === undefined ? {} : { [key]: change(raw(object[key])) };
}
function container(spec) {
    return raw(raw(spec.TaskTemplate).ContainerSpec);
}
function raw(value) {
    return (value ?? {});
}
function list(value) {
    return (value ?? []);
}
function lowerCased(value) {
    return String(value ?? '').toLowerCase();
}
function byText(a, b) {
    const [one, other] = [sortKey(a), sortKey(b)];
    return one < other ? -1 : Number(one > other);
}
/** A secret or config by where a task finds it, then by what it is. */
function sortKey(object) {
    const id = object.SecretID ?? object.ConfigID;
    return JSON.stringify([raw(object.File).Name, object.SecretName ?? object.ConfigName, id]);
}

;// CONCATENATED MODULE: ./build/docker/specs/create-flags.js



const TEMPLATE = ['TaskTemplate'];
const CONTAINER = [...TEMPLATE, 'ContainerSpec'];
const HEALTHCHECK = [...CONTAINER, 'Healthcheck'];
const RESTART = [...TEMPLATE, 'RestartPolicy'];
const DNS = [...CONTAINER, 'DNSConfig'];
const LIMITS = [...TEMPLATE, 'Resources', 'Limits'];
const RESERVATIONS = [...TEMPLATE, 'Resources', 'Reservations'];
const PLACEMENT = [...TEMPLATE, 'Placement'];
/**
 * Docker sends one of these whole as soon as one of its flags is given, with its own values for the others: those that
 * Swarm takes where there is none (swarmkit, api/defaults/service.go).
 */
const create_flags_GROUPS = [
    { path: ['UpdateConfig'], defaults: policyDefaults() },
    { path: ['RollbackConfig'], defaults: policyDefaults() },
    { path: RESTART, defaults: { Condition: 'any', Delay: 5e9, MaxAttempts: 0 } },
    { path: HEALTHCHECK, defaults: {} },
];
function policyDefaults() {
    return {
        Parallelism: 1,
        FailureAction: 'pause',
        Monitor: 5e9,
        MaxFailureRatio: 0,
        Order: 'stop-first',
    };
}
const create_flags_PARTS = [
    { flags: ['--label'], path: ['Labels'], isMap: true },
    ...policy('--update', 'UpdateConfig'),
    ...policy('--rollback', 'RollbackConfig'),
    { flags: ['--endpoint-mode'], path: ['EndpointSpec', 'Mode'] },
    { flags: ['--publish'], path: ['EndpointSpec', 'Ports'], nameOf: create_flags_portName },
    { flags: ['--network'], path: [...TEMPLATE, 'Networks'], nameOf: textOf('Target') },
    { flags: ['--log-driver', '--log-opt'], path: [...TEMPLATE, 'LogDriver'] },
    { flags: ['--restart-condition'], path: [...RESTART, 'Condition'] },
    { flags: ['--restart-delay'], path: [...RESTART, 'Delay'] },
    { flags: ['--restart-max-attempts'], path: [...RESTART, 'MaxAttempts'] },
    { flags: ['--restart-window'], path: [...RESTART, 'Window'] },
    { flags: ['--limit-cpu'], path: [...LIMITS, 'NanoCPUs'] },
    { flags: ['--limit-memory'], path: [...LIMITS, 'MemoryBytes'] },
    { flags: ['--limit-pids'], path: [...LIMITS, 'Pids'] },
    { flags: ['--reserve-cpu'], path: [...RESERVATIONS, 'NanoCPUs'] },
    { flags: ['--reserve-memory'], path: [...RESERVATIONS, 'MemoryBytes'] },
    { flags: ['--generic-resource'], path: [...RESERVATIONS, 'GenericResources'], nameOf: resourceName },
    { flags: ['--constraint'], path: [...PLACEMENT, 'Constraints'], nameOf: attributeOf },
    { flags: ['--placement-pref'], path: [...PLACEMENT, 'Preferences'] },
    { flags: ['--replicas-max-per-node'], path: [...PLACEMENT, 'MaxReplicas'] },
    {
        flags: ['--env', '--env-file'],
        path: [...CONTAINER, 'Env'],
        nameOf: (entry) => String(entry).split('=', 1)[0] ?? '',
    },
    { flags: ['--container-label'], path: [...CONTAINER, 'Labels'], isMap: true },
    { flags: ['--mount'], path: [...CONTAINER, 'Mounts'], nameOf: textOf('Target') },
    { flags: ['--secret'], path: [...CONTAINER, 'Secrets'], nameOf: fileName },
    { flags: ['--config'], path: [...CONTAINER, 'Configs'], nameOf: fileName },
    { flags: ['--host'], path: [...CONTAINER, 'Hosts'], nameOf: (entry) => String(entry).replace(/^\S+\s+/, '') },
    { flags: ['--dns'], path: [...DNS, 'Nameservers'] },
    { flags: ['--dns-search'], path: [...DNS, 'Search'] },
    { flags: ['--dns-option'], path: [...DNS, 'Options'] },
    { flags: ['--sysctl'], path: [...CONTAINER, 'Sysctls'], isMap: true },
    { flags: ['--ulimit'], path: [...CONTAINER, 'Ulimits'], nameOf: textOf('Name') },
    { flags: ['--group'], path: [...CONTAINER, 'Groups'] },
    // A capability is in one of the two lists at most: who speaks of one speaks of both.
    { flags: ['--cap-add', '--cap-drop'], path: [...CONTAINER, 'CapabilityAdd'] },
    { flags: ['--cap-drop', '--cap-add'], path: [...CONTAINER, 'CapabilityDrop'] },
    { flags: ['--no-healthcheck'], path: HEALTHCHECK },
    { flags: ['--health-cmd'], path: [...HEALTHCHECK, 'Test'] },
    { flags: ['--health-interval'], path: [...HEALTHCHECK, 'Interval'] },
    { flags: ['--health-timeout'], path: [...HEALTHCHECK, 'Timeout'] },
    { flags: ['--health-retries'], path: [...HEALTHCHECK, 'Retries'] },
    { flags: ['--health-start-period'], path: [...HEALTHCHECK, 'StartPeriod'] },
    { flags: ['--health-start-interval'], path: [...HEALTHCHECK, 'StartInterval'] },
    { flags: ['--entrypoint'], path: [...CONTAINER, 'Command'] },
    { flags: ['--hostname'], path: [...CONTAINER, 'Hostname'] },
    { flags: ['--init'], path: [...CONTAINER, 'Init'] },
    { flags: ['--isolation'], path: [...CONTAINER, 'Isolation'] },
    { flags: ['--oom-score-adj'], path: [...CONTAINER, 'OomScoreAdj'] },
    { flags: ['--read-only'], path: [...CONTAINER, 'ReadOnly'] },
    { flags: ['--stop-grace-period'], path: [...CONTAINER, 'StopGracePeriod'] },
    { flags: ['--stop-signal'], path: [...CONTAINER, 'StopSignal'] },
    { flags: ['--tty'], path: [...CONTAINER, 'TTY'] },
    { flags: ['--user'], path: [...CONTAINER, 'User'] },
    { flags: ['--workdir'], path: [...CONTAINER, 'Dir'] },
    { flags: ['--credential-spec'], path: [...CONTAINER, 'Privileges', 'CredentialSpec'] },
    { flags: ['--credential-spec'], path: [...CONTAINER, 'Configs'], nameOf: fileName },
];
function policy(flag, key) {
    return [
        { flags: [`${flag}-parallelism`], path: [key, 'Parallelism'] },
        { flags: [`${flag}-delay`], path: [key, 'Delay'] },
        { flags: [`${flag}-failure-action`], path: [key, 'FailureAction'] },
        { flags: [`${flag}-max-failure-ratio`], path: [key, 'MaxFailureRatio'] },
        { flags: [`${flag}-monitor`], path: [key, 'Monitor'] },
        { flags: [`${flag}-order`], path: [key, 'Order'] },
    ];
}
/** How many tasks there are is often ruled by others as well: what no list names any more stays. */
const OF_MODE = ['--mode', '--replicas', '--max-concurrent'];
/** The flags of which it is not known here what they speak of: those of a later docker. */
function unknownFlags(flags) {
    return flags.filter((flag) => !isCreateFlag(flag));
}
/** Whether docker is known to have a flag for what a service is. */
function isCreateFlag(flag) {
    return OF_MODE.includes(flag) || create_flags_PARTS.some((part) => part.flags.includes(flag));
}
/**
 * A spec with what the flags say.
 *
 * @param declared the spec that docker makes of these flags and no others
 * @param flags their long names
 * @param plain the spec that docker makes without the {@link unknownFlags}: what differs is what they say
 * @param earlier what earlier flags spoke of, as {@link Overlay.record} had it: what these do not goes
 * @param keptAlias a name on its networks that stays, whatever the flags say of the networks
 */
function overlay(current, declared, flags, { plain, earlier = [], keptAlias, } = {}) {
    const steps = stepsOf(flags, declared);
    const record = create_flags_entriesOf(declared, flags);
    const gone = earlier.filter((name) => !record.includes(name));
    const unknown = plain === undefined ? [] : differences(plain, declared);
    const changes = [];
    let spec = current;
    const lay = (name, next) => {
        if (sameSpec(spec, next))
            return;
        changes.push(name);
        spec = next;
    };
    for (const name of gone)
        lay(create_flags_shownName(name), withoutEntry(spec, declared, name));
    for (const { part, key, name } of steps)
        lay(create_flags_shownName(name), withEntry(spec, declared, part, key, keptAlias));
    for (const flag of OF_MODE.filter((one) => flags.includes(one)))
        lay(flag, withMode(spec, declared, flag, flags));
    for (const path of unknown)
        lay(unknownFlags(flags).join(' '), setAt(spec, path, create_flags_valueAt(declared, path)));
    return { spec, changes, record };
}
/**
 * What the flags of a spec that docker has made speak of, by name.
 *
 * @param env the variables in it that come from elsewhere
 */
function create_flags_entriesOf(declared, flags, env = {}) {
    const names = stepsOf(flags, declared).map(({ name }) => name);
    return names.filter((name) => !Object.keys(env).some((variable) => name === `--env ${variable}`));
}
function stepsOf(flags, declared) {
    const parts = create_flags_PARTS.filter((part) => part.flags.some((flag) => flags.includes(flag)));
    return parts.flatMap((part) => stepsOfPart(part, declared));
}
function stepsOfPart(part, declared) {
    const [flag = ''] = part.flags;
    const value = create_flags_valueAt(declared, part.path);
    if (part.nameOf === undefined && !part.isMap)
        return [{ part, key: undefined, name: flag }];
    const keys = part.nameOf === undefined ? Object.keys(create_flags_raw(value)) : create_flags_list(value).map(part.nameOf);
    return [...new Set(keys)].map((key) => ({ part, key, name: `${flag} ${key}` }));
}
function withEntry(spec, declared, part, key, keptAlias) {
    const { path, nameOf } = part;
    const said = create_flags_valueAt(declared, path);
    if (key === undefined) {
        const group = groupOf(path)?.path;
        const isWhole = group !== undefined && replacesGroup(create_flags_valueAt(spec, group), create_flags_valueAt(declared, group));
        return isWhole ? setAt(spec, group, create_flags_valueAt(declared, group)) : setAt(spec, path, said);
    }
    const now = create_flags_valueAt(spec, path);
    if (nameOf === undefined)
        return setAt(spec, path, { ...create_flags_raw(now), [key]: create_flags_raw(said)[key] });
    const isNamed = (entry) => nameOf(entry) === key;
    const before = create_flags_list(now);
    const entries = create_flags_list(said)
        .filter(isNamed)
        .map((entry) => (path === NETWORKS ? withAlias(entry, before.find(isNamed), keptAlias) : entry));
    const at = before.findIndex(isNamed);
    const place = at < 0 ? before.length : at;
    const others = (entry) => !isNamed(entry);
    return setAt(spec, path, [
        ...before.slice(0, place).filter(others),
        ...entries,
        ...before.slice(place).filter(others),
    ]);
}
const NETWORKS = create_flags_PARTS.find(({ flags }) => flags.includes('--network'))?.path;
/** A network of a spec that goes on to have an alias which it had before. */
function withAlias(entry, before, alias) {
    const aliases = (network) => create_flags_list(create_flags_raw(network).Aliases);
    if (alias === undefined || !aliases(before).includes(alias) || aliases(entry).includes(alias))
        return entry;
    return { ...create_flags_raw(entry), Aliases: [...aliases(entry), alias] };
}
/** The spec without what a flag said that is not given any more. */
function withoutEntry(spec, declared, name) {
    const [, flag, key] = /^(\S+)(?: (.*))?$/s.exec(name) ?? [];
    const parts = create_flags_PARTS.filter(({ flags, nameOf, isMap }) => flags[0] === flag && (key !== undefined) === (nameOf !== undefined || isMap === true));
    return parts.reduce((before, part) => withoutPart(before, declared, part, key ?? ''), spec);
}
function withoutPart(spec, declared, part, key) {
    const { path, nameOf, isMap } = part;
    const now = create_flags_valueAt(spec, path);
    if (nameOf !== undefined)
        return setAt(spec, path, orNothing(create_flags_list(now).filter((entry) => nameOf(entry) !== key)));
    if (isMap) {
        const { [key]: _, ...others } = create_flags_raw(now);
        return setAt(spec, path, orNothing(others));
    }
    const group = groupOf(path);
    if (group === undefined)
        return setAt(spec, path, create_flags_valueAt(declared, path));
    if (create_flags_valueAt(spec, group.path) === undefined)
        return spec;
    const [setting = ''] = path.slice(group.path.length);
    const { [setting]: otherwise } = { ...group.defaults, ...create_flags_raw(create_flags_valueAt(declared, group.path)) };
    const rest = setAt(create_flags_raw(create_flags_valueAt(spec, group.path)), [setting], otherwise);
    const isPlain = Object.entries(rest).every(([key, value]) => value === group.defaults[key]);
    return setAt(spec, group.path, isPlain ? create_flags_valueAt(declared, group.path) : rest);
}
function groupOf(path) {
    return create_flags_GROUPS.find((group) => group.path.length < path.length && group.path.every((key, at) => path[at] === key));
}
/** A health check that is switched off has no other settings, and one that is not has nothing of that. */
function replacesGroup(now, declared) {
    if (declared === undefined)
        return false;
    const isOff = (group) => create_flags_list(create_flags_raw(group).Test)[0] === 'NONE';
    return now === undefined || isOff(now) !== isOff(declared);
}
/** A mode that is another one is Swarm's to refuse. Within one mode only what is given changes. */
function withMode(spec, { Mode }, flag, flags) {
    const { Replicated: replicated, ReplicatedJob: job } = spec.Mode;
    const [kind] = Object.keys(Mode);
    if (kind === undefined || !(kind in spec.Mode))
        return { ...spec, Mode };
    if (flag === '--mode')
        return spec;
    if (replicated !== undefined)
        return flag === '--replicas' ? { ...spec, Mode } : spec;
    if (job === undefined)
        return spec;
    // Without --max-concurrent docker has all tasks of a job run at once.
    const concurrent = { MaxConcurrent: Mode.ReplicatedJob?.MaxConcurrent };
    return {
        ...spec,
        Mode: flags.includes('--replicas') ? Mode : { ReplicatedJob: { ...job, ...concurrent } },
    };
}
/** The paths at which two specs differ, as deep as they are objects. */
function differences(a, b, path = []) {
    if (isDeepStrictEqual(a, b))
        return [];
    if (!isObject(a) || !isObject(b))
        return [path];
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) => differences(a[key], b[key], [...path, key]));
}
const create_flags_LONGEST_NAME = 60;
function create_flags_shownName(name) {
    const clean = printable(name);
    return clean.length > create_flags_LONGEST_NAME ? `${clean.slice(0, create_flags_LONGEST_NAME)}\u2026` : clean;
}
function create_flags_valueAt(spec, path) {
    return path.reduce((value, key) => (isObject(value) ? value[key] : undefined), spec);
}
/** `undefined` takes the key away. */
function setAt(object, [key, ...rest], value) {
    if (key === undefined)
        return value;
    const { [key]: before, ...others } = create_flags_raw(object);
    const after = rest.length === 0 ? value : setAt(before ?? {}, rest, value);
    if (after === undefined || (before === undefined && value === undefined))
        return others;
    return { ...create_flags_raw(object), [key]: after };
}
function orNothing(entries) {
    return Object.keys(entries).length === 0 ? undefined : entries;
}
function isObject(value) {
    return typeof value === 'object' && value !== null && !Array.isArray(value);
}
function create_flags_raw(value) {
    return isObject(value) ? value : {};
}
function create_flags_list(value) {
    return Array.isArray(value) ? value : [];
}
function textOf(key) {
    return (entry) => String(create_flags_raw(entry)[key] ?? '');
}
/** A secret or config by where a task finds it. A config without a file is a credential spec. */
function fileName(entry) {
    return String(create_flags_raw(create_flags_raw(entry).File).Name ?? '');
}
/** The container's side: what changes is where it is published. */
function create_flags_portName(entry) {
    const { TargetPort: port, Protocol: protocol } = create_flags_raw(entry);
    return `${port}/${String(protocol || 'tcp').toLowerCase()}`;
}
function resourceName(entry) {
    const { DiscreteResourceSpec: discrete, NamedResourceSpec: named } = create_flags_raw(entry);
    return String(create_flags_raw(discrete ?? named).Kind ?? '');
}
/** `node.labels.zone` of `node.labels.zone==east`. */
function attributeOf(entry) {
    return String(entry).split(/[!=]=/, 1)[0]?.trim() ?? '';
}

;// CONCATENATED MODULE: ./build/inputs/shell-words.js
/** What separates or redirects commands outside of quotes (POSIX, Shell Command Language, 2.2). */
const shell_words_OPERATORS = new Set(';|&<>()');
/** What begins an expansion behind a `$` (2.6). */
const EXPANDED = /[A-Za-z0-9_{(@*#?$!-]/;
/** What a backslash takes its meaning from between double quotes (2.2.3). */
const ESCAPED_IN_QUOTES = new Set('$`"\\\n');
/**
 * The words of a text by the rules of a POSIX shell: blanks and line ends separate them, quotes and backslashes keep
 * together and go, a backslash joins two lines, and `#` begins a comment. Nothing is expanded and nothing is run: where
 * a shell would have done either, that is a problem, for the text itself would be another thing than what it says
 * elsewhere. Signs that a shell mostly leaves as they are \u2013 `*`, `?`, `[`, `{`, `~`, `!` \u2013 stand for themselves.
 */
function shellWords(text) {
    return new Scanner(text.replace(/\r\n?/g, '\n')).read();
}
class Scanner {
    #text;
    #words = [];
    /** What is wrong, and on which lines. */
    #problems = new Map();
    /** The lines of which it is said: `&&` is two operators, and `$(\u2026)` has two as well. */
    #withOperators = new Set();
    #at = 0;
    #line = 1;
    #word;
    constructor(text) {
        this.#text = text;
    }
    read() {
        let isClosed = true;
        while (isClosed && this.#at < this.#text.length)
            isClosed = this.#readNext(this.#text[this.#at]);
        this.#endWord();
        const problems = toldOf(this.#problems, this.#text.includes('\n'));
        return { words: isClosed ? this.#words : [], problems };
    }
    /** @returns whether the text goes on: not behind a quote that is never closed */
    #readNext(sign) {
        if (sign === "'")
            return this.#readSingleQuotes();
        if (sign === '"')
            return this.#readDoubleQuotes();
        if (sign === '\\')
            this.#readBackslash();
        else if (sign === ' ' || sign === '\t' || sign === '\n') {
            this.#endWord();
            this.#pass(1);
        }
        else if (sign === '#' && this.#word === undefined) {
            const end = this.#text.indexOf('\n', this.#at);
            this.#at = end < 0 ? this.#text.length : end;
        }
        else {
            if (shell_words_OPERATORS.has(sign))
                this.#noteOperator(sign);
            if (sign === '$' && /['"]/.test(this.#following()))
                this.#noteExpansion();
            this.#take(sign);
        }
        return true;
    }
    #readSingleQuotes() {
        const close = this.#text.indexOf("'", this.#at + 1);
        if (close < 0)
            return this.#noteUnclosed("'", this.#line);
        this.#add(this.#text.slice(this.#at + 1, close), true);
        this.#pass(close + 1 - this.#at);
        return true;
    }
    #readDoubleQuotes() {
        const opened = this.#line;
        this.#add('', true);
        this.#pass(1);
        for (let sign = this.#text[this.#at]; sign !== '"'; sign = this.#text[this.#at]) {
            if (sign === undefined)
                return this.#noteUnclosed('"', opened);
            const next = this.#text[this.#at + 1] ?? '';
            if (sign !== '\\' || !ESCAPED_IN_QUOTES.has(next))
                this.#take(sign);
            else {
                if (next !== '\n')
                    this.#add(next, true);
                this.#pass(2);
            }
        }
        this.#pass(1);
        return true;
    }
    /** Outside of quotes. */
    #readBackslash() {
        // A blank that was left behind the backslash cannot be seen, and nobody means it.
        const rest = this.#word === undefined ? /\\[ \t]*(?:\n|$)/y : /\\(?:\n|$)/y;
        rest.lastIndex = this.#at;
        const joint = rest.exec(this.#text)?.[0];
        if (joint === undefined)
            this.#add(this.#text[this.#at + 1] ?? '', true);
        this.#pass(joint?.length ?? 2);
    }
    /** Takes a sign as it is, and notes what a shell would have made of it. */
    #take(sign) {
        if (sign === '`')
            this.#note(RUN);
        if (sign === '$' && EXPANDED.test(this.#following()))
            this.#noteExpansion();
        this.#add(sign, false);
        this.#pass(1);
    }
    #add(text, isQuoted) {
        this.#word ??= { text: '', line: this.#line, isQuoted };
        this.#word.text += text;
    }
    #endWord() {
        if (this.#word !== undefined)
            this.#words.push(this.#word);
        this.#word = undefined;
    }
    #pass(signs) {
        for (const end = this.#at + signs; this.#at < end; this.#at++)
            if (this.#text[this.#at] === '\n')
                this.#line++;
    }
    /** The next sign. A line end behind a backslash is not there for a shell. */
    #following() {
        let next = this.#at + 1;
        while (this.#text.startsWith('\\\n', next))
            next += 2;
        return this.#text[next] ?? '';
    }
    #note(problem, line = this.#line) {
        this.#problems.set(problem, (this.#problems.get(problem) ?? new Set()).add(line));
    }
    #noteExpansion() {
        if (this.#following() === '(')
            this.#withOperators.add(this.#line);
        this.#note(EXPANSION);
    }
    #noteOperator(sign) {
        if (!this.#withOperators.has(this.#line))
            this.#note(operator(sign));
        this.#withOperators.add(this.#line);
    }
    #noteUnclosed(quote, line) {
        this.#note(unclosed(quote), line);
        return false;
    }
}
const MOST_LINES = 5;
/** What is wrong, with its lines where there are several. */
function toldOf(problems, hasLines) {
    return [...problems].map(([problem, lines]) => {
        if (!hasLines)
            return problem;
        const more = lines.size > MOST_LINES ? [`${lines.size - MOST_LINES} more`] : [];
        const places = [...[...lines].slice(0, MOST_LINES).map(String), ...more];
        return `${lines.size === 1 ? 'line' : 'lines'} ${new Intl.ListFormat('en').format(places)}: ${problem}`;
    });
}
const EXPANSION = 'nothing is expanded here: put `$` in single quotes if the sign itself is meant, or let an expression of the workflow write the value';
const RUN = 'no command is run here: put a backtick in single quotes if the sign itself is meant';
function operator(sign) {
    return `no shell runs this, for which \`${sign}\` outside of quotes would be an operator: put the whole value in quotes if the sign itself is meant`;
}
function unclosed(quote) {
    return `the quote \`${quote}\` is never closed: close it, or write \`\\${quote}\` for the sign itself`;
}

;// CONCATENATED MODULE: ./build/inputs/flags.js



/** On a service: what its `create-args` spoke of the last time. Not the user's to change. */
const RECORD_LABEL = 'swarm-deploy.create-args';
/** On a service: what the lists of its entry attached the last time. */
const ATTACHED_LABEL = 'swarm-deploy.attached';
/** The flags of both commands that take no value; any other flag may be given one by `=`. */
const SWITCHES = new Set([
    '--detach',
    '--force',
    '--help',
    '--init',
    '--no-healthcheck',
    '--no-resolve-image',
    '--quiet',
    '--read-only',
    '--rollback',
    '--tty',
    '--with-registry-auth',
]);
/** The short flags of both commands. */
const LONG_NAMES = {
    '-d': '--detach',
    '-e': '--env',
    '-h': '--help',
    '-l': '--label',
    '-p': '--publish',
    '-q': '--quiet',
    '-t': '--tty',
    '-u': '--user',
    '-w': '--workdir',
};
/** Lists that `create` takes as `--label` and `update` as `--label-add` and `--label-rm`. */
const LISTS = new Set('config constraint container-label dns dns-option dns-search env generic-resource group host label mount network placement-pref publish secret sysctl ulimit'
    .split(' ')
    .map((name) => `--${name}`));
/** Besides those of the lists, `update` alone has these. */
const ONLY_UPDATE = new Set(['--args', '--force']);
const CONNECTION = 'the way to the swarm is the same for all services: use the input `host` or `context`';
const LOGGING = 'it says nothing about the service: leave it off';
/** What belongs to the action itself, and what to write instead. */
const RESERVED = {
    '--detach': 'this action waits for all services together: use the input `wait`',
    '--quiet': 'this action reports the progress itself: leave it off',
    '--with-registry-auth': 'this action sends the credential wherever there is one: leave it off, and give it in `registries`',
    '--image': 'the image is checked and pinned first: use the key `image`',
    '--name': 'the name is how the service is found: use the key `name`',
    '--no-resolve-image': 'this action pins every image by its digest: leave it off',
    '--rollback': 'a deploy goes forward: give the earlier image in the key `image`',
    '--help': LOGGING,
    '--version': LOGGING,
    '-v': LOGGING,
    '--debug': LOGGING,
    '-D': LOGGING,
    '--log-level': LOGGING,
    '-H': CONNECTION,
    '--context': CONNECTION,
    '-c': CONNECTION,
    '--tls': CONNECTION,
    '--tlscacert': CONNECTION,
    '--tlscert': CONNECTION,
    '--tlskey': CONNECTION,
    '--tlsverify': CONNECTION,
};
const CLIENT_CONFIG = "docker's own configuration is chosen by the key `auth-config`";
const NO_FLAG = 'put a value with blanks in quotes, write an image in the key `image`, and the words for the container in the key `command`';
/**
 * The flags of a `create-args` or `update-args` that is text, read as a shell reads words. What the flags mean is not
 * looked at: docker itself tells, in the rehearsal. No message shows a value.
 */
function flagsOfText(verb, text, problems) {
    const once = toldOnce(problems);
    const { words, problems: unread } = shellWords(text);
    for (const problem of unread)
        once(problem);
    const head = commandBefore(words);
    let hasImage = false;
    const flags = [];
    for (let index = head; index < words.length; index++) {
        const word = words[index];
        const flag = parseFlag(word.text);
        if (flag === undefined) {
            // A sign that is not read as a shell does may be why. Behind a whole command stands its image.
            if (head > 0)
                hasImage = true;
            else if (unread.length === 0)
                once(strayWord(word, flags.at(-1)));
            // What follows is meant for the container, or is the rest of a value without quotes.
            while (index + 1 < words.length && (head > 0 || words[index + 1]?.line === word.line))
                index++;
            continue;
        }
        const next = words[index + 1];
        const takesNext = needsValue(flag) && next !== undefined && (next.isQuoted || !looksLikeFlag(next.text));
        if (takesNext)
            index++;
        flags.push({ ...flag, ...(takesNext && { value: next.text }), isWhole: true });
    }
    if (head === 0)
        return flags_checked(verb, flags, once);
    const command = words[head - 1]?.text ?? '';
    return ofCommand(verb, command, flags, hasImage, once, head > 3);
}
/**
 * The flags of a `create-args` or `update-args` that is a list: each item is one of them, with its value behind `=` or a
 * blank, or in the next item. A value is taken as it stands, for YAML has read its own quotes; quotes around all of it, or
 * around what follows a `=`, go as in a shell, and elsewhere nobody could tell whether they are meant.
 *
 * @param notices is given more when the quotes of a value are perhaps not meant
 */
function flagsOfItems(verb, items, problems, notices) {
    const once = toldOnce(problems);
    const flags = [];
    const [, command] = /^(?:sudo\s+)?docker\s+service\s+(create|update)$/.exec(items[0]?.trim() ?? '') ?? [];
    let hasImage = false;
    for (let index = command === undefined ? 0 : 1; index < items.length; index++) {
        const item = items[index] ?? '';
        if (/\s\\$/.test(item.trim())) {
            once('items end in a backslash, as lines of a shell script do: leave it off, an item is one flag anyway, or paste the lines as one text, behind `|` in place of the list');
            continue;
        }
        const flag = parseFlag(unquotedItem(item.trim()));
        if (flag === undefined) {
            if (command !== undefined) {
                hasImage = true;
                break;
            }
            const before = flags.at(-1);
            const behind = before === undefined ? '' : `, behind ${before.spelling}`;
            once(`item ${index + 1}${behind}: this word belongs to no flag: ${NO_FLAG}`);
            continue;
        }
        const next = items[index + 1];
        const takesNext = needsValue(flag) && next !== undefined && !looksLikeFlag(next);
        if (takesNext)
            index++;
        if (takesNext && QUOTED_ITEM.test(next)) {
            notices.push(`item ${index + 1}: the quotes are part of the value: leave them out, a list needs none`);
        }
        if (takesNext)
            flags.push({ ...flag, value: next, isWhole: true });
        else
            flags.push(withoutQuotes(flag, once));
    }
    return command === undefined ? flags_checked(verb, flags, once) : ofCommand(verb, command, flags, hasImage, once);
}
/** What to write for a key of an entry that is called like a flag of docker; `undefined` where there is no such flag. */
function adviceForFlag(key) {
    const flag = `--${key.toLowerCase().replaceAll('_', '-')}`;
    if (Object.hasOwn(RESERVED, flag))
        return RESERVED[flag];
    if (isCreateFlag(flag))
        return `that is a flag of docker service create: write \`${flag}\` in \`create-args\``;
    const list = flag.replace(/-(?:add|rm)$/, '');
    const isOfUpdate = (list !== flag && LISTS.has(list)) || ONLY_UPDATE.has(flag);
    return isOfUpdate ? `that is a flag of docker service update: write \`${flag}\` in \`update-args\`` : undefined;
}
/** The names of the variables that the flags set or remove. */
function flags_variablesOf(flags) {
    return flags.flatMap(({ name, value = '' }) => ['--env', '--env-add', '--env-rm'].includes(name) ? [value.split('=', 1)[0] ?? ''] : []);
}
/** The labels of the service that flags of `create-args` give. */
function labelsOf(flags) {
    const labels = flags.filter(({ name }) => name === '--label');
    return Object.fromEntries(labels.map(({ value = '' }) => {
        const [name = '', text = ''] = value.split(/=(.*)/s);
        return [name, text];
    }));
}
/** One mistake that is made five times is told once. */
function toldOnce(problems) {
    const told = new Set();
    return (problem) => {
        if (!told.has(problem))
            problems.add(problem);
        told.add(problem);
    };
}
function flags_checked(verb, flags, tell) {
    for (const flag of flags) {
        const problem = flagProblem(verb, flag);
        if (problem !== undefined)
            tell(problem);
    }
    const names = new Set(flags.map(({ name }) => name));
    if (names.has('--log-opt') && !names.has('--log-driver'))
        tell('docker ignores --log-opt without --log-driver: give both, also where the driver stays');
    return flags.map((flag) => ({ name: flag.name, value: flag.value, words: asWords(flag) }));
}
/** How many words of a pasted script stand before the flags of its command: up to `docker service create`. */
function commandBefore(words) {
    const isVerb = ({ text }, index) => /^(?:create|update)$/.test(text) && words[index - 2]?.text === 'docker' && words[index - 1]?.text === 'service';
    return words.findIndex(isVerb) + 1;
}
/** What every command has, and no list of flags: here it is a key, or comes by itself. */
const OF_A_COMMAND = new Set(['--name', '--image', '--detach', '--quiet', '--with-registry-auth', '--no-resolve-image']);
/** Of a command that is pasted whole all that is to be taken out, in one sentence. */
function ofCommand(verb, command, flags, hasImage, tell, hasMoreBefore = false) {
    const spellings = new Set(flags.filter(({ name }) => OF_A_COMMAND.has(name)).map(({ spelling }) => spelling));
    const out = [
        `${hasMoreBefore ? 'all up to ' : ''}\`docker service ${command}\``,
        ...spellings,
        ...(hasImage ? ['what stands behind the flags'] : []),
    ];
    const list = new Intl.ListFormat('en-GB', { style: 'long' }).format(out);
    tell(`only the flags of the service belong here, and not the whole command: take out ${list}. The name is in the key \`name\`, the image in \`image\`, the words for the container in \`command\`; credentials are in \`registries\`, and this action waits by itself`);
    const others = flags.filter(({ name }) => !OF_A_COMMAND.has(name));
    return flags_checked(verb, others, tell);
}
function strayWord({ text, line }, before) {
    if (/^\s+-/.test(text)) {
        return `on line ${line} a backslash stands before a blank: write the text behind \`|\`, which keeps its lines, and not behind \`>\``;
    }
    if (before !== undefined && SWITCHES.has(before.name) && /^(?:true|false)$/.test(text)) {
        return `${before.spelling} takes no value: write it alone, or ${before.name}=true or ${before.name}=false`;
    }
    if (before === undefined)
        return `the first word belongs to no flag: ${NO_FLAG}`;
    const value = SWITCHES.has(before.name) ? '' : ' and its value';
    return `the word behind ${before.spelling}${value} belongs to no flag: ${NO_FLAG}`;
}
function parseFlag(text) {
    const long = /^(--[a-zA-Z][\w-]*)(?:(=|\s+)(.*))?$/s.exec(text);
    const short = /^(-[a-zA-Z])(=|\s+|)(.*)$/s.exec(text);
    const [, spelling, separator, rest] = long ?? short ?? [];
    if (spelling === undefined)
        return undefined;
    const hasValue = rest !== undefined && (rest !== '' || separator === '=');
    return {
        name: LONG_NAMES[spelling] ?? spelling,
        spelling,
        value: hasValue ? rest : undefined,
        isJoined: long !== null && separator === '=',
        isWhole: false,
    };
}
/** A quoted part where it can only be meant for a shell: all of a value, or what follows a `=`, to its end or a comma. */
const QUOTED = /(?<=^|[=,])(?:'[^']*'|"(?:[^"\\]|\\.)*")(?=$|,)/gs;
/** A value that is an item of its own and yet quoted as for a shell: all of it, or what follows its name. */
const QUOTED_ITEM = /^(?:[^\s='"]+=)?(?:'[^']*'|"(?:[^"\\]|\\.)*")$/s;
/** `'--label=a b'` as a shell reads it. */
function unquotedItem(item) {
    return /^(?:'[^']*'|"[^"]*")$/s.test(item) ? item.slice(1, -1) : item;
}
function withoutQuotes(flag, tell) {
    const { spelling, value } = flag;
    if (value === undefined || !/['"]/.test(value))
        return flag;
    const plain = value.replace(QUOTED, '');
    if (/['"]/.test(plain)) {
        tell(`the value of ${spelling} has quotes in it: put all of the value in single quotes as well if they are meant, or write it as an item of its own, which is taken as it stands`);
        return { ...flag, isWhole: true };
    }
    const isWhole = plain === '';
    return { ...flag, value: value.replace(QUOTED, (part) => shellWords(part).words[0]?.text ?? ''), isWhole };
}
/** A long flag, or a short one of these commands, behind a blank. */
const OTHER_FLAG = new RegExp(`(?:^|\\s)(?:--[a-zA-Z]|-[${Object.keys(LONG_NAMES)
    .map((name) => name.slice(1))
    .join('')}](?:\\s|=|$))`);
function flagProblem(verb, { name, spelling, value, isJoined, isWhole }) {
    const reserved = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
    if (reserved !== undefined)
        return `${spelling} is not yours to give here, because ${reserved}`;
    const client = clientFlagProblem(verb, name, value);
    if (client !== undefined)
        return client;
    if (verb === 'update' && LISTS.has(name))
        return `docker service update has no ${spelling}: write ${name}-add, or ${name}-rm`;
    const list = name.replace(/-(?:add|rm)$/, '');
    if (verb === 'create' && list !== name && LISTS.has(list))
        return `docker service create has no ${name}: write ${list}`;
    if (value?.includes('\0'))
        return `the value of ${spelling} has a NUL character, which no argument can have: take it out`;
    if (/^--env(?:-add)?$/.test(name) && value?.startsWith('='))
        return `the value of ${spelling} has no name before the =: write NAME=value`;
    const label = /^--label(?:-add|-rm)?$/.test(name) ? value?.split('=', 1)[0] : undefined;
    if (label === RECORD_LABEL || label === ATTACHED_LABEL)
        return `the label ${label} is not yours to change, because this action notes there what its lists speak of: leave it off`;
    const relative = /^--mount(?:-add)?$/.test(name) &&
        /(?:^|,)"?(?:source|src)=(\.{1,2}(?:[/\\][^,"]*)?)(?=[,"]|$)/.exec(value ?? '')?.[1];
    if (relative)
        return `the source ${shown_shown(relative)} of ${spelling} is a path of this runner, and none of the nodes: write an absolute path of the nodes, or use a volume or config`;
    if (SWITCHES.has(name)) {
        const isAlone = value === undefined || (isJoined && /^(?:true|false)$/.test(value));
        return isAlone
            ? undefined
            : `${spelling} takes no value: write it alone, or ${name}=true or ${name}=false, and other flags as items of their own`;
    }
    if (value === undefined)
        return `${spelling} has no value: write it behind the flag, as in ${name}=VALUE`;
    if (!isWhole && OTHER_FLAG.test(value)) {
        return `there is another flag in the value of ${spelling}: write one flag an item, or put the value in quotes if all of it is meant`;
    }
    return undefined;
}
/** `--config` and `--host` are docker's own flags before the command, and lists of the service after it. */
function clientFlagProblem(verb, name, value = '') {
    if (name === '--config' && verb === 'update') {
        return `docker service update has no --config: write --config-add to attach a swarm config, ${CLIENT_CONFIG}`;
    }
    if (name === '--config' && /^(?:\/|\.{1,2}\/|~)/.test(value)) {
        return `--config is given a directory: write the name of a swarm config, ${CLIENT_CONFIG}`;
    }
    if (name === '--host' && (verb === 'update' || value.includes('://'))) {
        const hosts = verb === 'update' ? '--host-add' : '--host';
        return `--host does not choose the swarm here: ${CONNECTION} (a name in the containers is added by ${hosts} name:ip)`;
    }
    return undefined;
}
function needsValue(flag) {
    return flag.value === undefined && !SWITCHES.has(flag.name);
}
function looksLikeFlag(item) {
    return /^\s*--?[a-zA-Z]/.test(item);
}
function asWords({ spelling, value, isJoined }) {
    if (value === undefined)
        return [spelling];
    return isJoined ? [`${spelling}=${value}`] : [spelling, value];
}

;// CONCATENATED MODULE: ./build/inputs/services.js


















const services_KEYS = [
    'name',
    'image',
    'refresh',
    'force',
    'stack',
    'auth-config',
    'replicas',
    'env',
    'command',
    'create',
    'create-args',
    'update-args',
    ...ATTACHMENT_KEYS,
    'prepare',
    ...POLICY_KEYS,
];
/** The keys of an entry. */
function entryKeys(strategies) {
    return [...services_KEYS, ...strategyKeys(strategies)];
}
const services_OTHER_NAMES = {
    args: 'command',
    cmd: 'command',
    config: 'auth-config',
    environment: 'env',
    rollback: 'rollback-config',
    scale: 'replicas',
    service: 'name',
    tag: 'image',
    update: 'update-config',
};
/** Keys of compose files that say by themselves what was pasted. */
const COMPOSE_KEYS = new Set('build container_name depends_on deploy entrypoint environment env_file expose healthcheck hostname labels logging ports restart services stop_grace_period user version volumes working_dir'.split(' '));
const NOT_COMPOSE = "this action's `services` is no compose file: give what the service needs in `create-args`, as flags of docker service create";
const LONGEST_PLACE = 63;
const MOST_REPLICAS = 1_000_000;
const services_PAIR = '`web: ghcr.io/org/web:1.2`';
const KEYED = { isKeyed: true };
/**
 * What a `services` text asks for: `name: image` pairs, or a list of entries.
 *
 * @param forAll what the inputs say of strategies and policies
 * @param sources where the contents of secrets and configs are looked for
 */
function servicesFromText(text, forAll, sources, problems) {
    const { root, problems: wrong } = yaml_parseYaml(text);
    for (const { line, column, reason } of wrong)
        problems.add(`services line ${line}, column ${column}: ${reason}`);
    if (wrong.length > 0)
        return [];
    const entries = services_entriesOf(root, entryKeys(forAll.strategies), problems.at('services'));
    const requests = entries.flatMap((entry) => requestFromEntry(entry, { forAll, sources }, problems.at(entry.place)) ?? []);
    services_checkNames(entries, problems);
    checkSharedContents(requests, problems.at('services'));
    return requests;
}
function services_entriesOf(root, keys, problems) {
    if (root === undefined || root.kind === 'text') {
        problems.add(`this is only text: write pairs such as ${services_PAIR}, with a blank after the colon, or a list of entries`);
        return [];
    }
    if (root.kind === 'list' || isOneEntry(root, keys))
        return entriesOfList(root.kind === 'list' ? root.items : [root]);
    const compose = root.entries.find(({ key, value }) => key === 'services' && value.kind !== 'text');
    if (compose !== undefined) {
        problems.add(`line ${compose.line} has the key \`services\`, as a compose file has: for a stack write the path of such a file in \`compose-file\`, and a name in \`stack\`; here write only pairs such as ${services_PAIR}`);
        return [];
    }
    return root.entries.map(({ key, line, value }) => ({ place: placeOf(key), name: key, isKeyed: true, line, value }));
}
/** `name: web` with other keys of an entry is one that lacks its dash, and no service called `name`. */
function isOneEntry({ entries }, keys) {
    const has = (name) => entries.some(({ key }) => key === name);
    return (has('name') || (has('stack') && has('refresh'))) && entries.every(({ key }) => isKnown(key, keys));
}
function entriesOfList(items) {
    return items.map((value, index) => {
        const textOf = (key) => {
            const inner = value.kind === 'map' ? valueAt(value, key) : undefined;
            return inner?.kind === 'text' ? inner.value.trim() : undefined;
        };
        const text = textOf('name');
        const owner = text || (textOf('stack') && `stack ${textOf('stack')}`);
        return {
            place: owner ? placeOf(owner) : `services entry ${index + 1} (line ${value.line})`,
            name: text,
            isKeyed: false,
            line: value.line,
            value,
        };
    });
}
function placeOf(name) {
    return `services: ${placed(name).slice(0, LONGEST_PLACE)}`;
}
function requestFromEntry(entry, reading, problems) {
    const { value } = entry;
    if (value.kind === 'list') {
        problems.add(`this is a list: write an image, as in ${services_PAIR}, or a mapping with the keys of an entry`);
        return undefined;
    }
    if (value.kind === 'map')
        return requestFromMap(entry, value, reading, problems);
    if (entry.name === undefined) {
        problems.add(`this is only text: write \`- name: web\` with an \`image\` below it, or leave the dashes off all pairs such as ${services_PAIR}`);
        return undefined;
    }
    problems.attempt(() => services_checkName(entry.name ?? ''));
    const image = problems.attempt(() => imageFrom(value.value.trim()));
    const nothingElse = { env: {}, create: false, updateArgs: [], ...replacementOf(undefined, reading.forAll, problems) };
    return image && { name: entry.name, ...KEYED, image, ...nothingElse };
}
function requestFromMap(entry, map, { forAll, sources }, problems) {
    if (!services_checkKeys(entry, map, entryKeys(forAll.strategies), problems))
        return undefined;
    const stack = services_stackOf(entry, map, forAll.strategies, problems);
    const name = stack ?? services_nameOf(entry, map, problems);
    const image = attemptAt(map, 'image', problems, imageFrom);
    const authConfig = attemptAt(map, 'auth-config', problems, nonEmpty);
    const replicas = attemptAt(map, 'replicas', problems, (text) => parseInteger(text, 0, MOST_REPLICAS));
    const create = valueAt(map, 'create') === undefined ? false : attemptAt(map, 'create', problems, parseBoolean);
    const env = variablesFrom(filledAt(map, 'env'), problems.at('`env`'));
    const refresh = valueAt(map, 'refresh') === undefined ? false : attemptAt(map, 'refresh', problems, parseBoolean);
    const force = attemptAt(map, 'force', problems, parseBoolean);
    const command = wordsAt(map, 'command', problems);
    const notices = [];
    const createArgs = flagsAt(map, 'create', problems, notices);
    const updateArgs = flagsAt(map, 'update', problems, notices) ?? [];
    const attachments = attachmentsOf(map, name, sources, problems);
    const own = {
        strategy: readStrategySettings((key) => textAt(map, key, problems), forAll.strategies, problems),
        policies: policiesOfEntry(map, problems),
        prepare: attemptAt(map, 'prepare', problems, parsePrepare),
    };
    const asksForce = valueAt(map, 'force') !== undefined && force !== false;
    if (create && valueAt(map, 'image') === undefined) {
        problems.add('`create` is true, but there is no `image`: write the image to make the service from');
    }
    if (refresh && image !== undefined) {
        problems.add('`refresh` and `image` are both given: leave `refresh` out, for an image that is written is looked up at every deploy');
    }
    const asked = [
        ...['image', 'replicas', 'command', 'create-args', ...ATTACHMENT_KEYS].map((key) => valueAt(map, key)),
        ...['env', 'update-args', ...POLICY_KEYS].map((key) => filledAt(map, key)),
        ...RETIRED_KEYS.map((key) => valueAt(map, key)),
    ];
    if (create === false &&
        refresh === false &&
        !asksForce &&
        stack === undefined &&
        asked.every((value) => value === undefined)) {
        problems.add(`nothing is asked for: write an \`image\`, or \`refresh: true\` for the newest image of the tag that it has, as in \`{name: ${name || 'web'}, refresh: true}\`, or \`force: true\` for new tasks of what it has, or one of \`replicas\`, \`env\`, \`command\`, \`create-args\`, \`update-args\`, \`secrets\`, \`configs\`, \`networks\`, \`credential-spec\` and \`update-config\``);
    }
    if (command !== undefined && updateArgs.some(({ name }) => name === '--args'))
        problems.add('`command` and the flag --args are both given: leave one of the two');
    const replacement = replacementOf(own, forAll, problems);
    for (const flags of [createArgs ?? [], updateArgs]) {
        checkGivenOnce(map, env, flags, problems);
        checkPolicyFlags(replacement.policies, flags, problems);
        if (attachments !== undefined)
            checkAttachmentFlags(attachments, flags, problems);
    }
    return {
        name,
        ...(entry.isKeyed && KEYED),
        ...(image === undefined ? {} : { image }),
        ...(refresh && { refresh }),
        ...(force !== undefined && { force }),
        ...(stack !== undefined && { isStack: true }),
        ...(authConfig === undefined ? {} : { authConfig }),
        ...(replicas === undefined ? {} : { replicas }),
        env,
        create: create ?? false,
        ...(command === undefined ? {} : { command }),
        ...(createArgs === undefined ? {} : { createArgs }),
        updateArgs,
        ...(attachments && { attachments }),
        ...(notices.length === 0 ? {} : { notices }),
        ...replacement,
    };
}
/** What of an entry can be said of all services of a stack at once. */
const STACK_KEYS = ['stack', 'refresh', 'force', 'auth-config', 'prepare', ...POLICY_KEYS];
/** The stack whose services an entry means; `undefined` for an entry of one service. */
function services_stackOf({ name }, map, strategies, problems) {
    const stack = textAt(map, 'stack', problems);
    if (stack === undefined)
        return undefined;
    const keys = [...STACK_KEYS, ...strategyKeys(strategies)];
    const others = map.entries.map(({ key }) => key).filter((key) => !keys.includes(key));
    const refresh = valueAt(map, 'refresh');
    const isRefreshed = refresh?.kind === 'text' && /^true$/i.test(refresh.value.trim());
    if (name !== undefined || others.length > 0 || !isRefreshed || stack === '') {
        problems.add('`stack` is for all services of a stack that is there, to have the newest images of their tags: write `- {stack: shop, refresh: true}`, and deploy files with the input `stack`');
    }
    return stack;
}
function services_checkKeys({ name }, map, keys, problems) {
    const unknown = map.entries.filter(({ key }) => !isKnown(key, keys));
    const [only, ...others] = map.entries;
    if (only !== undefined &&
        others.length === 0 &&
        unknown.length === 1 &&
        name === undefined &&
        only.value.kind === 'text') {
        problems.add(`${shown_ticked(only.key)} is no key of an entry: leave the dashes off all \`name: image\` pairs, or write ${shown_ticked(`- name: ${only.key}`)} with an \`image\` below it`);
        return false;
    }
    for (const { key, line } of unknown) {
        const closest = keys_closestKey(key, keys, services_OTHER_NAMES);
        problems.add(`line ${line} has the unknown key ${shown_shown(key)}: ${services_adviceFor(key, closest, keys)}`);
    }
    return unknown.length === 0;
}
/** The old names are told with everything else that is wrong. */
function isKnown(key, keys) {
    return keys.includes(key) || RETIRED_KEYS.includes(key);
}
function services_adviceFor(key, closest, keys) {
    const policy = settingMeantBy(key);
    if (policy !== undefined)
        return `write it in \`update-config\`, as in \`update-config: {${policy}: \u2026}\``;
    if (closest !== undefined)
        return keyAdvice(closest, keys);
    const flag = adviceForFlag(key);
    if (flag !== undefined)
        return flag;
    return COMPOSE_KEYS.has(key) ? NOT_COMPOSE : keyAdvice(closest, keys);
}
/** In a mapping of services the name stands before the entry; a second one inside must be the same. */
function services_nameOf(entry, map, problems) {
    const inside = textAt(map, 'name', problems);
    if (inside === undefined && entry.name === undefined) {
        if (valueAt(map, 'name') === undefined)
            problems.add('`name` is missing: write the name of the service');
        return '';
    }
    const name = entry.name ?? inside ?? '';
    if (inside !== undefined && inside !== name) {
        problems.add(`\`name\` is ${shown_shown(inside)} here: leave it out, or write the same name before the colon`);
    }
    problems.attempt(() => services_checkName(name));
    return name;
}
function services_checkName(name) {
    if (name === '')
        throw new errors_UserError('the name is empty: write the name of the service');
    const problem = swarm_rules_nameProblem(name, 'a service');
    if (problem !== undefined)
        throw new errors_UserError(problem);
}
/** Swarm takes names that differ only in their capitals for the same. */
function services_checkNames(entries, problems) {
    const lines = new Map();
    for (const { name = '', line } of entries) {
        const key = name.toLowerCase();
        const first = lines.get(key);
        if (key !== '' && first !== undefined)
            problems.add(`${placeOf(name)}: the service is given twice (lines ${first} and ${line}): put all of it into one entry`);
        lines.set(key, line);
    }
}
/** @throws UserError that goes on after the service's name */
function imageFrom(text) {
    try {
        return withTagDefault(parseReference(text));
    }
    catch (error) {
        if (!(error instanceof reference_InvalidReference))
            throw error;
        throw new errors_UserError(error.message.replace(/^The/, 'the'));
    }
}
function nonEmpty(text) {
    if (text === '')
        throw new errors_UserError('it is empty: write the name of a config, or leave the key out');
    return text;
}
function attemptAt(map, key, problems, parse) {
    const text = textAt(map, key, problems);
    const line = map.entries.find((entry) => entry.key === key)?.line;
    return text === undefined ? undefined : problems.at(`\`${key}\` (line ${line})`).attempt(() => parse(text));
}
/** The flags of a list; `undefined` when there is none, or every line of it is commented out. `[]` is a list of none. */
function flagsAt(map, verb, problems, notices) {
    const key = `${verb}-args`;
    const value = valueAt(map, key);
    const here = problems.at(`\`${key}\``);
    if (value?.kind === 'map') {
        here.add('this is a mapping: write a list of flags such as `- --update-order=start-first`');
        return undefined;
    }
    if (value?.kind !== 'list')
        return value && filledAt(map, key) && flagsOfText(verb, value.value, here);
    const items = textsOf(value, here);
    const told = [];
    const flags = items && flagsOfItems(verb, items, here, told);
    notices.push(...told.map((notice) => `\`${key}\`: ${notice}`));
    return flags;
}
/** The words of a text, as a shell reads it, or of a list. An empty one says: the image's own. */
function wordsAt(map, key, problems) {
    const value = valueAt(map, key);
    const here = problems.at(`\`${key}\``);
    if (value === undefined)
        return undefined;
    if (value.kind === 'map') {
        here.add('this is a mapping: write one text such as `serve --port 80`, or a list of words');
        return undefined;
    }
    if (value.kind === 'list') {
        const words = textsOf(value, here);
        if (words?.some((word) => word.includes('\0')))
            here.add('a word has a NUL character, which no argument can have: take it out');
        return words;
    }
    const { words, problems: unread } = shellWords(value.value);
    for (const problem of unread)
        here.add(`${problem}; a shell in the container runs all of it as \`sh -c '\u2026'\``);
    return words.map(({ text }) => text);
}
function textsOf({ items }, problems) {
    const index = items.findIndex((item) => item.kind !== 'text');
    if (index < 0)
        return items.flatMap((item) => (item.kind === 'text' ? [item.value] : []));
    problems.add(`item ${index + 1} is no text, because of a colon and a blank or a bracket in it: put the item in quotes`);
    return undefined;
}
function checkGivenOnce(map, env, flags, problems) {
    if (valueAt(map, 'replicas') !== undefined && flags.some(({ name }) => name === '--replicas')) {
        problems.add('`replicas` and the flag --replicas are both given: leave one of the two');
    }
    for (const name of flags_variablesOf(flags)) {
        if (Object.hasOwn(env, name))
            problems.add(`${name} is given both in \`env\` and by a flag: leave one of the two`);
    }
}
/** What is made under one name is one thing for the whole run. */
function checkSharedContents(requests, problems) {
    const known = new Map();
    for (const { name: service, attachments } of requests) {
        for (const { kind, name, what } of attachments === undefined ? [] : madeBy(attachments)) {
            const other = known.get(`${kind} ${name}`);
            if (other === undefined)
                known.set(`${kind} ${name}`, { service, what });
            else if (!(0,external_node_util_namespaceObject.isDeepStrictEqual)(other.what, what)) {
                const advice = kind === 'network'
                    ? 'say it in one of the two, and write the name alone in the other'
                    : 'give one of the two another name; with `target` the file can be called the same in both';
                problems.add(`${other.service} and ${service} make the ${kind} ${name} in two ways: ${advice}`);
            }
        }
    }
}

;// CONCATENATED MODULE: ./build/inputs/read.js





























const LONGEST_TIMEOUT_SECONDS = 24 * 60 * 60;
const MOST_PARALLEL = 100;
const LONGEST_HISTORY = 100;
const ON_FAILURE = ['rollback', 'rollback-failed', 'keep', 'pause'];
const ON_SHORT_LIVED = ['warn', 'error', 'allow'];
const SAME_DIGEST = ['deploy', 'keep'];
const ON_CANCEL = ['rollback', 'keep'];
/**
 * Reads the inputs of the step, and masks every secret as it is read.
 *
 * @param strategies those that can be chosen
 * @throws UserErrors with everything that is wrong with any of them
 */
function readInputs(given, strategies) {
    const problems = new Problems();
    const { env, mode } = beginReading(given, strategies, problems);
    const plan = readPlan(env, mode, problems);
    const reach = reachOf(env, problems);
    const accounts = readAccounts(env, problems);
    const onShortLived = readOrDefault(env, 'on-short-lived', problems, parseOnShortLived);
    const images = isRollback(env, mode) ? [] : imagesFromText(input(env, 'images'), env, problems);
    const onFailure = readOrDefault(env, 'on-failure', problems, (text) => parseChoice(text, ON_FAILURE));
    const forAll = {
        strategies,
        strategy: readStrategySettings((name) => input(env, name).trim() || undefined, strategies, problems),
        policies: policiesOfInputs((name) => input(env, name), problems),
        prepare: readOrDefault(env, 'prepare', problems, parsePrepare),
    };
    const back = isRollback(env, mode) ? readRollback(env, forAll, problems) : undefined;
    const stack = back ? undefined : readStackInputs(env, replacementOf(undefined, forAll, problems), problems);
    const services = back?.services ?? readServices(env, forAll, problems);
    const trust = readTrust(env, accounts.credentials, services, problems);
    const force = readForce(env, stack, services, problems);
    const keepReplicas = readOrDefault(env, 'keep-replicas', problems, parseBoolean);
    const sameDigest = readOrDefault(env, 'same-digest', problems, (text) => parseChoice(text, SAME_DIGEST));
    const ofStack = stack ?? back?.request.stack;
    const requests = [...services, ...(ofStack === undefined ? [] : [ofStack])];
    const pauses = onFailure === 'pause';
    if (pauses && back !== undefined)
        problems.add(`on-failure: ${NO_PAUSE}`);
    else if (pauses)
        checkPause(requests, problems);
    const chosen = requests.map(({ strategy }) => strategy);
    checkAllAreUsed(forAll.strategy, chosen, strategies, problems);
    const wait = readOrDefault(env, 'wait', problems, parseBoolean);
    const pruneImages = readPruneImages(env, wait, problems);
    const timeoutSeconds = readOrDefault(env, 'timeout', problems, parseTimeout);
    const monitorSeconds = read(env, 'monitor', problems, parseMonitor);
    const maxParallel = readOrDefault(env, 'max-parallel', problems, parseMaxParallel);
    const onCancel = readOrDefault(env, 'on-cancel', problems, (text) => parseChoice(text, ON_CANCEL));
    const lock = readLock(env, problems);
    const historyLimit = readOrDefault(env, 'history-limit', problems, (text) => parseInteger(text, 0, LONGEST_HISTORY));
    if (monitorSeconds !== undefined && monitorSeconds >= timeoutSeconds) {
        problems.add('monitor: it is not shorter than `timeout`, so no service could ever pass: write a longer `timeout`');
    }
    if (ofStack?.prune && !wait) {
        problems.add('prune: with `wait: false` nobody sees whether the deploy succeeds, and only then anything may be removed: leave one of the two out');
    }
    checkRunFits(chosen, ofStack, wait, strategies, problems);
    // The check tells these with all that it finds; a run that does not come so far tells them here.
    if (stack !== undefined && !problems.isEmpty)
        checkContents(stack.files, stack.lookUp, stack.directory, problems);
    problems.throwAll();
    return {
        mode,
        reach,
        ...accounts,
        ...trust,
        pruneImages,
        onShortLived,
        images,
        services: pauses ? services.map(pausing) : services,
        ...(stack && { stack: pauses ? pausing(stack) : stack }),
        ...(back && { rollback: back.request }),
        wait,
        timeoutSeconds,
        monitorSeconds,
        onFailure,
        onCancel,
        force,
        keepReplicas,
        sameDigest,
        maxParallel,
        lock,
        historyLimit,
        plan,
    };
}
/** The mode that is asked for, also where other inputs are wrong; the one that was probably meant, where it is. */
function modeAsked(env) {
    return probableMode(input(env, 'mode').trim());
}
/** Whoever meant to look, and whose variable was empty, must not deploy. An input that is not given is not there, or has its default. */
const EMPTY_MODE = 'mode: it is empty, as a variable is that is not set: write the mode, or leave the input out where a deploy is meant';
/** What the reading of every mode begins with: that there is each input, and that it fits the mode. */
function beginReading(given, strategies, problems) {
    const known = { inputs: inputNames(strategies), entryKeys: entryKeys(strategies) };
    for (const [name, value = ''] of Object.entries(given))
        if (name.startsWith('INPUT_'))
            hideTokens(value);
    const env = checkUnknownInputs(given, known, problems, log_log.warning);
    if (isGivenEmpty(env, 'mode'))
        problems.add(EMPTY_MODE);
    readOrDefault(env, 'mode', problems, parseMode);
    const mode = modeAsked(env);
    checkModeInputs(env, mode, strategies, problems);
    return { env, mode };
}
/** In other actions the input of this name says whether a deploy is watched at all. */
function parseMonitor(text) {
    if (!/^(?:true|false|yes|no)$/i.test(text))
        return parseDuration(text);
    const advice = 'leave it out: every deploy is watched, unless `wait: false`. Here `monitor` says for how long new tasks must go on, such as `10s`';
    throw new errors_UserError(`${text} is no duration: ${advice}`);
}
/** What only a plan asks for. */
function readPlan(env, mode, problems) {
    if (mode !== 'plan')
        return { showValues: false, failOnChanges: false };
    const showValues = readOrDefault(env, 'show-values', problems, parseBoolean);
    const failOnChanges = readOrDefault(env, 'fail-on-changes', problems, parseBoolean);
    return { showValues, failOnChanges };
}
/** All inputs that there are, and those that there were: these are told with what they have become. */
function inputNames(strategies) {
    return [...allInputs(strategies), ...RETIRED_KEYS];
}
/**
 * Reads only how the swarm is reached, as `post` needs it.
 *
 * @throws UserErrors with everything that is wrong with it
 */
function readReach(env) {
    const problems = new Problems();
    const reach = reachOf(env, problems);
    problems.throwAll();
    return reach;
}
function reachOf(env, problems) {
    return reachFrom({
        input: (name) => input(env, name),
        resolvePath: (path) => resolvePath(env, path),
        hasAgent: Boolean(env.SSH_AUTH_SOCK),
    }, problems);
}
/** Whether the run takes the lock, and how long it waits for it. */
function readLock(env, problems) {
    const isLocked = readOrDefault(env, 'lock', problems, parseBoolean);
    const timeoutSeconds = readOrDefault(env, 'lock-timeout', problems, parseTimeout);
    return isLocked ? { timeoutSeconds } : undefined;
}
/** The accounts of a run. Every secret of one is masked, and each is checked against the others. */
function readAccounts(env, problems) {
    const credentials = readCredentials(env, problems);
    const dockerConfigs = readDockerConfigs(input(env, 'docker-config'), env, problems);
    read_checkNames(credentials, dockerConfigs, problems);
    const configDirectories = parseConfigDirectories(input(env, DIRECTORIES_INPUT), env, problems);
    return { credentials, dockerConfigs, configDirectories };
}
/** The accounts of all inputs that give some. */
function readCredentials(env, problems) {
    const sources = { env, readFile: fileReader(env) };
    const short = Object.fromEntries(SHORT_FORM_INPUTS.map((name) => [name, input(env, name)]));
    const credentials = [
        ...credentialsFromText(input(env, 'registries'), 'registries', sources, problems),
        ...credentialsFromFile(input(env, 'registries-file').trim(), sources, problems),
        credentialFromShortForm(short, sources.readFile, problems),
    ].filter((credential) => credential !== undefined);
    checkSeparation(credentials, problems);
    return credentials;
}
/** A name means one config. */
function read_checkNames(credentials, configs, problems) {
    for (const { name, origin } of configs) {
        const other = credentials.find(({ config }) => config === (name ?? UNNAMED_CONFIG));
        if (other === undefined)
            continue;
        problems.add(`${origin}: ${other.origin} has a config of this name too: give one of them another name`);
    }
}
function credentialsFromFile(path, sources, problems) {
    const name = 'registries-file';
    if (path === '')
        return [];
    if (/[\r\n]/.test(path)) {
        // Read all the same, so that its passwords are masked.
        credentialsFromText(path, name, sources, new Problems());
        problems.add(`${name}: this is no path but several lines: give the content in \`registries\`, or write the path of a file`);
        return [];
    }
    // What holds no blank and has the look of a path is no credential.
    const place = /^[\w./~+-]*[./][\w./~+-]*$/.test(path) ? `${name} ${path}` : name;
    const text = problems.at(place).attempt(() => sources.readFile(path));
    if (text?.trim() === '')
        problems.add(`${name}: the file is empty: write credentials to it, or leave the input out`);
    return credentialsFromText(text ?? '', name, sources, problems);
}
/** The authorities of registries, and whether the nodes get them. */
function readTrust(env, credentials, services, problems) {
    const ofCredentials = credentials.map(({ registry }) => registry);
    const ofImages = services.flatMap(({ image }) => (image === undefined ? [] : [image.registry]));
    const registries = ofCredentials.length > 0 ? ofCredentials : ofImages;
    const sources = { readFile: fileReader(env), registries, now: new Date() };
    const text = input(env, 'registry-ca');
    const registryCas = registryCasFromText(text, sources, problems);
    const isInstalled = readOrDefault(env, 'install-registry-ca', problems, parseBoolean);
    const image = read(env, 'install-registry-ca-image', problems, parseImage);
    if (!isInstalled) {
        if (image !== undefined) {
            log_log.notice('install-registry-ca-image: it only counts with `install-registry-ca: true`, and is not used');
        }
        return { registryCas };
    }
    if (text.trim() === '') {
        problems.add('install-registry-ca: there is nothing to install: give the CA in `registry-ca`, or leave this out');
    }
    if (input(env, 'install-registry-ca-image').trim() === '') {
        problems.add('install-registry-ca: it needs an image whose containers write the file on the nodes, as root: name one that you trust and that every node can pull or has, with a shell, in `install-registry-ca-image`, such as `busybox:1.37`');
    }
    return { registryCas, ...(image && { installCas: { image } }) };
}
function readServices(env, forAll, problems) {
    const text = input(env, 'services');
    const stack = input(env, 'stack').trim();
    if (text.trim() !== '' && stack !== '') {
        problems.add('`services` and `stack` are both given: give each a step of its own, for a service of a stack gets all it has from the compose files');
        return [];
    }
    if (text.trim() !== '')
        return servicesFromText(text, forAll, attachmentSources(env), problems);
    if (stack !== '')
        return [];
    const given = ['images', 'registries', 'registries-file', ...SHORT_FORM_INPUTS, 'docker-config'].find((name) => input(env, name) !== '');
    const why = given === undefined ? 'it is empty' : `it is empty, and \`${given}\` alone deploys nothing`;
    problems.add(`services: ${why}: write what to deploy, such as \`web: ghcr.io/org/web:1.2\`, or give a \`stack\``);
    return [];
}
function readStackInputs(env, replacement, problems) {
    const inputs = {
        stack: input(env, 'stack'),
        'compose-file': input(env, 'compose-file'),
        'env-file': input(env, 'env-file'),
        prune: input(env, 'prune'),
        'rerun-jobs': input(env, 'rerun-jobs'),
        only: input(env, 'only'),
    };
    return readStack(inputs, replacement, env, problems);
}
/** Whose tasks are to be replaced. The services of a stack that is there already are only known when the swarm is seen. */
function readForce(env, stack, services, problems) {
    const force = readOrDefault(env, 'force', problems, parseSelection);
    const [all, owner] = stack === undefined ? [services, '`services`'] : [nameables(stack), `the stack ${stack.name}`];
    const isKnown = all.length > 0 && !services.some(({ isStack }) => isStack);
    const problem = isKnown ? unknownNames(force, all, owner) : undefined;
    if (problem !== undefined)
        problems.add(`force: ${problem}`);
    const idle = force === 'all' ? [] : [...selected(force, all)].filter((name) => stack?.leftOut.includes(name));
    if (idle.length > 0)
        problems.add(`force: \`only\` leaves ${problems_listed(idle)} out: add the name there, or take it out here`);
    return force;
}
function parseOnShortLived(text) {
    return parseChoice(text, ON_SHORT_LIVED);
}
function parseMaxParallel(text) {
    return parseInteger(text, 1, MOST_PARALLEL);
}
function parseTimeout(text) {
    const seconds = parseDuration(text);
    if (seconds <= LONGEST_TIMEOUT_SECONDS)
        return seconds;
    throw new errors_UserError(`${text} is more than a day: write at most 24h`);
}

;// CONCATENATED MODULE: ./build/docker/engine/caught-up.js


const caught_up_LOOK_EVERY_MS = 1000;
/**
 * Waits until the manager knows what there is on its swarm. A leader that was killed and comes back shows nothing at all
 * for a moment. Each manager is a node itself, so one that knows of no node has not caught up.
 */
async function untilCaughtUp(engine, signal) {
    while ((await engine.get('/nodes', { signal })).length === 0)
        await clock_sleep(caught_up_LOOK_EVERY_MS, signal);
}
/**
 * What a list of the swarm shows. That it is empty, or lacks what was there, is believed of a manager only that knows what
 * there is by then: it is read once more.
 *
 * @param proves whether one entry proves that the manager has caught up: each does unless told
 * @param least so many of them do
 */
async function readSurely(read, engine, signal, proves = () => true, least = 1) {
    const first = await read();
    if (first.filter(proves).length >= least)
        return first;
    await untilCaughtUp(engine, signal);
    return read();
}
/** What one reading shows; `undefined` when there is no such thing, as a manager says that knows what there is. */
async function findSurely(read, engine, signal) {
    const asList = async () => {
        try {
            return [await read()];
        }
        catch (error) {
            if (error instanceof engine_EngineError && error.status === 404)
                return [];
            throw error;
        }
    };
    return (await readSurely(asList, engine, signal))[0];
}

;// CONCATENATED MODULE: ./build/docker/engine/removal.js


/**
 * Removes what has this path. What is gone already is fine; it is believed of a manager only that knows what there is: a
 * leader that comes back takes everything for gone at first.
 *
 * @param path of the Engine API: `/services/3ab\u2026`. An ID, not a name: what somebody else makes anew is not ours
 * @throws EngineError when the swarm refuses
 */
async function removal_remove(engine, path, signal) {
    if (await wasThere(engine, path, signal))
        return;
    await untilCaughtUp(engine, signal);
    await wasThere(engine, path, signal);
}
/** Removes it. False when the manager knows of no such thing. */
async function wasThere(engine, path, signal) {
    try {
        await engine.remove(path, { signal });
        return true;
    }
    catch (error) {
        if (error instanceof engine_EngineError && error.status === 404)
            return false;
        throw error;
    }
}

;// CONCATENATED MODULE: ./build/docker/specs/service-mode.js
/** Whether its tasks are meant to complete. */
function service_mode_isJob(spec) {
    return spec.Mode.ReplicatedJob !== undefined || spec.Mode.GlobalJob !== undefined;
}
/** How many tasks the service wants; `undefined` for a mode in which the nodes decide. */
function service_mode_wantedTasks(spec) {
    if (spec.Mode.Replicated)
        return spec.Mode.Replicated.Replicas ?? 1;
    if (spec.Mode.ReplicatedJob)
        return spec.Mode.ReplicatedJob.TotalCompletions ?? spec.Mode.ReplicatedJob.MaxConcurrent ?? 1;
    return undefined;
}
/** The number of tasks of a replicated service; `undefined` for every other mode, also of a job. */
function replicasOf({ Mode: { Replicated: replicated } }) {
    return replicated && (replicated.Replicas ?? 1);
}
/** A replicated service with another number of tasks; any other as it is. */
function withReplicas(spec, replicas) {
    return spec.Mode.Replicated === undefined ? spec : { ...spec, Mode: { Replicated: { Replicas: replicas } } };
}
/** Whether the nodes decide how many tasks there are. */
function service_mode_isGlobal(spec) {
    return spec.Mode.Global !== undefined || spec.Mode.GlobalJob !== undefined;
}
/** Whether a task that has completed is not started again. */
function service_mode_endsForGood(spec) {
    const condition = spec.TaskTemplate.RestartPolicy?.Condition ?? 'any';
    return service_mode_isJob(spec) || condition !== 'any';
}
/** The mode as docker's `--mode` has it: `replicated`, as long as no other is given. */
function service_mode_modeName({ Mode: mode }) {
    if (mode.Global)
        return 'global';
    if (mode.GlobalJob)
        return 'global-job';
    return mode.ReplicatedJob ? 'replicated-job' : 'replicated';
}

;// CONCATENATED MODULE: ./build/docker/specs/spec-update.js







/** Swarm itself writes to a service twice while it updates it, and each write makes ours come too late. */
const ATTEMPTS = 8;
const spec_update_LONGEST_PAUSE_MS = 500;
/** Of a change of which nobody knows whether it was taken. */
const LONG_PAUSE_MS = 1000;
/**
 * Gives a service a whole spec, as no docker command can: the spec is sent as the daemon once gave it, with all its
 * fields. Repeated where Swarm's own writes or an election came between; never over somebody else's deploy. When the daemon
 * fails, or its answer is lost, a look tells whether it has taken the spec.
 *
 * @param bases the specs of which the service must still have one
 * @param asWritten the spec as it is to be written over the one that the service has: with notes in labels that
 * `sameSpec` does not see
 * @throws EngineError when the swarm refuses the spec
 */
async function updateSpec(engine, serviceId, bases, wanted, credential, signal, asWritten = (wanted) => wanted) {
    // Whether a look tells that a change has come through whose answer was lost.
    const shows = !bases.some((base) => spec_comparison_sameSpec(base, wanted));
    let failure;
    let refusal;
    let outOfSequence = 0;
    async function attempt(number) {
        const service = await spec_update_findService(engine, serviceId, signal);
        if (service === undefined)
            return 'removed';
        if (number > 1 && shows && spec_comparison_sameSpec(service.Spec, wanted))
            return 'done';
        if (refusal !== undefined)
            throw refusal;
        if (![...bases, wanted].some((spec) => isBase(service.Spec, spec)))
            return 'changed';
        await send(service);
        return 'done';
    }
    /** The first time that the number of tasks is left to others, only the wanted spec says so. */
    function isBase(now, base) {
        if (spec_comparison_sameSpec(now, base))
            return true;
        const number = replicasOf(base);
        return own_labels_hasOthersScale(wanted.Labels) && number !== undefined && spec_comparison_sameSpec(withReplicas(now, number), base);
    }
    async function send(service) {
        try {
            await engine.post(`/services/${service.ID}/update`, {
                query: queryFor(service, credential),
                body: asWritten(wanted, service.Spec),
                signal,
                ...(credential.from === 'header' ? { registryAuth: credential.header } : {}),
            });
        }
        catch (error) {
            failure = error;
            throw error;
        }
    }
    function pauseMs(error, { number, elapsedMs }) {
        // A look that fails has been patient already.
        if (error !== failure || error === refusal)
            return undefined;
        // A look tells whether it is gone, or the manager had just come back and knew of nothing.
        const isGone = error instanceof engine_EngineError && error.status === 404 && error.message.includes(serviceId);
        const isLost = isAnswerLost(error);
        if (isLost ? elapsedMs >= ELECTION_PATIENCE_MS : ++outOfSequence === ATTEMPTS)
            return undefined;
        if (!mayRepeat(error) && !isGone) {
            if (!spec_update_isFailure(error))
                return undefined;
            refusal = error;
        }
        // A connection that has died is the most frequent reason, and the next call has another.
        return isLost && number > 2 ? LONG_PAUSE_MS : Math.random() * spec_update_LONGEST_PAUSE_MS;
    }
    return retry(attempt, pauseMs, signal);
}
/** The service with this name or ID; `undefined` when there is none, as a manager says that knows what there is. */
function spec_update_findService(engine, name, signal) {
    return findSurely(() => engine.get(`/services/${name}`, { signal }), engine, signal);
}
/** Whether the daemon failed where it did not refuse: it may have done what it was asked for all the same. */
function spec_update_isFailure(error) {
    return error instanceof engine_EngineError && error.status >= 500;
}
/** Whether the daemon's words mean that another write came between. */
function isOutOfSequence(message) {
    return /update out of sequence/.test(message);
}
/** Whether nobody knows what became of a change: its answer was lost, or the swarm had no leader. */
function isAnswerLost(error) {
    if (error instanceof ConnectionLost)
        return true;
    return error instanceof engine_EngineError && (isElection(error.message) || isNoManager(error.message));
}
/** The next look tells what became of it. */
function mayRepeat(error) {
    return isAnswerLost(error) || (error instanceof engine_EngineError && isOutOfSequence(error.message));
}
function queryFor(service, credential) {
    const version = String(service.Version.Index);
    return credential.from === 'header' ? { version } : { version, registryAuthFrom: credential.from };
}

;// CONCATENATED MODULE: ./build/connect/bound-connection.js


/**
 * A connection with calls that all end at a limit, whatever signals they are given.
 *
 * @param limit aborted when they have to end: asked for at the beginning of each call
 * @param onAnswer told of each call that was answered
 */
function bound_connection_boundConnection(connection, limit, onAnswer) {
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
        }
        catch (error) {
            throw isEndedInTime(error, within) ? unanswered(`${method} ${path}`, within, error) : error;
        }
    };
    return {
        get apiVersion() {
            return engine.apiVersion;
        },
        get: (path, options) => bound('GET', path, options, engine.get),
        post: (path, options) => bound('POST', path, options, engine.post),
        remove: (path, options) => bound('DELETE', path, options, engine.remove),
        bytes: (path, options) => bound('GET', path, options, engine.bytes),
        lines: (path, options) => engine.lines(path, withLimit(options, limit())),
        forward: (request) => engine.forward(request),
        close: () => engine.close(),
    };
}
function boundCli(docker, limit) {
    return {
        start: (args) => docker.start(args),
        run: async (args, options) => {
            const within = withLimit(options, limit());
            try {
                return await docker.run(args, within);
            }
            catch (error) {
                throw isEndedInTime(error, within)
                    ? new Error(`docker ${commandIn(args)} did not end`, { cause: error })
                    : error;
            }
        },
    };
}
function withLimit(options, limit) {
    // Always one of its own: Node 20 warns of a signal that more than ten listen to.
    const signal = AbortSignal.any(options?.signal === undefined ? [limit] : [options.signal, limit]);
    return { ...options, signal };
}
/** An abort by a time limit, which says nothing of what it has ended. */
function isEndedInTime(error, { signal }) {
    const isLimit = signal.reason?.name === 'TimeoutError';
    return isLimit && error.name === 'AbortError';
}
function unanswered(request, { signal }, cause) {
    const reason = messageOf(signal.reason);
    return new TooLate(`the docker daemon did not answer ${request}: ${reason}`, { cause, reason });
}
/** `service create` of `--config /tmp/x service create --name web`. */
function commandIn(args) {
    const start = args[0] === '--config' ? 2 : 0;
    return args.slice(start, start + 2).join(' ');
}

;// CONCATENATED MODULE: ./build/connect/run-time.js




/**
 * The time of a run, in one place. `timeout` is for all of it: what is done before anything changes may take a part of
 * that, so that a rollout that is begun can end; the way back has a time of its own; and a run that is stopped has a few
 * seconds, whatever it is at.
 */
/** As much of `timeout` is kept for the rollout: nothing is sent when less is left. */
const ROLLOUT_SHARE = 0.25;
/** A way back takes no shorter than that, however short the rollout was to be. */
const LEAST_WAY_BACK_SECONDS = 60;
/** The shares of a run whose input `timeout` is so many seconds. Pure. */
function run_time_sharesOf(timeoutSeconds) {
    return {
        before: timeoutSeconds * (1 - ROLLOUT_SHARE),
        rollout: timeoutSeconds,
        wayBack: Math.max(timeoutSeconds, LEAST_WAY_BACK_SECONDS),
    };
}
/** When the time of a part is over, calls that are under way may still end, and a diagnosis be made. */
const GRACE_MS = 7000;
/** The same when nothing has been answered since. */
const GRACE_IN_SILENCE_MS = 2000;
/** A swarm that has not answered for as long is silent: the way back then is a last try. */
const SILENT_MS = 10_000;
const LAST_TRY_MS = 5000;
const CLOSING_MS = 60_000;
const CLOSING_IN_SILENCE_MS = 1500;
/**
 * How long after a stop the calls of each part end. GitHub's runner sends SIGINT, SIGTERM after 7.5 s and SIGKILL after
 * 10 s; others leave less.
 */
const AFTER_STOP_MS = { rollout: 1000, 'way-back': 3000, closing: 4000 };
/** When even that was too long, the step ends without a last word of the swarm. */
const GIVE_UP_AFTER_STOP_MS = 4500;
/** The time of one run. It begins when it is made. */
class RunTime {
    #shares;
    #stop;
    #stoppedAt;
    #countdown;
    #part = 'rollout';
    #limit;
    #answeredAt = nowMs();
    /** @param stop aborted when the runner wants the run to stop */
    constructor(timeoutSeconds, stop) {
        this.#shares = run_time_sharesOf(timeoutSeconds);
        this.#stop = stop;
        const onStop = () => {
            this.#stoppedAt = nowMs();
        };
        if (stop.aborted)
            onStop();
        else
            stop.addEventListener('abort', onStop, { once: true });
        this.#countdown = new Countdown(this.#shares.rollout);
        this.#limit = this.#limitOf('rollout', this.#overWithGrace());
    }
    /** How long the present part may take: the run up to the end of its rollout, or its way back. */
    get seconds() {
        return this.#countdown.seconds;
    }
    /** How much of it is left, in milliseconds; negative when it is over. */
    get leftMs() {
        return this.#countdown.leftMs;
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
        return this.#countdown.aside(seconds * 1000, work);
    }
    /**
     * Does a stage before the first change. It ends in time also when the work takes no notice of the signal.
     *
     * @param what the stage, in the words of the log
     * @throws TimedOut when its share of the time is over
     */
    async before(what, work) {
        const over = this.over((this.#shares.before - this.#shares.rollout) * 1000);
        const signal = AbortSignal.any([this.#stop, over]);
        const unresponsive = new Promise((_, reject) => {
            const giveUp = () => setTimeout(() => reject(signal.reason), AFTER_STOP_MS['way-back']).unref();
            signal.addEventListener('abort', giveUp, { once: true });
        });
        try {
            signal.throwIfAborted();
            return await Promise.race([work(signal), unresponsive]);
        }
        catch (error) {
            // Whatever else it broke.
            this.#stop.throwIfAborted();
            throw over.aborted ? run_time_tooLate(this.#shares, what, error) : error;
        }
    }
    /** From here on the way back has its own time. In a swarm that is silent it is one last try. */
    beginWayBack() {
        if (this.#part !== 'rollout')
            return;
        this.#part = 'way-back';
        const lastTryMs = Math.max(LAST_TRY_MS, Math.min(this.#countdown.leftMs, CLOSING_MS));
        const isSilent = this.#isSilent;
        this.#countdown = new Countdown(isSilent ? lastTryMs / 1000 : this.#shares.wayBack);
        this.#limit = this.#limitOf('way-back', isSilent ? this.over() : this.#overWithGrace());
    }
    /** From here on all that is left to do is to leave nothing behind. */
    beginClosing() {
        if (this.#part === 'closing')
            return;
        this.#part = 'closing';
        const ms = this.#isSilent ? CLOSING_IN_SILENCE_MS : CLOSING_MS;
        this.#limit = this.#limitOf('closing', new Countdown(ms / 1000).signal(0));
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
        const end = new AbortController();
        const early = this.over(GRACE_IN_SILENCE_MS);
        const onEarly = () => {
            if (nowMs() - this.#answeredAt >= GRACE_IN_SILENCE_MS)
                end.abort(early.reason);
        };
        early.addEventListener('abort', onEarly, { once: true });
        return AbortSignal.any([end.signal, this.over(GRACE_MS)]);
    }
    #limitOf(part, over) {
        const end = new AbortController();
        const onStop = () => {
            const passed = nowMs() - (this.#stoppedAt ?? nowMs());
            setTimeout(() => end.abort(tooLong('the run was stopped')), Math.max(0, AFTER_STOP_MS[part] - passed)).unref();
        };
        if (this.#stop.aborted)
            onStop();
        else
            this.#stop.addEventListener('abort', onStop, { once: true });
        return AbortSignal.any([over, end.signal]);
    }
}
/** The time of the run was over before anything was changed. */
class TimedOut extends (/* unused pure expression or super */ null && (UserError)) {
    name = 'TimedOut';
}
function run_time_tooLate({ before, rollout }, stage, waitedFor) {
    const share = `${before} of the ${rollout} s were over in the stage \u201c${stage}\u201d`;
    const said = waitedFor instanceof DOMException ? '' : `: ${messageOf(waitedFor)}`;
    return new TimedOut(`timeout: ${share}, and too little was left for the rest${said}. Nothing was changed`, {
        cause: waitedFor,
    });
}

;// CONCATENATED MODULE: ./build/rollout/lifetime.js


/** What a run may need beyond its timeouts and trials: logins, look-ups, and stopping. */
const MARGIN_SECONDS = (/* unused pure expression or super */ null && (15 * 60));
/** For how many seconds a run is at work at the most: after that what it holds on the swarm counts no more. Pure. */
function lifetime_lifetimeOf(deployment) {
    const { timeoutSeconds, services } = deployment;
    const stack = stackOf(deployment);
    const all = [...services, ...(stack === undefined ? [] : [stack])];
    const trials = Math.max(...all.map(({ strategy }) => strategy.uncountedSeconds));
    return lifetimeOfSeconds(timeoutSeconds, trials);
}
/** The same by the input `timeout`, and the seconds that trials take beyond it. */
function lifetimeOfSeconds(timeoutSeconds, trials = 0) {
    const { rollout, wayBack } = sharesOf(timeoutSeconds);
    return Math.ceil(rollout + wayBack + trials + MARGIN_SECONDS);
}

;// CONCATENATED MODULE: ./build/runner/command-files.js




/** The files by which a step hands something on (docs.github.com, "Workflow commands", environment files). */
const FILES = {
    GITHUB_OUTPUT: 'The outputs of this step',
    GITHUB_ENV: 'The variables for later steps',
    GITHUB_STATE: 'What is kept for the end of the job',
    GITHUB_STEP_SUMMARY: 'The job summary',
};
const outputs = new Map();
const summary = (/* unused pure expression or super */ null && ([]));
const errors = (/* unused pure expression or super */ null && ([]));
/** All outputs, summaries and errors of this process so far. */
function handedOn() {
    return { outputs, summary, errors };
}
/** Keeps what ended the run, fit to be shown, for whoever started it without a runner. A runner has the annotations. */
function keepErrors(problems) {
    errors.push(...problems);
}
/**
 * Sets an output of the step. A file that cannot be written is a warning: it says nothing of the deploy.
 *
 * @returns whether it is handed on, or there is nobody to hand it on to
 */
function setOutput(name, value) {
    outputs.set(name, value);
    return append('GITHUB_OUTPUT', named(name, value));
}
/** Sets a variable in the environment of all later steps of the job, in the same way. */
function exportVariable(name, value) {
    return append('GITHUB_ENV', named(name, value));
}
/** Saves a value for `post`, in the same way. */
function saveState(name, value) {
    append('GITHUB_STATE', named(name, value));
}
/** Adds Markdown to the job summary, in the same way. Some runners have none, and get none. */
function addSummary(markdown) {
    summary.push(markdown);
    if (process.env.GITHUB_STEP_SUMMARY)
        append('GITHUB_STEP_SUMMARY', `${markdown}\n`);
}
/** A name with a value of many lines, which ends with a line that the value does not have. */
function named(name, value) {
    let delimiter = 'ghadelimiter';
    while (value.includes(delimiter))
        delimiter += '_';
    return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
}
/** @returns `false`: it could not be written, which a warning says */
function append(file, text) {
    const path = process.env[file];
    // In a shell of one's own there is nobody to hand anything on to.
    if (!path && !workflow_commands_isInRunner(process.env))
        return true;
    try {
        if (!path)
            throw new Error(`the runner has not set ${file}`);
        appendWhole(path, text);
        return true;
    }
    catch (error) {
        log_log.warning(`${FILES[file]} could not be written: ${errors_messageOf(error)}`);
        return false;
    }
}
/** Adds the whole text or nothing: half of an output, as a full disk leaves it, fails the step in the runner. */
function appendWhole(path, text) {
    const file = (0,external_node_fs_namespaceObject.openSync)(path, 'a');
    try {
        const { size } = (0,external_node_fs_namespaceObject.fstatSync)(file);
        const bytes = Buffer.from(text);
        try {
            for (let done = 0; done < bytes.length;)
                done += (0,external_node_fs_namespaceObject.writeSync)(file, bytes, done);
        }
        catch (error) {
            cutBack(file, size);
            throw error;
        }
    }
    finally {
        (0,external_node_fs_namespaceObject.closeSync)(file);
    }
}
function cutBack(file, size) {
    try {
        (0,external_node_fs_namespaceObject.ftruncateSync)(file, size);
    }
    catch {
        // No regular file: nothing of it can be taken back.
    }
}

;// CONCATENATED MODULE: ./build/runner/saved.js


/** Hands a value to `post` by way of the runner. What some runners lose there is in the journal too. */
function saved_saveForPost(name, value) {
    if (name === 'lock')
        state_note({ lock: value });
    saveState(name, value);
}

;// CONCATENATED MODULE: ./build/lock/lock-config.js


/**
 * A lock on the swarm: a config object with a fixed name. Swarm gives a name to one object only, so whoever could
 * make it has the lock, and nobody needs a service of their own for it.
 */
const lock_config_PREFIX = 'swarm-deploy.lock';
// swarmkit, manager/controlapi/common.go
const lock_config_LONGEST_NAME = 64;
const HASH_LENGTH = 12;
const OWNER = `${lock_config_PREFIX}.owner`;
const lock_config_URL = `${lock_config_PREFIX}.url`;
const SECONDS = `${lock_config_PREFIX}.seconds`;
const TOKEN = `${lock_config_PREFIX}.token`;
/** Whoever may make a config may write anything into its labels. */
const MOST_SHOWN = 300;
/** The name of the lock for a service or a stack. */
function lock_config_lockName(kind, name) {
    const plain = `${lock_config_PREFIX}.${kind}.${name}`;
    if (plain.length <= lock_config_LONGEST_NAME)
        return plain;
    const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
    return `${plain.slice(0, lock_config_LONGEST_NAME - HASH_LENGTH - 1)}.${hash}`;
}
/** The body that makes a lock. */
function lock_config_lockBody(name, { owner, url, seconds, token }) {
    const labels = { [OWNER]: owner, [lock_config_URL]: url, [SECONDS]: String(seconds), [TOKEN]: token };
    return { Name: name, Labels: labels, Data: Buffer.from('a lock of a deploy').toString('base64') };
}
/** The filter that finds the locks of one run. */
function locksOf(token) {
    return JSON.stringify({ label: [`${TOKEN}=${token}`] });
}
/** The command that removes the locks of one run, and never another's of the same name. */
function lock_config_releaseByHand(token) {
    return `docker config rm $(docker config ls --quiet --filter label=${TOKEN}=${token})`;
}
/** A config object read as a lock. */
function lock_config_heldLock({ ID, CreatedAt, Spec }) {
    const labels = Spec.Labels ?? {};
    const holder = {
        owner: safe_text_safeLine(labels[OWNER] ?? '', MOST_SHOWN) || 'someone unknown',
        url: safe_text_safeLine(labels[lock_config_URL] ?? '', MOST_SHOWN),
        // One that was made by hand stays until it is removed by hand.
        seconds: /^\d+$/.test(labels[SECONDS] ?? '') ? Number(labels[SECONDS]) : Number.POSITIVE_INFINITY,
        token: labels[TOKEN] ?? '',
    };
    return { id: ID, holder, createdAt: CreatedAt };
}
/**
 * Whether a lock no longer counts. Both times are the swarm's: runners' clocks differ.
 *
 * @param now of the swarm, RFC 3339
 */
function lock_config_isExpired({ createdAt, holder }, now) {
    return lock_config_secondsLeft(createdAt, holder.seconds, now) <= 0;
}
/** How long a lock still counts at most. */
function lock_config_secondsLeft(createdAt, seconds, now) {
    return Math.ceil((Date.parse(createdAt) - Date.parse(now)) / 1000) + seconds;
}

;// CONCATENATED MODULE: ./build/lock/lock.js












/** While the swarm elects a leader, nobody knows for up to 20 s what became of a call. */
const CALL_TIMEOUT_MS = 120_000;
/** A runner that stops a job leaves seven seconds. */
const RELEASE_TIMEOUT_MS = 5000;
const lock_LOOK_EVERY_MS = 1000;
/** What may be left is told before a stage that does not end after a stop is given up (`before` of `RunTime`): 3 s. */
const TELL_AFTER_STOP_MS = 2000;
/**
 * Takes the lock of the stack, or those of the services: nobody else who asks for them deploys until this run is
 * over. Its state is saved first, so that `post` releases them when this process is killed.
 *
 * @throws UserError when somebody else holds one for longer than `lock-timeout`
 */
function takeLock(asked, run, connection, time, signal, onRemains) {
    const { lock, services } = asked;
    const locking = { lock, stack: stackOf(asked), services, seconds: lifetimeOf(asked) };
    return takeLockOf(locking, run, connection, time, signal, onRemains);
}
/** The same for a run that is no deploy. */
async function takeLockOf({ lock, stack, services, seconds }, run, { engine }, time, signal, onRemains) {
    if (lock === undefined)
        return { takeServices: async () => undefined, [Symbol.asyncDispose]: async () => undefined };
    const holder = { ...run, seconds };
    saveForPost('lock', holder.token);
    const held = new Map();
    const told = [];
    const take = (names) => stage('Take the lock', async () => {
        // In one order for all runs, or two of them would wait for each other.
        for (const name of names.toSorted()) {
            await waitFor(engine, name, holder, held, lock, time, signal);
            log.info(`${name}: locked`);
        }
    });
    const keeper = {
        takeServices: async ({ services }) => {
            const names = services
                .map(({ name, isStack }) => lockName(isStack ? 'stack' : 'service', name))
                .filter((name) => !held.has(name));
            if (names.length > 0)
                await take(names);
        },
        [Symbol.asyncDispose]: () => {
            time.beginClosing();
            return release(engine, holder, held, told, onRemains);
        },
    };
    const onStop = () => setTimeout(() => told.push(...tellLeft(held, onRemains)), TELL_AFTER_STOP_MS).unref();
    signal.addEventListener('abort', onStop, { once: true });
    try {
        if (stack === undefined)
            await keeper.takeServices({ services });
        else
            await take([lockName('stack', stack.name)]);
        return keeper;
    }
    catch (error) {
        await keeper[Symbol.asyncDispose]();
        throw error;
    }
    finally {
        signal.removeEventListener('abort', onStop);
    }
}
/** @returns what takes it back */
function tellLeft(held, onRemains) {
    return held.size === 0 ? [] : [onRemains(`${someOf([...held.keys()])} may be left`)];
}
async function waitFor(engine, name, holder, held, { timeoutSeconds }, time, signal) {
    const deadline = nowMs() + timeoutSeconds * 1000;
    let waitsFor = '';
    while (!(await create(engine, name, holder, held))) {
        signal.throwIfAborted();
        const other = await lock_find(engine, name, signal);
        if (other === undefined)
            continue;
        if (other.holder.token === holder.token)
            return;
        held.delete(name);
        const { SystemTime: now } = await engine.get('/info', { signal });
        if (isExpired(other, now)) {
            log.warning(`${name}: the lock of ${lock_named(other.holder)} has expired, and is broken`);
            // By its ID: of two that break it, the second must not take away the first one's new lock.
            await remove(engine, `/configs/${other.id}`, signal);
            continue;
        }
        if (nowMs() >= deadline)
            throw new UserError(lock_tooLong(name, other, now, timeoutSeconds));
        if (waitsFor !== other.id) {
            log.info(`${name}: waiting for ${lock_named(other.holder)} to release it, for at most ${timeoutSeconds} s`);
        }
        waitsFor = other.id;
        const pauseMs = Math.min(lock_LOOK_EVERY_MS, Math.max(0, deadline - nowMs()));
        await time.aside(pauseMs / 1000, () => sleep(pauseMs, signal));
    }
}
function lock_named({ owner, url }) {
    return url === '' ? owner : `${owner} (${url})`;
}
function lock_tooLong(name, { holder, createdAt }, now, timeoutSeconds) {
    const left = secondsLeft(createdAt, holder.seconds, now);
    const until = Number.isFinite(left) ? `It expires by itself in ${left} s. ` : '';
    return `lock-timeout: ${lock_named(holder)} has held ${name} for longer than ${timeoutSeconds} s. ${until}If that run is gone, remove its lock with \`docker config rm ${name}\`; else write a longer \`lock-timeout\``;
}
/** Whether the lock is ours now. A call whose answer is lost is made again: then the lock that is there is ours. */
async function create(engine, name, holder, held) {
    held.set(name, 'asked for');
    try {
        await engine.post('/configs/create', {
            body: lockBody(name, holder),
            mayRepeat: true,
            signal: timeLimit(CALL_TIMEOUT_MS),
        });
        held.set(name, 'made');
        return true;
    }
    catch (error) {
        if (!(error instanceof EngineError))
            throw error;
        held.set(name, 'already');
        if (error.status === 409)
            return false;
        if (!isFailure(error))
            held.delete(name);
        throw new UserError(`lock: the swarm refuses to make ${name}: ${error.message}`);
    }
}
async function lock_find(engine, name, signal) {
    const filters = JSON.stringify({ name: [name] });
    const found = await engine.get('/configs', { query: { filters }, signal });
    const config = found.find(({ Spec }) => Spec.Name === name);
    return config && heldLock(config);
}
/** Removes what this run holds, and nothing else; what is gone already is fine. It never fails the run. */
async function release(engine, holder, held, told, onRemains) {
    try {
        const released = held.size > 0 ? await releaseAll(engine, holder.token, timeLimit(RELEASE_TIMEOUT_MS)) : [];
        for (const [name, state] of held)
            if (state !== 'asked for' || released.includes(name))
                held.delete(name);
        if (held.size > 0)
            throw new Error('the call that makes it was broken off');
        saveForPost('lock', '');
        for (const takeBack of told)
            takeBack();
    }
    catch (error) {
        tellLeft(held, onRemains);
        const names = [...held.keys()].join(', ');
        const isOurs = [...held.values()].every((state) => state === 'made');
        const what = isOurs ? `Not released: ${names}` : `It is not known whether this run has left ${names}`;
        log.warning(`${what} (${messageOf(error)}). What it has taken expires by itself ${holder.seconds} s later, or is removed with \`${releaseByHand(holder.token)}\``);
    }
}
/** @returns the names of those that were there */
async function releaseAll(engine, token, signal) {
    const query = { filters: locksOf(token) };
    const read = () => engine.get('/configs', { query, signal });
    const left = await readSurely(read, engine, signal, (one) => lock_config_heldLock(one).holder.token === token);
    // The filter of a daemon that does not know it would let everything through.
    const ours = left.filter((one) => lock_config_heldLock(one).holder.token === token);
    await Promise.all(ours.map(({ ID }) => removal_remove(engine, `/configs/${ID}`, signal)));
    return ours.map(({ Spec }) => Spec.Name);
}
/** Releases what a killed main left behind. @returns the names of those that were there */
function releaseLeft(token, { engine }) {
    return releaseAll(engine, token, clock_timeLimit(CALL_TIMEOUT_MS));
}

;// CONCATENATED MODULE: ./build/docker/registry/registry-auth.js


/**
 * The credential as the Engine API takes it: the body of `POST /auth`.
 * `serveraddress` is the exact registry: nodes with the containerd image store send a credential nowhere else
 * (moby, daemon/containerd/resolver.go).
 */
function authConfig(credential) {
    const serveraddress = registryKey(credential.registry);
    const secret = credential.password.reveal();
    return credential.kind === 'identity-token'
        ? { identitytoken: secret, serveraddress }
        : { username: credential.username, password: secret, serveraddress };
}
/**
 * The value of the header `X-Registry-Auth`: base64url *with* padding. Without it the daemon drops the credential and
 * does not say so (moby, api/pkg/authconfig).
 */
function registry_auth_registryAuthHeader(credential) {
    const base64 = Buffer.from(JSON.stringify(authConfig(credential))).toString('base64');
    return new Secret(base64.replaceAll('+', '-').replaceAll('/', '_'));
}

;// CONCATENATED MODULE: ./build/runner/parallel.js
/**
 * Does the work for every item, at most `limit` at the same time, and gives the results in the items' order.
 *
 * @throws what the first failing work threw; no further work is begun then
 */
async function inParallel(items, limit, work) {
    const results = [];
    const queue = parallel_entriesOf(items);
    const worker = async () => {
        for (const [index, item] of queue)
            results[index] = await work(item);
    };
    await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
    return results;
}
/** Unlike an array's own iterator, a generator is over for every worker as soon as one of them throws out of its loop. */
function* parallel_entriesOf(items) {
    yield* items.entries();
}

;// CONCATENATED MODULE: ./build/prepare/passing-services.js










/**
 * The services of a run that are there for a while only, as they are known on the swarm: those by which nodes pull its
 * images, the one by which they get certificates, and those by which docker runs on each. One that stays goes on, on each node that joins. So each says when
 * nobody needs it any more.
 */
const PREFIXES = { pull: 'swarm-deploy-prepare-', ca: 'swarm-deploy-ca-', tools: 'swarm-deploy-tools-' };
const passing_services_HASH_LENGTH = 12;
const passing_services_RUN = 'swarm-deploy.prepare.run';
const passing_services_OWNER = 'swarm-deploy.prepare.owner';
/** In milliseconds since 1970, by the swarm's clock. */
const UNTIL = 'swarm-deploy.prepare.until';
const MOST_AT_ONCE = 10;
/** The name of such a service for one subject, an image; two runs never have the same. */
function passingServiceName(kind, { token }, subject) {
    return `${PREFIXES[kind]}${createHash('sha256').update(`${token} ${subject}`).digest('hex').slice(0, passing_services_HASH_LENGTH)}`;
}
/** What such a service says of itself. Without the label of a stack no `docker stack` command sees it. */
function passingServiceLabels({ token, owner }, until) {
    return { [passing_services_RUN]: token, [passing_services_OWNER]: owner, [UNTIL]: String(until) };
}
/**
 * Makes such a service.
 *
 * @param credential for its image; `undefined`: it is read without one
 * @returns its ID
 * @throws EngineError, ConnectionLost when the swarm does not take it
 */
async function makePassingService(engine, spec, credential, signal) {
    const auth = credential === undefined ? {} : { registryAuth: registryAuthHeader(credential) };
    try {
        const options = { body: spec, mayRepeat: true, signal, ...auth };
        return (await engine.post('/services/create', options)).ID;
    }
    catch (error) {
        // The answer to a first call was lost.
        const isThere = error instanceof EngineError && error.status === 409;
        const there = isThere ? await findService(engine, spec.Name, signal) : undefined;
        if (there === undefined)
            throw error;
        return there.ID;
    }
}
/**
 * Removes one that this run has made. That a manager does not find it is believed only when it can know: one that has
 * just begun to lead may have heard of the service later than it answers.
 *
 * @throws EngineError, ConnectionLost when the swarm does not do it
 */
async function removePassingService(engine, id, signal) {
    if ((await findService(engine, id, signal)) !== undefined)
        await remove(engine, `/services/${id}`, signal);
}
/** An election of the swarm's leader included. */
const REMOVE_TIMEOUT_MS = 60_000;
/** Of a run that was stopped: it is killed soon, and `post` comes after it. */
const STOPPED_TIMEOUT_MS = 20_000;
/** What is said of services that stay. */
const LEFT = {
    pull: 'the services by which nodes pulled',
    ca: 'the service that wrote certificates on the nodes',
    tools: 'the services by which docker ran on the nodes',
};
/**
 * Removes at the end of a stage what it has made. It never fails the run: what stays is removed by a later one.
 *
 * @param made the IDs of those that are there as far as the stage knows
 * @param stop that of the run
 */
async function removeOurs(kind, engine, { token }, made, stop, onRemains) {
    const limit = timeLimit(stop.aborted ? STOPPED_TIMEOUT_MS : REMOVE_TIMEOUT_MS);
    try {
        const removeMade = (ids) => Promise.allSettled(ids.map((id) => removePassingService(engine, id, limit)));
        const ids = [...made];
        const first = await removeMade(ids);
        await removeOfRun(engine, token, limit);
        // An error that passes leaves nothing.
        const again = await removeMade(ids.filter((_, index) => first[index]?.status === 'rejected'));
        for (const one of again)
            if (one.status === 'rejected')
                throw one.reason;
        note({ pulls: '' });
    }
    catch (error) {
        onRemains(`${LEFT[kind]} may be left`);
        log.warning(`May be left: ${LEFT[kind]} (${messageOf(error)}). On a manager \`${removalByHand(token)}\` does it; a later run that deploys, removes or renews credentials does it too, from wherever, once its time is over`);
    }
}
/** The command that removes the services of a run, whatever their names. */
function removalByHand(token) {
    return `docker service rm $(docker service ls --quiet --filter label=${passing_services_RUN}=${token})`;
}
/** The filter that finds the services of one run, and their tasks. */
function ofRun(token) {
    return JSON.stringify({ label: [`${passing_services_RUN}=${token}`] });
}
/**
 * Removes the services of a run.
 *
 * @throws EngineError, ConnectionLost when the swarm does not do it
 */
async function removeOfRun(engine, token, signal) {
    const found = await engine.get('/services', { query: { filters: ofRun(token) }, signal });
    // The filter of a daemon that does not know it would let everything through.
    const ours = found.filter(({ Spec: { Labels } }) => Labels?.[passing_services_RUN] === token);
    await removeAll(engine, ours, signal);
}
/**
 * Removes what runs have left that nobody could clean up after. Those of runs that may still be at work are left alone.
 *
 * @param now by the swarm's clock, in milliseconds since 1970
 * @returns their names
 */
async function removeExpired(engine, now, signal) {
    const filters = JSON.stringify({ label: [passing_services_RUN] });
    const found = await engine.get('/services', { query: { filters }, signal });
    const expired = found.filter((service) => passing_services_isExpired(service, now));
    await removeAll(engine, expired, signal);
    return expired.map(({ Spec }) => Spec.Name);
}
/** Whether a service is one of these. One of somebody's that has our label and another name is none of ours. */
function isPassingService({ Spec: { Name: name, Labels: labels } }) {
    return labels?.[passing_services_RUN] !== undefined && Object.values(PREFIXES).some((prefix) => name.startsWith(prefix));
}
function passing_services_isExpired(service, now) {
    const until = service.Spec.Labels?.[UNTIL] ?? '';
    return isPassingService(service) && /^\d{1,15}$/.test(until) && Number(until) < now;
}
/** The same before a run changes the swarm, with a word of it. That they do not go is no failure of that run. */
function sweepExpired(engine, now, signal) {
    return orDebug(async () => tellSwept(await removeExpired(engine, now, signal)));
}
/** The same for a run that has read all services anyway. */
async function sweepAmong(services, engine, signal) {
    if (!services.some(isPassingService))
        return;
    await orDebug(async () => {
        const { SystemTime } = await engine.get('/info', { signal });
        tellSwept(await removeExpired(engine, Date.parse(SystemTime), signal));
    });
}
function tellSwept(names) {
    if (names.length > 0)
        log.info(`Removed what an earlier run had left: ${names.join(', ')}`);
}
async function orDebug(work) {
    try {
        await work();
    }
    catch (error) {
        if (!(error instanceof EngineError))
            throw error;
        log.debug(`Not removed: what an earlier run may have left: ${error.message}`);
    }
}
async function removeAll(engine, services, signal) {
    await inParallel(services, MOST_AT_ONCE, ({ ID }) => removal_remove(engine, `/services/${ID}`, signal));
}

;// CONCATENATED MODULE: ./build/runner/temporary.js


/**
 * Where a run may keep its files, the best first: the runner's own temporary directory, which it empties by itself,
 * else the system's.
 *
 * @param longest how many bytes the path may have for sockets to find room in it; longer ones come last
 */
function temporaryDirectories(env, longest) {
    const all = [...new Set([env.RUNNER_TEMP || (0,external_node_os_namespaceObject.tmpdir)(), (0,external_node_os_namespaceObject.tmpdir)(), '/tmp'].map((path) => (0,external_node_path_namespaceObject.resolve)(path)))];
    const isShort = (path) => Buffer.byteLength(path) <= longest;
    return [...all.filter(isShort), ...all.filter((path) => !isShort(path))];
}
const temporary_REASONS = {
    EACCES: 'this user may not write there',
    EDQUOT: 'the quota of this user is used up',
    ENAMETOOLONG: 'its path is too long',
    ENOENT: 'there is no such directory',
    ENOSPC: 'there is no space left on it',
    ENOTDIR: 'it is no directory',
    EPERM: 'this user may not write there',
    EROFS: 'it is read-only',
};
/** Why nothing can be written to a directory, in a few words; `undefined` when the error says nothing of that kind. */
function unwritable(error) {
    return temporary_REASONS[error.code ?? ''];
}

;// CONCATENATED MODULE: ./build/runner/workspace-path.js




/** Where the workspaces of runs are, and how they are told from all else there. */
const workspace_path_NAME = /^swarm-deploy-[0-9a-f]{12}$/;
const NAME_BYTES = 'swarm-deploy-0123456789ab'.length;
/** What the kernel allows for the path of a socket, without its closing NUL. */
const workspace_path_LONGEST_SOCKET_PATH_BYTES = 107;
/** `/s12`, and what ssh adds while it makes its control socket. */
const SOCKET_BYTES = '/s12'.length + '.0123456789abcdef'.length;
const LONGEST_DIRECTORY_BYTES = workspace_path_LONGEST_SOCKET_PATH_BYTES - SOCKET_BYTES - NAME_BYTES - '/'.length;
/** @param digits twelve hexadecimal ones that no other has */
function workspaceName(digits) {
    return `swarm-deploy-${digits}`;
}
/** The directories that one may be in, the best first. */
function parentsOfWorkspaces() {
    return temporaryDirectories(process.env, LONGEST_DIRECTORY_BYTES);
}
/**
 * The workspaces that are left in any temporary directory, of whichever run. Those that another user has made are not
 * among them.
 */
async function workspace_path_leftWorkspaces() {
    const parents = parentsOfWorkspaces();
    const found = await Promise.all(parents.map(async (parent) => {
        const names = await (0,promises_namespaceObject.readdir)(parent).catch(() => []);
        return names.filter((name) => workspace_path_NAME.test(name)).map((name) => (0,external_node_path_namespaceObject.join)(parent, name));
    }));
    const checked = await Promise.all(found.flat().map(async (path) => ({ path, isThere: await workspace_path_isThere(path).catch(() => false) })));
    return checked.filter((one) => one.isThere).map(({ path }) => path);
}
/**
 * Whether a workspace is there.
 *
 * @throws Error when the path is not one that `createWorkspace` makes, or somebody else has made what is there
 */
async function workspace_path_isThere(directory) {
    const parents = parentsOfWorkspaces();
    const isOurName = workspace_path_NAME.test((0,external_node_path_namespaceObject.basename)(directory)) && parents.includes((0,external_node_path_namespaceObject.dirname)(directory));
    const stats = isOurName ? await (0,promises_namespaceObject.lstat)(directory).catch(() => undefined) : undefined;
    if (!isOurName || (stats !== undefined && !(stats.isDirectory() && isOwn(stats)))) {
        throw new Error(`${directory} is not a directory that this action made`);
    }
    return stats !== undefined;
}

;// CONCATENATED MODULE: ./build/runner/left-by-main.js

/** A value that main of the same step has saved, as far as the runner has kept it. */
function savedByMain(name) {
    return process.env[`STATE_${name}`] || undefined;
}
/**
 * The workspaces that main may have left: the one that it has saved, if that is still there. Where the runner has not
 * kept it, all that are there, of whichever run.
 *
 * @throws Error when what is saved is no workspace of ours
 */
async function directoriesLeft() {
    const saved = savedByMain('workspace');
    if (saved === undefined)
        return workspace_path_leftWorkspaces();
    return (await workspace_path_isThere(saved)) ? [saved] : [];
}
/** Whether there is anything that `post` has to look at: a main that ended by itself leaves neither files nor a lock. */
async function isAnythingLeft() {
    if (savedByMain('lock') !== undefined)
        return true;
    const directories = await directoriesLeft().catch(() => undefined);
    return directories === undefined || directories.length > 0;
}

;// CONCATENATED MODULE: ./build/runner/some-of.js
/** The names in a sentence; of many the first, and how many more there are. */
function some_of_someOf(names, most = 5) {
    const first = names.length > most + 1 ? names.slice(0, most) : names;
    const rest = names.length - first.length;
    return `${first.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

;// CONCATENATED MODULE: ./build/runner/workspace.js










/** More than a run writes before it changes anything: a full disk shows here, where another can be taken. */
const PROBE = Buffer.alloc(256 * 1024);
const MARK = 'SWARM_DEPLOY_RUN';
/**
 * Makes the workspace under the first temporary directory that serves. Its path is saved first, so that `post` finds it
 * even when this process is killed a moment later. What this process starts from now on has its name in the
 * environment: by that it is found again when this process is gone.
 *
 * @throws UserError when no temporary directory serves
 */
async function createWorkspace() {
    const directory = await makeWorkspace();
    workspace_own = directory;
    process.env[MARK] = (0,external_node_path_namespaceObject.basename)(directory);
    let sockets = 0;
    return {
        directory,
        async makeDirectory(name) {
            const path = (0,external_node_path_namespaceObject.join)(directory, name);
            await written((0,promises_namespaceObject.mkdir)(path, { mode: 0o700 }), directory);
            return path;
        },
        writeFile: (path, content, kind) => written((0,promises_namespaceObject.writeFile)(path, content, { mode: kind === 'program' ? 0o700 : 0o600, flag: 'wx' }), directory),
        async linkIfThere(path, target) {
            const isDirectory = await (0,promises_namespaceObject.stat)(target).then((stats) => stats.isDirectory(), () => false);
            if (isDirectory)
                await written((0,promises_namespaceObject.symlink)(target, path), directory);
        },
        async keepOnly(paths) {
            const kept = new Set([JOURNAL, ...paths.map((path) => (0,external_node_path_namespaceObject.basename)(path))]);
            const others = (await (0,promises_namespaceObject.readdir)(directory)).filter((name) => !kept.has(name));
            await Promise.all(others.map((name) => workspace_removeAll((0,external_node_path_namespaceObject.join)(directory, name))));
        },
        socketPath: () => (0,external_node_path_namespaceObject.join)(directory, `s${++sockets}`),
        [Symbol.asyncDispose]: () => workspace_removeAll(directory).catch((error) => log_log.warning(`Not cleaned up: ${errors_messageOf(error)}`)),
    };
}
/** The last that this process has made. */
let workspace_own;
/** Removes the workspace of this process, which is about to end and waits for nothing. */
function removeOwnAtOnce() {
    if (workspace_own !== undefined)
        rmSync(workspace_own, { recursive: true, force: true });
}
async function makeWorkspace() {
    const name = workspaceName(crypto_crypto().randomBytes(6).toString('hex'));
    const reasons = [];
    for (const parent of parentsOfWorkspaces()) {
        const directory = (0,external_node_path_namespaceObject.join)(parent, name);
        saved_saveForPost('workspace', directory);
        try {
            await (0,promises_namespaceObject.mkdir)(directory, { mode: 0o700 });
            await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(directory, 'probe'), PROBE, { mode: 0o600, flag: 'wx' });
            await (0,promises_namespaceObject.rm)((0,external_node_path_namespaceObject.join)(directory, 'probe'));
            if (reasons.length > 0)
                log_log.info(`${directory} is used, for ${reasons.join('; ')}`);
            return directory;
        }
        catch (error) {
            await (0,promises_namespaceObject.rm)(directory, { recursive: true, force: true }).catch(() => undefined);
            const reason = unwritable(error);
            if (reason === undefined)
                throw error;
            reasons.push(`the temporary directory ${parent} cannot be written to: ${reason}`);
        }
    }
    throw new errors_UserError(`${reasons.join('; ')}: set RUNNER_TEMP to a directory with some free space`);
}
/** @throws UserError when the disk does not take it */
async function written(work, directory) {
    try {
        return await work;
    }
    catch (error) {
        const reason = unwritable(error);
        if (reason === undefined)
            throw error;
        throw new errors_UserError(`the directory of this run, ${directory}, cannot be written to: ${reason}. It has to stay as it is until the step ends, with some free space`, { cause: error });
    }
}
/** By which the children of a run are found: an entry of their environment. */
function workspace_markOf(directory) {
    return `${MARK}=${(0,external_node_path_namespaceObject.basename)(directory)}`;
}
/**
 * Removes a workspace that another process has left, with everything in it; one that is gone already is fine.
 *
 * @throws Error when the path is not one that {@link createWorkspace} makes, or somebody else has made what is there
 */
async function workspace_removeWorkspace(directory) {
    if (await workspace_path_isThere(directory))
        await workspace_removeAll(directory);
}
function workspace_removeAll(directory) {
    return (0,promises_namespaceObject.rm)(directory, { recursive: true, force: true, maxRetries: 3 });
}

;// CONCATENATED MODULE: ./build/docker/specs/service-spec.js


/**
 * What must change in a spec, or all that is asked when there is none yet. Only what differs is sent: the docker CLI
 * writes all variables anew, in random order, as soon as one is given, and that alone would restart the tasks.
 */
function difference(spec, asked) {
    if (spec === undefined)
        return { ...asked, words: [] };
    const image = isSameImage(spec, asked.image) ? undefined : asked.image;
    const now = spec.Mode.Replicated?.Replicas ?? spec.Mode.ReplicatedJob?.TotalCompletions ?? 1;
    const replicas = asked.replicas === now ? undefined : asked.replicas;
    const env = Object.fromEntries(Object.entries(asked.env).filter(([name, value]) => variables(spec).get(name) !== value));
    const names = Object.keys(env);
    return {
        image,
        replicas,
        env,
        words: [
            ...(image === undefined ? [] : ['image']),
            ...(replicas === undefined ? [] : [`replicas ${now} \u2192 ${replicas}`]),
            ...(names.length === 0 ? [] : [`env ${names.join(', ')}`]),
        ],
    };
}
/** The spec with what differs made so, as `docker service update` would: what is not named stays. */
function withDifference(spec, { image, replicas, env }) {
    const { TaskTemplate: template, Mode: mode } = spec;
    const container = template.ContainerSpec ?? { Image: '' };
    // A name alone takes the image's own variable away: it stays as it is.
    const before = (container.Env ?? []).map((entry) => [entry.split('=', 1)[0], entry]);
    const after = Object.entries(env).map(([name, value]) => [name, `${name}=${value}`]);
    const Env = [...new Map([...before, ...after]).values()];
    return {
        ...spec,
        ...(replicas !== undefined && { Mode: { ...mode, Replicated: { Replicas: replicas } } }),
        TaskTemplate: {
            ...template,
            ContainerSpec: {
                ...container,
                ...(image && { Image: familiar(image) }),
                ...(Object.keys(env).length > 0 && { Env }),
            },
        },
    };
}
/** The container's own words, which docker calls its arguments; `undefined`: those of the image. */
function commandOf({ TaskTemplate: template }) {
    return template.ContainerSpec?.Args;
}
/** The spec with the container's own words; none: with those of the image. `undefined` leaves it as it is. */
function withCommand(spec, words) {
    const { TaskTemplate: template } = spec;
    if (words === undefined || template.ContainerSpec === undefined)
        return spec;
    const { Args: _, ...container } = template.ContainerSpec;
    const ContainerSpec = words.length === 0 ? container : { ...container, Args: words };
    return { ...spec, TaskTemplate: { ...template, ContainerSpec } };
}
/**
 * The spec with the platforms of its image, as docker sends them: Swarm chooses nodes by them. It leaves out the
 * architecture of arm, whose names differ (github.com/docker/docker/client/service_create.go).
 */
function withPlatforms(spec, platforms = []) {
    if (platforms.length === 0)
        return spec;
    const Platforms = platforms.map(({ architecture = '', os = '' }) => ({
        Architecture: architecture.toLowerCase() === 'arm' ? '' : architecture,
        OS: os,
    }));
    const { TaskTemplate: template } = spec;
    return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Platforms } } };
}
/** The image of a service, with its digest where it has one, as the swarm holds it. */
function imageOf(service) {
    return service && imageOfSpec(service.Spec);
}
/** The same of a spec. */
function imageOfSpec({ TaskTemplate: template }) {
    return template.ContainerSpec?.Image;
}
/** Enough of a digest to tell two apart, as Docker shortens image IDs. */
const DIGEST_CHARACTERS = 12;
/** An image in a line of text: its digest is shortened. */
function imageInWords(image) {
    const [, name = 'no image', digest = ''] = /^(.*?)(@sha256:.*)?$/.exec(image ?? '') ?? [];
    const most = '@sha256:'.length + DIGEST_CHARACTERS;
    return digest.length > most ? `${name}${digest.slice(0, most)}\u2026` : `${name}${digest}`;
}
/** The spec with the variables that docker would obey itself, and so was not given. */
function withRulingVariables(spec, env) {
    return withDifference(spec, { image: undefined, replicas: undefined, env: variablesRulingDocker(env) });
}
function isSameImage(spec, image) {
    return image === undefined || sameImage(spec.TaskTemplate.ContainerSpec?.Image ?? '', familiar(image));
}
function variables(spec) {
    const entries = (spec.TaskTemplate.ContainerSpec?.Env ?? []).map((entry) => {
        const at = entry.indexOf('=');
        return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
    });
    return new Map(entries);
}

;// CONCATENATED MODULE: ./build/docker/specs/without-tasks.js
/** How a service is kept that is to have no tasks, whatever its mode: for a while, or before it is removed. Pure. */
/** No node has this ID. */
const NO_NODE = 'node.id==swarm-deploy.none';
/** A spec that asks for no task: where the nodes decide, none may run it. */
function withoutTasks(spec) {
    const { Replicated: replicated, ReplicatedJob: job } = spec.Mode;
    if (replicated !== undefined)
        return { ...spec, Mode: { Replicated: { Replicas: 0 } } };
    if (job !== undefined)
        return { ...spec, Mode: { ReplicatedJob: { ...job, TotalCompletions: 0 } } };
    const { TaskTemplate: template } = spec;
    const constraints = [...(template.Placement?.Constraints ?? []), NO_NODE];
    return { ...spec, TaskTemplate: { ...template, Placement: { ...template.Placement, Constraints: constraints } } };
}
/** The template without what {@link withoutTasks} keeps its tasks off the nodes with. */
function allowingNodes(template) {
    const { Constraints: constraints } = template.Placement ?? {};
    if (!constraints?.includes(NO_NODE))
        return template;
    const allowed = constraints.filter((constraint) => constraint !== NO_NODE);
    return { ...template, Placement: { ...template.Placement, Constraints: allowed } };
}

;// CONCATENATED MODULE: ./build/docker/swarm/task.js



/** A task of a job is meant to complete, any other to run. */
function isWanted(task) {
    return task.DesiredState === 'running' || task.DesiredState === 'complete';
}
/** Whether it runs, and is to. */
function isRunning(task) {
    return task.Status.State === 'running' && isWanted(task);
}
/** Whether it waits for a node, and Swarm says why. */
function isUnplaced(task) {
    return task.Status.State === 'pending' && isWanted(task) && (task.Status.Err ?? '') !== '';
}
/** Whether Swarm has yet to give it its networks and addresses: it says nothing of what it lacks. */
function isUnallocated(task) {
    return task.Status.State === 'new' && (isWanted(task) || task.DesiredState === 'ready');
}
const BEFORE_A_NODE = (/* unused pure expression or super */ null && (['new', 'allocated', 'pending']));
/** Whether Swarm is about to give it a node: it has not said that it finds none. */
function isOnItsWayToANode(task) {
    const isMeant = isWanted(task) || task.DesiredState === 'ready';
    return isMeant && BEFORE_A_NODE.includes(task.Status.State) && !isUnplaced(task);
}
/** Whether a task ended badly. */
function task_isFailure(task) {
    return task.Status.State === 'failed' || task.Status.State === 'rejected';
}
/** Whether a task that is to end may still have a container: one that no node was given yet never had any. */
function mayHaveContainer(task) {
    const isEnding = !isWanted(task) && task.DesiredState !== 'ready';
    return isLive(task) && !(isEnding && BEFORE_A_NODE.includes(task.Status.State));
}
/** Whether it may run now or later. */
function isLive(task) {
    return !task_isFailure(task) && !['complete', 'shutdown', 'remove', 'orphaned'].includes(task.Status.State);
}
/** Where a task belongs: one that ends is replaced there. Swarm counts the slots of a job from 0, and leaves a 0 out. */
function slotOf(spec, task) {
    return isGlobal(spec) ? `node ${task.NodeID ?? task.ID}` : `slot ${task.Slot ?? 0}`;
}
/** Of a job only the tasks of its current run count. */
function currentTasks(service, tasks) {
    if (!isJob(service.Spec))
        return tasks;
    const iteration = service.JobStatus?.JobIteration.Index ?? 0;
    return tasks.filter((task) => (task.JobIteration?.Index ?? 0) === iteration);
}
/** A task that ended although its service wants it to run on. */
function hasEnded(spec, task) {
    return task_isFailure(task) || (task.Status.State === 'complete' && !endsForGood(spec));
}
/** The tasks of each slot: of a global service, of each node. */
function bySlot(spec, tasks) {
    return groupBy(tasks, (task) => slotOf(spec, task));
}
/** The slots that count: of a global service only those on nodes that may run it. */
function slotsThatCount(spec, tasks, nodes) {
    const ids = new Set(nodes.map((node) => node.ID));
    return bySlot(spec, isGlobal(spec) ? tasks.filter((task) => ids.has(task.NodeID ?? '')) : tasks);
}
/**
 * The task that did the work of a slot whose service ends for good; `undefined` when none has, or one is at it again.
 *
 * What is complete of a job stays so, whatever else is in its slot: a manager that has led before goes on making tasks of
 * its own for jobs, again and again (moby/moby#53632).
 */
function completeTask(spec, inSlot) {
    const isDone = (task) => task?.Status.State === 'complete';
    if (isJob(spec))
        return inSlot.find(isDone);
    const last = newest(inSlot);
    return endsForGood(spec) && isDone(last) && !inSlot.some(isRunning) ? last : undefined;
}
/** Whether Swarm has more tasks for a slot of a job than it asks for: ones that are complete, or on their way there. */
function isOverdone(spec, inSlot) {
    return isJob(spec) && inSlot.filter((task) => isWanted(task) && !task_isFailure(task)).length > 1;
}
/** The task that was made last. */
function newest(tasks) {
    return [...tasks].sort((a, b) => b.CreatedAt.localeCompare(a.CreatedAt))[0];
}
/** How a task ended, in words that follow "its task": `failed with exit code 1: \u2026`. */
function ending(task) {
    const { State: state, ContainerStatus: container } = task.Status;
    const error = task.Status.Err && limited(task.Status.Err);
    if (state === 'rejected')
        return `was rejected: ${error ?? 'no reason given'}`;
    if (isUnhealthy(task))
        return 'failed its health check';
    const code = container?.ExitCode;
    const withCode = code === undefined ? '' : ` with exit code ${code}`;
    if (isPerhapsUnhealthy(task))
        return `ended${withCode}, ${PERHAPS_UNHEALTHY}`;
    const detail = error === undefined || error === '' || /^task: non-zero exit \(\d+\)$/.test(error) ? '' : `: ${error}`;
    return state === 'complete' ? `ended${withCode}` : `failed${withCode}${detail}`;
}
/** What stands for Swarm's error of a task that ended with code 0 and cannot be called done. */
const PERHAPS_UNHEALTHY = 'perhaps because of its health check (it was up long enough for that to fail, and only its own node can tell)';
/** Whether Swarm may have stopped it because of its health check, and nobody can tell from here. */
function isPerhapsUnhealthy({ Status: { Err: error } }) {
    return error === PERHAPS_UNHEALTHY;
}
/** Whether Swarm stopped it because of its health check: its exit code only tells how it took the stop. */
function isUnhealthy({ Status: { Err: error = '' } }) {
    return /\bunhealthy container$/.test(error);
}

;// CONCATENATED MODULE: ./build/docker/swarm/service-removal.js







const service_removal_LOOK_EVERY_MS = 100;
/** Swarm tells tasks to end within a moment. */
const TOLD_MS = 2000;
/**
 * Removes a service. Of a job that is removed Swarm forgets the tasks: those that run go on, for ever, and hold the
 * networks that they are on (moby/moby#44312; seen with 20.10.24). So a job that still has some is told first to have none.
 *
 * @throws EngineError when the swarm refuses
 */
async function removeService(engine, { ID, Spec }, signal) {
    if (service_mode_isJob(Spec))
        await endTasks(engine, ID, signal);
    await removal_remove(engine, `/services/${ID}`, signal);
}
async function endTasks(engine, id, signal) {
    const query = { filters: JSON.stringify({ service: [id] }) };
    const areTold = async () => !(await engine.get('/tasks', { query, signal })).some(isToComplete);
    const service = await spec_update_findService(engine, id, signal);
    if (service === undefined || (await areTold()))
        return;
    // Each change of a job has its earlier tasks end (swarmkit, manager/orchestrator/jobs); by this one no other begins.
    await updateSpec(engine, id, [service.Spec], withoutTasks(service.Spec), { from: 'spec' }, signal);
    const deadline = clock_nowMs() + TOLD_MS;
    await poll(areTold, service_removal_LOOK_EVERY_MS, () => clock_nowMs() >= deadline, signal);
}
function isToComplete(task) {
    return isLive(task) && task.DesiredState === 'complete';
}

;// CONCATENATED MODULE: ./build/modes/aftermath.js








/** Pure: what the swarm's own word on a service means for a run that wrote this down. */
function standingOf(state, now) {
    if (state.phase === 'moving')
        return 'moving';
    if (now === undefined)
        return state.before === '' ? 'as-before' : 'gone';
    const spec = fingerprint(now.Spec);
    if (spec === state.before)
        return 'as-before';
    if (!state.ours.includes(spec))
        return 'someone-elses';
    if (state.before === '')
        return 'made';
    if (service_mode_isJob(now.Spec))
        return 'job';
    const remembers = now.PreviousSpec !== undefined && fingerprint(now.PreviousSpec) === state.before;
    if (!remembers)
        return 'ours-for-good';
    return spec === state.interim ? 'half-way' : 'ours';
}
/**
 * Goes back where the user wants it, and where a service would stay half-way; says of each service where it is.
 *
 * @returns one line a service
 */
function settle({ services, onCancel }, { engine }, signal) {
    return inParallel([...services.values()], aftermath_MOST_AT_ONCE, async (state) => {
        try {
            return `${called(state)} ${await settleOne(state, onCancel, engine, signal)}`;
        }
        catch (error) {
            return unknownOne(state, errors_messageOf(error));
        }
    });
}
const aftermath_MOST_AT_ONCE = 10;
/** Swarm itself writes to a service while it updates it, and a leader that comes back refuses every change for a while. */
const PAUSE_MS = 500;
async function settleOne(state, onCancel, engine, signal) {
    const attempt = async () => {
        const now = await spec_update_findService(engine, encodeURIComponent(state.service), signal);
        const standing = standingOf(state, now);
        const goesBack = standing === 'half-way' || (onCancel === 'rollback' && ['ours', 'made'].includes(standing));
        if (now === undefined || !goesBack)
            return aftermath_WORDS[standing];
        if (standing === 'made') {
            await removeService(engine, now, signal);
            return 'is removed again';
        }
        const query = { version: String(now.Version.Index), rollback: 'previous' };
        await engine.post(`/services/${now.ID}/update`, { query, body: now.Spec, signal });
        return `is sent back to ${imageOf({ ...now, Spec: now.PreviousSpec ?? now.Spec })}; nobody waits for it`;
    };
    return retry(attempt, (error) => (mayRepeat(error) ? PAUSE_MS : undefined), signal);
}
const aftermath_WORDS = {
    'as-before': 'is as it was before the run',
    ours: 'has what was sent, and the swarm goes on with it by itself',
    'half-way': 'has the intermediate spec of its strategy',
    'ours-for-good': 'has what was sent, and the swarm no longer remembers what ran before: deploy that to go back',
    made: 'was made, and stays',
    job: 'is a job, and its new spec stays: a way back would run the old one again',
    moving: 'was giving its traffic to another service: the next deploy goes on from there',
    gone: 'was removed by someone else',
    'someone-elses': 'is neither as before nor as this run sent it, and is left alone',
};
/**
 * What is known of each service when the swarm cannot be asked.
 *
 * @param reason why it cannot
 */
function unknown({ services }, reason) {
    return [...services.values()].map((state) => unknownOne(state, reason));
}
function unknownOne(state, reason) {
    return `${called(state)} ${aftermath_UNKNOWN[state.phase]} (it was not looked at: ${reason})`;
}
/** Of a service that is two, which of them is meant. */
function called({ name, service }) {
    return service === name ? name : `${name}: ${service}`;
}
const aftermath_UNKNOWN = {
    sending: 'was being sent, and it is not known whether the swarm took it',
    sent: 'was sent, and the swarm goes on with it by itself',
    moving: aftermath_WORDS.moving,
};

;// CONCATENATED MODULE: ./build/modes/cut-off.js







/** Runs that were cut off, as far as what they have left on this machine tells. */
const MOST_SERVICES_TOLD = 20;
/**
 * Removes the files of runs of this machine that were killed and have no `post`, for no runner started them, and says
 * what they were about. What they have left on a swarm stays: it may be another one than that of this run.
 */
async function cleanUpAfterKilled() {
    const here = pidNamespace();
    for (const directory of here === '' ? [] : await leftWorkspaces()) {
        const state = await readState(directory);
        const isLeft = state !== undefined && state.step === '' && state.namespace === here && !state.hasLeftFiles;
        if (!isLeft || isAlive(state))
            continue;
        await endMarked(markOf(directory));
        await removeWorkspace(directory).catch((error) => log.warning(`Not removed: ${messageOf(error)}`));
        const names = [...state.services.keys()];
        const underWay = names.length === 0 ? whatIsChanged(state) : `under way were ${someOf(names, MOST_SERVICES_TOLD)}`;
        log.warning(`An earlier run here was cut off ${cut_off_where(state)}, and its files are removed now: ${underWay}`);
    }
}
function whatIsChanged({ storesCredentials, removes }) {
    if (removes)
        return 'what it had removed by then is gone. Run it again, and it goes on with the rest';
    return storesCredentials
        ? 'the credentials that were stored by then stay, and no task was touched'
        : 'no service was changed';
}
/** At which point it was cut off. */
function cut_off_where({ stage }) {
    return stage === '' ? 'before its first stage' : `in the stage \u201c${stage}\u201d`;
}

;// CONCATENATED MODULE: ./build/modes/clean-up.js
var __addDisposableResource = (undefined && undefined.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (undefined && undefined.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});
















const LIMIT_MS = 90_000;
/** Whatever killed main may have cut the connection too, for a moment. Main had one: so it is tried again. */
const CONNECT_LIMIT_MS = 45_000;
const AGAIN_MS = 2000;
/**
 * The step's `post`. Some runners end main without notice, some start post while main still runs, and some start it
 * without the state that main has saved. So it stops what still runs, removes what main left behind, says what was
 * under way, and releases the locks. After a main that ended by itself there is nothing to do. It never fails the job.
 */
async function cleanUp() {
    speakForAll((error) => log_log.warning(`Not all was cleaned up: ${errors_messageOf(error)}`));
    await cleanUpAfterMain().catch((error) => log_log.warning(`Not cleaned up: ${errors_messageOf(error)}`));
}
async function cleanUpAfterMain() {
    const killed = [];
    const locks = new Set([savedByMain('lock') ?? '']);
    for (const leftover of await leftovers()) {
        const state = await endRun(leftover);
        if (state === 'ended-by-itself')
            locks.delete(savedByMain('lock') ?? '');
        else if (state?.hasLeftFiles)
            log_log.info('The accounts that this step has left for later ones are removed');
        else if (state !== undefined)
            killed.push(state);
    }
    for (const { lock } of killed)
        locks.add(lock);
    locks.delete('');
    if (killed.length === 0 && locks.size === 0)
        return;
    const hasLeftNothing = killed.every(({ services, pulls }) => services.size === 0 && pulls === '');
    if (locks.size === 0 && hasLeftNothing)
        return killed.forEach(tellUnchanged);
    try {
        await onTheSwarm((connection, signal) => settleAll(killed, locks, connection, signal));
    }
    catch (error) {
        for (const state of killed)
            tell(state, unknown(state, errors_messageOf(error)));
        const commands = killed.flatMap(({ pulls }) => (pulls === '' ? [] : [`\`${removalByHand(pulls)}\``]));
        if (commands.length > 0) {
            log_log.warning(`Not removed: the services that this step had on the nodes for a while. A later deploy does it, or on a manager ${commands.join(', ')}: ${errors_messageOf(error)}`);
        }
        if (locks.size > 0) {
            log_log.warning(`The lock of this step was not released, and expires by itself: ${errors_messageOf(error)}`);
        }
    }
}
/** Of the main that this post belongs to: what the runner has kept tells it, else the files that mains leave. */
async function leftovers() {
    const directories = await directoriesLeft().catch((error) => {
        log_log.warning(`Not cleaned up: ${errors_messageOf(error)}`);
        return [];
    });
    const all = await Promise.all(directories.map(async (directory) => ({ directory, state: await state_readState(directory) })));
    if (savedByMain('workspace') !== undefined)
        return all;
    const step = stepIdentity(process.env);
    const ours = all.filter(({ state }) => step !== '' && state?.step === step);
    // The jobs of a matrix may be taken for one another: then one that still runs is not stopped.
    return ours.length === 1 ? ours : ours.filter(({ state }) => state !== undefined && !survivors_isAlive(state));
}
/** Ends all processes of a run, and removes what it left; its last state, as far as there is one. */
async function endRun({ directory, state }) {
    const wasAlive = state !== undefined && survivors_isAlive(state);
    if (wasAlive)
        log_log.info('The run of this step is still under way: it is stopped');
    const stopped = wasAlive && (await stopMain(state));
    const ended = await survivors_endMarked(workspace_markOf(directory));
    if (ended > 0)
        log_log.info(`Ended what the run had started and left: ${ended} ${ended === 1 ? 'process' : 'processes'}`);
    const last = (await state_readState(directory)) ?? state;
    try {
        if (stopped && !(await workspace_path_isThere(directory))) {
            const names = [...state.services.keys()].join(', ');
            const underWay = names === '' ? '' : `; under way were: ${names}`;
            log_log.warning(`The run was still under way ${cut_off_where(state)}, and has ended in good order when it was stopped${underWay}`);
            return 'ended-by-itself';
        }
        await workspace_removeWorkspace(directory);
    }
    catch (error) {
        log_log.warning(`Not cleaned up: ${errors_messageOf(error)}`);
    }
    return last;
}
/** Does something on the swarm, reached as main reached it. */
async function onTheSwarm(work) {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const signal = clock_timeLimit(LIMIT_MS);
        const reach = readReach(process.env);
        learnSecrets();
        const open = __addDisposableResource(env_1, await retry(() => connected((workspace) => connect({ reach }, workspace, process.env, signal)), (_error, { elapsedMs }) => (elapsedMs < CONNECT_LIMIT_MS ? AGAIN_MS : undefined), signal), true);
        await work(open.connection, signal);
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}
/** A connection with a workspace of its own, which goes with it, or at once when there is no connection. */
async function connected(connectIn) {
    const workspace = await createWorkspace();
    try {
        const connection = await connectIn(workspace);
        return {
            connection,
            async [Symbol.asyncDispose]() {
                connection[Symbol.dispose]();
                await workspace[Symbol.asyncDispose]();
            },
        };
    }
    catch (error) {
        await workspace[Symbol.asyncDispose]();
        throw error;
    }
}
/** What is a secret is known from the inputs alone, and no program that is started may get one with its environment. */
function learnSecrets() {
    try {
        readInputs(process.env, {});
    }
    catch {
        // Main has said what is wrong with them.
    }
}
async function settleAll(killed, locks, connection, signal) {
    for (const state of killed) {
        if (state.services.size === 0)
            tellUnchanged(state);
        else
            tell(state, await settle(state, connection, signal));
        if (state.pulls === '')
            continue;
        await removeOfRun(connection.engine, state.pulls, signal);
        log_log.info('The services that the stopped run had on the nodes for a while are removed');
    }
    for (const token of locks) {
        const released = await releaseLeft(token, connection);
        if (released.length > 0)
            log_log.info(`Released, for the stopped run held it: ${some_of_someOf(released)}`);
    }
}
function tellUnchanged(state) {
    log_log.warning(`The run was cut off ${cut_off_where(state)}: ${whatIsChanged(state)}`);
}
function tell(state, lines) {
    const shown = lines.slice(0, MOST_SERVICES_TOLD);
    const rest = lines.length - shown.length;
    const more = rest > 0 ? [`and ${rest} more`] : [];
    log_log.warning([`The run was cut off ${cut_off_where(state)}, before it could report:`, ...shown, ...more].join('\n'));
}

var __webpack_exports__cleanUp = __webpack_exports__.n;
export { __webpack_exports__cleanUp as cleanUp };

import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: ./build/runner/node-version.js
/** `AbortSignal.any` came with 20.3, `Symbol.asyncDispose` with 20.4. */
const OLDEST = [20, 4];
/**
 * Why a version of Node cannot run this action, in one sentence; `undefined` when it can.
 *
 * @param version as `process.version` has it: `v20.20.2`
 */
function tooOldNode(version) {
    const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
    if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]))
        return undefined;
    return `this action needs Node ${OLDEST.join('.')} or newer, and the runner has started it with ${version}: take a newer runner, or a job image with a newer Node`;
}

;// CONCATENATED MODULE: ./build/runner/require-node.js

// Imported before all else, for what an old Node lacks may already be missed while a module is loaded. So it prints by
// itself, and what it prints is its own text alone.
const problem = tooOldNode(process.version);
if (problem !== undefined) {
    process.stdout.write(process.env.GITHUB_ACTIONS === 'true' ? `::error::${problem}\n` : `${problem}\n`);
    process.exit(1);
}

;// CONCATENATED MODULE: ./build/runner/log/screen.js
/** Lines on a terminal that are drawn anew in their place, below those of the log. */
const ESCAPE = '\u001b';
const CARRIAGE_RETURN = '\r';
/** Control sequences of ECMA-48: erase to the end of the screen, and the cursor some lines up. */
const ERASE_BELOW = '\u001b[J';
const up = (rows) => (rows === 0 ? '' : `\u001b[${rows}A`);
/** What a row must leave free, or the terminal begins another one. */
const MARGIN = 1;
/** Of the rows of a terminal, so that the log stays in sight. */
const OF_LOG = 4;
/** Codes of colours have no width, nor have marks that stand above others. */
const NO_WIDTH = new RegExp(`${ESCAPE}\\[[0-9;]*m|\\p{M}`, 'gu');
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

;// CONCATENATED MODULE: ./build/runner/log/stdout.js

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
function writeLine(line, kind = 'log') {
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
function liveLines() {
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

;// CONCATENATED MODULE: ./build/runner/log/workflow-commands.js
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
function isInRunner(env) {
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
function commandLine(name, data, env, properties = {}) {
    const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
    const head = given.length === 0 ? name : `${name} ${given.join(',')}`;
    const clear = readsGreedily(env) ? data.replace(/:(?=:)/g, ': ').replace(/^:/, ' :') : data;
    return `::${head}::${escapeData(clear)}`;
}
/** A line that no runner takes for a command: those begin with `::`, or have `##[` (or `##vso[`) anywhere. */
function withoutCommands(line) {
    return line.replace(/##(?=\w*\[)/g, '## ').replace(/^([\p{Z}\p{C}\s]*:)(?=:)/u, '$1 ');
}
function escapeData(text) {
    return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
function escapeProperty(text) {
    return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs/promises");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:path");
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

;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
;// CONCATENATED MODULE: ./build/runner/workspace/temporary.js


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
const REASONS = {
    EACCES: 'this user may not write there',
    EFBIG: 'this user may write no file of that size (`ulimit -f`)',
    EDQUOT: 'the quota of this user is used up',
    ENAMETOOLONG: 'its path is too long',
    ENOENT: 'there is no such directory',
    ENOSPC: 'there is no space left on it',
    ENOTDIR: 'it is no directory',
    EPERM: 'this user may not write there',
    EROFS: 'it is read-only',
};
/** Why nothing can be written to a directory, in a few words; `undefined` when it is not the system that says no. */
function unwritable(error) {
    const { code = '', syscall } = error;
    return REASONS[code] ?? (syscall === undefined ? undefined : `the system says ${code}`);
}

;// CONCATENATED MODULE: ./build/runner/workspace/workspace-path.js




/** Where the workspaces of runs are, and how they are told from all else there. */
const NAME = /^swarm-deploy-[0-9a-f]{12}$/;
const NAME_BYTES = 'swarm-deploy-0123456789ab'.length;
/** What the kernel allows for the path of a socket, without its closing NUL. */
const LONGEST_SOCKET_PATH_BYTES = 107;
/** `/s12`, and what ssh adds while it makes its control socket. */
const SOCKET_BYTES = '/s12'.length + '.0123456789abcdef'.length;
const LONGEST_DIRECTORY_BYTES = LONGEST_SOCKET_PATH_BYTES - SOCKET_BYTES - NAME_BYTES - '/'.length;
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
async function leftWorkspaces() {
    const parents = parentsOfWorkspaces();
    const found = await Promise.all(parents.map(async (parent) => {
        const names = await (0,promises_namespaceObject.readdir)(parent).catch(() => []);
        return names.filter((name) => NAME.test(name)).map((name) => (0,external_node_path_namespaceObject.join)(parent, name));
    }));
    const checked = await Promise.all(found.flat().map(async (path) => ({ path, isThere: await isThere(path).catch(() => false) })));
    return checked.filter((one) => one.isThere).map(({ path }) => path);
}
/**
 * Whether a workspace is there.
 *
 * @throws Error when the path is not one that `createWorkspace` makes, or somebody else has made what is there
 */
async function isThere(directory) {
    const parents = parentsOfWorkspaces();
    const isOurName = NAME.test((0,external_node_path_namespaceObject.basename)(directory)) && parents.includes((0,external_node_path_namespaceObject.dirname)(directory));
    const stats = isOurName ? await (0,promises_namespaceObject.lstat)(directory).catch(() => undefined) : undefined;
    if (!isOurName || (stats !== undefined && !(stats.isDirectory() && isOwn(stats)))) {
        throw new Error(`${directory} is not a directory that this action made`);
    }
    return stats !== undefined;
}

;// CONCATENATED MODULE: ./build/runner/workspace/left-by-main.js

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
        return leftWorkspaces();
    return (await isThere(saved)) ? [saved] : [];
}
/** Whether there is anything that `post` has to look at: a main that ended by itself leaves neither files nor a lock. */
async function isAnythingLeft() {
    if (savedByMain('lock') !== undefined)
        return true;
    const directories = await directoriesLeft().catch(() => undefined);
    return directories === undefined || directories.length > 0;
}

;// CONCATENATED MODULE: ./build/post.js




// An entry of its own: whatever a runner hands over or loses, this one cannot deploy. It runs after every step, and after
// nearly all of them nothing is left: so what cleans up is only loaded where it is needed.
void isAnythingLeft().then((isLeft) => {
    if (!isLeft)
        return undefined;
    return import(/* webpackIgnore: true */ '#clean-up').then(({ cleanUp }) => cleanUp(), tellMissing);
});
/** Whatever is wrong with the files of the action, it never fails the job. */
function tellMissing() {
    const problem = 'Not cleaned up: dist/clean-up.js cannot be loaded: keep the files of this action together';
    writeLine(isInRunner(process.env) ? commandLine('warning', problem, process.env) : problem);
}


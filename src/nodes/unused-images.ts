import type { Service, ServiceSpec } from '../docker/api.ts'
import { canonicalName, familiar, parseReference, referenceIn } from '../docker/registry/reference.ts'
import type { KeptRecord } from '../records/record.ts'

/**
 * Which images of nodes nothing needs any more. Two scripts ask and remove; between them the swarm is asked what it needs.
 * So what a deploy of somebody else has a node pull meanwhile is never removed: when the nodes were asked it was not there
 * yet, or its service is there when the swarm is asked. Pure.
 */

/**
 * Prints the images of repositories that have no tag and no container, a line for each: its ID, its size in bytes, and its
 * names, all of which end with a digest. One that was tagged on this node, also in the past, was built, loaded or tagged by
 * hand: with a graph driver docker notes when (moby, `Metadata.LastTagTime`; a pull notes nothing, seen with 20.10 and
 * 28.5). With containerd's store it notes a time for each image, gives names with a digest also as tags, and keeps none of
 * an image whose tag has moved on.
 */
const UNUSED = `set -f
unused() {
  store=$(docker info --format '{{json .DriverStatus}}') || return 1
  case $store in *io.containerd.snapshotter*) notes=no ;; *) notes=yes ;; esac
  for repository; do
    set -- "$@" --filter "reference=$repository"
    shift
  done
  ids=$(docker image ls --quiet --no-trunc "$@") || return 1
  [ -n "$ids" ] || return 0
  for try in 1 2 3; do
    containers=$(docker container ls --all --quiet --no-trunc) || return 1
    if used=$(docker container inspect --format '{{.Image}}' $containers 2>/dev/null); then break; fi
    if [ "$try" = 3 ]; then
      echo 'the containers of this node cannot be looked at' >&2
      return 1
    fi
  done
  used=" $(echo $used) "
  seen=' '
  docker image inspect --format '{{.Id}} {{.Size}} {{.Metadata.LastTagTime}}|{{range .RepoTags}}{{.}} {{end}}|{{range .RepoDigests}}{{.}} {{end}}' $ids 2>/dev/null |
    while IFS='|' read -r facts tags names; do
      set -- $facts
      case "$seen" in *" $1 "*) continue ;; esac
      seen="$seen$1 "
      case "$used" in *" $1 "*) continue ;; esac
      case "$notes $3" in 'yes 0001-01-01'* | 'no '*) ;; *) continue ;; esac
      for tag in $tags; do
        case $tag in *@*) ;; *) continue 2 ;; esac
      done
      [ -z "$names" ] || echo "$1 $2" $names
    done
}
`

/** Asks a node. Its arguments are repositories as docker prints them. */
export const ASK_SCRIPT = `${UNUSED}
list=$(unused "$@") || exit 1
[ -z "$list" ] || echo "$list"
`

/**
 * Removes images: those of {@link ASK_SCRIPT} that may go by all of their names. Its arguments are repositories, \`--\`, and
 * the names that may go. Nothing is forced, and no parent of an image goes with it: that is a layer of somebody's build.
 */
export const REMOVE_SCRIPT = `${UNUSED}
all="$*"
names_that_may=" \${all#* -- } "
list=$(unused \${all%% -- *}) || exit 1
[ -z "$list" ] || echo "$list" | while read -r id size names; do
  for name in $names; do
    case "$names_that_may" in *" $name "*) ;; *) continue 2 ;; esac
  done
  if said=$(docker image rm --no-prune $names 2>&1 >/dev/null </dev/null); then
    echo "gone $size $names"
  else
    echo "stays $size $names | "$said
  fi
done
`

/** An image of a node that nothing on the node holds. */
export interface UnusedImage {
  /** Without what layers of it other images have as well, it is smaller. */
  readonly bytes: number
  /** As docker prints them: `acme/web@sha256:…`. */
  readonly names: readonly string[]
}

const NAMES = String.raw`(\d{1,15}) ([^\s|]+(?: [^\s|]+)*)`
const UNUSED_LINE = new RegExp(`^sha256:[0-9a-f]{64} ${NAMES}$`)
const REMOVED_LINE = new RegExp(String.raw`^(gone|stays) ${NAMES}(?: ?\| ?(.*))?$`)

/** What a node has printed for {@link ASK_SCRIPT}; a line of another form is none of ours. */
export function unusedIn(lines: readonly string[]): UnusedImage[] {
  return lines.flatMap((line) => {
    const [, bytes = '', names = ''] = UNUSED_LINE.exec(line) ?? []
    return names === '' ? [] : [{ bytes: Number(bytes), names: names.split(' ') }]
  })
}

/** What became of an image that was to go. */
export interface Removal extends UnusedImage {
  /** Why it stays, in docker's words; `undefined`: it is gone. */
  readonly refusal: string | undefined
}

/** What a node has printed for {@link REMOVE_SCRIPT}; where it was tried twice, the last word on an image counts. */
export function removalsIn(lines: readonly string[]): Removal[] {
  const removals = new Map<string, Removal>()
  for (const line of lines) {
    const [, what = '', bytes = '', names = '', said = ''] = REMOVED_LINE.exec(line) ?? []
    if (names === '') continue
    const refusal = what === 'gone' ? undefined : said
    removals.set(names, { bytes: Number(bytes), names: names.split(' '), refusal })
  }
  return [...removals.values()]
}

/** Whether docker refused it because somebody was first: a container has come, or another run has removed it. */
export function isNoTrouble(refusal: string): boolean {
  return /no such image|conflict: unable|is being used|is using its/i.test(refusal)
}

/** The digests of all images that the swarm may need: of each service, of what its rollback goes back to, of records. */
export function neededDigests(services: readonly Service[], records: readonly KeptRecord[]): Set<string> {
  const specs: (ServiceSpec | undefined)[] = [
    ...services.flatMap(({ Spec, PreviousSpec }) => [Spec, PreviousSpec]),
    ...records.flatMap(({ record }) => record.services.map(({ spec }) => spec)),
  ]
  return new Set(specs.flatMap((spec) => referenceIn(spec?.TaskTemplate.ContainerSpec?.Image)?.digest ?? []))
}

/** The repositories of images, as docker prints them, each once and in order; what is no image name has none. */
export function repositoriesOf(images: readonly (string | undefined)[]): string[] {
  const references = images.flatMap((image) => referenceIn(image) ?? [])
  return [...new Set(references.map(({ registry, repository }) => familiar({ registry, repository })))].toSorted()
}

/**
 * The names of those images that may go.
 *
 * @param images that nodes have and do not hold
 * @param repositories to which all names of an image have to belong, as docker prints them
 * @param needed the digests that the swarm needs, under whatever name
 */
export function namesThatMayGo(
  images: readonly UnusedImage[],
  repositories: readonly string[],
  needed: ReadonlySet<string>,
): string[] {
  const own = new Set(repositories.map((one) => canonicalName(parseReference(one))))
  const mayGo = (name: string) => {
    const reference = referenceIn(name)
    if (reference?.digest === undefined || reference.tag !== undefined) return false
    return own.has(canonicalName(reference)) && !needed.has(reference.digest) && familiar(reference) === name
  }
  return [...new Set(images.flatMap(({ names }) => (names.every(mayGo) ? names : [])))].toSorted()
}

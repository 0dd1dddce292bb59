import { sizeInWords } from '../docker/size.ts'
import type { PushedImage } from '../result.ts'
import { addSummary, setOutput } from '../runner/log/command-files.ts'
import { log } from '../runner/log/log.ts'
import { listOutput } from './list-output.ts'
import { nameCode, plain } from './markdown.ts'

/** What is told of images that come from archives. */

const MOST_CHARACTERS = 60_000

/** After a deploy: the output `images`, and a list in the job summary. */
export function reportImages(images: readonly PushedImage[]): void {
  setImagesOutput(images)
  if (images.length > 0) addSummary(['### Images', imageLines(images).join('\n')].join('\n\n'))
}

/** The output `images`: valid JSON of the shape that docs/push.md documents. */
export function setImagesOutput(images: readonly PushedImage[]): void {
  const { json, leftOut } = imagesOutput(images)
  if (leftOut > 0) log.warning(`The output images has no room for ${leftOut} images`)
  setOutput('images', json)
}

/** Keys in the order and form that docs/push.md documents. Pure. */
function imagesOutput(images: readonly PushedImage[]) {
  const entries = images.map(({ image, digest, state, platforms, config, bytes }) => {
    return { image, digest, state, platforms, config: config ?? null, bytes }
  })
  return listOutput(() => entries, [0], MOST_CHARACTERS)
}

/** A line of a list for each. Pure. */
export function imageLines(images: readonly PushedImage[]): string[] {
  return images.map((image) => `- ${nameCode(image.image)} ${plain(imageWords(image))}: ${nameCode(image.digest)}`)
}

/** `would be pushed with config shop (linux/amd64, 12.3 MB)`. */
export function imageWords({ state, config, platforms, bytes }: PushedImage): string {
  if (state === 'present') return 'is in its registry already'
  const from = config === undefined ? '' : ` with config ${config}`
  const of = [...platforms, sizeInWords(bytes)].join(', ')
  return `${state === 'planned' ? 'would be' : 'was'} pushed${from} (${of})`
}

import type { Candidate } from './archive-image.ts'
import { layoutImages } from './oci-layout.ts'
import { savedImages } from './saved-images.ts'
import { BadArchive, openTar } from './tar-file.ts'

/**
 * The images in an archive, of both forms that there are: what `docker save` and its relatives write
 * (`manifest.json`, https://docs.docker.com/reference/cli/docker/image/save), and the OCI image layout
 * (`index.json`, https://github.com/opencontainers/image-spec/blob/main/image-layout.md). Newer `docker save` writes both.
 */

/**
 * The images of an archive.
 *
 * @param path of a regular file
 * @throws BadArchive when it is no archive of images, or is damaged
 */
export async function readImageArchive(path: string, signal: AbortSignal): Promise<readonly Candidate[]> {
  const tar = await openTar(path, signal)
  const saved = tar.find('manifest.json') === undefined ? [] : await savedImages(tar)
  const laidOut = tar.find('index.json') === undefined ? [] : await layoutImages(tar, saved)
  const candidates = laidOut.length > 0 ? laidOut : saved
  if (candidates.length > 0) return candidates
  if (tar.find('index.json') !== undefined || tar.find('manifest.json') !== undefined) {
    throw new BadArchive('is an archive of images, and has none in it')
  }
  const isFileSystem = ['etc', 'bin', 'usr', 'etc/passwd'].some((name) => tar.entries.has(name))
  throw new BadArchive(
    isFileSystem
      ? 'is the file system of a container, and no image: write it with `docker save` in the place of `docker export`'
      : 'is a tar archive without an image in it: write it with `docker save`, or with `docker buildx build --output type=oci`',
  )
}

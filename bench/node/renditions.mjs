// sharp makes several sizes from one decoding: `node renditions.mjs RENDITIONS`, a JSON list of resize settings.
// It reads the paths of images, one a line, and answers each with the bytes of all its outputs.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const { default: sharp } = await import('sharp').catch(() => ({ default: null }))
if (sharp === null) {
  console.log('absent')
  process.exit()
}
sharp.cache(false) // the benchmark repeats its images, which no catalogue does
sharp.concurrency(1)

const renditions = JSON.parse(process.argv[2])

async function run (path) {
  const { data, info } = await sharp(readFileSync(path)).autoOrient().raw().toBuffer({ resolveWithObject: true })
  const decoded = sharp(data, { raw: info }) // clones of what is not decoded yet would each decode it
  const outputs = renditions.map(({ quality, ...size }) =>
    decoded.clone().resize({ ...size, withoutEnlargement: true }).flatten({ background: 'white' })
      .jpeg({ quality }).toBuffer())
  return (await Promise.all(outputs)).reduce((sum, output) => sum + output.length, 0)
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await run(line))
}

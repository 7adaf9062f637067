// sharp, with the protocol of bench/compressors.py: `node sharp.mjs VARIANT FORMAT SIDE`.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [variant, format, side] = process.argv.slice(2)
const settings = { quality: 50, ...(variant === 'without_optimise' && { optimiseCoding: false }) }

const { default: sharp } = await import('sharp').catch(() => ({ default: null }))
if (sharp === null) {
  console.log('absent')
  process.exit()
}
sharp.cache(false) // the benchmark repeats its images, which no catalogue does

function compress (data) {
  let image = sharp(data).autoOrient()
  if (Number(side)) {
    image = image.resize({ width: Number(side), height: Number(side), fit: 'inside', withoutEnlargement: true })
  }
  if (format === 'jpeg') image = image.flatten({ background: 'white' })
  return image.toFormat(format, settings).toBuffer()
}

async function run (source, output) {
  const data = readFileSync(source)
  const began = performance.now()
  try {
    const compressed = await compress(data)
    const seconds = (performance.now() - began) / 1000
    writeFileSync(output, compressed)
    return `${seconds} 0`
  } catch (error) {
    return `failed ${error.name}`
  }
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  console.log(await run(...line.split('\t')))
}

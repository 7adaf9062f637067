// sharp, as bench/compressors.py has the others: `node sharp.mjs WAY FORMAT SIDE`.
import { readFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [way, format, side] = process.argv.slice(2)
const settings = { quality: 50, ...(way === 'without_optimise' && { optimiseCoding: false }) }

const { default: sharp } = await import('sharp').catch(() => ({ default: null }))
if (sharp === null) {
  console.log('absent')
  process.exit()
}
sharp.cache(false) // the same pictures come again and again, which no catalogue does

function compress (data) {
  let picture = sharp(data).autoOrient()
  if (Number(side)) {
    picture = picture.resize({ width: Number(side), height: Number(side), fit: 'inside', withoutEnlargement: true })
  }
  if (format === 'jpeg') picture = picture.flatten({ background: 'white' })
  return picture.toFormat(format, settings).toBuffer()
}

async function answer (source, output) {
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
  console.log(await answer(...line.split('\t')))
}

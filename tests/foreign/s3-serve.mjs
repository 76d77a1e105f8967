// Serves a folder's files as objects of the bucket "logs" until it is killed; prints the port.
// node s3-serve.mjs FOLDER STATE
import { readdirSync, readFileSync } from 'node:fs'
import { createHash, createHmac } from 'node:crypto'
import http from 'node:http'
import { join } from 'node:path'
import S3rver from 's3rver'

const [folder, state] = process.argv.slice(2)
const server = new S3rver({ port: 0, address: '127.0.0.1', silent: true, directory: state, configureBuckets: [{ name: 'logs' }] })
const { port } = await server.run()

// Signed by hand (Signature Version 4), so that what is served was not put there by the client under test.
function put(key, body) {
  const now = new Date().toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = now.slice(0, 8)
  const hash = createHash('sha256').update(body).digest('hex')
  const host = `127.0.0.1:${port}`
  const path = `/logs/${key.split('/').map(encodeURIComponent).join('/')}`
  const canonical = ['PUT', path, '', `host:${host}`, `x-amz-content-sha256:${hash}`, `x-amz-date:${now}`, '', 'host;x-amz-content-sha256;x-amz-date', hash].join('\n')
  const scope = `${day}/us-east-1/s3/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', now, scope, createHash('sha256').update(canonical).digest('hex')].join('\n')
  const key4 = [day, 'us-east-1', 's3', 'aws4_request'].reduce((secret, part) => createHmac('sha256', secret).update(part).digest(), 'AWS4S3RVER')
  const signature = createHmac('sha256', key4).update(toSign).digest('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=S3RVER/${scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=${signature}`
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method: 'PUT', path, headers: { host, authorization, 'x-amz-content-sha256': hash, 'x-amz-date': now, 'content-length': body.length } },
      response => { response.resume(); response.on('end', () => response.statusCode === 200 ? resolve() : reject(new Error(`${key}: ${response.statusCode}`))) })
    request.on('error', reject)
    request.end(body)
  })
}

for (const name of readdirSync(folder)) await put(`drives/${name}`, readFileSync(join(folder, name)))
console.log(port)

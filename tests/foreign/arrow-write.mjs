// Arrow IPC as apache-arrow writes it, with types that Mesh maps to others.
// node arrow-write.mjs FILE STREAM: the same table in both forms; prints {rows}: the number of rows.
import { writeFileSync } from 'node:fs'
import * as arrow from 'apache-arrow'

const [file, stream] = process.argv.slice(2)
const of = (values, type) => arrow.vectorFromArray(values, type)
const table = new arrow.Table({
  i8: of([-1, null, 127], new arrow.Int8()),
  u8: of([255, 0, null], new arrow.Uint8()),
  i16: of([-300, 300, null], new arrow.Int16()),
  u32: of([4294967295, 1, 2], new arrow.Uint32()),
  u64: of([18446744073709551615n, 1n, null], new arrow.Uint64()),
  f32: of([1.5, null, -0.25], new arrow.Float32()),
  f64: of([0.1, 1e300, null], new arrow.Float64()),
  flag: of([true, null, false], new arrow.Bool()),
  text: of(['straße', '', null], new arrow.Utf8()),
  word: of(['a', 'b', 'a'], new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8())),
  bytes: of([new Uint8Array([1, 2]), new Uint8Array(0), null], new arrow.Binary()),
  day: of([new Date('2026-03-01'), null, new Date('1969-12-31')], new arrow.DateDay()),
  millis: of([1000, null, 2500], new arrow.TimestampMillisecond()),
  nanos: arrow.makeVector({ type: new arrow.TimestampNanosecond(), data: BigInt64Array.of(1700000000123456789n, 5n, 0n), nullCount: 1, nullBitmap: Uint8Array.of(3), length: 3 }),
  list: of([[1, 2], [], null], new arrow.List(new arrow.Field('item', new arrow.Int32(), true))),
  fixed: of([[1, 2], [3, 4], [5, 6]], new arrow.FixedSizeList(2, new arrow.Field('item', new arrow.Float64(), true))),
  nested: of([{ a: 1, b: 'x' }, { a: null, b: 'y' }, null], new arrow.Struct([new arrow.Field('a', new arrow.Int32(), true), new arrow.Field('b', new arrow.Utf8(), true)])),
})
writeFileSync(file, arrow.tableToIPC(table, 'file'))
writeFileSync(stream, arrow.tableToIPC(table, 'stream'))
process.stdout.write(JSON.stringify({ rows: table.numRows }))

// Arrow IPC as apache-arrow writes it, with types that Mesh maps to others.
// node arrow-write.mjs FILE STREAM DICTIONARIES: the same table in both forms, and a stream whose dictionaries grow (delta) and change (replacement).
// Prints {rows, dictionaries}: rows of the table, and [id, isDelta] of each dictionary message of the stream.
import { writeFileSync } from 'node:fs'
import * as arrow from 'apache-arrow'

const [file, stream, dictionaries] = process.argv.slice(2)
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
  large_text: of(['long', null, 'er'], new arrow.LargeUtf8()),
  large_bytes: of([null, new Uint8Array([9]), new Uint8Array([8, 7])], new arrow.LargeBinary()),
  large_list: of([[1], null, [2, 3]], new arrow.LargeList(new arrow.Field('item', new arrow.Int16(), true))),
  text_view: of(['short', 'a text that does not fit into the view', null], new arrow.Utf8View()),
  bytes_view: of([new Uint8Array(20).fill(5), null, new Uint8Array([1])], new arrow.BinaryView()),
  half: of([0.5, null, -2], new arrow.Float16()),
  at_second: of([86399, null, 1], new arrow.TimeSecond()),
  at_milli: of([86399999, null, 1], new arrow.TimeMillisecond()),
  at_micro: of([86399999999n, null, 1n], new arrow.TimeMicrosecond()),
  at_nano: of([86399999999999n, null, 1n], new arrow.TimeNanosecond()),
  instant: of([1000, null, -2500], new arrow.TimestampMillisecond('Europe/Berlin')),
  took: of([5n, null, -5n], new arrow.DurationMicrosecond()),
  day_ms: of([new Date('2026-03-01'), null, new Date('1969-12-31')], new arrow.DateMillisecond()),
  pairs: of([new Map([['a', 1], ['b', null]]), new Map(), null], new arrow.Map_(new arrow.Field('entries', new arrow.Struct([new arrow.Field('key', new arrow.Utf8(), false), new arrow.Field('value', new arrow.Int32(), true)]), false))),
  key16: of([new Uint8Array(3).fill(1), null, new Uint8Array(3).fill(2)], new arrow.FixedSizeBinary(3)),
  words: of([['x', 'y'], ['x'], []], new arrow.List(new arrow.Field('item', new arrow.Dictionary(new arrow.Utf8(), new arrow.Uint16()), true))),
  nothing: of([null, null, null], new arrow.Null()),
})
writeFileSync(file, arrow.tableToIPC(table, 'file'))
writeFileSync(stream, arrow.tableToIPC(table, 'stream'))

// A delta repeats no value; the writer makes one when a dictionary begins with what was there.
const word = (dictionary, indexes) => arrow.makeVector(arrow.makeData({
  type: new arrow.Dictionary(new arrow.Utf8(), new arrow.Int8(), 5), dictionary, data: Int8Array.from(indexes), length: indexes.length, nullCount: 0,
}))
const first = of(['a', 'b'], new arrow.Utf8())
const grown = first.concat(of(['c'], new arrow.Utf8()))
const other = of(['z', 'y', 'x'], new arrow.Utf8())
const batches = [word(first, [0, 1, 0]), word(grown, [2, 0]), word(other, [0, 1, 2])].map(vector => new arrow.Table({ word: vector }).batches[0])
const writer = new arrow.RecordBatchStreamWriter()
const schema = batches[0].schema
for (const batch of batches) writer.write(new arrow.RecordBatch(schema, batch.data))
writer.finish()
writeFileSync(dictionaries, writer.toUint8Array(true))

const seen = []
const reader = new arrow.MessageReader(writer.toUint8Array(true))
for (const message of reader) {
  if (message.isDictionaryBatch()) seen.push([message.header().id, message.header().isDelta])
  reader.readMessageBody(message.bodyLength)
}
process.stdout.write(JSON.stringify({ rows: table.numRows, dictionaries: seen }))

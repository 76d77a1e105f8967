// Values as DuckDB and hyparquet give them, as text that tells each exactly; structs are lists, maps lists of pairs.
export function float(value) {
  if (Number.isNaN(value)) return 'nan'
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0).toString(16).padStart(16, '0')
}

export function text(value, type) {
  if (value === null || value === undefined) return null
  if (type.list) return Array.from(value.items ?? value, item => text(item, type.list))
  if (type.map) return pairs(value).map(([key, inner]) => [text(key, type.map[0]), text(inner, type.map[1])])
  if (type.struct) return type.struct.map(([name, inner]) => text((value.entries ?? value)[name], inner))
  if (type.decimal !== undefined) return typeof value === 'number' ? String(Math.round(value * 10 ** type.decimal)) : String(value.value)
  switch (type) {
    case 'bool': return String(value)
    case 'float': return float(value)
    case 'bytes': return Buffer.from(value.bytes ?? value).toString('hex')
    case 'timestamp': case 'time': return String(value.micros ?? value)
    // DuckDB keeps nanoseconds only of what has no zone.
    case 'timestamp_ns': return String(value.nanos ?? (value.micros === undefined ? value : value.micros * 1000n))
    case 'date': return String(value.days ?? value)
    default: return String(value)
  }
}

function pairs(value) {
  if (Array.isArray(value)) return value.map(entry => [entry.key, entry.value])
  if (Array.isArray(value.entries)) return value.entries.map(entry => [entry.key, entry.value])
  return Object.entries(value)
}

// Instants and days as the numbers that are stored.
export const parsers = {
  timestampFromMicroseconds: micros => micros,
  timestampFromNanoseconds: nanos => nanos,
  dateFromDays: days => days,
}

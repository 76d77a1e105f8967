namespace Mesh.Columnar.Parquet;

/// <summary>The column types of Parquet's annotated physical types (LogicalTypes.md). Annotations not known here leave the physical type.</summary>
internal static class StoredTypes
{
    private const int MaxFixedBytes = 1 << 20;

    public static (DataType Type, StoredForm Stored) Of(SchemaElement element, string[] path)
    {
        var logical = LogicalOf(element);
        switch (element.Type)
        {
            case PhysicalType.Boolean: return (DataType.Boolean, StoredForm.Plain);
            case PhysicalType.Float: return (DataType.Float32, StoredForm.Plain);
            case PhysicalType.Double: return (DataType.Float64, StoredForm.Plain);
            case PhysicalType.Int96: return (DataType.TimestampMicros, StoredForm.Int96);
            case PhysicalType.Int32:
                return logical switch
                {
                    LogicalKind.Decimal => (DecimalOf(element, path), StoredForm.Plain),
                    LogicalKind.Date => (DataType.Date32, StoredForm.Plain),
                    LogicalKind.Time => (DataType.TimeMicros, StoredForm.Millis),
                    LogicalKind.Integer when IsUnsigned(element, 32) => (DataType.Int64, StoredForm.Unsigned),
                    _ => (DataType.Int32, StoredForm.Plain),
                };
            case PhysicalType.Int64:
                return logical switch
                {
                    LogicalKind.Decimal => (DecimalOf(element, path), StoredForm.Plain),
                    LogicalKind.Timestamp => TimestampOf(element),
                    LogicalKind.Time => (DataType.TimeMicros, element.Unit == TimeUnit.Nanos ? StoredForm.NanosOfDay : StoredForm.Plain),
                    LogicalKind.Integer when IsUnsigned(element, 64) => (new DecimalType(20, 0), StoredForm.Unsigned),
                    _ => (DataType.Int64, StoredForm.Plain),
                };
            case PhysicalType.ByteArray:
                return logical switch
                {
                    LogicalKind.Decimal => (DecimalOf(element, path), StoredForm.Plain),
                    LogicalKind.String or LogicalKind.Enum or LogicalKind.Json => (DataType.Utf8, StoredForm.Plain),
                    _ => (DataType.Binary, StoredForm.Plain),
                };
            case PhysicalType.FixedLenByteArray when element.TypeLength is <= 0 or > MaxFixedBytes:
                throw new ParquetDataException($"its schema gives '{string.Join('.', path)}' a length of {element.TypeLength} bytes");
            case PhysicalType.FixedLenByteArray:
                return logical switch
                {
                    LogicalKind.Decimal => (DecimalOf(element, path), StoredForm.Plain),
                    LogicalKind.Uuid when element.TypeLength == 16 => (DataType.Uuid, StoredForm.Plain),
                    LogicalKind.Float16 when element.TypeLength == 2 => (DataType.Float16, StoredForm.Plain),
                    _ => (new FixedBinaryType(element.TypeLength), StoredForm.Plain),
                };
            default: throw Unsupported(path, $"has the type {element.Type} {element.Logical} {element.Converted}");
        }
    }

    public static ParquetDataException Unsupported(string[] path, string what) => new($"its column '{string.Join('.', path)}' {what}", isUnsupported: true);

    /// <summary>The annotation, be it the new or the old one.</summary>
    private static LogicalKind LogicalOf(SchemaElement element) => element.Logical != LogicalKind.None ? element.Logical : element.Converted switch
    {
        ConvertedType.Utf8 => LogicalKind.String,
        ConvertedType.Enum => LogicalKind.Enum,
        ConvertedType.Json => LogicalKind.Json,
        ConvertedType.Decimal => LogicalKind.Decimal,
        ConvertedType.Date => LogicalKind.Date,
        ConvertedType.TimeMillis or ConvertedType.TimeMicros => LogicalKind.Time,
        ConvertedType.TimestampMillis or ConvertedType.TimestampMicros => LogicalKind.Timestamp,
        ConvertedType.UInt8 or ConvertedType.UInt16 or ConvertedType.UInt32 or ConvertedType.UInt64 => LogicalKind.Integer,
        _ => LogicalKind.None,
    };

    /// <summary>Smaller unsigned integers fit the signed physical type unchanged.</summary>
    private static bool IsUnsigned(SchemaElement element, int bits) => element.Logical == LogicalKind.Integer
        ? !element.IsSigned && element.IntegerBits >= bits
        : element.Converted == (bits == 32 ? ConvertedType.UInt32 : ConvertedType.UInt64);

    /// <summary>Timestamps of the old annotations are UTC.</summary>
    private static (DataType Type, StoredForm Stored) TimestampOf(SchemaElement element)
    {
        bool isMillis = element.Unit == TimeUnit.Millis || (element.Logical == LogicalKind.None && element.Converted == ConvertedType.TimestampMillis);
        bool isUtc = element.Logical == LogicalKind.None || element.IsAdjustedToUtc;
        if (element.Unit == TimeUnit.Nanos) return (isUtc ? DataType.TimestampNanos : DataType.LocalTimestampNanos, StoredForm.Plain);
        return (isUtc ? DataType.TimestampMicros : DataType.LocalTimestampMicros, isMillis ? StoredForm.Millis : StoredForm.Plain);
    }

    private static DecimalType DecimalOf(SchemaElement element, string[] path) =>
        element.Precision is >= 1 and <= 38 && element.Scale >= 0 && element.Scale <= element.Precision
            ? new DecimalType(element.Precision, element.Scale)
            : throw Unsupported(path, $"is a decimal of {element.Precision} digits with {element.Scale} after the point");
}

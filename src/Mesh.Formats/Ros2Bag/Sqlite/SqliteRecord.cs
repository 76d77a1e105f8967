using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Ros2Bag.Sqlite;

/// <summary>Columns of a record (SQLite file format, 2.1 "Record Format"): where they are and what they hold.</summary>
internal static class SqliteRecord
{
    /// <summary>Serial type of NULL.</summary>
    public const long Null = 0;

    /// <summary>Lists the columns.</summary>
    /// <param name="record">The record, or its beginning.</param>
    /// <param name="totalBytes">Bytes of the whole record.</param>
    /// <param name="columns">Receives type and place of each column; the number of columns is bounded by its length, further ones are passed over.</param>
    /// <param name="count">Columns listed.</param>
    /// <returns>False when the header is not within <paramref name="record"/>, or the columns' lengths do not add up to the record's.</returns>
    public static bool TryList(ReadOnlySpan<byte> record, long totalBytes, Span<SqliteColumn> columns, out int count)
    {
        count = 0;
        int position = 0;
        if (!Varint.TryRead(record, ref position, out long headerBytes) || headerBytes < position || headerBytes > record.Length) return false;
        var header = record[..(int)headerBytes];
        long at = headerBytes;
        while (position < header.Length)
        {
            if (!Varint.TryRead(header, ref position, out long type)) return false;
            long bytes = BytesOf(type);
            if (bytes < 0 || bytes > totalBytes - at) return false;
            if (count < columns.Length) columns[count++] = new SqliteColumn(type, at, (int)Math.Min(bytes, int.MaxValue), bytes);
            at += bytes;
        }

        return at == totalBytes;
    }

    /// <summary>Reads an integer; false for anything else.</summary>
    public static bool TryInteger(ReadOnlySpan<byte> record, in SqliteColumn column, out long value)
    {
        value = 0;
        if (column.Type == 8) return true;
        if (column.Type == 9)
        {
            value = 1;
            return true;
        }

        if (column.Type is < 1 or > 6 || column.Offset + column.Bytes > record.Length) return false;
        var bytes = record.Slice((int)column.Offset, column.Bytes);
        value = (sbyte)bytes[0];
        for (int i = 1; i < bytes.Length; i++) value = (value << 8) | bytes[i];
        return true;
    }

    /// <summary>Reads a text; null for anything else.</summary>
    public static string? Text(ReadOnlySpan<byte> record, in SqliteColumn column, int encoding)
    {
        if (column.Type < 13 || (column.Type & 1) == 0 || column.Offset + column.Bytes > record.Length) return null;
        var bytes = record.Slice((int)column.Offset, column.Bytes);
        return encoding switch
        {
            2 => Encoding.Unicode.GetString(bytes),
            3 => Encoding.BigEndianUnicode.GetString(bytes),
            _ => Encoding.UTF8.GetString(bytes),
        };
    }

    private static long BytesOf(long type) => type switch
    {
        >= 12 => (type - 12) / 2,
        >= 0 and <= 4 => type,
        5 => 6,
        6 or 7 => 8,
        8 or 9 => 0,
        _ => -1,
    };
}

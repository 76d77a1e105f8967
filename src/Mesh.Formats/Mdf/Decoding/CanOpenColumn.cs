using System.Buffers.Binary;
using Mesh.Columnar;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>
/// CANopen dates and times (specification 4.2, "CNBLOCK", <c>cn_data_type</c> 13 and 14; CiA 301), taken as UTC: the format knows no time zone.
/// Dates that the calendar does not have are null.
/// </summary>
internal sealed unsafe class CanOpenColumn(int at, bool isDate) : ChannelColumn(DataType.TimestampMicros)
{
    public const int DateBytes = 7;
    public const int TimeBytes = 6;
    private static readonly DateTime Epoch = new(1984, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public override void Append(in RecordTile tile, ColumnBuilder column)
    {
        var builder = (FixedWidthBuilder<long>)column;
        for (int i = 0; i < tile.Count; i++)
        {
            byte* record = tile.At(i);
            bool isKnown = isDate ? TryReadDate(new(record + at, DateBytes), out long micros) : TryReadTime(new(record + at, TimeBytes), out micros);
            if (isKnown && !Invalidation.IsInvalid(record)) builder.Append(micros);
            else builder.AppendNull();
        }
    }

    // Milliseconds, minutes (6 bits), hours (5 bits, summer time in the highest), day (5 bits, weekday above), month (6 bits), year (7 bits).
    private static bool TryReadDate(ReadOnlySpan<byte> bytes, out long micros)
    {
        micros = 0;
        int year = bytes[6] & 0x7F;
        year += year < 84 ? 2000 : 1900;
        int month = bytes[5] & 0x3F;
        int day = bytes[4] & 0x1F;
        if (month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        long minutes = ((bytes[3] & 0x1F) * 60) + (bytes[2] & 0x3F);
        long milliseconds = (minutes * 60_000) + BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        micros = Micros(new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc)) + (milliseconds * 1000);
        return true;
    }

    // Milliseconds since midnight (28 bits), days since 1984-01-01.
    private static bool TryReadTime(ReadOnlySpan<byte> bytes, out long micros)
    {
        long milliseconds = BinaryPrimitives.ReadUInt32LittleEndian(bytes) & 0x0FFF_FFFF;
        long days = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        micros = Micros(Epoch) + (((days * 86_400_000) + milliseconds) * 1000);
        return true;
    }

    private static long Micros(DateTime time) => (time - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

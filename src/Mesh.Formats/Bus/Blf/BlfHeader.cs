using System.Buffers.Binary;
using System.Globalization;

namespace Mesh.Formats.Bus.Blf;

/// <summary>The file statistics at the head of a BLF file.</summary>
internal sealed record BlfHeader(int HeaderBytes, string Application, string Version, long FileBytes, uint Objects, long? StartNs, long? StopNs)
{
    public const int SmallestBytes = 72;

    public static BlfHeader? TryRead(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < SmallestBytes || !bytes.StartsWith("LOGG"u8)) return null;
        uint size = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (size is < SmallestBytes or > 1 << 16) return null;
        return new BlfHeader(
            (int)size, string.Create(CultureInfo.InvariantCulture, $"{ApplicationOf(bytes[12])} {bytes[14]}.{bytes[15]}"),
            VersionOf(BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..])),
            (long)Math.Min(long.MaxValue, BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..])),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
            SystemTimeNs(bytes[40..]), SystemTimeNs(bytes[56..]));
    }

    /// <summary>A Windows SYSTEMTIME, which has no time zone: taken as UTC.</summary>
    private static long? SystemTimeNs(ReadOnlySpan<byte> bytes)
    {
        int Part(ReadOnlySpan<byte> all, int index) => BinaryPrimitives.ReadUInt16LittleEndian(all[(2 * index)..]);
        int year = Part(bytes, 0), month = Part(bytes, 1), day = Part(bytes, 3), hour = Part(bytes, 4), minute = Part(bytes, 5), second = Part(bytes, 6), ms = Part(bytes, 7);
        if (year is < 1970 or > 2200 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59 || ms > 999) return null;
        return (new DateTime(year, month, day, hour, minute, second, ms, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks * 100;
    }

    /// <summary>Version of the library that wrote the file: major, three digits of minor, build, two digits of patch.</summary>
    private static string VersionOf(uint number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number / 1_000_000}.{number / 1000 % 1000}.{number / 100 % 10}.{number % 100}");

    private static string ApplicationOf(byte id) => id switch
    {
        1 => "CANalyzer",
        2 => "CANoe",
        3 => "CANstress",
        4 => "CANlog",
        5 => "CANape",
        6 => "CANcaseXLlog",
        7 => "VLConfig",
        _ => string.Create(CultureInfo.InvariantCulture, $"application {id}"),
    };
}

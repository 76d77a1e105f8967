using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Mdf4;

/// <summary>Reads ID and HD block.</summary>
internal static class Mdf4HeaderReader
{
    private const int IdBytes = 64;
    private const long NsPerMinute = 60_000_000_000;

    public static async ValueTask<Mdf4Header> ReadAsync(Mdf4BlockReader blocks, string name, CancellationToken cancellationToken)
    {
        byte[] id = new byte[IdBytes];
        int read = await blocks.ReadAsync(0, id, cancellationToken).ConfigureAwait(false);
        bool unfinished = id.AsSpan().StartsWith("UnFinMF "u8);
        if (read < IdBytes || !(unfinished || id.AsSpan().StartsWith("MDF     "u8)))
        {
            throw new RecordingFormatException(
                Mdf4Codes.Unreadable, $"'{name}' ends or is damaged within its identification block of {IdBytes} bytes; nothing of it can be read. Record or upload it again.");
        }

        // Writers fill the unfinished flags only in files that say so.
        int standard = unfinished ? BinaryPrimitives.ReadUInt16LittleEndian(id.AsSpan(60)) : 0;
        int custom = unfinished ? BinaryPrimitives.ReadUInt16LittleEndian(id.AsSpan(62)) : 0;
        var header = await blocks.ReadAsync(IdBytes, Mdf4BlockId.Header, cancellationToken).ConfigureAwait(false);
        int flags = header?.Byte(12) ?? 0;
        bool local = (flags & 1) != 0, zoned = (flags & 2) != 0;
        int zone = zoned && header is not null ? header.Int16(8) + header.Int16(10) : 0;
        ulong start = header?.UInt64(0) ?? 0;

        // A local time with its zone is as good as UTC; without one it stays what the clock on the wall said.
        if (local && zoned && start < long.MaxValue) start = (ulong)Math.Max(0, (long)start - (zone * NsPerMinute));
        return new Mdf4Header
        {
            Version = Encoding.ASCII.GetString(id, 8, 8).TrimEnd('\0', ' '),
            Program = Encoding.Latin1.GetString(id, 16, 8).TrimEnd('\0', ' '),
            Unfinished = standard,
            CustomUnfinished = custom,
            StartNs = start,
            IsLocalTime = local && !zoned,
            ZoneMinutes = zoned ? zone : null,
            Block = header,
        };
    }
}

using System.Buffers.Binary;

namespace Mesh.Formats.RosBag;

/// <summary>
/// Finds the way back to a record behind damage: by the field that every header has, <c>op</c>, whose header must be whole and of a known
/// kind. Messages and connections must besides be followed by another record, because payloads may hold anything.
/// </summary>
internal static class Ros1BagResync
{
    /// <summary>Bytes before the op field in which its header must begin: all other fields of a kind, and a topic of moderate length.</summary>
    public const int MaxBytesBefore = 320;

    // A message's header has 18 bytes other than zero that are always the same.
    private const int MinAlike = 6;

    // A whole header with its data's length must be in reach to be judged.
    public const int MaxProbeBytes = 4096;

    /// <summary>The op field with its length, up to its value.</summary>
    private static ReadOnlySpan<byte> OpField => "\x04\0\0\0op="u8;

    /// <summary>Finds a header.</summary>
    /// <returns>Its first byte; -1 when there is none wholly within <paramref name="bytes"/>.</returns>
    public static int Find(ReadOnlySpan<byte> bytes, int from, out Ros1BagRecord record)
    {
        record = default;
        int search = from;
        while (search < bytes.Length)
        {
            int found = bytes[search..].IndexOf(OpField);
            if (found < 0) return -1;
            int op = search + found;
            int earliest = Math.Max(from, op - MaxBytesBefore);
            for (int start = op - sizeof(uint); start >= earliest; start--)
            {
                uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[start..]);
                if (length > Ros1BagRecord.MaxHeaderBytes || start + sizeof(uint) + length < op + OpField.Length + 1) continue;
                if (Ros1BagRecord.TryParse(bytes[start..], out record) == Ros1BagParse.Record && IsSane(record)) return start;
            }

            search = op + OpField.Length;
        }

        return -1;
    }

    /// <summary>Finds a message or connection record in a chunk's records, followed by another or by their end.</summary>
    /// <returns>Its first byte, or -1.</returns>
    public static int FindInChunk(ReadOnlySpan<byte> records, int from)
    {
        while (true)
        {
            int found = Find(records, from, out var record);
            if (found < 0) return -1;
            long end = found + record.TotalBytes;
            if (record.Op is Ros1BagOp.Message or Ros1BagOp.Connection
                && (end == records.Length || (end < records.Length && IsRecord(records[(int)end..]))))
            {
                return found;
            }

            from = found + 1;
        }
    }

    /// <summary>Whether a known kind of record begins here.</summary>
    public static bool IsRecord(ReadOnlySpan<byte> bytes) => Ros1BagRecord.TryParse(bytes, out var record) == Ros1BagParse.Record && record.Op != Ros1BagOp.Unknown;

    /// <summary>Whether a damaged header was here, rather than the middle of something else: one writer's headers are alike.</summary>
    /// <param name="example">A sound record of the same writer.</param>
    /// <param name="bytes">Bytes up to the next sound record.</param>
    public static bool HasHeaderTraces(ReadOnlySpan<byte> example, ReadOnlySpan<byte> bytes)
    {
        int length = Math.Min(Math.Min(example.Length, bytes.Length), sizeof(uint) + (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(example), 64));
        int alike = 0;
        for (int i = 0; i < length; i++)
        {
            if (example[i] != 0 && example[i] == bytes[i]) alike++;
        }

        return alike >= MinAlike;
    }

    private static bool IsSane(in Ros1BagRecord record) => record.Op switch
    {
        Ros1BagOp.Unknown or Ros1BagOp.BagHeader => false,
        Ros1BagOp.IndexData => record.Version <= 1 && (record.Version == 0 || record.DataBytes == record.Count * 12UL),
        Ros1BagOp.ChunkInfo => record.Version == 1 && record.DataBytes == record.Count * 8UL,
        Ros1BagOp.Chunk => record.Text.End.Value - record.Text.Start.Value <= 16,
        _ => true,
    };
}

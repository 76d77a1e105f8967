using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Formats.RosBag;

/// <summary>Lists the messages and connection records in a block's records. Pure: any thread may do it, one block at a time.</summary>
internal static class Ros1BagMessageLister
{
    // The header that every writer gives a message: conn (9), op (4) and time (13), each with its length, in any order.
    private const int MessageHeaderBytes = 38;
    private const int MessagePrefixBytes = sizeof(uint) + MessageHeaderBytes + sizeof(uint);

    // A connection's definition takes kilobytes.
    private const long MaxConnectionBytes = 64 << 20;

    // As "op=\x02", "conn" and "time" read as little-endian numbers.
    private const uint OpField = 0x023D706F;
    private const uint ConnName = 0x6E6E6F63;
    private const uint TimeName = 0x656D6974;

    public enum Outcome
    {
        /// <summary>All of the block's records are listed.</summary>
        Done,

        /// <summary>A record reaches beyond the block, but not beyond the region.</summary>
        NeedMoreBytes,

        /// <summary>A record that belongs outside chunks.</summary>
        Foreign,

        /// <summary>A message above the limit.</summary>
        TooLarge,

        /// <summary>No record, or one that reaches beyond the region.</summary>
        NotARecord,
    }

    /// <summary>Where listing stopped.</summary>
    /// <param name="Outcome">Why.</param>
    /// <param name="Position">First byte of the block that is not accounted for.</param>
    /// <param name="RecordBytes">Length of the record there, as far as known.</param>
    /// <param name="LastRecord">First byte of the record before; -1 when there is none.</param>
    /// <param name="LastIsMessage">Whether that is the block's last message.</param>
    public readonly record struct Stop(Outcome Outcome, int Position, long RecordBytes, int LastRecord, bool LastIsMessage);

    /// <summary>Lists records as long as they are sound.</summary>
    /// <param name="block">The records.</param>
    /// <param name="from">Where to begin.</param>
    /// <param name="regionBytes">Bytes from the block's first to the end of the chunk or file; no record may reach further.</param>
    /// <param name="maxMessageBytes">Largest message.</param>
    public static Stop List(Ros1BagBlock block, int from, long regionBytes, long maxMessageBytes)
    {
        var records = block.Records;
        ref byte first = ref MemoryMarshal.GetReference(records);
        bool isInChunk = block.ChunkPosition >= 0;
        int at = from, last = -1;
        bool lastIsMessage = false;
        while (true)
        {
            int left = records.Length - at;
            if (left == 0) return new Stop(at < regionBytes ? Outcome.NeedMoreBytes : Outcome.Done, at, 0, last, lastIsMessage);

            long total;
            if (left >= MessagePrefixBytes && TryReadMessage(ref Unsafe.Add(ref first, at), out uint connection, out ulong time, out uint length))
            {
                total = MessagePrefixBytes + (long)length;
                if (total <= left && length <= maxMessageBytes)
                {
                    block.Add(new MessageRef((int)connection, 0, time, time, at + MessagePrefixBytes, (int)length, isInChunk ? block.ChunkPosition : block.RecordsPosition + at));
                    last = at;
                    lastIsMessage = true;
                    at += (int)total;
                    continue;
                }

                var outcome = total > regionBytes - at ? Outcome.NotARecord : length > maxMessageBytes ? Outcome.TooLarge : Outcome.NeedMoreBytes;
                return new Stop(outcome, at, total, last, lastIsMessage);
            }

            var parse = Ros1BagRecord.TryParse(records[at..], out var record);
            if (parse == Ros1BagParse.NeedMoreBytes && records.Length < regionBytes) return new Stop(Outcome.NeedMoreBytes, at, left + 1L, last, lastIsMessage);
            total = record.TotalBytes;
            if (parse != Ros1BagParse.Record || total > regionBytes - at) return new Stop(Outcome.NotARecord, at, 0, last, lastIsMessage);
            if (!isInChunk && record.Op is not (Ros1BagOp.Message or Ros1BagOp.Connection)) return new Stop(Outcome.Foreign, at, total, last, lastIsMessage);
            if (record.DataBytes > (record.Op == Ros1BagOp.Message ? maxMessageBytes : MaxConnectionBytes)) return new Stop(Outcome.TooLarge, at, total, last, lastIsMessage);
            if (total > left) return new Stop(Outcome.NeedMoreBytes, at, total, last, lastIsMessage);

            long fileOffset = isInChunk ? block.ChunkPosition : block.RecordsPosition + at;
            lastIsMessage = record.Op == Ros1BagOp.Message;
            switch (record.Op)
            {
                case Ros1BagOp.Message:
                    block.Add(new MessageRef((int)record.Connection, 0, record.TimeNs, record.TimeNs, at + record.DataOffset, (int)record.DataBytes, fileOffset));
                    break;
                case Ros1BagOp.Connection:
                    block.Definitions.Add(new Ros1BagDefinition(block.Count, at, fileOffset));
                    break;
                default:
                    block.AddLoss(Ros1BagLosses.MalformedRecord, FilePosition(block, at), total, "a message or connection record with its fields", $"a record of kind {record.Op}");
                    break;
            }

            last = at;
            at += (int)total;
        }
    }

    /// <summary>Lists a chunk's records that are all in memory, also behind damage.</summary>
    /// <param name="block">The records.</param>
    /// <param name="maxMessageBytes">Largest message.</param>
    /// <param name="isCut">Whether the records are known to end early, so that a last partial one is no damage of its own.</param>
    /// <returns>Bytes up to the end of the last whole record.</returns>
    public static int ListWhole(Ros1BagBlock block, long maxMessageBytes, bool isCut)
    {
        int from = 0;
        while (true)
        {
            var stop = List(block, from, block.RecordBytes, maxMessageBytes);
            if (stop.Outcome == Outcome.Done) return block.RecordBytes;
            if (stop.Outcome == Outcome.TooLarge)
            {
                block.AddLoss(Ros1BagLosses.MessageTooLarge, FilePosition(block, stop.Position), stop.RecordBytes, AtMost(maxMessageBytes), Bytes(stop.RecordBytes));
                from = stop.Position + (int)stop.RecordBytes;
                continue;
            }

            int lost = stop.Position;
            int searchFrom = stop.LastRecord < 0 ? lost + 1 : stop.LastRecord + sizeof(uint);
            int next = Ros1BagResync.FindInChunk(block.Records, searchFrom);
            if (next < 0 && isCut) return stop.Position;
            if (stop.LastIsMessage && ((next >= 0 && next < lost) || !Ros1BagResync.HasHeaderTraces(block.Records[stop.LastRecord..], block.Records[lost..(next < 0 ? block.RecordBytes : next)])))
            {
                // A wrong length led here, so the message before ends too early or takes what follows with it.
                block.Truncate(block.Count - 1);
                lost = stop.LastRecord;
            }
            else if (next >= 0 && next < lost)
            {
                lost = next;
            }

            int end = next < 0 ? block.RecordBytes : next;
            if (end > lost) block.AddLoss(Ros1BagLosses.NotARecord, FilePosition(block, lost), end - lost, "a message or connection record", "other bytes");
            if (next < 0) return lost;
            from = next;
        }
    }

    /// <summary>Where a byte of the records is in the file; the chunk where they were compressed.</summary>
    public static long FilePosition(Ros1BagBlock block, int offset) => block.RecordsPosition >= 0 ? block.RecordsPosition + offset : block.ChunkPosition;

    public static string AtMost(long bytes) => string.Create(CultureInfo.InvariantCulture, $"at most {bytes:N0} bytes");

    public static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryReadMessage(ref byte record, out uint connection, out ulong time, out uint length)
    {
        connection = length = 0;
        time = 0;
        if (ReadUInt32(ref record, 0) != MessageHeaderBytes) return false;
        int at = sizeof(uint);

        // Three fields of these lengths fill the header only when each is there once.
        for (int field = 0; field < 3; field++)
        {
            uint fieldLength = ReadUInt32(ref record, at);
            at += sizeof(uint);
            if (at + fieldLength > sizeof(uint) + MessageHeaderBytes) return false;
            uint name = ReadUInt32(ref record, at);
            if (fieldLength == 9 && name == ConnName && Unsafe.Add(ref record, at + 4) == '=')
            {
                connection = ReadUInt32(ref record, at + 5);
            }
            else if (fieldLength == 13 && name == TimeName && Unsafe.Add(ref record, at + 4) == '=')
            {
                time = Ros1BagRecord.ToNanoseconds(ReadUInt32(ref record, at + 5), ReadUInt32(ref record, at + 9));
            }
            else if (fieldLength != 4 || name != OpField)
            {
                return false;
            }

            at += (int)fieldLength;
        }

        length = ReadUInt32(ref record, sizeof(uint) + MessageHeaderBytes);
        return at == sizeof(uint) + MessageHeaderBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ReadUInt32(ref byte at, int offset)
    {
        uint value = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref at, offset));
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }
}

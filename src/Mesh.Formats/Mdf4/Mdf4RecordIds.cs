using System.Buffers.Binary;

namespace Mesh.Formats.Mdf4;

/// <summary>Finds records by the ids before them (specification 4.2, "DGBLOCK", <c>dg_rec_id_size</c>).</summary>
internal sealed class Mdf4RecordIds
{
    /// <summary>What begins where no record does.</summary>
    public const int Unknown = -1;

    /// <summary>What begins where too few bytes are left to tell.</summary>
    public const int Incomplete = -2;

    private readonly int idBytes;
    private readonly int[] small;
    private readonly Dictionary<ulong, int> large = [];
    private readonly int[] recordBytes;
    private readonly long[] maxValueBytes;

    public Mdf4RecordIds(Mdf4DataGroup dataGroup, bool sizesKnown, long maxBytes, Mdf4Losses losses)
    {
        idBytes = dataGroup.RecordIdBytes;
        small = idBytes <= 2 ? new int[1 << (8 * idBytes)] : [];
        Array.Fill(small, Unknown);
        recordBytes = new int[dataGroup.Groups.Count];
        maxValueBytes = new long[recordBytes.Length];
        for (int i = 0; i < recordBytes.Length; i++)
        {
            var group = dataGroup.Groups[i];
            ulong id = group.RecordId;
            recordBytes[i] = group.IsVariableLength ? -1 : group.RecordBytes;
            maxValueBytes[i] = sizesKnown && group.ValueBytes > 0 ? Math.Min(maxBytes, group.ValueBytes) : maxBytes;
            bool fits = idBytes == 8 || id >> (8 * idBytes) == 0;
            if (fits && (small.Length > 0 ? small[id] == Unknown : large.TryAdd(id, i)))
            {
                if (small.Length > 0) small[id] = i;
                continue;
            }

            losses.Report(Mdf4Codes.BadHeader, group.Position, 0, $"a record id of its own in {idBytes} bytes for group '{group.Name}'", $"{id}; its records cannot be told apart");
        }
    }

    /// <summary>The group of the record at a place, and where its data lies; values of variable length include their length prefix.</summary>
    public int Read(ReadOnlySpan<byte> data, int at, out int first, out int end)
    {
        first = at + idBytes;
        end = first;
        if (data.Length - at < idBytes) return Incomplete;
        int group;
        if (idBytes == 1)
        {
            group = small[data[at]];
        }
        else
        {
            ulong id = idBytes switch
            {
                2 => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]), 4 => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]), _ => BinaryPrimitives.ReadUInt64LittleEndian(data[at..]),
            };
            group = small.Length > 0 ? small[id] : large.GetValueOrDefault(id, Unknown);
        }

        if (group < 0) return Unknown;
        int length = recordBytes[group];
        if (length >= 0)
        {
            if (data.Length - first < length) return Incomplete;
            end = first + length;
            return group;
        }

        if (data.Length - first < sizeof(uint)) return Incomplete;
        long value = BinaryPrimitives.ReadUInt32LittleEndian(data[first..]);
        if (value > maxValueBytes[group]) return Unknown;
        if (data.Length - first - sizeof(uint) < value) return Incomplete;
        end = first + sizeof(uint) + (int)value;
        return group;
    }
}

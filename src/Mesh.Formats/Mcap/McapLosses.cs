using System.Globalization;
using Mesh.Model;

namespace Mesh.Formats.Mcap;

/// <summary>Collects the damage of one recording; bounded, because a hostile file can hold more damage than memory.</summary>
internal sealed class McapLosses(int maxEntries)
{
    /// <summary>The file ends before its footer, or inside a record.</summary>
    public const string Truncated = "MESH10101";
    /// <summary>No record begins where one must.</summary>
    public const string NotARecord = "MESH10102";
    /// <summary>A chunk's CRC does not match; its messages are not delivered.</summary>
    public const string ChunkCrc = "MESH10103";
    /// <summary>A chunk does not decompress to what it claims.</summary>
    public const string ChunkDecompression = "MESH10104";
    /// <summary>A chunk uses a compression that is not well known.</summary>
    public const string UnknownCompression = "MESH10105";
    /// <summary>A chunk claims more bytes than the limit or than its compression can hold.</summary>
    public const string ChunkTooLarge = "MESH10106";
    /// <summary>A record's fields reach beyond its end.</summary>
    public const string MalformedRecord = "MESH10107";
    /// <summary>Messages of a channel that nothing defines.</summary>
    public const string UndefinedChannel = "MESH10108";
    /// <summary>A schema or channel contradicts an earlier one of the same id, or a channel's schema is nowhere.</summary>
    public const string Definition = "MESH10109";
    /// <summary>The CRC of the data section does not match though every record was readable.</summary>
    public const string DataCrc = "MESH10110";
    /// <summary>Summary or footer do not hold what they promise.</summary>
    public const string Summary = "MESH10111";
    /// <summary>A record above the limit.</summary>
    public const string RecordTooLarge = "MESH10112";
    /// <summary>Schemas and channels above the limit.</summary>
    public const string TooManyDefinitions = "MESH10113";
    /// <summary>Damage beyond the number of places reported one by one.</summary>
    public const string FurtherDamage = "MESH10114";
    /// <summary>Bytes after the closing magic.</summary>
    public const string TrailingBytes = "MESH10115";

    private readonly List<DataLoss> entries = [];
    private long furtherPlaces;

    public IReadOnlyList<DataLoss> Entries => entries;

    public void Add(string code, long offset, long bytes, string expected, string found)
    {
        if (entries.Count < maxEntries)
        {
            entries.Add(new DataLoss(code, offset, bytes, expected, found));
            return;
        }

        var last = furtherPlaces == 0 ? new DataLoss(FurtherDamage, offset, 0, "", "") : entries[^1];
        furtherPlaces++;
        var summed = last with
        {
            Bytes = last.Bytes + bytes,
            Expected = string.Create(CultureInfo.InvariantCulture, $"no more than {maxEntries} places of damage"),
            Found = string.Create(CultureInfo.InvariantCulture, $"{furtherPlaces} further places"),
        };
        if (furtherPlaces == 1) entries.Add(summed);
        else entries[^1] = summed;
    }
}
